"""Every pair of a series: which way it goes, and how steep."""

from __future__ import annotations

from numba import njit


@njit(nogil=True, cache=True)
def pair_slopes(values, years, group_ends, count, slopes):
    """Write the slope of every pair of one group; return the pairs, S and the pairs that are equal.

    The first `count` values stand group by group, in order of time within each; `group_ends` says
    for each value where its group ends. Slopes are in units of the values per year.
    """
    pairs, rising, falling, first = 0, 0, 0, 0
    while first < count:
        end = group_ends[first]
        # By distance, and over slices from 0: a loop that a processor can take four at a time.
        for apart in range(1, end - first):
            later, earlier = values[first + apart : end], values[first : end - apart]
            later_years, earlier_years = years[first + apart : end], years[first : end - apart]
            here = slopes[pairs : pairs + later.size]
            for i in range(later.size):
                difference = later[i] - earlier[i]
                rising += difference > 0
                falling += difference < 0
                here[i] = difference / (later_years[i] - earlier_years[i])
            pairs += later.size
        first = end
    return pairs, rising - falling, pairs - rising - falling


@njit(nogil=True, cache=True)
def score(values, count):
    """Return S and the pairs that are equal, of the first `count` values."""
    rising, falling = 0, 0
    for i in range(count - 1):
        value = values[i]
        for j in range(i + 1, count):
            rising += values[j] > value
            falling += values[j] < value
    return rising - falling, count * (count - 1) // 2 - rising - falling


@njit(nogil=True, cache=True)
def score_variance(values, group_ends, count, equal_pairs):
    """Return the variance of S, summed over groups and corrected for ties."""
    total, first = 0.0, 0
    while first < count:
        end = group_ends[first]
        total += _spread(end - first)
        for i in range(first, end if equal_pairs else first):
            ties = 0
            for j in range(first, end):
                ties += values[j] == values[i]
            # Each of the tied values takes its share of what they take together.
            total -= _spread(ties) / ties
        first = end
    return total / 18.0


@njit(nogil=True, cache=True)
def _spread(size):
    return float(size) * (size - 1.0) * (2.0 * size + 5.0)
