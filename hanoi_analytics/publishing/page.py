"""One page: its notebook executed, rendered, looked through for people, and put in place."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing.credentials import refuse_credentials
from hanoi_analytics.publishing.execution import Executed, Request, execute
from hanoi_analytics.publishing.failure import failed, mask_parameters
from hanoi_analytics.publishing.html import (
    HANOI_TIME,
    PageFacts,
    find_findings,
    find_sources,
    render,
)
from hanoi_analytics.publishing.old_pages import put_in_place
from hanoi_analytics.publishing.opening import opening
from hanoi_analytics.publishing.person_scan import PeopleGuard, public_text
from hanoi_analytics.publishing.project import Project
from hanoi_analytics.publishing.site import left_behind

log = logging.getLogger(__name__)


def accept_any(findings: Mapping[str, float | None]) -> None:
    """Let every run publish its page, whatever it found."""


@dataclass(frozen=True)
class Task:
    """One page to be made.

    Parameters
    ----------
    notebook : pathlib.Path
        The notebook's file; it is not changed.
    name : str
        Its name, ``theme/name``.
    page : str
        Path of the page inside the site, ``"environment/air.html"``.
    parameters : mapping of str to object
        All of them, checked.
    code_version : str
        Shown on the page.
    timeout_s : float
        Wall-clock limit, seconds.
    memory_gb : float, optional
        Limit for papermill, the kernel and what they start, together, in 10⁹ bytes.
    keep : int
        How many old pages are kept beside the page; those that are there stay when it is 0.
    check : callable
        Gets the findings before the page is replaced, and raises a `HanoiError` to refuse them.
    """

    notebook: Path
    name: str
    page: str
    parameters: Mapping[str, object]
    code_version: str
    timeout_s: float = 900.0
    memory_gb: float | None = None
    keep: int = 0
    check: Callable[[Mapping[str, float | None]], None] = accept_any


def make_page(
    project: Project, task: Task, *, run: int, token: str, cancelled: threading.Event
) -> Ending:
    """Run a notebook and put its page in place; whatever goes wrong is said in how it ended.

    Parameters
    ----------
    project : Project
        Folders.
    task : Task
        What is to be made, and its limits.
    run : int
        Number of the run in the ledger; the page names it.
    token : str
        Of the run, from the ledger: every process of the run carries it, and none is left behind.
    cancelled : threading.Event
        When set, the run is ended within seconds.

    Returns
    -------
    Ending
        ``published``, ``failed`` or ``timed out``, ready for the ledger. If the page was not
        replaced, the old one stands as it was.
    """
    clock = time.monotonic()
    log.info("%s: run %d starts", task.page, run)
    try:
        staging = project.site / ".staging"
        staging.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(staging)
        with tempfile.TemporaryDirectory(
            prefix=f"{os.getpid()}-", dir=staging, ignore_cleanup_errors=True
        ) as folder:
            ending = _Making(project, task, run, token, cancelled, Path(folder)).ending(clock)
    except OSError as error:  # no folder to work in: nothing ran
        ending = failed(error, Ending("failed", time.monotonic() - clock))
    if ending.status == "published":
        log.info("%s: published in %.1f s", task.page, ending.seconds)
    else:
        cell = f" in cell {ending.error_cell}" if ending.error_cell else ""
        # In one line, so that it cannot look like several.
        reason = " ".join((ending.error or "").split())
        log.error("%s: %s%s: %s", task.page, ending.status, cell, reason)
    return ending


@dataclass(frozen=True)
class _Making:
    """One run, in a working folder of its own."""

    project: Project
    task: Task
    run: int
    token: str
    cancelled: threading.Event
    folder: Path

    def ending(self, clock: float) -> Ending:
        guard = PeopleGuard(self.folder)
        # What is known by now; nothing of a page that holds a person.
        known = Ending("failed")
        try:
            place = self.project.place_of(self.task.page)
            started = datetime.now(UTC)
            executed = execute(self._request(guard))
            known = replace(known, peak_memory_bytes=executed.peak_memory_bytes)
            findings = find_findings(executed.notebook)
            facts = self._facts(executed, started, time.monotonic() - clock)
            html = render(executed.notebook, facts)
            # Every page names the time zone, which is a person's name too.
            public = f"{public_text(facts.sources)}\n{HANOI_TIME}"
            guard.check_page(f"{html}\n{json.dumps(findings)}", public)
            refuse_credentials(html, f"the page of {self.task.name}")
            known = replace(known, sources=facts.sources, findings=findings)
            self.task.check(findings)
            put_in_place(place, html, keep=self.task.keep)
            known = replace(known, status="published")
        # Whatever goes wrong with one notebook is written down, and the others run.
        except Exception as error:  # noqa: BLE001
            known = failed(error, known, guard)
        return replace(
            known,
            seconds=time.monotonic() - clock,
            parameters=mask_parameters(self.task.parameters, guard),
        )

    def _request(self, guard: PeopleGuard) -> Request:
        return Request(
            notebook=self.task.notebook,
            parameters=self.task.parameters,
            working_folder=self.folder,
            timeout_s=self.task.timeout_s,
            token=self.token,
            memory_gb=self.task.memory_gb,
            cancelled=self.cancelled,
            environment=guard.environment,
        )

    def _facts(self, executed: Executed, started: datetime, seconds: float) -> PageFacts:
        return PageFacts(
            title=opening(executed.notebook, self.task.name).title,
            notebook=f"{self.project.notebooks.name}/{self.task.name}.ipynb",
            page=self.task.page,
            code_version=self.task.code_version,
            parameters=dict(self.task.parameters),
            started=started.isoformat(timespec="seconds"),
            seconds=round(seconds, 1),
            sources=find_sources(executed.notebook),
            run=self.run,
        )


def _remove_abandoned(staging: Path) -> None:
    """Remove working folders whose process is gone; those of live runs stay."""
    for folder in left_behind(staging, "*"):
        shutil.rmtree(folder, ignore_errors=True)
