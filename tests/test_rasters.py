"""Class shares on a hand-made raster, where they can be counted by eye."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from shapely import box

from hanoi_analytics.rasters import RasterError, class_shares

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
