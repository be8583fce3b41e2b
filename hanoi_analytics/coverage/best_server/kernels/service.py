"""From the two strongest sectors of a cell to SINR and the probability of coverage."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from hanoi_analytics.coverage.best_server.kernels.strongest import SHIFT

#: Fading changes more slowly with distance than levels do: its tables have a step for 2**3.
COARSER = 3

_HALF = math.sqrt(0.5)


@njit(nogil=True, cache=True)
def signal_to_interference(level, names, sums, carrier, noise_mw, load, sinr_db):
    """Write SINR, dB: a loaded share of all other power on the carrier, and noise."""
    rows, columns = level.shape
    for y in range(rows):
        for x in range(columns):
            if names[0, y, x] >= 0:
                k = carrier[names[0, y, x]]
                others = max(sums[k, y, x] - level[y, x], np.float32(0.0))
                sinr_db[y, x] = 10.0 * math.log10(level[y, x] / (load * others + noise_mw[k]))


@njit(nogil=True, cache=True)
def covered(level, names, origin, cell_m, group, x, y, path, fading, base, nearest2, least, chance):
    """Write for each threshold `least` (dBm) the probability that the best sector reaches it.

    `fading` holds for each path class five tables over distance: what line of sight and its lack
    add to the mean level (dB), the probability of line of sight, and both standard deviations.
    """
    rows, columns = level.shape
    last = fading.shape[2] - 1
    for r in range(rows):
        for c in range(columns):
            if names[0, r, c] < 0:
                continue
            k = group[names[0, r, c]]
            dx, dy = (origin[0] + c) * cell_m - x[k], (origin[1] - r) * cell_m - y[k]
            square = max(np.float32(dx * dx + dy * dy), nearest2)
            i = min(((np.float32(square).view(np.int32) >> SHIFT) - base) >> COARSER, last)
            at = fading[path[k], :, i]
            mean = 10.0 * math.log10(level[r, c])
            for t in range(least.size):
                clear = 0.5 * math.erfc(_HALF * (least[t] - mean - at[0]) / at[3])
                hidden = 0.5 * math.erfc(_HALF * (least[t] - mean - at[1]) / at[4])
                chance[t, r, c] = at[2] * clear + (1.0 - at[2]) * hidden
