"""Whether the process that began a run is still there, told by a lock that the system holds.

A process number is given again to others, and the moment a process was started shifts when the
clock is set. A lock on an open file goes with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from pathlib import Path

_mine: dict[tuple[int, Path], tuple[str, int]] = {}
_one_at_a_time = threading.Lock()


def mine(folder: Path) -> str:
    """Return the name under which this process is present in a folder, and hold its lock.

    The lock is kept until the process ends.
    """
    key = (os.getpid(), folder.resolve())
    with _one_at_a_time:
        if key not in _mine:
            _mine[key] = _hold(folder)
        return _mine[key][0]


def is_there(folder: Path, name: str | None) -> bool:
    """Tell whether the process of that name still runs; the file of one that is gone is removed."""
    if name is None:
        return False
    path = folder / name
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # Shared: two that ask at the same moment must not take each other for the owner.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove the files of processes that are gone."""
    for path in folder.glob("*.lock"):
        is_there(folder, path.name)


def _hold(folder: Path) -> tuple[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        name = f"{uuid.uuid4().hex}.lock"
        handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Between the two lines above a sweep may have taken the file away.
        if (folder / name).exists():
            return name, handle
        os.close(handle)
