"""The covering models of spopt, solved by HiGHS."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hanoi_analytics.coverage.checks import CoverageError

# spopt writes out every pair, covered or not, at some 12 µs each.
_MOST_PAIRS = 1_000_000


def solve_maximal_covering(
    weights: NDArray[np.float64], columns: sparse.csc_array, sites: int, time_limit_s: float
) -> tuple[NDArray[np.int64], float]:
    """Return the chosen candidates, and the weight that no choice can exceed."""
    coverable = np.zeros(len(weights), dtype=bool)
    coverable[columns.indices] = True
    rows = np.flatnonzero(coverable & (weights > 0))
    # HiGHS works to absolute tolerances; scaled, its answer does not depend on the unit.
    scale = float(weights[rows].max())
    cost = _cost(columns[rows])
    locate = _locate()
    model = locate.MCLP.from_cost_matrix(cost, weights[rows] / scale, 0.5, sites)
    chosen, bound = _solved(model, time_limit_s)
    # HiGHS minimises the negative; before it has a bound it says minus infinity.
    return chosen, min(-bound * scale, float(weights[rows].sum()))


def solve_set_covering(
    columns: sparse.csc_array, time_limit_s: float
) -> tuple[NDArray[np.int64], float]:
    """Return the chosen candidates, and the number that no choice can go below."""
    model = _locate().LSCP.from_cost_matrix(_cost(columns), 0.5)
    chosen, bound = _solved(model, time_limit_s)
    return chosen, float(math.ceil(max(bound, 1.0) - 1e-6))


def _cost(columns: sparse.csc_array) -> NDArray[np.float64]:
    """Return a dense matrix of costs for spopt: 0 where a candidate covers, 1 elsewhere."""
    demand, candidates = columns.shape
    if demand * candidates > _MOST_PAIRS:
        raise CoverageError(
            f"{demand:,} rows of demand × {candidates:,} candidates = {demand * candidates:,} "
            f"pairs, over the {_MOST_PAIRS:,} that the exact model can hold: take fewer of either "
            "(wider cells, wider spacing, one part of the city), or solver='greedy'"
        )
    return 1.0 - columns.toarray()


def _locate() -> Any:
    try:
        import pulp  # noqa: F401, PLC0415 - named in the message with the others
        from spopt import locate  # noqa: PLC0415 - takes many seconds
    except ImportError as error:
        raise CoverageError(
            "solver='highs' needs an extra: pip install 'hanoi-analytics[siting]'; or take "
            "solver='greedy'"
        ) from error
    return locate


def _solved(model: Any, time_limit_s: float) -> tuple[NDArray[np.int64], float]:
    import pulp  # noqa: PLC0415 - with spopt

    solver = pulp.HiGHS(msg=False, gapRel=0.0, gapAbs=0.0, timeLimit=time_limit_s)
    try:
        model.solve(solver, results=False)
    except RuntimeError as error:
        raise CoverageError(
            f"HiGHS found no choice within {time_limit_s:g} s ({error}): give it more time, or "
            "take solver='greedy'"
        ) from error
    chosen = [place for place, variable in enumerate(model.fac_vars) if variable.value() > 0.5]
    return np.array(chosen, dtype=np.int64), model.problem.solverModel.getInfo().mip_dual_bound
