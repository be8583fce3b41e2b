"""What rasters and areas must be before they are laid together."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rioxarray  # noqa: F401 - gives arrays their .rio
import shapely
import xarray as xr

from hanoi_analytics.errors import HanoiError


class RasterError(HanoiError):
    """A raster cannot be opened or written, or rasters and areas cannot be laid together."""


def require_crs(crs: Any, what: str) -> None:
    """Raise unless a coordinate system is known."""
    if crs is None:
        raise RasterError(
            f"the {what} has no coordinate system; set it before laying them together"
        )


def require_metres(crs: Any, what: str) -> None:
    """Raise unless a coordinate system is known and not in degrees."""
    require_crs(crs, what)
    if not crs.is_projected:
        raise RasterError(
            f"the {what}: expected an equal-area grid in metres, found {crs}; reproject it first"
        )


def require_grid(raster: xr.DataArray, what: str) -> None:
    """Raise unless a raster has real numbers on rows and columns, north up, at a known place."""
    if raster.ndim not in (2, 3) or raster.dims[-2:] != ("y", "x") or not raster.size:
        raise RasterError(
            f"the {what}: expected cells with dimensions (y, x) or (band, y, x), found "
            f"{dict(raster.sizes)}"
        )
    require_crs(raster.rio.crs, what)
    if np.issubdtype(raster.dtype, np.complexfloating) or raster.dtype.kind not in "iuf":
        raise RasterError(
            f"the {what}: expected real numbers, found {raster.dtype}; convert it first, for "
            f"example by numpy.abs for complex numbers or .astype('uint8') for truth values"
        )
    transform = raster.rio.transform()
    if transform.b or transform.d:
        raise RasterError(
            f"the {what}'s grid is rotated ({tuple(transform)[:6]}); bring it to rows and columns "
            f"first: gdalwarp in.tif out.tif"
        )
    if transform.e > 0:
        raise RasterError(f"the {what}'s rows run from south to north; turn it north up first")


def require_same_crs(raster: xr.DataArray, areas: gpd.GeoDataFrame) -> None:
    """Raise unless a raster and a table of areas have one coordinate system."""
    require_crs(raster.rio.crs, "raster")
    require_crs(areas.crs, "table of areas")
    if raster.rio.crs != areas.crs:
        raise RasterError(
            f"the raster is in {_name(raster.rio.crs)}, the areas are in {_name(areas.crs)}; bring "
            f"the areas over by areas.to_crs(raster.rio.crs), or the raster by align"
        )


def require_same_grid(
    one: xr.DataArray, other: xr.DataArray, *, names: tuple[str, str] = ("one", "other")
) -> None:
    """Raise unless two rasters have the same cells in the same coordinate system.

    Parameters
    ----------
    one, other : xarray.DataArray, (…, y, x)
        Bands may differ; corners may differ by a thousandth of a cell.
    names : tuple of str
        What they are, for the message.

    Raises
    ------
    RasterError
        Naming both coordinate systems and shapes, and `align`, which brings one to the other.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> require_same_grid(people, people * 2)
    """
    require_grid(one, names[0])
    require_grid(other, names[1])
    same = one.rio.crs == other.rio.crs and one.shape[-2:] == other.shape[-2:]
    steps = one.rio.transform(), other.rio.transform()
    tolerance = 1e-3 * abs(steps[0].a)
    # The last corner tells whether the sizes of cells add up to a shift.
    ends = [np.array([step * (0, 0), step * one.shape[:-3:-1]]) for step in steps]
    if not same or np.abs(ends[0] - ends[1]).max() > tolerance:
        raise RasterError(
            f"{names[0]} and {names[1]} lie on different grids ({one.shape[-2:]} cells of "
            f"{steps[0].a:g} in {_name(one.rio.crs)}, {other.shape[-2:]} of {steps[1].a:g} in "
            f"{_name(other.rio.crs)}); bring one to the other by "
            f"rasters.align(…, like=…, resampling=…)"
        )


def require_polygons(areas: gpd.GeoDataFrame, key: str) -> None:
    """Raise unless areas are polygons, some may be empty, with names that are unique."""
    if key not in areas.columns:
        raise RasterError(f"the table of areas has no column {key!r}: {list(areas.columns)}")
    if not areas[key].is_unique:
        raise RasterError(f"column {key!r} does not name the areas: a value stands twice")
    kinds = areas.geometry[has_shape(areas)].geom_type
    wrong = kinds[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(wrong):
        raise RasterError(
            f"expected polygons, found {wrong.iloc[0]} in row {wrong.index[0]} "
            f"({len(wrong)} such row(s))"
        )


def has_shape(areas: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell of each area whether it has any ground."""
    shapes = areas.geometry.to_numpy()
    found: npt.NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return found


def missing_value(raster: xr.DataArray) -> float:
    """Return what marks a missing cell: NaN among floats, else the value known to ``.rio``."""
    nodata: float | None = raster.rio.nodata
    if nodata is not None:
        return nodata
    if np.issubdtype(raster.dtype, np.floating):
        return np.nan
    raise RasterError(
        f"the raster's whole numbers ({raster.dtype}) name no missing value, and cells outside "
        f"would look like values; name one by .rio.write_nodata(…)"
    )


def without_missing(raster: xr.DataArray) -> xr.DataArray:
    """Return floats with NaN for missing."""
    nodata = raster.rio.nodata
    known = raster.astype(np.result_type(raster.dtype, "float32"))
    if nodata is None or np.isnan(nodata):
        return known
    return known.where(raster != nodata).rio.write_nodata(np.nan)


def _name(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs)
