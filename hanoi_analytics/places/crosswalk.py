"""From Hanoi's 526 old units to its 126 new ones: who went where, and carrying values over.

Which unit went where, whole or in part, with all, some or none of its people, is what the law
says (Resolution 1656/NQ-UBTVQH15, article 1). How large a part is, it does not say: for units
that were split the weights are estimated, and every result reports how much rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from hanoi_analytics import catalogue
from hanoi_analytics.errors import nearest
from hanoi_analytics.places.positions import (
    METRIC_CRS,
    SPACING_M,
    distance_in_boxes,
    unit_positions,
    with_room,
)
from hanoi_analytics.places.units import PlacesError, old_units, wards

__all__ = ["METRIC_CRS", "Carried", "Weight", "carry", "carry_mean", "crosswalk"]

Weight = Literal["population", "area"]

_ESTIMATE = (
    "weights of the old units that were split are estimated from positions and official totals"
)


@dataclass(frozen=True)
class Carried:
    """Values on the new units, and how much of them rests on estimated weights.

    Attributes
    ----------
    by_unit : pandas.Series
        The values, by new code.
    split_share : float
        Share of the total that came through old units split over several new ones, 0 to 1.
    split_share_by_unit : pandas.Series
        The same share within each new unit.
    weight : str
        ``population`` or ``area``.
    """

    by_unit: pd.Series[float]
    split_share: float
    split_share_by_unit: pd.Series[float]
    weight: str

    def __str__(self) -> str:
        return (
            f"carried by {self.weight}: {self.split_share:.1%} of the total came through old units "
            f"that were split (weights estimated)"
        )


def crosswalk(new_units: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return every old-to-new edge with its portion by law and its weights.

    The area of an edge is estimated by giving each point of a 100 m grid inside a new unit to the
    nearest of the old units that the law puts there, distances being counted in half-widths of
    the old unit's bounding box; the areas in one new unit add up to its official area. The people
    of an edge are the new unit's official population in proportion to area. Weights are the
    shares of each old unit; where the law leaves no doubt they are 1 or 0.

    Parameters
    ----------
    new_units : geopandas.GeoDataFrame, optional
        From `wards`; by default the best geometry on this machine.

    Returns
    -------
    pandas.DataFrame, 795 rows
        ``old_code, new_code, area_portion, population_portion, area_km2, people, area_weight,
        population_weight, area_status, population_status``; a status is ``by law`` or
        ``estimated``. The weights of an old unit add up to 1.

    Examples
    --------
    >>> edges = crosswalk(wards("approximate"))
    >>> len(edges), edges["old_code"].nunique(), edges["new_code"].nunique()
    (795, 526, 126)
    """
    new = wards() if new_units is None else new_units
    law = catalogue.load("hanoi_crosswalk_2025")
    edges = law[["old_code", "new_code", "area_portion", "population_portion"]].copy()
    area = _edge_area_km2(edges, old_units(), new)
    official = new.set_index("code")
    area *= (
        (official["area_km2"] / area.groupby(edges["new_code"]).sum())
        .reindex(edges["new_code"])
        .to_numpy()
    )
    density = official["population_people"] / official["area_km2"]
    people = area * density.reindex(edges["new_code"]).to_numpy()
    people = people.where(edges["population_portion"] != "none", 0.0)
    edges["area_km2"], edges["people"] = area, people
    edges["area_weight"] = _shares(area, edges["old_code"])
    edges["population_weight"] = _shares(people, edges["old_code"])
    for quantity in ("area", "population"):
        by_law = edges[f"{quantity}_portion"] != "part"
        edges[f"{quantity}_status"] = np.where(by_law, "by law", "estimated")
    edges.attrs["source"] = law.attrs["source"] | {"approximate": _ESTIMATE}
    return edges


def carry(
    values: pd.Series[float],
    *,
    weight: Weight = "population",
    edges: pd.DataFrame | None = None,
) -> Carried:
    """Carry totals (people, cases, hectares) from the old units to the new ones.

    Parameters
    ----------
    values : pandas.Series
        One total per old unit, indexed by the five-digit old code; every old unit once.
    weight : {"population", "area"}
        How the total of a unit that was split is shared out.
    edges : pandas.DataFrame, optional
        From `crosswalk`, or your own with ``old_code, new_code`` and ``<weight>_weight``.

    Returns
    -------
    Carried
        The sum is that of `values`; ``split_share`` says how much rests on estimates.

    Raises
    ------
    PlacesError
        Codes that are unknown, missing or twice, a missing value, or weights that do not add
        up to 1.

    Examples
    --------
    >>> edges = crosswalk(wards("approximate"))
    >>> ones = pd.Series(1.0, index=edges["old_code"].unique())
    >>> round(float(carry(ones, edges=edges).by_unit.sum()), 6)
    526.0
    """
    edges = crosswalk() if edges is None else edges
    _check_codes(values, edges)
    shares = _weights(edges, weight)
    pieces = edges["old_code"].map(values).to_numpy(dtype=float) * shares
    split = shares.groupby(edges["old_code"]).transform("max").to_numpy() < 1.0
    totals = pd.Series(pieces).groupby(edges["new_code"].to_numpy()).sum()
    through = pd.Series(np.where(split, pieces, 0.0)).groupby(edges["new_code"].to_numpy()).sum()
    size = np.abs(pieces).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        split_by_unit = (through / totals).fillna(0.0)
    return Carried(
        by_unit=totals.rename(str(values.name)).rename_axis("new_code"),
        split_share=float(np.abs(pieces[split]).sum() / size) if size else 0.0,
        split_share_by_unit=split_by_unit.rename("split_share").rename_axis("new_code"),
        weight=weight,
    )


def carry_mean(
    values: pd.Series[float],
    base: pd.Series[float],
    *,
    weight: Weight = "population",
    edges: pd.DataFrame | None = None,
) -> Carried:
    """Carry rates or means (per cent, density, µg/m³) from the old units to the new ones.

    Parameters
    ----------
    values : pandas.Series
        One rate per old unit, by old code.
    base : pandas.Series
        What the rate is a rate of (people, km²), by old code; not negative.
    weight : {"population", "area"}
        How the base of a unit that was split is shared out.
    edges : pandas.DataFrame, optional
        From `crosswalk`.

    Returns
    -------
    Carried
        The base-weighted mean per new unit; the split shares are those of the base. A new unit
        without base has no value.

    Examples
    --------
    >>> edges = crosswalk(wards("approximate"))
    >>> same = pd.Series(7.0, index=edges["old_code"].unique())
    >>> carry_mean(same, same, edges=edges).by_unit.round(9).unique().tolist()
    [7.0]
    """
    edges = crosswalk() if edges is None else edges
    _check_codes(values, edges)
    if (base < 0).any():
        raise PlacesError(f"base: expected no negative value, found {base.min()}")
    carried_base = carry(base, weight=weight, edges=edges)
    carried_sum = carry(values * base.reindex(values.index), weight=weight, edges=edges)
    means = carried_sum.by_unit / carried_base.by_unit.where(carried_base.by_unit > 0)
    return Carried(
        by_unit=means.rename(str(values.name)),
        split_share=carried_base.split_share,
        split_share_by_unit=carried_base.split_share_by_unit,
        weight=weight,
    )


def _edge_area_km2(
    edges: pd.DataFrame, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> pd.Series[float]:
    """Estimate the area each old unit brought into each new one, before scaling."""
    positions = unit_positions(old)
    areas = pd.Series(0.0, index=edges.index)
    shapes = new.set_index("code").geometry.to_crs(METRIC_CRS)
    for code, group in edges.groupby("new_code"):
        x, y = _grid_inside(shapes[code])
        boxes = with_room(positions.loc[group["old_code"]], shapes[code], x, y)
        nearest_box = distance_in_boxes(boxes, x, y).argmin(axis=-1)
        counts = np.bincount(nearest_box, minlength=len(group))
        # An edge of the law is never empty, however little of the grid falls to it.
        areas[group.index] = np.maximum(counts, 0.5) * (SPACING_M / 1000) ** 2
    return areas


def _grid_inside(shape: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(
        np.arange(west + SPACING_M / 2, east, SPACING_M),
        np.arange(south + SPACING_M / 2, north, SPACING_M),
    )
    inside = shapely.contains_xy(shape, x, y)
    return x[inside], y[inside]


def _shares(amount: pd.Series[float], group: pd.Series[str]) -> pd.Series[float]:
    return amount / amount.groupby(group).transform("sum")


def _weights(edges: pd.DataFrame, weight: str) -> pd.Series[float]:
    column = f"{weight}_weight"
    if column not in edges.columns:
        raise PlacesError(f"no weight {weight!r}; expected 'population' or 'area'")
    sums = edges.groupby("old_code")[column].sum()
    wrong = sums[(sums - 1.0).abs() > 1e-6]
    if len(wrong):
        raise PlacesError(
            f"{column}: the weights of old unit {wrong.index[0]!r} add up to {wrong.iloc[0]:g}, "
            f"expected 1 ({len(wrong)} such unit(s))"
        )
    return edges[column]


def _check_codes(values: pd.Series[float], edges: pd.DataFrame) -> None:
    known = pd.Index(edges["old_code"].unique())
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise PlacesError(f"old code {twice[0]!r} stands twice in the values")
    unknown = [str(code) for code in values.index.difference(known, sort=False)]
    if unknown:
        raise PlacesError(
            f"{len(unknown)} code(s) are no old unit of Hanoi, the first {unknown[0]!r}; expected "
            f"five digits with leading zeros; {nearest(unknown[0], map(str, known))}"
        )
    missing = known.difference(values.index, sort=False)
    if len(missing):
        raise PlacesError(
            f"{len(missing)} old unit(s) have no value, the first {missing[0]!r}; give every unit, "
            f"with 0 where nothing was counted"
        )
    if values.isna().any():
        raise PlacesError(
            f"old unit {values.index[values.isna()][0]!r} has a missing value; decide what it is "
            f"before carrying it"
        )
