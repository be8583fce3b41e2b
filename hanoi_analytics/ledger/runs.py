"""One row for every run, written before it starts and when it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hanoi_analytics.ledger import presence
from hanoi_analytics.ledger.errors import LedgerError
from hanoi_analytics.ledger.schema import connection, make_or_check, no_access, transaction

Status = Literal["running", "published", "failed", "timed out", "lost"]


@dataclass(frozen=True)
class Ending:
    """How a run ended; its texts are masked by whoever made them.

    Parameters
    ----------
    status : str
        ``"published"``, ``"failed"``, ``"timed out"`` or ``"lost"``.
    seconds : float, optional
        Length of the run by a clock that nobody sets.
    error, traceback : str, optional
        Why it failed.
    error_cell : int, optional
        Number of the cell that failed, from 1.
    sources : sequence of dict
        The data that were read, each with its hash.
    findings : mapping of str to float or None
        Numbers the notebook recorded; None where one was missing.
    peak_memory_bytes : int, optional
        Of all processes of the run together.
    parameters : mapping of str to object, optional
        In place of those written at the start, where something in them had to be masked.
    """

    status: Status
    seconds: float | None = None
    error: str | None = None
    error_cell: int | None = None
    traceback: str | None = None
    sources: Sequence[Mapping[str, Any]] = ()
    findings: Mapping[str, float | None] = field(default_factory=dict)
    peak_memory_bytes: int | None = None
    parameters: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Run:
    """One row of the ledger; moments are ISO 8601 in UTC, ``slot`` is the scheduled one."""

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
    traceback: str | None
    findings: dict[str, float | None]
    seconds: float | None
    peak_memory_bytes: int | None
    job: str | None
    order_id: int | None
    attempt: int
    slot: str | None
    notice: str | None


class Ledger:
    """Runs of notebooks, in a SQLite file in WAL mode that several processes may share.

    Parameters
    ----------
    path : pathlib.Path
        The file; made, with its folder, when it does not exist.

    Raises
    ------
    LedgerError
        If the file is damaged or no ledger. It is never remade over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.presences = path.with_name(f"{path.name}.running")
        make_or_check(path, was_used=self.presences.exists())

    def start(
        self, *, notebook: str, page: str, parameters: Mapping[str, object], code_version: str
    ) -> int:
        """Write the row of a run that begins, and return its number."""
        with self.connection() as opened:
            return self.write_start(
                opened,
                notebook=notebook,
                page=page,
                parameters=json.dumps(dict(parameters), ensure_ascii=False),
                code_version=code_version,
            )

    def write_start(self, opened: sqlite3.Connection, **values: Any) -> int:
        """Write the row of a run that begins within a connection that is open."""
        row = values | {
            "started_at": now(),
            "status": "running",
            "presence": presence.mine(self.presences),
        }
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = opened.execute(
            f"INSERT INTO runs ({names}) VALUES ({marks})",  # noqa: S608 - names are our own
            tuple(row.values()),
        )
        return int(cursor.lastrowid or 0)

    def finish(self, run: int, ending: Ending) -> bool:
        """Write how a run ended; False if somebody had marked it as lost before."""
        with self.connection() as opened:
            return write_ending(opened, run, ending)

    def note(self, run: int, notice: str) -> None:
        """Add what was said about a run after its end."""
        with self.connection() as opened:
            opened.execute(
                "UPDATE runs SET notice = coalesce(notice || char(10), '') || ? WHERE id = ?",
                (notice, run),
            )

    def mark_lost(self) -> list[Run]:
        """Mark runs found ``running`` whose process is gone, save those that an order asked for."""
        with self.connection() as opened, transaction(opened):
            gone = [run for run in self.gone(opened) if run.order_id is None]
            for run in gone:
                write_ending(opened, run.id, LOST)
        presence.sweep(self.presences)
        return gone

    def gone(self, opened: sqlite3.Connection) -> list[Run]:
        """Return the runs found ``running`` whose process is gone."""
        rows = opened.execute("SELECT * FROM runs WHERE status = 'running' ORDER BY id").fetchall()
        return [_run(r) for r in rows if not presence.is_there(self.presences, r["presence"])]

    def token(self, run: int) -> str:
        """Return what the processes of a run carry in their environment."""
        with self.connection() as opened:
            row = opened.execute("SELECT presence FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise self._no_run(run)
        return f"{row['presence'] or 'none'}-{run}"

    def run(self, run: int) -> Run:
        """Return one run.

        Raises
        ------
        LedgerError
            There is none of that number.
        """
        with self.connection() as opened:
            row = opened.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise self._no_run(run)
        return _run(row)

    def runs(
        self, *, job: str | None = None, page: str | None = None, limit: int | None = None
    ) -> list[Run]:
        """Return runs, the newest first, of one job or page if named, and at most `limit`."""
        asked = {"job": job, "page": page}
        given = {name: value for name, value in asked.items() if value is not None}
        # Only what is asked for stands in the query, so that an index is used.
        where = " AND ".join(f"{name} = :{name}" for name in given) or "true"
        with self.connection() as opened:
            rows = opened.execute(
                f"SELECT * FROM runs WHERE {where} ORDER BY id DESC LIMIT :limit",  # noqa: S608
                given | {"limit": -1 if limit is None else limit},
            ).fetchall()
        return [_run(row) for row in rows]

    def last_runs(self) -> dict[str, Run]:
        """Return the newest run of each page."""
        return self._by_page("SELECT max(id) FROM runs GROUP BY page")

    def last_published(self) -> dict[str, Run]:
        """Return the newest run of each page that published it."""
        return self._by_page("SELECT max(id) FROM runs WHERE status = 'published' GROUP BY page")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file; what goes wrong with it names it.

        Raises
        ------
        LedgerError
            The disk is full, the file is damaged or may not be written.
        """
        try:
            with connection(self.path) as opened:
                yield opened
        except (OSError, sqlite3.DatabaseError) as error:
            raise no_access(self.path, error) from error

    def _by_page(self, ids: str) -> dict[str, Run]:
        query = f"SELECT * FROM runs WHERE id IN ({ids}) ORDER BY page"  # noqa: S608 - no data in it
        with self.connection() as opened:
            return {row["page"]: _run(row) for row in opened.execute(query)}

    def _no_run(self, run: int) -> LedgerError:
        with self.connection() as opened:
            (last,) = opened.execute("SELECT max(id) FROM runs").fetchone()
        known = f"its runs are numbered 1 to {last}" if last else "it holds none yet"
        return LedgerError(f"the ledger {self.path} has no run {run}; {known}")


def write_ending(opened: sqlite3.Connection, run: int, ending: Ending) -> bool:
    """Write how a run ended within a connection that is open; False if it had ended already."""
    masked = ending.parameters
    cursor = opened.execute(
        "UPDATE runs SET status = ?, ended_at = ?, error = ?, error_cell = ?, traceback = ?,"
        " sources = ?, findings = ?, seconds = ?, peak_memory_bytes = ?,"
        " parameters = coalesce(?, parameters) WHERE id = ? AND status = 'running'",
        (
            ending.status,
            now(),
            ending.error,
            ending.error_cell,
            ending.traceback,
            json.dumps([dict(source) for source in ending.sources], ensure_ascii=False),
            json.dumps(dict(ending.findings), allow_nan=False),
            ending.seconds,
            ending.peak_memory_bytes,
            None if masked is None else json.dumps(dict(masked), ensure_ascii=False),
            run,
        ),
    )
    return cursor.rowcount == 1


def _run(row: sqlite3.Row) -> Run:
    fields = {name: row[name] for name in Run.__dataclass_fields__}
    read = {name: json.loads(fields[name]) for name in ("parameters", "sources", "findings")}
    return Run(**fields | read)


def now() -> str:
    """Return this moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


LOST = Ending("lost", error="its process ended without a word")
