"""Exports of OpenAQ."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.environment.air.readers.sorted_readings import ReadingsFile, finish
from hanoi_analytics.environment.air.readers.times import read_times
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.tables import Column, Sorter

_WANTED = (
    Column("station", ("location", "locationname"), words=True, needed=True),
    Column("id", ("locationid", "locationsid"), words=True),
    Column("utc", ("dateutc", "datetimeutc"), words=True),
    Column("local", ("datelocal", "datetimelocal", "datetime"), words=True),
    Column("pollutant", ("parameter",), words=True, needed=True),
    Column("unit", ("units",), words=True, needed=True),
    Column("value", needed=True),
    Column("longitude", ("lon",), span=pd.Interval(-180.0, 180.0, "both")),
    Column("latitude", ("lat",), span=pd.Interval(-90.0, 90.0, "both")),
)


def read_openaq(rows: pd.DataFrame | str) -> ReadingsFile:
    """Read a CSV of OpenAQ: an export with ``utc`` and ``local``, or a file of its archive.

    Times are converted to Hà Nội's by their offset from UTC; a label is the end of its hour, as
    OpenAQ's own daily means (01:00 to 00:00) take it. Negative numbers, stand-ins and readings
    that are no full hour are rejected; so is an hour for which two sensors of a place give two
    values: filter by ``sensors_id`` before.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        What `catalogue.load_own_rows` gives, or a file in the folder for own files (also
        ``.csv.gz``). Columns ``locationId, location, …, utc, local, parameter, value, unit,
        latitude, longitude`` or ``location_id, sensors_id, location, datetime, lat, lon,
        parameter, units, value``.

    Returns
    -------
    ReadingsFile
        Stations by their names; names that several places share have their id behind them.

    Raises
    ------
    EnvironmentDataError
        A column is missing, or no row can be used.

    Notes
    -----
    Columns: OpenAQ, "About Open Data on AWS" and "Measurements" (docs.openaq.org).

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "location_id": "7441", "location": "US Diplomatic Post: Hanoi-7441", "sensors_id": "1",
    ...     "datetime": ["2020-01-01T01:00:00+07:00"], "lat": "21.02", "lon": "105.82",
    ...     "parameter": "pm25", "units": "µg/m³", "value": "126.0",
    ... })
    >>> read_openaq(rows).readings["pm25"].values.tolist()
    [[126.0]]
    """
    sorter = Sorter(rows, _WANTED, title="readings of OpenAQ", error=EnvironmentDataError)
    if not {"utc", "local"} & set(sorter.found):
        raise EnvironmentDataError(
            f"{sorter.rows.name}: no column of times; expected utc, local or datetime"
        )
    if "utc" in sorter.found:
        time = read_times(sorter, sorter.words("utc"), timezone="UTC")
        local = sorter.words("local")
        if local.notna().any():
            there = read_times(sorter, local.fillna(sorter.words("utc")), timezone=None)
            differ = local.notna() & there.notna() & (there != time)
            sorter.reject(differ, "time: local contradicts utc")
    else:
        time = read_times(sorter, sorter.words("local"), timezone=None)
    return finish(
        sorter,
        station=_stations(sorter),
        pollutant=sorter.words("pollutant"),
        unit=sorter.words("unit"),
        time=time,
        time_label="end",
    )


def _stations(sorter: Sorter) -> pd.Series[str]:
    """Return the names of places, with their id where several share one."""
    name, place = sorter.needed("station"), sorter.words("id")
    pairs = pd.DataFrame({"name": name, "place": place}).dropna().drop_duplicates()
    shared = pairs.loc[pairs["name"].duplicated(keep=False), "name"].unique()
    return name.where(~name.isin(shared) | place.isna(), name + " (" + place + ")")
