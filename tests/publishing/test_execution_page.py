"""From an executed notebook to the page in its place; papermill is not started here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from hanoi_analytics import findings
from hanoi_analytics.catalogue.people import guard_people
from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.errors import HanoiError
from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing import page as making
from hanoi_analytics.publishing.execution import Executed, NotebookFailedError, Request
from hanoi_analytics.publishing.page import Task, make_page
from hanoi_analytics.publishing.person_scan import PeopleGuard
from hanoi_analytics.publishing.project import Project

REPORT = {SOURCES_MIME: [dict.fromkeys(Source.__annotations__, "")], "text/plain": "sources"}
Make = Callable[..., Ending]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "notebooks", tmp_path / "site", tmp_path / "ledger.sqlite")


@pytest.fixture
def make(project: Project, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make the page of a notebook that recorded some numbers."""
    task = Task(project.notebooks / "air.ipynb", "theme/air", "theme/air.html", {}, "1.0")

    def made(run: int = 1, *outputs: Mapping[str, object], **settings: object) -> Ending:
        book = nbformat.v4.new_notebook()
        for data in (*outputs, REPORT):
            shown = nbformat.v4.new_output("display_data", data)
            book.cells.append(nbformat.v4.new_code_cell("shown()", outputs=[shown]))

        def execute(request: Request) -> Executed:
            assert (request.token, request.timeout_s) == ("t", 900.0)
            return Executed(book, 123_456)

        monkeypatch.setattr(making, "execute", execute)
        asked = replace(task, **settings)  # type: ignore[arg-type]
        return make_page(project, asked, run=run, token="t", cancelled=threading.Event())  # noqa: S106

    return made


def recorded(**values: float | None) -> Mapping[str, object]:
    return findings.record(**values)._repr_mimebundle_()


def page(project: Project) -> str:
    return (project.site / "theme" / "air.html").read_text("utf-8")


def files(project: Project) -> list[str]:
    return sorted(p.relative_to(project.site).as_posix() for p in project.site.rglob("*.html"))


def test_findings_are_shown_checked_and_returned(project: Project, make: Make) -> None:
    asked: list[Mapping[str, float | None]] = []
    hidden = {findings.FINDINGS_MIME: {"days_above": 12}}
    ending = make(1, recorded(mean_pm25_ugm3=38.5, slope=None), hidden, check=asked.append)
    expected = {"mean_pm25_ugm3": 38.5, "slope": None, "days_above": 12.0}
    assert (ending.status, ending.findings) == ("published", expected)
    assert ending.peak_memory_bytes == 123_456
    assert [source["id"] for source in ending.sources] == [""]
    assert asked == [expected]
    assert "Numbers of this run" in page(project)
    # What is only for the ledger makes no output on the page.
    assert "days_above" not in page(project)
    assert "Output of cell 2" not in page(project)


def test_what_the_check_refuses_leaves_the_page_that_was_there(
    project: Project, make: Make
) -> None:
    def refuse(found: Mapping[str, float | None]) -> None:
        raise HanoiError(f"mean_pm25_ugm3 moved to {found['mean_pm25_ugm3']}")

    assert make(1).status == "published"
    before = page(project)
    ending = make(2, recorded(mean_pm25_ugm3=99), check=refuse, keep=3)
    assert (ending.status, ending.error) == ("failed", "mean_pm25_ugm3 moved to 99.0")
    # The ledger says what was found, from what, and with how much memory.
    assert ending.findings == {"mean_pm25_ugm3": 99.0}
    assert (len(ending.sources), ending.peak_memory_bytes) == (1, 123_456)
    assert (page(project), files(project)) == (before, ["theme/air.html"])
    assert make(3, keep=3).status == "published"
    assert (project.site / "theme" / "air.run-1.html").read_text("utf-8") == before


def test_a_page_outside_the_site_is_refused_before_anything_runs(
    project: Project, make: Make
) -> None:
    for name in ("../air.html", "/etc/air.html", "theme/air.txt"):
        ending = make(1, page=name)
        assert ending.status == "failed"
        assert f"page {name!r} is not a name inside the site" in str(ending.error)
    assert files(project) == []


def test_a_site_that_cannot_be_written_to_is_named_in_the_ending(
    project: Project, make: Make
) -> None:
    project.site.mkdir(parents=True)
    (project.site / ".staging").write_text("a file, not a folder", "utf-8")
    ending = make(1)
    assert ending.status == "failed"
    assert "File exists" in str(ending.error)
    (project.site / ".staging").unlink()
    (project.site / "theme").write_text("a file, not a folder", "utf-8")
    assert "theme" in str(make(1).error)


def test_a_failed_run_tells_where_and_how_much_memory(
    project: Project, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(request: Request) -> Executed:
        error = NotebookFailedError("stopped at its limit of 900 s", cell=4, timed_out=True)
        error.peak_memory_bytes = 5_000
        raise error

    make(1)
    before = page(project)
    monkeypatch.setattr(making, "execute", stop)
    task = Task(project.notebooks / "air.ipynb", "theme/air", "theme/air.html", {}, "1.0")
    ending = make_page(project, task, run=2, token="t", cancelled=threading.Event())  # noqa: S106
    assert (ending.status, ending.error_cell, ending.peak_memory_bytes) == ("timed out", 4, 5_000)
    assert ending.error == "stopped at its limit of 900 s"
    assert page(project) == before


def test_findings_that_are_wrong_or_tell_of_a_person_are_not_published(
    project: Project, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = make(1, recorded(a=1), recorded(a=2))
    assert "finding a was recorded before as 1.0, and here as 2.0" in str(ending.error)

    def guarding(folder: Path) -> PeopleGuard:
        guard = PeopleGuard(folder)
        for name, value in guard.environment.items():
            monkeypatch.setenv(name, value)
        # Nobody's: 000 is no province of an identity number.
        guard_people(pd.DataFrame({"cccd": ["000199012345"]}), title="register")
        return guard

    monkeypatch.setattr(making, "PeopleGuard", guarding)
    ending = make(2, {findings.FINDINGS_MIME: {"number": 199012345}})
    assert "1 of register, column cccd" in str(ending.error)
    assert ending.findings == {}
    assert files(project) == []
