"""Targets belong to the indicator they count by."""

from __future__ import annotations

import pandas as pd
import pytest

from hanoi_analytics.urbanisation import indicators
from hanoi_analytics.urbanisation.projection import TargetError, required_pace, targets_for


def test_targets_go_with_indicator_a() -> None:
    table = targets_for(indicators.series("A"))
    assert table["year"].tolist() == [2025, 2026, 2030]
    assert table["value_percent"].tolist() == [45, 45, 50]
    assert table["qualifier"].tolist()[-1] == "more than"


@pytest.mark.parametrize("indicator", ["B", "B_average", "WUP2018"])
def test_other_series_are_refused_and_both_definitions_named(indicator: str) -> None:
    series = indicators.series(indicator)
    with pytest.raises(TargetError) as refusal:
        targets_for(series)
    assert "administrative units recognised as urban (class I to V" in str(refusal.value)
    assert series["definition"].iloc[0] in str(refusal.value)
    with pytest.raises(TargetError, match="would mean something else"):
        required_pace(series, since_year=2014)


def test_required_pace_by_hand() -> None:
    table = required_pace(indicators.series("A"), since_year=2020).set_index("target_year")
    assert table["years"].to_dict() == {2025: 2, 2026: 3, 2030: 7}
    # From 42.7 in 2023: 7.3 points in seven years; 2.7 points in the three years before.
    assert table.loc[2030, "points_per_year"] == pytest.approx(7.3 / 7)
    assert table.loc[2026, "points_per_year"] == pytest.approx(2.3 / 3)
    assert table.loc[2030, "recent_points_per_year"] == pytest.approx(0.9)
    assert table.loc[2030, "on_recent_pace_percent"] == pytest.approx(49.0)
    assert table.loc[2026, "on_recent_pace_percent"] == pytest.approx(45.4)
    assert table.loc[2030, "growth_difference"] == pytest.approx(0.0420145, abs=1e-6)
    assert {source["id"] for source in table.attrs["sources"]} == {
        "urban_share",
        "national_targets",
    }


def test_wrong_questions() -> None:
    a = indicators.series("A")
    with pytest.raises(TargetError, match="since_year is 2019: expected one of 1998, 2020, 2021"):
        required_pace(a, since_year=2019)
    with pytest.raises(TargetError, match="since_year is 2023"):
        required_pace(a, since_year=2023)
    after_reform = a.tail(1).assign(year=2031, date=None)
    with pytest.raises(indicators.SpliceError, match="since 1 July 2025"):
        required_pace(pd.concat([a, after_reform]), since_year=2020)
    late = a.tail(2).assign(year=[2029, 2031], date=None)
    with pytest.raises(TargetError, match="the last target is for 2030, the last value of 2031"):
        required_pace(late, since_year=2029)
