"""Counts and shares of cells moved to another grid."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from pyproj import CRS
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.transform import array_bounds, from_origin
from rasterio.warp import reproject, transform_bounds

from hanoi_analytics.rasters.checks import RasterError, require_crs, require_metres
from hanoi_analytics.rasters.windows import window_within

log = logging.getLogger(__name__)

# Rows of the target done at once: what bounds the window of the source held in memory.
_BAND_ROWS = 64


def equal_area_grid(
    covering: gpd.GeoDataFrame | xr.DataArray,
    *,
    resolution_m: float = 1000.0,
    margin_m: float = 0.0,
    crs: str = "ESRI:54009",
) -> xr.DataArray:
    """Return an empty grid over areas or a raster, on whole multiples of the cell size.

    With the default cell size and coordinate system its cells are cells of the 1 km Mollweide
    grid of the Global Human Settlement Layer.

    Parameters
    ----------
    covering : geopandas.GeoDataFrame or xarray.DataArray
        What the grid must cover, in any coordinate system.
    resolution_m : float
        Side of a cell, in metres.
    margin_m : float
        Further ground on every side, in metres.
    crs : str
        An equal-area coordinate system in metres.

    Returns
    -------
    xarray.DataArray, (y, x), float32
        Missing in every cell; the coordinates are those of cell centres, north up.

    Raises
    ------
    RasterError
        No coordinate system, one that is not in metres, or nothing to cover.

    Examples
    --------
    >>> from hanoi_analytics import places
    >>> grid = equal_area_grid(places.wards("approximate"))
    >>> [float(edge) % 1000 for edge in grid.rio.bounds()]
    [0.0, 0.0, 0.0, 0.0]
    """
    require_metres(CRS.from_user_input(crs), f"crs={crs!r}")
    if isinstance(covering, xr.DataArray):
        require_crs(covering.rio.crs, "raster to cover")
        bounds = transform_bounds(covering.rio.crs, crs, *covering.rio.bounds())
    else:
        require_crs(covering.crs, "table of areas")
        bounds = tuple(covering.to_crs(crs).total_bounds)
    if not np.isfinite(bounds).all():
        raise RasterError(f"nothing to cover: bounds {bounds} in {crs}; check the areas")
    low = np.floor((np.array(bounds[:2]) - margin_m) / resolution_m) * resolution_m
    high = np.ceil((np.array(bounds[2:]) + margin_m) / resolution_m) * resolution_m
    columns, rows = np.rint((high - low) / resolution_m).astype(int)
    centres = {
        "y": high[1] - (np.arange(rows) + 0.5) * resolution_m,
        "x": low[0] + (np.arange(columns) + 0.5) * resolution_m,
    }
    empty = xr.DataArray(np.full((rows, columns), np.nan, "float32"), centres, ("y", "x"))
    corner = from_origin(low[0], high[1], resolution_m, resolution_m)
    return empty.rio.write_crs(crs).rio.write_transform(corner).rio.write_nodata(np.nan)


def resample_sum(source: xr.DataArray, *, like: xr.DataArray) -> xr.DataArray:
    """Move counts, such as people per cell, to another grid and keep their sum.

    Each cell of `source` is shared out among the cells of `like` by overlapping area (GDAL's
    ``sum``). The work goes band by band, so that memory holds a window of `source` only. Cells
    much finer than the target cost time: about three seconds a million.

    Parameters
    ----------
    source : xarray.DataArray, (y, x)
        Counts per cell, not negative, with coordinate system and missing value known to ``.rio``.
    like : xarray.DataArray, (y, x)
        The grid to move them to, for example from :func:`equal_area_grid`.

    Returns
    -------
    xarray.DataArray, (y, x), float64
        Missing where no cell with a count lies. ``attrs`` are those of `source`, with
        ``total`` (the sum of `source`) and ``outside`` (how much of it lies beyond `like`).

    Raises
    ------
    RasterError
        No coordinate system, negative or infinite counts, none at all, or grids that do not meet.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> moved = resample_sum(people, like=equal_area_grid(people))
    >>> round(float(moved.sum()) / 8_807_523, 3), moved.attrs["source"]["tier"]
    (1.0, 'simulated')
    """
    counts = _checked(source, "counts")
    total = float(counts.sum())
    moved = _moved(counts, like, Resampling.sum)
    outside = max(total - float(moved.sum()), 0.0)
    # GDAL meets the sum to a few parts in a hundred thousand: less than that is no loss.
    outside = outside if outside > 1e-4 * total else 0.0
    if outside:
        log.info("%.4g of %.4g counts lie outside the grid they were moved to", outside, total)
    moved.attrs = {**source.attrs, "total": total, "outside": outside}
    return moved


def resample_share(source: xr.DataArray, *, like: xr.DataArray) -> xr.DataArray:
    """Move the land or built-up part of cells to another grid, as shares from 0 to 1.

    Values up to 1 are taken for shares and averaged. Values that reach above 100 are taken for
    square metres per cell, summed, and divided by the area of a cell of `like`. What lies
    between may be per cent and is refused.

    Parameters
    ----------
    source : xarray.DataArray, (y, x)
        Shares, or m² per cell.
    like : xarray.DataArray, (y, x)
        The grid to move them to, in metres.

    Returns
    -------
    xarray.DataArray, (y, x), float64
        Shares 0 to 1; missing where `source` says nothing. ``attrs`` are those of `source`.

    Raises
    ------
    RasterError
        As :func:`resample_sum`; values that may be per cent; more square metres than a cell has.

    Examples
    --------
    >>> built_m2 = xr.DataArray(
    ...     np.full((2, 2), 250_000.0), {"y": [1500.0, 500.0], "x": [500.0, 1500.0]}, ("y", "x")
    ... ).rio.write_crs("ESRI:54009")
    >>> resample_share(built_m2, like=built_m2).mean().item()
    0.25
    """
    values = _checked(source, "shares or m²")
    require_metres(like.rio.crs, "the grid to move to")
    highest = float(values.max())
    if highest <= 1.0 + 1e-6:
        shares = _moved(values, like, Resampling.average).clip(max=1.0)
    elif highest <= 100.0:
        raise RasterError(
            f"the highest value is {highest:g}: expected shares up to 1 or m² per cell; if these "
            f"are per cent, divide them by 100"
        )
    else:
        width_m, height_m = (abs(step) for step in like.rio.resolution())
        shares = _moved(values, like, Resampling.sum) / (width_m * height_m)
        most = float(shares.max())
        # A square kilometre of the Mollweide grid is up to one per cent more or less on the ground.
        if most > 1.01:
            raise RasterError(
                f"a cell of {width_m * height_m:,.0f} m² would hold {most:.2f} times its area; "
                f"expected m² per cell of the raster given"
            )
        shares = shares.clip(max=1.0)
    shares.attrs = dict(source.attrs)
    return shares


def _checked(source: xr.DataArray, what: str) -> xr.DataArray:
    """Return the values as floats with NaN for missing, or say why they cannot be moved."""
    if source.dims != ("y", "x"):
        raise RasterError(f"expected one band with dimensions (y, x), found {source.dims}")
    require_crs(source.rio.crs, "raster")
    nodata = source.rio.nodata
    values = source.astype("float64")
    if nodata is not None and not np.isnan(nodata):
        values = values.where(source != nodata)
    ends = xr.Dataset({"lowest": values.min(), "highest": values.max()}).compute()
    lowest, highest = float(ends["lowest"]), float(ends["highest"])
    if np.isnan(lowest):
        raise RasterError(f"the raster has no value in any cell; expected {what}")
    if lowest < 0 or np.isinf(highest):
        wrong = lowest if lowest < 0 else highest
        raise RasterError(
            f"found {wrong:g}; expected {what}, not negative and finite; if this marks missing "
            f"cells, set it as the raster's missing value"
        )
    values = values.rio.write_crs(source.rio.crs).rio.write_transform(source.rio.transform())
    return values.rio.write_nodata(np.nan)


def _moved(source: xr.DataArray, like: xr.DataArray, method: Resampling) -> xr.DataArray:
    """Resample band by band of target rows, each from the window of the source under it."""
    require_crs(like.rio.crs, "grid to move to")
    target = np.full(like.shape, np.nan)
    met = False
    for start in range(0, len(target), _BAND_ROWS):
        band = target[start : start + _BAND_ROWS]
        place = like.rio.transform() * Affine.translation(0, start)
        bounds = transform_bounds(
            like.rio.crs, source.rio.crs, *array_bounds(*band.shape, transform=place)
        )
        window, corner = window_within(source, bounds, spare_cells=2)
        if window.size == 0:
            continue
        met = True
        reproject(
            window.to_numpy(),
            band,
            src_transform=corner,
            src_crs=source.rio.crs,
            src_nodata=np.nan,
            dst_transform=place,
            dst_crs=like.rio.crs,
            dst_nodata=np.nan,
            resampling=method,
        )
    if not met:
        raise RasterError(
            f"the raster ({source.rio.crs}) lies wholly outside the grid it is moved to "
            f"({like.rio.crs}); check both coordinate systems"
        )
    moved = xr.DataArray(target, dict(like.coords), like.dims)
    return moved.rio.write_crs(like.rio.crs).rio.write_nodata(np.nan)
