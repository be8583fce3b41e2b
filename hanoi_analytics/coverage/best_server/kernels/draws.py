"""Draws of who is covered when fading is alike at neighbouring places."""

from __future__ import annotations

import numpy as np
from numba import njit

from hanoi_analytics.coverage.best_server.kernels.service import COARSER
from hanoi_analytics.coverage.best_server.kernels.strongest import SHIFT


@njit(nogil=True, cache=True)
def states(level, server, origin, cell_m, group, x, y, path, fading, median, base, nearest2, out):
    """Write what a draw needs of a cell's server: both levels, the quantile, both spreads.

    `out` is (rows, columns, 5). A cell without a server has levels of minus infinity.
    """
    rows, columns = level.shape
    last = fading.shape[2] - 1
    for r in range(rows):
        for c in range(columns):
            out[r, c] = 0.0
            if server[r, c] < 0:
                out[r, c, :2] = -np.inf
                continue
            k = group[server[r, c]]
            dx, dy = (origin[0] + c) * cell_m - x[k], (origin[1] - r) * cell_m - y[k]
            square = max(np.float32(dx * dx + dy * dy), nearest2)
            i = min(((np.float32(square).view(np.int32) >> SHIFT) - base) >> COARSER, last)
            at = fading[path[k], :, i]
            out[r, c, 0] = level[r, c] + at[0]
            out[r, c, 1] = level[r, c] + at[1]
            out[r, c, 2] = median[path[k], i]
            out[r, c, 3] = at[3]
            out[r, c, 4] = at[4]


@njit(nogil=True, cache=True)
def drawn_level(state, r, c, sector, site, model, fields, shift, corner):
    """Return the level of one server in one draw, dBm.

    `fields` is (models, fields, cells, cells, 3): fading with line of sight, fading without, and
    the Gaussian that decides which of the two it is. Cells are a power of two.
    """
    s, m, wrap = site[sector], model[sector], fields.shape[2] - 1
    f = shift[s, 0]
    i, j = (corner[0] + r + shift[s, 1]) & wrap, (corner[1] + c + shift[s, 2]) & wrap
    if fields[m, f, i, j, 2] < state[r, c, 2]:
        return state[r, c, 0] + state[r, c, 3] * fields[m, f, i, j, 0]
    return state[r, c, 1] + state[r, c, 4] * fields[m, f, i, j, 1]


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
                if a < 0 or servers[0, r, c] < 0:
                    continue
                level = error_db[k] + drawn_level(
                    first, r, c, servers[0, r, c], site, model, fields, shift, corner
                )
                t = 0
                while t < least.size and level >= least[t]:
                    out[k, t, a, 0] += people[r, c]
                    out[k, t, a, 1] += people[r, c]
                    out[k, t, a, 2] += 1.0
                    t += 1
                if t == least.size or servers[1, r, c] < 0:
                    continue
                level = error_db[k] + drawn_level(
                    second, r, c, servers[1, r, c], site, model, fields, shift, corner
                )
                while t < least.size and level >= least[t]:
                    out[k, t, a, 1] += people[r, c]
                    t += 1
