"""Wards, the reform, population and urban areas: sums hold, or the row is marked."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.reference.tables import programme, table, the_one


def test_the_wards_are_51_and_75_with_the_published_totals() -> None:
    wards = table("hanoi_wards_2025")
    assert (wards["type"] == "Phường").sum() == 51
    assert (wards["type"] == "Xã").sum() == 75
    assert wards["population_people"].sum() == 8_807_523
    assert wards["area_km2"].sum() == pytest.approx(3359.77, abs=0.005)
    noted = wards[wards["note"].notna()]
    assert set(noted["name"]) == {"Thanh Trì", "Yên Sở"}


def test_a_ward_code_keeps_its_zeros_and_a_name_its_marks() -> None:
    ba_dinh = the_one(table("hanoi_wards_2025"), code="00004")
    assert ba_dinh["name"] == "Ba Đình"
    assert ba_dinh["population_people"] == 65_023
    assert the_one(table("hanoi_wards_2025"), code="10489")["name"] == "Hương Sơn"


def test_the_second_publication_differs_by_its_two_rows() -> None:
    # Thanh Trì: 55,378 for 51,393 people, 10.15 for 9.94 km².
    # Yên Sở: 40,913 for 40,948 people, 5.61 for 5.62 km².
    sums = table("hanoi_population").query("year == 2025")
    assert list(sums["total_people"]) == [8_807_523, 8_811_473]
    first, second = sums["total_people"]
    assert second == first + (55_378 - 51_393) + (40_913 - 40_948)
    assert sums["area_km2"].iloc[1] == pytest.approx(3359.77 + 0.21 - 0.01, abs=0.005)


def test_the_census_of_hanoi_in_2019() -> None:
    census = the_one(table("hanoi_population"), date="2019-04-01")
    assert (census["total_people"], census["urban_people"]) == (8_053_663, 3_962_310)
    assert census["urban_percent"] == pytest.approx(100 * 3_962_310 / 8_053_663, abs=0.05)
    share = the_one(table("urban_share"), indicator="B", area="Hà Nội", year=2019)
    assert share["urban_people"] == 3_962_310


@pytest.mark.parametrize(
    ("item", "column", "total", "parts"),
    [
        ("communes_nation", "after", 3321, [2621, 687, 13]),
        ("communes_hanoi", "before", 526, [160, 21, 345]),
        ("communes_hanoi", "after", 126, [51, 75]),
        ("provinces_nation", "after", 34, [6, 28]),
        ("area_hanoi", "after", 3359.97, [407.34, 2952.63]),
        ("rural_agricultural_census_2025", "after", 2634, [2621, 13]),
    ],
)
def test_the_parts_of_the_reform_sum(
    item: str, column: str, total: float, parts: list[float]
) -> None:
    row = the_one(table("admin_reform_2025"), item=item)
    assert row[column] == total
    printed = [float(part.split()[0]) for part in row[f"{column}_parts"].split(" + ")]
    assert printed == parts
    assert sum(parts) == pytest.approx(total, abs=0.005)


def test_the_units_before_the_reform() -> None:
    reform = table("admin_reform_2025").set_index("item")
    assert reform.loc["provinces_nation", "before"] == 63
    assert reform.loc["districts_nation", "before"] == 696
    assert reform.loc["communes_nation", "before"] == 10_035
    assert reform.loc["districts_hanoi", "before"] == 30
    assert reform.loc["area_hanoi", "before"] == 3359.84


def test_the_crosswalk_counts_agree_with_each_other() -> None:
    reform = table("admin_reform_2025").set_index("item")["before"]
    assert reform["crosswalk_split_hanoi"] == 148 + 35 + 16 + 1
    assert reform["crosswalk_split_hanoi"] + reform["crosswalk_whole_hanoi"] == 526
    assert reform["crosswalk_edges_hanoi"] == 326 + 2 * 148 + 3 * 35 + 4 * 16 + 5 * 1
    assert reform["crosswalk_edges_hanoi"] - 326 == 470
    assert reform["crosswalk_split_nation"] == 460


def test_the_mid_term_census_of_2024_sums() -> None:
    census = the_one(table("urban_share"), indicator="B", area="Việt Nam", year=2024)
    assert (census["urban_people"], census["rural_people"]) == (38_599_637, 62_513_019)
    assert census["urban_people"] + census["rural_people"] == census["total_people"] == 101_112_656


def test_a_printed_share_is_the_ratio_of_the_printed_people() -> None:
    shares = table("urban_share").dropna(subset=["urban_people", "total_people"])
    assert len(shares) == 7
    ratio = 100 * shares["urban_people"] / shares["total_people"]
    assert ((ratio - shares["value_percent"]).abs() <= 0.05).all()


def test_the_two_indicators_and_the_un_series_are_kept_apart() -> None:
    nation = table("urban_share").query("area == 'Việt Nam'").set_index(["indicator", "year"])
    value = nation["value_percent"]
    assert value["A", 2023] == 42.7
    assert value["B", 2023] == 38.1
    assert value["A", 2023] - value["B", 2023] == pytest.approx(
        programme("urban_indicator_gap_points")
    )
    assert value["WUP2018", 2019] - value["B", 2019] == pytest.approx(2.27)
    target = nation.loc[("A", 2026)]
    assert (target["kind"], target["value_percent"]) == ("target", 45)
    assert (nation["kind"] == "target").sum() == 1
    assert list(value["WUP2018"].index) == [1990, 1999, 2000, 2009, 2010, *range(2014, 2021)]


def test_the_statistics_office_totals_are_urban_plus_rural() -> None:
    gso = table("gso_urban_rural_population")
    gap = (gso["total_thousand"] - gso["urban_thousand"] - gso["rural_thousand"]).abs()
    assert (gap <= 0.2).all()
    assert gso.groupby("unit_id").size().to_dict() == {
        "ha_noi": 22, "ha_tay": 13, "ho_chi_minh_city": 22, "viet_nam": 22,
    }  # fmt: skip
    assert set(gso.loc[gso["release"] == "preliminary", "year"]) == {2016}
    hanoi = the_one(gso, unit="Hà Nội", year=2014)
    assert hanoi["urban_thousand"] == 3156.0
    assert the_one(gso, unit="Cả nước", year=2014)["urban_thousand"] == 30_035.4
    assert hanoi["note"].startswith("includes Hà Tây")


@pytest.mark.parametrize(
    ("date", "total", "classes"),
    [
        ("2009/2010", 752, [2, 9, 12, 45, 41, 643]),
        ("2020-06", 853, [2, 20, 31, 43, 85, 672]),
        ("2020-12", 862, [2, 22, 31, 48, 90, 669]),
        ("2023-12", 902, [2, 22, 35, 46, 94, 703]),
    ],
)
def test_urban_areas_that_sum(date: str, total: int, classes: list[int]) -> None:
    row = the_one(table("urban_areas").dropna(subset=["class_v"]), date=date)
    assert [row[c] for c in row.index[3:9]] == classes
    assert row["total"] == total == sum(classes)


def test_urban_areas_that_do_not_sum_stay_as_printed() -> None:
    row = the_one(table("urban_areas"), date="2024-06-30")
    classes = [2, 21, 38, 43, 97, 708]
    assert [row[c] for c in row.index[3:9]] == classes
    assert row["total"] == 907
    assert sum(classes) == 909
    assert row["status"] == "✗"


def test_the_total_of_902_is_seen_and_its_split_is_not() -> None:
    rows = table("urban_areas").query("date == '2023-12'").set_index("status")
    assert list(rows["total"]) == [902, 902]
    assert pd.isna(rows.loc["V", "class_v"])
    assert rows.loc["GK", "class_v"] == 703


def test_targets_and_classes() -> None:
    targets = table("national_targets").set_index("id")
    assert targets.loc["coverage_5g_2030", ["target_year", "lower"]].to_list() == [2030, 99]
    assert targets.loc["urban_land_2030", ["lower", "upper"]].to_list() == [1.9, 2.3]
    assert "can use fibre when they need it" in targets.loc["fibre_households", "definition"]
    classes = table("urban_classes")
    points = classes[classes["criterion"].str.startswith("points for")]["maximum"]
    assert sorted(points) == [6, 8, 8, 18, 60]
    assert points.sum() == 100
    assert set(
        classes.loc[
            classes["class"].isin(["II", "III", "IV", "V"]) & (classes["system"] == "1210/2016"),
            "status",
        ]
    ) == {"GK"}
    assert set(classes.loc[classes["system"] == "111/2025", "valid_from"]) == {"2026-01-01"}


def test_agglomerations_have_marks_and_say_what_is_projected() -> None:
    cities = table("vn_wup2018_agglomerations")
    assert set(cities["name"]) == {
        "Biên Hòa", "Cần Thơ", "Đà Nẵng", "Hà Nội", "Hải Phòng", "Huế", "Long Xuyên", "Nha Trang",
        "Thành phố Hồ Chí Minh", "Thủ Dầu Một", "Vũng Tàu",
    }  # fmt: skip
    assert (cities.groupby("name").size() == 18).all()
    assert cities.loc[cities["kind"] == "estimate", "year"].max() == 2010
    assert cities.loc[cities["kind"] == "projection", "year"].min() == 2015
    assert the_one(cities, name="Hà Nội", year=1950)["population_thousand"] == 260.802


def test_the_three_settlement_shares_of_the_world_sum_to_all() -> None:
    world = table("wup2025_world").set_index("id")["value"]
    assert [world["cities_share"], world["towns_share"], world["rural_share"]] == [45, 36, 19]
    assert world[["cities_share", "towns_share", "rural_share"]].sum() == 100
