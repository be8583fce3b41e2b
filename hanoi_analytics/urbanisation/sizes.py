"""Sizes of cities: checked, cut at a minimum, and how many an exponent needs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from hanoi_analytics.errors import HanoiError, nearest

Floats = npt.NDArray[np.float64]
Sizes = pd.Series | npt.ArrayLike

_COLUMNS = ("name", "year", "population_thousand", "kind")


class CitySystemError(HanoiError):
    """Sizes of cities from which no index or exponent can be computed."""


def least_cities(confidence_level: float) -> int:
    """Return how many cities an exponent's interval needs: with fewer it would reach zero.

    The lower limit of the regression's interval, ``exponent · (1 − z·sqrt(2/n))``, is above zero
    only for n > 2·z².

    Parameters
    ----------
    confidence_level : float
        0 to 1, both left out.

    Raises
    ------
    CitySystemError
        A level outside that range.

    Examples
    --------
    >>> least_cities(0.95), least_cities(0.9)
    (8, 6)
    """
    return math.floor(2 * normal_quantile(confidence_level) ** 2) + 1


def normal_quantile(confidence_level: float) -> float:
    """Return z, how many standard errors an interval reaches to either side.

    Examples
    --------
    >>> round(normal_quantile(0.95), 2)
    1.96
    """
    if not 0 < confidence_level < 1:
        raise CitySystemError(f"confidence_level={confidence_level}: expected 0 to 1, such as 0.95")
    return float(ndtri(0.5 + confidence_level / 2))


def checked_sizes(sizes: Sizes) -> Floats:
    """Return the sizes as numbers, in their order.

    Parameters
    ----------
    sizes : array-like, (n,)
        Positive numbers of one unit.

    Raises
    ------
    CitySystemError
        A size that is missing, infinite or not positive, by its label; or no plain list.

    Examples
    --------
    >>> checked_sizes([3, 1, 2]).tolist()
    [3.0, 1.0, 2.0]
    """
    try:
        values = pd.Series(sizes).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise CitySystemError(f"sizes are no plain list of numbers: {error}") from error
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        label = sizes.index[first] if isinstance(sizes, pd.Series) else first
        raise CitySystemError(
            f"size of {label!r} is {values[first]}: expected a positive number; {wrong.sum()} of "
            f"{values.size} are not: drop or mend them first"
        )
    return values


def largest_first(sizes: Sizes, *, minimum_size: float, confidence_level: float) -> Floats:
    """Return the sizes at or above a minimum, if they are enough for an exponent.

    Parameters
    ----------
    sizes : array-like, (n,)
        Positive numbers of one unit.
    minimum_size : float
        The cut-off, in the same unit.
    confidence_level : float
        Of the interval wanted.

    Raises
    ------
    CitySystemError
        As `checked_sizes`; fewer cities than `least_cities`; cities all of one size; a cut-off
        that is not positive.

    Examples
    --------
    >>> largest_first(range(1, 11), minimum_size=3, confidence_level=0.95)[:3].tolist()
    [10.0, 9.0, 8.0]
    """
    if not (math.isfinite(minimum_size) and minimum_size > 0):
        raise CitySystemError(f"minimum_size={minimum_size}: expected a positive size")
    known = checked_sizes(sizes)
    tail = np.sort(known[known >= minimum_size])[::-1]
    least = least_cities(confidence_level)
    if tail.size < least:
        raise CitySystemError(
            f"{tail.size} cities at or above {minimum_size:g}: an interval at "
            f"{confidence_level:.0%} needs at least {least}; lower the minimum size or the level"
        )
    if tail[0] == tail[-1]:
        raise CitySystemError(
            f"all {tail.size} cities have the size {tail[0]:g}: an exponent needs different sizes"
        )
    return tail


def sizes_by_year(cities: pd.DataFrame) -> list[tuple[int, str, Floats]]:
    """Return each year of a table with its kind and its sizes, largest first.

    Parameters
    ----------
    cities : pandas.DataFrame
        One row per city and year: ``name, year, population_thousand, kind``.

    Raises
    ------
    CitySystemError
        A column that is missing, a city that stands twice in a year, or a size as in
        `checked_sizes`.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["a", "b"], "year": 2020, "kind": "estimate",
    ...                       "population_thousand": [5.0, 9.0]})
    >>> [(year, kind, sizes.tolist()) for year, kind, sizes in sizes_by_year(table)]
    [(2020, 'estimate', [9.0, 5.0])]
    """
    for column in _COLUMNS:
        if column not in cities.columns:
            hint = nearest(column, map(str, cities.columns))
            raise CitySystemError(f"no column {column!r} in the table of cities; {hint}")
    twice = cities.duplicated(["name", "year"])
    if twice.any():
        name, year = cities.loc[twice, ["name", "year"]].iloc[0]
        raise CitySystemError(f"{name!r} stands twice in the year {year}: keep one row")
    return [
        (
            int(str(year)),
            " and ".join(sorted(set(part["kind"]))),
            np.sort(checked_sizes(part.set_index("name")["population_thousand"]))[::-1],
        )
        for year, part in cities.groupby("year")
    ]


def with_source_of(origin: pd.DataFrame, result: pd.DataFrame) -> pd.DataFrame:
    """Return a result that says where the table it was computed from comes from."""
    result.attrs |= {key: origin.attrs[key] for key in ("source", "sources") if key in origin.attrs}
    return result
