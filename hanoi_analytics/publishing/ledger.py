"""The ledger: one SQLite row for every run, written before it starts and when it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil

from hanoi_analytics.errors import HanoiError

Status = Literal["running", "published", "failed", "timed out", "lost"]
_VERSION = 1
_TABLE = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    notebook TEXT NOT NULL,
    page TEXT NOT NULL,
    parameters TEXT NOT NULL,
    code_version TEXT NOT NULL,
    sources TEXT NOT NULL DEFAULT '[]',
    started_at TEXT NOT NULL,
    ended_at TEXT,
    status TEXT NOT NULL CHECK (status IN ('running', 'published', 'failed', 'timed out', 'lost')),
    error_cell INTEGER,
    error TEXT,
    process_id INTEGER NOT NULL,
    process_started REAL NOT NULL
) STRICT;
CREATE INDEX runs_by_page ON runs (page, id);
"""


class LedgerError(HanoiError):
    """The ledger's file cannot be used."""


@dataclass(frozen=True)
class Run:
    """One row of the ledger."""

    id: int
    notebook: str
    page: str
    parameters: dict[str, Any]
    code_version: str
    sources: list[dict[str, Any]]
    started_at: str
    ended_at: str | None
    status: Status
    error_cell: int | None
    error: str | None


class Ledger:
    """Runs of notebooks, in a SQLite file in WAL mode that several processes may share.

    Parameters
    ----------
    path : pathlib.Path
        The file; made, with its folder, when it does not exist.

    Raises
    ------
    LedgerError
        If the file is no ledger. It is never remade over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                self._make_or_check(connection)
        except (OSError, sqlite3.DatabaseError) as error:
            raise LedgerError(
                f"{path} cannot be used as a ledger ({error}). It was left as it is: move it away "
                f"to begin a new one, or name another with --ledger"
            ) from error

    def start(
        self, *, notebook: str, page: str, parameters: dict[str, Any], code_version: str
    ) -> int:
        """Write the row of a run that begins, and return its number."""
        process = psutil.Process()
        with self._connection() as connection:
            cursor = connection.execute(
                "INSERT INTO runs (notebook, page, parameters, code_version, started_at, status,"
                " process_id, process_started) VALUES (?, ?, ?, ?, ?, 'running', ?, ?)",
                (
                    notebook,
                    page,
                    json.dumps(parameters, ensure_ascii=False),
                    code_version,
                    _now(),
                    process.pid,
                    process.create_time(),
                ),
            )
        return int(cursor.lastrowid or 0)

    def finish(
        self,
        run: int,
        status: Status,
        *,
        error: str | None = None,
        error_cell: int | None = None,
        sources: list[dict[str, Any]] | None = None,
    ) -> None:
        """Write how a run ended."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, ended_at = ?, error = ?, error_cell = ?, sources = ?"
                " WHERE id = ?",
                (status, _now(), error, error_cell, json.dumps(sources or []), run),
            )

    def mark_lost(self) -> list[int]:
        """Mark runs found ``running`` whose process is gone, and return their numbers."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute(
                "SELECT id, process_id, process_started FROM runs WHERE status = 'running'"
            ).fetchall()
            lost = [run for run, process, started in rows if not _alive(process, started)]
            connection.executemany(
                "UPDATE runs SET status = 'lost', ended_at = ?, error = ? WHERE id = ?",
                [(_now(), "its process ended without a word", run) for run in lost],
            )
            connection.execute("COMMIT")
        return lost

    def last_runs(self) -> dict[str, Run]:
        """Return the newest run of each page."""
        return self._by_page("SELECT max(id) FROM runs GROUP BY page")

    def last_published(self) -> dict[str, Run]:
        """Return the newest run of each page that published it."""
        return self._by_page("SELECT max(id) FROM runs WHERE status = 'published' GROUP BY page")

    def _by_page(self, ids: str) -> dict[str, Run]:
        columns = ", ".join(Run.__dataclass_fields__)
        query = f"SELECT {columns} FROM runs WHERE id IN ({ids}) ORDER BY page"  # noqa: S608 - no data in it
        with self._connection() as connection:
            rows = connection.execute(query).fetchall()
        return {row[2]: _run(row) for row in rows}

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            yield connection
        finally:
            connection.close()

    def _make_or_check(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            for statement in _TABLE.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"version {version}, expected {_VERSION}")
        connection.execute("COMMIT")


def _run(row: tuple[Any, ...]) -> Run:
    fields = dict(zip(Run.__dataclass_fields__, row, strict=True))
    return Run(
        **fields
        | {"parameters": json.loads(fields["parameters"]), "sources": json.loads(fields["sources"])}
    )


def _alive(process_id: int, started: float) -> bool:
    try:
        return abs(psutil.Process(process_id).create_time() - started) < 1.0
    except psutil.NoSuchProcess:
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
