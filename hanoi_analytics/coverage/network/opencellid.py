"""Reading an export of OpenCelliD: cells heard by phones, put together to sites."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyproj import Transformer

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.filling import Defaults, fill, finish, say_filled
from hanoi_analytics.coverage.network.schema import COLUMNS
from hanoi_analytics.coverage.network.tables import Network
from hanoi_analytics.coverage.operators import OPERATORS
from hanoi_analytics.tables import VIET_NAM, Bounds, Column, Sorter

#: The columns of the standard export, which comes with or without a line of names.
EXPORT_COLUMNS = (
    *("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples"),
    *("changeable", "created", "updated", "averageSignal"),
)
_WANTED = (
    *(Column(name, unit="deg", needed=True) for name in ("lon", "lat")),
    Column("radio", words=True, needed=True),
    *(Column(name, needed=True) for name in ("mcc", "net", "cell")),
    Column("samples"),
    Column("changeable"),
)
# An LTE cell's identity: 20 bits of the base station (eNB), 8 bits of the cell. NR has 36 bits
# in all, of which the operator keeps 22 to 32 for the base station and tells nobody how many.
_CELL_BITS = {"LTE": 28, "NR": 36}
# Best of three 65° sectors, averaged over the horizon in dB: 12/65² · 60²/3 below boresight.
_OMNI_LOSS_DB = 3.4
_APPROXIMATE = (
    "sites put together from cells heard by phones; heights, directions and carriers assumed"
)


def read_opencellid(
    rows: pd.DataFrame | str,
    *,
    mcc: int = 452,
    bounds: Bounds = VIET_NAM,
    site_distance_m: float = 300.0,
    defaults: Defaults | None = None,
) -> Network:
    """Read cells of an OpenCelliD export and put them together to sites.

    LTE cells of one operator and base station (cell identity without its last 8 bits) that hang
    together by steps of `site_distance_m` are a site. How many bits of an NR cell name its base
    station is not known, so each NR cell is a site. The place is the mean of cells whose position
    is exact (``changeable`` 0) where a site has any, else the mean of all, weighted by samples.

    The export knows no directions: a site becomes one ``omni`` sector, with the gain of its band
    less 3.4 dB, the mean of the best of three sectors over the horizon.

    Parameters
    ----------
    rows : str or pandas.DataFrame
        A file in the folder for own files (``.csv``, ``.csv.gz``), with or without a line of
        names, or its rows by ``catalogue.load_own_rows``.
    mcc : int
        Mobile country code; cells of others are rejected.
    bounds, defaults
        As for `read_network`.
    site_distance_m : float

    Returns
    -------
    Network
        ``accepted`` counts cells. Cells are not sites, and what phones heard is not a count of
        what stands there: do not hold it against a number of base stations.

    Raises
    ------
    CoverageError
        A missing column, a distance that is not positive, or no good row.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "radio": "LTE", "mcc": 452, "net": 4, "cell": [256001, 256002], "lon": 105.85,
    ...     "lat": [21.0, 21.001], "samples": 9, "changeable": 1,
    ... })
    >>> rows.attrs["source"] = {"id": "own/452.csv"}
    >>> network = read_opencellid(rows)
    >>> network.accepted, network.sectors[["sector_id", "operator", "position"]].values.tolist()
    (2, [['LTE-452-4-1000-1', 'Viettel', 'averaged']])
    """
    if not site_distance_m > 0:
        raise CoverageError(f"site_distance_m={site_distance_m}: expected metres above 0, as 300")
    title = "cells of an OpenCelliD export"
    sorter = Sorter(rows, _WANTED, title=title, error=CoverageError, default_names=EXPORT_COLUMNS)
    cells = _cells(sorter, mcc, bounds)
    sorter.require_some()
    cells = cells[sorter.good]
    sites = _sites(cells, site_distance_m)
    known = sites.reindex(columns=list(COLUMNS)).assign(
        sector_id=sites["site_id"], azimuth_deg=0.0, pattern="omni"
    )
    known["operator"] = [OPERATORS.get(n, f"{mcc}-{n:02d}") for n in sites["net"].astype(int)]
    table = fill(known, defaults or Defaults())
    table["gain_dbi"] = table["gain_dbi"].astype("float64") - _OMNI_LOSS_DB
    filled, lines = say_filled(known, table, of="sites")
    notes = _notes(cells, sites, site_distance_m)
    return Network(
        sectors=finish(table, sorter.rows.source, [_APPROXIMATE]),
        rejected=sorter.rejected(),
        accepted=len(cells),
        filled=filled,
        notes=(*sorter.notes(), *notes, *lines),
    )


def _cells(sorter: Sorter, mcc: int, bounds: Bounds) -> pd.DataFrame:
    """Read the columns of cells, with reasons against what is wrong."""
    cells = sorter.places(bounds, longitude="lon", latitude="lat")
    cells["technology"] = sorter.needed("radio").str.upper()
    other = cells["technology"].notna() & ~cells["technology"].isin(list(_CELL_BITS))
    sorter.reject(other, "radio is neither LTE nor NR")
    for column in ("mcc", "net", "cell"):
        sorter.needed(column)
        cells[column] = sorter.numbers(column)
        sorter.reject(cells[column] % 1 > 0, f"{column}: not a whole number")
    country = cells["mcc"]
    sorter.reject(country.notna() & (country != mcc), f"mcc is not {mcc}")
    sorter.reject((cells["net"] < 0) | (cells["net"] > 999), "net is outside [0, 999]")
    most = 2.0 ** cells["technology"].map(_CELL_BITS).astype("float64")
    sorter.reject((cells["cell"] < 0) | (cells["cell"] >= most), "cell has too many bits")
    for column in ("samples", "changeable"):
        cells[column] = sorter.numbers(column)
    sorter.reject(cells["samples"] < 0, "samples is below 0")
    flag = cells["changeable"]
    sorter.reject(flag.notna() & ~flag.isin([0, 1]), "changeable is neither 0 nor 1")
    sorter.once(cells[["technology", "net", "cell"]], "cell")
    return cells


def _sites(cells: pd.DataFrame, distance_m: float) -> pd.DataFrame:
    """Put cells together: one row a site with its place, and how that is known."""
    lte = cells["technology"] == "LTE"
    cell, net = cells["cell"].astype("int64"), cells["net"].astype("int64")
    key = cells["technology"].str.cat(cells["mcc"].astype("int64").astype("str"), sep="-")
    key = key.str.cat(net.astype("str"), sep="-")
    key = key.str.cat(cell.where(~lte, cell // 256).astype("str"), sep="-")
    part = pd.Series(_together(cells, pd.factorize(key)[0], distance_m), index=cells.index)
    site = key + "-" + part.groupby(key).rank("dense").astype("int64").astype("str")
    exact = cells["changeable"] == 0
    known = exact.groupby(site).transform("any")
    samples = cells["samples"].fillna(1.0).clip(lower=1.0)
    weight = samples.where(~known, exact.astype("float64"))
    table = pd.DataFrame(
        {
            "site_id": site,
            "technology": cells["technology"],
            "net": net,
            "position": np.where(known, "measured", "averaged"),
            "weight": weight,
            "longitude": cells["longitude"] * weight,
            "latitude": cells["latitude"] * weight,
        }
    )
    names = ["site_id", "technology", "net", "position"]
    sums = table.groupby(names, as_index=False).sum()
    for column in ("longitude", "latitude"):
        sums[column] /= sums["weight"]
    return sums


def _together(cells: pd.DataFrame, group: np.ndarray, distance_m: float) -> np.ndarray:
    """Number the chains of cells of one group whose steps are no longer than the distance."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415
    from scipy.spatial import KDTree  # noqa: PLC0415

    place = cells[["longitude", "latitude"]].to_numpy()
    to_space = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    x, y, z = to_space.transform(place[:, 0], place[:, 1], np.zeros(len(cells)))
    # A fourth axis holds the groups so far apart that no pair spans two of them.
    points = np.column_stack([x, y, z, group * 2.0 * distance_m])
    pairs = KDTree(points).query_pairs(distance_m, output_type="ndarray")
    links = (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1]))
    graph = coo_array(links, shape=(len(cells), len(cells)))
    return connected_components(graph, directed=False)[1]


def _notes(cells: pd.DataFrame, sites: pd.DataFrame, distance_m: float) -> list[str]:
    notes = [
        f"Cells used: {len(cells):,}; sites made of them: {len(sites):,} (steps of "
        f"{distance_m:g} m within a base station). "
        "Cells are not sites, and neither is a count of base stations.",
        "No direction is known: each site is one omni sector, its gain 3.4 dB lower for it.",
    ]
    averaged = int((sites["position"] == "averaged").sum())
    if averaged:
        notes.append(
            f"Sites where phones were on average, so nearer to roads than masts: {averaged:,}."
        )
    if alone := int((sites["technology"] == "NR").sum()):
        notes.append(
            f"NR cells as sites of their own, their base station not being known: {alone:,}."
        )
    if unnamed := sorted(set(sites["net"]) - set(OPERATORS)):
        notes.append(f"Network codes without a name: {', '.join(map(str, unnamed))}.")
    return notes
