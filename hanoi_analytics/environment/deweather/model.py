"""A model of trees that foretells readings from time and weather, and how well it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.deweather.terms import Joined, joined
from hanoi_analytics.environment.deweather.trees import LinearThenTrees, Model

_FOLDS = 5
_YEAR_DAYS = 365.2425


@dataclass(frozen=True)
class Scores:
    """Of readings in blocks of time that the model had not seen, between blocks that it had."""

    r2: float
    rmse: float
    mean_bias: float


@dataclass(frozen=True)
class Fitted:
    """A fitted model, with what a reader must know of it.

    Attributes
    ----------
    model : str
        ``"boosting"`` or ``"forest"``.
    terms : tuple of str
        What the model saw; the first is the trend term.
    hours, hours_without_reading, hours_without_weather : int
        Used; of the series without a value; with a value and left out for want of weather.
    years : float
        From the first hour used to the last.
    held_out : Scores
        By five-fold cross-validation over blocks, in the unit of the series.
    block_days : float
        Length of a block: neighbouring hours are alike, so blocks are held out and resampled whole.
    seed : int
        Of the folds and of the trees.
    approximate : str
        What stood for weather, if it was not weather.
    cautions : tuple of str
        What weakens the result.
    unit : str
        Of the series.
    attrs : dict
        The sources of the readings and of the weather, for pictures.
    data, estimator
        The joined hours and the fitted model.
    """

    model: Model
    terms: tuple[str, ...]
    hours: int
    hours_without_reading: int
    hours_without_weather: int
    years: float
    held_out: Scores
    block_days: float
    seed: int
    approximate: str
    cautions: tuple[str, ...]
    unit: str
    attrs: dict[Any, Any] = field(repr=False)
    data: Joined = field(repr=False)
    estimator: LinearThenTrees = field(repr=False)


def fit(
    series: xr.DataArray,
    weather: pd.DataFrame,
    *,
    model: Model,
    seed: int,
    block_days: float = 14.0,
) -> Fitted:
    """Fit a model of readings on time and weather.

    Parameters
    ----------
    series : xarray.DataArray (time)
        Readings by local hour, with gaps as NaN; daily means work too if the weather is daily.
    weather : pandas.DataFrame
        An hourly table as ``weather_table`` takes it, named by the same hours as the readings, or
        monthly normals (``hanoi_era5_normals``), which stand for the season only.
    model : {"boosting", "forest"}
        On what least squares leave: gradient boosting, quick; or a random forest, as in the
        literature and many times slower.
    seed : int
        Of the folds and of the trees.
    block_days : float
        Length of the blocks: longer than a spell of weather or of smog.

    Returns
    -------
    Fitted

    Raises
    ------
    EnvironmentDataError
        An unknown model, too few hours with weather, or too few blocks.

    Notes
    -----
    Trees cannot go beyond the values they saw: nothing is said outside the years of the readings.

    References
    ----------
    Grange & Carslaw (2019), Using meteorological normalisation to detect interventions in air
    quality time series, Science of the Total Environment 653, 578–588.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> time = pd.date_range("2020-01-01", periods=400, freq="D")
    >>> series = xr.DataArray(np.arange(400.0), coords={"time": time}, dims="time")
    >>> result = fit(series, catalogue.load("hanoi_era5_normals"), model="boosting", seed=1)
    >>> result.hours, result.approximate[:29]
    (400, 'only monthly normals stood fo')
    """
    if model not in get_args(Model):
        raise EnvironmentDataError(f"model {model!r}: expected one of {', '.join(get_args(Model))}")
    data = joined(series, weather)
    blocks = block_numbers(data.time, block_days)
    count = len(np.unique(blocks))
    if count < 2 * _FOLDS:
        raise EnvironmentDataError(
            f"the readings fill {count} blocks of {block_days:g} days: expected {2 * _FOLDS} at "
            "least; shorten the blocks or bring a longer series"
        )
    scores = _held_out(model, seed, data, blocks)
    first, last = data.time[[0, -1]]
    years = (last - first) / pd.Timedelta(days=_YEAR_DAYS)
    return Fitted(
        model=model,
        terms=tuple(data.terms.columns),
        hours=len(data.reading),
        hours_without_reading=data.without_reading,
        hours_without_weather=data.without_weather,
        years=years,
        held_out=scores,
        block_days=block_days,
        seed=seed,
        approximate=data.approximate,
        cautions=_cautions(years, scores, data),
        unit=str(series.attrs.get("units", "")),
        attrs=sources_of(series.attrs, weather.attrs),
        data=data,
        estimator=LinearThenTrees(model, seed).fit(data.terms.to_numpy(), data.reading),
    )


def block_numbers(time: pd.DatetimeIndex, block_days: float) -> NDArray[np.int64]:
    """Which block of time each hour lies in, from the first hour on."""
    return np.asarray((time - time[0]) // pd.Timedelta(days=block_days), dtype="int64")


def _held_out(model: Model, seed: int, data: Joined, blocks: NDArray[np.int64]) -> Scores:
    from sklearn.metrics import r2_score, root_mean_squared_error  # noqa: PLC0415
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415

    terms, seen = data.terms.to_numpy(), data.reading
    foretold = np.empty_like(seen)
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(terms, seen, blocks):
        foretold[test] = (
            LinearThenTrees(model, seed).fit(terms[train], seen[train]).predict(terms[test])
        )
    return Scores(
        r2=float(r2_score(seen, foretold)),
        rmse=float(root_mean_squared_error(seen, foretold)),
        mean_bias=float((foretold - seen).mean()),
    )


def _cautions(years: float, scores: Scores, data: Joined) -> tuple[str, ...]:
    found = []
    if data.approximate:
        found.append(data.approximate)
    if round(years, 1) <= 3:
        found.append(
            f"{years:.1f} years of readings: with three or fewer, one unusual season looks like a "
            "trend"
        )
    if scores.r2 < 0.3:
        found.append(
            f"on blocks it had not seen, the model explains {100 * max(scores.r2, 0):.0f} % of the "
            "variance: it takes little of the weather out"
        )
    without = data.without_weather / (len(data.reading) + data.without_weather)
    if without > 0.1:
        found.append(f"{100 * without:.0f} % of the hours with a reading had no weather")
    return tuple(found)
