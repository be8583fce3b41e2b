"""Words as numbers: every word of a name, and every way to write it wrong, has a code.

A name is up to five codes. An error exchanges a code for that of a variant, so that a million
names are changed by looking up arrays; the variants are made once, from the vocabulary.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hanoi_analytics.linkage.synthetic.vocabulary import NEWBORN_PREFIXES, base_words

Codes = NDArray[np.int32]

NO_WORD = -1
_TONES = "\u0300\u0301\u0309\u0303\u0323"  # grave, acute, hook above, tilde, dot below
_TONE_KEYS = dict(zip(_TONES, "fsrxj", strict=True))
_LETTER_KEYS = {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_REGIONAL = (("Vũ", "Võ"), ("Hoàng", "Huỳnh"), ("Phúc", "Phước"), ("Nhật", "Nhựt"))
_BY_EAR = (
    ("gi", ("d", "r")),
    ("d", ("gi", "r")),
    ("r", ("d", "gi")),
    ("s", ("x",)),
    ("x", ("s",)),
    ("ch", ("tr",)),
    ("tr", ("ch",)),
    ("l", ("n",)),
    ("n", ("l",)),
)
_FALLING_RISING = {"\u0309": "\u0303", "\u0303": "\u0309"}
# TCVN3 (TCVN 5712:1993) as Western European text: lower-case letters by base letter, in the order
# plain, grave, acute, hook above, tilde, dot below.
_TCVN3 = {
    "a": "aµ¸¶·¹",
    "ă": "¨»¾¼½Æ",
    "â": "©ÇÊÈÉË",
    "e": "eÌÐÎÏÑ",
    "ê": "ªÒÕÓÔÖ",
    "i": "i×ÝØÜÞ",
    "o": "oßãáâä",
    "ô": "«åèæçé",
    "ơ": "¬êíëìî",
    "u": "uïóñòô",
    "ư": "\u00adõøö÷ù",
    "y": "yúýûüþ",
}
_TCVN3_CAPITALS = {"Đ": "§", "đ": "®", "Ă": "¡", "Â": "¢", "Ê": "£", "Ô": "¤", "Ơ": "¥", "Ư": "¦"}


@dataclass(frozen=True)
class Words:
    """All words and their variants.

    Attributes
    ----------
    text : pyarrow.StringArray
        The words, by code.
    code : dict
        Code of each word.
    first, count, variants : dict of int arrays
        By kind of error, for each code: where its variants begin in ``variants[kind]``, and how
        many there are.
    """

    text: pa.StringArray
    code: dict[str, int]
    first: dict[str, Codes]
    count: dict[str, Codes]
    variants: dict[str, Codes]

    def codes(self, words: Iterable[str]) -> Codes:
        """Return the codes of words."""
        return np.array([self.code[word] for word in words], dtype=np.int32)

    def can(self, kind: str, codes: Codes) -> NDArray[np.bool_]:
        """Say which words have a variant of that kind; no word has none."""
        return (self.count[kind][codes] > 0) & (codes != NO_WORD)

    def vary(self, kind: str, codes: Codes, rng: np.random.Generator) -> Codes:
        """Exchange each word for one of its variants, drawn at random; others stay."""
        count = self.count[kind][codes]
        pick = self.first[kind][codes] + (rng.random(codes.shape) * count).astype(np.int32)
        return np.where(
            self.can(kind, codes),
            self.variants[kind][np.minimum(pick, len(self.variants[kind]) - 1)],
            codes,
        )


@functools.cache
def words() -> Words:
    """Return the words of the vocabularies with their variants, made once."""
    base = base_words()
    made: dict[str, dict[str, list[str]]] = {
        kind: {word: sorted(set(make(word)) - {word}) for word in base}
        for kind, make in _VARIANTS.items()
    }
    known = dict.fromkeys([*base, *NEWBORN_PREFIXES])
    for table in made.values():
        for variants in table.values():
            known.update(dict.fromkeys(variants))
    for kind, make_one in (("marks_lost", without_marks), ("legacy_encoding", tcvn3)):
        made[kind] = {word: [make_one(word)] for word in known if make_one(word) != word}
        known.update(dict.fromkeys(v for [v] in made[kind].values()))
    texts = list(known)
    code = {word: number for number, word in enumerate(texts)}
    first, count, flat = {}, {}, {}
    for kind, table in made.items():
        # The last place stands for no word, which has the code -1.
        count[kind] = np.array([len(table.get(w, ())) for w in texts] + [0], dtype=np.int32)
        first[kind] = (np.cumsum(count[kind]) - count[kind]).astype(np.int32)
        flat[kind] = np.array([code[v] for w in texts for v in table.get(w, ())], dtype=np.int32)
    return Words(pa.array(texts, pa.string()), code, first, count, flat)


def without_marks(word: str) -> str:
    """Return the word without tones, hats, horns and with d for đ."""
    letters = unicodedata.normalize("NFD", word.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def tcvn3(word: str) -> str:
    """Return the word as its TCVN3 bytes look when read as Western European text."""
    return "".join(_tcvn3_letter(letter) for letter in word)


def _tcvn3_letter(letter: str) -> str:
    if letter in _TCVN3_CAPITALS:
        return _TCVN3_CAPITALS[letter]
    plain, tone = _without_tone(letter)
    # Capitals with a tone stand in another font; what is typed in this one is the small letter.
    forms = _TCVN3.get(plain.lower(), "")
    return (
        forms[_TONES.index(tone) + 1]
        if tone and forms
        else (forms[0] if forms and plain.islower() else letter)
    )


def _without_tone(text: str) -> tuple[str, str]:
    letters = unicodedata.normalize("NFD", text)
    tone = "".join(mark for mark in letters if mark in _TONES)
    kept = "".join(mark for mark in letters if mark not in _TONES)
    return unicodedata.normalize("NFC", kept), tone


def _tone_moved(word: str) -> list[str]:
    """Move the tone of oa, oe, uy between its two vowels: Hòa and Hoà, Toàn and Tòan."""
    plain, tone = _without_tone(word)
    found = re.fullmatch(r"(.*?)(o[ae]|uy)([^aeiouyê]*)", plain, re.IGNORECASE)
    if not tone or found is None or plain.lower().startswith("qu"):
        return []
    start, pair, end = found.groups()
    one, two = pair[0], pair[1]
    forms = (start + one + tone + two + end, start + one + two + tone + end)
    return [unicodedata.normalize("NFC", form) for form in forms]


def _i_for_y(word: str) -> list[str]:
    plain, tone = _without_tone(word)
    if not re.fullmatch(r"([hklmstv]|qu)[iy]", plain, re.IGNORECASE):
        return []
    other = {"i": "y", "y": "i"}[plain[-1]]
    return [unicodedata.normalize("NFC", plain[:-1] + other + tone)]


def _regional(word: str) -> list[str]:
    return [b for a, b in _REGIONAL if word == a] + [a for a, b in _REGIONAL if word == b]


def _misheard(word: str) -> list[str]:
    lower = word.lower()
    begun = next(((old, new) for old, new in _BY_EAR if lower.startswith(old)), None)
    heard = []
    if begun is not None and not lower.startswith(("ng", "nh")):
        heard += [(new + lower[len(begun[0]) :]).capitalize() for new in begun[1]]
    letters = unicodedata.normalize("NFD", word)
    for mark, other in _FALLING_RISING.items():
        if mark in letters:
            heard.append(unicodedata.normalize("NFC", letters.replace(mark, other)))
    return heard


def _abbreviated(word: str) -> list[str]:
    begun = re.match(r"(ng|nh|ph|th|tr|ch|kh|gi)", word, re.IGNORECASE)
    long = [begun.group(0).capitalize() + "."] if begun and word == "Nguyễn" else []
    return [*long, word[0] + "."]


def _keyboard_typos(word: str) -> list[str]:
    """Return slips on the keys of the Telex input method, all that one slip can make."""
    made = []
    for place, letter in enumerate(word):
        before, after = word[:place], word[place + 1 :]
        if place > 0:
            made += [before + after, before + letter + letter + after]
            made += [before + beside + after for beside in _beside(letter)]
        if 0 < place < len(word) - 1:
            made.append(before + after[0] + letter + after[1:])
    plain, tone = _without_tone(word)
    if tone:
        made += [plain, plain + _TONE_KEYS[tone]]
        made += [unicodedata.normalize("NFC", _with_tone(word, o)) for o in _TONES]
    for letter, keys in _LETTER_KEYS.items():
        if letter in plain.lower():
            made.append(word.lower().replace(letter, keys).capitalize())
    return [text for text in made if len(text) > 1]


def _with_tone(word: str, tone: str) -> str:
    """Return the word with another tone on the letter that carries its tone."""
    letters = unicodedata.normalize("NFD", word)
    return "".join(tone if mark in _TONES else mark for mark in letters)


def _beside(letter: str) -> list[str]:
    for row in _KEY_ROWS:
        place = row.find(letter)
        if place >= 0:
            return [row[n] for n in (place - 1, place + 1) if 0 <= n < len(row)]
    return []


_VARIANTS: dict[str, Callable[[str], list[str]]] = {
    "tone_moved": _tone_moved,
    "i_for_y": _i_for_y,
    "regional_variant": _regional,
    "misheard": _misheard,
    "abbreviated": _abbreviated,
    "keyboard_typo": _keyboard_typos,
}
