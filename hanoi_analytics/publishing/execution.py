"""Running one notebook by papermill in a process of its own, with a wall-clock limit."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import yaml

from hanoi_analytics.errors import HanoiError

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROCESS = Path(__file__).with_name("kernel_process.py")
_GRACE_S = 5.0
_POLL_S = 0.2


class NotebookFailedError(HanoiError):
    """A notebook did not run to its end."""

    def __init__(self, message: str, *, cell: int | None = None, timed_out: bool = False) -> None:
        super().__init__(message)
        self.cell = cell
        self.timed_out = timed_out


@dataclass(frozen=True)
class Request:
    """What is to be run: a notebook with checked parameters, where, and for how long at most.

    The kernel gets the variables of `environment` beside those of this process.
    """

    notebook: Path
    parameters: Mapping[str, object]
    working_folder: Path
    timeout_s: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    environment: Mapping[str, str] = field(default_factory=dict)


def execute(request: Request) -> nbformat.NotebookNode:
    """Run a notebook and return it with its outputs.

    Parameters
    ----------
    request : Request
        `working_folder` receives the executed copy; the notebook itself is not touched.

    Raises
    ------
    NotebookFailedError
        A cell failed (its number from 1, the error's name and text), the kernel died, or the
        wall-clock limit was reached or the run cancelled: then the process gets SIGINT, SIGTERM
        and SIGKILL in turn, and its kernel with it.
    """
    output = request.working_folder / "executed.ipynb"
    parameters = request.working_folder / "parameters.yaml"
    parameters.write_text(yaml.safe_dump(dict(request.parameters), allow_unicode=True), "utf-8")
    # -P: the script's own folder must not be searched for modules; it has one named html.
    command = [sys.executable, "-P", str(_PROCESS), str(request.notebook), str(output)]
    command += [str(parameters), str(request.notebook.parent)]
    # Its words go to a file: a pipe would be read to its end even after a kill.
    words = request.working_folder / "papermill.log"
    with words.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Notebooks run side by side, one per core; matrix threads of each would fight for it.
            env={
                "OPENBLAS_NUM_THREADS": "1",
                **os.environ,
                "PYTHONUTF8": "1",
                "HANOI_ANALYTICS_PROGRESS": "off",  # no bar on a page
                **request.environment,
            },
        )
        try:
            code = _wait(process, request)
        finally:
            stop(process)
    if code != 0:
        raise _failure(output, words)
    executed: nbformat.NotebookNode = nbformat.read(output, as_version=4)
    return executed


def _wait(process: subprocess.Popen[bytes], request: Request) -> int:
    deadline = time.monotonic() + request.timeout_s
    while True:
        try:
            return process.wait(timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            if request.cancelled.is_set():
                raise NotebookFailedError("interrupted") from None
            if time.monotonic() >= deadline:
                raise NotebookFailedError(
                    f"stopped at its limit of {request.timeout_s:g} s", timed_out=True
                ) from None


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything it started: SIGINT, then SIGTERM, then SIGKILL."""
    try:
        family = [
            psutil.Process(process.pid),
            *psutil.Process(process.pid).children(recursive=True),
        ]
    except psutil.NoSuchProcess:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for member in family:
            try:
                member.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        _, family = psutil.wait_procs(family, timeout=_GRACE_S)
        if not family:
            break
    process.wait(timeout=_GRACE_S)


def _failure(output: Path, words: Path) -> NotebookFailedError:
    """Say which cell failed and how, from the partial notebook, else from papermill's words."""
    if output.is_file():
        for number, cell in enumerate(
            _without_banner(nbformat.read(output, as_version=4)), start=1
        ):
            for result in cell.get("outputs", []):
                if result.output_type == "error":
                    text = _ANSI.sub("", result.evalue).strip()
                    return NotebookFailedError(f"{result.ename}: {text}", cell=number)
    lines = [line for line in words.read_text("utf-8", "replace").splitlines() if line.strip()]
    return NotebookFailedError(_ANSI.sub("", lines[-1]) if lines else "papermill gave no reason")


def _without_banner(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Leave out the cells papermill added, so that numbers are those of the author's notebook."""
    added = {"papermill-error-cell-tag", "injected-parameters"}
    return [c for c in notebook.cells if not added & set(c.get("metadata", {}).get("tags", []))]
