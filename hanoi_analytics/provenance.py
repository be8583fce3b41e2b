"""What a picture says about its data: the source line, and the words drawn around it.

Charts and maps share this, so that a reader finds the same things in the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from hanoi_analytics.errors import HanoiError, nearest

TIERS = ("reference", "embedded", "remote", "simulated", "own")

_TITLE_POINTS, _NOTE_POINTS, _LINE_SPACING = 12.0, 8.0, 1.35
MARGIN_INCH = 0.12


@dataclass(frozen=True)
class Provenance:
    """What a picture says about its data.

    Attributes
    ----------
    line : str
        ``Source: …``, each citation with its tier.
    simulated : bool
        Whether any of the data are simulated.
    approximate : tuple of str
        One sentence for each dataset of which something is approximate.
    """

    line: str
    simulated: bool = False
    approximate: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines to write under a picture."""
        return (*(f"Approximate: {text}" for text in self.approximate), self.line)


@dataclass(frozen=True)
class Bands:
    """The title above and the notes below a picture, wrapped and measured before it is laid out."""

    title: str
    notes: tuple[str, ...]
    simulated: bool
    top_inch: float
    bottom_inch: float

    @classmethod
    def measured(cls, title: str, provenance: Provenance, *, width_inch: float) -> Bands:
        """Wrap the title and the notes to a picture's width."""
        inner_points = (width_inch - 2 * MARGIN_INCH) * 72
        heading = wrapped(title, inner_points, points=_TITLE_POINTS, bold=True)
        notes = [wrapped(note, inner_points, points=_NOTE_POINTS) for note in provenance.notes]
        heading_lines = heading.count("\n") + 1 + provenance.simulated
        note_lines = "\n".join(notes).count("\n") + 1
        return cls(
            title=heading,
            notes=tuple(notes),
            simulated=provenance.simulated,
            top_inch=_lines_inch(heading_lines, _TITLE_POINTS) + 2 * MARGIN_INCH,
            bottom_inch=_lines_inch(note_lines, _NOTE_POINTS) + 1.5 * MARGIN_INCH,
        )

    def draw(self, fig: Figure) -> None:
        """Write title and notes, and say so where data are simulated."""
        width_inch, height_inch = fig.get_size_inches()
        left, top = MARGIN_INCH / width_inch, 1 - MARGIN_INCH / height_inch
        if self.simulated:
            fig.text(
                left + 0.05 / width_inch,
                top,
                "SIMULATED DATA",
                va="top",
                fontsize=_NOTE_POINTS,
                fontweight="bold",
                color="white",
                bbox={"facecolor": "#a3160c", "edgecolor": "none", "pad": 2.5},
            )
            top -= _lines_inch(1, _TITLE_POINTS) / height_inch
        fig.text(
            left,
            top,
            self.title,
            va="top",
            fontsize=_TITLE_POINTS,
            fontweight="bold",
            linespacing=1.15,
            parse_math=False,
        )
        fig.text(
            left,
            MARGIN_INCH * 0.7 / height_inch,
            "\n".join(self.notes),
            va="bottom",
            fontsize=_NOTE_POINTS,
            color="#333333",
            linespacing=1.2,
            parse_math=False,
        )


def provenance(data: Sequence[object], *, error: type[HanoiError], stated: str = "") -> Provenance:
    """Collect the source line of a picture from the datasets it shows.

    Parameters
    ----------
    data : sequence of object
        Objects whose ``.attrs`` hold ``"source"``, a mapping with at least ``citation`` and
        ``tier``, or ``"sources"``, a list of such mappings.
    error : type
        The error to raise.
    stated : str
        A source in words, for what is no dataset.

    Returns
    -------
    Provenance
        Each source once, in the order given.

    Raises
    ------
    HanoiError
        If an object carries no source, a source is incomplete, or there is none at all.
    """
    sources = [entry for item in data for entry in _sources_of(item, error)]
    for entry in sources:
        if not entry.get("citation"):
            raise error(f"the source {dict(entry)!r} has no 'citation': add it to the catalogue")
        if entry.get("tier") not in TIERS:
            hint = nearest(str(entry.get("tier")), TIERS)
            raise error(f"the source {entry['citation']!r} has tier {entry.get('tier')!r}: {hint}")
    cited = [f"{entry['citation']} ({entry['tier']})" for entry in sources]
    cited = list(dict.fromkeys([*cited, *([stated.strip()] if stated.strip() else [])]))
    if not cited:
        raise error(
            "nothing says where the data come from: pass data=[table, …] with what catalogue.load "
            "returned, or source='…' in words when no dataset is shown"
        )
    approximate = [str(entry["approximate"]) for entry in sources if entry.get("approximate")]
    return Provenance(
        line=("Source: " if len(cited) == 1 else "Sources: ") + "; ".join(cited),
        simulated=any(entry["tier"] == "simulated" for entry in sources),
        approximate=tuple(dict.fromkeys(approximate)),
    )


def require_text(error: type[HanoiError], **texts: str) -> None:
    """Raise `error` for the first of the named texts that is empty."""
    for name, text in texts.items():
        if not text.strip():
            raise error(f"{name} is empty: say in words what the picture shows")


def wrapped(text: str, width_points: float, *, points: float, bold: bool = False) -> str:
    """Break text into lines no wider than a width, measured in the font that draws it.

    Examples
    --------
    >>> wrapped("Population density of Hanoi", 90, points=8)
    'Population density of\\nHanoi'
    """
    font = FontProperties(family="DejaVu Sans", size=points, weight="bold" if bold else "normal")
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        width, _, _ = text_to_path.get_text_width_height_descent(longer, font, ismath=False)
        if width <= width_points or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _lines_inch(lines: int, points: float) -> float:
    return lines * points * _LINE_SPACING / 72


def _sources_of(item: object, error: type[HanoiError]) -> Iterator[Mapping[str, Any]]:
    attrs = getattr(item, "attrs", None)
    kind = type(item).__name__
    if not isinstance(attrs, Mapping):
        raise error(
            f"a {kind} cannot carry a source: pass the table, series or raster it was made from"
        )
    found = [*([attrs["source"]] if "source" in attrs else []), *attrs.get("sources", ())]
    if not found:
        raise error(
            f"the {kind} carries no source in .attrs['source']: load it by catalogue.load, or "
            "copy the entry over: new.attrs['source'] = old.attrs['source']"
        )
    for entry in found:
        if not isinstance(entry, Mapping):
            raise error(f"the source {entry!r} of the {kind} is no mapping with citation and tier")
        yield entry
