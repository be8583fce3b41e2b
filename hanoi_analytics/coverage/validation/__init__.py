"""Predicted levels held against measured ones: reading, places, accuracy, calibration."""

from hanoi_analytics.coverage.validation.accuracy import compare, confusion
from hanoi_analytics.coverage.validation.calibration import Calibration, calibrate
from hanoi_analytics.coverage.validation.local import aggregate, predicted_at, spatial_blocks
from hanoi_analytics.coverage.validation.samples import read_samples
from hanoi_analytics.namespaces import offer

__all__ = [
    "Calibration",
    "aggregate",
    "calibrate",
    "compare",
    "confusion",
    "predicted_at",
    "read_samples",
    "spatial_blocks",
]

offer(__name__, __all__)
