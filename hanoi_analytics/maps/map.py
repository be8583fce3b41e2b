"""A finished map: what Jupyter and a published page show, on the screen and in print."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd

from hanoi_analytics.maps.caption import STYLE, caption_html, escaped, table_html
from hanoi_analytics.maps.checks import MapError
from hanoi_analytics.maps.document import map_document
from hanoi_analytics.maps.layers import Layer, RasterLayer, VectorLayer, outline_layers
from hanoi_analytics.maps.legends import Legend
from hanoi_analytics.maps.static import static_png
from hanoi_analytics.provenance import Provenance, provenance, require_text


@dataclass(frozen=True, eq=False)
class Map:
    """A map of one or more layers, from :func:`~hanoi_analytics.maps.choropleth` and its kin.

    Attributes
    ----------
    title, alt : str
        Its title and its alternative text.
    layers : tuple of VectorLayer or RasterLayer
        Drawn in order, rasters at the bottom.
    legends : tuple of Legend
        One for each quantity shown.
    data : tuple of object
        The datasets shown, each with its source.
    """

    title: str
    alt: str
    layers: tuple[Layer, ...]
    legends: tuple[Legend, ...]
    data: tuple[object, ...]

    def add(self, other: Map) -> Map:
        """Return a new map with the layers, legends and sources of another one laid on top.

        The title stays; the alternative texts are joined.
        """
        if not isinstance(other, Map):
            raise MapError(f"only a map can be added to a map, not a {type(other).__name__}")
        return replace(
            self,
            alt=f"{self.alt} {other.alt}",
            layers=self.layers + other.layers,
            legends=self.legends + other.legends,
            data=self.data + other.data,
        )

    @cached_property
    def provenance(self) -> Provenance:
        """Source line, approximate notes and whether anything is simulated."""
        return provenance(self.data, error=MapError)

    @cached_property
    def png(self) -> bytes:
        """The static twin: 15 cm wide, with title, legend, scale bar and source line."""
        return static_png(self.title, self._ordered, self.legends, self.provenance)

    @cached_property
    def html(self) -> str:
        """The map as a ``<figure>`` that needs no network; equal for equal input."""
        document = map_document(
            self.title, self.alt, self._ordered, simulated=self.provenance.simulated
        )
        png = base64.b64encode(self.png).decode("ascii")
        tables = "".join(
            table_html(layer.table) for layer in self.layers if isinstance(layer, VectorLayer)
        )
        return (
            f'<figure class="map">{STYLE}'
            f'<div class="map-screen"><iframe title="Map: {escaped(self.title)}" '
            f'srcdoc="{escaped(document)}" sandbox="allow-scripts" loading="lazy" '
            'style="width:100%;height:32rem;border:0"></iframe></div>'
            f'<img class="map-print" alt="{escaped(self.alt)}" '
            f'src="data:image/png;base64,{png}" style="display:none">'
            f"{caption_html(self.title, self.legends, self.provenance)}{tables}</figure>"
        )

    @property
    def _ordered(self) -> tuple[Layer, ...]:
        # Leaflet puts all vectors into one picture, which a raster between them would cover.
        return tuple(sorted(self.layers, key=lambda layer: not isinstance(layer, RasterLayer)))

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/html": self.html, "text/plain": self.alt}


def assembled(
    layer: Layer,
    *legends: Legend,
    title: str,
    alt: str,
    data: Sequence[object],
    outline: gpd.GeoDataFrame | None,
) -> Map:
    """Return a map of one layer and an outline, after checking that texts and sources are there."""
    require_text(MapError, title=title, alt=alt, legend=legends[0].heading)
    borders = outline_layers(outline)
    # Points lie on borders, areas and rasters under them.
    on_top = isinstance(layer, VectorLayer) and layer.radii_px is not None
    made = Map(
        title=title,
        alt=alt,
        layers=(*borders, layer) if on_top else (layer, *borders),
        legends=legends,
        data=(*data, *([outline] if borders else [])),
    )
    provenance(made.data, error=MapError)
    return made
