"""Zarr stores, written chunk by chunk and put in place whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr

from hanoi_analytics import cluster
from hanoi_analytics.rasters.checks import RasterError, require_crs
from hanoi_analytics.rasters.hidden_folders import OLD, hidden_folder

_ROOT = "zarr.json"


def write_zarr(data: xr.DataArray | xr.Dataset, path: Path) -> None:
    """Write rasters as a Zarr store of version 3, chunk by chunk.

    Lazy rasters are never held whole. The store takes its name when it is complete; one that was
    there is replaced, and is kept if writing fails. A write that is killed leaves a hidden folder
    ``.*.part`` beside the target that opens nowhere, and that the next write to it removes. No
    system call of Python swaps two folders: killed between the two renames that do, the write
    leaves no store under the name; the old one is whole in the hidden folder, and the next write
    first puts it back.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset, (…, y, x)
        What to write, with coordinate system; each chunk in memory becomes one in the store.
    path : pathlib.Path
        The folder that becomes the store, such as ``cube.zarr``, in one that exists.

    Raises
    ------
    RasterError
        Nothing to write, no coordinate system, other dimensions, or a folder there that is no
        store.

    Notes
    -----
    Values are written as they are, without packing. What ``attrs`` hold is kept as JSON.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from hanoi_analytics import catalogue
    >>> from hanoi_analytics.rasters import open_raster
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> with TemporaryDirectory() as folder:
    ...     write_zarr(people, Path(folder) / "people.zarr")
    ...     found = open_raster(Path(folder) / "people.zarr")
    ...     bool((found.sum() == people.sum()).compute()), found.rio.crs == people.rio.crs
    (True, True)
    """
    dataset = _checked(data, path)
    path = Path(path)
    if not path.parent.is_dir():
        raise RasterError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.exists() and not (path / _ROOT).is_file() and not (path / ".zgroup").is_file():
        raise RasterError(f"{path} is there and is no Zarr store; give another name, or remove it")
    with hidden_folder(path) as folder:
        part, held = folder / "new", folder / _ROOT
        job = dataset.to_zarr(part, mode="w", zarr_format=3, consolidated=False, compute=False)
        # A store whose root says nothing opens nowhere: so it stays until every chunk is there.
        (part / _ROOT).rename(held)
        cluster.compute(job)
        held.rename(part / _ROOT)
        if path.exists():
            path.rename(folder / OLD)
        part.rename(path)


def _checked(data: xr.DataArray | xr.Dataset, path: Path) -> xr.Dataset:
    """Return a dataset ready to be written, or say why it cannot be."""
    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name="values" if data.name is None else data.name)
    if not data.data_vars:
        raise RasterError(f"{path}: no raster to write")
    return data.assign({name: _ready(item, name, path) for name, item in data.data_vars.items()})


def _ready(raster: xr.DataArray, name: Any, path: Path) -> xr.DataArray:
    if raster.dims[-2:] != ("y", "x") or not raster.size:
        raise RasterError(
            f"{path}: expected cells of {name!r} with dimensions (…, y, x), found "
            f"{dict(raster.sizes)}"
        )
    require_crs(raster.rio.crs, f"raster {name!r} for {path}")
    nodata = raster.rio.nodata
    ready = raster.rio.write_crs(raster.rio.crs)
    if raster.chunks is not None:
        # A store has chunks of one size: the last of a dimension alone may be smaller.
        ready = ready.chunk({dim: max(sizes) for dim, sizes in raster.chunksizes.items()})
    # Chunks and packing of the file that it came from are not those of the store; and passed to
    # to_zarr, an encoding would drop the coordinate system.
    ready.encoding = {"grid_mapping": ready.rio.grid_mapping}
    if ready.chunks is not None:
        ready.encoding["chunks"] = tuple(sizes[0] for sizes in ready.chunks)
    ready.attrs = {
        str(key): _plain(value) for key, value in raster.attrs.items() if key != "_FillValue"
    }
    if nodata is None:
        return ready
    return ready.rio.write_nodata(raster.dtype.type(nodata), encoded=True)


def _plain(value: Any) -> Any:
    """Return what JSON holds of a value: the same, or its words."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return json.loads(json.dumps(value, default=str))
