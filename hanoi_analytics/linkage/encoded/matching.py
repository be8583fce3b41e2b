"""Filters of two parties compared by Dice within blocks, and each record's best partner."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.encoded.encoding import Bits, Encoded

_PAIRS_AT_ONCE = 250_000
_MOST_PAIRS = 2_000_000_000
Indices = npt.NDArray[np.intp]


def dice(left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return Dice's coefficient of filters row by row: 2 |A∧B| / (|A| + |B|).

    Parameters
    ----------
    left, right : numpy.ndarray of uint8, shape (pairs, bytes)
        Filters of one length.

    Returns
    -------
    numpy.ndarray of float, shape (pairs,)
        From 0 to 1; 0 where both are empty.

    Examples
    --------
    >>> dice(np.array([[0b0111]], np.uint8), np.array([[0b1110]], np.uint8))
    array([0.66666667])
    """
    if left.shape[-1] != right.shape[-1]:
        raise LinkageError(
            f"filters of {left.shape[-1]} and {right.shape[-1]} bytes: both parties need one scheme"
        )
    both = np.bitwise_count(left & right).sum(axis=1, dtype=np.int64)
    each = np.bitwise_count(left).sum(axis=1, dtype=np.int64)
    each += np.bitwise_count(right).sum(axis=1, dtype=np.int64)
    return np.divide(2.0 * both, each, out=np.zeros(len(both)), where=each > 0)


def match(
    left: Encoded,
    right: Encoded,
    *,
    threshold: float = 0.8,
    one_to_one: bool = False,
    max_comparisons: int = _MOST_PAIRS,
) -> pd.DataFrame:
    """Link two parties' encoded records: the best partner of each left record.

    Parameters
    ----------
    left, right : Encoded
        Made with one secret and one scheme.
    threshold : float
        Least Dice of a link, from 0 to 1.
    one_to_one : bool
        A right record, too, gets one partner at most: pairs are taken from the most alike down.
    max_comparisons : int
        Pairs within blocks that are allowed; counted before any is compared.

    Returns
    -------
    pandas.DataFrame
        ``left_id, right_id, dice, tied``; ``tied`` where another right record was as alike: it is
        then chance (the order of the right table) which of them is named.

    Raises
    ------
    LinkageError
        Filters of two lengths, a threshold outside 0 to 1, or too many comparisons.
    """
    if not 0 < threshold <= 1:
        raise LinkageError(f"the threshold must be above 0 and at most 1, found {threshold:g}")
    _refuse_too_many(left, right, max_comparisons)
    found = [_no_pairs()]
    for key in sorted(left.blocks.keys() & right.blocks.keys()):
        for i, j in _pairs(left.blocks[key], right.blocks[key]):
            alike = dice(left.filters[i], right.filters[j])
            keep = alike >= threshold
            found.append(pd.DataFrame({"left": i[keep], "right": j[keep], "dice": alike[keep]}))
    pairs = pd.concat(found, ignore_index=True)
    pairs = pairs.drop_duplicates(["left", "right"]).sort_values(
        ["dice", "left", "right"], ascending=[False, True, True], ignore_index=True
    )
    best = pairs.groupby("left")["dice"].transform("max")
    as_good = pairs["dice"] == best
    pairs["tied"] = as_good.groupby(pairs["left"]).transform("sum") > 1
    chosen = pairs[_greedy(pairs)] if one_to_one else pairs.drop_duplicates("left")
    links = chosen.sort_values("left", ignore_index=True)
    return pd.DataFrame(
        {
            "left_id": left.record_id[links["left"]],
            "right_id": right.record_id[links["right"]],
            "dice": links["dice"],
            "tied": links["tied"],
        }
    )


def _no_pairs() -> pd.DataFrame:
    none = np.empty(0, np.intp)
    return pd.DataFrame({"left": none, "right": none, "dice": none.astype(float)})


def _refuse_too_many(left: Encoded, right: Encoded, most: int) -> None:
    count = 0
    for key in left.blocks.keys() & right.blocks.keys():
        low, high, _ = _ranges(left.blocks[key], right.blocks[key])
        count += int((high - low).sum())
    if count > most:
        raise LinkageError(
            f"{count:,} comparisons of {len(left):,} with {len(right):,} records: more than the "
            f"limit of {most:,}; link by parts (such as years of birth) or raise max_comparisons"
        )


def _ranges(left: Bits, right: Bits) -> tuple[Indices, Indices, Indices]:
    """Return where each left key stands in the sorted right keys; nowhere when it is missing."""
    order = np.argsort(right, kind="stable")
    low = np.searchsorted(right, left, "left", sorter=order)
    high = np.searchsorted(right, left, "right", sorter=order)
    return low, np.where(left == 0, low, high), order


def _pairs(left: Bits, right: Bits) -> Iterator[tuple[Indices, Indices]]:
    low, high, order = _ranges(left, right)
    counts = high - low
    ends = np.cumsum(counts)
    start = 0
    while start < len(left):
        reached = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, reached + _PAIRS_AT_ONCE, "right")), start + 1)
        here = counts[start:stop]
        i = np.repeat(np.arange(start, stop), here)
        within = np.arange(len(i)) - np.repeat(np.cumsum(here) - here, here)
        yield i, order[np.repeat(low[start:stop], here) + within]
        start = stop


def _greedy(pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Take pairs in their order while both records are free."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    keep = np.zeros(len(pairs), dtype=bool)
    both = zip(pairs["left"].tolist(), pairs["right"].tolist(), strict=True)
    for row, (i, j) in enumerate(both):
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            keep[row] = True
    return keep
