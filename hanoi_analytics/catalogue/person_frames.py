"""Frames of people whose representations show columns and rows, and no value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import pandas as pd

from hanoi_analytics.catalogue.entries import CatalogueError

# A label like this is a column's name; what pivoting makes of people's names is not.
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


class _Hidden:
    """The ways in which pandas shows values, shut."""

    def _shown(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._shown()

    def __str__(self) -> str:
        return self._shown()

    def _repr_html_(self) -> None:
        """Leave notebooks to the text."""

    def _repr_latex_(self) -> None:
        """Leave notebooks to the text."""

    def _repr_data_resource_(self) -> None:
        """Leave notebooks to the text."""

    def to_string(self, *_: Any, **__: Any) -> str:
        """Return what `repr` returns."""
        return self._shown()

    to_html = to_markdown = to_latex = to_string

    def describe(self, *args: Any, **options: Any) -> PersonFrame | PersonSeries:
        """Describe as pandas does, wrapped: the most frequent value is a person's."""
        return _wrapped(super().describe(*args, **options))  # type: ignore[misc] # of pandas

    def value_counts(self, *args: Any, **options: Any) -> PersonFrame | PersonSeries:
        """Count values as pandas does, wrapped: they stand in the index."""
        return _wrapped(super().value_counts(*args, **options))  # type: ignore[misc] # of pandas

    @property
    def style(self) -> NoReturn:
        """Refuse: a styled table shows its values."""
        raise CatalogueError(
            "a frame of people is not styled: show linkage.disclosure.counts(frame, by=…)"
        )


class PersonSeries(_Hidden, pd.Series):  # type: ignore[misc] # pandas' signatures, made narrower
    """A column of a `PersonFrame`; shows its length and type."""

    @property
    def _constructor(self) -> Callable[..., PersonSeries]:
        return PersonSeries

    @property
    def _constructor_expanddim(self) -> Callable[..., PersonFrame]:
        return PersonFrame

    def _shown(self) -> str:
        return f"PersonSeries: {len(self):,} values of {self.dtype}; none is shown"


class PersonFrame(_Hidden, pd.DataFrame):  # type: ignore[misc] # pandas' signatures, made narrower
    """A table of people that a careless cell cannot publish.

    Everything works as in pandas, and what is derived from it (slices, `head`, `describe`, sorted,
    merged and grouped results) is wrapped again; only representations show no values. There is no
    way to reveal them in a notebook: `linkage.disclosure.counts` gives tables without small cells.
    An `.index`, an array (`unique`), a single value and the words of pandas' own errors are not
    wrapped; `catalogue.guard_people` makes publishing refuse a page with such a value.

    Examples
    --------
    >>> PersonFrame({"full_name": ["Nguyễn Văn An"], "ward": ["00004"]})
    PersonFrame: 1 rows; full_name (str), ward (str); no value is shown
    """

    @property
    def _constructor(self) -> Callable[..., PersonFrame]:
        return PersonFrame

    @property
    def _constructor_sliced(self) -> Callable[..., PersonSeries]:
        return PersonSeries

    def _shown(self) -> str:
        columns = ", ".join(
            f"{label if _COLUMN.fullmatch(str(label)) else '…'} ({dtype})"
            for label, dtype in zip(self.columns, self.dtypes, strict=True)
        )
        return f"PersonFrame: {len(self):,} rows; {columns or 'no columns'}; no value is shown"


def _wrapped(result: pd.DataFrame | pd.Series) -> PersonFrame | PersonSeries:
    return PersonFrame(result) if isinstance(result, pd.DataFrame) else PersonSeries(result)
