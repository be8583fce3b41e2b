"""Hand-worked urban centres: clusters, the built-up criterion, edges and holes."""

from __future__ import annotations

from dataclasses import replace

from tests.urbanisation.settlement.case import (
    CENTRES,
    FILLED,
    R2022A,
    R2023A,
    centre,
    drawn,
    given,
)
from tests.urbanisation.settlement.plain import Rule

CLUSTERS = [
    given("rook_parts_corners", "20 20 0 / 0 0 20", "1 1 1 / 1 1 1", centre(Rule(10, 60, 4))),
    given("queen_joins_corners", "20 20 0 / 0 0 20", "3 3 1 / 1 1 3", centre(Rule(10, 60, 8))),
    # In floating point 0.7 + 0.1 is a little less than 0.8.
    given("people_exactly_at_minimum", "0.7 0.1", "3 3", centre(Rule(0.05, 0.8, 4))),
    given("people_under_minimum", "0.7 0.0999", "1 1", centre(Rule(0.05, 0.8, 4))),
    given("density_at_threshold", "10 0 9.999", "3 1 1", centre(Rule(10, 9, 4))),
    given("density_by_land", "6 6", "3 1", centre(Rule(10, 6, 4)), land="0.5 1"),
    given("density_by_area", "5 2", "3 1", centre(Rule(10, 5, 4)), cell_area_km2=0.5),
    given("land_0_with_people", "10 0 5", "3 0 1", centre(Rule(10, 10, 4)), land="0 0 1"),
    given("missing_people", "nan nan", "1 0", CENTRES, land="1 0.3"),
    given("missing_land_with_people", "50 nan", "1 0", CENTRES, land="nan nan"),
]

BUILT = centre(Rule(10, 40, 4, built=0.2))
BUILT_UP = [
    given("built_joins", "20 1 20", "3 3 3", BUILT, built="0 0.2 0"),
    given("built_under", "20 1 20", "1 1 1", BUILT, built="0 0.19 0"),
    given("built_rounded_up", "20 1 20", "3 3 3", BUILT, built="0 0.1996 0"),
    given("built_rounded_down", "20 1 20", "1 1 1", BUILT, built="0 0.1994 0"),
    given("built_by_land", "20 1 20", "3 3 3", BUILT, built="0 0.1 0", land="1 0.5 1"),
    given("built_without_land", "20 0 20", "3 3 3", BUILT, built="0 0.1 0", land="1 0 1"),
    given("built_missing", "20 1 20", "1 1 1", BUILT, built="0 nan 0"),
    given("built_with_land_missing", "20 0 20", "1 1 1", BUILT, built="0 0.5 0", land="1 nan 1"),
    given("built_with_people_missing", "20 nan 20", "3 3 3", BUILT, built="0 0.5 0"),
    given("no_built_grid", "20 1 20", "1 1 1", BUILT),
    given("built_not_asked", "20 1 20", "1 1 1", centre(Rule(10, 40, 4)), built="0 1 0"),
    given("built_needs_people", "0 0 0", "1 1 1", BUILT, built="1 1 1"),
]

# The middle cell of the second row sees three centre cells, two rural cells and the first row.
BESIDE, JOINED, LEFT = ". . . / A A A", "/ 1 3 1 / 3 3 3", "/ 1 1 1 / 3 3 3"
EDGES = [
    drawn("2022_five_of_eight", "A A A / A . . / A . .", "3 3 3 / 3 3 1 / 3 1 1", R2022A),
    drawn("2022_four_of_eight", "A A A / A . . / . . .", "3 3 3 / 3 1 1 / 1 1 1", R2022A),
    drawn("2023_half_is_no_majority", "A A A / A . . / . . .", "3 3 3 / 3 1 1 / 1 1 1", R2023A),
    drawn("2022_three_each", "A . A / A . A / A . A", "3 1 3 / 3 1 3 / 3 1 3", R2022A),
    drawn("2023_three_each", "A . A / A . A / A . A", "3 1 3 / 3 1 3 / 3 1 3", R2023A),
    # Two centres: one takes the upper gap, the other the lower; the middle then sees four of each.
    drawn(
        "2023_four_each",
        "A A w / A . A / A . A / A . A / w A A",
        "3 3 0 / 3 3 3 / 3 1 3 / 3 3 3 / 0 3 3",
        R2023A,
    ),
    drawn(
        "2022_repeated",
        "A A A A / A . . . / A A . .",
        "3 3 3 3 / 3 3 3 1 / 3 3 1 1",
        R2022A,
    ),
    drawn(
        "2023_repeated",
        "w w w w w / A e e e w / w w w w w",
        "0 0 0 0 0 / 3 3 3 3 0 / 0 0 0 0 0",
        R2023A,
    ),
    # Both join in the first round; one after the other, the second would see one vote each.
    drawn(
        "2023_all_at_once",
        "w w w w / A e e A / w w w w",
        "0 0 0 0 / 3 3 3 3 / 0 0 0 0",
        R2023A,
    ),
    drawn(
        "2023_the_joined_vote",
        "w w w w w / A e e e A / w w w w w",
        "0 0 0 0 0 / 3 3 1 3 3 / 0 0 0 0 0",
        R2023A,
    ),
    drawn("2023_water_has_no_vote", f"w w w / {BESIDE}", f"0 0 0 {JOINED}", R2023A),
    drawn("2022_water_counts", f"w w w / {BESIDE}", f"0 0 0 {LEFT}", R2022A),
    drawn("2023_empty_non_land_has_no_vote", f"e e e / {BESIDE}", f"1 1 1 {JOINED}", R2023A),
    drawn("2023_peopled_non_land_votes", f"p p p / {BESIDE}", f"1 1 1 {LEFT}", R2023A),
    drawn("2023_half_land_votes", f"h h h / {BESIDE}", f"1 1 1 {LEFT}", R2023A),
    drawn("2023_missing_land_is_little", f"l l l / {BESIDE}", f"1 1 1 {JOINED}", R2023A),
    drawn("2023_missing_land_is_water", f"L L L / {BESIDE}", f"0 0 0 {JOINED}", R2023A),
    drawn("2023_missing_people_are_none", f"m m m / {BESIDE}", f"1 1 1 {JOINED}", R2023A),
    drawn(
        "2023_empty_cells_of_a_centre_vote",
        "w w w / . . . / E A E",
        f"0 0 0 {JOINED}",
        centre(Rule(10, 20, 4, built=0.5), R2023A),
    ),
    drawn("2023_water_never_joins", "A A A / A w A / A A A", "3 3 3 / 3 0 3 / 3 3 3", R2023A),
    drawn("2022_water_can_join", "A A A / A w A / A A A", "3 3 3 / 3 3 3 / 3 3 3", R2022A),
    drawn("2023_missing_built_is_none", "A A A / A b A / A A A", "3 3 3 / 3 0 3 / 3 3 3", R2023A),
    drawn("2023_empty_non_land_joins", "A A A / A e A / A A A", "3 3 3 / 3 3 3 / 3 3 3", R2023A),
    drawn("2022_places_beyond_the_edge_count", "A .", "3 1", R2022A),
    drawn("2023_places_beyond_the_edge_vote", "A .", "3 1", R2023A),
    # What is permanent water in the vote does not follow the parameters of the water class.
    drawn(
        "2023_permanent_water_has_nobody",
        "A A A / A p A / A A A",
        "3 3 3 / 3 3 3 / 3 3 3",
        replace(R2023A, water_people=5),
    ),
    drawn(
        "2023_permanent_water_is_under_half_land",
        "A A A / A w A / A A A",
        "3 3 3 / 3 1 3 / 3 3 3",
        replace(R2023A, water_land=0.2),
    ),
]

RING_14 = "A A A A A A A A A / A . . . . . . . A / A . . . . . . . A / A A A A A A A A A"
RING_15 = "A A A A A A A / A . . . . . A / A . . . . . A / A . . . . . A / A A A A A A A"
RING_15_LEFT = RING_15.replace("A", "3").replace(".", "1")
RING_9 = "A A A A A / A . . . A / A . A . A / A . . . A / A A A A A"
RING_4 = "A A A A / A . . A / A . . A / A A A A"
FOURS = "3 3 3 3 / 3 3 3 3 / 3 3 3 3 / 3 3 3 3"
GAPS = [
    drawn("hole_of_14", RING_14, RING_14.replace("A", "3").replace(".", "3"), FILLED),
    drawn("hole_of_15", RING_15, RING_15_LEFT, FILLED),
    drawn("no_filling", "A A A / A . A / A A A", "3 3 3 / 3 1 3 / 3 3 3", CENTRES),
    drawn("hole_open_to_the_edge", "A . A / A A A", "3 1 3 / 3 3 3", FILLED),
    drawn("ring_with_a_diagonal_corner", "A A . / A . A / A A A", "3 3 1 / 3 3 3 / 3 3 3", FILLED),
    drawn(
        "ring_of_corners",
        ". A . / A . A / . A .",
        "1 3 1 / 3 3 3 / 1 3 1",
        centre(Rule(10, 80, 8), FILLED),
    ),
    drawn("hole_between_two_centres", "A A . / A . A / . A A", "3 3 1 / 3 1 3 / 1 3 3", FILLED),
    drawn("hole_with_a_centre", RING_9, RING_9.replace("A", "3").replace(".", "3"), FILLED),
    drawn(
        "hole_of_15_with_a_centre",
        "A A A A A A A / A . . . . . A / A . . A . . A / A . . . . . A / A A A A A A A",
        "3 3 3 3 3 3 3 / 3 1 1 1 1 1 3 / 3 1 1 3 1 1 3 / 3 1 1 1 1 1 3 / 3 3 3 3 3 3 3",
        FILLED,
    ),
    drawn(
        "holes_are_counted_apart",
        "A A A A A / A . A . A / A A A A A",
        "3 3 3 3 3 / 3 3 3 3 3 / 3 3 3 3 3",
        replace(CENTRES, max_gap_km2=2),
    ),
    drawn(
        "holes_touching_at_a_corner_are_two",
        "A A A A / A . A A / A A . A / A A A A",
        FOURS,
        replace(CENTRES, max_gap_km2=2),
    ),
    drawn(
        "hole_of_exactly_the_area",
        RING_4,
        RING_4.replace("A", "3").replace(".", "1"),
        replace(CENTRES, max_gap_km2=1),
        cell_area_km2=0.25,
    ),
    drawn(
        "hole_under_the_area",
        RING_4,
        FOURS,
        replace(CENTRES, max_gap_km2=1.1),
        cell_area_km2=0.25,
    ),
    drawn(
        "hole_of_water",
        "A A A / A w A / A A A",
        "3 3 3 / 3 3 3 / 3 3 3",
        replace(FILLED, edge="R2023A"),
    ),
    # The gap in the wall is closed by the vote; only then is the water inside a hole.
    drawn(
        "edges_before_holes",
        "A . A / A w A / A A A",
        "3 3 3 / 3 3 3 / 3 3 3",
        replace(FILLED, edge="R2023A"),
    ),
]
