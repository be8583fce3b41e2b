"""Files of AirNow and of US embassies."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from hanoi_analytics.environment.air.readers.sorted_readings import ReadingsFile, finish
from hanoi_analytics.environment.air.readers.times import read_times
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.tables import Column, Sorter

_PARTS = ("year", "month", "day", "hour")
_WANTED = (
    Column("station", ("site",), words=True, needed=True),
    Column("pollutant", ("parameter",), words=True, needed=True),
    Column("time", ("datelt",), words=True, needed=True),
    *(Column(name) for name in _PARTS),
    Column("value", ("rawconc",), needed=True),
    Column("unit", ("concunit",), words=True, needed=True),
    Column("duration", words=True),
    Column("quality", ("qcname",), words=True, needed=True),
)


def read_airnow(rows: pd.DataFrame | str, *, quality: Collection[str] = ("Valid",)) -> ReadingsFile:
    """Read a file that AirNow gives for a US embassy, such as Hanoi_PM2.5_2016_YTD.csv.

    The concentration is the column Raw Conc.; the columns NowCast and AQI (by US classes) are not
    used. A label is the end of its hour, local time: a year's file runs from 01:00 of 1 January to
    00:00 of the next.

    The clock of these files makes the jump of US summer time, which Việt Nam does not have: on the
    second Sunday of March 02:00 is missing and 03:00 stands twice in a row. The first of the two
    is taken as 02:00 (the file's own NowCast, which counts both as hours, agrees), and a note says
    so. Any other hour that stands twice with two values is rejected.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        What the catalogue loaded, or a file in the folder for own files.
    quality : collection of str
        Words of the column QC Name that are accepted; the others are Missing, Invalid and Suspect.

    Returns
    -------
    ReadingsFile

    Raises
    ------
    EnvironmentDataError
        A column is missing, no word is accepted, or no row can be used.

    Examples
    --------
    >>> from hanoi_analytics.environment.air.readers import read_airnow
    >>> rows = pd.DataFrame({
    ...     "Site": "Hanoi", "Parameter": "PM2.5 - Principal",
    ...     "Date (LT)": ["2016-01-01 11:00 PM", "2016-01-02 12:00 AM"],
    ...     "Raw Conc.": ["94.7", "-999.0"], "Conc. Unit": "UG/M3", "QC Name": ["Valid", "Missing"],
    ... })
    >>> file = read_airnow(rows)
    >>> file.readings["pm25"].values.tolist(), file.rejected["reason"].tolist()
    ([[94.7]], ['quality: Missing; value: a stand-in for no value, such as −999'])
    """
    if isinstance(quality, str) or not quality:
        raise EnvironmentDataError(
            f"quality={quality!r}: expected words of the column QC Name, such as ('Valid',)"
        )
    sorter = Sorter(rows, _WANTED, title="readings of AirNow", error=EnvironmentDataError)
    flags = sorter.needed("quality")
    for flag in flags.dropna().unique():
        if flag not in quality:
            sorter.reject(flags == flag, f"quality: {flag}")
    duration = sorter.words("duration")
    sorter.reject(duration.notna() & (duration != "1 Hr"), "duration: not 1 Hr")
    station = sorter.needed("station")
    time = read_times(sorter, sorter.words("time"), day_first=False)
    if set(_PARTS) <= set(sorter.found):
        _compare(sorter, time)
    time, jumps = _without_summer_time(time, station)
    return finish(
        sorter,
        station=station,
        pollutant=sorter.words("pollutant"),
        unit=sorter.words("unit"),
        time=time,
        time_label="end",
        notes=[f"Hours labelled 03:00 taken as 02:00, a jump of US summer time: {jumps}."][:jumps],
    )


def _compare(sorter: Sorter, time: pd.Series[pd.Timestamp]) -> None:
    """Reject rows whose date contradicts their year, month, day and hour."""
    wrong = pd.Series(False, index=time.index)
    for name in _PARTS:
        wrong |= sorter.numbers(name) != getattr(time.dt, name)
    sorter.reject(time.notna() & wrong, "time: Date (LT) contradicts Year, Month, Day, Hour")


def _without_summer_time(
    time: pd.Series[pd.Timestamp], station: pd.Series[str]
) -> tuple[pd.Series[pd.Timestamp], int]:
    """Return times with the hour that the US clock skips, and how many were moved there."""
    second_sunday = (time.dt.month == 3) & (time.dt.day_of_week == 6) & time.dt.day.between(8, 14)
    beside = (time == time.shift(-1)) & (station == station.shift(-1))
    earlier = time - pd.Timedelta(hours=1)
    moved = second_sunday & (time.dt.hour == 3) & beside & ~earlier.isin(time)
    return time.where(~moved, earlier), int(moved.sum())
