"""A population grid drawn from official ward totals: simulated, because no open grid is at hand."""

from __future__ import annotations

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from rasterio.features import rasterize
from rasterio.transform import from_origin

from hanoi_analytics import catalogue
from hanoi_analytics.places.crosswalk import METRIC_CRS
from hanoi_analytics.places.units import Geometry, wards

# Fine enough that the smallest ward has two dozen cells.
_RESOLUTION_M = 250.0
# People per km² that a cell of each settlement class attracts, relative to the others.
_ATTRACTION = {30: 12.0, 23: 6.0, 22: 4.0, 21: 2.0, 13: 1.5, 12: 0.6, 11: 0.1, 10: 0.0}


def population_grid(*, seed: int, boundaries: Geometry = "approximate") -> xr.DataArray:
    """Spread each ward's official population over its cells, by settlement class and by chance.

    Parameters
    ----------
    seed : int
        Of the lognormal noise (σ = 0.5) that stands for uneven building.
    boundaries : {"approximate", "polygons", "best"}
        Of the wards, see `wards`. Take those the people will be counted in: in other ones their
        totals are not the official ones.

    Returns
    -------
    xarray.DataArray, (y, x), EPSG:32648, people per cell of 250 m
        Missing outside Hanoi. The cells of each ward add up to its official population; where
        people stand within a ward is simulated.

    Examples
    --------
    >>> grid = catalogue.load("hanoi_population_grid_simulated")
    >>> int(round(float(grid.sum()))), grid.attrs["source"]["tier"]
    (8807523, 'simulated')
    """
    units = wards(boundaries).to_crs(METRIC_CRS)
    west, south, east, north = units.total_bounds
    columns = int(np.ceil((east - west) / _RESOLUTION_M))
    rows = int(np.ceil((north - south) / _RESOLUTION_M))
    transform = from_origin(west, north, _RESOLUTION_M, _RESOLUTION_M)
    shapes = zip(units.geometry, range(1, len(units) + 1), strict=True)
    owner = rasterize(shapes, out_shape=(rows, columns), transform=transform, dtype="int32")
    grid = xr.DataArray(
        np.zeros((rows, columns)),
        coords={
            "y": north - (np.arange(rows) + 0.5) * _RESOLUTION_M,
            "x": west + (np.arange(columns) + 0.5) * _RESOLUTION_M,
        },
        dims=("y", "x"),
        name="population_people",
    ).rio.write_crs(METRIC_CRS)
    classes = catalogue.load("vn_degree_of_urbanisation_2025").rio.reproject_match(grid).to_numpy()
    noise = np.random.default_rng(seed).lognormal(0.0, 0.5, owner.shape)
    # A little everywhere, so that a ward all of one empty class still holds its people.
    weight = (np.vectorize(_ATTRACTION.get, otypes=[float])(classes, 0.0) + 0.01) * noise
    totals = np.bincount(owner.ravel(), weight.ravel(), minlength=len(units) + 1)
    people = np.concatenate([[0.0], units["population_people"].to_numpy(dtype=float)])
    grid.data = np.where(owner > 0, weight * (people / totals)[owner], np.nan)
    return grid.rio.write_nodata(np.nan)
