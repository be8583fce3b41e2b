"""Readings joined with weather by hour, and the terms of time and weather a model sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.weather import weather_table

TREND_TERM = "unix_time_days"
TIME_TERMS = (TREND_TERM, "day_of_year", "weekday", "hour")
_NORMALS_COLUMNS = ("month", "temperature_c", "precipitation_mm_month")
_FEWEST_DAYS = 180

ONLY_NORMALS = (
    "only monthly normals stood for weather: they are alike in every year, so the season is taken "
    "out and the weather is not"
)


@dataclass(frozen=True)
class Joined:
    """Hours with a reading and weather.

    Attributes
    ----------
    reading : numpy.ndarray
        In the unit of the series.
    time : pandas.DatetimeIndex
        Of the readings.
    terms : pandas.DataFrame
        Of the same hours: the trend term first, then the other terms of time, then weather.
    without_reading, without_weather : int
        Hours left out: of the series without a value; with a value but without weather.
    approximate : str
        What stood for weather, if it was not weather.
    """

    reading: NDArray[np.float64]
    time: pd.DatetimeIndex
    terms: pd.DataFrame
    without_reading: int
    without_weather: int
    approximate: str


def joined(series: xr.DataArray, weather: pd.DataFrame) -> Joined:
    """Join one series of readings with weather by the hour's name, and make the model's terms.

    Raises
    ------
    EnvironmentDataError
        A series that is not one of hours, or fewer than 180 days with reading and weather.
    """
    if series.dims != ("time",) or not np.issubdtype(series["time"].dtype, np.datetime64):
        raise EnvironmentDataError(
            f"expected one series over time, found dimensions {series.dims}: choose a station, or "
            "average over stations"
        )
    values = series.to_series().astype("float64")
    if not values.index.is_unique:
        raise EnvironmentDataError("the series has hours that stand twice; keep one value an hour")
    reading = values.dropna().sort_index()
    time = pd.DatetimeIndex(reading.index)
    normals = set(_NORMALS_COLUMNS) <= set(weather.columns)
    weather_terms = _of_normals(time, weather) if normals else _of_hours(weather)
    weather_terms = weather_terms.reindex(time).dropna()
    time = pd.DatetimeIndex(weather_terms.index)
    kept = reading.loc[time]
    days = time.normalize().nunique()
    if days < _FEWEST_DAYS:
        raise EnvironmentDataError(
            f"{len(reading)} hours have a reading and {len(kept)} of them weather, on {days} days: "
            f"expected {_FEWEST_DAYS} days at least; is the weather of the same years and local "
            "time?"
        )
    return Joined(
        reading=np.asarray(kept, dtype="float64"),
        time=time,
        terms=_of_time(time).join(weather_terms),
        without_reading=len(values) - len(reading),
        without_weather=len(reading) - len(kept),
        approximate=ONLY_NORMALS if normals else "",
    )


def trend_term(time: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Days since 1970, the only term that tells one year from another."""
    return ((time - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def _of_time(time: pd.DatetimeIndex) -> pd.DataFrame:
    columns = (trend_term(time), time.day_of_year, time.day_of_week, time.hour)
    return pd.DataFrame(dict(zip(TIME_TERMS, columns, strict=True)), index=time, dtype=float)


def _of_hours(weather: pd.DataFrame) -> pd.DataFrame:
    """Weather by hour; wind also by components, because 359° and 1° are next to each other."""
    table = weather_table(weather).set_index("time")
    from_deg = np.radians(table.pop("wind_direction_deg"))
    return table.assign(
        wind_from_east_m_s=table["wind_speed_m_s"] * np.sin(from_deg),
        wind_from_north_m_s=table["wind_speed_m_s"] * np.cos(from_deg),
    )


def _of_normals(time: pd.DatetimeIndex, normals: pd.DataFrame) -> pd.DataFrame:
    months = normals.set_index("month")
    if sorted(months.index) != list(range(1, 13)):
        raise EnvironmentDataError(
            f"expected normals of the months 1 to 12, found {sorted(months.index)}"
        )
    return months.loc[time.month, list(_NORMALS_COLUMNS[1:])].set_axis(time)
