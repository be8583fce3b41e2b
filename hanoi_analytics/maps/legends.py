"""Classes of numbers, their colours, and how values and ranges are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb

from hanoi_analytics.errors import nearest
from hanoi_analytics.maps.checks import MapError

NO_DATA = "no data"
NO_DATA_COLOUR = "#e3e3e3"

# Colour-blind-safe: perceptually uniform ones, then ColorBrewer's, diverging ones last.
COLOUR_SCALES = tuple(
    name + suffix
    for name in (
        *("viridis", "cividis", "plasma", "magma", "inferno"),
        *("Blues", "YlGnBu", "YlOrBr", "PuOr", "RdBu", "BrBG"),
    )
    for suffix in ("", "_r")
)

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Swatch:
    """One class of a legend: its colour and what it stands for, as plain text."""

    label: str
    colour: str
    diameter_px: float | None = None  # a circle on the map; None for an area


@dataclass(frozen=True)
class Ramp:
    """A continuous scale: colours evenly spaced from low to high, and labels along it.

    Attributes
    ----------
    colours : tuple of str
        ``#rrggbb``.
    ticks : tuple of (float, str)
        Where a label stands, from 0 at the low end to 1, and its text.
    """

    colours: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Legend:
    """What the colours of a layer mean; the heading says the quantity and its unit."""

    heading: str
    swatches: tuple[Swatch, ...] = ()
    ramp: Ramp | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The texts of the legend, in order."""
        scale = tuple(text for _, text in self.ramp.ticks) if self.ramp else ()
        return (*scale, *(swatch.label for swatch in self.swatches))


def class_edges(values: Floats, breaks: Sequence[float] | int) -> Floats:
    """Return the edges of the classes of a map.

    Quantiles are rounded to about a twentieth of the narrowest class, so that the legend says
    exactly where a class ends; equal quantiles are merged.

    Parameters
    ----------
    values : numpy.ndarray
        The numbers to class, NaN ignored.
    breaks : int or sequence of float
        How many quantile classes, 2 to 9, or all edges, lowest and highest included; an outer edge
        may be infinite.

    Returns
    -------
    numpy.ndarray
        One more edge than classes, increasing. A value on an edge belongs to the class above it,
        on the last edge to the last class.

    Raises
    ------
    MapError
        If edges do not increase or a value lies outside them.

    Examples
    --------
    >>> class_edges(np.arange(1.0, 11.0), 5).tolist()
    [1.0, 2.8, 4.6, 6.4, 8.2, 10.0]
    """
    known = values[~np.isnan(values)]
    if isinstance(breaks, int):
        if not 2 <= breaks <= 9:
            raise MapError(f"breaks={breaks}: a reader tells 2 to 9 classes apart")
        return _tidied(np.unique(np.quantile(known, np.linspace(0, 1, breaks + 1))))
    edges = np.asarray(breaks, dtype=float)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():
        raise MapError(f"breaks {list(breaks)} must be two or more increasing numbers")
    if not np.isfinite(edges[1:-1]).all():
        raise MapError(f"breaks {list(breaks)}: only the first and the last may be infinite")
    outside = int(((known < edges[0]) | (known > edges[-1])).sum())
    if outside:
        raise MapError(
            f"{outside} values lie outside the breaks {edges[0]:g} to {edges[-1]:g} (they run from "
            f"{known.min():g} to {known.max():g}): widen the first or the last, or make it infinite"
        )
    return edges


def class_numbers(values: Floats, edges: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the class of each value, counted from 0, and -1 where it is missing."""
    inner = np.digitize(values, edges[1:-1], right=False)
    return np.where(np.isnan(values), -1, inner)


def range_labels(edges: Floats) -> list[str]:
    """Write the range of each class, with as many decimals as the edges need.

    Examples
    --------
    >>> range_labels(np.array([-np.inf, 0.5, 1000, np.inf]))
    ['under 0.5', '0.5 – 1,000.0', '1,000.0 and over']
    """
    finite = edges[np.isfinite(edges)]
    places = next(n for n in range(10) if n == 9 or np.allclose(finite, finite.round(n), rtol=0))
    if len(finite) == 1 and len(edges) == 1:
        return [f"{finite[0]:,.{places}f}"]
    texts = [f"{edge:,.{places}f}" for edge in edges]
    labels = []
    for low, high, low_text, high_text in zip(
        edges[:-1], edges[1:], texts[:-1], texts[1:], strict=True
    ):
        if np.isinf(low):
            labels.append(f"under {high_text}" if np.isfinite(high) else "any value")
        else:
            labels.append(f"{low_text} and over" if np.isinf(high) else f"{low_text} – {high_text}")
    return labels


def scale_colours(name: str, count: int) -> list[str]:
    """Return evenly spaced colours of a colour-blind-safe scale, its faint ends left out.

    Examples
    --------
    >>> scale_colours("cividis", 2)
    ['#002d68', '#f0d846']
    """
    if name not in COLOUR_SCALES:
        raise MapError(
            f"colours={name!r} is no scale that colour-blind readers can use: "
            f"{nearest(name, COLOUR_SCALES)}"
        )
    where = np.linspace(0.06, 0.94, count) if count > 1 else np.array([0.5])
    return [to_hex(colour) for colour in mpl.colormaps[name](where)]


def over_white(colour: str, opacity: float) -> str:
    """Return how a colour looks when it is laid over white at an opacity from 0 to 1."""
    red, green, blue = (1 - opacity * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


def value_text(value: Any, unit: str = "") -> str:
    """Write a value for a reader: separators, four significant digits at least, unit.

    Examples
    --------
    >>> value_text(21893.27, "people/km²")
    '21,893 people/km²'
    >>> value_text(2.97), value_text(0.05), value_text(None)
    ('2.97', '0.05', 'no data')
    """
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return NO_DATA
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        text = f"{int(value):,}"
    elif isinstance(value, float | np.floating):
        text = _float_text(float(value))
    elif isinstance(value, date):
        text = value.isoformat()
    else:
        text = str(value)
    return f"{text} {unit}".rstrip()


def round_up_sizes(largest: float) -> list[float]:
    """Return three round numbers up to the largest value, for a legend of circle sizes.

    Examples
    --------
    >>> round_up_sizes(8300)
    [500.0, 2000.0, 8000.0]
    """
    return [_leading_digit(largest / part) for part in (16, 4, 1)]


def _float_text(value: float) -> str:
    size = abs(value)
    if size != 0 and size < 0.001:
        return f"{value:.3g}"
    digits_before = len(str(int(size))) if size >= 1 else 0
    text = f"{value:,.{max(0, 4 - digits_before)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _leading_digit(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return math.floor(value / power) * power


def _tidied(edges: Floats) -> Floats:
    if edges.size < 2:
        return edges
    narrowest = float(np.diff(edges).min())
    # At most twelve decimals: quantiles that differ by less are equal but for rounding.
    places = min(math.ceil(-math.log10(narrowest / 20) - 1e-9), 12)
    step = 10.0**-places
    rounded = edges.round(places)
    rounded[0] -= step * (rounded[0] > edges[0])
    rounded[-1] += step * (rounded[-1] < edges[-1])
    # Rounded once more because a step off may leave 0.30000000000000004; + 0 drops the sign of -0.
    return np.unique(rounded.round(places) + 0.0)
