"""A plain table of one's own, long or wide, with English or Vietnamese names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from hanoi_analytics.environment.air.checks import POLLUTANTS
from hanoi_analytics.environment.air.readers.sorted_readings import (
    ReadingsFile,
    TimeLabel,
    finish,
)
from hanoi_analytics.environment.air.readers.times import HANOI, read_times
from hanoi_analytics.environment.air.readers.units import header_names, unit_in_header, unit_named
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest
from hanoi_analytics.tables import LATITUDE, LONGITUDE, Column, Rows, Sorter, read_rows
from hanoi_analytics.tables.columns import find, found_in

_TIMES = ("thoigian", "datetime", "timestamp", "thoidiem", "ngaygio", "datetimelocal")
_PLACED = (
    Column("date", ("ngay", "ngaythang", "ngaydo"), words=True),
    Column("hour", ("gio", "giodo"), words=True),
    Column("time", _TIMES, words=True),
    Column("station", ("tram", "tentram", "site", "location", "diadiem", "vitri"), words=True),
    replace(LONGITUDE, needed=False, span=pd.Interval(-180.0, 180.0, "both")),
    replace(LATITUDE, needed=False, span=pd.Interval(-90.0, 90.0, "both")),
)
_LONG = (
    *_PLACED,
    Column("pollutant", ("parameter", "thongso", "chitieu", "chatonhiem"), words=True),
    Column("value", ("giatri", "nongdo", "ketqua", "concentration")),
    Column("unit", ("units", "donvi", "donvido", "donvitinh"), words=True),
)
_WANTED = (*_LONG, *(Column(name, header_names(name)) for name in POLLUTANTS))


def read_table(
    rows: pd.DataFrame | str,
    *,
    time_label: TimeLabel,
    station: str | None = None,
    unit: str | None = None,
    timezone: str = HANOI,
    day_first: bool = True,
    columns: Mapping[str, str] | None = None,
) -> ReadingsFile:
    """Read hourly readings from a table of one's own.

    A long table has one reading a row: time, station, pollutant, value, unit. A wide table has one
    column for each pollutant, its unit in the name, such as ``PM2.5 (µg/m3)`` or ``CO (mg/m3)``;
    there accepted and rejected count its cells. Date and hour may stand in two columns. Gases in
    ppb or ppm are converted at 25 °C and 1 atm (QCVN 05:2023/BTNMT).

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A file in the folder for own files (separator, byte order mark, title lines and decimal
        commas as Excel writes them), or a table.
    time_label : {"end", "start"}
        Whether 01:00 is the hour before it or after it. Only who made the table knows.
    station : str, optional
        Of a table without a column of stations.
    unit : str, optional
        Of values for which the table names none: µg/m³, mg/m³, ppb or ppm.
    timezone : str
        Of times without an offset from UTC.
    day_first : bool
        Whether 02/01/2020 is the second of January.
    columns : mapping from str to str, optional
        Your names for ``time``, ``date``, ``hour``, ``station``, ``pollutant``, ``value``,
        ``unit``, ``longitude``, ``latitude`` or the pollutants, where they are not found.

    Returns
    -------
    ReadingsFile

    Raises
    ------
    EnvironmentDataError
        No column of times or values, no station, no unit, dates that `day_first` cannot read, or
        no row that can be used.

    Examples
    --------
    >>> rows = pd.DataFrame({"Thời gian": ["02/01/2020 13:00"], "NO2 (ppb)": ["10,0"]})
    >>> file = read_table(rows, station="Hàng Đậu", time_label="end")
    >>> file.readings["no2"].values.round(2).tolist(), str(file.readings["time"].values[0])[:13]
    ([[18.82]], '2020-01-02T13')
    """
    if time_label not in ("end", "start"):
        raise EnvironmentDataError(f"time_label={time_label!r}: expected 'end' or 'start'")
    if unit is not None and unit_named(unit) is None:
        raise EnvironmentDataError(f"unit={unit!r}: expected µg/m³, mg/m³, ppb or ppm")
    table = read_rows(
        rows,
        title="readings of air stations",
        names_in=lambda words: found_in(words, _WANTED),
        error=EnvironmentDataError,
    )
    there = [str(name) for name in table.table]
    found = find(table.name, there, _WANTED, dict(columns or {}), EnvironmentDataError)
    wide = {found[name]: name for name in POLLUTANTS if name in found}
    unused = ", ".join(repr(name) for name in there if name not in found.values())
    if not {"pollutant", "value"} <= set(found):
        table = _long(table, wide, unit)
        found |= {"pollutant": "pollutant", "value": "value", "unit": "unit"}
    given = {name: word for name, word in found.items() if name not in POLLUTANTS}
    sorter = Sorter(table, _LONG, title="", error=EnvironmentDataError, given=given)
    places = sorter.words("station")
    if "station" not in found:
        if station is None:
            hint = nearest("station", there)
            raise EnvironmentDataError(
                f"{table.name}: no column of stations; {hint} rename it, or give station='…'"
            )
        places = places.fillna(station)
    sorter.reject(places.isna(), "station: missing")
    units = sorter.words("unit")
    return finish(
        sorter,
        station=places,
        pollutant=sorter.words("pollutant"),
        unit=units if unit is None else units.fillna(unit),
        time=read_times(sorter, _times(sorter), timezone=timezone, day_first=day_first),
        time_label=time_label,
        notes=[f"Columns not used: {unused}."] if unused else (),
    )


def _times(sorter: Sorter) -> pd.Series[str]:
    """Return the words for times, joined where date and hour stand apart."""
    names = [name for name in ("date", "hour", "time") if name in sorter.found]
    if not {"date", "time"} & set(names):
        hint = nearest("time", map(str, sorter.rows.table))
        raise EnvironmentDataError(
            f"{sorter.rows.name}: no column of times; {hint} rename it, or in Python give "
            "columns={'time': '…'}"
        )
    if "date" not in names:
        return sorter.words("time")
    clock = sorter.words(names[1]) if len(names) > 1 else None
    return sorter.words("date") if clock is None else sorter.words("date") + " " + clock


def _long(rows: Rows, wide: Mapping[str, str], unit: str | None) -> Rows:
    """Return a wide table with one reading a row; rows keep their numbers."""
    if not wide:
        raise EnvironmentDataError(
            f"{rows.name}: no column of a pollutant ({', '.join(POLLUTANTS)}), such as "
            "'PM2.5 (µg/m3)', and not both of pollutant and value; found "
            f"{', '.join(map(repr, rows.table.columns[:8]))}"
        )
    own = {"pollutant", "value", "unit"}
    kept = rows.table.drop(columns=list(wide))
    kept = kept.rename(columns={name: f"{name} (as read)" for name in kept if name in own})
    parts = []
    for header, pollutant in wide.items():
        measured_in = unit_in_header(header) or unit
        if measured_in is None:
            raise EnvironmentDataError(
                f"{rows.name}: no unit in {header!r}: write '{header} (µg/m3)', or give unit='…'"
            )
        cells = kept.assign(pollutant=pollutant, value=rows.table[header], unit=measured_in)
        parts.append(cells)
    order = np.tile(np.arange(len(kept)), len(wide)).argsort(kind="stable")
    table = pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)
    of_row = np.repeat(np.arange(len(kept)), len(wide))
    return replace(
        rows,
        table=table,
        number=rows.number.iloc[of_row].reset_index(drop=True),
        ragged=rows.ragged.iloc[of_row].reset_index(drop=True),
    )
