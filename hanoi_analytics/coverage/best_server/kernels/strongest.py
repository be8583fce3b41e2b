"""Every cell's strongest and second strongest sector, and the power of all that share a carrier."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Cells on a side of a tile. Blocks start at whole tiles, so that no result depends on blocks.
TILE = 32
#: Cells between the nodes at which a far site's power is computed and then interpolated.
STEP = 4
#: A site is far when it lies at least this many steps from the tile.
FAR_STEPS = 20
#: Steps of a table: the leading bits of the squared distance, 2**9 for every doubling.
SHIFT = 14
NODES = TILE // STEP + 1
#: More than any power; infinity has no place in loops compiled with `fastmath`.
MOST = np.float32(3e38)


@njit(nogil=True, cache=True)
def table_index(squared_distance):
    """Return where a squared distance (float32, m²) stands in a table, before the table's base."""
    return np.float32(squared_distance).view(np.int32) >> SHIFT


@njit(nogil=True, cache=True, fastmath=True)
def add_sectors(k, left, top, step_m, sites, sectors, tables, scratch, best, second, names, total):
    """Add all sectors of group `k` to a tile, and note the strongest two.

    `left` and `top` are the centre of the first cell; all arrays of results are (n, n), rows from
    north to south. With empty `names` only `total` is kept.
    """
    x, y, path, vertical, pattern, _, rise_m, reference, first, count = sites
    east, north = sectors
    gain, _, down, across, floors, base, nearest2, furthest2 = tables
    offset, inverse, inside_lobe, outside_lobe, power, angle = scratch
    n = total.shape[0]
    steps = gain.shape[1]
    gains, downs, acrosses = gain[path[k]], down[vertical[k]], across[pattern[k]]
    half, half_down = np.float32((acrosses.size - 1) / 2), np.float32((downs.size - 1) / 2)
    floor = floors[pattern[k]]
    ref, rise = reference[k], rise_m[k]
    dx0, dy0, cell = np.float32(left - x[k]), np.float32(top - y[k]), np.float32(step_m)
    for r in range(n):
        dy = dy0 - np.float32(r) * cell
        for c in range(n):
            dx = dx0 + np.float32(c) * cell
            square = dx * dx + dy * dy
            near = max(square, nearest2)
            i = min((np.float32(near).view(np.int32) >> SHIFT) - base, steps - 1)
            level = ref * gains[i] if square <= furthest2 else np.float32(0.0)
            sine = rise / np.sqrt(near + rise * rise)
            offset[c] = dx
            inverse[c] = np.float32(1.0) / np.sqrt(max(square, np.float32(1e-6)))
            inside_lobe[c] = level * downs[np.int32(sine * half_down + half_down + np.float32(0.5))]
            outside_lobe[c] = level * floor
        sums = total[r]
        for s in range(first[k], first[k] + count[k]):
            for c in range(n):
                cosine = (offset[c] * east[s] + dy * north[s]) * inverse[c]
                angle[c] = np.int32(cosine * half + half + np.float32(0.5))
            for c in range(n):
                power[c] = max(inside_lobe[c] * acrosses[angle[c]], outside_lobe[c])
                sums[c] += power[c]
            if names.size:
                bests, seconds, firsts, others = best[r], second[r], names[0, r], names[1, r]
                for c in range(n):
                    p, b, z = power[c], bests[c], seconds[c]
                    others[c] = firsts[c] if p > b else (s if p > z else others[c])
                    firsts[c] = s if p > b else firsts[c]
                    seconds[c] = max(z, min(b, p))
                    bests[c] = max(b, p)


@njit(nogil=True, cache=True)
def strongest(origin, cell_m, inside, sites, sectors, tables, carriers, level, second, names, sums):
    """Fill a block: `level` and `second` in mW, `names` their sectors, `sums` the carrier's power.

    `origin` is the centre of the block's first cell, in cells: a coordinate is then the same
    product in every block. `inside` says which cells are wanted, the others stay as they are. A
    sector number of -1 says that none is in range.
    """
    rows, columns = inside.shape
    best = np.empty((TILE, TILE), np.float32)
    next_best = np.empty((TILE, TILE), np.float32)
    tile_names = np.empty((2, TILE, TILE), np.int32)
    total = np.empty((carriers, TILE, TILE), np.float32)
    nodes = np.empty((carriers, NODES, NODES), np.float32)
    no_names = np.empty((0, TILE, TILE), np.int32)
    scratch = (
        np.empty(TILE, np.float32),
        np.empty(TILE, np.float32),
        np.empty(TILE, np.float32),
        np.empty(TILE, np.float32),
        np.empty(TILE, np.float32),
        np.empty(TILE, np.int32),
    )
    far_m = FAR_STEPS * STEP * cell_m
    for row in range(0, rows, TILE):
        for column in range(0, columns, TILE):
            wanted = inside[row : row + TILE, column : column + TILE]
            if not wanted.any():
                continue
            left, top = (origin[0] + column) * cell_m, (origin[1] - row) * cell_m
            best[:] = 0
            next_best[:] = MOST
            for r in range(wanted.shape[0]):
                for c in range(wanted.shape[1]):
                    if wanted[r, c]:
                        next_best[r, c] = 0
            tile_names[:] = -1
            total[:] = 0
            nodes[:] = 0
            order, bound, distance = _by_bound(left, top, cell_m, sites, tables)
            low = np.float32(0)
            for k in order:
                add = total[sites[5][k]]
                if bound[k] >= low:
                    add_sectors(
                        k, left, top, cell_m, sites, sectors, tables, scratch,
                        best, next_best, tile_names, add,
                    )  # fmt: skip
                    low = next_best.min()
                elif distance[k] < far_m:
                    add_sectors(
                        k, left, top, cell_m, sites, sectors, tables, scratch,
                        best, next_best, no_names, add,
                    )  # fmt: skip
                else:
                    add_sectors(
                        k, left, top, cell_m * STEP, sites, sectors, tables, scratch,
                        best, next_best, no_names, nodes[sites[5][k]],
                    )  # fmt: skip
            for carrier in range(carriers):
                _add_interpolated(nodes[carrier], total[carrier])
            for r in range(wanted.shape[0]):
                for c in range(wanted.shape[1]):
                    if wanted[r, c] and tile_names[0, r, c] >= 0:
                        y, x = row + r, column + c
                        level[y, x] = best[r, c]
                        second[y, x] = next_best[r, c]
                        names[0, y, x], names[1, y, x] = tile_names[0, r, c], tile_names[1, r, c]
                        for carrier in range(carriers):
                            sums[carrier, y, x] = total[carrier, r, c]


@njit(nogil=True, cache=True)
def _by_bound(left, top, cell_m, sites, tables):
    """Return the groups in range by falling bound of their level in a tile, bounds, distances."""
    x, y, path, _, _, _, _, reference, _, _ = sites
    bounds, base, nearest2, furthest2 = tables[1], tables[5], tables[6], tables[7]
    right, bottom = left + (TILE - 1) * cell_m, top - (TILE - 1) * cell_m
    bound = np.zeros(x.size, np.float32)
    distance = np.zeros(x.size)
    for k in range(x.size):
        dx = max(left - x[k], x[k] - right, 0.0)
        dy = max(bottom - y[k], y[k] - top, 0.0)
        square = np.float32(dx * dx + dy * dy)
        distance[k] = np.sqrt(square)
        if square <= furthest2:
            i = table_index(max(square, nearest2)) - base
            bound[k] = reference[k] * bounds[path[k], min(i, bounds.shape[1] - 1)]
    reached = np.flatnonzero(bound)
    # A stable order, so that powers are added in one order whatever other sites a block knows.
    return reached[np.argsort(-bound[reached], kind="mergesort")], bound, distance


@njit(nogil=True, cache=True, fastmath=True)
def _add_interpolated(nodes, total):
    """Add to the cells of a tile what lies between nodes, `STEP` cells apart."""
    for r in range(TILE):
        j, v = r // STEP, np.float32(r % STEP) / np.float32(STEP)
        for c in range(TILE):
            i, u = c // STEP, np.float32(c % STEP) / np.float32(STEP)
            upper = nodes[j, i] + (nodes[j, i + 1] - nodes[j, i]) * u
            lower = nodes[j + 1, i] + (nodes[j + 1, i + 1] - nodes[j + 1, i]) * u
            total[r, c] += upper + (lower - upper) * v
