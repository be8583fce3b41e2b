"""The typed figures of data/reference: every row is sourced, and the sums hold or are marked."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"

# Table: rows, the columns of which one dates the row, the columns that make a row unique.
TABLES = {
    "hanoi_wards_2025": (126, ["year"], ["code"]),
    "gso_urban_rural_population": (79, ["year"], ["unit_id", "year"]),
    "vn_wup2018_agglomerations": (198, ["year"], ["name", "year"]),
    "urban_share": (30, ["year"], ["indicator", "area", "year"]),
    "urban_areas": (13, ["year"], ["date", "status"]),
    "national_targets": (12, ["target_year", "decided_on"], ["id"]),
    "urban_classes": (26, ["valid_from"], ["system", "class", "criterion"]),
    "admin_reform_2025": (18, ["date"], ["item"]),
    "hanoi_population": (5, ["year"], ["year", "total_people"]),
    "bts_counts": (25, ["year"], ["date", "place", "technology", "operator", "kind"]),
    "spectrum_blocks": (8, ["date"], ["block"]),
    "qos_limits": (7, ["valid_from"], ["rule", "quantity"]),
    "smart_city_programme": (67, ["year"], ["id"]),
    "wup2025_world": (8, ["year"], ["id"]),
}

# The ids that the claims notebook quotes.
HEADLINES = {
    "urban_areas_902": 902,
    "urbanisation_rate_42_7": 42.7,
    "urban_economy_70": 70,
    "provinces_48_of_63": 48,
    "provinces_approved_before_14": 14,
    "provinces_approved_after_20": 20,
    "provinces_drafting_16": 16,
    "bts_12000": 12_000,
    "fibre_households_100": 100,
    "ihanoi_accounts_1_1_m": 1_100_000,
    "ihanoi_accounts_20241031": 1_043_724,
    "ihanoi_accounts_20241121": 1_446_705,
    "smartphone_owners_hanoi": 5_300_000,
    "health_records_5_4_m": 5_400_000,
    "ppp_contract_types": 5,
}

# Every site a source may name; anything else that looks like a host is a slip.
HOSTS = {
    "anninhthudo.vn", "danso.info", "en.baochinhphu.vn", "kientrucvietnam.org.vn",
    "kinhtevadubao.vn", "mhcem.gov.vn", "nld.com.vn", "soha.vn", "un.org", "vietbao.vn",
    "vnexpress.net", "xaydungchinhsach.chinhphu.vn",
}  # fmt: skip
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:vn|org|com|net|info|io|dev|edu|gov)\b")
PATH = re.compile(r"://|\.\./|(?:^|[\s(])/\w")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(/\d{4}(-\d{2}(-\d{2})?)?)?")


@cache
def text(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", dtype=str, keep_default_na=False)


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", dtype={"code": str})


def the_one(frame: pd.DataFrame, **equal: object) -> pd.Series:
    for column, value in equal.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, f"{len(frame)} rows for {equal}"
    return frame.iloc[0]


def programme(row_id: str) -> float:
    return float(the_one(table("smart_city_programme"), id=row_id)["value"])


# --- every table


@pytest.mark.parametrize("name", TABLES)
def test_the_file_is_plain_nfc_text(name: str) -> None:
    raw = (REFERENCE / f"{name}.csv").read_bytes()
    content = raw.decode("utf-8")
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert unicodedata.is_normalized("NFC", content)


@pytest.mark.parametrize("name", TABLES)
def test_the_table_has_its_rows_once(name: str) -> None:
    rows, _, key = TABLES[name]
    frame = text(name)
    assert len(frame) == rows
    assert not frame.duplicated(key).any()


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_sourced_dated_and_tagged(name: str) -> None:
    frame = text(name)
    for column in ("definition", "source"):
        assert (frame[column].str.strip() != "").all(), column
    assert set(frame["status"]) <= {"V", "C", "GK", "✗"}
    dates = frame[TABLES[name][1]]
    assert (dates != "").any(axis=1).all()
    assert all(DATE.fullmatch(cell) for cell in dates.to_numpy().ravel() if cell)


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_row_says_why_and_an_unconfirmed_row_says_so(name: str) -> None:
    frame = text(name)
    assert (frame.loc[frame["status"] == "✗", "note"].str.strip() != "").all()
    is_general_knowledge = frame["source"] == "general knowledge, not confirmed"
    assert ((frame["status"] == "GK") == is_general_knowledge).all()
    assert frame.loc[frame["status"] == "C", "source"].str.startswith("computed from ").all()


@pytest.mark.parametrize("name", TABLES)
def test_no_row_names_a_stray_host_or_a_path(name: str) -> None:
    for cell in text(name).to_numpy().ravel():
        assert set(HOST.findall(cell)) <= HOSTS, cell
        assert not PATH.search(cell), cell


def test_the_patterns_see_what_they_are_for() -> None:
    assert HOST.findall("see files.example.org/simple") == ["files.example.org"]
    assert all(PATH.search(path) for path in ("read /srv/data", "../data", "x://y"))
    assert not PATH.search("28 / 32 for 2025 / 2030")
    assert not DATE.fullmatch("12/2024")


@pytest.mark.parametrize("name", [n for n in TABLES if "qualifier" in text(n).columns])
def test_qualifiers_are_the_known_words(name: str) -> None:
    assert set(text(name)["qualifier"]) <= {"", "about", "more than", "at least"}


def test_the_approximations_are_all_marked() -> None:
    marked = {
        (name, row.iloc[0], row["qualifier"])
        for name in ("national_targets", "smart_city_programme", "admin_reform_2025")
        for _, row in text(name).iterrows()
        if row["qualifier"]
    }
    assert marked == {
        ("national_targets", "urbanisation_rate_2025", "at least"),
        ("national_targets", "urbanisation_rate_2030", "more than"),
        ("smart_city_programme", "urban_economy_70", "about"),
        ("smart_city_programme", "urban_economy_world_bank_2020", "more than"),
        ("smart_city_programme", "provinces_about_40_in_2020", "about"),
        ("smart_city_programme", "coverage_5g_population_2025_end", "about"),
        ("smart_city_programme", "ihanoi_accounts_end_2024", "about"),
        ("smart_city_programme", "health_records_share_of_residents", "about"),
        ("smart_city_programme", "health_records_plan_10_m", "about"),
        ("admin_reform_2025", "area_nation", "about"),
        ("admin_reform_2025", "flow_commune_to_ward_elsewhere", "about"),
        ("admin_reform_2025", "flow_township_to_commune_elsewhere", "about"),
        ("admin_reform_2025", "flow_township_to_commune_hanoi", "about"),
    }


def test_the_inconsistent_rows_are_these_and_no_others() -> None:
    wrong = {
        (name, str(row.iloc[0]))
        for name in TABLES
        for _, row in text(name).iterrows()
        if row["status"] == "✗"
    }
    assert wrong == {
        ("urban_areas", "2024-06-30"),
        ("bts_counts", "2015-09"),
        ("smart_city_programme", "provinces_48_of_63"),
        ("smart_city_programme", "health_records_76_m"),
    }


# --- wards, the reform, population


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


# --- urban shares and urban areas


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


# --- base stations, spectrum, quality of service


def test_the_operators_of_2015_do_not_sum_to_the_printed_total() -> None:
    rows = table("bts_counts").query("date == '2015-09' and kind == 'existing'")
    total = the_one(rows, operator="all")
    parts = rows[rows["operator"] != "all"]["count"]
    assert total["count"] == 6340
    assert list(parts) == [1900, 1750, 1600, 111, 450, 580]
    assert parts.sum() == 6391
    assert total["status"] == "✗"


@pytest.mark.parametrize(
    ("place", "year", "total", "parts"),
    [("Hà Nội", 2024, 86, [50, 36]), ("Huế", 2026, 352, [324, 18, 10])],
)
def test_the_5g_stations_sum(place: str, year: int, total: int, parts: list[int]) -> None:
    rows = table("bts_counts")
    rows = rows[
        (rows["place"] == place)
        & (rows["year"] == year)
        & (rows["technology"] == "5G")
        & (rows["kind"] == "existing")
    ]
    assert the_one(rows, operator="all")["count"] == total == sum(parts)
    assert list(rows[rows["operator"] != "all"]["count"]) == parts


def test_the_12000_stations_are_a_claim_about_all_technologies() -> None:
    claim = the_one(table("bts_counts"), kind="claim")
    assert (claim["count"], claim["technology"], claim["place"]) == (12_000, "all", "Hà Nội")


def test_the_spectrum_prices_are_apart_from_the_starting_prices() -> None:
    blocks = table("spectrum_blocks").set_index("block")
    prices = blocks[blocks["price_kind"] == "price"]["price_million_vnd"]
    assert prices.to_dict() == {"B1": 7_533_257.5, "C2": 2_581_892.5}
    starts = blocks[blocks["price_kind"] == "starting_price"]["price_million_vnd"]
    assert starts.to_dict() == {"C3": 2_581_000, "700 MHz B2-B2′": 1_955_613}
    width = (blocks["band_mhz_high"] - blocks["band_mhz_low"]).dropna()
    assert width.to_dict() == {"B1": 100, "C2": 100, "C3": 100, "700 MHz B2": 10, "700 MHz B2′": 10}
    assert (
        blocks.loc["700 MHz B2′", "band_mhz_low"] - blocks.loc["700 MHz B2", "band_mhz_low"] == 55
    )


def test_the_quality_limits() -> None:
    limits = table("qos_limits").set_index("quantity")
    assert limits["limit"].to_dict() == {
        "mean_download_speed": 100,
        "mean_upload_speed": 30,
        "share_of_samples_with_download_speed_30_mbps": 95,
        "download_speed_of_that_share": 30,
        "latency": 50,
        "access_failure_rate": 5,
        "sample_count": 1500,
    }
    assert set(limits.index[limits["comparison"] == "≤"]) == {"latency", "access_failure_rate"}
    assert set(limits["valid_from"]) == {"2022-07-01"}


# --- the programme


@pytest.mark.parametrize(("row_id", "value"), HEADLINES.items())
def test_a_headline_figure_has_its_row(row_id: str, value: float) -> None:
    assert programme(row_id) == value


def test_the_provinces_do_not_sum_to_48() -> None:
    groups = [
        "provinces_approved_before_14",
        "provinces_approved_after_20",
        "provinces_drafting_16",
    ]
    assert sum(map(programme, groups)) == 50 == programme("provinces_groups_sum_50")
    assert sum(map(programme, groups[:2])) == 34 == programme("provinces_approved_34")
    assert programme("provinces_48_of_63") == 48
    assert the_one(table("smart_city_programme"), id="provinces_48_of_63")["status"] == "✗"


def test_the_ihanoi_reports_sum_and_their_shares_recompute() -> None:
    assert programme("ihanoi_reports_20241121") == 23_910 == 19_871 + 1_501 + 1_238 + 1_300
    parts = {"handled": 19_871, "refused": 1_501, "in_progress": 1_238, "waiting": 1_300}
    for part, count in parts.items():
        assert programme(f"ihanoi_reports_{part}_20241121") == count
    assert programme("ihanoi_reports_handled_share_20241121") == pytest.approx(
        100 * 19_871 / 23_910, abs=0.05
    )
    assert programme("ihanoi_reports_refused_share_20241121") == pytest.approx(
        100 * 1_501 / 23_910, abs=0.05
    )
    assert programme("ihanoi_reports_in_progress_share_20241121") == pytest.approx(
        100 * 1_238 / 23_910, abs=0.05
    )
    assert programme("ihanoi_share_20241031") == pytest.approx(
        100 * 1_043_724 / 5_300_000, abs=0.005
    )
    assert programme("ihanoi_reports_handled_share_20241031") == pytest.approx(
        100 * 14_398 / 17_083, abs=0.05
    )


def test_the_programme_agrees_with_the_tables_it_repeats() -> None:
    shares = table("urban_share")
    stations = table("bts_counts").query(
        "operator == 'all' and kind == 'existing' and technology == '5G'"
    )
    assert the_one(shares, indicator="B", area="Việt Nam", year=2023)["value_percent"] == programme(
        "urban_share_38_1"
    )
    assert the_one(stations, place="Hà Nội")["count"] == programme("bts_5g_hanoi_86")
    assert the_one(stations, place="Việt Nam")["count"] == programme("bts_5g_nation_11000")


def test_the_derived_figures_recompute() -> None:
    assert programme("bts_12000_per_km2") == pytest.approx(12_000 / 3359.8, abs=0.005)
    assert programme("bts_12000_people_per_station") == pytest.approx(8_685_000 / 12_000, abs=0.5)
    # A regular hexagon of circumradius R has the area 3√3/2 · R².
    area_km2 = 3 * 3**0.5 / 2 * programme("bts_12000_hexagon_circumradius") ** 2
    assert area_km2 * 12_000 == pytest.approx(3359.8, rel=0.02)
    assert programme("health_records_share_of_residents") == pytest.approx(
        100 * 5.4 / 8.69, abs=0.5
    )
    assert programme("urban_indicator_gap_people") == pytest.approx(0.046 * 100.3e6, rel=0.005)


def test_contract_types_are_counted_from_the_lists_in_the_rows() -> None:
    rows = table("smart_city_programme").set_index("id")
    named = rows.loc["ppp_contract_types", "definition"].split(": ")[1].split(", ")
    lawful = rows.loc["ppp_contract_types_in_law", "definition"].split(": ")[1].split(", ")
    assert len(named) == 5 == programme("ppp_contract_types")
    assert len(lawful) == 8 == programme("ppp_contract_types_in_law")
    assert set(named) & set(lawful) == {"BOT"}
    assert programme("ppp_contract_types_shared") == 1
