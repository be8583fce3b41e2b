"""What the quality band says of each cell: clouds and their shadows, snow, water, no data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

_LEVELS = ("low", "medium", "high")
_PAIRS = {"cloud": 8, "shadow": 10, "snow": 12, "cirrus": 14}

#: Bits of Landsat's QA_PIXEL: which to look at, and what they must hold.
QA_PIXEL: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        name: (1 << bit, 1 << bit)
        for bit, name in enumerate(
            ("fill", "dilated_cloud", "cirrus", "cloud", "shadow", "snow", "clear", "water")
        )
    }
    | {
        f"{name}_confidence_{level}": (0b11 << bit, value << bit)
        for name, bit in _PAIRS.items()
        for value, level in enumerate(_LEVELS, start=1)
    }
)

#: Classes of Sentinel-2's scene classification (SCL).
SCL: Mapping[str, int] = MappingProxyType(
    {
        name: value
        for value, name in enumerate(
            (
                "no_data",
                "saturated_or_defective",
                "dark_area",
                "cloud_shadow",
                "vegetation",
                "not_vegetated",
                "water",
                "unclassified",
                "cloud_medium_probability",
                "cloud_high_probability",
                "thin_cirrus",
                "snow",
            )
        )
    }
)


def landsat_clear(
    quality: xr.DataArray,
    *,
    without: Iterable[str] = ("dilated_cloud", "cirrus", "cloud", "shadow"),
) -> xr.DataArray:
    """Tell which cells of a QA_PIXEL band hold data and none of the named flags.

    Parameters
    ----------
    quality : xarray.DataArray
        QA_PIXEL, whole numbers, of any shape.
    without : iterable of str
        Names of `QA_PIXEL`; ``"fill"`` is always taken with them. Landsat 4 to 7 set no cirrus.

    Returns
    -------
    xarray.DataArray
        bool, lazy where `quality` is.

    Raises
    ------
    EnvironmentDataError
        An unknown flag, or a band that holds no whole numbers.

    References
    ----------
    USGS, Landsat 8-9 Collection 2 Level 2 Science Product Guide, table of QA_PIXEL bits.

    Examples
    --------
    >>> import xarray as xr
    >>> seen = xr.DataArray([21824, 22280, 1])  # clear, cloud, outside the scene
    >>> landsat_clear(seen).values.tolist()
    [True, False, False]
    """
    _require_whole_numbers(quality, "QA_PIXEL")
    cloudy = xr.zeros_like(quality, dtype=bool)
    for name in ("fill", *without):
        mask, value = QA_PIXEL[_known(name, QA_PIXEL, "flag of QA_PIXEL")]
        cloudy |= (quality & mask) == value
    return _named(~cloudy, quality)


def sentinel2_clear(
    quality: xr.DataArray,
    *,
    classes: Iterable[str] = ("vegetation", "not_vegetated", "water", "unclassified"),
) -> xr.DataArray:
    """Tell which cells of a Sentinel-2 scene classification belong to the named classes.

    Parameters
    ----------
    quality : xarray.DataArray
        SCL, whole numbers, of any shape.
    classes : iterable of str
        Names of `SCL` that count as clear.

    Returns
    -------
    xarray.DataArray
        bool, lazy where `quality` is.

    Raises
    ------
    EnvironmentDataError
        An unknown class, or a band that holds no whole numbers.

    References
    ----------
    ESA, Sentinel-2 Level-2A Algorithm Theoretical Basis Document, scene classification.

    Examples
    --------
    >>> import xarray as xr
    >>> sentinel2_clear(xr.DataArray([4, 9, 0])).values.tolist()
    [True, False, False]
    """
    _require_whole_numbers(quality, "SCL")
    wanted = [SCL[_known(name, SCL, "class of SCL")] for name in classes]
    return _named(quality.isin(wanted), quality)


def clear_shares(clear: xr.DataArray, has_data: xr.DataArray) -> xr.DataArray:
    """Return how much of what each scene saw was clear.

    Parameters
    ----------
    clear : xarray.DataArray
        bool, ``(time, y, x)``.
    has_data : xarray.DataArray
        bool, the same shape: the scene covers the cell, clear or not. For Landsat
        ``landsat_clear(quality, without=())``.

    Returns
    -------
    xarray.DataArray
        ``(time,)``, 0 to 1, lazy; NaN for a scene that covers no cell.

    Examples
    --------
    >>> import xarray as xr
    >>> seen = xr.DataArray([[[21824, 22280], [1, 1]]], dims=("time", "y", "x"))
    >>> clear_shares(landsat_clear(seen), landsat_clear(seen, without=())).values.tolist()
    [0.5]
    """
    covered = has_data.sum(("y", "x"))
    share = (clear & has_data).sum(("y", "x")) / covered.where(covered > 0)
    return _named(share, clear).rename("clear_share")


def _known(name: str, table: Mapping[str, object], what: str) -> str:
    if name not in table:
        raise EnvironmentDataError(f"{name!r} is no {what}; {nearest(name, table)}")
    return name


def _require_whole_numbers(quality: xr.DataArray, what: str) -> None:
    if not np.issubdtype(quality.dtype, np.integer):
        raise EnvironmentDataError(
            f"the quality band holds {quality.dtype}; expected the whole numbers of {what} as "
            f"they were delivered, neither masked nor scaled"
        )


def _named(result: xr.DataArray, origin: xr.DataArray) -> xr.DataArray:
    if "source" in origin.attrs:
        result.attrs["source"] = origin.attrs["source"]
    return result
