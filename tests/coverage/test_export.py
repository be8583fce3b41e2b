"""Files and hexagons of a coverage map, from maps made by hand."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import dask.array as da
import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from pyproj import Transformer

from hanoi_analytics.coverage.best_server import blocks, signal_map
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.export import hexagons, write_areas, write_signal
from hanoi_analytics.rasters import RasterError
from tests.coverage.made_up import SOURCE, X, Y, areas, sectors

CELL_M = 20.0


def signal(rows: int = 90, columns: int = 80) -> xr.Dataset:
    """Return a map with two thresholds that covers a box but for its ten columns in the west."""
    rng = np.random.default_rng(5)
    shape = rows, columns
    server = rng.integers(-1, 3, shape).astype("int32")
    area = np.zeros(shape, "int16")
    area[:, :10] = -1
    level = np.where(server >= 0, rng.uniform(-120, -60, shape), np.nan).astype("float32")
    sure = rng.random(shape).astype("float32")
    layers = {
        "level_dbm": (("y", "x"), level, {"units": "dBm", "long_name": "level"}),
        "server": (("y", "x"), server),
        "area": (("y", "x"), area),
        "probability": (("threshold_dbm", "y", "x"), np.stack([sure, sure / 2])),
    }
    found = xr.Dataset(
        layers,
        {
            "y": Y + (rows - 0.5 - np.arange(rows)) * CELL_M,
            "x": X + (np.arange(columns) + 0.5) * CELL_M,
            "threshold_dbm": [-120.0, -100.0],
        },
        {"source": SOURCE, "sources": [SOURCE], "radio": {"load": 0.5, "thresholds_dbm": (-120,)}},
    )
    return found.rio.write_crs(32648)


def by_cell_centres(found: xr.Dataset, resolution: int) -> pd.DataFrame:
    """Return the map's cells within areas, each with the hexagon H3 itself names for its centre."""
    x, y = np.meshgrid(found["x"], found["y"])
    longitude, latitude = Transformer.from_crs(32648, 4326, always_xy=True).transform(x, y)
    cells = pd.DataFrame(
        {
            "h3": [
                h3.latlng_to_cell(*place, resolution)
                for place in zip(latitude.ravel(), longitude.ravel(), strict=True)
            ],
            **{name: found[name].to_numpy().ravel() for name in ("level_dbm", "server", "area")},
            "sure": found["probability"].to_numpy()[0].ravel(),
        }
    )
    return cells[cells["area"] >= 0]


@pytest.mark.parametrize("resolution", [7, 9, 11])
def test_hexagons_hold_the_cells_that_h3_says(resolution: int) -> None:
    made = signal()
    cells = by_cell_centres(made, resolution).groupby("h3")
    found = hexagons(made, resolution=resolution)
    for threshold_dbm, factor in ((-120.0, 1.0), (-100.0, 0.5)):
        one = found[found["threshold_dbm"] == threshold_dbm].set_index("h3")
        assert one.index.is_unique
        expected = cells["sure"].mean() * factor
        assert set(one.index) == set(expected.index)
        np.testing.assert_allclose(one["share_of_area"], expected[one.index], rtol=1e-5)
        np.testing.assert_allclose(
            one["level_dbm"], cells["level_dbm"].mean()[one.index], rtol=1e-5
        )
    assert found.crs.to_epsg() == 4326
    assert found.attrs["source"] == SOURCE


def test_a_hexagon_by_hand() -> None:
    middle = X + 800, Y + 900
    longitude, latitude = Transformer.from_crs(32648, 4326, always_xy=True).transform(*middle)
    name = h3.latlng_to_cell(latitude, longitude, 9)
    made = signal()
    made["probability"][:] = 0.25
    made["level_dbm"][:], made["server"][:] = -90.0, 1
    made["server"][:, ::3], made["level_dbm"][:, ::3] = -1, np.nan
    row = hexagons(made).set_index("h3").loc[name].iloc[0]
    assert (row["share_of_area"], row["level_dbm"], row["server"]) == (0.25, -90.0, 1)
    assert row["share_inside"] == 1.0
    corners = {(round(lat, 9), round(lng, 9)) for lat, lng in h3.cell_to_boundary(name)}
    ring = row["geometry"].exterior.coords
    assert {(round(y, 9), round(x, 9)) for x, y in ring} == corners


def test_equal_servers_and_none() -> None:
    made = signal(90, 80)
    made["server"][:] = np.where(np.arange(80) % 2, 2, 1)
    found = hexagons(made, resolution=11)
    counts = by_cell_centres(made, 11).groupby("h3")["server"].agg(list)
    for name, server in found.set_index("h3")["server"].items():
        most = Counter(counts[name]).most_common()
        assert server == min(one for one, times in most if times == most[0][1])
    made["server"][:], made["level_dbm"][:] = -1, np.nan
    silent = hexagons(made)
    assert (silent["server"] == -1).all()
    assert silent["level_dbm"].isna().all()


def test_shares_inside_are_those_of_the_shapes() -> None:
    found = hexagons(signal()).query("threshold_dbm == -120")
    [inside] = areas((10 * CELL_M, 0, 80 * CELL_M, 90 * CELL_M)).geometry
    shapes = found.to_crs(32648).geometry
    expected = shapes.intersection(inside).area / shapes.area
    # A cell counts as a whole, and a hexagon has 260 of them.
    assert np.abs(found["share_inside"] - expected).max() < 0.03
    assert (found["share_inside"] == 1.0).any()
    assert (found["share_inside"] < 0.5).any()


def people(cell_m: float, rows: int, columns: int) -> xr.DataArray:
    """Return ten people on each cell of a grid from the corner of the map."""
    found = xr.DataArray(
        np.full((rows, columns), 10.0),
        {
            "y": Y + (rows - 0.5 - np.arange(rows)) * cell_m,
            "x": X + (np.arange(columns) + 0.5) * cell_m,
        },
        ("y", "x"),
        attrs={"source": {**SOURCE, "id": "people"}},
    )
    return found.rio.write_crs(32648)


def test_people_in_hexagons_are_the_people_in_the_areas() -> None:
    made = signal()
    made["probability"][:] = np.array([1.0, 0.25])[:, None, None]
    # 18 × 16 cells of 100 m under the map, of which two columns lie outside its areas.
    found = hexagons(made, people(100.0, 18, 16))
    sums = found.groupby("threshold_dbm")[["people", "people_covered"]].sum()
    np.testing.assert_allclose(sums["people"], 18 * 14 * 10, rtol=1e-4)
    np.testing.assert_allclose(sums.loc[-100.0, "people_covered"], 18 * 14 * 10 / 4, rtol=1e-4)
    assert [one["id"] for one in found.attrs["sources"]] == ["made-up", "people"]


def test_blocks_change_no_hexagon() -> None:
    whole = hexagons(signal(), people(100.0, 18, 16))
    pieces = hexagons(signal().chunk({"y": 32, "x": 40}), people(100.0, 18, 16))
    pd.testing.assert_frame_equal(
        pd.DataFrame(whole.drop(columns="geometry")),
        pd.DataFrame(pieces.drop(columns="geometry")),
    )
    assert whole.geometry.equals(pieces.geometry)


@pytest.mark.parametrize("resolution", [-1, 3, 16, 9.5, True])
def test_resolutions_that_h3_or_the_map_does_not_have(resolution: Any) -> None:
    with pytest.raises(CoverageError, match=f"resolution={resolution}"):
        hexagons(signal(), resolution=resolution)


def test_maps_without_hexagons() -> None:
    with pytest.raises(CoverageError, match="2,000,000; take a coarser"):
        hexagons(signal(), resolution=15)
    with pytest.raises(CoverageError, match="no layer 'level_dbm'"):
        hexagons(signal().drop_vars("level_dbm"))
    with pytest.raises(CoverageError, match="sources"):
        hexagons(signal().drop_attrs())
    nowhere = signal()
    nowhere["area"][:] = -1
    with pytest.raises(CoverageError, match="no cell of the map lies in any area"):
        hexagons(nowhere)


def network() -> pd.DataFrame:
    return sectors([800.0], [900.0], (0.0, 120.0, 240.0))


def test_files_of_a_map_say_what_they_hold(tmp_path: Path) -> None:
    made = signal()
    written = write_signal(made, network(), tmp_path)
    names = ["level_dbm.tif", "server.tif", "probability.tif", "servers.csv"]
    assert [path.name for path in written] == names
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    with rasterio.open(tmp_path / "server.tif") as file:
        assert (file.dtypes, file.nodata, file.crs.to_epsg()) == (("int32",), -1, 32648)
        np.testing.assert_array_equal(file.read(1), made["server"])
    with rasterio.open(tmp_path / "probability.tif") as file:
        assert file.descriptions == ("threshold_dbm -120.0", "threshold_dbm -100.0")
        tags = {name: json.loads(file.tags()[name]) for name in ("source", "sources", "radio")}
    assert tags["source"] == SOURCE
    assert tags["radio"] == {"load": 0.5, "thresholds_dbm": [-120]}
    key = pd.read_csv(tmp_path / "servers.csv", index_col="server")
    assert key["sector_id"].to_dict() == {0: "s00000-0", 1: "s00000-1", 2: "s00000-2"}


def test_a_map_is_computed_once_for_all_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counter[str]()
    compute = blocks.block_layers

    def count(*arguments: Any) -> Any:
        counted["blocks"] += 1
        return compute(*arguments)

    monkeypatch.setattr(blocks, "block_layers", count)
    lazy = signal_map(network(), areas((0, 0, 1600, 1600)), resolution_m=25, block_cells=32)
    write_signal(lazy, network(), tmp_path)
    assert counted["blocks"] == 4
    assert len(list(tmp_path.iterdir())) == 7


def test_a_map_that_fails_changes_no_file(tmp_path: Path) -> None:
    made = signal()
    write_signal(made, network(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(block: np.ndarray) -> np.ndarray:
        raise ArithmeticError("no level here")

    lazy = da.from_array(made["level_dbm"].to_numpy(), 32)
    broken = made.assign(level_dbm=(("y", "x"), lazy.map_blocks(fail, dtype="float32")))
    with pytest.raises(ArithmeticError):
        write_signal(broken, network(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(RasterError, match="does not exist"):
        write_signal(made, network(), tmp_path / "nowhere")


def test_areas_come_back_with_shape_system_and_source(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = areas((0, 0, 100, 100), (100, 0, 300, 100)).assign(name=["Hoàn Kiếm", "Đống Đa"])
    write_areas(table, tmp_path / "areas.parquet")
    back = gpd.read_parquet(tmp_path / "areas.parquet")
    assert back["name"].tolist() == ["Hoàn Kiếm", "Đống Đa"]
    assert back.crs.to_epsg() == 32648
    assert back.attrs["source"] == SOURCE
    assert back.area.tolist() == [10_000.0, 20_000.0]
    from pyarrow.parquet import read_schema

    metadata = read_schema(tmp_path / "areas.parquet").metadata
    assert json.loads(metadata[b"geo"])["version"] == "1.1.0"


def test_areas_that_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, table = tmp_path / "areas.parquet", areas((0, 0, 100, 100))
    target.write_text("old")
    with pytest.raises(CoverageError, match="coordinate system"):
        write_areas(table.set_crs(None, allow_override=True), target)
    with pytest.raises(CoverageError, match="source"):
        write_areas(gpd.GeoDataFrame(geometry=[], crs=4326), target)
    with pytest.raises(RasterError, match="does not exist"):
        write_areas(table, tmp_path / "nowhere" / "areas.parquet")
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CoverageError, match=r"hanoi-analytics\[parquet\]"):
        write_areas(table, target)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
