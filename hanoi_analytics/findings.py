"""The numbers a run of a notebook stands for, so that two runs can be compared."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html import escape

import numpy as np

from hanoi_analytics.errors import HanoiError

FINDINGS_MIME = "application/vnd.hanoi.findings+json"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_NAME = 60
_MOST = 40


class FindingError(HanoiError):
    """What was given as a finding is no number, or its name cannot be used."""


def record(**values: float | None) -> FindingsTable:
    """Record numbers of this run; call it at the end of a cell, so that they are shown.

    Two runs are compared by what they recorded, and a job can refuse to replace a page when a
    number has moved too far.

    Parameters
    ----------
    **values : int, float, bool or None
        Numbers, also NumPy's. A name is in small letters and ends with its unit,
        ``mean_pm25_ugm3``. None, NaN and the infinite are kept as missing; a bool counts as 0 or 1.

    Returns
    -------
    FindingsTable
        Shown as a table in a notebook and as text in a terminal.

    Raises
    ------
    FindingError
        Nothing or more than 40 numbers, a name that is no ``lower_snake`` word of ASCII letters,
        or a value that is no number.

    Examples
    --------
    >>> record(mean_pm25_ugm3=38.5, days_above=12)
    mean_pm25_ugm3  38.5
    days_above      12
    """
    if not 1 <= len(values) <= _MOST:
        raise FindingError(
            f"found {len(values)} numbers to record, expected 1 to {_MOST} in one call; "
            "record what two runs are compared by, and show the rest as a table"
        )
    return FindingsTable({name: checked(name, value) for name, value in values.items()})


def checked(name: str, value: object) -> float | None:
    """Return a finding as a plain number (int, float or bool), or None where it is missing.

    Raises
    ------
    FindingError
        As of `record`.

    Examples
    --------
    >>> checked("days_above", float("nan")) is None
    True
    """
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise FindingError(
            f"finding {name[:_LONGEST_NAME]!r}: expected small letters a to z, digits and single "
            f"underlines, at most {_LONGEST_NAME}, for example mean_pm25_ugm3"
        )
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None:
        return None
    if not isinstance(plain, (int, float)):
        raise FindingError(
            f"finding {name}: expected a number, found a {type(value).__name__}; "
            "for one value of a table take float(...) of it"
        )
    try:
        return plain if math.isfinite(plain) else None
    except OverflowError as error:
        raise FindingError(f"finding {name}: the whole number is too large for a float") from error


class FindingsTable:
    """Numbers of a run, to be shown by a notebook."""

    def __init__(self, values: Mapping[str, float | None]) -> None:
        self.values = dict(values)

    def __repr__(self) -> str:
        width = max(map(len, self.values))
        return "\n".join(f"{name:{width}}  {_shown(v)}" for name, v in self.values.items())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(_shown(value))}</td></tr>'
            for name, value in self.values.items()
        )
        return (
            "<table><caption>Numbers of this run</caption><thead><tr>"
            '<th scope="col">Name</th><th scope="col">Value</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            FINDINGS_MIME: dict(self.values),
        }


def _shown(value: float | None) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
