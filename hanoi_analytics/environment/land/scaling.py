"""Delivered digital numbers (DN) turned into reflectance and surface temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError

#: Landsat Collection 2 Level-2, by the USGS product guide: factor, offset, least and greatest DN.
LANDSAT_REFLECTANCE = (0.0000275, -0.2, 7273, 43636)
LANDSAT_TEMPERATURE_K = (0.00341802, 149.0, 293, 65535)

SENTINEL2_FACTOR = 1e-4
#: Added to the DN since the baseline named; before it nothing was.
SENTINEL2_OFFSET_DN = -1000
SENTINEL2_OFFSET_SINCE = (4, 0)
# 0 is no data, 65535 a saturated detector, 65534 what could not be read.
_SENTINEL2_LEAST_DN, _SENTINEL2_GREATEST_DN = 1, 65533

_ZERO_CELSIUS_K = 273.15
_REFLECTING = ("red", "nir", "swir1")


def scale_landsat(scenes: xr.Dataset) -> xr.Dataset:
    """Turn Landsat Collection 2 Level-2 DN into reflectance and °C.

    Parameters
    ----------
    scenes : xarray.Dataset
        Some of ``red, nir, swir1, thermal``, DN of 16 bits; other variables are left out.

    Returns
    -------
    xarray.Dataset
        float32, lazy where the scenes are: ``red, nir, swir1`` = DN × 0.0000275 − 0.2 for DN 7273
        to 43636; ``surface_temperature_c`` from K = DN × 0.00341802 + 149 for DN 293 to 65535.
        Outside, NaN.

    Raises
    ------
    EnvironmentDataError
        None of these bands, numbers that are no DN, or scenes of Sentinel-2.

    References
    ----------
    USGS, Landsat 8-9 Collection 2 Level 2 Science Product Guide (LSDS-1619).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> dn = xr.Dataset({"red": ("x", np.array([18639, 0], "uint16"))})
    >>> print(scale_landsat(dn)["red"].round(4).values)
    [0.3126    nan]
    """
    bands = _bands(scenes, "landsat", (*_REFLECTING, "thermal"))
    scaled = {}
    for name, dn in bands.items():
        if name == "thermal":
            factor, offset, least, greatest = LANDSAT_TEMPERATURE_K
            values = _scaled(dn, factor, offset - _ZERO_CELSIUS_K, least, greatest)
            scaled["surface_temperature_c"] = values.assign_attrs(units="°C")
        else:
            scaled[name] = _scaled(dn, *LANDSAT_REFLECTANCE).assign_attrs(units="1")
    return _like(scenes, scaled)


def scale_sentinel2(scenes: xr.Dataset) -> xr.Dataset:
    """Turn Sentinel-2 Level-2A DN into reflectance, by each scene's processing baseline.

    Parameters
    ----------
    scenes : xarray.Dataset
        Some of ``red, nir, swir1``, DN of 16 bits ``(time, y, x)``, with two coordinates on
        ``time``: ``processing_baseline`` (text such as ``"04.00"``) and ``offset_applied`` (bool:
        whoever delivered the scene has already taken off what baseline 04.00 adds).

    Returns
    -------
    xarray.Dataset
        float32, lazy where the scenes are: DN × 0.0001, or (DN − 1000) × 0.0001 since baseline
        04.00 unless the offset was applied. No data and saturated cells are NaN.

    Raises
    ------
    EnvironmentDataError
        A coordinate is missing, a baseline is no number, none of these bands, or Landsat's scenes.

    References
    ----------
    ESA, Sentinel-2 Products Specification Document, BOA_ADD_OFFSET (from 25 January 2022).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> dn = xr.Dataset({"red": ("time", np.array([1500, 1500], "uint16"))})
    >>> dn = dn.assign_coords(
    ...     processing_baseline=("time", ["03.01", "05.09"]),
    ...     offset_applied=("time", [False, False]),
    ... )
    >>> print(scale_sentinel2(dn)["red"].round(2).values)
    [0.15 0.05]
    """
    bands = _bands(scenes, "sentinel-2", _REFLECTING)
    offset = _offset_dn(scenes) * np.float32(SENTINEL2_FACTOR)
    limits = (_SENTINEL2_LEAST_DN, _SENTINEL2_GREATEST_DN)
    return _like(
        scenes,
        {
            name: _scaled(dn, SENTINEL2_FACTOR, offset, *limits).assign_attrs(units="1")
            for name, dn in bands.items()
        },
    )


def _offset_dn(scenes: xr.Dataset) -> xr.DataArray:
    for name in ("processing_baseline", "offset_applied"):
        if name not in scenes.coords:
            raise EnvironmentDataError(
                f"the scenes have no coordinate {name!r} on time, so nobody knows whether 1,000 "
                f"was added to their numbers; load them by load_scenes or assign it"
            )
    since = [
        _baseline(text) >= SENTINEL2_OFFSET_SINCE for text in scenes.processing_baseline.values
    ]
    shifted = np.array(since) & ~scenes.offset_applied.values.astype(bool)
    offset: xr.DataArray = scenes.offset_applied.copy(
        data=np.where(shifted, np.float32(SENTINEL2_OFFSET_DN), np.float32(0))
    )
    return offset.drop_vars(list(offset.coords))


def _baseline(text: Any) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in str(text).split("."))
    except ValueError as error:
        raise EnvironmentDataError(
            f"processing baseline {str(text)!r}: expected two numbers such as '04.00'"
        ) from error


def _bands(scenes: xr.Dataset, sensor: str, known: tuple[str, ...]) -> dict[str, xr.DataArray]:
    stated = scenes.attrs.get("sensor", sensor)
    if stated != sensor:
        raise EnvironmentDataError(f"these are scenes of {stated}; their scale is not {sensor}'s")
    found = {name: scenes[name] for name in known if name in scenes}
    if not found:
        there = ", ".join(map(str, scenes.data_vars)) or "none"
        raise EnvironmentDataError(f"expected some of {', '.join(known)}; found {there}")
    for name, dn in found.items():
        if not np.issubdtype(dn.dtype, np.integer):
            raise EnvironmentDataError(
                f"{name} holds {dn.dtype}; expected the whole numbers that were delivered: were "
                f"they scaled or masked before?"
            )
    return found


def _scaled(
    dn: xr.DataArray, factor: float, offset: float | xr.DataArray, least: int, greatest: int
) -> xr.DataArray:
    shift = np.float32(offset) if isinstance(offset, float) else offset
    values = dn.astype("float32") * np.float32(factor) + shift
    return values.where((dn >= least) & (dn <= greatest))


def _like(scenes: xr.Dataset, bands: dict[str, xr.DataArray]) -> xr.Dataset:
    kept = {name: scenes.attrs[name] for name in ("source", "sensor") if name in scenes.attrs}
    if "source" in kept:
        for band in bands.values():
            band.attrs["source"] = kept["source"]
    return xr.Dataset(bands, attrs=kept)
