"""When a job runs: five cron fields in Hanoi's time, with cron's own meaning of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.publishing.html import HANOI_TIME

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:(\*)|([0-9]{1,4}|[a-z]+)(?:-([0-9]{1,4}|[a-z]+))?)(?:/([0-9]{1,4}))?", re.I)
_MINUTE = timedelta(minutes=1)


class ScheduleError(HanoiError):
    """A schedule is no cron line, or a moment that never comes."""


@dataclass(frozen=True)
class _Field:
    """One of the five fields: its name and what it may hold."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> set[int]:
        """Return the numbers that a field's text means, or say what is wrong with it."""
        return set().union(*(self._item(item) for item in text.split(",")))

    def _item(self, text: str) -> set[int]:
        found = _ITEM.fullmatch(text)
        if found is None:
            raise self._error(text, "")
        star, first, last, step_text = found.groups()
        low = self.low if star else self._number(first)
        high = self.high if star else self._number(last or first)
        if low > high:
            raise self._error(text, "a range goes upwards: write two with a comma between them")
        if step_text is None:
            return set(range(low, high + 1))
        if not (star or last):
            raise self._error(text, f"a step needs a range: write {first}-{self.high}/{step_text}")
        if not 1 <= int(step_text) <= high - low:
            raise self._error(text, f"the step must be 1 to {high - low}")
        return set(range(low, high + 1, int(step_text)))

    def _number(self, text: str) -> int:
        word = text.lower()
        if word in self.words:
            return self.words.index(word) + self.low
        if not text.isdigit():
            raise self._error(text, nearest(word, self.words) if self.words else "")
        if not self.low <= int(text) <= self.high:
            raise self._error(text, "")
        return int(text)

    def _error(self, text: str, hint: str) -> ScheduleError:
        words = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
        sunday = " (0 and 7 are Sunday)" if self.words == _DAYS else ""
        return ScheduleError(
            f"{self.name}: {text!r} is not right; allowed: {self.low} to {self.high}{words}"
            f"{sunday}, *, ranges (a-b), lists (a,b) and steps (*/n, a-b/n)"
            + (f"; {hint}" if hint else "")
        )


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class Schedule:
    """A cron line in the time of Asia/Ho_Chi_Minh, UTC+7 all year.

    The fields mean what they mean to cron: 0 and 7 are Sunday, and where both day of month and
    day of week are restricted (neither begins with ``*``), a day that fits either will do.

    Raises
    ------
    ScheduleError
        Not five fields; every field that is wrong, with what is allowed; or a day that never
        comes, such as 30 February.

    Notes
    -----
    APScheduler counts days of the week from Monday and wants both kinds of day to fit, so it is
    given the numbers worked out here. Meaning of the fields: crontab(5).

    Examples
    --------
    >>> noon = Schedule("0 12 * * 7")
    >>> noon.next(datetime(2026, 11, 22, 5, 0, tzinfo=UTC)).isoformat()  # 12:00 in Hanoi, Sunday
    '2026-11-29T05:00:00+00:00'
    """

    cron: str

    def __post_init__(self) -> None:
        """Refuse a wrong line at once."""
        _ = self._trigger

    def next(self, after: datetime) -> datetime:
        """Return the first moment after an aware one, in UTC.

        Examples
        --------
        >>> Schedule("0 5 * * *").next(datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
        '2026-01-01T22:00:00+00:00'
        """
        start = after.astimezone(HANOI_TIME) + timedelta(microseconds=1)
        found: datetime = self._trigger.get_next_fire_time(None, start)
        return found.astimezone(UTC)

    def last(self, after: datetime, until: datetime) -> datetime | None:
        """Return the last moment in (after, until], in UTC, or None.

        Notes
        -----
        Halves the time in which the last moment must lie: about thirty steps for ten years.

        Examples
        --------
        >>> daily = Schedule("0 5 * * *")
        >>> start, end = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
        >>> daily.last(start, end).isoformat()
        '2025-12-31T22:00:00+00:00'
        >>> daily.last(end, end + timedelta(hours=1)) is None
        True
        """
        found = self.next(after)
        if found > until:
            return None
        bound = until.astimezone(UTC)  # no moment in (bound, until]
        while bound - found >= _MINUTE:
            middle = found + (bound - found) / 2
            later = self.next(middle)
            if later <= until:
                found = later
            else:
                bound = middle
        return found

    @cached_property
    def _trigger(self) -> BaseTrigger:
        texts = self.cron.split()
        if len(texts) != len(_FIELDS):
            raise ScheduleError(
                f"expected five fields (minute, hour, day of month, month, day of week) such as "
                f"'0 5 * * *', found {len(texts)} in {self.cron!r}"
            )
        values, mistakes = [], []
        for part, text in zip(_FIELDS, texts, strict=True):
            try:
                values.append(part.values(text))
            except ScheduleError as error:
                mistakes.append(str(error))
        if mistakes:
            raise ScheduleError("; ".join(mistakes))
        minutes, hours, days, months, weekdays = values
        if min(days) > max(_LONGEST[month - 1] for month in months):
            raise ScheduleError(
                f"day of month {texts[2]!r} never comes in month {texts[3]!r}; expected a day "
                f"that one of the months has"
            )
        of_time = {
            "minute": _listed(minutes, 60),
            "hour": _listed(hours, 24),
            "month": _listed(months, 12),
        }
        day = {"day": _listed(days, 31)}
        weekday = {"day_of_week": _listed({(number - 1) % 7 for number in weekdays}, 7)}
        # As in crontab(5): a field that begins with a star does not restrict.
        if texts[2].startswith("*") or texts[4].startswith("*"):
            return CronTrigger(**of_time, **day, **weekday, timezone=HANOI_TIME)
        return OrTrigger(
            [
                CronTrigger(**of_time, **day, timezone=HANOI_TIME),
                CronTrigger(**of_time, **weekday, timezone=HANOI_TIME),
            ]
        )


def _listed(values: set[int], every: int) -> str:
    return "*" if len(values) == every else ",".join(map(str, sorted(values)))
