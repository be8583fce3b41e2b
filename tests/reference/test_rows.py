"""Every row of a typed table is sourced, dated and marked, and written as agreed."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.reference.tables import REFERENCE, text

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
    "smart_city_programme": (70, ["year"], ["id"]),
    "wup2025_world": (8, ["year"], ["id"]),
    "vn_aqi_breakpoints": (54, ["valid_from"], ["parameter", "index"]),
    "air_limits": (75, ["valid_from"], ["standard", "pollutant", "period", "valid_from"]),
    "hanoi_air_figures": (25, ["year"], ["id"]),
    "vn_wqi_breakpoints": (131, ["valid_from"], ["parameter", "side", "value"]),
}

# Every site a source may name; anything else that looks like a host is a slip.
HOSTS = {
    "anninhthudo.vn", "danso.info", "en.baochinhphu.vn", "kientrucvietnam.org.vn",
    "kinhtevadubao.vn", "mhcem.gov.vn", "nld.com.vn", "soha.vn", "un.org", "vietbao.vn",
    "vea.mae.gov.vn", "vnexpress.net", "vnjhm.vn", "xaydungchinhsach.chinhphu.vn",
}  # fmt: skip
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:vn|org|com|net|info|io|dev|edu|gov)\b")
PATH = re.compile(r"://|\.\./|(?:^|[\s(])/\w")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(/\d{4}(-\d{2}(-\d{2})?)?)?")


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
