"""Working on the orders of the ledger: once, on demand, or for as long as the process lives.

The ledger alone holds what is owed, so any number of runners may share one, and one that dies
leaves nothing behind that the next does not find. APScheduler's own scheduler and store are not
used: a store must not be shared, and its timers follow the wall clock.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.jobs.attempts import Attempts, JobError, find_job, retry_in_s
from hanoi_analytics.jobs.file import Job, read_jobs
from hanoi_analytics.jobs.kept_file import KeptFile
from hanoi_analytics.jobs.placing import Timetable, wanted
from hanoi_analytics.ledger import Ending, Ledger, LedgerError, Order, Orders, Run, Wanted
from hanoi_analytics.ledger.orders import LONGEST_WAIT_S
from hanoi_analytics.publishing.processes import end_leftovers
from hanoi_analytics.publishing.project import Project, code_version
from hanoi_analytics.publishing.run import make_page, write_site

log = logging.getLogger(__name__)

_POLL_S = 1.0  # while the only thing to wait for happens in another process
_RECOVER_EVERY_S = 30.0
_SITE_EVERY_S = 5.0


class RunnerStoppedError(HanoiError):
    """The ledger failed, so that nothing more can be run; the next runner finds what was left."""


class Runner:
    """Runs the orders of a project, some at a time.

    Parameters
    ----------
    project : Project
        Folders and ledger.
    jobs_file : pathlib.Path
        Read at once, and again whenever it changes.
    workers : int, optional
        How many run at a time; by default one per core.
    make : callable
        As `publishing.run.make_page`.
    clock : callable
        Unix time, seconds.

    Raises
    ------
    JobsFileError, LedgerError
        What cannot be read.
    """

    def __init__(
        self,
        project: Project,
        jobs_file: Path,
        *,
        workers: int | None = None,
        make: Callable[..., Ending] = make_page,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.project = project
        self.file = KeptFile(jobs_file, partial(read_jobs, project=project))
        self.ledger = Ledger(project.ledger)
        self.orders = Orders(self.ledger, clock)
        self._timetable = Timetable(self.orders)
        self.workers = workers or os.cpu_count() or 1
        self._attempt = Attempts(self.project, self.orders, jobs_file.resolve().parent, make)
        # Unlike an event, it may be used by a signal handler at any moment.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = False
        self._active: set[Future[Run | None]] = set()
        self._ended: list[Run] = []
        self._given_up: list[tuple[Run, Job]] = []
        self._recovered_at = self._site_at = -math.inf
        self._site_is_old = False

    def run(self, name: str) -> list[Run]:
        """Order the pages of a job now, and work until they are done, retries included.

        Returns
        -------
        list of Run
            The last run of each page.

        Raises
        ------
        JobError, JobRunningError
            No such job; one of its pages is being made.
        RunnerStoppedError
            The ledger failed.
        """
        job = find_job(self.file.jobs, name)
        self._recover()
        return self._work_on(name, self.orders.place(name, wanted(job)))

    def retry(self, run: int, *, accept_drift: bool = False) -> list[Run]:
        """Make the page of an earlier run again, with the same notebook and parameters.

        Parameters
        ----------
        run : int
            Its number in the ledger.
        accept_drift : bool
            Whether to leave out the job's limits on drift.

        Raises
        ------
        JobError
            It was no job's, or its job is gone.
        JobRunningError, RunnerStoppedError
            As for `run`.
        """
        old = self.ledger.run(run)
        if old.job is None:
            raise JobError(
                f"run {run} was not of a job; run it again with `hanoi publish {old.notebook}`"
            )
        find_job(self.file.jobs, old.job)
        self._recover()
        page = Wanted(old.notebook, old.page, old.parameters, accept_drift)
        placed = self.orders.place(old.job, [page])
        return self._work_on(old.job, placed)

    def due(self) -> list[Run]:
        """Order what is due, run everything that may run now, and return.

        An order that is to be tried again after a while is left to the next call.

        Returns
        -------
        list of Run
            Those that ended for good.
        """
        self._ended = []
        self._work(None, scheduled=True, until=lambda: not self._active)
        return self._ended

    def start(self) -> None:
        """Order and run what is due until `stop` is called."""
        self._work(None, scheduled=True, until=lambda: False)

    def stop(self) -> None:
        """End soon: runs are interrupted and written down. May be called by a signal handler."""
        self._stopping = True
        self._wake.put(None)

    def _work_on(self, job: str, placed: Sequence[int]) -> list[Run]:
        self._work(
            placed,
            scheduled=False,
            until=lambda: not (self._active or self.orders.unfinished(placed)),
        )
        newest: dict[int, Run] = {}
        for run in self.ledger.runs(job=job):
            if run.order_id is not None and run.order_id in placed:
                newest.setdefault(run.order_id, run)
        return [newest[order] for order in placed if order in newest]

    def _work(
        self, only: Sequence[int] | None, *, scheduled: bool, until: Callable[[], bool]
    ) -> None:
        """Claim orders and run them, some at a time, until there is a reason to end."""
        try:
            try:
                with ThreadPoolExecutor(self.workers) as pool:
                    try:
                        self._loop(pool, only, scheduled=scheduled, until=until)
                    finally:
                        if self._active:  # the pool waits for them
                            self._attempt.cancelled.set()
            finally:
                self._collect()
            if self._stopping and only is not None:
                self._withdraw(only)
        except LedgerError as error:
            raise RunnerStoppedError(str(error)) from error
        finally:
            self._write_site(every_s=0.0)

    def _loop(
        self,
        pool: ThreadPoolExecutor,
        only: Sequence[int] | None,
        *,
        scheduled: bool,
        until: Callable[[], bool],
    ) -> None:
        while not self._stopping:
            self._collect()
            changed = self.file.refresh()
            if time.monotonic() - self._recovered_at >= _RECOVER_EVERY_S:
                self._recover()
            if scheduled:
                self._timetable.place_due(self.file.jobs.values(), changed=changed)
            for run, job in self._given_up:
                self._submit(pool, partial(self._attempt.tell, run.id, job))
            self._given_up = []
            claim_s = self._fill(pool, only)
            self._write_site()
            if until():
                break
            self._wait(min(claim_s, self._timetable.wait_s() if scheduled else _POLL_S))

    def _fill(self, pool: ThreadPoolExecutor, only: Sequence[int] | None) -> float:
        """Claim orders for the workers that are free; return when to look for more, seconds."""
        change = self.orders.next_change_s()
        if change == 0 and len(self._active) < self.workers:
            version = code_version(self.project.notebooks)
            while len(self._active) < self.workers and not self._stopping:
                order = self.orders.claim(version, only)
                if order is None:
                    break
                self._site_is_old = True
                self._submit(pool, partial(self._attempt, order, self.file.jobs))
            # What may run and was not claimed is being made elsewhere.
            change = self.orders.next_change_s() or _POLL_S
        if change is None or len(self._active) >= self.workers:
            return math.inf
        return change

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[[], Run | None]) -> None:
        future = pool.submit(work)
        self._active.add(future)
        future.add_done_callback(lambda _: self._wake.put(None))

    def _collect(self) -> None:
        """Take the results of workers that ended; what went wrong in one is raised here."""
        done = {future for future in self._active if future.done()}
        self._active -= done
        self._site_is_old |= bool(done)
        self._ended += [run for future in done if (run := future.result()) is not None]

    def _wait(self, longest_s: float) -> None:
        """Wait until a worker ends, somebody asks for the end, or the time is over."""
        if self._site_is_old:
            longest_s = min(longest_s, self._site_at + _SITE_EVERY_S - time.monotonic())
        try:
            self._wake.get(timeout=max(0.0, longest_s))
            while True:
                self._wake.get_nowait()
        except queue.Empty:
            return

    def _recover(self) -> None:
        """Find the runs of processes that died; those not tried again are told in the loop."""
        self._recovered_at = time.monotonic()
        given_up: dict[int, Job] = {}

        def again(order: Order) -> float | None:
            job = self.file.jobs.get(order.job)
            delay = retry_in_s(job, "lost", order.attempt)
            if delay is None and job is not None:
                given_up[order.run] = job
            return delay

        for run in [*self.orders.recover(again), *self.ledger.mark_lost()]:
            log.error("run %d: lost; its process ended without a word (%s)", run.id, run.page)
            end_leftovers(self.ledger.token(run.id))
            self._site_is_old = True
            if run.id in given_up:
                self._given_up.append((run, given_up[run.id]))
                self._ended.append(self.ledger.run(run.id))

    def _withdraw(self, only: Sequence[int]) -> None:
        """End the orders asked for by hand that were interrupted before they were tried (again)."""
        mine = [o.id for o in self.orders.waiting() if o.id in only and o.slot is None]
        # No order waits longer than this, so that all may be claimed.
        later = Orders(self.ledger, lambda: self.orders.clock() + LONGEST_WAIT_S)
        version = code_version(self.project.notebooks)
        while mine and (order := later.claim(version, mine)) is not None:
            later.end(order, Ending("failed", 0.0, error="interrupted before it started"))

    def _write_site(self, every_s: float = _SITE_EVERY_S) -> None:
        if not self._site_is_old or time.monotonic() - self._site_at < every_s:
            return
        self._site_at, self._site_is_old = time.monotonic(), False
        try:
            write_site(self.project, self.ledger)
        except (HanoiError, OSError) as error:
            log.error("the site's index was not written: %s", error)
