"""Many runs, and a runner that is killed: every order done once, every page whole."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.tiny import FULL, Tiny, check_whole, until, values

RUNS, KILLS, PAGES_BETWEEN_KILLS = (200, 20, 4) if FULL else (4, 3, 2)


def many(folder: Path, count: int, *more: str) -> Tiny:
    numbers = list(range(count))
    lines = ["many:", "  notebook: tiny", f"  parameters: {{number: {numbers}}}", *more]
    return Tiny(folder, "\n".join(lines))


def check_published_once(tiny: Tiny, count: int) -> None:
    """Hold that each order ended in one published run, whose page stands."""
    orders = tiny.rows("SELECT * FROM orders")
    assert len(orders) == count
    assert set(values(orders, "state")) == {"done"}
    published = tiny.rows("SELECT * FROM runs WHERE status = 'published'")
    assert Counter(values(published, "order_id")) == Counter(values(orders, "id"))
    for number in range(count):
        name = f"tiny--number-{number}.html"
        (run,) = [run for run in published if run["page"] == name]
        page = check_whole(tiny.site / name)
        assert f"page {number}\n" in page.text
        assert page.run == run["id"]
        assert run["findings"] == f'{{"twice": {2.0 * number}}}'


def test_many_queued_runs_by_two_workers(tmp_path: Path) -> None:
    tiny = many(tmp_path, RUNS)
    code, said = tiny.hanoi("run", "many", "--workers", "2")
    assert code == 0, said
    assert len(tiny.rows("SELECT * FROM runs")) == RUNS  # none lost, failed or doubled
    check_published_once(tiny, RUNS)
    tiny.check_left()


def test_the_runner_is_killed_at_random_moments(tmp_path: Path) -> None:
    count = KILLS * PAGES_BETWEEN_KILLS
    tiny = many(tmp_path, count, "  retries: 20", "  backoff_s: 0", "  retry_lost: true")
    chance = random.Random(20260401)  # noqa: S311 - not for secrets
    killed: set[int] = set()
    for number in range(KILLS):
        words = ("run", "many") if number == 0 else ("due",)
        with tiny.start(*words, "--workers", "2") as process:
            # In turn while it starts and recovers, and while its notebooks are at work.
            moment_s = chance.uniform(0.2, 2.0)
            if number % 2 == 0:
                before = {row["id"] for row in tiny.running()}
                until(lambda: {r["id"] for r in tiny.running()} - before, process)  # noqa: B023
                moment_s = chance.uniform(0.0, 2.5)
            try:
                process.wait(moment_s)
                pytest.fail("it ended before it was killed")
            except subprocess.TimeoutExpired:
                process.kill()
        running = tiny.running()
        assert len({row["page"] for row in running}) == len(running)  # one run of a page
        killed |= {row["id"] for row in running}
        for page in tiny.site.rglob("*.html"):
            check_whole(page)
    code, said = tiny.hanoi("due", "--workers", "2")
    assert code == 0, said
    check_published_once(tiny, count)
    ends = tiny.rows("SELECT id, status, error FROM runs")
    assert {row["id"] for row in ends if row["status"] == "lost"} == killed
    assert killed
    assert {row["status"] for row in ends} == {"published", "lost"}
    tiny.check_left()
