"""A change between two periods, split between weather and the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.deweather.model import Fitted
from hanoi_analytics.environment.deweather.normalised import (
    NORMAL_95,
    averaged,
    drawn_hours,
    with_error,
)
from hanoi_analytics.environment.deweather.trees import LinearThenTrees

_Array = NDArray[np.float64]


def explain_change(
    fitted: Fitted,
    before: tuple[str, str],
    after: tuple[str, str],
    *,
    samples: int,
    replicates: int,
    seed: int,
) -> pd.DataFrame:
    """Split the change of the mean between two periods into weather and the rest.

    Parameters
    ----------
    fitted : Fitted
        From :func:`fit`, on a record that holds both periods.
    before, after : tuple of str
        First and last day of each, such as ``("2017-01-01", "2018-12-31")``.
    samples, replicates, seed : int
        As of :func:`slope`.

    Returns
    -------
    pandas.DataFrame
        ``part``, ``change`` with ``low`` and ``high`` (95 %, in the unit of the series) and
        ``percent_of_before``. The parts: ``rest``, the change of the normalised series (emissions
        and whatever else is not in the weather table); ``weather``, the change that the model
        foretells less the rest: between different seasons it holds the season too;
        ``unexplained``, what the model missed; ``observed``, which is their sum.

    Raises
    ------
    EnvironmentDataError
        A period with fewer than 24 readings, or fewer than 20 replicates.
    """
    spans = [_span(fitted, before), _span(fitted, after)]
    drawn = drawn_hours(fitted, samples, seed)
    terms, reading = fitted.data.terms.to_numpy(), fitted.data.reading
    means = [float(reading[span].mean()) for span in spans]
    observed = means[1] - means[0]

    def measured(model: LinearThenTrees) -> _Array:
        rest = [_mean_of_trend(model, terms[span, 0], drawn) for span in spans]
        foretold = [float(model.predict(terms[span]).mean()) for span in spans]
        normal, seen = rest[1] - rest[0], foretold[1] - foretold[0]
        return np.array([normal, seen - normal, observed - seen])

    change, error = with_error(fitted, measured, replicates, seed)
    change, error = np.append(change, observed), np.append(NORMAL_95 * error, np.nan)
    table = pd.DataFrame(
        {
            "part": ["rest", "weather", "unexplained", "observed"],
            "change": change,
            "low": change - error,
            "high": change + error,
            "percent_of_before": 100 * change / means[0],
        }
    )
    table.attrs = {**fitted.attrs, "approximate": fitted.approximate}
    return table


def _mean_of_trend(model: LinearThenTrees, moments: _Array, drawn: _Array) -> float:
    """Mean of the normalised series over hours, by their days."""
    days, hours = np.unique(np.floor(moments), return_counts=True)
    return float(np.average(averaged(model, days + 0.5, drawn), weights=hours))


def _span(fitted: Fitted, period: tuple[str, str]) -> NDArray[np.bool_]:
    time = fitted.data.time
    first, end = pd.Timestamp(period[0]), pd.Timestamp(period[1]) + pd.Timedelta(days=1)
    inside = np.asarray((time >= first) & (time < end))
    if inside.sum() < 24:
        raise EnvironmentDataError(
            f"the period {period[0]} to {period[1]} holds {int(inside.sum())} hours with reading "
            f"and weather: expected 24 at least, within {time[0]:%Y-%m-%d} to {time[-1]:%Y-%m-%d}"
        )
    return inside
