"""Cloud-Optimised GeoTIFFs, written block by block and put in place whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask.array as da
import numpy as np
import rasterio
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio.dtypes import check_dtype
from rasterio.errors import RasterioIOError
from rasterio.shutil import copy
from rasterio.windows import Window

from hanoi_analytics.rasters.checks import RasterError, require_crs

_CACHE_MB = 128
# What has a place of its own in a GeoTIFF, and need not be said again in its tags.
_OWN_PLACE = {"units", "long_name", "_FillValue", "scale_factor", "add_offset", "grid_mapping"}


def write_cogs(rasters: Mapping[Path, xr.DataArray]) -> None:
    """Write rasters as Cloud-Optimised GeoTIFFs, one file each, all in one pass over the blocks.

    Lazy rasters are never held whole, and blocks that several of them share are computed once.
    The blocks go to uncompressed files in hidden folders beside the targets, so the disk must
    have room for them; the finished files then take the targets' names. After an error every
    target is as it was.

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
        blocks = [part.with_name(f"blocks-{part.name}") for part in parts]
        for raster, path in zip(banded.values(), blocks, strict=True):
            _create(path, raster)
        targets: Any = [_Blocks(str(path)) for path in blocks]
        da.store([_lazy(raster) for raster in banded.values()], targets, lock=True)
        for raster, path, part in zip(banded.values(), blocks, parts, strict=True):
            _optimise(path, part, whole_numbers=np.issubdtype(raster.dtype, np.integer))
            path.unlink()


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
    with TemporaryDirectory(prefix=".", suffix=".part", dir=target.parent) as folder:
        part = Path(folder) / target.name
        yield part
        part.replace(target)
        # What a viewer noted beside the old file, such as its lowest and highest value.
        Path(f"{target}.aux.xml").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Blocks:
    """Where Dask puts blocks: opened for each, because workers may be other processes."""

    path: str

    def __setitem__(self, index: tuple[slice, slice, slice], values: np.ndarray) -> None:
        bands, rows, columns = index
        window = Window.from_slices(rows, columns)
        numbers = list(range(bands.start + 1, bands.stop + 1))
        with _named_errors(self.path):
            with rasterio.open(self.path, "r+") as file:
                file.write(values, numbers, window=window)
            with rasterio.open(self.path) as file:
                _require_same(values, file.read(numbers, window=window), self.path)


def _optimise(blocks: Path, part: Path, *, whole_numbers: bool) -> None:
    """Make a Cloud-Optimised GeoTIFF of a plain one, and see that it holds the same."""
    # GDAL would keep blocks in a twentieth of the machine's memory.
    with _named_errors(part), rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        copy(
            str(blocks), str(part), driver="COG", compress="DEFLATE", predictor="YES",
            overview_resampling="NEAREST" if whole_numbers else "AVERAGE",
            bigtiff="IF_SAFER", num_threads="ALL_CPUS",
        )  # fmt: skip
        with rasterio.open(blocks) as computed, rasterio.open(part) as written:
            for _, window in written.block_windows(1):
                _require_same(computed.read(window=window), written.read(window=window), part)


def _require_same(expected: np.ndarray, found: np.ndarray, path: str | Path) -> None:
    # GDAL may meet a full disk only when it closes a file, and rasterio then raises nothing.
    if not np.array_equal(expected, found, equal_nan=True):
        raise RasterError(f"{path}: the file does not hold what was written; is the disk full?")


@contextmanager
def _named_errors(path: str | Path) -> Iterator[None]:
    try:
        yield
    except RasterioIOError as error:
        raise RasterError(f"{path} cannot be written ({error}); is the disk full?") from error


def _checked(raster: xr.DataArray, path: str) -> xr.DataArray:
    """Return a raster with a dimension for its bands, or say why it cannot be written."""
    if raster.ndim not in (2, 3) or raster.dims[-2:] != ("y", "x") or not raster.size:
        raise RasterError(
            f"{path}: expected cells with dimensions (y, x) or (band, y, x), found "
            f"{dict(raster.sizes)}"
        )
    require_crs(raster.rio.crs, f"raster for {path}")
    if _transform(raster).e > 0:
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


def _transform(raster: xr.DataArray) -> rasterio.Affine:
    # Of one row or column the coordinates do not give the size of a cell.
    return raster.rio.transform(recalc=min(raster.shape[-2:]) > 1)


def _lazy(raster: xr.DataArray) -> da.Array:
    return raster.data if raster.chunks else da.from_array(raster.to_numpy())


def _create(path: Path, raster: xr.DataArray) -> None:
    """Make a file without cells, with all that is said about them."""
    attrs, (count, height, width) = raster.attrs, raster.shape
    nodata = raster.rio.nodata
    if nodata is None and np.issubdtype(raster.dtype, np.floating):
        nodata = np.nan
    with rasterio.open(
        path, "w", driver="GTiff", tiled=True, blockxsize=512, blockysize=512, bigtiff="IF_SAFER",
        width=width, height=height, count=count, dtype=raster.dtype, nodata=nodata,
        crs=raster.rio.crs, transform=_transform(raster),
    ) as file:  # fmt: skip
        file.descriptions = _descriptions(raster)
        file.units = [attrs.get("units", "")] * count
        file.scales = [attrs.get("scale_factor", 1.0)] * count
        file.offsets = [attrs.get("add_offset", 0.0)] * count
        file.update_tags(
            **{
                str(name): value if isinstance(value, str) else json.dumps(value, default=str)
                for name, value in attrs.items()
                if name not in _OWN_PLACE
            }
        )


def _descriptions(raster: xr.DataArray) -> list[str]:
    name = str(raster.dims[0])
    if name in raster.coords and name != "band":
        return [f"{name} {value}" for value in raster[name].to_numpy()]
    told: Any = raster.attrs.get("long_name", "" if raster.name is None else raster.name)
    # rioxarray reads the descriptions of several bands as a tuple.
    return [str(told)] * raster.shape[0] if isinstance(told, str) else [str(one) for one in told]
