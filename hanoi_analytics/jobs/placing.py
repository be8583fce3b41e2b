"""Orders for the pages of jobs: when their moment has come, or when somebody asks."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from hanoi_analytics.jobs.file import Job
from hanoi_analytics.ledger import Orders, Wanted

log = logging.getLogger(__name__)

#: The clock may be set, the machine may sleep, and another process may place orders.
LOOK_EVERY_S = 15.0


def wanted(job: Job) -> list[Wanted]:
    """Return the pages of a job as orders name them."""
    return [Wanted(job.notebook, f"{v.page}.html", v.parameters) for v in job.variants]


class Timetable:
    """Places what is due, and knows when to look again.

    Parameters
    ----------
    orders : Orders
        Where orders go; its clock is the one that schedules follow.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._next_moment = -math.inf  # Unix time
        self._looked_at = -math.inf  # by a clock that nobody sets

    def place_due(self, jobs: Iterable[Job], *, changed: bool) -> None:
        """Place what is due, if a moment has come, the jobs changed or some time has passed."""
        moment = self._orders.clock()
        recent = time.monotonic() - self._looked_at < LOOK_EVERY_S
        if recent and moment < self._next_moment and not changed:
            return
        self._looked_at = time.monotonic()
        now = datetime.fromtimestamp(moment, UTC)
        self._next_moment = math.inf
        for job in jobs:
            if job.schedule is None:
                continue
            placed = self._orders.place_due(
                job.name, job.schedule.cron, wanted(job), job.schedule.last, now
            )
            if placed:
                log.info("job %s: %d page(s) due", job.name, len(placed))
            self._next_moment = min(self._next_moment, job.schedule.next(now).timestamp())

    def wait_s(self) -> float:
        """Return the seconds until there is a reason to look again."""
        return min(LOOK_EVERY_S, max(0.0, self._next_moment - self._orders.clock()))
