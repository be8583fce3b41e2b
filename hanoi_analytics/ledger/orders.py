"""Runs that are owed: placed by a schedule or by hand, claimed by one process, ended or kept.

An order is waiting, running or done. Each change is one transaction together with the row of its
run, so that a process may die at any moment: what it had claimed is found again by `recover`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from hanoi_analytics.ledger import presence
from hanoi_analytics.ledger.errors import JobRunningError
from hanoi_analytics.ledger.runs import LOST, Ending, Ledger, Run, write_ending
from hanoi_analytics.ledger.schema import transaction

#: No order waits longer; one that seems to was written before the clock was set back.
LONGEST_WAIT_S = 3600.0
_MAY_RUN = f"(not_before <= :now OR not_before > :now + {LONGEST_WAIT_S})"


@dataclass(frozen=True)
class Wanted:
    """A page that is to be made: ``theme/name``, ``theme/page.html`` and all parameters.

    With `accept_drift` the page is replaced however far its findings have moved.
    """

    notebook: str
    page: str
    parameters: Mapping[str, object]
    accept_drift: bool = False


@dataclass(frozen=True)
class Order:
    """An order that this process has claimed; `run` is its row in the ledger."""

    id: int
    job: str
    notebook: str
    page: str
    parameters: dict[str, Any]
    slot: str | None
    attempt: int
    run: int
    accept_drift: bool = False


@dataclass(frozen=True)
class WaitingOrder:
    """An order nobody works on; `attempt` counts those behind it, `not_before` is Unix time."""

    id: int
    job: str
    page: str
    slot: str | None
    attempt: int
    not_before: float


class Orders:
    """The queue of runs, in the file of the ledger.

    Parameters
    ----------
    ledger : Ledger
        Its file.
    clock : callable
        Unix time, seconds.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self.ledger = ledger
        self.clock = clock

    def place(self, job: str, wanted: Sequence[Wanted]) -> list[int]:
        """Order pages by hand, and return the orders' numbers.

        An order of the job for the same page that waits already is taken in place of a new one.

        Raises
        ------
        JobRunningError
            One of the pages is being made; nothing was ordered.
        """
        with self.ledger.connection() as opened, transaction(opened):
            for page in wanted:
                self._refuse_running(opened, page.page)
            return [self._order(opened, job, page) for page in wanted]

    def place_due(
        self,
        job: str,
        cron: str,
        wanted: Sequence[Wanted],
        last_slot: Callable[[datetime, datetime], datetime | None],
        now: datetime,
    ) -> list[int]:
        """Order the pages of a job whose scheduled moment has come, and return the new orders.

        A job is looked at from the first time it is seen with this schedule. However many moments
        were missed since, it is ordered once, for the last; a moment is never ordered twice.

        Parameters
        ----------
        job, cron : str
            Name and schedule.
        wanted : sequence of Wanted
            The job's pages.
        last_slot : callable
            The last scheduled moment after the first and not after the second time given.
        now : datetime
            With its offset from UTC.
        """
        with self.ledger.connection() as opened, transaction(opened):
            row = opened.execute("SELECT * FROM schedules WHERE job = ?", (job,)).fetchone()
            slot = None
            if row is not None and row["cron"] == cron:
                # After the clock was set back, the time that comes again is looked at again.
                since = min(datetime.fromisoformat(row["looked_until"]), now)
                slot = last_slot(since, now)
            opened.execute(
                "INSERT INTO schedules VALUES (?, ?, ?) ON CONFLICT (job)"
                " DO UPDATE SET cron = excluded.cron, looked_until = excluded.looked_until",
                (job, cron, now.isoformat()),
            )
            if slot is None:
                return []
            moment = slot.astimezone(UTC).isoformat()
            placed = [self._order_slot(opened, job, page, moment) for page in wanted]
            return [order for order in placed if order is not None]

    def claim(self, code_version: str, only: Collection[int] | None = None) -> Order | None:
        """Take the oldest order that may run now, and begin its row in the ledger.

        Parameters
        ----------
        code_version : str
            Written into the row.
        only : collection of int, optional
            Consider no other orders.

        Returns
        -------
        Order or None
            None when nothing may run now. Never one for a page that is being made.
        """
        with self.ledger.connection() as opened, transaction(opened):
            row = opened.execute(
                f"SELECT * FROM orders WHERE state = 'waiting' AND {_MAY_RUN} AND {_AMONG}"  # noqa: S608 - no data in it
                " AND page NOT IN (SELECT page FROM runs WHERE status = 'running')"
                " ORDER BY not_before, id LIMIT 1",
                {"now": self.clock(), "only": _numbers(only)},
            ).fetchone()
            if row is None:
                return None
            opened.execute(
                "UPDATE orders SET state = 'running', attempt = attempt + 1 WHERE id = ?",
                (row["id"],),
            )
            run = self.ledger.write_start(
                opened,
                **{n: row[n] for n in ("notebook", "page", "parameters", "job", "slot")},
                order_id=row["id"],
                attempt=row["attempt"] + 1,
                code_version=code_version,
            )
        return _claimed(row, row["attempt"] + 1, run)

    def end(self, order: Order, ending: Ending, *, retry_in_s: float | None = None) -> bool:
        """Write how the run of an order ended; with `retry_in_s` the order waits again.

        Returns
        -------
        bool
            False if the run had been marked as lost: then nothing is changed.
        """
        with self.ledger.connection() as opened, transaction(opened):
            written = write_ending(opened, order.run, ending)
            if written:
                self._leave(opened, order.id, retry_in_s)
                if ending.parameters is not None:
                    opened.execute(
                        "UPDATE orders SET parameters = ? WHERE id = ?",
                        (_json(ending.parameters), order.id),
                    )
        return written

    def recover(self, retry_in_s: Callable[[Order], float | None]) -> list[Run]:
        """Mark as lost the runs of orders whose process is gone, and return them.

        Parameters
        ----------
        retry_in_s : callable
            Seconds until the order may run again, or None to leave it.
        """
        with self.ledger.connection() as opened, transaction(opened):
            gone = [run for run in self.ledger.gone(opened) if run.order_id is not None]
            for run in gone:
                row = opened.execute(
                    "SELECT * FROM orders WHERE id = ?", (run.order_id,)
                ).fetchone()
                write_ending(opened, run.id, LOST)
                self._leave(opened, row["id"], retry_in_s(_claimed(row, run.attempt, run.id)))
        presence.sweep(self.ledger.presences)
        return gone

    def waiting(self) -> list[WaitingOrder]:
        """Return the orders nobody works on, the first to be run first."""
        names = ", ".join(column.name for column in fields(WaitingOrder))
        with self.ledger.connection() as opened:
            rows = opened.execute(
                f"SELECT {names} FROM orders WHERE state = 'waiting' ORDER BY not_before, id"  # noqa: S608
            ).fetchall()
        return [WaitingOrder(*row) for row in rows]

    def unfinished(self, only: Collection[int] | None = None) -> int:
        """Return how many orders, of those named, are not done."""
        with self.ledger.connection() as opened:
            (count,) = opened.execute(
                f"SELECT count(*) FROM orders WHERE state <> 'done' AND {_AMONG}",  # noqa: S608
                {"only": _numbers(only)},
            ).fetchone()
        return int(count)

    def next_change_s(self) -> float | None:
        """Return the seconds until the next waiting order may run; None when none waits."""
        waits = [max(0.0, order.not_before - self.clock()) for order in self.waiting()]
        return min((0.0 if wait > LONGEST_WAIT_S else wait for wait in waits), default=None)

    def _order(self, opened: sqlite3.Connection, job: str, page: Wanted) -> int:
        waiting = opened.execute(
            "SELECT id FROM orders WHERE job = ? AND page = ? AND state = 'waiting'",
            (job, page.page),
        ).fetchone()
        if waiting is None:
            return int(_insert(opened, job, page, None).lastrowid or 0)
        opened.execute(
            "UPDATE orders SET notebook = ?, parameters = ?, accept_drift = ?, attempt = 0,"
            " not_before = 0 WHERE id = ?",
            (page.notebook, _json(page.parameters), page.accept_drift, waiting["id"]),
        )
        return int(waiting["id"])

    def _order_slot(
        self, opened: sqlite3.Connection, job: str, page: Wanted, slot: str
    ) -> int | None:
        """Order a page for a scheduled moment; one that waits for an earlier one gives way."""
        cursor = _insert(opened, job, page, slot)
        if cursor.rowcount != 1:
            return None
        opened.execute(
            "UPDATE orders SET state = 'done' WHERE job = ? AND page = ? AND state = 'waiting'"
            " AND slot IS NOT NULL AND id <> ?",
            (job, page.page, cursor.lastrowid),
        )
        return int(cursor.lastrowid or 0)

    def _leave(self, opened: sqlite3.Connection, order: int, retry_in_s: float | None) -> None:
        if retry_in_s is None:
            opened.execute("UPDATE orders SET state = 'done' WHERE id = ?", (order,))
            return
        opened.execute(
            "UPDATE orders SET state = 'waiting', not_before = ? WHERE id = ?",
            (self.clock() + min(retry_in_s, LONGEST_WAIT_S), order),
        )

    @staticmethod
    def _refuse_running(opened: sqlite3.Connection, page: str) -> None:
        row = opened.execute(
            "SELECT id, started_at FROM runs WHERE status = 'running' AND page = ?", (page,)
        ).fetchone()
        if row is not None:
            raise JobRunningError(
                f"{page} is being made by run {row['id']}, which started at {row['started_at']}; "
                f"wait for its end or look at it with `hanoi jobs show {row['id']}`"
            )


_AMONG = "(:only IS NULL OR id IN (SELECT value FROM json_each(:only)))"


def _insert(opened: sqlite3.Connection, job: str, page: Wanted, slot: str | None) -> sqlite3.Cursor:
    return opened.execute(
        "INSERT OR IGNORE INTO orders (job, notebook, page, parameters, slot, accept_drift)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (job, page.notebook, page.page, _json(page.parameters), slot, page.accept_drift),
    )


def _claimed(row: sqlite3.Row, attempt: int, run: int) -> Order:
    named = {name: row[name] for name in ("id", "job", "notebook", "page", "slot")}
    return Order(
        **named,
        parameters=json.loads(row["parameters"]),
        attempt=attempt,
        run=run,
        accept_drift=bool(row["accept_drift"]),
    )


def _numbers(only: Collection[int] | None) -> str | None:
    return None if only is None else json.dumps(sorted(only))


def _json(parameters: Mapping[str, object]) -> str:
    return json.dumps(dict(parameters), ensure_ascii=False)
