"""What a map is made of, before it is drawn on the screen or on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from hanoi_analytics.maps.checks import AREA_TYPES, prepared, require_columns
from hanoi_analytics.maps.legends import value_text

#: Column → label, or column → (label, unit).
Tooltip = Mapping[str, str | tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """What a reader learns of each feature, as plain text: tooltips, and the table below a map."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, tooltip: Tooltip) -> Table:
        """Write the columns of a frame that a tooltip names."""
        require_columns(frame, tooltip)
        named = [
            (column, entry, "") if isinstance(entry, str) else (column, *entry)
            for column, entry in tooltip.items()
        ]
        texts = [[value_text(value, unit) for value in frame[column]] for column, _, unit in named]
        return cls(
            headings=tuple(heading for _, heading, _ in named),
            rows=tuple(zip(*texts, strict=True)),
            numeric=tuple(pd.api.types.is_numeric_dtype(frame[column]) for column, _, _ in named),
        )


@dataclass(frozen=True, eq=False)
class VectorLayer:
    """Areas, lines or points with one fill each.

    Attributes
    ----------
    shapes : geopandas.GeoDataFrame
        Geometry in EPSG:4326.
    fills : sequence of str, optional
        ``#rrggbb`` of each feature; not given for an outline, which is not filled.
    radii_px : sequence of float, optional
        Radius of each point.
    line_colour, line_width_px : str, float
        The border.
    table : Table, optional
        What a tooltip says.
    """

    shapes: gpd.GeoDataFrame
    line_colour: str
    line_width_px: float
    fills: Sequence[str] | None = None
    radii_px: Sequence[float] | None = None
    table: Table | None = None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        west, south, east, north = self.shapes.total_bounds
        return float(west), float(south), float(east), float(north)


@dataclass(frozen=True)
class RasterLayer:
    """A picture in web Mercator.

    Attributes
    ----------
    png : bytes
        The picture, transparent where there is no data, north up.
    bounds : tuple of float
        West, south, east and north in degrees.
    opacity : float
        From 0 to 1.
    """

    png: bytes
    bounds: tuple[float, float, float, float]
    opacity: float


Layer = VectorLayer | RasterLayer


def outline_layers(outline: Any) -> tuple[VectorLayer, ...]:
    """Return the layer of borders that is laid over a map, or none; a shared border counts once."""
    if outline is None:
        return ()
    shapes = prepared(outline, what="outline", types=AREA_TYPES)
    borders = gpd.GeoDataFrame(geometry=[shapes.boundary.union_all()], crs=shapes.crs)
    return (VectorLayer(shapes=borders, line_colour="#333333", line_width_px=1.0),)


def joint_bounds(layers: Sequence[Layer]) -> tuple[float, float, float, float]:
    """Return the bounds of all layers; a single point gets some ground around it."""
    west, south, east, north = zip(*(layer.bounds for layer in layers), strict=True)
    least = 0.005
    pad_x = least if max(east) - min(west) < least else 0.0
    pad_y = least if max(north) - min(south) < least else 0.0
    return min(west) - pad_x, min(south) - pad_y, max(east) + pad_x, max(north) + pad_y
