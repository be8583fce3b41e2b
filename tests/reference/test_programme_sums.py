"""Base stations, spectrum and the programme: sums hold, or the row is marked."""

from __future__ import annotations

import pytest

from tests.reference.tables import programme, table, the_one

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
