"""A second Degree of Urbanisation on grids: plain, slow, in one block, the yardstick of the tests.

It is written from the published rules (GHSL Data Package 2022 and 2023; OECD and Eurostat, Applying
the Degree of Urbanisation, 2021) apart from the package's own classifier, and shares no line with
it. It is made to be read, not to be fast: it serves grids of up to about 100,000 cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]

ROOK = ndimage.generate_binary_structure(2, 1)
QUEEN = ndimage.generate_binary_structure(2, 2)
NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=2) if step != (0, 0)]

# Sums of people are compared with a minimum that may be reached exactly.
PEOPLE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Rule:
    """Which cells form clusters: dense (or built-up) enough, joined, with people enough."""

    density: float  # people per km² of land, at least
    people: float  # people in the cluster, at least
    neighbours: int  # 4 or 8
    built: float | None = None  # or built-up per land at least this share; None = off
    smooth: int | None = None  # side of the focal mean's window, odd number of cells; None = off


@dataclass(frozen=True)
class Rules:
    """All parameters of both levels."""

    centre: Rule
    urban_cluster: Rule
    dense: Rule
    semi_dense: Rule
    suburban: Rule
    rural: Rule
    edge: str | None  # "R2022A", "R2023A", or None: edges stay as they are
    max_gap_km2: float | None  # holes of an area under this are filled; None: no hole is
    semi_dense_cells: int  # a semi-dense cluster keeps further than this from denser cells
    low_density: float  # people per km² of land, at least
    water_land: float  # water has less land than this share
    water_people: float  # water has at most these people
    water_built: float  # water has at most this built-up share


R2023A = Rules(
    centre=Rule(1500, 50_000, 4, built=0.20),
    urban_cluster=Rule(300, 5_000, 8),
    dense=Rule(1500, 5_000, 4, built=0.20),
    semi_dense=Rule(900, 2_500, 4),
    suburban=Rule(300, 5_000, 8),
    rural=Rule(300, 500, 8),
    edge="R2023A",
    max_gap_km2=15,
    semi_dense_cells=2,
    low_density=50,
    water_land=0.5,
    water_people=0,
    water_built=0,
)
R2022A = replace(
    R2023A,
    centre=replace(R2023A.centre, built=0.50),
    dense=replace(R2023A.dense, built=0.50),
    edge="R2022A",
)


@dataclass(frozen=True)
class Grids:
    """The input and what follows from it; NaN means missing."""

    people: Floats
    land: Floats  # share of the cell
    built: Floats  # share of the cell
    density: Floats  # people per km² of land
    built_density: Floats  # built-up per land


def classify(
    pop: Floats,
    land: Floats,
    built: Floats | None,
    rules: Rules,
    level: int,
    *,
    cell_area_km2: float = 1.0,
) -> NDArray[np.uint8]:
    """Classes of the cells: 3, 2, 1, 0 (level 1) or 30, 23, 22, 21, 13, 12, 11, 10 (level 2)."""
    grids = prepare(pop, land, built, cell_area_km2)
    centre = urban_centres(grids, rules, cell_area_km2)
    if level == 1:
        return level_1(grids, centre, rules)
    if level == 2:
        return level_2(grids, centre, rules)
    raise ValueError(f"level is {level}; expected 1 or 2")


def optimal_built(
    pop: Floats,
    land: Floats,
    built: Floats,
    *,
    density: float = 1500,
    people: float = 5000,
    neighbours: int = 4,
    cell_area_km2: float = 1.0,
) -> float:
    """Mean built-up share of the cells in clusters, rounded up to two decimals."""
    grids = prepare(pop, land, built, cell_area_km2)
    cells = clusters(grids, Rule(density, people, neighbours)) > 0
    if not cells.any():
        raise ValueError("no cluster reaches the minimum: the optimal built-up share is undefined")
    mean = np.nan_to_num(grids.built)[cells].mean()
    # A mean of 0.07 is 7.000000000000001 hundredths: it must not become 0.08.
    return math.ceil(round(mean * 100, 9)) / 100


def prepare(pop: Floats, land: Floats, built: Floats | None, cell_area_km2: float) -> Grids:
    people = np.asarray(pop, dtype="float64")
    land = np.asarray(land, dtype="float64")
    no_grid = np.full(people.shape, np.nan)
    built = no_grid if built is None else np.asarray(built, dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        density = people / (land * cell_area_km2)
        built_density = np.round(np.nan_to_num(built) / land, 3)
    return Grids(people, land, built, density, built_density)


def focal_mean(values: Floats, window: int) -> Floats:
    """Mean of the values in a square window; missing cells and those beyond the grid left out."""
    reach = window // 2
    padded = np.pad(values, reach, constant_values=np.nan)
    mean = np.full(values.shape, np.nan)
    for row, column in np.ndindex(values.shape):
        seen = padded[row : row + window, column : column + window]
        seen = seen[~np.isnan(seen)]
        if seen.size:
            mean[row, column] = seen.mean()
    return mean


def people_of(grids: Grids, rule: Rule) -> Floats:
    return grids.people if rule.smooth is None else focal_mean(grids.people, rule.smooth)


def clusters(grids: Grids, rule: Rule) -> Labels:
    """Number of the cluster each cell belongs to, 0 where it belongs to none."""
    density = grids.density if rule.smooth is None else focal_mean(grids.density, rule.smooth)
    people = people_of(grids, rule)
    enough = density >= rule.density  # a comparison with NaN is False
    if rule.built is not None:
        enough = enough | (grids.built_density >= rule.built)
    labels, count = ndimage.label(enough, structure={4: ROOK, 8: QUEEN}[rule.neighbours])
    numbers = np.arange(1, count + 1)
    totals = ndimage.sum_labels(np.nan_to_num(people), labels, numbers)
    kept = numbers[totals >= rule.people - PEOPLE_TOLERANCE]
    return np.where(np.isin(labels, kept), labels, 0)


def urban_centres(grids: Grids, rules: Rules, cell_area_km2: float) -> Mask:
    centres = clusters(grids, rules.centre)
    if rules.edge == "R2022A":
        centres = smooth_edges(centres, *everybody_votes(grids))
    elif rules.edge == "R2023A":
        centres = smooth_edges(centres, *land_votes(grids, people_of(grids, rules.centre)))
    elif rules.edge is not None:
        raise ValueError(f"edge is {rules.edge!r}; expected 'R2022A', 'R2023A' or None")
    cells = centres > 0
    if rules.max_gap_km2 is not None:
        for number in np.unique(centres[cells]):
            cells = cells | small_holes(centres == number, rules.max_gap_km2 / cell_area_km2)
    return cells


def everybody_votes(grids: Grids) -> tuple[Mask, Mask]:
    """R2022A: which cells vote though they are in no centre, and which can join one: all."""
    every = np.ones(grids.people.shape, dtype=bool)
    return every, every


def land_votes(grids: Grids, centre_people: Floats) -> tuple[Mask, Mask]:
    """R2023A: which cells vote though they are in no centre, and which can join one."""
    permanent_water = water(grids, land=0.5, people=0, built=0)
    empty = ~(grids.land >= 0.5) & ~(centre_people > 0)
    return ~(permanent_water | empty), ~permanent_water


def smooth_edges(centres: Labels, voters: Mask, joiners: Mask) -> Labels:
    """Let cells join the centre that holds more than half of their voting neighbours.

    With eight votes this is five or more of the eight. A cell in a centre always votes, and so do
    places beyond the grid's edge, for no centre.
    """
    while True:
        before = np.pad(centres, 1)
        votes = np.pad(voters, 1, constant_values=True) | (before > 0)
        after = centres.copy()
        for row, column in np.argwhere((centres == 0) & joiners):
            around = [(row + 1 + down, column + 1 + right) for down, right in NEIGHBOURS]
            ballots = [int(before[place]) for place in around if votes[place]]
            for number in set(ballots) - {0}:
                if 2 * ballots.count(number) > len(ballots):
                    after[row, column] = number
        if (after == centres).all():
            return centres
        centres = after


def small_holes(centre: Mask, max_gap_cells: float) -> Mask:
    """Cells that one centre surrounds: not reached from the grid's edge by rook's steps."""
    background, count = ndimage.label(~centre, structure=ROOK)
    outside = {*background[0], *background[-1], *background[:, 0], *background[:, -1]}
    holes = np.zeros(centre.shape, dtype=bool)
    for number in set(range(1, count + 1)) - outside:
        hole = background == number
        if hole.sum() < max_gap_cells:
            holes |= hole
    return holes


def water(grids: Grids, land: float, people: float, built: float) -> Mask:
    """Cells of little land with no people and nothing built; missing values count as none."""
    return ~(grids.land >= land) & ~(grids.people > people) & ~(grids.built > built)


def rule_water(grids: Grids, rules: Rules) -> Mask:
    return water(grids, rules.water_land, rules.water_people, rules.water_built)


def level_1(grids: Grids, centre: Mask, rules: Rules) -> NDArray[np.uint8]:
    classes = np.ones(centre.shape, dtype="uint8")
    classes[clusters(grids, rules.urban_cluster) > 0] = 2
    classes[centre] = 3
    classes[(classes == 1) & rule_water(grids, rules)] = 0
    return classes


def level_2(grids: Grids, centre: Mask, rules: Rules) -> NDArray[np.uint8]:
    classes = np.zeros(centre.shape, dtype="uint8")

    def give(number: int, cells: Mask) -> None:
        """Only a cell that has no class yet takes one."""
        classes[cells & (classes == 0)] = number

    give(30, centre)
    give(23, clusters(grids, rules.dense) > 0)
    give(22, far_from(classes > 0, clusters(grids, rules.semi_dense), rules.semi_dense_cells))
    give(21, clusters(grids, rules.suburban) > 0)
    give(13, clusters(grids, rules.rural) > 0)
    give(12, grids.density >= rules.low_density)
    give(10, rule_water(grids, rules))
    give(11, classes == 0)
    return classes


def far_from(denser: Mask, semi_dense: Labels, cells: int) -> Mask:
    """Semi-dense clusters with no cell within so many queen's steps of a denser one."""
    near = denser.copy()
    for _ in range(cells):
        near = ndimage.binary_dilation(near, structure=QUEEN)
    dropped = np.unique(semi_dense[near])
    return (semi_dense > 0) & ~np.isin(semi_dense, dropped)
