"""The cells of a raster in a file without header, which nothing takes for a finished raster."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio import Affine
from rasterio._err import CPLE_BaseError
from rasterio.dtypes import dtype_rev, typename_fwd

from hanoi_analytics.rasters.checks import RasterError

# What has a place of its own in a GeoTIFF, and need not be said again in its tags.
_OWN_PLACE = {"units", "long_name", "_FillValue", "scale_factor", "add_offset", "grid_mapping"}


@dataclass(frozen=True)
class RawBlocks:
    """Where Dask puts blocks: band after band, row after row, in the machine's byte order.

    No two blocks share a byte and each opens the file anew, so that no lock is needed and workers
    may be other processes.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def make(self) -> None:
        """Make the file in its full size, so that a full disk is met before the work is done."""
        size = int(np.prod(self.shape)) * self.dtype.itemsize
        with named_errors(self.path), self.path.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)

    def __setitem__(self, index: tuple[slice, slice, slice], values: np.ndarray) -> None:
        """Write a block."""
        bands, rows, columns = index
        cells = np.ascontiguousarray(values, self.dtype)
        if values.dtype != self.dtype and not np.array_equal(cells, values, equal_nan=True):
            raise RasterError(
                f"{self.path}: a block holds {values.dtype} that {self.dtype} cannot hold, which "
                f"is the raster's type; convert it with .astype first"
            )
        # Several rows that follow each other in the file are written at once.
        whole = cells.shape[2] == self.shape[2]
        with named_errors(self.path), self.path.open("r+b") as file:
            for band, layer in enumerate(cells, bands.start):
                for row, part in enumerate([layer] if whole else layer, rows.start):
                    first = (band * self.shape[1] + row) * self.shape[2] + columns.start
                    file.seek(first * self.dtype.itemsize)
                    file.write(part.data)


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Say of errors that come from a file which one it was."""
    try:
        yield
    except (OSError, CPLE_BaseError) as error:  # copy raises what GDAL says as it is
        raise RasterError(f"{path} cannot be written ({error}); is the disk full?") from error


def described(blocks: RawBlocks, raster: xr.DataArray) -> str:
    """Return what GDAL opens as a raster: the words about it, and where its cells lie, as VRT.

    Parameters
    ----------
    blocks : RawBlocks
        The file that holds the cells.
    raster : xarray.DataArray, (band, y, x)
        What is told of it: place, missing value, scale, units, descriptions and tags.

    Returns
    -------
    str
        To be opened where ``GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE`` is ``ALL``.
    """
    attrs, (height, width) = raster.attrs, blocks.shape[1:]
    root = ElementTree.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    _add(root, "SRS", raster.rio.crs.to_wkt())
    _add(root, "GeoTransform", ", ".join(str(float(one)) for one in transform(raster).to_gdal()))
    tags = _add(root, "Metadata")
    for name, value in attrs.items():
        if name not in _OWN_PLACE:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            _add(tags, "MDI", text, key=str(name))
    item, band_bytes = blocks.dtype.itemsize, height * width * blocks.dtype.itemsize
    told = {
        "NoDataValue": _nodata(raster),
        "UnitType": attrs.get("units", ""),
        "Scale": float(attrs.get("scale_factor", 1.0)),
        "Offset": float(attrs.get("add_offset", 0.0)),
        "SourceFilename": blocks.path.absolute(),
        "PixelOffset": item,
        "LineOffset": width * item,
        "ByteOrder": "LSB" if sys.byteorder == "little" else "MSB",
    }
    kind = typename_fwd[dtype_rev[blocks.dtype.name]]
    for number, description in enumerate(_descriptions(raster)):
        band = _add(
            root, "VRTRasterBand", dataType=kind, band=str(number + 1), subClass="VRTRawRasterBand"
        )
        _add(band, "Description", description)
        _add(band, "ImageOffset", str(number * band_bytes))
        for name, value in told.items():
            if value is not None:
                _add(band, name, str(value))
    return ElementTree.tostring(root, encoding="unicode")


def transform(raster: xr.DataArray) -> Affine:
    """Return where a raster lies; of one row or column the coordinates give no size of a cell."""
    return raster.rio.transform(recalc=min(raster.shape[-2:]) > 1)


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> Any:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = text
    return child


def _nodata(raster: xr.DataArray) -> int | float | None:
    nodata = raster.rio.nodata
    if np.issubdtype(raster.dtype, np.integer):
        # As a float, a large whole number would be another.
        return None if nodata is None else int(nodata)
    if nodata is None:
        return np.nan if np.issubdtype(raster.dtype, np.floating) else None
    return float(nodata)


def _descriptions(raster: xr.DataArray) -> list[str]:
    name = str(raster.dims[0])
    if name in raster.coords and name != "band":
        return [f"{name} {value}" for value in raster[name].to_numpy()]
    told: Any = raster.attrs.get("long_name", "" if raster.name is None else raster.name)
    # rioxarray reads the descriptions of several bands as a tuple.
    return [str(told)] * raster.shape[0] if isinstance(told, str) else [str(one) for one in told]
