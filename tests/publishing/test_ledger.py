"""The ledger keeps every run, survives a kill, and is never remade over another file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hanoi_analytics.publishing.ledger import Ledger, LedgerError

RUN = {"notebook": "overview/claims", "parameters": {"year": 2030, "ward": "Bồ Đề"}}


def start(ledger: Ledger, page: str = "overview/claims.html") -> int:
    return ledger.start(page=page, code_version="1", **RUN)


def test_a_run_is_written_when_it_starts_and_when_it_ends(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs" / "ledger.sqlite")
    run = start(ledger)
    (row,) = ledger.last_runs().values()
    assert (row.id, row.status, row.ended_at) == (run, "running", None)
    assert row.parameters == {"year": 2030, "ward": "Bồ Đề"}
    ledger.finish(run, "published", sources=[{"id": "wards", "sha256": "ab"}])
    (row,) = ledger.last_runs().values()
    assert (row.status, row.sources) == ("published", [{"id": "wards", "sha256": "ab"}])
    assert row.ended_at is not None


def test_the_last_run_and_the_last_success_are_told_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    first = start(ledger)
    ledger.finish(first, "published")
    second = start(ledger)
    ledger.finish(second, "failed", error="ValueError: no", error_cell=3)
    page = "overview/claims.html"
    assert ledger.last_published()[page].id == first
    last = ledger.last_runs()[page]
    assert (last.id, last.error, last.error_cell) == (second, "ValueError: no", 3)


def test_a_run_of_a_live_process_is_not_lost(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    start(ledger)
    assert ledger.mark_lost() == []


def test_a_run_whose_process_was_killed_is_marked_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys, time; from pathlib import Path; from hanoi_analytics.publishing import Ledger;"
        "Ledger(Path(sys.argv[1])).start(notebook='a', page='a.html', parameters={},"
        " code_version='1'); print('started', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        ledger = Ledger(path)
        assert ledger.mark_lost() == []
        os.kill(process.pid, signal.SIGKILL)
    assert ledger.mark_lost() == [1]
    assert ledger.last_runs()["a.html"].status == "lost"


def test_the_file_is_in_wal_mode(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.sqlite")
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to look like one" * 40])
def test_a_broken_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite cannot be used"):
        Ledger(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE accounts (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="version 0, expected 1"):
        Ledger(path)


def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path; from hanoi_analytics.publishing import Ledger;"
        "ledger = Ledger(Path(sys.argv[1]));"
        "[ledger.finish(ledger.start(notebook='a', page=f'{sys.argv[2]}{i}.html', parameters={},"
        " code_version='1'), 'published') for i in range(25)]"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    runs = Ledger(path).last_runs()
    assert len(runs) == 50
    assert {run.status for run in runs.values()} == {"published"}
