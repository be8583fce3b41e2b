"""Charts for a published page: a title, labelled axes, a source line and an alternative text.

A notebook draws on the axes of :func:`new` and ends the cell with :func:`finish`, which checks the
chart, writes below it where its data come from and returns a picture that a page can show.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.provenance import MARGIN_INCH, Bands, provenance, require_text

#: Okabe and Ito's colours, told apart by colour-blind readers; yellow comes last, being faint.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")

CM_PER_INCH = 2.54
_SCREEN_DPI = 96

# Any: the stub lists the keys as literals, of which a plain dict is not one.
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.prop_cycle": cycler(color=OKABE_ITO),
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
}


class FigureError(HanoiError):
    """A chart lacks what a published page must show."""


@dataclass(frozen=True)
class Picture:
    """A finished chart, shown by Jupyter and by a published page with its alternative text.

    Attributes
    ----------
    png : bytes
        The picture at twice the screen's resolution; equal for equal input.
    title, alt : str
        Its title and its alternative text.
    width_px : int
        The width to show it at, in CSS pixels.
    """

    png: bytes = field(repr=False)
    title: str
    alt: str
    width_px: int

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.width_px}}


def new(width_cm: float = 16, height_cm: float = 9) -> tuple[Figure, Axes]:
    """Return an empty chart in the project's style: light grid, colours for colour-blind readers.

    Parameters
    ----------
    width_cm, height_cm : float
        Size of the drawing; :func:`finish` adds the height that title and source line need.

    Returns
    -------
    tuple of matplotlib.figure.Figure and matplotlib.axes.Axes
        Nothing is registered with pyplot, so a notebook does not show the figure twice.

    Examples
    --------
    >>> fig, ax = new(width_cm=12, height_cm=7)
    >>> ax.set_xlabel("Year") and ax.set_ylabel("Population (million people)")
    Text(0, 0.5, 'Population (million people)')
    """
    with mpl.rc_context(_STYLE):
        fig = Figure(
            figsize=(width_cm / CM_PER_INCH, height_cm / CM_PER_INCH), layout="constrained"
        )
        return fig, fig.add_subplot()


def finish(
    fig: Figure, *, title: str, alt: str, data: Sequence[object] = (), source: str = ""
) -> Picture:
    """Check a chart, write its title and sources into it, and return it as a picture.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The chart, from :func:`new` or from pyplot; a pyplot figure is closed.
    title : str
        What the chart shows.
    alt : str
        What a reader who cannot see it must know: the message, not the looks.
    data : sequence of object
        The tables, series or rasters shown, each carrying ``.attrs["source"]`` or ``"sources"``.
    source : str
        Where a chart comes from that shows no dataset, such as the formula of a standard.

    Returns
    -------
    Picture
        PNG and alternative text.

    Raises
    ------
    FigureError
        If title or alt is empty, an axis has no label, nothing says where the data come from, or
        the figure has a title or legend of its own.

    Examples
    --------
    >>> fig, ax = new()
    >>> lines = ax.plot([1, 2, 3], [2, 4, 8])
    >>> text = ax.set(xlabel="Distance (km)", ylabel="Path loss (dB)")
    >>> finish(fig, title="Loss", alt="Loss grows with distance.", source="worked example").alt
    'Loss grows with distance.'
    """
    require_text(FigureError, title=title, alt=alt)
    if fig.get_suptitle():
        raise FigureError(
            f"the figure has a suptitle, {fig.get_suptitle()!r}: give it to finish(title=…) instead"
        )
    if fig.legends:
        raise FigureError(
            "the figure has a legend of its own, which would lie on the title or the sources: "
            "use that of its axes, such as ax.legend(bbox_to_anchor=(0.5, -0.2))"
        )
    _check_labels(fig)
    origin = provenance(data, error=FigureError, stated=source)
    width_inch, height_inch = fig.get_size_inches()
    bands = Bands.measured(title, origin, width_inch=width_inch)
    total_inch = height_inch + bands.top_inch + bands.bottom_inch
    fig.set_size_inches(width_inch, total_inch)
    left = MARGIN_INCH / 2 / width_inch
    bottom = bands.bottom_inch / total_inch
    fig.set_layout_engine(
        "constrained", rect=(left, bottom, 1 - 2 * left, height_inch / total_inch)
    )
    with mpl.rc_context(_STYLE):
        bands.draw(fig)
        png = png_bytes(fig, dpi=2 * _SCREEN_DPI)
    plt.close(fig)
    return Picture(png=png, title=title, alt=alt, width_px=round(width_inch * _SCREEN_DPI))


def png_bytes(fig: Figure, *, dpi: float) -> bytes:
    """Return a figure as PNG; no date or version is written, so equal input gives equal bytes."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _check_labels(fig: Figure) -> None:
    if not fig.axes:
        raise FigureError("the figure has no axes: draw on the axes of figures.new() first")
    for number, ax in enumerate(fig.axes, start=1):
        if not ax.axison or not ax.get_visible():
            continue
        if ax.get_label() == "<colorbar>":
            if not (ax.get_xlabel() or ax.get_ylabel()):
                raise FigureError("a colour bar has no label: colorbar.set_label('… (unit)')")
            continue
        for axis, shared in (("x", ax.get_shared_x_axes()), ("y", ax.get_shared_y_axes())):
            labels = [getattr(one, f"get_{axis}label")() for one in shared.get_siblings(ax)]
            if not any(labels) and not getattr(fig, f"get_sup{axis}label")():
                raise FigureError(
                    f"axes {number} of {len(fig.axes)} have no {axis} label: call "
                    f"ax.set_{axis}label('… (unit)'), or ax.set_axis_off() for a drawing"
                )
