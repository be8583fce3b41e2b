"""Candidate places, and which demand each of them covers by distance."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.siting.inputs import positions, require_distinct, require_positive
from hanoi_analytics.places.crosswalk import METRIC_CRS

_MOST_CANDIDATES = 1_000_000


def candidate_grid(areas: gpd.GeoDataFrame, *, spacing_m: float) -> gpd.GeoDataFrame:
    """Return the points of a square grid that lie in some areas, with the area's columns.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons with a CRS, such as wards; ``.attrs["source"]`` says where they come from.
    spacing_m : float
        Between neighbouring points. Coordinates are multiples of it, so the same spacing gives
        the same points whatever the areas.

    Returns
    -------
    geopandas.GeoDataFrame, EPSG:32648
        One row a point, from north-west to south-east by row, with the columns of the area it
        lies in (the first of those whose common border it hits); sources as in `areas`.

    Raises
    ------
    CoverageError
        A spacing that is not a number above 0, that gives over a million points, or that is so
        wide that no point falls into an area.

    Examples
    --------
    >>> from hanoi_analytics import places
    >>> grid = candidate_grid(places.wards("approximate"), spacing_m=5000)
    >>> len(grid), grid.loc[0, "name"]
    (136, 'Trung Giã')
    """
    require_positive(spacing_m, "spacing_m", "metres")
    shapes = areas.to_crs(METRIC_CRS)
    west, south, east, north = shapes.total_bounds / spacing_m
    columns = np.arange(math.ceil(west), math.floor(east) + 1) * spacing_m
    rows = np.arange(math.floor(north), math.ceil(south) - 1, -1) * spacing_m
    if columns.size * rows.size > _MOST_CANDIDATES:
        raise CoverageError(
            f"spacing_m={spacing_m:g} gives {columns.size * rows.size:,} points, over "
            f"{_MOST_CANDIDATES:,}: take a wider spacing or smaller areas"
        )
    x, y = np.meshgrid(columns, rows)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=METRIC_CRS)
    inside = points.sjoin(shapes, predicate="intersects").drop(columns="index_right")
    inside = inside[~inside.index.duplicated()].reset_index(drop=True)
    if inside.empty:
        raise CoverageError(
            f"spacing_m={spacing_m:g}: no point of the grid falls into the {len(areas)} areas; "
            "take a closer spacing"
        )
    inside.attrs = dict(areas.attrs)
    return inside


def covers(
    demand_xy_m: ArrayLike, candidate_xy_m: ArrayLike, *, radius_m: float
) -> sparse.csc_array:
    """Say which demand lies within a radius of which candidate.

    Parameters
    ----------
    demand_xy_m, candidate_xy_m : array_like, (demand, 2) and (candidates, 2)
        Coordinates in metres of one projected system; no candidate stands there twice.
    radius_m : float
        Demand at this very distance is covered.

    Returns
    -------
    scipy.sparse.csc_array of bool, (demand, candidates)

    Raises
    ------
    CoverageError
        Empty or misshapen coordinates, NaN or infinity among them, a candidate listed twice, or
        a radius that is not a number above 0.

    Examples
    --------
    >>> covers([[0, 0], [900, 0]], [[0, 300], [1000, 0]], radius_m=300).toarray().tolist()
    [[True, False], [False, True]]
    """
    demand = positions(demand_xy_m, "demand")
    candidates = positions(candidate_xy_m, "candidate")
    require_positive(radius_m, "radius_m", "metres")
    require_distinct(candidates)
    near = within(cKDTree(demand), candidates, radius_m)
    ones = np.ones(len(near.data), dtype=bool)
    return sparse.csc_array((ones, near.coords), shape=near.shape)


def within(demand: cKDTree, candidates: NDArray[np.float64], radius_m: float) -> sparse.coo_array:
    """Return the pairs no farther apart than a radius, with their distance (kept where it is 0)."""
    pairs = demand.sparse_distance_matrix(cKDTree(candidates), radius_m, output_type="ndarray")
    shape = (demand.n, len(candidates))
    return sparse.coo_array((pairs["v"], (pairs["i"], pairs["j"])), shape=shape)
