"""The city system by rank and size: the Zipf exponent from a regression.

Where sizes above a cut-off follow a power law, ``rank(size) ~ size ** -exponent``; Zipf's law is
exponent 1. A larger exponent means more even cities, a smaller one a heavier top.

Naive rank is not offered. Regressing ln(rank) is biased in small samples: in samples of 50 from a
Pareto law with exponent 1 it averages 0.92, and the usual standard error is several times too
small. Subtracting a half from the rank removes the leading bias. On a drawn-up ladder of sizes
1, 1/2, … 1/100, which is no sample, naive rank would give 1.0000 and rank − 1/2 gives 1.0594.

Reference: Gabaix and Ibragimov (2011), Rank − 1/2: a simple way to improve the OLS estimation of
tail exponents, *Journal of Business & Economic Statistics* 29(1), also NBER technical paper 342.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hanoi_analytics.urbanisation.sizes import (
    CitySystemError,
    Floats,
    Sizes,
    largest_first,
    least_cities,
    normal_quantile,
    sizes_by_year,
    with_source_of,
)


@dataclass(frozen=True)
class RankSize:
    """A rank-size regression.

    Attributes
    ----------
    exponent : float
        The Zipf exponent, minus the slope of ln(rank − 1/2) on ln(size).
    standard_error : float
        ``exponent · sqrt(2 / cities)``, not that of least squares, which takes ranks for
        independent.
    low, high : float
        Interval at the confidence level, from the normal approximation.
    intercept : float
        Of the regression.
    minimum_size : float
        The cut-off, in the unit of the sizes.
    cities : int
        How many stand at or above it.
    confidence_level : float
        0 to 1.
    """

    exponent: float
    standard_error: float
    low: float
    high: float
    intercept: float
    minimum_size: float
    cities: int
    confidence_level: float

    def rank(self, sizes: Sizes) -> Floats:
        """Return the rank that the fitted line gives to cities of these sizes."""
        logs = np.log(np.asarray(sizes, dtype=float))
        fitted: Floats = np.exp(self.intercept - self.exponent * logs) + 0.5
        return fitted


def rank_size(sizes: Sizes, *, minimum_size: float, confidence_level: float = 0.95) -> RankSize:
    """Regress ln(rank − 1/2) on ln(size) for the cities at or above a minimum size.

    Parameters
    ----------
    sizes : array-like, (n,)
        Positive, in any unit, in any order. Cities of one size take consecutive ranks.
    minimum_size : float
        The cut-off, in the same unit. Below the smallest size it takes in every city given.
    confidence_level : float
        Of the interval.

    Returns
    -------
    RankSize

    Raises
    ------
    CitySystemError
        A size that is missing, infinite or not positive; fewer cities than `least_cities`; cities
        all of one size; a cut-off that is not positive or a level outside 0 to 1.

    Examples
    --------
    >>> ladder = [1 / k for k in range(1, 101)]
    >>> round(rank_size(ladder, minimum_size=0.01).exponent, 4)
    1.0594
    """
    from scipy.stats import linregress  # noqa: PLC0415 - a second to import

    tail = largest_first(sizes, minimum_size=minimum_size, confidence_level=confidence_level)
    fit = linregress(np.log(tail), np.log(np.arange(1, tail.size + 1) - 0.5))
    exponent = -float(fit.slope)
    error = exponent * math.sqrt(2 / tail.size)
    half = normal_quantile(confidence_level) * error
    return RankSize(
        exponent=exponent,
        standard_error=error,
        low=exponent - half,
        high=exponent + half,
        intercept=float(fit.intercept),
        minimum_size=minimum_size,
        cities=int(tail.size),
        confidence_level=confidence_level,
    )


def rank_size_by_year(
    cities: pd.DataFrame,
    *,
    minimum_thousand: float | None = None,
    number: int | None = None,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Regress rank on size in every year, with the cut-off or the number of cities held.

    A list of the cities that are large *today* leaves out, in earlier years, cities that were as
    large then and grew less. With the cut-off held at that of the list, the number of cities
    changes; with the number held, the smallest size does, and early years are selected by what
    came after. Neither series is a trend of one fixed set of all cities.

    Parameters
    ----------
    cities : pandas.DataFrame
        One row per city and year: ``name, year, population_thousand, kind``.
    minimum_thousand : float, optional
        The cut-off to hold, in thousand people. Give this or `number`.
    number : int, optional
        How many of each year's largest cities to take.
    confidence_level : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``year, kind, cities, smallest_thousand, exponent, low, high``; the last three are NaN in
        years with fewer cities than `least_cities`.

    Raises
    ------
    CitySystemError
        Neither or both of cut-off and number, a column that is missing, a year with fewer cities
        than `number`, or sizes as in `rank_size`.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> un = catalogue.load("vn_wup2018_agglomerations")
    >>> held = rank_size_by_year(un[un["year"] >= 2010], minimum_thousand=300)
    >>> held[["year", "cities"]].head(3).to_numpy().tolist()
    [[2010, 7], [2015, 9], [2020, 11]]
    """
    if (minimum_thousand is None) == (number is None):
        raise CitySystemError(
            f"minimum_thousand={minimum_thousand}, number={number}: give one of them, the one to "
            "hold while the other changes"
        )
    rows = []
    for year, kind, sizes in sizes_by_year(cities):
        if number is not None and sizes.size < number:
            raise CitySystemError(f"year {year}: {sizes.size} cities, expected at least {number}")
        tail = sizes[:number] if minimum_thousand is None else sizes[sizes >= minimum_thousand]
        row = {"year": year, "kind": kind, "cities": tail.size}
        row["smallest_thousand"] = tail.min() if tail.size else np.nan
        if tail.size >= least_cities(confidence_level):
            fit = rank_size(tail, minimum_size=tail.min(), confidence_level=confidence_level)
            row |= {"exponent": fit.exponent, "low": fit.low, "high": fit.high}
        rows.append(row)
    columns = ["year", "kind", "cities", "smallest_thousand", "exponent", "low", "high"]
    return with_source_of(cities, pd.DataFrame(rows, columns=columns))
