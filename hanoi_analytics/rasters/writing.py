"""Cloud-Optimised GeoTIFFs, written block by block and put in place whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import rasterio
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio.dtypes import check_dtype
from rasterio.shutil import copy

from hanoi_analytics import cluster
from hanoi_analytics.rasters.checks import RasterError, require_crs
from hanoi_analytics.rasters.hidden_folders import hidden_folder
from hanoi_analytics.rasters.raw_blocks import RawBlocks, described, named_errors, transform

_CACHE_MB = 128
_GAP_BYTES = 4096
# The header of a GeoTIFF, BigTIFF or not, without which nothing opens it.
_HEAD_BYTES = 16


def write_cogs(rasters: Mapping[Path, xr.DataArray]) -> None:
    """Write rasters as Cloud-Optimised GeoTIFFs, one file each, all in one pass over the blocks.

    Lazy rasters are never held whole, and blocks that several of them share are computed once.
    The blocks go to uncompressed files in hidden folders beside the targets, so the disk must
    have room for them; the finished files then take the targets' names. After an error every
    target is as it was. A write that is killed leaves hidden folders, in which nothing unfinished
    opens and which the next write to the same target removes.

    Parameters
    ----------
    rasters : mapping of pathlib.Path to xarray.DataArray, (y, x) or (band, y, x)
        What to write where, north up. Whole numbers count as classes or names: their overviews
        take the nearest cell; those of other numbers the mean.

    Raises
    ------
    RasterError
        No raster, a folder that does not exist, no coordinate system, rows from south to north,
        other dimensions, a type that no GeoTIFF holds, or a full disk.

    Notes
    -----
    Kept are coordinate system, transform, missing value (NaN where a float raster names none),
    scale, units, and a description for each band: the coordinate of the first dimension, or
    ``long_name``. Other ``attrs`` become tags, as JSON where they are no text.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> from tempfile import TemporaryDirectory
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> with TemporaryDirectory() as folder:
    ...     target = Path(folder) / "people.tif"
    ...     write_cogs({target: people})
    ...     with rasterio.open(target) as file:
    ...         file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]
    'COG'
    """
    if not rasters:
        raise RasterError("no raster to write")
    banded = {Path(path): _checked(raster, str(path)) for path, raster in rasters.items()}
    with ExitStack() as stack:
        parts = [stack.enter_context(in_one_step(path)) for path in banded]
        targets: Any = [
            RawBlocks(
                part.with_name(f"blocks-{part.name}"), raster.shape, raster.dtype.newbyteorder("=")
            )
            for raster, part in zip(banded.values(), parts, strict=True)
        ]
        for blocks in targets:
            blocks.make()
        lazy = [_lazy(raster) for raster in banded.values()]
        cluster.compute(da.store(lazy, targets, lock=False, compute=False))
        heads = map(_optimise, targets, banded.values(), parts)
        for part, head in zip(parts, list(heads), strict=True):
            _complete(part, head)


@contextmanager
def in_one_step(target: Path) -> Iterator[Path]:
    """Give a path to write to; what was written takes the target's name if nothing failed.

    Parameters
    ----------
    target : pathlib.Path
        A file in a folder that exists; it is replaced.

    Yields
    ------
    pathlib.Path
        In a hidden folder beside the target, which is removed in the end.

    Raises
    ------
    RasterError
        The target's folder does not exist, or the target is a folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with in_one_step(Path(folder) / "note.txt") as part:
    ...         _ = part.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    if not target.parent.is_dir():
        raise RasterError(f"{target}: the folder {target.parent} does not exist; make it first")
    if target.is_dir():
        raise RasterError(f"{target} is a folder; expected the name of a file")
    with hidden_folder(target) as folder:
        part = folder / target.name
        yield part
        part.replace(target)
        # What a viewer noted beside the old file, such as its lowest and highest value.
        Path(f"{target}.aux.xml").unlink(missing_ok=True)


def _optimise(blocks: RawBlocks, raster: xr.DataArray, part: Path) -> bytes:
    """Make a Cloud-Optimised GeoTIFF of blocks, and see that it holds the same.

    Returns its first bytes, which the file lacks: GDAL would open a GeoTIFF that is half written.
    """
    # GDAL writes behind a gap, so that no file of its own opens either. It cannot make files
    # there: the one of the overviews must be there too.
    gapped = part.with_name(f"gapped-{part.name}")
    overviews = Path(f"{gapped}.ovr.tmp")
    name = f"/vsisubfile/{_GAP_BYTES},{gapped}"
    source = described(blocks, raster)
    whole_numbers = np.issubdtype(raster.dtype, np.integer)
    # GDAL would keep blocks in a twentieth of the machine's memory.
    with (
        named_errors(part),
        rasterio.Env(GDAL_CACHEMAX=_CACHE_MB, GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE="ALL"),
    ):
        gapped.touch()
        overviews.touch()
        copy(
            source, name, driver="COG", compress="DEFLATE",
            predictor="NO" if np.iscomplexobj(raster) else "YES",
            overview_resampling="NEAREST" if whole_numbers else "AVERAGE",
            bigtiff="IF_SAFER", num_threads="ALL_CPUS",
        )  # fmt: skip
        with rasterio.open(source) as computed, rasterio.open(name) as written:
            for _, window in written.block_windows(1):
                _require_same(computed.read(window=window), written.read(window=window), part)
        blocks.path.unlink()
        overviews.unlink()
        return _close_gap(gapped, part)


def _close_gap(gapped: Path, part: Path) -> bytes:
    """Move a file to the front, except for its first bytes, which are returned."""
    with gapped.open("rb") as source, part.open("wb") as moved:
        source.seek(_GAP_BYTES)
        head = source.read(_HEAD_BYTES)
        moved.seek(_HEAD_BYTES)
        shutil.copyfileobj(source, moved, 2**20)
    gapped.unlink()
    return head


def _complete(part: Path, head: bytes) -> None:
    with named_errors(part), part.open("r+b") as file:
        file.write(head)


def _require_same(expected: np.ndarray, found: np.ndarray, path: Path) -> None:
    # GDAL may meet a full disk only when it closes a file, and rasterio then raises nothing.
    if not np.array_equal(expected, found, equal_nan=True):
        raise RasterError(f"{path}: the file does not hold what was written; is the disk full?")


def _checked(raster: xr.DataArray, path: str) -> xr.DataArray:
    """Return a raster with a dimension for its bands, or say why it cannot be written."""
    if raster.ndim not in (2, 3) or raster.dims[-2:] != ("y", "x") or not raster.size:
        raise RasterError(
            f"{path}: expected cells with dimensions (y, x) or (band, y, x), found "
            f"{dict(raster.sizes)}"
        )
    require_crs(raster.rio.crs, f"raster for {path}")
    if transform(raster).e > 0:
        raise RasterError(
            f"{path}: the raster's rows run from south to north; turn it north up first, with "
            f".sortby('y', ascending=False)"
        )
    if not check_dtype(raster.dtype) or raster.dtype == bool:
        raise RasterError(
            f"{path}: a GeoTIFF holds no {raster.dtype}; convert it, for example with "
            f".astype('uint8')"
        )
    return raster if raster.ndim == 3 else raster.expand_dims("band")


def _lazy(raster: xr.DataArray) -> da.Array:
    return raster.data if raster.chunks else da.from_array(raster.to_numpy())
