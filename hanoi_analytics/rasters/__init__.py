"""Rasters and areas: areas burnt in, counted by class, moved between grids, written to files."""

from hanoi_analytics.rasters.burning import burn
from hanoi_analytics.rasters.checks import RasterError
from hanoi_analytics.rasters.resampling import equal_area_grid, resample_share, resample_sum
from hanoi_analytics.rasters.writing import write_cogs
from hanoi_analytics.rasters.zonal import class_shares, class_totals

__all__ = [
    "RasterError",
    "burn",
    "class_shares",
    "class_totals",
    "equal_area_grid",
    "resample_share",
    "resample_sum",
    "write_cogs",
]
