"""Keys of names for a column in Python and for a table in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanoi_analytics.linkage.checks import LinkageError, require_columns
from hanoi_analytics.linkage.columns import SOURCE, through_sql
from hanoi_analytics.linkage.names.sql import KEYS, keys_sql

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


def normalise(values: Any) -> pd.DataFrame:
    """Return the keys by which Vietnamese names are compared.

    Parameters
    ----------
    values : pandas.Series, Arrow array or list of str
        Full names as recorded; null where missing.

    Returns
    -------
    pandas.DataFrame
        A row for each value, with its index. All text is lower case, in Unicode NFC, and null
        where nothing was recorded:

        ``name``
            in the order recorded; tone marks in the traditional place (hòa, thúy, quý, toàn), y
            for a final i after h, k, l, m, s, t, qu (lý); stuck words apart, Ng. and Ng~ in full,
            punctuation and digits gone.
        ``name_plain``
            `name` without marks.
        ``name_sorted``
            the words of `name_plain` in the order of the alphabet: the same whatever the order in
            which they were recorded.
        ``family, middle, given``
            with marks; family first or, where `swapped`, as it was found. No family for a name of
            one word.
        ``swapped`` (bool)
            the family was recorded last (An Văn Nguyễn) or second (An Nguyễn Văn).
        ``initials`` (bool)
            a word is one consonant, "t" for "T.": it may stand for any word that begins with it.
        ``variant_key``
            `name_plain` with Võ as Vũ, Huỳnh as Hoàng, Phước as Phúc: for a level of comparison.
        ``legacy``
            ``tcvn3`` or ``vni`` where the text was of such a font and was converted.
        ``nameless`` (bool)
            a newborn's stand-in ("Con bà …", "Bé gái"): there is no name, so all text is null.

    Notes
    -----
    Text is converted from a legacy font only if it does not read as Vietnamese, holds no letter
    beyond Latin-1, and all its words become syllables in one of the two fonts and not in both.
    Names of other languages and of peoples who put the family last keep the order recorded.

    Examples
    --------
    >>> keys = normalise(["NguyễnVăn  Hoà", "NguyÔn V¨n An", "Hòa Trần", "Con bà Lan"])
    >>> keys["name"].fillna("-").tolist()
    ['nguyễn văn hòa', 'nguyễn văn an', 'hòa trần', '-']
    >>> keys.loc[2, ["family", "given"]].tolist(), bool(keys.loc[2, "swapped"])
    (['trần', 'hòa'], True)
    """
    rows = keys_sql(f"(SELECT CAST(name AS VARCHAR) AS recorded FROM {SOURCE})", "recorded")
    return through_sql({"name": values}, f"SELECT {', '.join(KEYS)} FROM ({rows})")


def add_keys(connection: duckdb.DuckDBPyConnection, source: str, column: str, target: str) -> None:
    """Write a table with the columns of another and the keys of its names.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Its ``memory_limit`` holds.
    source, column, target : str
        As for :func:`keys_sql`; `target` is replaced where it exists.

    Raises
    ------
    LinkageError
        If `column` is missing or is no text, or a column is named as a key.
    """
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    types = {str(name): str(kind) for name, kind, *_ in described}
    require_columns(types, [column], table=source)
    if types[column] != "VARCHAR":
        raise LinkageError(
            f"{source} table: {column!r} is {types[column]} where VARCHAR is expected"
        )
    taken = [name for name in types if name.lower() in KEYS]
    if taken:
        raise LinkageError(f"{source} table: rename {taken}: the keys of names have these names")
    connection.execute(f"CREATE OR REPLACE TABLE {target} AS {keys_sql(source, column)}")
