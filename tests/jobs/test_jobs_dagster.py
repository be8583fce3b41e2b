"""The same jobs under Dagster: same moments, same runs in the ledger, same reasons."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest

dg = pytest.importorskip("dagster")

from hanoi_analytics.jobs import JobError, JobsFileError, Runner  # noqa: E402
from hanoi_analytics.jobs import dagster_definitions as under_test  # noqa: E402
from hanoi_analytics.ledger import Ending, Ledger, Run  # noqa: E402
from hanoi_analytics.publishing import Project  # noqa: E402

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DEADLINE_S = 20.0
JOBS = """
version: 1
jobs:
  tiny-daily:
    notebook: theme/tiny
    schedule: "0 5 * * *"
  tiny-by-year:
    notebook: theme/tiny
    page: theme/by-year
    parameters: {year: [2016, 2017]}
    schedule: "30 4 */2 * 1"
    retries: 1
    backoff_s: 0
"""


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", "utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
    return


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    # A run of Dagster leaves SIGTERM with the handler of SIGINT.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make a folder with one notebook and two jobs, and stand in it."""
    cells = [
        nbformat.v4.new_markdown_cell("# How much is twice a year?"),
        nbformat.v4.new_code_cell(
            "year: int = 2016  # which year [2000, 2030]", metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell("from hanoi_analytics import catalogue, findings"),
        nbformat.v4.new_code_cell("findings.record(doubled=2 * year)"),
        nbformat.v4.new_code_cell('_ = catalogue.load("hanoi_population")'),
        nbformat.v4.new_code_cell("catalogue.sources_used()"),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    (tmp_path / "notebooks/theme").mkdir(parents=True)
    nbformat.write(made, tmp_path / "notebooks/theme/tiny.ipynb")
    (tmp_path / "jobs.yml").write_text(JOBS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return Project(Path("notebooks"), Path("site"), Path(".hanoi/ledger.sqlite"))


class Maker:
    """Stands in for `make_page`, and ends the runs of a page as it is told."""

    def __init__(self, **endings: list[Ending]) -> None:
        self.endings = endings
        self.lock = threading.Lock()

    def __call__(self, project: Project, task: Any, **_: object) -> Ending:
        with self.lock:
            return self.endings[str(task.parameters["year"])].pop(0)


def executed(job: str, monkeypatch: pytest.MonkeyPatch, make: Any) -> Any:
    """Run a job in this process, with a stand-in for the notebook."""
    monkeypatch.setattr(under_test, "Runner", partial(Runner, make=make))
    found = under_test.defs().get_job_def(job)
    return found.execute_in_process(raise_on_error=False)


def runs(project: Project) -> list[Run]:
    return Ledger(project.ledger).runs()


def test_a_job_makes_its_page_as_the_command_does(project: Project) -> None:
    result = under_test.defs().get_job_def("tiny_daily").execute_in_process()
    assert result.success
    (event,) = [event for event in result.all_events if event.is_successful_output]
    output = event.step_output_data
    assert output.output_name == "theme_tiny_html"
    assert {name: found.value for name, found in output.metadata.items()} == {
        "doubled": 4032,
        "run": 1,
    }
    (run,) = runs(project)
    assert (run.status, run.job, run.page) == ("published", "tiny-daily", "theme/tiny.html")
    assert "How much is twice a year?" in Path("site/theme/tiny.html").read_text("utf-8")


def test_what_fails_is_tried_again_by_us_alone_and_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Ending("failed", 0.5, error="ValueError: no data", error_cell=3)
    make = Maker(
        **{"2016": [Ending("published", 1.0, findings={"share": None})], "2017": [failed, failed]}
    )
    result = executed("tiny_by_year", monkeypatch, make)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    words = failure.step_failure_data.user_failure_data.description
    by_year = {run.id: run for run in runs(project) if run.parameters["year"] == 2017}
    assert sorted(run.attempt for run in by_year.values()) == [1, 2]
    last = max(by_year)
    assert (
        words == f"run {last}: theme/by-year--year-2017.html: failed in cell 3: ValueError: no data"
    )
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    (made,) = [event for event in result.all_events if event.is_successful_output]
    assert made.step_output_data.output_name == "theme_by_year__year_2016_html"
    assert made.step_output_data.metadata["share"].value is None


def test_a_run_that_dagster_ends_is_written_down(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def make(project: Project, task: object, *, cancelled: threading.Event, **_: object) -> Ending:
        begun.set()
        assert cancelled.wait(DEADLINE_S)
        return Ending("failed", 0.1, error="interrupted")

    def end() -> None:
        assert begun.wait(DEADLINE_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()
    result = executed("tiny_daily", monkeypatch, make)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "DagsterExecutionInterruptedError" in failure.step_failure_data.error.cls_name
    assert [(run.status, run.error) for run in runs(project)] == [("failed", "interrupted")]


def test_the_handlers_are_dagsters_again_after_the_op() -> None:
    stops: list[bool] = []
    runner = SimpleNamespace(stop=lambda: stops.append(True))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(RuntimeError, match="the op failed"), under_test._stopped_by_signals(runner):
        for number in before:
            signal.raise_signal(number)
        raise RuntimeError("the op failed")
    assert stops == [True, True]
    assert {number: signal.getsignal(number) for number in before} == before


def test_schedules_have_the_line_and_the_moments_of_the_file(project: Project) -> None:
    loaded = under_test.defs()
    found = {schedule.job_name: schedule for schedule in loaded.schedules}
    assert {name: schedule.cron_schedule for name, schedule in found.items()} == {
        "tiny_daily": "0 5 * * *",
        "tiny_by_year": "30 4 */2 * 1",
    }
    assert {schedule.execution_timezone for schedule in found.values()} == {"Asia/Ho_Chi_Minh"}
    assert {schedule.default_status.value for schedule in found.values()} == {"STOPPED"}

    def runs_at(job: str, *moment: int) -> bool:
        context = dg.build_schedule_context(
            scheduled_execution_time=datetime(*moment, tzinfo=HANOI), repository_def=None
        )
        return bool(found[job].evaluate_tick(context).run_requests)

    assert runs_at("tiny_daily", 2026, 11, 24, 5, 0)
    # Odd days that are Mondays, as for cron; Dagster would take either.
    assert runs_at("tiny_by_year", 2026, 11, 23, 4, 30)
    assert not runs_at("tiny_by_year", 2026, 11, 25, 4, 30)  # an odd Wednesday
    assert not runs_at("tiny_by_year", 2026, 11, 30, 4, 30)  # an even Monday


def test_dagster_never_leaves_a_moment_out() -> None:
    from dagster._utils.schedules import cron_string_iterator

    # Sunday as 0, 7 and a word, ranges over it, either kind of day, leap days, lists.
    moments = {
        "0 5 * * 0": "2026-11-29T05:00",
        "0 5 * * 7": "2026-11-29T05:00",
        "0 5 * * sun": "2026-11-29T05:00",
        "0 5 * * 5-7": "2026-11-27T05:00",
        "0 5 * * 1": "2026-11-23T05:00",
        "0 5 25 * 1": "2026-11-23T05:00",
        "0 5 24 * 1": "2026-11-23T05:00",
        "0 5 29 2 *": "2028-02-29T05:00",
        "*/20 22-23 1,15 12 *": "2026-12-01T22:00",
    }
    start = datetime(2026, 11, 22, 6, 0, tzinfo=HANOI)  # a Sunday
    for line, first in moments.items():
        found = next(cron_string_iterator(start.timestamp(), line, "Asia/Ho_Chi_Minh"))
        assert found.strftime("%Y-%m-%dT%H:%M") == first, line


def test_dagster_finds_the_definitions_in_the_module() -> None:
    from dagster._core.workspace.autodiscovery import (  # what `dagster dev -m` calls
        loadable_targets_from_python_module,
    )

    (target,) = loadable_targets_from_python_module(under_test.__name__, None)
    assert target.attribute == "defs"


def test_a_wrong_file_is_named_when_dagster_loads_it(project: Project) -> None:
    Path("jobs.yml").write_text(JOBS.replace("theme/tiny", "theme/tinny"), "utf-8")
    with pytest.raises(JobsFileError, match=r"jobs\.yml, line 5: .*'theme/tiny'"):
        under_test.defs()


def test_without_dagster_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dagster", None)
    monkeypatch.delitem(sys.modules, under_test.__name__)
    with pytest.raises(JobError, match=r"pip install 'hanoi-analytics\[dagster\]'"):
        importlib.import_module(under_test.__name__)
