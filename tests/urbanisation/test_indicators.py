"""Urban shares that cannot be spliced, and counts of urban areas that are summed, not mended."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import exp

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation import indicators
from hanoi_analytics.urbanisation.indicators import (
    ClassSystemError,
    IndicatorError,
    SpliceError,
)

OFFLINE = [name for name in indicators.INDICATORS if name != "WDI2016"]


def shares_with(**row: object) -> pd.DataFrame:
    """Return the shipped shares and one more row, a copy of B in 2023 but for what is given."""
    table = catalogue.load("urban_share")
    like = table[
        (table["indicator"] == "B") & (table["year"] == 2023) & (table["area"] != "Hà Nội")
    ]
    longer = pd.concat([table, like.assign(**row)], ignore_index=True)
    longer.attrs = table.attrs
    return longer


@cache
def shipped(name: str) -> pd.DataFrame:
    return indicators.series(name)


# One series


def test_the_series_are_the_published_values() -> None:
    a, b = indicators.series("A"), indicators.series("B")
    assert dict(zip(a["year"], a["value_percent"], strict=True)) == {
        1998: 24, 2020: 40, 2021: 40.5, 2022: 41.5, 2023: 42.7,
    }  # fmt: skip
    assert dict(zip(b["year"], b["value_percent"], strict=True)) == {
        1999: 23.7, 2009: 29.6, 2014: 33.1, 2019: 34.36, 2020: 36.8, 2021: 37.1, 2022: 37.6,
        2023: 38.1, 2024: 38.17,
    }  # fmt: skip
    assert indicators.series("B", kinds="census")["year"].tolist() == [1999, 2009, 2019, 2024]
    assert indicators.series("B", "Hà Nội")["value_percent"].tolist() == [44.48, 49.2, 49.4]


@pytest.mark.parametrize("name", OFFLINE)
def test_a_series_carries_its_definition_in_every_row_and_beside_it(name: str) -> None:
    series = indicators.series(name)
    assert set(series["definition"]) == {series.attrs["definition"]}
    assert set(series["indicator"]) == {name} == {series.attrs["indicator"]}
    assert series.attrs["source"]["citation"]
    assert series["decimal_year"].is_monotonic_increasing
    assert series["status"].isin(["V", "C", "GK", "✗"]).all()
    assert not series["kind"].eq("target").any()
    one = indicators.require_one_definition(series)
    assert (one.indicator, one.area) == (name, "Việt Nam")


def test_the_average_of_the_year_is_the_ratio_of_the_printed_people() -> None:
    yearly = indicators.series("B_average").set_index("year")
    assert yearly.loc[2014, "value_percent"] == pytest.approx(100 * 30_035.4 / 90_728.9)
    assert yearly.loc[2014, "urban_people"] == 30_035_400
    assert (yearly["status"] == "C").all()
    assert yearly["note"].dropna().to_dict() == {2016: "preliminary"}


@pytest.mark.mirror
def test_the_world_bank_series_is_that_of_its_file() -> None:
    world_bank = indicators.series("WDI2016").set_index("year")["value_percent"]
    assert (world_bank.index.min(), world_bank.index.max()) == (1960, 2015)
    assert world_bank[[1960, 1990, 2015]].tolist() == [14.7, 20.255, 33.593]


def test_the_moment_of_a_value_is_its_day_or_the_middle_of_what_is_known() -> None:
    b = indicators.series("B").set_index("year")["decimal_year"]
    assert b[2024] - b[2019] == 5
    assert b[[2019, 2023]].tolist() == [2019.25, 2023.5]
    december = indicators.series("A")["decimal_year"].iloc[-1]
    assert december == pytest.approx(2023 + 11.5 / 12)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: indicators.series("C"), "no indicator 'C'"),
        (lambda: indicators.series("WUP2O18"), "did you mean 'WUP2018'"),
        (lambda: indicators.series("B", "Hanoi"), "no area 'Hanoi'"),
        (lambda: indicators.series("B", kinds=["sensus"]), "did you mean 'census'"),
        (lambda: indicators.series("A", kinds="census"), "it has: official, target"),
        (lambda: indicators.series("B_average", table=pd.DataFrame()), "serves A, B and WUP2018"),
        (lambda: indicators.series("B", table=pd.DataFrame({"year": [1]})), "carries no source"),
    ],
)
def test_what_is_not_there_is_named(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(IndicatorError, match=message):
        ask()


# Splicing


@pytest.mark.parametrize("function", [pd.concat, lambda pair: indicators.join(*pair)])
@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("A", "B", [r"A \(usual residents", r"B \(people in wards"]),
        ("B", "WUP2018", [r"B \(people in wards", r"WUP2018 \(urban population"]),
        ("B", "B_average", [r"B \(people in wards", r"B_average \(urban residents"]),
    ],
)
def test_two_definitions_are_not_joined_and_both_are_named(
    function: Callable[[list[pd.DataFrame]], pd.DataFrame],
    first: str,
    second: str,
    named: list[str],
) -> None:
    pair = [indicators.series(first), indicators.series(second)]
    with pytest.raises(SpliceError, match=" and ".join(f"{name}.*" for name in named)):
        indicators.require_one_definition(function(pair))


def test_one_call_takes_one_indicator() -> None:
    with pytest.raises(SpliceError, match=r"one series holds one indicator; found \['A', 'B'\]"):
        indicators.series(["A", "B"])  # type: ignore[arg-type]


def test_an_indicator_that_was_renamed_keeps_its_definition_and_is_refused() -> None:
    disguised = indicators.series("A").assign(indicator="B")
    with pytest.raises(SpliceError, match=r"people in wards.*usual residents"):
        indicators.join(indicators.series("B"), disguised)


def test_targets_and_areas_do_not_stand_among_counts() -> None:
    counts = indicators.series("A")
    wanted = counts.tail(1).assign(year=2026, date=np.nan, kind="target")
    with pytest.raises(SpliceError, match="targets stand among the counts of A"):
        indicators.require_one_definition(pd.concat([counts, wanted]))
    with pytest.raises(SpliceError, match="target for indicator A"):
        indicators.series("A", kinds=["official", "target"])
    with pytest.raises(SpliceError, match="two areas in one series of B: Việt Nam and Hà Nội"):
        indicators.join(indicators.series("B"), indicators.series("B", "Hà Nội"))


@pytest.mark.parametrize("date", ["2025-07-01", "2025-07", "2025-12-31"])
def test_the_share_of_wards_alone_does_not_continue_that_of_wards_and_townships(date: str) -> None:
    table = shares_with(year=2025, date=date)
    with pytest.raises(SpliceError, match=r"B until 30 June 2025.*B since 1 July 2025.*townships"):
        indicators.series("B", table=table)
    before = indicators.series("B")
    after = indicators.series("B", table=table.query("year == 2025"))
    assert len(after) == 1
    with pytest.raises(SpliceError, match="B until 30 June 2025"):
        indicators.join(before, after)


def test_the_ministrys_rate_breaks_with_the_districts_that_it_names() -> None:
    definition = indicators.series("A").attrs["definition"]
    table = shares_with(indicator="A", year=2025, date="2025-12", definition=definition)
    with pytest.raises(SpliceError, match=r"A since 1 July 2025 .the districts"):
        indicators.series("A", table=table)


def test_the_year_of_the_change_needs_a_date() -> None:
    assert len(indicators.series("B", table=shares_with(year=2025, date="2025-06-30"))) == 10
    with pytest.raises(IndicatorError, match=r"has no month.*give it a date"):
        indicators.series("B", table=shares_with(year=2025, date=np.nan))
    with pytest.raises(IndicatorError, match="both sides of 1 July 2025"):
        indicators.series("B", table=shares_with(year=2025, date="2025-01/2025-12"))


def test_a_series_that_lost_its_definition_is_no_series() -> None:
    b = indicators.series("B")
    with pytest.raises(IndicatorError, match="no column 'indicator'"):
        indicators.require_one_definition(b[["year", "value_percent"]])
    with pytest.raises(IndicatorError, match="no rows"):
        indicators.require_one_definition(b[b["year"] > 2050])
    with pytest.raises(IndicatorError, match="row of 2024 has no definition"):
        indicators.require_one_definition(
            b.assign(definition=b["definition"].where(b["year"] < 2024))
        )


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.booleans(), min_size=9, max_size=9).filter(lambda c: 0 < sum(c) < 9))
def test_parts_of_one_series_make_it_whole_again(cuts: list[bool]) -> None:
    b = shipped("B")
    mask = np.array(cuts)
    whole = indicators.join(b[mask], b[~mask])
    pd.testing.assert_frame_equal(whole, b, check_dtype=True)
    assert whole.attrs["definition"] == b.attrs["definition"]
    assert [source["id"] for source in whole.attrs["sources"]] == ["urban_share"]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), pair=st.sampled_from([(x, y) for x in OFFLINE for y in OFFLINE if x < y]))
def test_no_choice_of_rows_hides_a_splice(data: st.DataObject, pair: tuple[str, str]) -> None:
    parts = []
    for name in pair:
        series = shipped(name)
        rows = data.draw(st.sets(st.integers(0, len(series) - 1), min_size=1))
        parts.append(series.iloc[sorted(rows)])
    with pytest.raises(SpliceError, match="two definitions in one series"):
        indicators.join(*parts)


def test_a_moment_stands_once_in_a_series() -> None:
    b = indicators.series("B")
    with pytest.raises(SpliceError, match="2014 stands twice"):
        indicators.join(b, b[b["year"] == 2014])


# Beside each other


def test_series_beside_each_other_stay_apart() -> None:
    a, b = indicators.series("A"), indicators.series("B")
    wide = indicators.side_by_side(a, b)
    assert wide.loc[2023].to_dict() == {"A": 42.7, "B": 38.1}
    assert np.isnan(wide.loc[2024, "A"])
    assert wide.attrs["definitions"] == {"A": a.attrs["definition"], "B": b.attrs["definition"]}
    assert [source["id"] for source in wide.attrs["sources"]] == ["urban_share"]
    places = indicators.side_by_side(b, indicators.series("B", "Hà Nội"))
    assert places.loc[2019].to_dict() == {"B, Việt Nam": 34.36, "B, Hà Nội": 49.2}
    with pytest.raises(SpliceError, match="B is given twice"):
        indicators.side_by_side(b, b)
    with pytest.raises(IndicatorError, match="two values for 2023"):
        indicators.side_by_side(a, indicators.series("B", table=shares_with(date="2023-12")))
    with pytest.raises(SpliceError, match="two definitions"):
        indicators.side_by_side(a, pd.concat([a, b]))


def test_the_two_official_shares_of_2023_are_4_6_points_and_4_6_million_people_apart() -> None:
    a, b = indicators.series("A"), indicators.series("B")
    apart = indicators.gap(a, b, year=2023)
    assert apart.points == pytest.approx(4.6)
    assert apart.people == pytest.approx(42.8281e6 - 38.2143e6, abs=200)
    assert indicators.gap(b, a, year=2023).people == pytest.approx(-apart.people)
    with pytest.raises(IndicatorError, match="neither of A and B gives the residents of 2022"):
        indicators.gap(a, b, year=2022)
    with pytest.raises(IndicatorError, match="A has 0 values for 2024"):
        indicators.gap(a, b, year=2024)
    with pytest.raises(SpliceError, match="between Việt Nam and Hà Nội"):
        indicators.gap(a, indicators.series("B", "Hà Nội"), year=2023)


def test_un_overshot_the_census_of_2019() -> None:
    wide = indicators.side_by_side(indicators.series("WUP2018"), indicators.series("B"))
    assert (wide["WUP2018"] - wide["B"])[2019] == pytest.approx(2.27)


# Breaks


def test_the_step_after_the_census_of_2019_is_a_break() -> None:
    moved = indicators.steps(indicators.series("B")).set_index("end_year")
    assert moved.index[moved["is_break"]].tolist() == [2020]
    step = moved.loc[2020]
    assert step["start_year"] == 2019
    assert step["points"] == pytest.approx(2.44)
    assert step["points_per_year"] == pytest.approx(2.44 / 1.25)
    assert step["points_per_year"] > 2 * moved.loc[~moved["is_break"], "points_per_year"].max()


def test_a_break_stays_when_the_rows_beside_it_are_left_out() -> None:
    b = indicators.series("B")
    moved = indicators.steps(b[b["status"] != "GK"])
    breaks = moved[moved["is_break"]]
    assert list(zip(breaks["start_year"], breaks["end_year"], strict=True)) == [(2019, 2022)]
    assert not indicators.steps(b[b["year"] <= 2019])["is_break"].any()
    assert not indicators.steps(indicators.series("A"))["is_break"].any()


def test_a_break_noted_in_every_row_after_it_is_one_break() -> None:
    hanoi = indicators.steps(indicators.series("B_average", "Hà Nội"))
    assert hanoi.loc[hanoi["is_break"], "end_year"].tolist() == [2008]


# Targets


def test_targets_count_by_the_ministrys_rate_alone() -> None:
    wanted = indicators.targets("A")
    values = wanted.set_index("year")["value_percent"].to_dict()
    assert values == {2025: 45, 2026: 45, 2030: 50}
    assert wanted["qualifier"].tolist()[::2] == ["at least", "more than"]
    assert wanted.attrs["source"]["id"] == "national_targets"
    for other in ("B", "WUP2018"):
        with pytest.raises(IndicatorError, match=rf"counts by indicator {other}: .* count by A"):
            indicators.targets(other)


# Growth


def test_the_mid_term_census_adds_up_and_its_printed_growth_does_not_follow_from_it() -> None:
    census = indicators.series("B", kinds="census").set_index("year")
    start, end = census.loc[2019], census.loc[2024]
    assert end["urban_people"] + end["rural_people"] == end["total_people"] == 101_112_656
    assert (end["urban_people"], end["rural_people"]) == (38_599_637, 62_513_019)
    total = indicators.growth(start["total_people"], end["total_people"], 5)
    assert total.logarithmic_percent == pytest.approx(0.994, abs=5e-4)
    urban = indicators.growth_check(3.06, start["urban_people"], end["urban_people"], 5)
    assert urban.computed.logarithmic_percent == pytest.approx(3.0985, abs=5e-5)
    assert urban.computed.geometric_percent == pytest.approx(3.1470, abs=5e-5)
    assert urban.reproduced_by == "neither"
    assert urban.implied_start_people == pytest.approx(33_123_496, abs=1)


@pytest.mark.parametrize(
    ("printed", "decimals", "verdict"),
    [
        (9.53, 2, "logarithmic"),  # 100 ln 1.1 = 9.531
        (10.0, 1, "geometric"),
        (10, 0, "both"),
        (9.8, 1, "neither"),
    ],
)
def test_a_printed_rate_is_held_against_both_formulae(
    printed: float, decimals: int, verdict: str
) -> None:
    assert indicators.growth_check(printed, 100, 110, 1, decimals).reproduced_by == verdict


@given(start=st.floats(1, 1e9), rate=st.floats(-0.05, 0.05), years=st.floats(0.25, 50))
def test_growth_finds_the_rate_that_made_the_counts(
    start: float, rate: float, years: float
) -> None:
    found = indicators.growth(start, start * exp(rate * years), years)
    assert found.logarithmic_percent == pytest.approx(100 * rate, abs=1e-8)
    assert found.geometric_percent >= found.logarithmic_percent - 1e-12


@pytest.mark.parametrize("counts", [(0, 1, 1), (1, -1, 1), (1, 1, 0), (float("nan"), 1, 1)])
def test_growth_needs_counts_and_time(counts: tuple[float, float, float]) -> None:
    with pytest.raises(IndicatorError, match="above zero"):
        indicators.growth(*counts)


# Urban areas


def test_the_two_rows_that_do_not_add_up_are_flagged_and_left_as_printed() -> None:
    rows = indicators.urban_areas()
    flagged = rows[rows["flagged"]].set_index("date")
    assert flagged["difference"].to_dict() == {"2014-10": 11, "2024-06-30": 2}
    assert flagged["total"].to_dict() == {"2014-10": 770, "2024-06-30": 907}
    assert "above 781" in flagged.loc["2014-10", "finding"]
    assert flagged.loc["2024-06-30", "finding"].endswith("909, 2 more than the total 907")
    source = catalogue.load("urban_areas")
    pd.testing.assert_frame_equal(
        rows[list(source.columns)], source.sort_values(["year", "date"], ignore_index=True)
    )


def test_every_row_gets_its_check() -> None:
    rows = indicators.urban_areas()
    checks = rows.groupby("check")["date"].apply(list).to_dict()
    assert checks["adds up"] == ["2009/2010", "2020-06", "2023-12"]
    assert checks["by difference"] == ["2020-12"]
    assert checks["classes incomplete"] == [
        "1990", "1998", "2000", "2003", "2008", "2021-12", "2023-12",
    ]  # fmt: skip
    assert rows.loc[rows["check"] == "classes incomplete", "class_sum"].isna().all()
    december = rows[(rows["date"] == "2023-12") & (rows["check"] == "adds up")].iloc[0]
    assert (december["class_sum"], december["status"]) == (902, "GK")


def test_a_row_of_ones_own_is_summed_too() -> None:
    table = catalogue.load("urban_areas")
    short = table.tail(1).assign(class_v=700, year=2025)
    short.attrs = table.attrs
    found = indicators.urban_areas(2025, table=short).iloc[0]
    assert found["difference"] == -6
    assert found["finding"] == "the classes sum to 901, 6 fewer than the total 907"
    with pytest.raises(IndicatorError, match="carries no source"):
        indicators.urban_areas(table=pd.DataFrame(table.to_dict("list")))


def test_the_classes_end_with_2025() -> None:
    with pytest.raises(ClassSystemError) as refusal:
        indicators.urban_areas(last_year=2026)
    message = str(refusal.value)
    assert "up to 2026" in message
    assert "end with 2025" in message
    assert "Resolution 111/2025/UBTVQH15 of 24 December 2025, in force since 2026-01-01" in message
    assert "special, I, II and III" in message
    assert "Hải Phòng, Huế, Đà Nẵng and Cần Thơ become class I" in message
    assert "class IV and V urban areas and townships become class III" in message


def test_a_row_counted_by_the_new_classes_is_not_among_the_old() -> None:
    table = catalogue.load("urban_areas")
    newer = pd.concat([table, table.tail(1).assign(date="2026-06", year=2026)])
    newer.attrs = table.attrs
    with pytest.raises(ClassSystemError, match="up to 2030"):
        indicators.urban_areas(last_year=2030, table=newer)
    assert indicators.urban_areas(table=newer)["year"].max() == 2024
    with pytest.raises(IndicatorError, match="the table has 1990 to 2024"):
        indicators.urban_areas(1980, 1985)
