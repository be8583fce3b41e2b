"""A weather table as the catalogue or a user gives it, made ready for joining with readings."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

WEATHER_COLUMNS = (
    "temperature_c",
    "relative_humidity_percent",
    "wind_speed_m_s",
    "wind_direction_deg",
    "pressure_hpa",
    "boundary_layer_m",
    "precipitation_mm",
)


def weather_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Give an hourly weather table real times, and check what a join relies on.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``time`` (text or datetime, local time of Hà Nội) and the columns of
        ``hanoi_weather_hourly_simulated``; a table of the user's own comes from
        ``catalogue.load_own(file, like="hanoi_weather_hourly_simulated")``.

    Returns
    -------
    pandas.DataFrame, one row an hour, sorted by ``time``
        ``time`` as naive datetime64; °C, %, m/s, degrees the wind comes from, hPa, m, mm in the
        hour. Hours may be absent and values missing: who joins counts them.

    Raises
    ------
    EnvironmentDataError
        A column that is missing, a time that is no full local hour, or an hour that stands twice.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> table = weather_table(catalogue.load("hanoi_weather_hourly_simulated", years=1))
    >>> len(table), str(table["time"].iloc[0])
    (8760, '2022-01-01 01:00:00')
    """
    for name in ("time", *WEATHER_COLUMNS):
        if name not in frame:
            hint = nearest(name, map(str, frame.columns))
            raise EnvironmentDataError(f"the weather table has no column {name!r}; {hint}")
    time = pd.to_datetime(frame["time"], errors="coerce", format="ISO8601")
    if getattr(time.dt, "tz", None) is not None:
        raise EnvironmentDataError(
            "the weather table's times carry a time zone: give local time of Hà Nội (UTC+7) "
            "without one"
        )
    _refuse(frame, time.isna(), "is no time; write YYYY-MM-DD HH:MM")
    _refuse(frame, time != time.dt.floor("h"), "is no full hour; give one row an hour")
    _refuse(frame, time.duplicated(), "stands twice; keep one row an hour")
    values = frame[list(WEATHER_COLUMNS)].astype("float64")
    table = values.assign(time=time.astype("datetime64[ns]")).sort_values("time")
    table = table[["time", *WEATHER_COLUMNS]].reset_index(drop=True)
    if "source" in frame.attrs:
        table.attrs["source"] = frame.attrs["source"]
    return table


def _refuse(frame: pd.DataFrame, wrong: pd.Series[bool], what: str) -> None:
    if wrong.any():
        first = int(wrong.to_numpy().argmax())
        raise EnvironmentDataError(
            f"the weather table's row {first + 1}: time {frame['time'].iloc[first]!r} {what} "
            f"({int(wrong.sum())} such rows)"
        )
