"""What is known of jobs and their runs, as plain values: one source for people and machines."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hanoi_analytics.jobs.file import Job
from hanoi_analytics.ledger import Ledger, Orders, Run
from hanoi_analytics.publishing.comparison import compare
from hanoi_analytics.publishing.html import HANOI_TIME

_OF_LAST = 10  # runs, whose median duration is told


def job_facts(jobs: Mapping[str, Job], ledger: Ledger, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each job, in the order of the file.

    Parameters
    ----------
    jobs : mapping of str to Job
        From `read_jobs`.
    ledger : Ledger
        Says what ran and what waits.
    now : datetime
        Aware; the next run is after it.

    Returns
    -------
    list of dict
        ``job``, ``notebook``, ``pages`` (how many), ``schedule``, ``next_run``, ``state``
        (running, waiting or idle), ``last_success``, ``last_status`` and ``median_s`` (duration of
        the last 10 published runs). Moments are ISO 8601 in Hanoi's time; what there is not is
        None.
    """
    waiting = {order.job for order in Orders(ledger).waiting()}
    return [_job(job, ledger.runs(job=job.name), job.name in waiting, now) for job in jobs.values()]


def run_facts(run: Run) -> dict[str, Any]:
    """Return all that the ledger holds of a run, its moments in Hanoi's time."""
    facts = asdict(run)
    facts["run"] = facts.pop("id")
    moments = {name: hanoi_moment(facts[name]) for name in ("started_at", "ended_at", "slot")}
    return {"run": facts["run"], "job": run.job, "status": run.status} | facts | moments


def short_facts(run: Run) -> dict[str, Any]:
    """Return what a line of the history says: `run_facts` without the long texts and tables."""
    facts = run_facts(run)
    return {name: facts[name] for name in _SHORT}


_SHORT = (
    "run",
    "job",
    "page",
    "status",
    "attempt",
    "started_at",
    "seconds",
    "peak_memory_bytes",
    "error_cell",
    "error",
)


def diff_facts(old: Run, new: Run) -> dict[str, Any]:
    """Return what two runs found, held against each other, and the parameters that differ."""
    names = dict.fromkeys([*old.parameters, *new.parameters])
    return {
        "old": short_facts(old),
        "new": short_facts(new),
        "parameters": [
            {"name": name, "old": old.parameters.get(name), "new": new.parameters.get(name)}
            for name in names
            if old.parameters.get(name) != new.parameters.get(name)
        ],
        "findings": [asdict(difference) for difference in compare(old, new)],
    }


def hanoi_moment(moment: str | datetime | None) -> str | None:
    """Return a moment by the clocks of Hanoi.

    Examples
    --------
    >>> hanoi_moment("2026-11-21T22:00:00+00:00")
    '2026-11-22T05:00:00+07:00'
    """
    if moment is None:
        return None
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return aware.astimezone(HANOI_TIME).isoformat(timespec="seconds")


def _job(job: Job, runs: list[Run], waits: bool, now: datetime) -> dict[str, Any]:
    published = [run for run in runs if run.status == "published"]
    seconds = [run.seconds for run in published[:_OF_LAST] if run.seconds is not None]
    return {
        "job": job.name,
        "notebook": job.notebook,
        "pages": len(job.variants),
        "schedule": job.schedule.cron if job.schedule else None,
        "next_run": hanoi_moment(job.schedule.next(now)) if job.schedule else None,
        "state": _state(runs, waits),
        "last_success": hanoi_moment(published[0].started_at) if published else None,
        "last_status": runs[0].status if runs else None,
        "median_s": round(statistics.median(seconds), 1) if seconds else None,
    }


def _state(runs: Iterable[Run], waits: bool) -> str:
    if any(run.status == "running" for run in runs):
        return "running"
    return "waiting" if waits else "idle"
