"""Measured tables as they come: columns found by their usual names, bad rows put aside.

Numbers may have a decimal comma and columns other names; nothing is mended beyond that. Every row
ends up in exactly one of two tables, the rejected ones with the reason and as they were read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest

_BLANK = ("", "-", "nan", "none", "null", "n/a", "na")


@dataclass(frozen=True)
class Quantity:
    """A column of numbers.

    Attributes
    ----------
    name : str
        As this project calls it, with its unit.
    low, high : float
        What the thing can be.
    names : tuple of str
        As files call it: lower case, letters and digits only, without the unit.
    unit : str
        Letters that may end such a name.
    stem : str
        If none of the names is there, the one column whose name holds this stem.
    stand_ins : tuple of float
        Numbers that instruments write for no measurement.
    needed : bool
        Whether a row without it is rejected.
    """

    name: str
    low: float
    high: float
    names: tuple[str, ...]
    unit: str = ""
    stem: str = ""
    stand_ins: tuple[float, ...] = ()
    needed: bool = True


@dataclass(frozen=True)
class Sorted:
    """The rows of a table that can be used, and those that cannot.

    Attributes
    ----------
    accepted : pandas.DataFrame
        Columns under this project's names first, then the others as they were read.
    rejected : pandas.DataFrame
        ``reason``, then every column as it was read.

    Both carry the row of the table, from 1, as index, and its source.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame

    def report(self) -> pd.DataFrame:
        """Return how many rows were accepted, and how many rejected for each reason."""
        counts = self.rejected["reason"].value_counts().rename_axis("outcome").reset_index()
        table = pd.DataFrame({"outcome": ["accepted"], "rows": [len(self.accepted)]})
        table = pd.concat([table, counts.set_axis(["outcome", "rows"], axis=1)], ignore_index=True)
        table.attrs = dict(self.accepted.attrs)
        return table


def own_or_given(rows: pd.DataFrame | str, *, title: str) -> pd.DataFrame:
    """Return a table, or read it from the user's folder with the separator its header shows."""
    if isinstance(rows, pd.DataFrame):
        return rows
    if not rows.lower().endswith((".csv", ".csv.gz")):
        return catalogue.load_own_rows(rows, title=title)
    header = ",".join(catalogue.load_own_rows(rows, title=title, nrows=0).columns)
    separator = max(",;\t|", key=header.count)
    # Many instruments end each line with a separator: without this, columns would shift by one.
    return catalogue.load_own_rows(rows, title=title, sep=separator, index_col=False)


def sort_rows(
    rows: pd.DataFrame,
    *,
    quantities: Sequence[Quantity],
    labels: Mapping[str, Sequence[str]],
    columns: Mapping[str, str] | None,
) -> tuple[pd.DataFrame, pd.Series[str], list[str]]:
    """Name the columns of a table, read its numbers, and say what is wrong with each row.

    Parameters
    ----------
    rows : pandas.DataFrame
        As read.
    quantities : sequence of Quantity
        Columns of numbers.
    labels : mapping from str to sequence of str
        Columns that are taken as they stand if there, and the names that files give them, the
        best first.
    columns : mapping from str to str, optional
        Names in the table for those of this project, where they cannot be guessed.

    Returns
    -------
    tuple of pandas.DataFrame, pandas.Series and list of str
        The named columns; the first reason against each row, empty if there is none; the columns
        of `rows` they were taken from. Index: row of the table, from 1.

    Raises
    ------
    CoverageError
        A needed column is missing, several could be it, or a name stands twice.
    """
    given = dict(columns or {})
    _check_names(rows, given, [*(q.name for q in quantities), *labels])
    rows = rows.set_axis(pd.RangeIndex(1, len(rows) + 1, name="row"))
    table = pd.DataFrame(index=rows.index)
    reason = pd.Series("", index=rows.index, dtype="str")
    used = []
    for quantity in quantities:
        column = given.get(quantity.name) or _column_of(quantity, list(rows.columns))
        if column:
            used.append(column)
            table[quantity.name], wrong = _read(rows[column], quantity)
            reason = reason.where(reason != "", wrong)
    for label, names in labels.items():
        known = {_plain(str(c)): c for c in reversed(rows.columns)}
        found = [known[name] for name in (_plain(label), *names) if name in known]
        column = given.get(label) or next((c for c in found if c not in used), None)
        if column:
            used.append(column)
            table[label] = rows[column]
    return table, reason, used


def split(
    rows: pd.DataFrame, table: pd.DataFrame, reason: pd.Series[str], used: Sequence[str]
) -> Sorted:
    """Part a table by the reasons against its rows."""
    own = rows.set_axis(table.index)
    taken = {"reason", *table.columns}
    own = own.rename(columns={c: f"{c} (as read)" for c in own.columns if c in taken - set(used)})
    accepted = table.join(own.drop(columns=list(used)))[reason == ""]
    rejected = own[reason != ""]
    rejected.insert(0, "reason", reason[reason != ""])
    accepted.attrs, rejected.attrs = dict(rows.attrs), dict(rows.attrs)
    return Sorted(accepted, rejected)


def _check_names(rows: pd.DataFrame, given: Mapping[str, str], known: Sequence[str]) -> None:
    twice = rows.columns[rows.columns.duplicated()]
    if len(twice):
        raise CoverageError(f"column {twice[0]!r} stands twice in the table; rename one")
    for name, column in given.items():
        if name not in known:
            raise CoverageError(f"columns={{{name!r}: …}}: {nearest(name, known)}")
        if column not in rows.columns:
            hint = nearest(column, map(str, rows.columns))
            raise CoverageError(f"no column {column!r} in the table; {hint}")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _column_of(quantity: Quantity, columns: Sequence[str]) -> str | None:
    if quantity.name in columns:
        return quantity.name
    plain = {c: _plain(str(c)) for c in columns}
    names = {*quantity.names, _plain(quantity.name)}
    found = [c for c in columns if {plain[c], plain[c].removesuffix(quantity.unit)} & names]
    if not found and quantity.stem:
        found = [c for c in columns if quantity.stem in plain[c]]
    if len(found) > 1:
        raise CoverageError(
            f"{', '.join(map(repr, found))} could all be {quantity.name!r}: say which one with "
            f"columns={{{quantity.name!r}: {found[0]!r}}}"
        )
    if not found and quantity.needed:
        raise CoverageError(
            f"no column for {quantity.name!r}; {nearest(quantity.name, map(str, columns))}; say "
            f"which one with columns={{{quantity.name!r}: '…'}}"
        )
    return found[0] if found else None


def _read(values: pd.Series[Any], quantity: Quantity) -> tuple[pd.Series[float], pd.Series[str]]:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)
        blank = numbers.isna()
    else:
        text = values.astype("str").str.strip().str.replace("\N{MINUS SIGN}", "-")
        blank = text.isna() | text.str.lower().isin(_BLANK)
        # A comma is a decimal sign only where no point stands beside it.
        text = text.where(text.str.contains(".", regex=False), text.str.replace(",", "."))
        numbers = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = pd.Series("", index=values.index, dtype="str")
    name, low, high = quantity.name, quantity.low, quantity.high
    wrong[~numbers.between(low, high)] = f"{name}: outside {low:g} to {high:g}"
    wrong[numbers.isin(quantity.stand_ins)] = f"{name}: a stand-in for no measurement"
    wrong[numbers.isna()] = f"{name}: not a number"
    wrong[blank] = f"{name}: none given" if quantity.needed else ""
    return numbers, wrong
