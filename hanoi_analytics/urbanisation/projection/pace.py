"""The pace between counts, and where the urban share goes if the last pace holds on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isnan, nan, sqrt

import pandas as pd
from scipy.special import stdtrit

from hanoi_analytics.urbanisation.indicators import require_one_definition
from hanoi_analytics.urbanisation.projection.forecasts import (
    Forecast,
    carrying,
    require_level,
    tabulate,
)
from hanoi_analytics.urbanisation.projection.growth_difference import (
    Convergence,
    ProjectionError,
    project_urban_share,
    urban_rural_growth_difference,
)

MODEL = "growth difference"
_CENSUS_DAY = 0.25  # 1 April, in years; every census of the tables was taken on it
_PACES_FOR_INTERVAL = 3


def moments(counts: pd.DataFrame) -> pd.Series:
    """Return when each value holds, in years: 1 April for a census, else the series' own moment.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> moments(series("B", kinds=["census"])).tolist()
    [1999.25, 2009.25, 2019.25, 2024.25]
    """
    census = counts["kind"] == "census"
    dated = counts.loc[census, "date"].dropna()
    other = dated[~dated.str.endswith("-04-01")]
    if len(other):
        raise ProjectionError(
            f"a census dated {other.iloc[0]}: expected 1 April, from which intervals are counted"
        )
    return counts["decimal_year"].where(~census, counts["year"] + _CENSUS_DAY).astype(float)


def shares(counts: pd.DataFrame) -> pd.Series:
    """Return shares of 0 to 1, from the people counted where they are given, else as printed."""
    counted = counts["urban_people"] / counts["total_people"]
    share = counted.astype(float).fillna(counts["value_percent"].astype(float) / 100)
    if share.isna().any():
        raise ProjectionError(
            f"no urban share for {counts.loc[share.isna(), 'year'].iloc[0]}: leave the row out"
        )
    return share


def growth_differences(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the growth difference between each count and the next.

    Parameters
    ----------
    counts : pandas.DataFrame
        Two rows or more of one series of :func:`indicators.series`.

    Returns
    -------
    pandas.DataFrame
        ``interval, start, end, years, share_start, share_end, growth_difference`` (shares 0 to 1;
        logarithmic, per year), in order.

    Raises
    ------
    SpliceError
        Two definitions or areas among the rows.
    ProjectionError
        Fewer than two rows, two for one moment, or a row without a share.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> growth_differences(series("B", kinds=["census"])).round(3)["growth_difference"].tolist()
    [0.03, 0.022, 0.033]
    """
    one = require_one_definition(counts)
    if len(counts) < 2:
        raise ProjectionError(
            f"{one.indicator} for {one.area}: a pace needs two counts or more, found {len(counts)}"
        )
    ordered = counts.assign(time=moments(counts), share=shares(counts)).sort_values("time")
    rows = []
    for first, second in pairwise(ordered.to_dict("records")):
        years, before, after = second["time"] - first["time"], first["share"], second["share"]
        rows.append(
            {
                "interval": f"{first['year']}–{second['year']}",
                "start": first["time"],
                "end": second["time"],
                "years": years,
                "share_start": before,
                "share_end": after,
                "growth_difference": urban_rural_growth_difference(
                    before, 1 - before, after, 1 - after, years
                ),
            }
        )
    return carrying(pd.DataFrame(rows), counts)


def growth_difference_forecast(
    counts: pd.DataFrame,
    times: Sequence[float],
    *,
    convergence: Convergence | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Project the last count forward at the pace of the last interval.

    The interval comes from the spread of the past paces: if the coming pace is one more draw from
    the same normal distribution, it lies within ``mean ± t · s · √(1 + 1/n)`` of them (Student's t,
    n − 1 degrees of freedom). With three paces that is wide, and not centred on the forecast, which
    holds on to the last pace alone. With fewer there is no interval. A norm is taken as certain.

    Parameters
    ----------
    counts : pandas.DataFrame
        Two rows or more of one series of :func:`indicators.series`.
    times : sequence of float
        Moments to forecast, in years: 2030.25 is 1 April 2030. None before the last count.
    convergence : Convergence, optional
        Let the pace glide to a norm; the result says so in its column ``convergence``.
    level : float
        Probability of the interval.

    Returns
    -------
    pandas.DataFrame
        Rows of :class:`Forecast`.

    Raises
    ------
    ProjectionError
        As :func:`growth_differences`; a time before the last count; a level outside 0 to 1.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> forecast = growth_difference_forecast(series("B", kinds=["census"]), [2030.25])
    >>> forecast[["share_percent", "lower_percent", "upper_percent"]].round(1).values.tolist()
    [[42.9, 38.1, 46.5]]
    """
    require_level(level)
    past = growth_differences(counts)
    last = past.iloc[-1]
    early = [time for time in times if time < last["end"]]
    if early:
        raise ProjectionError(
            f"time {early[0]:g} lies before the last count, {last['end']:g}: ask for later times"
        )
    share, pace = last["share_end"], last["growth_difference"]
    low, high, basis = _coming_pace(past["growth_difference"], level)

    def percent(growth_difference: float, years: float) -> float:
        if isnan(growth_difference):
            return nan
        return 100 * float(
            project_urban_share(share, growth_difference, years, convergence=convergence)
        )

    return tabulate(
        [
            Forecast(
                MODEL,
                f"{len(past) + 1} counts, pace of {last['interval']}",
                time,
                years,
                percent(pace, years),
                percent(low, years),
                percent(high, years),
                level=nan if isnan(low) else level,
                interval=basis,
                convergence=str(convergence or "none"),
            )
            for time in times
            for years in [time - last["end"]]
        ],
        counts,
    )


def _coming_pace(past: pd.Series, level: float) -> tuple[float, float, str]:
    """Return the ends of the interval for the next pace, and what they rest on."""
    n = len(past)
    if n < _PACES_FOR_INTERVAL:
        return nan, nan, f"none: needs {_PACES_FOR_INTERVAL} past paces, found {n}"
    half = float(stdtrit(n - 1, (1 + level) / 2)) * past.std(ddof=1) * sqrt(1 + 1 / n)
    return past.mean() - half, past.mean() + half, f"spread of {n} past paces"
