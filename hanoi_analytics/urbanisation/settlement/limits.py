"""What settlement classes alone say about people: the least and the most that their rules allow."""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import xarray as xr
from scipy import ndimage

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.urbanisation.settlement.classes import LEVEL_2
from hanoi_analytics.urbanisation.settlement.settings import R2023A, Settings

#: Cities, towns and semi-dense areas: all that is not rural.
URBAN_CLASSES = (30, 23, 22, 21)
_RURAL_CLUSTER = 13
_WATER = 10
_QUEEN = np.ones((3, 3))


class LimitsError(HanoiError):
    """Classes and people contradict each other, or are not given as they must be."""


def people_per_cell(settings: Settings = R2023A, *, cell_km2: float = 1.0) -> pd.DataFrame:
    """Return the least and the most people that a cell of each class of level 2 can hold.

    The least is the density that the class asks for, as if the cell were all land. The most is
    known for rural cells only: a very-low-density cell stays under the next class's density, a
    low-density cell under the people that would make it a rural cluster by itself, and a rural
    cluster under the people that would make it suburban. Cells that joined an urban class as
    built-up, at an edge or in a gap may hold fewer than the least.

    Parameters
    ----------
    settings : Settings
        The rules that the cells were classified by.
    cell_km2 : float
        Area of a cell.

    Returns
    -------
    pandas.DataFrame
        By class: ``least_people`` and ``most_people`` (infinite where the rules set no limit).

    Examples
    --------
    >>> people_per_cell().loc[[30, 12, 11]].to_numpy().tolist()
    [[1500.0, inf], [50.0, 500.0], [0.0, 50.0]]
    """
    rules = settings
    least = {
        30: rules.centre.density_per_km2,
        23: rules.dense.density_per_km2,
        22: rules.semi_dense.density_per_km2,
        21: rules.suburban.density_per_km2,
        13: rules.rural.density_per_km2,
        12: rules.low_density_per_km2,
        11: 0.0,
        10: 0.0,
    }
    # People, not densities, whatever the size of a cell.
    most_by_people = {13: rules.suburban.people, 12: rules.rural.people, 10: rules.water_people}
    most = {11: rules.low_density_per_km2 * cell_km2, **most_by_people}
    table = pd.DataFrame(
        {
            "least_people": pd.Series(least, dtype=float) * cell_km2,
            "most_people": pd.Series(most, dtype=float).reindex(list(least), fill_value=inf),
        }
    )
    table.index.name = "class"
    return table


def people_limits(classes: xr.DataArray, *, settings: Settings = R2023A) -> pd.DataFrame:
    """Return how few and how many people each class of a grid can hold by the rules.

    Parameters
    ----------
    classes : xarray.DataArray, (y, x)
        Classes of level 2 on a grid in metres.
    settings : Settings
        The rules that they were made by.

    Returns
    -------
    pandas.DataFrame
        By class: ``cells``, ``land_share`` (of all cells but water), ``least_people``,
        ``most_people`` (infinite where there is no limit); rural clusters by their number.

    Raises
    ------
    LimitsError
        If a value is no class of level 2.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> limits = people_limits(catalogue.load("vn_degree_of_urbanisation_2025"))
    >>> int(limits.loc[11, "most_people"]) == 50 * int(limits.loc[11, "cells"])
    True
    """
    values = classes.to_numpy()
    found, counts = np.unique(values[values != classes.rio.nodata], return_counts=True)
    stray = set(found.tolist()) - set(LEVEL_2)
    if stray:
        raise LimitsError(f"found {sorted(stray)}, expected classes of level 2: {list(LEVEL_2)}")
    cells = pd.Series(counts, index=found).reindex(list(LEVEL_2), fill_value=0)
    width_m, height_m = classes.rio.resolution()
    per_cell = people_per_cell(settings, cell_km2=abs(width_m * height_m) / 1e6)
    _, clusters = ndimage.label(values == _RURAL_CLUSTER, structure=_QUEEN)
    most = (per_cell["most_people"] * cells).fillna(0.0)
    most[_RURAL_CLUSTER] = settings.suburban.people * clusters
    return pd.DataFrame(
        {
            "cells": cells,
            "land_share": (cells / cells.drop(_WATER).sum()).drop(_WATER).reindex(cells.index),
            "least_people": per_cell["least_people"] * cells,
            "most_people": most,
        }
    ).rename_axis("class")


def urban_share_limits(limits: pd.DataFrame, people: float) -> tuple[float, float]:
    """Return the lowest and highest share of people in urban classes that the limits allow.

    Parameters
    ----------
    limits : pandas.DataFrame
        From :func:`people_limits`.
    people : float
        Everybody on the grid.

    Returns
    -------
    tuple of float
        Shares from 0 to 1. The lowest is the larger of two: what urban cells hold at least, and
        what is left when every rural cell holds all it can. The highest leaves in rural cells
        what they hold at least.

    Raises
    ------
    LimitsError
        If so many people cannot live on this grid, or so few.

    Examples
    --------
    A city cell of 1,500 or more and ten low-density cells of 50 to 500, with 8,000 people:

    >>> limits = people_per_cell().mul(pd.Series({30: 1, 12: 10}), axis=0).dropna()
    >>> urban_share_limits(limits, 8000)
    (0.375, 0.9375)
    """
    urban = limits.index.isin(URBAN_CLASSES)
    least, most = limits["least_people"], limits["most_people"]
    low = max(float(least[urban].sum()), people - float(most[~urban].sum()), 0.0)
    high = people - float(least[~urban].sum())
    if people <= 0 or low > high:
        raise LimitsError(
            f"{people:,.0f} people do not fit the classes, whose cells hold at least "
            f"{least.sum():,.0f}; check that both are of the same place"
        )
    return low / people, high / people


def spread_evenly(
    cells: pd.DataFrame, people: pd.Series[float], *, most_per_cell: pd.Series[float] | None = None
) -> pd.DataFrame:
    """Spread the people of each unit over its cells: the same number on each, none on water.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cells of each class (columns) in each unit (rows), parts of cells allowed, from
        :func:`~hanoi_analytics.rasters.class_totals`.
    people : pandas.Series
        People of each unit, by the same index.
    most_per_cell : pandas.Series, optional
        The most that a cell of a class can hold, by class, from :func:`people_per_cell`. Who finds
        no room goes to the unit's other cells; a unit that has no room at all is spread evenly.

    Returns
    -------
    pandas.DataFrame
        People by unit and class; every row adds up to the unit's people.

    Raises
    ------
    LimitsError
        Units without a number, or without cells.

    Examples
    --------
    >>> cells = pd.DataFrame({30: [2.0], 11: [2.0]}, index=["a"])
    >>> spread_evenly(cells, pd.Series({"a": 1000.0})).loc["a"].to_dict()
    {30: 500.0, 11: 500.0}
    >>> most = people_per_cell()["most_people"]
    >>> spread_evenly(cells, pd.Series({"a": 1000.0}), most_per_cell=most).loc["a"].to_dict()
    {30: 900.0, 11: 100.0}
    """
    land = cells.drop(columns=_WATER, errors="ignore")
    land = land.where(land.sum(axis=1) > 0, other=np.nan)
    wanted = people.reindex(land.index)
    wrong = land.index[land.isna().any(axis=1) | wanted.isna()]
    if len(wrong):
        raise LimitsError(
            f"unit {wrong[0]!r} has no land on the grid or no number of people ({len(wrong)} such)"
        )
    even = land.mul(wanted / land.sum(axis=1), axis=0)
    if most_per_cell is None:
        return even
    room = land.mul(most_per_cell.reindex(land.columns, fill_value=inf).to_numpy(), axis=1)
    room = room.where(land > 0, 0.0)
    filled = _within(land, wanted, room)
    return filled.where(room.sum(axis=1) >= wanted, even)


def _within(land: pd.DataFrame, people: pd.Series[float], room: pd.DataFrame) -> pd.DataFrame:
    """Fill classes that are too small, then the others evenly, until all fit."""
    full = pd.DataFrame(False, index=land.index, columns=land.columns)
    while True:
        left = people - room.where(full, 0.0).sum(axis=1)
        open_cells = land.where(~full, 0.0).sum(axis=1)
        share = land.mul(left / open_cells.where(open_cells > 0), axis=0).fillna(0.0)
        over = ~full & (share > room)
        if not over.any(axis=None):
            return room.where(full, share)
        full |= over
