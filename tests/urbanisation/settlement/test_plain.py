"""The yardstick itself, held against hand-worked grids and the published cells of Belgium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import rasterio

from hanoi_analytics import catalogue
from tests.urbanisation.settlement.case import LEVELS, Case
from tests.urbanisation.settlement.cases import BELGIUM_R2023A, CASES
from tests.urbanisation.settlement.plain import (
    R2022A,
    R2023A,
    Rule,
    Rules,
    classify,
    optimal_built,
)

M2_PER_KM2 = 1e6

# Rules know no north: a grid turned or mirrored has its classes turned or mirrored.
TURNS: dict[str, Callable[[Any], Any]] = {
    "as_it_is": lambda grid: grid,
    "half_turn": lambda grid: np.rot90(grid, 2),
    "quarter_turn": np.rot90,
    "mirrored": np.fliplr,
    "mirrored_and_turned": np.transpose,
}


def test_names_of_cases_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hand_worked_grid(case: Case, turn: Callable[[Any], Any]) -> None:
    built = None if case.built is None else turn(case.built)
    classes = classify(
        turn(case.pop),
        turn(case.land),
        built,
        case.rules,
        case.level,
        cell_area_km2=case.cell_area_km2,
    )
    assert classes.dtype == np.uint8
    np.testing.assert_array_equal(classes, turn(case.expected))


@pytest.mark.parametrize(
    ("rule", "density", "people", "neighbours"),
    [
        ("centre", 1500, 50_000, 4),
        ("urban_cluster", 300, 5_000, 8),
        ("dense", 1500, 5_000, 4),
        ("semi_dense", 900, 2_500, 4),
        ("suburban", 300, 5_000, 8),
        ("rural", 300, 500, 8),
    ],
)
@pytest.mark.parametrize("preset", [R2022A, R2023A], ids=["R2022A", "R2023A"])
def test_published_thresholds(
    preset: Rules, rule: str, density: float, people: float, neighbours: int
) -> None:
    found: Rule = getattr(preset, rule)
    assert (found.density, found.people, found.neighbours) == (density, people, neighbours)
    assert found.smooth is None


def test_the_releases_differ_in_edges_and_built_up() -> None:
    assert (R2022A.edge, R2022A.centre.built, R2022A.dense.built) == ("R2022A", 0.5, 0.5)
    assert (R2023A.edge, R2023A.centre.built, R2023A.dense.built) == ("R2023A", 0.2, 0.2)


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        ([[0.20, 0.23, 0.9]], 0.22),  # mean of the cluster's two cells 0.215, rounded up
        ([[0.20, 0.20, 0.9]], 0.20),
        ([[0.07, 0.07, 0.9]], 0.07),  # 0.07 × 100 is a little more than 7 in floating point
        ([[0.20, 0.201, 0.9]], 0.21),
    ],
)
def test_optimal_built_up_share(built: list[list[float]], expected: float) -> None:
    pop = np.array([[2500.0, 2500.0, 0.0]])
    land = np.array([[1.0, 0.5, 1.0]])  # the share is of the cell, not of its land
    assert optimal_built(pop, land, np.array(built)) == expected


def test_optimal_built_up_share_needs_a_cluster() -> None:
    cell = np.ones((1, 1))
    with pytest.raises(ValueError, match="no cluster"):
        optimal_built(cell, cell, cell)


def test_unknown_level_and_edge_rule() -> None:
    cell = np.ones((1, 1))
    with pytest.raises(ValueError, match="level is 3"):
        classify(cell, cell, None, LEVELS, 3)
    with pytest.raises(ValueError, match="edge is 'R2024A'"):
        classify(cell, cell, None, replace(LEVELS, edge="R2024A"), 1)


@pytest.mark.mirror
def test_published_cells_of_belgium() -> None:
    def share(file: str) -> np.ndarray:
        with rasterio.open(catalogue.path("degurba_belgium", file)) as grid:
            return grid.read(1, masked=True).astype("float64").filled(np.nan)

    pop = share("POP.tif")
    land, built = share("LAND.tif") / M2_PER_KM2, share("BUILT_S.tif") / M2_PER_KM2
    classes = classify(pop, land, built, R2023A, level=2).ravel()
    found = {
        number: tuple(int(classes[cell - 1]) for cell in cells)
        for number, cells in BELGIUM_R2023A.items()
    }
    assert sum(len(cells) for cells in BELGIUM_R2023A.values()) == 50
    assert found == {number: (number,) * len(cells) for number, cells in BELGIUM_R2023A.items()}
