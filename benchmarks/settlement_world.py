"""A made-up world on a 1 km grid: land, people and built-up shares in three GeoTIFFs.

Everything is drawn for the whole grid beforehand from one seed, and then painted block by block:
towns and coasts cross the borders of blocks, and no more than a few blocks are in memory. The same
number of people and towns falls on a million cells at every size.

    python benchmarks/settlement_world.py FOLDER ROWS COLUMNS
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numba import njit
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.windows import Window
from scipy import ndimage

Floats = NDArray[np.float32]
Corner = tuple[int, int]

NAMES = ("population", "land", "built")
NODATA = -200.0
_SEED = 20_201
_BLOCK = 2048
_BLOCKS_AT_ONCE = 4
# Cells between the nodes of the fields from which coasts and fertile land are interpolated.
_STEP = 16
_LAND_SHARE = 0.3
_PEOPLE_PER_LAND_CELL = 50.0
# Towns by Zipf's law: as many people in those of ten thousand as in those of ten million.
_LEAST_PEOPLE, _MOST_PEOPLE = 300.0, 35e6
_EDGE_PEOPLE_PER_KM2 = 4.0


@dataclass(frozen=True)
class World:
    """What is drawn before any block is painted.

    Attributes
    ----------
    rows, columns : int
    height : array of float32, (nodes, nodes)
        Land where it is above `sea_level`.
    sea_level : float
    towns : array of float32, (5, towns)
        Row, column, people per km² in the middle, cells over which these fall to 1/e, cells that
        the town reaches.
    """

    rows: int
    columns: int
    height: Floats
    sea_level: float
    towns: Floats


def draw(rows: int, columns: int) -> World:
    """Draw coasts and towns of a world."""
    random = np.random.default_rng(_SEED)
    shape = rows // _STEP + 3, columns // _STEP + 3
    height = _rough(random, shape, (160, 50, 16, 5, 2))
    sea_level = float(np.quantile(height, 1 - _LAND_SHARE))
    people = _town_sizes(random, _LAND_SHARE * rows * columns * _PEOPLE_PER_LAND_CELL)
    peak = 1200 * (people / 5000) ** 0.2
    scale = np.sqrt(people / (2 * np.pi * peak))
    fertile = np.exp(1.6 * _rough(random, shape, (120, 25, 6))) * (height > sea_level)
    y, x = _places(random, fertile, people)
    towns = np.stack([y, x, peak, scale, scale * np.log(peak / _EDGE_PEOPLE_PER_KM2)])
    return World(rows, columns, height, sea_level, towns.astype(np.float32))


def _rough(
    random: np.random.Generator, shape: tuple[int, int], wavelengths: tuple[int, ...]
) -> Floats:
    """Return a field of unit variance that is rough at each of some wavelengths, in nodes."""
    field = np.zeros(shape, np.float32)
    for wavelength in wavelengths:
        lattice = random.normal(size=[size // wavelength + 4 for size in shape])
        fine = ndimage.zoom(lattice.astype(np.float32), wavelength, order=2, grid_mode=False)
        field += wavelength**0.6 * fine[: shape[0], : shape[1]]
    return field / field.std()


def _town_sizes(random: np.random.Generator, total: float) -> NDArray[np.float64]:
    least, most = 1 / _LEAST_PEOPLE, 1 / _MOST_PEOPLE
    mean = np.log(_MOST_PEOPLE / _LEAST_PEOPLE) / (least - most)
    return np.sort(1 / random.uniform(most, least, int(total / mean)))[::-1]


def _places(
    random: np.random.Generator, fertile: Floats, people: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return row and column of towns, in cells: on fertile land, half the villages near a town."""
    share = np.cumsum(fertile.ravel(), dtype=np.float64)
    node = np.searchsorted(share / share[-1], random.uniform(size=people.size))
    y = (node // fertile.shape[1] + random.uniform(-0.5, 0.5, people.size)) * _STEP
    x = (node % fertile.shape[1] + random.uniform(-0.5, 0.5, people.size)) * _STEP
    towns = max(1, people.size // 100)
    near = np.flatnonzero(random.uniform(size=people.size) < 0.5)
    near = near[near >= towns]
    mother = random.integers(0, towns, near.size)
    away = random.exponential(4 + 0.02 * np.sqrt(people[mother]))
    angle = random.uniform(0, 2 * np.pi, near.size)
    y[near] = y[mother] + away * np.sin(angle)
    x[near] = x[mother] + away * np.cos(angle)
    return y, x


@njit(nogil=True, cache=True)
def _paint_towns(
    density: Floats, corner: Corner, towns: NDArray[np.int64], all_towns: Floats
) -> None:
    (rows, columns), (top, left) = density.shape, corner
    y, x, peak, scale, reach = all_towns
    for town in towns:
        low, high = int(y[town] - reach[town]) - top, int(y[town] + reach[town]) - top + 1
        west, east = int(x[town] - reach[town]) - left, int(x[town] + reach[town]) - left + 1
        for j in range(max(0, low), min(rows, high + 1)):
            for i in range(max(0, west), min(columns, east + 1)):
                away = np.hypot(j + top - y[town], i + left - x[town])
                if away <= reach[town]:
                    density[j, i] += peak[town] * np.exp(-away / scale[town])


@njit(nogil=True, cache=True)
def _drawn(cell: int, salt: int) -> float:
    """Return a number from 0 to 1 that depends on nothing but the cell (SplitMix64)."""
    mixed = np.uint64(cell) * np.uint64(4) + np.uint64(salt) + np.uint64(1)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float64((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


@njit(nogil=True, cache=True)
def _settle(
    people: Floats, built: Floats, land: Floats, corner: Corner, world_columns: int
) -> None:
    """Turn smooth densities into uneven people per cell and built-up shares of the cell.

    An eighth of the cells of a town is empty: parks, and works without people.
    """
    (rows, columns), (top, left) = people.shape, corner
    for j in range(rows):
        for i in range(columns):
            density = people[j, i]
            if density == 0 or land[j, i] == 0:
                people[j, i] = 0
                continue
            cell = (j + top) * world_columns + i + left
            spread = _drawn(cell, 0) + _drawn(cell, 1) + _drawn(cell, 2) - 1.5
            density *= np.exp(1.2 * spread - 0.18)
            roofs = (1 - np.exp(-density / 5000)) * (0.75 + 0.5 * _drawn(cell, 3))
            if _drawn(cell, 2) < 0.125:
                roofs = 0.4 if density > 600 and _drawn(cell, 1) < 0.3 else 0.0
                density = 0.0
            people[j, i] = density * land[j, i] if density * land[j, i] >= 1 else 0.0
            built[j, i] = min(roofs, 1.0) * land[j, i]


def block(world: World, window: Window) -> tuple[Floats, Floats, Floats]:
    """Return people per cell, land share and built-up share of a part of the world."""
    top, left = window.row_off, window.col_off
    shape = window.height, window.width
    land = _land(world, top, left, shape)
    people, built = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    y, x, _, _, reach = world.towns
    towns = np.flatnonzero(
        (y + reach >= top - 1)
        & (y - reach <= top + shape[0])
        & (x + reach >= left - 1)
        & (x - reach <= left + shape[1])
    )
    _paint_towns(people, (top, left), towns, world.towns)
    _settle(people, built, land, (top, left), world.columns)
    return people, land, built


def _land(world: World, top: int, left: int, shape: tuple[int, int]) -> Floats:
    """Return land shares: the heights between nodes, cut off so that coasts are a cell or two."""
    height = _between(world.height, top, shape[0])
    height = _between(np.ascontiguousarray(height.T), left, shape[1]).T
    return np.clip((height - np.float32(world.sea_level)) * np.float32(60) + 0.5, 0, 1)


def _between(nodes: Floats, first: int, size: int) -> Floats:
    at = np.arange(first, first + size)
    share = ((at % _STEP) / _STEP).astype(np.float32)[:, None]
    low = nodes[at // _STEP]
    return low + (nodes[at // _STEP + 1] - low) * share


def write(folder: Path, rows: int, columns: int) -> dict[str, float]:
    """Write the three grids, and return what there is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    world = draw(rows, columns)
    facts = {"people": 0.0, "land_cells": 0, "settled_cells": 0, "dense_cells": 0}
    with ExitStack() as open_files, ThreadPoolExecutor(2) as pool:
        files = [open_files.enter_context(_created(folder / f"{n}.tif", world)) for n in NAMES]
        windows = [
            Window(x, y, min(_BLOCK, columns - x), min(_BLOCK, rows - y))
            for y in range(0, rows, _BLOCK)
            for x in range(0, columns, _BLOCK)
        ]
        for start in range(0, len(windows), _BLOCKS_AT_ONCE):
            part = windows[start : start + _BLOCKS_AT_ONCE]
            for window, grids in zip(part, pool.map(lambda w: block(world, w), part), strict=True):
                for file, values in zip(files, grids, strict=True):
                    file.write(values, 1, window=window)
                _count(facts, grids[0], grids[1])
    return facts | {"bytes": float(sum((folder / f"{n}.tif").stat().st_size for n in NAMES))}


def _count(facts: dict[str, float], people: Floats, land: Floats) -> None:
    facts["people"] += float(people.sum(dtype=np.float64))
    facts["land_cells"] += int(np.count_nonzero(land))
    facts["settled_cells"] += int(np.count_nonzero(people))
    facts["dense_cells"] += int(np.count_nonzero(people >= 300 * land) - np.sum(land == 0))


def _created(path: Path, world: World) -> Any:
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        height=world.rows,
        width=world.columns,
        nodata=NODATA,
        crs="ESRI:54009",
        transform=from_origin(-500.0 * world.columns, 500.0 * world.rows, 1000, 1000),
        tiled=True,
        blockxsize=512,
        blockysize=512,
        compress="zstd",
        zstd_level=1,
        bigtiff="if_safer",
        num_threads=2,
    )


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
