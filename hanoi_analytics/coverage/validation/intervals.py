"""Intervals of means and shares of samples that come in groups.

Samples of one place resemble each other. Where groups are given, the variance is that of the sums
of groups, and a share has the interval of the number of independent samples with that variance.

References
----------
Korn, E. L. and Graubard, B. I. (1998), Confidence intervals for proportions with small expected
number of positive counts estimated from survey data, Survey Methodology 24 (2), 193-201.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from hanoi_analytics.coverage.checks import CoverageError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value, low, high : float
        NaN where there is none.
    n : int
        Samples.
    effective_n : float
        Independent samples that would tell as much.
    """

    value: float
    low: float
    high: float
    n: int
    effective_n: float


def require_level(confidence: float) -> None:
    """Raise unless a confidence level lies between 0.5 and 1."""
    if not 0.5 < confidence < 1:
        raise CoverageError(f"confidence={confidence}: expected a level such as 0.95")


def mean_interval(
    values: npt.ArrayLike, groups: npt.ArrayLike | None = None, *, confidence: float = 0.95
) -> Estimate:
    """Return the mean with Student's interval, clustered by groups if there are any.

    Examples
    --------
    >>> mean = mean_interval([1.0, 2.0, 3.0])
    >>> round(mean.low, 3), round(mean.high, 3)
    (-0.484, 4.484)
    """
    require_level(confidence)
    given = np.asarray(values, dtype=float)
    if given.size == 0:
        return Estimate(np.nan, np.nan, np.nan, 0, 0.0)
    mean = float(given.mean())
    error, count = _standard_error(given, groups)
    half = stdtrit(count - 1, (1 + confidence) / 2) * error if count > 1 else np.nan
    # The deviations of a single group sum to nothing but rounding.
    known = count > 1 and error > 0
    effective = min(given.size, given.var(ddof=1) / error**2) if known else count
    return Estimate(mean, float(mean - half), float(mean + half), given.size, float(effective))


def share_interval(
    successes: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    method: Literal["wilson", "beta"],
) -> Estimate:
    """Return a share with Wilson's or Clopper and Pearson's (``beta``) interval.

    Without groups these are the textbook intervals. With them, the effective count of Korn and
    Graubard takes the place of the count.

    Examples
    --------
    >>> share = share_interval([True] * 15 + [False] * 133, method="wilson")
    >>> round(share.low, 4), round(share.high, 4)
    (0.0624, 0.1605)
    """
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415

    require_level(confidence)
    hits = np.asarray(successes, dtype=bool)
    if hits.size == 0:
        return Estimate(np.nan, np.nan, np.nan, 0, 0.0)
    share = float(hits.mean())
    effective = _effective_count(hits, groups, confidence)
    low, high = proportion_confint(share * effective, effective, 1 - confidence, method)
    return Estimate(share, float(low), float(high), hits.size, effective)


def _standard_error(values: Floats, groups: npt.ArrayLike | None) -> tuple[float, int]:
    codes = (
        np.arange(values.size)
        if groups is None
        else pd.factorize(np.asarray(groups), use_na_sentinel=False)[0]
    )
    sums = np.bincount(codes, values - values.mean())
    count = sums.size
    variance = count / max(count - 1, 1) * float(sums @ sums) / values.size**2
    return float(np.sqrt(variance)), count


def _effective_count(
    hits: npt.NDArray[np.bool_], groups: npt.ArrayLike | None, confidence: float
) -> float:
    if groups is None:
        return float(hits.size)
    share = hits.mean()
    error, count = _standard_error(hits.astype(float), groups)
    if share in (0, 1) or count == 1:
        # Groups that are all alike tell nothing of how they differ: each counts once.
        return float(count)
    effective = min(hits.size, share * (1 - share) / error**2)
    tail = (1 + confidence) / 2
    wider = stdtrit(hits.size - 1, tail) / stdtrit(count - 1, tail)
    return float(effective * wider**2)
