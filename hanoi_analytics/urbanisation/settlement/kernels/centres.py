"""Urban centres: what joins at their edges, what their holes are, what lies near them."""

from __future__ import annotations

import numpy as np
from numba import njit

from hanoi_analytics.urbanisation.settlement.kernels.cells import EDGE_BITS, PERMANENT_WATER, VOTES


@njit(nogil=True, cache=True)
def mark_around(rows, columns, reach, shape):
    """Return an array that is true within `reach` steps (8 neighbours) of the given cells."""
    near = np.zeros(shape, np.bool_)
    for at in range(rows.size):
        top, bottom = max(0, rows[at] - reach), min(shape[0], rows[at] + reach + 1)
        left, right = max(0, columns[at] - reach), min(shape[1], columns[at] + reach + 1)
        if top < bottom and left < right:
            near[top:bottom, left:right] = True
    return near


@njit(nogil=True, cache=True)
def _elected(codes, centres, y, x, by_votes):
    """Return the centre that a cell joins by the majority of its eight neighbours, or 0."""
    rows, columns = centres.shape
    best, most, votes = 0, 0, 8
    for j in range(y - 1, y + 2):
        for i in range(x - 1, x + 2):
            if (j == y and i == x) or j < 0 or i < 0 or j >= rows or i >= columns:
                continue
            owner = centres[j, i]
            if owner == 0:
                votes -= by_votes and (codes[j, i] & EDGE_BITS) != VOTES
                continue
            count = 0
            for b in range(max(0, y - 1), min(rows, y + 2)):
                for a in range(max(0, x - 1), min(columns, x + 2)):
                    count += centres[b, a] == owner
            if count > most:
                best, most = owner, count
    if by_votes:
        return best if 2 * most > votes else 0
    return best if most >= 5 else 0


@njit(nogil=True, cache=True)
def grow_centres(codes, centres, rounds, by_votes):
    """Let cells join centres round by round; return row, column, centre and round of each.

    `centres` holds the number of each cell's centre, 0 for none, and is changed. Only cells that
    touch what joined in the round before can have changed their minds.
    """
    rows, columns = centres.shape
    asked = np.zeros((rows, columns), np.int32)
    front = np.flatnonzero(centres)
    joined_at, joined_to = [np.int64(0) for _ in range(0)], [np.int32(0) for _ in range(0)]
    joined_in = [np.int32(0) for _ in range(0)]
    for step in range(1, rounds + 1):
        chosen, to = [np.int64(0) for _ in range(0)], [np.int32(0) for _ in range(0)]
        for at in front:
            y, x = at // columns, at % columns
            for j in range(max(0, y - 1), min(rows, y + 2)):
                for i in range(max(0, x - 1), min(columns, x + 2)):
                    if centres[j, i] or asked[j, i] == step:
                        continue
                    asked[j, i] = step
                    if by_votes and codes[j, i] & EDGE_BITS == PERMANENT_WATER:
                        continue
                    owner = _elected(codes, centres, j, i, by_votes)
                    if owner:
                        chosen.append(np.int64(j * columns + i))
                        to.append(np.int32(owner))
        for k in range(len(chosen)):
            centres[chosen[k] // columns, chosen[k] % columns] = to[k]
            joined_at.append(chosen[k])
            joined_to.append(to[k])
            joined_in.append(np.int32(step))
        front = np.array(chosen, dtype=np.int64)
        if front.size == 0:
            break
    at = np.array(joined_at, dtype=np.int64)
    return (
        (at // columns).astype(np.int32),
        (at % columns).astype(np.int32),
        np.array(joined_to, dtype=np.int32),
        np.array(joined_in, dtype=np.int32),
    )


@njit(nogil=True, cache=True)
def fill_holes(centres, most_cells):
    """Return row and column of the cells of each hole of one centre with at most `most_cells`.

    A hole is a group of cells not of that centre, joined by their sides, that does not reach the
    border of the array.
    """
    rows, columns = centres.shape
    seen = np.zeros((rows, columns), np.int32)
    open_to = np.zeros((rows, columns), np.int32)
    cells = np.flatnonzero(centres)
    owners = np.array([centres[at // columns, at % columns] for at in cells], dtype=np.int32)
    stack = np.empty(min(most_cells, rows * columns) + 1, np.int64)
    filled = [np.int64(0) for _ in range(0)]
    for k in np.argsort(owners):
        owner, y, x = owners[k], cells[k] // columns, cells[k] % columns
        for side in range(4):
            j, i = y + (side == 0) - (side == 1), x + (side == 2) - (side == 3)
            outside = j < 0 or i < 0 or j >= rows or i >= columns
            if outside or centres[j, i] == owner or seen[j, i] == owner:
                continue
            seen[j, i] = owner
            stack[0] = j * columns + i
            size, done, closed = 1, 0, True
            while closed and done < size:
                b, a = stack[done] // columns, stack[done] % columns
                done += 1
                closed = 0 < b < rows - 1 and 0 < a < columns - 1 and size <= most_cells
                for turn in range(4 if closed else 0):
                    d, c = b + (turn == 0) - (turn == 1), a + (turn == 2) - (turn == 3)
                    if centres[d, c] == owner:
                        continue
                    if open_to[d, c] == owner:
                        closed = False
                    elif seen[d, c] != owner:
                        if size == stack.size:
                            closed = False
                            break
                        seen[d, c] = owner
                        stack[size] = d * columns + c
                        size += 1
            closed = closed and size <= most_cells
            for n in range(size):
                if closed:
                    filled.append(stack[n])
                else:
                    # What hangs together with an opening is open: later floods stop here.
                    open_to[stack[n] // columns, stack[n] % columns] = owner
    at = np.array(filled, dtype=np.int64)
    return (at // columns).astype(np.int32), (at % columns).astype(np.int32)
