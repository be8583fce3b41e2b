"""Findings held against the last published run, and the limits a job sets on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from hanoi_analytics.jobs.drift import Difference, DriftError, compare, limit_check
from hanoi_analytics.jobs.entries import DriftLimit
from hanoi_analytics.ledger import Run

BASE = Run(
    id=12,
    notebook="environment/air",
    page="environment/air.html",
    parameters={},
    code_version="0",
    sources=[],
    started_at="2026-11-21T22:00:00+00:00",
    ended_at=None,
    status="published",
    error_cell=None,
    error=None,
    traceback=None,
    findings={},
    seconds=3.0,
    peak_memory_bytes=None,
    job=None,
    order_id=None,
    attempt=1,
    slot=None,
    notice=None,
)
FIFTH = {"pm25": DriftLimit(absolute=None, relative=0.2)}
TEN = {"days": DriftLimit(absolute=10, relative=None)}


def found(**findings: float | None) -> Run:
    return replace(BASE, findings=findings)


def message(
    limits: Mapping[str, DriftLimit], last: Run | None, new: Mapping[str, float | None]
) -> str:
    with pytest.raises(DriftError) as raised:
        limit_check(limits, last)(new)
    return str(raised.value)


def test_every_name_of_either_run_is_compared_in_order() -> None:
    old, new = found(b=-4.0, gone=1.0, zero=0.0, none=None), found(fresh=7, zero=2, b=-5.0, none=3)
    assert compare(old, new) == [
        Difference("b", -4.0, -5.0, -1.0, -0.25),
        Difference("gone", 1.0, None, None, None),
        Difference("zero", 0.0, 2, 2.0, None),
        Difference("none", None, 3, None, None),
        Difference("fresh", None, 7, None, None),
    ]


@pytest.mark.parametrize(
    ("limits", "old", "new"),
    [
        (FIFTH, 50.0, 60.0),
        (FIFTH, 50.0, 40.0),
        (FIFTH, -50.0, -60.0),
        (FIFTH, 0.0, 0.0),
        ({"pm25": DriftLimit(absolute=None, relative=0.1)}, 1.0, 1.1),  # 0.10000000000000009
        ({"pm25": DriftLimit(absolute=0.0, relative=None)}, 3.0, 3.0),
    ],
)
def test_a_change_of_the_limit_itself_passes(
    limits: Mapping[str, DriftLimit], old: float, new: float
) -> None:
    limit_check(limits, found(pm25=old))({"pm25": new})


def test_a_change_beyond_the_limit_says_what_moved_and_what_to_do() -> None:
    said = message(FIFTH, found(pm25=45.8), {"pm25": 60.1})
    assert "pm25 moved from 45.8 to 60.1 (+14.3, +31.22 %; limit ±20 %)" in said
    assert "run 12 of environment/air.html was the last published" in said
    assert "hanoi jobs retry RUN --accept-drift" in said


def test_all_findings_beyond_their_limit_are_named() -> None:
    limits = FIFTH | TEN
    said = message(limits, found(pm25=45.8, days=200), {"pm25": 10.0, "days": 211})
    assert "pm25 moved from 45.8 to 10" in said
    assert "days moved from 200 to 211 (+11, +5.5 %; limit ±10)" in said


@pytest.mark.parametrize(("new", "refused"), [(109, False), (111, True), (106, True)])
def test_of_two_limits_the_closer_holds(new: float, refused: bool) -> None:
    closer = DriftLimit(absolute=5 if new == 106 else 10, relative=0.5)
    check = limit_check({"days": closer}, found(days=100))
    if refused:
        with pytest.raises(DriftError, match="and ±50 %"):
            check({"days": new})
    else:
        check({"days": new})


def test_from_zero_any_change_is_beyond_a_relative_limit() -> None:
    said = message(FIFTH, found(pm25=0), {"pm25": 0.001})
    assert "from 0 to 0.001 (+0.001; limit ±20 %; from 0 any change is beyond a share)" in said


def test_an_absolute_limit_holds_from_zero() -> None:
    limit_check(TEN, found(days=0))({"days": 10})
    assert "beyond a share" not in message(TEN, found(days=0), {"days": 11})


def test_a_finding_that_was_not_recorded_is_drift_and_the_nearest_is_named() -> None:
    assert "did not record it; did you mean 'day'?" in message(TEN, found(days=3), {"day": 3.0})


def test_a_finding_that_became_missing_is_drift() -> None:
    assert "days was 3 and is missing now, limit ±10" in message(TEN, found(days=3), {"days": None})


def test_a_number_that_is_none_is_beyond_every_limit() -> None:
    assert "moved from 3 to nan" in message(TEN, found(days=3), {"days": float("nan")})


@pytest.mark.parametrize("last", [None, found(), found(days=None)])
def test_with_nothing_to_compare_the_finding_must_only_be_there(last: Run | None) -> None:
    limit_check(TEN, last)({"days": 1e9})
    limit_check(TEN, last)({"days": None})
    assert "did not record it" in message(TEN, last, {})


def test_findings_without_a_limit_may_move() -> None:
    limit_check(TEN, found(days=1, other=1))({"days": 1, "other": 1e9})
