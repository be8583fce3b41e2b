"""One cell at a time: densities, thresholds, what a cell is without a cluster."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Three low bits of a cell's code: what it is when no cluster takes it.
REST_BITS = 0b111
LOW, WATER, UNKNOWN = 1, 2, 4
#: Two bits for the smoothing of edges.
EDGE_BITS = 0b11000
VOTES, NO_VOTE, PERMANENT_WATER = 0, 8, 16
#: The first bit that says that a cell meets the threshold of a cluster rule.
FIRST_RULE_BIT = 32

# More in one cell is a nodata value that was not marked, and would overflow the sums.
MOST_PEOPLE = 1e9
# Shares come from divisions, so a full cell may be a hair more than full.
SLACK = 1e-6


@njit(nogil=True, cache=True)
def encode_cells(people, land, built, voters, least, shares, code_of):
    """Write the code of each cell; return the place of the first impossible value, or -1.

    `people`, `land`, `built` and `voters` are arrays of (rows, columns), missing values NaN; one
    without cells stands for: land wherever people are known, nothing built, the people themselves.
    `least` holds for each rule bit the least density and built-up density, NaN for no such bit.
    `shares` holds water's land share, people and built-up share, the low density, the land share
    of a vote and the area of a cell in km².
    """
    rows, columns = people.shape
    water_land, water_people, water_built, low_density, edge_land, cell_km2 = shares
    nobody_will_do = (least <= 0).any()
    for y in range(rows):
        for x in range(columns):
            head = people[y, x]
            nobody = np.isnan(head)
            ground = land[y, x] if land.size else (np.nan if nobody else 1.0)
            roof = built[y, x] if built.size else 0.0
            if head < 0 or head > MOST_PEOPLE or ground < 0 or ground > 1 + SLACK:
                return y * columns + x
            if roof < 0 or roof > 1 + SLACK:
                return y * columns + x
            code = UNKNOWN if nobody and np.isnan(ground) else 0
            if nobody:
                head = 0.0
            if head > 0 or roof > 0 or nobody_will_do:
                density, roofed = cell_densities(head, ground, roof, cell_km2)
                for rule in range(least.shape[0]):
                    if density >= least[rule, 0] or roofed >= least[rule, 1]:
                        code |= FIRST_RULE_BIT << rule
                if density >= low_density:
                    code |= LOW
            elif ground > 0 and low_density <= 0:
                code |= LOW
            dry = ground >= water_land or head > water_people or roof > water_built
            if not dry:
                code |= WATER
            if not ground >= edge_land:
                if head == 0 and not roof > 0:
                    code |= PERMANENT_WATER
                elif not (voters[y, x] if voters.size else head) > 0:
                    code |= NO_VOTE
            code_of[y, x] = code
    return -1


@njit(nogil=True, cache=True)
def cell_densities(head, ground, roof, cell_km2):
    """Return people per km² of land and built-up share of land; infinite or NaN without land."""
    if ground > 0:
        return head / (ground * cell_km2), np.rint(roof / ground * 1000) / 1000
    if ground == 0:
        return (np.inf if head > 0 else np.nan), (np.inf if roof > 0 else np.nan)
    return np.nan, np.nan


@njit(nogil=True, cache=True)
def set_averaged_bit(codes, bit, density, least_density, land, built, least_built):
    """Set a rule's bit where the averaged density, or the built-up density, reaches its least."""
    rows, columns = codes.shape
    for y in range(rows):
        for x in range(columns):
            ground = land[y, x] if land.size else 1.0
            roof = built[y, x] if built.size else 0.0
            roofed = cell_densities(0.0, ground, roof, 1.0)[1]
            if density[y, x] >= least_density or roofed >= least_built:
                codes[y, x] |= bit


@njit(nogil=True, cache=True)
def rest_classes(codes, table):
    """Return the class of each cell by its rest bits alone."""
    classes = np.empty(codes.shape, np.uint8)
    for y in range(codes.shape[0]):
        for x in range(codes.shape[1]):
            classes[y, x] = table[codes[y, x] & REST_BITS]
    return classes


@njit(nogil=True, cache=True)
def focal_mean(values, window):
    """Return the mean over a square window, missing cells and cells beyond the array left out."""
    rows, columns = values.shape
    reach = window // 2
    means = np.full((rows, columns), np.nan)
    for y in range(rows):
        for x in range(columns):
            total, count = 0.0, 0
            for j in range(max(0, y - reach), min(rows, y + reach + 1)):
                for i in range(max(0, x - reach), min(columns, x + reach + 1)):
                    if not np.isnan(values[j, i]):
                        total += values[j, i]
                        count += 1
            if count:
                means[y, x] = total / count
    return means
