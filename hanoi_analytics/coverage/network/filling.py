"""What a site list does not say, filled from stated defaults, band by band."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.link import (
    BANDS,
    NR_BANDS,
    centre_frequencies_mhz,
    channel_widths,
)
from hanoi_analytics.coverage.network.schema import COLUMNS, TYPES, check_sectors
from hanoi_analytics.errors import nearest


@dataclass(frozen=True)
class Defaults:
    """Values for what a table does not say: usual practice, no standard and no measurement.

    Attributes
    ----------
    operator : str
    technology : {"LTE", "NR"}
        Where neither technology nor band is given.
    lte_band, nr_band : str
        Where no band is given; an operator with a block of its own gets that block's band for NR.
    height_m, tilt_deg, feeder_loss_db : float
    power_w, gain_dbi, pattern
        None for the band's own, see `hanoi_analytics.coverage.network.link.Band`.
    azimuths_deg : tuple of float
        Of the sectors that a site without azimuth becomes.

    Raises
    ------
    CoverageError
        An unknown technology, a band of another technology, or no azimuth.

    Examples
    --------
    >>> Defaults(height_m=30.0).azimuths_deg
    (0.0, 120.0, 240.0)
    """

    operator: str = "not stated"
    technology: str = "NR"
    lte_band: str = "B3"
    nr_band: str = "n41"
    height_m: float = 25.0
    tilt_deg: float = 6.0
    feeder_loss_db: float = 0.0
    power_w: float | None = None
    gain_dbi: float | None = None
    pattern: str | None = None
    azimuths_deg: tuple[float, ...] = (0.0, 120.0, 240.0)

    def __post_init__(self) -> None:
        for technology, band in (("LTE", self.lte_band), ("NR", self.nr_band)):
            fitting = [name for name, known in BANDS.items() if known.technology == technology]
            if band not in fitting:
                raise CoverageError(f"default {technology} band {band!r}; {nearest(band, fitting)}")
        if self.technology not in ("LTE", "NR") or not self.azimuths_deg:
            raise CoverageError(f"{self}: expected technology LTE or NR, and an azimuth at least")


def fill(known: pd.DataFrame, defaults: Defaults) -> pd.DataFrame:
    """Fill the missing values of a table with the columns of a sector table.

    Parameters
    ----------
    known : pandas.DataFrame
        Columns of the sector table; azimuths and ids are left as they are.
    defaults : Defaults

    Returns
    -------
    pandas.DataFrame, same rows
        Resource blocks stay missing where the standard has no such channel.
    """
    table = known.copy()
    usual = pd.DataFrame({name: asdict(band) for name, band in BANDS.items()}).T

    def put(column: str, values: Any) -> None:
        table[column] = table[column].where(table[column].notna(), values)

    put("operator", defaults.operator)
    put("technology", table["band"].map(usual["technology"]))
    put("technology", defaults.technology)
    nr_band = table["operator"].map(dict(NR_BANDS)).fillna(defaults.nr_band)
    put("band", nr_band.where(table["technology"] == "NR", defaults.lte_band))
    put("frequency_mhz", centre_frequencies_mhz(table["band"], table["operator"]))
    put("position", "measured")
    for column in ("height_m", "tilt_deg", "feeder_loss_db", "power_w", "gain_dbi", "pattern"):
        if getattr(defaults, column) is not None:
            put(column, getattr(defaults, column))
    for column in ("bandwidth_mhz", "subcarrier_spacing_khz", "power_w", "gain_dbi", "pattern"):
        put(column, table["band"].map(usual[column]))
    channel = table[["technology", "subcarrier_spacing_khz", "bandwidth_mhz"]]
    blocks = channel_widths().reindex(pd.MultiIndex.from_frame(channel)).to_numpy(dtype=float)
    put("resource_blocks", blocks)
    return table


def say_filled(
    known: pd.DataFrame, table: pd.DataFrame, *, of: str
) -> tuple[dict[str, int], list[str]]:
    """Return for how many rows each column was filled, and sentences that say with what."""
    counts: dict[str, int] = {}
    everywhere, lines = [], []
    for column in known:
        empty = known[column].isna()
        if not empty.any():
            continue
        counts[str(column)] = count = int(empty.sum())
        values = [f"{v:g}" if isinstance(v, float) else v for v in table[column][empty].unique()]
        shown = ", ".join(map(str, values[:5])) + (", …" if len(values) > 5 else "")
        if count == len(known):
            everywhere.append(f"{column} ({shown})")
        else:
            lines.append(f"{column}: filled for {count:,} of {len(known):,} {of} ({shown}).")
    if everywhere:
        lines.append(f"Filled for all {len(known):,} {of}: {', '.join(everywhere)}.")
    return counts, lines


def finish(table: pd.DataFrame, source: dict[str, Any], approximate: list[str]) -> pd.DataFrame:
    """Return rows as a checked sector table that carries its sources and what is approximate."""
    if "id" not in source:
        raise CoverageError(
            "rows without attrs['source']: name a file, or load it by catalogue.load_own_rows"
        )
    sectors = table[list(COLUMNS)].astype(TYPES).sort_values("sector_id", ignore_index=True)
    said = [text for text in (source.get("approximate", ""), *approximate) if text]
    sectors.attrs["source"] = {**source, "approximate": "; ".join(said)}
    blocks = catalogue.load("spectrum_blocks").attrs["source"]
    sectors.attrs["sources"] = [sectors.attrs["source"], blocks]
    return check_sectors(sectors)
