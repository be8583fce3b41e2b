"""Which demand each site covers by predicted levels, with shadow fading."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from scipy import sparse
from scipy.spatial import cKDTree
from scipy.special import ndtr

from hanoi_analytics.coverage.best_server.paths import (
    NEAREST_M,
    Path,
    boresight_dbm,
    chosen_models,
)
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.antenna import (
    FRONT_TO_BACK_DB,
    horizontal_attenuation_db,
    vertical_attenuation_db,
)
from hanoi_analytics.coverage.network.schema import check_sectors
from hanoi_analytics.coverage.propagation import Model
from hanoi_analytics.coverage.siting.covers import within
from hanoi_analytics.coverage.siting.inputs import positions, require_distinct
from hanoi_analytics.places.crosswalk import METRIC_CRS

Floats = NDArray[np.float64]
_STRENGTH = (
    *("frequency_mhz", "height_m", "power_w", "resource_blocks", "gain_dbi", "feeder_loss_db"),
)
# Pairs of demand and site looked at together, or those of one site: a few hundred MB.
_PAIRS_AT_ONCE = 1_000_000


def covers_by_level(
    demand_xy_m: ArrayLike,
    sectors: pd.DataFrame,
    *,
    reliability: float,
    model: str = "uma",
    radio: Radio | None = None,
) -> sparse.csc_array:
    """Say which demand each site covers with at least a stated probability.

    The probability that a sector's level reaches the threshold is
    ``P(LOS) Φ(m_LOS / σ_LOS) + (1 − P(LOS)) Φ(m_NLOS / σ_NLOS)``, m being the median level minus
    the threshold and σ that of shadow fading (with that of the wall, indoors). A site counts by
    its surest sector: they share the path, so a second one adds no second chance.

    Parameters
    ----------
    demand_xy_m : array_like, (demand, 2)
        Coordinates in EPSG:32648.
    sectors : pandas.DataFrame
        The sector table of the candidates.
    reliability : float
        Least probability of coverage, between 0 and 1.
    model : str
        Of ``propagation.MODELS``.
    radio : Radio, optional
        With one threshold; ``range_m`` ends a site's reach. Load and noise play no part.

    Returns
    -------
    scipy.sparse.csc_array of bool, (demand, sites)
        Sites in the order in which ``sectors["site_id"].unique()`` has them.

    Raises
    ------
    CoverageError
        Inputs or sectors out of limits, sectors of one site at two places, two sites at one place.

    Notes
    -----
    Demand nearer than 10 m, where the models begin, counts as 10 m away. Source: 3GPP TR 38.901
    §7.3 and §7.4.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> one = catalogue.load("hanoi_network_simulated", bts=60).iloc[:3]
    >>> xy_m = site_positions(one).to_numpy() + [[0, 50], [0, 4000]]
    >>> covers_by_level(xy_m, one, reliability=0.9).toarray().tolist()
    [[True], [False]]
    """
    radio = Radio() if radio is None else radio
    if not 0 < reliability < 1:
        raise CoverageError(f"reliability: expected between 0 and 1, found {reliability!r}")
    if len(radio.thresholds_dbm) != 1:
        raise CoverageError(
            f"radio: expected one threshold, found {radio.thresholds_dbm}: choose which decides"
        )
    demand = positions(demand_xy_m, "demand")
    sites = site_positions(sectors)
    (chosen,), _ = chosen_models(model, sectors)
    require_distinct(sites.to_numpy())
    members = _members(sectors, sites.index)
    kinds = sectors[[*_STRENGTH, "pattern", "azimuth_deg", "tilt_deg"]].astype(
        {"pattern": "category"}
    )
    kinds.attrs = {}  # pandas copies them with every step
    tree = cKDTree(demand)
    reach_m = _reach_m(kinds, reliability, chosen, radio)
    counts = tree.query_ball_point(sites.to_numpy(), reach_m, return_length=True)
    block = np.cumsum(counts) // _PAIRS_AT_ONCE
    parts = []
    for number in np.unique(block):
        of = np.flatnonzero(block == number)
        places = sites.to_numpy()[of]
        near = within(tree, places, reach_m)
        row, site = near.coords
        offset = demand[row] - places[site]
        chance = np.zeros(len(row))
        for one in members[of].T:
            has = np.flatnonzero(one[site] >= 0)
            some = kinds.iloc[one[site[has]]]
            chance[has] = np.maximum(chance[has], _chance(some, offset[has], chosen, radio))
        sure = chance >= reliability
        part = (np.ones(int(sure.sum()), dtype=bool), (row[sure], site[sure]))
        parts.append(sparse.csc_array(part, shape=near.shape))
    return sparse.csc_array(sparse.hstack(parts, format="csc"))


def site_positions(sectors: pd.DataFrame) -> pd.DataFrame:
    """Return where the sites of a sector table stand, in metres of EPSG:32648.

    Parameters
    ----------
    sectors : pandas.DataFrame
        A sector table.

    Returns
    -------
    pandas.DataFrame, one row a site
        ``x_m, y_m``; index ``site_id`` in the order in which the table has them.

    Raises
    ------
    CoverageError
        Not a sector table, or sectors of one site at two places.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> site_positions(catalogue.load("hanoi_network_simulated", bts=60)).columns.tolist()
    ['x_m', 'y_m']
    """
    check_sectors(sectors)
    places = sectors[["site_id", "longitude", "latitude"]].drop_duplicates()
    torn = places.loc[places["site_id"].duplicated(), "site_id"]
    if not torn.empty:
        raise CoverageError(
            f"{torn.nunique()} sites have sectors at more than one place, the first is "
            f"{torn.iloc[0]!r}: give each place its own site_id"
        )
    to_metres = Transformer.from_crs("EPSG:4326", METRIC_CRS, always_xy=True)
    x, y = to_metres.transform(places["longitude"].to_numpy(), places["latitude"].to_numpy())
    return pd.DataFrame({"x_m": x, "y_m": y}, index=pd.Index(places["site_id"]))


def _members(sectors: pd.DataFrame, sites: pd.Index) -> NDArray[np.int64]:
    """Return the rows of each site's sectors, shape (sites, most sectors), filled with -1."""
    site = sites.get_indexer(pd.Index(sectors["site_id"]))
    place = sectors.groupby("site_id").cumcount().to_numpy()
    members = np.full((len(sites), int(place.max()) + 1), -1, dtype=np.int64)
    members[site, place] = np.arange(len(sectors))
    return members


def _reach_m(sectors: pd.DataFrame, reliability: float, model: Model, radio: Radio) -> float:
    """Return a distance beyond which no sector can reach the reliability, even in its boresight."""
    distances_m = np.geomspace(NEAREST_M, radio.range_m, 100)
    kinds = sectors[list(_STRENGTH)].drop_duplicates()
    kinds = kinds.assign(pattern="omni", azimuth_deg=0.0, tilt_deg=0.0)
    for distance_m, farther_m in reversed(list(pairwise(distances_m))):
        offset_m = np.full((len(kinds), 2), [0.0, distance_m])
        if (_chance(kinds, offset_m, model, radio) >= reliability).any():
            return float(farther_m)
    return NEAREST_M


def _chance(sectors: pd.DataFrame, offset_m: Floats, model: Model, radio: Radio) -> Floats:
    """Return the probability that each sector's level reaches the threshold at its offset."""
    distance_m = np.maximum(np.hypot(*offset_m.T), NEAREST_M)
    height_m = sectors["height_m"].to_numpy()
    path = Path(model, sectors["frequency_mhz"].to_numpy() / 1e3, height_m, radio)
    spare_db = _sent_dbm(sectors, offset_m, distance_m, radio) - radio.thresholds_dbm[0]
    _, clear_db, hidden_db, seen = path.losses_db(distance_m)
    # Free space has no spread: a step, without dividing by zero.
    clear_sigma_db, hidden_sigma_db = np.maximum(path.sigmas_db(distance_m), 1e-9)
    clear = ndtr((spare_db - clear_db) / clear_sigma_db)
    hidden = ndtr((spare_db - hidden_db) / hidden_sigma_db)
    return np.asarray(seen * clear + (1 - seen) * hidden)


def _sent_dbm(sectors: pd.DataFrame, offset_m: Floats, distance_m: Floats, radio: Radio) -> Floats:
    """Return the level before path and wall: power, gain and pattern towards each offset."""
    rise_m = sectors["height_m"].to_numpy() - radio.terminal_height_m
    off_tilt_deg = np.degrees(np.arctan2(rise_m, distance_m)) - sectors["tilt_deg"].to_numpy()
    off_azimuth_deg = np.degrees(np.arctan2(*offset_m.T)) - sectors["azimuth_deg"].to_numpy()
    lost_db = np.empty(len(sectors))
    for name in sectors["pattern"].unique():
        of = (sectors["pattern"] == name).to_numpy()
        across_db = horizontal_attenuation_db(name, off_azimuth_deg[of])
        down_db = vertical_attenuation_db(name, off_tilt_deg[of])
        lost_db[of] = np.minimum(across_db + down_db, FRONT_TO_BACK_DB[name])
    return boresight_dbm(sectors, radio) - lost_db
