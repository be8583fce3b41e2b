"""Samples of speed: of the user's own, and simulated ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.sorting import (
    Quantity,
    Sorted,
    own_or_given,
    sort_rows,
    split,
)
from hanoi_analytics.errors import nearest


def _speed(name: str, *names: str) -> Quantity:
    return Quantity(name, 0, 20_000, names, "mbps", stand_ins=(-1.0, -999.0), needed=False)


_QUANTITIES = (
    _speed("download_mbps", "download", "dl", "downloadspeed"),
    _speed("upload_mbps", "upload", "ul", "uploadspeed"),
    Quantity("latency_ms", 0.0, 60_000.0, ("latency", "ping", "rtt"), "ms", needed=False),
    Quantity("longitude", -180.0, 180.0, ("lon", "lng", "long"), "deg", needed=False),
    Quantity("latitude", -90.0, 90.0, ("lat",), "deg", needed=False),
)
_LABELS = {
    "setting": ("environment", "indooroutdoor", "scenario"),
    "place": ("site", "location", "testpoint"),
    "access_failed": ("failed", "failure", "accessfailure"),
}
_TRUTH = {"true": True, "1": True, "yes": True, "failed": True}
_TRUTH |= {"false": False, "0": False, "no": False, "ok": False, "success": False}


def read_speeds(rows: pd.DataFrame | str, *, columns: Mapping[str, str] | None = None) -> Sorted:
    """Sort the rows of a speed test into those that can be used and those that cannot.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A table, or a CSV or Parquet file in the folder for own files.
    columns : mapping from str to str, optional
        Your names for ``download_mbps``, ``upload_mbps``, ``latency_ms``, ``longitude``,
        ``latitude``, ``setting`` (indoor, outdoor, mobile), ``place`` and ``access_failed``
        (true or false) where they are not found.

    Returns
    -------
    Sorted
        A row is accepted with a speed in one direction at least, or with a failed access, which
        has none. Without ``place``, positions rounded to 0.001° (about 100 m) stand for it.

    Raises
    ------
    CoverageError
        No column of speeds, or several that could be one.

    Examples
    --------
    >>> read = read_speeds(pd.DataFrame({"Download (Mbps)": ["131,5", "fast"]}))
    >>> read.accepted["download_mbps"].tolist(), read.rejected["reason"].tolist()
    ([131.5], ['download_mbps: not a number'])
    """
    table = own_or_given(rows, title="speed samples")
    named, reason, used = sort_rows(table, quantities=_QUANTITIES, labels=_LABELS, columns=columns)
    speeds = named.reindex(columns=["download_mbps", "upload_mbps"])
    if not {"download_mbps", "upload_mbps"} & set(named.columns):
        hint = nearest("download_mbps", map(str, table.columns))
        raise CoverageError(
            f"no column of speeds; {hint}; say which with columns={{'download_mbps': '…'}}"
        )
    failed = pd.Series(False, index=named.index)
    if "access_failed" in named:
        given = named["access_failed"].astype("str").str.strip().str.lower()
        truth = given.str.removesuffix(".0").map(_TRUTH)
        unknown = given.notna() & (given != "") & truth.isna()
        reason = reason.mask((reason == "") & unknown, "access_failed: neither true nor false")
        failed = truth.eq(True)
        named["access_failed"] = truth.astype("boolean")
    reason = reason.mask((reason == "") & speeds.isna().all(axis=1) & ~failed, "no speed given")
    if "setting" in named:
        named["setting"] = named["setting"].astype("str").str.strip().str.lower()
    if "place" not in named and {"longitude", "latitude"} <= set(named.columns):
        position = named[["longitude", "latitude"]].round(3).astype("str")
        named["place"] = position["longitude"] + " " + position["latitude"]
    return split(table, named, reason, used)


def simulated_speeds(*, seed: int, places: int = 160, samples_per_place: int = 12) -> pd.DataFrame:
    """Draw speed tests of an imaginary network at imaginary places, indoor, outdoor and moving.

    Speeds are lognormal, with a part that all samples of a place share; one access in fifty fails.

    Parameters
    ----------
    seed : int
        Of the draws.
    places, samples_per_place : int
        How many.

    Returns
    -------
    pandas.DataFrame, ``places * samples_per_place`` rows
        ``place``, ``setting``, ``download_mbps``, ``upload_mbps``, ``latency_ms`` (NaN where the
        access failed) and ``access_failed``.

    Examples
    --------
    >>> simulated_speeds(seed=1, places=3, samples_per_place=2)["setting"].unique().tolist()
    ['indoor', 'outdoor', 'mobile']
    """
    rng = np.random.default_rng(seed)
    settings = np.resize(["indoor", "outdoor", "mobile"], places)
    of_place = np.repeat(np.arange(places), samples_per_place)
    # Median Mbps down, and how much of the logarithm's spread is shared within a place.
    median = pd.Series(settings).map({"indoor": 100.0, "outdoor": 170.0, "mobile": 115.0})
    shared = rng.normal(0, 0.55, places)
    noise = rng.normal(0, 0.6, of_place.size)
    down = median.to_numpy()[of_place] * np.exp(shared[of_place] + noise)
    up = 0.28 * down * rng.lognormal(0, 0.25, down.size)
    latency = 18.0 + rng.lognormal(2.4, 0.6, down.size)
    failed = rng.random(down.size) < 0.02
    return pd.DataFrame(
        {
            "place": [f"imaginary {number + 1}" for number in of_place],
            "setting": settings[of_place],
            "download_mbps": np.where(failed, np.nan, down.round(1)),
            "upload_mbps": np.where(failed, np.nan, up.round(1)),
            "latency_ms": np.where(failed, np.nan, latency.round(1)),
            "access_failed": failed,
        }
    )
