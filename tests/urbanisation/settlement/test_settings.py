"""The rules as numbers: as published, refused where they make no sense, and worked out."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import dask
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.urbanisation import settlement
from hanoi_analytics.urbanisation.settlement import (
    MANUAL_2021,
    PRESETS,
    R2022A,
    R2023A,
    ClusterRule,
    GridError,
    Settings,
    SettingsError,
)
from tests.urbanisation.settlement.inputs import SMALL, chunkings, even_chunks, grid

NAN = float("nan")
DENSE = ClusterRule(density_per_km2=1500, people=5000, neighbours=4)


def numbers(rule: ClusterRule) -> tuple[Any, ...]:
    return rule.density_per_km2, rule.people, rule.neighbours, rule.built_share, rule.window_cells


@pytest.mark.parametrize(
    ("preset", "built_share", "semi_dense", "distance_cells", "edge_rule"),
    [
        ("R2022A", 0.50, (900, 2_500, 4, None, None), 2, "R2022A"),
        ("R2023A", 0.20, (900, 2_500, 4, None, None), 2, "R2023A"),
        ("MANUAL_2021", 0.20, (300, 5_000, 8, None, None), 3, "R2023A"),
    ],
)
def test_presets_are_as_published(
    preset: str,
    built_share: float,
    semi_dense: tuple[Any, ...],
    distance_cells: int,
    edge_rule: str,
) -> None:
    rules = PRESETS[preset]
    assert numbers(rules.centre) == (1500, 50_000, 4, built_share, None)
    assert numbers(rules.urban_cluster) == (300, 5_000, 8, None, None)
    assert numbers(rules.dense) == (1500, 5_000, 4, built_share, None)
    assert numbers(rules.semi_dense) == semi_dense
    assert numbers(rules.suburban) == (300, 5_000, 8, None, None)
    assert numbers(rules.rural) == (300, 500, 8, None, None)
    assert numbers(rules.optimal_built) == (1500, 5_000, 4, None, None)
    assert rules.edge_rule == edge_rule
    assert rules.semi_dense_distance_cells == distance_cells
    assert (rules.max_gap_km2, rules.low_density_per_km2, rules.edge_land_share) == (15, 50, 0.5)
    water = (rules.water_land_share, rules.water_people, rules.water_built_share)
    assert water == (0.5, 0, 0)


def test_presets_have_their_names_and_cannot_be_changed() -> None:
    assert dict(PRESETS) == {"R2022A": R2022A, "R2023A": R2023A, "MANUAL_2021": MANUAL_2021}
    with pytest.raises(TypeError):
        PRESETS["R2023A"] = R2022A  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        R2023A.max_gap_km2 = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        R2023A.centre.people = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("density_per_km2", "people")
            for value in (-1, NAN, None, "9")
        ],
        *[("neighbours", value) for value in (6, "4", None)],
        *[("built_share", value) for value in (-0.1, 1.1, 20, NAN, "best", True)],
        *[("window_cells", value) for value in (0, 2, -3, 1.5, NAN, "3", "wide", True)],
    ],
)
def test_a_wrong_number_of_a_cluster_is_named(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: expected .*found {value!r}"):
        replace(R2023A.centre, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, {"people": 9})
            for name in ("centre", "urban_cluster", "dense", "semi_dense", "suburban", "rural")
        ],
        ("optimal_built", None),
        *[("edge_rule", value) for value in ("R2019A", 5, "")],
        *[("max_gap_km2", value) for value in (-1, NAN, float("inf"), "15", True)],
        *[("semi_dense_distance_cells", value) for value in (-1, 1.5, NAN, "two", None, True)],
        *[("low_density_per_km2", value) for value in (-1, NAN, None)],
        *[("water_people", value) for value in (-1, NAN, "0")],
        *[
            (name, value)
            for name in ("water_land_share", "water_built_share", "edge_land_share")
            for value in (-0.01, 1.01, NAN, None, "half")
        ],
    ],
)
def test_a_wrong_number_of_the_settings_is_named(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: expected .*found "):
        replace(R2023A, **{name: value})  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    rule = replace(DENSE, people=np.int64(5), built_share=np.float32(0.5), window_cells=np.int32(3))
    rules = replace(R2023A, centre=rule, semi_dense_distance_cells=np.int64(1))
    assert (rules.centre.people, rules.semi_dense_distance_cells) == (5, 1)


def test_the_optimal_built_share_is_not_worked_out_from_itself() -> None:
    with pytest.raises(SettingsError, match="optimal_built"):
        replace(R2023A, optimal_built=replace(DENSE, built_share=0.2))
    cell = grid([[9000.0]])
    with pytest.raises(SettingsError, match="optimal_built"):
        settlement.optimal_built_share(
            cell, None, 0 * cell, rule=replace(DENSE, built_share="optimal")
        )


def test_settings_are_asked_for() -> None:
    with pytest.raises(SettingsError, match=r"settings: expected Settings.*'R2023A'"):
        settlement.classify(grid([[1.0]]), None, settings="R2023A")  # type: ignore[arg-type]


# Two clusters of 6,000 and 5,000 people; two thousand are too few; the last cell is too thin.
PEOPLE = [[2000, 2000, 2000, 0, 2500, 2500, 0, 2000, 0, 1499]]
LAND = [[1, 1, 1, 1, 0.5, 1, 1, 1, 1, 1]]


def optimal(built: list[float], people: object = PEOPLE, chunk_cells: int = 10) -> float:
    layers = [grid(layer, even_chunks((1, 10), chunk_cells)) for layer in (people, LAND, [built])]
    with dask.config.set(scheduler="synchronous"):
        return settlement.optimal_built_share(*layers)


@pytest.mark.parametrize("chunk_cells", [1, 3, 10])
@pytest.mark.parametrize(
    ("cluster", "mean"),
    [
        ((0.1, 0.2, 0.3, 0.4, 0.1), 0.22),  # 1.1 / 5
        ((0.1, 0.2, 0.3, 0.4, 0.105), 0.23),  # 1.105 / 5 = 0.221, rounded up
        ((0.1, 0.2, NAN, 0.4, NAN), 0.24),  # 0.7 / 3 = 0.2333…
        ((0, 0, 0, 0, 0), 0.0),
        ((1, 1, 1, 1, 1), 1.0),
    ],
)
def test_the_mean_of_the_known_cells_of_clusters_is_rounded_up(
    cluster: tuple[float, ...], mean: float, chunk_cells: int
) -> None:
    first, second = list(cluster[:3]), list(cluster[3:])
    built = [*first, 0.9, *second, 0.9, 0.9, 0.9, 0.9]
    assert optimal(built, chunk_cells=chunk_cells) == mean


@pytest.mark.parametrize("hundredths", range(1, 100, 6))
def test_a_mean_of_two_decimals_stays(hundredths: int) -> None:
    assert optimal([hundredths / 100] * 10) == hundredths / 100


@settings(max_examples=15, deadline=None)
@given(built=st.lists(st.floats(0, 1, width=32), min_size=10, max_size=10), chunks=chunkings(10))
def test_no_chunking_changes_the_optimal_share(built: list[float], chunks: tuple[int, ...]) -> None:
    layers = [grid(layer, ((1,), chunks)) for layer in (PEOPLE, LAND, [built])]
    with dask.config.set(scheduler="synchronous"):
        found = settlement.optimal_built_share(*layers)
    assert found == optimal(built)
    mean = sum(built[:3] + built[4:6]) / 5
    assert mean - 1e-6 <= found < mean + 0.01 + 1e-6


def test_without_a_cluster_there_is_no_optimal_share() -> None:
    with pytest.raises(GridError, match=r"no cluster of 1500 people per km² and 5000 people"):
        optimal([0.2] * 10, people=[[1000] * 10])


def test_an_optimal_share_is_the_number_itself() -> None:
    # A built-up cell joins a centre: with a share of 0.22 it does, with more it does not.
    people = grid([[9, 9, 0, 9]])
    land = grid([[1, 1, 1, 1]])
    built = grid([[0.21, 0.22, 0.22, 0.215]])  # people's own cells: 0.215, rounded up 0.22
    base = replace(SMALL, edge_rule=None, max_gap_km2=None)
    base = replace(base, optimal_built=ClusterRule(density_per_km2=5, people=9, neighbours=4))

    def classes(share: object) -> list[int]:
        rules: Settings = replace(
            base,
            centre=replace(base.centre, people=27, built_share=share),  # type: ignore[arg-type]
            dense=replace(base.dense, built_share=share),  # type: ignore[arg-type]
        )
        return settlement.classify(people, land, built, settings=rules).values[0].tolist()

    assert classes("optimal") == classes(0.22) == [30, 30, 30, 30]
    assert classes(0.23) == classes(None) == [23, 23, 11, 22]


def test_an_optimal_share_without_a_built_up_grid_is_refused() -> None:
    rules = replace(SMALL, centre=replace(SMALL.centre, built_share="optimal"))
    with pytest.raises(SettingsError, match="built_share: 'optimal'"):
        settlement.classify(grid([[9.0]]), None, settings=rules)


def test_a_share_of_nothing_takes_every_cell_of_land_but_needs_a_grid() -> None:
    rules = replace(
        SMALL,
        centre=replace(SMALL.centre, people=9, built_share=0.0),
        edge_rule=None,
        max_gap_km2=None,
    )
    people, land, nothing = grid([[9, 0, 0]]), grid([[1, 1, 0]]), grid([[0, 0, 0]])
    with_grid = settlement.classify(people, land, nothing, settings=rules)
    assert with_grid.values.tolist() == [[30, 30, 10]]
    # Without a built-up grid no cell meets a built-up criterion, not even this one.
    assert settlement.classify(people, land, settings=rules).values.tolist() == [[30, 11, 10]]
