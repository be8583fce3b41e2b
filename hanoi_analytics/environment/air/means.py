"""Means of days, months and years, published only where enough of them was measured."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.air.checks import UNITS, require_readings
from hanoi_analytics.environment.air.days import (
    HOURS_OF_DAY,
    LEAST_HOURS_OF_DAY,
    LEAST_SHARE,
    Day,
    by_day,
    enough_hours,
)
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

Period = Literal["day", "month", "year"]
_FREQUENCY = {"day": "D", "month": "M", "year": "Y"}


def means(readings: xr.Dataset, period: Period, *, day: Day = "hours") -> pd.DataFrame:
    """Return the means of periods, with what each stands on and whether it may be published.

    A daily mean needs 18 of 24 hours. A mean of a month or a year is the mean of its daily means
    that count, and needs three quarters of the calendar's days: a year that was measured in part is
    no year.

    Parameters
    ----------
    readings : xarray.Dataset
        Readings, see `require_readings`.
    period : {"day", "month", "year"}
        What to take the mean of.
    day : {"hours", "label"}
        What a day is, see `daily_index`.

    Returns
    -------
    pandas.DataFrame
        A row for each pollutant, station and period: ``pollutant``, ``station``, ``start`` (first
        day), ``mean_ugm3`` (NaN unless published), ``partial_mean_ugm3`` (of what there is, where
        it is not published), ``counted`` (hours or days), ``valid``, ``expected``, ``share``,
        ``published``, ``reason`` ("" if published).

    Raises
    ------
    EnvironmentDataError
        Not readings, or an unknown period or day.

    Notes
    -----
    The three quarters are a common rule, not one of decision 1459 or QCVN 05, where no share was
    found; nor was a share for each quarter of the year, so none is asked for.

    Examples
    --------
    >>> hours = pd.date_range("2019-10-07 21:00", "2020-01-01 00:00", freq="h")
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), np.full((len(hours), 1), 67.2), {"units": "µg/m³"})},
    ...     coords={"time": hours, "station": ["embassy"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> means(readings, "year")[["mean_ugm3", "valid", "expected", "published"]].values.tolist()
    [[nan, 85, 365, False]]
    """
    if period not in _FREQUENCY:
        raise EnvironmentDataError(f"period={period!r}: {nearest(str(period), _FREQUENCY)}")
    require_readings(readings)
    label = readings.attrs["time_label"]
    tables = []
    for name in readings.data_vars:
        days = by_day(readings[name], time_label=label, day=day)
        if period == "day":
            table = _long(days.mean("hour")).rename(columns={"time": "start"})
            table["valid"] = _long(days.count("hour"))["mean"]
            table = table.assign(counted="hours", expected=HOURS_OF_DAY)
        else:
            table = _of_days(days.mean("hour").where(enough_hours(days)), period)
        tables.append(table.assign(pollutant=str(name)))
    table = _judged(pd.concat(tables, ignore_index=True))
    table.attrs.update(sources_of(readings.attrs))
    return table


def means_of_days(daily: xr.DataArray, period: Literal["month", "year"]) -> pd.DataFrame:
    """Return the means of months or years from daily means, as `means` does from hours.

    Parameters
    ----------
    daily : xarray.DataArray
        As `daily_means` or `days_of_table` returns it.
    period : {"month", "year"}
        What to take the mean of.

    Returns
    -------
    pandas.DataFrame
        See `means`.

    Raises
    ------
    EnvironmentDataError
        An unknown period.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> table = catalogue.load("hanoi_pm25_daily_2016_2018")
    >>> years = means_of_days(days_of_table(table, station="US Embassy"), "year")
    >>> years["mean_ugm3"].round(1).tolist(), years["valid"].tolist()
    ([50.8, 42.7, 40.5], [345, 362, 325])
    """
    if period not in ("month", "year"):
        hint = nearest(str(period), ("month", "year"))
        raise EnvironmentDataError(f"period={period!r}: {hint}")
    table = _judged(_of_days(daily, period).assign(pollutant=str(daily.name)))
    table.attrs.update(sources_of(daily.attrs))
    return table


def daily_means(readings: xr.Dataset, pollutant: str, *, day: Day = "hours") -> xr.DataArray:
    """Return the daily means of a pollutant that count: those with 18 of 24 hours.

    Parameters
    ----------
    readings : xarray.Dataset
        Readings, see `require_readings`.
    pollutant : str
        A variable of the readings.
    day : {"hours", "label"}
        What a day is, see `daily_index`.

    Returns
    -------
    xarray.DataArray (time, station)
        µg/m³, a value a day, NaN where too few hours have one; named as the pollutant.

    Raises
    ------
    EnvironmentDataError
        Not readings, a pollutant not among them, or an unknown day.

    Examples
    --------
    >>> hours = pd.date_range("2020-01-01 01:00", periods=48, freq="h")
    >>> values = np.where(np.arange(48) < 41, 30.0, np.nan)[:, None]
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), values, {"units": "µg/m³"})},
    ...     coords={"time": hours, "station": ["Hàng Đậu"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> daily_means(readings, "pm25").values.ravel().tolist()
    [30.0, nan]
    """
    require_readings(readings)
    if pollutant not in readings:
        known = map(str, readings.data_vars)
        raise EnvironmentDataError(f"no {pollutant!r} in the readings: {nearest(pollutant, known)}")
    days = by_day(readings[pollutant], time_label=readings.attrs["time_label"], day=day)
    daily = days.mean("hour").where(enough_hours(days)).rename(pollutant)
    return daily.assign_attrs(units=UNITS, **sources_of(readings.attrs))


def days_of_table(table: pd.DataFrame, *, station: str) -> xr.DataArray:
    """Lay out a table of daily means of PM2.5 as `daily_means` does.

    Parameters
    ----------
    table : pandas.DataFrame
        ``date`` (ISO 8601), ``hours`` (that had a value) and ``pm25_ugm3``, such as
        ``hanoi_pm25_daily_2016_2018``.
    station : str
        Its name.

    Returns
    -------
    xarray.DataArray (time, station)
        All days of the years of the table, NaN where fewer than 18 hours had a value.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> days = days_of_table(catalogue.load("hanoi_pm25_daily_2016_2018"), station="US Embassy")
    >>> days.sizes["time"], int(days.count())
    (1096, 1032)
    """
    dates = pd.DatetimeIndex(table["date"])
    every = pd.date_range(f"{dates.year.min()}-01-01", f"{dates.year.max()}-12-31")
    values = pd.Series(table["pm25_ugm3"].to_numpy(), dates)
    values = values.where(table["hours"].to_numpy() >= LEAST_HOURS_OF_DAY).reindex(every)
    return xr.DataArray(
        values.to_numpy()[:, None],
        dims=("time", "station"),
        coords={"time": every, "station": [station]},
        name="pm25",
        attrs={"units": UNITS, **sources_of(table.attrs)},
    )


def _of_days(daily: xr.DataArray, period: Period) -> pd.DataFrame:
    """Mean of the days that have a value, by station and period."""
    frame = _long(daily)
    frame["start"] = frame["time"].dt.to_period(_FREQUENCY[period]).dt.start_time
    grouped = frame.groupby(["station", "start"], sort=False)["mean"].agg(["mean", "count"])
    table = grouped.rename(columns={"count": "valid"}).reset_index()
    spans = table["start"].dt.to_period(_FREQUENCY[period])
    table["expected"] = (spans.dt.end_time.dt.normalize() - spans.dt.start_time).dt.days + 1
    return table.assign(counted="days")


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Say of each mean whether enough was measured to publish it."""
    table["share"] = table["valid"] / table["expected"]
    table["published"] = table["share"] >= LEAST_SHARE
    table["mean_ugm3"] = table["mean"].where(table["published"])
    table["partial_mean_ugm3"] = table["mean"].where(~table["published"])
    table["reason"] = [_reason(row) for row in table.itertuples()]
    order = ["pollutant", "station", "start", "mean_ugm3", "partial_mean_ugm3", "counted"]
    return table[[*order, "valid", "expected", "share", "published", "reason"]]


def _long(daily: xr.DataArray) -> pd.DataFrame:
    names = daily["station"].to_numpy().astype(str)
    return pd.DataFrame(
        {
            "station": np.repeat(names, daily.sizes["time"]),
            "time": np.tile(daily["time"].to_numpy(), len(names)),
            "mean": daily.transpose("station", "time").to_numpy().ravel(),
        }
    )


def _reason(row: Any) -> str:
    if row.published:
        return ""
    needed = math.ceil(LEAST_SHARE * row.expected)
    return f"{row.valid} of {row.expected} {row.counted} valid, {needed} needed"
