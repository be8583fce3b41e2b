"""How good links are, and for whom they are worse: scores, thresholds, bias, review, report.

Every function returns counts and rates; none returns a value of a person. Counts are as small as
they are: disclosure control comes before anything is published.
"""

from hanoi_analytics.linkage.quality.balance import standardised_differences
from hanoi_analytics.linkage.quality.bias import (
    AGE_GROUP,
    bias_table,
    commonness_classes,
)
from hanoi_analytics.linkage.quality.pairs import (
    exact_join,
    pair_completeness,
    typical_pair,
    waterfall,
)
from hanoi_analytics.linkage.quality.preparation import name_signs, number_problems
from hanoi_analytics.linkage.quality.report import report
from hanoi_analytics.linkage.quality.review import review_estimate
from hanoi_analytics.linkage.quality.scores import expected_precision, score
from hanoi_analytics.linkage.quality.thresholds import (
    linkage_rate_sweep,
    self_weights,
    threshold_sweep,
    unlinkables,
    weight_histogram,
)
from hanoi_analytics.namespaces import offer

__all__ = [
    "AGE_GROUP",
    "bias_table",
    "commonness_classes",
    "exact_join",
    "expected_precision",
    "linkage_rate_sweep",
    "name_signs",
    "number_problems",
    "pair_completeness",
    "report",
    "review_estimate",
    "score",
    "self_weights",
    "standardised_differences",
    "threshold_sweep",
    "typical_pair",
    "unlinkables",
    "waterfall",
    "weight_histogram",
]

offer(__name__, __all__)
