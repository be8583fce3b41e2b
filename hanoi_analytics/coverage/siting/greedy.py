"""The lazy greedy choice, for covering problems of any size."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def lazy_greedy(
    weights: NDArray[np.float64], columns: sparse.csc_array, *, most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose candidates one by one, each time the one that adds most (Minoux 1978).

    What a candidate adds can only shrink as others are chosen, so a gain computed earlier is an
    upper bound: only candidates at the top of a heap of such bounds are computed again.

    Parameters
    ----------
    weights : numpy.ndarray, (demand,)
        From 0 up.
    columns : scipy.sparse.csc_array of bool, (demand, candidates)
        What each candidate covers.
    most : int
        How many to choose at most; fewer are chosen when no other adds anything.

    Returns
    -------
    tuple of numpy.ndarray
        The chosen candidates in the order of choice, and the weight each added. Of two that add
        the same, the first in the matrix is chosen.

    Examples
    --------
    >>> columns = sparse.csc_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool))
    >>> chosen, gains = lazy_greedy(np.array([5.0, 1.0, 2.0]), columns, most=3)
    >>> chosen.tolist(), gains.tolist()
    ([2, 0], [7.0, 1.0])
    """
    left = weights.astype(np.float64)
    heap = [(-gain, candidate) for candidate, gain in enumerate(gains(left, columns)) if gain > 0]
    heapq.heapify(heap)
    chosen: list[int] = []
    added: list[float] = []
    while heap and len(chosen) < most:
        candidate = heapq.heappop(heap)[1]
        gain = _gain(left, columns, candidate)
        if gain <= 0:
            continue
        if heap and (-gain, candidate) > heap[0]:
            heapq.heappush(heap, (-gain, candidate))
            continue
        chosen.append(candidate)
        added.append(gain)
        left[_covered(columns, candidate)] = 0.0
    return np.array(chosen, dtype=np.int64), np.array(added, dtype=np.float64)


def gains(weights: NDArray[np.float64], columns: sparse.csc_array) -> NDArray[np.float64]:
    """Return the weight that each candidate covers."""
    # The same sum as in the loop above: another order of summing would round otherwise, and a
    # bound a hair too small would change the choice.
    return np.array([_gain(weights, columns, one) for one in range(columns.shape[1])])


def _gain(weights: NDArray[np.float64], columns: sparse.csc_array, candidate: int) -> float:
    return float(weights[_covered(columns, candidate)].sum())


def _covered(columns: sparse.csc_array, candidate: int) -> NDArray[Any]:
    rows: NDArray[Any] = columns.indices[columns.indptr[candidate] : columns.indptr[candidate + 1]]
    return rows
