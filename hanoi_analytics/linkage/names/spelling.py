"""Spelling of Vietnamese syllables as SQL: their shape, the place of the tone mark, i or y.

Every function takes an SQL expression of text and returns one. Between stages a name is *padded*:
each syllable has a space of its own on either side, so that a pattern can hold to whole syllables.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal

TONES = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook above, dot below
_VOWELS = (
    "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iu iêu oa oă oe oi oo oai oao oay oeo "
    "ôi ơi ua uâ uê ui uô uơ uy uây uôi uya uyê uyu ưa ưi ươ ưu ươi ươu yê yêu"
)
_NUCLEI = _VOWELS.split()
_ONSETS = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]"
_GLIDED = "ai ao au ay âu ây eo êu iu oi ôi ơi ui ưi ưu"
_GLIDES = tuple(_GLIDED.split())
_OPEN = ("oa", "oe", "uy", "ia", "ua", "ưa", *_GLIDES)
_CLOSED = ("oa", "oe", "uy")
_RISING = ("uyê", "iê", "yê", "uô", "ươ", "uâ", "oă", "uê", "uơ")
_AFTER_Q = [f"qu{vowel}" for vowel in "aeyêiơôăâ"]
_AFTER_G = [f"gi{vowels}" for vowels in ("ươ", *"aeouêơưôăâ")]


def toned(letters: str, place: int, tone: str) -> str:
    """Return untoned letters with a tone on the letter at `place`."""
    return unicodedata.normalize("NFC", letters[: place + 1] + tone + letters[place + 1 :])


def _shape(*, strict: bool) -> str:
    """RE2 of a syllable; strict: without a tone mark on a gliding last vowel, as in "thaí"."""
    spelled = set(_NUCLEI)
    for vowels in _NUCLEI:
        last = len(vowels) - 1 if strict and vowels.endswith(_GLIDES) else len(vowels)
        spelled |= {toned(vowels, place, tone) for place in range(last) for tone in TONES}
    return f"(?:{_ONSETS})?(?:{'|'.join(sorted(spelled))})(?:ch|ng|nh|[cmnpt])?"


SYLLABLE = _shape(strict=False)
SYLLABLE_STRICT = _shape(strict=True)
# What no rightly spelled syllable holds; only such rows are rewritten.
_OPEN_WRONG = (
    "(?:[aăâeêoôơưy]|[^q]u|[^g]i)[àáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ] "  # "hoà", but not "quý", "già"
)
_RISING_WRONG = "q[ùúủũụ]|g[ìíỉĩị][^ ]|[ùúủũụ][ôơâê]|[ừứửữự]ơ|[ìíỉĩịỳýỷỹỵ]ê|[òóỏõọ]ă"
_CLOSED_WRONG = "(?:[òóỏõọ][ae]|[ùúủũụ]y)[^ ]"


def plain_sql(expression: str) -> str:
    """Return SQL for text without Vietnamese marks, in lower case.

    Parameters
    ----------
    expression : str
        SQL of text in Unicode NFC, such as the name of a column.

    Returns
    -------
    str
        An SQL expression; đ becomes d.

    Examples
    --------
    >>> import duckdb
    >>> duckdb.sql("SELECT " + plain_sql("'Đỗ Thị Hòa'")).fetchall()
    [('do thi hoa',)]
    """
    return f"replace(strip_accents(lower({expression})), 'đ', 'd')"


def replaced(expression: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return SQL that replaces each first text by its second, one pair after the other."""
    for old, new in pairs:
        expression = f"replace({expression}, '{old}', '{new}')"
    return expression


def tone_placed(padded: str, *, where: Literal["open", "rising", "closed"]) -> str:
    """Return SQL for a padded name with tone marks in their traditional place.

    To be applied in the order open, rising, closed, since a step may leave work to the next.

    An open oa, oe, uy carries it on the first vowel (hòa, thúy), a closed one on the second (toàn,
    huỳnh). The u of qu and the i of gi belong to the consonant (quý, giá).
    """
    if where == "open":
        wrong, moved = _OPEN_WRONG, replaced(padded, _open_pairs())
    elif where == "rising":
        wrong, moved = _RISING_WRONG, replaced(padded, _rising_pairs())
    else:
        wrong, moved = _CLOSED_WRONG, _closed(padded)
    return f"CASE WHEN regexp_matches({padded}, '{wrong}') THEN {moved} ELSE {padded} END"


def _closed(padded: str) -> str:
    for tone in TONES:
        for vowels in _CLOSED:
            wrong, right = toned(vowels, 0, tone), toned(vowels, 1, tone)
            padded = rf"regexp_replace({padded}, '{wrong}([^ ])', '{right}\1', 'g')"
    return padded


def _open_pairs() -> list[tuple[str, str]]:
    return [
        (toned(vowels, 1, tone) + " ", toned(vowels, 0, tone) + " ")
        for tone in TONES
        for vowels in _OPEN
    ]


def _rising_pairs() -> list[tuple[str, str]]:
    # "uyê", "iê" … carry the tone on ê; "qu" and "gi" pass theirs on. Long patterns come first.
    return [
        (toned(letters, wrong, tone), toned(letters, len(letters) - 1, tone))
        for wrong, group in ((0, _RISING), (1, _AFTER_Q + _AFTER_G))
        for letters in group
        for tone in TONES
    ]


def y_for_i(padded: str) -> str:
    """Return SQL for a padded name with final i written y after h, k, l, m, s, t and qu.

    Lí is Lý, Mĩ is Mỹ, Quí is Quý. Elsewhere the two letters are two sounds (Thúy, Thúi).
    """
    written = padded
    for tone in ("", *TONES):
        i, y = unicodedata.normalize("NFC", "i" + tone), unicodedata.normalize("NFC", "y" + tone)
        written = rf"regexp_replace({written}, ' ([hklmst]|qu){i} ', ' \1{y} ', 'g')"
    guard = "' (?:[hklmst]|qu)[iìíĩỉị] '"
    return f"CASE WHEN regexp_matches({padded}, {guard}) THEN {written} ELSE {padded} END"
