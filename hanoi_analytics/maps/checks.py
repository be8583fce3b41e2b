"""What a map needs of its input, checked once at the edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import is_color_like, to_hex

from hanoi_analytics.errors import HanoiError, nearest

_COORDINATE_DECIMALS = 5  # of a degree: one metre

AREA_TYPES = frozenset({"Polygon", "MultiPolygon"})
POINT_TYPES = frozenset({"Point"})


class MapError(HanoiError):
    """A map cannot be drawn from what it was given."""


def prepared(frame: Any, *, what: str, types: frozenset[str] | None = None) -> gpd.GeoDataFrame:
    """Return a frame in longitude and latitude, to five decimals, after checking its geometry.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        What the caller wants to see.
    what : str
        What to call it in an error, such as ``"areas"``.
    types : frozenset of str, optional
        The geometry types the map can draw; any but a collection when not given.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, rows as given.

    Raises
    ------
    MapError
        If it is no GeoDataFrame, is empty, has no CRS, or holds geometry that cannot be drawn.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise MapError(f"{what} must be a GeoDataFrame, not a {type(frame).__name__}")
    if frame.empty:
        raise MapError(f"{what} has no rows: nothing can be drawn; check the filter before the map")
    if frame.crs is None:
        raise MapError(
            f"{what} has no CRS: set the one its coordinates are in, "
            "for longitude and latitude {what}.set_crs('EPSG:4326')".replace("{what}", what)
        )
    shapes = frame.geometry
    _refuse(frame, shapes.isna() | shapes.is_empty, f"{what} has no geometry", "drop or fill them")
    _refuse(frame, ~shapes.is_valid, f"{what} has invalid geometry", f"call {what}.make_valid()")
    if types is None:
        wrong = shapes.geom_type == "GeometryCollection"
    else:
        wrong = ~shapes.geom_type.isin(types)
    remedy = f"the map needs {' or '.join(sorted(types or {'single types'}))}"
    _refuse(frame, wrong, f"{what} holds {', '.join(sorted(set(shapes.geom_type[wrong])))}", remedy)
    lonlat = frame.to_crs("EPSG:4326")
    rounded = shapely.transform(
        lonlat.geometry.to_numpy(), lambda xy: np.round(xy, _COORDINATE_DECIMALS)
    )
    reach = shapely.bounds(rounded)
    outside = ~(np.isfinite(reach).all(axis=1) & (np.abs(reach) <= [180, 85.06, 180, 85.06]).all(1))
    _refuse(
        frame,
        pd.Series(outside, index=frame.index),
        f"{what} lies off the map",
        f"its coordinates are not in its CRS, {frame.crs.to_string()}: set the right one",
    )
    return lonlat.set_geometry(gpd.GeoSeries(rounded, index=lonlat.index, crs="EPSG:4326"))


def require_columns(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise for the first column that is not there, naming the nearest one that is."""
    for column in columns:
        if column not in frame.columns:
            hint = nearest(str(column), [str(name) for name in frame.columns])
            raise MapError(f"no column {column!r} to map: {hint}")


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a column as floats, NaN where missing.

    Raises
    ------
    MapError
        If it is missing, holds no numbers, or an infinite one.
    """
    require_columns(frame, [column])
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise MapError(
            f"column {column!r} is {values.dtype}, not numbers: use maps.classes for categories, "
            "or pd.to_numeric"
        )
    floats = values.to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(floats).all():
        raise MapError(f"column {column!r} has no value in any row: check the join before the map")
    _refuse(frame, np.isinf(floats), f"column {column!r} is infinite", "correct them")
    return floats


def hex_colour(colour: str) -> str:
    """Return a colour as ``#rrggbb``.

    Examples
    --------
    >>> hex_colour("white")
    '#ffffff'
    """
    if not is_color_like(colour):
        raise MapError(f"{colour!r} is no colour: give it as '#rrggbb'")
    return to_hex(colour)


def class_colours(
    found: Iterable[object],
    colours: Mapping[Any, str],
    labels: Mapping[Any, str] | None,
    *,
    where: str,
) -> dict[Any, tuple[str, str]]:
    """Return colour and label of each class, in the order of `colours`.

    Raises
    ------
    MapError
        If a value that occurs has no colour, or a label belongs to no colour.
    """
    if not colours:
        raise MapError("colours is empty: give one colour for each class, {value: '#rrggbb'}")
    bare = sorted({str(value) for value in found if value not in colours})
    if bare:
        raise MapError(
            f"{where} holds {', '.join(bare[:8])}, for which colours gives none: "
            f"it has {', '.join(str(value) for value in colours)}"
        )
    labels = labels or {}
    stray = [str(value) for value in labels if value not in colours]
    if stray:
        raise MapError(f"labels names {', '.join(stray)}, which colours does not")
    return {
        value: (hex_colour(colour), str(labels.get(value, value)))
        for value, colour in colours.items()
    }


def _refuse(frame: pd.DataFrame, wrong: Any, problem: str, remedy: str) -> None:
    rows = [str(label) for label in frame.index[np.asarray(wrong, dtype=bool)]]
    if rows:
        more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        raise MapError(f"{problem} in row {', '.join(rows[:8])}{more}: {remedy}")
