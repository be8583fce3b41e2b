"""Classes in areas and counts moved between grids, on rasters that can be counted by eye."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import MultiPolygon, Point, Polygon, box

from hanoi_analytics import catalogue
from hanoi_analytics.rasters import (
    RasterError,
    class_shares,
    class_totals,
    equal_area_grid,
    resample_share,
    resample_sum,
    resampling,
)

# Four cells of 1 km: urban centre in the north, suburban and rural in the south; one is missing.
CELLS = np.array([[30, 30], [21, 255]], dtype="uint8")


def raster(crs: str | None = "ESRI:54009") -> xr.DataArray:
    array = xr.DataArray(CELLS, {"y": [1500.0, 500.0], "x": [500.0, 1500.0]}, ("y", "x"))
    array = array.rio.write_nodata(255)
    return array if crs is None else array.rio.write_crs(crs)


def areas(
    *boxes: tuple[float, float, float, float], crs: str | None = "ESRI:54009"
) -> gpd.GeoDataFrame:
    codes = [chr(ord("a") + i) for i in range(len(boxes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=[box(*b) for b in boxes], crs=crs)


def test_shares_are_those_counted_by_eye() -> None:
    shares = class_shares(
        raster(), areas((0, 1000, 2000, 2000), (0, 0, 1000, 2000), (500, 0, 1500, 1000)), key="code"
    )
    assert shares.loc["a"].to_dict() == {21: 0.0, 30: 1.0, "classified_share": 1.0}
    assert shares.loc["b"].to_dict() == {21: 0.5, 30: 0.5, "classified_share": 1.0}
    # Half of c lies on the missing cell: its share is of the classified half.
    assert shares.loc["c"].to_dict() == {21: 1.0, 30: 0.0, "classified_share": 0.5}


def test_an_area_beside_the_raster_has_no_shares_but_is_listed() -> None:
    shares = class_shares(raster(), areas((0, 0, 1000, 1000), (9000, 9000, 9500, 9500)), key="code")
    assert shares.loc["a", 21] == 1.0
    assert shares.loc["b", "classified_share"] == 0.0
    assert np.isnan(shares.loc["b", 21])


@pytest.mark.parametrize(
    ("array", "shapes", "words"),
    [
        (raster(crs=None), areas((0, 0, 1, 1)), "the raster has no coordinate system"),
        (raster(), areas((0, 0, 1, 1), crs=None), "the table of areas has no coordinate system"),
        (raster(crs="EPSG:4326"), areas((0, 0, 1, 1)), "equal-area grid in metres"),
        (raster(), areas((9000, 9000, 9500, 9500)), "wholly outside the raster"),
    ],
)
def test_what_does_not_fit_is_refused(
    array: xr.DataArray, shapes: gpd.GeoDataFrame, words: str
) -> None:
    with pytest.raises(RasterError, match=words):
        class_shares(array, shapes, key="code")


def test_a_key_that_names_two_areas_is_refused() -> None:
    shapes = areas((0, 0, 1, 1), (1, 1, 2, 2)).assign(code="a")
    with pytest.raises(RasterError, match="stands twice"):
        class_shares(raster(), shapes, key="code")


def grid(
    values: object, *, cell: float = 1000.0, west: float = 0.0, crs: str | None = "ESRI:54009"
) -> xr.DataArray:
    cells = np.asarray(values, dtype=float)
    rows, columns = cells.shape
    axes = {
        "y": (rows - 0.5 - np.arange(rows)) * cell,
        "x": west + (np.arange(columns) + 0.5) * cell,
    }
    array = xr.DataArray(cells, axes, ("y", "x")).rio.write_nodata(np.nan)
    # A single row does not tell its own height.
    array = array.rio.write_transform(from_origin(west, rows * cell, cell, cell))
    return array if crs is None else array.rio.write_crs(crs)


def test_a_share_is_of_the_whole_area_where_part_of_it_lies_beyond_the_raster() -> None:
    # A quarter of the shape lies on two classified cells, half a cell of each.
    shares = class_shares(raster(), areas((-1000, 1500, 1000, 2500)), key="code")
    assert shares.loc["a"].to_dict() == {30: 1.0, "classified_share": 0.25}


def test_people_are_added_up_by_class_with_border_cells_in_parts() -> None:
    people = grid([[100, 200], [10, 7]])
    shapes = areas((500, 500, 1500, 1500), (0, 0, 1000, 1000))
    # A quarter of each cell; the seven people on the cell without class belong to none.
    totals = class_totals(raster(), shapes, key="code", amounts=people)
    assert totals.loc["a"].to_dict() == {21: 2.5, 30: 75.0}
    assert totals.loc["b"].to_dict() == {21: 10.0, 30: 0.0}


def test_shapes_of_several_parts_and_with_holes_are_counted_by_area() -> None:
    hole = Polygon(box(0, 0, 2000, 2000).exterior, [box(500, 500, 1500, 1500).exterior])
    shapes = gpd.GeoDataFrame(
        {"code": ["hole", "parts", "empty"]},
        geometry=[
            hole,
            MultiPolygon([box(0, 0, 500, 500), box(1000, 1000, 1500, 2000)]),
            Polygon(),
        ],
        crs="ESRI:54009",
    )
    cells = class_totals(raster(), shapes, key="code")
    assert cells.loc["hole"].to_dict() == {21: 0.75, 30: 1.5}
    assert cells.loc["parts"].to_dict() == {21: 0.25, 30: 0.5}
    assert cells.loc["empty"].to_dict() == {21: 0.0, 30: 0.0}


def test_missing_people_count_as_none() -> None:
    people = grid([[np.nan, 200], [10, 7]])
    totals = class_totals(raster(), areas((0, 0, 2000, 2000)), key="code", amounts=people)
    assert totals.loc["a"].to_dict() == {21: 10.0, 30: 200.0}


def test_people_on_another_grid_and_shapes_that_are_no_polygons_are_refused() -> None:
    whole = areas((0, 0, 2000, 2000))
    with pytest.raises(RasterError, match="different grids"):
        class_totals(raster(), whole, key="code", amounts=grid(np.ones((2, 2)), west=500.0))
    with pytest.raises(RasterError, match="different grids"):
        class_totals(raster(), whole, key="code", amounts=grid(np.ones((4, 4)), cell=500.0))
    with pytest.raises(RasterError, match="expected polygons, found Point in row 0"):
        class_totals(raster(), whole.set_geometry([Point(1, 1)], crs="ESRI:54009"), key="code")


def test_an_empty_grid_covers_areas_with_whole_multiples_of_the_cell() -> None:
    empty = equal_area_grid(areas((300, -700, 2100, 900)))
    assert empty.rio.bounds() == (0.0, -1000.0, 3000.0, 1000.0)
    assert empty.shape == (2, 3)
    assert bool(empty.isnull().all())
    wider = equal_area_grid(areas((300, -700, 2100, 900)), resolution_m=500, margin_m=1000)
    assert wider.rio.bounds() == (-1000.0, -2000.0, 3500.0, 2000.0)


def test_the_grid_of_viet_nam_falls_on_that_of_the_settlement_layer() -> None:
    classes = catalogue.load("vn_degree_of_urbanisation_2025")
    empty = equal_area_grid(classes)
    assert empty.rio.bounds() == classes.rio.bounds()
    assert empty.shape == classes.shape


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"covering": areas((0, 0, 1, 1), crs=None)}, "table of areas has no coordinate system"),
        ({"covering": grid([[1]], crs=None)}, "raster to cover has no coordinate system"),
        ({"covering": areas((0, 0, 1, 1)), "crs": "EPSG:4326"}, "equal-area grid in metres"),
        ({"covering": areas().set_crs("ESRI:54009")}, "nothing to cover"),
    ],
)
def test_a_grid_that_cannot_be_made_says_why(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(RasterError, match=words):
        equal_area_grid(**arguments)  # type: ignore[arg-type]


def test_counts_are_shared_out_by_overlapping_area() -> None:
    # Cells of 1 km onto a grid shifted by a quarter of a cell, and onto one twice as coarse.
    people = grid([[80, 0, 40]])
    moved = resample_sum(people, like=grid(np.zeros((1, 3)), west=250.0))
    assert moved.to_numpy().tolist() == [[60.0, 10.0, 30.0]]
    assert (moved.attrs["total"], moved.attrs["outside"]) == (120.0, 20.0)
    coarse = resample_sum(grid(np.full((4, 4), 5.0)), like=grid(np.zeros((2, 2)), cell=2000.0))
    assert coarse.to_numpy().tolist() == [[20.0, 20.0], [20.0, 20.0]]


def test_a_grid_stays_what_it_is_on_itself_and_missing_cells_stay_missing() -> None:
    people = grid([[1, 2, np.nan], [np.nan, np.nan, np.nan], [0, 7, 3]])
    xr.testing.assert_allclose(resample_sum(people, like=people), people)


def test_the_missing_value_of_a_file_is_no_count() -> None:
    people = grid([[5, -99999], [7, 1]]).rio.write_nodata(-99999)
    moved = resample_sum(people, like=people)
    assert np.isnan(moved.to_numpy()[0, 1])
    assert float(moved.sum()) == 13.0


def test_simulated_hanoi_keeps_its_people_on_the_settlement_grid() -> None:
    people = catalogue.load("hanoi_population_grid_simulated")
    moved = resample_sum(people, like=equal_area_grid(people))
    assert float(moved.sum()) == pytest.approx(8_807_523, rel=1e-3)
    assert moved.attrs["source"]["tier"] == "simulated"
    assert moved.attrs["outside"] == 0.0


def degrees(density_per_km2: float, step: float = 1 / 120) -> xr.DataArray:
    """Return people per cell of a raster in degrees on which density is the same everywhere."""
    count = round(1 / step)
    latitude = 21.5 - (np.arange(count) + 0.5) * step
    longitude = 105.0 + (np.arange(count) + 0.5) * step
    boxes = gpd.GeoSeries(
        [box(105, y - step / 2, 105 + step, y + step / 2) for y in latitude], crs="EPSG:4326"
    )
    area_km2 = boxes.to_crs("ESRI:54009").area.to_numpy() / 1e6
    cells = np.repeat(density_per_km2 * area_km2[:, None], count, axis=1)
    array = xr.DataArray(cells, {"y": latitude, "x": longitude}, ("y", "x"))
    return array.rio.write_crs("EPSG:4326").rio.write_nodata(np.nan)


def test_even_density_in_degrees_stays_even_on_the_slanting_cells_of_mollweide() -> None:
    people = degrees(1000.0)
    moved = resample_sum(people, like=equal_area_grid(people))
    middle = moved.isel(y=slice(40, 70), x=slice(60, 90))
    assert float(middle.min()) == pytest.approx(1000.0, rel=1e-4)
    assert float(middle.max()) == pytest.approx(1000.0, rel=1e-4)
    assert float(moved.sum()) == pytest.approx(float(people.sum()), rel=1e-3)


@settings(max_examples=12, deadline=None)
@given(rows=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_the_number_of_rows_done_at_once_changes_nothing(rows: int, seed: int) -> None:
    people = degrees(1.0, 1 / 60)[:15, :15]
    people.data = np.random.default_rng(seed).exponential(50.0, people.shape)
    like = equal_area_grid(people)
    whole = resample_sum(people, like=like)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "_BAND_ROWS", rows)
        xr.testing.assert_allclose(resample_sum(people, like=like), whole)
    assert float(whole.sum()) == pytest.approx(float(people.sum()), rel=1e-3)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (grid([[1, 2]], crs=None), "the raster has no coordinate system"),
        (grid([[1, -2]]), "found -2; expected counts, not negative"),
        (grid([[1, np.inf]]), "found inf; expected counts"),
        (grid([[np.nan, np.nan]]), "no value in any cell"),
        (grid([[1, 2]]).expand_dims(band=2), "expected one band"),
        (grid([[1, 2]], west=90_000.0), "wholly outside the grid"),
    ],
)
def test_counts_that_cannot_be_moved_say_why(people: xr.DataArray, words: str) -> None:
    with pytest.raises(RasterError, match=words):
        resample_sum(people, like=grid(np.zeros((2, 2))))


def test_a_target_without_coordinate_system_is_refused() -> None:
    with pytest.raises(RasterError, match="grid to move to has no coordinate system"):
        resample_sum(grid([[1, 2]]), like=grid([[0, 0]], crs=None))


def test_land_comes_as_shares_or_as_square_metres() -> None:
    like = grid(np.zeros((1, 1)), cell=2000.0)
    shares = resample_share(grid([[1, 0.5], [0, 0.5]]), like=like)
    assert shares.item() == pytest.approx(0.5)
    metres = resample_share(grid([[1e6, 5e5], [0, 5e5]]), like=like)
    assert metres.item() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("land", "words"),
    [
        (grid([[80, 100]]), "divide them by 100"),
        (grid([[3e6, 0]]), "would hold 3.00 times its area"),
        (grid([[-1, 0]]), "not negative"),
    ],
)
def test_land_that_is_neither_is_refused(land: xr.DataArray, words: str) -> None:
    with pytest.raises(RasterError, match=words):
        resample_share(land, like=grid([[0, 0]]))
