"""The official targets beside the one series they count by, and the pace they ask for."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.urbanisation.indicators import require_one_definition, targets
from hanoi_analytics.urbanisation.projection.forecasts import carrying
from hanoi_analytics.urbanisation.projection.growth_difference import (
    ProjectionError,
    urban_rural_growth_difference,
)

_COUNTED_BY = "A"  # the only indicator with targets


class TargetError(ProjectionError):
    """A target is held against a series that counts something else, or is in the past."""


def targets_for(series: pd.DataFrame) -> pd.DataFrame:
    """Return the official targets, if they count as the series counts.

    Parameters
    ----------
    series : pandas.DataFrame
        One series of :func:`indicators.series`.

    Returns
    -------
    pandas.DataFrame
        As :func:`indicators.targets`.

    Raises
    ------
    TargetError
        The series counts by another definition: both are named.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> targets_for(series("A"))[["year", "value_percent"]].values.tolist()
    [[2025.0, 45.0], [2026.0, 45.0], [2030.0, 50.0]]
    """
    one, table = require_one_definition(series), targets(_COUNTED_BY)
    if (table["definition"] != one.text).any():
        raise TargetError(
            f"the official targets count by indicator {_COUNTED_BY} "
            f"({table['definition'].iloc[0]}), the series by {one.indicator} ({one.text}): on this "
            f"line they would mean something else; use indicators.series({_COUNTED_BY!r})"
        )
    return table


def required_pace(series: pd.DataFrame, *, since_year: int) -> pd.DataFrame:
    """Return the yearly rise that each target asks for, beside the rise of the last years.

    Arithmetic, no forecast: a straight line from the last value to the target. Values and targets
    are taken to hold at the same time of their years, so the years between are whole.

    Parameters
    ----------
    series : pandas.DataFrame
        One series of :func:`indicators.series` that the targets count by.
    since_year : int
        A year of the series; the rise of the last years is counted from it.

    Returns
    -------
    pandas.DataFrame
        A row for each target after the last value: ``target_year, target_percent, qualifier``;
        ``from_year, from_percent, years``; ``points_per_year`` and ``growth_difference``
        (logarithmic, per year) needed; ``recent_points_per_year``; ``on_recent_pace_percent``, the
        share in the target year if the recent rise goes on in a straight line.

    Raises
    ------
    TargetError
        As :func:`targets_for`; all targets are in the past; `since_year` is not a year of the
        series before its last.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> pace = required_pace(series("A"), since_year=2020)
    >>> pace[["target_year", "points_per_year"]].round(2).values.tolist()
    [[2025.0, 1.15], [2026.0, 0.77], [2030.0, 1.04]]
    """
    table = targets_for(series)
    by_year = series.set_index("year")["value_percent"].sort_index()
    last_year, last = int(by_year.index[-1]), float(by_year.iloc[-1])
    if since_year not in by_year.index[:-1]:
        known = ", ".join(map(str, by_year.index[:-1]))
        raise TargetError(f"since_year is {since_year}: expected one of {known}")
    coming = table[table["year"] > last_year]
    if coming.empty:
        raise TargetError(
            f"the last target is for {table['year'].max()}, the last value of {last_year}: none "
            "is left to reach"
        )
    recent = (last - float(by_year.loc[since_year])) / (last_year - since_year)
    rows = []
    for year, value, qualifier in zip(
        coming["year"], coming["value_percent"], coming["qualifier"], strict=True
    ):
        years = year - last_year
        rows.append(
            {
                "target_year": year,
                "target_percent": value,
                "qualifier": qualifier,
                "from_year": last_year,
                "from_percent": last,
                "years": years,
                "points_per_year": (value - last) / years,
                "growth_difference": urban_rural_growth_difference(
                    last, 100 - last, value, 100 - value, years
                ),
                "recent_points_per_year": recent,
                "on_recent_pace_percent": last + recent * years,
            }
        )
    return carrying(pd.DataFrame(rows), series, table)
