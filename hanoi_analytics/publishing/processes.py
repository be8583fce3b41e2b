"""The processes of one run: the memory they use together, and an end to all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence

import psutil

#: Carried by every process of a run; `kernel_process` reads it too.
RUN_VARIABLE = "HANOI_ANALYTICS_RUN"
_GRACE_S = 5.0
_ROUNDS = 5  # of looking for processes that others started while they were being ended


class Family:
    """A process and all that it started, while it lives.

    Parameters
    ----------
    process : subprocess.Popen
        The first of them.

    Attributes
    ----------
    peak_bytes : int
        The most memory the family was seen to use at one moment.
    cost_s : float
        How long the last look took.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.peak_bytes = 0
        self.cost_s = 0.0

    def memory_bytes(self) -> int:
        """Return the resident memory of the family at this moment, and remember the peak.

        It is the sum of what is resident, which is quick to read. Only where that would be a new
        peak of more than the two processes each run has is memory that forked children share
        counted once (Linux: proportional set size).
        """
        clock = time.perf_counter()
        members = self._members()
        used = sum(_resident_bytes(member) for member in members)
        if used > self.peak_bytes and len(members) > 2:
            used = sum(_proportional_bytes(member) for member in members)
        self.peak_bytes = max(self.peak_bytes, used)
        self.cost_s = time.perf_counter() - clock
        return used

    def end(self) -> None:
        """End the family, and wait until the first of it is gone."""
        end_processes(self._members())
        self._process.wait(timeout=_GRACE_S)

    def _members(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def end_processes(members: Sequence[psutil.Process]) -> None:
    """End processes that still live: SIGINT, then SIGTERM, then SIGKILL."""
    left = list(members)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for member in left:
            try:
                member.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        _, left = psutil.wait_procs(left, timeout=_GRACE_S)
        if not left:
            return


def end_leftovers(token: str) -> int:
    """End every process of this user that carries the token of a run; return how many there were.

    A kernel has a session of its own, and what it starts may outlive it. The environment a process
    was started with tells whose it is; one that was started with an empty one is not found.

    Parameters
    ----------
    token : str
        Value of ``HANOI_ANALYTICS_RUN`` in the processes of the run. This process is left alone.

    Examples
    --------
    >>> end_leftovers("a run that never was")
    0
    """
    found = 0
    for _ in range(_ROUNDS):
        left = [process for process in psutil.process_iter() if _carries(process, token)]
        if not left:
            break
        found += len(left)
        end_processes(left)
    return found


def _carries(process: psutil.Process, token: str) -> bool:
    try:
        return (
            process.pid != os.getpid()
            and process.uids().real == os.getuid()
            and process.environ().get(RUN_VARIABLE) == token
        )
    except (psutil.Error, OSError):  # gone, a zombie, or not ours to look at
        return False


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended between two lines
        return 0


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return _resident_bytes(process)
    return int(getattr(memory, "pss", memory.rss))
