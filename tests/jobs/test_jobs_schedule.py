"""Schedules: cron's own meaning of its fields, held against calendars and counted minutes."""

from __future__ import annotations

import time
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hanoi_analytics.jobs.schedule import Schedule, ScheduleError

HANOI = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)


def hanoi(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HANOI)  # type: ignore[arg-type,misc]


def days_of_november_2026(cron: str) -> list[int]:
    """Days on which a schedule comes; 1 November 2026 is a Sunday."""
    schedule, found = Schedule(cron), []
    moment = schedule.next(hanoi(2026, 10, 31, 23, 59))
    while moment < hanoi(2026, 12, 1):
        found.append(moment.astimezone(HANOI).day)
        moment = schedule.next(moment)
    return found


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ("* * 0", [1, 8, 15, 22, 29]),
        ("* * 7", [1, 8, 15, 22, 29]),
        ("* * sun", [1, 8, 15, 22, 29]),
        ("* * 1", [2, 9, 16, 23, 30]),
        ("* * MON", [2, 9, 16, 23, 30]),
        ("* * 6", [7, 14, 21, 28]),
        ("* * fri-sat", [6, 7, 13, 14, 20, 21, 27, 28]),
        ("* * 5-7", [1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28, 29]),
        ("* * 0,3", [1, 4, 8, 11, 15, 18, 22, 25, 29]),
        ("* * 1-5/2", [2, 4, 6, 9, 11, 13, 16, 18, 20, 23, 25, 27, 30]),
        ("*/10 * *", [1, 11, 21]),
        ("30,31 * *", [30]),
        ("* nov 0", [1, 8, 15, 22, 29]),
        ("* jan,dec *", []),
        # Both restricted: either will do, as crontab(5) says. The 13th is a Friday.
        ("13 * 5", [6, 13, 20, 27]),
        ("14 * 5", [6, 13, 14, 20, 27]),
        ("1-3 11 0", [1, 2, 3, 8, 15, 22, 29]),
        # A field that begins with a star does not restrict: both must fit.
        ("*/2 * 0", [1, 15, 29]),
        ("1-7 * */7", [1]),
    ],
)
def test_days_mean_what_they_mean_to_cron(fields: str, days: list[int]) -> None:
    assert days_of_november_2026(f"0 5 {fields}") == days


def test_moments_are_of_hanoi_and_given_in_utc() -> None:
    schedule = Schedule("30 5 * * *")
    expected = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    found = schedule.next(datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert (found, found.tzinfo) == (expected, UTC)
    last = schedule.last(datetime(2026, 11, 1, tzinfo=UTC), hanoi(2026, 11, 22, 5, 30))
    assert last is not None
    assert (last, last.tzinfo) == (expected, UTC)


def test_the_start_is_left_out_and_the_end_is_taken() -> None:
    schedule = Schedule("0 5 * * *")
    five = hanoi(2026, 11, 22, 5)
    assert schedule.last(five - MINUTE, five) == five
    assert schedule.last(five, five + timedelta(hours=23, minutes=59, seconds=59)) is None
    assert schedule.last(five, five) is None
    assert schedule.last(five, five - timedelta(days=3)) is None  # a clock set back
    assert schedule.next(five) == five + timedelta(days=1)
    assert schedule.next(five - timedelta(microseconds=1)) == five


def test_a_leap_day_is_found_across_the_century() -> None:
    leap = Schedule("0 0 29 2 *")
    assert leap.next(hanoi(2096, 3, 1)) == hanoi(2104, 2, 29)  # 2100 is no leap year
    assert leap.last(hanoi(2016, 3, 1), hanoi(2027, 1, 1)) == hanoi(2024, 2, 29)
    assert leap.last(hanoi(2024, 3, 1), hanoi(2027, 1, 1)) is None


@pytest.mark.parametrize("cron", ["* * * * *", "0 0 29 2 *", "59 23 31 12 0", "*/5 9-17 * * 1-5"])
def test_the_last_of_twenty_years_is_found_at_once(cron: str) -> None:
    schedule = Schedule(cron)
    start = time.process_time()
    assert schedule.last(hanoi(2006, 1, 1), hanoi(2026, 11, 22)) is not None
    assert time.process_time() - start < 0.5


Part = tuple[str, frozenset[int]]


def parts(low: int, high: int, names: str = "") -> st.SearchStrategy[Part]:
    """Texts of one field with the numbers they stand for, made side by side."""
    number = st.integers(low, high)

    def written(value: int) -> str:
        return names.split()[value - low] if names and value % 2 == 0 else str(value)

    def range_of(ends: tuple[int, int], step: int) -> Part:
        first, last = sorted(ends)
        if last - first < step:
            return str(first), frozenset({first})
        values = frozenset(v for v in range(first, last + 1) if (v - first) % step == 0)
        text = f"{written(first)}-{written(last)}"
        return (text if step == 1 else f"{text}/{step}"), values

    def joined(items: list[Part]) -> Part:
        return ",".join(text for text, _ in items), frozenset().union(*(v for _, v in items))

    def stars(step: int) -> Part:
        values = frozenset(v for v in range(low, high + 1) if (v - low) % step == 0)
        return ("*" if step == 1 else f"*/{step}"), values

    single = number.map(lambda value: (written(value), frozenset({value})))
    ranges = st.builds(range_of, st.tuples(number, number), st.integers(1, 3))
    lists = st.lists(single | ranges, min_size=1, max_size=3).map(joined)
    return st.integers(1, 3).map(stars) | lists


LINES = st.tuples(
    parts(0, 59),
    parts(0, 23),
    parts(1, 31),
    st.just(("*", frozenset(range(1, 13))))
    | parts(1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    parts(0, 6, "sun mon tue wed thu fri sat"),
)


def matcher(line: tuple[Part, ...]) -> Callable[[datetime], bool]:
    (_, minutes), (_, hours), (day, days), (_, months), (weekday, weekdays) = line

    def matches(moment: datetime) -> bool:
        by_day, by_weekday = moment.day in days, moment.isoweekday() % 7 in weekdays
        either = not day.startswith("*") and not weekday.startswith("*")
        fits = (by_day or by_weekday) if either else (by_day and by_weekday)
        return moment.minute in minutes and moment.hour in hours and moment.month in months and fits

    return matches


@settings(max_examples=50, deadline=None)
@given(
    line=LINES,
    start=st.datetimes(datetime(2023, 12, 29), datetime(2028, 3, 2)).map(
        lambda moment: moment.replace(tzinfo=HANOI)
    ),
    minutes=st.integers(0, 2 * 24 * 60),
)
@example(
    line=(
        ("0", frozenset({0})),
        ("0", frozenset({0})),
        ("29", frozenset({29})),
        ("2", frozenset({2})),
        ("*", frozenset(range(7))),
    ),
    start=hanoi(2024, 2, 28, 12, 0, 30),
    minutes=2000,
)
def test_last_and_next_are_those_of_counting_every_minute(
    line: tuple[Part, ...], start: datetime, minutes: int
) -> None:
    (_, days), (_, months) = line[2:4]
    assume(min(days) <= max(monthrange(2024, month)[1] for month in months))
    schedule, matches = Schedule(" ".join(text for text, _ in line)), matcher(line)
    end = start + minutes * MINUTE
    first = start.replace(second=0, microsecond=0) + MINUTE
    every = (first + n * MINUTE for n in range(minutes + 1))
    counted = [moment for moment in every if moment <= end and matches(moment)]
    assert schedule.last(start, end) == (counted[-1] if counted else None)
    if counted:
        assert schedule.next(start) == counted[0]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("61 5 * * *", ["minute: '61'", "0 to 59"]),
        ("0 24 * * *", ["hour: '24'", "0 to 23"]),
        ("0 5 0 * *", ["day of month: '0'", "1 to 31"]),
        ("0 5 * 13 *", ["month: '13'", "1 to 12 or jan to dec"]),
        ("0 5 * * 8", ["day of week: '8'", "0 to 7 or sun to sat", "0 and 7 are Sunday"]),
        ("0 5 * * mond", ["day of week: 'mond'", "did you mean 'mon'?"]),
        ("0 5 * * fri-mon", ["'fri-mon'", "a range goes upwards"]),
        ("5/15 * * * *", ["'5/15'", "write 5-59/15"]),
        ("*/0 * * * *", ["'*/0'", "1 to 59"]),
        ("*/90 * * * *", ["'*/90'", "1 to 59"]),
        ("0 5 L * *", ["day of month: 'L'"]),
        ("0 5 * * 1#2", ["day of week: '1#2'"]),
        ("0 5 ? * *", ["day of month: '?'"]),
        ("0, 5 * * *", ["minute: ''"]),
        ("٣ 5 * * *", ["minute: '٣'"]),
        ("-1 5 * * *", ["minute: '-1'"]),
        (f"{'9' * 6000} 5 * * *", ["minute: "]),
        ("99 99 * * *", ["minute: '99'", "hour: '99'"]),
        ("@daily", ["five fields", "day of week", "found 1 in '@daily'"]),
        ("0 0 5 * * *", ["five fields", "found 6"]),
        ("", ["five fields", "found 0"]),
        ("0 0 30 2 *", ["'30' never comes in month '2'"]),
        ("0 0 31 4,6,9,nov *", ["'31' never comes"]),
        ("0 0 30 2 1", ["'30' never comes"]),
    ],
)
def test_a_wrong_line_names_the_field_and_what_is_allowed(cron: str, words: list[str]) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule(cron)
    for word in words:
        assert word in str(caught.value)
