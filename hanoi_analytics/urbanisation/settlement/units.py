"""Administrative units by the classes of the cells in which their people live."""

from __future__ import annotations

import logging
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.rasters import class_shares, class_totals
from hanoi_analytics.urbanisation.settlement.classes import LEVEL_1, LEVEL_2

log = logging.getLogger(__name__)

Level = Literal[1, 2]
Rules = Literal["2024", "2021"]

#: Units at level 1, by the code of the cells that make them so.
UNITS_LEVEL_1 = {3: "City", 2: "Town or semi-dense area", 1: "Rural area"}

#: Units at level 2.
UNITS_LEVEL_2 = {
    30: "City",
    23: "Dense town",
    22: "Semi-dense town",
    21: "Suburban or peri-urban area",
    13: "Village",
    12: "Dispersed rural area",
    11: "Mostly uninhabited area",
}

_RULES = ("2024", "2021")
_WATER = (10, 0)
# Sums of parts of cells meet a half only to rounding.
_HALF = 0.5 - 1e-9


class UnitsError(HanoiError):
    """Units cannot be classified from these grids."""


def classify_units(
    classes: xr.DataArray,
    population: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    key: str,
    level: Level = 1,
    rules: Rules = "2024",
) -> pd.DataFrame:
    """Classify administrative units by the settlement classes their people live in.

    People of a cell on a border count by the part of the cell inside the unit. With s(c) for the
    share of a unit's people who live in cells of class c, level 1 is

    * city: s(30) ≥ 0.5;
    * rural area: s(13) + s(12) + s(11) + s(10) > 0.5;
    * town or semi-dense area: any other.

    Water (10) holds nobody by the rules of cells; people whom another population grid puts there
    count as in class 11. Level 2 divides towns and rural areas, by the rules of "2024" into

    * dense town: s(30) + s(23) ≥ 0.5; else
    * suburban or peri-urban area: half or more in class 21 and rural cells; else
    * semi-dense town;
    * village: half or more in classes 30, 23, 22, 21 and 13; else
    * mostly uninhabited area: s(11) + s(10) ≥ 0.5; else
    * dispersed rural area;

    and by those of "2021" into

    * suburban or peri-urban area: s(23) + s(22) ≤ s(21); else
    * dense town: s(23) ≥ s(22); else
    * semi-dense town;
    * village, dispersed rural area, mostly uninhabited area: by the largest of s(13), s(12) and
      s(11) + s(10).

    Where the published rules leave a tie open, the case named first holds: exactly half in urban
    centres and half in rural cells is a city, and of equal rural shares the denser one counts.

    Parameters
    ----------
    classes : xarray.DataArray, (y, x)
        From :func:`classify`; of level 2, or of level 1 where only level 1 is asked.
    population : xarray.DataArray, (y, x)
        People per cell on the grid of `classes`; missing counts as nobody.
    areas : geopandas.GeoDataFrame
        Polygons, in any coordinate system.
    key : str
        Column that names the areas; unique.
    level : {1, 2}
    rules : {"2024", "2021"}
        Edition of the rules of level 2; level 1 is the same in both.

    Returns
    -------
    pandas.DataFrame
        One row per area, indexed by `key`: ``population_people``; ``share_<class>`` from 0 to 1
        for every class; ``classified_share``, the part of the unit on classified cells;
        ``level_1`` and ``level_1_name``; at level 2 also ``level_2`` and ``level_2_name``;
        ``basis``. The basis is "people", or "area" for a unit where nobody lives: its shares are
        of its cells without water, or of water where there is nothing else. A unit with no
        classified cell has basis "none" and no class. ``attrs["sources"]`` holds the sources of
        grids and areas.

    Raises
    ------
    UnitsError
        An unknown level or edition, classes that are none, or level 2 asked of level-1 classes.
    RasterError
        Different grids, no coordinate system, a key that is not unique.

    Notes
    -----
    Eurostat, Applying the degree of urbanisation, a methodological manual, edition of 2021 and
    chapters 6 to 8 as updated in July 2024. The flexurba package counts, for its suburban rule of
    2024, semi-dense instead of suburban cells; the manual's text is followed here.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> grid = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> even = grid.where(grid == 255, 1000).astype("float32").rio.write_nodata(255)
    >>> units = classify_units(grid, even, places.wards("approximate"), key="code", level=2)
    >>> units.loc["00070", ["level_1_name", "level_2_name", "basis"]].tolist()
    ['City', 'City', 'people']
    """
    _check_choice("level", level, (1, 2))
    _check_choice("rules", rules, _RULES)
    cells = class_shares(classes, areas, key=key)
    classified = cells.pop("classified_share")
    codes = _codes_of(cells.columns, level)
    cells = cells.reindex(columns=codes, fill_value=0.0)
    people = class_totals(classes, areas, key=key, amounts=population)
    people = people.reindex(columns=codes, fill_value=0.0)
    total = people.sum(axis=1)
    basis = pd.Series(
        np.select([total > 0, classified > 0], ["people", "area"], "none"), people.index
    )
    amounts = people.where(basis == "people", _without_water(cells))
    shares = amounts.div(amounts.sum(axis=1).where(basis != "none"), axis=0)
    table = pd.DataFrame({"population_people": total}).join(shares.add_prefix("share_"))
    table["classified_share"] = classified
    groups = _Groups(shares)
    found = {1: (groups.level_1(), UNITS_LEVEL_1)}
    if level == 2:
        found[2] = (groups.level_2(rules), UNITS_LEVEL_2)
    for number, (numbers, names) in found.items():
        table[f"level_{number}"] = numbers.where(basis != "none").astype("Int64")
        table[f"level_{number}_name"] = table[f"level_{number}"].map(names)
    table["basis"] = basis
    table.attrs["sources"] = _sources(classes, population, areas)
    _log_without_people(basis)
    return table


class _Groups:
    """A unit's shares, joined into the groups that the rules speak of; classes of either level."""

    def __init__(self, shares: pd.DataFrame) -> None:
        self._of = shares
        self.centre = self._sum(30, 3)
        self.uninhabited = self._sum(11, 10)
        self.rural = self._sum(13, 12, 1, 0) + self.uninhabited

    def _sum(self, *codes: int) -> pd.Series[float]:
        return self._of[[code for code in codes if code in self._of.columns]].sum(axis=1)

    def level_1(self) -> pd.Series[int]:
        return self._first([(self.centre >= _HALF, 3), (self.rural > 1 - _HALF, 1)], 2)

    def level_2(self, rules: Rules) -> pd.Series[int]:
        level_1 = self.level_1()
        town, rural = self._towns_2024(), self._rural_2024()
        if rules == "2021":
            town, rural = self._towns_2021(), self._rural_2021()
        return self._first([(level_1 == 3, 30)], town.where(level_1 == 2, rural))

    def _towns_2024(self) -> pd.Series[int]:
        dense = self.centre + self._sum(23)
        suburban = self._sum(21) + self.rural
        return self._first([(dense >= _HALF, 23), (suburban >= _HALF, 21)], 22)

    def _rural_2024(self) -> pd.Series[int]:
        clustered = self.centre + self._sum(23, 22, 21, 13)
        return self._first([(clustered >= _HALF, 13), (self.uninhabited >= _HALF, 11)], 12)

    def _towns_2021(self) -> pd.Series[int]:
        towns = self._sum(23) + self._sum(22)
        suburban = towns <= self._sum(21) + 1e-9
        return self._first([(suburban, 21), (self._sum(23) >= self._sum(22) - 1e-9, 23)], 22)

    def _rural_2021(self) -> pd.Series[int]:
        village, low = self._sum(13), self._sum(12)
        largest = pd.concat([village, low, self.uninhabited], axis=1).max(axis=1) - 1e-9
        return self._first([(village >= largest, 13), (low >= largest, 12)], 11)

    def _first(
        self, cases: list[tuple[pd.Series[bool], int]], otherwise: int | pd.Series[int]
    ) -> pd.Series[int]:
        conditions, codes = zip(*cases, strict=True)
        return pd.Series(np.select(conditions, codes, otherwise), self._of.index)


def _without_water(cells: pd.DataFrame) -> pd.DataFrame:
    """Leave water out, but for units that are all water."""
    land = cells.copy()
    land[[code for code in _WATER if code in cells.columns]] = 0.0
    return land.where(land.sum(axis=1) > 0, cells)


def _sources(*items: Any) -> list[Any]:
    sources: list[Any] = []
    for item in items:
        found = [item.attrs["source"]] if "source" in item.attrs else []
        sources += [source for source in found if source not in sources]
    return sources


def _codes_of(found: pd.Index[Any], level: Level) -> list[int]:
    """Return the codes of the level that the classes are of."""
    if set(found) <= set(LEVEL_2):
        return list(LEVEL_2)
    if set(found) <= set(LEVEL_1):
        if level == 1:
            return list(LEVEL_1)
        raise UnitsError(
            "level 2 of units needs classes of level 2 (10 to 30), found those of level 1; "
            "classify the cells with level=2"
        )
    known = ", ".join(map(str, [*LEVEL_2, *LEVEL_1]))
    raise UnitsError(f"classes {sorted(map(str, found))}: expected those of one level, {known}")


def _check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise UnitsError(f"{name}={value!r}: {nearest(str(value), map(str, known))}")


def _log_without_people(basis: pd.Series[str]) -> None:
    counts = basis.value_counts()
    if counts.get("area", 0):
        log.info("%d unit(s) without people are classified by area", counts["area"])
    if counts.get("none", 0):
        first = basis.index[basis == "none"][0]
        log.warning("%d unit(s) overlap no classified cell, the first %r", counts["none"], first)
