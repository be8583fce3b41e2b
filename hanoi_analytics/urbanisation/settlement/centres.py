"""Urban centres: their edges smoothed and their holes filled, over the borders of blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import dask.array as da
import numpy as np
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray

from hanoi_analytics.urbanisation.settlement import blocks
from hanoi_analytics.urbanisation.settlement.layout import At, Layout
from hanoi_analytics.urbanisation.settlement.settings import Settings

Ints = NDArray[np.int32]

# Rounds of smoothing between two looks at the neighbouring blocks; as many cells are read around.
_ROUNDS = 16


class CellSet:
    """A few cells of a large grid, each with the number of its owner, kept by block."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._cells: dict[At, tuple[Ints, Ints, Ints]] = {}

    def add(self, at: At, rows: Ints, columns: Ints, owner: Ints) -> None:
        """Add cells by row and column in a block."""
        if rows.size:
            old = self._cells.get(at, (rows[:0], columns[:0], owner[:0]))
            new = (rows, columns, owner)
            parts = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
            self._cells[at] = (parts[0], parts[1], parts[2])

    def occupied(self) -> list[At]:
        """Return the blocks that hold a cell."""
        return sorted(self._cells)

    def near(self, reach: int) -> Iterator[At]:
        """Yield the blocks that have a cell in them or within `reach` cells around."""
        for at in self._layout:
            if self.around(at, reach)[0].size:
                yield at

    def around(self, at: At, reach: int) -> tuple[Ints, Ints, Ints]:
        """Return the cells in a block and `reach` around it, by row and column of the block.

        Rows and columns count from the block's own first cell, so they may be negative.
        """
        rows, columns = self._layout.window(at, reach)
        top, left = self._layout.origin(at)
        found = []
        for block in self._layout.touching(rows, columns):
            if block in self._cells:
                y, x, owner = self._cells[block]
                first = self._layout.origin(block)
                y, x = y + np.int32(first[0]), x + np.int32(first[1])
                inside = (
                    (y >= rows.start) & (y < rows.stop) & (x >= columns.start) & (x < columns.stop)
                )
                found.append((y[inside] - np.int32(top), x[inside] - np.int32(left), owner[inside]))
        if not found:
            none = np.empty(0, np.int32)
            return none, none, none
        parts = [np.concatenate(part) for part in zip(*found, strict=True)]
        return parts[0], parts[1], parts[2]


def centre_cells(
    cells: CellSet, codes: da.Array, layout: Layout, settings: Settings, cell_km2: float
) -> CellSet:
    """Return the cells of urban centres, smoothed and filled as the settings say."""
    if settings.edge_rule is not None:
        _smooth(cells, codes, layout, by_votes=settings.edge_rule == "R2023A")
    if settings.max_gap_km2 is not None:
        # The largest number of cells whose area is under the limit.
        most_cells = math.ceil(settings.max_gap_km2 / cell_km2 - 1e-9) - 1
        if most_cells > 0:
            _fill(cells, layout, most_cells)
    return cells


def _smooth(cells: CellSet, codes: da.Array, layout: Layout, *, by_votes: bool) -> None:
    """Let cells join, in as many rounds as it takes.

    What happens in a block depends, for as many rounds as cells are read around it, on nothing
    farther away; so each block goes that many rounds by itself, and then all look around again.
    """
    going_on = True
    while going_on:
        where = list(cells.near(_ROUNDS))
        tasks = []
        for at in where:
            window = layout.window(at, _ROUNDS)
            inside = _shifted(cells.around(at, _ROUNDS), layout, at, window)
            tasks.append(delayed(blocks.grow)(codes[window], inside, _ROUNDS, by_votes))
        going_on = False
        for at, (rows, columns, owner, joined_in) in zip(where, compute(*tasks), strict=True):
            y, x, own = _own(rows, columns, layout, at, _ROUNDS)
            cells.add(at, y, x, owner[own])
            going_on |= bool((joined_in[own] == _ROUNDS).any())


def _fill(cells: CellSet, layout: Layout, most_cells: int) -> None:
    reach = min(most_cells + 1, max(layout.shape))
    where = list(cells.near(reach))
    tasks = []
    for at in where:
        window = layout.window(at, reach)
        shape = (window[0].stop - window[0].start, window[1].stop - window[1].start)
        inside = _shifted(cells.around(at, reach), layout, at, window)
        tasks.append(delayed(blocks.holes)(shape, inside, most_cells))
    for at, (rows, columns) in zip(where, compute(*tasks), strict=True):
        y, x, _ = _own(rows, columns, layout, at, reach)
        cells.add(at, y, x, np.zeros(y.size, np.int32))


def _shifted(
    cells: tuple[Ints, Ints, Ints], layout: Layout, at: At, window: tuple[slice, slice]
) -> tuple[Ints, Ints, Ints]:
    """Count rows and columns from the window's first cell instead of the block's."""
    top, left = layout.origin(at)
    return (
        cells[0] + np.int32(top - window[0].start),
        cells[1] + np.int32(left - window[1].start),
        cells[2],
    )


def _own(
    rows: Ints, columns: Ints, layout: Layout, at: At, reach: int
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Keep of the cells of a window those in the block itself, counted from its first cell."""
    window = layout.window(at, reach)
    top, left = layout.origin(at)
    y = rows - np.int32(top - window[0].start)
    x = columns - np.int32(left - window[1].start)
    height, width = layout.size(at)
    own = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return y[own], x[own], own
