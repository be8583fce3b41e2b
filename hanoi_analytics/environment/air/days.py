"""Hours put into days, and the share of hours that a daily value needs."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

# Decision 1459 sets no share of valid hours; three quarters is the common rule.
LEAST_SHARE = 0.75
HOURS_OF_DAY, HOURS_OF_OZONE = 24, 8
LEAST_HOURS_OF_DAY = round(LEAST_SHARE * HOURS_OF_DAY)

Day = Literal["hours", "label"]
"""``hours``: the 24 hours that lie in the calendar day, so 01:00 to 00:00 where a label is the end
of its hour, as decision 1459 has it. ``label``: the calendar day of the label, whichever it is."""


def by_day(hourly: xr.DataArray, *, time_label: str, day: Day) -> xr.DataArray:
    """Return hourly values as ``(time, hour, station)``, a row a day, the first and last filled up.

    Raises
    ------
    EnvironmentDataError
        If `day` is neither ``hours`` nor ``label``.
    """
    if day not in ("hours", "label"):
        raise EnvironmentDataError(f"day={day!r}: {nearest(str(day), ('hours', 'label'))}")
    early = pd.Timedelta(hours=1 if day == "hours" and time_label == "end" else 0)
    hours = hourly.indexes["time"] - early
    days = pd.date_range(hours[0].floor("D"), hours[-1].floor("D"), freq="D")
    values = np.full((len(days) * HOURS_OF_DAY, hourly.sizes["station"]), np.nan)
    start = int((hours[0] - days[0]) / pd.Timedelta(hours=1))
    values[start : start + len(hours)] = hourly.transpose("time", "station").to_numpy()
    return xr.DataArray(
        values.reshape(len(days), HOURS_OF_DAY, -1),
        dims=("time", "hour", "station"),
        coords={"time": days, **hourly.drop_vars("time").coords},
    )


def enough_hours(days: xr.DataArray) -> xr.DataArray:
    """Say for each day and station whether 18 of its 24 hours have a value."""
    return days.count("hour") >= LEAST_HOURS_OF_DAY


def eight_hour_means(hourly: xr.DataArray) -> xr.DataArray:
    """Return the mean of 8 hours up to each hour, where 6 of them have a value.

    Examples
    --------
    >>> hours = xr.DataArray([10.0, 20.0, 30.0, 40.0, 50.0, 60.0], dims="time")
    >>> eight_hour_means(hours).values.tolist()
    [nan, nan, nan, nan, nan, 35.0]
    """
    needed = round(LEAST_SHARE * HOURS_OF_OZONE)
    return hourly.rolling(time=HOURS_OF_OZONE, min_periods=needed).mean()
