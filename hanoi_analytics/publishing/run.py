"""The one path of a run: check parameters, make the pages side by side, write the ledger."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hanoi_analytics.ledger import Ledger, Status
from hanoi_analytics.publishing.credentials import refuse_credentials
from hanoi_analytics.publishing.execution import end_leftovers
from hanoi_analytics.publishing.page import Task, accept_any, make_page
from hanoi_analytics.publishing.parameters import (
    ParameterError,
    check_parameters,
    read_parameters,
)
from hanoi_analytics.publishing.project import Project, PublishError, code_version
from hanoi_analytics.publishing.runs_page import write_runs_page
from hanoi_analytics.publishing.site import write_index

__all__ = [
    "Outcome",
    "Project",
    "PublishError",
    "Task",
    "accept_any",
    "code_version",
    "make_page",
    "publish",
    "write_site",
]


@dataclass(frozen=True)
class Outcome:
    """How one notebook's run ended."""

    name: str
    status: Status
    seconds: float
    error: str | None = None
    error_cell: int | None = None


def publish(
    project: Project,
    names: Sequence[str] = (),
    *,
    parameters: Mapping[str, object] | None = None,
    timeout_s: float = 900.0,
    side_by_side: int | None = None,
) -> list[Outcome]:
    """Run notebooks and publish each to one self-contained page; write the index.

    Parameters
    ----------
    project : Project
        Folders.
    names : sequence of str
        Notebooks; all of them when empty.
    parameters : mapping of str to object
        Values for the parameters the notebooks declare; each name must be declared by every
        notebook named.
    timeout_s : float
        Wall-clock limit of one run, seconds.
    side_by_side : int, optional
        How many run at the same time; by default one per core.

    Returns
    -------
    list of Outcome
        In the order of the notebooks. A failed one leaves the page that was there before.

    Raises
    ------
    ParameterError, PublishError, CredentialError
        Before any kernel starts.
    """
    if timeout_s <= 0:
        raise PublishError(f"the time limit must be above 0 s, found {timeout_s:g}")
    tasks = _check_all(project, project.find(names), parameters or {}, timeout_s)
    # A site that cannot be written to is told once, not by every notebook.
    project.site.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(project.ledger)
    for lost in ledger.mark_lost():
        end_leftovers(ledger.token(lost.id))
    run = _Runner(project, ledger)
    try:
        with ThreadPoolExecutor(side_by_side or min(len(tasks), os.cpu_count() or 1)) as pool:
            runs = {task.name: pool.submit(run, task) for task in _longest_first(tasks, ledger)}
            try:
                return [runs[task.name].result() for task in tasks]
            except BaseException:
                # Ctrl-C, or a request to end: no run may go on behind the caller's back.
                run.cancelled.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        write_site(project, ledger)


def write_site(project: Project, ledger: Ledger) -> None:
    """Write the index of the site and the page of runs.

    Parameters
    ----------
    project : Project
        Folders.
    ledger : Ledger
        Says how runs ended.
    """
    version = code_version(project.notebooks)
    listed = {project.name_of(path): path for path in project.find()}
    project.site.mkdir(parents=True, exist_ok=True)
    with _alone(project.site):
        write_index(project.site, ledger, listed, version)
        write_runs_page(project.site, ledger, version)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for other processes: of two that write, the later must have read the ledger later."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _check_all(
    project: Project, notebooks: Sequence[Path], given: Mapping[str, object], timeout_s: float
) -> list[Task]:
    """Check every notebook's parameters before the first kernel starts; report all mistakes."""
    for name, value in given.items():
        refuse_credentials(str(value), f"parameter {name!r}")
    version = code_version(project.notebooks)
    tasks, mistakes = [], []
    for notebook in notebooks:
        name = project.name_of(notebook)
        try:
            values = check_parameters(read_parameters(notebook), given, where=name)
        except ParameterError as error:
            mistakes.append(str(error))
        else:
            tasks.append(Task(notebook, name, f"{name}.html", values, version, timeout_s))
    if mistakes:
        raise ParameterError("\n".join(mistakes))
    return tasks


def _longest_first(tasks: Sequence[Task], ledger: Ledger) -> list[Task]:
    """Order by the length of the last run that published, so that none is left for the end.

    Those of unknown length come first.
    """
    lengths = {page: run.seconds for page, run in ledger.last_published().items()}
    return sorted(tasks, key=lambda task: -(lengths.get(task.page) or float("inf")))


@dataclass(frozen=True)
class _Runner:
    """Makes one page after another in the threads of a pool."""

    project: Project
    ledger: Ledger
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __call__(self, task: Task) -> Outcome:
        run = self.ledger.start(
            notebook=task.name,
            page=task.page,
            parameters=task.parameters,
            code_version=task.code_version,
        )
        token = self.ledger.token(run)
        ending = make_page(self.project, task, run=run, token=token, cancelled=self.cancelled)
        self.ledger.finish(run, ending)
        return Outcome(
            name=task.name,
            status=ending.status,
            seconds=ending.seconds or 0.0,
            error=ending.error,
            error_cell=ending.error_cell,
        )
