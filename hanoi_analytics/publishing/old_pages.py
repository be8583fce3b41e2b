"""Old pages: what stood at a page's place is kept beside it, under the number of its run."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from hanoi_analytics.publishing.site import replace_file

# The exporter writes attributes in an order of its own.
_MARK = re.compile(rb'<meta (?=[^<>]*\bname="hanoi-run")[^<>]*\bcontent="(\d+)"')
_HEAD_BYTES = 4096
_NUMBER = re.compile(r"\.run-(\d+)\.html$")


def put_in_place(page: Path, html: str, *, keep: int) -> None:
    """Replace a page, and keep the newest `keep` of those it had before.

    The old page of run 12 of ``air.html`` is ``air.run-12.html``; one that does not say which run
    made it has the number 0. With ``keep=0`` none is made, and those that are there stay.

    Parameters
    ----------
    page : pathlib.Path
        The old page is there, whole, until the new one takes its place.
    html : str
        The new page.
    keep : int
        How many old pages are kept.

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full: the old page is still there.
    """
    if keep == 0 or not page.is_file():
        replace_file(page, html)
        return
    old = page.with_name(f"{page.stem}.run-{run_of(page)}.html")
    old.unlink(missing_ok=True)  # of a run that was stopped between the two steps below
    os.link(page, old)
    try:
        replace_file(page, html)
    except BaseException:
        old.unlink()
        raise
    for _, outdated in old_pages(page)[keep:]:
        outdated.unlink(missing_ok=True)


def old_pages(page: Path) -> list[tuple[int, Path]]:
    """Return (run, path) of the old pages of a page, the newest first."""
    found = []
    for path in page.parent.glob(f"{glob.escape(page.stem)}.run-*.html"):
        number = _NUMBER.search(path.name)
        # A notebook may have such a name of its own: then the page is of another run.
        if number and path.name == f"{page.stem}{number[0]}" and run_of(path) == int(number[1]):
            found.append((int(number[1]), path))
    return sorted(found, reverse=True)


def run_of(page: Path) -> int:
    """Return the run that made a page, 0 if the page does not say or was taken away just now."""
    try:
        with page.open("rb") as stream:
            found = _MARK.search(stream.read(_HEAD_BYTES))
    except FileNotFoundError:
        return 0
    return int(found[1]) if found else 0
