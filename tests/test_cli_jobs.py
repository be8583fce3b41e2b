"""The commands of jobs: one small project from its first run to the comparison of two runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result

from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.cli import main
from hanoi_analytics.ledger import Ending, Ledger, Orders, Wanted

FINDINGS_MIME = "application/vnd.hanoi.findings+json"
# What a run does with findings and sources does not depend on who made them; these are made
# without importing the package, which is more than half of a small notebook's time.
REPORT = {SOURCES_MIME: [dict.fromkeys(Source.__annotations__, "")], "text/plain": "sources"}
SOURCE = f"""
import pathlib
from IPython.display import display
days = float(pathlib.Path('days.txt').read_text())
display({{{FINDINGS_MIME!r}: {{'days_above': days}}, 'text/plain': 'days'}}, raw=True)
display({REPORT!r}, raw=True)
"""
JOBS = """\
version: 1
jobs:
  air-daily:
    notebook: air
    schedule: "0 5 * * *"
    drift: {days_above: {absolute: 5}}
  once:
    notebook: air
    page: once
"""


def hanoi(*words: str) -> Result:
    return CliRunner().invoke(main, ["jobs", *words])


def facts(*words: str) -> Any:
    result = hanoi(*words, "--json")
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    )
    book.cells = [
        nbformat.v4.new_markdown_cell("# Air\n\nWhat it says."),
        nbformat.v4.new_code_cell(
            "year: int = 2016  # year [2010, 2020]", metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell(SOURCE),
    ]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(book, tmp_path / "notebooks" / "air.ipynb")
    (tmp_path / "notebooks" / "days.txt").write_text("10", "utf-8")
    (tmp_path / "jobs.yml").write_text(JOBS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_job_is_run_listed_shown_retried_and_compared(folder: Path) -> None:
    before = hanoi("list")
    assert "idle" in before.output
    result = hanoi("run", "air-daily")
    assert (result.exit_code, "published" in result.stdout) == (0, True)
    assert "Air" in (folder / "site" / "air.html").read_text("utf-8")
    (row,) = facts("history", "air-daily")
    assert (row["run"], row["status"], row["page"]) == (1, "published", "air.html")
    assert row["peak_memory_bytes"] > 1e7
    shown = facts("show", "1")
    assert shown["findings"] == {"days_above": 10.0}
    assert shown["parameters"] == {"year": 2016}
    assert "days_above: 10.0" in hanoi("show", "1").output

    (folder / "notebooks" / "days.txt").write_text("16", "utf-8")
    result = hanoi("retry", "1")
    assert result.exit_code == 1
    assert "days_above moved from 10 to 16" in hanoi("show", "2").output
    result = hanoi("retry", "2", "--accept-drift", "--json")
    assert result.exit_code == 0
    assert [run["run"] for run in json.loads(result.stdout)] == [3]

    found = facts("diff", "1", "3")
    assert found["findings"] == [
        {"name": "days_above", "old": 10.0, "new": 16.0, "absolute": 6.0, "relative": 0.6}
    ]
    lines = hanoi("diff", "1", "3").output.splitlines()
    assert lines[0].split() == ["finding", "run", "1", "run", "3", "change", "relative"]
    assert lines[1].split() == ["days_above", "10", "16", "+6", "+60.00", "%"]

    daily, once = facts("list")
    assert (daily["state"], daily["last_status"], daily["pages"]) == ("idle", "published", 1)
    assert datetime.fromisoformat(daily["next_run"]).strftime("%H:%M%z") == "05:00+0700"
    assert daily["median_s"] > 0
    assert (once["schedule"], once["next_run"], once["median_s"]) == (None, None, None)


def test_a_run_in_another_process_ends_cleanly_at_a_signal(folder: Path) -> None:
    source = "open('begun', 'w').close(); import time; time.sleep(600)"
    path = folder / "notebooks" / "air.ipynb"
    book = nbformat.read(path, as_version=4)
    book.cells[2].source = source
    nbformat.write(book, path)
    os.mkfifo(folder / "notebooks" / "begun")
    Orders(Ledger(Path(".hanoi/ledger.sqlite"))).place(
        "air-daily", [Wanted("air", "air.html", {"year": 2016})]
    )
    command = [sys.executable, "-m", "hanoi_analytics", "jobs", "start"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        with (folder / "notebooks" / "begun").open("rb") as begun:
            assert begun.read() == b""  # the notebook has come so far
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 0
    (run,) = Ledger(Path(".hanoi/ledger.sqlite")).runs()
    assert (run.status, run.error) == ("failed", "interrupted")
    day, clock, *_ = words.splitlines()[0].split()
    datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S")


def test_what_failed_is_in_the_history_with_its_reason() -> None:
    ledger = Ledger(Path(".hanoi/ledger.sqlite"))
    orders = Orders(ledger)
    orders.place("air-daily", [Wanted("air", "air.html", {"year": 2016})])
    order = orders.claim("1")
    assert order is not None
    error = "ValueError: không có\ndữ liệu " + "x" * 100
    traceback = "Traceback\n  cell.py, line 1"
    ending = Ending("failed", 2.25, error=error, error_cell=3, traceback=traceback)
    orders.end(order, ending)
    ledger.note(order.run, "webhook: answered 204")
    (row,) = facts("history")
    assert (row["seconds"], row["error_cell"], row["error"]) == (2.25, 3, error)
    line = hanoi("history").output.splitlines()[1]
    assert "cell 3: ValueError: không có dữ liệu xxx" in line
    assert line.endswith(" …")
    text = hanoi("show", str(order.run)).output
    assert "traceback:\n  Traceback\n    cell.py, line 1\n" in text
    assert "notice:\n  webhook: answered 204\n" in text
    assert [job["last_status"] for job in facts("list")] == ["failed", None]


def test_columns_of_vietnamese_words_stand_under_their_heads() -> None:
    ledger = Ledger(Path(".hanoi/ledger.sqlite"))
    for page in ("Hà Nội/Ô Chợ Dừa.html", "Ha\u0300 No\u0323\u0302i/O\u0302.html", "plain.html"):
        run = ledger.start(notebook="air", page=page, parameters={}, code_version="1")
        ledger.finish(run, Ending("published", 1.0))
    lines = hanoi("history").output.splitlines()
    assert {line.index("published") for line in lines[1:]} == {lines[0].index("status")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "air-dayly"), "did you mean 'air-daily'?"),
        (("history", "air-dayly"), "did you mean 'air-daily'?"),
        (("show", "7"), "has no run 7"),
        (("retry", "7"), "has no run 7"),
        (("diff", "7", "8"), "has no run 7"),
        (("list", "--file", "jbos.yml"), "jbos.yml"),
        (("run", "air-daily", "--workers", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_2(words: tuple[str, ...], said: str) -> None:
    result = hanoi(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_page_that_is_being_made_is_named_with_its_run() -> None:
    orders = Orders(Ledger(Path(".hanoi/ledger.sqlite")))
    orders.place("air-daily", [Wanted("air", "air.html", {"year": 2016})])
    order = orders.claim("1")
    assert order is not None
    result = hanoi("run", "air-daily")
    assert result.exit_code == 2
    assert f"hanoi jobs show {order.run}" in result.output
    assert [job["state"] for job in facts("list")] == ["running", "idle"]


def test_a_ledger_that_fails_while_working_gives_exit_code_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hanoi_analytics.ledger import LedgerError

    def full(*_: object, **__: object) -> None:
        raise LedgerError("the ledger cannot be written: database or disk is full")

    monkeypatch.setattr(Orders, "claim", full)
    result = hanoi("run", "air-daily")
    assert result.exit_code == 1
    assert "database or disk is full" in result.output
    assert [job["state"] for job in facts("list")] == ["waiting", "idle"]


def test_nothing_due_is_nothing_said() -> None:
    result = hanoi("due")
    assert (result.exit_code, result.stdout) == (0, "")
    assert facts("due") == []


def test_help_names_the_keys_that_machines_get() -> None:
    assert facts("history") == []
    text = hanoi("list", "--help").output
    for key in facts("list")[0]:
        assert key in text
