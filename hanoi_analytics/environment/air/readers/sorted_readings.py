"""Rows of readings made into hours × stations, with what was rejected and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.air.checks import POLLUTANTS, UNITS, require_readings
from hanoi_analytics.environment.air.readers.units import (
    UNITS as FILE_UNITS,
)
from hanoi_analytics.environment.air.readers.units import (
    each_word,
    pollutant_named,
    ug_m3_per_unit,
    unit_named,
)
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.tables import Sorted, Sorter

TimeLabel = Literal["end", "start"]

_KEY = ["station", "pollutant", "time"]
# No instrument reads this low: −99, −999 and −9999 stand for "no value".
_STAND_IN = -90.0
# A beta attenuation monitor with its usual range of 1,000 µg/m³ from −15 reads 985 at its top,
# also when it fails; 995 is the same with another offset.
_TOP_UG_M3 = 985.0
_STUCK_HOURS = 24


@dataclass(frozen=True)
class ReadingsFile(Sorted):
    """The readings of a file, and the rows that are none.

    `accepted`, `rejected` and `notes` are those of `Sorted`; rows of both add up to the rows of
    the file (of a wide table: rows times columns of pollutants).

    Attributes
    ----------
    readings : xarray.Dataset
        As `environment.air.require_readings` wants them: variables among pm25, pm10, o3, no2, so2,
        co, ``(time, station)``, µg/m³, hours complete, gaps NaN.
    """

    readings: xr.Dataset


def finish(
    sorter: Sorter,
    *,
    station: pd.Series[str],
    pollutant: pd.Series[str],
    unit: pd.Series[str],
    time: pd.Series[pd.Timestamp],
    time_label: TimeLabel,
    notes: Iterable[str] = (),
) -> ReadingsFile:
    """Judge values and repetitions, and put what is good in order."""
    table = pd.DataFrame({"station": station, "time": time})
    table["pollutant"], table["value_ug_m3"] = _values(sorter, pollutant, unit)
    for name in ("longitude", "latitude"):
        if name in sorter.found:
            table[name] = sorter.numbers(name)
    same, differing = _repeated(table[sorter.good])
    sorter.reject(same, "the same hour and value again")
    sorter.reject(differing, "the same hour with another value: none is taken")
    sorter.require_some()
    accepted = table[sorter.good].astype({"station": "category", "pollutant": "category"})
    accepted.index = pd.Index(sorter.rows.number[sorter.good], name="row")
    accepted.attrs = {"source": sorter.rows.source} if sorter.rows.source else {}
    said = [*sorter.notes(), *notes]
    return _put_together(accepted, sorter.rejected(), said, time_label)


def combine(files: Sequence[ReadingsFile]) -> ReadingsFile:
    """Put readings of several files together.

    The last reading of a year's file is often 00:00 of 1 January, and the next file may repeat
    it. An hour that several files hold is kept once if they agree; if they do not, none of its
    values is taken. Both are counted among the rejected rows.

    Parameters
    ----------
    files : sequence of ReadingsFile
        Their time labels must be alike.

    Returns
    -------
    ReadingsFile
        `accepted` and `rejected` say in ``file`` which of them, counted from 1.

    Raises
    ------
    EnvironmentDataError
        No file, or labels of both kinds.

    Examples
    --------
    >>> from hanoi_analytics.environment.air.readers import read_table
    >>> rows = pd.DataFrame({"time": ["2020-01-01 01:00", "2020-01-01 02:00"], "PM10 (µg/m3)": 40})
    >>> one = read_table(rows, station="A", time_label="end")
    >>> combine([one, one]).report()["rows"].tolist()
    [2, 2]
    """
    labels = sorted({str(file.readings.attrs["time_label"]) for file in files})
    if len(labels) != 1:
        raise EnvironmentDataError(
            f"time labels {labels}: expected files whose labels are all 'end' or all 'start'"
        )
    names = {"station": "str", "pollutant": "str"}
    parts = [f.accepted.astype(names).reset_index() for f in files]
    table = pd.concat([p.assign(file=n) for n, p in enumerate(parts, 1)], ignore_index=True)
    same, differing = _repeated(table)
    reasons = pd.Series("the same hour and value in another file", index=table.index)
    reasons = reasons.mask(differing, "the same hour with another value in another file")
    lost = table.assign(reason=reasons)[same | differing]
    rejected = pd.concat(
        [*(f.rejected.assign(file=n) for n, f in enumerate(files, 1)), lost], ignore_index=True
    )
    first = ["file", "row", "reason"]
    rejected = rejected[[*first, *rejected.columns.drop(first)]]
    accepted = table[~(same | differing)].set_index(["file", "row"])
    accepted = accepted.astype(dict.fromkeys(names, "category"))
    accepted.attrs = sources_of(*(file.accepted.attrs for file in files))
    rejected.attrs = dict(accepted.attrs)
    notes = [f"File {n}: {note}" for n, file in enumerate(files, 1) for note in file.notes]
    notes.append(f"Files: {len(files)}; hours that another one holds too: {len(lost):,}.")
    label: TimeLabel = "end" if labels[0] == "end" else "start"
    return _put_together(accepted, rejected, notes, label)


def _values(
    sorter: Sorter, pollutant: pd.Series[str], unit: pd.Series[str]
) -> tuple[pd.Series[str], pd.Series[float]]:
    """Return pollutants by their names here, and values in µg/m³."""
    known, measured_in = each_word(pollutant, pollutant_named), each_word(unit, unit_named)
    sorter.reject(pollutant.isna(), "pollutant: missing")
    others = pollutant.notna() & known.isna()
    sorter.reject(others, f"pollutant: expected one of {', '.join(POLLUTANTS)}")
    sorter.reject(unit.isna(), "unit: missing")
    sorter.reject(
        unit.notna() & measured_in.isna(), f"unit: expected one of {', '.join(FILE_UNITS)}"
    )
    factors = pd.Series(np.nan, index=known.index)
    for name in known.dropna().unique():
        for word in measured_in.dropna().unique():
            factors[(known == name) & (measured_in == word)] = ug_m3_per_unit(name, word)
    of_particles = known.notna() & measured_in.notna() & factors.isna()
    sorter.reject(of_particles, "unit: ppb and ppm are of gases, not of particles")
    sorter.needed("value")
    read = sorter.numbers("value")
    values = read * factors
    sorter.reject(read <= _STAND_IN, "value: a stand-in for no value, such as −999")
    sorter.reject((read < 0) & (read > _STAND_IN), "value: below 0")
    top = known.isin(["pm25", "pm10"]) & (values >= _TOP_UG_M3)
    sorter.reject(top, "value: 985 µg/m³ or more, the top of the instrument")
    sorter.reject(read.isin([np.inf, -np.inf]), "value: not a number")
    return known, values


def _repeated(table: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Return the readings that say again what one has said, and those that contradict another."""
    again = table.duplicated(_KEY, keep=False)
    some = table[again]
    value = some.groupby(_KEY, observed=True)["value_ug_m3"]
    spread = value.transform("max") - value.transform("min")
    differing = again.copy()
    differing[again] = spread > 1e-6 * some["value_ug_m3"].abs()
    same = table.duplicated(_KEY) & ~differing
    return same, differing


def _put_together(
    accepted: pd.DataFrame, rejected: pd.DataFrame, notes: list[str], label: TimeLabel
) -> ReadingsFile:
    """Lay readings out as hours × stations."""
    hours = pd.date_range(accepted["time"].min(), accepted["time"].max(), freq="h", unit="ns")
    row = ((accepted["time"] - hours[0]) // pd.Timedelta(hours=1)).to_numpy()
    stations, column = accepted["station"].cat.categories, accepted["station"].cat.codes.to_numpy()
    readings = xr.Dataset(
        coords={"time": hours, "station": stations.to_numpy(dtype=object).astype("str")},
        attrs={"time_label": label, **accepted.attrs},
    )
    for pollutant in POLLUTANTS:
        mine = (accepted["pollutant"] == pollutant).to_numpy()
        if mine.any():
            values = np.full((len(hours), len(stations)), np.nan)
            values[row[mine], column[mine]] = accepted["value_ug_m3"].to_numpy()[mine]
            attrs = {"units": UNITS, **accepted.attrs}
            readings[pollutant] = (("time", "station"), values, attrs)
            notes = [*notes, *_stuck(readings[pollutant])]
    for name in {"longitude", "latitude"} & set(accepted):
        places = accepted.groupby("station", observed=True)[name].agg(["min", "max", "first"])
        moved = places["max"] - places["min"] > 0.001
        readings.coords[name] = ("station", places["first"].mask(moved).to_numpy())
        if moved.any():
            notes = [
                *notes,
                f"Without {name}, several are given: {', '.join(places.index[moved])}.",
            ]
    require_readings(readings)
    return ReadingsFile(accepted, rejected, tuple(notes), readings)


def _stuck(values: xr.DataArray) -> list[str]:
    """Say where a value stands still for a day or longer; it is kept."""
    lines = []
    for station in values["station"].to_numpy():
        one = values.sel(station=station).to_numpy()
        starts = np.flatnonzero(np.append(True, one[1:] != one[:-1]))
        lengths = np.diff(np.append(starts, one.size))
        for start in starts[(lengths >= _STUCK_HOURS) & (one[starts] > 0)]:
            length = lengths[np.searchsorted(starts, start)]
            since = values["time"].to_numpy()[start].astype("datetime64[h]")
            lines.append(
                f"{values.name} at {station}: {one[start]:g} for {length} hours on end "
                f"since {since}, a stuck instrument? It is kept."
            )
    return lines
