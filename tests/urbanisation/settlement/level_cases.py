"""Hand-worked smoothing of the population, and the classes of both levels."""

from __future__ import annotations

from dataclasses import replace

from tests.urbanisation.settlement.case import (
    CENTRES,
    LEVELS,
    NO_CLUSTER,
    R2023A,
    Case,
    centre,
    given,
)
from tests.urbanisation.settlement.plain import Rule, Rules


def smoothed(density: float, people: float, rules: Rules = CENTRES) -> Rules:
    return centre(Rule(density, people, 4, smooth=3), rules)


def thrice(row: str) -> str:
    return f"{row} / {row} / {row}"


VOTE = smoothed(50, 100, R2023A)
SMOOTHING = [
    # Means of 30 0 0: 15 10 0.
    given("smoothed_sum_at_minimum", "30 0 0", "3 3 1", smoothed(10, 25)),
    given("smoothed_sum_under_minimum", "30 0 0", "1 1 1", smoothed(10, 26)),
    # Means: corners 90/4, sides 90/6, middle 90/9; their sum 160.
    given("smoothed_square", "0 0 0 / 0 90 0 / 0 0 0", thrice("3 3 3"), smoothed(10, 160)),
    # Means: 30 15 0.
    given("smoothed_missing_left_out", "30 nan 0", "3 3 1", smoothed(10, 45)),
    # Means: missing missing 30 30.
    given("smoothed_still_missing", "nan nan nan 30", "1 1 3 3", smoothed(10, 60)),
    # Densities 10 and 100 have the mean 55 in both cells.
    given("smoothed_density_itself", "10 10", "3 3", smoothed(50, 20), land="1 0.1"),
    given(
        "smoothed_urban_cluster",
        "30 0 0",
        "2 2 1",
        replace(CENTRES, urban_cluster=Rule(10, 25, 8, smooth=3), centre=NO_CLUSTER),
    ),
    # Means of the row: 90 60 30 3 4.5. The fourth column has no people of its own, but votes.
    given(
        "smoothed_people_vote",
        thrice("90 90 0 0 9"),
        thrice("3 3 1 1 1"),
        VOTE,
        land=thrice("1 1 1 0.3 1"),
        built=thrice("0 0 0 0.1 0"),
    ),
    # Means of the row: 90 60 30 0 0.
    given(
        "smoothed_nobody_has_no_vote",
        thrice("90 90 0 0 0"),
        "3 3 1 1 1 / 3 3 3 1 1 / 3 3 1 1 1",
        VOTE,
        land=thrice("1 1 1 0.3 1"),
        built=thrice("0 0 0 0.1 0"),
    ),
    # Permanent water is what has no people before smoothing.
    given(
        "smoothed_people_do_not_dry_water",
        thrice("90 90 0 0 9"),
        "3 3 1 0 1 / 3 3 3 0 1 / 3 3 1 0 1",
        VOTE,
        land=thrice("1 1 1 0.3 1"),
        built=thrice("0 0 0 0 0"),
    ),
    # Means of the row: 90 60 0 0 0. The second column is permanent water, in the centre: it votes.
    given(
        "smoothed_water_in_a_centre_votes",
        thrice("180 0 0 0 0"),
        "3 3 1 1 1 / 3 3 3 1 1 / 3 3 1 1 1",
        VOTE,
        land=thrice("1 0.3 1 0.3 1"),
        built=thrice("0 0 0 0.1 0"),
    ),
]

LENIENT = replace(LEVELS, water_land=0.6, water_people=1, water_built=0.2)
LEVEL_1 = [
    given("urban_cluster_on_all_cells", "1000 5", "3 2", LEVELS),
    given("urban_cluster_too_small", "5 0", "1 1", LEVELS),
    given("urban_cluster_by_corners", "10 0 / 0 10", "2 1 / 1 2", LEVELS),
    given("urban_cluster_is_not_water", "20", "2", LEVELS, land="0.3"),
    given(
        "water_or_rural",
        "0 0 0 0 1 nan nan 0",
        "0 1 1 0 1 0 1 0",
        LEVELS,
        land="0.3 0.5 0.3 nan 0.3 0.3 1 0",
        built="0 0 0.01 0 0 0 0 nan",
    ),
    given("water_without_built_grid", "0 0", "0 1", LEVELS, land="0.3 0.5"),
    given(
        "water_by_parameters",
        "1 1.05 1 1",
        "0 1 1 1",
        LENIENT,
        land="0.55 0.55 0.6 0.55",
        built="0.2 0.2 0.2 0.21",
    ),
]

AROUND = "100 100 100 / 100 0 100 / 100 100 100"
SMOOTHED_AND_FILLED = replace(LEVELS, edge="R2022A", max_gap_km2=15)


def level_2(
    name: str, pop: str, expected: str, rules: Rules = LEVELS, *, land: str = "", built: str = ""
) -> Case:
    return given(name, pop, expected, rules, level=2, land=land, built=built)


LEVEL_2 = [
    level_2(
        "order_of_classes",
        "1000 0 0 0 200 0 0 0 100 0 25 25 0 20 0 2 0 1 0 1",
        "30 11 11 11 23 11 11 11 22 11 21 21 11 13 11 12 11 11 10 12",
        land="1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 0.3 0",
    ),
    level_2("semi_dense_within_2", "200 0 50 50 50", "23 11 21 21 21"),
    level_2("semi_dense_beyond_2", "200 0 0 50 50 50", "23 11 11 22 22 22"),
    level_2("semi_dense_each_by_itself", "50 50 0 0 200 0 50 50", "22 22 11 11 23 11 21 21"),
    level_2("semi_dense_near_a_centre", "1000 0 50 50", "30 11 21 21"),
    level_2(
        "semi_dense_within_2_by_corners",
        "200 0 0 0 / 0 0 0 0 / 0 0 50 50",
        "23 11 11 11 / 11 11 11 11 / 11 11 21 21",
    ),
    level_2(
        "semi_dense_within_3",
        "200 0 0 50 50 50",
        "23 11 11 21 21 21",
        replace(LEVELS, semi_dense_cells=3),
    ),
    level_2(
        "semi_dense_on_all_cells", "200 50 50", "23 21 21", replace(LEVELS, semi_dense_cells=0)
    ),
    level_2(
        "semi_dense_within_0",
        "200 0 0 / 0 50 50",
        "23 11 11 / 11 22 22",
        replace(LEVELS, semi_dense_cells=0),
    ),
    level_2("dense_too_small", "1000 0 150", "30 11 21"),
    level_2("dense_on_all_cells", "1000 100", "30 23", replace(LEVELS, centre=Rule(500, 1000, 4))),
    level_2(
        "dense_neither_smoothed_nor_filled",
        AROUND,
        "23 23 23 / 23 11 23 / 23 23 23",
        SMOOTHED_AND_FILLED,
    ),
    level_2(
        "centre_smoothed_and_filled",
        AROUND,
        "30 30 30 / 30 30 30 / 30 30 30",
        replace(SMOOTHED_AND_FILLED, centre=Rule(100, 800, 4)),
    ),
    level_2(
        "dense_built",
        "100 0 100",
        "23 23 23",
        replace(LEVELS, dense=Rule(100, 200, 4, built=0.5)),
        built="0 0.5 0",
    ),
    level_2("suburban_on_all_cells", "1000 15 0", "30 21 11"),
    level_2("rural_on_all_cells", "1000 15 0", "30 13 11", replace(LEVELS, suburban=NO_CLUSTER)),
    level_2(
        "low_density_and_water",
        "0 0 0 1 nan 2 50",
        "10 11 11 12 10 12 11",
        land="0.3 0.3 0.5 0.3 0.3 1 nan",
        built="0 0.1 0 0 0 0 0",
    ),
    level_2("water_by_parameters_of_level_2", "1 1", "10 11", LENIENT, land="0.55 0.6"),
]
