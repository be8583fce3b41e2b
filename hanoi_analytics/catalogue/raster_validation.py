"""Holding a raster against what the catalogue declares for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hanoi_analytics.catalogue.entries import OwnRaster, RasterSchema
from hanoi_analytics.catalogue.validation import SchemaError, check_crs

if TYPE_CHECKING:
    import xarray as xr


def check_raster(
    array: xr.DataArray, schema: RasterSchema, dataset: str, crs: str | None = None
) -> xr.DataArray:
    """Return the raster if its grid is the declared one.

    Raises
    ------
    SchemaError
        Naming each property that differs: coordinate system, cell size, type, missing value.
    """
    check_crs(array.rio.crs, crs, dataset)
    problems = []
    width, height = (abs(step) for step in array.rio.resolution())
    if max(abs(width - schema.resolution[0]), abs(height - schema.resolution[1])) > 1e-9 * width:
        problems.append(f"cell size: expected {schema.resolution}, found {(width, height)}")
    if str(array.dtype) != schema.dtype:
        problems.append(f"type: expected {schema.dtype}, found {array.dtype}")
    if schema.nodata is not None and array.rio.nodata != schema.nodata:
        problems.append(f"missing value: expected {schema.nodata}, found {array.rio.nodata}")
    if problems:
        raise SchemaError(f"{dataset}: " + "; ".join(problems))
    return array


def check_own_raster(array: xr.DataArray, schema: OwnRaster, dataset: str) -> xr.DataArray:
    """Return a raster of the user's own if it is one band of numbers with a place and a meaning.

    Raises
    ------
    SchemaError
        Several bands, no coordinate system, stored values that need a scale, no value in any
        cell, or values below the limit.
    """
    if array.dims != ("y", "x"):
        bands = array.sizes.get("band", dict(array.sizes))
        raise SchemaError(f"{dataset}: expected one band of {schema.unit}, found {bands}")
    check_crs(array.rio.crs, None, dataset)
    if (array.attrs.get("scale_factor", 1), array.attrs.get("add_offset", 0)) != (1, 0):
        raise SchemaError(f"{dataset}: its values are stored with a scale; store {schema.unit}")
    known = array if array.rio.nodata is None else array.where(array != array.rio.nodata)
    lowest = float(known.min())
    if math.isnan(lowest):
        raise SchemaError(f"{dataset}: expected {schema.unit}, found no value in any cell")
    if schema.ge is not None and lowest < schema.ge:
        raise SchemaError(
            f"{dataset}: expected at least {schema.ge:g} {schema.unit}, found {lowest:g}; if this "
            f"marks missing cells, declare it as the file's nodata value"
        )
    return array
