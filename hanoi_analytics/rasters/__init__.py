"""Rasters opened, brought to one grid, counted in areas, and written to files."""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.rasters.aligning import align, mask
from hanoi_analytics.rasters.area_statistics import zonal_stats
from hanoi_analytics.rasters.burning import burn
from hanoi_analytics.rasters.checks import RasterError, require_same_grid
from hanoi_analytics.rasters.opening import open_raster
from hanoi_analytics.rasters.resampling import equal_area_grid, resample_share, resample_sum
from hanoi_analytics.rasters.stores import write_zarr
from hanoi_analytics.rasters.writing import write_cogs
from hanoi_analytics.rasters.zonal import class_shares, class_totals

__all__ = [
    "RasterError",
    "align",
    "burn",
    "class_shares",
    "class_totals",
    "equal_area_grid",
    "mask",
    "open_raster",
    "require_same_grid",
    "resample_share",
    "resample_sum",
    "write_cogs",
    "write_zarr",
    "zonal_stats",
]

offer(__name__, __all__)
