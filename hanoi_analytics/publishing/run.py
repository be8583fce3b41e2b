"""The one path of a run: check parameters, execute, render, replace the page, write the ledger."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unicodedata
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil

from hanoi_analytics import __version__
from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.publishing.credentials import mask_credentials, refuse_credentials
from hanoi_analytics.publishing.execution import NotebookFailedError, Request, execute
from hanoi_analytics.publishing.html import HANOI_TIME, PageFacts, find_sources, mask_paths, render
from hanoi_analytics.publishing.ledger import Ledger, Status
from hanoi_analytics.publishing.parameters import (
    ParameterError,
    check_parameters,
    read_parameters,
)
from hanoi_analytics.publishing.person_scan import PeopleGuard, PersonFoundError, public_text
from hanoi_analytics.publishing.site import replace_file, write_index

log = logging.getLogger(__name__)


class PublishError(HanoiError):
    """What was asked to be published cannot be, before anything ran."""


@dataclass(frozen=True)
class Project:
    """Where notebooks are, where pages go, and where runs are written down."""

    notebooks: Path
    site: Path
    ledger: Path

    def find(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the named notebooks, or all of them.

        Parameters
        ----------
        names : sequence of str
            ``overview/claims``, ``overview/claims.ipynb`` or a path that leads there.

        Raises
        ------
        PublishError
            No notebooks at all, an unknown name (with the nearest match), or a path that leaves
            the notebooks' folder.
        """
        root = self.notebooks.resolve()
        every = sorted(p for p in root.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
        if not every:
            raise PublishError(f"no notebook in {self.notebooks}: run this in the project's folder")
        if not names:
            return every
        known = {self.name_of(path): path for path in every}
        chosen = []
        for name in names:
            short = name.removesuffix(".ipynb").removeprefix(f"{self.notebooks.name}/")
            path = known.get(short)
            if path is None and Path(name).resolve() in every:
                path = Path(name).resolve()
            if path is None:
                raise PublishError(f"no notebook {name!r}; {nearest(short, known)}")
            chosen.append(path)
        return list(dict.fromkeys(chosen))

    def name_of(self, notebook: Path) -> str:
        """Return ``theme/name`` of a notebook."""
        return notebook.resolve().relative_to(self.notebooks.resolve()).with_suffix("").as_posix()


@dataclass(frozen=True)
class Outcome:
    """How one notebook's run ended."""

    name: str
    status: Status
    seconds: float
    error: str | None = None
    error_cell: int | None = None


@dataclass(frozen=True)
class _Job:
    notebook: Path
    name: str
    parameters: dict[str, object]


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
    jobs = _check_all(project, project.find(names), parameters or {})
    ledger = Ledger(project.ledger)
    ledger.mark_lost()
    staging = project.site / ".staging"
    staging.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(staging)
    version = code_version(project.notebooks)
    workers = side_by_side or min(len(jobs), os.cpu_count() or 1)
    run = _Runner(project, ledger, version, timeout_s)
    try:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            runs = [pool.submit(run, job) for job in jobs]
            try:
                return [one.result() for one in runs]
            except BaseException:
                # Ctrl-C, or a request to end: no run may go on behind the caller's back.
                run.cancelled.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        listed = {project.name_of(path): path for path in project.find()}
        write_index(project.site, ledger, listed, version)


def code_version(folder: Path) -> str:
    """Return the package's version and, in a git checkout, its commit and whether it is changed."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} ({found.stdout.strip().replace('-dirty', ', changed since')})"


def _check_all(
    project: Project, notebooks: Sequence[Path], given: Mapping[str, object]
) -> list[_Job]:
    """Check every notebook's parameters before the first kernel starts; report all mistakes."""
    for name, value in given.items():
        refuse_credentials(str(value), f"parameter {name!r}")
    jobs, mistakes = [], []
    for notebook in notebooks:
        name = project.name_of(notebook)
        try:
            values = check_parameters(read_parameters(notebook), given, where=name)
        except ParameterError as error:
            mistakes.append(str(error))
        else:
            jobs.append(_Job(notebook, name, values))
    if mistakes:
        raise ParameterError("\n".join(mistakes))
    return jobs


@dataclass(frozen=True)
class _Runner:
    """Runs one job after another in the threads of a pool."""

    project: Project
    ledger: Ledger
    version: str
    timeout_s: float
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __call__(self, job: _Job) -> Outcome:
        page = f"{job.name}.html"
        clock = time.monotonic()
        run = self.ledger.start(
            notebook=job.name,
            page=page,
            parameters=dict(job.parameters),
            code_version=self.version,
        )
        log.info("%s: run %d starts", job.name, run)
        try:
            html, sources = self._page(job, page)
            refuse_credentials(html, f"the page of {job.name}")
            replace_file(self.project.site / page, html)
        # Whatever goes wrong with one notebook is written down, and the others run.
        except Exception as error:  # noqa: BLE001
            return _failed(self.ledger, run, job, error, time.monotonic() - clock)
        self.ledger.finish(run, "published", sources=sources)
        log.info("%s: published in %.1f s", job.name, time.monotonic() - clock)
        return Outcome(job.name, "published", time.monotonic() - clock)

    def _page(self, job: _Job, page: str) -> tuple[str, list[dict[str, Any]]]:
        """Execute a notebook in a folder of its own, render it, and look for people in it."""
        staging = self.project.site / ".staging"
        with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=staging) as folder:
            guard = PeopleGuard(Path(folder))
            try:
                html, sources = self._rendered(job, page, Path(folder), guard)
                # Every page names the time zone, which is a person's name too.
                guard.check_page(html, f"{public_text(sources)}\n{HANOI_TIME}")
            # Whatever its kind, its words may quote a person: they go to the ledger and the index.
            except Exception as error:
                masked = guard.mask(str(error))
                if masked == unicodedata.normalize("NFC", str(error)):
                    raise
                raise _like(error, masked) from None
        return html, sources

    def _rendered(
        self, job: _Job, page: str, folder: Path, guard: PeopleGuard
    ) -> tuple[str, list[dict[str, Any]]]:
        started, clock = datetime.now(UTC), time.monotonic()
        limit, cancelled = self.timeout_s, self.cancelled
        executed = execute(
            Request(job.notebook, job.parameters, folder, limit, cancelled, guard.environment)
        )
        facts = PageFacts(
            title=_title(executed, job.name),
            notebook=f"{self.project.notebooks.name}/{job.name}.ipynb",
            page=page,
            code_version=self.version,
            parameters=dict(job.parameters),
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - clock, 1),
            sources=find_sources(executed),
        )
        return render(executed, facts), facts.sources


def _like(error: Exception, words: str) -> HanoiError:
    """Make an error that says the same in other words."""
    if isinstance(error, NotebookFailedError):
        return NotebookFailedError(words, cell=error.cell, timed_out=error.timed_out)
    return PersonFoundError(f"{type(error).__name__}: {words}")


def _failed(ledger: Ledger, run: int, job: _Job, error: Exception, seconds: float) -> Outcome:
    cell = error.cell if isinstance(error, NotebookFailedError) else None
    timed_out = isinstance(error, NotebookFailedError) and error.timed_out
    status: Status = "timed out" if timed_out else "failed"
    expected = isinstance(error, (HanoiError, OSError))
    reason = str(error) if expected else f"{type(error).__name__}: {error}"
    text = mask_credentials(mask_paths(reason))
    ledger.finish(run, status, error=text, error_cell=cell)
    log.error("%s: %s%s: %s", job.name, status, f" in cell {cell}" if cell else "", text)
    return Outcome(job.name, status, seconds, error=text, error_cell=cell)


def _title(notebook: nbformat.NotebookNode, fallback: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.splitlines()[0].removeprefix("# ").strip())
    return fallback


def _remove_abandoned(staging: Path) -> None:
    """Remove working folders whose process is gone; those of live runs stay."""
    for folder in staging.iterdir():
        owner = folder.name.partition("-")[0]
        if not (owner.isdigit() and psutil.pid_exists(int(owner))):
            shutil.rmtree(folder, ignore_errors=True)
