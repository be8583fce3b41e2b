"""Maps of points: places, masts, stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np

from hanoi_analytics.maps.checks import (
    POINT_TYPES,
    MapError,
    class_colours,
    hex_colour,
    numbers,
    prepared,
    require_columns,
)
from hanoi_analytics.maps.layers import Table, Tooltip, VectorLayer
from hanoi_analytics.maps.legends import (
    NO_DATA,
    NO_DATA_COLOUR,
    Legend,
    Swatch,
    round_up_sizes,
    value_text,
)
from hanoi_analytics.maps.map import Map, assembled

_RADIUS_PX, _LEAST_RADIUS_PX, _LARGEST_RADIUS_PX = 5.0, 1.5, 18.0
_SIZE_COLOUR = "#ffffff"


def points(
    points: gpd.GeoDataFrame,
    *,
    title: str,
    legend: str,
    tooltip: Tooltip,
    alt: str,
    column: str | None = None,
    colours: Mapping[Any, str] | str = "#0072b2",
    labels: Mapping[Any, str] | None = None,
    size_column: str | None = None,
    size_legend: str = "",
    outline: gpd.GeoDataFrame | None = None,
    data: Sequence[object] = (),
) -> Map:
    """Show points as circles, coloured by category and sized by a number if wanted.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points with any CRS; ``.attrs["source"]`` says where they come from.
    title, alt : str
        What the map shows; what a reader who cannot see it must know.
    legend : str
        What a point is, or the heading of its categories.
    tooltip : mapping
        Column to label, or to ``(label, unit)``; the first names the point.
    column : str, optional
        The categories to colour by; `colours` is then a mapping.
    colours : str or mapping
        One colour, or value to ``#rrggbb`` in the order of the legend.
    labels : mapping, optional
        Value to the text of the legend.
    size_column : str, optional
        Numbers from 0 up; the area of a circle is in proportion to them.
    size_legend : str
        Quantity and unit of the sizes, needed with `size_column`.
    outline : geopandas.GeoDataFrame, optional
        Borders to lay under the points.
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
    >>> from hanoi_analytics import places
    >>> shown = points(
    ...     places.provinces(), title="Provinces since July 2025", legend="province or city",
    ...     tooltip={"name": "Name"}, alt="Thirty-four points from north to south.",
    ... )
    >>> shown.legends[0].labels
    ('province or city',)
    """
    shapes = prepared(points, what="points", types=POINT_TYPES)
    fills, swatches = _colouring(points, column, colours, labels, legend)
    radii_px = np.full(len(points), _RADIUS_PX)
    keys = [Legend(legend, tuple(swatches))]
    if size_column is not None:
        sizes = _sizes(points, size_column)
        if not size_legend.strip():
            raise MapError(f"size_legend is empty: say what {size_column!r} is, and its unit")
        largest = float(sizes.max())
        radii_px = _radius_px(sizes, largest)
        steps = round_up_sizes(largest)
        circles = tuple(
            Swatch(value_text(step), _SIZE_COLOUR, 2 * float(_radius_px(step, largest)))
            for step in steps
        )
        keys.append(Legend(size_legend, circles))
    # Large circles first, so that small ones are not hidden under them.
    order = np.argsort(-radii_px, kind="stable")
    layer = VectorLayer(
        shapes=shapes[["geometry"]].iloc[order],
        fills=[fills[row] for row in order],
        radii_px=radii_px[order].tolist(),
        line_colour="#222222",
        line_width_px=0.8,
        table=Table.of(shapes.iloc[order], tooltip),
    )
    return assembled(layer, *keys, title=title, alt=alt, data=[points, *data], outline=outline)


def _colouring(
    points: gpd.GeoDataFrame,
    column: str | None,
    colours: Mapping[Any, str] | str,
    labels: Mapping[Any, str] | None,
    legend: str,
) -> tuple[list[str], list[Swatch]]:
    if column is None:
        if not isinstance(colours, str) or labels:
            raise MapError("colours and labels for categories need column='…', the column to use")
        colour = hex_colour(colours)
        return [colour] * len(points), [Swatch(legend, colour, 2 * _RADIUS_PX)]
    if isinstance(colours, str):
        raise MapError(f"column {column!r} needs colours={{value: '#rrggbb', …}}, one for each")
    require_columns(points, [column])
    missing = points[column].isna().to_numpy()
    known = class_colours(points[column].dropna(), colours, labels, where=f"column {column!r}")
    swatches = [Swatch(label, colour, 2 * _RADIUS_PX) for colour, label in known.values()]
    if missing.any():
        swatches.append(Swatch(NO_DATA, NO_DATA_COLOUR, 2 * _RADIUS_PX))
    pairs = zip(points[column], missing, strict=True)
    return [NO_DATA_COLOUR if empty else known[value][0] for value, empty in pairs], swatches


def _sizes(points: gpd.GeoDataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    sizes = numbers(points, column)
    if np.isnan(sizes).any() or (sizes < 0).any() or sizes.max() == 0:
        raise MapError(
            f"size column {column!r} has {int(np.isnan(sizes).sum())} missing and "
            f"{int((sizes < 0).sum())} negative values and a largest of {np.nanmax(sizes):g}: "
            "a circle needs a size from 0 up; drop the rows that have none"
        )
    return sizes


def _radius_px(size: Any, largest: float) -> Any:
    return np.maximum(_LARGEST_RADIUS_PX * np.sqrt(size / largest), _LEAST_RADIUS_PX)
