"""Approximate shapes of Hanoi's 526 old units, of which position and bounding box are known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes as outlines
from rasterio.transform import from_origin
from shapely.geometry import shape as as_shape
from shapely.geometry.base import BaseGeometry

from hanoi_analytics import catalogue
from hanoi_analytics.places.positions import (
    METRIC_CRS,
    SPACING_M,
    distance_in_boxes,
    unit_positions,
    with_room,
)
from hanoi_analytics.places.units import old_units, wards

# Finer differences of two outlines are slivers.
_PRECISION_M = 0.1
_APPROXIMATE = (
    "old units are cells built from positions, bounding boxes and the law on who went where, not "
    "their real outlines"
)


def old_unit_cells(new_units: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return approximate shapes of the 526 units that ended on 30 June 2025.

    Every new unit is cut into squares of 100 m, and each square goes to the nearest of the old
    units that the law puts there, distances being counted in half-widths of the old unit's
    bounding box: the rule by which `crosswalk` weights its edges. So a unit that the law moved
    whole lies within one new unit. Wherever the law puts an old unit it has one square at least.
    A unit that shares its position with another, and went to a new unit where that position does
    not lie, is set where the old units there leave most room, with a box of their median size.

    Parameters
    ----------
    new_units : geopandas.GeoDataFrame, optional
        From `wards`; by default the best geometry on this machine.

    Returns
    -------
    geopandas.GeoDataFrame, 526 rows, EPSG:4326
        ``code, name, type, district_code, district``, ``area_km2`` of the cell (approximate),
        ``geometry_kind`` ("approximate") and ``geometry``. The cells fill the new units and overlap
        only where those do. ``attrs["source"]`` says what is approximate; ``attrs["sources"]``
        holds the law's and the new units' sources.

    Examples
    --------
    >>> cells = old_unit_cells(wards("approximate"))
    >>> len(cells), cells["geometry_kind"].unique().tolist(), round(cells["area_km2"].sum())
    (526, ['approximate'], 3360)
    """
    new = wards() if new_units is None else new_units
    law, old = catalogue.load("hanoi_crosswalk_2025"), old_units()
    places = unit_positions(old)
    parts = []
    for code, outline in new.set_index("code").geometry.to_crs(METRIC_CRS).items():
        codes = law.loc[law["new_code"] == code, "old_code"].to_numpy()
        shapes = _divided(outline, places.loc[codes])
        parts.append(gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=METRIC_CRS))
    cells = pd.concat(parts).dissolve("code").reindex(old["code"].to_numpy())
    columns = ["code", "name", "type", "district_code", "district"]
    frame = gpd.GeoDataFrame(
        old[columns].assign(
            area_km2=cells.area.to_numpy() / 1e6,
            geometry_kind="approximate",
        ),
        geometry=cells.geometry.to_crs(old.crs).to_numpy(),
        crs=old.crs,
    )
    frame.attrs["source"] = old.attrs["source"] | {"approximate": _APPROXIMATE}
    frame.attrs["sources"] = [law.attrs["source"], new.attrs["source"]]
    return frame


def _divided(outline: BaseGeometry, places: pd.DataFrame) -> NDArray[np.object_]:
    """Cut an outline into one shape for each place, in their order."""
    x, y, corner = _squares(outline)
    inside = shapely.contains_xy(outline, x, y)
    places = with_room(places, outline, x[inside], y[inside])
    distance = distance_in_boxes(places, x, y)
    owner = _with_one_each(distance.argmin(axis=-1), distance, inside)
    found = [(as_shape(piece), int(number)) for piece, number in outlines(owner, transform=corner)]
    pieces, numbers = (np.array(column) for column in zip(*found, strict=True))
    clipped = shapely.set_precision(shapely.intersection(pieces, outline), _PRECISION_M)
    return np.array([_joined(clipped[numbers == number]) for number in range(len(places))])


def _squares(outline: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64], Affine]:
    """Return the centres of the squares that cover an outline, and where their grid begins."""
    west, south, east, north = (
        round(edge / SPACING_M) for edge in outline.buffer(SPACING_M).bounds
    )
    x, y = np.meshgrid(
        (np.arange(west, east) + 0.5) * SPACING_M,
        (np.arange(north, south, -1) - 0.5) * SPACING_M,
    )
    return x, y, from_origin(west * SPACING_M, north * SPACING_M, SPACING_M, SPACING_M)


def _with_one_each(
    owner: NDArray[np.int64], distance: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Give a place without a square the nearest one of a place that has others."""
    given: NDArray[np.int32] = owner.astype("int32")
    for number in np.setdiff1d(np.arange(distance.shape[-1]), given[inside]):
        counts = np.bincount(given[inside], minlength=distance.shape[-1])
        free = inside & (counts[given] > 1)
        nearest = np.where(free, distance[..., number], np.inf).argmin()
        given.flat[nearest] = number
    return given


def _joined(pieces: NDArray[np.object_]) -> BaseGeometry:
    """Join pieces into one shape, without the lines and points that cutting may leave."""
    parts = shapely.get_parts(pieces)
    return shapely.union_all(parts[shapely.area(parts) > 0])
