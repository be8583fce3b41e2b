"""The city, and the country it is compared with, as masks on one grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from scipy.ndimage import distance_transform_edt

from hanoi_analytics import cluster, rasters
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

Mask = npt.NDArray[np.bool_]
Ring = Literal["equal_area_ring", "ring_10_25_km"]
RINGS: tuple[Ring, ...] = ("equal_area_ring", "ring_10_25_km")

_RING_M = (10_000.0, 25_000.0)


def urban_mask(
    classes: xr.DataArray, *, like: xr.DataArray, urban_classes: Iterable[int] = (30,)
) -> xr.DataArray:
    """Lay settlement classes over a grid: each cell takes the class at its middle.

    Parameters
    ----------
    classes : xarray.DataArray, (y, x)
        Such as ``vn_degree_of_urbanisation_2025``.
    like : xarray.DataArray
        With the grid wanted.
    urban_classes : iterable of int
        Classes that are city: 30 is urban centre; with 23, dense towns are city too.

    Returns
    -------
    xarray.DataArray, (y, x), bool
        False where there is no class.

    Raises
    ------
    EnvironmentDataError
        No cell of the grid has such a class.
    """
    laid = rasters.align(classes, _layer(like), resampling="nearest")
    (laid,) = cluster.compute(laid)
    wanted = tuple(urban_classes)
    mask: xr.DataArray = laid.isin(wanted)
    if not mask.any():
        raise EnvironmentDataError(
            f"urban_classes={wanted}: no cell of the grid has one of them; found "
            f"{np.unique(laid).tolist()}"
        )
    mask.attrs = sources_of(classes.attrs)
    return mask


def rural_mask(
    urban: xr.DataArray,
    *,
    rural: Ring | xr.DataArray,
    water: xr.DataArray | None,
    elevation_m: xr.DataArray | None,
    within_m: float = 50.0,
) -> xr.DataArray:
    """Return the cells that a city is compared with.

    Parameters
    ----------
    urban : xarray.DataArray, (y, x), bool
        The city, on a grid in metres.
    rural : {"equal_area_ring", "ring_10_25_km"} or xarray.DataArray of bool
        ``equal_area_ring``: the nearest cells outside that can be used, until they are as many as
        the city's (all cells at the last distance are taken). ``ring_10_25_km``: cells whose middle
        lies 10 to 25 km from that of the nearest urban cell. Or a mask of your own.
    water : xarray.DataArray, (y, x), bool, or None
        Never compared, on either side. With None water counts as land, and the definition says so.
    elevation_m : xarray.DataArray, (y, x), or None
        Rural cells must lie within `within_m` of the city's mean height. With None any height will
        do, and the definition says so.
    within_m : float
        In metres.

    Returns
    -------
    xarray.DataArray, (y, x), bool
        ``attrs["definition"]`` says in words what it is.

    Raises
    ------
    EnvironmentDataError
        An unknown ring, masks that are not true or false, several grids, an own mask that holds
        urban cells, or no cell (for the ring of equal area: too few) that can be used.
    """
    if not isinstance(rural, xr.DataArray) and rural not in RINGS:
        raise EnvironmentDataError(f"rural={rural!r}: {nearest(str(rural), RINGS)}")
    found, definition, why_none = find_reference(urban, rural, water, elevation_m, within_m)
    if why_none:
        raise EnvironmentDataError(
            f"no cell can be the rural reference ({definition}): {why_none}; choose another "
            f"reference, or give more ground"
        )
    mask = urban.copy(data=found)
    mask.attrs = {"definition": definition}
    return mask


def require_same_grid(one: xr.DataArray, other: xr.DataArray, what: str) -> None:
    """Raise unless two rasters, masks too, lie on the same cells of a grid in metres.

    Raises
    ------
    EnvironmentDataError
        A grid in degrees.
    RasterError
        Two grids, or none: naming both.
    """
    if one.rio.crs is not None and not one.rio.crs.is_projected:
        raise EnvironmentDataError(f"expected a grid in metres, found {one.rio.crs}; reproject it")
    layers = (_layer(part).astype("float32") for part in (one, other))
    rasters.require_same_grid(*layers, names=("what it is laid over", what))


def _layer(raster: xr.DataArray) -> xr.DataArray:
    return raster.isel({dim: 0 for dim in raster.dims if dim not in ("y", "x")}, drop=True)


def find_reference(
    urban: xr.DataArray,
    rural: Ring | xr.DataArray,
    water: xr.DataArray | None,
    elevation_m: xr.DataArray | None,
    within_m: float,
) -> tuple[Mask, str, str]:
    """Return the cells of the reference, what they are, and why there are none."""
    if not isinstance(rural, xr.DataArray) and rural not in RINGS:
        raise EnvironmentDataError(f"rural={rural!r}: {nearest(str(rural), RINGS)}")
    city = _checked_mask(urban, urban, "urban")
    land, words = land_of(urban, water)
    if not (city & land).any():
        raise EnvironmentDataError("urban: no cell of the city is land")
    usable = ~city & land
    if elevation_m is not None:
        require_same_grid(urban, elevation_m, "elevation_m")
        height = elevation_m.to_numpy().astype("float64")
        mean = float(np.nanmean(height[city & land]))
        usable &= np.abs(height - mean) <= within_m
        words += f"; height within {within_m:g} m of the city's mean of {mean:.0f} m"
    else:
        words += "; any height"
    if isinstance(rural, xr.DataArray):
        found = _own(rural, urban, city) & usable
        name = "a mask of one's own"
    else:
        outside_m = distance_transform_edt(~city, sampling=cell_sides_m(urban))
        if rural == "ring_10_25_km":
            found = usable & (outside_m >= _RING_M[0]) & (outside_m <= _RING_M[1])
            name = "10 to 25 km from the city's edge"
        else:
            found = _nearest(usable, outside_m, int((city & land).sum()))
            name = "the nearest cells outside the city, as many as the city's"
    why_none = "" if found.any() else f"{int(usable.sum()):,} cells outside the city can be used"
    return found, name + words, why_none


def _nearest(usable: Mask, outside_m: npt.NDArray[np.float64], count: int) -> Mask:
    """Take the nearest usable cells until they are `count`; none if there are not so many."""
    if int(usable.sum()) < count:
        return np.zeros_like(usable)
    reach_m = np.partition(outside_m[usable], count - 1)[count - 1]
    return usable & (outside_m <= reach_m)


def land_of(urban: xr.DataArray, water: xr.DataArray | None) -> tuple[Mask, str]:
    if water is None:
        return np.ones(urban.shape, dtype=bool), "; water not excluded"
    return ~_checked_mask(water, urban, "water"), "; no water"


def _own(rural: xr.DataArray, urban: xr.DataArray, city: Mask) -> Mask:
    own = _checked_mask(rural, urban, "rural")
    if (own & city).any():
        raise EnvironmentDataError(
            f"rural: {int((own & city).sum()):,} of its {int(own.sum()):,} cells are urban too"
        )
    return own


def _checked_mask(mask: xr.DataArray, urban: xr.DataArray, what: str) -> Mask:
    if mask.dims != ("y", "x") or mask.dtype != bool:
        raise EnvironmentDataError(
            f"{what}: expected true or false on (y, x), found {mask.dtype} on {mask.dims}"
        )
    require_same_grid(urban, mask, what)
    return np.asarray(mask.to_numpy())


def cell_sides_m(grid: xr.DataArray) -> tuple[float, float]:
    width, height = grid.rio.resolution()
    return abs(float(height)), abs(float(width))
