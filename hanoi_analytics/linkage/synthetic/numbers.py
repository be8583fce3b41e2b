"""Numbers of people as matrices of digits, and their way to Arrow text; who has which number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hanoi_analytics.linkage.checks import LinkageError

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
# One row a number, one column a character, as its ASCII code.
Digits = NDArray[np.uint8]

_FOUR_DIGITS = (np.arange(10_000)[:, None] // np.array([1000, 100, 10, 1]) % 10 + ord("0")).astype(
    np.uint8
)
# Prefixes of mobile phones since 2018, and of the 11-digit numbers that some had before.
_PREFIXES = np.fromstring(
    "32 33 34 35 36 37 38 39 86 96 97 98 81 82 83 84 85 88 91 94 "
    "70 76 77 78 79 89 90 93 56 58 59 92 99",
    dtype=np.int64,
    sep=" ",
)
OLD_PREFIX_OF = np.zeros(100, dtype=np.int64)
OLD_PREFIX_OF[[32, 33, 34, 35, 36, 37, 38, 39]] = range(162, 170)
OLD_PREFIX_OF[[70, 79, 77, 76, 78]] = (120, 121, 122, 126, 128)
OLD_PREFIX_OF[[83, 84, 85, 81, 82]] = (123, 124, 125, 127, 129)
OLD_PREFIX_OF[[56, 58, 59]] = (186, 188, 199)
# Hanoi, and the other codes of birth registration that occur, as in the personal number.
HANOI = 1
OTHER_PROVINCES = np.fromstring(
    "2 4 6 8 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 49 "
    "51 52 54 56 58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96",
    dtype=np.int64,
    sep=" ",
)
# Multipliers without a common factor with 10: a serial number goes to a number that looks drawn,
# and no two serial numbers go to the same one.
_SPREAD = 61_803_399
SLOTS = 128
_PER_SLOT = 1_000_000 // SLOTS


def digits(values: Ints, width: int) -> Digits:
    """Return whole numbers as digits with leading zeros, shape (n, width)."""
    groups = -(-width // 4)
    written = np.empty((len(values), groups, 4), np.uint8)
    rest = np.asarray(values, np.int64)
    # Four digits at a time: division is what takes the time.
    for group in range(groups - 1, -1, -1):
        rest, last = rest // 10_000, rest % 10_000
        written[:, group] = _FOUR_DIGITS[last]
    return written.reshape(len(values), groups * 4)[:, groups * 4 - width :]


def text(characters: Digits, missing: Flags | None = None) -> pa.StringArray:
    """Return rows of ASCII characters as Arrow text, null where missing."""
    count, width = characters.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    data = np.ascontiguousarray(characters)
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def prefixed(letter: str, values: Ints, missing: Flags | None = None) -> pa.StringArray:
    """Return identifiers such as R000000001."""
    first = np.full((len(values), 1), ord(letter), np.uint8)
    return text(np.hstack([first, digits(values, 9)]), missing)


def personal_numbers(province: Ints, male: Flags, birth_year: Ints, slot: int) -> Ints:
    """Return a personal number (CCCD) for each person, none twice.

    The number is province of birth registration, century and sex, two digits of the birth year
    and six that tell nothing (Decree 137/2015, article 13). People drawn in different slots never
    share a number.
    """
    cell = (province * 10 + (birth_year // 100 - 19) * 2 + ~male) * 100 + birth_year % 100
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(cell)])
    rank = np.empty_like(cell)
    rank[order] = np.arange(len(cell)) - np.repeat(starts, sizes)
    if sizes.max(initial=0) > _PER_SLOT:
        raise LinkageError(
            f"{sizes.max():,} people of one part were born in one year in one province; six digits "
            f"leave room for {_PER_SLOT:,}: take fewer rows_per_part"
        )
    serial = (rank * SLOTS + slot) * (_SPREAD % 1_000_000) + cell * 7_919
    return cell * 1_000_000 + serial % 1_000_000


def spread(person: Ints, digits_kept: int = 8) -> Ints:
    """Return another number for each number, none twice, that looks drawn by chance."""
    return (person * _SPREAD + 27_182_818) % 10**digits_kept


def mobile_numbers(rng: np.random.Generator, count: int) -> Ints:
    """Draw mobile numbers; some people share one by chance, as numbers are given out again."""
    prefix = _PREFIXES[rng.integers(len(_PREFIXES), size=count)]
    return prefix * 10**7 + rng.integers(10**7, size=count)
