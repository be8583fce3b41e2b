"""The part of a raster that lies within bounds."""

from __future__ import annotations

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio import Affine

Bounds = tuple[float, float, float, float]


def window_within(
    raster: xr.DataArray, bounds: Bounds, *, spare_cells: int
) -> tuple[xr.DataArray, Affine]:
    """Return the cells whose centres lie within bounds and a few cells more, and their transform.

    Parameters
    ----------
    raster : xarray.DataArray, (…, y, x)
        Lazy or in memory; nothing is read.
    bounds : tuple of float
        West, south, east and north, in the raster's coordinates.
    spare_cells : int
        Further cells on every side.

    Returns
    -------
    tuple of xarray.DataArray and rasterio.Affine
        The window, of no cells where the raster lies elsewhere.
    """
    west, south, east, north = bounds
    transform = raster.rio.transform()
    spare_x, spare_y = spare_cells * abs(transform.a), spare_cells * abs(transform.e)
    columns = np.flatnonzero((raster["x"] > west - spare_x) & (raster["x"] < east + spare_x))
    rows = np.flatnonzero((raster["y"] > south - spare_y) & (raster["y"] < north + spare_y))
    if columns.size == 0 or rows.size == 0:
        return raster[..., :0, :0], transform
    window = raster[..., rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return window, transform * Affine.translation(int(columns[0]), int(rows[0]))
