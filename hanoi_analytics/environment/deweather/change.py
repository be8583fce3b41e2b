"""A change between two periods, split between weather and the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.deweather.model import Fitted
from hanoi_analytics.environment.deweather.normalised import NORMAL_95, with_error
from hanoi_analytics.environment.deweather.terms import TIME_TERMS
from hanoi_analytics.environment.deweather.trees import LinearThenTrees

_Array = NDArray[np.float64]

# Weather is drawn from as near in the year and in the day.
_DAYS_APART, _HOURS_APART = 15.0, 2.0


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

    Each hour keeps its terms of time and is given other weather, of any year, from up to 15 days
    and 2 hours apart in the year and the day (after Vu et al. 2019): what changes all the same
    between the periods is the rest. Compare like months: between different seasons the rest holds
    the season.

    Parameters
    ----------
    fitted : Fitted
        From :func:`fit`, on a record that holds both periods.
    before, after : tuple of str
        First and last day of each, such as ``("2017-01-01", "2018-12-31")``.
    samples : int
        Weather hours drawn for each day of a period, about.
    replicates, seed : int
        As of :func:`slope`.

    Returns
    -------
    pandas.DataFrame
        ``part``, ``change`` with ``low`` and ``high`` (95 %, in the unit of the series) and
        ``percent_of_before``. The parts: ``rest``, the change under other weather (emissions and
        whatever else is not in the weather table); ``weather``, the change that the model foretells
        less the rest; ``unexplained``, what the model missed; ``observed``, which is their sum.

    Raises
    ------
    EnvironmentDataError
        A period with fewer than 24 readings, fewer than 20 replicates, or less than one sample.

    References
    ----------
    Vu et al. (2019), Atmospheric Chemistry and Physics 19, 11303–11314.
    """
    if samples < 1:
        raise EnvironmentDataError(f"samples: expected 1 or more hours a day, found {samples}")
    spans = [_span(fitted, before), _span(fitted, after)]
    terms, reading = fitted.data.terms.to_numpy(), fitted.data.reading
    means = [float(reading[span].mean()) for span in spans]
    observed = means[1] - means[0]
    rng = np.random.default_rng(seed)
    redrawn = [_with_other_weather(terms, span, samples, rng) for span in spans]

    def measured(model: LinearThenTrees) -> _Array:
        rest, foretold = (
            float(model.predict(after).mean()) - float(model.predict(before).mean())
            for before, after in (redrawn, [terms[span] for span in spans])
        )
        return np.array([rest, foretold - rest, observed - foretold])

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


def _with_other_weather(
    terms: _Array, span: NDArray[np.bool_], samples: int, rng: np.random.Generator
) -> _Array:
    """Return the hours of a period, each several times, with weather of like days and hours."""
    hours = terms[span]
    each = max(1, round(samples * np.unique(np.floor(hours[:, 0])).size / len(hours)))
    rows = np.repeat(hours, each, axis=0)
    day, hour, weather = TIME_TERMS.index("day_of_year"), TIME_TERMS.index("hour"), len(TIME_TERMS)
    groups: dict[Any, Any] = pd.DataFrame(rows[:, [day, hour]]).groupby([0, 1]).indices
    for (of_day, of_hour), found in groups.items():
        near = _apart(terms[:, day], of_day, 365.2425) <= _DAYS_APART
        near &= _apart(terms[:, hour], of_hour, 24.0) <= _HOURS_APART
        drawn = rng.choice(np.flatnonzero(near), len(found))
        rows[found, weather:] = terms[drawn, weather:]
    return rows


def _apart(places: _Array, place: float, length: float) -> _Array:
    """Distance on a circle."""
    straight = np.abs(places - place)
    return np.minimum(straight, length - straight)


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
