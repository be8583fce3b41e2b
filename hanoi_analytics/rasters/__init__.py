"""Rasters and areas: classes within areas, counts moved from grid to grid, files written."""

from hanoi_analytics.rasters.checks import RasterError
from hanoi_analytics.rasters.resampling import equal_area_grid, resample_share, resample_sum
from hanoi_analytics.rasters.writing import write_cogs
from hanoi_analytics.rasters.zonal import class_shares, class_totals

__all__ = [
    "RasterError",
    "class_shares",
    "class_totals",
    "equal_area_grid",
    "resample_share",
    "resample_sum",
    "write_cogs",
]
