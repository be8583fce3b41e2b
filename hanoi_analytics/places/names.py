"""Vietnamese place names: one spelling to show, one key to join by."""

from __future__ import annotations

import re
import unicodedata

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # grave, acute, tilde, hook above, dot below
_PUNCTUATION = re.compile(r"[^\w\s\u0300-\u036f]|_")


def tidy(name: str) -> str:
    """Return a name in composed Unicode (NFC) with single spaces, otherwise as it was written.

    Examples
    --------
    >>> tidy("  Phường   Ba \\u0110i\\u0300nh ") == "Phường Ba Đình"
    True
    """
    return unicodedata.normalize("NFC", " ".join(name.split()))


def join_key(name: str) -> str:
    """Return the key two spellings of one name share.

    Case, spacing, hyphens and the Unicode form do not count, nor where the tone mark of a
    syllable stands (Hòa and Hoà, Thủy and Thuỷ). All marks count: Sơn Đông and Sơn Đồng are two
    places.

    Parameters
    ----------
    name : str
        With or without the word for its kind (Phường, Xã …), which stays in the key.

    Returns
    -------
    str
        Lower case, with the tone of each syllable at its end. Not for showing.

    Examples
    --------
    >>> join_key("Hòa Xá") == join_key("HOÀ  XÁ")
    True
    >>> join_key("Sơn Đông") == join_key("Sơn Đồng")
    False
    """
    text = unicodedata.normalize("NFD", name).casefold()
    return " ".join(_tone_last(word) for word in _PUNCTUATION.sub(" ", text).split())


def _tone_last(word: str) -> str:
    tones = "".join(mark for mark in word if mark in _TONES)
    return "".join(mark for mark in word if mark not in _TONES) + tones
