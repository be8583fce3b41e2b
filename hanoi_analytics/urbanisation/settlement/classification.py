"""The Degree of Urbanisation on grids of any size, block by block on Dask."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import dask.array as da
import numpy as np
import xarray as xr
from dask.base import compute
from dask.delayed import delayed

from hanoi_analytics.urbanisation.settlement import blocks
from hanoi_analytics.urbanisation.settlement.blocks import Plan
from hanoi_analytics.urbanisation.settlement.classes import NODATA
from hanoi_analytics.urbanisation.settlement.clustering import Clustering
from hanoi_analytics.urbanisation.settlement.grids import GridError, Grids, checked
from hanoi_analytics.urbanisation.settlement.kernels.runs import PARTS
from hanoi_analytics.urbanisation.settlement.settings import (
    R2023A,
    ClusterRule,
    Settings,
    SettingsError,
)

Level = Literal[1, 2]

_RULES = {
    1: ("centre", "urban_cluster"),
    2: ("centre", "dense", "semi_dense", "suburban", "rural"),
}


def classify(
    population: xr.DataArray,
    land: xr.DataArray | None,
    built: xr.DataArray | None = None,
    *,
    settings: Settings = R2023A,
    level: Level = 2,
) -> xr.DataArray:
    """Classify the cells of a grid by the Degree of Urbanisation.

    Clusters, edges and holes are worked out at once, block by block, on the Dask scheduler in use;
    the classes themselves stay lazy. The result does not depend on how the grids are chunked. In
    between, two bytes are held for each cell, and twelve for each cell of a dense cluster.

    Parameters
    ----------
    population : xarray.DataArray, (y, x)
        People per cell, on a grid of equal area, 1 km by the standard; missing counts as nobody.
    land : xarray.DataArray, (y, x), or None
        Share of the cell that is permanent land, 0 to 1, see :func:`share_of_cell`. None takes
        every cell whose population is known for land, and the result's source says so. People on
        a cell without land have infinite density, those on a cell whose land is missing have none
        and count as rural; ``attrs["people_without_land"]`` and
        ``attrs["people_on_unknown_land"]`` count them, and the latter are warned of.
    built : xarray.DataArray, (y, x), optional
        Share of the cell that is built up; without it no cell meets a built-up criterion.
    settings : Settings
        The rules; see ``PRESETS``.
    level : {1, 2}

    Returns
    -------
    xarray.DataArray, (y, x), uint8, lazy
        Classes of ``LEVEL_1`` or ``LEVEL_2``; 255 where neither people nor land are known.

    Raises
    ------
    GridError
        Grids that differ, are not of equal area, hold impossible values, or no people at all.
    SettingsError
        No ``Settings``, or ``built_share="optimal"`` without a built-up grid.

    Notes
    -----
    European Commission, Joint Research Centre, GHSL Data Package 2023, sections on GHS-SMOD;
    Eurostat and others (2021), Applying the Degree of Urbanisation: a methodological manual.

    Examples
    --------
    Sixty cells of 1,000 people each are a cluster, but too thin for a centre:

    >>> people = xr.DataArray(
    ...     np.pad(np.full((6, 10), 1000.0), 2),
    ...     coords={"y": 9500.0 - 1000 * np.arange(10), "x": 500.0 + 1000 * np.arange(14)},
    ...     dims=("y", "x"),
    ... ).rio.write_crs("ESRI:54009")
    >>> classes = classify(people, None)
    >>> np.unique(classes, return_counts=True)
    (array([11, 22], dtype=uint8), array([80, 60]))
    """
    if level not in _RULES:
        raise GridError(f"level: expected 1 or 2, found {level!r}")
    _check_settings(settings)
    grids = checked(population, land, built)
    return _classified(grids, settings, (level,))[level]


def classify_levels(
    population: xr.DataArray,
    land: xr.DataArray | None,
    built: xr.DataArray | None = None,
    *,
    settings: Settings = R2023A,
) -> xr.Dataset:
    """Classify the cells of a grid at both levels, reading the grids once.

    Parameters, errors and classes are those of :func:`classify`.

    Returns
    -------
    xarray.Dataset
        Lazy ``level_1`` and ``level_2``.

    Examples
    --------
    >>> people = xr.DataArray(
    ...     np.full((6, 10), 1000.0),
    ...     coords={"y": 9500.0 - 1000 * np.arange(6), "x": 500.0 + 1000 * np.arange(10)},
    ...     dims=("y", "x"),
    ... ).rio.write_crs("ESRI:54009")
    >>> levels = classify_levels(people, None)
    >>> int(levels["level_1"][0, 0]), int(levels["level_2"][0, 0])
    (2, 22)
    """
    _check_settings(settings)
    found = _classified(checked(population, land, built), settings, (1, 2))
    return xr.Dataset({f"level_{level}": classes for level, classes in found.items()})


def optimal_built_share(
    population: xr.DataArray,
    land: xr.DataArray | None,
    built: xr.DataArray,
    *,
    rule: ClusterRule = R2023A.optimal_built,
) -> float:
    """Return the mean built-up share of dense clusters, rounded up to two decimals.

    Parameters
    ----------
    population, land, built : xarray.DataArray, (y, x)
        As for :func:`classify`; GHSL works it out on the whole world.
    rule : ClusterRule
        The clusters; by the standard 1,500 people per km², 5,000 people, joined by sides.

    Returns
    -------
    float
        Share of the cell, for ``ClusterRule.built_share``.

    Raises
    ------
    GridError
        If there is no such cluster, or as for :func:`classify`.
    SettingsError
        If the rule has a built-up share itself.

    Notes
    -----
    GHSL Data Package 2023, footnote 30.
    """
    settings = replace(R2023A, optimal_built=rule)
    return _optimal(checked(population, land, built), settings.optimal_built)


def _check_settings(settings: object) -> None:
    if not isinstance(settings, Settings):
        raise SettingsError(f"settings: expected Settings, such as R2023A, found {settings!r}")


def _classified(
    grids: Grids, settings: Settings, levels: tuple[Level, ...]
) -> dict[Level, xr.DataArray]:
    names = tuple(dict.fromkeys(name for level in levels for name in _RULES[level]))
    settings = _with_optimal(settings, names, grids)
    rules = [getattr(settings, name) for name in names]
    clustering = Clustering(grids, Plan.of(rules, settings, grids.cell_km2))
    return {
        level: _labelled(clustering.classes(level), grids, clustering, level) for level in levels
    }


def _with_optimal(settings: Settings, rules: tuple[str, ...], grids: Grids) -> Settings:
    names = [name for name in rules if getattr(settings, name).built_share == "optimal"]
    if not names:
        return settings
    share = _optimal(grids, settings.optimal_built)
    changed = {name: replace(getattr(settings, name), built_share=share) for name in names}
    return replace(settings, **changed)


def _optimal(grids: Grids, rule: ClusterRule) -> float:
    if grids.built is None:
        raise SettingsError(
            "built_share: 'optimal' is worked out from a built-up grid; give one, or a number"
        )
    clustering = Clustering(grids, Plan.of([rule], replace(R2023A, centre=rule), grids.cell_km2))
    cells = clustering.cells(rule)
    sums = compute(
        *(
            delayed(_built_sum)(grids.built.blocks[at], *cells.around(at, 0)[:2])
            for at in cells.occupied()
        )
    )
    count = sum(number for _, number in sums)
    if not count:
        raise GridError(
            f"no cluster of {rule.density_per_km2:g} people per km² and {rule.people:g} people: "
            f"the optimal built-up share cannot be worked out; give a number"
        )
    # A hair less than the mean, so that a mean of two decimals is not rounded up by its last part.
    return math.ceil(sum(total for total, _ in sums) / PARTS / count * 100 - 1e-6) / 100


def _built_sum(built: blocks.Array, rows: blocks.Array, columns: blocks.Array) -> tuple[int, int]:
    """Return the sum in whole parts, so that no order of adding matters, and the known cells."""
    values = built[rows, columns]
    values = values[~np.isnan(values)]
    return int(np.rint(values * PARTS).astype(np.int64).sum()), values.size


def _labelled(
    classes: da.Array, grids: Grids, clustering: Clustering, level: Level
) -> xr.DataArray:
    template, has_land = grids.template, grids.land is not None
    result = xr.DataArray(
        classes,
        coords={name: template[name] for name in template.dims if name in template.coords},
        dims=template.dims,
        name="degree_of_urbanisation",
    )
    result = result.rio.write_crs(template.rio.crs).rio.write_transform(template.rio.transform())
    result = result.rio.write_nodata(NODATA)
    result.attrs |= {
        "level": level,
        "settings": str(clustering.plan.settings),
        "land": "as given" if has_land else "every cell whose population is known",
        "people_without_land": clustering.people_without_land,
        "people_on_unknown_land": clustering.people_on_unknown_land,
        **_sources(grids),
    }
    return result


def _sources(grids: Grids) -> dict[str, Any]:
    """Return whose data these are, with the note that land was taken for granted."""
    found = grids.sources
    if found and grids.land is None:
        notes = (found[0].get("approximate", ""), "no land grid: every cell counts as land")
        found[0]["approximate"] = "; ".join(note for note in notes if note)
    return {"source": found[0], "sources": found} if found else {}
