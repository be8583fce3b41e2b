"""Maps of rasters, classes or continuous, laid over the map as a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator
from PIL import Image

from hanoi_analytics.errors import nearest
from hanoi_analytics.maps.checks import MapError, class_colours
from hanoi_analytics.maps.layers import RasterLayer
from hanoi_analytics.maps.legends import (
    NO_DATA,
    Legend,
    Ramp,
    Swatch,
    over_white,
    scale_colours,
    value_text,
)
from hanoi_analytics.maps.map import Map, assembled

CELLS_MAX = 4_000_000
_FINE_PIXELS = 600
_TRANSPARENT = 255
_STEPS = 255  # colours of a continuous raster, the last entry of the palette being transparent


def raster(
    array: xr.DataArray,
    *,
    title: str,
    legend: str,
    alt: str,
    colours: Mapping[int, str] | str = "viridis_r",
    labels: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
    method: str | None = None,
    opacity: float = 0.85,
    outline: gpd.GeoDataFrame | None = None,
    data: Sequence[object] = (),
) -> Map:
    """Lay a raster over the map, as classes or on a continuous scale.

    Parameters
    ----------
    array : xarray.DataArray
        Two dimensions, CRS known to rioxarray, at most `CELLS_MAX` cells;
        ``.attrs["source"]`` says where it comes from.
    title, alt : str
        What the map shows; what a reader who cannot see it must know.
    legend : str
        Quantity and unit, or the heading of the classes.
    colours : mapping or str
        Value to ``#rrggbb`` for a raster of classes, in the order of the legend, or the name of a
        colour-blind-safe matplotlib scale.
    labels : mapping, optional
        Value to the text of the legend, for classes.
    limits : tuple of float, optional
        Values of the ends of a continuous scale; the raster's own when not given. Values beyond
        them get the colour of the end, and the legend says so.
    method : str, optional
        How cells are resampled to web Mercator: a name of ``rasterio.enums.Resampling``.
        Classes are always ``nearest``; ``bilinear`` when not given otherwise.
    opacity : float
        From 0 to 1.
    outline : geopandas.GeoDataFrame, optional
        Borders to lay over the raster.
    data : sequence of object
        Further datasets the map shows, for the source line.

    Returns
    -------
    Map

    Raises
    ------
    MapError
        If something is missing or cannot be drawn; the message says what to do.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> grid = catalogue.load("hanoi_population_grid_simulated")
    >>> shown = raster(
    ...     grid, title="Simulated population", legend="people per cell of 250 m",
    ...     limits=(0, 2000), alt="Most people in the centre.",
    ... )
    >>> shown.provenance.simulated
    True
    """
    plane = _plane(array)
    if not 0 < opacity <= 1:
        raise MapError(f"opacity={opacity} must be above 0 and at most 1")
    if isinstance(colours, str):
        if labels:
            raise MapError("labels belong to classes: give colours as {value: '#rrggbb'} too")
        low, high = _limits(plane, limits)
        warped, bounds = _web_mercator(plane, method or "bilinear")
        indices = _scale_indices(warped, low, high)
        palette = scale_colours(colours, _STEPS)
        ramp = _ramp(plane, palette, low, high, opacity)
        key = Legend(legend, tuple(_no_data(plane)), ramp)
    else:
        if method not in (None, "nearest"):
            raise MapError(f"method={method!r} would mix classes: leave it out, they are 'nearest'")
        if limits is not None:
            raise MapError("limits belong to a continuous scale: leave them out for classes")
        warped, bounds = _web_mercator(plane, "nearest")
        found = np.unique(plane.values[~np.isnan(plane.values)])
        known = class_colours(found.tolist(), colours, labels, where="the raster")
        indices = _class_indices(warped, list(known))
        palette = [colour for colour, _ in known.values()]
        swatches = [Swatch(label, over_white(colour, opacity)) for colour, label in known.values()]
        key = Legend(legend, tuple(swatches + _no_data(plane)))
    layer = RasterLayer(_palette_png(indices, palette), bounds, opacity)
    return assembled(layer, key, title=title, alt=alt, data=[array, *data], outline=outline)


def _plane(array: xr.DataArray) -> xr.DataArray:
    """Return the raster in memory, two-dimensional, as floats with NaN for no data."""
    import rioxarray  # noqa: F401, PLC0415  (registers .rio; takes two seconds)
    from rioxarray.exceptions import MissingSpatialDimensionError  # noqa: PLC0415

    if not isinstance(array, xr.DataArray):
        raise MapError(f"a raster must be a DataArray, not a {type(array).__name__}")
    flat = array.squeeze(drop=True)
    if flat.ndim != 2:
        sizes = ", ".join(f"{name}: {size}" for name, size in flat.sizes.items())
        raise MapError(f"the raster has dimensions {sizes}: choose one plane, as in .isel(band=0)")
    if array.rio.crs is None:
        raise MapError("the raster has no CRS: set the one it is in, .rio.write_crs('EPSG:4326')")
    if flat.size > CELLS_MAX:
        raise MapError(
            f"the raster has {flat.size:,} cells, more than the {CELLS_MAX:,} a page can carry: "
            "make it coarser first, as in .coarsen(x=4, y=4, boundary='trim').mean()"
        )
    try:
        nodata = flat.rio.nodata
        flat = flat.rio.write_crs(array.rio.crs).transpose(flat.rio.y_dim, flat.rio.x_dim)
    except MissingSpatialDimensionError as error:
        raise MapError(
            f"the raster's dimensions are {', '.join(map(str, flat.dims))}: name them x and y"
        ) from error
    if flat.dtype.kind not in "iuf":
        raise MapError(f"the raster holds {flat.dtype}, not numbers: give it as integers or floats")
    values = flat.astype("float64").compute()
    if nodata is not None:
        values = values.where(values != nodata)
    if not np.isfinite(values).any():
        raise MapError("the raster has no value in any cell: check the window it was cut to")
    return values.where(np.isfinite(values)).rio.write_nodata(np.nan)


def _web_mercator(
    plane: xr.DataArray, method: str
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], tuple[float, float, float, float]]:
    """Return the cells in web Mercator, north up, and their bounds in degrees."""
    from rasterio.enums import Resampling  # noqa: PLC0415
    from rasterio.transform import from_bounds  # noqa: PLC0415
    from rasterio.warp import calculate_default_transform, transform_bounds  # noqa: PLC0415

    names = [member.name for member in Resampling if member.name != "gauss"]
    if method not in names:
        raise MapError(f"method={method!r} is no way to resample: {nearest(method, names)}")
    height, width = plane.shape
    source = (plane.rio.crs, "EPSG:3857")
    transform, _, _ = calculate_default_transform(*source, width, height, *plane.rio.bounds())
    west, south, east, north = transform_bounds(*source, *plane.rio.bounds())
    # Cells of another grid fit none of ours: finer ones keep their borders where they are.
    longest = max(east - west, north - south)
    pixel_m = min(transform.a, longest / _FINE_PIXELS)
    shape = (math.ceil((north - south) / pixel_m), math.ceil((east - west) / pixel_m))
    warped = plane.rio.reproject(
        "EPSG:3857",
        shape=shape,
        transform=from_bounds(west, south, east, north, width=shape[1], height=shape[0]),
        resampling=Resampling[method],
    )
    left, bottom, right, top = transform_bounds("EPSG:3857", "EPSG:4326", west, south, east, north)
    return warped.to_numpy(), (left, bottom, right, top)


def _limits(plane: xr.DataArray, limits: tuple[float, float] | None) -> tuple[float, float]:
    if limits is None:
        return float(plane.min()), float(plane.max())
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise MapError(f"limits {limits} must be two finite numbers, the lower one first")
    return low, high


def _class_indices(
    cells: np.ndarray[Any, np.dtype[np.float64]], values: Sequence[int]
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    if len(values) > _TRANSPARENT:
        raise MapError(f"{len(values)} classes are too many for one map: join some")
    indices = np.full(cells.shape, _TRANSPARENT, dtype=np.uint8)
    for index, value in enumerate(values):
        indices[cells == value] = index
    return indices


def _scale_indices(
    cells: np.ndarray[Any, np.dtype[np.float64]], low: float, high: float
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    share = (cells - low) / (high - low) if high > low else np.where(np.isnan(cells), np.nan, 0.5)
    steps = np.clip(share * _STEPS, 0, _STEPS - 1)
    return np.where(np.isnan(cells), _TRANSPARENT, steps).astype(np.uint8)


def _ramp(
    plane: xr.DataArray, palette: Sequence[str], low: float, high: float, opacity: float
) -> Ramp:
    if low == high:
        colour = over_white(palette[len(palette) // 2], opacity)
        return Ramp((colour, colour), ((0.0, value_text(low)),))
    colours = [over_white(palette[round(at)], opacity) for at in np.linspace(0, _STEPS - 1, 9)]
    # The round number nearest to the middle; more labels would run into each other.
    values = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(low, high)
    middle = float(min(values, key=lambda value: abs(value - (low + high) / 2)))
    below = "≤ " if float(plane.min()) < low else ""
    above = "≥ " if float(plane.max()) > high else ""
    ticks = (
        (0.0, below + value_text(low)),
        ((middle - low) / (high - low), value_text(middle)),
        (1.0, above + value_text(high)),
    )
    return Ramp(tuple(colours), ticks)


def _no_data(plane: xr.DataArray) -> list[Swatch]:
    return [Swatch(NO_DATA, "#ffffff")] if bool(plane.isnull().any()) else []


def _palette_png(indices: np.ndarray[Any, np.dtype[np.uint8]], palette: Sequence[str]) -> bytes:
    """Return an indexed PNG, a quarter the size of one with four channels."""
    image = Image.fromarray(indices)
    triples = [round(part * 255) for colour in palette for part in to_rgb(colour)]
    image.putpalette(triples + [255] * (3 * (_TRANSPARENT + 1) - len(triples)))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True, transparency=_TRANSPARENT)
    return buffer.getvalue()
