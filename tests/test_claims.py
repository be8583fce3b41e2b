"""Verdicts on hand-made figures, and on the programme's own where the answer is public."""

from __future__ import annotations

import pandas as pd
import pytest

from hanoi_analytics import catalogue, claims
from hanoi_analytics.claims import ClaimError, Figures


@pytest.mark.parametrize(
    ("parts", "whole", "expected"),
    [
        ([14, 20, 16], 48, (2, "does not add up")),
        ([19_871, 1_501, 1_238, 1_300], 23_910, (0, "holds")),
        ([2, 21, 38, 43, 97, 708], 907, (2, "does not add up")),
        ([2_621, 687, 13], 3_321, (0, "holds")),
    ],
)
def test_parts_and_whole(parts: list[float], whole: float, expected: tuple[float, str]) -> None:
    assert claims.parts_and_whole(parts, whole) == expected


def test_a_printed_ratio_is_recomputed_at_its_own_precision() -> None:
    assert claims.printed_ratio(14_398, 17_083, 84.3, decimals=1) == (84.3, "holds")
    assert claims.printed_ratio(14_398, 17_083, 84.2, decimals=1)[1] == "does not add up"


@pytest.mark.parametrize(
    ("part", "whole", "verdict"),
    [
        (86, 11_000, "plausible"),
        (12_000, 11_000, "cannot be what it is called"),
        (-1, 5, "cannot be what it is called"),
    ],
)
def test_a_part_is_no_larger_than_its_whole(part: float, whole: float, verdict: str) -> None:
    assert claims.part_of(part, whole) == verdict


def ledger() -> pd.DataFrame:
    return claims.smart_city_findings(
        Figures(catalogue.load("smart_city_programme")),
        targets=Figures(catalogue.load("national_targets")),
        urban_areas=catalogue.load("urban_areas"),
        residents=8_685_000,
    ).set_index("claim")


def test_the_programmes_figures_get_the_verdicts_that_are_publicly_known() -> None:
    verdicts = ledger()["verdict"]
    assert verdicts["Provinces with a smart-city scheme"] == "does not add up"
    assert verdicts["Urbanisation rate"] == "holds by its own definition"
    assert verdicts["Base stations ready for 5G in Hanoi"] == "cannot be what it is called"
    assert verdicts["Fibre to households"] == "holds by its own definition"
    assert verdicts["Health records linked to the national database"] == "plausible"
    assert verdicts["iHanoi reports, 21 November 2024"] == "holds"
    assert verdicts["iHanoi accounts, as quoted on 2–3 December 2024"] == "out of date"


def test_a_corrected_figure_changes_its_verdict() -> None:
    programme = catalogue.load("smart_city_programme")
    mended = programme.assign(
        value=programme["value"].where(programme["id"] != "provinces_48_of_63", 50)
    )
    found = claims.smart_city_findings(
        Figures(mended),
        targets=Figures(catalogue.load("national_targets")),
        urban_areas=catalogue.load("urban_areas"),
        residents=8_685_000,
    ).set_index("claim")
    assert found["verdict"]["Provinces with a smart-city scheme"] == "holds"


def test_the_urban_figures_are_held_against_the_tables_of_shares_and_counts() -> None:
    rate = ledger().loc["Urbanisation rate"]
    assert rate["result"] == "+0.0 and +4.6 points; definitions of the two differ"
    sums = ledger().filter(like="Urban areas of Viet Nam, 20", axis="index")
    assert sums["result"].to_dict() == {
        "Urban areas of Viet Nam, 2014-10": "sum more than 781, +11",
        "Urban areas of Viet Nam, 2024-06-30": "sum 909, +2",
    }
    assert set(sums["verdict"]) == {"does not add up"}


def test_a_rate_that_is_not_the_ministrys_or_has_no_counterpart_is_said() -> None:
    shares = catalogue.load("urban_share")
    quoted = {
        "targets": Figures(catalogue.load("national_targets")),
        "urban_areas": catalogue.load("urban_areas"),
        "residents": 8_685_000,
    }
    programme = Figures(catalogue.load("smart_city_programme"))
    moved = shares.assign(value_percent=shares["value_percent"].replace(42.7, 41.0))
    found = claims.smart_city_findings(programme, urban_share=moved, **quoted).set_index("claim")
    assert found.loc["Urbanisation rate", "verdict"] == "does not add up"
    with pytest.raises(ClaimError, match="one urban share A of 2023, found 0"):
        claims.smart_city_findings(programme, urban_share=shares.query("year != 2023"), **quoted)


def test_a_missing_or_doubled_figure_is_named() -> None:
    table = pd.DataFrame({"id": ["bts_12000"], "value": [12000.0]})
    with pytest.raises(ClaimError, match="did you mean 'bts_12000'"):
        Figures(table)["bts_1200"]
    with pytest.raises(ClaimError, match="stands twice"):
        Figures(pd.concat([table, table]))
    with pytest.raises(ClaimError, match="has no value"):
        Figures(table.assign(value=float("nan")))["bts_12000"]
