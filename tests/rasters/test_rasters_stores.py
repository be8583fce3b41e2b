"""Zarr stores and files: what they hold, and what a write that is killed leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from hanoi_analytics import rasters

pytest.importorskip("zarr")

# Writes a raster of sixteen blocks, and is killed by itself when it makes the ninth.
KILLED = """
import os, signal, sys
from pathlib import Path
import dask, dask.array as da, numpy as np, rioxarray, xarray as xr
from hanoi_analytics import rasters
made = []
def block(block_info=None):
    made.append(block_info)
    if len(made) == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return np.ones((16, 16), "float32")
cells = da.map_blocks(block, chunks=((16,) * 4, (16,) * 4), dtype="float32", meta=np.empty((0, 0)))
ticks = {"y": 64.0 - np.arange(64), "x": 1.0 * np.arange(64)}
raster = xr.DataArray(cells, ticks, ("y", "x"), "values").rio.write_crs(32648)
target = Path(sys.argv[1])
with dask.config.set(scheduler="synchronous"):
    if target.suffix == ".zarr":
        rasters.write_zarr(raster, target)
    else:
        rasters.write_cogs({target: raster})
"""


def cube() -> xr.DataArray:
    """Return three times of rows and columns, lazily, with uneven chunks."""
    cells = np.arange(3 * 50 * 40, dtype="float32").reshape(3, 50, 40)
    cells[:, :3, :3] = np.nan
    ticks = {
        "time": np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "datetime64[ns]"),
        "y": 2_330_000.0 - 30 * np.arange(50),
        "x": 580_000.0 + 30 * np.arange(40),
    }
    made = xr.DataArray(cells, ticks, ("time", "y", "x"), "ndvi").rio.write_crs(32648)
    made.attrs |= {"units": "1", "source": {"id": "made", "years": [2024]}}
    return made.chunk(time=1, y=(7, 20, 20, 3), x=40)


def test_a_store_gives_back_cells_place_and_words(tmp_path: Path) -> None:
    rasters.write_zarr(cube(), tmp_path / "cube.zarr")
    back = rasters.open_raster(tmp_path / "cube.zarr")
    np.testing.assert_array_equal(back, cube())
    assert back.rio.crs.to_epsg() == 32648
    assert back.rio.transform() == cube().rio.transform()
    assert back.attrs["source"] == {"id": "made", "years": [2024]}
    assert (back["time"] == cube()["time"]).all()
    plain = xr.open_zarr(tmp_path / "cube.zarr", consolidated=False)
    assert plain["ndvi"].encoding["chunks"] == (1, 20, 40)
    assert [path.name for path in tmp_path.iterdir()] == ["cube.zarr"]


def test_classes_keep_type_and_missing_value(tmp_path: Path) -> None:
    names = np.array([[1, 255], [3, 4]], "uint8")
    classes = xr.DataArray(names, {"y": [1.5, 0.5], "x": [0.5, 1.5]}, ("y", "x"))
    both = xr.Dataset({"a": classes.rio.write_nodata(255), "b": classes * 1.0}).rio.write_crs(32648)
    rasters.write_zarr(both, tmp_path / "both.zarr")
    with pytest.raises(rasters.RasterError, match=r"2 variables.*a, b"):
        rasters.open_raster(tmp_path / "both.zarr")
    raw = rasters.open_raster(tmp_path / "both.zarr", "a", masked=False)
    assert (raw.dtype, raw.rio.nodata) == ("uint8", 255)
    masked = rasters.open_raster(tmp_path / "both.zarr", "a")
    np.testing.assert_array_equal(masked, [[1, np.nan], [3, 4]])


def test_a_store_of_the_second_version_opens(tmp_path: Path) -> None:
    made = cube().chunk(y=50).to_dataset()
    made.attrs.clear()
    made["ndvi"].attrs.clear()
    made.to_zarr(tmp_path / "old.zarr", zarr_format=2, consolidated=True)
    back = rasters.open_raster(tmp_path / "old.zarr")
    assert back.rio.crs.to_epsg() == 32648
    np.testing.assert_array_equal(back, cube())


def test_an_error_leaves_the_old_store_and_success_replaces_it(tmp_path: Path) -> None:
    target = tmp_path / "a.zarr"
    rasters.write_zarr(cube(), target)

    def fail(cells: np.ndarray) -> np.ndarray:
        raise ArithmeticError("no value here")

    broken = cube().copy(data=da.map_blocks(fail, cube().data, dtype="float32", meta=np.empty(0)))
    with pytest.raises(ArithmeticError, match="no value here"):
        rasters.write_zarr(broken, target)
    np.testing.assert_array_equal(rasters.open_raster(target), cube())
    rasters.write_zarr(cube()[:1] * 2, target)
    np.testing.assert_array_equal(rasters.open_raster(target), cube()[:1] * 2)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_a_killed_write_leaves_nothing_under_the_name(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    done = subprocess.run([sys.executable, "-c", KILLED, target], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()
    assert not target.exists()
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    assert left[0].name.startswith(".")
    if name.endswith(".zarr"):
        assert list(left[0].glob("new/values/c/**/*")), "it was killed before any chunk was written"
        with pytest.raises(rasters.RasterError, match="no Zarr store"):
            rasters.open_raster(left[0] / "new")
        with pytest.raises(FileNotFoundError):
            xr.open_zarr(left[0] / "new", consolidated=False)
        rasters.write_zarr(cube(), target)
    else:
        rasters.write_cogs({target: cube()[0]})
    assert rasters.open_raster(target).shape[-2:] == (50, 40)
    assert sorted(tmp_path.iterdir()) == sorted([*left, target])


def test_where_and_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for data, name, words in (
        (cube(), "nowhere/a.zarr", "does not exist"),
        (cube(), "folder", "is there and is no Zarr store"),
        (cube().drop_vars("spatial_ref"), "a.zarr", "no coordinate system"),
        (cube().transpose("y", "x", "time"), "a.zarr", "dimensions"),
        (xr.Dataset(), "a.zarr", "no raster to write"),
    ):
        with pytest.raises(rasters.RasterError, match=words):
            rasters.write_zarr(data, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
