"""Reading a site list of the user's own."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.antenna import PATTERNS
from hanoi_analytics.coverage.network.filling import Defaults, fill, finish, say_filled
from hanoi_analytics.coverage.network.link import BANDS
from hanoi_analytics.coverage.network.schema import COLUMNS, POSITIONS, TECHNOLOGIES, limits
from hanoi_analytics.coverage.network.tables import Network
from hanoi_analytics.coverage.operators import read_operators
from hanoi_analytics.errors import nearest
from hanoi_analytics.tables import LATITUDE, LONGITUDE, VIET_NAM, Bounds, Column, Sorter

_GENERATIONS = {"4g": "LTE", "5g": "NR"}
_WORDS = {
    "sector_id": ("id", "cellid", "cellname", "sectorname", "idcell", "macell", "tencell"),
    "site_id": ("site", "sitename", "matram", "idtram", "tentram", "tram", "stationid"),
    "operator": ("operatorname", "network", "carrier", "nhamang"),
    "technology": ("tech", "rat", "networktype", "congnghe"),
    "band": ("bangtan",),
    "pattern": (),
    "position": (),
}
_NUMBERS = {
    "height_m": ("height", "antennaheight", "heightagl", "docaoanten", "chieucaoanten"),
    "azimuth_deg": ("azimuth", "phuongvi", "gocphuongvi"),
    **dict.fromkeys(("tilt_deg", "frequency_mhz", "bandwidth_mhz", "power_w", "gain_dbi"), ()),
    **dict.fromkeys(("feeder_loss_db", "subcarrier_spacing_khz", "resource_blocks"), ()),
}
_WANTED = (
    LONGITUDE,
    LATITUDE,
    *(Column(name, names, words=True) for name, names in _WORDS.items()),
    *(
        # Many lists call north 360°, and write 0 for a height that nobody measured.
        Column(
            name,
            names,
            span=limits(name) if name != "azimuth_deg" else pd.Interval(0.0, 360.0, "both"),
            stand_ins=(0.0,) if name == "height_m" else (),
        )
        for name, names in _NUMBERS.items()
    ),
)


def read_network(
    rows: pd.DataFrame | str, *, bounds: Bounds = VIET_NAM, defaults: Defaults | None = None
) -> Network:
    """Read sites or sectors; what is missing is filled, and what is wrong is rejected.

    Parameters
    ----------
    rows : str or pandas.DataFrame
        A CSV or Parquet file in the folder for own files, or its rows by
        ``catalogue.load_own_rows``. Needed columns are ``id`` (or ``sector_id``, ``site_id``),
        ``longitude`` and ``latitude`` in degrees (WGS 84); the others are those of the sector
        table. Usual names are known, also Vietnamese ones: Mã trạm, Kinh độ, Vĩ độ, Nhà mạng. A
        row with ``azimuth_deg`` is a sector-carrier; a row without is a site and becomes one
        sector for each default azimuth, or a single one where its pattern is ``omni``.
    bounds : tuple of float
        West, south, east, north in degrees; `VIET_NAM` or `HANOI`, or your own.
    defaults : Defaults, optional
        Values for what is missing.

    Returns
    -------
    Network
        Sites without ``site_id`` are the rows at one place.

    Raises
    ------
    CoverageError
        A file without a needed column or with a column that looks like a slip (both with the
        nearest name), or without one good row (with the commonest reasons).

    Examples
    --------
    >>> places = {"longitude": [105.85, 21.0], "latitude": [21.0, 105.8]}
    >>> rows = pd.DataFrame({"id": ["A", "B"], **places})
    >>> rows.attrs["source"] = {"id": "own/two.csv"}
    >>> network = read_network(rows)
    >>> network.sectors["azimuth_deg"].tolist(), network.rejected["reason"].tolist()
    ([0.0, 120.0, 240.0], ['longitude and latitude swapped?'])
    """
    defaults = defaults or Defaults()
    sorter = Sorter(rows, _WANTED, title="sites or sectors of a network", error=CoverageError)
    _refuse_slips(sorter)
    known = _columns(sorter, bounds)
    table = fill(known, defaults)
    sorter.reject(table["resource_blocks"].isna() & table["band"].isin(list(BANDS)), _NO_CHANNEL)
    used_khz = 12 * table["resource_blocks"] * table["subcarrier_spacing_khz"].astype("float64")
    too_wide = used_khz > 1000 * table["bandwidth_mhz"].astype("float64")
    sorter.reject(too_wide, "resource_blocks are wider than bandwidth_mhz")
    sorter.once(known["sector_id"], "id")
    _free_names(sorter, table, len(defaults.azimuths_deg))
    sorter.require_some()
    good = sorter.good
    said = known[good].drop(columns=["site_id", "azimuth_deg"])
    filled, lines = say_filled(said, table[good], of="rows")
    sectors, sites = _expand(table[good], defaults)
    notes = sorter.notes()
    if ignored := _others(sorter):
        notes.append(f"Columns not used: {', '.join(ignored)}.")
    if sites:
        azimuths = ", ".join(f"{a:g}°" for a in defaults.azimuths_deg)
        notes.append(f"Sites without azimuth, taken as sectors at {azimuths}: {sites:,}.")
    assumed = [*filled, *(["azimuth_deg"] if sites else [])]
    approximate = f"assumed where the file says nothing: {', '.join(assumed)}" if assumed else ""
    return Network(
        sectors=finish(sectors, sorter.rows.source, [approximate]),
        rejected=sorter.rejected(),
        accepted=int(good.sum()),
        filled=filled,
        notes=(*notes, *lines),
    )


_NO_CHANNEL = "resource_blocks missing, and no channel of this technology, bandwidth and spacing"


def _others(sorter: Sorter) -> list[str]:
    return [str(name) for name in sorter.rows.table if name not in sorter.found.values()]


def _refuse_slips(sorter: Sorter) -> None:
    """Refuse a file without an id, or with a column that is nearly one of the sector table."""
    there = [str(name) for name in sorter.rows.table]
    if {"radio", "mcc", "cell"} <= set(there):
        raise CoverageError(f"{sorter.rows.name}: an OpenCelliD export: take read_opencellid")
    if not {"sector_id", "site_id"} & set(sorter.found):
        raise CoverageError(
            f"{sorter.rows.name}: no column for 'id'; {nearest('id', there)}; give the right "
            f"column that name"
        )
    absent = [name for name in COLUMNS if name not in sorter.found]
    for name in _others(sorter):
        if (hint := nearest(name.lower(), absent)).startswith("did you mean"):
            raise CoverageError(
                f"{sorter.rows.name}: column {name!r} is not known; {hint} rename it, in that "
                f"unit, or take it out"
            )


def _columns(sorter: Sorter, bounds: Bounds) -> pd.DataFrame:
    """Read every column of the sector table, with reasons against what is wrong."""
    known = sorter.places(bounds)
    known["site_id"] = sorter.words("site_id")
    known["operator"] = read_operators(sorter)
    known["technology"] = sorter.choice("technology", TECHNOLOGIES, _GENERATIONS)
    known["band"] = sorter.choice("band", BANDS)
    known["pattern"] = sorter.choice("pattern", PATTERNS)
    known["position"] = sorter.choice("position", POSITIONS)
    for column in _NUMBERS:
        known[column] = sorter.numbers(column)
    known["azimuth_deg"] %= 360.0
    for column in ("subcarrier_spacing_khz", "resource_blocks"):
        sorter.reject(known[column] % 1 > 0, f"{column}: not a whole number")
    if "sector_id" in sorter.found:
        known["sector_id"] = sorter.needed("sector_id")
    else:
        known["sector_id"] = sorter.needed("site_id")
        towards = sorter.words("azimuth_deg").fillna("") + "/" + sorter.words("band").fillna("")
        named = known["sector_id"] + "/" + towards.str.strip("/")
        known["sector_id"] = known["sector_id"].where(known["azimuth_deg"].isna(), named)
    of_band = known["band"].map({name: band.technology for name, band in BANDS.items()})
    other = of_band.notna() & known["technology"].notna() & (of_band != known["technology"])
    sorter.reject(other, "band is of another technology")
    spacing = known["subcarrier_spacing_khz"]
    sorter.reject(
        spacing.notna() & ~spacing.isin([15, 30]), "subcarrier_spacing_khz: expected 15 or 30"
    )
    return known[list(COLUMNS)]


def _free_names(sorter: Sorter, table: pd.DataFrame, sectors: int) -> None:
    """Reject sites whose sectors would get an id that a row has already."""
    site = _is_site(table)
    taken = table["sector_id"][~site & sorter.good]
    for number in range(1, sectors + 1):
        clash = site & sorter.good & (table["sector_id"] + f"/{number}").isin(taken)
        sorter.reject(clash, f"another row has the id /{number} that its sector would get")


def _is_site(table: pd.DataFrame) -> pd.Series[bool]:
    return table["azimuth_deg"].isna() & (table["pattern"] != "omni")


def _expand(table: pd.DataFrame, defaults: Defaults) -> tuple[pd.DataFrame, int]:
    """Make sectors of sites, and give the rows at one place a site where they have none."""
    place = table.groupby(["longitude", "latitude"])["sector_id"].transform("first")
    table = table.assign(site_id=table["site_id"].fillna(place))
    site = _is_site(table)
    parts = [table[~site].fillna({"azimuth_deg": 0.0})] + [
        table[site].assign(
            sector_id=table["sector_id"][site] + f"/{number}", azimuth_deg=float(azimuth)
        )
        for number, azimuth in enumerate(defaults.azimuths_deg, start=1)
    ]
    return pd.concat(parts), int(site.sum())
