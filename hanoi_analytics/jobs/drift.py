"""Limits on how far a job's findings may move from those of the last published run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.jobs.entries import DriftLimit
from hanoi_analytics.ledger import Run
from hanoi_analytics.publishing.comparison import Difference, compare

__all__ = ["Difference", "DriftError", "compare", "limit_check"]

Findings = Mapping[str, float | None]
# So that a change of exactly the limit, such as 1.0 to 1.1 at 10 %, is not lost to rounding.
_ROUNDING = 1e-9


class DriftError(HanoiError):
    """A finding moved further than its job allows; the page was not replaced."""


def limit_check(limits: Mapping[str, DriftLimit], last: Run | None) -> Callable[[Findings], None]:
    """Make the check that a run's findings pass before its page is replaced.

    Parameters
    ----------
    limits : mapping of str to DriftLimit
        Name of a finding to how far it may move.
    last : Run, optional
        The last published run of the same page. Without one it is checked only that the run
        recorded every limited finding.

    Returns
    -------
    callable
        Takes the findings and raises `DriftError` with all that are beyond their limit, were not
        recorded, or had a value in the last published run and have none now.

    Examples
    --------
    >>> limit_check({}, None)({"days": 10.0})
    """

    def check(findings: Findings) -> None:
        beyond = [
            fault
            for name, limit in limits.items()
            for fault in _faults(name, limit, findings, last.findings if last else {})
        ]
        if beyond:
            raise DriftError("\n".join([*beyond, _advice(last)]))

    return check


def _faults(name: str, limit: DriftLimit, findings: Findings, before: Findings) -> Iterator[str]:
    if name not in findings:
        yield f"{name} has a drift limit but this run did not record it; {nearest(name, findings)}"
        return
    old, new = before.get(name), findings[name]
    if old is None:
        return
    if new is None:
        yield f"{name} was {old:.6g} and is missing now, limit {_limit(limit)}"
        return
    # Written so that a change that is no number is beyond every limit.
    reach = [math.inf if limit.absolute is None else limit.absolute]
    reach += [] if limit.relative is None else [limit.relative * abs(old)]
    if not abs(new - old) <= min(reach) + _ROUNDING * abs(old):
        yield f"{name} moved from {old:.6g} to {new:.6g} ({_moved(new - old, old, limit)})"


def _moved(change: float, old: float, limit: DriftLimit) -> str:
    if old:
        return f"{change:+.4g}, {100 * change / abs(old):+.4g} %; limit {_limit(limit)}"
    measured = "" if limit.relative is None else "; from 0 any change is beyond a share"
    return f"{change:+.4g}; limit {_limit(limit)}{measured}"


def _limit(limit: DriftLimit) -> str:
    parts = []
    if limit.absolute is not None:
        parts.append(f"±{limit.absolute:g}")
    if limit.relative is not None:
        parts.append(f"±{100 * limit.relative:.4g} %")
    return " and ".join(parts)


def _advice(last: Run | None) -> str:
    against = f"run {last.id} of {last.page} was the last published; " if last else ""
    return (
        f"{against}the page was left as it was. If the change is right, accept it with "
        f"`hanoi jobs retry RUN --accept-drift`, where RUN is the number of this run"
    )
