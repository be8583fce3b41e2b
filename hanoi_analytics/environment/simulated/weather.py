"""Hourly weather of Hà Nội drawn around monthly normals: simulated, because no open table is here.

Days that are alike follow each other (AR(1) anomalies); wind turns with the monsoon; the boundary
layer is shallow at night and on still winter days. Relations are plausible, not fitted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from hanoi_analytics import catalogue

_Array = NDArray[np.float64]

# How much of a day's anomaly the next day keeps.
_DAY_TO_DAY = 0.7
_DAYS_A_YEAR = 365.2425


def hourly_weather(
    *, seed: int, first_year: int = 2022, years: int = 3, ventilation_change_percent: float = 0.0
) -> pd.DataFrame:
    """Draw hourly weather whose monthly means are those of ``hanoi_era5_normals``.

    Parameters
    ----------
    seed : int
        Of the draws.
    first_year, years : int
        Calendar years, from 01:00 of 1 January to 00:00 of the next; an hour is named by its end.
    ventilation_change_percent : float
        Change of wind speed and boundary layer height per year: weather alone then makes a trend
        of the air, which deweathering has to take out.

    Returns
    -------
    pandas.DataFrame, one row an hour
        ``time`` (text, local), ``temperature_c``, ``relative_humidity_percent``,
        ``wind_speed_m_s``, ``wind_direction_deg`` (where it comes from), ``pressure_hpa``,
        ``boundary_layer_m``, ``precipitation_mm`` (of the hour).

    Examples
    --------
    >>> weather = hourly_weather(seed=1, years=1)
    >>> len(weather), weather["time"].iloc[0], weather["time"].iloc[-1]
    (8760, '2022-01-01 01:00', '2023-01-01 00:00')
    """
    rng = np.random.default_rng(seed)
    start, end = f"{first_year}-01-01 01:00", f"{first_year + years}-01-01 00:00"
    time = pd.date_range(start, end, freq="h")
    middle = time - pd.Timedelta(minutes=30)
    hour = (middle.hour + middle.minute / 60).to_numpy(dtype=float)
    day = (middle.day_of_year - 1).to_numpy(dtype=float) + hour / 24
    # 1 in the middle of winter (about 15 January), −1 in the middle of summer.
    winter = np.cos(2 * np.pi * (day - 14) / _DAYS_A_YEAR)
    sun = np.cos(2 * np.pi * (hour - 14) / 24)
    front = _synoptic(rng, time.size)

    normal_c, rain_mm_month = _normals(day)
    temperature_c = normal_c + 3.0 * sun + (2.1 + 0.9 * winter) * front
    rain_mm = _rain_mm(rng, rain_mm_month, middle)
    speed_m_s, direction_deg = _wind(rng, winter, sun)
    mixing = _synoptic(rng, time.size) - 0.3 * (rain_mm > 0)
    day_m = (750 - 150 * winter) * np.clip(sun, 0, None) ** 0.8
    boundary_m = (90 + 85 * speed_m_s + day_m) * np.exp(0.35 * mixing - 0.2 * winter)
    drift = (1 + ventilation_change_percent / 100) ** (
        (time - time[0]) / pd.Timedelta(days=_DAYS_A_YEAR)
    ).to_numpy(dtype=float)
    spring = np.cos(2 * np.pi * (day - 75) / _DAYS_A_YEAR)  # drizzle and mist of February to April
    humidity = 77 + 6 * spring - 11 * sun + 7 * _synoptic(rng, time.size) + 8 * (rain_mm > 0)
    pressure = 1010.5 + 7 * winter - 1.8 * front + 1.1 * np.cos(4 * np.pi * (hour - 10) / 24)
    return pd.DataFrame(
        {
            "time": time.strftime("%Y-%m-%d %H:%M"),
            "temperature_c": temperature_c.round(1),
            "relative_humidity_percent": np.clip(humidity, 25, 100).round(0),
            "wind_speed_m_s": (speed_m_s * drift).round(1),
            "wind_direction_deg": direction_deg.round(0) % 360,
            "pressure_hpa": pressure.round(1),
            "boundary_layer_m": np.clip(boundary_m * drift, 40, 3000).round(0),
            "precipitation_mm": rain_mm.round(1),
        }
    )


def _synoptic(rng: np.random.Generator, hours: int) -> _Array:
    """Standard AR(1) anomalies over days, joined by straight lines from noon to noon."""
    from scipy.signal import lfilter  # noqa: PLC0415 - a second to import

    days = hours // 24 + 2
    shocks = rng.normal(0, np.sqrt(1 - _DAY_TO_DAY**2), days)
    shocks[0] = rng.normal()
    daily = lfilter([1.0], [1.0, -_DAY_TO_DAY], shocks)
    return np.interp(np.arange(hours) / 24, np.arange(days), daily)


def _normals(day: _Array) -> tuple[_Array, _Array]:
    """Normals of temperature and of rain at each hour: straight lines between mid-months."""
    normals = catalogue.load("hanoi_era5_normals").sort_values("month")
    mid_month = (np.arange(12) + 0.5) * _DAYS_A_YEAR / 12
    temperature_c, rain_mm = (
        np.interp(day, mid_month, normals[name], period=_DAYS_A_YEAR)
        for name in ("temperature_c", "precipitation_mm_month")
    )
    return temperature_c, rain_mm


def _rain_mm(rng: np.random.Generator, rain_mm_month: _Array, middle: pd.DatetimeIndex) -> _Array:
    """Showers of one to eight hours on wet days; wet days come in spells."""
    day_number = np.asarray((middle.normalize() - middle[0].normalize()).days)
    days = int(day_number[-1]) + 1
    hour = middle.hour.to_numpy()
    month_mm = rain_mm_month[np.searchsorted(day_number, np.arange(days))]
    wet_day_mm = 4 + month_mm / 25
    wet = ndtr(_synoptic(rng, days * 24)[::24]) < month_mm / 30.4 / wet_day_mm
    hours_long = rng.integers(1, 9, days)
    begins = rng.integers(0, 25 - hours_long)
    per_hour = np.where(wet, rng.exponential(wet_day_mm), 0.0) / hours_long
    since = hour - begins[day_number]
    falls = (since >= 0) & (since < hours_long[day_number])
    return np.where(falls, per_hour[day_number], 0.0)


def _wind(rng: np.random.Generator, winter: _Array, sun: _Array) -> tuple[_Array, _Array]:
    """Speed and direction: the north-east monsoon of winter, the south-east one of summer."""
    prevailing = np.radians(92.5 - 47.5 * winter)
    east = 1.6 * np.sin(prevailing) + 1.0 * _synoptic(rng, winter.size)
    north = 1.6 * np.cos(prevailing) + 1.0 * _synoptic(rng, winter.size)
    gusts = np.exp(rng.normal(0, 0.15, winter.size))
    speed_m_s = (0.3 + np.hypot(east, north)) * (1 + 0.3 * sun) * gusts
    return speed_m_s, np.degrees(np.arctan2(east, north)) % 360
