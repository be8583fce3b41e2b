"""Running one notebook by papermill in a process of its own, within limits of time and memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.publishing.processes import RUN_VARIABLE, Family, end_leftovers

__all__ = ["Executed", "NotebookFailedError", "Request", "end_leftovers", "execute"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROCESS = Path(__file__).with_name("kernel_process.py")
_POLL_S = 0.2
# Looking at the memory of many processes takes time: the pause after a look is so many times
# longer, which keeps it below 2 % of a core.
_PAUSE_PER_LOOK = 50


class NotebookFailedError(HanoiError):
    """A notebook did not run to its end.

    Attributes
    ----------
    cell : int or None
        Number of the cell that was at work, from 1.
    timed_out : bool
        The wall-clock limit was reached.
    traceback : str or None
        What the kernel said of the error, without colours; nothing in it is masked.
    peak_memory_bytes : int
        Of all processes of the run together.
    """

    def __init__(
        self,
        message: str,
        *,
        cell: int | None = None,
        timed_out: bool = False,
        traceback: str | None = None,
    ) -> None:
        super().__init__(message)
        self.cell = cell
        self.timed_out = timed_out
        self.traceback = traceback
        self.peak_memory_bytes = 0


@dataclass(frozen=True)
class Request:
    """What is to be run: a notebook with checked parameters, where, and within what limits.

    Every process of the run gets the variables of `environment` beside those of this process, and
    `token` as ``HANOI_ANALYTICS_RUN``.
    """

    notebook: Path
    parameters: Mapping[str, object]
    working_folder: Path
    timeout_s: float
    token: str
    memory_gb: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs, and the most memory its processes were seen to use."""

    notebook: nbformat.NotebookNode
    peak_memory_bytes: int


def execute(request: Request) -> Executed:
    """Run a notebook and return it with its outputs.

    Parameters
    ----------
    request : Request
        `working_folder` receives the executed copy; the notebook itself is not touched.

    Raises
    ------
    NotebookFailedError
        A cell failed (its number from 1, the error's name and text), the kernel died, it printed
        too much, a limit was reached or the run was cancelled. The processes of the run get
        SIGINT, SIGTERM and SIGKILL in turn, as long as they live.
    """
    output = request.working_folder / "executed.ipynb"
    at_work = request.working_folder / "at_work"
    # Its words go to a file: a pipe would be read to its end even after a kill.
    words = request.working_folder / "papermill.log"
    with (
        words.open("wb") as stream,
        # A short path: the name of a socket may have about a hundred bytes.
        tempfile.TemporaryDirectory(prefix="hanoi-", ignore_cleanup_errors=True) as sockets,
    ):
        process = _start(request, output, at_work, sockets, stream.fileno())
        family = Family(process)
        try:
            code = _wait(process, family, request)
            if code != 0:
                raise _failure(code, output, words)
            return Executed(nbformat.read(output, as_version=4), family.peak_bytes)
        except NotebookFailedError as error:
            error.peak_memory_bytes = family.peak_bytes
            if error.cell is None:
                error.cell = _cell_at_work(at_work)
            raise
        finally:
            family.end()
            end_leftovers(request.token)


def _start(
    request: Request, output: Path, at_work: Path, sockets: str, words: int
) -> subprocess.Popen[bytes]:
    parameters = request.working_folder / "parameters.yaml"
    parameters.write_text(yaml.safe_dump(dict(request.parameters), allow_unicode=True), "utf-8")
    # -P: the script's own folder must not be searched for modules; it has one named html.
    command = [sys.executable, "-P", str(_PROCESS), str(request.notebook), str(output)]
    command += [
        str(at_work),
        str(parameters),
        str(request.notebook.parent),
        sockets,
        str(os.getpid()),
    ]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=words,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # Notebooks run side by side, one per core; matrix threads of each would fight for it.
        env={
            "OPENBLAS_NUM_THREADS": "1",
            **os.environ,
            "PYTHONUTF8": "1",
            "HANOI_ANALYTICS_PROGRESS": "off",  # no bar on a page
            **request.environment,
            RUN_VARIABLE: request.token,
        },
    )


def _wait(process: subprocess.Popen[bytes], family: Family, request: Request) -> int:
    deadline = time.monotonic() + request.timeout_s
    limit_gb = request.memory_gb
    while True:
        try:
            return process.wait(timeout=max(_POLL_S, _PAUSE_PER_LOOK * family.cost_s))
        except subprocess.TimeoutExpired:
            used_gb = family.memory_bytes() / 1e9
        if request.cancelled.is_set():
            raise NotebookFailedError("interrupted")
        if time.monotonic() >= deadline:
            raise NotebookFailedError(
                f"stopped at its limit of {request.timeout_s:g} s", timed_out=True
            )
        if limit_gb is not None and used_gb > limit_gb:
            raise NotebookFailedError(
                f"stopped at its memory limit of {limit_gb:g} GB: it used {used_gb:.2f} GB "
                f"(papermill, the kernel and what they started)"
            )


def _failure(code: int, output: Path, words: Path) -> NotebookFailedError:
    """Say which cell failed and how, from the partial notebook, else from papermill's words."""
    for number, cell in enumerate(_cells(output), start=1):
        for result in cell.get("outputs", []):
            if result.output_type == "error":
                text = _ANSI.sub("", f"{result.ename}: {result.evalue}").strip()
                traceback = _ANSI.sub("", "\n".join(result.traceback)) or None
                return NotebookFailedError(text, cell=number, traceback=traceback)
    if code < 0:
        return NotebookFailedError(f"papermill's process was killed by signal {-code}")
    lines = [line for line in words.read_text("utf-8", "replace").splitlines() if line.strip()]
    if not lines:  # there was no room for them either
        return NotebookFailedError(f"papermill ended with code {code} ({os.strerror(code)})")
    return NotebookFailedError(_ANSI.sub("", lines[-1]))


def _cell_at_work(at_work: Path) -> int | None:
    """Return the number of the cell that was begun last."""
    try:
        return int(at_work.read_text())
    except (OSError, ValueError):
        return None  # none was, or the disk was full


def _cells(output: Path) -> list[nbformat.NotebookNode]:
    """Read the cells of the partial notebook; their numbers are those of the author's notebook."""
    try:
        notebook = nbformat.read(output, as_version=4)
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return []  # never written, or the process ended while it was being written
    added = {"papermill-error-cell-tag", "injected-parameters"}
    return [c for c in notebook.cells if not added & set(c.get("metadata", {}).get("tags", []))]
