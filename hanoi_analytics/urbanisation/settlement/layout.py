"""Where the blocks of a grid lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import dask.array as da
import numpy as np
from dask.delayed import Delayed

At = tuple[int, int]
Item = TypeVar("Item")


class Layout:
    """Rows and columns of blocks, from the chunks of a Dask array."""

    def __init__(self, chunks: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        self.chunks = chunks
        self._edges = tuple(np.concatenate([[0], np.cumsum(sizes)]) for sizes in chunks)
        self.shape = (int(self._edges[0][-1]), int(self._edges[1][-1]))

    def __iter__(self) -> Iterator[At]:
        for i in range(len(self.chunks[0])):
            for j in range(len(self.chunks[1])):
                yield i, j

    def origin(self, at: At) -> tuple[int, int]:
        """Return row and column of a block's first cell."""
        return int(self._edges[0][at[0]]), int(self._edges[1][at[1]])

    def size(self, at: At) -> tuple[int, int]:
        """Return rows and columns of a block."""
        return self.chunks[0][at[0]], self.chunks[1][at[1]]

    def window(self, at: At, reach: int) -> tuple[slice, slice]:
        """Return a block's rows and columns with `reach` cells more on each side of the grid."""
        top, left = self.origin(at)
        rows, columns = self.size(at)
        return (
            slice(max(0, top - reach), min(self.shape[0], top + rows + reach)),
            slice(max(0, left - reach), min(self.shape[1], left + columns + reach)),
        )

    def touching(self, rows: slice, columns: slice) -> Iterator[At]:
        """Yield the blocks that share a cell with a window."""
        spans = []
        for edges, part in zip(self._edges, (rows, columns), strict=True):
            low = int(np.searchsorted(edges, part.start, side="right")) - 1
            high = int(np.searchsorted(edges, part.stop, side="left"))
            spans.append(range(low, high))
        for i in spans[0]:
            for j in spans[1]:
                yield i, j

    def nested(self, items: Sequence[Item]) -> list[list[Item]]:
        """Return a flat sequence, block by block, as rows of blocks."""
        width = len(self.chunks[1])
        return [list(items[k : k + width]) for k in range(0, len(items), width)]

    def array(self, parts: Sequence[Delayed], dtype: Any) -> da.Array:
        """Return one array of a delayed array for each block."""
        arrays = [
            da.from_delayed(part, shape=self.size(at), dtype=dtype)
            for at, part in zip(self, parts, strict=True)
        ]
        return da.block(self.nested(arrays))
