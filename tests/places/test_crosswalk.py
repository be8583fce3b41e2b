"""Carrying values from old units to new ones: hand-made cases, the law, and properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import places
from hanoi_analytics.places import PlacesError

# Two old units: 10 went whole to A; 11 was split, a quarter of its people and half its land to A.
HAND = pd.DataFrame(
    {
        "old_code": ["10", "11", "11"],
        "new_code": ["A", "A", "B"],
        "population_weight": [1.0, 0.25, 0.75],
        "area_weight": [1.0, 0.5, 0.5],
    }
)


@pytest.fixture(scope="module")
def edges() -> pd.DataFrame:
    return places.crosswalk(places.wards("approximate"))


def test_a_total_is_shared_out_by_the_weights() -> None:
    values = pd.Series({"10": 100.0, "11": 80.0})
    carried = places.carry(values, weight="population", edges=HAND)
    assert carried.by_unit.to_dict() == {"A": 120.0, "B": 60.0}
    assert carried.split_share == pytest.approx(80 / 180)
    assert carried.split_share_by_unit.to_dict() == pytest.approx({"A": 20 / 120, "B": 1.0})
    by_area = places.carry(values, weight="area", edges=HAND)
    assert by_area.by_unit.to_dict() == {"A": 140.0, "B": 40.0}


def test_the_share_that_was_split_is_said_in_words() -> None:
    carried = places.carry(pd.Series({"10": 50.0, "11": 50.0}), edges=HAND)
    assert "50.0% of the total came through old units that were split" in str(carried)


def test_a_rate_is_averaged_over_its_base() -> None:
    rates, people = pd.Series({"10": 10.0, "11": 30.0}), pd.Series({"10": 100.0, "11": 80.0})
    carried = places.carry_mean(rates, people, edges=HAND)
    assert carried.by_unit.to_dict() == pytest.approx({"A": (10 * 100 + 30 * 20) / 120, "B": 30.0})


def test_a_new_unit_without_base_has_no_rate() -> None:
    rates, people = pd.Series({"10": 10.0, "11": 30.0}), pd.Series({"10": 100.0, "11": 0.0})
    carried = places.carry_mean(rates, people, edges=HAND)
    assert carried.by_unit["A"] == 10.0
    assert np.isnan(carried.by_unit["B"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"10": 1.0}, "1 old unit(s) have no value, the first '11'"),
        ({"10": 1.0, "11": 1.0, "12": 1.0}, "are no old unit of Hanoi, the first '12'"),
        ({"10": 1.0, "11": float("nan")}, "old unit '11' has a missing value"),
    ],
)
def test_wrong_codes_and_gaps_are_named(values: dict[str, float], words: str) -> None:
    with pytest.raises(PlacesError) as caught:
        places.carry(pd.Series(values), edges=HAND)
    assert words in str(caught.value)


def test_a_code_given_twice_is_named() -> None:
    with pytest.raises(PlacesError, match="'10' stands twice"):
        places.carry(pd.Series([1.0, 2.0, 3.0], index=["10", "10", "11"]), edges=HAND)


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(PlacesError, match=r"old unit '11' add up to 1\.25"):
        bad = HAND.assign(population_weight=[1.0, 0.5, 0.75])
        places.carry(pd.Series({"10": 1.0, "11": 1.0}), edges=bad)


def test_an_unknown_weight_and_a_negative_base_are_refused() -> None:
    values = pd.Series({"10": 1.0, "11": 1.0})
    with pytest.raises(PlacesError, match="expected 'population' or 'area'"):
        places.carry(values, weight="people", edges=HAND)  # type: ignore[arg-type]
    with pytest.raises(PlacesError, match="no negative value"):
        places.carry_mean(values, -values, edges=HAND)


def test_units_that_the_law_moved_whole_have_weight_one(edges: pd.DataFrame) -> None:
    row = edges.set_index(["old_code", "new_code"]).loc[("00061", "00070")]
    assert (row["area_weight"], row["population_weight"]) == (1.0, 1.0)
    assert (row["area_status"], row["population_status"]) == ("by law", "by law")


def test_land_that_came_without_people_carries_none(edges: pd.DataFrame) -> None:
    # Clause 107: part of the land of Văn Khê went to Ô Diên, its people stayed (clause 120).
    row = edges.set_index(["old_code", "new_code"]).loc[("09013", "09817")]
    assert row["population_weight"] == 0.0
    assert 0.0 < row["area_weight"] < 1.0


def test_all_people_may_come_with_part_of_the_land(edges: pd.DataFrame) -> None:
    # Clause 107 again: all people, and part of the land, of Hồng Hà (Đan Phượng) went to Ô Diên.
    table = edges.set_index(["old_code", "new_code"])
    old = places.old_units()
    hong_ha = old[(old["name"] == "Hồng Hà") & (old["district"] == "Đan Phượng")]["code"].item()
    row = table.loc[(hong_ha, "09817")]
    assert (row["population_weight"], row["population_status"]) == (1.0, "by law")
    assert row["area_status"] == "estimated"


def test_a_unit_whose_position_is_anothers_brings_land_to_its_new_unit(edges: pd.DataFrame) -> None:
    # Văn Phú went whole to Thường Tín; its position in the source is that of Liên Phương, in Hồng
    # Vân, and no point of Thường Tín would be nearest to it. A commune there has a few km².
    table = edges.set_index(["old_code", "new_code"])["area_km2"]
    assert 0.5 < table["10216", "10183"] < 6
    assert 0.5 < table["10213", "10210"] < 6


def test_199_units_were_split_in_area_and_158_in_people(edges: pd.DataFrame) -> None:
    area = edges.groupby("old_code")["area_weight"].max()
    people = edges.groupby("old_code")["population_weight"].max()
    assert ((area < 1).sum(), (people < 1).sum()) == (199, 158)


def test_the_areas_and_people_of_edges_add_up_to_the_official_ones(edges: pd.DataFrame) -> None:
    wards = places.wards("approximate").set_index("code")
    area = edges.groupby("new_code")["area_km2"].sum()
    assert np.allclose(area, wards.loc[area.index, "area_km2"])
    assert edges["people"].sum() <= wards["population_people"].sum()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), weight=st.sampled_from(["population", "area"]))
def test_the_total_is_kept_and_nothing_turns_negative(
    edges: pd.DataFrame, seed: int, weight: str
) -> None:
    codes = edges["old_code"].unique()
    values = pd.Series(np.random.default_rng(seed).exponential(1000, len(codes)), index=codes)
    carried = places.carry(values, weight=weight, edges=edges)  # type: ignore[arg-type]
    assert carried.by_unit.sum() == pytest.approx(values.sum())
    assert (carried.by_unit >= 0).all()
    assert 0 <= carried.split_share <= 1
    assert len(carried.by_unit) == 126


@pytest.mark.mirror
def test_the_law_and_two_published_crosswalks_differ_in_three_known_edges() -> None:
    import json

    from hanoi_analytics import catalogue

    law = {tuple(edge) for edge in places.crosswalk()[["old_code", "new_code"]].to_numpy()}
    package = catalogue.load("hanoi_crosswalk_published")[["old_code", "new_code"]].to_numpy()
    assert law ^ {tuple(edge) for edge in package} == {("09013", "09817")}
    text = catalogue.path("vn_crosswalk_2025_published", "splits.json").read_text("utf-8")
    hanoi = next(p for p in json.loads(text)["data"] if p["level1_id"] == "01")
    read = {(u["level3_id"], s["new_id"]) for u in hanoi["level3s"] for s in u["splits"]}
    assert law ^ read == {("09859", "09616")}
