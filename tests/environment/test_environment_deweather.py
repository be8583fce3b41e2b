"""Known trends come back, trends of the weather go away, and the result says what it cannot."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hanoi_analytics import catalogue
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.deweather import (
    Fitted,
    explain_change,
    fit,
    normalise,
    slope,
)
from hanoi_analytics.environment.simulated.air import readings
from hanoi_analytics.environment.trends import trend
from hanoi_analytics.environment.weather import weather_table

# Every fifth hour: all hours of the day occur, and fitting is quick.
_THIN = 5


@cache
def _station(**parameters: float) -> xr.DataArray:
    table = catalogue.load("hanoi_air_hourly_simulated", years=4, **parameters)
    return readings(table)["pm25"].isel(station=3)[::_THIN]


@cache
def _weather(**parameters: float) -> pd.DataFrame:
    table: pd.DataFrame = catalogue.load("hanoi_weather_hourly_simulated", years=4, **parameters)
    return table


@pytest.fixture(scope="module")
def falling() -> Fitted:
    """Four years in which emissions fall by 6 % a year."""
    series = _station(trend_percent_per_year=-6.0)
    return fit(series, _weather(), model="boosting", seed=1)


def test_a_known_trend_is_recovered_within_its_interval(falling: Fitted) -> None:
    found = slope(falling, samples=150, replicates=20, seed=1)
    assert found.percent_low < -6.0 < found.percent_high < 0
    assert found.percent_high - found.percent_low < 6
    assert found.low < found.per_year < found.high
    # Per year and per cent are one slope: the mean of the station is near 40 µg/m³.
    assert found.per_year / found.percent_per_year == pytest.approx(0.41, abs=0.08)
    assert found.replicates == 20 and found.blocks == 105 and not found.cautions


def test_a_trend_of_the_weather_alone_is_removed() -> None:
    drift = {"ventilation_change_percent": 14.0}
    series = _station(trend_percent_per_year=0.0, **drift)
    raw = trend(series.to_series().resample("MS").mean().iloc[:48], variant="seasonal", seasons=12)
    assert raw.p < 0.05 and raw.slope_per_year < -1
    fitted = fit(series, _weather(**drift), model="boosting", seed=1)
    found = slope(fitted, samples=150, replicates=20, seed=1)
    assert found.low < 0 < found.high
    assert abs(found.per_year) < abs(raw.slope_per_year) / 2


def test_the_normalised_series_has_no_season_and_no_luck_of_the_draw(falling: Fitted) -> None:
    normal = normalise(falling, samples=300, seed=1)
    assert 365 * 4 - 7 < normal.sizes["time"] <= 365 * 4 + 2  # gaps at the ends; a leap day
    readings_year = pd.Series(falling.data.reading, falling.data.time).groupby(
        falling.data.time.month
    )
    by_month = normal.groupby("time.month").mean()
    assert float(by_month.max() - by_month.min()) < 0.2 * float(np.ptp(readings_year.mean()))
    again = normalise(falling, samples=300, seed=2)
    assert float((normal - again).std()) < 0.05 * float(normal.std())
    assert [source["id"] for source in normal.attrs["sources"]] == [
        "hanoi_air_hourly_simulated",
        "hanoi_weather_hourly_simulated",
    ]


def test_batches_do_not_change_the_average(
    falling: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = normalise(falling, samples=20, seed=1)
    monkeypatch.setattr("hanoi_analytics.environment.deweather.normalised._ROWS_AT_ONCE", 700)
    xr.testing.assert_allclose(whole, normalise(falling, samples=20, seed=1))


def test_the_held_out_score_is_not_that_of_neighbouring_hours() -> None:
    """A series that wanders on its own cannot be foretold in blocks not seen."""
    time = pd.date_range("2020-01-01", "2022-12-31", freq="5h")
    walk = np.convolve(np.random.default_rng(4).normal(size=time.size), np.ones(20), mode="same")
    series = xr.DataArray(40 + walk, coords={"time": time}, dims="time")
    weather = catalogue.load("hanoi_weather_hourly_simulated", first_year=2019, years=4)
    fitted = fit(series, weather, model="boosting", seed=1)
    foretold = fitted.estimator.predict(fitted.data.terms.to_numpy())
    assert np.corrcoef(foretold, fitted.data.reading)[0, 1] ** 2 > 0.5
    assert fitted.held_out.r2 < 0.2
    assert any("of the variance" in caution for caution in fitted.cautions)


def test_a_model_that_sees_the_weather_foretells_unseen_blocks(falling: Fitted) -> None:
    assert 0.5 < falling.held_out.r2 < 0.95
    assert 5 < falling.held_out.rmse < 20
    assert abs(falling.held_out.mean_bias) < 2


def test_normals_take_out_the_season_only_and_the_result_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hanoi_analytics.environment.deweather.trees._ROUNDS", 10)  # quicker
    series = _station()[: 3 * 8766 // _THIN]
    normals = catalogue.load("hanoi_era5_normals")
    fitted = fit(series, normals, model="boosting", seed=1)
    assert "only monthly normals" in fitted.approximate
    assert fitted.approximate in fitted.cautions
    assert any("three or fewer" in caution for caution in fitted.cautions)
    assert normalise(fitted, samples=50, seed=1).attrs["approximate"] == fitted.approximate
    found = slope(fitted, samples=50, replicates=20, seed=1)
    assert found.approximate == fitted.approximate


def test_hours_without_reading_or_weather_are_counted_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hanoi_analytics.environment.deweather.trees._ROUNDS", 10)  # quicker
    series = _station()[:4000].copy()
    series[:] = 30.0 + np.arange(4000) % 7
    series[10:60] = np.nan
    weather = _weather()
    hours = series["time"].to_index()
    weather = weather[~pd.to_datetime(weather["time"]).isin(hours[100:600])]
    fitted = fit(series, weather, model="boosting", seed=1)
    assert (fitted.hours_without_reading, fitted.hours_without_weather) == (50, 500)
    assert fitted.hours == 4000 - 50 - 500
    assert any("had no weather" in caution for caution in fitted.cautions)


def test_a_drop_is_split_between_weather_and_the_rest() -> None:
    """A fifth less from one day on, under the same weather machine."""
    series = _station(trend_percent_per_year=0.0).copy()
    series = series.where(series["time"] < np.datetime64("2025-01-01"), 0.8 * series)
    fitted = fit(series, _weather(), model="boosting", seed=1)
    table = explain_change(
        fitted,
        ("2022-01-01", "2024-12-31"),
        ("2025-01-01", "2025-12-31"),
        samples=24,
        replicates=20,
        seed=1,
    ).set_index("part")
    before = series.sel(time=slice("2022", "2024")).mean()
    assert table.loc["rest", "low"] < -0.2 * float(before) < table.loc["rest", "high"] < 0
    parts = table.loc[["rest", "weather", "unexplained"], "change"].sum()
    assert parts == pytest.approx(table.loc["observed", "change"])
    change = float(series.sel(time="2025").mean() - before)
    assert table.loc["observed", "change"] == pytest.approx(change, abs=0.05)
    assert table.loc["observed", "percent_of_before"] == pytest.approx(
        100 * change / float(before), abs=0.2
    )


def test_weather_that_has_nothing_to_do_with_the_air_explains_nothing() -> None:
    """The first seven months of a year a tenth dirtier, held against the weather of elsewhere."""
    series = _station(trend_percent_per_year=0.0).copy()
    series = series.where(series["time"] < np.datetime64("2025-01-01"), 1.1 * series)
    series = series.sel(time=(series["time"].dt.month < 8) & (series["time"].dt.year != 2024))
    elsewhere = catalogue.load("hanoi_weather_hourly_simulated", years=4, seed=77)
    fitted = fit(series, elsewhere, model="boosting", seed=1)
    table = explain_change(
        fitted,
        ("2022-01-01", "2023-12-31"),
        ("2025-01-01", "2025-12-31"),
        samples=24,
        replicates=20,
        seed=1,
    ).set_index("part")
    observed = table.loc["observed", "change"]
    assert table.loc["weather", "low"] < 0 < table.loc["weather", "high"]
    assert table.loc["rest", "low"] < observed < table.loc["rest", "high"]
    assert abs(table.loc["weather", "percent_of_before"]) < 5


def test_a_forest_does_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Daily means of a series that is its weather and a trend, and nothing else."""
    monkeypatch.setattr("hanoi_analytics.environment.deweather.trees._FOREST_TREES", 60)  # quicker
    weather = weather_table(_weather()).set_index("time").resample("D").mean()
    elapsed_years = np.arange(len(weather)) / 365.2425
    values = 60 - 20 * np.log(weather["boundary_layer_m"] / 500) - 4 * elapsed_years
    series = values.to_xarray().rename("pm25")
    fitted = fit(series, weather.reset_index(), model="forest", seed=1)
    normal = normalise(fitted, samples=100, seed=1)
    assert fitted.held_out.r2 > 0.7
    drop = float(normal[-200:].mean() - normal[:200].mean())
    # Trees of a forest draw the ends towards the middle: part of the fall of 13.8 is lost.
    assert -15 < drop < -8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="boundary_layer_m"), "no column 'boundary_layer_m'"),
        (lambda t: t.assign(time=["noon", *t["time"].iloc[1:]]), "row 1: time 'noon' is no time"),
        (lambda t: pd.concat([t, t.iloc[5:7]]), r"stands twice.*2 such rows"),
        (lambda t: t.assign(time=t["time"].str.replace(":00", ":30")), "no full hour"),
        (
            lambda t: t.assign(time=pd.to_datetime(t["time"]).dt.tz_localize("UTC")),
            "carry a time zone",
        ),
    ],
)
def test_a_weather_table_that_cannot_be_joined_is_refused(change: object, words: str) -> None:
    table = catalogue.load("hanoi_weather_hourly_simulated", years=1).iloc[:50]
    with pytest.raises(EnvironmentDataError, match=words):
        weather_table(change(table))  # type: ignore[operator]


def test_a_table_of_the_users_own_is_read_like_the_simulated_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    (tmp_path / "noi_bai.csv").write_text(
        "time,temperature_c,relative_humidity_percent,wind_speed_m_s,wind_direction_deg,"
        "pressure_hpa,boundary_layer_m,precipitation_mm\n"
        "2020-01-01 02:00,17.5,80,2.0,45,1018,200,\n"
        "2020-01-01 01:00,17,81,2.5,50,1018,180,0\n"
    )
    table = weather_table(catalogue.load_own("noi_bai.csv", like="hanoi_weather_hourly_simulated"))
    assert table["time"].tolist() == [pd.Timestamp(2020, 1, 1, 1), pd.Timestamp(2020, 1, 1, 2)]
    assert np.isnan(table["precipitation_mm"].iloc[1])
    assert table.attrs["source"]["tier"] == "own"


def test_wrong_settings_are_refused(falling: Fitted) -> None:
    series, weather = _station(), _weather()
    with pytest.raises(EnvironmentDataError, match="'tree': expected one of boosting, forest"):
        fit(series, weather, model="tree", seed=1)  # type: ignore[arg-type]
    with pytest.raises(EnvironmentDataError, match="on 0 days"):
        fit(series, weather.iloc[:0], model="boosting", seed=1)
    with pytest.raises(EnvironmentDataError, match="choose a station"):
        fit(series.expand_dims("station"), weather, model="boosting", seed=1)
    with pytest.raises(EnvironmentDataError, match="blocks of 200 days"):
        fit(series, weather, model="boosting", seed=1, block_days=200)
    with pytest.raises(EnvironmentDataError, match="20 or more, found 5"):
        slope(falling, samples=10, replicates=5, seed=1)
    with pytest.raises(EnvironmentDataError, match="samples"):
        normalise(falling, samples=0, seed=1)
    with pytest.raises(EnvironmentDataError, match="holds 0 hours"):
        explain_change(
            falling,
            ("2010-01-01", "2010-12-31"),
            ("2022-01-01", "2022-12-31"),
            samples=10,
            replicates=20,
            seed=1,
        )


@pytest.mark.mirror
def test_the_embassy_series_runs_on_normals() -> None:
    """Means of its valid hours: 2017 42.78, 2018 40.54 µg/m³."""
    years = [
        catalogue.load("hanoi_pm25_hourly", file=f"Hanoi_PM2.5_{year}_YTD.csv")
        for year in (2016, 2017, 2018)
    ]
    rows = pd.concat(years)
    rows = rows[(rows["QC Name"] == "Valid") & rows["Raw Conc."].between(0, 984.9)]
    time = pd.to_datetime(rows[["Year", "Month", "Day", "Hour"]])
    values = pd.Series(rows["Raw Conc."].to_numpy(), time).groupby(level=0).first()
    series = values.rename_axis("time").to_xarray()
    fitted = fit(series, catalogue.load("hanoi_era5_normals"), model="boosting", seed=1)
    assert "only monthly normals" in fitted.approximate
    table = explain_change(
        fitted,
        ("2017-01-01", "2017-12-31"),
        ("2018-01-01", "2018-12-31"),
        samples=100,
        replicates=20,
        seed=1,
    ).set_index("part")
    assert table.loc["observed", "change"] == pytest.approx(40.54 - 42.78, abs=0.02)
