"""Checked numbers for columns in Python and for a table in DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError, require_columns
from hanoi_analytics.linkage.columns import SOURCE, through_sql
from hanoi_analytics.linkage.identifiers.numbers import KINDS, SWITCH, Kind, Person, checked

if TYPE_CHECKING:
    import duckdb


def checked_sql(
    source: str,
    columns: Mapping[str, Kind],
    *,
    sex: str | None = None,
    birth_date: str | None = None,
    recorded_on: str | None = None,
) -> str:
    """Return a query that adds checked numbers to a table.

    Parameters
    ----------
    source : str
        What stands after FROM.
    columns : mapping of str to {"cccd", "cmnd", "bhyt", "bhxh", "phone"}
        The declared kind of each column; text.
    sex, birth_date, recorded_on : str, optional
        Columns of `source`: "male" or "female", and dates.

    Returns
    -------
    str
        A SELECT of all columns and, for each checked one, ``<column>_kind``, ``_value``,
        ``_problem``, ``_repaired``, as :func:`check` describes.

    Raises
    ------
    LinkageError
        For an unknown kind.
    """
    given = {"sex": sex, "birth_date": birth_date, "recorded_on": recorded_on}
    person = Person(**{name: f'"{column}"' for name, column in given.items() if column})
    parts = []
    for column, kind in columns.items():
        if kind not in KINDS:
            raise LinkageError(
                f"column {column!r}: kind {kind!r}: expected one of {', '.join(KINDS)}"
            )
        found = checked(kind, f'CAST("{column}" AS VARCHAR)', person)
        parts += [f'{sql} AS "{column}_{part}"' for part, sql in found._asdict().items()]
    return f"SELECT *, {', '.join(parts)} FROM {source}"


def add_checked(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    columns: Mapping[str, Kind],
    *,
    sex: str | None = None,
    birth_date: str | None = None,
    recorded_on: str | None = None,
) -> None:
    """Write a table with the columns of another and its checked numbers; see :func:`checked_sql`.

    Raises
    ------
    LinkageError
        If a column is missing, a kind is unknown, or `sex` holds other values than "male",
        "female" and null; the message counts rows.
    """
    needed = [name for name in (*columns, sex, birth_date, recorded_on) if name]
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    require_columns([row[0] for row in described], needed, table=source)
    query = checked_sql(source, columns, sex=sex, birth_date=birth_date, recorded_on=recorded_on)
    if sex:
        other = connection.execute(
            f"SELECT count(*) FROM {source} WHERE \"{sex}\" NOT IN ('male', 'female')"
        ).fetchone()
        _require_sexes(other[0] if other else 0, sex)
    connection.execute(f"CREATE OR REPLACE TABLE {target} AS {query}")


def check(
    kind: Kind,
    values: Any,
    *,
    sex: Any = None,
    birth_date: Any = None,
    recorded_on: Any = None,
) -> pd.DataFrame:
    """Read and check numbers of one declared kind.

    Parameters
    ----------
    kind : {"cccd", "cmnd", "bhyt", "bhxh", "phone"}
        What the column is declared to hold: the length of a number does not say it.
    values : pandas.Series, Arrow array or list
        Text, or whole numbers that a spreadsheet made of it.
    sex, birth_date, recorded_on : of the same length, optional
        "male" or "female"; dates. Checks that need what is null are left out.

    Returns
    -------
    pandas.DataFrame
        A row for each value, with its index:

        ``kind``
            the declared kind; "cccd" where a BHXH column holds a personal number from 1 August
            2025 on; null where that cannot be said.
        ``value``
            the number without signs between digits; null where none can be read. A number of the
            right form stays although it disagrees with the person: a key for exact comparison
            takes rows without `problem`.
        ``problem``
            a key of ``PROBLEMS``, the first found; null for none and for a missing value.
        ``repaired`` (bool)
            zeros that a spreadsheet lost were put back. In a CCCD only where the province exists
            and sex and year, as far as they are known, agree.

    Raises
    ------
    LinkageError
        For an unknown kind, columns of other lengths, other words for sexes.

    Examples
    --------
    >>> found = check("cccd", ["001099000001", "1099000001"], sex=["female", "male"])
    >>> found["problem"].fillna("-").tolist(), found["value"].tolist(), found["repaired"].tolist()
    (['sex_differs', '-'], ['001099000001', '001099000001'], [False, True])
    """
    given = {"sex": sex, "birth_date": birth_date, "recorded_on": recorded_on}
    known = {name: column for name, column in given.items() if column is not None}
    if "sex" in known:
        words = pd.Series(list(known["sex"]), dtype=object)
        _require_sexes(int((words.notna() & ~words.isin(["male", "female"])).sum()), "sex")
    query = checked_sql(SOURCE, {"number": kind}, **{name: name for name in known})
    names = ", ".join(
        f"number_{part} AS {part}" for part in ("kind", "value", "problem", "repaired")
    )
    return through_sql({"number": values, **known}, f"SELECT {names} FROM ({query})")


def check_cccd(values: Any, sex: Any = None, birth_date: Any = None) -> pd.DataFrame:
    """Check personal numbers (CCCD) of 12 digits; see :func:`check`.

    Returns
    -------
    pandas.DataFrame
        ``value, problem, repaired``.

    Examples
    --------
    >>> check_cccd(["087084000999", "087 184 000 99"])["problem"].fillna("-").tolist()
    ['-', 'wrong_length']
    """
    return check("cccd", values, sex=sex, birth_date=birth_date).drop(columns="kind")


def insurance_identifier(recorded_on: Any) -> pd.Series:
    """Return the kind of number that stands as the health-insurance code at a date.

    Parameters
    ----------
    recorded_on : pandas.Series or list of dates

    Returns
    -------
    pandas.Series
        "cccd" from 1 August 2025 on, "bhxh" before; null where the date is.

    Examples
    --------
    >>> insurance_identifier(["2025-07-31", "2025-08-01"]).tolist()
    ['bhxh', 'cccd']
    """
    dates = pd.to_datetime(pd.Series(recorded_on))
    kinds = (dates >= pd.Timestamp(SWITCH)).map({True: "cccd", False: "bhxh"})
    return kinds.where(dates.notna())


def _require_sexes(other: int, column: str) -> None:
    if other:
        raise LinkageError(
            f"column {column!r}: {other:,} rows are neither 'male' nor 'female' nor null"
        )
