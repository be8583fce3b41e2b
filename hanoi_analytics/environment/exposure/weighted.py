"""How many people live with which values: rasters of people laid over rasters of exposure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.exposure.inputs import require_days, together


def weighted_mean(values: xr.DataArray, people: xr.DataArray) -> xr.DataArray:
    """Return the mean that people live with: Σ p_i C_i / Σ p_i, the form of SDG 11.6.2.

    Parameters
    ----------
    values : xarray.DataArray
        What people are exposed to, such as PM2.5 in µg/m³, on the cells (y, x) or the areas of
        `people`, with further dimensions such as time if need be. Lazy or in memory.
    people : xarray.DataArray
        People per cell on the same grid, or per area with the same labels. A missing number
        counts as nobody.

    Returns
    -------
    xarray.DataArray
        Over the dimensions of `people` where there is a value; lazy where the inputs are. Missing
        where nobody has a value. :func:`people_by_limit` says how many people have none.

    Raises
    ------
    EnvironmentDataError
        Different labels of areas; negative or infinite people, infinite values (when computed).
    RasterError
        Different grids; ``rasters.align`` brings one to the other, people by ``"sum"``.

    References
    ----------
    United Nations, metadata of indicator 11.6.2: annual mean levels of fine particulate matter in
    cities (population weighted).

    Examples
    --------
    >>> values = xr.DataArray([20.0, 50.0], dims="ward")
    >>> weighted_mean(values, xr.DataArray([300, 100], dims="ward")).item()
    27.5
    """
    exposed, counts = together(values, people)
    known = exposed.notnull()
    amount = (exposed.fillna(0.0) * counts).sum(people.dims)
    having = counts.where(known, 0.0).sum(people.dims)
    mean = amount / having.where(having > 0)
    mean.attrs = _attrs(values, people, units=values.attrs.get("units"))
    return mean


def people_by_limit(values: xr.DataArray, people: xr.DataArray, *, limit: float) -> xr.Dataset:
    """Return how many people live above a limit, not above it, and without a value.

    Parameters
    ----------
    values, people
        As for :func:`weighted_mean`.
    limit : float
        In the unit of `values`; a value equal to it is not above it.

    Returns
    -------
    xarray.Dataset
        ``above``, ``not_above``, ``without_value`` and ``total``, in people; the first three add
        up to the last. Lazy where the inputs are.

    Raises
    ------
    EnvironmentDataError, RasterError
        As for :func:`weighted_mean`.

    Examples
    --------
    >>> values = xr.DataArray([20.0, 50.0, np.nan], dims="ward")
    >>> found = people_by_limit(values, xr.DataArray([3, 2, 1], dims="ward"), limit=25)
    >>> {name: int(number) for name, number in found.items()}
    {'above': 2, 'not_above': 3, 'without_value': 1, 'total': 6}
    """
    bands = people_by_band(values, people, edges=[limit])
    parts = {"not_above": 0, "above": 1, "without_value": 2}
    split = {name: bands.isel(band=place, drop=True) for name, place in parts.items()}
    found = xr.Dataset({name: split[name] for name in ("above", "not_above", "without_value")})
    found["total"] = bands.sum("band")
    for part in found.values():
        part.attrs = {"units": "people"}
    found.attrs = {**_attrs(values, people), "limit": float(limit)}
    return found


def people_by_band(
    values: xr.DataArray, people: xr.DataArray, *, edges: Sequence[float]
) -> xr.DataArray:
    """Return how many people live in each band of values.

    Parameters
    ----------
    values, people
        As for :func:`weighted_mean`.
    edges : sequence of float
        Rising, in the unit of `values`; a band holds its upper edge.

    Returns
    -------
    xarray.DataArray, (…, band)
        People by ``band``: up to the first edge, between edges, above the last, and
        ``"without value"``. Together they are all people. Lazy where the inputs are.

    Raises
    ------
    EnvironmentDataError, RasterError
        As for :func:`weighted_mean`; edges that do not rise.

    Examples
    --------
    >>> values = xr.DataArray([20.0, 50.0, 51.0], dims="ward")
    >>> bands = people_by_band(values, xr.DataArray([3, 2, 1], dims="ward"), edges=[25, 50])
    >>> dict(zip(bands["band"].values.tolist(), bands.values.tolist(), strict=True))
    {'≤ 25': 3.0, '25–50': 2.0, '> 50': 1.0, 'without value': 0.0}
    """
    steps = [float(edge) for edge in edges]
    if not steps or not np.isfinite(steps).all() or (np.diff(steps) <= 0).any():
        raise EnvironmentDataError(f"edges: expected finite numbers that rise, found {list(edges)}")
    exposed, counts = together(values, people)
    bounds = [-np.inf, *steps, np.inf]
    inside = [(exposed > low) & (exposed <= high) for low, high in pairwise(bounds)]
    names = [
        f"≤ {steps[0]:g}",
        *(f"{low:g}–{high:g}" for low, high in pairwise(steps)),
        f"> {steps[-1]:g}",
        "without value",
    ]
    parts = [counts.where(mask, 0.0).sum(people.dims) for mask in (*inside, exposed.isnull())]
    found = xr.concat(parts, dim=xr.DataArray(names, dims="band", name="band"))
    found = found.transpose(..., "band")
    found.attrs = _attrs(values, people, units="people")
    return found


def person_days(daily: xr.DataArray, people: xr.DataArray, *, limit: float) -> xr.Dataset:
    """Return days times people above a limit: each day's people above it, summed over days.

    Parameters
    ----------
    daily : xarray.DataArray
        Daily means with dimension ``time``, one step a day, else as for :func:`weighted_mean`.
    people, limit
        As for :func:`people_by_limit`.

    Returns
    -------
    xarray.Dataset
        ``above``, ``not_above``, ``without_value`` and ``total``, in person-days; ``total`` is
        people times days. Lazy where the inputs are.

    Raises
    ------
    EnvironmentDataError, RasterError
        As for :func:`weighted_mean`; steps of time that are not days.

    Examples
    --------
    >>> days = np.arange("2025-01-01", "2025-01-04", dtype="datetime64[D]").astype("M8[ns]")
    >>> daily = xr.DataArray([[60.0], [40.0], [np.nan]], {"time": days}, ("time", "ward"))
    >>> found = person_days(daily, xr.DataArray([10], dims="ward"), limit=45)
    >>> {name: int(number) for name, number in found.items()}
    {'above': 10, 'not_above': 10, 'without_value': 10, 'total': 30}
    """
    require_days(daily)
    found = people_by_limit(daily, people, limit=limit).sum("time", keep_attrs=True)
    for part in found.values():
        part.attrs = {"units": "person-days"}
    return found


def _attrs(
    values: xr.DataArray, people: xr.DataArray, *, units: str | None = None
) -> dict[Any, Any]:
    return {**sources_of(values.attrs, people.attrs), **({"units": units} if units else {})}
