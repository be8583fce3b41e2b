"""The embedded files are whole, and hold what their sources are known to hold."""

import hashlib
import unicodedata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Transformer

FOLDER = Path(__file__).resolve().parents[1] / "data" / "embedded"
# The script, its parts, and the two pages about the data.
NOT_DATA = {"build.py", "cut", "README.md", "SHA256SUMS", "__pycache__"}
CODES = {
    "code": str,
    "old_code": str,
    "new_code": str,
    "district_code": str,
    "admin1code": str,
    "neighbours": str,
}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / name, dtype=CODES)


@pytest.fixture(scope="module")
def wards() -> pd.DataFrame:
    return read("hanoi_wards_2025.csv")


@pytest.fixture(scope="module")
def old_units() -> pd.DataFrame:
    return read("hanoi_old_units.csv")


@pytest.fixture(scope="module")
def provinces() -> pd.DataFrame:
    return read("vn_provinces_2025.csv")


@pytest.fixture(scope="module")
def cells() -> gpd.GeoDataFrame:
    return gpd.read_file(FOLDER / "hanoi_wards_approximate.geojson")


def declared_sums() -> dict[str, str]:
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_the_sums_name_every_data_file_and_no_other() -> None:
    present = {path.name for path in FOLDER.iterdir()} - NOT_DATA
    assert set(declared_sums()) == present
    assert len(present) == 9


@pytest.mark.parametrize("name", sorted(declared_sums()))
def test_file_has_its_declared_hash(name: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == declared_sums()[name]


def test_the_readme_tells_of_every_file() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in declared_sums() if f"## {name}\n" not in text] == []


def test_the_folder_stays_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in declared_sums()) < 3_000_000


@pytest.mark.parametrize(
    "path", sorted(p for p in FOLDER.iterdir() if p.suffix in {".csv", ".geojson"}), ids=str
)
def test_text_is_composed_unicode_with_plain_line_ends(path: Path) -> None:
    raw = path.read_bytes()
    assert unicodedata.is_normalized("NFC", raw.decode("utf-8"))
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


def test_hanoi_has_51_wards_and_75_communes(wards: pd.DataFrame) -> None:
    assert wards["type"].value_counts().to_dict() == {"Xã": 75, "Phường": 51}
    assert wards["code"].is_unique
    assert wards["code"].is_monotonic_increasing
    assert wards["code"].str.fullmatch(r"\d{5}").all()
    assert wards.set_index("code").loc["00070", ["name", "area_km2"]].tolist() == [
        "Hoàn Kiếm",
        1.91,
    ]


def test_areas_of_hanoi(wards: pd.DataFrame) -> None:
    area = wards.groupby("type")["area_km2"].sum()
    assert area["Phường"] == pytest.approx(407.34, abs=0.005)
    assert area["Xã"] == pytest.approx(2952.63, abs=0.005)
    assert wards["area_km2"].sum() == pytest.approx(3359.97, abs=0.005)


def test_old_units_and_districts(old_units: pd.DataFrame) -> None:
    assert old_units["type"].value_counts().to_dict() == {"Xã": 345, "Phường": 160, "Thị trấn": 21}
    assert old_units["code"].is_unique
    districts = old_units.drop_duplicates("district_code")
    assert districts["district_type"].value_counts().to_dict() == {
        "Huyện": 17,
        "Quận": 12,
        "Thị xã": 1,
    }
    assert old_units["district"].nunique() == 30


def test_old_units_lie_in_their_boxes(old_units: pd.DataFrame) -> None:
    assert (old_units["south"] < old_units["north"]).all()
    assert (old_units["west"] < old_units["east"]).all()
    assert old_units["latitude"].between(old_units["south"], old_units["north"]).all()
    assert old_units["longitude"].between(old_units["west"], old_units["east"]).all()


def test_two_old_units_share_a_position_and_are_flagged(old_units: pd.DataFrame) -> None:
    flagged = old_units[old_units["position_status"] != "ok"]
    assert flagged["name"].tolist() == ["Liên Phương", "Văn Phú"]
    assert set(flagged["position_status"]) == {"centroid shared with another unit"}


def test_crosswalk_joins_all_old_units_to_all_wards(
    wards: pd.DataFrame, old_units: pd.DataFrame
) -> None:
    pairs = read("hanoi_crosswalk_published.csv")
    assert len(pairs) == 794
    assert not pairs.duplicated(["old_code", "new_code"]).any()
    assert set(pairs["old_code"]) == set(old_units["code"])
    assert set(pairs["new_code"]) == set(wards["code"])
    assert pairs["is_default"].dtype == bool
    assert (pairs.groupby("old_code")["is_default"].sum() == 1).all()
    assert (pairs.groupby("old_code").size() > 1).sum() == 199


def test_34_provinces_with_3321_units(provinces: pd.DataFrame) -> None:
    assert provinces["type"].value_counts().to_dict() == {"Tỉnh": 28, "Thành phố": 6}
    totals = provinces[["communes", "wards", "special_zones"]].sum().tolist()
    assert totals == [2621, 687, 13]
    hanoi = provinces.set_index("code").loc["01"]
    assert hanoi[["name", "communes", "wards", "special_zones"]].tolist() == ["Hà Nội", 75, 51, 0]
    assert hanoi["area_km2"] == pytest.approx(3359.97, abs=0.005)


def test_neighbours_are_mutual_and_hanoi_has_five(provinces: pd.DataFrame) -> None:
    near = provinces.set_index("code")["neighbours"].str.split()
    assert all(code in near[other] for code, others in near.items() for other in others)
    # Thái Nguyên, Bắc Ninh, Phú Thọ, Hưng Yên, Ninh Bình.
    assert near["01"] == ["19", "24", "25", "33", "37"]


def test_population_of_2020_is_near_the_countrys(provinces: pd.DataFrame) -> None:
    # The statistics office counts 97.6 million for 2020.
    assert provinces["population_2020"].sum() == pytest.approx(97.6e6, rel=0.01)


def test_sums_of_areas_known_to_be_wrong_are_flagged(provinces: pd.DataFrame) -> None:
    status = provinces.set_index("name")["area_status"]
    # Official areas: Hưng Yên 2,515 km² and Ninh Bình 3,943 km²; the sums give 3,661 and 5,648.
    assert status["Hưng Yên"] == status["Ninh Bình"] == "differs from the outline by more than 5 %"
    assert status["Quảng Trị"] == "a unit without area is left out"
    assert status["Hà Nội"] == "ok"


def test_63_old_provinces_belong_to_the_34(provinces: pd.DataFrame) -> None:
    old = read("vn_provinces_old.csv")
    assert len(old) == 63
    assert set(old["new_code"]) == set(provinces["code"])
    assert old["type"].value_counts().to_dict() == {"Tỉnh": 57, "Thành phố": 6}
    heir = old.set_index("name")["new_code"]
    assert heir[["Hà Nội", "Hòa Bình", "Hà Giang", "Bình Dương"]].tolist() == [
        "01",
        "25",
        "08",
        "79",
    ]
    assert old["communes"].sum() == 10_035


def test_geonames_places() -> None:
    places = read("vn_geonames_places.csv")
    assert len(places) == 893
    assert places["population"].notna().sum() == 522
    assert places["population"].min() > 0
    assert places["geonameid"].is_unique
    assert places.set_index("geonameid").loc[1581130, "name"] == "Hanoi"
    assert places["latitude"].between(8, 23.5).all()


def test_climate_of_hanoi() -> None:
    normals = read("hanoi_era5_normals.csv")
    assert normals["month"].tolist() == list(range(1, 13))
    by_month = normals.set_index("month")
    # What the city's station is known for: 17 °C in January, 29 °C in July, 1,700 mm a year.
    assert by_month.loc[1, "temperature_c"] == pytest.approx(17, abs=1)
    assert by_month.loc[7, "temperature_c"] == pytest.approx(29.3, abs=1)
    assert normals["precipitation_mm_month"].sum() == pytest.approx(1700, rel=0.1)
    assert normals["cell_latitude"].unique().tolist() == [21.0]
    assert normals["cell_longitude"].unique().tolist() == [105.75]


def test_settlement_grid_lies_on_the_grid_of_its_source() -> None:
    with rasterio.open(FOLDER / "vn_degree_of_urbanisation_2025.tif") as raster:
        assert raster.crs.to_authority() == ("ESRI", "54009")
        assert raster.res == (1000, 1000)
        assert raster.dtypes == ("uint8",)
        assert raster.nodata == 255
        assert [edge % 1000 for edge in raster.bounds] == [0, 0, 0, 0]
        classes = raster.read(1)
    assert set(np.unique(classes)) == {10, 11, 12, 13, 21, 22, 23, 30, 255}
    # The country has 331,000 km²; a cell has 1 km².
    assert (classes < 255).sum() == pytest.approx(331_000, rel=0.01)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "expected"),
    [
        ("Hanoi, centre", 105.85, 21.03, {30}),
        ("Ho Chi Minh City, centre", 106.70, 10.78, {30}),
        ("hills of Mường Nhé", 102.45, 22.18, {11, 12}),
        ("Gulf of Tonkin", 107.60, 19.80, {255}),
        ("Vientiane, Laos", 102.61, 17.97, {255}),
        ("Nanning, China", 108.37, 22.82, {255}),
    ],
)
def test_settlement_class_of(place: str, lon: float, lat: float, expected: set[int]) -> None:
    with rasterio.open(FOLDER / "vn_degree_of_urbanisation_2025.tif") as raster:
        to_grid = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True)
        (value,) = next(raster.sample([to_grid.transform(lon, lat)]))
    assert int(value) in expected, place


def test_approximate_wards_say_so_and_match_the_wards(
    cells: gpd.GeoDataFrame, wards: pd.DataFrame
) -> None:
    assert cells["approximate"].all()
    assert set(cells.geom_type) == {"Polygon"}
    assert cells.crs.to_epsg() == 4326
    for column in ("code", "name", "type", "area_km2"):
        assert cells[column].tolist() == wards[column].tolist()


def test_approximate_wards_have_the_official_areas(cells: gpd.GeoDataFrame) -> None:
    found = cells.to_crs("EPSG:32648").area / 1e6
    assert (found / cells["area_km2"] - 1).abs().max() < 0.005


def test_approximate_wards_are_valid_and_do_not_overlap(cells: gpd.GeoDataFrame) -> None:
    assert cells.is_valid.all()
    shapes = cells.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert shapely.area(shapely.intersection(shapes[left], shapes[right])).sum() < 1e-12
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())


def test_approximate_wards_cover_the_centre_of_the_city(cells: gpd.GeoDataFrame) -> None:
    # Hoàn Kiếm Lake.
    at = cells[cells.contains(shapely.Point(105.8523, 21.0287))]
    assert at["name"].tolist() == ["Hoàn Kiếm"]
