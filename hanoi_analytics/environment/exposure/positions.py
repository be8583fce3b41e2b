"""Where stations, cells and areas lie, in metres of one coordinate system."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from pyproj import Transformer
from scipy.spatial.distance import cdist

from hanoi_analytics.environment.checks import EnvironmentDataError

FloatArray = npt.NDArray[np.float64]

#: Distances are taken in UTM zone 48 north, which fits Hanoi to a few parts in ten thousand.
METRIC_CRS = "EPSG:32648"
# Degrees: west, south, east, north of Viet Nam with its islands.
_VIET_NAM = (102.0, 6.0, 118.0, 24.0)


def station_positions_m(stations: xr.DataArray) -> FloatArray:
    """Return where stations stand, in metres of EPSG:32648.

    Parameters
    ----------
    stations : xarray.DataArray
        With dimension ``station`` and on it ``longitude`` and ``latitude`` in degrees.

    Returns
    -------
    numpy.ndarray, (station, 2)
        Easting and northing.

    Raises
    ------
    EnvironmentDataError
        No station, no or missing positions, longitude and latitude swapped, a position outside
        Viet Nam, or two stations at one place.

    Examples
    --------
    >>> coords = {"longitude": ("station", [105.0]), "latitude": ("station", [21.0])}
    >>> station_positions_m(xr.DataArray([40.0], coords, ("station",))).round().tolist()
    [[500000.0, 2322148.0]]
    """
    if not stations.sizes.get("station"):
        raise EnvironmentDataError(
            f"expected at least one station along dimension station, found {dict(stations.sizes)}"
        )
    lacking = [name for name in ("longitude", "latitude") if name not in stations.coords]
    if lacking:
        raise EnvironmentDataError(
            f"the stations have no {' and '.join(lacking)}: give them as coordinates along "
            f"'station', in degrees"
        )
    names = station_names(stations)
    longitude, latitude = (
        stations[name].to_numpy().astype(float) for name in ("longitude", "latitude")
    )
    for name, east, north in zip(names, longitude, latitude, strict=True):
        if not _inside(east, north):
            swapped = " (longitude and latitude are swapped)" if _inside(north, east) else ""
            raise EnvironmentDataError(
                f"station {name!r}: expected a position in Viet Nam (longitude {_VIET_NAM[0]:g} "
                f"to {_VIET_NAM[2]:g}, latitude {_VIET_NAM[1]:g} to {_VIET_NAM[3]:g}), found "
                f"longitude {east:g}, latitude {north:g}{swapped}"
            )
    places = to_metres(longitude, latitude, crs="EPSG:4326")
    apart = cdist(places, places) + np.diag(np.full(len(places), np.inf))
    if (apart < 1.0).any():
        one, other = np.argwhere(apart < 1.0)[0]
        raise EnvironmentDataError(
            f"stations {names[one]!r} and {names[other]!r} stand at one place (longitude "
            f"{longitude[one]:g}, latitude {latitude[one]:g}); keep one, or the mean of both"
        )
    return places


def station_names(stations: xr.DataArray) -> list[Hashable]:
    """Return the names of stations, or their places in the row where they have none."""
    if "station" in stations.coords:
        return list(stations["station"].to_numpy().tolist())
    return list(range(stations.sizes["station"]))


def cell_positions_m(grid: xr.DataArray) -> FloatArray:
    """Return the centres of a grid's cells, row by row, in metres of EPSG:32648."""
    if grid.dims != ("y", "x") or grid.rio.crs is None:
        raise EnvironmentDataError(
            f"expected a grid with dimensions (y, x) and a coordinate system, found {grid.dims} "
            f"in {grid.rio.crs}"
        )
    x, y = np.meshgrid(grid["x"].to_numpy(), grid["y"].to_numpy())
    return to_metres(x.ravel(), y.ravel(), crs=grid.rio.crs)


def to_metres(x: FloatArray, y: FloatArray, *, crs: Any) -> FloatArray:
    """Return points, (point, 2), in metres of EPSG:32648."""
    found = Transformer.from_crs(crs, METRIC_CRS, always_xy=True).transform(x, y)
    return np.column_stack(found).astype("float64")


def _inside(longitude: float, latitude: float) -> bool:
    west, south, east, north = _VIET_NAM
    return bool(west <= longitude <= east and south <= latitude <= north)
