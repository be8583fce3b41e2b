"""Samples of speed: of the user's own, and simulated ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest
from hanoi_analytics.tables import LATITUDE, LONGITUDE, Column, Sorted, Sorter


def _measured(name: str, most: float, *names: str) -> Column:
    return Column(name, names, span=pd.Interval(0.0, most, "both"), stand_ins=(-1.0, -999.0))


_NUMBERS = (
    _measured("download_mbps", 20_000.0, "download", "dl", "downloadspeed", "taixuong"),
    _measured("upload_mbps", 20_000.0, "upload", "ul", "uploadspeed", "tailen"),
    _measured("latency_ms", 60_000.0, "latency", "ping", "rtt", "dotre"),
    replace(LONGITUDE, needed=False, span=pd.Interval(-180.0, 180.0, "both")),
    replace(LATITUDE, needed=False, span=pd.Interval(-90.0, 90.0, "both")),
)
_LABELS = {
    "setting": ("environment", "indooroutdoor", "scenario"),
    "place": ("site", "location", "testpoint"),
    "access_failed": ("failed", "failure", "accessfailure"),
}
_WANTED = (*_NUMBERS, *(Column(name, names, words=True) for name, names in _LABELS.items()))
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
    sorter = Sorter(rows, _WANTED, title="speed samples", error=CoverageError, given=columns)
    if not {"download_mbps", "upload_mbps"} & set(sorter.found):
        hint = nearest("download_mbps", map(str, sorter.rows.table))
        raise CoverageError(
            f"{sorter.rows.name}: no column of speeds; {hint}; call it download_mbps or "
            f"upload_mbps, in that unit"
        )
    named = [column.name for column in _NUMBERS if column.name in sorter.found]
    table = pd.DataFrame({name: sorter.numbers(name) for name in named})
    failed = pd.Series(False, index=table.index)
    if "access_failed" in sorter.found:
        words = sorter.words("access_failed").str.lower().str.removesuffix(".0")
        truth = words.map(_TRUTH)
        sorter.reject(words.notna() & truth.isna(), "access_failed: neither true nor false")
        failed = truth.eq(True)
        table["access_failed"] = truth.astype("boolean")
    none = table.reindex(columns=["download_mbps", "upload_mbps"]).isna().all(axis=1)
    sorter.reject(sorter.good & none & ~failed, "no speed given")
    if "setting" in sorter.found:
        table["setting"] = sorter.words("setting").str.lower()
    if "place" in sorter.found:
        table["place"] = sorter.words("place")
    elif {"longitude", "latitude"} <= set(table):
        position = table[["longitude", "latitude"]].round(3).astype("str")
        table["place"] = position["longitude"] + " " + position["latitude"]
    return sorter.split(table)


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
