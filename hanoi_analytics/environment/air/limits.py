"""Limits and guidelines of air quality with their dates, and how often they are exceeded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.air.checks import require_readings
from hanoi_analytics.environment.air.days import Day, by_day, eight_hour_means, enough_hours
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

_COUNTED = {"1h": "hours", "8h": "days", "24h": "days"}


@dataclass(frozen=True)
class Limit:
    """A limit as it stands on a day.

    Attributes
    ----------
    ugm3 : float
        µg/m³.
    document, valid_from, status, note : str
        What sets it, since when (ISO 8601), V where the source named was seen, and remarks.
    """

    ugm3: float
    document: str
    valid_from: str
    status: str
    note: str


def limit(pollutant: str, period: str, standard: str, on_date: str | date) -> Limit:
    """Return the limit that holds on a day.

    Parameters
    ----------
    pollutant : str
        ``pm25, pm10, o3, no2, so2, co, tsp`` or ``pb``.
    period : str
        ``1h, 8h, 24h, year`` or ``peak season``.
    standard : str
        ``QCVN 05`` (the national one, in the version of the day), ``WHO 2021``, or
        ``WHO 2021 interim target 1`` to ``4``.
    on_date : str or datetime.date
        The day. WHO's guidelines are no law: they serve as a yardstick for any day.

    Returns
    -------
    Limit
        The newest that was valid by then.

    Raises
    ------
    EnvironmentDataError
        No such limit, or none yet on that day.

    Examples
    --------
    >>> [limit("pm25", "24h", "QCVN 05", day).ugm3 for day in ("2025-12-31", "2026-01-01")]
    [50.0, 45.0]
    """
    versions = _versions(catalogue.load("air_limits"), pollutant, period, standard)
    day = pd.Timestamp(on_date)
    row = versions.iloc[_position(versions, pd.DatetimeIndex([day]))[0]]
    return Limit(
        ugm3=float(row["limit_ugm3"]),
        document=str(row["document"]),
        valid_from=str(row["valid_from"]),
        status=str(row["status"]),
        note="" if pd.isna(row["note"]) else str(row["note"]),
    )


def exceedance(
    readings: xr.Dataset,
    pollutant: str,
    period: str,
    standard: str,
    *,
    on_date: str | date | None = None,
    day: Day = "hours",
) -> pd.DataFrame:
    """Count the hours or days above a limit, by station and year.

    Parameters
    ----------
    readings : xarray.Dataset
        Readings, see `require_readings`.
    pollutant : str
        A variable of the readings.
    period : {"1h", "8h", "24h"}
        ``1h`` counts hours; ``8h`` days whose highest 8-hour mean, ``24h`` days whose mean is above
        the limit. A day counts as valid with 18 of 24 hours, an 8-hour mean needs 6.
    standard : str
        See `limit`.
    on_date : str or datetime.date, optional
        Hold every day against the limit of this day; by default against the limit of its own.
    day : {"hours", "label"}
        What a day is, see `daily_index`.

    Returns
    -------
    pandas.DataFrame
        ``station``, ``year``, ``limits_ugm3`` (each that was applied, in order of time),
        ``counted`` (hours or days), ``exceeding``, ``valid``, ``expected`` (of the calendar year),
        ``exceeding_percent`` of the valid ones, NaN if there are none.

    Raises
    ------
    EnvironmentDataError
        Not readings, a pollutant not among them, no such limit, or a day before any limit.

    Examples
    --------
    >>> hours = pd.date_range("2025-12-31 01:00", "2026-01-02 00:00", freq="h")
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), np.full((48, 1), 47.0), {"units": "µg/m³"})},
    ...     coords={"time": hours, "station": ["Hàng Đậu"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> exceedance(readings, "pm25", "24h", "QCVN 05")[["year", "exceeding"]].values.tolist()
    [[2025, 0], [2026, 1]]
    """
    require_readings(readings)
    if pollutant not in readings:
        known = map(str, readings.data_vars)
        raise EnvironmentDataError(f"no {pollutant!r} in the readings: {nearest(pollutant, known)}")
    if period not in _COUNTED:
        raise EnvironmentDataError(
            f"period={period!r}: {nearest(period, _COUNTED)}; hold a year against `limit` with the "
            "table of `means`"
        )
    limits = catalogue.load("air_limits")
    versions = _versions(limits, pollutant, period, standard)
    values = _statistic(readings[pollutant], period, readings.attrs["time_label"], day)
    table = _exceeding(values, versions, period, on_date)
    table.attrs.update(sources_of(readings.attrs, limits.attrs))
    return table


def exceedance_of_days(
    daily: xr.DataArray, standard: str, *, on_date: str | date | None = None
) -> pd.DataFrame:
    """Count the days whose mean is above the limit of 24 hours, by station and year.

    Parameters
    ----------
    daily : xarray.DataArray
        As `daily_means` or `days_of_table` returns it: named as the pollutant.
    standard, on_date
        See `exceedance`.

    Returns
    -------
    pandas.DataFrame
        See `exceedance`.

    Raises
    ------
    EnvironmentDataError
        No such limit, or a day before any limit.

    Examples
    --------
    >>> daily = xr.DataArray(
    ...     [[44.0], [47.0], [np.nan]],
    ...     dims=("time", "station"),
    ...     coords={"time": pd.date_range("2025-12-29", periods=3), "station": ["Hàng Đậu"]},
    ...     name="pm25",
    ... )
    >>> new = exceedance_of_days(daily, "QCVN 05", on_date="2026-01-01")
    >>> new[["limits_ugm3", "exceeding", "valid"]].values.tolist()
    [['45', 1, 2]]
    """
    limits = catalogue.load("air_limits")
    table = _exceeding(daily, _versions(limits, str(daily.name), "24h", standard), "24h", on_date)
    table.attrs.update(sources_of(daily.attrs, limits.attrs))
    return table


def _exceeding(
    values: xr.DataArray, versions: pd.DataFrame, period: str, on_date: str | date | None
) -> pd.DataFrame:
    dates = values.indexes["time"]
    asked = dates if on_date is None else pd.DatetimeIndex([pd.Timestamp(on_date)] * len(dates))
    bounds = versions["limit_ugm3"].to_numpy()[_position(versions, asked)]
    return pd.DataFrame(_rows(values, bounds, period))


def _versions(limits: pd.DataFrame, pollutant: str, period: str, standard: str) -> pd.DataFrame:
    found = limits
    for column, word in (("standard", standard), ("pollutant", pollutant), ("period", period)):
        known = found[column]
        found = found[known == word]
        if found.empty:
            raise EnvironmentDataError(
                f"no limit with {column} {word!r} among those of {standard!r} for {pollutant!r} "
                f"and {period!r}: {nearest(word, known)}"
            )
    return found.sort_values("valid_from")


def _position(versions: pd.DataFrame, days: pd.DatetimeIndex) -> Any:
    """Return which version holds on each day."""
    if versions["kind"].iloc[0] != "limit":
        return np.zeros(len(days), dtype=int)
    since = pd.DatetimeIndex(versions["valid_from"])
    position = np.searchsorted(since, days, side="right") - 1
    if (position < 0).any():
        raise EnvironmentDataError(
            f"no limit yet on {days[position < 0][0].date()}: the first, "
            f"{versions['document'].iloc[0]}, holds from {since[0].date()}; set on_date to apply a "
            "later one"
        )
    return position


def _statistic(hourly: xr.DataArray, period: str, time_label: str, day: Day) -> xr.DataArray:
    if period == "1h":
        early = pd.Timedelta(hours=1 if time_label == "end" and day == "hours" else 0)
        return hourly.assign_coords(time=hourly.indexes["time"] - early)
    days = by_day(hourly, time_label=time_label, day=day)
    enough = enough_hours(days)
    if period == "24h":
        return days.mean("hour").where(enough)
    eight = by_day(eight_hour_means(hourly), time_label=time_label, day=day)
    return eight.max("hour").where(enough)


def _rows(values: xr.DataArray, bounds: Any, period: str) -> list[dict[str, Any]]:
    numbers = values.transpose("time", "station").to_numpy()
    years = values.indexes["time"].year
    rows: list[dict[str, Any]] = []
    for column, station in enumerate(values["station"].values):
        for year in sorted(set(years)):
            inside = years == year
            valid = int(np.count_nonzero(~np.isnan(numbers[inside, column])))
            # A mean that equals its limit may come out a hair above it in binary.
            above = numbers[inside, column] > bounds[inside] + 1e-9
            exceeding = int(np.count_nonzero(above))
            days = 366 if pd.Timestamp(year, 1, 1).is_leap_year else 365
            rows.append(
                {
                    "station": str(station),
                    "year": int(year),
                    "limits_ugm3": ", ".join(f"{one:g}" for one in dict.fromkeys(bounds[inside])),
                    "counted": _COUNTED[period],
                    "exceeding": exceeding,
                    "valid": valid,
                    "expected": days * 24 if period == "1h" else days,
                    "exceeding_percent": 100 * exceeding / valid if valid else np.nan,
                }
            )
    return rows
