"""Rasters and areas together: how much of each class lies in each area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from rasterio.features import geometry_mask
from rasterio.transform import from_origin
from shapely.geometry.base import BaseGeometry

from hanoi_analytics.errors import HanoiError


class RasterError(HanoiError):
    """A raster and areas cannot be laid over each other."""


def class_shares(
    classes: xr.DataArray, areas: gpd.GeoDataFrame, *, key: str, subdivisions: int = 20
) -> pd.DataFrame:
    """Return the share of each area that each class of a raster covers.

    Parameters
    ----------
    classes : xarray.DataArray, (y, x)
        Whole-number classes on an equal-area grid in metres, north up, with coordinate system and
        missing value known to ``.rio``. Only the window of the areas is read.
    areas : geopandas.GeoDataFrame
        Polygons, in any coordinate system; they may overlap.
    key : str
        Column that names the areas; unique.
    subdivisions : int
        Each cell is cut into this many parts a side, so that small areas are met fairly.

    Returns
    -------
    pandas.DataFrame
        One row per area in the order of `areas`, one column per class found, shares 0 to 1 of the
        area's classified part, which is the column ``classified_share``. An area outside the
        raster has ``classified_share`` 0 and missing shares.

    Raises
    ------
    RasterError
        No coordinate system on either side, one in degrees, a key that is not unique, or areas
        that lie wholly outside the raster.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> grid = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> shares = class_shares(grid, places.wards("approximate"), key="code")
    >>> bool(shares.loc["00070", 30] == 1.0)
    True
    """
    _check(classes, areas, key)
    shapes = areas.to_crs(classes.rio.crs)
    window = _window(classes, shapes).load()
    counts = pd.DataFrame(
        [_counts(window, shape, subdivisions) for shape in shapes.geometry],
        index=areas[key].to_numpy(),
    ).fillna(0.0)
    counts = counts[sorted(counts.columns)]
    nodata = classes.rio.nodata
    known = counts.drop(columns=[nodata], errors="ignore")
    total, classified = counts.sum(axis=1), known.sum(axis=1)
    shares = known.div(classified.where(classified > 0), axis=0)
    shares.index.name, shares.columns.name = key, "class"
    shares["classified_share"] = (classified / total.where(total > 0)).fillna(0.0)
    return shares


def _counts(window: xr.DataArray, shape: BaseGeometry, subdivisions: int) -> pd.Series[float]:
    """Count the parts of cells inside one shape by class; shapes may overlap each other."""
    step_x, step_y = (abs(step) for step in window.rio.resolution())
    west, south, east, north = shape.bounds
    block = window.sel(
        x=(window["x"] > west - step_x) & (window["x"] < east + step_x),
        y=(window["y"] > south - step_y) & (window["y"] < north + step_y),
    )
    if block.size == 0:
        return pd.Series(dtype="float64")
    fine = np.repeat(np.repeat(block.to_numpy(), subdivisions, 0), subdivisions, 1)
    transform = from_origin(
        float(block["x"][0]) - step_x / 2,
        float(block["y"][0]) + step_y / 2,
        step_x / subdivisions,
        step_y / subdivisions,
    )
    inside = ~geometry_mask([shape], out_shape=fine.shape, transform=transform)
    return pd.Series(fine[inside]).value_counts().astype("float64")


def _check(classes: xr.DataArray, areas: gpd.GeoDataFrame, key: str) -> None:
    if classes.rio.crs is None or areas.crs is None:
        side = "raster" if classes.rio.crs is None else "table of areas"
        raise RasterError(
            f"the {side} has no coordinate system; set it before laying them together"
        )
    if not classes.rio.crs.is_projected:
        raise RasterError(
            f"expected an equal-area grid in metres, found {classes.rio.crs}; reproject it first"
        )
    if not areas[key].is_unique:
        raise RasterError(f"column {key!r} does not name the areas: a value stands twice")


def _window(classes: xr.DataArray, shapes: gpd.GeoDataFrame) -> xr.DataArray:
    """Cut the raster to the areas, with one cell to spare on each side."""
    step = max(abs(value) for value in classes.rio.resolution())
    west, south, east, north = shapes.total_bounds
    raster_west, raster_south, raster_east, raster_north = classes.rio.bounds()
    if west >= raster_east or east <= raster_west or south >= raster_north or north <= raster_south:
        raise RasterError(
            f"the areas ({west:.0f} to {east:.0f} E, {south:.0f} to {north:.0f} N, in the raster's "
            f"metres) lie wholly outside the raster; check their coordinate system"
        )
    return classes.rio.clip_box(west - step, south - step, east + step, north + step)
