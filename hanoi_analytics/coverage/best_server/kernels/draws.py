"""Draws of who is covered when fading is alike at neighbouring places."""

from __future__ import annotations

import numpy as np
from numba import njit

from hanoi_analytics.coverage.best_server.kernels.service import COARSER
from hanoi_analytics.coverage.best_server.kernels.strongest import SHIFT


@njit(nogil=True, cache=True)
def states(level, server, origin, cell_m, group, x, y, path, fading, median, base, nearest2, out):
    """Write what a draw needs of a cell's server: both levels, the quantile, both spreads.

    `out` is (5, rows, columns). A cell without a server has levels of minus infinity.
    """
    rows, columns = level.shape
    last = fading.shape[2] - 1
    for r in range(rows):
        for c in range(columns):
            out[:, r, c] = 0.0
            if server[r, c] < 0:
                out[0, r, c] = out[1, r, c] = -np.inf
                continue
            k = group[server[r, c]]
            dx, dy = origin[0] + c * cell_m - x[k], origin[1] - r * cell_m - y[k]
            square = max(np.float32(dx * dx + dy * dy), nearest2)
            i = min(((np.float32(square).view(np.int32) >> SHIFT) - base) >> COARSER, last)
            at = fading[path[k], :, i]
            out[0, r, c] = level[r, c] + at[0]
            out[1, r, c] = level[r, c] + at[1]
            out[2, r, c] = median[path[k], i]
            out[3, r, c] = at[3]
            out[4, r, c] = at[4]


@njit(nogil=True, cache=True)
def drawn_level(state, site, model, fields, shift, row, column):
    """Return the level of one server in one draw, dBm.

    `fields` is (models, fields, 3, cells, cells): fading with line of sight, fading without, and
    the Gaussian that decides which of the two it is. Cells are a power of two.
    """
    wrap = fields.shape[3] - 1
    which = fields[model, shift[site, 0]]
    i, j = (row + shift[site, 1]) & wrap, (column + shift[site, 2]) & wrap
    if which[2, i, j] < state[2]:
        return state[0] + state[3] * which[0, i, j]
    return state[1] + state[4] * which[1, i, j]


@njit(nogil=True, cache=True)
def count_covered(
    area, people, first, second, servers, site, model, fields, shifts, error_db, corner, least, out
):
    """Add up people and cells covered, by draw, threshold and area.

    `first` and `second` come from :func:`states`; `servers` are their sectors, `site` and `model`
    those of each sector; `error_db` is added to every level of a draw; `corner` is the row and
    column of the block in the grid. `out` is (draws, thresholds, areas, 3): people that the
    strongest sector covers, people that either of the two strongest covers, and cells.
    """
    rows, columns = area.shape
    for k in range(shifts.shape[0]):
        shift = shifts[k]
        for r in range(rows):
            for c in range(columns):
                a = area[r, c]
                one, other = servers[0, r, c], servers[1, r, c]
                if a < 0 or one < 0:
                    continue
                y, x = corner[0] + r, corner[1] + c
                level = drawn_level(
                    first[:, r, c], site[one], model[one], fields, shift, y, x
                ) + error_db[k]  # fmt: skip
                strongest = level
                if other >= 0:
                    next_level = drawn_level(
                        second[:, r, c], site[other], model[other], fields, shift, y, x
                    ) + error_db[k]  # fmt: skip
                    strongest = max(level, next_level)
                for t in range(least.size):
                    if strongest < least[t]:
                        break
                    out[k, t, a, 1] += people[r, c]
                    if level >= least[t]:
                        out[k, t, a, 0] += people[r, c]
                        out[k, t, a, 2] += 1.0
