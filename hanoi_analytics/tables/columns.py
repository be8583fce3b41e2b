"""The columns a reader looks for, found by the names that files usually give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hanoi_analytics.errors import HanoiError, nearest

# How a unit is written behind a number or a name, letters and digits only in a name.
_UNITS = {"deg": r"deg(?:rees)?|°\s*[en]?", "mbps": r"mbps|mbit/?s?", "dbm": "dbm"}
_EVERY = pd.Interval(-np.inf, np.inf, closed="both")


@dataclass(frozen=True)
class Column:
    """A column that a reader looks for.

    Attributes
    ----------
    name : str
        As this project calls it, with its unit.
    names : tuple of str
        As files call it: lower case, letters and digits only, without the unit. Of words the
        first is taken; of numbers there may be one only.
    stems : tuple of str
        If none of the names is there, the one column whose name holds one of them.
    span : pandas.Interval
        What a number can be.
    unit : str
        If the name does not end in it.
    stand_ins : tuple of float
        Numbers that stand for no value.
    words : bool
        Text, not numbers.
    needed : bool
        Whether a table must have it.
    """

    name: str
    names: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    span: pd.Interval[float] = _EVERY
    unit: str = ""
    stand_ins: tuple[float, ...] = ()
    words: bool = False
    needed: bool = False

    @property
    def unit_pattern(self) -> str:
        """A regular expression for the unit."""
        unit = self.unit or self.name.partition("_")[2].rpartition("_")[2]
        return _UNITS.get(unit, unit)

    def among(self, columns: Iterable[str]) -> list[str]:
        """Return those columns that can be this one, the best first."""
        columns = list(columns)
        if self.name in columns:
            return [self.name]
        simple = {c: plain(c) for c in columns}
        bare = {c: re.sub(f"({self.unit_pattern})$", "", simple[c]) for c in columns}
        wanted = (plain(self.name), *self.names)
        found = [c for name in wanted for c in columns if name in (simple[c], bare[c])]
        found = found or [c for c in columns for stem in self.stems if stem in simple[c]]
        return list(dict.fromkeys(found))


LONGITUDE = Column(
    "longitude", ("lon", "lng", "long", "kinhdo"), ("longitude", "kinhdo"), unit="deg", needed=True
)
LATITUDE = Column(
    "latitude", ("lat", "vido"), ("latitude", "vido"), unit="deg", needed=True
)  # fmt: skip


def plain(name: str) -> str:
    """Return a name in lower case without marks, spaces and signs.

    Examples
    --------
    >>> plain("Kinh độ (WGS-84)"), plain("SS-RSRP [dBm]")
    ('kinhdowgs84', 'ssrsrpdbm')
    """
    letters = unicodedata.normalize("NFKD", name.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", letters)


def found_in(words: Iterable[str], columns: Sequence[Column]) -> int:
    """Return how many of some words are columns that are looked for."""
    line = list(words)
    return len({found[0] for column in columns if (found := column.among(line))})


def find(
    table: str,
    there: Sequence[str],
    columns: Sequence[Column],
    given: dict[str, str],
    error: type[HanoiError],
) -> dict[str, str]:
    """Return for each column that is there its name in a table.

    Parameters
    ----------
    table : str
        What messages call it.
    there : sequence of str
        Its columns.
    columns : sequence of Column
        What is looked for; what stands first has first choice.
    given : dict of str to str
        Columns that the caller names.
    error : type of HanoiError
        Of the theme that reads.

    Raises
    ------
    HanoiError
        A needed column is missing, several could be one, or `given` names none.
    """
    known = [column.name for column in columns]
    for name, word in given.items():
        if name not in known:
            raise error(f"columns={{{name!r}: …}}: {nearest(name, known)}")
        if word not in there:
            raise error(f"no column {word!r} in {table}; {nearest(word, there)}")
    found = dict(given)
    for column in columns:
        fitting = [c for c in column.among(there) if c not in found.values()]
        if column.name in given or not fitting:
            continue
        if len(fitting) > 1 and not column.words:
            raise error(
                f"{table}: {', '.join(map(repr, fitting))} could all be {column.name!r}: give the "
                f"right one that name, or in Python columns={{{column.name!r}: {fitting[0]!r}}}"
            )
        found[column.name] = fitting[0]
    lost = [column.name for column in columns if column.needed and column.name not in found]
    if lost:
        hints = ", ".join(repr(name) for name in lost)
        raise error(
            f"{table}: no column for {hints}; {nearest(lost[0], there)}; give the "
            f"right column that name"
        )
    return found
