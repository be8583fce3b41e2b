"""Hourly readings of ten imaginary stations in Hà Nội, with a trend that is known.

Emissions (rush hours, season, distance from the centre, a trend) are diluted by the boundary layer
and the wind of ``hanoi_weather_hourly_simulated`` and washed out by its rain. Levels are set near
those measured in Hà Nội; a single value means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from hanoi_analytics import catalogue
from hanoi_analytics.environment.air.checks import POLLUTANTS, UNITS
from hanoi_analytics.environment.weather import weather_table

_Array = NDArray[np.float64]

# Longitude, latitude, and traffic beside the station relative to a quiet place. No real station.
_STATIONS = (
    (105.846, 21.021, 1.15),
    (105.822, 21.036, 1.00),
    (105.873, 21.004, 1.10),
    (105.801, 20.992, 1.20),
    (105.888, 21.052, 1.00),
    (105.768, 21.044, 1.05),
    (105.781, 20.951, 0.95),
    (105.834, 21.128, 0.90),
    (105.642, 21.013, 0.85),
    (105.712, 20.812, 0.85),
)
_CENTRE = (105.852, 21.025)

# Of each pollutant: level (µg/m³) in the centre under middling weather; share that comes from
# traffic; how strongly a shallow layer and still air raise it; fall per 10 km from the centre;
# more in winter than in summer by emissions and inflow (log); noise of the place (log);
# noise of the instrument (µg/m³).
_TRAITS = {
    "pm25": (42.5, 0.35, 0.42, 0.10, 0.42, 0.20, 1.5),
    "pm10": (74.0, 0.35, 0.38, 0.10, 0.36, 0.20, 3.0),
    "no2": (33.0, 0.80, 0.45, 0.35, 0.12, 0.20, 1.5),
    "so2": (13.0, 0.20, 0.30, 0.15, 0.20, 0.25, 1.0),
    "co": (900.0, 0.60, 0.35, 0.20, 0.18, 0.15, 30.0),
}


def hourly_air(
    *,
    seed: int,
    first_year: int = 2022,
    years: int = 3,
    trend_percent_per_year: float = -3.0,
    ventilation_change_percent: float = 0.0,
) -> pd.DataFrame:
    """Draw the readings of ten stations under the simulated weather of the same years.

    Parameters
    ----------
    seed : int
        Of the draws; the weather has its own.
    first_year, years, ventilation_change_percent
        As ``hanoi_weather_hourly_simulated`` takes them.
    trend_percent_per_year : float
        Change of emissions per year, the same for all pollutants but ozone, which has none.

    Returns
    -------
    pandas.DataFrame, one row per station and hour
        ``time`` (text, local; the hour's end), ``station``, ``longitude``, ``latitude`` and
        µg/m³ of six pollutants, missing where an instrument stood still.

    Examples
    --------
    >>> table = hourly_air(seed=1, years=1)
    >>> len(table), table["station"].iloc[0], "pm25_ugm3" in table
    (87600, 'Simulated 01', True)
    """
    rng = np.random.default_rng(seed)
    text = catalogue.load(
        "hanoi_weather_hourly_simulated",
        first_year=first_year,
        years=years,
        ventilation_change_percent=ventilation_change_percent,
    )
    weather = weather_table(text)
    place = np.array(_STATIONS)
    kilometres = np.hypot((place[:, 0] - _CENTRE[0]) * 103.9, (place[:, 1] - _CENTRE[1]) * 110.8)
    elapsed_years = (weather["time"] - weather["time"].iloc[0]) / pd.Timedelta(days=365.2425)
    emitted = (1 + trend_percent_per_year / 100) ** elapsed_years.to_numpy(dtype=float)
    columns = {
        f"{name}_ugm3": _pollutant(
            rng,
            weather,
            kilometres=kilometres,
            traffic=place[:, 2],
            emitted=emitted,
            traits=traits,
        )
        for name, traits in _TRAITS.items()
    }
    # Coarse dust comes on top of fine dust: PM10 is never below PM2.5.
    columns["pm10_ugm3"] = np.maximum(columns["pm10_ugm3"], 1.15 * columns["pm25_ugm3"])
    columns["o3_ugm3"] = _ozone(rng, weather, columns["no2_ugm3"])
    idle = _idle(rng, len(weather), len(place))
    values = {
        f"{name}_ugm3": np.where(idle, np.nan, columns[f"{name}_ugm3"].round(1)).ravel()
        for name in POLLUTANTS
    }
    names = np.array([f"Simulated {number + 1:02d}" for number in range(len(place))])
    return pd.DataFrame(
        {
            "time": np.tile(text["time"].to_numpy(dtype=object), len(place)),
            "station": np.repeat(names.astype(object), len(weather)),
            "longitude": np.repeat(place[:, 0], len(weather)),
            "latitude": np.repeat(place[:, 1], len(weather)),
            **values,
        }
    )


def readings(table: pd.DataFrame) -> xr.Dataset:
    """Make the long table of ``hanoi_air_hourly_simulated`` into readings by time and station.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``catalogue.load`` returns it.

    Returns
    -------
    xarray.Dataset (time, station)
        ``pm25``, ``pm10``, ``o3``, ``no2``, ``so2``, ``co`` in µg/m³, hourly and complete;
        ``attrs["time_label"]`` is ``"end"``.

    Examples
    --------
    >>> air = readings(catalogue.load("hanoi_air_hourly_simulated", years=1))
    >>> dict(air.sizes), air.pm25.attrs["units"]
    ({'time': 8760, 'station': 10}, 'µg/m³')
    """
    source = {"source": table.attrs["source"]}
    stations = table.drop_duplicates("station")
    columns = stations["station"].to_numpy(dtype=str)
    shape = (len(columns), len(table) // len(columns))
    time = pd.to_datetime(table["time"].iloc[: shape[1]], format="%Y-%m-%d %H:%M")
    return xr.Dataset(
        {
            name: (
                ("time", "station"),
                table[f"{name}_ugm3"].to_numpy().reshape(shape).T,
                {"units": UNITS, **source},
            )
            for name in POLLUTANTS
        },
        coords={
            "time": time.to_numpy(dtype="datetime64[ns]"),
            "station": columns,
            "longitude": ("station", stations["longitude"].to_numpy()),
            "latitude": ("station", stations["latitude"].to_numpy()),
        },
        attrs={"time_label": "end", **source},
    )


def _pollutant(
    rng: np.random.Generator,
    weather: pd.DataFrame,
    *,
    kilometres: _Array,
    traffic: _Array,
    emitted: _Array,
    traits: tuple[float, ...],
) -> _Array:
    """µg/m³ by station and hour."""
    from scipy.signal import lfilter  # noqa: PLC0415 - a second to import

    level, share, stagnation, fall, seasonal, place_noise, instrument = traits
    middle = weather["time"] - pd.Timedelta(minutes=30)
    winter = np.cos(2 * np.pi * (middle.dt.day_of_year.to_numpy() - 5) / 365.2425)
    diluted = _dilution(weather) * stagnation + seasonal * winter
    street = _rush(middle)[None, :] * traffic[:, None]
    source = (share * street + 1 - share) * np.exp(-fall * kilometres / 10)[:, None]
    shape = (kilometres.size, len(weather))
    wander = lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], rng.normal(0, place_noise, shape), axis=1)
    clean = level * source * (emitted * np.exp(diluted))[None, :] * np.exp(wander)
    return np.clip(clean * rng.normal(1, 0.05, shape) + rng.normal(0, instrument, shape), 0.5, None)


def _dilution(weather: pd.DataFrame) -> _Array:
    """Log of how far the weather of the last hours holds pollution back, near 0 on average."""
    from scipy.signal import lfilter  # noqa: PLC0415

    log_layer = np.log(weather["boundary_layer_m"].to_numpy() / 420)
    log_wind = np.log(np.maximum(weather["wind_speed_m_s"].to_numpy(), 0.3) / 2)
    wet = np.minimum(weather["precipitation_mm"].to_numpy(), 6)
    northerly = np.cos(np.radians(weather["wind_direction_deg"].to_numpy() - 30))
    held = -log_layer - 0.7 * log_wind - 0.15 * wet + 0.25 * northerly
    # Air is not renewed at once: what was emitted two hours ago still counts by a quarter.
    start = held[:1] * 0.5
    return lfilter([0.5], [1, -0.5], held, zi=start)[0]


def _rush(middle: pd.Series[Any]) -> _Array:
    """Traffic of the hour, about 1 on average: two peaks, the morning's lower at weekends."""
    hour = middle.dt.hour.to_numpy() + 0.5
    workday = middle.dt.day_of_week.to_numpy() < 5
    morning = np.exp(-(((hour - 7.8) / 1.6) ** 2)) * np.where(workday, 1.0, 0.5)
    evening = np.exp(-(((hour - 18.3) / 2.2) ** 2))
    awake = 1 / (1 + np.exp(-(hour - 5.5) * 1.5)) / (1 + np.exp((hour - 22.5) * 1.2))
    return 0.35 + 0.5 * awake + 0.8 * morning + 0.8 * evening


def _ozone(rng: np.random.Generator, weather: pd.DataFrame, no2: _Array) -> _Array:
    """More in sun and warmth, less where nitrogen oxides take it up."""
    hour = (weather["time"] - pd.Timedelta(minutes=30)).dt.hour.to_numpy() + 0.5
    sun = np.clip(np.cos(2 * np.pi * (hour - 14) / 24) + 0.2, 0, None)
    dry = (weather["precipitation_mm"].to_numpy() == 0) * 1.0
    warm = np.clip((weather["temperature_c"].to_numpy() - 10) / 15, 0, None)
    made = 22 + 68 * sun * warm * (0.5 + 0.5 * dry)
    noise = rng.normal(0, 4, no2.shape)
    return np.clip(made[None, :] * np.exp(-no2 / 90) + noise, 1.0, None)


def _idle(rng: np.random.Generator, hours: int, stations: int) -> NDArray[np.bool_]:
    """Where an instrument stood still: single hours, and one to six days about every 80 days."""
    idle = rng.random((stations, hours)) < 0.02
    for row in idle:
        begins = np.flatnonzero(rng.random(hours) < 1 / (80 * 24))
        for begin, length in zip(begins, rng.integers(24, 145, begins.size), strict=True):
            row[begin : begin + length] = True
    return idle
