"""The backtest: known errors, an honest cut, and scores worked out by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from hanoi_analytics.urbanisation import indicators
from hanoi_analytics.urbanisation.projection import (
    YEARLY_MODELS,
    Forecast,
    ProjectionError,
    backtest,
    hold_out_census,
    rolling_origin,
    score,
    summarise,
)
from hanoi_analytics.urbanisation.projection.forecasts import tabulate

FORECAST = ["share_percent", "lower_percent", "upper_percent"]


def censuses() -> pd.DataFrame:
    return indicators.series("B", kinds=["census"])


@cache
def held_out_2019() -> pd.DataFrame:
    yearly, published = indicators.series("B_average"), indicators.series("WUP2018")
    return hold_out_census(censuses(), year=2019, yearly=yearly, published=published)


@cache
def rolled() -> pd.DataFrame:
    return rolling_origin(indicators.series("B_average"), first_origin=2014, horizon_years=2)


def test_the_revision_of_2018_overshot_the_census_by_2_27_points() -> None:
    row = held_out_2019().set_index("model").loc["WUP2018"]
    assert row["error_points"] == pytest.approx(2.27, abs=0.005)
    assert row["absolute_error_points"] == pytest.approx(2.27, abs=0.005)
    assert row["covered"] is pd.NA


def test_the_growth_difference_against_both_censuses() -> None:
    # From two-decimal shares it is 36.31 and 36.86; the table prints 1999 and 2009 with one.
    first = held_out_2019().set_index("model").loc["growth difference"]
    assert first["share_percent"] == pytest.approx(36.31, abs=0.06)
    assert first["error_points"] == pytest.approx(36.31 - 34.36, abs=0.06)
    second = hold_out_census(censuses(), year=2024).iloc[0]
    assert second["share_percent"] == pytest.approx(36.86, abs=0.06)
    assert second["error_points"] == pytest.approx(36.86 - 38.17, abs=0.06)
    assert second["interval"] == "none: needs 3 past paces, found 2"


def test_every_method_is_named_with_what_it_knew() -> None:
    table = held_out_2019()
    assert table["model"].tolist() == ["growth difference", *YEARLY_MODELS, "WUP2018"]
    assert table["trained_on"].tolist()[1:4] == ["yearly 1995–2009"] * 3
    assert table["time"].tolist() == [2019.25, 2019.5, 2019.5, 2019.5, 2019.5]
    assert {source["id"] for source in table.attrs["sources"]} == {
        "urban_share",
        "gso_urban_rural_population",
    }


def test_no_model_sees_past_the_cut() -> None:
    yearly, counts = indicators.series("B_average"), censuses()
    # Nonsense after the cut, and another result of the census: only the errors may change.
    yearly.loc[yearly["year"] > 2009, "value_percent"] = 90.0
    after = counts["year"] >= 2019
    counts["value_percent"] = counts["value_percent"].mask(after, 50.0)
    counts[["urban_people", "total_people"]] = np.nan
    changed = hold_out_census(counts, year=2019, yearly=yearly)
    same = held_out_2019().iloc[1:4]
    assert changed.iloc[1:4][FORECAST].to_numpy() == pytest.approx(same[FORECAST].to_numpy())
    assert changed["actual_percent"].tolist() == [50.0] * 4


def test_models_know_the_series_to_its_end_if_told() -> None:
    yearly = indicators.series("B_average")
    table = hold_out_census(censuses(), year=2024, yearly=yearly)
    assert table["trained_on"].tolist()[1:] == ["yearly 1995–2016"] * 3
    assert table["horizon_years"].tolist()[1:] == [8, 8, 8]
    # The yearly estimates stand above both censuses; whatever continues them overshoots.
    assert (table["error_points"].iloc[1:] > 0.5).all()


def test_methods_without_data_say_so() -> None:
    counts = indicators.series("B", "Hà Nội")
    yearly = indicators.series("B_average", "Hà Nội").query("year >= 2008")
    table = hold_out_census(counts, year=2019, yearly=yearly).set_index("model")
    assert table["share_percent"].isna().all()
    assert table["covered"].isna().all()
    assert table.loc["growth difference", "note"] == "no pace: only the count of 2014 lies before"
    assert "7 years (2008–2014)" in table.loc["Holt", "note"]


def test_wrong_questions() -> None:
    yearly = indicators.series("B_average")
    with pytest.raises(ProjectionError, match="no census of 2018 with one before it"):
        hold_out_census(censuses(), year=2018)
    with pytest.raises(ProjectionError, match="no census of 1999 with one before it"):
        hold_out_census(censuses(), year=1999)
    with pytest.raises(ProjectionError, match="tested on what they have seen"):
        hold_out_census(censuses(), year=2019, yearly=yearly, last_year=2019)
    with pytest.raises(ProjectionError, match="begins in 1995, after last_year 1990"):
        hold_out_census(censuses(), year=2019, yearly=yearly, last_year=1990)
    with pytest.raises(ProjectionError, match="WUP2018 has no value for 2024"):
        hold_out_census(censuses(), year=2024, published=indicators.series("WUP2018"))
    for origin in (1999, 2016):
        with pytest.raises(ProjectionError, match="first origin must lie from 2000 to 2015"):
            rolling_origin(yearly, first_origin=origin)


def test_scores_by_hand() -> None:
    table = tabulate(
        [
            Forecast("inside", "", 2020.5, 1, 31.0, 29.0, 33.0, 0.9),
            Forecast("on the edge", "", 2020.5, 1, 28.0, 26.0, 30.0, 0.9),
            Forecast("outside", "", 2020.5, 1, 27.5, 26.0, 29.0, 0.9),
            Forecast("bare", "", 2020.5, 1, 30.5),
            Forecast("failed", "", 2020.5, 1),
        ]
    )
    scored = score(table, 30.0)
    assert scored["error_points"].tolist()[:4] == [1.0, -2.0, -2.5, 0.5]
    assert scored["absolute_error_points"].tolist()[:4] == [1.0, 2.0, 2.5, 0.5]
    assert scored["covered"].tolist() == [True, True, False, pd.NA, pd.NA]


def test_summary_by_hand() -> None:
    rows = [
        Forecast("m", "", 2020.5, 1, 31.0, 29.0, 33.0, 0.9),
        Forecast("m", "", 2021.5, 1, 27.0, 26.0, 29.0, 0.9),
        Forecast("m", "", 2022.5, 1),
        Forecast("bare", "", 2020.5, 1, 30.5),
    ]
    table = summarise(score(tabulate(rows), 30.0)).set_index("model")
    assert table.loc["m", ["forecasts", "intervals"]].tolist() == [2, 2]
    assert table.loc["m", "mean_error_points"] == -1.0
    assert table.loc["m", "mean_absolute_error_points"] == 2.0
    assert table.loc["m", ["covered_percent", "level_percent"]].tolist() == [50.0, 90.0]
    assert table.loc["bare", "intervals"] == 0
    assert pd.isna(table.loc["bare", "covered_percent"])


def test_rolling_forecasts_meet_the_year_they_are_for() -> None:
    table = rolled()
    pairs = sorted(set(zip(table["origin_year"], table["target_year"], strict=True)))
    assert pairs == [(2014, 2015), (2014, 2016), (2015, 2016)]
    actual = table.drop_duplicates("target_year").set_index("target_year")["actual_percent"]
    # 31,067.5 of 91,709.8 thousand in 2015, 31,986.0 of 92,695.1 in 2016.
    assert actual[2015] == pytest.approx(100 * 31067.5 / 91709.8, abs=1e-9)
    assert actual[2016] == pytest.approx(100 * 31986.0 / 92695.1, abs=1e-9)
    known = table["trained_on"].str[-4:].astype(int)
    assert (known == table["origin_year"]).all()
    assert len(table) == 3 * (1 + len(YEARLY_MODELS))


def test_rolling_origin_knows_only_what_lies_before() -> None:
    yearly = indicators.series("B_average")
    yearly.loc[yearly["year"] > 2014, "value_percent"] = 90.0
    changed = rolling_origin(yearly, first_origin=2014, horizon_years=2)
    first = changed["origin_year"] == 2014
    same = rolled()[rolled()["origin_year"] == 2014]
    assert changed.loc[first, "share_percent"].tolist() == pytest.approx(
        same["share_percent"].tolist()
    )


def test_the_yardstick_is_exact_on_a_steady_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest, "YEARLY_MODELS", ())
    yearly = indicators.series("B_average")
    yearly["value_percent"] = 100 * expit(-1.3 + 0.03 * np.arange(len(yearly)))
    table = rolling_origin(yearly, first_origin=2000, horizon_years=5)
    assert len(table) == 16 * 5 - (1 + 2 + 3 + 4)
    assert table["error_points"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_a_model_that_cannot_be_fitted_is_listed() -> None:
    yearly = indicators.series("B_average").query("year >= 2008")
    table = rolling_origin(yearly, first_origin=2013, horizon_years=1)
    failed = table[table["note"].str.contains("at least 8")]
    assert sorted(set(failed["origin_year"])) == [2013, 2014]
    assert failed["share_percent"].isna().all()
    assert set(failed["model"]) == set(YEARLY_MODELS)
    assert set(summarise(table)["forecasts"]) == {1, 3}
