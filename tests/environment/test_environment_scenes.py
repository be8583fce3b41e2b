"""Scenes found in a catalogue on loopback HTTP and read by the real loading code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from numpy.typing import NDArray

from hanoi_analytics import catalogue, cluster
from hanoi_analytics.environment import land
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.layout import chunk_shape
from tests.environment.stac_server import COLLECTION, Catalogue, full, served

BOUNDS = (105.7, 20.9, 106.0, 21.2)
YEAR = ("2020-01-01", "2020-12-31")
SHAPE = (40, 48)
CLEAR, CLOUD = 21824, 22280
# A cell of 30 m whose corner is (580000, 2330000) in UTM 48N; the middle of row 5, column 7.
ROW, COLUMN = 5, 7
Y, X = 2_330_000 - 5.5 * 30, 580_000 + 7.5 * 30


def bands(dn: int, **more: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {"red": full(SHAPE, dn), "qa_pixel": full(SHAPE, CLEAR)} | more


@pytest.fixture
def stac(tmp_path: Path) -> Iterator[Catalogue]:
    """Three Landsat scenes: 1 and 17 June, 3 July; the third is of Landsat 7."""
    with served(Catalogue(tmp_path)) as made:
        special = full(SHAPE, 10_000)
        special[ROW, COLUMN] = 18_639
        seen = full(SHAPE, CLEAR)
        seen[ROW, COLUMN] = CLOUD
        heat = {"lwir11": full(SHAPE, 44_947)}
        made.add("LC08_A", "2020-06-01", bands(0, red=special, **heat))
        made.add("LC08_B", "2020-06-17", bands(12_000, qa_pixel=seen, **heat))
        heat = {"lwir": full(SHAPE, 40_000)}
        made.add(
            "LE07_C", "2020-07-03", bands(14_000, **heat), properties={"platform": "landsat-7"}
        )
        yield made


def inside(stac: Catalogue) -> tuple[float, float, float, float]:
    west, south, east, north = stac.items[0]["bbox"]
    return west + 1e-3, south + 1e-3, east - 1e-3, north - 1e-3


def found(stac: Catalogue, dates: tuple[str, str] = YEAR) -> list[Any]:
    return land.search(stac.api, COLLECTION, bounds=BOUNDS, dates=dates)


@pytest.mark.parametrize("kind", ["static", "api"])
def test_scenes_are_found_in_both_kinds_of_catalogue(stac: Catalogue, kind: str) -> None:
    items = land.search(
        getattr(stac, kind), COLLECTION, bounds=BOUNDS, dates=("2020-06-02", "2020-07-03")
    )
    assert [item.id for item in items] == ["LC08_B", "LE07_C"]


def test_numbers_come_as_they_were_delivered_on_the_scenes_own_cells(stac: Catalogue) -> None:
    scenes = land.load_scenes(found(stac), bounds=inside(stac), bands=["red", "thermal"])
    assert scenes["red"].dims == ("time", "y", "x")
    assert {str(band.dtype) for band in scenes.values()} == {"uint16"}
    assert scenes.chunksizes["time"] == (1, 1, 1)
    assert scenes.rio.crs == "EPSG:32648"
    assert scenes["time"].dt.strftime("%m-%d").values.tolist() == ["06-01", "06-17", "07-03"]
    assert scenes["platform"].values.tolist() == ["landsat-8", "landsat-8", "landsat-7"]
    (cell,) = cluster.compute(scenes.sel(y=Y, x=X))
    assert cell["red"].values.tolist() == [18_639, 12_000, 14_000]
    assert cell["quality"].values.tolist() == [CLEAR, CLOUD, CLEAR]
    # Landsat 7 calls its thermal band by another name than Landsat 8.
    assert cell["thermal"].values.tolist() == [44_947, 44_947, 40_000]


def test_where_the_scenes_come_from_is_written_down(stac: Catalogue) -> None:
    scenes = land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
    source = scenes["red"].attrs["source"]
    assert source == scenes.attrs["source"]
    assert source in catalogue.sources_used().sources
    assert source["citation"] == "Made-up scenes (2026)"
    assert source["licence"] == "CC-BY-4.0"
    assert source["date"] == "2020-06-01 to 2020-07-03"
    assert source["tier"] == "own"
    composite = land.seasonal_median(
        land.scale_landsat(scenes)["red"].where(land.landsat_clear(scenes["quality"])),
        [YEAR],
        least=2,
    )
    assert composite["median"].attrs["source"] == source
    assert composite["clear_count"].attrs["source"] == source


def test_the_median_of_clear_reflectance_from_files_behind_http(stac: Catalogue) -> None:
    scenes = land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
    clear = land.scale_landsat(scenes)["red"].where(land.landsat_clear(scenes["quality"]))
    (made,) = cluster.compute(land.seasonal_median(clear, [YEAR], least=2))
    cell = made.sel(y=Y, x=X).isel(time=0)
    # Clouded on 17 June: the mean of 0.3125725 (DN 18,639) and 0.185 (DN 14,000).
    assert float(cell["median"]) == pytest.approx(0.24878625, abs=1e-6)
    assert int(cell["clear_count"]) == 2
    # Beside it all three are clear: DN 12,000 is in the middle.
    beside = made.sel(y=Y, x=X + 30).isel(time=0)
    assert float(beside["median"]) == pytest.approx(0.13, abs=1e-6)
    assert int(beside["clear_count"]) == 3


def test_small_blocks_begin_where_the_files_blocks_begin(stac: Catalogue) -> None:
    # 3 scenes × 1 band × 4 bytes × 2 blocks: 256 cells, one block of 16 × 16, take 6,144 bytes.
    scenes = land.load_scenes(
        found(stac), bounds=inside(stac), bands=["red"], memory_gb=6_200 / 1e9
    )
    edges = 2_330_000 - (scenes["y"].values + 15)
    starts = np.concatenate([[0], np.cumsum(scenes.chunksizes["y"])[:-1]])
    assert (edges[starts[1:]] / 30 % 16 == 0).all()
    assert set(scenes.chunksizes["y"][1:-1]) == {16}
    whole = land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
    xr.testing.assert_equal(*cluster.compute(scenes["red"], whole["red"]))


@pytest.mark.parametrize(
    ("block", "shape", "cells", "expected"),
    [
        ((512, 512), (2700, 3100), 512 * 1024, (1024, 512)),
        ((512, 512), (2700, 3100), 1e9, (2700, 3100)),
        ((512, 512), (300, 3100), 300 * 512, (300, 512)),
        ((1, 3100), (2700, 3100), 31_000, (10, 3100)),
        ((512, 512), (2700, 3100), 512 * 256, (256, 512)),
    ],
)
def test_blocks_are_whole_and_within_the_memory(
    block: tuple[int, int], shape: tuple[int, int], cells: float, expected: tuple[int, int]
) -> None:
    assert chunk_shape(block, shape, cells) == expected


def test_another_coordinate_system_and_cell_size(tmp_path: Path) -> None:
    # A field with a slope of 1 DN a cell eastward; 300 km east of it the zone 49N begins.
    slope = np.tile(np.arange(10_000, 10_200, dtype="uint16"), (150, 1))
    with served(Catalogue(tmp_path)) as stac:
        made = {"red": slope, "qa_pixel": full((150, 200), CLEAR)}
        stac.add("LC08_A", "2020-06-01", made)
        scenes = land.load_scenes(
            found(stac), bounds=inside(stac), bands=["red"], crs="EPSG:32649", resolution_m=60
        )
        (loaded,) = cluster.compute(scenes)
    assert loaded.rio.crs == "EPSG:32649"
    assert loaded.rio.resolution() == (60.0, -60.0)
    middle = loaded.isel(time=0, y=loaded.sizes["y"] // 2, x=loaded.sizes["x"] // 2)
    (x,), _ = rasterio.warp.transform(
        "EPSG:32649", "EPSG:32648", [float(middle["x"])], [float(middle["y"])]
    )
    assert int(middle["red"]) == 10_000 + int((x - 580_000) // 30)


def test_two_coordinate_systems_need_a_choice(stac: Catalogue) -> None:
    stac.add("LC08_D", "2020-08-01", bands(9_000), epsg=32649, left=-43_000)
    with pytest.raises(EnvironmentDataError, match=r"EPSG:32648, EPSG:32649: choose one by crs="):
        land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
    with pytest.raises(EnvironmentDataError, match="expected one in metres"):
        land.load_scenes(found(stac), bounds=inside(stac), bands=["red"], crs="EPSG:4326")


def test_neighbours_on_one_pass_are_one_scene(stac: Catalogue) -> None:
    # The next row of the orbit, 24 cells to the south, half a minute later.
    later = {"datetime": "2020-06-01T03:20:24Z"}
    stac.add("LC08_A2", "2020-06-01", bands(13_000), top=2_330_000 - 24 * 30, properties=later)
    items = found(stac, ("2020-06-01", "2020-06-01"))
    west, _, east, north = inside(stac)
    both = land.load_scenes(
        items, bounds=(west, stac.items[-1]["bbox"][1] + 1e-3, east, north), bands=["red"]
    )
    assert both.sizes["time"] == 1
    (red,) = cluster.compute(both["red"].isel(time=0))
    column = red.sel(x=X)
    # The first scene has 40 rows; what only the second covers comes from it.
    assert float(column.sel(y=2_330_000 - 39.5 * 30)) == 10_000
    assert float(column.sel(y=2_330_000 - 40.5 * 30)) == 13_000


def test_sentinel_2_carries_its_baseline_and_classes(tmp_path: Path) -> None:
    with served(Catalogue(tmp_path, collection="sentinel-2-l2a")) as stac:
        for number, (baseline, applied) in enumerate(
            [("02.14", False), ("05.09", False), ("05.10", True)]
        ):
            made = {"B04": full(SHAPE, 1500), "SCL": full((20, 24), 4, "uint8")}
            facts = {
                "platform": "sentinel-2a",
                "s2:processing_baseline": baseline,
                "earthsearch:boa_offset_applied": applied,
            }
            stac.add(f"S2A_{number}", f"2022-0{number + 1}-01", {"B04": made["B04"]})
            item = stac.items[-1]
            item["properties"] |= facts
            stac.add("scl", "2022-01-01", {"SCL": made["SCL"]}, resolution_m=60)
            coarse = stac.items.pop()
            item["assets"]["SCL"] = coarse["assets"]["SCL"] | {
                name: coarse["properties"][name] for name in ("proj:shape", "proj:transform")
            }
        items = land.search(
            stac.api, "sentinel-2-l2a", bounds=BOUNDS, dates=("2022-01-01", "2022-12-31")
        )
        scenes = land.load_scenes(items, bounds=inside(stac), bands=["red"])
        clear = land.sentinel2_clear(scenes["quality"])
        red, seen = cluster.compute(land.scale_sentinel2(scenes)["red"], clear)
    assert red.isel(y=3, x=3).values == pytest.approx([0.15, 0.05, 0.15], abs=1e-6)
    assert scenes["quality"].dtype == "uint16"
    assert seen.all()


def test_a_file_that_fails_stops_with_the_scenes_name(stac: Catalogue) -> None:
    scenes = land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
    stac.cut("LC08_B_red.tif", 0.8)
    with pytest.raises(EnvironmentDataError, match=r"scene LC08_B: .*LC08_B_red\.tif cannot"):
        cluster.compute(scenes)


def test_a_server_that_fails_is_counted_as_missing_when_asked(stac: Catalogue) -> None:
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=0):
        scenes = land.load_scenes(
            found(stac), bounds=inside(stac), bands=["red"], unreadable="missing"
        )
    stac.broken |= {"LC08_B_red.tif", "LE07_C_qa_pixel.tif"}
    clear = land.scale_landsat(scenes)["red"].where(land.landsat_clear(scenes["quality"]))
    counts, made, loaded = cluster.compute(
        land.count_unreadable(scenes), land.seasonal_median(clear, [YEAR], least=1), scenes
    )
    cells = loaded.sizes["y"] * loaded.sizes["x"]
    assert counts["red"].values.tolist() == [0, cells, 0]
    assert counts["quality"].values.tolist() == [0, 0, cells]
    assert (made["clear_count"] == 1).all()
    assert float(made["median"].sel(y=Y, x=X).item()) == pytest.approx(0.3125725, abs=1e-6)


def test_a_cluster_tells_the_two_ways_to_fail_apart(stac: Catalogue) -> None:
    strict, lenient = (
        land.load_scenes(found(stac), bounds=inside(stac), bands=["red"], unreadable=way)
        for way in ("error", "missing")
    )
    # A scheduler knows results by these names, and a failure is a result.
    assert strict["red"].data.name != lenient["red"].data.name


def test_the_first_file_that_fails_is_said_at_once(stac: Catalogue) -> None:
    stac.broken |= {item["id"] + "_red.tif" for item in stac.items}
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=0):
        with pytest.raises(EnvironmentDataError, match=r"scene LC08_A: .*500"):
            land.load_scenes(found(stac), bounds=inside(stac), bands=["red"])
        with pytest.raises(EnvironmentDataError, match="none of the 3 scenes can be read"):
            land.load_scenes(found(stac), bounds=inside(stac), bands=["red"], unreadable="missing")


def test_bands_that_are_not_there(stac: Catalogue) -> None:
    items = found(stac)
    with pytest.raises(EnvironmentDataError, match="did you mean 'swir1'"):
        land.load_scenes(items, bounds=inside(stac), bands=["swir"])
    with pytest.raises(EnvironmentDataError, match=r"LC08_A has no nir \(looked for nir08"):
        land.load_scenes(items, bounds=inside(stac), bands=["nir"])
    items[1].assets = {"visual": items[1].assets["red"]}
    with pytest.raises(EnvironmentDataError, match="scene LC08_B has neither qa_pixel"):
        land.load_scenes(items, bounds=inside(stac), bands=["red"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"collection": "landsat-c2-l3"}, "did you mean 'landsat-c2-l2'"),
        ({"dates": ("2021-01-01", "2021-12-31")}, "over .*105.7.* from 2020-01-01 to 2020-12-31"),
        ({"dates": ("2021-12-31", "2021-01-01")}, "first day before the last"),
        ({"dates": ("1 June", "2021-01-01")}, "'1 June': expected YYYY-MM-DD"),
        ({"bounds": (106.0, 20.9, 105.7, 21.2)}, "expected west < east"),
    ],
)
@pytest.mark.parametrize("kind", ["static", "api"])
def test_searches_that_find_nothing(
    stac: Catalogue, kind: str, change: dict[str, Any], message: str
) -> None:
    asked: dict[str, Any] = {"collection": COLLECTION, "bounds": BOUNDS, "dates": YEAR} | change
    with pytest.raises(EnvironmentDataError, match=message):
        land.search(getattr(stac, kind), **asked)


def test_an_address_where_nothing_answers(stac: Catalogue) -> None:
    for address in (f"{stac.address}/nowhere", f"{stac.address}/files/LC08_A_red.tif"):
        with pytest.raises(EnvironmentDataError, match="no STAC catalogue can be read there"):
            land.search(address, COLLECTION, bounds=BOUNDS, dates=YEAR)
    with pytest.raises(EnvironmentDataError, match="no STAC catalogue can be read there"):
        land.search("http://127.0.0.1:9/", COLLECTION, bounds=BOUNDS, dates=YEAR)
