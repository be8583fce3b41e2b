"""Hidden folders beside a target, in which it is made; those of killed processes are cleared."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import mkdtemp

if sys.platform != "win32":
    import fcntl

#: In a hidden folder: what stood under the target's name until the new took its place.
OLD = "old"


@contextmanager
def hidden_folder(target: Path) -> Iterator[Path]:
    """Give a hidden folder beside a target, removed in the end, and clear what others left.

    While its process lives the folder is locked. One that is not was left by a killed process;
    it is removed, and if the target's name stands empty, what the folder holds as :data:`OLD`
    takes it again. Where folders cannot be locked, as on Windows and NFS, they are left.

    Parameters
    ----------
    target : pathlib.Path
        In a folder that exists.

    Yields
    ------
    pathlib.Path
        Named ``.<target>.<eight letters>.part``.
    """
    _clear(target)
    made = Path(mkdtemp(prefix=f".{target.name}.", suffix=".made", dir=target.parent))
    with _locked(made):
        # Only now has it a name by which others may take it for one that was left.
        folder = made.rename(made.with_suffix(".part"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def _clear(target: Path) -> None:
    letters = "[a-z0-9_]" * 8
    for folder in target.parent.glob(f".{escape(target.name)}.{letters}.part"):
        with _locked(folder) as locked:
            if not locked:
                continue
            if (folder / OLD).exists() and not target.exists():
                (folder / OLD).rename(target)
            # Another user's folder may not be removable; that is no reason not to write.
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder, and say whether that was possible; the kernel unlocks it after a kill."""
    if sys.platform == "win32":
        yield False
        return
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:  # Just removed by its owner, or another user's.
        yield False
        return
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked = True
        except OSError:  # Held by a living process, or a file system without locks.
            locked = False
        yield locked
    finally:
        os.close(opened)
