"""Orders: none lost, none doubled, whatever dies and whatever the clock does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.ledger import Ending, JobRunningError, Ledger, Order, Orders, Wanted

DAY = datetime(2026, 11, 22, tzinfo=UTC)
PUBLISHED, FAILED = Ending("published", seconds=1.0), Ending("failed", error="ValueError: no")


def wanted(*pages: str) -> list[Wanted]:
    return [Wanted("air", f"{page}.html", {"page": page}) for page in pages]


def every_hour(after: datetime, until: datetime) -> datetime | None:
    """The last full hour in (after, until]."""
    last = until.replace(minute=0, second=0, microsecond=0)
    return last if last > after else None


class Clock:
    def __init__(self, start: float = 1_000_000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def orders(tmp_path: Path, clock: Clock) -> Orders:
    return Orders(Ledger(tmp_path / "ledger.sqlite"), clock)


def claim(orders: Orders, *, only: list[int] | None = None) -> Order:
    order = orders.claim("1", only)
    assert order is not None
    return order


def place_due(orders: Orders, now: datetime, *pages: str, cron: str = "0 * * * *") -> list[int]:
    return orders.place_due("air", cron, wanted(*(pages or ("a",))), every_hour, now)


def test_an_order_is_claimed_once_and_its_run_is_written_with_it(orders: Orders) -> None:
    placed = orders.place("air", wanted("a", "b"))
    first, second = claim(orders), claim(orders)
    assert [first.id, second.id] == placed
    assert orders.claim("1") is None
    assert (first.page, first.parameters, first.attempt, first.slot) == (
        "a.html",
        {"page": "a"},
        1,
        None,
    )
    run = orders.ledger.run(first.run)
    assert (run.status, run.job, run.order_id, run.page) == ("running", "air", first.id, "a.html")
    assert orders.unfinished() == 2
    assert orders.end(first, PUBLISHED)
    assert orders.unfinished() == 1
    assert orders.unfinished([first.id]) == 0
    assert orders.ledger.run(first.run).status == "published"


def test_a_page_that_is_being_made_cannot_be_ordered_by_hand(orders: Orders) -> None:
    orders.place("air", wanted("a"))
    order = claim(orders)
    with pytest.raises(JobRunningError, match=rf"a\.html is being made by run {order.run}"):
        orders.place("air", wanted("b", "a"))
    assert orders.waiting() == []


def test_an_order_waits_while_its_page_is_published_by_hand(orders: Orders) -> None:
    run = orders.ledger.start(notebook="air", page="a.html", parameters={}, code_version="1")
    place_due(orders, DAY)
    place_due(orders, DAY + timedelta(hours=1))
    assert orders.claim("1") is None
    orders.ledger.finish(run, PUBLISHED)
    assert claim(orders).page == "a.html"


def test_ordering_again_by_hand_takes_the_order_that_waits(orders: Orders) -> None:
    (first,) = orders.place("air", wanted("a"))
    assert orders.place("air", wanted("a", "b")) == [first, first + 1]
    assert [order.page for order in orders.waiting()] == ["a.html", "b.html"]


def test_a_retry_waits_its_time_and_counts_its_attempts(orders: Orders, clock: Clock) -> None:
    orders.place("air", wanted("a"))
    order = claim(orders)
    assert orders.end(order, FAILED, retry_in_s=60.0)
    assert orders.claim("1") is None
    assert orders.next_change_s() == 60.0
    clock.now += 60.0
    again = claim(orders)
    assert (again.id, again.attempt) == (order.id, 2)
    assert again.run != order.run
    assert orders.ledger.run(again.run).attempt == 2
    orders.end(again, PUBLISHED)
    assert orders.next_change_s() is None


def test_what_was_masked_in_a_run_is_masked_in_its_order(orders: Orders) -> None:
    orders.place("air", [Wanted("air", "a.html", {"who": "Bồ Đề"})])
    orders.end(claim(orders), Ending("failed", parameters={"who": "[name]"}), retry_in_s=0.0)
    assert claim(orders).parameters == {"who": "[name]"}


def test_an_order_may_accept_drift_and_keeps_that_through_retries(orders: Orders) -> None:
    orders.place("air", wanted("b"))
    orders.place("air", [Wanted("air", "a.html", {}, accept_drift=True)])
    plain, accepting = claim(orders), claim(orders)
    assert (plain.accept_drift, accepting.accept_drift) == (False, True)
    orders.end(accepting, FAILED, retry_in_s=0.0)
    assert claim(orders).accept_drift


def test_a_retry_does_not_wait_for_a_clock_that_was_set_back(orders: Orders, clock: Clock) -> None:
    orders.place("air", wanted("a"))
    orders.end(claim(orders), FAILED, retry_in_s=60.0)
    clock.now -= 365 * 86_400
    assert orders.next_change_s() == 0.0
    assert claim(orders).attempt == 2


def test_only_named_orders_are_claimed(orders: Orders) -> None:
    _, second = orders.place("air", wanted("a", "b"))
    assert claim(orders, only=[second]).page == "b.html"
    assert orders.claim("1", [second]) is None
    assert orders.claim("1", []) is None


def test_a_schedule_counts_from_when_it_is_first_seen(orders: Orders) -> None:
    assert place_due(orders, DAY + timedelta(minutes=5)) == []
    assert place_due(orders, DAY + timedelta(minutes=59)) == []
    (order,) = place_due(orders, DAY + timedelta(minutes=61))
    assert claim(orders).slot == "2026-11-22T01:00:00+00:00"
    assert orders.unfinished([order]) == 1
    assert place_due(orders, DAY + timedelta(minutes=62)) == []


def test_missed_moments_are_caught_up_once(orders: Orders) -> None:
    place_due(orders, DAY, "a", "b")
    placed = place_due(orders, DAY + timedelta(days=30, minutes=1), "a", "b")
    assert len(placed) == 2
    assert {order.slot for order in orders.waiting()} == {"2026-12-22T00:00:00+00:00"}


def test_a_later_moment_takes_the_place_of_one_nobody_got_to(orders: Orders) -> None:
    place_due(orders, DAY)
    place_due(orders, DAY + timedelta(hours=1))
    place_due(orders, DAY + timedelta(hours=2))
    assert [order.slot for order in orders.waiting()] == ["2026-11-22T02:00:00+00:00"]


def test_a_new_schedule_does_not_catch_up_on_the_old(orders: Orders) -> None:
    place_due(orders, DAY)
    assert place_due(orders, DAY + timedelta(hours=5), cron="30 * * * *") == []


def test_a_moment_that_comes_again_is_not_ordered_again(orders: Orders) -> None:
    place_due(orders, DAY)
    assert len(place_due(orders, DAY + timedelta(hours=1))) == 1
    orders.end(claim(orders), PUBLISHED)
    assert place_due(orders, DAY + timedelta(minutes=30)) == []
    assert place_due(orders, DAY + timedelta(hours=1, minutes=1)) == []
    assert len(place_due(orders, DAY + timedelta(hours=2))) == 1


def test_a_clock_that_was_years_ahead_stops_nothing(orders: Orders) -> None:
    place_due(orders, DAY + timedelta(days=36_500))
    assert place_due(orders, DAY) == []
    assert len(place_due(orders, DAY + timedelta(hours=1))) == 1


@given(st.lists(st.integers(0, 60 * 48), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_moment_is_run_twice_whatever_the_clock_says(
    tmp_path_factory: pytest.TempPathFactory, minutes: list[int]
) -> None:
    orders = Orders(Ledger(tmp_path_factory.mktemp("clock") / "ledger.sqlite"))
    slots = []
    for minute in minutes:
        place_due(orders, DAY + timedelta(minutes=minute))
        while (order := orders.claim("1")) is not None:
            slots.append(order.slot)
            orders.end(order, PUBLISHED)
    assert len(slots) == len(set(slots))
    # Going forward from the first look, the last full hour passed has been run.
    latest = max(minutes) // 60
    if latest > minutes[0] // 60 and minutes[-1] == max(minutes):
        assert f"{(DAY + timedelta(hours=latest)).isoformat()}" in slots


CLAIM = """
import sys
from pathlib import Path
from hanoi_analytics.ledger import Ledger, Orders
orders = Orders(Ledger(Path(sys.argv[1])))
order = orders.claim("1")
print(order.id, order.run, flush=True)
sys.stdin.read()
"""


@contextmanager
def claimed_elsewhere(orders: Orders) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Let another process claim an order; give it, and the numbers of the order and its run."""
    with subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(orders.ledger.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        number, run = map(int, process.stdout.readline().split())
        yield process, number, run


def test_what_a_killed_process_had_claimed_is_found_again(orders: Orders) -> None:
    orders.place("air", wanted("a", "b"))
    with claimed_elsewhere(orders) as (process, number, run):
        mine = claim(orders)
        assert orders.recover(lambda _: 0.0) == []
        os.kill(process.pid, signal.SIGKILL)
    assert orders.ledger.mark_lost() == []
    asked = []
    (lost,) = orders.recover(lambda order: asked.append(order) or 0.0)
    assert (lost.id, lost.order_id, asked[0].id, asked[0].attempt) == (run, number, number, 1)
    assert orders.ledger.run(run).status == "lost"
    again = claim(orders)
    assert (again.id, again.attempt) == (number, 2)
    assert orders.recover(lambda _: 0.0) == []
    assert orders.end(mine, PUBLISHED)
    # The killed process can say nothing more about its run.
    stale = Order(number, "air", "air", "a.html", {}, None, 1, run)
    assert not orders.end(stale, PUBLISHED)
    assert orders.ledger.run(run).status == "lost"


def test_a_lost_order_that_is_not_to_be_retried_is_done(orders: Orders) -> None:
    orders.place("air", wanted("a"))
    with claimed_elsewhere(orders) as (process, _, _):
        os.kill(process.pid, signal.SIGKILL)
    assert len(orders.recover(lambda _: None)) == 1
    assert orders.unfinished() == 0


def test_threads_share_the_orders_without_doubling(orders: Orders) -> None:
    placed = orders.place("air", wanted(*(f"p{i}" for i in range(40))))
    done: list[int] = []

    def work() -> None:
        while (order := orders.claim("1")) is not None:
            orders.end(order, PUBLISHED)
            done.append(order.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == placed
    assert {run.status for run in orders.ledger.runs()} == {"published"}
    assert len(orders.ledger.runs()) == 40
