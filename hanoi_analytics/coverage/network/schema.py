"""The sector table: one row a sector-carrier, with fixed columns, units and limits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.antenna import PATTERNS
from hanoi_analytics.errors import nearest

if TYPE_CHECKING:
    import pandera.pandas as pa

TECHNOLOGIES = ("LTE", "NR")
SUBCARRIER_SPACINGS_KHZ = (15, 30)
POSITIONS = ("measured", "averaged", "simulated")

_NUMBERS: dict[str, tuple[type, pd.Interval[float], str]] = {
    "longitude": (float, pd.Interval(-180.0, 180.0, "both"), "degrees east, WGS 84"),
    "latitude": (float, pd.Interval(-90.0, 90.0, "both"), "degrees north, WGS 84"),
    "height_m": (float, pd.Interval(0.0, 300.0, "right"), "antenna above ground, m"),
    "azimuth_deg": (float, pd.Interval(0.0, 360.0, "left"), "clockwise from north, degrees"),
    "tilt_deg": (
        float,
        pd.Interval(-30.0, 60.0, "both"),
        "below the horizon, mechanical and electrical, degrees",
    ),
    "frequency_mhz": (
        float,
        pd.Interval(400.0, 100000.0, "both"),
        "centre of the downlink carrier, MHz",
    ),
    "bandwidth_mhz": (float, pd.Interval(0.0, 400.0, "right"), "channel bandwidth, MHz"),
    "subcarrier_spacing_khz": (int, pd.Interval(15.0, 30.0, "both"), "15 or 30 kHz"),
    "resource_blocks": (int, pd.Interval(1.0, 275.0, "both"), "resource blocks of 12 subcarriers"),
    "power_w": (float, pd.Interval(0.0, 1000.0, "right"), "total of the carrier, W"),
    "gain_dbi": (
        float,
        pd.Interval(-10.0, 40.0, "both"),
        "antenna, of the beam the level is measured on, dBi",
    ),
    "feeder_loss_db": (
        float,
        pd.Interval(0.0, 20.0, "both"),
        "between transmitter and antenna, dB",
    ),
}
_WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "sector_id": ((), "one row each"),
    "site_id": ((), "sectors of one mast or roof share it"),
    "operator": ((), "who runs the carrier"),
    "technology": (TECHNOLOGIES, "radio access technology"),
    "band": ((), "3GPP name, such as n41, n78, B3"),
    "pattern": (tuple(PATTERNS), "antenna pattern"),
    "position": (POSITIONS, "how the place is known"),
}
#: The columns of a sector table, in order.
COLUMNS = (
    *("sector_id", "site_id", "operator", "technology", "longitude", "latitude", "height_m"),
    *("azimuth_deg", "tilt_deg", "band", "frequency_mhz", "bandwidth_mhz"),
    *("subcarrier_spacing_khz", "resource_blocks", "power_w", "gain_dbi", "feeder_loss_db"),
    *("pattern", "position"),
)
_DTYPES = {float: "float64", int: "int64"}
TYPES = {name: _DTYPES[_NUMBERS[name][0]] if name in _NUMBERS else "str" for name in COLUMNS}


def limits(column: str) -> pd.Interval[float]:
    """Return the interval of a column of numbers, and whether its ends are allowed.

    Examples
    --------
    >>> str(limits("azimuth_deg"))
    '[0.0, 360.0)'
    """
    return _NUMBERS[column][1]


@cache
def sector_schema() -> pa.DataFrameSchema:
    """Return the schema of a sector table: these columns in this order and no others.

    Examples
    --------
    >>> sector_schema().columns["height_m"].description
    'antenna above ground, m'
    """
    import pandera.pandas as pa  # noqa: PLC0415 - a second that only checking pays

    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name in _WORDS:
            known, meaning = _WORDS[name]
            check = pa.Check.isin(known) if known else pa.Check.str_length(min_value=1)
            columns[name] = pa.Column(None, check, description=meaning, unique=name == "sector_id")
        else:
            kind, span, meaning = _NUMBERS[name]
            ends = {"include_min": span.closed_left, "include_max": span.closed_right}
            checks = [pa.Check.in_range(span.left, span.right, **ends)]
            if name == "subcarrier_spacing_khz":
                checks.append(pa.Check.isin(SUBCARRIER_SPACINGS_KHZ))
            columns[name] = pa.Column(kind, checks, description=meaning)
    return pa.DataFrameSchema(columns, strict=True, ordered=True, name="sector table")


def check_sectors(sectors: pd.DataFrame) -> pd.DataFrame:
    """Return a sector table if it is one: columns, types, limits, order and its source.

    Parameters
    ----------
    sectors : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        The same table.

    Raises
    ------
    CoverageError
        No row, a missing or unknown column, a value outside its limits (with its row), rows not
        sorted by ``sector_id``, or no ``attrs["source"]``.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> len(check_sectors(catalogue.load("hanoi_network_simulated", bts=60))) % 3
    0
    """
    import pandera.pandas as pa  # noqa: PLC0415

    missing = [f"{c!r} ({nearest(c, sectors.columns)})" for c in COLUMNS if c not in sectors]
    if missing:
        raise CoverageError(f"sector table without column(s) {', '.join(missing)}")
    if list(sectors.columns) != list(COLUMNS):
        found = ", ".join(map(str, sectors.columns))
        raise CoverageError(f"sector table: expected {', '.join(COLUMNS)}; found {found}")
    if sectors.empty or "source" not in sectors.attrs:
        lack = "rows" if sectors.empty else "attrs['source']"
        raise CoverageError(f"sector table without {lack}; take one from a reader of networks")
    try:
        sector_schema().validate(sectors, lazy=True)
    except pa.errors.SchemaErrors as error:
        case = error.failure_cases.iloc[0]
        raise CoverageError(
            f"sector table, row {case['index']}, column {case['column']!r}: expected "
            f"{case['check']}, found {case['failure_case']!r}; "
            f"{len(error.failure_cases)} mistakes in all"
        ) from error
    if not sectors["sector_id"].is_monotonic_increasing:
        raise CoverageError("sector table: expected rows sorted by sector_id; sort them")
    return sectors
