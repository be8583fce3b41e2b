"""Rasters and areas together: classes within areas, and counts moved from grid to grid."""

from hanoi_analytics.rasters.checks import RasterError
from hanoi_analytics.rasters.resampling import equal_area_grid, resample_share, resample_sum
from hanoi_analytics.rasters.zonal import class_shares, class_totals

__all__ = [
    "RasterError",
    "class_shares",
    "class_totals",
    "equal_area_grid",
    "resample_share",
    "resample_sum",
]
