"""The error of this theme, and the checks of a record table before any work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from hanoi_analytics.errors import HanoiError, nearest

if TYPE_CHECKING:
    import duckdb

__all__ = ["LinkageError", "require_columns", "require_records", "require_types"]


class LinkageError(HanoiError):
    """Records or settings that cannot be linked; names columns and counts, no person's value."""


def require_columns(columns: Iterable[str], needed: Iterable[str], *, table: str) -> None:
    """Refuse a table that lacks columns.

    Parameters
    ----------
    columns : iterable of str
        What the table has.
    needed : iterable of str
        What the work needs.
    table : str
        The name of the table in the message.

    Raises
    ------
    LinkageError
        If a column is missing; all that are missing are named.

    Examples
    --------
    >>> require_columns(["record_id", "sexe"], ["record_id", "sex"], table="left")
    Traceback (most recent call last):
    ...
    hanoi_analytics.linkage.checks.LinkageError: left table: no column 'sex' (did you mean 'sexe'?)
    """
    found = list(columns)
    missing = [name for name in dict.fromkeys(needed) if name not in found]
    if missing:
        named = ", ".join(f"{name!r} ({nearest(name, found)})" for name in missing)
        raise LinkageError(f"{table} table: no column {named}")


def require_types(found: Mapping[str, str], expected: Mapping[str, str], *, table: str) -> None:
    """Refuse a table with columns of other types than expected.

    Parameters
    ----------
    found, expected : mapping of str to str
        DuckDB type by column; columns of `expected` that `found` lacks are left to
        `require_columns`.
    table : str
        The name of the table in the message.

    Raises
    ------
    LinkageError
        If a type differs; all that differ are named.

    Examples
    --------
    >>> require_types({"on": "VARCHAR"}, {"on": "DATE"}, table="right")
    Traceback (most recent call last):
    ...
    hanoi_analytics.linkage.checks.LinkageError: right table: 'on' is VARCHAR where DATE is expected
    """
    wrong = [
        f"{name!r} is {found[name]} where {kind} is expected"
        for name, kind in expected.items()
        # A column without any value has no type of its own.
        if name in found and found[name] not in (kind, '"NULL"')
    ]
    if wrong:
        raise LinkageError(f"{table} table: {'; '.join(wrong)}")


def require_records(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    *,
    table: str,
    unique_id: str,
    filled: Iterable[str] = (),
) -> int:
    """Refuse an empty table, ids that are null or not unique, and columns without any value.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the relation lives.
    relation : str
        A table or view of the connection.
    table : str
        Its name in the message.
    unique_id : str
        The column of ids.
    filled : iterable of str
        Columns that must have at least one value.

    Returns
    -------
    int
        The number of records.

    Raises
    ------
    LinkageError
        Naming the table, the column and the number of rows at fault.
    """
    columns = list(dict.fromkeys(filled))
    values = "".join(f', count("{name}")' for name in columns)
    # Hashes are several times quicker to count than text; equal ids have equal hashes, so no
    # repeated id is missed, and a collision is ruled out by the exact count below.
    found = connection.execute(
        f'SELECT count(*), count("{unique_id}"), count(DISTINCT hash("{unique_id}")){values}'
        f" FROM {relation}"
    ).fetchall()  # all of it: a result left open would hold up the next query
    rows, ids, hashes, *filled_rows = (int(number) for number in found[0])
    if rows == 0:
        raise LinkageError(f"{table} table: it has 0 rows; both sides need records")
    if ids < rows:
        raise LinkageError(
            f"{table} table: {unique_id!r} is null in {rows - ids:,} of {rows:,} rows"
        )
    if hashes < rows:
        _require_unique(connection, relation, table, unique_id, rows)
    for name, number in zip(columns, filled_rows, strict=True):
        if number == 0:
            raise LinkageError(
                f"{table} table: {name!r} is null in all {rows:,} rows; "
                "fill it, or leave it out of the design"
            )
    return rows


def _require_unique(
    connection: duckdb.DuckDBPyConnection, relation: str, table: str, unique_id: str, rows: int
) -> None:
    """Count the ids themselves, once their hashes have repeated."""
    counted = f'SELECT count(DISTINCT "{unique_id}") FROM {relation}'
    ids = int(connection.execute(counted).fetchall()[0][0])
    if ids < rows:
        raise LinkageError(
            f"{table} table: {unique_id!r} is not unique: {rows:,} rows have {ids:,} ids"
        )
