"""How long runs took: as words, as a median, and as a small picture inside the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hanoi_analytics.ledger import Run

#: Size of the picture and of the field in it, in its own units: one is a pixel of the page.
WIDTH, HEIGHT = 360, 124
LEFT, RIGHT, TOP, BOTTOM = 52, 350, 10, 100
_RECENT = 5
_UNITS = ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.0, 1.0, "s"))


@dataclass(frozen=True)
class Mark:
    """One run in the picture; `label` names it for whoever points at it."""

    x: float
    y: float
    published: bool
    label: str


@dataclass(frozen=True)
class Chart:
    """The runs of a page, the oldest at the left; ticks are (y, words)."""

    marks: list[Mark]
    ticks: list[tuple[float, str]]
    first: str
    last: str
    description: str

    @property
    def missed(self) -> bool:
        """Whether a run is shown that published nothing."""
        return not all(mark.published for mark in self.marks)

    @property
    def line(self) -> str:
        """The way through the published runs, as an SVG list of points."""
        return " ".join(f"{mark.x:g},{mark.y:g}" for mark in self.marks if mark.published)


def shown_seconds(seconds: float | None) -> str:
    """Return a length of time in the units a reader would use.

    Examples
    --------
    >>> shown_seconds(3.14), shown_seconds(125), shown_seconds(4000)
    ('3.1 s', '2 min 05 s', '1 h 07 min')
    """
    if seconds is None:
        return "not known"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def summarise(runs: Sequence[Run]) -> str:
    """Say the median of the published runs, and how the newest five stand to the five before.

    Parameters
    ----------
    runs : sequence of Run
        The newest first.
    """
    lengths = [r.seconds for r in runs if r.status == "published" and r.seconds is not None]
    if not lengths:
        return "not known: no published run"
    if len(lengths) == 1:
        return f"{shown_seconds(lengths[0])} in the one published run; one run is no trend"
    words = f"median {shown_seconds(median(lengths))} of {len(lengths)} published runs; "
    if len(lengths) < 2 * _RECENT:
        return f"{words}a change is told from {2 * _RECENT} on"
    recent, before = median(lengths[:_RECENT]), median(lengths[_RECENT : 2 * _RECENT])
    share = 100 * (recent - before) / before if before else 0.0
    change = f" ({share:+.0f}\N{NO-BREAK SPACE}%)" if before else ""
    return (
        f"{words}the last five {shown_seconds(recent)}, "
        f"the five before {shown_seconds(before)}{change}"
    )


def draw(runs: Sequence[Run]) -> Chart | None:
    """Lay out the lengths of runs; None where fewer than two have ended.

    Parameters
    ----------
    runs : sequence of Run
        The newest first; those still running are left out.
    """
    ended = [run for run in reversed(runs) if run.status != "running"]
    lengths = [run.seconds for run in ended if run.seconds is not None]
    if len(ended) < 2 or not lengths:
        return None
    top, step, unit, name = _scale(max(lengths))
    across = (RIGHT - LEFT - 12) / (len(ended) - 1)
    marks = [
        Mark(
            x=round(LEFT + 6 + place * across, 1),
            y=_height(run.seconds or 0.0, top),
            published=run.status == "published",
            label=f"run {run.id}: {run.status}, {shown_seconds(run.seconds)}",
        )
        for place, run in enumerate(ended)
    ]
    count = round(top / step)
    ticks = [(_height(i * step, top), f"{i * step / unit:g} {name}") for i in range(count + 1)]
    first, last = f"run {ended[0].id}", f"run {ended[-1].id}"
    return Chart(marks, ticks, first, last, _describe(ended, lengths))


def _scale(longest: float) -> tuple[float, float, float, str]:
    """Return the top of the axis and its step in seconds, and its unit: two to four steps."""
    _, unit, name = next(row for row in _UNITS if longest >= row[0])
    value = max(longest / unit, 0.1)
    power = 10.0 ** math.floor(math.log10(value))
    step = next(power * m for m in (0.5, 1.0, 2.0, 5.0) if value <= 4 * power * m)
    return math.ceil(round(value / step, 9)) * step * unit, step * unit, unit, name


def _height(seconds: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * seconds / top, 1)


def _describe(ended: Sequence[Run], lengths: Sequence[float]) -> str:
    missed = [str(run.id) for run in ended if run.status != "published"]
    span = f"{len(ended)} runs, {shown_seconds(min(lengths))} to {shown_seconds(max(lengths))}."
    if not missed:
        return f"{span} All were published."
    return f"{span} Not published: {'run' if len(missed) == 1 else 'runs'} {', '.join(missed)}."
