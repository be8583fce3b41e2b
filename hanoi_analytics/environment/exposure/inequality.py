"""Whether some breathe worse air than others, and who: Gini and concentration of exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

_RESAMPLES = 999

FloatArray = npt.NDArray[np.float64]

_GINI = "Gini coefficient, G = 2 Σ w y R / μ − 1 with people ranked by their own exposure"
_CONCENTRATION = (
    "concentration index, C = 2 Σ w y R / μ − 1 with people ranked by {rank_by} "
    "(Kakwani, Wagstaff and van Doorslaer 1997)"
)


@dataclass(frozen=True)
class Inequality:
    """How unequally an exposure is spread over people.

    Attributes
    ----------
    index : float
        Gini coefficient (0: all breathe the same) or concentration index (below 0: those who rank
        low bear more).
    low, high : float
        Bootstrap interval over areas, 95 %. Where the areas are all there are, and no sample, it
        says how far the index hangs on single areas.
    formula : str
        Its name and terms.
    areas : int
        Areas with people and with a value.
    people_without_value : float
        People of areas without exposure or without rank; they are not in the index.
    curve : pandas.DataFrame
        ``people_share`` and ``exposure_share`` from (0, 0) to (1, 1): the Lorenz or the
        concentration curve; areas of one rank are one straight piece.
    """

    index: float
    low: float
    high: float
    formula: str
    areas: int
    people_without_value: float
    curve: pd.DataFrame


def gini(table: pd.DataFrame, *, exposure: str, people: str, seed: int) -> Inequality:
    """Return the Gini coefficient of an exposure over people.

    It is the concentration index of people ranked by their own exposure; everyone of an area has
    the area's mean, so that inequality within areas is not in it.

    Parameters
    ----------
    table : pandas.DataFrame
        One row an area, for example from :func:`ward_exposure`.
    exposure, people : str
        Columns of the exposure (in any unit with a true zero, not negative) and of the people.
    seed : int
        Of the bootstrap over areas.

    Returns
    -------
    Inequality

    Raises
    ------
    EnvironmentDataError
        A column that is not there, negative or infinite values, fewer than two areas with both
        people and value, or an exposure of zero everywhere.

    Examples
    --------
    >>> table = pd.DataFrame({"pm25_ugm3": [0.0, 40.0], "people": [500, 500]})
    >>> round(gini(table, exposure="pm25_ugm3", people="people", seed=1).index, 3)
    0.5
    """
    used = _columns(table, exposure, people, exposure)
    return _measured(used, table.attrs, _GINI, seed)


def concentration_index(
    table: pd.DataFrame,
    *,
    exposure: str,
    people: str,
    rank_by: str,
    seed: int,
) -> Inequality:
    """Return the concentration index of an exposure over people ranked by another variable.

    C = (2 / μ) Σ w_i y_i R_i − 1, with w_i the share of people, y_i the exposure, μ its weighted
    mean and R_i the weighted fractional rank: the share of people who rank lower, and half of
    those who rank the same.

    Parameters
    ----------
    table, exposure, people, seed
        As for :func:`gini`.
    rank_by : str
        The column people are ranked by, from low to high: density, distance to the centre, income.

    Returns
    -------
    Inequality
        Its index lies between minus and plus the Gini coefficient.

    Raises
    ------
    EnvironmentDataError
        As for :func:`gini`.

    References
    ----------
    Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997), Socioeconomic inequalities in health:
    measurement, computation, and statistical inference, Journal of Econometrics 77, 87–103.

    Examples
    --------
    >>> table = pd.DataFrame({"pm25": [30.0, 50.0], "people": [100, 100], "income": [9, 4]})
    >>> found = concentration_index(
    ...     table, exposure="pm25", people="people", rank_by="income", seed=1
    ... )
    >>> round(found.index, 3)
    -0.125
    """
    used = _columns(table, exposure, people, rank_by)
    formula = _CONCENTRATION.format(rank_by=rank_by)
    return _measured(used, table.attrs, formula, seed)


def _columns(table: pd.DataFrame, exposure: str, people: str, rank_by: str) -> pd.DataFrame:
    for column in (exposure, people, rank_by):
        if column not in table.columns:
            raise EnvironmentDataError(
                f"no column {column!r}; {nearest(column, map(str, table.columns))}"
            )
    values = {"exposure": table[exposure], "people": table[people], "rank": table[rank_by]}
    used = pd.DataFrame({name: column.astype(float) for name, column in values.items()})
    infinite = used.isin([np.inf, -np.inf]).any(axis=1)
    wrong = infinite | (used["exposure"] < 0) | (used["people"] < 0)
    if wrong.any():
        row = used[wrong].iloc[0]
        raise EnvironmentDataError(
            f"expected exposure and people of zero or more, and finite ranks; found exposure "
            f"{row['exposure']:g}, people {row['people']:g}, rank {row['rank']:g} in row "
            f"{used.index[wrong][0]!r} ({int(wrong.sum())} such row(s))"
        )
    return used


def _measured(used: pd.DataFrame, attrs: Mapping[Any, Any], formula: str, seed: int) -> Inequality:
    people = used["people"].fillna(0.0)
    known = used["exposure"].notna() & used["rank"].notna()
    y, w, rank = (
        used.loc[known & (people > 0), name].to_numpy() for name in ("exposure", "people", "rank")
    )
    if y.size < 2 or not y.any():
        raise EnvironmentDataError(
            f"expected at least two areas with people, exposure and rank, and an exposure above "
            f"zero; found {y.size} such area(s) of {len(used)}, "
            f"{int(np.count_nonzero(y))} of them above zero"
        )
    low, high = _interval(y, w, rank, seed)
    people_share, exposure_share = _steps(y, w, rank)
    curve = pd.DataFrame({"people_share": people_share, "exposure_share": exposure_share})
    curve.attrs = sources_of(attrs)
    return Inequality(
        index=float(_index(y, w, rank)),
        low=low,
        high=high,
        formula=formula,
        areas=int(y.size),
        people_without_value=float(people[~known].sum()),
        curve=curve,
    )


def _steps(y: FloatArray, w: FloatArray, rank: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the cumulated shares of people and exposure along the last axis, a step a rank."""
    order = np.argsort(rank)
    starts = np.flatnonzero(np.diff(rank[order], prepend=np.nan) != 0)
    zero = np.zeros((*w.shape[:-1], 1))
    people_share, exposure_share = (
        np.concatenate([zero, np.cumsum(np.add.reduceat(part, starts, axis=-1), axis=-1)], axis=-1)
        for part in (w[..., order], (w * y)[..., order])
    )
    return people_share / people_share[..., -1:], exposure_share / exposure_share[..., -1:]


def _index(y: FloatArray, w: FloatArray, rank: FloatArray) -> FloatArray:
    people_share, exposure_share = _steps(y, w, rank)
    # The middle of a step is the fractional rank of all who share it.
    middle = (people_share[..., :-1] + people_share[..., 1:]) / 2
    found: FloatArray = 2 * np.sum(np.diff(exposure_share) * middle, axis=-1) - 1
    return found


def _interval(y: FloatArray, w: FloatArray, rank: FloatArray, seed: int) -> tuple[float, float]:
    draw = np.random.default_rng(seed)
    # How often each area is drawn; a draw without any exposure has no index.
    drawn = w * draw.multinomial(y.size, np.full(y.size, 1 / y.size), size=_RESAMPLES)
    low, high = np.quantile(_index(y, drawn[drawn @ y > 0], rank), [0.025, 0.975])
    return float(low), float(high)
