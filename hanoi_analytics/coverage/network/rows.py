"""The rows of a file as text, each with the number a spreadsheet shows, however ragged they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError

# More fields than a site list has columns, so that a row longer than its header is seen.
_FIELDS = 64
# Control characters, and marks that hide or turn text.
_UNSEEN = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"


@dataclass(frozen=True)
class Rows:
    """Rows of a file.

    Attributes
    ----------
    text : pandas.DataFrame
        Every value as text without control characters; fields beyond the header in columns
        ``field 4``, ``field 5`` and so on.
    number : pandas.Series of int
        Of the row, from 1; the line of names is the first.
    ragged : pandas.Series of bool
        Rows with more fields than there are names.
    empty : int
        Lines without any value, left out.
    source : dict
        Of the file.
    """

    text: pd.DataFrame
    number: pd.Series[int]
    ragged: pd.Series[bool]
    empty: int
    source: dict[str, Any]


def read_rows(rows: pd.DataFrame | str, *, title: str, default_names: tuple[str, ...] = ()) -> Rows:
    """Read a file, or take its rows, and lose nothing.

    Parameters
    ----------
    rows : pandas.DataFrame or str
        A table with ``attrs["source"]``, or a file in the folder for own files: CSV (also
        ``.csv.gz``) or Parquet.
    title : str
        What it holds, for the list of sources.
    default_names : tuple of str
        The columns of a CSV that may lack a line of names; empty where it must have one.

    Raises
    ------
    CoverageError
        No row, two columns of one name, or a table without its source.
    """
    raw = isinstance(rows, str) and rows.lower().endswith((".csv", ".csv.gz"))
    if isinstance(rows, str):
        # Named by the header, pandas would take a longer row's first field for an index.
        ragged = {"header": None, "names": range(_FIELDS), "skip_blank_lines": False}
        table = catalogue.load_own_rows(rows, title=title, **(ragged if raw else {}))
    else:
        table = rows
    if "source" not in table.attrs:
        raise CoverageError(
            "rows without attrs['source']: name a file, or load it by catalogue.load_own_rows"
        )
    source = cast("dict[str, Any]", dict(table.attrs["source"]))
    values = table.reset_index(drop=True)
    if raw:
        used = values.notna().any().to_numpy().nonzero()[0]
        values = values.iloc[:, : int(used.max(initial=0)) + 1]
    text = values.astype("str").apply(_printable)
    number = pd.Series(np.arange(len(text)) + (1 if raw else 2))
    full = text.notna().any(axis=1)
    text = text[full]
    names = [str(name) for name in text.columns]
    if raw and len(text):
        names, text = _header(text, default_names)
    names = [name.strip() for name in names]
    twice = [name for name in names if names.count(name) > 1]
    if twice or text.empty:
        lack = f"two columns are named {twice[0]!r}" if twice else "no row below the names"
        raise CoverageError(f"{source['id']}: {lack}")
    beyond = text.iloc[:, len(names) :].notna().any(axis=1)
    width = text.shape[1]
    names = [*names[:width], *(f"field {i + 1}" for i in range(len(names), width))]
    return Rows(
        text.set_axis(names, axis=1), number[text.index], beyond, int((~full).sum()), source
    )


def _header(text: pd.DataFrame, default_names: tuple[str, ...]) -> tuple[list[str], pd.DataFrame]:
    """Take the names from the first row, unless it holds none of the default ones."""
    first = text.iloc[0]
    last = int(first.notna().to_numpy().nonzero()[0].max())
    names = [f"column {i + 1}" if pd.isna(v) else v for i, v in enumerate(first[: last + 1])]
    if default_names and not set(names) & set(default_names):
        return list(default_names), text
    return names, text.iloc[1:]


def _printable(values: pd.Series[str]) -> pd.Series[str]:
    if not values.str.isascii().all():
        values = values.str.normalize("NFC")
    return values.str.replace(_UNSEEN, "", regex=True)
