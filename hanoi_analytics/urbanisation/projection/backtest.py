"""How wrong the forecasts would have been: hold out what is known, forecast it, compare."""

from __future__ import annotations

from math import nan

import pandas as pd
from scipy.special import expit, logit

from hanoi_analytics.urbanisation.indicators import require_one_definition
from hanoi_analytics.urbanisation.projection.forecasts import Forecast, carrying, score, tabulate
from hanoi_analytics.urbanisation.projection.growth_difference import ProjectionError
from hanoi_analytics.urbanisation.projection.models import (
    YEARLY_MODELS,
    FitError,
    YearlyModel,
    fit_yearly,
)
from hanoi_analytics.urbanisation.projection.pace import (
    MODEL,
    growth_difference_forecast,
    moments,
    shares,
)

#: The yardstick of the rolling backtest: the pace of the last five years holds on.
FIVE_YEAR_PACE = "growth difference of five years"
_PACE_YEARS = 5


def hold_out_census(
    censuses: pd.DataFrame,
    *,
    year: int,
    yearly: pd.DataFrame | None = None,
    last_year: int | None = None,
    published: pd.DataFrame | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Forecast a census from what came before it, and score every method.

    The growth difference knows the censuses before `year`. The yearly models know `yearly` up to
    `last_year`, by default the year of the census before. They and a published projection forecast
    the average of the year, which stands at its middle, three months after a census of 1 April.

    The yearly series are estimates between censuses. Their figures for early years come from a
    table published much later, so a cut by year leaves out later years but not later revisions.

    Parameters
    ----------
    censuses : pandas.DataFrame
        Counts of one series, with the one of `year` among them.
    year : int
        The census to hold out.
    yearly : pandas.DataFrame, optional
        A yearly series for the models of :func:`fit_yearly`.
    last_year : int, optional
        Last year of `yearly` that the models may know; before `year`.
    published : pandas.DataFrame, optional
        A projection published before the census, as a series with a value for `year`.
    level : float
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        As :func:`score`, with ``target_year``: a row for each method. A method that could
        not forecast has no share and says why in `note`.

    Raises
    ------
    ProjectionError
        No census of `year`, none before it, `last_year` not before `year`, or nothing published
        for it.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> censuses, un = series("B", kinds=["census"]), series("WUP2018")
    >>> table = hold_out_census(censuses, year=2019, published=un)
    >>> table[["model", "error_points"]].round(2).values.tolist()
    [['growth difference', 1.92], ['WUP2018', 2.27]]
    """
    held, before = censuses[censuses["year"] == year], censuses[censuses["year"] < year]
    if len(held) != 1 or before.empty:
        known = ", ".join(map(str, sorted(censuses["year"])))
        raise ProjectionError(
            f"no census of {year} with one before it; the series has {known}: hold out a later one"
        )
    cut = int(before["year"].max()) if last_year is None else last_year
    if cut >= year:
        raise ProjectionError(
            f"last_year is {cut}: the models may know years before {year} only, else they would be "
            "tested on what they have seen"
        )
    tables = [_last_pace(before, float(moments(held).iloc[0]), level)]
    if yearly is not None:
        seen = yearly[yearly["year"] <= cut]
        if seen.empty:
            raise ProjectionError(
                f"the yearly series begins in {yearly['year'].min()}, after last_year {cut}: let "
                "the models know later years, or leave the series out"
            )
        ahead = year - int(seen["year"].max())
        tables += [_model(seen, model, ahead, level).tail(1) for model in YEARLY_MODELS]
    if published is not None:
        tables.append(_published(published, year))
    origins = [frame for frame in (censuses, yearly, published) if frame is not None]
    table = carrying(pd.concat(tables, ignore_index=True).assign(target_year=year), *origins)
    return score(table, 100 * float(shares(held).iloc[0]))


def rolling_origin(
    yearly: pd.DataFrame, *, first_origin: int, horizon_years: int = 5, level: float = 0.95
) -> pd.DataFrame:
    """Forecast a yearly series from every year on, as if the later years were not known.

    Parameters
    ----------
    yearly : pandas.DataFrame
        One yearly series.
    first_origin : int
        First year to forecast from; the last is the one before the end of the series.
    horizon_years : int
        How far to forecast, as long as the series reaches.
    level : float
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        As :func:`score`, with ``origin_year`` and ``target_year``: a row for each model,
        origin and horizon, beside a yardstick without interval, the pace of the last five years.
        A model that could not be fitted has no share and says why in `note`.

    Raises
    ------
    ProjectionError
        No origin with a year after it and five before.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> scored = rolling_origin(series("B_average"), first_origin=2014)
    >>> sorted(set(zip(scored["origin_year"], scored["target_year"])))
    [(2014, 2015), (2014, 2016), (2015, 2016)]
    """
    first, last = int(yearly["year"].min()), int(yearly["year"].max())
    origins = range(first_origin, last)
    if not origins or first_origin < first + _PACE_YEARS:
        raise ProjectionError(
            f"no forecast from {first_origin} on: the series has {first}–{last}, and the first "
            f"origin must lie from {first + _PACE_YEARS} to {last - 1}"
        )
    tables = []
    for origin in origins:
        known, reach = yearly[yearly["year"] <= origin], min(horizon_years, last - origin)
        tables.append(_five_year_pace(known, reach))
        tables += [_model(known, model, reach, level) for model in YEARLY_MODELS]
    table = carrying(pd.concat(tables, ignore_index=True), yearly)
    table["target_year"] = (table["time"] - 0.5).astype(int)
    table["origin_year"] = table["target_year"] - table["horizon_years"].astype(int)
    return score(table, table["target_year"].map(yearly.set_index("year")["value_percent"]))


def summarise(scored: pd.DataFrame) -> pd.DataFrame:
    """Return how large the errors were and how often the intervals held, by model and horizon.

    Parameters
    ----------
    scored : pandas.DataFrame
        From :func:`rolling_origin`.

    Returns
    -------
    pandas.DataFrame
        By ``model`` and ``horizon_years``: ``forecasts``; ``mean_error_points`` (forecast minus
        actual) and ``mean_absolute_error_points``, percentage points; ``intervals``;
        ``covered_percent``, to be held against ``level_percent``.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> table = summarise(rolling_origin(series("B_average"), first_origin=2015))
    >>> table["forecasts"].tolist()
    [1, 1, 1, 1]
    """
    made = scored[scored["share_percent"].notna()]
    by = made.groupby(["model", "horizon_years"], sort=False)
    table = by.agg(
        forecasts=("error_points", "size"),
        mean_error_points=("error_points", "mean"),
        mean_absolute_error_points=("absolute_error_points", "mean"),
        intervals=("covered", "count"),
        covered_percent=("covered", lambda held: 100 * held.astype(float).mean()),
        level_percent=("level", lambda level: 100 * level.mean()),
    )
    return carrying(table.reset_index(), scored)


def _last_pace(counts: pd.DataFrame, time: float, level: float) -> pd.DataFrame:
    if len(counts) >= 2:
        return growth_difference_forecast(counts, [time], level=level)
    last = float(moments(counts).iloc[0])
    reason = f"no pace: only the count of {counts['year'].iloc[0]} lies before"
    return tabulate([Forecast(MODEL, "1 count", time, time - last, note=reason)])


def _model(
    known: pd.DataFrame, model: YearlyModel, horizon_years: int, level: float
) -> pd.DataFrame:
    """Return the model's forecasts, or rows that say why it has none."""
    try:
        return fit_yearly(known, model).forecast(horizon_years, level=level)
    except FitError as reason:
        last = int(known["year"].max())
        data = f"yearly {known['year'].min()}–{last}"
        return tabulate(
            [
                Forecast(model, data, last + ahead + 0.5, ahead, note=str(reason))
                for ahead in range(1, horizon_years + 1)
            ]
        )


def _five_year_pace(known: pd.DataFrame, horizon_years: int) -> pd.DataFrame:
    log_odds = logit(known["value_percent"].to_numpy(dtype=float)[[-1 - _PACE_YEARS, -1]] / 100)
    pace, last = (log_odds[1] - log_odds[0]) / _PACE_YEARS, int(known["year"].iloc[-1])
    return tabulate(
        [
            Forecast(
                FIVE_YEAR_PACE,
                f"yearly {last - _PACE_YEARS}–{last}",
                last + ahead + 0.5,
                ahead,
                share_percent=100 * float(expit(log_odds[1] + pace * ahead)),
            )
            for ahead in range(1, horizon_years + 1)
        ]
    )


def _published(published: pd.DataFrame, year: int) -> pd.DataFrame:
    one, row = require_one_definition(published), published[published["year"] == year]
    if len(row) != 1:
        first, last = published["year"].min(), published["year"].max()
        raise ProjectionError(
            f"{one.indicator} has no value for {year}; it has {first} to {last}: leave it out"
        )
    time = float(row["decimal_year"].iloc[0])
    value = float(row["value_percent"].iloc[0])
    return tabulate([Forecast(one.indicator, "as published", time, nan, value)])
