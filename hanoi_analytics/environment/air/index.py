"""VN_AQI by the hour and by the day, for every station at once, and the days of each class.

References
----------
Decision 1459/QĐ-TCMT of 12 November 2019 (Vietnam Environment Administration), section 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.air.checks import require_readings
from hanoi_analytics.environment.air.days import Day, by_day, eight_hour_means, enough_hours
from hanoi_analytics.environment.air.nowcast import nowcast
from hanoi_analytics.environment.air.scale import (
    CLASSES,
    TOP_INDEX,
    class_names,
    interpolated,
    round_index,
)
from hanoi_analytics.environment.checks import EnvironmentDataError

DUST = ("pm25", "pm10")
_POOR_OR_WORSE = [one.name for one in CLASSES if one.low > 100]


def hourly_index(readings: xr.Dataset) -> xr.Dataset:
    """Return VN_AQI of each hour: NowCast of dust, 1-hour means of gases.

    Parameters
    ----------
    readings : xarray.Dataset
        Readings, see `require_readings`, with ``pm25`` or ``pm10``.

    Returns
    -------
    xarray.Dataset
        ``vn_aqi`` (time, station), 0 to 500, whole numbers, NaN where neither PM2.5 nor PM10 has an
        index; ``sub_index`` (pollutant, time, station), rounded; ``main_pollutant``, the one with
        the highest sub-index, "" where there is no index; ``above_scale``, whether a concentration
        reached the last breakpoint, from where on the index stays 500.

    Raises
    ------
    EnvironmentDataError
        Not readings, or neither ``pm25`` nor ``pm10`` among them.

    Examples
    --------
    >>> hours = pd.date_range("2020-01-01 01:00", periods=3, freq="h")
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), np.full((3, 1), 20.3), {"units": "µg/m³"})},
    ...     coords={"time": hours, "station": ["Hàng Đậu"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> hourly_index(readings)["vn_aqi"].values.ravel().tolist()
    [nan, 41.0, 41.0]
    """
    _require_dust(readings)
    breakpoints = catalogue.load("vn_aqi_breakpoints")
    parts = {}
    for name in map(str, readings.data_vars):
        hours = nowcast(readings[name]) if name in DUST else readings[name]
        parts[name] = _indexed(hours, breakpoints, "o3_1h" if name == "o3" else name)
    return _composite(parts, readings, breakpoints)


def daily_index(readings: xr.Dataset, *, day: Day = "hours") -> xr.Dataset:
    """Return VN_AQI of each day.

    Dust by its 24-hour mean; SO2, NO2 and CO by their highest hour; ozone by the higher index of
    its highest hour and its highest 8-hour mean, the latter not used above 400 µg/m³. An 8-hour
    mean belongs to the day in which it ends, so a day has 24 of them.

    Parameters
    ----------
    readings : xarray.Dataset
        Readings, see `require_readings`, with ``pm25`` or ``pm10``.
    day : {"hours", "label"}
        What a day is: ``hours`` is the decision's day (01:00 to 00:00 where a label is the end of
        its hour), ``label`` the calendar day of the label.

    Returns
    -------
    xarray.Dataset
        As `hourly_index`; ``time`` holds days.

    Raises
    ------
    EnvironmentDataError
        As `hourly_index`, or an unknown `day`.

    Notes
    -----
    The decision asks for checked data and sets no share of valid hours. Here a pollutant has an
    index on days with 18 of 24 hours, and an 8-hour mean stands on 6 hours at least.

    Examples
    --------
    >>> hours = pd.date_range("2020-01-01 01:00", periods=24, freq="h")
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), np.full((24, 1), 55.7), {"units": "µg/m³"})},
    ...     coords={"time": hours, "station": ["Hàng Đậu"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> daily_index(readings)["vn_aqi"].item()
    110.0
    """
    _require_dust(readings)
    breakpoints = catalogue.load("vn_aqi_breakpoints")
    label = readings.attrs["time_label"]
    parts = {}
    for name in map(str, readings.data_vars):
        days = by_day(readings[name], time_label=label, day=day)
        enough = enough_hours(days)
        if name in DUST:
            parts[name] = _indexed(days.mean("hour").where(enough), breakpoints, name)
            continue
        highest = days.max("hour").where(enough)
        if name == "o3":
            means = by_day(eight_hour_means(readings[name]), time_label=label, day=day)
            of_means = _indexed(means.max("hour").where(enough), breakpoints, "o3_8h")
            of_hours = _indexed(highest, breakpoints, "o3_1h")
            parts[name] = of_hours.copy(data=np.fmax(of_hours, of_means))
        else:
            parts[name] = _indexed(highest, breakpoints, name)
    return _composite(parts, readings, breakpoints)


def classify_days(daily: xr.DataArray) -> pd.DataFrame:
    """Count the days of each class of VN_AQI by station and year.

    Parameters
    ----------
    daily : xarray.DataArray
        Rounded index ``(time, station)``, a value a day, NaN where there is none: ``vn_aqi`` of
        `daily_index`.

    Returns
    -------
    pandas.DataFrame
        ``station``, ``year``, ``valid_days``, ``days_of_year``, a column for each class by its
        Vietnamese name, ``poor_or_worse_percent`` of the valid days (Kém and above).

    Raises
    ------
    EnvironmentDataError
        A value that is no rounded index.

    Examples
    --------
    >>> days = pd.date_range("2020-01-01", periods=3)
    >>> index = xr.DataArray(
    ...     [[40.0], [np.nan], [120.0]],
    ...     dims=("time", "station"),
    ...     coords={"time": days, "station": ["Hàng Đậu"]},
    ... )
    >>> classify_days(index)[["valid_days", "Tốt", "Kém", "poor_or_worse_percent"]].values.tolist()
    [[2.0, 1.0, 1.0, 50.0]]
    """
    names = class_names(daily.transpose("time", "station").to_numpy())
    years = daily.indexes["time"].year
    rows: list[dict[str, Any]] = []
    for column, station in enumerate(daily["station"].values):
        for year in sorted(set(years)):
            found = pd.Series(names[years == year, column]).value_counts()
            valid = int(found.sum())
            poor = int(found.reindex(_POOR_OR_WORSE, fill_value=0).sum())
            rows.append(
                {
                    "station": str(station),
                    "year": int(year),
                    "valid_days": valid,
                    "days_of_year": 366 if pd.Timestamp(year, 1, 1).is_leap_year else 365,
                    **{one.name: int(found.get(one.name, 0)) for one in CLASSES},
                    "poor_or_worse_percent": 100 * poor / valid if valid else np.nan,
                }
            )
    table = pd.DataFrame(rows)
    table.attrs.update(sources_of(daily.attrs))
    return table


def _require_dust(readings: xr.Dataset) -> None:
    require_readings(readings)
    if not set(DUST) & set(readings.data_vars):
        raise EnvironmentDataError(
            f"the readings hold {sorted(map(str, readings.data_vars))}: VN_AQI needs PM2.5 or "
            "PM10, decision 1459 gives no index without dust"
        )


def _indexed(values: xr.DataArray, breakpoints: pd.DataFrame, parameter: str) -> xr.DataArray:
    return values.copy(data=interpolated(values.to_numpy(), breakpoints, parameter))


def _composite(
    parts: dict[str, xr.DataArray], readings: xr.Dataset, breakpoints: pd.DataFrame
) -> xr.Dataset:
    pollutants = xr.DataArray(np.array(list(parts)), dims="pollutant", name="pollutant")
    exact = xr.concat(list(parts.values()), dim=pollutants, combine_attrs="drop")
    dust = [name for name in DUST if name in parts]
    counts = exact.sel(pollutant=dust).count("pollutant") > 0
    rounded = exact.copy(data=round_index(exact))
    main = pollutants.to_numpy()[exact.fillna(-1).argmax("pollutant").to_numpy()]
    sources = sources_of(readings.attrs, breakpoints.attrs)
    index = rounded.max("pollutant").where(counts).assign_attrs(long_name="VN_AQI", **sources)
    return xr.Dataset(
        {
            "vn_aqi": index,
            "sub_index": rounded.assign_attrs(sources),
            "main_pollutant": (index.dims, np.where(counts, main, "")),
            "above_scale": (exact >= TOP_INDEX).any("pollutant"),
        },
        attrs={**sources, "method": "decision 1459/QĐ-TCMT"},
    )
