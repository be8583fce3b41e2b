"""Rasters of people over rasters of exposure: by hand, nobody lost, grids that do not fit."""

from __future__ import annotations

import dask.array as da
import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from rasterio.transform import from_origin
from shapely import box

from hanoi_analytics.environment import exposure
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.rasters import RasterError

SIDE_M = 1000.0
WEST, NORTH = 580_000.0, 2_330_000.0


def grid(values: object, *, west: float = WEST, crs: str = "EPSG:32648") -> xr.DataArray:
    """Cells of 1 km from the north-west corner; further dimensions stand in front."""
    numbers = np.asarray(values, dtype=float) if not isinstance(values, da.Array) else values
    rows, columns = numbers.shape[-2:]
    coords: dict[str, object] = {
        "y": NORTH - (np.arange(rows) + 0.5) * SIDE_M,
        "x": west + (np.arange(columns) + 0.5) * SIDE_M,
    }
    dims = ("time", "y", "x")[-numbers.ndim :]
    if "time" in dims:
        start = np.datetime64("2025-01-01", "ns")
        coords["time"] = start + np.arange(len(numbers)) * np.timedelta64(1, "D")
    array = xr.DataArray(numbers, coords, dims).rio.write_crs(crs)
    return array.rio.write_transform(from_origin(west, NORTH, SIDE_M, SIDE_M))


PEOPLE = grid([[100, 0, np.nan], [300, 50, 50]])
PM25 = grid([[20, 80, 90], [40, np.nan, 60]])


def test_the_weighted_mean_by_hand() -> None:
    # (100·20 + 300·40 + 50·60) / 450; the 50 without a value are left out of both.
    assert exposure.weighted_mean(PM25, PEOPLE).item() == pytest.approx(17_000 / 450)


def test_people_by_limit_by_hand() -> None:
    found = exposure.people_by_limit(PM25, PEOPLE, limit=40)
    numbers = {name: float(part) for name, part in found.items()}
    assert numbers == {"above": 50, "not_above": 400, "without_value": 50, "total": 500}


def test_bands_hold_their_upper_edge() -> None:
    found = exposure.people_by_band(PM25, PEOPLE, edges=[20, 40, 59])
    bands = dict(zip(found["band"].to_numpy().tolist(), found.to_numpy().tolist(), strict=True))
    assert bands == {"≤ 20": 100, "20–40": 300, "40–59": 0, "> 59": 50, "without value": 50}


def test_person_days_by_hand() -> None:
    # Two cells of 10 and 5 people, three days.
    daily = grid([[[60, 30]], [[60, 50]], [[np.nan, 45]]])
    found = exposure.person_days(daily, grid([[10, 5]]), limit=45)
    numbers = {name: float(part) for name, part in found.items()}
    assert numbers == {"above": 25, "not_above": 10, "without_value": 10, "total": 45}
    assert found["above"].attrs["units"] == "person-days"


def test_a_missing_value_of_the_file_is_missing() -> None:
    marked = PM25.fillna(-9999.0).rio.write_nodata(-9999.0)
    assert exposure.weighted_mean(marked, PEOPLE).item() == pytest.approx(17_000 / 450)
    people = PEOPLE.fillna(-1.0).rio.write_nodata(-1.0)
    assert float(exposure.people_by_limit(PM25, people, limit=40)["total"]) == 500


def test_without_correlation_it_is_the_plain_mean() -> None:
    # Each value stands once with many and once with few people.
    found = exposure.weighted_mean(grid([[10, 10], [70, 70]]), grid([[1, 9], [9, 1]]))
    assert found.item() == pytest.approx(40.0)


def test_areas_with_people_in_a_table() -> None:
    values = xr.DataArray([20.0, 50.0, np.nan], {"code": ["a", "b", "c"]}, ("code",))
    people = xr.DataArray([300, 100, 9], {"code": ["a", "b", "c"]}, ("code",))
    assert exposure.weighted_mean(values, people).item() == pytest.approx(27.5)
    assert float(exposure.people_by_limit(values, people, limit=25)["without_value"]) == 9


cells = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        npst.arrays(float, shape, elements=st.floats(0, 500) | st.just(np.nan)),
        npst.arrays(float, shape, elements=st.integers(0, 10_000).map(float) | st.just(np.nan)),
    )
)


@settings(max_examples=12, deadline=None)
@given(cells, st.floats(0, 500))
def test_nobody_is_lost_and_the_mean_lies_between(
    pair: tuple[np.ndarray, np.ndarray], limit: float
) -> None:
    values, people = grid(pair[0]), grid(pair[1])
    found = exposure.people_by_limit(values, people, limit=limit)
    everybody = np.nansum(pair[1])
    parts = [float(found[name]) for name in ("above", "not_above", "without_value")]
    assert min(parts) >= 0
    assert sum(parts) == float(found["total"]) == everybody
    bands = exposure.people_by_band(values, people, edges=[limit, limit + 1])
    assert float(bands.sum()) == everybody
    mean = exposure.weighted_mean(values, people).item()
    lived = pair[0][np.isfinite(pair[0]) & (np.nan_to_num(pair[1]) > 0)]
    if lived.size:
        assert lived.min() - 1e-9 <= mean <= lived.max() + 1e-9
    else:
        assert np.isnan(mean)


def test_big_rasters_stay_lazy_and_give_the_same() -> None:
    draw = np.random.default_rng(5)
    values, people = draw.uniform(0, 100, (3, 40, 60)), draw.integers(0, 500, (40, 60))
    values[:, :7] = np.nan
    lazy = grid(da.from_array(values, chunks=(1, 16, 25)))
    counts = grid(da.from_array(people.astype("float32"), chunks=(16, 25)))
    mean = exposure.weighted_mean(lazy, counts)
    days = exposure.person_days(lazy, counts, limit=50)
    assert isinstance(mean.data, da.Array)
    assert isinstance(days["above"].data, da.Array)
    known = np.broadcast_to(people, values.shape)[:, 7:]
    expected = (values[:, 7:] * known).sum((1, 2)) / known.sum((1, 2))
    np.testing.assert_allclose(mean.compute(), expected, rtol=1e-12)
    assert float(days["above"].compute()) == known[values[:, 7:] > 50].sum()
    assert float(days["without_value"].compute()) == 3 * people[:7].sum()


def test_grids_a_rounding_apart_are_one_grid() -> None:
    beside = PM25.assign_coords(x=PM25["x"] + 1e-7)
    assert float(exposure.people_by_limit(beside, PEOPLE, limit=40)["total"]) == 500


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (grid([[1, 1, 1], [1, 1, 1]], crs="EPSG:3405"), "EPSG:3405"),
        (grid([[1, 1, 1], [1, 1, 1]], west=WEST + 500), "different grids"),
        (grid([[1, 1], [1, 1]]), r"\(2, 2\)"),
    ],
)
def test_different_grids_are_named_with_the_way_out(other: xr.DataArray, says: str) -> None:
    with pytest.raises(RasterError, match=says) as caught:
        exposure.weighted_mean(PM25, other)
    assert "raster of values and raster of people" in str(caught.value)
    assert "(2, 3) cells of 1000 in EPSG:32648" in str(caught.value)
    assert "rasters.align" in str(caught.value)


def test_a_grid_without_coordinate_system_is_refused() -> None:
    bare = PM25.drop_vars("spatial_ref")
    with pytest.raises(RasterError, match="no coordinate system"):
        exposure.weighted_mean(bare, bare)


def test_impossible_people_and_values() -> None:
    with pytest.raises(EnvironmentDataError, match=r"people: .* found -5 in 1 of 6"):
        exposure.weighted_mean(PM25, PEOPLE.where(PEOPLE != 100, -5))
    with pytest.raises(EnvironmentDataError, match="values: expected finite"):
        exposure.weighted_mean(PM25.where(PM25 != 20, np.inf), PEOPLE)


def test_labels_that_differ_are_refused() -> None:
    values = xr.DataArray([20.0, 50.0], {"code": ["a", "b"]}, ("code",))
    with pytest.raises(EnvironmentDataError, match="different labels along 'code'"):
        exposure.weighted_mean(values, values.isel(code=[1, 0]))
    with pytest.raises(EnvironmentDataError, match=r"values with dimension\(s\)"):
        exposure.weighted_mean(values.isel(code=0), values)


@pytest.mark.parametrize("edges", [[], [5, 5], [9, 3], [np.nan]])
def test_edges_must_rise(edges: list[float]) -> None:
    with pytest.raises(EnvironmentDataError, match="edges"):
        exposure.people_by_band(PM25, PEOPLE, edges=edges)


def test_hours_are_no_days() -> None:
    hourly = grid(np.zeros((2, 2, 3)))
    hours = hourly["time"].to_numpy()[0] + np.array([0, 1], dtype="timedelta64[h]")
    hourly = hourly.assign_coords(time=hours)
    with pytest.raises(EnvironmentDataError, match="several on 2025-01-01"):
        exposure.person_days(hourly, PEOPLE, limit=45)
    with pytest.raises(EnvironmentDataError, match="dimension time"):
        exposure.person_days(PM25, PEOPLE, limit=45)


@pytest.mark.parametrize("chunks", [None, {"y": 1, "x": 2}])
def test_areas_by_hand_with_a_border_through_a_cell(chunks: dict[str, int] | None) -> None:
    # The first area holds the left column and half of the middle one, the second the rest.
    west, middle, east = WEST, WEST + 1.5 * SIDE_M, WEST + 3 * SIDE_M
    south = NORTH - 2 * SIDE_M
    shapes = [box(west, south, middle, NORTH), box(middle, south, east, NORTH)]
    areas = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=shapes, crs="EPSG:32648")
    rasters = (PM25, PEOPLE) if chunks is None else (PM25.chunk(chunks), PEOPLE.chunk(chunks))
    found = exposure.area_exposure(*rasters, areas, limit=30).set_index("code")
    assert found["people"].tolist() == [425, 75]
    assert found["people_without_value"].tolist() == [25, 25]
    assert found["people_above"].tolist() == [300, 50]
    assert found["mean"].tolist() == pytest.approx([(100 * 20 + 300 * 40) / 400, 60])


def test_an_area_where_nobody_has_a_value() -> None:
    # Within the one cell of 50 people and no value.
    shape = box(WEST + 1100, NORTH - 1900, WEST + 1900, NORTH - 1100)
    areas = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shape], crs="EPSG:32648")
    found = exposure.area_exposure(PM25, PEOPLE, areas.to_crs(4326), limit=30).iloc[0]
    assert found["people"] == pytest.approx(50 * 0.64, rel=1e-3)
    assert found["people_without_value"] == pytest.approx(found["people"])
    assert np.isnan(found["mean"])


def test_areas_take_one_time() -> None:
    areas = gpd.GeoDataFrame({"code": ["a"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32648")
    with pytest.raises(EnvironmentDataError, match="take one time"):
        exposure.area_exposure(grid(np.zeros((2, 2, 3))), PEOPLE, areas, limit=30)


def test_sources_of_both_go_along() -> None:
    values, people = PM25.copy(), PEOPLE.copy()
    values.attrs["source"], people.attrs["source"] = {"citation": "air"}, {"citation": "people"}
    results = [
        exposure.weighted_mean(values, people),
        exposure.people_by_band(values, people, edges=[5]),
        exposure.people_by_limit(values, people, limit=5),
    ]
    for found in results:
        assert [source["citation"] for source in found.attrs["sources"]] == ["air", "people"]
