"""What values and people must be before they are laid together, and where they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.rasters import require_same_grid


def require_days(daily: xr.DataArray) -> None:
    """Raise unless the steps of ``time`` are days, each once."""
    if "time" not in daily.dims:
        raise EnvironmentDataError(f"expected daily means with dimension time, found {daily.dims}")
    days = pd.DatetimeIndex(daily["time"].to_numpy()).normalize()
    if days.has_duplicates:
        twice = days[days.duplicated()][0]
        raise EnvironmentDataError(
            f"expected one value a day, found several on {twice:%Y-%m-%d}; make daily means first"
        )


def together(values: xr.DataArray, people: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return values and people as floats on the same cells or areas, missing people as nobody."""
    lacking = [dim for dim in people.dims if dim not in values.dims]
    if lacking:
        raise EnvironmentDataError(
            f"the people stand on {people.dims}, the values on {values.dims}: expected values "
            f"with dimension(s) {lacking}"
        )
    if {"x", "y"} <= set(people.dims):
        require_same_grid(values, people, names=("raster of values", "raster of people"))
        # Coordinates a rounding apart would be taken for different cells, and left out.
        values = values.assign_coords(x=people["x"], y=people["y"])
    else:
        _require_same_labels(values, people)
    return checked(values, "values", -np.inf), checked(people, "people", 0.0).fillna(0.0)


def checked(array: xr.DataArray, what: str, lowest: float) -> xr.DataArray:
    """Return floats with NaN for missing; impossible ones are an error when they are computed."""
    nodata = array.rio.nodata if {"x", "y"} <= set(array.dims) else None

    def checked(block: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        numbers = block.astype("float64")
        if nodata is not None:
            numbers[block == nodata] = np.nan
        wrong = np.isinf(numbers) | (numbers < lowest)
        if wrong.any():
            least = "" if np.isinf(lowest) else f" of {lowest:g} or more"
            raise EnvironmentDataError(
                f"{what}: expected finite numbers{least}, found {numbers[wrong][0]:g} in "
                f"{int(wrong.sum())} of {wrong.size} looked at together; if this marks missing "
                f"ones, set it as the missing value or make them NaN first"
            )
        return numbers

    clean: xr.DataArray = xr.apply_ufunc(
        checked, array, dask="parallelized", output_dtypes=["float64"]
    )
    return clean


def _require_same_labels(values: xr.DataArray, people: xr.DataArray) -> None:
    for dim in people.dims:
        labels = [part[dim].to_numpy() for part in (values, people) if dim in part.coords]
        sizes = [part.sizes[dim] for part in (values, people)]
        if sizes[0] != sizes[1] or (len(labels) == 2 and not np.array_equal(labels[0], labels[1])):
            raise EnvironmentDataError(
                f"values and people have different labels along {dim!r} ({sizes[0]} and "
                f"{sizes[1]}); bring both into one order, for example by reindex"
            )
