"""Tables read by SQL, checked before any work, and never quoted in an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError, require_columns, require_records

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    Connection: TypeAlias = duckdb.DuckDBPyConnection
    Table: TypeAlias = pd.DataFrame | pa.Table | str | Path
    """A frame, an Arrow table, a Parquet file, or a folder of Parquet parts."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"} | {
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
}


@contextmanager
def opened(**tables: Table | None) -> Iterator[Connection]:
    """Open a database in memory in which each table that is given stands under its keyword.

    What does not fit into memory goes to a folder that is deleted afterwards.

    Examples
    --------
    >>> with opened(truth=pd.DataFrame({"record_id": ["a", "b"]})) as database:
    ...     database.execute("SELECT count(*) FROM truth").fetchall()
    [(2,)]
    """
    import duckdb  # noqa: PLC0415

    with (
        TemporaryDirectory(prefix="linkage-") as spill,
        duckdb.connect(config={"temp_directory": spill}) as database,
    ):
        for name, table in tables.items():
            if isinstance(table, str | Path):
                database.read_parquet(_parts(name, Path(table))).create_view(name)
            elif table is not None:
                database.register(name, table)
        yield database


def asked(database: Connection, sql: str, *, of: str) -> pd.DataFrame:
    """Return a small result; an error names what is at fault and quotes no value.

    Parameters
    ----------
    of : str
        What is being worked out, for the error.
    """
    import duckdb  # noqa: PLC0415

    try:
        return database.execute(sql).df()
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        # These speak of the query alone, and their first line says what is wrong.
        fault = str(error).splitlines()[0]
        raise LinkageError(f"{of}: {fault}") from None
    except duckdb.Error as error:
        kind = type(error).__name__
        raise LinkageError(
            f"{of}: the values do not fit the expression ({kind}; the value is not shown): "
            "check the column's type, or cast it by TRY_CAST"
        ) from None


def require(database: Connection, table: str, columns: Sequence[str], *, key: str) -> None:
    """Raise unless a table has the columns and rows, and its key is unique and never null."""
    require_columns(types(database, table), [key, *columns], table=table)
    require_records(database, table, table=table, unique_id=key)


def require_links(database: Connection, *columns: str) -> None:
    """Raise unless ``links`` names each left record once and has its columns; it may be empty."""
    needed = ("left_id", "right_id", *columns)
    require_columns(types(database, "links"), needed, table="links")
    counted = "SELECT count(*), count(*) - count(right_id) FROM links"
    rows, nulls = asked(database, counted, of="the links table").iloc[0]
    if nulls:
        raise LinkageError(f"links table: 'right_id' is null in {nulls:,} rows: drop them")
    if rows:
        require(database, "links", needed, key="left_id")


def require_known(database: Connection, column: str, table: str, key: str, *, of: str) -> None:
    """Raise unless each value of ``of.column`` stands in ``table.key``, in the same kind of id."""
    require_one_kind(database, (of, column), (table, key))
    query = (
        f"SELECT count(*) FROM {of} AS a ANTI JOIN {table} AS b ON a.{column} = b.{key} "
        f"WHERE a.{column} IS NOT NULL"
    )
    unknown = int(asked(database, query, of=f"the {of} table").to_numpy()[0, 0])
    if unknown:
        raise LinkageError(
            f"{of} table: {unknown:,} {column!r} are no {key!r} of the {table} table, "
            "which must hold every record that could have been linked"
        )


def require_one_kind(database: Connection, *ids: tuple[str, str]) -> None:
    """Raise unless the ids, each a table and a column, are all text or all integers."""
    kinds = {_id_kind(database, *pair) for pair in ids} - {"nothing"}
    if kinds not in ({"text"}, {"integer"}, set()):
        raise LinkageError(
            f"{' and '.join('.'.join(pair) for pair in ids)} hold {' and '.join(sorted(kinds))}: "
            "ids must be text in both tables or integers in both"
        )


def carried(result: pd.DataFrame, *tables: object) -> pd.DataFrame:
    """Give a result the sources of the tables it was made from, each once."""
    sources: list[dict[str, Any]] = []
    for table in tables:
        attrs = table.attrs if isinstance(table, pd.DataFrame) else {}
        own = [attrs["source"]] if "source" in attrs else attrs.get("sources", [])
        sources += [source for source in own if source not in sources]
    if len(sources) == 1:
        result.attrs["source"] = sources[0]
    elif sources:
        result.attrs["sources"] = sources
    return result


def _parts(name: str, path: Path) -> str:
    pattern = path / "*.parquet" if path.is_dir() else path
    if not any(pattern.parent.glob(pattern.name)):
        raise LinkageError(f"the {name} table: there is no Parquet file at {path}")
    return str(pattern)


def types(database: Connection, table: str) -> dict[str, str]:
    """Return the type of each column."""
    return {row[0]: str(row[1]) for row in database.execute(f"DESCRIBE {table}").fetchall()}


def _id_kind(database: Connection, table: str, column: str) -> str:
    kind = types(database, table)[column].strip('"')
    if kind == "VARCHAR":
        return "text"
    if kind == "NULL":
        return "nothing"
    return "integer" if kind in _INTEGERS else kind.lower()
