"""Drive-test samples: any table with longitude, latitude and a received level."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.sorting import (
    Quantity,
    Sorted,
    own_or_given,
    sort_rows,
    split,
)

Bounds = tuple[float, float, float, float]

# Android writes 2147483647 for a level that is not available; 0 and ±999 are other tools' habit.
_LEVEL = Quantity(
    name="level_dbm",
    low=-160.0,
    high=-20.0,
    names=("level", "rsrp", "ssrsrp", "nrssrsrp", "ltersrp", "nrrsrp", "servingrsrp"),
    unit="dbm",
    stem="rsrp",
    stand_ins=(0.0, -999.0, 999.0, 2147483647.0, -2147483648.0),
)
_PREDICTED = Quantity("predicted_dbm", -300, 20, ("predicted",), "dbm", needed=False)
_DISTANCE = Quantity("distance_m", 0, 100_000, ("distance",), "m", needed=False)
_LABELS = {
    "operator": ("operator", "network", "plmn", "carrier", "mnc"),
    "sector_id": ("cellid", "cell", "nci", "eci", "ecgi", "cgi", "cellname", "pci"),
    "land_class": ("clutter", "clutterclass", "landuse", "environment"),
    "time": ("timestamp", "datetime", "date"),
    "frequency_mhz": ("frequency", "freq"),
}


def read_samples(
    rows: pd.DataFrame | str, *, bounds: Bounds, columns: Mapping[str, str] | None = None
) -> Sorted:
    """Sort the rows of a drive test into those that can be used and those that cannot.

    A level is a reference-signal received power: RSRP or SS-RSRP, dBm per resource element. A
    row without one is rejected as such; where the terminal had no service, that is itself a
    finding, so the counts of the report belong beside every comparison.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A table, or a CSV or Parquet file in the folder for own files. Columns are found by their
        usual names (Lat, Longitude, RSRP, SS-RSRP (dBm), …); separators and decimal commas too.
    bounds : tuple of float
        West, south, east, north of the area, degrees.
    columns : mapping from str to str, optional
        Your names for ``longitude``, ``latitude``, ``level_dbm``, and, which may be missing,
        ``predicted_dbm``, ``distance_m`` (to the sector), ``operator``, ``sector_id``,
        ``land_class``, ``time`` and ``frequency_mhz``, where they are not found.

    Returns
    -------
    Sorted
        ``accepted`` with the first five of these as numbers, the other optional columns as they
        stand, then all others; ``rejected`` with the reason.

    Raises
    ------
    CoverageError
        Bounds that are none; a column that is missing, or that several could be.

    Examples
    --------
    >>> drive = pd.DataFrame({"Lat": ["21,03", "0"], "Lon": ["105,85", "0"], "RSRP": [-97, -90]})
    >>> read = read_samples(drive, bounds=(105.2, 20.5, 106.1, 21.4))
    >>> read.accepted.iloc[0].tolist(), read.rejected["reason"].tolist()
    ([105.85, 21.03, -97.0], ['longitude: outside 105.2 to 106.1'])
    """
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise CoverageError(f"bounds {bounds}: expected west, south, east, north in degrees")
    table = own_or_given(rows, title="drive-test samples")
    quantities = (
        Quantity("longitude", west, east, ("lon", "lng", "long"), "deg", stem="longitude"),
        Quantity("latitude", south, north, ("lat",), "deg", stem="latitude"),
        _LEVEL,
        _PREDICTED,
        _DISTANCE,
    )
    named, reason, used = sort_rows(table, quantities=quantities, labels=_LABELS, columns=columns)
    exchanged = named["longitude"].between(south, north) & named["latitude"].between(west, east)
    reason = reason.mask((reason != "") & exchanged, "longitude and latitude exchanged")
    return split(table, named, reason, used)
