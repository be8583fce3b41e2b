"""Order statistics of an array, found by counting: nothing is moved.

A processor compares four numbers at a time with a limit, which is many times faster than to move
each to its side of it. The values must not be NaN.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_SAMPLE = 9
# So few values between two limits are walked through.
_FEW = 2
# Tells the compiler that the order of comparisons does not matter: no NaN, and -0 is 0.
_COMPARED = {"nnan", "nsz"}


@njit(nogil=True, cache=True)
def sampled(values):
    """Return a few of the values, in order, from which `neighbours` starts."""
    found = np.empty(_SAMPLE)
    for i in range(_SAMPLE):
        value = values[(2 * i + 1) * values.size // (2 * _SAMPLE)]
        j = i
        while j > 0 and found[j - 1] > value:
            found[j] = found[j - 1]
            j -= 1
        found[j] = value
    return found


@njit(nogil=True, cache=True)
def neighbours(values, place, sample):
    """Return the value of a place in order, counted from 0, and the next one; the last twice."""
    low, high, below, below_high = _bracketed(values, place, sample)
    step = 0
    while True:
        step += 1
        guess = (low + high) / 2.0
        if step % 3:
            guess = low + (high - low) * ((place + 0.5 - below) / (below_high - below))
        if below_high - below > _FEW and step % 8 and low < guess < high:
            count = _count_below(values, guess)
            if count <= place:
                low, below = guess, count
            else:
                high, below_high = guess, count
            continue
        # The next value up; where many are equal, no guess parts them.
        at = _least_from(values, low)
        above = np.nextafter(at, np.inf)
        count = _count_below(values, above)
        if place < count or at == np.inf:
            break
        low, below = above, count
    if place + 1 < count or count == values.size or at == np.inf:
        return at, at
    return at, _least_from(values, above)


@njit(nogil=True, cache=True)
def _bracketed(values, place, sample):
    """Return two limits around the value of a place, and how many values are below each."""
    near = int(place * _SAMPLE / values.size)
    low, high = sample[max(near - 2, 0)], sample[min(near + 2, _SAMPLE - 1)]
    below, below_high = _count_below(values, low), _count_below(values, high)
    if place < below:
        return _least_from(values, -np.inf), low, 0, below
    if place >= below_high:
        return high, np.nextafter(_greatest(values), np.inf), below_high, values.size
    return low, high, below, below_high


@njit(nogil=True, cache=True)
def _count_below(values, limit):
    count = 0
    for i in range(values.size):
        count += values[i] < limit
    return count


@njit(nogil=True, cache=True, fastmath=_COMPARED)
def _least_from(values, limit):
    found = np.inf
    for i in range(values.size):
        value = values[i] if values[i] >= limit else np.inf
        found = min(found, value)
    return found


@njit(nogil=True, cache=True, fastmath=_COMPARED)
def _greatest(values):
    found = -np.inf
    for i in range(values.size):
        found = max(found, values[i])
    return found
