"""Yearly growth between two counts, and whether a published rate follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import Literal, NamedTuple

from hanoi_analytics.urbanisation.indicators.definitions import IndicatorError


class Growth(NamedTuple):
    """Yearly growth between two counts, per cent."""

    logarithmic_percent: float
    geometric_percent: float


@dataclass(frozen=True)
class GrowthCheck:
    """A published yearly rate beside the rates that the published counts give.

    Attributes
    ----------
    printed_percent : float
        As published.
    computed : Growth
        From the counts.
    reproduced_by : {"both", "logarithmic", "geometric", "neither"}
        Which formula rounds to the printed rate.
    implied_start_people : float
        The first count that would give the printed rate, logarithmic, with the second as it is.
    """

    printed_percent: float
    computed: Growth
    reproduced_by: Literal["both", "logarithmic", "geometric", "neither"]
    implied_start_people: float


def growth(start_people: float, end_people: float, years: float) -> Growth:
    r"""Return the yearly growth between two counts by both formulae in use.

    Logarithmic :math:`100 \ln(P_1/P_0)/n`, geometric :math:`100 ((P_1/P_0)^{1/n} - 1)`.

    Parameters
    ----------
    start_people, end_people : float
        The counts, both above zero.
    years : float
        Time between them, above zero.

    Raises
    ------
    IndicatorError
        A count or the time is not above zero.

    Examples
    --------
    >>> [round(rate, 3) for rate in growth(100, 110, 5)]
    [1.906, 1.924]
    """
    if not (start_people > 0 and end_people > 0 and years > 0):
        raise IndicatorError(
            f"growth from {start_people} to {end_people} in {years} years: counts and time must "
            "be above zero"
        )
    rate = log(end_people / start_people) / years
    return Growth(100 * rate, 100 * (exp(rate) - 1))


def growth_check(
    printed_percent: float, start_people: float, end_people: float, years: float, decimals: int = 2
) -> GrowthCheck:
    """Hold a published yearly growth rate against the published counts.

    Parameters
    ----------
    printed_percent : float
        The rate as printed.
    start_people, end_people, years : float
        See :func:`growth`.
    decimals : int
        How many decimals were printed.

    Examples
    --------
    The mid-term census of Viet Nam: the printed urban growth does not follow from its counts.

    >>> growth_check(3.06, 33_059_735, 38_599_637, 5).reproduced_by
    'neither'
    >>> growth_check(0.99, 96_208_984, 101_112_656, 5).reproduced_by
    'logarithmic'
    """
    computed = growth(start_people, end_people, years)
    half_a_digit = 0.5 * 10**-decimals
    logarithmic, geometric = (abs(rate - printed_percent) <= half_a_digit for rate in computed)
    found: Literal["both", "logarithmic", "geometric", "neither"] = "neither"
    if logarithmic or geometric:
        found = (
            "both" if logarithmic and geometric else "logarithmic" if logarithmic else "geometric"
        )
    implied = end_people * exp(-printed_percent / 100 * years)
    return GrowthCheck(printed_percent, computed, found, implied)
