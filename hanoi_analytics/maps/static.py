"""The static twin of a map, for print."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image
from pyproj import Transformer

from hanoi_analytics.figures import CM_PER_INCH, png_bytes
from hanoi_analytics.maps.layers import Layer, RasterLayer, joint_bounds
from hanoi_analytics.maps.legends import Legend
from hanoi_analytics.maps.static_legend import draw_legends, legends_height_inch
from hanoi_analytics.provenance import Bands, Provenance

_WIDTH_INCH = 15 / CM_PER_INCH
_DPI = 150
_SCALE_BAR_INCH = 0.3
_LEGEND_INCH, _MARGIN_INCH = 1.8, 0.1
_LEAST_HEIGHT_INCH, _LARGEST_HEIGHT_INCH = 2.4, 5.6
_POINTS = 8.0
_POINTS_PER_PX = 0.75
_LINE_SHARE = 0.7  # of the width on the screen: print resolves finer lines


def static_png(
    title: str, layers: Sequence[Layer], legends: Sequence[Legend], origin: Provenance
) -> bytes:
    """Return the map as a PNG, 15 cm wide at 150 dpi, with legend, scale bar and source line."""
    to_mercator = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    west, south, east, north = to_mercator.transform_bounds(*joint_bounds(layers))
    bands = Bands.measured(title, origin, width_inch=_WIDTH_INCH)
    map_width_inch = _WIDTH_INCH - _LEGEND_INCH - 3 * _MARGIN_INCH
    wanted_inch = map_width_inch * (north - south) / (east - west)
    body_inch = min(max(wanted_inch, _LEAST_HEIGHT_INCH), _LARGEST_HEIGHT_INCH)
    body_inch = max(body_inch, legends_height_inch(legends)) + _SCALE_BAR_INCH
    total_inch = body_inch + bands.top_inch + bands.bottom_inch
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": _POINTS}):
        fig = Figure(figsize=(_WIDTH_INCH, total_inch))
        bottom, height = bands.bottom_inch / total_inch, body_inch / total_inch
        bar = _SCALE_BAR_INCH / total_inch
        left, width = _MARGIN_INCH / _WIDTH_INCH, map_width_inch / _WIDTH_INCH
        ax = fig.add_axes((left, bottom + bar, width, height - bar))
        for level, layer in enumerate(layers, start=1):
            _draw(ax, layer, to_mercator, level)
        ax.set_aspect("equal", anchor="W")
        margin = 0.015 * max(east - west, north - south)
        ax.set_xlim(west - margin, east + margin)
        ax.set_ylim(south - margin, north + margin)
        ax.set_axis_off()
        _draw_scale_bar(ax, to_mercator, level=bottom + bar / 2)
        left = 1 - (_LEGEND_INCH + _MARGIN_INCH) / _WIDTH_INCH
        key = fig.add_axes((left, bottom, _LEGEND_INCH / _WIDTH_INCH, height))
        key.set_axis_off()
        # Inches from the upper left corner, so that circles are round and texts keep their size.
        key.set_xlim(0, _LEGEND_INCH)
        key.set_ylim(body_inch, 0)
        draw_legends(key, legends)
        bands.draw(fig)
        return _with_palette(png_bytes(fig, dpi=_DPI))


def _with_palette(png: bytes) -> bytes:
    """Return the picture with 256 colours, which a map looks the same with, at half the size."""
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _draw(ax: Axes, layer: Layer, to_mercator: Transformer, level: int) -> None:
    if isinstance(layer, RasterLayer):
        west, south, east, north = layer.bounds
        left, bottom = to_mercator.transform(west, south)
        right, top = to_mercator.transform(east, north)
        picture = Image.open(io.BytesIO(layer.png)).convert("RGBA")
        ax.imshow(
            picture,
            extent=(left, right, bottom, top),
            alpha=layer.opacity,
            interpolation="nearest",
            aspect="equal",
            zorder=level,
        )
        return
    shapes = layer.shapes.to_crs("EPSG:3857").geometry
    width = layer.line_width_px * _POINTS_PER_PX * _LINE_SHARE
    if layer.radii_px is not None:
        sizes = [(2 * radius * _POINTS_PER_PX) ** 2 for radius in layer.radii_px]
        ax.scatter(
            shapes.x,
            shapes.y,
            s=sizes,
            c=list(layer.fills or ()),
            alpha=0.85,
            edgecolors=layer.line_colour,
            linewidths=width,
            zorder=level,
        )
    elif layer.fills is None:
        shapes.plot(ax=ax, color=layer.line_colour, linewidth=width, aspect=None, zorder=level)
    else:
        shapes.plot(
            ax=ax,
            color=list(layer.fills),
            edgecolor=layer.line_colour,
            linewidth=width,
            aspect=None,
            zorder=level,
        )


def _draw_scale_bar(ax: Axes, to_mercator: Transformer, *, level: float) -> None:
    """Draw the bar at a height given as a share of the figure, where it covers nothing."""
    ax.apply_aspect()
    west, east = ax.get_xlim()
    _, latitude_deg = to_mercator.transform(west, sum(ax.get_ylim()) / 2, direction="INVERSE")
    # Web Mercator stretches lengths by the secant of the latitude.
    stretch = 1 / math.cos(math.radians(latitude_deg))
    length_m = _round_length_m((east - west) / stretch / 4)
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    place = ax.get_position()
    end = place.x0 + place.width * length_m * stretch / (east - west)
    fig = ax.get_figure(root=True)
    if fig is not None:
        bar = Line2D([place.x0, end], [level, level], color="#222222", solid_capstyle="butt")
        fig.add_artist(bar)
        fig.text(end + 0.008, level, text, va="center")


def _round_length_m(longest_m: float) -> float:
    power = 10.0 ** math.floor(math.log10(longest_m))
    return next(step * power for step in (5, 2, 1) if step * power <= longest_m)
