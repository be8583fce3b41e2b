"""Clusters from runs of cells.

A run is an unbroken stretch of chosen cells in a row. Clusters are joined run by run, which is
quick because most of the world is empty.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: People are added up in whole people and in these parts, so that no order of adding matters.
PARTS = 2**30


@njit(nogil=True, cache=True)
def find_runs(codes, bit):
    """Return first run of each row (rows + 1), first column and column past the end of each run."""
    rows, columns = codes.shape
    first = np.zeros(rows + 1, np.int64)
    for y in range(rows):
        first[y + 1] = first[y]
        # Most rows of most blocks are empty, and this loop is the quick way to know.
        found = np.uint16(0)
        for x in range(columns):
            found |= codes[y, x]
        if found & bit == 0:
            continue
        inside = False
        for x in range(columns):
            chosen = codes[y, x] & bit != 0
            first[y + 1] += chosen and not inside
            inside = chosen
    starts = np.empty(first[rows], np.int32)
    stops = np.empty(first[rows], np.int32)
    for y in range(rows):
        run = first[y]
        if run == first[y + 1]:
            continue
        inside = False
        for x in range(columns):
            chosen = codes[y, x] & bit != 0
            if chosen and not inside:
                starts[run] = x
            elif inside and not chosen:
                stops[run] = x
                run += 1
            inside = chosen
        if inside:
            stops[run] = columns
    return first, starts, stops


@njit(nogil=True, cache=True)
def _root(parent, run):
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@njit(nogil=True, cache=True)
def join_runs(first, starts, stops, neighbours):
    """Return the number of each run's cluster, counted from 0 in reading order, and their count."""
    reach = 1 if neighbours == 8 else 0
    parent = np.arange(starts.size)
    for y in range(1, first.size - 1):
        above, here = first[y - 1], first[y]
        while above < first[y] and here < first[y + 1]:
            if starts[above] < stops[here] + reach and starts[here] < stops[above] + reach:
                a, b = _root(parent, above), _root(parent, here)
                parent[max(a, b)] = min(a, b)
            if stops[above] < stops[here]:
                above += 1
            else:
                here += 1
    cluster = np.empty(starts.size, np.int32)
    count = 0
    for run in range(starts.size):
        root = _root(parent, run)
        if root == run:
            cluster[run] = count
            count += 1
        else:
            cluster[run] = cluster[root]
    return cluster, count


@njit(nogil=True, cache=True)
def sum_runs(first, starts, stops, cluster, count, values):
    """Return the sum of each cluster in whole units and in parts, exact in any order; NaN is 0."""
    whole = np.zeros(count, np.int64)
    parts = np.zeros(count, np.int64)
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            for x in range(starts[run], stops[run]):
                value = values[y, x]
                if not np.isnan(value):
                    floor = np.floor(value)
                    whole[cluster[run]] += np.int64(floor)
                    parts[cluster[run]] += np.int64(np.rint((value - floor) * PARTS))
    return whole, parts


@njit(nogil=True, cache=True)
def run_borders(first, starts, stops, cluster, columns):
    """Return cluster number + 1, or 0, along the north, south, west and east border."""
    rows = first.size - 1
    north, south = np.zeros(columns, np.int32), np.zeros(columns, np.int32)
    west, east = np.zeros(rows, np.int32), np.zeros(rows, np.int32)
    for run in range(first[0], first[1]):
        north[starts[run] : stops[run]] = cluster[run] + 1
    for run in range(first[rows - 1], first[rows]):
        south[starts[run] : stops[run]] = cluster[run] + 1
    for y in range(rows):
        if first[y] < first[y + 1]:
            if starts[first[y]] == 0:
                west[y] = cluster[first[y]] + 1
            if stops[first[y + 1] - 1] == columns:
                east[y] = cluster[first[y + 1] - 1] + 1
    return north, south, west, east


@njit(nogil=True, cache=True)
def paint_runs(target, first, starts, stops, cluster, keep, value):
    """Write a value into the cells of the clusters that are kept."""
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            if keep[cluster[run]]:
                target[y, starts[run] : stops[run]] = value


@njit(nogil=True, cache=True)
def list_cells(first, starts, stops, cluster, keep):
    """Return row, column and cluster of every cell of the clusters that are kept."""
    size = 0
    for run in range(starts.size):
        if keep[cluster[run]]:
            size += stops[run] - starts[run]
    rows, columns = np.empty(size, np.int32), np.empty(size, np.int32)
    owner = np.empty(size, np.int32)
    at = 0
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            if keep[cluster[run]]:
                for x in range(starts[run], stops[run]):
                    rows[at], columns[at], owner[at] = y, x, cluster[run]
                    at += 1
    return rows, columns, owner


@njit(nogil=True, cache=True)
def touched_clusters(first, starts, stops, cluster, count, near):
    """Return for each cluster whether one of its cells is marked in `near`."""
    touched = np.zeros(count, np.bool_)
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            if not touched[cluster[run]]:
                for x in range(starts[run], stops[run]):
                    if near[y, x]:
                        touched[cluster[run]] = True
                        break
    return touched
