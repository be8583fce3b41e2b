"""Clusters that cross the borders of blocks: labels of single blocks become labels of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Blocks = Sequence["BlockClusters"]


@dataclass(frozen=True)
class BlockClusters:
    """The clusters of one rule in one block.

    Attributes
    ----------
    whole, parts : arrays of int64, one entry per cluster
        People, in whole people and in parts of a person; integers, so that the order of adding up
        blocks cannot change a sum.
    borders : tuple of four arrays of int32
        Number of the cluster + 1, or 0, along north, south, west and east.
    """

    whole: Ints
    parts: Ints
    borders: tuple[NDArray[np.int32], ...]


@dataclass(frozen=True)
class GridClusters:
    """The clusters of one rule in the whole grid.

    Attributes
    ----------
    number : list of lists of arrays
        For each block the number in the grid of each of its clusters.
    people : array of float64
        People by number in the grid.
    """

    number: list[list[Ints]]
    people: NDArray[np.float64]

    def at_least(self, people: float) -> NDArray[np.bool_]:
        """Return which clusters hold that many people, to a millionth of a person."""
        return self.people >= people - 1e-6


def merge(
    blocks: list[list[BlockClusters]], neighbours: int, parts_per_person: int
) -> GridClusters:
    """Join the clusters of all blocks across their borders.

    Parameters
    ----------
    blocks : sequence of sequences of BlockClusters
        In the order of the grid.
    neighbours : int
        4 or 8; with 8, clusters also join across corners, those of four blocks included.
    parts_per_person : int
        What a part counts for.
    """
    counts = np.array([[block.whole.size for block in row] for row in blocks], dtype=np.int64)
    ends = counts.ravel().cumsum().reshape(counts.shape)
    offsets = ends - counts
    reach = 1 if neighbours == 8 else 0
    pairs = [
        _touching(
            _line(blocks[i], offsets[i], side=1), _line(blocks[i + 1], offsets[i + 1], 0), reach
        )
        for i in range(len(blocks) - 1)
    ]
    columns = list(zip(*blocks, strict=True))
    pairs += [
        _touching(
            _line(columns[j], offsets[:, j], side=3),
            _line(columns[j + 1], offsets[:, j + 1], 2),
            reach,
        )
        for j in range(len(columns) - 1)
    ]
    total = int(ends[-1, -1])
    number = _components(np.concatenate([np.empty((2, 0), np.int64), *pairs], axis=1), total)
    size = int(number.max()) + 1 if total else 0
    whole, parts = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(whole, number, np.concatenate([block.whole for row in blocks for block in row]))
    np.add.at(parts, number, np.concatenate([block.parts for row in blocks for block in row]))
    split = [
        [number[offsets[i, j] : ends[i, j]] for j in range(counts.shape[1])]
        for i in range(counts.shape[0])
    ]
    return GridClusters(split, whole + parts / parts_per_person)


def _line(
    blocks: list[BlockClusters] | tuple[BlockClusters, ...], offsets: Ints, side: int
) -> Ints:
    """Return the labels along one side of a row or column of blocks, -1 where there is none."""
    labels = [
        np.where(block.borders[side] > 0, block.borders[side] - 1 + offset, -1)
        for block, offset in zip(blocks, offsets, strict=True)
    ]
    return np.concatenate(labels).astype(np.int64)


def _touching(one: Ints, other: Ints, reach: int) -> Ints:
    """Return the pairs of labels that touch across a seam, straight or within `reach` aslant."""
    pairs = []
    for shift in range(-reach, reach + 1):
        a, b = one[max(0, -shift) : one.size - max(0, shift)], other[max(0, shift) :]
        b = b[: a.size]
        both = (a >= 0) & (b >= 0)
        pairs.append(np.stack([a[both], b[both]]))
    return np.unique(np.concatenate(pairs, axis=1), axis=1)


def _components(pairs: Ints, total: int) -> Ints:
    if not total:
        return np.empty(0, np.int64)
    graph = coo_matrix((np.ones(pairs.shape[1]), tuple(pairs)), shape=(total, total))
    return connected_components(graph, directed=False)[1].astype(np.int64)
