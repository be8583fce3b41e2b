"""Shapes of the old units: what must hold of any, and neighbours known from the city."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

from hanoi_analytics import catalogue, places

METRES = "EPSG:32648"


@pytest.fixture(scope="module")
def wards() -> gpd.GeoDataFrame:
    return places.wards("approximate").to_crs(METRES).set_index("code")


@pytest.fixture(scope="module")
def cells() -> gpd.GeoDataFrame:
    return places.old_unit_cells(places.wards("approximate"))


@pytest.fixture(scope="module")
def shapes(cells: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return cells.set_index("code").geometry.to_crs(METRES)


@pytest.fixture(scope="module")
def law() -> pd.DataFrame:
    return catalogue.load("hanoi_crosswalk_2025")


def test_every_old_unit_has_a_valid_shape_of_its_own(cells: gpd.GeoDataFrame) -> None:
    assert cells["code"].tolist() == places.old_units()["code"].tolist()
    assert cells["type"].value_counts().to_dict() == {"Xã": 345, "Phường": 160, "Thị trấn": 21}
    assert cells.crs == "EPSG:4326"
    assert bool(cells.geometry.is_valid.all())
    assert set(cells.geom_type) == {"Polygon", "MultiPolygon"}
    assert cells["area_km2"].between(0.005, 60).all()


def test_what_is_approximate_is_said_with_the_sources(cells: gpd.GeoDataFrame) -> None:
    assert "not their real outlines" in cells.attrs["source"]["approximate"]
    named = [source["id"] for source in cells.attrs["sources"]]
    assert named == ["hanoi_crosswalk_2025", "hanoi_wards_approximate"]
    assert set(cells["geometry_kind"]) == {"approximate"}


def test_the_shapes_fill_the_city_and_do_not_overlap(
    shapes: gpd.GeoSeries, wards: gpd.GeoDataFrame, cells: gpd.GeoDataFrame
) -> None:
    whole = wards.geometry.area.sum()
    assert shapes.area.sum() == pytest.approx(whole, rel=1e-3)
    assert shapes.union_all().area == pytest.approx(whole, rel=1e-3)
    assert cells["area_km2"].sum() == pytest.approx(3359.97, rel=1e-3)
    first, second = shapes.sindex.query(shapes, predicate="overlaps")
    shared = shapely.area(shapely.intersection(shapes.to_numpy()[first], shapes.to_numpy()[second]))
    assert shared.max(initial=0) < 500  # m², along borders


def test_a_unit_lies_where_the_law_put_it_and_nowhere_else(
    shapes: gpd.GeoSeries, wards: gpd.GeoDataFrame, law: pd.DataFrame
) -> None:
    inside = shapely.area(
        shapely.intersection(
            shapes.loc[law["old_code"]].to_numpy(),
            wards.geometry.loc[law["new_code"]].to_numpy(),
        )
    )
    by_unit = pd.Series(inside, index=law["old_code"]).groupby(level=0).sum()
    assert (by_unit / shapes.area.loc[by_unit.index]).min() > 0.98
    # Part of a unit lies in each new unit that the law names.
    assert inside.min() > 1000
    whole = law[law["area_portion"] == "whole"]
    assert len(whole) == whole["old_code"].nunique() == 327


def test_most_of_a_unit_lies_in_its_own_bounding_box(shapes: gpd.GeoSeries) -> None:
    old = places.old_units()
    sides = (old[side].to_numpy() for side in ("west", "south", "east", "north"))
    boxes = gpd.GeoSeries(shapely.box(*sides), index=old["code"], crs="EPSG:4326").to_crs(METRES)
    within = shapes.intersection(boxes.loc[shapes.index]).area.sum() / shapes.area.sum()
    assert within > 0.94


def test_the_areas_are_those_by_which_the_crosswalk_weights(cells: gpd.GeoDataFrame) -> None:
    edges = places.crosswalk(places.wards("approximate"))
    by_unit = edges.groupby("old_code")["area_km2"].sum()
    area = cells.set_index("code")["area_km2"].loc[by_unit.index]
    assert ((area - by_unit).abs() / by_unit).quantile(0.95) < 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("00061", "00046"),  # Hàng Bạc and Hàng Buồm
        ("00076", "00064"),  # Hàng Bông and Hàng Gai
        ("00004", "00013"),  # Trúc Bạch and Quán Thánh
        ("00016", "00022"),  # Ngọc Hà and Đội Cấn
        ("00583", "00577"),  # Bát Tràng and Đa Tốn
        ("00376", "00418"),  # Sóc Sơn town and Tiên Dược
        ("10489", "10504"),  # Hương Sơn and An Phú
    ],
)
def test_neighbours_of_the_old_map_touch(shapes: gpd.GeoSeries, one: str, other: str) -> None:
    assert shapes[one].distance(shapes[other]) < 1.0


def test_the_far_ends_of_the_city_do_not_touch(shapes: gpd.GeoSeries) -> None:
    assert shapes["00376"].distance(shapes["10489"]) > 60_000  # Sóc Sơn and Hương Sơn


def test_a_unit_whose_position_is_anothers_is_set_where_there_is_room(
    shapes: gpd.GeoSeries, wards: gpd.GeoDataFrame
) -> None:
    # Văn Phú went to Thường Tín; its position in the source is that of Liên Phương, in Hồng Vân.
    van_phu = shapes["10216"]
    assert van_phu.within(wards.geometry["10183"].buffer(1))
    assert 0.5e6 < van_phu.area < 6e6
    assert shapes["10213"].within(wards.geometry["10210"].buffer(1))


def test_shapes_follow_the_new_units_that_are_given() -> None:
    units = places.wards("approximate")
    _, south, east, _ = units.total_bounds
    # One ward stretched over a far corner: what the law puts there goes with it.
    far = box(east + 0.1, south, east + 0.12, south + 0.02)
    moved = units.set_geometry(
        [
            far if code == "00070" else shape
            for code, shape in zip(units["code"], units.geometry, strict=True)
        ],
        crs=units.crs,
    )
    moved.attrs = units.attrs
    cells = places.old_unit_cells(moved).set_index("code")
    # Hàng Bạc went whole to Hoàn Kiếm (00070).
    assert cells.geometry["00061"].within(far.buffer(1e-5))


@pytest.mark.mirror
def test_the_mapped_outlines_are_filled_too() -> None:
    units = places.wards("polygons")
    cells = places.old_unit_cells(units)
    assert len(cells) == 526
    assert bool(cells.geometry.is_valid.all())
    # The mapped outlines overlap each other by a tenth of a per cent.
    covered = cells.to_crs(METRES).union_all().area
    assert covered == pytest.approx(units.to_crs(METRES).union_all().area, rel=1e-3)
    assert cells["area_km2"].min() > 0.02
