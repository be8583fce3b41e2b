"""Cloud-Optimised GeoTIFFs: what they hold, how they are made, and what is left after an error."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import rasterio
import rioxarray
import xarray as xr
from dask.delayed import delayed
from rasterio.shutil import copy

from hanoi_analytics import rasters
from hanoi_analytics.rasters import writing
from hanoi_analytics.rasters.raw_blocks import RawBlocks

NORTH, WEST, CELL_M = 2_330_000.0, 580_000.0, 30.0


def raster(cells: Any, **attrs: Any) -> xr.DataArray:
    """Return cells as a raster in Hanoi; the first of three dimensions is a threshold."""
    rows, columns = cells.shape[-2:]
    coords: dict[str, Any] = {
        "y": NORTH - (np.arange(rows) + 0.5) * CELL_M,
        "x": WEST + (np.arange(columns) + 0.5) * CELL_M,
    }
    if cells.ndim == 3:
        coords = {"threshold_dbm": [-120.0, -110.0], **coords}
    return xr.DataArray(cells, coords, list(coords), attrs=attrs).rio.write_crs(32648)


def levels(rows: int = 1100, columns: int = 700) -> np.ndarray:
    """Return float cells that differ from each other, some of them missing."""
    cells = np.arange(rows * columns, dtype="float32").reshape(rows, columns)
    cells[:5, :7] = np.nan
    return cells


def test_a_raster_comes_back_as_it_was(tmp_path: Path) -> None:
    source = {"id": "made-up", "citation": "Hà Nội, sản xuất thử"}
    cells = levels()
    lazy = raster(da.from_array(cells, 300), units="dBm", long_name="level", source=source)
    rasters.write_cogs({tmp_path / "level.tif": lazy})
    with rasterio.open(tmp_path / "level.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1) == [2, 4]
        assert file.crs.to_epsg() == 32648
        assert file.transform[:6] == (CELL_M, 0, WEST, 0, -CELL_M, NORTH)
        assert np.isnan(file.nodata)
        assert (file.units, file.descriptions) == (("dBm",), ("level",))
        assert json.loads(file.tags()["source"]) == source
        np.testing.assert_array_equal(file.read(1), cells)
    with rioxarray.open_rasterio(tmp_path / "level.tif") as back:
        assert isinstance(back, xr.DataArray)
        np.testing.assert_array_equal(back.squeeze("band"), cells)
        np.testing.assert_array_equal(back["y"], lazy["y"])
        assert back.attrs["units"] == "dBm"
    assert [path.name for path in tmp_path.iterdir()] == ["level.tif"]


def test_each_coordinate_of_the_first_dimension_is_a_band(tmp_path: Path) -> None:
    cells = np.stack([np.full((40, 50), 0.25), np.full((40, 50), 0.75)]).astype("float32")
    rasters.write_cogs({tmp_path / "p.tif": raster(cells)})
    with rasterio.open(tmp_path / "p.tif") as file:
        assert file.descriptions == ("threshold_dbm -120.0", "threshold_dbm -110.0")
        np.testing.assert_array_equal(file.read(), cells)


def test_packed_values_keep_scale_and_missing_value(tmp_path: Path) -> None:
    packed = raster(np.array([[1, 2], [3, -99]], "int16"), scale_factor=0.5, add_offset=10.0)
    rasters.write_cogs({tmp_path / "packed.tif": packed.rio.write_nodata(-99)})
    with rioxarray.open_rasterio(tmp_path / "packed.tif", mask_and_scale=True) as back:
        np.testing.assert_array_equal(back[0], [[10.5, 11.0], [11.5, np.nan]])


def test_overviews_average_levels_and_never_mix_names(tmp_path: Path) -> None:
    board = np.indices((1024, 1024)).sum(axis=0) % 2
    rasters.write_cogs(
        {
            tmp_path / "share.tif": raster(board.astype("float32")),
            tmp_path / "name.tif": raster((board * 7).astype("int32")),
        }
    )
    found = {}
    for name in ("share", "name"):
        with rasterio.open(tmp_path / f"{name}.tif", overview_level=0) as file:
            assert file.shape == (512, 512)
            found[name] = set(np.unique(file.read(1)).tolist())
    assert found["share"] == {0.5}
    assert found["name"] <= {0, 7}


def shared_blocks(count: int, make: Callable[[int], np.ndarray]) -> dict[str, xr.DataArray]:
    """Return two rasters in a column of 512 × 512 blocks, each block made once for both."""
    blocks = [delayed(make)(number) for number in range(count)]
    column = da.concatenate([da.from_delayed(one, (512, 512), "float32") for one in blocks])
    return {"a": raster(column), "b": raster(column * 2)}


def test_blocks_that_two_rasters_share_are_computed_once(tmp_path: Path) -> None:
    made = []

    def make(number: int) -> np.ndarray:
        made.append(number)
        return np.full((512, 512), number, "float32")

    layers = shared_blocks(4, make)
    rasters.write_cogs({tmp_path / f"{name}.tif": layer for name, layer in layers.items()})
    assert sorted(made) == [0, 1, 2, 3]
    for name, factor in (("a", 1), ("b", 2)):
        with rasterio.open(tmp_path / f"{name}.tif") as file:
            assert file.read(1)[::512, 0].tolist() == [factor * k for k in range(4)]


def test_memory_holds_a_few_blocks_only(tmp_path: Path) -> None:
    layers = shared_blocks(24, lambda number: np.full((512, 512), number, "float32"))
    tracemalloc.start()
    with dask.config.set(scheduler="threads", num_workers=2):
        rasters.write_cogs({tmp_path / f"{name}.tif": layer for name, layer in layers.items()})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Both rasters together have 48 MiB.
    assert peak < 16 * 2**20


def test_an_error_half_way_leaves_every_old_file(tmp_path: Path) -> None:
    targets = {name: tmp_path / f"{name}.tif" for name in ("a", "b")}
    for target in targets.values():
        target.write_text("old")
    seen = []

    def make(number: int) -> np.ndarray:
        # What a killed write would leave under the targets' names at this moment.
        seen.append([target.read_text() for target in targets.values()])
        if number == 5:
            raise ArithmeticError("no level here")
        return np.zeros((512, 512), "float32")

    layers = shared_blocks(6, make)
    with pytest.raises(ArithmeticError, match="no level here"):
        rasters.write_cogs({targets[name]: layer for name, layer in layers.items()})
    assert [target.read_text() for target in targets.values()] == ["old", "old"]
    assert sorted(tmp_path.iterdir()) == sorted(targets.values())
    assert all(texts == ["old", "old"] for texts in seen)


@pytest.mark.parametrize("free_bytes", [1_000_000, 4_190_000, 4_400_000])
def test_a_full_disk_is_noticed(tmp_path: Path, free_bytes: int) -> None:
    resource = pytest.importorskip("resource")
    target = tmp_path / "noise.tif"
    target.write_text("old")
    # 4,194,304 bytes that hardly compress, and an overview: it fails early, or when files close.
    noise = raster(np.random.default_rng(1).random((1024, 1024)).astype("float32"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, limits[1]))
    try:
        with pytest.raises(rasters.RasterError, match="is the disk full"):
            rasters.write_cogs({target: noise})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("free_bytes", [1_000, 300_000, 4_300_000])
def test_a_disk_that_fills_while_gdal_writes_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int
) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limited(*arguments: Any, **options: Any) -> None:
        # It fails at the header, at the overviews, or at the cells.
        resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, limits[1]))
        copy(*arguments, **options)

    monkeypatch.setattr(writing, "copy", limited)
    noise = raster(np.random.default_rng(1).random((1024, 1024)).astype("float32"))
    try:
        with pytest.raises(rasters.RasterError, match="is the disk full"):
            rasters.write_cogs({tmp_path / "noise.tif": noise})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_blocks_come_in_any_order_and_through_copies_of_their_target(tmp_path: Path) -> None:
    cells = np.arange(2 * 7 * 5, dtype="int16").reshape(2, 7, 5)
    target = RawBlocks(tmp_path / "blocks", cells.shape, cells.dtype)
    target.make()
    # Columns in part, rows in whole, one band or both.
    for index in (np.s_[1:2, 4:7, 0:5], np.s_[0:1, 4:7, 0:5], np.s_[0:2, 0:4, 2:5]):
        pickle.loads(pickle.dumps(target))[index] = cells[index]  # noqa: S301
    target[np.s_[0:2, 0:4, 0:2]] = cells[:, :4, :2].astype("float64")
    assert target.path.read_bytes() == cells.tobytes()
    with pytest.raises(rasters.RasterError, match="float64 that int16 cannot hold"):
        target[np.s_[0:1, 0:1, 0:1]] = np.full((1, 1, 1), 0.5)


def test_large_whole_numbers_stay_exact(tmp_path: Path) -> None:
    missing = -(2**62)
    cells = raster(np.array([[2**53 + 1, missing], [2, 3]], "int64")).rio.write_nodata(missing)
    rasters.write_cogs({tmp_path / "ids.tif": cells})
    with rasterio.open(tmp_path / "ids.tif") as file:
        assert file.read(1).tolist() == [[2**53 + 1, missing], [2, 3]]
        assert file.nodata == missing


def test_complex_numbers_come_back(tmp_path: Path) -> None:
    cells = np.array([[1 + 2j, 3], [4, 5j]], "complex64")
    rasters.write_cogs({tmp_path / "waves.tif": raster(cells)})
    with rasterio.open(tmp_path / "waves.tif") as file:
        np.testing.assert_array_equal(file.read(1), cells)


def test_what_a_viewer_noted_beside_the_old_file_goes(tmp_path: Path) -> None:
    noted = tmp_path / "level.tif.aux.xml"
    noted.write_text("<PAMDataset/>")
    rasters.write_cogs({tmp_path / "level.tif": raster(levels(20, 20))})
    assert not noted.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (raster(levels(9, 9)).drop_vars("spatial_ref"), "no coordinate system"),
        (raster(levels(9, 9))[::-1], "south to north"),
        (raster(levels(9, 9)).rename(y="lat"), "dimensions"),
        (raster(levels(9, 9) > 3), "holds no bool"),
        (raster(levels(9, 9))[:0], "dimensions"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, wrong: xr.DataArray, words: str) -> None:
    with pytest.raises(rasters.RasterError, match=words):
        rasters.write_cogs({tmp_path / "wrong.tif": wrong})
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    cells = raster(levels(9, 9))
    with pytest.raises(rasters.RasterError, match="no raster to write"):
        rasters.write_cogs({})
    with pytest.raises(rasters.RasterError, match=r"folder .*nowhere does not exist"):
        rasters.write_cogs({tmp_path / "nowhere" / "a.tif": cells})
    with pytest.raises(rasters.RasterError, match="is a folder"):
        rasters.write_cogs({tmp_path: cells})
    assert not list(tmp_path.iterdir())
