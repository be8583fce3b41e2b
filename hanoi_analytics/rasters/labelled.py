"""Rasters in NetCDF files and Zarr stores: which variable, which dimensions, which place."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio import Affine
from rioxarray.exceptions import RioXarrayError

from hanoi_analytics.errors import nearest
from hanoi_analytics.rasters.checks import RasterError
from hanoi_analytics.rasters.chunking import whole_blocks

log = logging.getLogger(__name__)

_DEGREES = ("degrees_north", "degree_north", "degrees_east", "degree_east")
_ANGLES = ("rad", "radian", "radians", "microradian")
# How the conventions for climate and forecast data, and habit, name rows and columns.
_STANDARD = {
    "y": ("projection_y_coordinate", "latitude", "degrees_north", "degree_north", "Y"),
    "x": ("projection_x_coordinate", "longitude", "degrees_east", "degree_east", "X"),
}
_NAMES = {
    "y": ("y", "lat", "latitude", "northing"),
    "x": ("x", "lon", "long", "longitude", "easting"),
}
# What older writers said of cells and place; it is said anew, and would be wrong after a change.
_STALE = ("crs", "grid_mapping", "is_tiled", "res", "transform")


def open_labelled(
    path: Path,
    engine: Literal["netcdf4", "zarr"],
    variable: str | None,
    *,
    masked: bool,
    limit_bytes: int,
) -> xr.DataArray:
    """Open one variable of a NetCDF file or Zarr store lazily, for `open_raster`."""
    _require_library("netCDF4" if engine == "netcdf4" else "zarr", path)
    options: dict[str, Any] = {"engine": engine, "decode_coords": "all"}
    if engine == "zarr":
        # The third version of the format has no consolidated metadata, and nothing is far away.
        options["consolidated"] = False
    try:
        with xr.open_dataset(path, **options) as listing:
            name, dims = _chosen(listing, variable, path)
            chosen = listing[name]
            chunks = whole_blocks(
                chosen.sizes, _block(chosen), chosen.dtype.itemsize, limit_bytes=limit_bytes
            )
            others = [str(other) for other in listing.data_vars if other != name]
        dataset = xr.open_dataset(
            path, chunks=chunks, drop_variables=others, mask_and_scale={name: masked}, **options
        )
    except (OSError, ValueError, KeyError) as error:
        raise RasterError(f"{path}: cannot be read as {engine.rstrip('4')}: {error}") from error
    raster = dataset[name].rename({old: new for new, old in dims.items()})
    raster = raster.transpose(..., "y", "x")
    raster = _with_missing(raster, masked=masked)
    return _placed(raster, _mapping_attrs(dataset, name), path)


def _require_library(name: str, path: Path) -> None:
    try:
        import_module(name)
    except ImportError as error:
        raise RasterError(
            f"{path}: reading it needs an extra: pip install 'hanoi-analytics[environment]'"
        ) from error


def _chosen(
    dataset: xr.Dataset, variable: str | None, path: Path
) -> tuple[str, dict[str, Hashable]]:
    """Return the name of the variable to open, and the names of its rows and columns."""
    found = {
        str(name): dims
        for name, array in dataset.data_vars.items()
        if (dims := _rows_and_columns(dataset, array)) is not None
    }
    if not found:
        there = ", ".join(f"{name}{array.dims}" for name, array in dataset.data_vars.items())
        raise RasterError(
            f"{path}: no variable has rows and columns, such as y and x or latitude and "
            f"longitude; found {there or 'no variable at all'}"
        )
    names = sorted(found)
    if variable is None and len(found) > 1:
        raise RasterError(
            f"{path} holds {len(found)} variables; name one by variable=…: {', '.join(names)}"
        )
    if variable is not None and variable not in found:
        raise RasterError(f"{path}: no raster {variable!r} in it; {nearest(variable, names)}")
    chosen = names[0] if variable is None else variable
    return chosen, found[chosen]


def _rows_and_columns(dataset: xr.Dataset, array: xr.DataArray) -> dict[str, Hashable] | None:
    axes = {_axis(dataset, dim): dim for dim in array.dims}
    return {axis: axes[axis] for axis in ("y", "x")} if {"y", "x"} <= set(axes) else None


def _axis(dataset: xr.Dataset, dim: Hashable) -> str | None:
    attrs = dataset[dim].attrs if dim in dataset.variables else {}
    told = {str(attrs.get(key)) for key in ("axis", "standard_name", "units")}
    for axis, words in _STANDARD.items():
        if told & set(words):
            return axis
    return next((axis for axis, words in _NAMES.items() if str(dim).lower() in words), None)


def _block(array: xr.DataArray) -> dict[Hashable, int]:
    """Return the file's own blocks; what lies in one piece is read by rows."""
    encoding = array.encoding
    sizes = encoding.get("shards") or encoding.get("chunks") or encoding.get("chunksizes")
    if sizes is None or encoding.get("contiguous"):
        sizes = [*(1 for _ in array.shape[:-1]), array.shape[-1]]
    return dict(zip(array.dims, sizes, strict=True))


def _with_missing(raster: xr.DataArray, *, masked: bool) -> xr.DataArray:
    """Keep to what the file says is missing, also where it says so by a mere ``nodata``."""
    nodata = raster.attrs.get("nodata")
    if not masked:
        known = raster.rio.nodata
        raster.attrs.pop("nodata", None)
        return raster if known is None else raster.rio.write_nodata(known)
    raster.attrs.pop("nodata", None)
    if nodata is None or np.isnan(float(nodata)):
        return raster
    return raster.where(raster != nodata)


def _mapping_attrs(dataset: xr.Dataset, name: Hashable) -> dict[str, Any]:
    """Return what the file says about its coordinate system, wherever it stands."""
    array = dataset[name]
    named = array.encoding.get("grid_mapping") or array.attrs.get("grid_mapping") or "spatial_ref"
    mapping = str(named).split(":")[0]
    if mapping in dataset.variables:
        return dict(dataset[mapping].attrs)
    said = array.attrs.get("crs") or dataset.attrs.get("crs")
    return {} if said is None else {"crs": said}


def _placed(raster: xr.DataArray, mapping: dict[str, Any], path: Path) -> xr.DataArray:
    """Return a raster with coordinate system and transform, north up."""
    for dim in ("y", "x"):
        _require_even_steps(raster, dim, path)
    transform = _transform(raster, path)
    crs = _crs(mapping, path)
    if crs is None and _in_degrees(raster):
        log.info("%s: degrees without coordinate system are taken for WGS 84", path)
        crs = CRS.from_epsg(4326)
    raster = raster.drop_vars([name for name, item in raster.coords.items() if _is_mapping(item)])
    for key in _STALE:
        raster.attrs.pop(key, None)
        raster.encoding.pop(key, None)
    raster = raster.assign_coords({dim: raster[dim].astype("float64") for dim in ("y", "x")})
    if crs is not None:
        raster = raster.rio.write_crs(crs)
    return north_up(raster, transform)


def north_up(raster: xr.DataArray, transform: Affine) -> xr.DataArray:
    """Return a raster whose rows run from north to south and whose columns from west to east."""
    rows, columns = raster.shape[-2:]
    if transform.e > 0:
        raster = raster.isel(y=slice(None, None, -1))
        transform = transform * Affine.translation(0, rows) * Affine.scale(1, -1)
    if transform.a < 0:
        raster = raster.isel(x=slice(None, None, -1))
        transform = transform * Affine.translation(columns, 0) * Affine.scale(-1, 1)
    return raster.rio.write_transform(transform)


def _require_even_steps(raster: xr.DataArray, dim: str, path: Path) -> None:
    if dim not in raster.coords:
        raise RasterError(
            f"{path}: nothing says where the cells along {raster.dims} lie: there are no "
            f"coordinates of {dim}; a grid of curved rows and columns must be reprojected first"
        )
    if str(raster[dim].attrs.get("units")) in _ANGLES:
        raise RasterError(
            f"{path}: the coordinates of {dim} are scan angles ({raster[dim].attrs['units']}); "
            f"multiply them by the satellite's height to get metres first"
        )
    steps = np.diff(raster[dim].to_numpy().astype("float64"))
    if len(steps) and np.ptp(steps) > 0.01 * abs(steps.mean()):
        raise RasterError(
            f"{path}: the steps along {dim} are uneven, {steps.min():g} to {steps.max():g}; "
            f"expected a regular grid: interpolate it to one first"
        )


def _transform(raster: xr.DataArray, path: Path) -> Affine:
    """Return the transform by the centres of cells; of one row or column, by what is written."""
    try:
        # What is written may be that of a larger raster, which this one was cut from.
        return raster.rio.transform(recalc=min(raster.shape[-2:]) > 1)
    except RioXarrayError as error:
        raise RasterError(
            f"{path}: a single row or column does not tell the size of its cells: {error}"
        ) from error


def _crs(mapping: dict[str, Any], path: Path) -> CRS | None:
    try:
        for key in ("crs_wkt", "spatial_ref", "crs"):
            if mapping.get(key):
                return CRS.from_user_input(mapping[key])
        return CRS.from_cf(mapping) if "grid_mapping_name" in mapping else None
    except CRSError as error:
        raise RasterError(f"{path}: its coordinate system cannot be read: {error}") from error


def _in_degrees(raster: xr.DataArray) -> bool:
    return all(
        str(raster[dim].attrs.get("units")) in _DEGREES
        or raster[dim].attrs.get("standard_name") in ("latitude", "longitude")
        or raster[dim].attrs.get("long_name") in ("latitude", "longitude")
        for dim in ("y", "x")
    )


def _is_mapping(item: xr.DataArray) -> bool:
    return bool({"crs_wkt", "spatial_ref", "grid_mapping_name"} & set(item.attrs))
