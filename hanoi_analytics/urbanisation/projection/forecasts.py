"""What a forecast of the urban share says, whichever method made it, and how it is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import nan

import pandas as pd

from hanoi_analytics.urbanisation.indicators.definitions import sources_of
from hanoi_analytics.urbanisation.projection.growth_difference import ProjectionError


@dataclass(frozen=True)
class Forecast:
    """One forecast of one method for one moment: a row of every table of forecasts.

    Attributes
    ----------
    model : str
        Name of the method.
    trained_on : str
        The data it knew.
    time : float
        Moment forecast, in years: 2030.25 is 1 April 2030, 2030.5 the average of 2030.
    horizon_years : float
        From the last value known to `time`.
    share_percent : float
        The forecast; missing where there is none, and `note` says why.
    lower_percent, upper_percent : float
        Ends of the interval; missing where there is none.
    level : float
        Probability with which the interval claims to hold the value.
    interval : str
        What the interval rests on, or why there is none.
    convergence : str
        The norm that the pace glides to, or ``"none"``.
    note : str
        What a reader must know about this forecast.
    """

    model: str
    trained_on: str
    time: float
    horizon_years: float
    share_percent: float = nan
    lower_percent: float = nan
    upper_percent: float = nan
    level: float = nan
    interval: str = "none"
    convergence: str = "none"
    note: str = ""


def tabulate(forecasts: Sequence[Forecast], *origins: pd.DataFrame) -> pd.DataFrame:
    """Return forecasts as a table that carries the sources of the data they were made from.

    Examples
    --------
    >>> table = tabulate([Forecast("no change", "2024", 2030.25, 6, 38.17)])
    >>> table[["model", "share_percent"]].values.tolist()
    [['no change', 38.17]]
    """
    columns = [column.name for column in fields(Forecast)]
    table = pd.DataFrame([asdict(forecast) for forecast in forecasts], columns=columns)
    return carrying(table, *origins)


def carrying(table: pd.DataFrame, *origins: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the sources of the tables it was computed from, each once."""
    sources = sources_of(origins)
    table.attrs = {"source": sources[0]} if len(sources) == 1 else {"sources": sources}
    return table


def score(forecasts: pd.DataFrame, actual_percent: float | pd.Series) -> pd.DataFrame:
    """Hold forecasts against what came.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        Rows of :class:`Forecast`.
    actual_percent : float or pandas.Series
        What came: one value for all rows, or one for each row with the same index.

    Returns
    -------
    pandas.DataFrame
        With ``actual_percent``, ``error_points`` (forecast minus actual, percentage points),
        ``absolute_error_points`` and ``covered`` (whether the interval held the value, its ends
        included; missing where there is no interval).

    Examples
    --------
    >>> one, other = Forecast("a", "", 2019.5, 1, 36.63), Forecast("b", "", 2019.5, 1, 34, 33, 35)
    >>> table = tabulate([one, other])
    >>> score(table, 34.36)["error_points"].round(2).tolist()
    [2.27, -0.36]
    >>> score(table, 34.36)["covered"].tolist()
    [<NA>, True]
    """
    scored = forecasts.assign(actual_percent=actual_percent)
    scored["error_points"] = scored["share_percent"] - scored["actual_percent"]
    scored["absolute_error_points"] = scored["error_points"].abs()
    held = scored["actual_percent"].between(scored["lower_percent"], scored["upper_percent"])
    known = scored[["actual_percent", "lower_percent", "upper_percent"]].notna().all(axis=1)
    scored["covered"] = held.astype("boolean").where(known)
    return carrying(scored, forecasts)


def require_level(level: float) -> float:
    """Return the probability of an interval, if it is one."""
    if not 0 < level < 1:
        raise ProjectionError(
            f"interval level {level!r}: expected a probability above 0 and below 1, such as 0.95"
        )
    return level
