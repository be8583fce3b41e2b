"""The jobs' file of a process that runs for months: read again when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.jobs.file import Job

log = logging.getLogger(__name__)


class KeptFile:
    """The jobs of a file, as they were when it was last without mistakes.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    read : callable
        Reads and checks it.

    Raises
    ------
    JobsFileError
        The file has mistakes at the first reading.
    """

    def __init__(self, path: Path, read: Callable[[Path], dict[str, Job]]) -> None:
        self._path, self._read = path, read
        self._seen = self._state()
        self.jobs = read(path)

    def refresh(self) -> bool:
        """Read the file again if it changed, and tell whether it did; mistakes are told once."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        try:
            self.jobs = self._read(self._path)
        except (HanoiError, OSError) as error:
            log.error("%s; the jobs stay as they were before the change", error)
            return False
        log.info("%s was read again: %d job(s)", self._path.name, len(self.jobs))
        return True

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
