"""What classes alone allow: counted by hand on a few cells, and properties of spreading people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation.settlement.limits import (
    LimitsError,
    people_limits,
    people_per_cell,
    spread_evenly,
    urban_share_limits,
)
from hanoi_analytics.urbanisation.settlement.settings import MANUAL_2021

CLASSES = [30, 23, 22, 21, 13, 12, 11, 10]


def grid(cells: object) -> xr.DataArray:
    values = np.asarray(cells, dtype="uint8")
    array = xr.DataArray(values, dims=("y", "x"))
    corner = from_origin(0, 1000 * len(values), 1000, 1000)
    return array.rio.write_transform(corner).rio.write_crs("ESRI:54009").rio.write_nodata(255)


def test_a_cell_holds_what_the_published_rules_allow() -> None:
    table = people_per_cell()
    assert table["least_people"].to_dict() == dict(
        zip(CLASSES, [1500, 1500, 900, 300, 300, 50, 0, 0], strict=True)
    )
    assert table["most_people"].to_dict() == dict(
        zip(CLASSES, [np.inf] * 4 + [5000, 500, 50, 0], strict=True)
    )
    assert people_per_cell(MANUAL_2021).loc[22, "least_people"] == 300
    quarter = people_per_cell(cell_km2=0.25)
    # Densities shrink with the cell, numbers of people do not.
    assert quarter.loc[[30, 12, 11], "least_people"].tolist() == [375, 12.5, 0]
    assert quarter.loc[[12, 11], "most_people"].tolist() == [500, 12.5]


def test_the_limits_of_a_grid_are_counted_by_hand() -> None:
    # Two rural clusters: cells that touch by a corner are one.
    limits = people_limits(
        grid([[30, 30, 255, 13], [12, 11, 13, 11], [13, 10, 11, 11], [11, 11, 11, 11]])
    )
    assert limits.loc[30, ["cells", "least_people"]].tolist() == [2, 3000]
    assert limits.loc[30, "most_people"] == np.inf
    assert limits.loc[13, ["cells", "least_people", "most_people"]].tolist() == [3, 900, 10_000]
    assert limits.loc[12, ["least_people", "most_people"]].tolist() == [50, 500]
    assert limits.loc[11, ["cells", "least_people", "most_people"]].tolist() == [8, 0, 400]
    assert limits.loc[23].drop("land_share").tolist() == [0, 0, 0]
    assert limits.loc[30, "land_share"] == pytest.approx(2 / 14)
    assert np.isnan(limits.loc[10, "land_share"])
    # 20,000 people: at most 10,900 in rural cells, at least 950 there.
    assert urban_share_limits(limits, 20_000) == pytest.approx((9_100 / 20_000, 19_050 / 20_000))
    # 5,000 people: the 3,000 of the urban cells count for more.
    assert urban_share_limits(limits, 5_000) == pytest.approx((0.6, 0.81))


def test_people_and_classes_of_two_places_are_noticed() -> None:
    limits = people_limits(grid([[30, 30], [12, 11]]))
    with pytest.raises(LimitsError, match="3,050"):
        urban_share_limits(limits, 2000)
    with pytest.raises(LimitsError, match="0 people"):
        urban_share_limits(limits, 0)


def test_classes_of_another_level_are_refused() -> None:
    with pytest.raises(LimitsError, match=r"found \[1, 3\]"):
        people_limits(grid([[3, 1], [1, 1]]))


def test_the_published_grid_leaves_the_nation_more_than_half_urban() -> None:
    limits = people_limits(catalogue.load("vn_degree_of_urbanisation_2025"))
    assert limits["cells"].sum() == 330_720
    assert limits.loc[30, "cells"] == 8_027
    low, high = urban_share_limits(limits, 101_112_656)
    assert 0.5 < low < high < 1


CELLS = pd.DataFrame(
    {30: [2.0, 0.0, 0.0], 12: [1.0, 4.0, 0.0], 11: [1.0, 4.0, 0.0], 10: [4.0, 0.0, 2.0]},
    index=["a", "b", "c"],
)


def test_people_are_spread_evenly_over_land() -> None:
    people = pd.Series({"b": 800.0, "a": 4000.0})
    spread = spread_evenly(CELLS.loc[["a", "b"]], people)
    assert spread.loc["a"].to_dict() == {30: 2000.0, 12: 1000.0, 11: 1000.0}
    assert spread.loc["b"].to_dict() == {30: 0.0, 12: 400.0, 11: 400.0}


def test_who_finds_no_room_goes_to_the_other_cells() -> None:
    most = people_per_cell()["most_people"]
    people = pd.Series({"a": 4000.0, "b": 800.0})
    spread = spread_evenly(CELLS.loc[["a", "b"]], people, most_per_cell=most)
    assert spread.loc["a"].to_dict() == {30: 3450.0, 12: 500.0, 11: 50.0}
    # Four cells of 50 leave 600 for the other four.
    assert spread.loc["b"].to_dict() == {30: 0.0, 12: 600.0, 11: 200.0}
    # Nobody can be moved where no cell has room: 2,200 is the most that b can hold.
    crowded = spread_evenly(CELLS.loc[["b"]], pd.Series({"b": 8000.0}), most_per_cell=most)
    assert crowded.loc["b"].to_dict() == {30: 0.0, 12: 4000.0, 11: 4000.0}


def test_units_without_land_or_people_are_named() -> None:
    with pytest.raises(LimitsError, match="unit 'c' has no land"):
        spread_evenly(CELLS, pd.Series({"a": 1.0, "b": 1.0, "c": 1.0}))
    with pytest.raises(LimitsError, match="unit 'b' has no land on the grid or no number"):
        spread_evenly(CELLS.loc[["a", "b"]], pd.Series({"a": 1.0}))


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(
        st.lists(st.floats(0, 50), min_size=7, max_size=7).filter(lambda row: sum(row) > 0.1),
        min_size=1,
        max_size=8,
    ),
    people=st.floats(0, 1e6),
)
def test_everybody_is_placed_and_no_cell_overflows_while_another_has_room(
    cells: list[list[float]], people: float
) -> None:
    table = pd.DataFrame(cells, columns=CLASSES[:-1])
    residents = pd.Series(people, index=table.index)
    most = people_per_cell()["most_people"]
    spread = spread_evenly(table, residents, most_per_cell=most)
    assert np.allclose(spread.sum(axis=1), people)
    assert (spread >= 0).all(axis=None)
    room = np.where(table > 0, table * most[CLASSES[:-1]].to_numpy(), 0.0)
    fits = room.sum(axis=1) >= people
    assert (spread.to_numpy()[fits] <= room[fits] * (1 + 1e-9) + 1e-6).all()
    # The limits are on rural cells, so they can only move people to urban ones.
    even = spread_evenly(table, residents)
    urban = [30, 23, 22, 21]
    assert (spread[urban].sum(axis=1) >= even[urban].sum(axis=1) - 1e-6).all()
