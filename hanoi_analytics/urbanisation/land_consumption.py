"""SDG indicator 11.3.1: how fast land is built over, against how fast people become more.

With built-up area V, population P and T years between two dates,

* population growth rate  ``PGR = ln(P1/P0) / T``;
* land consumption rate, in two published forms that must not be mixed:
  ``metadata``     ``LCR = (V1 − V0) / V0 / T``, of the indicator's metadata;
  ``logarithmic``  ``LCR = ln(V1/V0) / T``, of UN-Habitat's earlier training module;
* the indicator ``LCR / PGR``.

The ratio has a pole where population does not grow, and says nothing where it shrinks: a unit that
loses people while it builds would score better the more it builds. Such ratios are left out, with
the reason; the two rates are always given. The secondary indicators need no ratio.

References
----------
United Nations Statistics Division, SDG indicator metadata 11.3.1 (UN-Habitat).
UN-Habitat (2019), SDG Indicator 11.3.1 Training Module: Land Use Efficiency.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.errors import HanoiError, nearest

Form = Literal["metadata", "logarithmic"]

#: Why a ratio is left out.
NEAR_ZERO = "population growth near zero"
SHRINKS = "population shrinks: the ratio has no meaning"

_POSITIVE = (
    "built_up_start_km2",
    "built_up_end_km2",
    "population_start_people",
    "population_end_people",
)
_COLUMNS = ("unit", "year_start", "year_end", *_POSITIVE)
_M2_PER_KM2 = 1e6


class LandConsumptionError(HanoiError):
    """A table of built-up area and population that the indicator cannot be computed from."""


def land_consumption(
    units: pd.DataFrame, *, form: Form, least_growth_per_year: float = 0.001
) -> pd.DataFrame:
    """Compute SDG 11.3.1 and its secondary indicators for each row of a table.

    Parameters
    ----------
    units : pandas.DataFrame
        Like ``built_up_and_population_simulated``: ``unit, year_start, year_end,
        built_up_start_km2, built_up_end_km2, population_start_people, population_end_people``.
    form : {"metadata", "logarithmic"}
        Of the land consumption rate; no default, because the results differ.
    least_growth_per_year : float
        The ratio is left out where population grows or shrinks by less; 0.001 is 0.1 % a year.

    Returns
    -------
    pandas.DataFrame, one row per unit in the order given
        ``unit, year_start, year_end``; ``land_consumption_rate`` and ``population_growth_rate``,
        both per year; ``ratio``, NaN where left out, and ``reason`` why (empty where not);
        ``built_up_start_m2_per_person``, ``built_up_end_m2_per_person``;
        ``built_up_change_percent``.

    Raises
    ------
    LandConsumptionError
        An unknown form, a negative threshold, a missing column, or a value that is missing, not
        positive or, for the years, not in order: with row, unit and column.

    Examples
    --------
    >>> toy = pd.DataFrame({
    ...     "unit": ["toy"], "year_start": 2010, "year_end": 2020,
    ...     "built_up_start_km2": 100.0, "built_up_end_km2": 130.0,
    ...     "population_start_people": 1_000_000, "population_end_people": 1_200_000,
    ... })
    >>> land_consumption(toy, form="metadata")["ratio"].round(5).tolist()
    [1.64544]
    >>> land_consumption(toy, form="logarithmic")["ratio"].round(5).tolist()
    [1.43902]
    """
    if form not in get_args(Form):
        raise LandConsumptionError(f"form {form!r}: {nearest(str(form), get_args(Form))}")
    if not least_growth_per_year >= 0:
        raise LandConsumptionError(
            f"least_growth_per_year={least_growth_per_year}: expected 0 or more, such as 0.001"
        )
    _check(units)
    years = units["year_end"] - units["year_start"]
    built_start, built_end, people_start, people_end = (units[c].astype(float) for c in _POSITIVE)
    change = (built_end - built_start) / built_start
    growth = pd.Series(np.log(people_end / people_start) / years, index=units.index)
    rate = (change if form == "metadata" else np.log1p(change)) / years
    reason = pd.Series("", index=units.index).mask(growth < 0, SHRINKS)
    reason = reason.mask((growth.abs() < least_growth_per_year) | (growth == 0), NEAR_ZERO)
    result = units[["unit", "year_start", "year_end"]].assign(
        land_consumption_rate=rate,
        population_growth_rate=growth,
        ratio=rate / growth.where(reason == ""),
        reason=reason,
        built_up_start_m2_per_person=_M2_PER_KM2 * built_start / people_start,
        built_up_end_m2_per_person=_M2_PER_KM2 * built_end / people_end,
        built_up_change_percent=100 * change,
    )
    result.attrs = dict(units.attrs)
    return result


def together(units: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Add units up to one, because a mean of ratios is not the ratio of the whole.

    Parameters
    ----------
    units : pandas.DataFrame
        As for `land_consumption`, all with the same two years.
    name : str
        Of the sum.

    Returns
    -------
    pandas.DataFrame, one row
        With the same columns.

    Raises
    ------
    LandConsumptionError
        Different years, or a value as in `land_consumption`.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> units = catalogue.load("built_up_and_population_simulated")
    >>> together(units, name="all").shape
    (1, 7)
    """
    _check(units)
    spans = units[["year_start", "year_end"]].drop_duplicates()
    if len(spans) > 1:
        raise LandConsumptionError(
            f"{len(spans)} different pairs of years, the first two "
            f"{spans.to_numpy()[:2].tolist()}: units of one pair can be added up"
        )
    result = spans.reset_index(drop=True)
    result.insert(0, "unit", name)
    for column in _POSITIVE:
        result[column] = units[column].sum()
    result.attrs = dict(units.attrs)
    return result


def simulated_units(*, seed: int) -> pd.DataFrame:
    """Draw built-up area and population of imaginary parts of a city, 2010 and 2020.

    The core stands still, the ring fills, the fringe sprawls, and villages in the hills empty:
    every case that the indicator meets is among them.

    Parameters
    ----------
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame, 24 rows
        The columns that `land_consumption` needs.

    Examples
    --------
    >>> simulated_units(seed=11)["unit"].str.split().str[0].unique().tolist()
    ['Core', 'Ring', 'Fringe', 'Hills']
    """
    rng = np.random.default_rng(seed)
    # People and m² of built-up land per person at the start; yearly growth of people and land.
    kinds = {
        "Core": (4, 180_000, 45, (-0.0009, 0.0009), (0.0, 0.004)),
        "Ring": (8, 220_000, 75, (0.015, 0.05), (0.02, 0.05)),
        "Fringe": (8, 150_000, 110, (0.004, 0.02), (0.02, 0.06)),
        "Hills": (4, 60_000, 160, (-0.01, -0.002), (0.002, 0.012)),
    }
    rows = []
    for kind, (count, people, m2_per_person, people_growth, land_growth) in kinds.items():
        for number in range(1, count + 1):
            start = people * rng.uniform(0.6, 1.4)
            built_km2 = start * m2_per_person * rng.uniform(0.8, 1.2) / _M2_PER_KM2
            end = start * np.exp(10 * rng.uniform(*people_growth))
            built_end_km2 = built_km2 * np.exp(10 * rng.uniform(*land_growth))
            areas = (round(built_km2, 3), round(built_end_km2, 3))
            rows.append((f"{kind} {number}", 2010, 2020, *areas, round(start), round(end)))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _check(units: pd.DataFrame) -> None:
    for column in _COLUMNS:
        if column not in units.columns:
            hint = nearest(column, map(str, units.columns))
            raise LandConsumptionError(f"no column {column!r} in the table of units; {hint}")
    for column in _COLUMNS:
        if column == "unit":
            _refuse(units, column, units[column].isna().to_numpy(), "a name")
        else:
            numbers = _numbers(units, column)
            _refuse(units, column, ~(np.isfinite(numbers) & (numbers > 0)), "a number above 0")
    late = (units["year_end"] <= units["year_start"]).to_numpy()
    _refuse(units, "year_end", late, "a year after year_start")
    twice = units.duplicated(["unit", "year_start", "year_end"]).to_numpy()
    _refuse(units, "unit", twice, "no unit twice for the same years")


def _numbers(units: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    try:
        return units[column].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise LandConsumptionError(f"column {column!r} holds no numbers: {error}") from error


def _refuse(units: pd.DataFrame, column: str, wrong: npt.NDArray[np.bool_], expected: str) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        first = units.iloc[rows[0]]
        more = f"; {rows.size} rows in all" if rows.size > 1 else ""
        raise LandConsumptionError(
            f"row {rows[0] + 1} (unit {first['unit']!r}), column {column!r}: "
            f"expected {expected}, found {first[column]}{more}"
        )
