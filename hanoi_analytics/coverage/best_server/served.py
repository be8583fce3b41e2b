"""People and area covered, by area and in all, with intervals from correlated fading."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from dask.base import compute
from dask.delayed import delayed
from scipy.special import ndtri

from hanoi_analytics import rasters
from hanoi_analytics.coverage.best_server.blocks import block_layers
from hanoi_analytics.coverage.best_server.fading import correlated_field, site_shifts
from hanoi_analytics.coverage.best_server.grid import Grid
from hanoi_analytics.coverage.best_server.kernels.draws import count_covered, states
from hanoi_analytics.coverage.best_server.paths import AnyModel
from hanoi_analytics.coverage.best_server.plan import Plan, plan
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.places.crosswalk import METRIC_CRS

Array = npt.NDArray[Any]
_FIELDS = 4
_SIDE = 512
#: Where line of sight is lost hangs together over this distance (3GPP TR 38.901 Table 7.6.3.1-2).
_STATE_DISTANCE_M = {"uma": 50.0, "umi": 50.0, "rma": 60.0}
_MEASURES = ("people_covered", "people_covered_by_two", "cells_covered")
#: The names of columns that are added to those of the areas.
_ADDED = re.compile("people(_covered.*)?|share_of_(people|area).*|threshold_dbm")


@dataclass(frozen=True)
class Served:
    """Who is covered.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        The areas' own columns, one row for each area and threshold: ``threshold_dbm``,
        ``people`` (on the grid), ``people_covered`` with ``_low`` and ``_high``, the same as
        ``share_of_people``, ``share_of_area`` with its bounds, and
        ``share_of_people_by_two``: when the second strongest sector counts as well.
    total : pandas.DataFrame
        The same for all areas together, one row for each threshold.
    """

    areas: gpd.GeoDataFrame
    total: pd.DataFrame


def served(
    sectors: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    people: xr.DataArray,
    *,
    seed: int,
    draws: int = 100,
    model_error_db: float = 0.0,
    interval: float = 0.95,
    resolution_m: float = 30.0,
    model: AnyModel | Sequence[AnyModel] = "uma",
    radio: Radio | None = None,
    any_operator: bool = False,
) -> Served:
    """Count people and area covered, in each area and in all, for every threshold.

    People covered are the sum of people × the probability that the strongest sector reaches the
    threshold. The interval is that of draws in which shadow fading, and whether there is line of
    sight, are alike at neighbouring places, and the same for all sectors of a site.

    Parameters
    ----------
    sectors, areas, resolution_m, model, radio, any_operator
        As for :func:`signal.signal_map`.
    people : xarray.DataArray, (y, x)
        People per cell of any grid; moved to the map's cells by overlap.
    seed, draws : int
        Of the draws, and how many (20 or more).
    model_error_db : float
        Standard deviation of an error common to all levels: how far the model may be off on
        average. 0 shows fading alone, which a town averages out.
    interval : float
        Probability that the interval holds, between 0 and 1.

    Returns
    -------
    Served

    Raises
    ------
    CoverageError
        As :func:`signal.signal_map`; too few draws; a model whose fading has no known
        correlation distance; nobody on the grid; areas that have columns of the result.

    Notes
    -----
    Fields of fading are Gaussian with correlation exp(−d/d_corr) and the distances of 3GPP
    TR 38.901 Tables 7.5-6 and 7.6.3.1-2. Sites fade independently of each other.

    Intervals want cells of 5 to 30 m. In a draw a cell is covered or not as a whole: with cells of
    100 m the interval of one site's area is about a third wider. Fields repeat after 1,024 cells,
    which with cells below 5 m may lie within the area of one site.
    Shares close to 0 or 1 have skewed draws, whose interval may leave out the expectation.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> sectors = catalogue.load("hanoi_network_simulated")
    >>> one = sectors[sectors["operator"] == sectors["operator"].iloc[0]]
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> ward = places.wards("approximate").iloc[:1]
    >>> found = served(one, ward, people, seed=1, draws=20, resolution_m=100)
    >>> bool((found.areas["people_covered"] <= found.areas["people"]).all())
    True
    """
    if draws < 20 or not (0 < interval < 1 and 0 <= model_error_db < math.inf):
        raise CoverageError(
            f"draws={draws}, interval={interval:g}, model_error_db={model_error_db:g}: expected 20 "
            f"draws or more, an interval between 0 and 1, and an error of 0 dB or more"
        )
    taken = [name for name in areas.columns if _ADDED.fullmatch(str(name))]
    if taken:
        raise CoverageError(f"areas: column {taken[0]!r} would be computed; rename or drop it")
    if "source" not in people.attrs:
        raise CoverageError("people without attrs['source']; take them from the catalogue")
    prepared = plan(
        sectors, areas, resolution_m=resolution_m, model=model, radio=radio,
        any_operator=any_operator,
    )  # fmt: skip
    on_grid = _people_on(prepared.grid, people)
    chance = _chances(prepared, seed=seed, draws=draws, model_error_db=model_error_db)
    counted = _count(prepared, on_grid, chance)
    if counted["people"].sum() <= 0:
        raise CoverageError("nobody lives on the grid: check that people and areas meet")
    tails = [(1 - interval) / 2, (1 + interval) / 2]
    thresholds = prepared.radio.thresholds_dbm
    each = pd.concat(
        [
            _shares(counted, t, tails).assign(threshold_dbm=level)
            for t, level in enumerate(thresholds)
        ]
    )
    whole = {name: value.sum(axis=-1, keepdims=True) for name, value in counted.items()}
    total = pd.concat(
        [
            _shares(whole, t, tails).assign(threshold_dbm=level)
            for t, level in enumerate(thresholds)
        ],
        ignore_index=True,
    )
    joined = areas.reset_index(drop=True).join(each, how="right").reset_index(drop=True)
    sources = [*prepared.attrs["sources"], people.attrs["source"]]
    for table in (joined, total):
        table.attrs = {"source": prepared.attrs["source"], "sources": sources}
    return Served(joined, total)


def _people_on(grid: Grid, people: xr.DataArray) -> Array:
    like = xr.DataArray(np.zeros(grid.shape, np.float32), grid.centres(), ("y", "x"))
    like = like.rio.write_crs(METRIC_CRS).rio.write_transform(grid.transform)
    return np.nan_to_num(rasters.resample_sum(people, like=like).to_numpy()).astype(np.float32)


@dataclass(frozen=True)
class _Chances:
    """What is random: fields for each model, where each site reads them, and common errors."""

    fields: Array
    median: Array
    shifts: Array
    error_db: Array


def _chances(prepared: Plan, *, seed: int, draws: int, model_error_db: float) -> _Chances:
    rng = np.random.default_rng(seed)
    network, cell_m = prepared.network, prepared.grid.transform.a
    distances_m = [
        (*one.correlation_distance_m.values(), _STATE_DISTANCE_M.get(one.name, np.nan))
        for one in network.models
    ]
    fields = np.array(
        [[_field(three, cell_m, rng) for _ in range(_FIELDS)] for three in distances_m]
    )
    return _Chances(
        fields=fields,
        median=ndtri(network.fading[:, 2]).astype(np.float32),
        shifts=site_shifts(draws, int(prepared.site.max()) + 1, fields=_FIELDS, rng=rng),
        error_db=rng.normal(0.0, model_error_db, draws),
    )


def _field(distances_m: Sequence[float], cell_m: float, rng: np.random.Generator) -> Array:
    """Draw the fields of one model side by side, as a cell reads them together."""
    drawn = [correlated_field(distance_m, cell_m=cell_m, rng=rng) for distance_m in distances_m]
    return np.stack(drawn, axis=-1)


def _count(prepared: Plan, people: Array, chances: _Chances) -> dict[str, Array]:
    """Return people, cells and what is covered of them, added over all blocks."""
    known = delayed(prepared, pure=False, traverse=False)
    luck = delayed(chances, pure=False, traverse=False)
    parts, top = [], 0
    for blocks in prepared.grid.rows_of_blocks(_SIDE):
        left = 0
        for block in blocks:
            rows, columns = block.shape
            here = people[top : top + rows, left : left + columns]
            parts.append(delayed(_count_block)(known, luck, block, here, (top, left)))
            left += columns
        top += blocks[0].shape[0]
    whole: dict[str, Array] = {}
    # Blocks are added in their order, so that the sum is the same however they were computed.
    for present, counted in compute(*parts):
        for name, part in counted.items():
            if name not in whole:
                whole[name] = np.zeros((*part.shape[:-1], len(prepared.shapes)))
            whole[name][..., present] += part
    return whole


def _count_block(
    prepared: Plan, chances: _Chances, grid: Grid, people: Array, corner: tuple[int, int]
) -> tuple[Array, dict[str, Array]]:
    """Return the areas that meet a block, and people, cells and what is covered of each."""
    network = prepared.network
    thresholds = np.array(prepared.radio.thresholds_dbm)
    layers = block_layers(prepared, grid)
    inside = layers["area"] >= 0
    present, numbers = np.unique(layers["area"][inside], return_inverse=True)
    area = np.full(grid.shape, -1, np.int32)
    area[inside] = numbers
    drawn = np.zeros((chances.error_db.size, thresholds.size, present.size, 3))
    expected = np.zeros((2, thresholds.size, present.size))
    if inside.any():
        group, site = np.empty_like(network.group), prepared.site
        group[network.row] = network.group
        cell_m = grid.transform.a
        origin = grid.first_centre()
        servers = np.stack([layers["server"], layers["second_server"]])
        found = [np.empty((*grid.shape, 5), np.float32) for _ in servers]
        for server, name, out in zip(
            servers, ("level_dbm", "second_level_dbm"), found, strict=True
        ):
            states(
                layers[name], server, origin, cell_m, group, *network.groups[:3],
                network.fading, chances.median, *network.tables[5:7], out,
            )  # fmt: skip
        model = network.model[network.groups[2][group]]
        count_covered(
            area, people, *found, servers, site, model, chances.fields, chances.shifts,
            chances.error_db, corner, thresholds, drawn,
        )  # fmt: skip
        for t, chance in enumerate(layers["probability"]):
            weights = chance[inside]
            expected[0, t] = np.bincount(numbers, weights * people[inside])
            expected[1, t] = np.bincount(numbers, weights)
    return present, {
        "people": np.bincount(numbers, people[inside]),
        "cells": np.bincount(numbers),
        "expected_people": expected[0],
        "expected_cells": expected[1],
        **{name: drawn[..., k] for k, name in enumerate(_MEASURES)},
    }


def _shares(counted: dict[str, Array], threshold: int, tails: list[float]) -> pd.DataFrame:
    """Return the table of one threshold: expectation, and bounds from the draws."""
    people, cells = counted["people"], counted["cells"]
    covered, covered_cells = (counted[f"expected_{of}"][threshold] for of in ("people", "cells"))
    low, high = np.quantile(counted["people_covered"][:, threshold], tails, axis=0)
    by_two = counted["people_covered_by_two"][:, threshold].mean(axis=0)
    cells_low, cells_high = np.quantile(counted["cells_covered"][:, threshold], tails, axis=0)
    # An area without people, or smaller than a cell, has no share.
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {
                "people": people,
                "people_covered": covered,
                "people_covered_low": low,
                "people_covered_high": high,
                "share_of_people": covered / people,
                "share_of_people_low": low / people,
                "share_of_people_high": high / people,
                "share_of_people_by_two": by_two / people,
                "share_of_area": covered_cells / cells,
                "share_of_area_low": cells_low / cells,
                "share_of_area_high": cells_high / cells,
            }
        )
