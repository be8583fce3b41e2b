"""The findings of two runs held against each other."""

from __future__ import annotations

from dataclasses import dataclass

from hanoi_analytics.ledger import Run


@dataclass(frozen=True)
class Difference:
    """One finding in an old and a new run; None where a run does not have it as a number."""

    name: str
    old: float | None
    new: float | None
    absolute: float | None
    relative: float | None


def compare(old: Run, new: Run) -> list[Difference]:
    """Compare what two runs found.

    Parameters
    ----------
    old, new : Run
        Rows of the ledger.

    Returns
    -------
    list of Difference
        One for each name that either run recorded: those of the old run in its order, then those
        that are new. `absolute` is new minus old; `relative` is that over the size of old, None
        when old is 0.

    Examples
    --------
    >>> from types import SimpleNamespace as run
    >>> compare(run(findings={"days": 8}), run(findings={"days": 10}))
    [Difference(name='days', old=8, new=10, absolute=2, relative=0.25)]
    """
    names = dict.fromkeys([*old.findings, *new.findings])
    return [_difference(name, old.findings.get(name), new.findings.get(name)) for name in names]


def _difference(name: str, old: float | None, new: float | None) -> Difference:
    if old is None or new is None:
        return Difference(name, old, new, None, None)
    return Difference(name, old, new, new - old, (new - old) / abs(old) if old else None)
