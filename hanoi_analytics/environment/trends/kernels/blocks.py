"""One trend for each pixel of a block; a single series is a block of one pixel."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from hanoi_analytics.environment.trends.kernels.correlation import (
    hamed_rao_factor,
    moved,
    whitened,
)
from hanoi_analytics.environment.trends.kernels.ordering import neighbours, sampled
from hanoi_analytics.environment.trends.kernels.pairs import pair_slopes, score, score_variance

#: What is written for each pixel, in this order.
STATISTICS = ("slope", "low", "high", "p", "z", "s", "variance_s", "n")
N = STATISTICS.index("n")
_MISSING = (math.nan,) * N

ORIGINAL, HAMED_RAO, PRE_WHITENED, TREND_FREE_PRE_WHITENED, SEASONAL = range(5)


@njit(nogil=True, cache=True)
def row_trends(row, axis, variant, lags, minimum, normal, found):
    """Write the trend of each pixel; return whether a value was infinite.

    `row` is (pixel, time), missing values NaN, the times season by season; `found` is (statistic,
    pixel). `axis` is a tuple: each value's place in time, its year, its season; the years of a
    step. `lags` and `minimum` are counts, `normal` the quantile of the normal distribution that
    belongs to the level of the interval.
    """
    _, years, seasons, step_years = axis
    times = years.size
    values, at_years = np.empty(times), np.empty(times)
    ends, slopes = np.empty(times, np.int64), np.empty(times * (times - 1) // 2)
    infinite = False
    for pixel in range(row.shape[0]):
        count, first = 0, 0
        for k in range(times):
            if k and seasons[k] != seasons[k - 1]:
                ends[first:count] = count
                first = count
            value = row[pixel, k]
            infinite |= math.isinf(value)
            if math.isfinite(value):
                values[count] = value
                at_years[count] = years[k]
                count += 1
        ends[first:count] = count
        found[N, pixel] = count
        if count >= minimum:
            one = (values, at_years, ends, count, slopes)
            trend = _trend(one, variant, lags, normal, step_years)
        else:
            trend = _MISSING
        for statistic in range(N):
            found[statistic, pixel] = trend[statistic]
    return infinite


@njit(nogil=True, cache=True)
def _trend(one, variant, lags, normal, step_years):
    """Return slope, low, high, p, z, S and its variance, of one series without missing values."""
    values, years, ends, count, slopes = one
    pairs, s, equal = pair_slopes(values, years, ends, count, slopes)
    if pairs == 0:
        return _MISSING
    variance = score_variance(values, ends, count, equal)
    slopes = slopes[:pairs]
    sample = sampled(slopes)
    below, above = neighbours(slopes, (pairs - 1) // 2, sample)
    slope = below if pairs % 2 else (below + above) / 2.0
    spread = variance
    if variant == HAMED_RAO:
        detrended = moved(values[:count], -slope * step_years)
        variance *= hamed_rao_factor(detrended, lags, normal / math.sqrt(count))
        spread = variance
    elif variant in (PRE_WHITENED, TREND_FREE_PRE_WHITENED):
        s, variance = _whitened_score(values[:count], ends, variant, slope * step_years)
    z = _standardised(s, variance)
    p = math.erfc(abs(z) / math.sqrt(2.0))
    low, high = _interval(slopes, sample, normal, spread)
    return slope, low, high, p, z, float(s), variance


@njit(nogil=True, cache=True)
def _whitened_score(values, ends, variant, slope_a_step):
    """Return S and its variance, of the series with what neighbours share taken out."""
    if variant == PRE_WHITENED:
        white = whitened(values)
    else:
        white = moved(whitened(moved(values, -slope_a_step)), slope_a_step)
    s, equal = score(white, white.size)
    for i in range(white.size):
        ends[i] = white.size
    return s, score_variance(white, ends, white.size, equal)


@njit(nogil=True, cache=True)
def _standardised(s, variance):
    """Return z corrected for continuity; NaN where a corrected variance is not above 0."""
    if s == 0:
        return 0.0
    if variance <= 0.0:
        return np.nan
    return (s - 1.0 if s > 0 else s + 1.0) / math.sqrt(variance)


@njit(nogil=True, cache=True)
def _interval(slopes, sample, normal, variance):
    """Return the slopes at Gilbert's (1987) ranks; NaN where there are too few for the level."""
    rank = slopes.size / 2.0 - normal * math.sqrt(max(variance, 0.0)) / 2.0
    if variance < 0.0 or rank < 1.0:
        return np.nan, np.nan
    share = rank - int(rank)
    below, above = neighbours(slopes, int(rank) - 1, sample)
    low = below + share * (above - below)
    # The upper rank, n + 1 − rank, is as far from the other end.
    below, above = neighbours(slopes, slopes.size - 1 - int(rank), sample)
    return low, above - share * (above - below)
