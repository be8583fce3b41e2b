"""The runner: what is run, how often, what a stop, a crash or a broken ledger leaves behind."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from hanoi_analytics.jobs import JobError, JobsFileError, Runner, RunnerStoppedError
from hanoi_analytics.jobs import runner as jobs_runner
from hanoi_analytics.jobs.attempts import retry_in_s
from hanoi_analytics.jobs.drift import DriftError
from hanoi_analytics.jobs.file import read_jobs
from hanoi_analytics.ledger import Ending, JobRunningError, Ledger, LedgerError, Orders, Wanted
from hanoi_analytics.publishing import Project
from hanoi_analytics.publishing.page import Task

DEADLINE_S = 20.0
FOUR = datetime(2026, 3, 1, 21, 0, tzinfo=UTC).timestamp()  # 04:00 in Hanoi
FIVE = FOUR + 3600
DAILY = 'schedule: "0 5 * * *"'


class Maker:
    """Stands in for `make_page`: remembers what was asked, and ends each run as it is told."""

    def __init__(self, *endings: Ending) -> None:
        self.asked: list[Task] = []
        self._endings = list(endings)
        self._lock = threading.Lock()

    def __call__(
        self, project: Project, task: Task, *, run: int, token: str, cancelled: threading.Event
    ) -> Ending:
        with self._lock:
            self.asked.append(task)
            ending = self._endings.pop(0) if self._endings else Ending("published", 1.5)
        if ending.status == "published":
            task.check(ending.findings)
        return ending

    @property
    def pages(self) -> list[str]:
        return [task.page for task in self.asked]


class Held(Maker):
    """A maker whose runs last until they are let go or cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def __call__(
        self, project: Project, task: Task, *, run: int, token: str, cancelled: threading.Event
    ) -> Ending:
        with self._lock:
            self.asked.append(task)
        self.begun.set()
        assert cancelled.wait(DEADLINE_S)
        return Ending("failed", 0.1, error="interrupted")


FAILED = Ending("failed", 0.5, error="ValueError: no data", error_cell=3)


class Clock:
    """Unix time that a test sets."""

    def __init__(self, now: float = FOUR) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


WRITE_SITE = jobs_runner.write_site


@pytest.fixture(autouse=True)
def _site_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the index, which takes most of the time of a test."""
    monkeypatch.setattr(jobs_runner, "write_site", lambda *_: None)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_code_cell(
            "year: int = 2016  # year [2010, 2020]", metadata={"tags": ["parameters"]}
        )
    ]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(book, tmp_path / "notebooks" / "air.ipynb")
    return Project(tmp_path / "notebooks", tmp_path / "site", tmp_path / "ledger.sqlite")


def jobs(project: Project, *lines: str, name: str = "daily") -> Path:
    """Write a jobs file with one job over the notebook ``air``."""
    file = project.ledger.with_name("jobs.yml")
    body = "".join(f"    {line}\n" for line in ("notebook: air", *lines))
    file.write_text(f"version: 1\njobs:\n  {name}:\n{body}", "utf-8")
    return file


def runner(
    project: Project,
    *lines: str,
    make: Callable[..., Ending],
    clock: Callable[[], float] | None = None,
    workers: int = 1,
) -> Runner:
    given = {} if clock is None else {"clock": clock}
    return Runner(project, jobs(project, *lines), make=make, workers=workers, **given)


def rows(project: Project) -> list[tuple[str, str, int]]:
    """Page, status and attempt of every run, the oldest first."""
    runs = Ledger(project.ledger).runs()
    return [(run.page, run.status, run.attempt) for run in reversed(runs)]


def leave_behind(
    project: Project, job: str = "daily", parameters: Mapping[str, int] | None = None
) -> None:
    """Begin a run as a process would that is killed then."""
    ledger = Ledger(project.ledger)
    orders = Orders(ledger)
    orders.place(job, [Wanted("air", "air.html", parameters or {"year": 2016})])
    order = orders.claim("1")
    assert order is not None
    forget_process(project)


def forget_process(project: Project) -> None:
    with sqlite3.connect(project.ledger) as opened:
        opened.execute("UPDATE runs SET presence = 'gone.lock' WHERE status = 'running'")
    opened.close()


FAN = "parameters: {year: [2015, 2016, 2017]}"


def test_a_job_makes_each_of_its_pages_once_in_their_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_runner, "write_site", WRITE_SITE)
    make = Maker()
    runs = runner(project, FAN, "timeout_s: 60", "keep: 2", make=make).run("daily")
    pages = [f"air--year-{year}.html" for year in (2015, 2016, 2017)]
    assert make.pages == pages
    assert [task.parameters for task in make.asked] == [{"year": y} for y in (2015, 2016, 2017)]
    assert {(task.timeout_s, task.keep, task.name) for task in make.asked} == {(60.0, 2, "air")}
    assert [(run.page, run.status) for run in runs] == [(page, "published") for page in pages]
    assert (project.site / "index.html").is_file()


def test_no_more_run_at_a_time_than_there_are_workers(project: Project) -> None:
    at_work, most = set(), []
    two = threading.Barrier(2, timeout=DEADLINE_S)

    def make(_: Project, task: Task, **__: object) -> Ending:
        at_work.add(task.page)
        two.wait()
        most.append(len(at_work))
        two.wait()
        at_work.remove(task.page)
        return Ending("published", 1.0)

    fan = "parameters: {year: [2013, 2014, 2015, 2016, 2017, 2018]}"
    runs = runner(project, fan, make=make, workers=2).run("daily")
    assert [run.status for run in runs] == ["published"] * 6
    assert most == [2] * 6


def test_what_is_due_is_run_once_and_a_missed_moment_is_caught_up(project: Project) -> None:
    make, clock = Maker(), Clock()
    scheduled = runner(project, DAILY, make=make, clock=clock)
    assert scheduled.due() == []
    clock.now = FIVE + 3 * 86400
    (run,) = runner(project, DAILY, make=make, clock=clock).due()
    assert run.slot == "2026-03-04T22:00:00+00:00"
    assert runner(project, DAILY, make=make, clock=clock).due() == []
    assert make.pages == ["air.html"]


def test_a_failed_page_is_tried_again_after_a_doubled_wait(project: Project) -> None:
    make, clock = Maker(FAILED, FAILED, FAILED), Clock()
    told = project.ledger.with_name("told")
    script = project.ledger.with_name("tell.sh")
    script.write_text(f"#!/bin/sh\necho $HANOI_RUN $HANOI_STATUS >> {told}\n", "utf-8")
    script.chmod(0o755)
    lines = (DAILY, "retries: 2", "backoff_s: 60", "on_failure: [{command: [./tell.sh]}]")
    one = runner(project, *lines, make=make, clock=clock)
    one.due()
    for moment, tries in ((0, 1), (59, 1), (60, 2), (179, 2), (180, 3), (4000, 3)):
        clock.now = FIVE + moment
        ended = one.due()
        assert len(make.asked) == tries
        assert [run.attempt for run in ended] == ([3] if moment == 180 else [])
        assert told.exists() == (moment >= 180)
    assert told.read_text("utf-8") == "3 failed\n"
    assert rows(project) == [("air.html", "failed", n) for n in (1, 2, 3)]
    last = Ledger(project.ledger).run(3)
    assert (last.error, last.error_cell) == ("ValueError: no data", 3)
    assert last.notice == "command: exit code 0"


def test_a_job_run_by_hand_waits_for_its_retries(project: Project) -> None:
    make = Maker(FAILED, Ending("timed out", 1.0, error="stopped at its limit"))
    (run,) = runner(project, "retries: 2", "backoff_s: 0.01", make=make).run("daily")
    assert (run.id, run.status, run.attempt) == (3, "published", 3)
    assert rows(project) == [
        ("air.html", "failed", 1),
        ("air.html", "timed out", 2),
        ("air.html", "published", 3),
    ]


@pytest.mark.parametrize(
    ("lines", "status", "waits"),
    [
        (("retries: 0",), "failed", [None]),
        (("retries: 2", "backoff_s: 30"), "timed out", [30, 60, None]),
        (("retries: 9", "backoff_s: 1000"), "failed", [1000, 2000, 3600, 3600]),
        (("retries: 2", "backoff_s: 30"), "published", [None]),
        (("retries: 2", "backoff_s: 30", "retry_lost: false"), "lost", [None]),
        (("retries: 0", "backoff_s: 30", "retry_lost: true"), "lost", [30, None]),
        (("retries: 2", "backoff_s: 30", "retry_lost: true"), "lost", [30, 60, None]),
    ],
)
def test_how_long_each_attempt_is_waited_for(
    project: Project, lines: tuple[str, ...], status: str, waits: list[float | None]
) -> None:
    job = read_jobs(jobs(project, *lines), project)["daily"]
    assert [retry_in_s(job, status, n) for n in range(1, len(waits) + 1)] == waits


def test_a_run_whose_process_died_is_marked_and_made_again(project: Project) -> None:
    leave_behind(project)
    make = Maker()
    (run,) = runner(project, "retry_lost: true", "backoff_s: 0", make=make).due()
    assert (run.status, run.attempt) == ("published", 2)
    assert rows(project) == [("air.html", "lost", 1), ("air.html", "published", 2)]


def test_a_lost_run_that_is_not_tried_again_is_told(project: Project) -> None:
    leave_behind(project)
    make = Maker()
    lines = ("retry_lost: false", "on_failure: [{command: [sh, -c, exit 3]}]")
    assert [run.status for run in runner(project, *lines, make=make).due()] == ["lost"]
    assert make.asked == []
    (lost,) = Ledger(project.ledger).runs()
    assert (lost.status, lost.notice) == ("lost", "command: not delivered: exit code 3")


def test_a_scheduled_run_that_is_stopped_runs_again_at_the_next_start(project: Project) -> None:
    clock, held = Clock(), Held()
    one = runner(project, DAILY, "on_failure: [{command: [sh]}]", make=held, clock=clock)
    one.due()
    clock.now = FIVE
    thread = threading.Thread(target=one.start)
    thread.start()
    assert held.begun.wait(DEADLINE_S)
    one.stop()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    (run,) = Ledger(project.ledger).runs()
    assert (run.status, run.error, run.notice) == ("failed", "interrupted", None)
    (again,) = runner(project, DAILY, make=Maker(), clock=clock).due()
    assert (again.status, again.slot) == ("published", "2026-03-01T22:00:00+00:00")


def test_a_job_asked_for_by_hand_that_is_stopped_does_not_run_again(project: Project) -> None:
    held = Held()
    one = runner(project, FAN, make=held)
    results: list[str | None] = []
    thread = threading.Thread(target=lambda: results.extend(r.error for r in one.run("daily")))
    thread.start()
    assert held.begun.wait(DEADLINE_S)
    one.stop()
    thread.join(DEADLINE_S)
    assert results == ["interrupted", *["interrupted before it started"] * 2]
    assert Orders(Ledger(project.ledger)).unfinished() == 0
    assert len(held.asked) == 1


def test_an_order_of_a_job_that_is_gone_fails_and_says_so(project: Project) -> None:
    Orders(Ledger(project.ledger)).place("weekly", [Wanted("air", "air.html", {"year": 2016})])
    (run,) = runner(project, "retries: 5", make=Maker()).due()
    assert run.status == "failed"
    assert run.error == "the jobs' file has no job 'weekly'; known: daily"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("air", "air.html", {"year": 2031}), "parameter 'year': 2031 is out of range"),
        (Wanted("air", "air.html", {"yaer": 2016}), "did you mean 'year'?"),
        (Wanted("water", "air.html", {}), "no notebook 'water'"),
    ],
)
def test_an_order_that_no_longer_fits_its_notebook_fails_without_a_retry(
    project: Project, wanted: Wanted, said: str
) -> None:
    Orders(Ledger(project.ledger)).place("daily", [wanted])
    make = Maker()
    (run,) = runner(project, "retries: 5", make=make).due()
    assert (run.status, run.attempt, make.asked) == ("failed", 1, [])
    assert said in str(run.error)


def test_a_fault_of_our_own_fails_one_run_and_keeps_no_words_of_it(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    first = threading.Event()

    def stumble(_: Project, __: Task, **___: object) -> Ending:
        if not first.is_set():
            first.set()
            raise KeyError("Nguyễn Thị Lan")
        return Ending("published", 1.0)

    runs = runner(project, FAN, make=stumble).run("daily")
    assert [run.status for run in runs] == ["failed", "published", "published"]
    assert str(runs[0].error).startswith("KeyError at test_jobs_runner.py:")
    assert "Lan" not in caplog.text + str(runs[0])


def test_a_ledger_that_fails_ends_the_runner_and_the_order_is_found_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Maker()
    one = runner(project, FAN, "retry_lost: true", "backoff_s: 0", make=make)

    def full(*_: object, **__: object) -> bool:
        raise LedgerError("the ledger cannot be written: database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Orders, "end", full)
        with pytest.raises(RunnerStoppedError, match="disk is full"):
            one.run("daily")
    assert len(make.asked) == 1
    forget_process(project)
    ended = runner(project, FAN, "retry_lost: true", "backoff_s: 0", make=make).due()
    assert [run.status for run in ended] == ["published"] * 3
    assert sorted(rows(project))[0] == ("air--year-2015.html", "lost", 1)


def test_two_runners_on_one_ledger_make_each_page_once(project: Project) -> None:
    clock, make = Clock(), Maker()
    fan = "parameters: {year: [2013, 2014, 2015, 2016, 2017, 2018]}"
    two = [runner(project, DAILY, fan, make=make, clock=clock, workers=2) for _ in range(2)]
    two[0].due()
    clock.now = FIVE
    threads = [threading.Thread(target=one.due) for one in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert sorted(make.pages) == [f"air--year-{year}.html" for year in range(2013, 2019)]
    assert {status for _, status, _ in rows(project)} == {"published"}


def test_a_page_that_is_being_made_is_not_ordered_again(project: Project) -> None:
    orders = Orders(Ledger(project.ledger))
    orders.place("daily", [Wanted("air", "air.html", {"year": 2016})])
    order = orders.claim("1")
    assert order is not None
    one = runner(project, make=Maker())
    with pytest.raises(JobRunningError, match=f"run {order.run}"):
        one.run("daily")
    with pytest.raises(JobRunningError, match=f"run {order.run}"):
        one.retry(order.run)


def test_findings_are_held_against_the_last_page_with_the_same_parameters(
    project: Project,
) -> None:
    lines = ("drift: {days: {absolute: 5}}",)
    seen: list[str] = []

    def make(_: Project, task: Task, **__: object) -> Ending:
        days = {2015: 100.0, 2016: 10.0}[int(str(task.parameters["year"]))] + len(seen)
        try:
            task.check({"days": days})
        except DriftError as error:
            return Ending("failed", 1.0, error=str(error), findings={"days": days})
        return Ending("published", 1.0, findings={"days": days})

    page = ["page: trend"]
    runner(project, *lines, *page, "parameters: {year: 2015}", make=make).run("daily")
    # Another year is another story: nothing to hold it against.
    one = runner(project, *lines, *page, "parameters: {year: 2016}", make=make)
    assert one.run("daily")[0].status == "published"
    seen += ["x"] * 5
    assert one.run("daily")[0].findings == {"days": 15.0}
    seen += ["x"] * 6
    (refused,) = one.run("daily")
    assert refused.status == "failed"
    assert "days moved from 15 to 21" in str(refused.error)
    (accepted,) = one.retry(refused.id, accept_drift=True)
    assert (accepted.status, accepted.findings) == ("published", {"days": 21.0})
    (after,) = one.retry(accepted.id)
    assert after.status == "published"


def test_only_runs_of_jobs_are_retried_here(project: Project) -> None:
    ledger = Ledger(project.ledger)
    run = ledger.start(notebook="air", page="air.html", parameters={}, code_version="1")
    ledger.finish(run, FAILED)
    one = runner(project, make=Maker())
    with pytest.raises(JobError, match="hanoi publish air"):
        one.retry(run)
    with pytest.raises(LedgerError, match="no run 7"):
        one.retry(7)
    with pytest.raises(JobError, match="did you mean 'daily'"):
        one.run("dayly")


def test_a_changed_file_comes_into_force_and_a_broken_one_does_not(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker()
    one = runner(project, make=make)
    jobs(project, "notebok: air")
    one.due()
    one.due()
    told = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(told) == 1
    assert "did you mean 'notebook'" in told[0]
    assert "stay as they were" in told[0]
    assert one.run("daily")[0].status == "published"
    jobs(project, name="weekly")
    one.due()
    assert one.run("weekly")[0].job == "weekly"
    with pytest.raises(JobsFileError):
        Runner(project, jobs(project, "notebok: air"), make=make)


def test_the_process_that_waits_runs_what_becomes_due(project: Project) -> None:
    clock, held = Clock(), Held()
    runner(project, DAILY, make=held, clock=clock).due()
    clock.now = FIVE - 0.2
    one = runner(project, DAILY, make=held, clock=clock)
    thread = threading.Thread(target=one.start)
    thread.start()
    clock.now = FIVE
    begun = held.begun.wait(DEADLINE_S)
    one.stop()
    thread.join(DEADLINE_S)
    assert begun
    assert held.pages == ["air.html"]
    assert not thread.is_alive()


def test_an_index_that_cannot_be_written_is_told_and_the_runs_go_on(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_runner, "write_site", WRITE_SITE)
    (project.site / "index.html").mkdir(parents=True)
    (run,) = runner(project, make=Maker()).run("daily")
    assert run.status == "published"
    assert "the site's index was not written" in caplog.text
