"""The same trend on every pixel of a cube, lazily; and what thousands of p-values ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.trends.axes import Method, Variant
from hanoi_analytics.environment.trends.kernels.blocks import STATISTICS

# Of one block as it is read; its statistics take about as much again.
_BLOCK_BYTES = 64 * 2**20
_PER_YEAR = ("slope", "low", "high")


def cube_trend(
    cube: xr.DataArray,
    *,
    variant: Variant,
    alpha: float = 0.05,
    lags: int | None = None,
    seasons: int | None = None,
    minimum: int = 10,
) -> xr.Dataset:
    """Return the trend of every pixel of a cube, by the code that :func:`trends.trend` runs.

    Parameters
    ----------
    cube : xarray.DataArray
        Numbers by ``(time, y, x)``, NaN where missing; in Dask blocks or in memory. Blocks keep
        the sides they were read with, all times together, as long as one takes 64 MiB or less;
        larger ones are cut. Memory is bounded by the blocks only where the file was opened in
        blocks, not scene by scene.
    variant, alpha, lags, seasons, minimum
        As of :func:`trends.trend`.

    Returns
    -------
    xarray.Dataset
        By ``(y, x)``, float64: ``slope``, ``low`` and ``high`` per year, ``p``, ``z``, ``s``,
        ``variance_s``, and ``n``, the values of the pixel; all but ``n`` are NaN where `n` is
        below `minimum`. Lazy if the cube is. ``attrs`` name the variant and the source.

    Raises
    ------
    EnvironmentDataError
        As :func:`trends.trend`; other dimensions; an infinite value, when it is computed.

    Examples
    --------
    >>> import pandas as pd
    >>> years = pd.date_range("2001", periods=12, freq="YS")
    >>> rising = np.arange(12.0)[:, np.newaxis, np.newaxis] * [[1.0, -2.0]]
    >>> cube = xr.DataArray(rising, {"time": years}, ("time", "y", "x"))
    >>> print(cube_trend(cube, variant="original").slope.values)
    [[ 1. -2.]]
    """
    method = Method(variant, alpha, lags, seasons, minimum)
    if cube.dims != ("time", "y", "x") or "time" not in cube.indexes:
        raise EnvironmentDataError(
            f"a cube needs the dimensions ('time', 'y', 'x') and its times, found {cube.dims}; "
            "transpose or rename them"
        )
    if not np.issubdtype(cube.dtype, np.number) or np.issubdtype(cube.dtype, np.complexfloating):
        raise EnvironmentDataError(f"a cube needs real numbers, found {cube.dtype}")
    axis = method.axis(cube.indexes["time"])
    numbers = cube if cube.dtype in (np.float32, np.float64) else cube.astype(np.float64)
    found = xr.apply_ufunc(
        method.block,
        _blocked(numbers),
        input_core_dims=[["time"]],
        output_core_dims=[["statistic"]],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={"output_sizes": {"statistic": len(STATISTICS)}},
        kwargs={"axis": axis},
        keep_attrs=True,  # of the coordinates, where the coordinate system stands
    )
    trends = xr.Dataset({name: found.isel(statistic=i) for i, name in enumerate(STATISTICS)})
    trends.attrs = _described(method, cube)
    for name in trends.data_vars:
        per_year = f"{cube.attrs.get('units', 'units')} per year"
        trends[name].attrs = trends.attrs | {"units": per_year if name in _PER_YEAR else "1"}
    return trends


def adjusted_p(p: xr.DataArray) -> xr.DataArray:
    """Return p-values adjusted for their number (Benjamini and Hochberg 1995).

    Of thousands of pixels without any trend, one in twenty has p < 0.05. Where the adjusted value
    is below 0.05, at most 5 % of the pixels marked so are expected to be false. The method holds
    for pixels that are independent or go together.

    Parameters
    ----------
    p : xarray.DataArray
        Computed p-values of any shape; NaN where there is no trend to test.

    Returns
    -------
    xarray.DataArray
        Of the same shape, with the attributes; NaN where `p` is.

    Raises
    ------
    EnvironmentDataError
        Lazy values: all of them are needed at once.

    Examples
    --------
    >>> print(adjusted_p(xr.DataArray([0.01, 0.02, np.nan, 0.9])).values)
    [0.03 0.03  nan 0.9 ]
    """
    if p.chunks is not None:
        raise EnvironmentDataError(
            "adjusted_p needs all p-values at once, found lazy ones: compute them first, such as "
            "by cluster.compute(trends.p)"
        )
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - a second to import

    values = p.to_numpy().astype(np.float64)
    there = np.isfinite(values)
    values[there] = false_discovery_control(values[there])
    attrs = p.attrs | {"adjusted_for": f"{int(there.sum()):,} tests (Benjamini and Hochberg 1995)"}
    return p.copy(data=values).assign_attrs(attrs).rename("adjusted_p")


def _blocked(cube: xr.DataArray) -> xr.DataArray:
    """Return the cube with all times in one block, and blocks cut where they would be too large."""
    if cube.chunks is None:
        return cube
    whole = cube.chunk({"time": -1})
    block_bytes = cube.dtype.itemsize * int(np.prod([max(sides) for sides in whole.chunks or ()]))
    if block_bytes <= _BLOCK_BYTES:
        return whole
    cut = cube.data.rechunk({0: -1, 1: "auto", 2: "auto"}, block_size_limit=_BLOCK_BYTES)
    return cube.copy(data=cut)


def _described(method: Method, cube: xr.DataArray) -> dict[str, Any]:
    described = {
        "variant": method.variant,
        "alpha": method.alpha,
        "interval": method.interval,
        "minimum": method.minimum,
        "lags": method.lags,
        "seasons": method.seasons,
        **sources_of(cube.attrs),
    }
    return {name: value for name, value in described.items() if value is not None}
