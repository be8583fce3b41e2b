"""A file of one's own, read by the reader of what made it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hanoi_analytics.environment.air.readers.airnow import read_airnow
from hanoi_analytics.environment.air.readers.openaq import read_openaq
from hanoi_analytics.environment.air.readers.sorted_readings import ReadingsFile, TimeLabel
from hanoi_analytics.environment.air.readers.table import read_table
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest


def read_own(
    file: str,
    *,
    made_by: str = "table",
    time_label: TimeLabel = "end",
    unit: str = "",
    station: str = "",
) -> ReadingsFile:
    """Read hourly readings from a file in the folder for own files.

    Parameters
    ----------
    file : str
        Its name.
    made_by : {"airnow", "openaq", "table"}
        What made it: an export of AirNow or of OpenAQ, or a table of one's own.
    time_label : {"end", "start"}
        Of a table: whether 01:00 is the hour before it or after it.
    unit : str
        Of a table that names none; empty where it does.
    station : str
        Of a table without a column of stations; empty where it has one.

    Returns
    -------
    ReadingsFile
        As of the reader that was taken.

    Raises
    ------
    EnvironmentDataError
        No file is named, an unknown maker, or what the reader finds.

    Examples
    --------
    >>> read_own("")
    Traceback (most recent call last):
    ...
    hanoi_analytics.environment.checks.EnvironmentDataError: no file of readings is named; \
put one into data/own/ and give its name
    """
    table = partial(
        read_table, time_label=time_label, unit=unit or None, station=station or "your station"
    )
    readers: dict[str, Callable[[str], ReadingsFile]] = {
        "airnow": read_airnow,
        "openaq": read_openaq,
        "table": table,
    }
    if not file:
        raise EnvironmentDataError(
            "no file of readings is named; put one into data/own/ and give its name"
        )
    if made_by not in readers:
        raise EnvironmentDataError(f"made_by: {made_by!r} is unknown; {nearest(made_by, readers)}")
    return readers[made_by](file)
