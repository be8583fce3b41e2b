"""What a series counts, and the refusal of a series that counts two things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hanoi_analytics.errors import HanoiError

#: What says what a series counts; a frame without one of these columns is no series.
KEPT = ("indicator", "definition", "area", "kind", "year", "date")

# From this month on, units that the two official definitions name are gone.
_REFORM = "2025-07"
_ENDED = {
    "A": "the districts that its definition names ended on 1 July 2025",
    "B": "the townships (thị trấn) that its definition names ended on 1 July 2025; only wards are "
    "left, and old communes are part of them",
}


class IndicatorError(HanoiError):
    """An indicator, area or kind that is not there, or a figure that a check needs and lacks."""


class SpliceError(IndicatorError):
    """Two definitions, or two areas, in what is taken for one series."""


@dataclass(frozen=True)
class Definition:
    """What a series counts, and where."""

    indicator: str
    text: str
    area: str


def require_one_definition(frame: pd.DataFrame) -> Definition:
    """Return the one definition of a series, or say which definitions it mixes.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`~hanoi_analytics.urbanisation.indicators.series`, or rows of it.

    Returns
    -------
    Definition

    Raises
    ------
    SpliceError
        Two indicators, definitions or areas; targets among counts; rows of A or B from before and
        after 1 July 2025, when units that their definitions name ended.
    IndicatorError
        No rows, a column or definition lost, or a row of 2025 that does not say when in the year.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation import indicators
    >>> a, b = indicators.series("A"), indicators.series("B")
    >>> require_one_definition(a).indicator
    'A'
    >>> try:
    ...     require_one_definition(pd.concat([a, b]))
    ... except SpliceError as refusal:
    ...     print(str(refusal)[:54])
    two definitions in one series: A (usual residents of a
    """
    _require_columns(frame)
    meanings = list(dict.fromkeys(zip(frame["indicator"], frame["definition"], strict=True)))
    if len(meanings) > 1:
        raise SpliceError(_refusal([f"{name} ({text})" for name, text in meanings]))
    indicator, text = (str(word) for word in meanings[0])
    areas = [str(area) for area in frame["area"].unique()]
    if len(areas) > 1:
        raise SpliceError(
            f"two areas in one series of {indicator}: {' and '.join(areas)}; take them one by one"
        )
    are_targets = frame["kind"] == "target"
    if are_targets.any() and not are_targets.all():
        raise SpliceError(
            f"targets stand among the counts of {indicator}: a target is no count; take them "
            f"from indicators.targets({indicator!r})"
        )
    if indicator in _ENDED:
        dated = zip(frame["year"], frame["date"], strict=True)
        if len({_is_after_reform(indicator, year, date) for year, date in dated}) > 1:
            before = f"{indicator} until 30 June 2025 ({text})"
            raise SpliceError(
                _refusal([before, f"{indicator} since 1 July 2025 ({_ENDED[indicator]})"])
            )
    return Definition(indicator, text, areas[0])


def sources_of(frames: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the catalogue's source of each frame, each once."""
    found: list[dict[str, Any]] = []
    for frame in frames:
        own = [frame.attrs["source"]] if "source" in frame.attrs else frame.attrs.get("sources", [])
        found += [source for source in own if source not in found]
    return found


def _require_columns(frame: pd.DataFrame) -> None:
    keep = f"take it from indicators.series() and keep its columns {', '.join(KEPT)}"
    lost = [column for column in KEPT if column not in frame.columns]
    if lost:
        raise IndicatorError(f"the series has no column {lost[0]!r} that says what it is: {keep}")
    if frame.empty:
        raise IndicatorError("the series has no rows: ask for other years, kinds or areas")
    for column in ("indicator", "definition", "area"):
        if frame[column].isna().any():
            year = frame.loc[frame[column].isna(), "year"].iloc[0]
            raise IndicatorError(f"the row of {year} has no {column}: {keep}")


def _is_after_reform(indicator: str, year: int, date: object) -> bool:
    """Say on which side of the reform a row lies; texts of ISO dates compare in order of time."""
    moments = date.split("/") if isinstance(date, str) else [str(year)]
    if _REFORM[:4] in moments:
        raise IndicatorError(
            f"the row of {indicator} for {year} has no month, and the definition changed on "
            "1 July 2025: give it a date"
        )
    sides = {moment >= _REFORM for moment in moments}
    if len(sides) > 1:
        raise IndicatorError(
            f"the row of {indicator} for {date} lies on both sides of 1 July 2025, when the "
            "definition changed"
        )
    return sides.pop()


def _refusal(meanings: list[str]) -> str:
    return (
        f"two definitions in one series: {' and '.join(meanings)}. One does not continue the "
        "other: keep a frame for each, and compare them with indicators.side_by_side()"
    )
