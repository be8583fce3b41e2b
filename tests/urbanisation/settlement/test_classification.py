"""The chunked classification: right on grids worked out by hand, the same for every chunking."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
import rioxarray
from hypothesis import HealthCheck, example, given, settings
from numpy.typing import NDArray

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation import settlement
from hanoi_analytics.urbanisation.settlement import R2023A, centres
from tests.urbanisation.settlement.case import CENTRES, LEGEND, Case
from tests.urbanisation.settlement.cases import BELGIUM_R2023A, CASES
from tests.urbanisation.settlement.inputs import (
    Chunks,
    Floats,
    Problem,
    even_chunks,
    problems,
    with_centre,
)
from tests.urbanisation.settlement.plain import Rules

few = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problem_of(case: Case, *, cut: bool) -> Problem:
    people, land, built = case.pop, case.land, case.built
    if np.isnan(people).all():
        # A grid without any people is an error; a row of empty land is not.
        people, land = np.vstack([people, 0 * land]), np.vstack([land, np.ones_like(land)])
    longest = max(people.shape)
    chunks = even_chunks(people.shape, (2 if longest < 5 else 3) if cut else longest)
    return Problem(people, land, built, case.rules, case.level, chunks, case.cell_area_km2)


@pytest.mark.parametrize("cut", [False, True], ids=["one_block", "cut"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hand_worked_grid(case: Case, cut: bool) -> None:
    problem = problem_of(case, cut=cut)
    rows = len(case.expected)
    classes = problem.classes()
    assert classes.dtype == np.uint8
    unknown = np.isnan(case.pop) & np.isnan(case.land) & (case.expected % 10 == 0)
    np.testing.assert_array_equal(classes[:rows], np.where(unknown, 255, case.expected))


def drawn(picture: str) -> tuple[Floats, Floats, Floats]:
    cells = np.array([[LEGEND[mark] for mark in row.split()] for row in picture.split("/")])
    people, land, built = (cells[..., layer].astype(float) for layer in range(3))
    return people, land, built


def drawn_problem(picture: str, rules: Rules, chunks: Chunks) -> Problem:
    return Problem(*drawn(picture), rules, 1, chunks)


def row_of(marks: str) -> str:
    return " ".join(marks)


# Thirteen cells in one line, as a snake through nine blocks; only all of them are enough people.
SNAKE = drawn_problem(
    "/".join(map(row_of, ["AAAAA", "....A", "AAAAA", "A....", "AAAAA"])),
    with_centre(CENTRES, people=17 * 20),
    ((2, 1, 2), (2, 2, 1)),
)
# A hole of four cells, one in each of four blocks.
RING = drawn_problem(
    "/".join(map(row_of, ["AAAA", "A..A", "A..A", "AAAA"])),
    replace(CENTRES, max_gap_km2=5),
    ((2, 2), (2, 2)),
)
# The hole is a block of its own, without a cell of the centre.
RING_AROUND_A_BLOCK = replace(RING, chunks=((1, 2, 1), (1, 2, 1)))
RING_TOO_WIDE = replace(RING, rules=replace(CENTRES, max_gap_km2=4))
# Much too wide: no part of the hole may pass for a small one.
RING_MUCH_TOO_WIDE = drawn_problem(
    "/".join(map(row_of, ["A" * 8, *["A" + "." * 6 + "A"] * 4, "A" * 8])),
    replace(CENTRES, max_gap_km2=5),
    ((3, 3), (5, 3)),
)
# Two cells that touch only where four blocks meet, both ways round.
FALLING = drawn_problem("A ./. A", with_centre(CENTRES, people=40, neighbours=8), ((1, 1), (1, 1)))
RISING = replace(FALLING, people=FALLING.people[::-1].copy())
APART = replace(FALLING, rules=with_centre(CENTRES, people=40, neighbours=4))
# Empty cells of little land, in water: the centre's vote goes on by one cell a round.
CORRIDOR = drawn_problem(
    "/".join(map(row_of, ["w" * 42, "A" + "e" * 40 + "w", "w" * 42])),
    replace(CENTRES, edge="R2023A"),
    ((2, 1), (7,) * 6),
)


@pytest.mark.parametrize(
    ("problem", "classes"),
    [
        (SNAKE, np.where(SNAKE.people > 0, 3, 1)),
        (RING, np.full((4, 4), 3)),
        (RING_AROUND_A_BLOCK, np.full((4, 4), 3)),
        (RING_TOO_WIDE, np.where(RING.people > 0, 3, 1)),
        (RING_MUCH_TOO_WIDE, np.where(RING_MUCH_TOO_WIDE.people > 0, 3, 1)),
        (FALLING, [[3, 1], [1, 3]]),
        (RISING, [[1, 3], [3, 1]]),
        (APART, np.full((2, 2), 1)),
        (CORRIDOR, [[0] * 42, [3] * 41 + [0], [0] * 42]),
    ],
    ids=[
        "snake",
        "ring",
        "ring_around_a_block",
        "ring_too_wide",
        "ring_much_too_wide",
        "falling",
        "rising",
        "apart",
        "corridor",
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["drawn", "turned"])
def test_hard_layouts(problem: Problem, classes: NDArray[np.uint8], turned: bool) -> None:
    expected = np.asarray(classes)
    if turned:
        layers = (layer.T.copy() for layer in (problem.people, problem.land, problem.built))
        problem = Problem(*layers, problem.rules, problem.level, problem.chunks[::-1])
        expected = expected.T
    np.testing.assert_array_equal(problem.classes(), expected)
    np.testing.assert_array_equal(problem.in_one_block(), expected)


@settings(few, max_examples=20)
@given(problem=problems())
@example(problem=SNAKE)
@example(problem=RING)
@example(problem=RING_AROUND_A_BLOCK)
@example(problem=RING_TOO_WIDE)
@example(problem=RING_MUCH_TOO_WIDE)
@example(problem=FALLING)
@example(problem=RISING)
@example(problem=APART)
@example(problem=CORRIDOR)
def test_no_chunking_changes_the_result_which_is_the_yardsticks(problem: Problem) -> None:
    expected = problem.expected()
    np.testing.assert_array_equal(problem.in_one_block(), expected)
    np.testing.assert_array_equal(problem.classes(), expected)


def smoothed(problem: Problem) -> Problem:
    """The same grid with a rule that smooths, and cells that let edges run far."""
    land, built = np.where(problem.people > 0, problem.land, 0.25), np.maximum(problem.built, 0.1)
    rules = replace(problem.rules, edge="R2023A", max_gap_km2=None)
    return replace(problem, land=land, built=built, rules=rules)


@pytest.mark.parametrize("rounds", [1, 2])
@settings(few, max_examples=8)
@given(problem=problems())
@example(problem=CORRIDOR)
def test_blocks_may_look_around_as_often_as_they_like(rounds: int, problem: Problem) -> None:
    problem = smoothed(problem)
    with mock.patch.object(centres, "_ROUNDS", rounds):
        found = problem.classes()
    np.testing.assert_array_equal(found, problem.expected())


@settings(few, max_examples=8)
@given(problem=problems())
@example(problem=SNAKE)
def test_both_levels_at_once_are_the_levels_one_by_one(problem: Problem) -> None:
    both = problem.both_levels()
    for level in (1, 2):
        single = replace(problem, level=level).classes()
        np.testing.assert_array_equal(both[f"level_{level}"], single)


@pytest.mark.mirror
@pytest.mark.parametrize(
    "chunks",
    [None, {"x": 4096, "y": 4096}, {"x": 50, "y": 64}, {"x": 37, "y": 300}],
    ids=["numpy", "one", "50x64", "37x300"],
)
def test_published_cells_of_belgium(chunks: dict[str, int] | None) -> None:
    people, land_m2, built_m2 = (
        rioxarray.open_rasterio(catalogue.path("degurba_belgium", file), masked=True, chunks=chunks)
        for file in ("POP.tif", "LAND.tif", "BUILT_S.tif")
    )
    classes = settlement.classify(
        people,
        settlement.share_of_cell(land_m2),
        settlement.share_of_cell(built_m2),
        settings=R2023A,
    )
    found = classes.to_numpy().ravel()
    cells = {cell: number for number, members in BELGIUM_R2023A.items() for cell in members}
    assert len(cells) == 50
    assert {cell: int(found[cell - 1]) for cell in cells} == cells
