"""The interactive map as one HTML document with nothing outside it: Leaflet through folium."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import folium
from branca.element import Element
from branca.element import Figure as BrancaFigure
from folium.template import Template
from folium.utilities import JsCode
from xstatic.pkg import leaflet

from hanoi_analytics.maps.caption import escaped
from hanoi_analytics.maps.layers import Layer, RasterLayer, Table, VectorLayer, joint_bounds

_CANVAS_FROM_FEATURES = 2_000
_KEYS = "Arrow keys move the map, plus and minus zoom."


class _Page(BrancaFigure):
    """A document with language and title, which may load nothing but what it carries."""

    _template = Template(
        """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline' data:; style-src 'unsafe-inline' data:; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ this.title }}</title>
{{ this.header.render(**kwargs) }}
</head>
<body>
{{ this.html.render(**kwargs) }}
<script>
{{ this.script.render(**kwargs) }}
</script>
</body>
</html>
"""
    )


class _OfflineMap(folium.Map):
    """A folium map on a white ground, its scripts inside it; no tiles, no jQuery, no icons."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        <style>
        html, body, .folium-map { width: 100%; height: 100%; margin: 0; }
        .leaflet-container { background: #fff; font: 0.875rem/1.35 "Segoe UI", Roboto,
            "Noto Sans", "DejaVu Sans", sans-serif; outline-offset: -3px; }
        .leaflet-container:focus-visible { outline: 3px solid #0b57d0; }
        .leaflet-interactive:focus { outline: none; }
        .leaflet-tooltip { font-size: 0.8125rem; color: #111; border-color: #777;
            width: max-content; max-width: 22rem; white-space: normal; padding: 4px 6px; }
        .leaflet-tooltip table { border-collapse: collapse; }
        .leaflet-tooltip th { font-weight: 400; text-align: left; padding: 0 8px 0 0; }
        .leaflet-tooltip td { font-weight: 600; padding: 0; }
        .simulated { position: absolute; z-index: 1000; top: 10px; right: 10px;
            background: #a3160c; color: #fff; font-weight: 700; padding: 2px 8px;
            pointer-events: none; }
        </style>
        {% endmacro %}

        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}" role="region"
            aria-label="{{ this.label }}">
        {%- if this.simulated %}<div class="simulated">SIMULATED DATA</div>{% endif %}</div>
        {% endmacro %}

        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            zoomSnap: 0.25, attributionControl: false, scrollWheelZoom: false,
            preferCanvas: {{ this.many|tojson }}
        });
        (function (map) {
            const bounds = L.latLngBounds({{ this.corners|tojson }});
            map.setView(bounds.getCenter(), 9);
            function fit() {
                map.invalidateSize(false);
                map.fitBounds(bounds, {padding: [8, 8], animate: false});
                map.setMinZoom(map.getZoom() - 1);
                map.setMaxBounds(bounds.pad(0.75));
            }
            // A frame that is not laid out yet has no size to fit the map to.
            const sized = new ResizeObserver(function () {
                if (!map.getContainer().clientWidth) { return; }
                sized.disconnect();
                fit();
            });
            if (map.getContainer().clientWidth) {
                fit();
            } else {
                sized.observe(map.getContainer());
            }
            L.control.scale({imperial: false}).addTo(map);
            // The wheel scrolls the page until the reader has chosen the map.
            map.on("focus", function () { map.scrollWheelZoom.enable(); });
            map.on("blur", function () { map.scrollWheelZoom.disable(); });
        })({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self, label: str, bounds: tuple[float, float, float, float], *, many: bool, simulated: bool
    ) -> None:
        super().__init__(tiles=None)
        west, south, east, north = bounds
        self.label = label
        self.corners = [[south, west], [north, east]]
        self.many = many
        self.simulated = simulated
        self.default_js = [("leaflet", _leaflet_address("leaflet.js", "text/javascript"))]
        self.default_css = [("leaflet_css", _leaflet_address("leaflet.css", "text/css"))]


def map_document(title: str, alt: str, layers: Sequence[Layer], *, simulated: bool) -> str:
    """Return the document for a map's frame.

    Parameters
    ----------
    title, alt : str
        Title of the document; what the map shows, for a reader who cannot see it.
    layers : sequence of VectorLayer or RasterLayer
        In the order of drawing.
    simulated : bool
        Whether to write over the map that its data are simulated.

    Returns
    -------
    str
        HTML; equal for equal input.
    """
    page = _Page(title=escaped(title))
    features = sum(len(layer.shapes) for layer in layers if isinstance(layer, VectorLayer))
    shown = _OfflineMap(
        escaped(f"{alt} {_KEYS}"),
        joint_bounds(layers),
        many=features > _CANVAS_FROM_FEATURES,
        simulated=simulated,
    )
    for layer in layers:
        if isinstance(layer, RasterLayer):
            _image(layer).add_to(shown)
        else:
            _features(layer).add_to(shown)
    page.add_child(shown)
    _number_elements(page)
    return str(page.render())


def _features(layer: VectorLayer) -> folium.GeoJson:
    interactive = layer.table is not None and bool(layer.table.headings)
    base = {
        "color": layer.line_colour,
        "weight": layer.line_width_px,
        "fill": layer.fills is not None,
        "fillOpacity": 1.0 if layer.radii_px is None else 0.85,
        "interactive": interactive,
    }

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        row = int(feature["id"])
        fill = {} if layer.fills is None else {"fillColor": layer.fills[row]}
        radius = {} if layer.radii_px is None else {"radius": round(layer.radii_px[row], 1)}
        return base | fill | radius

    def highlighted(feature: dict[str, Any]) -> dict[str, Any]:
        return {"weight": 2.5, "color": "#000000"}

    table = layer.table or Table((), (), ())
    fields = [str(number) for number in range(len(table.headings))]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": list(_geojson(layer, table))},
        style_function=style,
        highlight_function=highlighted if interactive else None,
        smooth_factor=0,  # simplified apart, neighbours would no longer share their border
        marker=folium.CircleMarker() if layer.radii_px is not None else None,
        tooltip=folium.GeoJsonTooltip(fields, [escaped(text) for text in table.headings], opacity=1)
        if interactive
        else None,
        on_each_feature=JsCode(_POINTED_AT % ("" if layer.radii_px else _TO_FRONT))
        if interactive
        else None,
    )


_POINTED_AT = """function (feature, layer) {
    // A key for each of a hundred areas would wall off the buttons: the table says the same.
    layer.on("add", function () {
        const shape = layer.getElement();
        if (shape) { shape.setAttribute("tabindex", "-1"); }
    });
    %s
}"""
# A neighbour drawn later would cover half of the thick border of the area pointed at; circles stay
# in their order, or a large one would hide the small ones on it.
_TO_FRONT = 'layer.on("mouseover", function () { layer.bringToFront(); });'


def _geojson(layer: VectorLayer, table: Table) -> Iterator[dict[str, Any]]:
    rows = table.rows or [()] * len(layer.shapes)
    for number, (shape, texts) in enumerate(zip(layer.shapes.geometry, rows, strict=True)):
        yield {
            "type": "Feature",
            "id": str(number),
            "geometry": shape.__geo_interface__,
            "properties": {str(field): escaped(text) for field, text in enumerate(texts)},
        }


def _image(layer: RasterLayer) -> folium.raster_layers.ImageOverlay:
    west, south, east, north = layer.bounds
    return folium.raster_layers.ImageOverlay(
        "data:image/png;base64," + base64.b64encode(layer.png).decode("ascii"),
        [[south, west], [north, east]],
        opacity=layer.opacity,
        alt="Raster laid over the map",
    )


def _number_elements(root: Element) -> None:
    """Give elements running numbers for names: folium's own are random, so no two pages match.

    Two maps on a page don't meet: each has a frame of its own.
    """
    numbers = count(1)
    waiting = [root]
    while waiting:
        element = waiting.pop(0)
        element._id = str(next(numbers))
        waiting.extend(element._children.values())


@cache
def _leaflet_address(name: str, kind: str) -> str:
    content = (Path(leaflet.BASE_DIR) / name).read_bytes()
    # The style sheet names pictures beside it, for controls that these maps do not have.
    content = re.sub(rb"url\(images/[^)]*\)", b"none", content)
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
