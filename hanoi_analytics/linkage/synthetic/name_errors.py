"""Names as a hospital writes them: the errors of names, on codes of words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hanoi_analytics.linkage.synthetic.errors import Errors
from hanoi_analytics.linkage.synthetic.numbers import Flags
from hanoi_analytics.linkage.synthetic.residents import GIVEN_NAME, MIDDLE_1, MIDDLE_2, SURNAME
from hanoi_analytics.linkage.synthetic.vocabulary import NEWBORN_PREFIXES
from hanoi_analytics.linkage.synthetic.words import NO_WORD, Codes, words

_ONE_WORD = ("regional_variant", "misheard", "keyboard_typo", "abbreviated")
_ALL_WORDS = ("tone_moved", "i_for_y", "marks_lost", "legacy_encoding")


def write_names(
    rng: np.random.Generator, names: Codes, mothers: Codes, newborn: Flags, errors: Errors
) -> pa.StringArray:
    """Return names with errors; a newborn may be written under its mother's name.

    Parameters
    ----------
    rng : numpy.random.Generator
    names, mothers : int array (n, 4)
        Codes of family name, first and second middle name, given name; no mother is `NO_WORD`.
    newborn : bool array (n,)
        Records of the first 28 days.
    errors : Errors
    """
    unnamed = (
        newborn & (mothers[:, SURNAME] != NO_WORD) & _hit(rng, len(names), errors.newborn_unnamed)
    )
    prefix = words().codes(NEWBORN_PREFIXES)[rng.integers(len(NEWBORN_PREFIXES), size=len(names))]
    names = np.where(unnamed[:, None], mothers, names)
    names = _drop_middles(rng, names, errors)
    for kind in _ONE_WORD:
        names = _vary_one(rng, names, kind, getattr(errors, kind))
    for kind in _ALL_WORDS:
        rows = np.flatnonzero(_hit(rng, len(names), getattr(errors, kind)))
        names[rows] = words().vary(kind, names[rows], rng)
    names = _swap_order(rng, names, errors)
    whole = np.column_stack([np.where(unnamed, prefix, NO_WORD), names])
    return _joined(rng, whole, errors)


def join_words(names: Codes) -> pa.StringArray:
    """Return names as text, the words with a space between."""
    text = words().text
    columns = [
        text.take(pa.array(np.ascontiguousarray(column), mask=column == NO_WORD))
        for column in names.T
    ]
    return pc.binary_join_element_wise(*columns, " ", null_handling="skip")


def _hit(rng: np.random.Generator, count: int, rate: float) -> Flags:
    return rng.random(count) < rate


def _drop_middles(rng: np.random.Generator, names: Codes, errors: Errors) -> Codes:
    rows = _hit(rng, len(names), errors.middle_dropped)
    names[rows, MIDDLE_1] = NO_WORD
    names[rows, MIDDLE_2] = NO_WORD
    return names


def _vary_one(rng: np.random.Generator, names: Codes, kind: str, rate: float) -> Codes:
    """Exchange one word of some names for a variant, of those that have any."""
    rows = np.flatnonzero(_hit(rng, len(names), rate))
    some = names[rows]
    can = words().can(kind, some)
    if kind == "abbreviated":
        can[:, GIVEN_NAME] = False
    place = (rng.random(some.shape) * can).argmax(axis=1)
    at = np.arange(len(rows)), place
    some[at] = np.where(can[at], words().vary(kind, some[at], rng), some[at])
    names[rows] = some
    return names


def _swap_order(rng: np.random.Generator, names: Codes, errors: Errors) -> Codes:
    rows = np.flatnonzero(_hit(rng, len(names), errors.order_swapped))
    given_first = names[rows][:, [GIVEN_NAME, SURNAME, MIDDLE_1, MIDDLE_2]]
    family_last = names[rows][:, [MIDDLE_1, MIDDLE_2, GIVEN_NAME, SURNAME]]
    names[rows] = np.where(_hit(rng, len(rows), 0.5)[:, None], given_first, family_last)
    return names


def _joined(rng: np.random.Generator, names: Codes, errors: Errors) -> pa.StringArray:
    full = join_words(names)
    stuck = pa.array(_hit(rng, len(names), errors.words_stuck))
    full = pc.if_else(stuck, pc.replace_substring(full, " ", "", max_replacements=1), full)
    upper = pa.array(_hit(rng, len(names), errors.upper_case))
    return pc.if_else(upper, pc.utf8_upper(full), full)
