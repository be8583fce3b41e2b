"""Series beside each other, parts of one series in a row, and the change from value to value."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from hanoi_analytics.urbanisation.indicators.definitions import (
    IndicatorError,
    SpliceError,
    require_one_definition,
    sources_of,
)


class Gap(NamedTuple):
    """How far two shares of one year lie apart."""

    points: float
    people: float


def join(*parts: pd.DataFrame) -> pd.DataFrame:
    """Put parts of one series after each other; parts by different definitions are refused.

    Parameters
    ----------
    *parts : pandas.DataFrame
        Series, or rows of them.

    Returns
    -------
    pandas.DataFrame
        All rows in order of time.

    Raises
    ------
    SpliceError
        The parts have two definitions or areas, or a moment twice.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation import indicators
    >>> b = indicators.series("B")
    >>> join(b[b["year"] > 2010], b[b["year"] < 2010])["year"].tolist()[:3]
    [1999, 2009, 2014]
    """
    for part in parts:
        require_one_definition(part)
    whole = pd.concat(parts)
    one = require_one_definition(whole)
    whole = whole.sort_values("decimal_year", ignore_index=True)
    twice = whole.loc[whole["decimal_year"].duplicated(), "year"]
    if len(twice):
        raise SpliceError(f"the parts of {one.indicator} overlap: {twice.iloc[0]} stands twice")
    whole.attrs = {
        "sources": sources_of(parts),
        "indicator": one.indicator,
        "definition": one.text,
        "area": one.area,
    }
    return whole


def side_by_side(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return several series beside each other: a row for each year, a column for each series.

    Parameters
    ----------
    *parts : pandas.DataFrame
        Series, or rows of them.

    Returns
    -------
    pandas.DataFrame
        Per cent by ``year``; columns named by indicator, with the area where there are several.
        ``attrs["definitions"]`` says what each column counts, ``attrs["sources"]`` names the data.

    Raises
    ------
    SpliceError
        A part mixes definitions, or a series is given twice.
    IndicatorError
        A series has two values for a year.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation import indicators
    >>> side_by_side(indicators.series("A"), indicators.series("B")).loc[2023].to_dict()
    {'A': 42.7, 'B': 38.1}
    """
    ones = [require_one_definition(part) for part in parts]
    several = len({one.area for one in ones}) > 1
    names = [f"{one.indicator}, {one.area}" if several else one.indicator for one in ones]
    columns = []
    for name, part in zip(names, parts, strict=True):
        if names.count(name) > 1:
            raise SpliceError(f"{name} is given twice; join() puts parts of one series together")
        twice = part.loc[part["year"].duplicated(), "year"]
        if len(twice):
            raise IndicatorError(f"{name} has two values for {twice.iloc[0]}: choose one kind")
        columns.append(part.set_index("year")["value_percent"].rename(name))
    wide = pd.concat(columns, axis=1).sort_index()
    wide.attrs = {
        "sources": sources_of(parts),
        "definitions": {name: one.text for name, one in zip(names, ones, strict=True)},
    }
    return wide


def gap(first: pd.DataFrame, second: pd.DataFrame, *, year: int) -> Gap:
    """Return how far two shares lie apart in a year, in percentage points and in people.

    Parameters
    ----------
    first, second : pandas.DataFrame
        Series of one area.
    year : int
        A year of which both have a value and one has the number of residents.

    Returns
    -------
    Gap
        First less second; the people are that share of the residents.

    Raises
    ------
    SpliceError
        The series are of two areas.
    IndicatorError
        A series has no value for the year, or neither gives the number of residents.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation import indicators
    >>> apart = gap(indicators.series("A"), indicators.series("B"), year=2023)
    >>> round(apart.points, 1), round(apart.people / 1e6, 1)
    (4.6, 4.6)
    """
    ones, rows = [], []
    for part in (first, second):
        one, row = require_one_definition(part), part[part["year"] == year]
        if len(row) != 1:
            raise IndicatorError(f"{one.indicator} has {len(row)} values for {year}, expected one")
        ones.append(one)
        rows.append(row.iloc[0])
    if ones[0].area != ones[1].area:
        raise SpliceError(f"the gap is asked between {ones[0].area} and {ones[1].area}")
    residents = [row["total_people"] for row in rows if pd.notna(row["total_people"])]
    if not residents:
        names = " and ".join(one.indicator for one in ones)
        raise IndicatorError(f"neither of {names} gives the residents of {year}: no gap in people")
    points = float(rows[0]["value_percent"] - rows[1]["value_percent"])
    return Gap(points, points / 100 * float(residents[0]))


def steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the change from each value of a series to the next, and which changes are breaks.

    Parameters
    ----------
    frame : pandas.DataFrame
        A series, or rows of it; a break stays one when rows beside it are left out.

    Returns
    -------
    pandas.DataFrame
        ``start_year, end_year, years, points, points_per_year, is_break``, one row fewer than the
        series; `points` are percentage points.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation import indicators
    >>> moved = steps(indicators.series("B"))
    >>> moved.loc[moved["is_break"], ["start_year", "end_year"]].values.tolist()
    [[2019, 2020]]
    """
    one = require_one_definition(frame)
    change = frame[["decimal_year", "value_percent", "segment"]].diff().iloc[1:]
    moved = pd.DataFrame(
        {
            "start_year": frame["year"].to_numpy()[:-1],
            "end_year": frame["year"].to_numpy()[1:],
            "years": change["decimal_year"].to_numpy(),
            "points": change["value_percent"].to_numpy(),
            "points_per_year": (change["value_percent"] / change["decimal_year"]).to_numpy(),
            "is_break": change["segment"].to_numpy() > 0,
        }
    )
    moved.attrs = {"sources": sources_of([frame]), "definition": one.text}
    return moved
