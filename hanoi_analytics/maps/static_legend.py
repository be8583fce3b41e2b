"""Legends of the static twin, drawn on axes that measure inches from their upper left corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, Rectangle

from hanoi_analytics.maps.legends import Legend, Ramp, Swatch
from hanoi_analytics.provenance import wrapped

_LINE_INCH = 0.155
_GAP_INCH = 0.07
_BOX_INCH = (0.24, 0.13)
_TEXT_LEFT_INCH = 0.34
_RAMP_INCH = (1.5, 0.14)
_INCH_PER_PX = 1 / 96
_WIDTH_POINTS = 1.75 * 72
_EDGE: dict[str, Any] = {"edgecolor": "#4a4a4a", "linewidth": 0.6}


@dataclass(frozen=True)
class _Row:
    """One row of the legend and the height it takes."""

    content: str | Swatch | Ramp
    height_inch: float


def legends_height_inch(legends: Sequence[Legend]) -> float:
    """Return the height that legends take when drawn under each other."""
    return sum(row.height_inch for row in _rows(legends))


def draw_legends(axes: Axes, legends: Sequence[Legend]) -> None:
    """Draw legends under each other; the axes measure inches, downwards."""
    top = 0.0
    for row in _rows(legends):
        if isinstance(row.content, Swatch):
            _draw_swatch(axes, row.content, top + row.height_inch / 2)
        elif isinstance(row.content, Ramp):
            _draw_ramp(axes, row.content, top)
        else:
            axes.text(0, top, row.content, va="top", fontweight="bold", parse_math=False)
        top += row.height_inch


def _rows(legends: Sequence[Legend]) -> Iterator[_Row]:
    for legend in legends:
        heading = wrapped(legend.heading, _WIDTH_POINTS, points=8, bold=True)
        yield _Row(heading, _text_inch(heading) + _GAP_INCH)
        if legend.ramp:
            yield _Row(legend.ramp, _RAMP_INCH[1] + _text_inch("") + 2 * _GAP_INCH)
        for swatch in legend.swatches:
            circle_inch = (swatch.diameter_px or 0) * _INCH_PER_PX
            yield _Row(swatch, max(_text_inch(_wrapped(swatch)), circle_inch) + _GAP_INCH / 2)
        yield _Row("", 2 * _GAP_INCH)


def _wrapped(swatch: Swatch) -> str:
    return wrapped(swatch.label, _WIDTH_POINTS - 72 * _TEXT_LEFT_INCH, points=8)


def _text_inch(text: str) -> float:
    return (text.count("\n") + 1) * _LINE_INCH


def _draw_swatch(axes: Axes, swatch: Swatch, middle: float) -> None:
    width, height = _BOX_INCH
    if swatch.diameter_px is None:
        box = Rectangle((0, middle - height / 2), width, height, facecolor=swatch.colour, **_EDGE)
        axes.add_patch(box)
    else:
        radius = swatch.diameter_px / 2 * _INCH_PER_PX
        centre = (max(_BOX_INCH[0] / 2, 0.15), middle)
        axes.add_patch(Circle(centre, radius, facecolor=swatch.colour, **_EDGE, clip_on=False))
    left = _TEXT_LEFT_INCH if swatch.diameter_px is None else _TEXT_LEFT_INCH + 0.06
    axes.text(left, middle, _wrapped(swatch), va="center", parse_math=False)


def _draw_ramp(axes: Axes, ramp: Ramp, top: float) -> None:
    width, height = _RAMP_INCH
    scale = LinearSegmentedColormap.from_list("ramp", ramp.colours)
    axes.imshow(
        np.linspace(0, 1, 256)[np.newaxis, :],
        cmap=scale,
        extent=(0, width, top + height, top),
        aspect="auto",
    )
    axes.add_patch(Rectangle((0, top), width, height, facecolor="none", **_EDGE))
    for share, text in ramp.ticks:
        side: Literal["left", "center", "right"] = (
            "left" if share < 0.1 else "right" if share > 0.9 else "center"
        )
        axes.text(share * width, top + height + 0.04, text, va="top", ha=side, parse_math=False)
