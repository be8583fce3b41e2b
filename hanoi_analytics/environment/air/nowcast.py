"""NowCast: the weighted mean of the last 12 hours that VN_AQI takes for dust by the hour."""

from __future__ import annotations

import numpy as np
import xarray as xr

HOURS = 12
NEWEST, NEEDED_OF_NEWEST = 3, 2
LEAST_WEIGHT = 0.5


def nowcast(concentration: xr.DataArray) -> xr.DataArray:
    """Return the NowCast of each hour.

    With c₁ the newest of 12 hours, w = max(Cmin/Cmax, 0.5) and
    NowCast = Σ wⁱ⁻¹cᵢ / Σ wⁱ⁻¹, both sums over the hours that have a value. Two of the newest three
    hours must have one.

    Parameters
    ----------
    concentration : xarray.DataArray
        1-hour means with a complete hourly dimension ``time``, NaN where missing; any other
        dimensions.

    Returns
    -------
    xarray.DataArray
        In the same shape and unit; NaN where too few hours have a value.

    Notes
    -----
    For w = 0.5 the decision prints Σ 0.5ⁱcᵢ, without dividing by the weights. With all hours that
    is the same but for the factor 1 − 0.5¹²; with the newest hour missing it halves the result.
    The sum is divided here in every case.

    References
    ----------
    Decision 1459/QĐ-TCMT of 12 November 2019, section 2.2.1 a.

    Examples
    --------
    >>> hours = xr.DataArray([50.0, 100.0, np.nan], dims="time")
    >>> nowcast(hours).round(2).values.tolist()
    [nan, 83.33, 83.33]
    """
    values = np.moveaxis(concentration.to_numpy(), concentration.get_axis_num("time"), 0)
    lags = range(min(HOURS, len(values)))
    low, high = np.full(values.shape, np.inf), np.full(values.shape, -np.inf)
    for lag in lags:
        np.fmin(low[lag:], values[: len(values) - lag], out=low[lag:])
        np.fmax(high[lag:], values[: len(values) - lag], out=high[lag:])
    with np.errstate(invalid="ignore", divide="ignore"):
        # Twelve hours of 0 have no ratio; any weight gives 0.
        ratio = np.where(high > 0, low / high, 1.0)
    weight = np.maximum(ratio, LEAST_WEIGHT)
    total, weights, power = np.zeros_like(values), np.zeros_like(values), np.ones_like(values)
    newest = np.zeros(values.shape, dtype=np.int8)
    for lag in lags:
        older = values[: len(values) - lag]
        known = ~np.isnan(older)
        total[lag:] += np.where(known, power[lag:] * older, 0.0)
        weights[lag:] += np.where(known, power[lag:], 0.0)
        if lag < NEWEST:
            newest[lag:] += known
        power *= weight
    enough = newest >= NEEDED_OF_NEWEST
    result = np.divide(total, weights, out=np.full_like(values, np.nan), where=enough)
    axis = concentration.get_axis_num("time")
    return concentration.copy(data=np.moveaxis(result, 0, axis))
