"""The ledger keeps every run, survives a kill, and is never remade over another file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hanoi_analytics.ledger import Ending, Ledger, LedgerError

RUN = {"notebook": "overview/claims", "parameters": {"year": 2030, "ward": "Bồ Đề"}}
VERSION_1 = """
CREATE TABLE runs (id INTEGER PRIMARY KEY, notebook TEXT NOT NULL, page TEXT NOT NULL,
    parameters TEXT NOT NULL, code_version TEXT NOT NULL, sources TEXT NOT NULL DEFAULT '[]',
    started_at TEXT NOT NULL, ended_at TEXT, status TEXT NOT NULL, error_cell INTEGER, error TEXT,
    process_id INTEGER NOT NULL, process_started REAL NOT NULL) STRICT;
CREATE INDEX runs_by_page ON runs (page, id);
INSERT INTO runs VALUES
    (4, 'a', 'a.html', '{"year": 2030}', '0.1', '[{"id": "w"}]', 't1', 't2', 'published', NULL,
        NULL, 1, 2.0),
    (7, 'b', 'b.html', '{}', '0.1', '[]', 't3', NULL, 'running', NULL, NULL, 1, 2.0);
PRAGMA user_version = 1;
"""


def start(ledger: Ledger, page: str = "overview/claims.html") -> int:
    return ledger.start(page=page, code_version="1", **RUN)


def test_a_run_is_written_when_it_starts_and_when_it_ends(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs" / "ledger.sqlite")
    run = start(ledger)
    row = ledger.run(run)
    assert (row.id, row.status, row.ended_at, row.attempt) == (run, "running", None, 1)
    assert row.parameters == {"year": 2030, "ward": "Bồ Đề"}
    source = {"id": "wards", "sha256": "ab"}
    findings = {"people": 8_807_523.0, "share": None}
    ending = Ending(
        "published", seconds=1.5, sources=[source], findings=findings, peak_memory_bytes=10**9
    )
    assert ledger.finish(run, ending)
    row = ledger.run(run)
    assert (row.status, row.sources, row.findings) == ("published", [source], findings)
    assert (row.seconds, row.peak_memory_bytes) == (1.5, 10**9)
    assert row.ended_at is not None


def test_an_end_is_written_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    run = start(ledger)
    assert ledger.finish(run, Ending("failed", error="ValueError: no", error_cell=3, traceback="t"))
    assert not ledger.finish(run, Ending("published"))
    row = ledger.run(run)
    assert (row.status, row.error, row.error_cell, row.traceback) == (
        "failed",
        "ValueError: no",
        3,
        "t",
    )


def test_parameters_that_had_to_be_masked_are_replaced(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    run = start(ledger)
    ledger.finish(run, Ending("failed", parameters={"year": 2030, "ward": "[name]"}))
    assert ledger.run(run).parameters == {"year": 2030, "ward": "[name]"}
    assert "Bồ" not in (tmp_path / "ledger.sqlite").read_bytes().decode("utf-8", "replace")


def test_what_is_said_after_a_run_is_added_line_by_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    run = start(ledger)
    assert ledger.run(run).notice is None
    ledger.note(run, "command: exit code 0")
    ledger.note(run, "webhook: refused")
    assert ledger.run(run).notice == "command: exit code 0\nwebhook: refused"


def test_the_last_run_and_the_last_success_are_told_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    first = start(ledger)
    ledger.finish(first, Ending("published"))
    second = start(ledger)
    ledger.finish(second, Ending("failed", error="ValueError: no", error_cell=3))
    other = start(ledger, "overview/hanoi.html")
    page = "overview/claims.html"
    assert ledger.last_published()[page].id == first
    assert ledger.last_runs()[page].id == second
    assert [run.id for run in ledger.runs()] == [other, second, first]
    assert [run.id for run in ledger.runs(page=page, limit=1)] == [second]
    assert ledger.runs(job="daily") == []


def test_an_unknown_run_is_named_with_those_there_are(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(LedgerError, match="has no run 3; it holds none yet"):
        ledger.run(3)
    start(ledger)
    for ask in (ledger.run, ledger.token):
        with pytest.raises(LedgerError, match="has no run 9; its runs are numbered 1 to 1"):
            ask(9)


def test_a_run_whose_process_was_killed_is_marked_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path; from hanoi_analytics.ledger import Ledger;"
        "Ledger(Path(sys.argv[1])).start(notebook='a', page='a.html', parameters={},"
        " code_version='1'); print('started', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        ledger = Ledger(path)
        own = start(ledger)
        assert ledger.mark_lost() == []
        os.kill(process.pid, signal.SIGKILL)
    (lost,) = ledger.mark_lost()
    assert (lost.id, lost.page) == (1, "a.html")
    assert ledger.run(1).status == "lost"
    assert ledger.run(1).error == "its process ended without a word"
    assert ledger.run(own).status == "running"
    assert ledger.mark_lost() == []
    assert len(list((tmp_path / "ledger.sqlite.running").iterdir())) == 1


def test_the_file_is_in_wal_mode(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.sqlite")
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_ledger_of_version_1_keeps_its_runs(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.executescript(VERSION_1)
    connection.close()
    ledger = Ledger(tmp_path / "ledger.sqlite")
    old = ledger.run(4)
    assert (old.status, old.parameters, old.sources) == ("published", {"year": 2030}, [{"id": "w"}])
    assert (old.started_at, old.ended_at, old.findings, old.job) == ("t1", "t2", {}, None)
    assert ledger.run(7).status == "lost"
    assert start(Ledger(tmp_path / "ledger.sqlite")) == 8


def test_a_broken_file_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    content = b"not a database, but long enough to look like one" * 40
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite cannot be used"):
        Ledger(path)
    assert path.read_bytes() == content


def test_a_page_of_the_file_written_over_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for _ in range(200):
        start(ledger)
    content = bytearray(path.read_bytes())
    content[-8192:-4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite cannot be used"):
        Ledger(path)
    assert path.read_bytes() == bytes(content)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE accounts (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger(path)


def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path; from hanoi_analytics.ledger import Ending, Ledger;"
        "ledger = Ledger(Path(sys.argv[1]));"
        "[ledger.finish(ledger.start(notebook='a', page=f'{sys.argv[2]}{i}.html', parameters={},"
        " code_version='1'), Ending('published')) for i in range(25)]"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    runs = Ledger(path).last_runs()
    assert len(runs) == 50
    assert {run.status for run in runs.values()} == {"published"}
