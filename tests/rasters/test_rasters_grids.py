"""Rasters brought to another grid, masked, and counted in areas, by hand and by exactextract."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from hanoi_analytics import rasters
from hanoi_analytics.rasters import aligning

SIX = np.arange(36, dtype="float32").reshape(6, 6)


def raster(cells: Any, *, cell: float = 10.0, west: float = 0.0, crs: Any = 32648) -> xr.DataArray:
    """Return cells in metres whose lower left corner is (west, 0); a third dimension is time."""
    cells = np.asarray(cells)
    rows, columns = cells.shape[-2:]
    ticks: dict[str, Any] = {
        "y": (rows - 0.5 - np.arange(rows)) * cell,
        "x": west + (np.arange(columns) + 0.5) * cell,
    }
    if cells.ndim == 3:
        ticks = {"time": np.arange(2001, 2001 + len(cells)), **ticks}
    found = xr.DataArray(cells, ticks, list(ticks))
    return found if crs is None else found.rio.write_crs(crs)


def areas(*shapes: Any, crs: Any = 32648) -> gpd.GeoDataFrame:
    codes = [chr(ord("a") + i) for i in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=list(shapes), crs=crs)


def test_the_mean_of_larger_cells_is_that_of_the_cells_in_them() -> None:
    found = rasters.align(raster(SIX), raster(np.zeros((2, 2)), cell=30), resampling="average")
    assert found.chunks is not None
    expected = SIX.reshape(2, 3, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_classes_stay_classes_and_what_lies_outside_is_missing() -> None:
    classes = raster((SIX % 3).astype("uint8")).rio.write_nodata(255)
    moved = rasters.align(classes, raster(np.zeros((4, 4)), cell=15, west=30), resampling="nearest")
    assert moved.dtype == "uint8"
    assert set(np.unique(moved)) <= {0, 1, 2, 255}
    assert (moved[:, 2:] == 255).all()
    assert (moved[:, :2] != 255).all()
    with pytest.raises(rasters.RasterError, match="name no missing value"):
        rasters.align(raster(SIX.astype("uint8")), classes, resampling="mode")


@pytest.mark.parametrize("method", ["nearest", "mode", "min", "max", "average", "bilinear"])
@pytest.mark.parametrize("cell", [7.0, 23.0, 200.0])
def test_blocks_leave_no_seams(
    method: aligning.Method, cell: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = np.random.default_rng(1).random((2, 90, 90)).astype("float32")
    side = int(900 / cell)
    like = raster(np.zeros((side, side)), cell=cell, west=3)
    whole = rasters.align(raster(cells), like, resampling=method)
    monkeypatch.setattr(aligning, "_SOURCE_CELLS", 900)
    lazy = raster(cells).chunk(time=1, y=20, x=20)
    parts = rasters.align(lazy, like, resampling=method)
    assert parts.data.npartitions > whole.data.npartitions or side < 9
    np.testing.assert_allclose(parts, whole, rtol=1e-5)
    assert parts["time"].to_numpy().tolist() == [2001, 2002]


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(st.integers(0, 1000), min_size=36, max_size=36),
    cell=st.floats(4, 40),
    shift=st.floats(-5, 0),
)
def test_people_are_as_many_as_before(cells: list[int], cell: float, shift: float) -> None:
    people = raster(np.reshape(cells, (6, 6)).astype("float64"))
    side = int(60 / cell) + 3
    like = raster(np.zeros((side, side)), cell=cell, west=shift)
    moved = rasters.align(people, like, resampling="sum")
    assert float(moved.sum()) == pytest.approx(sum(cells), rel=1e-4)


def test_grids_that_do_not_fit_are_named() -> None:
    one = raster(SIX)
    degrees = raster(SIX, crs=4326)
    with pytest.raises(rasters.RasterError, match=r"EPSG:32648, .*EPSG:4326.*rasters\.align"):
        rasters.require_same_grid(one, degrees)
    with pytest.raises(rasters.RasterError, match="different grids"):
        rasters.require_same_grid(one, raster(SIX, west=1))
    rasters.require_same_grid(one, raster(SIX, west=0.001))
    for wrong in (raster(SIX, crs=None), raster(SIX)[::-1], raster(SIX > 3)):
        with pytest.raises(rasters.RasterError, match=r"coordinate system|south to north|bool"):
            rasters.align(wrong, one, resampling="nearest")
    with pytest.raises(rasters.RasterError, match="wholly outside"):
        rasters.align(one, raster(SIX, west=9000), resampling="nearest")
    with pytest.raises(rasters.RasterError, match="did you mean 'nearest'"):
        rasters.align(one, one, resampling="nearst")  # type: ignore[arg-type]


@pytest.mark.parametrize("chunks", [None, {"y": 2, "x": 4}])
def test_a_mask_leaves_cells_whose_centres_lie_in_areas(chunks: dict[str, int] | None) -> None:
    whole = raster(SIX) if chunks is None else raster(SIX).chunk(chunks)
    shape = areas(box(0, 0, 20, 14), box(41, 41, 44, 44))
    found = rasters.mask(whole, shape)
    assert (found.chunks is None) == (chunks is None)
    inside = np.zeros((6, 6), bool)
    inside[5, :2] = True
    np.testing.assert_array_equal(found, np.where(inside, SIX, np.nan))
    inside[4, :2] = inside[1, 4] = True
    touched = rasters.mask(whole, shape, all_touched=True)
    np.testing.assert_array_equal(touched.notnull() >= inside, True)
    assert touched.dtype == "float32"


def test_a_mask_keeps_the_type_of_classes_and_refuses_another_coordinate_system() -> None:
    classes = raster(SIX.astype("uint8")).rio.write_nodata(255)
    found = rasters.mask(classes, areas(box(0, 0, 10, 10)))
    assert found.dtype == "uint8"
    assert (int((found == 255).sum()), int(found[5, 0])) == (35, 30)
    with pytest.raises(rasters.RasterError, match=r"EPSG:32648, .*EPSG:4326.*to_crs"):
        rasters.mask(classes, areas(box(0, 0, 1, 1), crs=4326))


def test_statistics_are_those_counted_by_eye() -> None:
    # Two cells and a half of the lowest row: 30, 31 and half of 32.
    found = rasters.zonal_stats(raster(SIX), areas(box(0, 0, 25, 10)), key="code")
    assert found.loc["a"].to_dict() == pytest.approx(
        {"mean": 77 / 2.5, "sum": 77.0, "count": 2.5, "min": 30.0, "max": 32.0}
    )


def test_missing_cells_and_areas_without_any_are_counted() -> None:
    cells = raster(SIX.astype("int16")).rio.write_nodata(30)
    shapes = areas(box(0, 0, 20, 10), box(0, 0, 10, 10), box(900, 900, 950, 950), Polygon())
    found = rasters.zonal_stats(cells, shapes, key="code")
    assert found["count"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found["mean"].tolist()[0] == 31.0
    assert found[["mean", "sum", "min", "max"]].loc["b":].isna().all(axis=None)
    assert found.attrs["areas_without_values"] == 3


def random_case() -> tuple[xr.DataArray, xr.DataArray, gpd.GeoDataFrame]:
    """Return a raster with holes, weights with holes, and areas of both kinds that overlap."""
    draw = np.random.default_rng(7)
    values = draw.random((50, 60)).astype("float32")
    values[draw.random((50, 60)) < 0.2] = np.nan
    people = draw.integers(0, 50, (50, 60)).astype("float64")
    people[draw.random((50, 60)) < 0.2] = np.nan
    circles = [Point(*draw.uniform(50, 450, 2)).buffer(draw.uniform(5, 120)) for _ in range(12)]
    # exactextract itself takes one kind of shape only.
    parts = [*([circle] for circle in circles), [box(3, 3, 77, 91), box(301, 201, 333, 288)]]
    shapes = [MultiPolygon(one) for one in parts]
    return raster(values), raster(people), areas(*shapes)


@pytest.mark.parametrize("chunks", [{"y": -1, "x": -1}, {"y": 13, "x": 17}])
def test_statistics_by_blocks_are_those_of_exactextract(chunks: dict[str, int]) -> None:
    values, people, shapes = random_case()
    plain = exact_extract(
        values,
        shapes,
        ["mean", "sum", "count", "min", "max"],
        include_cols=["code"],
        output="pandas",
    ).set_index("code")
    found = rasters.zonal_stats(values.chunk(chunks), shapes, key="code")
    np.testing.assert_allclose(found[plain.columns], plain, rtol=1e-6)
    weighted = exact_extract(
        values, shapes, ["weighted_mean(default_weight=0)", "weighted_sum(default_weight=0)"],
        weights=people, include_cols=["code"], output="pandas",
    ).set_index("code")  # fmt: skip
    both = rasters.zonal_stats(
        values.chunk(chunks), shapes, key="code", stats=("mean", "sum"), weights=people
    )
    np.testing.assert_allclose(both, weighted.to_numpy(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "int16", "uint16", "int32", "int64", "float64"])
def test_numbers_of_any_type_are_counted(kind: str) -> None:
    found = rasters.zonal_stats(raster(SIX.astype(kind)), areas(box(0, 0, 60, 60)), key="code")
    assert found.loc["a", ["sum", "count"]].tolist() == [630.0, 36.0]


@pytest.mark.parametrize("times", [1, 2])
def test_each_band_has_its_own_rows_and_sources_are_kept(times: int) -> None:
    cube = raster(np.stack([SIX, SIX * 2])).chunk(time=times)
    cube.attrs["source"] = {"id": "cube"}
    shapes = areas(box(0, 0, 10, 10), box(10, 0, 20, 10))
    shapes.attrs["source"] = {"id": "areas"}
    found = rasters.zonal_stats(cube, shapes, key="code", stats=("mean",))
    assert found.index.names == ["time", "code"]
    assert found["mean"].to_dict() == {
        (2001, "a"): 30.0, (2001, "b"): 31.0, (2002, "a"): 60.0, (2002, "b"): 62.0,
    }  # fmt: skip
    assert found.attrs["sources"] == [{"id": "cube"}, {"id": "areas"}]


def test_blocks_that_no_area_touches_are_not_read() -> None:
    read = []

    def block(block_info: Any = None) -> np.ndarray:
        read.append(block_info[None]["chunk-location"])
        return np.ones((10, 10))

    import dask.array as da

    lazy = da.map_blocks(block, chunks=((10,) * 5, (10,) * 5), dtype=float, meta=np.empty((0, 0)))
    rasters.zonal_stats(
        raster(np.zeros((50, 50))).copy(data=lazy), areas(box(1, 1, 9, 9)), key="code"
    )
    assert read == [(4, 0)]


def test_what_cannot_be_counted_is_refused() -> None:
    one, shapes = raster(SIX), areas(box(0, 0, 10, 10))
    with pytest.raises(rasters.RasterError, match="EPSG:4326"):
        rasters.zonal_stats(one, shapes.to_crs(4326), key="code")
    with pytest.raises(rasters.RasterError, match="raster and weights lie on different grids"):
        rasters.zonal_stats(one, shapes, key="code", weights=raster(SIX, west=5))
    with pytest.raises(rasters.RasterError, match="did you mean 'mean'"):
        rasters.zonal_stats(one, shapes, key="code", stats=("men",))  # type: ignore[arg-type]
    with pytest.raises(rasters.RasterError, match="no column 'ward'"):
        rasters.zonal_stats(one, shapes, key="ward")
    with pytest.raises(rasters.RasterError, match="found Point"):
        rasters.zonal_stats(one, areas(Point(1, 1)), key="code")
