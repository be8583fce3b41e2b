"""Numbers recorded by a notebook: what is taken, what is refused, how they are shown and found."""

from __future__ import annotations

import json
from decimal import Decimal

import nbformat
import numpy as np
import pandas as pd
import pytest

from hanoi_analytics import findings
from hanoi_analytics.findings import FINDINGS_MIME, FindingError
from hanoi_analytics.publishing.exporter import PageError
from hanoi_analytics.publishing.html import find_findings


def notebook(*reports: object) -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook()
    for report in reports:
        output = nbformat.v4.new_output("display_data", {FINDINGS_MIME: report})
        book.cells.append(nbformat.v4.new_code_cell("record(...)", outputs=[output]))
    return book


def test_numbers_of_all_kinds_become_plain_json() -> None:
    shown = findings.record(
        mean_pm25_ugm3=np.float32(38.5),
        days_above=np.int64(1200),
        is_complete=np.bool_(True),
        slope_ugm3=float("nan"),
        ratio=float("-inf"),
        trend=None,
    )
    bundle = shown._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[FINDINGS_MIME], allow_nan=False)) == {
        "mean_pm25_ugm3": 38.5,
        "days_above": 1200,
        "is_complete": True,
        "slope_ugm3": None,
        "ratio": None,
        "trend": None,
    }
    html = str(bundle["text/html"])
    assert "<caption>Numbers of this run</caption>" in html
    assert '<tr><th scope="row">days_above</th><td>1,200</td></tr>' in html
    assert '<th scope="row">trend</th><td>missing</td>' in html
    assert '<th scope="row">is_complete</th><td>yes</td>' in html
    assert str(bundle["text/plain"]).splitlines()[0] == "mean_pm25_ugm3  38.5"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("38.5", "str"),
        (Decimal("1.5"), "Decimal"),
        (1 + 2j, "complex"),
        (np.array([1.0]), "ndarray"),
        (pd.Series([1.0]), "Series"),
        (np.datetime64("2026-01-01"), "datetime64"),
        ([1], "list"),
    ],
)
def test_what_is_no_number_is_refused(value: object, kind: str) -> None:
    with pytest.raises(FindingError, match=f"finding days: expected a number, found a {kind}"):
        findings.record(days=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Days", "days-above", "2days", "ngày", "a__b", "a_", "x" * 61])
def test_a_name_is_a_small_word_of_plain_letters(name: str) -> None:
    with pytest.raises(FindingError, match="expected small letters"):
        findings.record(**{name: 1})


def test_a_call_records_one_to_forty_numbers_that_a_float_can_hold() -> None:
    with pytest.raises(FindingError, match="found 0 numbers"):
        findings.record()
    with pytest.raises(FindingError, match="found 41 numbers to record, expected 1 to 40"):
        findings.record(**{f"n{i}": i for i in range(41)})
    with pytest.raises(FindingError, match="finding n: the whole number is too large"):
        findings.record(n=10**400)


def test_all_reports_of_a_notebook_are_merged_as_floats() -> None:
    book = notebook({"a_m": 1, "b": None}, {"c": True, "a_m": 1.0})
    book.cells.append(nbformat.v4.new_markdown_cell("no outputs"))
    found = find_findings(book)
    assert found == {"a_m": 1.0, "b": None, "c": 1.0}
    assert [type(value) for value in found.values()] == [float, type(None), float]


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        (({"a": 1}, {"a": 2}), "cell 2 .*finding a was recorded before as 1.0, and here as 2.0"),
        (({"a": 1}, {"a": None}), "recorded before as 1.0, and here as None"),
        (([1],), "cell 1 .*is not a dict"),
        (({"a": "<b>"},), "cell 1 .*expected a number, found a str"),
        (({"Nguyễn Văn An": 1},), "expected small letters"),
    ],
)
def test_a_report_that_record_did_not_make_is_an_error(
    reports: tuple[object, ...], words: str
) -> None:
    with pytest.raises(PageError, match=words):
        find_findings(notebook(*reports))
