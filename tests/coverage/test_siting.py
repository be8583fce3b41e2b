"""Covering models: published case, brute force, hand cases, wrong inputs."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.siting import (
    candidate_grid,
    covers,
    maximal_covering,
    set_covering,
)

# The largest candidate covers half of what the two others, together, cover all of.
TRAP = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=bool)


@st.composite
def instances(draw: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """Weights and a matrix in which at least one candidate covers some weight."""
    demand, candidates = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    cells = st.lists(st.booleans(), min_size=demand * candidates, max_size=demand * candidates)
    matrix = np.array(draw(cells)).reshape(demand, candidates)
    weight = st.integers(0, 50).map(float)
    weights = np.array(draw(st.lists(weight, min_size=demand, max_size=demand)))
    matrix[0, 0], weights[0] = True, max(weights[0], 1.0)
    return weights, matrix, draw(st.integers(1, candidates))


def value(weights: np.ndarray, matrix: np.ndarray, chosen: Any) -> float:
    return float(weights[matrix[:, list(chosen)].any(axis=1)].sum())


def best_value(weights: np.ndarray, matrix: np.ndarray, sites: int) -> float:
    choices = combinations(range(matrix.shape[1]), sites)
    return max(value(weights, matrix, chosen) for chosen in choices)


def plain_greedy(weights: np.ndarray, matrix: np.ndarray, sites: int) -> list[int]:
    chosen: list[int] = []
    for _ in range(sites):
        values = [value(weights, matrix, [*chosen, one]) for one in range(matrix.shape[1])]
        if max(values) == value(weights, matrix, chosen):
            break
        chosen.append(int(np.argmax(values)))
    return chosen


@settings(max_examples=40, deadline=None)
@given(instances())
def test_greedy_keeps_its_promise_and_its_bound(
    instance: tuple[np.ndarray, np.ndarray, int],
) -> None:
    weights, matrix, sites = instance
    optimum = best_value(weights, matrix, sites)
    found = maximal_covering(weights, matrix, sites=sites, solver="greedy")
    assert (1 - 1 / math.e) * optimum - 1e-9 <= found.objective <= optimum + 1e-9
    assert found.bound >= optimum - 1e-9
    assert found.objective == pytest.approx(value(weights, matrix, found.chosen["candidate"]))
    if found.proven_optimal:
        assert found.objective == pytest.approx(optimum)


@settings(max_examples=40, deadline=None)
@given(instances())
def test_lazy_chooses_as_plain_greedy_does_and_gains_shrink(
    instance: tuple[np.ndarray, np.ndarray, int],
) -> None:
    weights, matrix, sites = instance
    chosen = maximal_covering(weights, matrix, sites=sites, solver="greedy").chosen
    assert chosen["candidate"].tolist() == plain_greedy(weights, matrix, sites)
    assert (np.diff(chosen["gain"]) <= 0).all()
    assert (chosen["gain"] > 0).all()
    np.testing.assert_allclose(chosen["covered"], np.cumsum(chosen["gain"]))


@settings(max_examples=8, deadline=None)
@given(instances())
def test_highs_finds_what_trying_everything_finds(
    instance: tuple[np.ndarray, np.ndarray, int],
) -> None:
    weights, matrix, sites = instance
    found = maximal_covering(weights, matrix, sites=sites)
    assert found.proven_optimal
    assert found.objective == pytest.approx(best_value(weights, matrix, sites))
    tiny = maximal_covering(weights * 1e-9, matrix, sites=sites)
    assert tiny.objective == pytest.approx(1e-9 * found.objective)
    coverable = matrix[matrix.any(axis=1)]
    fewest = next(
        n
        for n in range(1, matrix.shape[1] + 1)
        if best_value(np.ones(len(coverable)), coverable, n) == len(coverable)
    )
    exact, quick = (
        set_covering(matrix, solver=solver, leave_out_uncoverable=True)
        for solver in ("highs", "greedy")
    )
    assert exact.objective == fewest == exact.bound
    assert coverable[:, exact.chosen["candidate"]].any(axis=1).all()
    assert coverable[:, quick.chosen["candidate"]].any(axis=1).all()
    assert quick.bound <= fewest <= quick.objective


def test_greedy_falls_into_the_trap_and_highs_does_not() -> None:
    weights = [3.0, 4.0, 4.0, 3.0]
    greedy = maximal_covering(weights, TRAP, sites=2, solver="greedy")
    best = maximal_covering(weights, TRAP, sites=2)
    assert (greedy.objective, best.objective) == (11.0, 14.0)
    assert greedy.chosen["candidate"].tolist() == [0, 1]
    assert best.chosen["candidate"].tolist() == [1, 2]
    assert greedy.gap == pytest.approx((14 - 11) / 11)
    assert not greedy.proven_optimal
    assert best.proven_optimal


def test_sites_that_add_nobody_are_not_returned() -> None:
    for solver in ("greedy", "highs"):
        found = maximal_covering([3, 4, 4, 3], TRAP, sites=3, solver=solver)
        assert found.chosen["gain"].min() > 0
        assert found.objective == 14.0


def san_francisco() -> tuple[np.ndarray, np.ndarray]:
    spopt = pytest.importorskip("spopt")
    folder = Path(spopt.__file__).parent / "tests" / "test_locate" / "data"
    network = folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    tracts = folder / "SF_demand_205_centroid_uniform_weight.csv"
    if not (network.is_file() and tracts.is_file()):
        pytest.skip("this release of spopt ships no data of San Francisco")
    pairs = pd.read_csv(network, dtype={"DestinationName": str})
    distance_m = pairs.pivot_table(values="distance", index="DestinationName", columns="name")
    people = pd.read_csv(tracts, dtype={"NAME": str}).set_index("NAME")["POP2000"]
    # The two files write tract numbers with other leading zeros.
    numbers = distance_m.index.astype(float)
    people.index = people.index.astype(float)
    return people.loc[numbers].to_numpy(), distance_m.to_numpy()


def test_san_francisco_as_published() -> None:
    people, distance_m = san_francisco()
    assert distance_m.shape == (205, 16)
    matrix = distance_m <= 5000
    found = maximal_covering(people, matrix, sites=4)
    covered = matrix[:, found.chosen["candidate"]].any(axis=1)
    assert covered.sum() == 184
    assert 100 * covered.mean() == pytest.approx(89.75609756097561)
    assert found.proven_optimal
    assert found.objective == best_value(people, matrix, 4)
    # All 205 tracts within 5 km: no published number, so every choice of fewer is tried.
    fewest = set_covering(matrix)
    ones = np.ones(205)
    assert best_value(ones, matrix, int(fewest.objective)) == 205
    assert best_value(ones, matrix, int(fewest.objective) - 1) < 205


def test_radius_includes_its_border_and_a_candidate_on_its_demand() -> None:
    found = covers([[0, 0], [3, 4], [3.001, 4]], [[0, 0], [10, 10]], radius_m=5)
    assert found.toarray().tolist() == [[True, False], [True, False], [False, False]]


def test_candidate_grid_stands_on_multiples_and_names_its_area() -> None:
    areas = gpd.GeoDataFrame(
        {"name": ["west", "east"]},
        geometry=[
            box(500_050, 2_300_050, 500_200, 2_300_250),
            box(500_200, 2.3e6, 500_350, 2.3003e6),
        ],
        crs="EPSG:32648",
    )
    areas.attrs["source"] = {"id": "hand"}
    grid = candidate_grid(areas, spacing_m=100)
    x, y = grid.geometry.x.to_numpy(), grid.geometry.y.to_numpy()
    assert set(zip(x - 5e5, y - 2.3e6, grid["name"], strict=True)) == {
        *((100, north, "west") for north in (100, 200)),
        *((200, north, "west") for north in (100, 200)),
        *((200, north, "east") for north in (0, 300)),
        *((300, north, "east") for north in (0, 100, 200, 300)),
    }
    assert grid.attrs["source"] == {"id": "hand"}
    with pytest.raises(CoverageError, match="closer spacing"):
        candidate_grid(areas.iloc[:1], spacing_m=1000)
    with pytest.raises(CoverageError, match=r"over 1,000,000"):
        candidate_grid(areas, spacing_m=0.1)
    for spacing in (0, -5, math.nan):
        with pytest.raises(CoverageError, match="spacing_m"):
            candidate_grid(areas, spacing_m=spacing)


MATRIX = np.eye(3, dtype=bool)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sites": 4}, "expected 1 to 3"),
        ({"sites": 0}, "expected 1 to 3"),
        ({"weights": [1, -2, 3]}, r"row 1: -2"),
        ({"weights": [1, math.nan, 3]}, r"row 1: nan"),
        ({"weights": [1, 2]}, r"each of the 3 rows.*\(2,\)"),
        ({"weights": [0, 0, 0]}, "covers any"),
        ({"covers": np.zeros((3, 3), dtype=bool)}, "covers any"),
        ({"covers": np.ones((3, 3))}, "matrix of bool.*float64"),
        ({"covers": np.zeros((0, 3), dtype=bool)}, r"at least one row.*\(0, 3\)"),
        ({"solver": "cplex"}, "'highs' or 'greedy'"),
        ({"time_limit_s": 0}, "time_limit_s"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], message: str) -> None:
    given_ = {"weights": [1, 2, 3], "covers": MATRIX, "sites": 1, "solver": "greedy", **changes}
    with pytest.raises(CoverageError, match=message):
        maximal_covering(given_.pop("weights"), given_.pop("covers"), **given_)


def test_wrong_places_are_named() -> None:
    place = [[0.0, 0.0]]
    with pytest.raises(CoverageError, match=r"row 2 stands where row 0"):
        covers(place, [[1, 1], [2, 2], [1, 1]], radius_m=5)
    with pytest.raises(CoverageError, match="at least one place"):
        covers(np.empty((0, 2)), place, radius_m=5)
    with pytest.raises(CoverageError, match=r"shape \(2,\)"):
        covers([1.0, 2.0], place, radius_m=5)
    with pytest.raises(CoverageError, match="the first is row 1"):
        covers([[0, 0], [math.nan, 1]], place, radius_m=5)
    for radius in (0, -1, math.inf):
        with pytest.raises(CoverageError, match="radius_m"):
            covers(place, place, radius_m=radius)


def test_demand_that_none_can_cover_is_named_or_left_out() -> None:
    matrix = np.array([[1, 0], [0, 0], [0, 1], [0, 0]], dtype=bool)
    with pytest.raises(CoverageError, match=r"2 of 4 rows of demand .*\(rows 1, 3\)"):
        set_covering(matrix, solver="greedy")
    found = set_covering(matrix, solver="greedy", leave_out_uncoverable=True)
    assert found.left_out.tolist() == [1, 3]
    assert found.chosen["covered"].iloc[-1] == 2
    with pytest.raises(CoverageError, match="covers any of 3 rows"):
        set_covering(np.zeros((3, 2), dtype=bool), leave_out_uncoverable=True)


def test_a_large_instance_is_refused_not_switched() -> None:
    matrix = np.ones((2001, 500), dtype=bool)
    with pytest.raises(CoverageError, match="solver='greedy'"):
        maximal_covering(np.ones(2001), matrix, sites=2)


def test_a_limit_too_short_says_so() -> None:
    rng = np.random.default_rng(1)
    matrix = covers(rng.random((150, 2)), rng.random((60, 2)), radius_m=0.1)
    with pytest.raises(CoverageError, match="more time"):
        maximal_covering(rng.random(150), matrix, sites=9, time_limit_s=1e-9)
