"""A simulated 5G network of Hanoi: sites where people are, no two too near, three sectors each.

Newspapers count base stations (BTS): the equipment of one operator and one technology. They are
neither sites nor 5G. Of 12,000 BTS, at 2.5 technologies for each operator at a site, and with the
1,200 shared of 6,340 of September 2015 (``bts_counts``; its operators sum to 6,391, and are used
for their proportions only) shared by two operators each, sites per BTS are
``(1 − ½ · 1200/6340) / 2.5 = 0.36``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.filling import Defaults, fill
from hanoi_analytics.coverage.network.schema import COLUMNS, TYPES
from hanoi_analytics.errors import nearest
from hanoi_analytics.places.crosswalk import METRIC_CRS

Floats = npt.NDArray[np.float64]

_OPERATORS = ("MobiFone", "VinaPhone", "Viettel")

# People per km² from which a place is of a class, height of antennas (mean, spread), tilt.
_CLASSES = ((0.0, 38.0, 5.0, 4.0), (2_000.0, 30.0, 4.0, 6.0), (10_000.0, 25.0, 3.0, 8.0))
# Points thrown for each site wanted: room is found for half as many again as are wanted.
_THROWS = 4
_AZIMUTH_SPREAD_DEG = 8.0


def network(
    *,
    seed: int,
    bts: int = 12_000,
    sites_per_bts: float = 0.36,
    share_5g: float = 0.6,
    operators: tuple[str, ...] = _OPERATORS,
) -> pd.DataFrame:
    """Draw a 5G network: sites by people, operators by their counts of 2015, three sectors each.

    Parameters
    ----------
    seed : int
        Of every draw.
    bts : int
        Base stations of all operators and technologies.
    sites_per_bts : float
        Masts and roofs for each of them, see the module.
    share_5g : float
        Part of the sites that have 5G; drawn evenly.
    operators : tuple of str
        Among MobiFone, VinaPhone and Viettel, who hold the 5G blocks near 3 GHz. A single one
        shares with nobody: ``sites_per_bts=1, share_5g=1, operators=("Viettel",)`` puts its three
        sectors at each of `bts` sites.

    Returns
    -------
    pandas.DataFrame
        A sector table, see `hanoi_analytics.coverage.network.schema`.

    Raises
    ------
    CoverageError
        A number out of range, an unknown operator, or no room for so many sites.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> sectors = catalogue.load("hanoi_network_simulated", bts=600)
    >>> sectors["site_id"].nunique()
    130
    >>> sectors.attrs["source"]["tier"]
    'simulated'
    """
    sites = round(bts * sites_per_bts)
    if sites < 1 or not 0 < share_5g <= 1:
        raise CoverageError(
            f"bts={bts}, sites_per_bts={sites_per_bts}, share_5g={share_5g}: expected one site at "
            f"least, and a share above 0 and up to 1"
        )
    for name in operators:
        if name not in _OPERATORS:
            raise CoverageError(f"operator {name!r}; {nearest(name, _OPERATORS)}")
    if not operators:
        raise CoverageError(f"operators is empty: expected some of {', '.join(_OPERATORS)}")
    rng = np.random.default_rng(seed)
    places = _places(sites, rng)
    places = places.sample(max(1, round(share_5g * sites)), random_state=rng).sort_index()
    carriers = _carriers(places.reset_index(drop=True), operators, rng)
    return _sectors(carriers, rng)


def least_distance_m(sites_per_km2: npt.ArrayLike) -> Floats:
    """Return how near two sites may stand where so many are wanted.

    Half the spacing of a square lattice of that density, from 50 m to 2 km.

    Examples
    --------
    >>> least_distance_m([0.01, 1.0, 25.0]).tolist()
    [2000.0, 500.0, 100.0]
    """
    wanted = np.asarray(sites_per_km2, dtype=np.float64)
    return np.clip(500.0 / np.sqrt(wanted), 50.0, 2_000.0)


def _places(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Throw points by people and keep, in turn, those with room: ``x, y`` in m, people per km²."""
    grid = catalogue.load("hanoi_population_grid_simulated")
    width_m, height_m = (abs(step) for step in grid.rio.resolution())
    people = np.nan_to_num(grid.to_numpy())
    cell = rng.choice(people.size, _THROWS * count, p=people.ravel() / people.sum())
    row, column = np.unravel_index(cell, people.shape)
    x = grid["x"].to_numpy()[column] + rng.uniform(-0.5, 0.5, cell.size) * width_m
    y = grid["y"].to_numpy()[row] + rng.uniform(-0.5, 0.5, cell.size) * height_m
    density = people.ravel()[cell] / (width_m * height_m / 1e6)
    room_m = least_distance_m(density * count / people.sum())
    kept = _with_room(np.column_stack([x, y]), room_m)[:count]
    if kept.size < count:
        raise CoverageError(
            f"{count:,} sites: room for {kept.size:,} only at the least distances; ask for fewer"
        )
    return pd.DataFrame({"x": x, "y": y, "people_per_km2": density}).iloc[kept]


def _with_room(points: Floats, room_m: Floats) -> npt.NDArray[np.int64]:
    """Return, in turn, the points that have no kept one nearer than their own distance."""
    from scipy.spatial import KDTree  # noqa: PLC0415

    kept = np.zeros(len(points), dtype=bool)
    near = KDTree(points).query_ball_point(points, room_m)
    for point, others in enumerate(near):
        kept[point] = not kept[others].any()
    return np.flatnonzero(kept)


def _carriers(
    places: pd.DataFrame, operators: tuple[str, ...], rng: np.random.Generator
) -> pd.DataFrame:
    """Give each place an operator, and some a second, in the proportions of 2015."""
    counts = catalogue.load("bts_counts")
    counts = counts[(counts["place"] == "Hà Nội") & (counts["year"] == 2015)]
    existing = counts[counts["kind"] == "existing"].set_index("operator")["count"]
    shared = counts.loc[counts["kind"] == "shared", "count"].iloc[0] / existing["all"]
    weights = existing[list(operators)].to_numpy(dtype=float)
    # The smallest of exponential times, divided by weights, draws without replacement.
    turn = np.argsort(rng.exponential(size=(len(places), len(operators))) / weights, axis=1)
    # Of the stations, `shared` stand in pairs: of the places that is less.
    pair = rng.random(len(places)) < shared / (2 - shared)
    first = places.assign(operator=np.array(operators)[turn[:, 0]])
    if len(operators) == 1:
        return first
    second = places.assign(operator=np.array(operators)[turn[:, 1]])[pair]
    return pd.concat([first, second])


def _sectors(carriers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return three sectors for each operator at each place."""
    to_degrees = Transformer.from_crs(METRIC_CRS, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(carriers["x"], carriers["y"])
    lowest, mean_m, spread_m, tilt = np.array(_CLASSES).T
    kind = np.searchsorted(lowest, carriers["people_per_km2"], side="right") - 1
    height_m = rng.normal(mean_m[kind], spread_m[kind]).clip(18.0, 60.0)
    known = pd.DataFrame(
        {
            "site_id": [f"HN{number + 1:05d}" for number in carriers.index],
            "operator": carriers["operator"].to_numpy(),
            "technology": "NR",
            "longitude": longitude.round(6),
            "latitude": latitude.round(6),
            "height_m": height_m.round(1),
            "tilt_deg": tilt[kind],
            "position": "simulated",
        }
    ).reindex(columns=list(COLUMNS))
    turned = rng.uniform(0.0, 120.0, len(known))
    parts = []
    for number in range(3):
        azimuth = turned + 120.0 * number + rng.normal(0.0, _AZIMUTH_SPREAD_DEG, len(known))
        ids = known["site_id"] + "-" + known["operator"] + f"-{number + 1}"
        parts.append(known.assign(sector_id=ids, azimuth_deg=azimuth.round(1) % 360.0))
    table = fill(pd.concat(parts, ignore_index=True), Defaults())
    return table.astype(TYPES).sort_values("sector_id", ignore_index=True)
