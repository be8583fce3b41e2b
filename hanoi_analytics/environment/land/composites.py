"""Many scenes made one: the median of each cell over a season's clear observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.kernels.medians import medians

Season = tuple[str, str]

# Cells whose observations stand side by side in one go: as many as stay in a processor's cache.
_CELLS_IN_A_GO = 4096


def yearly_seasons(years: Iterable[int], *, first_month: int, last_month: int) -> list[Season]:
    """Return the same months of each year as first and last day.

    Parameters
    ----------
    years : iterable of int
        A season that goes over New Year belongs to the year in which it begins.
    first_month, last_month : int
        1 to 12, both within the season.

    Returns
    -------
    list of (str, str)
        One season a year, days as ``YYYY-MM-DD``.

    Raises
    ------
    EnvironmentDataError
        A month outside 1 to 12.

    Examples
    --------
    >>> yearly_seasons([2019], first_month=5, last_month=9)
    [('2019-05-01', '2019-09-30')]
    >>> yearly_seasons([2019], first_month=11, last_month=2)
    [('2019-11-01', '2020-02-29')]
    """
    for month in (first_month, last_month):
        if not 1 <= month <= 12:
            raise EnvironmentDataError(f"month {month}: expected 1 to 12")
    seasons = []
    for year in years:
        last_year = year + (last_month < first_month)
        last = pd.Period(year=last_year, month=last_month, freq="M").end_time
        seasons.append((f"{year}-{first_month:02d}-01", f"{last:%Y-%m-%d}"))
    return seasons


def seasonal_median(
    cube: xr.DataArray, seasons: Sequence[Season], *, least: int, memory_gb: float = 2.0
) -> xr.Dataset:
    """Return the median of each cell over the observations of each season.

    The scenes of one season and one spatial block are in memory together, so the peak depends on
    the blocks of the cube and not on how far it reaches in space or over how many seasons.

    Parameters
    ----------
    cube : xarray.DataArray
        ``(time, y, x)``, float, NaN where a scene saw nothing or a cloud; best lazy with blocks
        as `load_scenes` makes them.
    seasons : sequence of (str, str)
        First and last day of each, such as `yearly_seasons` gives.
    least : int
        A cell with fewer observations in a season has no median.
    memory_gb : float
        What one block with all scenes of a season may take.

    Returns
    -------
    xarray.Dataset
        Lazy: ``median`` (float32) and ``clear_count`` (uint16), both ``(time, y, x)``. ``time`` is
        the middle of the season; ``season`` names its first and last day. A season without a
        scene has counts of 0.

    Raises
    ------
    EnvironmentDataError
        No season, one that ends before it begins, `least` below 1, other dimensions, whole
        numbers (they cannot be missing), or a block that is too large.

    Examples
    --------
    >>> import numpy as np, pandas as pd, xarray as xr
    >>> values = np.array([1, 5, np.nan, 2], "float32").reshape(4, 1, 1)
    >>> days = pd.to_datetime(["2020-05-03", "2020-06-01", "2020-07-07", "2020-09-30"])
    >>> cube = xr.DataArray(values, dims=("time", "y", "x"), coords={"time": days})
    >>> summer = seasonal_median(cube, [("2020-05-01", "2020-09-30")], least=2)
    >>> summer["median"].values.item(), summer["clear_count"].values.item()
    (2.0, 3)
    """
    _check(cube, seasons, least)
    lazy = cube if cube.get_index("time").is_monotonic_increasing else cube.sortby("time")
    lazy, times = lazy.chunk(), lazy.get_index("time")
    parts, middles, names = [], [], []
    for first, last in seasons:
        start, stop = pd.Timestamp(first), pd.Timestamp(last) + pd.Timedelta(days=1)
        if stop <= start:
            raise EnvironmentDataError(f"season {first} to {last} ends before it begins")
        # A slice takes blocks as they are; a list of places would copy them.
        chosen = slice(*times.searchsorted([start, stop]))
        parts.append(_reduced(lazy.isel(time=chosen).data, least, memory_gb, f"{first}/{last}"))
        middles.append(start + (stop - start) / 2)
        names.append(f"{first}/{last}")
    both = da.stack(parts, axis=1)
    dims = ("time", "y", "x")
    attrs = {name: cube.attrs[name] for name in ("units", "source") if name in cube.attrs}
    space = {n: c for n, c in cube.coords.items() if "time" not in c.dims}
    counted = {"units": "1"} | {n: v for n, v in attrs.items() if n == "source"}
    return xr.Dataset(
        {
            "median": (dims, both[0], attrs),
            "clear_count": (dims, both[1].astype("uint16"), counted),
        },
        coords=space | {"time": pd.DatetimeIndex(middles).as_unit("ns"), "season": ("time", names)},
        attrs={n: v for n, v in attrs.items() if n == "source"},
    )


def _check(cube: xr.DataArray, seasons: Sequence[Season], least: int) -> None:
    if cube.dims != ("time", "y", "x"):
        raise EnvironmentDataError(f"expected the dimensions (time, y, x), found {cube.dims}")
    if not np.issubdtype(cube.dtype, np.floating):
        raise EnvironmentDataError(
            f"the cube holds {cube.dtype}, which cannot say what is missing: scale it, then mask "
            f"it by cube.where(clear)"
        )
    if not seasons:
        raise EnvironmentDataError("no season was given")
    if least < 1:
        raise EnvironmentDataError(f"least={least}: expected 1 observation or more")


def _reduced(stack: Any, least: int, memory_gb: float, season: str) -> Any:
    """Return median and count, (2, y, x), of a lazy (time, y, x)."""
    scenes = stack.shape[0]
    if not scenes:
        nothing = da.full(stack.shape[1:], np.nan, chunks=stack.chunks[1:], dtype="float32")
        return da.stack([nothing, da.zeros_like(nothing)])
    block = max(stack.chunks[1]) * max(stack.chunks[2])
    needed_gb = scenes * block * 4 / 1e9
    if needed_gb > memory_gb:
        raise EnvironmentDataError(
            f"season {season}: a block of {max(stack.chunks[1])} × {max(stack.chunks[2])} cells of "
            f"{scenes} scenes takes {needed_gb:.1f} GB, more than memory_gb={memory_gb:g}; load "
            f"the scenes with a smaller memory_gb, which makes smaller blocks"
        )
    # Blocks of scenes come as a list, so that no second copy of them is made.
    return da.blockwise(
        _median_of_blocks,
        "kyx",
        stack.astype("float32"),
        "tyx",
        new_axes={"k": 2},
        concatenate=False,
        least=least,
        dtype="float32",
        meta=np.empty((0, 0, 0), "float32"),
    )


def _median_of_blocks(blocks: list[NDArray[np.float32]], least: int) -> NDArray[np.float32]:
    rows, columns = blocks[0].shape[1:]
    result = np.empty((2, rows, columns), np.float32)
    step = max(1, _CELLS_IN_A_GO // columns)
    for top in range(0, rows, step):
        strip = np.concatenate([block[:, top : top + step] for block in blocks])
        cells = strip.reshape(strip.shape[0], -1)
        both = np.empty((2, cells.shape[1]), np.float32)
        medians(cells, least, both[0], both[1])
        result[:, top : top + step] = both.reshape(2, -1, columns)
    return result
