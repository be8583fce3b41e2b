"""Schemas: what is wrong with a table or raster is said by column, row and expected value."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon

from hanoi_analytics.catalogue import SchemaError
from hanoi_analytics.catalogue.entries import Column, RasterSchema, TableSchema
from hanoi_analytics.catalogue.raster_validation import check_raster
from hanoi_analytics.catalogue.validation import check_table

SCHEMA = TableSchema(
    key=("code", "year"),
    columns={
        "code": Column(dtype="str", pattern=r"^\d{5}$"),
        "year": Column(dtype="int", ge=1990, le=2030),
        "kind": Column(dtype="str", isin=("Phường", "Xã")),
        "area_km2": Column(dtype="float", unit="km²", ge=0, nullable=True),
        "checked": Column(dtype="bool", nullable=True),
    },
)
ROW = {"code": "00004", "year": "2025", "kind": "Xã", "area_km2": "2.97", "checked": "true"}


def table(*changes: dict[str, object]) -> pd.DataFrame:
    years = [str(2020 + i) for i in range(len(changes))]
    return pd.DataFrame([ROW | {"year": y} | c for y, c in zip(years, changes, strict=True)])


def test_text_becomes_the_declared_types() -> None:
    frame = check_table(table({}, {"area_km2": None, "checked": None}), SCHEMA, "wards")
    assert frame["code"].tolist() == ["00004", "00004"]
    assert frame["year"].tolist() == [2020, 2021]
    assert frame["area_km2"].iloc[0] == 2.97
    assert frame["area_km2"].isna().tolist() == [False, True]
    assert frame["checked"].iloc[0] is np.True_


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"area_km2": "two"}, "column 'area_km2': expected a number, found row 2: 'two'"),
        ({"year": "2020.5"}, "column 'year': expected a whole number, found row 2: '2020.5'"),
        ({"year": None}, "column 'year', row 2: expected a value"),
        ({"year": "1800"}, "column 'year', row 2: expected at least 1990"),
        ({"year": "2099"}, "column 'year', row 2: expected at most 2030"),
        ({"area_km2": "-1"}, "column 'area_km2', row 2: expected at least 0.0 km², found -1.0"),
        ({"kind": "Ward"}, "column 'kind', row 2: expected one of Phường, Xã, found 'Ward'"),
        ({"code": "4"}, r"column 'code', row 2: expected text like ^\d{5}$, found '4'"),
        ({"checked": "yes"}, "expected true or false, found row 2: 'yes'"),
        ({"year": "2020"}, "expected one row per code, year"),
    ],
)
def test_a_wrong_value_names_column_row_and_expectation(
    change: dict[str, object], words: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        check_table(table({}, change), SCHEMA, "wards")
    assert words in str(caught.value)
    assert str(caught.value).startswith("wards: ")


def test_missing_and_unknown_columns_get_the_nearest_name() -> None:
    wrong = table({}).rename(columns={"area_km2": "area_km"})
    with pytest.raises(SchemaError, match=r"'area_km2' .did you mean 'area_km'"):
        check_table(wrong, SCHEMA, "wards")
    with pytest.raises(SchemaError, match=r"unknown column.*'extra'"):
        check_table(table({}).assign(extra=1), SCHEMA, "wards")


@pytest.mark.parametrize(("rule", "kept"), [("keep", True), ("drop", False)])
def test_other_columns_are_kept_or_dropped_as_declared(rule: str, kept: bool) -> None:
    schema = SCHEMA.model_copy(update={"other_columns": rule})
    frame = check_table(table({}).assign(extra=1), schema, "wards")
    assert ("extra" in frame.columns) is kept


def test_the_number_of_rows_is_held() -> None:
    with pytest.raises(SchemaError, match="expected 3 rows, found 1"):
        check_table(table({}), SCHEMA.model_copy(update={"rows": 3}), "wards")


def test_more_than_eight_mistakes_are_counted() -> None:
    with pytest.raises(SchemaError, match="20 mistakes in all"):
        check_table(table(*[{"area_km2": "x"}] * 20), SCHEMA, "wards")


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), st.floats().map(str)), min_size=1))
def test_any_text_in_a_number_column_is_read_or_refused(values: list[str | None]) -> None:
    schema = TableSchema(columns={"x": Column(dtype="float", nullable=True)})
    try:
        frame = check_table(pd.DataFrame({"x": pd.Series(values, dtype="str")}), schema, "own")
    except SchemaError as error:
        assert "expected a number" in str(error)
    else:
        assert frame["x"].dtype == np.float64
        assert len(frame) == len(values)


BOWTIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


@pytest.mark.parametrize(
    ("shape", "crs", "words"),
    [
        (Point(105.8, 21), "EPSG:4326", "expected valid Polygon geometry"),
        (Polygon(), "EPSG:4326", "row 1"),
        (BOWTIE, "EPSG:4326", r"row 1: Self-intersection\[0.5 0.5\]"),
        (None, "EPSG:4326", "row 1"),
        (Point(0, 0).buffer(1), None, "coordinate system: expected EPSG:4326, found none"),
        (Point(0, 0).buffer(1), "EPSG:32648", "expected EPSG:4326, found EPSG:32648; reproject"),
    ],
)
def test_wrong_geometry_is_refused(shape: object, crs: str | None, words: str) -> None:
    schema = TableSchema(geometry="Polygon", columns={"code": Column(dtype="str")})
    frame = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shape], crs=crs)
    with pytest.raises(SchemaError, match=words):
        check_table(frame, schema, "wards", "EPSG:4326")


RASTER = RasterSchema(resolution=(1000, 1000), dtype="uint8", nodata=255, unit="class")


def raster(
    crs: str | None = "ESRI:54009", step: float = 1000, dtype: str = "uint8"
) -> xr.DataArray:
    axis = np.arange(3) * step
    array = xr.DataArray(np.ones((3, 3), dtype), {"y": -axis, "x": axis}, ("y", "x"))
    array.rio.write_nodata(255, inplace=True)
    return array if crs is None else array.rio.write_crs(crs)


def test_a_raster_with_the_declared_grid_passes() -> None:
    assert check_raster(raster(), RASTER, "classes", "ESRI:54009").shape == (3, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (raster(crs=None), "coordinate system: expected ESRI:54009, found none"),
        (raster(crs="EPSG:4326"), "coordinate system: expected ESRI:54009, found EPSG:4326"),
        (raster(step=500), "cell size"),
        (raster(dtype="int16"), "type: expected uint8, found int16"),
    ],
)
def test_a_raster_with_another_grid_is_refused(array: xr.DataArray, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        check_raster(array, RASTER, "classes", "ESRI:54009")
