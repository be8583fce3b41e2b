"""What a hand-worked grid is, and how one is written down on a line or two.

Thresholds are tiny so that a case stays small. Rows are parted by "/".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.urbanisation.settlement.plain import Rule, Rules

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A grid, the rules and the classes that follow."""

    name: str
    pop: Floats  # people per cell, NaN = missing
    land: Floats  # share of the cell
    built: Floats | None  # share of the cell
    rules: Rules
    level: int
    expected: NDArray[np.uint8]
    cell_area_km2: float = 1.0


NEVER = 1e9
NO_CLUSTER = Rule(NEVER, NEVER, 8)
# Centres alone: every cell with density 10 or more and 20 people is one.
CENTRES = Rules(
    centre=Rule(10, 20, 4),
    urban_cluster=NO_CLUSTER,
    dense=NO_CLUSTER,
    semi_dense=NO_CLUSTER,
    suburban=NO_CLUSTER,
    rural=NO_CLUSTER,
    edge=None,
    max_gap_km2=None,
    semi_dense_cells=2,
    low_density=2,
    water_land=0.5,
    water_people=0,
    water_built=0,
)
LEVELS = replace(
    CENTRES,
    centre=Rule(100, 1000, 4),
    urban_cluster=Rule(5, 20, 8),
    dense=Rule(100, 200, 4),
    semi_dense=Rule(50, 100, 4),
    suburban=Rule(10, 50, 8),
    rural=Rule(10, 20, 8),
)
R2022A = replace(CENTRES, edge="R2022A")
R2023A = replace(CENTRES, edge="R2023A")
FILLED = replace(CENTRES, max_gap_km2=15)

NAN = float("nan")
# People, land and built-up of a drawn cell.
LEGEND = {
    "A": (20, 1, 0),  # dense: a centre
    "E": (0, 0.3, 0.3),  # nobody, little land, full of buildings: a centre where the rule says so
    ".": (0, 1, 0),  # land with nobody
    "h": (0, 0.5, 0),  # nobody, exactly half land
    "w": (0, 0.3, 0),  # permanent water
    "e": (0, 0.3, 0.1),  # nobody, little land, something built
    "p": (1, 0.3, 0),  # somebody, little land
    "l": (0, NAN, 0.1),  # as e, land missing
    "L": (0, NAN, 0),  # as w, land missing
    "m": (NAN, 0.3, 0.1),  # as e, people missing
    "b": (0, 0.3, NAN),  # as w, built-up missing
}


def numbers(text: str) -> Floats:
    return np.array([[float(word) for word in row.split()] for row in text.split("/")])


def given(
    name: str,
    pop: str,
    expected: str,
    rules: Rules,
    *,
    level: int = 1,
    land: str = "",
    built: str = "",
    cell_area_km2: float = 1.0,
) -> Case:
    people = numbers(pop)
    return Case(
        name,
        people,
        numbers(land) if land else np.ones(people.shape),
        numbers(built) if built else None,
        rules,
        level,
        numbers(expected).astype("uint8"),
        cell_area_km2,
    )


def drawn(
    name: str, picture: str, expected: str, rules: Rules, *, cell_area_km2: float = 1.0
) -> Case:
    cells = np.array([[LEGEND[mark] for mark in row.split()] for row in picture.split("/")])
    pop, land, built = (cells[..., layer].astype("float64") for layer in range(3))
    classes = numbers(expected).astype("uint8")
    return Case(name, pop, land, built, rules, 1, classes, cell_area_km2)


def centre(rule: Rule, rules: Rules = CENTRES) -> Rules:
    return replace(rules, centre=rule)
