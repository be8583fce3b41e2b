"""What is done with one block of the grid: the only functions that see cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hanoi_analytics.urbanisation.settlement.classes import NODATA
from hanoi_analytics.urbanisation.settlement.grids import impossible_value
from hanoi_analytics.urbanisation.settlement.kernels import cells as by_cell
from hanoi_analytics.urbanisation.settlement.kernels import centres as by_centre
from hanoi_analytics.urbanisation.settlement.kernels import runs as by_run
from hanoi_analytics.urbanisation.settlement.merging import BlockClusters
from hanoi_analytics.urbanisation.settlement.settings import ClusterRule, Settings

Array = np.ndarray[Any, Any]
Codes = NDArray[np.uint16]
Runs = tuple[Array, Array, Array, Array]
Cells = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]

# The class by the rest bits: by rule, low density comes before water, and at level 1 water first.
_REST = {
    1: np.array([1, 1, 0, 0] + 4 * [NODATA], dtype=np.uint8),
    2: np.array([11, 12, 10, 12] + 4 * [NODATA], dtype=np.uint8),
}


@dataclass(frozen=True)
class Kind:
    """What makes cells cluster; rules that differ only in the people they ask for share one."""

    density_per_km2: float
    neighbours: int
    built_share: float | None
    window_cells: int

    @classmethod
    def of(cls, rule: ClusterRule) -> Kind:
        """Return the kind of a rule whose built-up share, if any, is a number by now."""
        share = None if rule.built_share is None else float(rule.built_share)
        return cls(rule.density_per_km2, rule.neighbours, share, rule.window_cells or 1)


@dataclass(frozen=True)
class Plan:
    """The kinds of clusters a classification needs, and where their bits stand."""

    kinds: tuple[Kind, ...]
    settings: Settings
    cell_km2: float

    @classmethod
    def of(cls, rules: list[ClusterRule], settings: Settings, cell_km2: float) -> Plan:
        kinds = tuple(dict.fromkeys(Kind.of(rule) for rule in rules))
        return cls(kinds, settings, cell_km2)

    @property
    def windows(self) -> tuple[int, ...]:
        """Sides of the averaging windows in use, other than 1."""
        return tuple(sorted({kind.window_cells for kind in self.kinds} - {1}))

    def bit(self, rule: ClusterRule) -> int:
        """Return the bit of the cells that meet a rule's thresholds."""
        return by_cell.FIRST_RULE_BIT << self.kinds.index(Kind.of(rule))


@dataclass(frozen=True)
class Encoded:
    """One block after its first reading."""

    codes: Codes
    clusters: tuple[BlockClusters, ...]
    known_cells: int
    people_without_land: float
    people_on_unknown_land: float


def encode(
    grids: tuple[Array, Array, Array],
    averaged: dict[int, tuple[Array, Array]],
    plan: Plan,
    origin: tuple[int, int],
) -> Encoded:
    """Turn a block's grids into codes and the clusters of each kind.

    Parameters
    ----------
    grids : (people, land, built), arrays of float64, (rows, columns)
        Land and built may have no cells: land wherever people are known, nothing built.
    averaged : dict of int to (people, density)
        For each window of the plan.
    plan : Plan
    origin : (int, int)
        Row and column of the block's first cell, for errors.
    """
    people, land, built = grids
    rules = plan.settings
    plain = [kind.window_cells == 1 for kind in plan.kinds]
    # Nothing reaches NaN: no such rule, no built-up criterion, or nothing to hold it against.
    roofed = [_or_nan(kind.built_share if built.size else None) for kind in plan.kinds]
    least = np.array(
        [
            (kind.density_per_km2, share) if alone else (np.nan, np.nan)
            for kind, share, alone in zip(plan.kinds, roofed, plain, strict=True)
        ]
    )
    shares = (
        rules.water_land_share,
        rules.water_people,
        rules.water_built_share,
        rules.low_density_per_km2,
        rules.edge_land_share,
        plan.cell_km2,
    )
    window = rules.centre.window_cells or 1
    voters = averaged[window][0] if window > 1 else np.empty((0, 0))
    codes: Codes = np.empty(people.shape, np.uint16)
    wrong = by_cell.encode_cells(people, land, built, voters, least, shares, codes)
    if wrong >= 0:
        raise impossible_value(grids, divmod(wrong, people.shape[1]), origin)
    clusters = []
    for number, kind in enumerate(plan.kinds):
        bit = by_cell.FIRST_RULE_BIT << number
        counted = people
        if not plain[number]:
            counted, density = averaged[kind.window_cells]
            by_cell.set_averaged_bit(
                codes, bit, density, kind.density_per_km2, land, built, roofed[number]
            )
        runs, count = _runs(codes, bit, kind.neighbours)
        whole, parts = by_run.sum_runs(*runs, count, counted)
        clusters.append(BlockClusters(whole, parts, by_run.run_borders(*runs, codes.shape[1])))
    return Encoded(
        codes,
        tuple(clusters),
        int(np.count_nonzero(~np.isnan(people))),
        _people_where(people, land == 0),
        _people_where(people, np.isnan(land)),
    )


def _people_where(people: Array, chosen: NDArray[np.bool_]) -> float:
    return float(people[chosen & (people > 0)].sum()) if chosen.size else 0.0


def density_of(people: Array, land: Array, cell_km2: float) -> Array:
    """Return people per km² of land: infinite for people without land, none for neither."""
    if not land.size:
        return people / cell_km2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isnan(people), np.nan, people / (land * cell_km2))


def cells_of(codes: Codes, bit: int, neighbours: int, keep: NDArray[np.bool_]) -> Cells:
    """Return row, column and cluster of the cells of the clusters kept."""
    runs, _ = _runs(codes, bit, neighbours)
    return by_run.list_cells(*runs, keep)


def grow(
    codes: Codes, cells: Cells, rounds: int, by_votes: bool
) -> tuple[Array, Array, Array, Array]:
    """Smooth the edges of the centres in a window; return row, column, centre, round joined."""
    return by_centre.grow_centres(codes, _owners(codes.shape, cells), rounds, by_votes)


def holes(shape: tuple[int, int], cells: Cells, most_cells: int) -> tuple[Array, Array]:
    """Return row and column of the small holes of the centres in a window."""
    return by_centre.fill_holes(_owners(shape, cells), most_cells)


def near_settled(
    codes: Codes,
    bit: int,
    neighbours: int,
    settled: tuple[Array, Array],
    reach: int,
) -> NDArray[np.bool_]:
    """Return for each cluster of a kind whether it lies near the settled cells.

    `settled` are rows and columns in the block; those within `reach` outside it count as well.
    """
    runs, count = _runs(codes, bit, neighbours)
    near = by_centre.mark_around(*settled, reach, codes.shape)
    return by_run.touched_clusters(*runs, count, near)


def paint(
    codes: Codes,
    clusters: list[tuple[int, int, NDArray[np.bool_], int]],
    centres: tuple[Array, Array, int],
    level: int,
) -> NDArray[np.uint8]:
    """Return the classes of a block.

    Parameters
    ----------
    codes : array of uint16
    clusters : list of (bit, neighbours, clusters kept, class)
        The last one painted wins, so they come from the least to the most urban.
    centres : (rows, columns, class)
        The cells of urban centres.
    level : int
    """
    classes: NDArray[np.uint8] = by_cell.rest_classes(codes, _REST[level])
    for bit, neighbours, keep, value in clusters:
        if keep.any():
            runs, _ = _runs(codes, bit, neighbours)
            by_run.paint_runs(classes, *runs, keep, value)
    classes[centres[0], centres[1]] = centres[2]
    return classes


def _or_nan(share: float | None) -> float:
    return float("nan") if share is None else share


def _owners(shape: tuple[int, int], cells: Cells) -> NDArray[np.int32]:
    owners = np.zeros(shape, np.int32)
    owners[cells[0], cells[1]] = cells[2]
    return owners


def _runs(codes: Codes, bit: int, neighbours: int) -> tuple[Runs, int]:
    """Return first run of each row, starts, stops and cluster of each run; number of clusters."""
    first, starts, stops = by_run.find_runs(codes, bit)
    cluster, count = by_run.join_runs(first, starts, stops, neighbours)
    return (first, starts, stops, cluster), count
