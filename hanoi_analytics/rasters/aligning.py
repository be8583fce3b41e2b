"""Rasters brought to the grid of another, by a named method, and cut to areas."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args

import dask.array as da
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from dask.delayed import delayed
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.transform import array_bounds
from rasterio.warp import reproject, transform_bounds
from shapely import STRtree, box

from hanoi_analytics.errors import nearest
from hanoi_analytics.rasters.burning import burn
from hanoi_analytics.rasters.checks import (
    RasterError,
    has_shape,
    missing_value,
    require_grid,
    require_same_crs,
    without_missing,
)
from hanoi_analytics.rasters.resampling import resample_sum
from hanoi_analytics.rasters.windows import window_within

Method = Literal["nearest", "mode", "min", "max", "average", "bilinear", "sum"]
_METHODS: tuple[str, ...] = get_args(Method)
# What these give is a value that stood in the raster: its type stays.
_KEEP_VALUES = ("nearest", "mode", "min", "max")
# Cells of the source under a block of the target, which bounds the memory that a block needs.
_SOURCE_CELLS = 4_000_000
_LARGEST_SIDE = 2048
_NO_CELLS = np.empty((0, 0), bool)

Window = tuple[slice, slice]
Inside = Callable[[Window], npt.NDArray[np.bool_]]


def align(raster: xr.DataArray, like: xr.DataArray, *, resampling: Method) -> xr.DataArray:
    """Bring a raster to the grid and coordinate system of another one.

    Parameters
    ----------
    raster : xarray.DataArray, (y, x) or (band, y, x)
        With coordinate system and missing value known to ``.rio``.
    like : xarray.DataArray, (…, y, x)
        Only its grid is used.
    resampling : {"nearest", "mode", "min", "max", "average", "bilinear", "sum"}
        ``nearest`` and ``mode`` for classes, ``average`` to larger cells and ``bilinear`` to
        smaller ones for what has a value everywhere, ``sum`` for counts such as people per cell:
        `resample_sum` does it, at once and not lazily.

    Returns
    -------
    xarray.DataArray, on the grid of `like`
        Lazy, in blocks that each read the window of `raster` under them. Missing where `raster`
        has no value. Values that are calculated are floats; the type of others stays.

    Raises
    ------
    RasterError
        An unknown method, no or a rotated grid, complex numbers, whole numbers without a missing
        value, or grids that do not meet.

    Notes
    -----
    Each block is GDAL's warp with enough cells to spare around it, so that blocks have no seams.
    Between coordinate systems GDAL places cells to an eighth of a cell of `raster`.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> classes = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> found = align(classes, people, resampling="nearest")
    >>> found.shape == people.shape, str(found.dtype)
    (True, 'uint8')
    """
    if resampling not in _METHODS:
        raise RasterError(f"resampling={resampling!r}: {nearest(str(resampling), _METHODS)}")
    require_grid(raster, "raster")
    require_grid(like, "grid to bring it to")
    if resampling == "sum":
        return resample_sum(raster, like=like)
    source = raster if resampling in _KEEP_VALUES else without_missing(raster)
    missing = missing_value(source)
    layers = source if source.ndim == 3 else source.expand_dims("band")
    _require_meeting(raster, like)
    bands = layers.chunksizes.get(layers.dims[0], (layers.shape[0],))
    rows, columns = _blocks(source, like, max(bands))
    warp = partial(_warped, layers, like, Resampling[resampling], missing)
    cells = da.block(
        [
            [[warp((band, row, column)) for column in columns] for row in rows]
            for band in _slices(bands)
        ]
    )
    coords = {name: item for name, item in layers.coords.items() if item.dims == layers.dims[:1]}
    aligned = xr.DataArray(cells, coords, layers.dims, raster.name, dict(raster.attrs))
    if raster.ndim == 2:
        aligned = aligned.isel(band=0, drop=True)
    aligned = aligned.assign_coords(y=like["y"].to_numpy(), x=like["x"].to_numpy())
    aligned = aligned.rio.write_crs(like.rio.crs).rio.write_transform(like.rio.transform())
    return aligned.rio.write_nodata(missing)


def mask(
    raster: xr.DataArray, areas: gpd.GeoDataFrame, *, all_touched: bool = False
) -> xr.DataArray:
    """Leave only the cells that lie in areas.

    Parameters
    ----------
    raster : xarray.DataArray, (y, x) or (band, y, x)
        With coordinate system, and missing value known to ``.rio`` where it holds whole numbers.
    areas : geopandas.GeoDataFrame
        In the raster's coordinate system.
    all_touched : bool
        Also the cells that an area touches, not only those whose centres lie in one.

    Returns
    -------
    xarray.DataArray
        The same grid, lazy where `raster` is; cells outside are missing.

    Raises
    ------
    RasterError
        Another or no coordinate system, no or a rotated grid, or whole numbers without a missing
        value.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> grid = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> wards = places.wards("approximate").to_crs(grid.rio.crs)
    >>> centres = mask(grid, wards[wards["name"] == "Hoàn Kiếm"])
    >>> int((centres != grid.rio.nodata).sum())
    3
    """
    require_grid(raster, "raster")
    require_same_crs(raster, areas)
    missing = missing_value(raster)
    shapes = areas.geometry.to_numpy()[has_shape(areas)]
    inside = partial(_inside, shapes, raster.rio.transform(), all_touched)
    shape = raster.shape[-2:]
    if raster.chunks is None:
        where: npt.NDArray[np.bool_] | da.Array = inside((slice(0, shape[0]), slice(0, shape[1])))
    else:
        chunks = raster.chunks[-2:]
        where = da.map_blocks(_inside_block, inside, chunks=chunks, dtype=bool, meta=_NO_CELLS)
    kept = raster.where(xr.DataArray(where, dims=("y", "x")), missing)
    return kept.rio.write_nodata(missing)


def _inside_block(inside: Inside, block_info: Any = None) -> npt.NDArray[np.bool_]:
    rows, columns = block_info[None]["array-location"]
    return inside((slice(*rows), slice(*columns)))


def _inside(
    shapes: npt.NDArray[Any], transform: Affine, all_touched: bool, window: Window
) -> npt.NDArray[np.bool_]:
    """Tell which cells of a window of the grid lie in one of the shapes."""
    rows, columns = window
    shape = rows.stop - rows.start, columns.stop - columns.start
    corner = transform * Affine.translation(columns.start, rows.start)
    near = shapes[STRtree(shapes).query(box(*array_bounds(*shape, transform=corner)))]
    if not len(near):
        return np.zeros(shape, bool)
    burnt = burn(((one, 1) for one in near), shape=shape, transform=corner, all_touched=all_touched)
    return burnt == 1


def _blocks(
    source: xr.DataArray, like: xr.DataArray, bands: int
) -> tuple[list[slice], list[slice]]:
    """Return rows and columns of blocks of the target, under which few enough cells lie."""
    height, width = like.shape[-2:]
    under_x, under_y = _cells_under(source, like)
    under = max(under_x, 1.0) * max(under_y, 1.0) * bands
    side = min(max(int(math.sqrt(_SOURCE_CELLS / under)), 8), _LARGEST_SIDE)
    return _cut(height, side), _cut(width, side)


def _cells_under(source: xr.DataArray, like: xr.DataArray) -> tuple[float, float]:
    """Return how many columns and rows of the source lie under a cell of the target."""
    height, width = like.shape[-2:]
    bounds = transform_bounds(like.rio.crs, source.rio.crs, *like.rio.bounds())
    cell_x, cell_y = (abs(step) for step in source.rio.resolution())
    return (bounds[2] - bounds[0]) / cell_x / width, (bounds[3] - bounds[1]) / cell_y / height


def _cut(length: int, side: int) -> list[slice]:
    return [slice(start, min(start + side, length)) for start in range(0, length, side)]


def _slices(sizes: tuple[int, ...]) -> list[slice]:
    ends = np.cumsum(sizes).tolist()
    return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]


def _warped(
    layers: xr.DataArray,
    like: xr.DataArray,
    method: Resampling,
    missing: float,
    place: tuple[slice, slice, slice],
) -> da.Array:
    """Return one block of the target, from the window of the source under it."""
    band, rows, columns = place
    shape = band.stop - band.start, rows.stop - rows.start, columns.stop - columns.start
    corner = like.rio.transform() * Affine.translation(columns.start, rows.start)
    here, there = like.rio.crs, layers.rio.crs
    bounds = transform_bounds(here, there, *array_bounds(*shape[1:], transform=corner))
    under_x, under_y = _cells_under(layers, like)
    # Beyond a cell of the target, for what reaches over its edge, and for curved edges.
    spare = 3 + math.ceil(2 * max(under_x, under_y, 1.0))
    window, source_corner = window_within(layers[band], bounds, spare_cells=spare)
    if not window.size:
        return da.full(shape, missing, dtype=layers.dtype)
    job = delayed(_warp)(
        window.data, shape, method, missing,
        src_transform=source_corner, src_crs=there.to_wkt(),
        dst_transform=corner, dst_crs=here.to_wkt(),
        # GDAL would take the ratio from each block, and blocks would have seams.
        XSCALE=1 / under_x, YSCALE=1 / under_y,
    )  # fmt: skip
    return da.from_delayed(job, shape, dtype=layers.dtype)


def _warp(
    cells: npt.NDArray[Any],
    shape: tuple[int, ...],
    method: Resampling,
    missing: float,
    **grids: Any,
) -> npt.NDArray[Any]:
    target = np.full(shape, missing, cells.dtype)
    reproject(
        np.ascontiguousarray(cells), target, resampling=method,
        src_nodata=missing, dst_nodata=missing, **grids
    )  # fmt: skip
    return target


def _require_meeting(raster: xr.DataArray, like: xr.DataArray) -> None:
    bounds = transform_bounds(like.rio.crs, raster.rio.crs, *like.rio.bounds())
    if not window_within(raster, bounds, spare_cells=0)[0].size:
        raise RasterError(
            f"the raster ({raster.rio.crs}) lies wholly outside the grid it is brought to "
            f"({like.rio.crs}); check both coordinate systems"
        )
