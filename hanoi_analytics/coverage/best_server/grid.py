"""The grid of a coverage map, and the blocks that are computed one by one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine, from_origin

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.places.crosswalk import METRIC_CRS

_CELLS_MOST = 2_000_000_000


@dataclass(frozen=True)
class Grid:
    """Square cells on whole multiples of their size, north up, in EPSG:32648.

    Attributes
    ----------
    transform : affine.Affine
        From column and row to metres.
    shape : tuple of int
        Rows and columns.
    """

    transform: Affine
    shape: tuple[int, int]

    def rows_of_blocks(self, side: int) -> Iterator[list[Grid]]:
        """Yield the blocks of at most `side` cells a side, one row of blocks after the other."""
        for top in range(0, self.shape[0], side):
            height = min(side, self.shape[0] - top)
            yield [
                Grid(
                    self.transform @ Affine.translation(left, top),
                    (height, min(side, self.shape[1] - left)),
                )
                for left in range(0, self.shape[1], side)
            ]

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north, in metres."""
        rows, columns = self.shape
        west, north, cell_m = self.transform.c, self.transform.f, self.transform.a
        return west, north - rows * cell_m, west + columns * cell_m, north

    def first_centre(self) -> tuple[float, float]:
        """Return the centre of the first cell, east and north, in cells."""
        west, north, cell_m = self.transform.c, self.transform.f, self.transform.a
        return round(west / cell_m) + 0.5, round(north / cell_m) - 0.5

    def centres(self) -> dict[str, npt.NDArray[np.float64]]:
        """Return the coordinates of the cells' centres, in metres."""
        rows, columns = self.shape
        return {
            "y": self.transform.f + (np.arange(rows) + 0.5) * self.transform.e,
            "x": self.transform.c + (np.arange(columns) + 0.5) * self.transform.a,
        }


def in_metres(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas in the coordinate system of the grid, or say why they cover nothing."""
    if areas.crs is None:
        raise CoverageError("the areas have no coordinate system: set the one they are in")
    if areas.empty or areas.geometry.is_empty.any() or areas.geometry.isna().any():
        raise CoverageError(f"{len(areas)} areas, of which some or all are empty: nothing to cover")
    placed = areas.to_crs(METRIC_CRS)
    if not np.isfinite(placed.total_bounds).all() or (placed.area == 0).any():
        raise CoverageError(
            f"areas within {areas.total_bounds.round(3).tolist()} ({areas.crs.name}): expected "
            f"polygons on the ground; check the order of coordinates and the coordinate system"
        )
    return placed


def grid_over(areas: gpd.GeoDataFrame, resolution_m: float) -> Grid:
    """Return the grid that covers areas given in metres."""
    if not (math.isfinite(resolution_m) and resolution_m >= 1):
        raise CoverageError(f"resolution_m={resolution_m}: expected 1 m or more")
    west, south, east, north = (float(edge) for edge in areas.total_bounds)
    left = math.floor(west / resolution_m) * resolution_m
    top = math.ceil(north / resolution_m) * resolution_m
    shape = math.ceil((top - south) / resolution_m), math.ceil((east - left) / resolution_m)
    if shape[0] * shape[1] > _CELLS_MOST:
        raise CoverageError(
            f"{shape[0]:,} × {shape[1]:,} cells of {resolution_m:g} m are more than "
            f"{_CELLS_MOST:,}: take larger cells or fewer areas"
        )
    return Grid(from_origin(left, top, resolution_m, resolution_m), shape)
