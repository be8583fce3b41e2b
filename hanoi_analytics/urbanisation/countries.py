"""City systems of countries beside each other, from the United Nations' list of large cities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from hanoi_analytics.errors import nearest
from hanoi_analytics.urbanisation.cities import rank_size
from hanoi_analytics.urbanisation.primacy import primacy
from hanoi_analytics.urbanisation.sizes import CitySystemError, least_cities, with_source_of

#: The list holds cities with at least so many people in 2018, in thousands.
LIST_MINIMUM_THOUSAND = 300.0

_COUNTRY, _CITY = "Country or area", "Urban Agglomeration"


def compare_countries(
    world: pd.DataFrame, countries: Sequence[str], *, year: int, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Compute primacy and the rank-size exponent of several countries for one year.

    Parameters
    ----------
    world : pandas.DataFrame
        Like ``un_wup2018_cities``: a row per city, a column per year in thousand people.
    countries : sequence of str
        As the United Nations name them, such as "Viet Nam".
    year : int
        One of the years of the table. A city counts if it has 300,000 people in that year; the
        list is whole near 2018, because it was drawn up by the sizes of then.
    confidence_level : float
        Of the exponents' intervals.

    Returns
    -------
    pandas.DataFrame, one row per country in the order given
        ``country, first, second``, the indices of `Primacy`, and ``exponent, low, high``, NaN
        where there are fewer cities than `least_cities`.

    Raises
    ------
    CitySystemError
        A country or year that the table does not have, or a country with fewer than six cities.

    Examples
    --------
    >>> world = pd.DataFrame({
    ...     "Country or area": "Utopia", "Urban Agglomeration": list("abcdef"),
    ...     2020: [4000.0, 2000.0, 1000.0, 500.0, 400.0, 300.0],
    ... })
    >>> compare_countries(world, ["Utopia"], year=2020)["first_to_second"].tolist()
    [2.0]
    """
    if year not in world.columns:
        years = [column for column in world.columns if str(column).isdigit()]
        raise CitySystemError(f"no year {year} in the table of cities; expected one of {years}")
    known = set(world[_COUNTRY])
    rows = []
    for country in countries:
        if country not in known:
            raise CitySystemError(f"no country {country!r}; {nearest(country, known)}")
        cities = world[(world[_COUNTRY] == country) & (world[year] >= LIST_MINIMUM_THOUSAND)]
        sizes = cities.set_index(_CITY)[year].sort_values(ascending=False)
        if len(sizes) < 6:
            raise CitySystemError(
                f"{country} has {len(sizes)} cities of 300,000 people in {year}: the indices need "
                "six; leave it out"
            )
        row = {"country": country, "first": sizes.index[0], "second": sizes.index[1]}
        row |= {**asdict(primacy(sizes)), "exponent": np.nan, "low": np.nan, "high": np.nan}
        if len(sizes) >= least_cities(confidence_level):
            fit = rank_size(sizes, minimum_size=sizes.min(), confidence_level=confidence_level)
            row |= {"exponent": fit.exponent, "low": fit.low, "high": fit.high}
        rows.append(row)
    return with_source_of(world, pd.DataFrame(rows))
