"""Maps of areas: numbers in classes, and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd

from hanoi_analytics.maps.checks import (
    AREA_TYPES,
    MapError,
    class_colours,
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
    class_edges,
    class_numbers,
    range_labels,
    scale_colours,
)
from hanoi_analytics.maps.map import Map, assembled

_BORDER_COLOUR, _BORDER_WIDTH_PX = "#4a4a4a", 0.7


def choropleth(
    areas: gpd.GeoDataFrame,
    column: str,
    *,
    title: str,
    legend: str,
    tooltip: Tooltip,
    alt: str,
    breaks: Sequence[float] | int = 5,
    colours: str = "viridis_r",
    outline: gpd.GeoDataFrame | None = None,
    data: Sequence[object] = (),
) -> Map:
    """Colour areas by a number, in classes.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons with any CRS; ``.attrs["source"]`` says where they come from.
    column : str
        The numbers to show. Counts of people mislead in areas of unequal size: map a density.
    title : str
        What the map shows.
    legend : str
        Quantity and unit, such as ``"People per km²"``.
    tooltip : mapping
        Column to label, or to ``(label, unit)``; the first names the area.
    alt : str
        What a reader who cannot see the map must know.
    breaks : int or sequence of float
        Number of quantile classes, or all class edges: see
        :func:`hanoi_analytics.maps.legends.class_edges`.
    colours : str
        A colour-blind-safe matplotlib scale, such as ``"cividis_r"`` or ``"PuOr"``.
    outline : geopandas.GeoDataFrame, optional
        Borders to lay over the map.
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
    >>> shown = choropleth(
    ...     places.wards("approximate"), "area_km2", title="Area of Hanoi's units", legend="km²",
    ...     tooltip={"name": "Name"}, breaks=[0, 10, 40, 100], alt="The largest lie in the west.",
    ... )
    >>> shown.legends[0].labels
    ('0 – 10', '10 – 40', '40 – 100')
    """
    shapes = prepared(areas, what="areas", types=AREA_TYPES)
    values = numbers(areas, column)
    edges = class_edges(values, breaks)
    labels = range_labels(edges)
    scale = scale_colours(colours, len(labels))
    classed = class_numbers(values, edges)
    swatches = [Swatch(label, colour) for label, colour in zip(labels, scale, strict=True)]
    fills = [scale[number] if number >= 0 else NO_DATA_COLOUR for number in classed]
    if (classed < 0).any():
        swatches.append(Swatch(NO_DATA, NO_DATA_COLOUR))
    layer = _area_layer(shapes, fills, tooltip)
    key = Legend(legend, tuple(swatches))
    return assembled(layer, key, title=title, alt=alt, data=[areas, *data], outline=outline)


def classes(
    areas: gpd.GeoDataFrame,
    column: str,
    *,
    colours: Mapping[Any, str],
    title: str,
    legend: str,
    tooltip: Tooltip,
    alt: str,
    labels: Mapping[Any, str] | None = None,
    outline: gpd.GeoDataFrame | None = None,
    data: Sequence[object] = (),
) -> Map:
    """Colour areas by category.

    Parameters
    ----------
    areas, title, legend, tooltip, alt, outline, data
        As in :func:`choropleth`.
    column : str
        The categories.
    colours : mapping
        Value to ``#rrggbb``, in the order of the legend; every value that occurs needs one.
    labels : mapping, optional
        Value to the text of the legend; the value itself where none is given.

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
    >>> shown = classes(
    ...     places.wards("approximate"), "type", colours={"Phường": "#d55e00", "Xã": "#56b4e9"},
    ...     title="Wards and communes", legend="kind of unit", tooltip={"name": "Name"},
    ...     alt="Wards lie in the centre, communes around it.",
    ... )
    >>> shown.legends[0].labels
    ('Phường', 'Xã')
    """
    shapes = prepared(areas, what="areas", types=AREA_TYPES)
    require_columns(areas, [column])
    missing = areas[column].isna().to_numpy()
    if missing.all():
        raise MapError(f"column {column!r} has no value in any row: check the join before the map")
    known = class_colours(areas[column].dropna(), colours, labels, where=f"column {column!r}")
    fills = [
        NO_DATA_COLOUR if empty else known[value][0]
        for value, empty in zip(areas[column], missing, strict=True)
    ]
    swatches = [Swatch(label, colour) for colour, label in known.values()]
    if missing.any():
        swatches.append(Swatch(NO_DATA, NO_DATA_COLOUR))
    layer = _area_layer(shapes, fills, tooltip)
    key = Legend(legend, tuple(swatches))
    return assembled(layer, key, title=title, alt=alt, data=[areas, *data], outline=outline)


def _area_layer(shapes: gpd.GeoDataFrame, fills: list[str], tooltip: Tooltip) -> VectorLayer:
    return VectorLayer(
        shapes=shapes[["geometry"]],
        fills=fills,
        line_colour=_BORDER_COLOUR,
        line_width_px=_BORDER_WIDTH_PX,
        table=Table.of(shapes, tooltip),
    )
