"""The series with weather averaged out, and its slope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from tqdm import tqdm

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.deweather.model import Fitted, block_numbers
from hanoi_analytics.environment.deweather.terms import trend_term
from hanoi_analytics.environment.deweather.trees import LinearThenTrees
from hanoi_analytics.environment.trends import trend

_Array = NDArray[np.float64]

# Rows foretold at once: about 20 MB of terms.
_ROWS_AT_ONCE = 200_000
_FEWEST_REPLICATES = 20
NORMAL_95 = 1.959964
# A slope over years needs no finer steps, and every replicate pays for them.
_SLOPE_STEP = "14D"


@dataclass(frozen=True)
class Slope:
    """Theil–Sen slope of a normalised series, with its 95 % interval.

    Attributes
    ----------
    per_year, low, high : float
        In the unit of the series per year.
    percent_per_year, percent_low, percent_high : float
        The same, of the normalised series' mean.
    unit, method : str
        Of the series; how slope and interval were made.
    blocks, replicates, samples, seed : int
        Blocks of time in the record, refits, hours of weather averaged over, seed of both draws.
    approximate : str
        What stood for weather, if it was not weather.
    cautions : tuple of str
        What weakens the result.
    """

    per_year: float
    low: float
    high: float
    percent_per_year: float
    percent_low: float
    percent_high: float
    unit: str
    method: str
    blocks: int
    replicates: int
    samples: int
    seed: int
    approximate: str
    cautions: tuple[str, ...]


def normalise(fitted: Fitted, *, samples: int, seed: int) -> xr.DataArray:
    """Average a model's predictions over weather drawn from the whole record, day by day.

    As in rmweather, all terms but the trend are drawn together as they occurred, so season, weekday
    and hour are averaged out with the weather. One draw serves every day: days differ by the trend
    term alone, not by the luck of the draw.

    Parameters
    ----------
    fitted : Fitted
        From :func:`fit`.
    samples : int
        Hours drawn without replacement; 300 to 1,000 are usual.
    seed : int
        Of the draw.

    Returns
    -------
    xarray.DataArray (time), one value a day
        In the unit of the series, from the first day of the readings to the last. It takes up
        whatever the model cannot tell from the trend: a spell of smog that weather does not
        explain stays in it.

    Raises
    ------
    EnvironmentDataError
        Fewer than one sample.

    References
    ----------
    Grange & Carslaw (2019), Science of the Total Environment 653, 578–588; R package rmweather.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> from hanoi_analytics.environment.deweather import fit
    >>> time = pd.date_range("2020-01-01", periods=400, freq="D")
    >>> series = xr.DataArray(np.arange(400.0), coords={"time": time}, dims="time")
    >>> fitted = fit(series, catalogue.load("hanoi_era5_normals"), model="boosting", seed=1)
    >>> normalised = normalise(fitted, samples=50, seed=1)
    >>> normalised.size, bool(normalised[-1] > normalised[0])
    (400, True)
    """
    time = fitted.data.time
    days = pd.date_range(time[0].normalize(), time[-1].normalize(), freq="D")
    middle = days + pd.Timedelta(hours=12)
    return xr.DataArray(
        averaged(fitted.estimator, trend_term(middle), drawn_hours(fitted, samples, seed)),
        coords={"time": days},
        dims="time",
        name="normalised",
        attrs={**fitted.attrs, "units": fitted.unit, "approximate": fitted.approximate},
    )


def slope(fitted: Fitted, *, samples: int, replicates: int, seed: int) -> Slope:
    """Return the slope of the normalised series, with an interval from refits on drawn blocks.

    The values of a normalised series are not independent, and the model is uncertain too. So blocks
    of the record, each at its own time, are drawn with replacement, the model is fitted again and
    its own normalised series has its own slope; their standard deviation makes the interval.

    Parameters
    ----------
    fitted : Fitted
        From :func:`fit`.
    samples : int
        Hours of weather drawn, as of :func:`normalise`.
    replicates : int
        Refits, 20 at least; each takes about a third of a second with boosting on three years.
    seed : int
        Of both draws.

    Returns
    -------
    Slope

    Raises
    ------
    EnvironmentDataError
        Fewer than 20 replicates, or fewer than one sample.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> from hanoi_analytics.environment.deweather import fit
    >>> time = pd.date_range("2020-01-01", periods=200, freq="D")
    >>> series = xr.DataArray(np.arange(200.0) / 366, coords={"time": time}, dims="time")
    >>> fitted = fit(series, catalogue.load("hanoi_era5_normals"), model="boosting", seed=1)
    >>> found = slope(fitted, samples=30, replicates=20, seed=1)
    >>> found.low < found.per_year < found.high, found.blocks
    (True, 15)
    """
    time = fitted.data.time
    steps = pd.date_range(time[0], time[-1], freq=_SLOPE_STEP)
    drawn = drawn_hours(fitted, samples, seed)

    def measured(model: LinearThenTrees) -> _Array:
        values = pd.Series(averaged(model, trend_term(steps), drawn), steps)
        per_year = trend(values, variant="original").slope_per_year
        return np.array([per_year, 100 * per_year / values.mean()])

    (per_year, percent), error = with_error(fitted, measured, replicates, seed)
    margin, percent_margin = NORMAL_95 * error
    return Slope(
        per_year=float(per_year),
        low=float(per_year - margin),
        high=float(per_year + margin),
        percent_per_year=float(percent),
        percent_low=float(percent - percent_margin),
        percent_high=float(percent + percent_margin),
        unit=f"{fitted.unit} per year".strip(),
        method=(
            f"Theil–Sen on the series normalised by {fitted.model}; 95 % interval ± 1.96 standard "
            f"deviations of refits on resampled blocks of {fitted.block_days:g} days"
        ),
        blocks=len(np.unique(_blocks(fitted))),
        replicates=replicates,
        samples=len(drawn),
        seed=seed,
        approximate=fitted.approximate,
        cautions=fitted.cautions,
    )


def _blocks(fitted: Fitted) -> NDArray[np.int64]:
    return block_numbers(fitted.data.time, fitted.block_days)


def drawn_hours(fitted: Fitted, samples: int, seed: int) -> _Array:
    if samples < 1:
        raise EnvironmentDataError(f"samples: expected 1 or more hours of weather, found {samples}")
    terms = fitted.data.terms.to_numpy()
    rng = np.random.default_rng(seed)
    return terms[rng.choice(len(terms), size=min(samples, len(terms)), replace=False)]


def averaged(model: LinearThenTrees, moments: _Array, drawn: _Array) -> _Array:
    """Mean prediction at each moment over the drawn hours, some moments at a time."""
    at_once = max(1, _ROWS_AT_ONCE // len(drawn))
    averages = []
    for start in range(0, moments.size, at_once):
        part = moments[start : start + at_once]
        rows = np.tile(drawn, (part.size, 1))
        rows[:, 0] = np.repeat(part, len(drawn))  # the trend term is the first
        averages.append(model.predict(rows).reshape(part.size, -1).mean(axis=1))
    return np.concatenate(averages)


def with_error(
    fitted: Fitted, measured: Callable[[LinearThenTrees], _Array], replicates: int, seed: int
) -> tuple[_Array, _Array]:
    """Measure the model, and refits on blocks drawn with replacement for the standard error."""
    if replicates < _FEWEST_REPLICATES:
        raise EnvironmentDataError(
            f"replicates: expected {_FEWEST_REPLICATES} or more, found {replicates}"
        )
    rng = np.random.default_rng(seed)
    terms, reading = fitted.data.terms.to_numpy(), fitted.data.reading
    _, block = np.unique(_blocks(fitted), return_inverse=True)
    count = int(block[-1]) + 1
    found = []
    for _ in tqdm(range(replicates), desc="refits", unit="refit", disable=None, leave=False):
        times = np.bincount(rng.integers(0, count, count), minlength=count)[block]
        # Rows repeated and not weighted: scikit-learn bins weighted rows four times as slowly.
        rows = np.repeat(np.arange(block.size), times)
        model = LinearThenTrees(fitted.model, fitted.seed)
        found.append(measured(model.fit(terms[rows], reading[rows])))
    return measured(fitted.estimator), np.std(found, axis=0, ddof=1)
