"""Intervals of shares, of their differences and of F1.

References
----------
Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions,
Statistics in Medicine 17 (8), 873-890 (method 10).
Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference,
Journal of the American Statistical Association 22 (158), 209-212.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def wilson(count: npt.ArrayLike, of: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return shares with the limits of Wilson's 95 % interval.

    Parameters
    ----------
    count, of : array_like, shape (n,)
        Successes and trials; a fraction is an effective count.

    Returns
    -------
    share, low, high : ndarray, shape (n,)
        NaN where there were no trials.

    Examples
    --------
    >>> [round(float(x), 4) for x in wilson(81, 263)]
    [0.308, 0.2553, 0.3662]
    """
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415

    trials = np.where(np.asarray(of, dtype=float) > 0, of, np.nan)
    successes = np.asarray(count, dtype=float)
    low, high = proportion_confint(successes, trials, 0.05, "wilson")
    # The formula leaves ±1e-17 where the limit is 0 or 1 itself.
    low = np.where((successes == 0) & (trials > 0), 0.0, low)
    return successes / trials, low, np.where(successes == trials, 1.0, high)


def difference(
    one: tuple[Floats, Floats, Floats], other: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Return the difference of two independent shares with Newcombe's hybrid-score limits.

    Parameters
    ----------
    one, other : tuple of ndarray
        Share, low and high as :func:`wilson` gives them; ``other`` is taken away.

    Examples
    --------
    >>> [round(float(x), 4) for x in difference(wilson(56, 70), wilson(48, 80))]
    [0.2, 0.0524, 0.3339]
    """
    (share, low, high), (share_0, low_0, high_0) = one, other
    gap = share - share_0
    down = np.hypot(share - low, high_0 - share_0)
    up = np.hypot(high - share, share_0 - low_0)
    return gap, gap - down, gap + up


def f1(true: int, wrong: int, one_sided: int) -> tuple[float, float, float]:
    """Return F1 with its 95 % interval from counts of records.

    F1 is a ratio of sums over records, 2·[true] over 2·[true] + 2·[wrong] + [one-sided]. Its
    linearised (delta) variance says how many independent trials would tell as much; the interval
    is Wilson's for that count, and so stays within 0 and 1.

    Parameters
    ----------
    true : int
        Records linked to their own person.
    wrong : int
        Records linked to another person than their own, which count on both sides.
    one_sided : int
        Records missed, and records linked though nobody in the register is theirs.

    Examples
    --------
    >>> [round(x, 3) for x in f1(80, 0, 20)]
    [0.889, 0.831, 0.929]
    """
    weight = 2 * true + 2 * wrong + one_sided
    if not weight:
        return np.nan, np.nan, np.nan
    value = 2 * true / weight
    squares = true * (2 - 2 * value) ** 2 + wrong * (2 * value) ** 2 + one_sided * value**2
    # The limits of the ratio below as F1 goes to 1 and to 0.
    effective = {1.0: weight, 0.0: weight / 2}.get(value)
    if effective is None:
        effective = value * (1 - value) * weight**2 / squares
    _, low, high = wilson(value * effective, effective)
    return value, float(low), float(high)
