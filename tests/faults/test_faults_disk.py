"""Disks that are full or may not be written: the old page stands whole, and the reason is told."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.tiny import Tiny, check_whole

# On a page `<` is `&lt;`: the page has 600 kB, the notebook with its output a quarter of that.
LARGE = "print('<' * 150_000)"
BETWEEN_BYTES = 400_000
OLD = "<!doctype html><html lang='en'><title>Old</title><body>What stood here.</body></html>"
JOB = "one:\n  notebook: tiny\n  retry_lost: true\n  backoff_s: 0"
# Python ignores the signal of a file that grows too large; with this the system kills the process
# in the middle of the write. Notebooks are left alone.
KILLED_AT_THE_LIMIT = """
import os, signal
if "HANOI_ANALYTICS_RUN" not in os.environ:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
"""


def with_old_page(folder: Path, code: str = LARGE) -> Tiny:
    tiny = Tiny(folder, JOB, code)
    tiny.site.mkdir(exist_ok=True)
    (tiny.site / "tiny.html").write_text(OLD, "utf-8")
    return tiny


def check_old_page(tiny: Tiny) -> None:
    """Hold that the old page is as it was, and no half of a new one lies beside it."""
    assert (tiny.site / "tiny.html").read_text("utf-8") == OLD
    assert list(tiny.site.glob(".*.part")) == []


def last_error(tiny: Tiny) -> str:
    (run,) = tiny.rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1")
    assert run["status"] == "failed"
    return str(run["error"])


def test_a_page_larger_than_a_file_may_be(tmp_path: Path) -> None:
    tiny = with_old_page(tmp_path)
    code, _ = tiny.hanoi("run", "one", largest_file_bytes=BETWEEN_BYTES)
    assert code == 1
    assert "File too large" in last_error(tiny)
    check_old_page(tiny)

    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "sitecustomize.py").write_text(KILLED_AT_THE_LIMIT, "utf-8")
    shim = {"PYTHONPATH": str(tmp_path / "shim")}
    code, _ = tiny.hanoi("run", "one", largest_file_bytes=BETWEEN_BYTES, environment=shim)
    assert code == -signal.SIGXFSZ
    assert (tiny.site / "tiny.html").read_text("utf-8") == OLD
    # It died as this test means it to: half of the page was written.
    (part,) = tiny.site.glob(".*.part")
    assert 0 < part.stat().st_size <= BETWEEN_BYTES

    code, said = tiny.hanoi("due")
    assert code == 0, said
    ends = tiny.rows("SELECT status, attempt FROM runs ORDER BY id")
    assert [tuple(row.values()) for row in ends] == [("failed", 1), ("lost", 1), ("published", 2)]
    assert check_whole(tiny.site / "tiny.html").run == 3
    tiny.check_left()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB on a folder, and take it away again whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small disk is not allowed here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        if subprocess.run(["umount", str(folder)], check=False).returncode != 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path, leave_bytes: int = 0) -> Iterator[None]:
    """Fill a disk but for some bytes."""
    ballast, state = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - leave_bytes))
    yield
    ballast.unlink()


def test_the_disk_of_the_site_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "site") as disk:
        tiny = with_old_page(tmp_path)
        # Room for the notebook with its output, none for the page; then none for anything.
        for room_bytes in (BETWEEN_BYTES, 0):
            with full(disk, room_bytes):
                code, said = tiny.hanoi("run", "one")
            assert code == 1, said
            assert "No space left on device" in last_error(tiny)
            check_old_page(tiny)
        assert len(tiny.rows("SELECT * FROM runs")) == 2
        tiny.check_left()


def test_the_disk_of_the_ledger_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / ".hanoi") as disk:
        fill = (
            "import os\n"
            f"if os.path.exists({str(tmp_path / 'fill')!r}):\n"
            f"    with open({str(disk / 'ballast')!r}, 'wb', buffering=0) as ballast:\n"
            "        for size in (100_000, 1000, 1):\n"
            "            try:\n"
            "                while ballast.write(bytes(size)):\n"
            "                    pass\n"
            "            except OSError:\n"
            "                continue"
        )
        tiny = with_old_page(tmp_path, fill)
        code, said = tiny.hanoi("history")  # makes the ledger
        assert code == 0, said
        with full(disk):
            code, said = tiny.hanoi("run", "one")
        assert code != 0
        assert "ledger.sqlite" in said
        assert "0.0 MB free" in said
        assert "Traceback" not in said
        assert tiny.rows("SELECT * FROM runs") == tiny.rows("SELECT * FROM orders") == []
        check_old_page(tiny)

        (tmp_path / "fill").touch()
        code, said = tiny.hanoi("run", "one")
        assert code == 1
        assert "0.0 MB free" in said
        assert "Traceback" not in said
        (disk / "ballast").unlink()
        (tmp_path / "fill").unlink()
        assert [run["status"] for run in tiny.rows("SELECT * FROM runs")] == ["running"]

        code, said = tiny.hanoi("due")
        assert code == 0, said
        ends = tiny.rows("SELECT status, attempt FROM runs ORDER BY id")
        assert [tuple(row.values()) for row in ends] == [("lost", 1), ("published", 2)]
        assert check_whole(tiny.site / "tiny.html").run == 2
        tiny.check_left()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write into a folder; root is stopped only by a disk."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


def test_the_site_may_not_be_written(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        check_read_only(with_old_page(tmp_path))
        return
    with small_disk(tmp_path / "site"):
        check_read_only(with_old_page(tmp_path))


def check_read_only(tiny: Tiny) -> None:
    with read_only(tiny.site):
        code, said = tiny.hanoi("run", "one")
        assert code == 1
        assert "Traceback" not in said
        assert last_error(tiny).startswith(("[Errno 30] Read-only", "[Errno 13] Permission"))
        check_old_page(tiny)
    assert [order["state"] for order in tiny.rows("SELECT * FROM orders")] == ["done"]
