"""Green and the 3-30-300 rule: hand-made ground, limits met exactly, nobody lost on the way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rasterio.transform import from_origin
from shapely import Point, box

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land import (
    green_by_area,
    green_cover,
    large_patches,
    ndbi,
    ndvi,
    park_distance_m,
    rule_3_30_300,
    share_in_area,
    share_within,
    trees_in_view,
)
from hanoi_analytics.rasters import RasterError

WEST, NORTH, CELL = 580_000.0, 2_330_000.0, 100.0
SOURCE = {"id": "a", "citation": "by hand", "tier": "simulated", "approximate": "drawn"}


def _raster(values: npt.ArrayLike, *, cell: float = CELL) -> xr.DataArray:
    """Cells of 1 ha."""
    made = np.asarray(values)
    coords = {
        "y": NORTH - cell * (np.arange(made.shape[0]) + 0.5),
        "x": WEST + cell * (np.arange(made.shape[1]) + 0.5),
    }
    placed = xr.DataArray(made, coords, ("y", "x")).rio.write_crs("EPSG:32648")
    # A single row does not say which way rows run.
    return placed.rio.write_transform(from_origin(WEST, NORTH, cell, cell))


def _areas(*columns: tuple[int, int], rows: int) -> gpd.GeoDataFrame:
    """Areas of whole columns, from one to before another."""
    shapes = [
        box(WEST + CELL * left, NORTH - CELL * rows, WEST + CELL * right, NORTH)
        for left, right in columns
    ]
    codes = [f"{number:05d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:32648")


def test_indices_have_their_textbook_values_and_miss_what_they_cannot_say() -> None:
    red = xr.DataArray([0.04, 0.10, 0.0, -0.01, np.nan, 0.2], dims="x")
    nir = xr.DataArray([0.36, 0.10, 0.0, 0.0105, 0.3, 0.0], dims="x")
    np.testing.assert_allclose(ndvi(red, nir), [0.8, 0, np.nan, np.nan, np.nan, -1], atol=1e-7)
    swir = xr.DataArray([0.24], dims="x")
    np.testing.assert_allclose(ndbi(swir, xr.DataArray([0.16], dims="x")), [0.2], atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays("float32", (2, 7), elements=st.floats(-0.125, 1.5, width=32)),
)
def test_indices_stay_within_bounds_and_turn_with_their_bands(
    bands: npt.NDArray[np.float32],
) -> None:
    one, other = (xr.DataArray(band, dims="x") for band in bands)
    index = ndvi(one, other)
    assert float(abs(index).max()) <= 1 or bool(index.isnull().all())
    np.testing.assert_array_equal(index, -ndvi(other, one))


def test_stored_counts_are_no_reflectance() -> None:
    counts = xr.DataArray(np.array([9000, 18639], dtype="uint16"), dims="x")
    with pytest.raises(EnvironmentDataError, match=r"uint16.*stored counts"):
        ndvi(counts, counts)
    floats = counts.astype("float32")
    with pytest.raises(EnvironmentDataError, match="found 9000"):
        ndvi(floats, floats)
    lazy = ndvi(floats.chunk(), floats.chunk())
    with pytest.raises(EnvironmentDataError, match="2 such cell"):
        lazy.compute()
    here = xr.DataArray([0.1, 0.2], {"x": [0, 1]}, ("x",))
    with pytest.raises(EnvironmentDataError, match="one grid"):
        ndvi(here, here.assign_coords(x=[0, 2]))


def test_greenness_says_that_it_is_not_canopy() -> None:
    index = xr.DataArray([0.51, 0.5, np.nan], dims="x", attrs={"source": SOURCE})
    cover = green_cover(index, threshold=0.5)
    np.testing.assert_array_equal(cover, [1, 0, np.nan])
    said = cover.attrs["source"]["approximate"]
    assert said.startswith("drawn; ") and "not tree canopy" in said
    assert SOURCE["approximate"] == "drawn"
    with pytest.raises(EnvironmentDataError, match="threshold=50"):
        green_cover(index, threshold=50)


def test_a_park_of_one_hectare_at_three_hundred_metres_is_just_near_enough() -> None:
    green = np.zeros((9, 9))
    green[4, 4] = 1  # one cell, 1 ha
    cover = _raster(green)
    distance = park_distance_m(cover, like=cover, least_ha=1.0)
    assert distance[4, 7].item() == 300.0 and distance[4, 8].item() == 400.0
    assert distance[5, 7].item() == pytest.approx(100 * 10**0.5)
    assert np.isinf(park_distance_m(cover, like=cover, least_ha=1.01)).all()
    people = _raster(np.ones((9, 9)))
    table = rule_3_30_300(
        people, _areas((0, 9), rows=9), canopy_share=cover, distance_m=distance, homes=None
    )
    # Within a circle of radius 3 on a lattice lie 29 points.
    assert table["people_300"].tolist() == pytest.approx([29])


def test_a_park_drawn_as_an_outline_is_measured_to_its_edge() -> None:
    grid = _raster(np.zeros((3, 12)))
    hectare = box(WEST + 1000, NORTH - 100, WEST + 1100, NORTH)
    parks = gpd.GeoDataFrame(
        geometry=[hectare, box(WEST, NORTH - 50, WEST + 50, NORTH)], crs="EPSG:32648"
    ).to_crs("EPSG:4326")
    distance = park_distance_m(parks, like=grid, least_ha=0.99)
    expected = [950 - 100 * column for column in range(10)] + [0, 50]
    # There and back through degrees costs less than a millimetre; the small park does not count.
    np.testing.assert_allclose(distance[0], expected, atol=1e-3)
    assert distance[2, 10].item() == pytest.approx(150, abs=1e-3)
    assert park_distance_m(parks, like=grid, least_ha=0.2)[0, 0].item() == pytest.approx(
        0, abs=1e-3
    )
    assert np.isinf(park_distance_m(parks, like=grid, least_ha=2.0)).all()


def test_patches_hang_together_at_corners_and_small_ones_go() -> None:
    green = _raster(
        [[1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 0.4, 0], [np.nan, 0, 0, 0, 0.5]], cell=50.0
    )
    two = large_patches(green, least_ha=0.5)  # a cell is a quarter of a hectare
    assert np.argwhere(two.to_numpy()).tolist() == [[0, 0], [1, 1]]
    assert int(large_patches(green, least_ha=0.25).sum()) == 4
    assert not large_patches(green, least_ha=0.51).any()


def test_thirty_per_cent_of_an_area_is_enough_and_less_is_not() -> None:
    cover = np.zeros((10, 20))
    cover[0:3, 0:10], cover[0:3, 10:20] = 1, 1  # 30 of 100 cells each
    cover[0, 10] = 0  # 29 in the second
    areas = _areas((0, 10), (10, 20), rows=10)
    share = share_in_area(_raster(cover), areas)
    assert share[9, 0].item() == pytest.approx(0.30) and share[9, 19].item() == pytest.approx(0.29)
    table = rule_3_30_300(
        _raster(np.full((10, 20), 2.0)),
        areas,
        canopy_share=share,
        distance_m=_raster(np.zeros((10, 20))),
        homes=None,
    )
    assert table["share_30"].tolist() == [1.0, 0.0]
    assert table["people_300"].tolist() == pytest.approx([200.0, 200.0])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100.0, 150.0, 250.0, 300.0]))
def test_the_share_around_a_cell_is_what_counting_gives(seed: int, radius_m: float) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((7, 9)).round(2)
    cover[rng.random(cover.shape) < 0.3] = np.nan
    found = share_within(_raster(cover), radius_m=radius_m).to_numpy()
    steps = range(-3, 4)
    disc = [(i, j) for i in steps for j in steps if np.hypot(i, j) * CELL <= radius_m]
    for row in range(7):
        for column in range(9):
            near = [
                cover[row + i, column + j]
                for i, j in disc
                if 0 <= row + i < 7 and 0 <= column + j < 9 and cover[row + i, column + j] >= 0
            ]
            expected = sum(near) / len(near) if len(near) > len(disc) / 2 else np.nan
            np.testing.assert_allclose(found[row, column], expected, atol=1e-9)


def test_a_share_at_the_limit_meets_it_although_it_was_transformed() -> None:
    cover = _raster(np.full((20, 20), 0.3))
    share = share_within(cover, radius_m=500.0)
    everyone = _raster(np.ones((20, 20)))
    table = rule_3_30_300(
        everyone, _areas((0, 20), rows=20), canopy_share=share, distance_m=everyone, homes=None
    )
    assert table["share_30"].tolist() == [1.0]
    # In each corner less than half of the disc is known ground.
    assert 0 < table["people_not_measured"].item() < 40


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nobody_is_lost_and_nobody_meets_both_without_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (6, 12)
    people = rng.gamma(0.5, 100.0, shape)
    share, distance = rng.random(shape), rng.uniform(0, 600, shape)
    share[rng.random(shape) < 0.2] = np.nan
    distance[0, 0] = np.inf
    people[rng.random(shape) < 0.1] = np.nan
    # Three areas, the borders of one through the middle of cells.
    areas = _areas((0, 5), (5, 12), rows=6)
    areas = gpd.GeoDataFrame(
        {"code": ["00001", "00002", "00003"]},
        geometry=[
            areas.geometry[0],
            box(WEST + 500, NORTH - 250, WEST + 1200, NORTH),
            box(WEST + 500, NORTH - 600, WEST + 1200, NORTH - 250),
        ],
        crs=areas.crs,
    )
    table = rule_3_30_300(
        _raster(people),
        areas,
        canopy_share=_raster(share),
        distance_m=_raster(distance),
        homes=None,
    )
    known = ~np.isnan(share)
    given_people = np.nan_to_num(people)
    total = table.sum(numeric_only=True)
    assert total["people"] == pytest.approx(given_people.sum())
    assert total["people_not_measured"] == pytest.approx(given_people[~known].sum())
    near = known & (distance <= 300)
    assert total["people_30"] == pytest.approx(given_people[known & (share >= 0.3)].sum())
    assert total["people_300"] == pytest.approx(given_people[near].sum())
    assert total["people_30_300"] == pytest.approx(given_people[near & (share >= 0.3)].sum())
    shares = table[["share_30", "share_300", "share_30_300"]].dropna()
    assert ((shares >= 0) & (shares <= 1 + 1e-9)).all(axis=None)
    least = shares[["share_30", "share_300"]].min(axis=1) + 1e-9
    assert (shares["share_30_300"] <= least).all()


def test_trees_are_counted_where_they_are_given_and_else_reported_as_not_measured() -> None:
    homes = gpd.GeoDataFrame(
        {"people": [4.0, 1.0, 5.0]},
        geometry=[
            Point(WEST + 50, NORTH - 50),
            Point(WEST + 90, NORTH - 50),
            Point(WEST + 150, NORTH - 50),
        ],
        crs="EPSG:32648",
    )
    # Three within 25 m of the first, the third of them exactly; two within 25 m of the second.
    trees = gpd.GeoDataFrame(
        geometry=[Point(WEST + 50 + step, NORTH - 50) for step in (-10, 20, 25, 400)],
        crs="EPSG:32648",
    )
    counted = trees_in_view(homes, trees, within_m=25.0)
    assert counted["trees"].tolist() == [3, 2, 0]
    ground = _raster(np.ones((1, 3)))
    rest = {"canopy_share": ground, "distance_m": ground}
    areas = _areas((0, 1), (1, 2), (2, 3), rows=1)
    table = rule_3_30_300(ground, areas, homes=counted, **rest)
    # Four of five people in the first area; none of five in the second; no home in the third.
    np.testing.assert_allclose(table["share_3"], [0.8, 0.0, np.nan])
    assert table.attrs["not_measured"] == ""
    without = rule_3_30_300(ground, areas, homes=None, **rest)
    assert without["share_3"].isna().all()
    assert "3 trees in view" in without.attrs["not_measured"]
    with pytest.raises(EnvironmentDataError, match="people"):
        trees_in_view(homes.drop(columns="people"), trees, within_m=25.0)
    with pytest.raises(EnvironmentDataError, match="metres"):
        trees_in_view(homes.to_crs("EPSG:4326"), trees, within_m=25.0)


def test_green_for_each_inhabitant() -> None:
    cover = _raster([[1.0, 0.5, np.nan, 0.0]]).assign_attrs(source=SOURCE)
    people = _raster([[10.0, 15.0, 5.0, np.nan]])
    table = green_by_area(cover, people, _areas((0, 3), (3, 4), rows=1))
    assert table["people"].tolist() == pytest.approx([30, 0])
    assert table["known_share"].tolist() == pytest.approx([2 / 3, 1])
    assert table["green_share"].tolist() == pytest.approx([0.75, 0])
    # Three quarters of 3 ha for 30 people; nobody in the other.
    np.testing.assert_allclose(table["green_m2_per_person"], [750.0, np.nan])
    assert table.attrs["source"] == SOURCE


def test_wrong_inputs_are_refused() -> None:
    cover = _raster(np.full((4, 4), 40.0))
    with pytest.raises(EnvironmentDataError, match="divide per cent"):
        share_within(cover, radius_m=200.0)
    good = _raster(np.ones((4, 4)))
    with pytest.raises(EnvironmentDataError, match="radius_m=50"):
        share_within(good, radius_m=50.0)
    with pytest.raises(RasterError, match="different grids"):
        green_by_area(good, good[1:], _areas((0, 4), rows=4))
    with pytest.raises(EnvironmentDataError, match="in metres"):
        large_patches(good.rio.write_crs("EPSG:4326"), least_ha=1.0)
    with pytest.raises(RasterError, match="distance_m lie on different grids"):
        rule_3_30_300(
            good,
            _areas((0, 4), rows=4),
            canopy_share=good,
            distance_m=_raster(np.ones((4, 4)), cell=200.0),
            homes=None,
        )
