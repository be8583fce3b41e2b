"""What the covering models refuse, with the value, what was expected, and what to do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from hanoi_analytics.coverage.checks import CoverageError


def positions(xy_m: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return checked coordinates of at least one place, in metres, shape (places, 2)."""
    xy = np.asarray(xy_m, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) == 0:
        raise CoverageError(
            f"{what}_xy_m: expected one row (x, y) for each of at least one place, found shape "
            f"{xy.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if bad.size:
        raise CoverageError(
            f"{what}_xy_m: {bad.size} rows hold NaN or infinity, the first is row {bad[0]} "
            f"{xy[bad[0]].tolist()}; drop them, or count them as places without a position"
        )
    return xy


def require_distinct(candidates: NDArray[np.float64]) -> None:
    """Refuse two candidates at one place: the second could never add anything."""
    _, first, inverse = np.unique(candidates, axis=0, return_index=True, return_inverse=True)
    earlier = first[inverse.ravel()]
    twice = np.flatnonzero(earlier != np.arange(len(candidates)))
    if twice.size:
        raise CoverageError(
            f"{twice.size} candidates are listed twice: row {twice[0]} stands where row "
            f"{earlier[twice[0]]} does, {candidates[twice[0]].tolist()}; keep one row a place"
        )


def require_positive(value: float, name: str, unit: str) -> None:
    """Refuse what is not a finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise CoverageError(f"{name}: expected a number of {unit} above 0, found {value!r}")


def checked_covers(covers: Any) -> sparse.csc_array:
    """Return the matrix by columns, with nothing stored that is not covered."""
    if getattr(covers, "dtype", None) != np.dtype(bool) or covers.ndim != 2:
        raise CoverageError(
            "covers: expected a matrix of bool, demand × candidates, found "
            f"{type(covers).__name__} of {getattr(covers, 'dtype', 'no dtype')}; compare distances "
            "with a reach first (distance_m <= reach_m)"
        )
    columns = sparse.csc_array(covers)
    if 0 in columns.shape:
        raise CoverageError(
            f"covers: expected at least one row of demand and one candidate, found shape "
            f"{columns.shape}"
        )
    columns.sum_duplicates()
    columns.eliminate_zeros()
    return columns


def checked_weights(weights: ArrayLike, demand: int) -> NDArray[np.float64]:
    """Return one finite weight from 0 up for each row of demand."""
    weight = np.asarray(weights, dtype=np.float64)
    if weight.shape != (demand,):
        raise CoverageError(
            f"weights: expected one for each of the {demand} rows of covers, found shape "
            f"{weight.shape}"
        )
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if bad.size:
        raise CoverageError(
            f"weights: expected numbers from 0 up; {bad.size} are negative, missing or infinite, "
            f"the first is row {bad[0]}: {weight[bad[0]]}"
        )
    return weight


def check_solver(solver: str, time_limit_s: float) -> None:
    """Refuse an unknown solver and a limit that is no time."""
    if solver not in ("highs", "greedy"):
        raise CoverageError(f"solver {solver!r}: expected 'highs' or 'greedy'")
    require_positive(time_limit_s, "time_limit_s", "seconds")
