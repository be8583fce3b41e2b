"""How much of each class lies in each area, with cells on a border counted by the part inside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from exactextract import exact_extract  # type: ignore[import-untyped]
from exactextract.raster import NumPyRasterSource  # type: ignore[import-untyped]
from rasterio import Affine
from rasterio.transform import array_bounds

from hanoi_analytics.rasters.checks import (
    RasterError,
    has_shape,
    require_crs,
    require_grid,
    require_metres,
    require_polygons,
    require_same_grid,
)
from hanoi_analytics.rasters.windows import window_within


def class_shares(classes: xr.DataArray, areas: gpd.GeoDataFrame, *, key: str) -> pd.DataFrame:
    """Return the share of each area that each class of a raster covers.

    Parameters
    ----------
    classes, areas, key
        As for :func:`class_totals`.

    Returns
    -------
    pandas.DataFrame
        One row per area in the order of `areas`, one column per class found, shares 0 to 1 of the
        area's classified part, which is the column ``classified_share``. An area outside the
        raster has ``classified_share`` 0 and missing shares.

    Raises
    ------
    RasterError
        As for :func:`class_totals`.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> grid = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> shares = class_shares(grid, places.wards("approximate"), key="code")
    >>> bool(shares.loc["00070", 30] == 1.0)
    True
    """
    cells = class_totals(classes, areas, key=key)
    classified = cells.sum(axis=1)
    width, height = classes.rio.resolution()
    whole = areas.to_crs(classes.rio.crs).area.to_numpy() / abs(width * height)
    shares = cells.div(classified.where(classified > 0), axis=0)
    shares["classified_share"] = np.minimum(classified / np.where(whole > 0, whole, np.inf), 1.0)
    # A hair under one is what adding parts of cells leaves.
    shares["classified_share"] = shares["classified_share"].round(9)
    return shares


def class_totals(
    classes: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    key: str,
    amounts: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Return how many cells, or how many people, of each class lie in each area.

    A cell on the border of an area counts by the part of it that lies inside.

    Parameters
    ----------
    classes : xarray.DataArray, (y, x)
        Whole-number classes on an equal-area grid in metres, north up, with coordinate system and
        missing value known to ``.rio``. Only the window of the areas is read.
    areas : geopandas.GeoDataFrame
        Polygons, in any coordinate system; they may overlap.
    key : str
        Column that names the areas; unique.
    amounts : xarray.DataArray, (y, x), optional
        What to add up instead of cells, such as people per cell, on the grid of `classes`; a
        missing amount counts as none.

    Returns
    -------
    pandas.DataFrame
        One row per area in the order of `areas`, one column per class found; nothing of a cell
        without class is counted.

    Raises
    ------
    RasterError
        No coordinate system on either side, one in degrees, a key that is not unique, shapes that
        are no polygons, areas that lie wholly outside the raster, or two different grids.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> grid = catalogue.load("vn_degree_of_urbanisation_2025")
    >>> cells = class_totals(grid, places.wards("approximate"), key="code")
    >>> round(float(cells.to_numpy().sum()))  # of 0.994 km² each, so far from the equator
    3379
    """
    _check(classes, areas, key)
    shapes = areas.to_crs(classes.rio.crs)
    window, corner = _window(classes, shapes)
    sizes = None if amounts is None else _same_window(amounts, classes, window)
    codes, index = np.unique(window.to_numpy(), return_inverse=True)
    parts = _parts(index.reshape(window.shape), corner, shapes, sizes)
    totals = np.zeros((len(areas), codes.size))
    seen = np.zeros(codes.size, dtype=bool)
    for row, (cell_classes, amount) in parts.items():
        totals[row] = np.bincount(cell_classes, amount, minlength=codes.size)
        seen[cell_classes] = True
    table = pd.DataFrame(totals, columns=codes, index=areas[key].to_numpy())
    table = table.loc[:, seen & ~_is_missing(codes, classes.rio.nodata)]
    table.index.name, table.columns.name = key, "class"
    return table


Parts = dict[int, tuple[np.ndarray, np.ndarray]]


def _parts(
    index: np.ndarray, corner: Affine, shapes: gpd.GeoDataFrame, sizes: np.ndarray | None
) -> Parts:
    """Return for each row of the shapes the classes of its cells and how much lies inside."""
    bounds, system = array_bounds(*index.shape, transform=corner), shapes.crs.to_wkt()
    filled = np.flatnonzero(has_shape(shapes))
    cells = exact_extract(
        NumPyRasterSource(index.astype("int32"), *bounds, srs_wkt=system),
        gpd.GeoDataFrame({"row": filled}, geometry=shapes.geometry.to_numpy()[filled], crs=system),
        ["values", "coverage", *([] if sizes is None else ["weights"])],
        weights=None if sizes is None else NumPyRasterSource(sizes, *bounds, srs_wkt=system),
        include_cols=["row"],
        output="pandas",
    )
    weights = cells["weights"] if sizes is not None else np.ones(len(cells))
    return {
        row: (inside.astype(int), coverage * weight)
        for row, inside, coverage, weight in zip(
            cells["row"], cells["values"], cells["coverage"], weights, strict=True
        )
    }


def _is_missing(codes: np.ndarray, nodata: float | None) -> np.ndarray:
    return np.isnan(codes.astype(float)) | (codes == nodata)


def _check(classes: xr.DataArray, areas: gpd.GeoDataFrame, key: str) -> None:
    require_crs(areas.crs, "table of areas")
    require_metres(classes.rio.crs, "raster")
    require_grid(classes, "raster")
    require_polygons(areas, key)


def _window(classes: xr.DataArray, shapes: gpd.GeoDataFrame) -> tuple[xr.DataArray, Affine]:
    """Cut the raster to the areas, with one cell to spare on each side."""
    west, south, east, north = shapes.total_bounds
    window, corner = window_within(classes, (west, south, east, north), spare_cells=1)
    if window.size == 0:
        raise RasterError(
            f"the areas ({west:.0f} to {east:.0f} E, {south:.0f} to {north:.0f} N, in the raster's "
            f"metres) lie wholly outside the raster; check their coordinate system"
        )
    return window, corner


def _same_window(amounts: xr.DataArray, classes: xr.DataArray, window: xr.DataArray) -> np.ndarray:
    """Return the amounts under a window of the classes, none where they are missing."""
    require_same_grid(amounts, classes, names=("amounts", "classes"))
    under = amounts.sel(x=window["x"], y=window["y"], method="nearest")
    values = under.to_numpy().astype("float64")
    nodata = amounts.rio.nodata
    return np.where(np.isnan(values) | (values == nodata), 0.0, values)
