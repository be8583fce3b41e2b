"""What the readings of air stations look like, and the check that they do."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

POLLUTANTS = ("pm25", "pm10", "o3", "no2", "so2", "co")
UNITS = "µg/m³"
TIME_LABELS = ("end", "start")


def require_readings(dataset: xr.Dataset) -> None:
    """Raise unless a dataset holds hourly readings as every measure of air here takes them.

    Parameters
    ----------
    dataset : xarray.Dataset
        Variables among `POLLUTANTS`, each a 1-hour mean in µg/m³ with ``units`` in its attributes
        and dimensions ``(time, station)``. ``time`` is the local time of Hà Nội (UTC+7) without a
        time zone, one label for each hour, sorted and complete: a gap is NaN. ``station`` holds
        names. ``attrs["time_label"]`` says whether a label is the ``end`` of its hour or the
        ``start``.

    Raises
    ------
    EnvironmentDataError
        Another shape, name or unit; hours missing, doubled or unsorted; a value below 0 or
        infinite.

    Examples
    --------
    >>> hours = np.arange("2020-01-01T01", "2020-01-01T04", dtype="datetime64[h]")
    >>> readings = xr.Dataset(
    ...     {"pm25": (("time", "station"), [[20.0], [np.nan], [31.5]], {"units": "µg/m³"})},
    ...     coords={"time": hours.astype("datetime64[ns]"), "station": ["Hàng Đậu"]},
    ...     attrs={"time_label": "end"},
    ... )
    >>> require_readings(readings)
    """
    _require_names(dataset)
    _require_hours(dataset)
    for name in dataset.data_vars:
        _require_values(dataset[name], name)


def _require_names(dataset: xr.Dataset) -> None:
    if not dataset.data_vars:
        raise EnvironmentDataError(f"no pollutant in the readings: expected some of {POLLUTANTS}")
    for name in dataset.data_vars:
        if name not in POLLUTANTS:
            hint = nearest(str(name), POLLUTANTS)
            raise EnvironmentDataError(f"variable {str(name)!r} is no pollutant: {hint}")
        variable = dataset[name]
        if variable.dims != ("time", "station"):
            raise EnvironmentDataError(
                f"{name} has dimensions {variable.dims}: expected ('time', 'station'), "
                "see .transpose or .expand_dims"
            )
        if variable.attrs.get("units") != UNITS:
            raise EnvironmentDataError(
                f"{name} has units {variable.attrs.get('units')!r}: expected {UNITS!r}, "
                "convert the values and set .attrs['units']"
            )
    stations = dataset.indexes.get("station")
    if stations is None or not stations.is_unique:
        raise EnvironmentDataError("each station needs a name of its own in the coordinate station")
    if dataset.attrs.get("time_label") not in TIME_LABELS:
        raise EnvironmentDataError(
            f"time_label is {dataset.attrs.get('time_label')!r}: expected one of {TIME_LABELS} in "
            ".attrs['time_label'], is a label the end or the start of its hour?"
        )


def _require_hours(dataset: xr.Dataset) -> None:
    if "time" not in dataset.coords or dataset["time"].dtype.kind != "M":
        raise EnvironmentDataError(
            "the coordinate time is no datetime64: expected local time of Hà Nội without a zone"
        )
    labels = dataset["time"].to_numpy()
    hours = labels.astype("datetime64[h]")
    off = np.flatnonzero((hours != labels) | np.isnat(labels))
    if off.size:
        raise EnvironmentDataError(
            f"{off.size} labels are no whole hour, the first {labels[off[0]]}: "
            "expected hourly readings"
        )
    broken = np.flatnonzero(np.diff(hours) != np.timedelta64(1, "h"))
    if broken.size:
        first = broken[0]
        raise EnvironmentDataError(
            f"time is not complete: {hours[first]} is followed by {hours[first + 1]}, and "
            f"{broken.size - 1} more steps are not one hour: sort, drop doubled hours and fill "
            "gaps with NaN"
        )


def _require_values(variable: xr.DataArray, name: Hashable) -> None:
    values = variable.to_numpy()
    if values.dtype.kind != "f":
        raise EnvironmentDataError(f"{name} holds {values.dtype}: expected float64, NaN for gaps")
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        time, station = np.argwhere(wrong)[0]
        raise EnvironmentDataError(
            f"{np.count_nonzero(wrong)} values of {name} are below 0 or infinite, the first "
            f"{values[time, station]} at {variable['time'].values[time]}, "
            f"{variable['station'].values[station]}: a sentinel or a fault, set it to NaN"
        )
