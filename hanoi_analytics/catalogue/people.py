"""Tables of people: what of them may be on no page, told to the publisher as keyed hashes.

A run of `publishing` gives its kernel a folder and a random key. Whoever reads a table of people
in that kernel calls `guard_people`; the hashes of its names and numbers go to that folder, and the
publisher looks for each of them in the finished page. The key is never written to a disk, so what
a killed run leaves behind says nothing.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.catalogue.entries import CatalogueError

FOLDER_VARIABLE = "HANOI_ANALYTICS_GUARD"
KEY_VARIABLE = "HANOI_ANALYTICS_GUARD_KEY"
NAMES = ("full_name",)
NUMBERS = ("cccd", "cmnd", "bhyt", "bhxh", "phone")

_ROWS_AT_ONCE = 500_000
_MARKS = re.compile(r"[\u0300-\u036f]+")
_NO_LETTERS = re.compile(r"(?:(?!\n)[\W\d_])+")
_SIGNS = re.compile(r"[^A-Z0-9\n]+")
_ENDING = re.compile(r"\.0$", re.MULTILINE)  # of whole numbers in a column of floats


def guard_people(
    people: pd.DataFrame | Path | Iterable[pd.DataFrame],
    *,
    title: str,
    names: Sequence[str] = NAMES,
    numbers: Sequence[str] = NUMBERS,
) -> None:
    """Name a table whose people must be on no page: publishing fails if one is found there.

    Outside a run of the publisher there is no page, and nothing but the columns is looked at.

    Parameters
    ----------
    people : pandas.DataFrame, pathlib.Path or iterable of pandas.DataFrame
        The table, a folder (or a file) of Parquet, or parts of a table that is larger than memory.
    title : str
        What the table is, for the publisher's message; no person's value.
    names : sequence of str
        Columns of whole names, of two syllables or more.
    numbers : sequence of str
        Columns of identifiers and telephone numbers, as text or as whole numbers.

    Raises
    ------
    CatalogueError
        None of these columns is in the table.

    Notes
    -----
    Hashes are SipHash-2-4 (Aumasson and Bernstein 2012) of 64 bits: a page of a million phrases
    held against 50 million values meets one by chance with odds of 3 in a million.

    Examples
    --------
    >>> people = pd.DataFrame({"full_name": ["Nguyễn Văn An"], "phone": ["0912345678"]})
    >>> guard_people(people, title="an example")
    """
    wanted = [*names, *numbers]
    folder, key = os.environ.get(FOLDER_VARIABLE), os.environ.get(KEY_VARIABLE, "")
    files: dict[str, Path] = {}
    for part in _parts(people, wanted):
        present = [name for name in wanted if name in part.columns]
        if not present:
            # What stands there is not quoted: without a line of names it is a person.
            raise CatalogueError(
                f"{title}: none of the columns {', '.join(wanted)} is in the table; the first "
                "line of a file must hold the names of the columns"
            )
        if folder is None:
            return
        for name in present:
            if name not in files:
                files[name] = _new_file(Path(folder), title, name)
            tokens = name_tokens if name in names else number_tokens
            with files[name].open("ab") as stream:
                for start in range(0, len(part), _ROWS_AT_ONCE):
                    values = part[name].iloc[start : start + _ROWS_AT_ONCE].dropna()
                    if name in names:  # many bear the same, nobody the same number
                        values = values.drop_duplicates()
                    stream.write(keyed(tokens(values.astype("str").tolist()), key).tobytes())


def plain(text: str) -> str:
    """Return a text in small letters without marks; line ends stay.

    Examples
    --------
    >>> plain("ĐỖ Thị Hòa")
    'do thi hoa'
    """
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text.lower()))
    return bare.replace("đ", "d")


def marked(text: str) -> str:
    """Return a text in small letters with its marks, in Unicode NFC."""
    return unicodedata.normalize("NFC", text).lower()


def name_tokens(names: Iterable[str]) -> list[str]:
    """Return what to look for: three syllables or more run together without marks, two apart.

    Two syllables without marks are often words of another language ("to an"): they are looked for
    with their marks, and without them only where a page has both as capitals.
    """
    # One long text for the regular expressions: far faster than name by name.
    lines = "\n".join(" ".join(name.split()) for name in names)
    bare = _words_of_lines(plain(lines))
    whole = _words_of_lines(marked(lines))
    return [
        *("3:" + line.replace(" ", "") for line in bare if line.count(" ") > 1),
        *("2p:" + line for line in bare if line.count(" ") == 1),
        *("2m:" + line for line in whole if line.count(" ") == 1 and not line.isascii()),
    ]


def number_tokens(numbers: Iterable[str]) -> list[str]:
    """Return numbers of 9 characters or more, without signs between and leading zeros.

    A spreadsheet or an integer column loses leading zeros: they say nothing here.
    """
    lines = "\n".join(numbers).upper()
    if _SIGNS.search(lines):
        lines = _SIGNS.sub("", _ENDING.sub("", lines))
    return [line.lstrip("0") for line in lines.split("\n") if len(line) >= 9]


def _words_of_lines(text: str) -> list[str]:
    return [line.strip() for line in _NO_LETTERS.sub(" ", text).split("\n")]


def keyed(tokens: Sequence[str], key: str) -> npt.NDArray[np.uint64]:
    """Return pandas' keyed hash of texts: SipHash-2-4, then a mixing of bits that loses none."""
    values = np.array(tokens, dtype=object)
    return pd.util.hash_array(values, hash_key=key, categorize=False).astype(np.uint64)


def _parts(
    people: pd.DataFrame | Path | Iterable[pd.DataFrame], wanted: Sequence[str]
) -> Iterator[pd.DataFrame]:
    if isinstance(people, pd.DataFrame):
        yield people
    elif isinstance(people, Path):
        import pyarrow.dataset  # noqa: PLC0415 - an extra

        stored = pyarrow.dataset.dataset(people, format="parquet")
        columns = [name for name in wanted if name in stored.schema.names]
        for batch in stored.to_batches(columns=columns or None, batch_size=_ROWS_AT_ONCE):
            yield batch.to_pandas()
    else:
        yield from people


def _new_file(folder: Path, title: str, column: str) -> Path:
    """Make an empty file of hashes that its user alone may read, with its label beside it."""
    file = folder / f"{uuid4().hex}.hashes"
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    file.with_suffix(".json").write_text(json.dumps({"table": title, "column": column}), "utf-8")
    return file
