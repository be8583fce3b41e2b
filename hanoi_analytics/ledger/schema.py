"""The tables of the ledger's file, how they are opened, and how those of version 1 become these."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanoi_analytics.ledger.errors import LedgerError

_VERSION = 2
# What each version has at least; a file that was only just made has nothing.
_TABLES: dict[int, set[str]] = {0: set(), 1: {"runs"}, 2: {"runs", "orders", "schedules"}}
_RUNS = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    notebook TEXT NOT NULL,
    page TEXT NOT NULL,
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    code_version TEXT NOT NULL,
    sources TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(sources)),
    started_at TEXT NOT NULL,
    ended_at TEXT,
    status TEXT NOT NULL CHECK (status IN ('running', 'published', 'failed', 'timed out', 'lost')),
    error_cell INTEGER,
    error TEXT,
    traceback TEXT,
    findings TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(findings)),
    seconds REAL,
    peak_memory_bytes INTEGER,
    job TEXT,
    order_id INTEGER REFERENCES orders (id),
    attempt INTEGER NOT NULL DEFAULT 1,
    slot TEXT,
    notice TEXT,
    presence TEXT
) STRICT;
CREATE INDEX runs_by_page ON runs (page, id);
CREATE INDEX runs_by_job ON runs (job, id);
CREATE INDEX runs_going_on ON runs (page) WHERE status = 'running'
"""
# A scheduled moment of a page is ordered once, and one order of a page runs at a time: the file
# itself refuses anything else, whoever writes to it.
_ORDERS = """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    notebook TEXT NOT NULL,
    page TEXT NOT NULL,
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    slot TEXT,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done')),
    attempt INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    accept_drift INTEGER NOT NULL DEFAULT 0,
    UNIQUE (job, page, slot)
) STRICT;
CREATE UNIQUE INDEX one_order_of_a_page_runs ON orders (page) WHERE state = 'running';
CREATE INDEX orders_to_do ON orders (state, not_before) WHERE state <> 'done';
CREATE TABLE schedules (
    job TEXT PRIMARY KEY,
    cron TEXT NOT NULL,
    looked_until TEXT NOT NULL
) STRICT
"""
_FROM_VERSION_1 = """
INSERT INTO runs (id, notebook, page, parameters, code_version, sources, started_at, ended_at,
    status, error_cell, error)
SELECT id, notebook, page, parameters, code_version, sources, started_at, ended_at,
    iif(status = 'running', 'lost', status), error_cell, error FROM runs_1;
DROP TABLE runs_1
"""


def make_or_check(path: Path, *, was_used: bool) -> None:
    """Make the file, bring one of version 1 up to date, or check one that is there.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    was_used : bool
        Runs were written into it; then it may be missing, but not empty.

    Raises
    ------
    LedgerError
        The file is damaged, is no ledger, is of a later version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if was_used and path.is_file() and path.stat().st_size == 0:
            raise sqlite3.DatabaseError("it is empty, and runs were written into it before")
        with connection(path) as opened:
            (found,) = opened.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(f"damaged: {found}")
            _version(opened)  # before the first byte is written
            opened.execute("PRAGMA journal_mode=WAL")
            with transaction(opened):
                _bring_up_to_date(opened)
    except (OSError, sqlite3.DatabaseError) as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise no_access(path, error) from error
        raise LedgerError(
            f"{path} cannot be used as a ledger ({error}). It was left as it is: move it away "
            f"to begin a new one, or name another with --ledger"
        ) from error


def no_access(path: Path, error: Exception) -> LedgerError:
    """Say that the file cannot be read or written, and what room there is."""
    free_mb = shutil.disk_usage(path.parent).free / 1e6
    return LedgerError(
        f"the ledger {path} cannot be read or written: {error}; its disk has {free_mb:,.1f} MB "
        f"free. What it holds was left as it is; make room or mend it, then run again"
    )


@contextmanager
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for a moment; what is committed has reached the disk."""
    opened = sqlite3.connect(path, timeout=60, isolation_level=None)
    opened.row_factory = sqlite3.Row
    try:
        opened.execute("PRAGMA synchronous=FULL")
        yield opened
    finally:
        opened.close()


@contextmanager
def transaction(opened: sqlite3.Connection) -> Iterator[None]:
    """Hold the only right to write until all is written, or nothing is."""
    opened.execute("BEGIN IMMEDIATE")
    try:
        yield
        opened.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        if opened.in_transaction:
            opened.execute("ROLLBACK")
        raise


def _version(opened: sqlite3.Connection) -> int:
    """Return the version of the tables, 0 where there are none; refuse those of others."""
    (version,) = opened.execute("PRAGMA user_version").fetchone()
    names = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
    if version not in _TABLES:
        raise sqlite3.DatabaseError(f"version {version}, expected {_VERSION}")
    if not _TABLES[version] <= names or (version == 0 and names):
        raise sqlite3.DatabaseError("a database, and no ledger")
    return int(version)


def _bring_up_to_date(opened: sqlite3.Connection) -> None:
    version = _version(opened)
    if version == _VERSION:
        return
    steps = [_RUNS, _ORDERS]
    if version == 1:
        before = "ALTER TABLE runs RENAME TO runs_1; DROP INDEX runs_by_page"
        steps = [before, *steps, _FROM_VERSION_1]
    for statement in ";".join(steps).split(";"):
        opened.execute(statement)
    opened.execute(f"PRAGMA user_version = {_VERSION}")
