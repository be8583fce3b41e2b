"""Rasters opened lazily from files of any usual format, in chunks of whole blocks."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rioxarray
import xarray as xr
from rasterio.enums import Interleaving
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader

from hanoi_analytics.errors import nearest
from hanoi_analytics.rasters.checks import RasterError
from hanoi_analytics.rasters.chunking import whole_blocks
from hanoi_analytics.rasters.labelled import north_up, open_labelled

_ZARR_MARKS = ("zarr.json", ".zgroup", ".zmetadata")
_NETCDF_SIGNS = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")
_HDF4_SIGN = b"\x0e\x03\x13\x01"
_NO_HDF4 = (
    " (it is HDF4, which this build of GDAL leaves out; convert it by one that has it, for example "
    "`gdal_translate HDF4_EOS:… out.tif` of conda-forge's libgdal-hdf4)"
)


def open_raster(
    path: Path | str, variable: str | None = None, *, masked: bool = True, chunk_mb: float = 16.0
) -> xr.DataArray:
    """Open a GeoTIFF, a Zarr store, a NetCDF file, or what else GDAL reads, without reading it.

    Parameters
    ----------
    path : pathlib.Path or str
        The format is told by what is in the file, not by its name; a Zarr store is a folder.
    variable : str, optional
        Which variable of a NetCDF file or Zarr store, or which raster of a file with several.
    masked : bool
        Whether stored values become real ones: missing cells NaN, scale and offset applied.
        Otherwise cells are as stored, with ``.rio.nodata`` and the scale in ``.attrs``.
    chunk_mb : float
        The most megabytes of a chunk. Chunks are whole blocks of the file, so that no block is
        read twice; a block that is larger makes a chunk of its own.

    Returns
    -------
    xarray.DataArray, (y, x) or (…, y, x)
        Lazy. Dimensions such as latitude and longitude are named y and x; rows run from north to
        south. A single band is no dimension. Without coordinate system in the file ``.rio.crs`` is
        None, except that degrees of latitude and longitude are taken for WGS 84. The cells of a
        rotated grid have no coordinates; ``.rio.transform()`` tells where they lie.

    Raises
    ------
    RasterError
        No such file, a format that is not read here, several variables, no or unequal steps
        between cells, or a raster that control points or a sensor model place instead of a grid.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> classes = open_raster(catalogue.path("vn_degree_of_urbanisation_2025"), masked=False)
    >>> classes.dims, str(classes.dtype), int(classes.rio.nodata)
    (('y', 'x'), 'uint8', 255)
    """
    raster = _opened(Path(path), variable, masked=masked, limit_bytes=int(chunk_mb * 1e6))
    # How the file packed its values is no rule for a file that is written later.
    raster.encoding = {"grid_mapping": "spatial_ref"}
    return raster.rio.write_nodata(np.nan, encoded=True) if masked else raster


def _opened(place: Path, variable: str | None, *, masked: bool, limit_bytes: int) -> xr.DataArray:
    if place.is_dir():
        if not any((place / mark).is_file() for mark in _ZARR_MARKS):
            raise RasterError(f"{place} is a folder, and no Zarr store: it has no zarr.json")
        return open_labelled(place, "zarr", variable, masked=masked, limit_bytes=limit_bytes)
    if not place.exists():
        there = [file.name for file in place.parent.glob("[!.]*")]
        raise RasterError(f"{place}: there is no such file; {nearest(place.name, there)}")
    with place.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(_NETCDF_SIGNS):
        return open_labelled(place, "netcdf4", variable, masked=masked, limit_bytes=limit_bytes)
    try:
        return _open_by_gdal(str(place), variable, masked=masked, limit_bytes=limit_bytes)
    except RasterioIOError as error:
        hint = _NO_HDF4 if start.startswith(_HDF4_SIGN) else ""
        raise RasterError(f"{place}: not a raster that GDAL reads here{hint}: {error}") from error


def _open_by_gdal(
    name: str, variable: str | None, *, masked: bool, limit_bytes: int
) -> xr.DataArray:
    with rasterio.open(name) as file:
        if file.subdatasets:
            chosen = _subdataset(file.subdatasets, variable, name)
            return _open_by_gdal(chosen, None, masked=masked, limit_bytes=limit_bytes)
        if variable is not None:
            raise RasterError(f"{name} holds one raster and no {variable!r}; leave variable out")
        _require_grid_in_file(file)
        chunks = _chunks(file, masked, limit_bytes)
        rotated = bool(file.transform.b or file.transform.d)
    opened: Any = rioxarray.open_rasterio(
        name, chunks=chunks, lock=False, mask_and_scale=masked, parse_coordinates=not rotated
    )
    raster: xr.DataArray = (
        opened.squeeze("band", drop=True) if opened.sizes["band"] == 1 else opened
    )
    # Rows of a picture without a place run as they stand.
    return raster if rotated or raster.rio.crs is None else north_up(raster, raster.rio.transform())


def _subdataset(names: list[str], variable: str | None, path: str) -> str:
    endings = [one.removesuffix(f":{path}") for one in names]
    for one, ending in zip(names, endings, strict=True):
        if variable is not None and (variable in (one, ending) or one.endswith(f":{variable}")):
            return one
    raise RasterError(
        f"{path} holds {len(names)} rasters; name one by variable=…, found {variable!r}: "
        f"{', '.join(endings)}"
    )


def _require_grid_in_file(file: DatasetReader) -> None:
    """Raise where control points or a sensor model place the cells, and no grid does."""
    if not file.transform.is_identity:
        return
    points = len(file.gcps[0])
    how, option = f"{points} ground control points", "-tps"
    if file.rpcs:
        how, option = "rational polynomial coefficients of its sensor", "-rpc"
    if points or file.rpcs:
        raise RasterError(
            f"{file.name}: its cells are placed by {how}, not by a grid; bring it to one first: "
            f"gdalwarp {option} {Path(file.name).name} out.tif"
        )


def _chunks(file: DatasetReader, masked: bool, limit_bytes: int) -> dict[Hashable, int]:
    rows, columns = file.block_shapes[0]
    together = file.interleaving == Interleaving.pixel
    types = ["complex64" if one == "complex_int16" else one for one in file.dtypes]
    return whole_blocks(
        {"band": file.count, "y": file.height, "x": file.width},
        {"band": file.count if together else 1, "y": rows, "x": columns},
        np.result_type(*types, *(["float32"] if masked else [])).itemsize,
        limit_bytes=limit_bytes,
    )
