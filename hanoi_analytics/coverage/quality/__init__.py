"""The quality rule of mobile broadband: speed samples, the rule, and how surely a test tells."""

from hanoi_analytics.coverage.quality.power import least_successes, pass_probability
from hanoi_analytics.coverage.quality.rule import judge, overall
from hanoi_analytics.coverage.quality.speeds import read_speeds
from hanoi_analytics.namespaces import offer

__all__ = ["judge", "least_successes", "overall", "pass_probability", "read_speeds"]

offer(__name__, __all__)
