"""An imaginary land of Hanoi: where it is built over, wet, green or high, at any cell size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import dask.array as da
import numpy as np
import numpy.typing as npt
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio.transform import from_origin

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

CRS = "EPSG:32648"
#: Side of the blocks that are drawn and seeded one by one.
TILE_CELLS = 512
# Hoàn Kiếm lake, and the middle of the city's bounds, in metres of UTM zone 48 north.
_CENTRE_M = (588_600.0, 2_325_400.0)
MIDDLE_M = (567_900.0, 2_319_300.0)
# Red River from the north-west to the south-east, roughly; its width is a round number.
_RIVER_M = np.array(
    [
        (520_000, 2_352_000),
        (560_000, 2_342_000),
        (578_000, 2_333_000),
        (590_500, 2_326_500),
        (598_000, 2_312_000),
        (606_000, 2_270_000),
    ],
    dtype=float,
)
_RIVER_HALF_WIDTH_M = 450.0
_WEST_LAKE_M = (586_300.0, 2_328_500.0, 1_200.0)
# Ba Vì, Sóc Sơn and Hương Sơn: x, y, height and width of a bell, all in metres.
_HILLS_M = (
    (538_500.0, 2_329_000.0, 1_250.0, 3_500.0),
    (591_000.0, 2_355_000.0, 400.0, 3_500.0),
    (571_000.0, 2_281_000.0, 350.0, 3_000.0),
)
_PLAIN_M = 8.0
_WAVES = 12
# Built-up land ends about there in the year 2018, and moves outward by so much a year.
_RADIUS_KM, _RADIUS_KM_PER_YEAR, _EDGE_KM, _FULL = 13.0, 0.4, 1.5, 0.9
START_YEAR = 2018


@dataclass(frozen=True)
class Place:
    """Which ground is drawn, how finely, and by which seed."""

    seed: int
    resolution_m: float
    cells: tuple[int, int]
    middle_m: tuple[float, float]

    @property
    def centres_m(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Coordinates of the rows from north to south, and of the columns from west to east."""
        (rows, columns), (x, y) = self.cells, self.middle_m
        across = (np.arange(columns) - (columns - 1) / 2) * self.resolution_m
        down = (np.arange(rows) - (rows - 1) / 2) * self.resolution_m
        return np.asarray(y - down), np.asarray(x + across)

    @property
    def chunks(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Rows and columns of the blocks."""
        rows, columns = da.core.normalize_chunks((TILE_CELLS, TILE_CELLS), self.cells)
        return rows, columns

    def tile_m(
        self, row: int, column: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Coordinates of the rows and columns of one block."""
        y, x = self.centres_m
        first_row, first_column = row * TILE_CELLS, column * TILE_CELLS
        return (
            y[first_row : first_row + TILE_CELLS],
            x[first_column : first_column + TILE_CELLS],
        )

    def georeferenced(self, array: xr.DataArray) -> xr.DataArray:
        """Give an array ending in (y, x) its coordinates and coordinate system."""
        y, x = self.centres_m
        corner = from_origin(
            x[0] - self.resolution_m / 2,
            y[0] + self.resolution_m / 2,
            self.resolution_m,
            self.resolution_m,
        )
        placed = array.assign_coords(y=y, x=x).rio.write_crs(CRS)
        result: xr.DataArray = placed.rio.write_transform(corner)
        return result


class Ground(NamedTuple):
    """What does not change with time in one block, each (y, x)."""

    distance_km: Floats
    texture: Floats
    water: Mask
    park: Mask
    elevation_m: Floats

    def built_up_share(self, year: float) -> Floats:
        """Share of each cell that is built over: it grows from the centre outward."""
        radius_km = _RADIUS_KM + _RADIUS_KM_PER_YEAR * (year - START_YEAR)
        edge = np.clip((self.distance_km - radius_km) / _EDGE_KM, -30, 30)
        share = np.where(self.water | self.park, 0.0, _FULL / (1 + np.exp(edge)))
        return share.astype(np.float32)


def ground(place: Place, row: int, column: int) -> Ground:
    """Draw the unchanging part of one block; the seed alone decides where ponds and parks lie."""
    rows_m, columns_m = place.tile_m(row, column)
    y = rows_m[:, None].astype(np.float64)
    x = columns_m[None, :].astype(np.float64)
    rng = np.random.default_rng([place.seed, 0])
    ponds = _discs(rng, count=40, spread_m=30_000.0, radii_m=(150.0, 500.0))
    parks = _discs(rng, count=60, spread_m=9_000.0, radii_m=(60.0, 400.0))
    texture = _texture(rng, y, x)
    water = _inside(x, y, [_WEST_LAKE_M, *ponds]) | (_river_m(x, y) < _RIVER_HALF_WIDTH_M)
    height = _PLAIN_M + 2 * texture
    for hill_x, hill_y, top, width in _HILLS_M:
        height = height + top * np.exp(-((x - hill_x) ** 2 + (y - hill_y) ** 2) / (2 * width**2))
    distance_km = np.hypot(x - _CENTRE_M[0], y - _CENTRE_M[1]) / 1000
    return Ground(
        distance_km=(distance_km * (1 + 0.12 * texture)).astype(np.float32),
        texture=texture.astype(np.float32),
        water=water,
        park=_inside(x, y, parks) & ~water,
        elevation_m=height.astype(np.float32),
    )


def _discs(
    rng: np.random.Generator, *, count: int, spread_m: float, radii_m: tuple[float, float]
) -> list[tuple[float, float, float]]:
    places = np.array(_CENTRE_M) + rng.normal(0, spread_m, (count, 2))
    return [
        (x, y, radius) for (x, y), radius in zip(places, rng.uniform(*radii_m, count), strict=True)
    ]


def _inside(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    discs: list[tuple[float, float, float]],
) -> Mask:
    found = np.zeros((y.size, x.size), dtype=bool)
    for disc_x, disc_y, radius in discs:
        rows = np.flatnonzero(np.abs(y[:, 0] - disc_y) <= radius)
        columns = np.flatnonzero(np.abs(x[0] - disc_x) <= radius)
        if rows.size and columns.size:
            part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            near = np.hypot(x[:, part[1]] - disc_x, y[part[0]] - disc_y) <= radius
            found[part] |= near
    return found


def _river_m(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance to the line of the river."""
    nearest = np.full((y.size, x.size), np.inf)
    for (x0, y0), (x1, y1) in pairwise(_RIVER_M):
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        along = np.clip(along, 0, 1)
        nearest = np.minimum(
            nearest, np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
        )
    return nearest


def _texture(
    rng: np.random.Generator, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A smooth field of standard deviation 1: waves of 3 to 15 km in all directions."""
    length_m = rng.uniform(3_000, 15_000, _WAVES)
    direction, phase = rng.uniform(0, 2 * np.pi, (2, _WAVES))
    field = np.zeros((y.size, x.size))
    for length, angle, start in zip(length_m, direction, phase, strict=True):
        turn = 2 * np.pi / length
        field += np.sin(turn * (np.cos(angle) * x + np.sin(angle) * y) + start)
    return np.asarray(field * np.sqrt(2 / _WAVES))
