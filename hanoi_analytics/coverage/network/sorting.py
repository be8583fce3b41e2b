"""Sorting good rows from bad: every row of a file is either used or rejected with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.rows import Rows
from hanoi_analytics.coverage.network.schema import limits
from hanoi_analytics.errors import nearest

Bounds = tuple[float, float, float, float]
#: West, south, east, north in degrees: Viet Nam with its islands, and Hà Nội with a margin.
VIET_NAM: Bounds = (102.0, 6.0, 118.0, 23.5)
HANOI: Bounds = (105.2, 20.5, 106.1, 21.45)

_MISSING = ("", "nan", "none", "null", "n/a", "na")
_COMMA = r"[+-]?\d+,\d+"


@dataclass(frozen=True)
class Network:
    """A sector table and what its reader did to get it.

    Attributes
    ----------
    sectors : pandas.DataFrame
        The sector table, see `check_sectors`.
    rejected : pandas.DataFrame
        Rows not used: the columns of the file as text, ``row`` (the number a spreadsheet shows)
        and ``reason`` (all of them, "; " between).
    accepted : int
        Rows that are used; with the rejected ones they are all rows of the file.
    filled : mapping of str to int
        For how many rows (of OpenCelliD: sites) a column was filled, because nothing stood there.
    notes : tuple of str
        What was read, assumed and refused, in sentences.
    """

    sectors: pd.DataFrame
    rejected: pd.DataFrame
    accepted: int
    filled: Mapping[str, int]
    notes: tuple[str, ...]


class Sorter:
    """Rows as text with the reasons against each; its methods read columns and add reasons.

    Parameters
    ----------
    rows : Rows
        Of a file.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.name = str(rows.source["id"])
        self.text = rows.text.apply(_known)
        self.reasons = pd.Series("", index=self.text.index, dtype="str")
        self.reject(
            rows.ragged, "more fields than columns: a decimal comma, or a comma without quotes?"
        )

    @property
    def good(self) -> pd.Series[bool]:
        """Rows with nothing against them so far."""
        return self.reasons == ""

    def reject(self, wrong: pd.Series[bool], reason: str) -> None:
        """Add a reason to rows; a row keeps all of its reasons."""
        if wrong.any():
            said = self.reasons[wrong]
            self.reasons[wrong] = said.where(said == "", said + "; ") + reason

    def require(self, columns: Iterable[str], known: Iterable[str]) -> None:
        """Refuse a file without these columns, or with one that is a slip for a known one."""
        found = [str(name) for name in self.text]
        lost = [f"{c!r} ({nearest(c, found)})" for c in columns if c not in found]
        if lost:
            split = ";" in found[0] or "\t" in found[0]
            hint = "columns are not separated by commas; save the file with commas"
            raise CoverageError(
                f"{self.name}: column(s) missing: {', '.join(lost)}; "
                f"{hint if split else 'rename them'}"
            )
        absent = [name for name in known if name not in found]
        for name in (name for name in found if name not in known):
            if (hint := nearest(name.lower(), absent)).startswith("did you mean"):
                raise CoverageError(
                    f"{self.name}: column {name!r} is not known; {hint} rename it, in "
                    f"that unit, or take it out"
                )

    def words(self, column: str) -> pd.Series[str]:
        """Return a column as text, missing where the file lacks it."""
        if column in self.text:
            return self.text[column]
        return pd.Series(np.nan, index=self.text.index, dtype="str")

    def known(self, column: str, words: Iterable[str]) -> pd.Series[str]:
        """Return a column of words from a list; others are rejected."""
        values, allowed = self.words(column), list(words)
        self.reject(
            values.notna() & ~values.isin(allowed), f"{column} is none of {', '.join(allowed)}"
        )
        return values

    def needed(self, column: str) -> pd.Series[str]:
        """Return a column as text; rows without it are rejected."""
        values = self.words(column)
        self.reject(values.isna(), f"{column} is missing")
        return values

    def parsed(self, column: str, *, whole: bool = False) -> pd.Series[float]:
        """Return a column as numbers; text in it is rejected, and fractions where not wanted."""
        words = self.words(column)
        values = pd.to_numeric(words, errors="coerce").astype("float64")
        wrong = words.notna() & values.isna()
        comma = wrong & words.str.fullmatch(_COMMA).fillna(value=False).astype(bool)
        self.reject(comma, f"{column} has a decimal comma: write a point")
        self.reject(wrong & ~comma, f"{column} is not a number")
        if whole:
            self.reject(values.notna() & (values % 1 != 0), f"{column} is not a whole number")
        return values

    def numbers(self, column: str, *, whole: bool = False) -> pd.Series[float]:
        """Return a column of the sector table; values outside its limits are rejected too."""
        values = self.parsed(column, whole=whole)
        zero = (values == 0) & (column == "height_m")
        self.reject(zero, "height_m is 0: leave it empty where it is not known")
        span = limits(column)
        below = values < span.left if span.closed_left else values <= span.left
        above = values > span.right if span.closed_right else values >= span.right
        self.reject((below | above) & ~zero, f"{column} is outside {span}")
        return values

    def places(self, longitude: str, latitude: str, bounds: Bounds) -> pd.DataFrame:
        """Return longitude and latitude; those outside the bounds are rejected."""
        west, south, east, north = bounds
        if not (west < east and south < north):
            raise CoverageError(f"bounds {bounds}: expected west, south, east, north in degrees")
        for column in (longitude, latitude):
            self.needed(column)
        x, y = self.parsed(longitude), self.parsed(latitude)
        inside = x.between(west, east) & y.between(south, north)
        outside = x.notna() & y.notna() & ~inside
        swapped = outside & y.between(west, east) & x.between(south, north)
        self.reject(swapped, "longitude and latitude swapped?")
        box = f"{west:g} to {east:g}° E, {south:g} to {north:g}° N"
        self.reject(outside & ~swapped, f"outside the bounds {box}")
        return pd.DataFrame({"longitude": x, "latitude": y})

    def once(self, key: pd.DataFrame | pd.Series[str], name: str) -> None:
        """Reject the good rows after the first of a key, and say whether they differ from it."""
        good = self.text[self.good]
        again = key[self.good].duplicated()
        same = again & good.duplicated()
        for mask, reason in (
            (same, "the same row again"),
            (again & ~same, "in a row that differs"),
        ):
            self.reject(mask.reindex(self.text.index, fill_value=False), f"{name} twice, {reason}")

    def rejected(self) -> pd.DataFrame:
        """Return the rows with reasons, as they stand in the file."""
        own = {name: f"{name} (in the file)" for name in ("row", "reason")}
        bad = ~self.good
        table = self.rows.text[bad].rename(columns=own)
        table = table.assign(row=self.rows.number[bad], reason=self.reasons[bad]).reset_index(
            drop=True
        )
        table.attrs["source"] = self.rows.source
        return table

    def require_some(self) -> None:
        """Refuse a file without one good row, with the commonest reasons."""
        if not self.good.any():
            raise CoverageError(f"{self.name}: none of the rows can be used: {self.commonest()}")

    def commonest(self) -> str:
        """Return the commonest reasons with their number of rows."""
        counts = self.reasons[~self.good].str.split("; ").explode().value_counts().head(5)
        return "; ".join(f"{reason} ({count:,} times)" for reason, count in counts.items())

    def notes(self) -> list[str]:
        """Say how many rows were read, used and rejected."""
        rejected = int((~self.good).sum())
        lines = [f"Rows read: {len(self.text):,}; used: {len(self.text) - rejected:,}."]
        if rejected:
            lines.append(f"Rows rejected: {rejected:,}. Commonest reasons: {self.commonest()}.")
        if self.rows.empty:
            lines.append(f"Empty lines skipped: {self.rows.empty:,}.")
        return lines


def _known(values: pd.Series[str]) -> pd.Series[str]:
    stripped = values.str.strip()
    return stripped.mask(stripped.str.lower().isin(_MISSING))
