"""The DuckDB database in which records are linked: bounded memory, a spill folder, tables."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from hanoi_analytics.linkage.checks import LinkageError, require_columns, require_records
from hanoi_analytics.linkage.model.design import ROW, Design

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["LEFT", "RIGHT", "Table", "Workspace", "frequency_table", "quoted", "workspace"]

LEFT, RIGHT = "records_left", "records_right"
# A table in memory, or Parquet: a file, a folder of parts, or a pattern that matches them.
Table: TypeAlias = "pd.DataFrame | pa.Table | str | Path"


@dataclass
class Workspace:
    """A connection with the two loaded tables; made by `workspace`."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    dedupe: bool = False
    records: dict[str, int] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()  # columns whose term frequencies the tables bring
    made: tuple[str, ...] = ()  # columns whose term frequencies are counted here

    def number(self, sql: str) -> int:
        """Return the one number that a query gives, 0 for null."""
        return int(self.connection.execute(sql).fetchall()[0][0] or 0)

    def load(self, left: Table, right: Table | None, design: Design) -> None:
        """Check both tables, then keep the columns that the design uses, rows numbered.

        Raises
        ------
        LinkageError
            For missing columns, an empty table, ids null or repeated, columns all null, columns
            that differ in type between the tables.
        """
        self.dedupe = right is None
        sides = {LEFT: (left, "left")} | ({} if right is None else {RIGHT: (right, "right")})
        views = {name: self.view(name, table) for name, (table, _) in sides.items()}
        types = {name: self.types(view) for name, view in views.items()}
        for name, (_, said) in sides.items():
            require_columns(types[name], [design.unique_id, *design.columns], table=said)
        if not self.dedupe:
            _require_same_types(types[LEFT], types[RIGHT], [design.unique_id, *design.columns])
        for name, (_, said) in sides.items():
            self.records[name] = require_records(
                self.connection,
                views[name],
                table=said,
                unique_id=design.unique_id,
                filled=design.keys,
            )
        self.views = tuple(views.values())
        self._frequencies(list(types.values()), design)
        for name, view in views.items():
            self._keep(name, view, sides[name][0], design)
        if self.dedupe:
            self.connection.execute(f"CREATE VIEW {RIGHT} AS FROM {LEFT}")
            self.records[RIGHT] = self.records[LEFT]

    def view(self, name: str, table: Table) -> str:
        """Give a source a name in the database."""
        view = f"source_{name}"
        if isinstance(table, str | Path):
            listed = ", ".join(f"'{quoted(part)}'" for part in parquet_parts(table))
            self.connection.execute(f"CREATE VIEW {view} AS FROM read_parquet([{listed}])")
        else:
            self.connection.register(view, table)
        return view

    def types(self, relation: str) -> dict[str, str]:
        """Return the type of each column of a table or view."""
        described = self.connection.execute(f"DESCRIBE {relation}").fetchall()
        return {name: kind for name, kind, *_ in described}

    def _frequencies(self, types: list[dict[str, str]], design: Design) -> None:
        """Make tables of relative frequencies, for columns whose tables do not bring ``tf_...``."""
        names = design.frequencies
        self.brought = tuple(n for n in names if all(f"tf_{n}" in found for found in types))
        self.made = tuple(name for name in names if name not in self.brought)
        for name in self.made:
            union = " UNION ALL ".join(f'SELECT "{name}" FROM {view}' for view in self.views)
            self.connection.execute(
                f"CREATE TABLE {frequency_table(name)} AS WITH v AS ({union}) "
                f'SELECT "{name}", count(*) / (SELECT count("{name}") FROM v) AS "tf_{name}" '
                f'FROM v WHERE "{name}" IS NOT NULL GROUP BY 1'
            )

    def _keep(self, name: str, view: str, table: Table, design: Design) -> None:
        """Number the records: as they stand in one Parquet file, else stored with their terms."""
        columns = [f'v."{column}"' for column in design.columns]
        columns += [f'v."tf_{column}"' for column in self.brought]
        columns += [f'f_{column}."tf_{column}"' for column in self.made]
        joins = "".join(
            f" LEFT JOIN {frequency_table(column)} f_{column}"
            f' ON v."{column}" = f_{column}."{column}"'
            for column in self.made
        )
        chosen = f'v."{design.unique_id}" AS record, {", ".join(columns)}'
        if isinstance(table, str | Path) and len(parts := parquet_parts(table)) == 1 and not joins:
            file = f"read_parquet('{quoted(parts[0])}', file_row_number = true)"
            sql = f"SELECT file_row_number::INTEGER AS {ROW}, {chosen} FROM {file} v"
        else:
            self.connection.execute(
                f"CREATE TABLE stored_{name} AS SELECT {chosen} FROM {view} v{joins}"
            )
            # The number of a stored row costs nothing; a window function runs on one thread.
            sql = f"SELECT rowid::INTEGER AS {ROW}, * FROM stored_{name}"
        self.connection.execute(f"CREATE VIEW {name} AS {sql}")


def frequency_table(column: str) -> str:
    """Return the name of the table of a column's relative frequencies."""
    return f'"frequency_{column}"'


def quoted(path: str) -> str:
    """Return a path for the inside of an SQL text."""
    return path.replace("'", "''")


def parquet_parts(path: str | Path) -> list[str]:
    """Return a Parquet file, those of a folder, or those that a pattern matches.

    Raises
    ------
    LinkageError
        If there is none.
    """
    given = Path(path)
    parts = sorted(glob.glob(str(given / "*.parquet") if given.is_dir() else str(given)))  # noqa: PTH207
    if not parts:
        raise LinkageError(f"no Parquet file at {path}: give a .parquet file or a folder of them")
    return parts


def _require_same_types(left: dict[str, str], right: dict[str, str], columns: list[str]) -> None:
    """Refuse columns that the two tables hold in different types."""
    differ = [f"{c!r} is {left[c]} and {right[c]}" for c in columns if left[c] != right[c]]
    if differ:
        raise LinkageError(f"left and right table differ in type: {'; '.join(differ)}")


@contextmanager
def workspace(
    *,
    memory_limit: str = "4GB",
    threads: int | None = None,
    spill_folder: str | Path | None = None,
) -> Iterator[Workspace]:
    """Open a database whose files lie in a folder of their own, removed at the end or on error.

    Parameters
    ----------
    memory_limit : str
        As DuckDB takes it, ``"4GB"``; what does not fit is spilled to the folder.
    threads : int, optional
        DuckDB's; its own choice by default.
    spill_folder : path, optional
        Where to make the folder; the system's temporary folder by default.

    Yields
    ------
    Workspace
        Without tables.

    Examples
    --------
    >>> with workspace(memory_limit="1GB") as work:
    ...     work.number("SELECT 6 * 7")
    42
    """
    if spill_folder is not None:
        Path(spill_folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="linkage-", dir=spill_folder) as folder:
        options: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(Path(folder) / "spill"),
            "preserve_insertion_order": "false",
        }
        if threads is not None:
            options["threads"] = threads
        # A file rather than memory: its pages leave memory without being spilled.
        with duckdb.connect(str(Path(folder) / "work.duckdb"), config=options) as connection:
            # In Jupyter without ipywidgets the bar is off, and to say so again is an error.
            if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
                connection.execute("SET enable_progress_bar = false")
            # To compress what is read a few times takes longer than to read it.
            connection.execute("SET force_compression = 'uncompressed'")
            yield Workspace(connection, Path(folder))
