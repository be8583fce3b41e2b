"""Indices of green and of built-up land, from surface reflectance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError

# What the counts of Landsat's Collection 2 can mean at most; stored counts go far beyond.
_LOWEST, _HIGHEST = -0.2, 1.61


def ndvi(red: xr.DataArray, nir: xr.DataArray) -> xr.DataArray:
    """Return the normalised difference vegetation index, (nir − red) / (nir + red).

    Parameters
    ----------
    red, nir : xarray.DataArray
        Surface reflectance, on one grid and at the same times; lazy or in memory.

    Returns
    -------
    xarray.DataArray, float32, −1 to 1
        Lazy if the bands are. Missing where a band is missing or negative, or both are zero.

    Raises
    ------
    EnvironmentDataError
        Stored counts in place of reflectance, two grids; of lazy bands when they are computed.

    References
    ----------
    Tucker (1979), Remote Sensing of Environment 8, 127-150.

    Examples
    --------
    >>> band = xr.DataArray([0.05, 0.0], dims="x")
    >>> print(ndvi(band, band + [0.40, 0.0]).round(2).values)
    [0.8 nan]
    """
    return _difference(nir, red, "ndvi")


def ndbi(swir1: xr.DataArray, nir: xr.DataArray) -> xr.DataArray:
    """Return the normalised difference built-up index, (swir1 − nir) / (swir1 + nir).

    Bare soil and dry fields are high in it too.

    Parameters
    ----------
    swir1, nir : xarray.DataArray
        As for :func:`ndvi`.

    Returns
    -------
    xarray.DataArray, float32, −1 to 1
        As of :func:`ndvi`.

    References
    ----------
    Zha, Gao and Ni (2003), International Journal of Remote Sensing 24, 583-594.

    Examples
    --------
    >>> nir = xr.DataArray([0.19], dims="x")
    >>> print(ndbi(nir + 0.05, nir).round(3).values)
    [0.116]
    """
    return _difference(swir1, nir, "ndbi")


def _difference(high: xr.DataArray, low: xr.DataArray, name: str) -> xr.DataArray:
    for band in (high, low):
        if not np.issubdtype(band.dtype, np.floating):
            raise EnvironmentDataError(
                f"{name}: expected reflectance, found whole numbers ({band.dtype}): these are "
                f"stored counts; scale them first"
            )
    try:
        index = xr.apply_ufunc(
            _difference_of_blocks,
            high,
            low,
            kwargs={"name": name},
            dask="parallelized",
            output_dtypes=["float32"],
            join="exact",
        )
    except ValueError as error:
        raise EnvironmentDataError(
            f"{name}: the two bands do not lie on one grid at the same times ({error}); align them"
        ) from error
    return index.rename(name).assign_attrs(units="1", **sources_of(high.attrs, low.attrs))


def _difference_of_blocks(
    high: npt.NDArray[np.floating], low: npt.NDArray[np.floating], *, name: str
) -> npt.NDArray[np.float32]:
    for band in (high, low):
        beyond = (band < _LOWEST) | (band > _HIGHEST)
        if beyond.any():
            raise EnvironmentDataError(
                f"{name}: expected reflectance from {_LOWEST} to {_HIGHEST}, found "
                f"{band[beyond].flat[0]:g} ({int(beyond.sum())} such cell(s)): stored counts are "
                f"scaled and masked first"
            )
    # A negative reflectance would carry the index beyond −1 or 1.
    known = (high >= 0) & (low >= 0) & (high + low > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, (high - low) / (high + low), np.nan).astype("float32")
