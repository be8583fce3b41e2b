"""Maximal covering and set covering: which of the candidates to choose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.siting.exact import solve_maximal_covering, solve_set_covering
from hanoi_analytics.coverage.siting.greedy import gains, lazy_greedy
from hanoi_analytics.coverage.siting.inputs import (
    check_solver,
    checked_covers,
    checked_weights,
)

Solver = Literal["highs", "greedy"]


@dataclass(frozen=True)
class Siting:
    """A choice of candidates, and how good it is known to be.

    Attributes
    ----------
    chosen : pandas.DataFrame
        ``rank`` from 1, ``candidate`` (column of the matrix), ``gain`` (the weight it adds to
        those before it) and ``covered`` (with all up to this rank). The order is that of greedy
        addition among the chosen.
    method : str
        ``"highs"`` or ``"greedy"``.
    objective : float
        Maximal covering: the weight the chosen add. Set covering: their number.
    bound : float
        No choice can do better than this.
    left_out : numpy.ndarray of int
        Set covering: the rows of demand that no candidate covers.
    """

    chosen: pd.DataFrame
    method: Solver
    objective: float
    bound: float
    left_out: NDArray[np.int64] = field(default_factory=lambda: np.array([], dtype=np.int64))

    @property
    def proven_optimal(self) -> bool:
        """Whether `objective` reaches `bound`, but for the solver's tolerance of a millionth."""
        return math.isclose(self.bound, self.objective, rel_tol=1e-6)

    @property
    def gap(self) -> float:
        """How far `bound` lies from `objective`, as a share of `objective`."""
        return abs(self.bound - self.objective) / self.objective


def maximal_covering(
    weights: ArrayLike,
    covers: Any,
    *,
    sites: int,
    solver: Solver = "highs",
    time_limit_s: float = 60.0,
) -> Siting:
    """Choose a number of candidates that together cover the most weight.

    Maximise Σ a_i y_i subject to y_i ≤ Σ_{j covers i} x_j and Σ x_j = p (Church & ReVelle 1974).

    Parameters
    ----------
    weights : array_like, (demand,)
        Such as people, from 0 up.
    covers : scipy.sparse array or numpy.ndarray of bool, (demand, candidates)
        From :func:`covers` or :func:`covers_by_level`.
    sites : int
        How many to choose; fewer are returned when no other adds anything.
    solver : {"highs", "greedy"}
        HiGHS through spopt, for the optimum of an instance that is small enough; or the lazy
        greedy choice, which reaches at least 1 − 1/e = 63 % of the optimum at any size. Neither
        gives way to the other.
    time_limit_s : float
        For HiGHS. When it is reached the best choice so far is returned, not proven optimal.

    Returns
    -------
    Siting
        Greedy bounds the optimum by what it covered and what the best remaining could add.

    Raises
    ------
    CoverageError
        Inputs that do not fit together, negative or missing weights, more sites than candidates,
        no weight left to cover, an instance too large for HiGHS, or no solution in time.

    Examples
    --------
    >>> covers = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]], dtype=bool)
    >>> best = maximal_covering([5, 4, 3, 2], covers, sites=1, solver="greedy")
    >>> best.chosen["candidate"].tolist(), best.objective, best.proven_optimal
    ([0], 9.0, True)
    """
    columns = checked_covers(covers)
    weight = checked_weights(weights, columns.shape[0])
    check_solver(solver, time_limit_s)
    if not 1 <= sites <= columns.shape[1]:
        raise CoverageError(
            f"sites={sites}: expected 1 to {columns.shape[1]}, the number of candidates"
        )
    single = gains(weight, columns)
    if not single.any():
        raise CoverageError(
            f"none of {columns.shape[1]} candidates covers any of the weight of "
            f"{weight.sum():g}; are demand and candidates in the same coordinates?"
        )
    if solver == "greedy":
        chosen, added = lazy_greedy(weight, columns, most=sites)
        bound = _greedy_bound(weight, columns, chosen, single=single, sites=sites)
    else:
        picked, bound = solve_maximal_covering(weight, columns, sites, time_limit_s)
        order, added = lazy_greedy(weight, columns[:, picked], most=sites)
        chosen = picked[order]
    return Siting(_ranked(chosen, added), solver, objective=float(added.sum()), bound=bound)


def set_covering(
    covers: Any,
    *,
    solver: Solver = "highs",
    leave_out_uncoverable: bool = False,
    time_limit_s: float = 60.0,
) -> Siting:
    """Choose the fewest candidates that together cover all demand.

    Minimise Σ x_j subject to Σ_{j covers i} x_j ≥ 1 for every i (Toregas et al. 1971).

    Parameters
    ----------
    covers : scipy.sparse array or numpy.ndarray of bool, (demand, candidates)
        From :func:`covers` or :func:`covers_by_level`.
    solver : {"highs", "greedy"}
        HiGHS through spopt, or the lazy greedy choice, which needs at most
        1 + 1/2 + … + 1/d times the fewest, d being the most that one candidate covers (Chvátal
        1979). Neither gives way to the other.
    leave_out_uncoverable : bool
        Leave out demand that no candidate covers; ``left_out`` then names it. Otherwise such
        demand is an error.
    time_limit_s : float
        For HiGHS. When it is reached the best choice so far is returned, not proven optimal.

    Returns
    -------
    Siting
        Its ``gain`` counts rows of demand.

    Raises
    ------
    CoverageError
        Demand that no candidate covers, naming its rows; inputs that make no sense; an instance
        too large for HiGHS; or no solution in time.

    Examples
    --------
    >>> covers = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]], dtype=bool)
    >>> set_covering(covers, solver="greedy").chosen["candidate"].tolist()
    [0, 1]
    """
    columns = checked_covers(covers)
    check_solver(solver, time_limit_s)
    coverable = _any_covers(columns)
    without = np.flatnonzero(~coverable)
    if without.size == columns.shape[0]:
        raise CoverageError(
            f"none of {columns.shape[1]} candidates covers any of {without.size} rows of demand; "
            "are demand and candidates in the same coordinates?"
        )
    if without.size and not leave_out_uncoverable:
        shown = ", ".join(map(str, without[:5])) + (", …" if without.size > 5 else "")
        raise CoverageError(
            f"{without.size} of {columns.shape[0]} rows of demand are covered by no candidate "
            f"(rows {shown}): add candidates, widen the reach, or pass leave_out_uncoverable=True"
        )
    ones = coverable.astype(np.float64)
    if solver == "greedy":
        chosen, added = lazy_greedy(ones, columns, most=columns.shape[1])
        largest = int(gains(ones, columns).max())
        harmonic = float((1 / np.arange(1, largest + 1)).sum())
        bound = float(math.ceil(chosen.size / harmonic - 1e-9))
    else:
        picked, bound = solve_set_covering(columns[coverable], time_limit_s)
        order, added = lazy_greedy(ones, columns[:, picked], most=picked.size)
        chosen = picked[order]
    ranked = _ranked(chosen, added)
    return Siting(ranked, solver, objective=float(chosen.size), bound=bound, left_out=without)


def _ranked(chosen: NDArray[np.int64], added: NDArray[np.float64]) -> pd.DataFrame:
    rank = np.arange(1, chosen.size + 1)
    covered = np.cumsum(added)
    return pd.DataFrame({"rank": rank, "candidate": chosen, "gain": added, "covered": covered})


def _greedy_bound(
    left: NDArray[np.float64],
    columns: sparse.csc_array,
    chosen: NDArray[np.int64],
    *,
    single: NDArray[np.float64],
    sites: int,
) -> float:
    """Return what no choice of that many can exceed (Nemhauser, Wolsey & Fisher 1978).

    Gains shrink as more is chosen, so the optimum adds to any choice at most the largest gains
    that remain; here to the empty choice and to the final one.
    """
    missed = np.where(_any_covers(columns[:, chosen]), 0.0, left)
    value = float((left - missed).sum())
    coverable = float(left[_any_covers(columns)].sum())
    first, last = (float(np.sort(one)[-sites:].sum()) for one in (single, gains(missed, columns)))
    return max(value, min(coverable, first, value + last, value / (1 - math.exp(-1))))


def _any_covers(columns: sparse.csc_array) -> NDArray[np.bool_]:
    covered = np.zeros(columns.shape[0], dtype=bool)
    covered[columns.indices] = True
    return covered
