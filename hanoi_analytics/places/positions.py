"""Where the old units lay: centre and size of their boxes, by which points are given to them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

METRIC_CRS = "EPSG:32648"
SPACING_M = 100.0


def unit_positions(old: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return centre and half size of each old unit's box, in metres of ``METRIC_CRS``, by code.

    ``doubtful`` marks a unit whose position in the source is also that of another.
    """
    centre = old.geometry.to_crs(METRIC_CRS)
    height = (old["north"] - old["south"]) * 111_000
    width = (old["east"] - old["west"]) * 111_000 * np.cos(np.radians(old["north"]))
    return pd.DataFrame(
        {
            "x": centre.x.to_numpy(),
            "y": centre.y.to_numpy(),
            "half_width": np.maximum(width.to_numpy() / 2, SPACING_M),
            "half_height": np.maximum(height.to_numpy() / 2, SPACING_M),
            "doubtful": (old["position_status"] != "ok").to_numpy(),
        },
        index=old["code"].to_numpy(),
    )


def distance_in_boxes(
    places: pd.DataFrame, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance of each point to each place, in half-widths of the place's box."""
    by_place: NDArray[np.float64] = np.hypot(
        (x[..., None] - places["x"].to_numpy()) / places["half_width"].to_numpy(),
        (y[..., None] - places["y"].to_numpy()) / places["half_height"].to_numpy(),
    )
    return by_place


def with_room(
    places: pd.DataFrame,
    outline: BaseGeometry,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> pd.DataFrame:
    """Set each place of doubtful position that lies outside where the others leave most room."""
    lost = places["doubtful"] & ~shapely.contains_xy(outline, places["x"], places["y"])
    known = places[~lost].drop(columns="doubtful")
    for code in places.index[lost]:
        roomiest = distance_in_boxes(known, x, y).min(axis=-1).argmax()
        size = known[["half_width", "half_height"]].median()
        known.loc[code] = [x[roomiest], y[roomiest], *size]
    return known.loc[places.index]
