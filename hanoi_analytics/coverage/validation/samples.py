"""Drive-test samples: any table with longitude, latitude and a received level."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.operators import read_operators
from hanoi_analytics.tables import LATITUDE, LONGITUDE, Bounds, Column, Sorted, Sorter

_LABELS = {
    "sector_id": ("ecgi", "cgi", "nci", "eci", "cellid", "cell", "cid", "cellname", "pci"),
    "operator": ("operatorname", "network", "plmn", "carrier", "mnc", "nhamang"),
    "technology": ("networktech", "networktype", "rat", "tech", "type"),
    "land_class": ("clutter", "clutterclass", "landuse", "environment"),
    "frequency_mhz": ("frequency", "freq"),
}
_WANTED = (
    LONGITUDE,
    LATITUDE,
    Column(
        "level_dbm",
        ("level", "rsrp", "ssrsrp", "nrssrsrp", "ltersrp", "nrrsrp", "servingrsrp"),
        ("rsrp",),
        span=pd.Interval(-160.0, -20.0, "both"),
        # Android writes 2147483647 for a level that is not available; 0 and ±999 are other
        # tools' habit.
        stand_ins=(0.0, -999.0, 999.0, 2147483647.0, -2147483648.0),
        needed=True,
    ),
    Column("predicted_dbm", ("predicted",), span=pd.Interval(-300.0, 20.0, "both")),
    Column("distance_m", ("distance",), span=pd.Interval(0.0, 100_000.0, "both")),
    *(Column(name, names, words=True) for name, names in _LABELS.items()),
)
# Their level is RSSI or RSCP, over another bandwidth.
_OTHER_RADIO = r"\b(?:2g|3g|gsm|gprs|edge|umts|wcdma|hspa\+?|hsdpa|hsupa|cdma|evdo|td-?scdma)\b"


def read_samples(
    rows: pd.DataFrame | str, *, bounds: Bounds, columns: Mapping[str, str] | None = None
) -> Sorted:
    """Sort the rows of a drive test into those that can be used and those that cannot.

    A level is a reference-signal received power: RSRP or SS-RSRP, dBm per resource element. A
    row without one is rejected as such; where the terminal had no service, that is itself a
    finding, so the counts of the report belong beside every comparison. So is a row whose
    technology is 2G or 3G, where tools write another level into the same column.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A table, or a CSV or Parquet file in the folder for own files. Columns are found by their
        usual names (Lat, Kinh độ, RSRP, SS-RSRP (dBm), …); separators and decimal commas too.
    bounds : tuple of float
        West, south, east, north of the area, degrees.
    columns : mapping from str to str, optional
        Your names for ``longitude``, ``latitude``, ``level_dbm``, and, which may be missing,
        ``predicted_dbm``, ``distance_m`` (to the sector), ``operator``, ``sector_id``,
        ``technology``, ``land_class`` and ``frequency_mhz``, where they are not found.

    Returns
    -------
    Sorted
        ``accepted`` with the first five of these as numbers, the others as text (operators by
        their brands), then all others as they stand; ``rejected`` with the reasons.

    Raises
    ------
    CoverageError
        Bounds that are none; a column that is missing, or that several could be.

    Examples
    --------
    >>> drive = pd.DataFrame({"Lat": ["21,03", "0"], "Lon": ["105,85", "0"], "RSRP": [-97, -90]})
    >>> read = read_samples(drive, bounds=(105.2, 20.5, 106.1, 21.4))
    >>> read.accepted.iloc[0].tolist(), read.rejected["reason"].tolist()
    ([105.85, 21.03, -97.0], ['outside the bounds 105.2 to 106.1° E, 20.5 to 21.4° N'])
    """
    sorter = Sorter(rows, _WANTED, title="drive-test samples", error=CoverageError, given=columns)
    table = sorter.places(bounds)
    sorter.needed("level_dbm")
    for name in ("level_dbm", "predicted_dbm", "distance_m"):
        if name in sorter.found:
            table[name] = sorter.numbers(name)
    for name in _LABELS:
        if name in sorter.found:
            table[name] = read_operators(sorter) if name == "operator" else sorter.words(name)
    other = sorter.words("technology").str.lower().str.contains(_OTHER_RADIO, regex=True)
    sorter.reject(other.fillna(value=False).astype(bool), "level_dbm: of 2G or 3G, so no RSRP")
    return sorter.split(table)
