"""No person of the inputs on a page: names and numbers looked for before it is put in place."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue.files import data_folder
from hanoi_analytics.catalogue.people import FOLDER_VARIABLE, KEY_VARIABLE, keyed, marked, plain
from hanoi_analytics.errors import HanoiError

_BITS = 24  # of a hash: a table of 16 million tells at once that most values are not on the page
_LONGEST_NAME = 6  # words
_HASHES_AT_ONCE = 4_000_000
_LETTERS = r"[^\W\d_]+"
# Words that space, one dash, dot or underline joins; a comma, bracket or " - " ends a name.
_BORDER = "\u2063"  # of two cells of a table's row, which may hold the parts of one name
_RUN = re.compile(rf"{_LETTERS}(?:(?:[\s{_BORDER}]{{1,8}}|[._+\-\xad\u200b]){_LETTERS})*")
_WORD = re.compile(_LETTERS)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.])(?:[A-Z]{2}[ -]?)?\d(?:[ .\-\xa0]?\d){7,15}(?:\.0)?(?![A-Za-z0-9]|\.\d)"
)
_GROUPS = re.compile(r"[ .\-\xa0]")
_TAGS_IN_A_WORD = re.compile(
    r"</?(?:a|abbr|b|code|em|font|i|mark|small|span|strong|sub|sup|tspan|u|wbr)\b[^<>]*>", re.I
)
_CELLS = re.compile(r"</?t[dh]\b[^<>]*>", re.I)
_TAGS = re.compile(r"<[^<>]*>")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
# Capitals of a pair of words and its neighbours: a name of its own, not "Ho Chi" of Ho Chi Minh.
_ALONE = {
    True: ([True, True], [True, True, False]),
    False: ([False, True, True], [False, True, True, False]),
}
_LEVELS = 5  # a document in a frame's attribute in a frame's attribute


class PersonFoundError(HanoiError):
    """A page, or the words of an error, hold a name or a number of a person of the inputs."""


class PeopleGuard:
    """What the kernel of one run says of its people, and the search for it.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run, readable by its user alone; it goes with the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()  # the kernel works in another folder
        self._key = secrets.token_urlsafe(12)  # 16 characters, 96 bits

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the kernel's process."""
        return {FOLDER_VARIABLE: str(self._folder), KEY_VARIABLE: self._key}

    def check_page(self, html: str, public: str = "") -> None:
        """Refuse a page that holds a person of the tables its kernel read.

        Parameters
        ----------
        html : str
            The whole page: text, attributes, scripts, frames and data in base64 are read; the
            dots of a picture are not.
        public : str
            Text whose names and numbers are public, such as the authors of the sources.

        Raises
        ------
        PersonFoundError
            With the number of values of each table and column, never a value.
        """
        labels = self._labels()
        if not labels:
            return
        found = self._found({token for token, _, _ in candidates(_distinct(texts_of(html)))})
        allowed = {token for token, _, _ in candidates(public)} if found else set()
        counts = Counter(
            label for token, places in found.items() if token not in allowed for label in places
        )
        if counts:
            listed = "; ".join(f"{n} of {label}" for label, n in sorted(counts.items()))
            raise PersonFoundError(
                f"the page holds names or numbers of people: {listed}. "
                "Show counts, or show the records of nobody; the page that was there stays"
            )

    def mask(self, text: str) -> str:
        """Put a mark in place of every name and number of a person in the words of an error."""
        text = unicodedata.normalize("NFC", text)
        places = [(token, start, end) for token, start, end in candidates(text)]
        found = self._found({token for token, _, _ in places})
        hidden = [(start, end) for token, start, end in places if token in found]
        for start, end in sorted(hidden, reverse=True):
            text = text[:start] + "█" * (end - start) + text[end:]
        return re.sub("█+", "[person]", text)

    def _labels(self) -> dict[Path, str]:
        labels = {}
        for file in sorted(self._folder.glob("*.hashes")):
            label = json.loads(file.with_suffix(".json").read_text("utf-8"))
            labels[file] = f"{label['table']}, column {label['column']}"
        return labels

    def _found(self, tokens: set[str]) -> dict[str, set[str]]:
        """Return the tokens that a kernel's file holds, with the labels of those files."""
        words = sorted(tokens)
        found: dict[str, set[str]] = {}
        labels = self._labels()
        if not words or not labels:
            return found
        hashes = keyed(words, self._key)
        by_hash = dict(zip(hashes.tolist(), words, strict=True))
        seen = np.zeros(2**_BITS, dtype=bool)
        seen[hashes & np.uint64(2**_BITS - 1)] = True
        for file, label in labels.items():
            for part in _parts(file):
                likely = part[seen[part & np.uint64(2**_BITS - 1)]]
                for value in np.intersect1d(likely, hashes).tolist():
                    found.setdefault(by_hash[value], set()).add(label)
        return found


def public_text(sources: Iterable[Mapping[str, Any]]) -> str:
    """Return what a page may say of people: titles, citations and reference tables of its sources.

    Examples
    --------
    >>> public_text([{"id": "x", "title": "Names", "citation": "Lê Trung Hoa", "tier": "own"}])
    'Names\\nLê Trung Hoa'
    """
    texts = []
    for source in sources:
        texts += [str(source["title"]), str(source["citation"])]
        if source["tier"] == "reference":
            file = catalogue.describe(str(source["id"])).file
            texts.append((data_folder() / str(file)).read_text("utf-8"))
    return "\n".join(texts)


def texts_of(html: str) -> Iterator[str]:
    """Yield the readable texts of a page: as it stands, without tags, and with escapes undone.

    Examples
    --------
    >>> "An Bình" in list(texts_of("<p>An <b>B&igrave;nh</b></p>"))[-1]
    True
    """
    text = unicodedata.normalize("NFC", html)
    for _ in range(_LEVELS):
        text, hidden = _without_base64(text)
        for inner in hidden:
            yield from texts_of(inner)
        yield text
        if "<" in text:
            joined = _TAGS_IN_A_WORD.sub("", text)
            yield _TAGS.sub("|", joined)
            if "<td" in joined.lower():  # the parts of a name in cells of their own
                yield _TAGS.sub("|", _CELLS.sub(_BORDER, joined))
        plainer = unicodedata.normalize("NFC", _ESCAPE.sub(_letter, unquote(unescape(text))))
        if plainer == text:
            return
        text = plainer


def candidates(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what might be a person in a text, as `catalogue.people` writes it, with its place.

    Examples
    --------
    >>> [token for token, _, _ in candidates("gọi Vũ An: 0912 345 678")]
    ['2m:gọi vũ', '3:goivuan', '2m:vũ an', '912345678']
    """
    for run in _runs(text):
        yield from _names(run)
    for found in _NUMBER.finditer(text):
        bare = _GROUPS.sub("", found[0].removesuffix(".0")).upper()
        if 9 <= len(bare) <= 15:
            yield bare.lstrip("0"), found.start(), found.end()
            if bare.startswith("84") and len(bare) == 11:  # a telephone number seen from abroad
                yield bare[2:], found.start(), found.end()


@dataclass(frozen=True)
class _Words:
    """Words that stand together: each with its marks, without them, and where."""

    marked: list[str]
    plain: list[str]
    places: list[tuple[int, int]]
    text: str

    def is_pair(self, first: int) -> bool:
        """Tell whether a word and the next stand in one cell."""
        return _BORDER not in self.text[self.places[first][1] : self.places[first + 1][0]]

    def capitals(self, first: int) -> bool:
        """Tell whether a word and the next begin with capitals, and no word beside them."""
        near = [self.text[start].isupper() for start, _ in self.places]
        return near[max(first - 1, 0) : first + 3] in _ALONE[first == 0]


def _distinct(texts: Iterator[str]) -> str:
    """Return what might be a person in any of the texts, each once."""
    found: set[str] = set()
    for text in texts:
        found.update(_RUN.findall(text))
        found.update(_NUMBER.findall(text))
    return "|".join(found)


def _runs(text: str) -> Iterator[_Words]:
    for run in _RUN.finditer(text):
        places = [word.span() for word in _WORD.finditer(text, run.start(), run.end())]
        words = " ".join(text[start:end] for start, end in places)
        yield _Words(marked(words).split(" "), plain(words).split(" "), places, text)


def _names(run: _Words) -> Iterator[tuple[str, int, int]]:
    for first, (start, _) in enumerate(run.places):
        joined = ""
        for last in range(first, min(first + _LONGEST_NAME, len(run.plain))):
            end = run.places[last][1]
            joined += run.plain[last]
            if last == first + 1 and run.is_pair(first):
                pair = f"{run.marked[first]} {run.marked[last]}"
                if not pair.isascii():
                    yield f"2m:{pair}", start, end
                elif run.capitals(first):
                    yield f"2p:{pair}", start, end
            # Fewer than three words are a name when they are stuck together, and then long.
            if (last > first + 1 or len(joined) > 7) and len(joined) < 60:
                yield f"3:{joined}", start, end


def _parts(file: Path) -> Iterator[npt.NDArray[np.uint64]]:
    with file.open("rb") as stream:
        while (part := np.fromfile(stream, np.uint64, _HASHES_AT_ONCE)).size:
            yield part


def _without_base64(text: str) -> tuple[str, list[str]]:
    hidden = []

    def take(found: re.Match[str]) -> str:
        try:
            inner = base64.b64decode(found[0]).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            # Letters that are no text may still be words that stick together, as of an address.
            return found[0] if len(found[0]) < 200 else "|"
        hidden.append(inner)
        return "|"

    return _BASE64.sub(take, text), hidden


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))
