"""A tiny project in a folder of its own, the command ``hanoi jobs`` on it, and what it left.

The ledger is read by SQL and pages by a parser of their own, so that nothing is told by the code
that is under test.
"""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import psutil

from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.findings import FINDINGS_MIME

#: ``make faults``: the load as it is stated in the table; else a few runs of each kind.
FULL = os.environ.get("HANOI_ANALYTICS_FAULTS") == "full"
DEADLINE_S = 3000.0 if FULL else 180.0
_POLL_S = 0.05

# Displayed as it is: importing the package takes more than half of a small notebook's time.
_REPORT = {
    FINDINGS_MIME: {"twice": 0.0},
    SOURCES_MIME: [dict.fromkeys(Source.__annotations__, "tiny")],
    "text/plain": "sources",
}
FINDINGS_CELL = (
    f"report = {_REPORT!r}\n"
    f"report[{FINDINGS_MIME!r}]['twice'] = 2.0 * number\n"
    "display(report, raw=True)"
)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Tiny:
    """A project with the notebook ``tiny``, its file of jobs, and what its processes wrote.

    Parameters
    ----------
    folder : pathlib.Path
        Of its own.
    jobs : str
        What stands under ``jobs:``, not indented.
    code : str
        The notebook's cell between its parameters and its findings.
    parameters : str
        The notebook's parameters, a line each; ``number`` must be one of them.
    """

    def __init__(
        self,
        folder: Path,
        jobs: str,
        code: str = "print('page', number)",
        parameters: str = "number: int = 0  # which page [0, 1000]",
    ) -> None:
        self.folder, self.site = folder, folder / "site"
        self.ledger = folder / ".hanoi" / "ledger.sqlite"
        book = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
        )
        book.cells = [
            nbformat.v4.new_markdown_cell("# Tiny\n\nWhat it says."),
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(code),
            nbformat.v4.new_code_cell(FINDINGS_CELL),
        ]
        # Its path is short: the name of a kernel's socket may have about a hundred bytes.
        self._temporary = tempfile.TemporaryDirectory(prefix="tiny-")
        self.temporary = Path(self._temporary.name)
        (folder / "notebooks").mkdir(parents=True)
        nbformat.write(book, folder / "notebooks" / "tiny.ipynb")
        self.write_jobs(jobs)

    def write_jobs(self, jobs: str) -> None:
        """Write what stands under ``jobs:``."""
        body = "".join(f"  {line}\n" for line in jobs.strip().splitlines())
        (self.folder / "jobs.yml").write_text(f"version: 1\njobs:\n{body}", "utf-8")

    def start(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        largest_file_bytes: int | None = None,
    ) -> subprocess.Popen[str]:
        """Start ``hanoi jobs WORDS``; all it says comes by one pipe."""
        process = subprocess.Popen(
            [sys.executable, "-m", "hanoi_analytics", "jobs", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                # Files of its own: the limits of a test must not meet those of a person.
                "IPYTHONDIR": str(self.folder / ".ipython"),
                "TMPDIR": str(self.temporary),
                **(environment or {}),
            },
        )
        if largest_file_bytes is not None:  # long before it writes one
            limits = (largest_file_bytes, largest_file_bytes)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        return process

    def hanoi(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        largest_file_bytes: int | None = None,
    ) -> tuple[int, str]:
        """Run ``hanoi jobs WORDS`` to its end; return its exit code and all it said."""
        started = self.start(*words, environment=environment, largest_file_bytes=largest_file_bytes)
        with started as process:
            try:
                said, _ = process.communicate(timeout=DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.returncode, said

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the ledger's file."""
        with closing(sqlite3.connect(self.ledger, timeout=60)) as opened:
            opened.row_factory = sqlite3.Row
            return [dict(row) for row in opened.execute(query, values)]

    def running(self) -> list[dict[str, Any]]:
        """Return the rows of runs that nobody has ended."""
        if not self.ledger.is_file() or self.rows("PRAGMA user_version")[0]["user_version"] == 0:
            return []
        return self.rows("SELECT id, page FROM runs WHERE status = 'running'")

    def processes(self) -> list[psutil.Process]:
        """Return the processes that carry the token of one of this ledger's runs."""
        tokens = {f"{r['presence']}-{r['id']}" for r in self.rows("SELECT id, presence FROM runs")}
        return [process for process in psutil.process_iter() if _token(process) in tokens]

    def check_left(self) -> None:
        """Hold that nothing is left of runs that ended: no process, no half of a file."""
        assert self.processes() == []
        assert [p for p in self.site.rglob("*") if p.name.endswith(".part")] == []
        assert list((self.site / ".staging").iterdir()) == []
        assert self.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        for page in self.site.rglob("*.html"):
            check_whole(page)


def until(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for a condition, as long as the process it depends on lives."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        assert process is None or process.poll() is None, f"it ended: {process.stdout.read()}"  # type: ignore[union-attr]
        threading.Event().wait(_POLL_S)


class Page(HTMLParser):
    """The elements, attributes and words of a page; `open` holds what was never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.ended = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag) :]
        self.ended = tag == "html"

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        {"script": self.scripts, "style": []}.get(inside, self.words).append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def run(self) -> int | None:
        marks = (a["content"] for tag, a in self.elements if a.get("name") == "hanoi-run")
        return int(next(marks) or 0)


def check_whole(page: Path) -> Page:
    """Hold that a page is complete from its first line to its last; return it parsed."""
    text = page.read_text("utf-8")
    assert re.match(r"\s*<!doctype html>", text, re.IGNORECASE), page
    parsed = Page(text)
    assert parsed.ended, f"{page} has no end"
    assert parsed.open == [], page
    return parsed


def values(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """Return a column."""
    return [row[name] for row in rows]


def _token(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("HANOI_ANALYTICS_RUN")
    except (psutil.Error, OSError):  # gone, or not ours to look at
        return None
