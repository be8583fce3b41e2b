"""The mistakes that files of strangers hold: each is named by column, row and what was expected."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point, Polygon

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.network import HANOI, read_network
from hanoi_analytics.environment.air.readers import read_table
from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.linkage import inputs

WARDS = (
    "code,name,type,area_km2,population_people,year,definition,source,status\n"
    "00004,Ba Đình,Phường,2.97,65023,2025,residents,our count,V\n"
    "00008,Ngọc Hà,Phường,2.68,93536,2025,residents,our count,V\n"
)
SITES = "id,longitude,latitude,height_m,band\nA,105.85,21.03,32,n41\nB,105.86,21.04,30,n41\n"
AIR = "time,station,PM2.5 (µg/m3)\n2024-01-31 13:00,A,38.5\n2024-01-31 14:00,A,40\n"
PEOPLE = (
    "record_id,full_name,sex,birth_date,cccd,cmnd,bhyt,bhxh,phone,ward,recorded_on\n"
    "1,Nguyễn Văn Mẫu,male,1999-02-03,001099000001,,,,0912345678,00004,2026-07-01\n"
    "2,Trần Thị Mẫu,female,2001-12-30,001301000002,,,,0912345679,00008,2026-07-02\n"
)
PERSONAL = ("Mẫu", "Nguyễn", "001099000001", "0912345678", "1999", "2001")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(HanoiError) as caught:
        read()
    return str(caught.value)


def read_wards() -> object:
    return catalogue.load_own("wards.csv", like="hanoi_wards_2025")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("area_km2", "AREA_KM2", "column(s) missing: 'area_km2' (did you mean 'AREA_KM2'?)"),
        ("type,", "loại,", "column(s) missing: 'type' (known: area_km2, code,"),
        ("93536", "many", "'population_people': expected a whole number, found row 3: 'many'"),
        ("93536", "93.536", "expected a whole number, found row 3: '93.536'"),
        ("93536", '"93,536"', "expected a whole number, found row 3: '93,536'"),
        ("2.68", "-2.68", "'area_km2', row 3: expected at least 1.0 km², found -2.68"),
        ("2.68", "268", "'area_km2', row 3: expected at most 100.0 km², found 268.0"),
        ("2.68,93536", ",93536", "'area_km2', row 3: expected a value, found nothing"),
        ("00008", "00004", "'code', row 2: expected no value twice, found '00004'; column"),
        ("00008", "8", r"'code', row 3: expected text like ^\d{5}$, found '8'"),
        ("Hà,Phường", "Hà,Quận", "'type', row 3: expected one of Phường, Xã, found 'Quận'"),
        ("Hà,Phường", "Hà,,Phường", "line 3: expected 9 fields as in the line of names, found 10"),
        ("\n00008", '\n"00008', "line 3: a quotation mark is opened and never closed"),
        ("\n00008", "\n\n\n8", r"row 5: expected text like ^\d{5}$"),
        ("code,name", "DANH SÁCH PHƯỜNG,,,,,,,,\ncode,name", "is a title above them"),
        (WARDS.partition("\n")[2], "", "no row of data; expected one at least"),
        (WARDS, "", "the file is empty; expected a line of names"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_table_is_named(own: Path, old: str, new: str, words: str) -> None:
    assert old in WARDS
    (own / "wards.csv").write_text(WARDS.replace(old, new, 1), "utf-8")
    assert words in refusal(read_wards)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WARDS.encode("utf-16"), "line 1 is not UTF-8 but perhaps UTF-16"),
        (
            unicodedata.normalize("NFD", WARDS).encode("cp1258", "replace"),
            "line 2 is not UTF-8 but perhaps Windows-1258 or 1252; in Excel, save it as",
        ),
    ],
)
def test_another_encoding_is_named_with_its_line(own: Path, content: bytes, words: str) -> None:
    (own / "wards.csv").write_bytes(content)
    assert words in refusal(read_wards)


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_a_vietnamese_excel_is_read(own: Path, separator: str) -> None:
    text = WARDS.replace(",", separator).replace("2.97", '"2,97"')
    (own / "wards.csv").write_text(text, "utf-8-sig")
    wards = catalogue.load_own("wards.csv", like="hanoi_wards_2025")
    assert wards["area_km2"].tolist() == [2.97, 2.68]
    assert wards["note"].isna().all()


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert nearest("area_km2", ["Code", "Area_KM2"]) == "did you mean 'Area_KM2'?"


SQUARE = Polygon([(105.8, 21), (105.9, 21), (105.9, 21.1), (105.8, 21.1)])
BOWTIE = Polygon([(105.8, 21), (105.9, 21.1), (105.9, 21), (105.8, 21.1)])


@pytest.mark.parametrize(
    ("shape", "crs", "words"),
    [
        (BOWTIE, "EPSG:4326", "row 2: Self-intersection"),
        (Polygon(), "EPSG:4326", "row 2: nothing"),
        (Point(105.8, 21), "EPSG:4326", "row 2: a Point"),
        (SQUARE.reverse(), "EPSG:32648", "expected EPSG:4326, found EPSG:32648; reproject it"),
        (Polygon([(y, x) for x, y in SQUARE.exterior.coords]), "EPSG:4326", "row 2: outside the"),
    ],
)
def test_a_mistake_in_shapes_is_named(own: Path, shape: object, crs: str, words: str) -> None:
    columns = {"id": ["00004", "00008"], "name": ["a", "b"], "type": ["c", "d"]}
    numbers = {"area": [1.0, 2.0], "population": [1, 2]}
    frame = gpd.GeoDataFrame(columns | numbers, geometry=[SQUARE, shape], crs=crs)
    frame.to_file(own / "wards.gpkg")
    said = refusal(lambda: catalogue.load_own("wards.gpkg", like="hanoi_ward_polygons_2025"))
    assert words in said


@pytest.mark.filterwarnings("ignore:.*crs.*was not provided")
def test_a_shapefile_comes_in_one_file_with_its_coordinate_system(own: Path) -> None:
    numbers = {"area": [1.0], "population": [1]}
    columns = {"id": ["00004"], "name": ["Ba Đình"], "type": ["Phường"]} | numbers
    for name, crs in (("placed", "EPSG:4326"), ("lost", None)):
        gpd.GeoDataFrame(columns, geometry=[SQUARE], crs=crs).to_file(own / f"{name}.shz")
        (own / f"{name}.shz").rename(own / f"{name}.zip")
    (own / "alone.shp").write_bytes(b"")

    def read(name: str) -> gpd.GeoDataFrame:
        return catalogue.load_own(name, like="hanoi_ward_polygons_2025")

    assert read("placed.zip")["name"].tolist() == ["Ba Đình"]
    assert "expected EPSG:4326, found none" in refusal(lambda: read("lost.zip"))
    assert "put them into one .zip" in refusal(lambda: read("alone.shp"))
    assert "did you mean 'lost.zip'?" in refusal(lambda: read("lots.zip"))
    assert "leaves the folder" in refusal(lambda: read("../lost.zip"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("105.86", "abc", "longitude: not a number"),
        ("105.86,21.04", "21.04,105.86", "longitude and latitude swapped?"),
        ("105.86,21.04", "587654,2325443", "metres, not degrees"),
        ("105.86", "106.86", "outside the bounds 105.2 to 106.1° E"),
        (",30,", ",-30,", "height_m: expected above 0 to 300"),
        ("B,", "A,", "id twice, in a row that differs"),
        ("30,n41", "30,n999", "band: expected one of B1, B3"),
    ],
)
def test_a_bad_row_of_sites_is_rejected_with_its_number(
    own: Path, old: str, new: str, words: str
) -> None:
    (own / "sites.csv").write_text(SITES.replace(old, new), "utf-8")
    rejected = read_network("sites.csv", bounds=HANOI).rejected
    assert rejected["row"].tolist() == [3]
    assert words in rejected["reason"].item()


def test_a_file_of_sites_without_a_good_row_names_the_first_of_each_reason(own: Path) -> None:
    (own / "sites.csv").write_text(SITES.replace("105.85", "x").replace("105.86", "20"), "utf-8")
    said = refusal(lambda: read_network("sites.csv", bounds=HANOI))
    assert "longitude: not a number (1 times, first in row 2)" in said
    assert "outside the bounds" in said
    assert "(1 times, first in row 3)" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("time,", "thyme,", "no column of times; did you mean 'thyme'?"),
        ("station,", "stattion,", "no column of stations; did you mean 'stattion'?"),
        ("PM2.5 (µg/m3)", "dust", "found 'time', 'station', 'dust'"),
        (" (µg/m3)", "", "no unit in 'PM2.5': write 'PM2.5 (µg/m3)'"),
        ("2024-01-31", "01/31/2024", "have no month with day_first=True"),
        ("2024-", "2199-", "time: in the future (2 times, first in row 2)"),
    ],
)
def test_a_mistake_in_readings_is_named(own: Path, old: str, new: str, words: str) -> None:
    (own / "air.csv").write_text(AIR.replace(old, new), "utf-8")
    assert words in refusal(lambda: read_table("air.csv", time_label="end"))


def test_columns_of_readings_that_are_not_used_are_named(own: Path) -> None:
    (own / "air.csv").write_text(
        AIR.replace("station,", "NO2 (ppx),station,").replace(",A", ",1,A")
    )
    notes = read_table("air.csv", time_label="end").notes
    assert "Columns not used: 'NO2 (ppx)'." in notes


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sex", "giới", "no column 'sex'"),
        ("full_name", "fullname", "no column 'full_name' (did you mean 'fullname'?)"),
        (
            "2001-12-30",
            "30/12/2001",
            "'birth_date' is no date in 1 of 2 rows, first in row 2 below",
        ),
        ("\n2,", "\n1,", "'record_id' is a repetition in 1 rows, first in row 2 below"),
        ("\n2,", "\n,", "'record_id' is null in 1 rows, first in row 2 below"),
        ("Thị Mẫu", "Thị, Mẫu", "line 3: expected 11 fields as in the line of names, found 12"),
        (PEOPLE.partition("\n")[0] + "\n", "", "the first line of a file must hold the names"),
        (PEOPLE.partition("\n")[2], "", "records table: no row of data; expected record_id"),
    ],
)
def test_a_mistake_in_records_is_named_and_no_person_is(
    own: Path, old: str, new: str, words: str
) -> None:
    (own / "people.csv").write_text(PEOPLE.replace(old, new), "utf-8")
    said = refusal(lambda: inputs.own_table("people.csv", table="records"))
    assert words in said
    assert not [value for value in PERSONAL if value in said]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",female,", ",nữ,", "'sex', row 3: expected one of female, male, found another value"),
        ("00008", "Ngọc Hà", "'ward', row 3: expected text like"),
        (PEOPLE.partition("\n")[0] + "\n", "", "no line of names"),
    ],
)
def test_a_schema_of_people_quotes_no_value(own: Path, old: str, new: str, words: str) -> None:
    (own / "people.csv").write_text(PEOPLE.replace(old, new), "utf-8")
    with pytest.raises(HanoiError) as caught:
        catalogue.load_own("people.csv", like="hospital_records_simulated")
    assert words in str(caught.value)
    assert not [value for value in (*PERSONAL, "nữ", "Ngọc") if value in str(caught.value)]
    assert caught.value.__cause__ is None
