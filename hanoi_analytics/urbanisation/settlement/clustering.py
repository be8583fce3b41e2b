"""Clusters over all blocks of a grid, and the classes painted from them."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import cast

import dask.array as da
import numpy as np
from dask.base import compute, persist
from dask.delayed import Delayed, delayed
from numpy.typing import NDArray

from hanoi_analytics.urbanisation.settlement import blocks
from hanoi_analytics.urbanisation.settlement.blocks import Plan
from hanoi_analytics.urbanisation.settlement.centres import CellSet, centre_cells
from hanoi_analytics.urbanisation.settlement.grids import GridError, Grids
from hanoi_analytics.urbanisation.settlement.kernels.cells import focal_mean
from hanoi_analytics.urbanisation.settlement.kernels.runs import PARTS
from hanoi_analytics.urbanisation.settlement.layout import Layout
from hanoi_analytics.urbanisation.settlement.merging import GridClusters, merge
from hanoi_analytics.urbanisation.settlement.settings import ClusterRule

log = logging.getLogger(__name__)

Kept = list[list[NDArray[np.bool_]]]

_CENTRE_CLASS = {1: 3, 2: 30}


class Clustering:
    """One classification: the codes of all blocks, held by Dask, and the clusters of each kind."""

    def __init__(self, grids: Grids, plan: Plan) -> None:
        self.plan = plan
        self.layout = Layout(grids.people.chunks)
        encoded = persist(*_encode(grids, plan, self.layout))
        summary = compute(*(delayed(_without_codes)(block) for block in encoded))
        if not sum(block.known_cells for block in summary):
            raise GridError(
                "population: every cell is missing; check the file and its nodata value"
            )
        self.people_without_land = math.fsum(block.people_without_land for block in summary)
        self.people_on_unknown_land = math.fsum(b.people_on_unknown_land for b in summary)
        if self.people_on_unknown_land:
            log.warning(
                "%.0f people live on cells whose land share is missing: they have no density and "
                "count as rural; fill the land grid, or leave these cells out",
                self.people_on_unknown_land,
            )
        # By block, they hold on to what a cluster's workers keep; slices of an array do not.
        codes = [delayed(_codes)(block) for block in encoded]
        self._codes = dict(zip(self.layout, codes, strict=True))
        self.codes = self.layout.array(codes, np.uint16)
        self._summary = self.layout.nested(summary)
        self._merged: dict[int, GridClusters] = {}

    def kept(self, rule: ClusterRule) -> Kept:
        """Return for each block which clusters of the rule's kind hold people enough."""
        clusters = self._clusters(rule)
        enough = clusters.at_least(rule.people)
        return [[enough[number] for number in row] for row in clusters.number]

    def cells(self, rule: ClusterRule) -> CellSet:
        """Return the cells of a rule's clusters, with the cluster's number in the grid from 1."""
        bit, keep = self.plan.bit(rule), self.kept(rule)
        number = self._clusters(rule).number
        where = [at for at in self.layout if keep[at[0]][at[1]].any()]
        found = compute(
            *(
                delayed(blocks.cells_of)(self._codes[at], bit, rule.neighbours, keep[at[0]][at[1]])
                for at in where
            )
        )
        cells = CellSet(self.layout)
        for (i, j), (rows, columns, owner) in zip(where, found, strict=True):
            cells.add((i, j), rows, columns, (number[i][j][owner] + 1).astype(np.int32))
        return cells

    def classes(self, level: int) -> da.Array:
        """Return the classes of a level, lazily; the plan must hold the level's rules."""
        return self._level_1() if level == 1 else self._level_2()

    def _level_1(self) -> da.Array:
        rule = self.plan.settings.urban_cluster
        return self._paint(1, [(rule, self.kept(rule), 2)])

    def _level_2(self) -> da.Array:
        settings = self.plan.settings
        dense, semi_dense = self.kept(settings.dense), self.kept(settings.semi_dense)
        return self._paint(
            2,
            [
                (settings.rural, self.kept(settings.rural), 13),
                (settings.suburban, self.kept(settings.suburban), 21),
                (settings.semi_dense, self._far_from_settled(semi_dense), 22),
                (settings.dense, dense, 23),
            ],
        )

    def _clusters(self, rule: ClusterRule) -> GridClusters:
        number = self.plan.kinds.index(blocks.Kind.of(rule))
        if number not in self._merged:
            parts = [[block.clusters[number] for block in row] for row in self._summary]
            self._merged[number] = merge(parts, rule.neighbours, PARTS)
        return self._merged[number]

    def _centres(self) -> CellSet:
        settings = self.plan.settings
        if not hasattr(self, "_centre_cells"):
            self._centre_cells = centre_cells(
                self.cells(settings.centre),
                self.codes,
                self.layout,
                settings,
                self.plan.cell_km2,
            )
        return self._centre_cells

    def _far_from_settled(self, keep: Kept) -> Kept:
        """Drop the semi-dense clusters that have a cell near an urban centre or dense cluster."""
        rule, reach = self.plan.settings.semi_dense, self.plan.settings.semi_dense_distance_cells
        dense = self.cells(self.plan.settings.dense)
        where = [at for at in self.layout if keep[at[0]][at[1]].any()]
        tasks = []
        for at in where:
            settled = [
                np.concatenate(part)
                for part in zip(
                    self._centres().around(at, reach)[:2], dense.around(at, reach)[:2], strict=True
                )
            ]
            tasks.append(
                delayed(blocks.near_settled)(
                    self._codes[at], self.plan.bit(rule), rule.neighbours, settled, reach
                )
            )
        number = self._clusters(rule).number
        near = np.zeros(self._clusters(rule).people.size, dtype=bool)
        for (i, j), touched in zip(where, compute(*tasks), strict=True):
            near[number[i][j][touched]] = True
        return [
            [old & ~near[of] for old, of in zip(*pair, strict=True)]
            for pair in zip(keep, number, strict=True)
        ]

    def _paint(self, level: int, clusters: list[tuple[ClusterRule, Kept, int]]) -> da.Array:
        """Return the classes, lazily; clusters come from the least to the most urban."""
        painted = [
            delayed(blocks.paint)(
                self._codes[i, j],
                [
                    (self.plan.bit(rule), rule.neighbours, keep[i][j], value)
                    for rule, keep, value in clusters
                ],
                (*self._centres().around((i, j), 0)[:2], _CENTRE_CLASS[level]),
                level,
            )
            for i, j in self.layout
        ]
        return self.layout.array(painted, np.uint8)


def _encode(grids: Grids, plan: Plan, layout: Layout) -> list[Delayed]:
    averaged: dict[int, tuple[da.Array, da.Array]] = {}
    if plan.windows:
        density = da.map_blocks(
            blocks.density_of,
            grids.people,
            np.empty((0, 0)) if grids.land is None else grids.land,
            plan.cell_km2,
            dtype=np.float64,
        )
        for window in plan.windows:
            averaged[window] = (_focal(grids.people, window), _focal(density, window))
    # Blocks taken as they come: an array of one block would be copied on the way to its task.
    grid_blocks = [
        None if grid is None else grid.to_delayed()
        for grid in (grids.people, grids.land, grids.built)
    ]
    averaged_blocks = {
        window: tuple(array.to_delayed() for array in pair) for window, pair in averaged.items()
    }
    return [
        delayed(blocks.encode)(
            tuple(np.empty((0, 0)) if grid is None else grid[at] for grid in grid_blocks),
            {window: tuple(part[at] for part in pair) for window, pair in averaged_blocks.items()},
            plan,
            layout.origin(at),
        )
        for at in layout
    ]


def _focal(values: da.Array, window: int) -> da.Array:
    # Dask refuses to look farther than the grid is long, and there is nothing to see.
    depth = tuple(min(window // 2, length) for length in values.shape)
    mean = da.map_overlap(
        focal_mean, values, depth=depth, boundary=np.nan, dtype=np.float64, window=window
    )
    return cast("da.Array", mean.rechunk(values.chunks))


def _codes(block: blocks.Encoded) -> blocks.Codes:
    return block.codes


def _without_codes(block: blocks.Encoded) -> blocks.Encoded:
    return replace(block, codes=np.empty((0, 0), np.uint16))
