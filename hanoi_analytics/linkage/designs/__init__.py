"""Designs for public data with known matches, to learn from and to measure the model on."""

from hanoi_analytics.linkage.designs.febrl import febrl, febrl_records, febrl_truth
from hanoi_analytics.linkage.designs.historical import (
    historical,
    historical_records,
    historical_truth,
)
from hanoi_analytics.namespaces import offer

__all__ = [
    "febrl",
    "febrl_records",
    "febrl_truth",
    "historical",
    "historical_records",
    "historical_truth",
]

offer(__name__, __all__)
