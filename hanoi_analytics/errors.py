"""The base of every error this package raises on purpose, and the nearest-match hint."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HanoiError(Exception):
    """Base class: catch this to catch whatever the package reports about its inputs."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word closest to a mistyped one, whatever its case.

    Parameters
    ----------
    name : str
        The word that was not found.
    known : iterable of str
        The words that would have been right.

    Returns
    -------
    str
        ``"did you mean 'x'?"``, or the list of known words when none is close.

    Examples
    --------
    >>> nearest("hanoi_ward", ["hanoi_wards", "vn_provinces"])
    "did you mean 'hanoi_wards'?"
    """
    words = sorted(set(known))
    lower = {word.lower(): word for word in words}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean {lower[close[0]]!r}?"
    if not words:
        return "there are none"
    shown = ", ".join(words[:12]) + (f", … ({len(words)} in all)" if len(words) > 12 else "")
    return f"known: {shown}"
