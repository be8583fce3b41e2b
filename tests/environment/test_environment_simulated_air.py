"""Simulated weather keeps to the normals, simulated readings to what is measured in Hà Nội."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hanoi_analytics import catalogue, places
from hanoi_analytics.environment.air import require_readings
from hanoi_analytics.environment.simulated.air import hourly_air, readings
from hanoi_analytics.environment.simulated.weather import hourly_weather
from hanoi_analytics.environment.weather import weather_table


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    """Ten years, so that monthly means settle."""
    return weather_table(hourly_weather(seed=5, years=10)).set_index("time")


@pytest.fixture(scope="module")
def air() -> xr.Dataset:
    """Three years as the catalogue gives them."""
    return readings(catalogue.load("hanoi_air_hourly_simulated"))


def test_monthly_means_are_the_normals(weather: pd.DataFrame) -> None:
    normals = catalogue.load("hanoi_era5_normals").set_index("month")
    months = weather.index.month  # type: ignore[attr-defined]
    found_c = weather["temperature_c"].groupby(months).mean()
    assert (found_c - normals["temperature_c"]).abs().max() < 1.2
    rain_mm = weather["precipitation_mm"].sum() / 10
    assert rain_mm == pytest.approx(normals["precipitation_mm_month"].sum(), rel=0.15)


def test_the_monsoon_turns_and_the_layer_is_low_at_night_and_in_winter(
    weather: pd.DataFrame,
) -> None:
    months, hours = weather.index.month, weather.index.hour  # type: ignore[attr-defined]
    from_deg = np.radians(weather["wind_direction_deg"])
    east, north = np.sin(from_deg), np.cos(from_deg)
    january, july = months == 1, months == 7
    assert east[january].mean() > 0.2 and north[january].mean() > 0.2
    assert east[july].mean() > 0.2 and north[july].mean() < -0.2
    layer_m = weather["boundary_layer_m"]
    assert layer_m[hours == 4].mean() < 0.4 * layer_m[hours == 14].mean()
    assert layer_m[january].mean() < 0.75 * layer_m[july].mean()


def test_days_follow_days_and_limits_hold(weather: pd.DataFrame) -> None:
    daily_c = weather["temperature_c"].resample("D").mean()
    month = daily_c.index.month  # type: ignore[attr-defined]
    anomaly = daily_c - daily_c.groupby(month).transform("mean")
    assert anomaly.autocorr(1) > 0.5
    assert weather["relative_humidity_percent"].between(0, 100).all()
    assert weather["wind_direction_deg"].between(0, 359.99).all()
    assert len(weather) == 24 * (pd.Timestamp("2032-01-01") - pd.Timestamp("2022-01-01")).days


def test_a_seed_is_a_draw() -> None:
    one, same, other = (hourly_weather(seed=seed, years=1) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one["temperature_c"].equals(other["temperature_c"])


def test_readings_are_readings_and_say_that_they_are_simulated(air: xr.Dataset) -> None:
    require_readings(air)
    assert air.attrs["source"]["tier"] == "simulated"
    assert air["pm25"].attrs["source"] == air.attrs["source"]
    assert all(str(name).startswith("Simulated ") for name in air["station"].to_numpy())


def test_the_long_table_and_the_readings_hold_the_same_values() -> None:
    table = catalogue.load("hanoi_air_hourly_simulated", years=1)
    dataset = readings(table)
    picked = table.sample(200, random_state=1)
    for row in picked.to_dict("records"):
        at = dataset.sel(time=pd.Timestamp(row["time"]), station=row["station"])
        np.testing.assert_equal(float(at["o3"]), row["o3_ugm3"])
        assert float(at["longitude"]) == row["longitude"]


def test_stations_lie_in_the_city_and_the_centre_is_dirtier(air: xr.Dataset) -> None:
    points = gpd.GeoSeries.from_xy(air["longitude"], air["latitude"], crs="EPSG:4326")
    city = places.wards("approximate").to_crs("EPSG:4326").union_all()
    assert points.within(city).all()
    metres = points.to_crs("EPSG:32648")
    assert metres.distance(metres.iloc[0]).max() > 20_000
    means = air[["pm25", "no2", "o3"]].mean("time")
    assert means["pm25"][0] > 1.2 * means["pm25"][-1]
    assert means["no2"][0] > 2 * means["no2"][-1]
    assert means["o3"][0] < means["o3"][-1]


def test_levels_are_those_of_ha_noi(air: xr.Dataset) -> None:
    """Means of 2018–2021 at ten stations: PM2.5 40.5, PM10 70.5; winter 66–83, July 21–26."""
    assert float(air["pm25"].mean()) == pytest.approx(40.5, abs=5)
    assert float(air["pm10"].mean()) == pytest.approx(70.5, abs=8)
    pm25 = air["pm25"].mean("station").to_series()
    months = pm25.groupby(pm25.index.month).mean()  # type: ignore[attr-defined]
    assert 55 < months[[12, 1]].mean() < 85 and 18 < months[7] < 29
    hours = pm25.groupby(pm25.index.hour).mean()  # type: ignore[attr-defined]
    assert hours.idxmin() in (14, 15, 16)
    high = hours[[22, 23, *range(10)]]
    assert high.min() > hours.mean() and hours.idxmax() in high.index
    assert not bool((air["pm10"] < air["pm25"]).any())
    missing = float(np.isnan(air["pm25"]).mean())
    assert 0.02 < missing < 0.12


def test_the_trend_is_the_one_asked_for() -> None:
    """The same draw with and without: what is left of each year is the trend's power."""
    falling = hourly_air(seed=3, years=3, trend_percent_per_year=-10)
    steady = hourly_air(seed=3, years=3, trend_percent_per_year=0)
    year = falling["time"].str[:4]
    share = falling["no2_ugm3"].groupby(year).mean() / steady["no2_ugm3"].groupby(year).mean()
    for found, elapsed_years in zip(share.iloc[:3], (0.5, 1.5, 2.5), strict=True):
        assert found == pytest.approx(0.9**elapsed_years, abs=0.03)
    ozone = falling["o3_ugm3"].mean() / steady["o3_ugm3"].mean()
    assert ozone > 1, "less nitrogen dioxide takes up less ozone"


def test_windier_years_are_cleaner_without_any_trend() -> None:
    table = hourly_air(seed=3, trend_percent_per_year=0, ventilation_change_percent=15)
    means = table["pm25_ugm3"].groupby(table["time"].str[:4]).mean().iloc[:3]
    assert all(later < 0.97 * earlier for earlier, later in pairwise(means))
