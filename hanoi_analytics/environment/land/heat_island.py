"""How much warmer the surface of a city is than the country around it.

There is no one country around a city: the number depends on which land it is compared with. So the
rural reference has no default, and every result says in words what it was.

Surface temperature is not the temperature of the air.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from hanoi_analytics import cluster
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.references import (
    RINGS,
    Ring,
    cell_sides_m,
    find_reference,
    land_of,
    require_same_grid,
    rural_mask,
)

_BLOCK_KM = 5.0
_COLDEST_C, _WARMEST_C = -90.0, 100.0
_UNITS = {
    "heat_island_c": "°C",
    "standard_error_c": "°C",
    "urban_c": "°C",
    "rural_c": "°C",
    "urban_cells": "1",
    "rural_cells": "1",
    "urban_blocks": "1",
    "rural_blocks": "1",
}


class _Side(NamedTuple):
    """Cells of the city or of its reference in the flattened grid, and the block of each."""

    cells: npt.NDArray[np.intp]
    block: npt.NDArray[np.intp]


def heat_island(
    temperature_c: xr.DataArray,
    *,
    urban: xr.DataArray,
    rural: Ring | xr.DataArray,
    water: xr.DataArray | None,
    elevation_m: xr.DataArray | None,
    within_m: float = 50.0,
    block_km: float = _BLOCK_KM,
) -> xr.Dataset:
    """Return the mean surface temperature of a city less that of its rural reference.

    The standard error does not take cells for independent: neighbours share their weather and
    their sensor. It is that of a difference of two ratio means over square blocks, which may depend
    on nothing but themselves (linearised; Cochran 1977, Sampling Techniques, chapter 6).

    Parameters
    ----------
    temperature_c : xarray.DataArray, (…, y, x)
        Surface temperature in °C, lazy or in memory, missing under clouds; one scene or season for
        each step of the other dimensions.
    urban, rural, water, elevation_m, within_m
        As for :func:`rural_mask`.
    block_km : float
        Side of the blocks: longer than temperatures stay alike.

    Returns
    -------
    xarray.Dataset, over the other dimensions of `temperature_c`; lazy if that is
        ``heat_island_c, standard_error_c, urban_c, rural_c``, and how many cells and blocks have a
        temperature: ``urban_cells, rural_cells, urban_blocks, rural_blocks``. Missing
        where one side has no cell; the standard error also where a side has a single block.
        ``attrs["definition"]`` says in words what was compared.

    Raises
    ------
    EnvironmentDataError
        As for :func:`rural_mask`; temperatures that are no °C (of lazy ones, when computed).

    Examples
    --------
    >>> from hanoi_analytics.environment.simulated import land
    >>> height = land.elevation(seed=1, resolution_m=1000, cells=(60, 60)).compute()
    >>> urban = (abs(height.y - 2_319_000) < 5_000) & (abs(height.x - 568_000) < 5_000)
    >>> warm = xr.where(urban, 31.5, 30.0).rio.write_crs(height.rio.crs)
    >>> found = heat_island(
    ...     warm, urban=urban, rural="equal_area_ring", water=None, elevation_m=height
    ... )
    >>> found["heat_island_c"].item(), found["rural_cells"].item()
    (1.5, 136.0)
    >>> print(found.attrs["definition"])  # doctest: +ELLIPSIS
    urban minus rural mean; rural: the nearest cells outside the city, as many as the city's; ...
    """
    reference = rural_mask(
        urban, rural=rural, water=water, elevation_m=elevation_m, within_m=within_m
    )
    result = _island(temperature_c, urban, reference, water, block_km)
    given = (temperature_c, urban, rural, water, elevation_m)
    sources = sources_of(*(part.attrs for part in given if isinstance(part, xr.DataArray)))
    return result.assign_attrs(sources)


def all_references(
    temperature_c: xr.DataArray,
    *,
    urban: xr.DataArray,
    water: xr.DataArray | None,
    elevation_m: xr.DataArray | None,
    own: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Compare a city with every rural reference, with and without the rule on height.

    Parameters
    ----------
    temperature_c, urban, water, elevation_m
        As for :func:`heat_island`.
    own : xarray.DataArray, (y, x), bool, optional
        A further reference.

    Returns
    -------
    pandas.DataFrame
        One row for each definition (and step of `temperature_c`): ``reference``, ``height_rule``
        (bool), what :func:`heat_island` returns, and ``definition``. A reference of which no cell
        can be used has missing numbers, and ``definition`` says why.
    """
    references: dict[str, Ring | xr.DataArray] = {ring: ring for ring in RINGS}
    if own is not None:
        references["own"] = own
    rows: list[dict[str, str | bool]] = []
    islands: list[xr.Dataset] = []
    for name, rural in references.items():
        for height in [elevation_m, None] if elevation_m is not None else [None]:
            found, definition, why_none = find_reference(urban, rural, water, height, 50.0)
            row: dict[str, str | bool] = {
                "reference": name,
                "height_rule": height is not None,
                "definition": definition,
            }
            if why_none:
                row["definition"] = f"{definition}: {why_none}"
            mask = urban.copy(data=found).assign_attrs(definition=definition)
            rows.append(row)
            islands.append(_island(temperature_c, urban, mask, water, _BLOCK_KM))
    computed = cluster.compute(*islands)
    tables = [_table(one).assign(**row) for one, row in zip(computed, rows, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    given = (temperature_c, urban, water, elevation_m, own)
    table.attrs = sources_of(*(part.attrs for part in given if part is not None))
    return table


def _blocks(grid: xr.DataArray, block_m: float) -> npt.NDArray[np.intp]:
    """Return the number of the square block that each cell lies in, in the flattened grid."""
    down, across = (
        (np.arange(cells) * side // block_m).astype(np.intp)
        for cells, side in zip((grid.sizes["y"], grid.sizes["x"]), cell_sides_m(grid), strict=True)
    )
    return np.asarray((down[:, None] * (across[-1] + 1) + across).ravel())


def _island(
    temperature_c: xr.DataArray,
    urban: xr.DataArray,
    reference: xr.DataArray,
    water: xr.DataArray | None,
    block_km: float,
) -> xr.Dataset:
    require_same_grid(temperature_c, urban, "urban")
    if not block_km > 0:
        raise EnvironmentDataError(f"block_km={block_km:g}: expected more than 0")
    blocks = _blocks(urban, block_km * 1000)
    city = urban.to_numpy() & land_of(urban, water)[0]
    sides = tuple(
        _Side(cells, blocks[cells])
        for cells in (np.flatnonzero(city), np.flatnonzero(reference.to_numpy()))
    )
    found = xr.apply_ufunc(
        _compare,
        temperature_c,
        kwargs={"sides": sides, "block_count": int(blocks.max()) + 1},
        input_core_dims=[["y", "x"]],
        output_core_dims=[["result"]],
        vectorize=True,
        dask="parallelized",
        output_dtypes=["float64"],
        dask_gufunc_kwargs={"output_sizes": {"result": len(_UNITS)}, "allow_rechunk": True},
    )
    columns = {
        name: found.isel(result=number).assign_attrs(units=unit)
        for number, (name, unit) in enumerate(_UNITS.items())
    }
    definition = f"urban minus rural mean; rural: {reference.attrs['definition']}"
    return xr.Dataset(columns, attrs={"definition": definition, "block_km": block_km})


def _compare(
    celsius: npt.NDArray[np.floating], *, sides: tuple[_Side, _Side], block_count: int
) -> npt.NDArray[np.float64]:
    """Return the numbers of `_UNITS`, in its order, of one scene."""
    if np.nanmax(celsius, initial=0) > _WARMEST_C or np.nanmin(celsius, initial=0) < _COLDEST_C:
        raise EnvironmentDataError(
            f"expected surface temperatures in °C, found {np.nanmin(celsius):g} to "
            f"{np.nanmax(celsius):g}; scale counts, and take 273.15 from kelvin"
        )
    flat = celsius.astype("float64").ravel()
    means, cells, blocks, residual = [], [], [], np.zeros(block_count)
    for side, sign in zip(sides, (1, -1), strict=True):
        known = ~np.isnan(flat[side.cells])
        values, block = flat[side.cells[known]], side.block[known]
        mean = values.mean() if values.size else np.nan
        occupied = np.unique(block).size
        # How far each block pulls the mean; the factor is that of a sample variance.
        pull = np.bincount(block, values - mean, block_count) / max(values.size, 1)
        residual += sign * pull * np.sqrt(occupied / (occupied - 1) if occupied > 1 else np.nan)
        means.append(mean)
        cells.append(values.size)
        blocks.append(occupied)
    error = np.sqrt((residual**2).sum())
    return np.array([means[0] - means[1], error, *means, *cells, *blocks])


def _table(island: xr.Dataset) -> pd.DataFrame:
    plain = island.drop_vars("spatial_ref", errors="ignore")
    return (
        plain.to_dataframe().reset_index()
        if plain.sizes
        else pd.DataFrame({name: [plain[name].item()] for name in plain})
    )
