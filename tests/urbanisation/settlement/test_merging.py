"""Clusters over block borders, against hand-made blocks and a labelling of the whole grid."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

from hanoi_analytics.urbanisation.settlement.kernels import runs as by_run
from hanoi_analytics.urbanisation.settlement.merging import BlockClusters, GridClusters, merge
from tests.urbanisation.settlement.inputs import Chunks, Floats, chunkings

CHOSEN = 16


def block(people: list[int], north: str, south: str, west: str, east: str) -> BlockClusters:
    """A block of clusters with so many people, and the numbers of those along its sides."""
    borders = tuple(np.array([*side], dtype=np.int32) for side in (north, south, west, east))
    return BlockClusters(np.array(people), np.zeros(len(people), np.int64), borders)


def bare() -> BlockClusters:
    return block([], "00", "00", "00", "00")


def test_labels_of_nine_blocks_by_hand() -> None:
    # Each block has two rows and two columns; letters are what hangs together by sides:
    #   a . | . b | b .
    #   a a | . b | . .
    #   ----+-----+----
    #   . a | . c | . d
    #   . a | . . | d d
    #   ----+-----+----
    #   e a | a . | d .
    #   . . | . . | d d
    blocks = [
        [
            block([1], "10", "11", "11", "01"),
            block([2], "01", "01", "00", "11"),
            block([4], "10", "00", "10", "00"),
        ],
        [
            block([8], "01", "01", "00", "11"),
            block([16], "01", "00", "00", "10"),
            block([32], "01", "11", "01", "11"),
        ],
        [
            block([64], "11", "00", "10", "10"),
            block([128], "10", "00", "10", "00"),
            block([256], "10", "11", "11", "01"),
        ],
    ]
    found = merge(blocks, 4, 1)
    numbers = [[of.tolist() for of in row] for row in found.number]
    a, b, d = numbers[0][0][0], numbers[0][1][0], numbers[1][2][0]
    # b goes on below, to c.
    assert numbers == [[[a], [b], [b]], [[a], [b], [d]], [[a], [a], [d]]]
    assert found.people[[a, b, d]].tolist() == [1 + 8 + 64 + 128, 2 + 4 + 16, 32 + 256]
    assert found.people.size == 3


def test_blocks_that_touch_at_a_corner_are_one_by_eight_neighbours_alone() -> None:
    blocks = [
        [block([1], "00", "01", "00", "01"), bare()],
        [bare(), block([2], "10", "00", "10", "00")],
    ]
    assert merge(blocks, 8, 1).people.tolist() == [3]
    assert sorted(merge(blocks, 4, 1).people) == [1, 2]
    blocks = [
        [bare(), block([1], "00", "10", "01", "00")],
        [block([2], "01", "00", "00", "10"), bare()],
    ]
    assert merge(blocks, 8, 1).people.tolist() == [3]
    assert sorted(merge(blocks, 4, 1).people) == [1, 2]


def test_no_cluster_at_all() -> None:
    found = merge([[bare(), bare()]], 8, 1)
    assert found.people.size == 0
    assert [[of.size for of in row] for row in found.number] == [[0, 0]]


def test_people_are_enough_to_a_millionth() -> None:
    clusters = GridClusters([], np.array([5000, 5000 - 1e-9, 4999.99, 5001]))
    assert clusters.at_least(5000).tolist() == [True, True, False, True]


def merged(
    people: Floats, chosen: NDArray[np.bool_], chunks: Chunks, neighbours: int
) -> tuple[GridClusters, NDArray[np.int64]]:
    """Clusters of the chosen cells, and the grid with their numbers from 1."""
    codes = np.where(chosen, CHOSEN, 0).astype(np.uint16)
    spans = [
        [slice(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]
        for sizes in chunks
    ]
    blocks, cells = [], []
    for rows in spans[0]:
        row = []
        for columns in spans[1]:
            part = np.ascontiguousarray(codes[rows, columns])
            runs = by_run.find_runs(part, CHOSEN)
            cluster, count = by_run.join_runs(*runs, neighbours)
            sums = by_run.sum_runs(*runs, cluster, count, people[rows, columns])
            row.append(BlockClusters(*sums, by_run.run_borders(*runs, cluster, part.shape[1])))
            found = by_run.list_cells(*runs, cluster, np.ones(count, bool))
            cells.append((rows.start, columns.start, found))
        blocks.append(row)
    clusters = merge(blocks, neighbours, by_run.PARTS)
    labels = np.zeros(people.shape, np.int64)
    numbers = [of for row in clusters.number for of in row]
    for (top, left, (y, x, owner)), number in zip(cells, numbers, strict=True):
        labels[y + top, x + left] = number[owner] + 1
    return clusters, labels


@st.composite
def patches(draw: st.DrawFn) -> tuple[Floats, NDArray[np.bool_], Chunks]:
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    chosen = draw(hnp.arrays(bool, shape))
    tenths = st.sampled_from([0.1, 0.2, 0.7, 1 / 3, 1e6 + 0.3, float("nan"), 0.0])
    people = draw(hnp.arrays(float, shape, elements=tenths))
    return people, chosen, (draw(chunkings(shape[0])), draw(chunkings(shape[1])))


@pytest.mark.parametrize("neighbours", [4, 8])
@settings(max_examples=120, deadline=None)
@given(patch=patches())
@example(patch=(np.full((5, 6), 0.1), np.ones((5, 6), bool), ((1, 3, 1), (2, 4))))
def test_labels_and_people_are_those_of_the_whole_grid(
    neighbours: int, patch: tuple[Floats, NDArray[np.bool_], Chunks]
) -> None:
    people, chosen, chunks = patch
    clusters, labels = merged(people, chosen, chunks, neighbours)
    structure = ndimage.generate_binary_structure(2, 1 if neighbours == 4 else 2)
    expected, count = ndimage.label(chosen, structure)
    assert clusters.people.size == count
    # The same cells hang together, whatever their numbers.
    pairs = set(zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    whole, whole_labels = merged(
        people, chosen, ((people.shape[0],), (people.shape[1],)), neighbours
    )
    for number in range(1, count + 1):
        cells = labels == number
        held = clusters.people[number - 1]
        assert held == pytest.approx(math.fsum(np.nan_to_num(people[cells])), abs=1e-6)
        # To the last bit, whatever the blocks.
        assert held == whole.people[whole_labels[cells][0] - 1]
