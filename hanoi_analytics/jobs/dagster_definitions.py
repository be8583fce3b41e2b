"""The jobs of ``jobs.yml`` for Dagster: the same runs, driven and shown by it.

Load this module with the project's folder as current folder:
``dagster dev -m hanoi_analytics.jobs.dagster_definitions``.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hanoi_analytics.folders import JOBS, LEDGER, NOTEBOOKS, SITE
from hanoi_analytics.jobs.attempts import JobError
from hanoi_analytics.jobs.file import Job, read_jobs
from hanoi_analytics.jobs.runner import Runner
from hanoi_analytics.jobs.schedule import Schedule
from hanoi_analytics.ledger import Run
from hanoi_analytics.publishing.project import Project

try:
    import dagster as dg
except ImportError as error:
    raise JobError(
        "jobs under Dagster need an extra: pip install 'hanoi-analytics[dagster]'; "
        "`hanoi jobs start` runs the same jobs without it"
    ) from error

_MINUTE = timedelta(minutes=1)


def definitions(jobs_file: Path, project: Project) -> dg.Definitions:
    """Return a Dagster job for each job of a file, and a schedule for each that has one.

    A job is one op, which works as ``hanoi jobs run`` does: same ledger, locks, limits, hooks and
    retries, so that Dagster is told to retry nothing. Each page is an output of the op; its
    metadata are the number of the run and the findings. Where a page fails, so does the op, with
    the reasons, and the pages that were made stay.

    Parameters
    ----------
    jobs_file : pathlib.Path
        As ``jobs.yml``.
    project : Project
        Folders and ledger.

    Returns
    -------
    dagster.Definitions
        Names with ``_`` for what Dagster does not allow in a name. Schedules are off until they
        are turned on in Dagster.

    Raises
    ------
    JobsFileError
        All mistakes of the file.
    """
    made, schedules = [], []
    for job in read_jobs(jobs_file, project).values():
        made.append(_job(job, jobs_file, project))
        if job.schedule is not None:
            schedules.append(
                dg.ScheduleDefinition(
                    job=made[-1],
                    cron_schedule=job.schedule.cron,
                    execution_timezone="Asia/Ho_Chi_Minh",
                    should_execute=_is_meant(job.schedule),
                )
            )
    return dg.Definitions(jobs=made, schedules=schedules)


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the project in the current folder."""
    return definitions(JOBS, Project(NOTEBOOKS, SITE, LEDGER))


def _is_meant(schedule: Schedule) -> Callable[[dg.ScheduleEvaluationContext], bool]:
    """Skip moments that only Dagster reads from the line.

    It takes a day that fits either field also where one begins with a star, as ``*/2``, and a
    range of one number for every number. It never leaves a moment out.
    """

    def should_execute(context: dg.ScheduleEvaluationContext) -> bool:
        moment = context.scheduled_execution_time
        return schedule.last(moment - _MINUTE, moment) == moment

    return should_execute


def _job(job: Job, jobs_file: Path, project: Project) -> dg.JobDefinition:
    name = _allowed(job.name)
    outputs = {f"{variant.page}.html": _allowed(f"{variant.page}.html") for variant in job.variants}
    if len(set(outputs.values())) < len(outputs):
        outputs = {page: f"{output}_{n}" for n, (page, output) in enumerate(outputs.items(), 1)}

    @dg.op(
        name=f"make_{name}",
        description=f"The pages of notebook {job.notebook}",
        out={
            output: dg.Out(dg.Nothing, description=page, is_required=False)
            for page, output in outputs.items()
        },
    )
    def make_pages() -> Iterator[dg.Output[None]]:
        runs = _run(Runner(project, jobs_file), job.name)
        for run in runs:
            if run.status == "published":
                yield dg.Output(None, outputs[run.page], metadata={**run.findings, "run": run.id})
        failed = [run for run in runs if run.status != "published"]
        if failed:
            raise dg.Failure("\n".join(map(_reason, failed)), allow_retries=False)

    @dg.job(
        name=name,
        description=f"Job {job.name} of {jobs_file.name}",
        executor_def=dg.in_process_executor,
        # Whatever the instance says of runs that fail.
        tags={"dagster/max_retries": "0"},
    )
    def made() -> None:
        make_pages()

    return made


def _run(runner: Runner, name: str) -> list[Run]:
    with _stopped_by_signals(runner) as asked:
        runs = runner.run(name)
    if asked.is_set():
        raise dg.DagsterExecutionInterruptedError
    return runs


@contextmanager
def _stopped_by_signals(runner: Runner) -> Iterator[threading.Event]:
    """Let the runner write down what it was doing when Dagster ends the run."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stop(*_: object) -> None:
        asked.set()
        runner.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reason(run: Run) -> str:
    cell = f" in cell {run.error_cell}" if run.error_cell else ""
    return f"run {run.id}: {run.page}: {run.status}{cell}: {run.error}"


def _allowed(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)
