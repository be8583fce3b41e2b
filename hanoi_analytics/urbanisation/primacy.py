"""Primacy: how far one or two leading cities stand above the rest.

The indices of one leading city are the classic ones: of two cities (Jefferson 1939, The law of the
primate city, *Geographical Review* 29) and of four. Viet Nam has two leading cities, Thành phố Hồ
Chí Minh and Hà Nội, and an index of one leader misses what they have in common. P2 / P3 shows a gap
that comes after the second city, and the index of two leaders sets both against the next four; one
primate city also raises the latter, so the two are read with P1 / P2. Under Zipf's law (sizes 1,
1/2, 1/3 …) each has the value that stands with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from hanoi_analytics.urbanisation.sizes import (
    CitySystemError,
    Floats,
    Sizes,
    checked_sizes,
    sizes_by_year,
    with_source_of,
)


@dataclass(frozen=True)
class Primacy:
    """How far the leading cities stand above the rest; P1 is the largest city's size, P2 the next.

    Attributes
    ----------
    first_to_second : float
        P1 / P2. Zipf's law: 2.
    second_to_third : float
        P2 / P3: large where the gap in size comes after the second city. Zipf's law: 1.5.
    first_to_next_three : float
        P1 / (P2 + P3 + P4). Zipf's law: 12/13, about 0.92.
    share_of_first : float
        P1 / (P1 + … + Pn), over all cities given.
    two_to_next_four : float
        (P1 + P2) / (P3 + P4 + P5 + P6), for systems with two leaders. Zipf's law: 30/19, about
        1.58.
    share_of_two : float
        (P1 + P2) / (P1 + … + Pn).
    cities : int
        n. The shares can be compared only for equal n or an equal cut-off.
    """

    first_to_second: float
    second_to_third: float
    first_to_next_three: float
    share_of_first: float
    two_to_next_four: float
    share_of_two: float
    cities: int


def primacy(sizes: Sizes) -> Primacy:
    """Compute the indices of one and of two leading cities.

    Parameters
    ----------
    sizes : array-like, (n,)
        At least six positive sizes in any order; for the shares, all cities above one cut-off.

    Returns
    -------
    Primacy

    Raises
    ------
    CitySystemError
        Fewer than six sizes, or one that is missing or not positive.

    Examples
    --------
    >>> found = primacy([80, 40, 20, 10, 5, 5])
    >>> found.first_to_second, found.two_to_next_four
    (2.0, 3.0)
    """
    values = np.sort(checked_sizes(sizes))[::-1]
    if values.size < 6:
        raise CitySystemError(f"{values.size} cities: the indices need the six largest")
    return Primacy(**{name: float(v) for name, v in _indices(values).items()}, cities=values.size)


def primacy_by_year(cities: pd.DataFrame) -> pd.DataFrame:
    """Compute `primacy` in every year of a table of cities.

    Parameters
    ----------
    cities : pandas.DataFrame
        One row per city and year: ``name, year, population_thousand, kind``.

    Returns
    -------
    pandas.DataFrame
        ``year, kind`` and the fields of `Primacy`.

    Raises
    ------
    CitySystemError
        A missing column, or sizes as in `primacy`.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> found = primacy_by_year(catalogue.load("vn_wup2018_agglomerations"))
    >>> found.set_index("year")["first_to_second"].loc[[1990, 2020]].round(2).tolist()
    [2.67, 1.84]
    """
    rows = [
        {"year": year, "kind": kind, **asdict(primacy(sizes))}
        for year, kind, sizes in sizes_by_year(cities)
    ]
    return with_source_of(cities, pd.DataFrame(rows))


def primacy_in_samples(exponent: float, *, cities: int, draws: int, seed: int) -> pd.DataFrame:
    """Draw city systems from a power law and compute the indices of each.

    The indices of one country rest on its six largest cities, so that chance alone moves them far;
    these draws say how far.

    Parameters
    ----------
    exponent : float
        Of the law; 1 is Zipf's.
    cities : int
        In each system, at least six.
    draws : int
        How many systems.
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame, `draws` rows
        The indices of `Primacy`.

    Raises
    ------
    CitySystemError
        An exponent that is not positive, fewer than six cities, or no draws.

    Examples
    --------
    >>> drawn = primacy_in_samples(1.0, cities=11, draws=2000, seed=1)
    >>> bool(abs(drawn["first_to_second"].median() - 2) < 0.1)
    True
    """
    if not exponent > 0 or cities < 6 or draws < 1:
        raise CitySystemError(
            f"exponent={exponent}, cities={cities}, draws={draws}: expected a positive exponent, "
            "at least six cities and one draw"
        )
    uniform = np.random.default_rng(seed).random((draws, cities))
    sizes = np.sort((1 - uniform) ** (-1 / exponent), axis=-1)[:, ::-1]
    return pd.DataFrame(_indices(sizes))


def _indices(sizes: Floats) -> dict[str, Floats]:
    """Compute the indices along the last axis of sizes that fall."""
    first, two, total = sizes[..., 0], sizes[..., :2].sum(-1), sizes.sum(-1)
    return {
        "first_to_second": first / sizes[..., 1],
        "second_to_third": sizes[..., 1] / sizes[..., 2],
        "first_to_next_three": first / sizes[..., 1:4].sum(-1),
        "share_of_first": first / total,
        "two_to_next_four": two / sizes[..., 2:6].sum(-1),
        "share_of_two": two / total,
    }
