"""Zarr stores and files: what they hold, and what a write that is killed leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import rasterio
import xarray as xr

from hanoi_analytics import rasters
from hanoi_analytics.rasters.writing import in_one_step

pytest.importorskip("zarr")

# Each write has a process of its own, forked after the imports, that the kernel ends at a moment
# which does not depend on time: at a block, at a size of GDAL's files, or at a function.
KILLED = """
import json, os, resource, signal, sys
from pathlib import Path
import dask, dask.array as da, numpy as np, rioxarray, xarray as xr, zarr
from hanoi_analytics import rasters
from hanoi_analytics.rasters import writing

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def raster(killed_at):
    made = []
    def block(block_info=None):
        made.append(block_info)
        if len(made) == killed_at:
            die()
        return np.random.default_rng(len(made)).random((150, 150)).astype("float32")
    chunks = ((150,) * 4, (150,) * 4)
    cells = da.map_blocks(block, chunks=chunks, dtype="float32", meta=np.empty((0, 0), "float32"))
    ticks = {"y": 600.0 - np.arange(600), "x": 1.0 * np.arange(600)}
    return xr.DataArray(cells, ticks, ("y", "x"), "values").rio.write_crs(32648)

def no_larger_file(size):
    copy = writing.copy
    def limited(*arguments, **options):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        copy(*arguments, **options)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    writing.copy = limited

def write(target):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if target.stem == "overviews":
        no_larger_file(100_000)
    if target.stem == "copied":
        no_larger_file(1_000_000)
    if target.stem == "checked":
        writing._complete = die
    if target.stem == "swapped":
        rasters.write_zarr(raster(None), target)
        rename = Path.rename
        Path.rename = lambda path, to: die() if path.name == "new" else rename(path, to)
    data = raster(9 if target.stem == "blocks" else None)
    with dask.config.set(scheduler="synchronous"):
        if target.suffix == ".zarr":
            rasters.write_zarr(data, target)
        else:
            rasters.write_cogs({target: data})

children = {}
for name in sys.argv[2:]:
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    children[name] = os.fork()
    if not children[name]:
        write(folder / name)
        os._exit(0)
ended = {name: os.WTERMSIG(os.waitpid(child, 0)[1]) for name, child in children.items()}
print(json.dumps(ended))
"""
COGS = ["blocks.tif", "overviews.tif", "copied.tif", "checked.tif"]
STORES = ["blocks.zarr", "swapped.zarr"]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one for each write that was killed."""
    if not hasattr(os, "fork"):
        pytest.skip("processes cannot be forked here")
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-c", KILLED, str(folder), *COGS, *STORES]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    by_size = dict.fromkeys(["overviews.tif", "copied.tif"], signal.SIGXFSZ)
    assert json.loads(done.stdout) == dict.fromkeys(COGS + STORES, signal.SIGKILL) | by_size
    return folder


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


def broken() -> xr.DataArray:
    """Return a cube whose blocks cannot be computed."""

    def fail(cells: np.ndarray) -> np.ndarray:
        raise ArithmeticError("no value here")

    return cube().copy(data=da.map_blocks(fail, cube().data, dtype="float32", meta=np.empty(0)))


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

    with pytest.raises(ArithmeticError, match="no value here"):
        rasters.write_zarr(broken(), target)
    np.testing.assert_array_equal(rasters.open_raster(target), cube())
    rasters.write_zarr(cube()[:1] * 2, target)
    np.testing.assert_array_equal(rasters.open_raster(target), cube()[:1] * 2)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", COGS)
def test_a_killed_write_of_a_file_leaves_none_that_opens(killed: Path, name: str) -> None:
    target = killed / name / name
    (left,) = target.parent.iterdir()
    assert left.name.startswith(f".{name}.")
    files = {path.name: path for path in left.iterdir()}
    assert any(path.stat().st_size for path in files.values())
    for path in files.values():
        with pytest.raises(rasterio.RasterioIOError):
            rasterio.open(path)
    # What was killed was at work on these, and but for the gap GDAL would open them.
    ending = {"overviews.tif": ".ovr.tmp", "copied.tif": ""}.get(name)
    if ending is not None:
        with rasterio.open(f"/vsisubfile/4096,{files[f'gapped-{name}{ending}']}") as half:
            assert half.driver == "GTiff"
    rasters.write_cogs({target: cube()[0]})
    np.testing.assert_array_equal(rasters.open_raster(target), cube()[0])
    assert list(target.parent.iterdir()) == [target]


def test_a_killed_write_of_a_store_leaves_none_that_opens(killed: Path) -> None:
    target = killed / "blocks.zarr" / "blocks.zarr"
    (left,) = target.parent.iterdir()
    assert list(left.glob("new/values/c/**/*")), "it was killed before any chunk was written"
    with pytest.raises(rasters.RasterError, match="no Zarr store"):
        rasters.open_raster(left / "new")
    with pytest.raises(FileNotFoundError):
        xr.open_zarr(left / "new", consolidated=False)
    rasters.write_zarr(cube(), target)
    np.testing.assert_array_equal(rasters.open_raster(target), cube())
    assert list(target.parent.iterdir()) == [target]


def test_a_store_set_aside_by_a_killed_write_comes_back(killed: Path) -> None:
    target = killed / "swapped.zarr" / "swapped.zarr"
    (left,) = target.parent.iterdir()
    with rasters.open_raster(left / "old") as old:
        cells = old.to_numpy()
    with pytest.raises(ArithmeticError, match="no value here"):
        rasters.write_zarr(broken(), target)
    np.testing.assert_array_equal(rasters.open_raster(target), cells)
    assert list(target.parent.iterdir()) == [target]


def test_a_write_leaves_what_a_living_one_of_the_same_name_holds(tmp_path: Path) -> None:
    target, other = tmp_path / "a.tif", tmp_path / ".b.tif.abcdefgh.part"
    other.mkdir()
    with in_one_step(target) as part:
        part.write_text("later")
        rasters.write_cogs({target: cube()[0]})
        np.testing.assert_array_equal(rasters.open_raster(target), cube()[0])
    assert target.read_text() == "later"
    assert sorted(tmp_path.iterdir()) == [other, target]


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
