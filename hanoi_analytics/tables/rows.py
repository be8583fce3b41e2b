"""Tables of a user's own as they come: separator, line of names, cleaned text, row numbers.

Nothing is lost here: a row keeps the number that a spreadsheet shows, whatever is wrong with it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.errors import HanoiError

# Lines in which the names are looked for: titles and remarks of a tool may stand above them.
_HEAD = 20
# A separator that no file has, so that lines come whole.
_NONE = "\x1f"
_SEPARATORS = ",;\t|"
# Control characters, and marks that hide or turn text.
_UNSEEN = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"


@dataclass(frozen=True)
class Rows:
    """Rows of a table.

    Attributes
    ----------
    table : pandas.DataFrame
        Text without control characters, and numbers where a table or Parquet file holds them;
        fields beyond the line of names are in columns ``field 4``, ``field 5`` and so on.
    number : pandas.Series of int
        Of the row as a spreadsheet shows it: the first line of a file is 1.
    ragged : pandas.Series of bool
        Rows with more fields than there are names.
    separator : str
        Of the file; a comma for tables that are no text file.
    above, empty : int
        Lines above the names, and lines without any value, that are left out.
    source : dict
        Of the table, or empty.
    """

    table: pd.DataFrame
    number: pd.Series[int]
    ragged: pd.Series[bool]
    separator: str
    above: int
    empty: int
    source: dict[str, Any]

    @property
    def name(self) -> str:
        """What messages call the table."""
        return str(self.source.get("id", "the table"))


def read_rows(
    rows: pd.DataFrame | str,
    *,
    title: str,
    names_in: Callable[[Iterable[str]], int],
    error: type[HanoiError],
    default_names: tuple[str, ...] = (),
) -> Rows:
    """Read a file, or take a table, and lose nothing.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A table, or a file in the folder for own files: CSV (also ``.csv.gz``; separated by
        comma, semicolon, tabulator or ``|``) or Parquet.
    title : str
        What it holds, for the list of sources.
    names_in : callable
        How many of some words are names of columns that are looked for: the first line with two
        is the line of names; if there is none, the first line of all.
    error : type of HanoiError
        Of the theme that reads.
    default_names : tuple of str
        The columns of a CSV that may lack a line of names.

    Raises
    ------
    HanoiError
        No row, or two columns of one name.
    """
    raw = isinstance(rows, str) and rows.lower().endswith((".csv", ".csv.gz"))
    separator, above = ",", 0
    if isinstance(rows, str) and raw:
        lines = _lines(rows, title)
        separator, first = _names(lines.head(_HEAD).tolist(), names_in)
        above = first if first is not None else 0
        if first is None and default_names:
            above = -1
        # Named by the header, pandas would refuse longer rows, or shift their fields.
        width = int(lines.str.count(re.escape(separator)).max()) + 1 if len(lines) else 1
        table = catalogue.load_own_rows(
            rows, title=title, sep=separator, header=None, names=range(width),
            index_col=False, skip_blank_lines=False,
        )  # fmt: skip
    else:
        table = catalogue.load_own_rows(rows, title=title) if isinstance(rows, str) else rows
    source = dict(table.attrs.get("source", {}))
    values = _printable(table.reset_index(drop=True))
    number = pd.Series(np.arange(len(values)) + (1 if raw else 2))
    names = [str(name).strip() for name in values.columns]
    if raw:
        names = list(default_names) if above < 0 else _filled(values.iloc[above : above + 1])
        used = values.notna().any().to_numpy().nonzero()[0].max(initial=len(names) - 1)
        values = values.iloc[above + 1 :, : int(used) + 1]
    full = values.notna().any(axis=1)
    empty, values = int((~full).sum()), values[full]
    name = source.get("id", "the table")
    twice = [word for word in names if names.count(word) > 1]
    if twice or values.empty:
        lack = f"two columns are named {twice[0]!r}: rename one" if twice else "no row with values"
        raise error(f"{name}: {lack}")
    ragged = values.iloc[:, len(names) :].notna().any(axis=1)
    names += [f"field {place + 1}" for place in range(len(names), values.shape[1])]
    values = values.set_axis(names[: values.shape[1]], axis=1)
    return Rows(values, number[values.index], ragged, separator, max(above, 0), empty, source)


def _lines(file: str, title: str) -> pd.Series[str]:
    whole: dict[str, Any] = {"sep": _NONE, "quoting": csv.QUOTE_NONE, "header": None}
    whole["names"] = ["line"]
    lines = catalogue.load_own_rows(file, title=title, skip_blank_lines=False, **whole)["line"]
    return lines.fillna("")


def _names(lines: list[str], names_in: Callable[[Iterable[str]], int]) -> tuple[str, int | None]:
    """Return the separator, and which line holds the names, if one does."""
    for place, line in enumerate(lines):
        counts = {s: names_in(p.strip('" ') for p in line.split(s)) for s in _SEPARATORS}
        best = max(_SEPARATORS, key=counts.__getitem__)
        if counts[best] > 1:
            return best, place
    first = lines[0] if lines else ""
    return max(_SEPARATORS, key=first.count), None


def _filled(names: pd.DataFrame) -> list[str]:
    """Return the names of a line up to the last one, with stand-ins for those that lack."""
    line = names.iloc[0].tolist() if len(names) else []
    while line and pd.isna(line[-1]):
        line.pop()
    return [f"column {i + 1}" if pd.isna(v) else v.strip() for i, v in enumerate(line)]


def _printable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its text normalised; a mixed column becomes text."""
    clean = table.copy()
    for place, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(
            kind
        ):
            # Each different value once: columns of names and units have few.
            codes, words = pd.factorize(table.iloc[:, place].astype("str"))
            text = pd.Series(words, dtype="str")
            if not text.str.isascii().all():
                text = text.str.normalize("NFC")
            text = text.str.replace(_UNSEEN, "", regex=True)
            clean.isetitem(place, text.array.take(codes, allow_fill=True))
    return clean
