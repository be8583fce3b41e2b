"""The grids that go in: checked once, then plain Dask arrays of people and shares."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from pyproj import CRS
from rasterio import Affine
from rioxarray.exceptions import MissingSpatialDimensionError

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.urbanisation.settlement.kernels.cells import MOST_PEOPLE, SLACK

log = logging.getLogger(__name__)

_CHUNK_CELLS = 2048
_EQUAL_AREA = (
    "equal area",
    "equal-area",
    "mollweide",
    "sinusoidal",
    "equal earth",
    "eckert iv",
    "eckert vi",
    "goode",
    "homolosine",
)


class GridError(HanoiError):
    """Grids that cannot be classified."""


@dataclass(frozen=True)
class Grids:
    """Population and its companions on one grid, as lazy arrays of equal chunks, NaN missing.

    Attributes
    ----------
    people : dask.array.Array, (y, x)
        People per cell.
    land, built : dask.array.Array, (y, x), or None
        Shares of the cell, 0 to 1.
    cell_km2 : float
    template : xarray.DataArray
        The population grid, for coordinates.
    sources : list of dict
        Of the grids that say where they come from.
    """

    people: da.Array
    land: da.Array | None
    built: da.Array | None
    cell_km2: float
    template: xr.DataArray
    sources: list[dict[str, Any]]


def share_of_cell(area_m2: xr.DataArray) -> xr.DataArray:
    """Return the share of each cell that an area in square metres makes up, lazily.

    Parameters
    ----------
    area_m2 : xarray.DataArray, (y, x)
        Such as GHSL's land and built-up grids, with a coordinate system in metres.

    Returns
    -------
    xarray.DataArray, (y, x)
        Shares, missing where the grid is missing.

    Examples
    --------
    >>> grid = xr.DataArray(
    ...     np.full((2, 2), 500_000.0), dims=("y", "x"), coords={"y": [1500, 500], "x": [500, 1500]}
    ... ).rio.write_crs("ESRI:54009")
    >>> share_of_cell(grid).mean().item()
    0.5
    """
    grid = _plane("area_m2", area_m2)
    share = _masked(grid) / (_cell_km2("area_m2", grid) * 1e6)
    share.attrs = dict(area_m2.attrs)
    return share.rio.write_crs(grid.rio.crs).rio.write_transform(grid.rio.transform())


def checked(
    population: xr.DataArray, land: xr.DataArray | None, built: xr.DataArray | None
) -> Grids:
    """Return the grids as arrays, or say what does not fit.

    Raises
    ------
    GridError
        A grid that is not two-dimensional or has no coordinate system, one that is not of equal
        area, grids of different shape, place or coordinate system.
    """
    people = _plane("population", population)
    cell_km2 = _cell_km2("population", people)
    if abs(cell_km2 - 1) > 1e-6:
        log.warning(
            "the Degree of Urbanisation is defined on cells of 1 km²; these have %g km²", cell_km2
        )
    counted = _array(people)
    lands, roofs = (
        None if grid is None else _like(name, grid, people, counted)
        for name, grid in (("land", land), ("built", built))
    )
    given = [grid.attrs for grid in (population, land, built) if grid is not None]
    found = [entry for attrs in given for entry in attrs.get("sources") or [attrs.get("source")]]
    # Some files keep a plain text under this name; only the catalogue's entries say enough.
    sources = [dict(entry) for entry in found if isinstance(entry, Mapping)]
    return Grids(counted, lands, roofs, cell_km2, people, sources)


def impossible_value(
    grids: tuple[np.ndarray[Any, Any], ...], cell: tuple[int, int], origin: tuple[int, int]
) -> GridError:
    """Return the error that names an impossible cell of a block, counted from the grid's corner."""
    people, *shares = grids
    place = f"in row {origin[0] + cell[0]}, column {origin[1] + cell[1]}"
    head = people[cell]
    if head < 0 or head > MOST_PEOPLE:
        return GridError(
            f"population: found {head:g} {place}, expected people per cell, from 0 to "
            f"{MOST_PEOPLE:.0e}; mark missing cells as nodata"
        )
    name, share = next(
        (name, grid[cell])
        for name, grid in zip(("land", "built"), shares, strict=True)
        if grid.size and not (0 <= grid[cell] <= 1 + SLACK or np.isnan(grid[cell]))
    )
    return GridError(
        f"{name}: found {share:g} {place}, expected a share of 0 to 1; turn square metres into "
        f"shares by share_of_cell(), and mark missing cells as nodata"
    )


def _plane(name: str, grid: xr.DataArray) -> xr.DataArray:
    if not isinstance(grid, xr.DataArray):
        raise GridError(f"{name}: expected an xarray.DataArray, found {type(grid).__name__}")
    try:
        plane = (grid.rio.y_dim, grid.rio.x_dim)
    except MissingSpatialDimensionError as error:
        raise GridError(
            f"{name}: expected dimensions (y, x), found {grid.dims}; rename them"
        ) from error
    # A band of its own goes, a grid of one row stays a grid.
    flat = grid.squeeze(
        [dim for dim in set(grid.dims) - {*plane} if grid.sizes[dim] == 1], drop=True
    )
    if flat.ndim != 2 or not flat.size or flat.dtype.kind not in "iuf":
        raise GridError(
            f"{name}: expected numbers in two dimensions (y, x), found {grid.dtype} in "
            f"{dict(grid.sizes)}; choose one band"
        )
    if flat.rio.crs is None:
        raise GridError(f"{name}: the grid has no coordinate system; set it by .rio.write_crs(...)")
    return flat.transpose(*plane).rio.write_transform(_transform(name, flat))


def _cell_km2(name: str, grid: xr.DataArray) -> float:
    system = CRS.from_user_input(grid.rio.crs)
    method = system.coordinate_operation.method_name if system.coordinate_operation else "none"
    if not any(word in method.lower() for word in _EQUAL_AREA):
        raise GridError(
            f"{name}: expected an equal-area coordinate system such as ESRI:54009 (Mollweide), "
            f"found {system.name!r} (projection: {method}); reproject it with its sum kept"
        )
    transform = grid.rio.transform()
    metres = system.axis_info[0].unit_conversion_factor
    return float(abs(transform.a * transform.e) * metres**2 / 1e6)


def _transform(name: str, grid: xr.DataArray) -> Affine:
    """Return the corner and cell size, by the coordinates if the stored ones do not fit them.

    A grid that was coarsened or thinned out still stores the cell size that it had before.
    """
    stored = grid.rio.transform()
    if stored.b or stored.d:
        raise GridError(f"{name}: the grid is rotated; reproject it to rows and columns first")
    if stored.is_identity:
        raise GridError(f"{name}: the size of its cells is unknown; set .rio.write_transform(...)")
    fresh = grid.rio.transform(recalc=True)
    return stored if stored.almost_equals(fresh, precision=1e-3 * abs(fresh.a)) else fresh


def _same_grid(name: str, grid: xr.DataArray, people: xr.DataArray) -> None:
    if grid.shape != people.shape:
        raise GridError(f"{name}: {grid.shape} cells, but the population has {people.shape}")
    if CRS.from_user_input(grid.rio.crs) != CRS.from_user_input(people.rio.crs):
        raise GridError(
            f"{name}: coordinate system {grid.rio.crs}, but the population has {people.rio.crs}"
        )
    one, other = grid.rio.transform(), people.rio.transform()
    # Both ends: a cell size that is off by a hair is off by a cell in a thousand.
    rows, columns = people.shape
    ends = [np.subtract(one * end, other * end) for end in ((0.0, 0.0), (columns, rows))]
    if np.abs(ends).max() > 1e-3 * abs(other.a):
        raise GridError(
            f"{name}: its corner and cell size ({tuple(one)[:6]}) differ from those of the "
            f"population ({tuple(other)[:6]}); bring both to one grid first"
        )


def _like(name: str, grid: xr.DataArray, people: xr.DataArray, counted: da.Array) -> da.Array:
    plane = _plane(name, grid)
    _same_grid(name, plane, people)
    return _array(plane).rechunk(counted.chunks)


def _masked(grid: xr.DataArray) -> xr.DataArray:
    nodata = grid.rio.nodata
    if nodata is None or np.isnan(nodata):
        return grid
    return grid.where(grid != nodata)


def _array(grid: xr.DataArray) -> da.Array:
    data = _masked(grid).data
    if not isinstance(data, da.Array):
        data = da.from_array(data, chunks=_CHUNK_CELLS)
    # Selections leave chunks without cells behind.
    chunks = tuple(tuple(size for size in sizes if size) for sizes in data.chunks)
    return data.rechunk(chunks).astype("float64")
