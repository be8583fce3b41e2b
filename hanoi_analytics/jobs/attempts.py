"""One attempt at an order: the page made, its end written down, tried again or told."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.jobs.drift import limit_check
from hanoi_analytics.jobs.file import Job
from hanoi_analytics.jobs.hooks import Limits, tell
from hanoi_analytics.ledger import Ending, Ledger, LedgerError, Order, Orders, Run, Status
from hanoi_analytics.publishing.credentials import mask_credentials
from hanoi_analytics.publishing.masking import mask_paths
from hanoi_analytics.publishing.page import Task, make_page
from hanoi_analytics.publishing.parameters import check_parameters, read_parameters
from hanoi_analytics.publishing.project import Project

log = logging.getLogger(__name__)

_LONGEST_BACKOFF_S = 3600.0


class JobError(HanoiError):
    """A job, or a run of a job, is not what was taken for granted."""


def retry_in_s(job: Job | None, status: Status, attempt: int) -> float | None:
    """Return the seconds until an order is tried again, or None when it is not.

    Parameters
    ----------
    job : Job, optional
        Says how often and after how long; without one nothing is tried again.
    status : str
        How the attempt ended. A lost one is tried again only if the job says ``retry_lost``:
        then as often as `retries` allows, and at least once.
    attempt : int
        Number of the attempt that ended, from 1.

    Returns
    -------
    float or None
        The job's backoff, doubled with each attempt, at most an hour.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> job = SimpleNamespace(retries=2, backoff_s=60.0, retry_lost=True)
    >>> [retry_in_s(job, "failed", attempt) for attempt in (1, 2, 3)]
    [60.0, 120.0, None]
    """
    if job is None or status == "published":
        return None
    retries = job.retries
    if status == "lost":
        retries = max(job.retries, 1) if job.retry_lost else 0
    if attempt > retries:
        return None
    # Beyond thirty doublings the hour has long been reached.
    return min(job.backoff_s * 2.0 ** min(attempt - 1, 30), _LONGEST_BACKOFF_S)


@dataclass(frozen=True)
class Attempts:
    """Makes the pages of claimed orders, in any thread.

    Parameters
    ----------
    project : Project
        Folders.
    orders : Orders
        Where the ends are written.
    folder : pathlib.Path
        Where commands of hooks run.
    make : callable
        As `publishing.run.make_page`.
    cancelled : threading.Event
        Set to interrupt everything.
    """

    project: Project
    orders: Orders
    folder: Path
    make: Callable[..., Ending] = make_page
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the orders."""
        return self.orders.ledger

    def __call__(self, order: Order, jobs: Mapping[str, Job]) -> Run | None:
        """Make the page of an order; return its run if that was the last attempt.

        A scheduled order that is interrupted waits again; one asked for by hand does not.
        """
        job = jobs.get(order.job)
        ending, again = self._made(order, jobs)
        interrupted = self.cancelled.is_set() and ending.status != "published"
        if interrupted:
            ending = replace(ending, status="failed", error="interrupted")
            again = 0.0 if order.slot is not None else None
        if not self.orders.end(order, ending, retry_in_s=again):
            log.warning("run %d: was marked as lost by another process", order.run)
            return None
        if again is not None:
            log.info("%s: tried again in %.0f s", order.page, again)
            return None
        if job is not None and ending.status != "published" and not interrupted:
            self.tell(order.run, job)
        return self.ledger.run(order.run)

    def tell(self, run: int, job: Job) -> None:
        """Tell the job's hooks of a run that failed for good, and note what they answered."""
        limits = Limits(cancelled=self.cancelled)
        for answer in tell(job.on_failure, self.ledger.run(run), self.folder, limits):
            log.info("run %d: %s", run, answer)
            self.ledger.note(run, answer)

    def _made(self, order: Order, jobs: Mapping[str, Job]) -> tuple[Ending, float | None]:
        try:
            job = find_job(jobs, order.job)
            task = self._task(order, job)
        except LedgerError:
            raise
        except HanoiError as error:
            # Another try would end the same.
            words = mask_paths(mask_credentials(str(error)))
            log.error("%s: %s", order.page, words)
            return Ending("failed", 0.0, error=words), None
        token = self.ledger.token(order.run)
        try:
            ending = self.make(
                self.project, task, run=order.run, token=token, cancelled=self.cancelled
            )
        except LedgerError:
            raise
        # A fault of our own: this run is written down as failed, and the others go on.
        except Exception as error:  # noqa: BLE001
            log.error("%s: %s", order.page, _unexpected(error))
            ending = Ending("failed", error=_unexpected(error))
        return ending, retry_in_s(job, ending.status, order.attempt)

    def _task(self, order: Order, job: Job) -> Task:
        (notebook,) = self.project.find([order.notebook])
        parameters = check_parameters(
            read_parameters(notebook), order.parameters, where=order.notebook
        )
        limits = {} if order.accept_drift else job.drift
        last = self._last_published(order.page, parameters) if limits else None
        return Task(
            notebook=notebook,
            name=order.notebook,
            page=order.page,
            parameters=parameters,
            code_version=self.ledger.run(order.run).code_version,
            timeout_s=job.timeout_s,
            memory_gb=job.memory_gb,
            keep=job.keep,
            check=limit_check(limits, last),
        )

    def _last_published(self, page: str, parameters: Mapping[str, object]) -> Run | None:
        runs = self.ledger.runs(page=page)
        return next(
            (r for r in runs if r.status == "published" and r.parameters == parameters), None
        )


def find_job(jobs: Mapping[str, Job], name: str) -> Job:
    """Return a job by name.

    Raises
    ------
    JobError
        There is none, with the nearest match.
    """
    if name not in jobs:
        raise JobError(f"the jobs' file has no job {name!r}; {nearest(name, jobs)}")
    return jobs[name]


def _unexpected(error: Exception) -> str:
    """Name an error and its place; its words may quote data."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{place}"
