"""Clocks that are set, and two schedulers: every moment of a schedule is run once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hanoi_analytics.jobs import Runner
from hanoi_analytics.ledger import Ending, Ledger
from hanoi_analytics.publishing import Project
from tests.faults.tiny import DEADLINE_S, FULL, Tiny, until, values

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
# A clock that a test sets: `ahead` of the real one by so many seconds, or standing still `at` one.
# The kernels of notebooks keep the real one.
CLOCK = """
import os, sys, time
real, told = time.time, os.environ["TINY_CLOCK"]
def shifted():
    if "hanoi_analytics.jobs.runner" in sys.modules:
        open(f"{told}.{os.getpid()}", "w").close()
    with open(told) as stream:
        how, seconds = stream.read().split()
    return float(seconds) + (real() if how == "ahead" else 0)
if "HANOI_ANALYTICS_RUN" not in os.environ:
    time.time = shifted
"""
# Looks for what is due and works on it, minute after minute of an invented night.
SCHEDULER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hanoi_analytics.ledger import Ending, Ledger, Orders, Wanted
orders = Orders(Ledger(Path(sys.argv[1])), clock=lambda: 0.0)
start = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
for minute in range(int(sys.argv[2])):
    now = start + timedelta(minutes=minute)
    orders.place_due("job", "* * * * *", [Wanted("a", "a.html", {})],
                     lambda after, until: until if until > after else None, now)
    while (order := orders.claim("test")) is not None:
        orders.end(order, Ending("published", 0.0))
"""


def hanoi_time(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=HANOI)


def test_two_schedulers_across_midnight_and_the_clock_set_back(tmp_path: Path) -> None:
    job = 'nightly:\n  notebook: tiny\n  schedule: "0 0 * * *"\n  retry_lost: true'
    tiny = Tiny(tmp_path, job)
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "sitecustomize.py").write_text(CLOCK, "utf-8")
    clock = tmp_path / "clock"
    shim = {"PYTHONPATH": str(tmp_path / "shim"), "TINY_CLOCK": str(clock)}
    before_midnight = hanoi_time("2026-03-31", "23:59").timestamp() + 59.0

    def stand(moment: float) -> None:
        clock.with_name("set").write_text(f"at {moment}", "utf-8")
        clock.with_name("set").replace(clock)

    def due(moment: float) -> None:
        stand(moment)
        code, said = tiny.hanoi("due", environment=shim)
        assert code == 0, said

    stand(before_midnight)
    both = [tiny.start("start", environment=shim) for _ in range(2)]
    try:
        for process in both:
            until(Path(f"{clock}.{process.pid}").exists, process)
        until(lambda: tiny.rows("SELECT * FROM schedules"), both[0])
        assert tiny.rows("SELECT * FROM orders") == []
        stand(before_midnight + 1.0)
        until(lambda: published(tiny), both[0])
        for process in both:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 0
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert published(tiny) == ["2026-03-31T17:00:00+00:00"]

    due(before_midnight - 2 * 3600)
    due(before_midnight + 60)
    assert len(tiny.rows("SELECT * FROM orders")) == 1
    # Three midnights passed with nobody there: the last is caught up.
    due(before_midnight + 3 * 86_400 + 60)
    assert published(tiny) == ["2026-03-31T17:00:00+00:00", "2026-04-03T17:00:00+00:00"]
    assert len(tiny.rows("SELECT * FROM runs")) == 2
    tiny.check_left()


def published(tiny: Tiny) -> list[str]:
    return values(tiny.rows("SELECT slot FROM runs WHERE status = 'published' ORDER BY id"), "slot")


def test_two_schedulers_look_at_the_same_moments(tmp_path: Path) -> None:
    ledger, minutes = tmp_path / "ledger.sqlite", 2000 if FULL else 200
    Ledger(ledger)
    command = [sys.executable, "-c", SCHEDULER, str(ledger), str(minutes)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(DEADLINE_S) for process in both] == [0, 0]
    runs = Ledger(ledger).runs()
    assert set(Counter(run.slot for run in runs).values()) == {1}
    assert {run.status for run in runs} == {"published"}
    # The first minute is when the job is first seen; one that nobody got to gave way to the next.
    tiny = Tiny(tmp_path / "asked", "one:\n  notebook: tiny")
    tiny.ledger = ledger
    orders = tiny.rows("SELECT * FROM orders")
    assert len(set(values(orders, "slot"))) == len(orders) == minutes - 1
    assert set(values(orders, "state")) == {"done"}


class Night:
    """A project whose runs cost nothing, worked on at the moments a test says."""

    def __init__(self, folder: Path, *crons: str) -> None:
        lines = [
            f'job-{n}:\n  notebook: tiny\n  page: page-{n}\n  schedule: "{cron}"'
            for n, cron in enumerate(crons)
        ]
        self.tiny = Tiny(folder, "\n".join(lines))
        self.now = 0.0
        self.project = Project(folder / "notebooks", self.tiny.site, self.tiny.ledger)

    def runner(self) -> Runner:
        def make(*_: object, **__: Any) -> Ending:
            return Ending("published", 0.0)

        file = self.tiny.folder / "jobs.yml"
        return Runner(self.project, file, workers=1, make=make, clock=lambda: self.now)

    def pass_by(self, moments: Iterable[datetime]) -> list[tuple[str, str]]:
        """Let moments come; return job and scheduled moment of what was run."""
        for moment in moments:
            self.now = moment.timestamp()
            self.runner().due()
        runs = self.tiny.rows("SELECT job, slot FROM runs ORDER BY slot")
        return [(run["job"], run["slot"]) for run in runs]


def every(start: datetime, hours: float, step: timedelta) -> Iterable[datetime]:
    return (start + n * step for n in range(int(hours * 3600 / step.total_seconds()) + 1))


def test_a_clock_set_back_two_hours_at_half_past_midnight(tmp_path: Path) -> None:
    night = Night(tmp_path, "30 23 * * *", "0 0 * * *", "15 0 * * *", "0 5 * * *")
    evening, step = hanoi_time("2026-12-31", "22:00"), timedelta(minutes=30)
    ran = night.pass_by(
        [
            *every(evening, 2.5, step),  # to 00:30 of the new year
            *every(evening + timedelta(minutes=30), 8, step),  # again from 22:30, to 06:30
        ]
    )
    assert ran == [
        ("job-0", "2026-12-31T16:30:00+00:00"),
        ("job-1", "2026-12-31T17:00:00+00:00"),
        ("job-2", "2026-12-31T17:15:00+00:00"),
        ("job-3", "2026-12-31T22:00:00+00:00"),
    ]


def test_a_clock_that_leaps_years_ahead_and_comes_back(tmp_path: Path) -> None:
    night = Night(tmp_path, "0 12 29 2 *", "0 5 * * *")
    ran = night.pass_by(
        [
            hanoi_time("2026-03-01", "04:00"),
            hanoi_time("2035-06-01", "04:00"),  # a battery was changed
            hanoi_time("2026-03-01", "04:30"),
            hanoi_time("2026-03-01", "05:30"),
            hanoi_time("2028-02-28", "13:00"),
            hanoi_time("2028-02-29", "13:00"),
        ]
    )
    assert ran == [
        ("job-1", "2026-02-28T22:00:00+00:00"),
        ("job-1", "2028-02-27T22:00:00+00:00"),
        ("job-1", "2028-02-28T22:00:00+00:00"),
        ("job-0", "2028-02-29T05:00:00+00:00"),
        ("job-0", "2032-02-29T05:00:00+00:00"),
        ("job-1", "2035-05-30T22:00:00+00:00"),
    ]
