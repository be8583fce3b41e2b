"""Drive-test files as they come: nothing is lost, and each refused row says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation import (
    aggregate,
    predicted_at,
    read_samples,
    spatial_blocks,
)

BOUNDS = (105.2, 20.5, 106.1, 21.4)
CARRIER = {"side_m": 50.0, "frequency_mhz": 2550.0}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("comma.csv", "Latitude,Longitude,RSRP (dBm)\n21.03,105.85,-97.5\n"),
        ("semicolon.csv", "\ufeffLat;Lon;SS-RSRP [dBm];\n21,03;105,85;-97,5;\n"),
        ("tab.csv", "GPS Latitude\tGPS Longitude\tnr_ss_rsrp\n21.03\t105.85\t−97.5\n"),
        ("pipe.csv", "LAT|LNG|Level\n21.03|105.85| -97.5 \n"),
    ],
)
def test_files_of_common_kinds_are_read(own: Path, name: str, text: str) -> None:
    (own / name).write_text(text, "utf-8")
    read = read_samples(name, bounds=BOUNDS)
    found = read.accepted[["longitude", "latitude", "level_dbm"]].to_dict("records")
    assert found == [{"longitude": 105.85, "latitude": 21.03, "level_dbm": -97.5}]
    assert read.rejected.empty
    assert read.accepted.attrs["source"]["tier"] == "own"


def test_a_parquet_file_keeps_its_other_columns(own: Path) -> None:
    pd.DataFrame(
        {"lat": [21.03], "lon": [105.85], "rsrp": pd.array([-97], "Int64"), "reason": ["test"]}
    ).to_parquet(own / "drive.parquet")
    read = read_samples("drive.parquet", bounds=BOUNDS)
    assert read.accepted["level_dbm"].tolist() == [-97.0]
    assert read.accepted["reason"].tolist() == ["test"]


def test_each_kind_of_bad_row_is_named() -> None:
    good = {"lon": "105.85", "lat": "21.03", "rsrp": "-95"}
    cases = [
        (good, ""),
        (good | {"rsrp": None}, "level_dbm: missing"),
        (good | {"rsrp": "n/a"}, "level_dbm: missing"),
        (good | {"rsrp": "strong"}, "level_dbm: not a number"),
        (good | {"rsrp": "2147483647"}, "level_dbm: a stand-in for no measurement"),
        (good | {"rsrp": "-999"}, "level_dbm: a stand-in for no measurement"),
        (good | {"rsrp": "0"}, "level_dbm: a stand-in for no measurement"),
        (good | {"rsrp": "-161"}, "level_dbm: expected from -160 to -20"),
        (good | {"rsrp": "-19.9"}, "level_dbm: expected from -160 to -20"),
        (good | {"rsrp": "-inf"}, "level_dbm: expected from -160 to -20"),
        (good | {"lon": "21.03", "lat": "105.85"}, "longitude and latitude swapped?"),
        (
            good | {"lon": "106.7", "lat": "10.8"},
            "outside the bounds 105.2 to 106.1° E, 20.5 to 21.4° N",
        ),
        (good | {"lon": "105°51'"}, "longitude: not in decimal degrees, such as 105.8512"),
        (good | {"lat": ""}, "latitude: missing"),
    ]
    read = read_samples(pd.DataFrame([row for row, _ in cases]), bounds=BOUNDS)
    # As a spreadsheet numbers them: the names stand in the first row.
    expected = {number: why for number, (_, why) in enumerate(cases, start=2) if why}
    rejected = read.rejected.set_index("row")
    assert rejected["reason"].to_dict() == expected
    assert read.accepted.index.tolist() == [2]
    assert rejected.loc[5, "rsrp"] == "strong"
    report = read.report().set_index("outcome")["rows"]
    assert report["accepted"] == 1
    assert report["level_dbm: a stand-in for no measurement"] == 3
    assert report.sum() == len(cases)


VALUES = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.text(max_size=6),
    st.sampled_from(["105,85", "21.03", "-95", 105.85, 21.03, -95.0]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=12))
def test_no_row_is_lost_and_none_is_doubled(rows: list[tuple[object, object, object]]) -> None:
    table = pd.DataFrame(rows, columns=["lat", "lon", "rsrp"], dtype=object)
    if table.isna().all(axis=None):
        return
    read = read_samples(table, bounds=BOUNDS)
    both = sorted([*read.accepted.index, *read.rejected["row"]])
    full = table.notna().any(axis=1).to_numpy()
    assert both == (np.flatnonzero(full) + 2).tolist()
    assert read.accepted["level_dbm"].between(-160, -20).all()
    assert read.accepted["longitude"].between(105.2, 106.1).all()
    assert (read.rejected["reason"] != "").all()
    assert read.report()["rows"].sum() == full.sum()


@pytest.mark.parametrize(
    ("columns", "given_names", "message"),
    [
        (["lat", "lon", "RSRQ"], None, "no column for 'level_dbm'"),
        (["lat", "lon", "RSRP_1", "RSRP_2"], None, "'RSRP_1', 'RSRP_2' could all be 'level_dbm'"),
        (["lat", "lon", "levels"], {"level_dbm": "level"}, "did you mean 'levels'"),
        (["lat", "lon", "rsrp"], {"level": "rsrp"}, "did you mean 'level_dbm'"),
        (["lat", "lat", "rsrp"], None, "two columns are named 'lat'"),
    ],
)
def test_columns_that_cannot_be_told_are_asked_for(
    columns: list[str], given_names: dict[str, str] | None, message: str
) -> None:
    table = pd.DataFrame([["21", "105.8", *["-90"] * (len(columns) - 2)]], columns=columns)
    with pytest.raises(CoverageError, match=message):
        read_samples(table, bounds=BOUNDS, columns=given_names)


def test_a_column_can_be_named() -> None:
    table = pd.DataFrame({"lat": [21.0], "lon": [105.8], "RSRP_1": [-90], "RSRP_2": [-80]})
    read = read_samples(table, bounds=BOUNDS, columns={"level_dbm": "RSRP_2"})
    assert read.accepted["level_dbm"].tolist() == [-80.0]
    assert read.accepted["RSRP_1"].tolist() == [-90]


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(CoverageError, match="west, south, east, north"):
        read_samples(drive(), bounds=(20.5, 105.2, 21.4, 106.1))


def drive() -> pd.DataFrame:
    """Three places 1 km apart; the first has two sectors and most of the samples."""
    places = [105.80] * 5 + [105.81, 105.82]
    table = pd.DataFrame({"longitude": places, "latitude": 21.0})
    table["sector_id"] = ["A", "A", "A", "B", "B", "A", "A"]
    table["level_dbm"] = [-90.0, -92.0, -110.0, -80.0, -84.0, -100.0, -105.0]
    table.attrs["source"] = {"citation": "by hand", "tier": "own"}
    return table


def test_a_place_counts_once_for_each_sector() -> None:
    places = aggregate(drive(), **CARRIER)
    assert sorted(zip(places["sector_id"], places["level_dbm"], strict=True)) == [
        ("A", -105.0),
        ("A", -100.0),
        ("A", -92.0),
        ("B", -82.0),
    ]
    assert places["samples"].sum() == 7
    assert places.attrs["source"]["citation"] == "by hand"


def test_the_strongest_sector_can_stand_for_a_place() -> None:
    places = aggregate(drive(), servers="strongest", **CARRIER)
    assert sorted(places["level_dbm"]) == [-105.0, -100.0, -82.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"side_m": 4.0}, "at least 40 wavelengths, 4.7 m at 2550 MHz"),
        ({"servers": "best"}, "servers 'best'"),
        ({"frequency_mhz": 0.0}, "frequency_mhz=0.0"),
        ({"mean_of": ["sector"]}, "no column 'sector'"),
    ],
)
def test_places_that_make_no_sense_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        aggregate(drive(), **{**CARRIER, **changes})  # type: ignore[arg-type]


def test_no_samples_are_refused() -> None:
    with pytest.raises(CoverageError, match="no samples"):
        aggregate(drive().iloc[:0], **CARRIER)


def test_blocks_have_the_side_they_should() -> None:
    # One degree of latitude is 110.7 km here: 111 or 112 rows of 1 km.
    latitude = np.linspace(21.0, 22.0, 5000)
    blocks = spatial_blocks(np.full(5000, 105.0), latitude, side_m=1000)
    assert len(set(blocks.tolist())) in (111, 112)
    with pytest.raises(CoverageError, match="side_m=0"):
        spatial_blocks([105.0], [21.0], side_m=0)


def test_a_prediction_is_taken_from_the_cell_under_the_sample() -> None:
    level = xr.DataArray(
        np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        coords={"y": [2_325_050.0, 2_325_040.0], "x": [585_005.0, 585_015.0, 585_025.0]},
        dims=("y", "x"),
    ).rio.write_crs("EPSG:32648")
    places = pd.DataFrame({"x": [585_011, 585_029, 585_029, 585_031], "y": [2_325_046] * 4})
    places.loc[1, "y"] = 2_325_044
    import geopandas as gpd

    points = gpd.points_from_xy(places["x"], places["y"], crs="EPSG:32648").to_crs("EPSG:4326")
    samples = pd.DataFrame({"longitude": points.x, "latitude": points.y}, index=[5, 6, 7, 8])
    found = predicted_at(level.chunk(), samples)
    assert found.index.tolist() == [5, 6, 7, 8]
    np.testing.assert_array_equal(found, [2.0, 6.0, 3.0, np.nan])


def test_the_simulated_drive_has_its_stated_faults() -> None:
    drives = catalogue.load("drive_test_simulated")
    read = read_samples(drives, bounds=BOUNDS)
    assert 0.01 < len(read.rejected) / len(drives) < 0.03
    assert read.rejected["reason"].nunique() == 4
    assert read.accepted.attrs["source"]["tier"] == "simulated"
    pd.testing.assert_frame_equal(drives, catalogue.load("drive_test_simulated"))
