"""The median of each cell over the scenes that saw it."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def medians(stack, least, median, count):
    """Write the median and the number of values that are no NaN of each column of `stack`.

    `stack` is float32 (scenes, cells); `median` and `count` are float32 (cells). Where fewer than
    `least` values are there, the median is NaN.
    """
    scenes, cells = stack.shape
    seen = np.empty(scenes, np.float32)
    for cell in range(cells):
        found = 0
        for scene in range(scenes):
            value = stack[scene, cell]
            if not np.isnan(value):
                seen[found] = value
                found += 1
        count[cell] = found
        median[cell] = np.median(seen[:found]) if found >= least else np.nan
