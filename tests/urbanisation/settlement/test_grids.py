"""The grids that go in and the one that comes out: what is refused, what is read how."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from rasterio.transform import Affine, from_origin

from hanoi_analytics.urbanisation import settlement
from hanoi_analytics.urbanisation.settlement import ClusterRule, GridError
from tests.urbanisation.settlement.inputs import SMALL, grid

NAN = float("nan")
PEOPLE = grid(np.full((4, 6), 9.0))
LAND = grid(np.ones((4, 6)))
MOVED = from_origin(500, 1000, 1000, 1000)
TURNED = Affine.rotation(10) * from_origin(0, 1000, 1000, 1000)


def bare(values: Any) -> xr.DataArray:
    return xr.DataArray(np.asarray(values), dims=("y", "x")).rio.write_crs("ESRI:54009")


def classes(people: xr.DataArray, land: xr.DataArray | None = None, **options: Any) -> list[Any]:
    return settlement.classify(people, land, settings=SMALL, **options).to_numpy().tolist()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (grid(np.ones((4, 5))), r"\(4, 5\) cells, but the population has \(4, 6\)"),
        (LAND.rio.write_crs("ESRI:54017"), "coordinate system .*54017.*population has .*54009"),
        (LAND.assign_coords(x=LAND["x"] + 500), "corner and cell size .*1500|500"),
        (LAND[::-1], "corner and cell size"),
        (bare(np.ones((4, 6))).rio.write_transform(MOVED), "corner and cell size"),
        (
            bare(np.ones((4, 6))).rio.write_transform(from_origin(0, 1000, 1000.9, 1000)),
            "corner and cell size",
        ),
        (bare(np.ones((4, 6))), "size of its cells is unknown"),
        (bare(np.ones((4, 6))).rio.write_transform(TURNED), "rotated"),
        (LAND * 1e6, r"found 1e\+06 in row 0, column 0, .*share_of_cell"),
        (LAND.where(LAND["x"] < 5000, 1.01), "found 1.01 in row 0, column 5, expected a share"),
        (LAND.where(LAND["y"] > -2000, -0.5), "found -0.5 in row 3, column 0"),
        (LAND.where(LAND["y"] > -2000, np.inf), "found inf in row 3, column 0"),
        (LAND > 0, "expected numbers in two dimensions.*bool"),
        (LAND.astype(str), "expected numbers in two dimensions.*<U"),
        (LAND.drop_vars("spatial_ref"), "no coordinate system"),
        (LAND.to_numpy(), "expected an xarray.DataArray, found ndarray"),
    ],
)
@pytest.mark.parametrize("name", ["land", "built"])
def test_a_companion_that_does_not_fit_is_refused(name: str, other: Any, words: str) -> None:
    layers = {"land": LAND, "built": 0 * LAND} | {name: other}
    with pytest.raises(GridError, match=f"^{name}: .*({words})"):
        settlement.classify(PEOPLE, layers["land"], layers["built"])


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (PEOPLE.rio.write_crs("EPSG:4326"), "equal-area .*WGS 84.*reproject"),
        (PEOPLE.rio.write_crs("EPSG:32648"), "equal-area .*UTM zone 48N.*Transverse Mercator"),
        (PEOPLE.rio.write_crs("EPSG:3857"), "equal-area .*Pseudo-Mercator"),
        (PEOPLE.drop_vars("spatial_ref"), "no coordinate system; set it by .rio.write_crs"),
        (bare(np.ones((4, 6))), "size of its cells is unknown"),
        (bare(np.ones((4, 6))).rio.write_transform(TURNED), "rotated"),
        (PEOPLE.where(PEOPLE["x"] < 5000, np.inf), "found inf in row 0, column 5"),
        (PEOPLE * np.nan, "every cell is missing"),
        (PEOPLE[:0], "expected numbers in two dimensions"),
        (PEOPLE.expand_dims(band=[1, 2]), "'band': 2.*choose one band"),
        (PEOPLE.rename(y="row", x="column"), r"expected dimensions \(y, x\), found \('row', "),
        (PEOPLE > 0, "expected numbers in two dimensions.*bool"),
        (PEOPLE.astype(str), "expected numbers"),
        (PEOPLE.to_dataset(name="people"), "expected an xarray.DataArray, found Dataset"),
    ],
)
def test_a_population_that_cannot_be_classified_is_refused(people: Any, words: str) -> None:
    with pytest.raises(GridError, match=f"^population: .*({words})"):
        settlement.classify(people, None)


@pytest.mark.parametrize("chunks", [None, ((4,), (6,)), ((2, 2), (2, 2, 2)), ((1, 3), (5, 1))])
def test_an_impossible_number_is_named_with_its_place_in_the_whole_grid(chunks: Any) -> None:
    people = np.full((4, 6), 9.0)
    people[3, 4] = -200
    with pytest.raises(GridError, match=r"^population: found -200 in row 3, column 4, .*nodata"):
        settlement.classify(grid(people, chunks), LAND)


def test_the_wrong_share_is_named_though_the_other_is_a_hair_more_than_all() -> None:
    with pytest.raises(GridError, match=r"^built: found 3 in row 0, column 0"):
        settlement.classify(PEOPLE, LAND * (1 + 1e-9), LAND * 3)


@pytest.mark.parametrize("level", [0, 3, "2", None])
def test_there_are_two_levels(level: Any) -> None:
    with pytest.raises(GridError, match=f"level: expected 1 or 2, found {level!r}"):
        settlement.classify(PEOPLE, LAND, level=level)


def test_the_nodata_value_of_an_unmasked_file_is_missing() -> None:
    people = grid([[9, 9, 9, -200]]).astype("int16").rio.write_nodata(-200)
    land = grid([[1, 1, 1, 99]]).rio.write_nodata(99)
    assert classes(people, land) == [[30, 30, 30, 255]]
    assert classes(people) == [[30, 30, 30, 255]]


def test_what_is_known_of_a_cell_decides_its_class() -> None:
    people, land = grid([[NAN, NAN, 0, NAN]]), grid([[NAN, 1, NAN, 0]])
    # Neither is known; land without people; nobody on who knows what; no land, no people.
    assert classes(people, land) == [[255, 11, 10, 10]]
    assert classes(people, land, level=1) == [[255, 1, 0, 0]]


def test_people_without_land_are_dense_and_are_counted() -> None:
    people, land = grid([[7, 7, 7, 0.5, 0, NAN]], ((1,), (2, 4))), grid([[0, 0, 0, 0, 0, 0]])
    found = settlement.classify(people, land, settings=SMALL)
    assert found.values.tolist() == [[30, 30, 30, 30, 10, 10]]
    assert found.attrs["people_without_land"] == 21.5
    assert settlement.classify(PEOPLE, LAND).attrs["people_without_land"] == 0


def test_without_a_land_grid_the_result_says_so() -> None:
    people = grid([[9, 0, NAN]])
    people.attrs["source"] = {"citation": "Count", "tier": "simulated", "approximate": "rounded"}
    found = settlement.classify(people, None, settings=SMALL)
    assert found.values.tolist() == [[22, 11, 255]]
    assert found.attrs["land"] == "every cell whose population is known"
    note = "rounded; no land grid: every cell counts as land"
    assert found.attrs["source"]["approximate"] == note
    assert people.attrs["source"]["approximate"] == "rounded"
    del people.attrs["source"]["approximate"]
    found = settlement.classify(people, None)
    assert found.attrs["source"]["approximate"] == "no land grid: every cell counts as land"


def test_sources_of_all_grids_go_along() -> None:
    people, land, built = PEOPLE.copy(), LAND.copy(), 0 * LAND
    one, two, three = ({"citation": name, "tier": "remote"} for name in ("one", "two", "three"))
    people.attrs["source"] = one
    land.attrs |= {"source": two, "sources": [two, three]}
    found = settlement.classify(people, land, built)
    assert found.attrs["source"] == one
    assert found.attrs["sources"] == [one, two, three]
    assert found.attrs["land"] == "as given"
    # Climate and other files keep a text here, which no picture could cite.
    assert "source" not in settlement.classify(people.assign_attrs(source="model"), None).attrs


def test_the_result_is_lazy_and_lies_where_the_population_lies() -> None:
    people = grid(np.full((4, 6), 9.0), ((3, 1), (4, 2)))
    for given in (people, people.expand_dims(band=[1]), people.transpose("x", "y")):
        found = settlement.classify(given, LAND, settings=SMALL)
        assert isinstance(found.data, da.Array)
        assert found.chunks == ((3, 1), (4, 2))
        assert (found.dims, found.dtype) == (("y", "x"), np.uint8)
        assert (found.rio.crs, found.rio.nodata) == (people.rio.crs, 255)
        assert found.rio.transform() == people.rio.transform()
        for axis in ("x", "y"):
            np.testing.assert_array_equal(found[axis], people[axis])
        assert found.attrs["level"] == 2
        assert found.attrs["settings"] == str(SMALL)
        assert set(np.unique(found)) == {30}
    assert settlement.classify(PEOPLE, LAND).chunks is not None


def test_chunks_without_cells_are_left_out() -> None:
    # Such as a selection leaves behind.
    people = PEOPLE.chunk({"y": (0, 2, 0, 2), "x": (6, 0)})
    assert classes(people, LAND) == [[30] * 6] * 4


def test_a_window_may_be_larger_than_the_grid() -> None:
    wide = ClusterRule(density_per_km2=5, people=20, neighbours=4, window_cells=9)
    rules = replace(SMALL, centre=wide)
    found = settlement.classify(grid([[20, 20, 2]]), None, settings=rules)
    assert found.values.tolist() == [[30, 30, 30]]  # 14 people each on average


def test_cells_of_another_size_are_classified_by_area_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A sixteenth of a km²: a ring of 5 people each is 80 people per km² around a hole of four
    # cells, a quarter of a km².
    people = np.full((4, 4), 5.0)
    people[1:3, 1:3] = 0
    array = bare(people).rio.write_transform(from_origin(0, 1000, 250, 250))
    centre = ClusterRule(density_per_km2=80, people=60, neighbours=4)
    rules = replace(SMALL, centre=centre, edge_rule=None, max_gap_km2=0.26)
    with caplog.at_level(logging.WARNING, logger="hanoi_analytics"):
        filled = settlement.classify(array, None, settings=rules)
    assert "cells of 1 km²; these have 0.0625 km²" in caplog.text
    assert filled.values.tolist() == [[30] * 4] * 4
    left = settlement.classify(array, None, settings=replace(rules, max_gap_km2=0.25))
    assert (left.values == 30).sum() == 12
    caplog.clear()
    classes(PEOPLE)
    assert not caplog.records


def test_a_coarsened_grid_has_the_cells_of_its_coordinates(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fine = xr.DataArray(
        np.full((20, 30), 0.09),
        coords={"y": 950 - 100.0 * np.arange(20), "x": 50 + 100.0 * np.arange(30)},
        dims=("y", "x"),
    ).rio.write_crs("ESRI:54009")
    fine = fine.rio.write_transform(from_origin(0, 1000, 100, 100))
    coarse = fine.coarsen(x=10, y=10).sum()
    assert coarse.rio.transform().a == 100  # as it was before
    found = settlement.classify(coarse, grid(np.ones((2, 3))), settings=SMALL)
    assert not caplog.records  # cells of 1 km²
    assert found.values.tolist() == [[30] * 3] * 2
    assert found.rio.transform() == from_origin(0, 1000, 1000, 1000)


def test_square_metres_become_shares() -> None:
    area = (LAND * 250_000).rio.write_nodata(-1)
    area[0, 0] = -1
    area.attrs["source"] = {"citation": "Land", "tier": "remote"}
    share = settlement.share_of_cell(area)
    assert np.isnan(share[0, 0])
    assert set(np.unique(share.values[1:])) == {0.25}
    assert share.attrs["source"]["citation"] == "Land"
    assert share.rio.transform() == LAND.rio.transform()
    with pytest.raises(GridError, match="area_m2: expected an equal-area"):
        settlement.share_of_cell(area.rio.write_crs("EPSG:3857"))
