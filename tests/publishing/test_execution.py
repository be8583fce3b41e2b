"""A run within its limits: memory, output, and an end to every process it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing import processes
from hanoi_analytics.publishing.execution import (
    NotebookFailedError,
    Request,
    end_leftovers,
    execute,
)
from hanoi_analytics.publishing.failure import failed

# A kernel that has a child in a session of its own, as a worker or a server would be.
CHILD = """
import os, pathlib, subprocess, sys, time
sleeper = [sys.executable, '-c', 'import time; time.sleep(600)']
child = subprocess.Popen(sleeper, start_new_session=True)
part = pathlib.Path({told!r} + '.part')
part.write_text(f'{{os.getppid()}} {{os.getpid()}} {{child.pid}}')
part.rename({told!r})
time.sleep(600)
"""
# A process that runs a notebook and cannot say goodbye when it is killed.
PUBLISHER = """
import sys
from pathlib import Path
from hanoi_analytics.publishing.execution import Request, execute
folder = Path(sys.argv[1])
execute(Request(folder / 'a.ipynb', {}, folder, 600, sys.argv[2]))
"""


@pytest.fixture
def token(tmp_path: Path) -> Iterator[str]:
    yield str(tmp_path)
    end_leftovers(str(tmp_path))


def notebook(folder: Path, *code: str) -> Path:
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    )
    book.cells = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]})]
    book.cells += [nbformat.v4.new_code_cell(source) for source in code]
    nbformat.write(book, folder / "a.ipynb")
    return folder / "a.ipynb"


def carrying(token: str) -> dict[str, str]:
    return {**os.environ, "HANOI_ANALYTICS_RUN": token}


def failure(request: Request) -> NotebookFailedError:
    with pytest.raises(NotebookFailedError) as caught:
        execute(request)
    return caught.value


def come(told: Path, still: Callable[[], bool]) -> list[psutil.Process]:
    """Wait until a notebook has told its processes: papermill's, the kernel, and its child."""
    for _ in range(600):
        if told.exists():
            return [psutil.Process(int(number)) for number in told.read_text().split()]
        assert still(), "it ended before its notebook was at work"
        threading.Event().wait(0.1)
    raise AssertionError("the notebook never started")


def all_gone(members: list[psutil.Process], within_s: float) -> bool:
    return not psutil.wait_procs(members, timeout=within_s)[1]


def test_a_run_above_its_memory_limit_is_ended_and_says_so(tmp_path: Path, token: str) -> None:
    code = "import time\nheld = b'x' * 700_000_000\ntime.sleep(600)"
    error = failure(
        Request(notebook(tmp_path, "1 + 1", code), {"year": 1}, tmp_path, 120, token, memory_gb=0.6)
    )
    assert str(error).startswith("stopped at its memory limit of 0.6 GB: it used ")
    assert not error.timed_out
    # Cells count as in the author's notebook, without the parameters papermill puts in.
    assert error.cell == 3
    assert 0.6e9 < error.peak_memory_bytes < 1.2e9
    ending = failed(error, Ending("failed"))
    assert (ending.status, ending.error_cell) == ("failed", 3)
    assert ending.peak_memory_bytes == error.peak_memory_bytes


def test_a_notebook_that_prints_without_end_is_stopped_and_its_cell_named(
    tmp_path: Path, token: str
) -> None:
    path = notebook(tmp_path, "print('a little')", "while True: print('x' * 100_000)")
    error = failure(Request(path, {}, tmp_path, 120, token))
    assert "larger than 64 million characters, most of them of cell 3" in str(error)
    assert error.cell == 3


def test_a_run_leaves_nothing_behind_when_papermill_is_killed(tmp_path: Path, token: str) -> None:
    told = tmp_path / "told"
    request = Request(notebook(tmp_path, CHILD.format(told=str(told))), {}, tmp_path, 120, token)
    found: list[NotebookFailedError] = []
    runner = threading.Thread(target=lambda: found.append(failure(request)))
    runner.start()
    members = come(told, runner.is_alive)
    assert [p.environ()["HANOI_ANALYTICS_RUN"] for p in members] == [token] * 3
    members[0].kill()
    runner.join(60)
    assert str(found[0]) == "papermill's process was killed by signal 9"
    assert found[0].cell == 2
    assert all_gone(members, 0)


def test_a_run_ends_itself_when_the_process_that_wanted_it_is_killed(
    tmp_path: Path, token: str
) -> None:
    told = tmp_path / "told"
    notebook(tmp_path, CHILD.format(told=str(told)))
    command = [sys.executable, "-c", PUBLISHER, str(tmp_path), token]
    with subprocess.Popen(command) as publisher:
        members = come(told, lambda: publisher.poll() is None)
        sockets = {c.laddr.rpartition("/")[0] for c in members[1].net_connections("unix")}
        (folder,) = (Path(name) for name in sockets if "hanoi-" in name)
        assert folder.is_dir()
        publisher.send_signal(signal.SIGKILL)
    assert all_gone(members, 20)
    assert not folder.exists()


def test_leftovers_are_known_by_their_token(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_GRACE_S", 0.5)
    deaf = "import signal, time; signal.signal(2, signal.SIG_IGN)"  # to Ctrl-C
    command = [sys.executable, "-c", f"{deaf}; print(1, flush=True); time.sleep(60)"]
    with (
        subprocess.Popen(command, env=carrying(token), stdout=subprocess.PIPE) as ours,
        subprocess.Popen(command, env=carrying(token + "1"), stdout=subprocess.PIPE) as other,
    ):
        try:
            for process in (ours, other):
                assert process.stdout is not None
                assert process.stdout.readline() == b"1\n"
            assert end_leftovers(token) == 1
            assert not psutil.pid_exists(ours.pid)
            assert other.poll() is None
            assert end_leftovers(token) == 0
        finally:
            ours.kill()
            other.kill()


def test_the_way_a_kernel_died_is_told(tmp_path: Path, token: str) -> None:
    error = failure(Request(notebook(tmp_path, "import os; os._exit(7)"), {}, tmp_path, 120, token))
    assert (str(error), error.cell) == ("the kernel died with exit code 7", 2)
