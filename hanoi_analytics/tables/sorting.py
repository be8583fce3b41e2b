"""Good rows sorted from bad: every row of a table is used, or rejected with its reasons.

Columns are found by the names that files usually give them, numbers may have a decimal comma and
their unit beside them; nothing is mended beyond that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.tables.columns import Column, find, found_in
from hanoi_analytics.tables.rows import Rows, read_rows

Bounds = tuple[float, float, float, float]
#: West, south, east, north in degrees: Viet Nam with its islands, and Hà Nội with a margin.
VIET_NAM: Bounds = (102.0, 6.0, 118.0, 23.5)
HANOI: Bounds = (105.2, 20.5, 106.1, 21.45)

_MISSING = ("", "-", "nan", "none", "null", "n/a", "na", "#n/a")


@dataclass(frozen=True)
class Sorted:
    """The rows of a table that can be used, and those that cannot.

    Attributes
    ----------
    accepted : pandas.DataFrame
        Columns under this project's names first, then the others as they were read. Index: the
        row as a spreadsheet numbers it.
    rejected : pandas.DataFrame
        ``row``, ``reason`` (all of them, "; " between), then every column as it was read.
    notes : tuple of str
        What was read and refused, in sentences.

    Both tables carry the source.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame
    notes: tuple[str, ...]

    def report(self) -> pd.DataFrame:
        """Return how many rows were accepted, and how many rejected for each (first) reason."""
        first = self.rejected["reason"].str.split("; ").str[0]
        counts = first.value_counts().rename_axis("outcome").reset_index(name="rows")
        table = pd.DataFrame({"outcome": ["accepted"], "rows": [len(self.accepted)]})
        table = pd.concat([table, counts], ignore_index=True)
        table.attrs = dict(self.accepted.attrs)
        return table


class Sorter:
    """Rows with the reasons against each; its methods read columns and add reasons.

    Parameters
    ----------
    rows : pandas.DataFrame, str or Rows
        A table, or a file in the folder for own files, see `read_rows`; or what that returned.
    columns : sequence of Column
        What is looked for.
    title : str
        What the table holds, for the list of sources.
    error : type of HanoiError
        Of the theme that reads, raised by all methods.
    given : mapping of str to str, optional
        The caller's names for columns, where they cannot be found.
    default_names : tuple of str
        See `read_rows`.

    Raises
    ------
    HanoiError
        A needed column is missing, several could be one, or `given` names none.
    """

    def __init__(
        self,
        rows: pd.DataFrame | str | Rows,
        columns: Sequence[Column],
        *,
        title: str,
        error: type[HanoiError],
        given: Mapping[str, str] | None = None,
        default_names: tuple[str, ...] = (),
    ) -> None:
        self.columns = {column.name: column for column in columns}
        self.error = error
        self.rows = (
            rows
            if isinstance(rows, Rows)
            else read_rows(
                rows,
                title=title,
                names_in=lambda words: found_in(words, columns),
                error=error,
                default_names=default_names,
            )
        )
        there = [str(c) for c in self.rows.table]
        self.found = find(self.rows.name, there, columns, dict(given or {}), error)
        table = self.rows.table
        self.reasons = pd.Series("", index=table.index, dtype="str")
        self.taken: list[str] = []
        self.reject(
            self.rows.ragged,
            "more fields than columns: a decimal comma, or a comma without quotes?",
        )
        names = table[list(self.found.values())].astype("str")
        self.reject(
            (names == names.columns).all(axis=1) & bool(self.found), "the line of names again"
        )

    @property
    def good(self) -> pd.Series[bool]:
        """Rows with nothing against them so far."""
        return self.reasons == ""

    def reject(self, wrong: pd.Series[bool], reason: str) -> None:
        """Add a reason to rows, all or some of the table's; a row keeps all of its reasons."""
        rows = wrong.index[wrong]
        if len(rows):
            said = self.reasons.loc[rows]
            self.reasons.loc[rows] = said.where(said == "", said + "; ") + reason

    def words(self, name: str) -> pd.Series[str]:
        """Return a column as text, missing where nothing stands or the table lacks it."""
        if name not in self.found:
            return pd.Series(np.nan, index=self.rows.table.index, dtype="str")
        text = self.rows.table[self.found[name]].astype("str").str.strip()
        return text.mask(text.str.lower().isin(_MISSING))

    def needed(self, name: str) -> pd.Series[str]:
        """Return a column as text; rows without it are rejected."""
        words = self.words(name)
        self.reject(words.isna(), f"{name}: missing")
        return words

    def choice(
        self, name: str, allowed: Iterable[str], also: Mapping[str, str] | None = None
    ) -> pd.Series[str]:
        """Return a column of words from a list, whatever their case; others are rejected."""
        known = {word.lower(): word for word in allowed} | dict(also or {})
        words = self.words(name)
        values = words.str.lower().map(known).astype("str")
        listed = ", ".join(dict.fromkeys(known.values()))
        self.reject(words.notna() & values.isna(), f"{name}: expected one of {listed}")
        return values

    def numbers(self, name: str) -> pd.Series[float]:
        """Return a column of numbers; text, stand-ins and what cannot be are rejected."""
        column, span = self.columns[name], self.columns[name].span
        raw = self.rows.table.get(self.found.get(name, ""))
        if (
            raw is not None
            and pd.api.types.is_numeric_dtype(raw)
            and not pd.api.types.is_bool_dtype(raw)
        ):
            values = pd.Series(raw.to_numpy(dtype=float, na_value=np.nan), index=raw.index)
        else:
            values = self._parsed(column)
        stand_in = values.isin(column.stand_ins)
        self.reject(stand_in, f"{name}: {_stand_in(column)}")
        below = values < span.left if span.closed_left else values <= span.left
        above = values > span.right if span.closed_right else values >= span.right
        self.reject((below | above) & ~stand_in, f"{name}: expected {_said(span)}")
        return values

    def _parsed(self, column: Column) -> pd.Series[float]:
        words = self.words(column.name)
        values = pd.to_numeric(words, errors="coerce").astype("float64")
        odd = words.notna() & values.isna()
        if odd.any():  # the slow way, for few rows as a rule
            values[odd] = self._parsed_odd(column, words[odd]).astype("float64")
        return values

    def _parsed_odd(self, column: Column, words: pd.Series[str]) -> pd.Series[float]:
        name = column.name
        text = words.str.lower().str.replace("\N{MINUS SIGN}", "-")
        text = text.str.replace(rf"\s*({column.unit_pattern})$", "", regex=True)
        # A comma is a decimal sign, but 1,234 may be a thousand where both are possible.
        comma = text.str.fullmatch(r"[+-]?\d{1,3},\d{3}") & (self.rows.separator == ",")
        thousands = pd.to_numeric(text.where(comma).str.replace(",", ""), errors="coerce")
        unclear = thousands.between(column.span.left, column.span.right)
        text = text.where(text.str.contains(".", regex=False), text.str.replace(",", "."))
        values = pd.to_numeric(text.mask(unclear), errors="coerce").astype("float64")
        self.reject(unclear, f"{name}: a thousand, or a decimal comma? write a point, or none")
        wrong = words.notna() & values.isna() & ~unclear
        turned = wrong & words.str.contains("[°'′]", regex=True).fillna(value=False).astype(bool)
        self.reject(turned, f"{name}: not in decimal degrees, such as 105.8512")
        self.reject(wrong & ~turned, f"{name}: not a number")
        return values

    def places(
        self, bounds: Bounds, *, longitude: str = "longitude", latitude: str = "latitude"
    ) -> pd.DataFrame:
        """Return longitude and latitude; rows without, and those outside bounds, are rejected."""
        west, south, east, north = bounds
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise self.error(f"bounds {bounds}: expected west, south, east, north in degrees")
        for name in (longitude, latitude):
            self.needed(name)
        x, y = self.numbers(longitude), self.numbers(latitude)
        inside = x.between(west, east) & y.between(south, north)
        outside = x.notna() & y.notna() & ~inside
        swapped = outside & y.between(west, east) & x.between(south, north)
        metres = outside & (x.abs() > 1000) & (y.abs() > 1000)
        self.reject(swapped, "longitude and latitude swapped?")
        self.reject(metres, "metres, not degrees: give longitude and latitude (WGS 84)")
        box = f"{west:g} to {east:g}° E, {south:g} to {north:g}° N"
        self.reject(outside & ~swapped & ~metres, f"outside the bounds {box}")
        return pd.DataFrame({"longitude": x, "latitude": y})

    def once(self, key: pd.DataFrame | pd.Series[str], name: str) -> None:
        """Reject the good rows after the first of a key, and say whether they differ from it."""
        good = self.rows.table[self.good]
        again = key[self.good].duplicated()
        same = again & good.duplicated()
        for mask, reason in (
            (same, "the same row again"),
            (again & ~same, "in a row that differs"),
        ):
            self.reject(
                mask.reindex(self.reasons.index, fill_value=False), f"{name} twice, {reason}"
            )

    def rejected(self) -> pd.DataFrame:
        """Return the rows with reasons, as they stand in the table."""
        own = {name: f"{name} (in the file)" for name in ("row", "reason")}
        bad = ~self.good
        table = self.rows.table[bad].rename(columns=own).reset_index(drop=True)
        table.insert(0, "row", self.rows.number[bad].to_numpy())
        table.insert(1, "reason", self.reasons[bad].to_numpy())
        table.attrs["source"] = self.rows.source
        return table

    def split(self, table: pd.DataFrame) -> Sorted:
        """Part a table of columns that were read, and all others of the file, by the reasons."""
        own = self.rows.table.drop(columns=list(self.found.values()))
        own = own.rename(columns={c: f"{c} (as read)" for c in own if c in table})
        accepted = table.join(own)[self.good]
        accepted.index = pd.Index(self.rows.number[self.good], name="row")
        if self.rows.source:
            accepted.attrs["source"] = self.rows.source
        return Sorted(accepted, self.rejected(), tuple(self.notes()))

    def require_some(self) -> None:
        """Refuse a table without one good row, with the commonest reasons."""
        if not self.good.any():
            raise self.error(f"{self.rows.name}: none of the rows can be used: {self.commonest()}")

    def commonest(self) -> str:
        """Return the commonest reasons with their number of rows and the first of them."""
        reasons = self.reasons[~self.good].str.split("; ").explode()
        first = self.rows.number.reindex(reasons.index).groupby(reasons.to_numpy()).min()
        counts = reasons.value_counts().head(5)
        return "; ".join(
            f"{reason} ({count:,} times, first in row {row})"
            for reason, count, row in zip(counts.index, counts, first[counts.index], strict=True)
        )

    def notes(self) -> list[str]:
        """Say which columns were taken for what, and how many rows were read, used, rejected."""
        bad = int((~self.good).sum())
        lines = [f"Rows read: {len(self.reasons):,}; used: {len(self.reasons) - bad:,}."]
        columns = [f"{file!r} as {name}" for name, file in self.found.items() if name != file]
        if taken := [*columns, *self.taken]:
            lines.append(f"Taken: {', '.join(taken)}.")
        if bad:
            lines.append(f"Rows rejected: {bad:,}. Commonest reasons: {self.commonest()}.")
        for lost, where in (
            (self.rows.above, "above the names"),
            (self.rows.empty, "without a value"),
        ):
            if lost:
                lines.append(f"Lines {where}, left out: {lost:,}.")
        return lines


def _said(span: pd.Interval[Any]) -> str:
    low = "from" if span.closed_left else "above"
    high = "to" if span.closed_right else "to below"
    return f"{low} {span.left:g} {high} {span.right:g}"


def _stand_in(column: Column) -> str:
    if column.stand_ins == (0.0,):
        return "0 stands for not known: leave it empty"
    return "a stand-in for no measurement"
