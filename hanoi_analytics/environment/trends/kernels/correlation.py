"""What neighbours in time have in common, and series with that taken out.

The values that are there stand as neighbours, one step apart.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def ranks(values):
    """Return the rank of each value, ties sharing their mean."""
    found = np.empty(values.size)
    for i in range(values.size):
        less, equal = 0, 0
        for value in values:
            less += value < values[i]
            equal += value == values[i]
        found[i] = less + (equal + 1) / 2.0
    return found


@njit(nogil=True, cache=True)
def correlation(values, mean, lag):
    """Return the correlation of values `lag` steps apart; 0 where all values are equal."""
    power, shared = 0.0, 0.0
    for i in range(values.size):
        power += (values[i] - mean) ** 2
    for i in range(values.size - lag):
        shared += (values[i] - mean) * (values[i + lag] - mean)
    return shared / power if power > 0.0 else 0.0


@njit(nogil=True, cache=True)
def hamed_rao_factor(detrended, lags, bound):
    """Return what the variance of S is multiplied by (Hamed and Rao 1998).

    Of the first `lags` lags (-1: all), those count whose correlation of ranks is beyond `bound`.
    """
    n = detrended.size
    ordered = ranks(detrended)
    most = n - 1 if lags < 0 else min(lags, n - 1)
    total = 0.0
    for lag in range(1, most + 1):
        shared = correlation(ordered, (n + 1) / 2.0, lag)
        if abs(shared) > bound:
            total += float(n - lag) * (n - lag - 1) * (n - lag - 2) * shared
    return 1.0 + 2.0 / (float(n) * (n - 1) * (n - 2)) * total


@njit(nogil=True, cache=True)
def moved(values, step):
    """Return the values with a straight line added that rises by `step` for each, from one step."""
    found = np.empty(values.size)
    for i in range(values.size):
        found[i] = values[i] + step * (i + 1)
    return found


@njit(nogil=True, cache=True)
def whitened(values):
    """Return the values less what each takes from the one before; one fewer."""
    share = correlation(values, values.sum() / values.size, 1)
    found = np.empty(values.size - 1)
    for i in range(found.size):
        found[i] = values[i + 1] - share * values[i]
    return found
