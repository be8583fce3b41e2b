"""What of a record goes into its filter: fields, their tokens, and how many bits each sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hanoi_analytics.catalogue.people import plain
from hanoi_analytics.linkage.checks import LinkageError

Kind = Literal["name", "positions"]
_CHARACTERS = 4  # of a unit: few enough that units repeat, and each is encoded once


@dataclass(frozen=True)
class Field:
    """One column of a record table.

    Parameters
    ----------
    column : str
        Name of the column.
    kind : {"name", "positions"}
        ``name``: bigrams of each syllable, without marks, padded at both ends ("_an_" gives
        ``_a an n_``); the order of the syllables says nothing. ``positions``: each character with
        its place, so that one wrong digit costs one token.
    bits : int
        Hash functions per token: the weight of the field.
    salted : bool
        Tokens also depend on the salt of the record (see `Scheme`).
    """

    column: str
    kind: Kind
    bits: int
    salted: bool = False

    def __post_init__(self) -> None:
        if self.bits < 1:
            raise LinkageError(f"field {self.column!r}: bits must be 1 or more, found {self.bits}")


@dataclass(frozen=True)
class Scheme:
    """How a record becomes a cryptographic long-term key; both parties use the same.

    Parameters
    ----------
    fields : tuple of Field
        What is encoded into the one filter of a record (Schnell, Bachteler and Reiher 2009; 2011).
    length : int
        Bits of a filter before folding, a multiple of 128.
    birth_year_salt : bool
        Salted fields are hashed with the year of birth (Niedermeyer and others 2014): a frequent
        name then has a pattern for each year. Where one party has the year wrong, or it is
        missing, no bit of those fields agrees but by chance, and the pair is lost.
    fold : bool
        The filter's halves are joined by XOR (Schnell and Borgs 2016), so that a bit is the token
        of nobody for certain.
    """

    fields: tuple[Field, ...] = (
        Field("full_name", "name", 15, salted=True),
        Field("birth_date", "positions", 12),
        Field("sex", "positions", 2),
        Field("cccd", "positions", 6),
    )
    length: int = 1024
    birth_year_salt: bool = True
    fold: bool = True

    def __post_init__(self) -> None:
        if self.length < 128 or self.length % 128:
            raise LinkageError(f"length must be a multiple of 128 bits, found {self.length}")
        if not self.fields:
            raise LinkageError("a scheme needs a field")


def tokens_of(kind: Kind, unit: str) -> list[str]:
    """Return the tokens of a unit: the padded bigrams of a syllable, or characters with places.

    Examples
    --------
    >>> tokens_of("name", "an")
    ['_a', 'an', 'n_']
    >>> tokens_of("positions", "4:70")
    ['4:7', '5:0']
    """
    if kind == "positions":
        first, _, characters = unit.partition(":")
        return [f"{place}:{one}" for place, one in enumerate(characters, int(first))]
    padded = f"_{unit}_"
    return [padded[i : i + 2] for i in range(len(padded) - 1)]


def texts(column: pd.Series) -> pd.Series:
    """Return a column as text without marks, in small letters; dates as eight digits."""
    codes, distinct = pd.factorize(column)  # each is written once; a missing one has code -1
    if column.name == "birth_date":
        try:
            dates = pd.to_datetime(pd.Series(distinct), format="ISO8601")
        except (ValueError, TypeError):
            # The original would quote the value.
            raise LinkageError("column 'birth_date': a value is no date and no ISO text") from None
        written = dates.dt.strftime("%Y%m%d")
    else:
        written = pd.Series([_plain(str(value)) or None for value in distinct], dtype="str")
    return written.reindex(codes).set_axis(column.index)


def units(kind: Kind, values: pd.Series) -> Iterator[pd.Series]:
    """Yield the first unit of each record that has one, then the second, and so on.

    A unit is a syllable, or some characters with the place of the first: "4:7018".
    """
    present = values.dropna().astype("str")
    if kind == "name":
        words = pc.utf8_split_whitespace(pa.array(present, pa.string()))
        counts = pc.list_value_length(words).to_numpy(zero_copy_only=False)
        for place in range(counts.max() if len(counts) else 0):
            there = counts > place
            column = pc.list_element(words.filter(pa.array(there)), place)
            yield pd.Series(column.to_numpy(zero_copy_only=False), present.index[there], "str")
        return
    for place in range(0, int(present.str.len().max()) if len(present) else 0, _CHARACTERS):
        unit = present.str[place : place + _CHARACTERS]
        yield f"{place}:" + unit[unit != ""]


def _plain(value: str) -> str:
    joined = " ".join(value.split())
    return joined.lower() if joined.isascii() else plain(joined)
