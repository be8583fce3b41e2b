"""The United Nations' growth-difference method: how the urban share moves when a pace holds on.

The pace is the *urban–rural growth difference*, urban growth rate minus rural growth rate:

    d = ln[(U1 / R1) / (U0 / R0)] / years

Held constant it makes the log-odds of the urban share a straight line, so the share follows a
logistic curve: ``U(t) / R(t) = (U0 / R0) · exp(d·t)``. Rates are logarithmic, per year.

Censuses of Viet Nam are taken on 1 April, so intervals between them, and from the last one to
1 April of a coming year, are whole years: 1999–2009 and 2009–2019 ten, 2019–2024 five, 2024–2030
six.

Source: Panel on Urban Population Dynamics, *Cities Transformed* (National Academies Press, 2003),
appendix D. Critique: Bocquier, *Demographic Research* 12(9), 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, log

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from hanoi_analytics.errors import HanoiError


class ProjectionError(HanoiError):
    """Numbers from which no projection of the urban share can be made."""


@dataclass(frozen=True)
class Convergence:
    """A pace that glides from the observed one to a norm for all countries.

    In step ``k`` the growth difference is ``w·d + (1 - w)·norm`` with ``w = weights[k]`` and
    ``norm = intercept + slope · share`` at the share (0 to 1) where the projection starts. The last
    weight holds from then on.

    Attributes
    ----------
    intercept, slope : float
        Of the norm, per year.
    weights : tuple of float
        Weight of the observed pace in each step, 0 to 1.
    step_years : float
        Length of a step.

    Raises
    ------
    ProjectionError
        No weight, a weight outside 0 to 1, a step that is not positive, or a missing number.

    Examples
    --------
    >>> Convergence(0.04, -0.02, (0.5, 0.0), 5).norm(0.5)
    0.03
    """

    intercept: float
    slope: float
    weights: tuple[float, ...]
    step_years: float

    def __post_init__(self) -> None:
        if not self.weights or not all(0 <= weight <= 1 for weight in self.weights):
            raise ProjectionError(
                f"convergence weights {self.weights!r}: expected one or more numbers from 0 (the "
                "norm alone) to 1 (the observed pace alone)"
            )
        if not (isfinite(self.step_years) and self.step_years > 0):
            raise ProjectionError(
                f"convergence step of {self.step_years!r} years: expected more than 0"
            )
        if not (isfinite(self.intercept) and isfinite(self.slope)):
            raise ProjectionError(
                f"convergence norm {self.intercept!r} + {self.slope!r} · share: expected numbers"
            )

    def norm(self, share: float) -> float:
        """Return the growth difference, per year, that the norm gives a share of 0 to 1."""
        return self.intercept + self.slope * share

    def __str__(self) -> str:
        weights = "/".join(f"{weight:g}" for weight in self.weights)
        status = "; not confirmed in any source read" if self == UNCONFIRMED_CONVERGENCE else ""
        return (
            f"norm {self.intercept:g} {self.slope:+g} · share, weights {weights} "
            f"per {self.step_years:g} years{status}"
        )


#: The norm as it is often quoted: general knowledge, not confirmed in any source read. Never used
#: unless asked for.
UNCONFIRMED_CONVERGENCE = Convergence(
    intercept=0.037623, slope=-0.02604, weights=(0.8, 0.6, 0.4, 0.2, 0.0), step_years=5
)


def urban_rural_growth_difference(
    urban_0: float, rural_0: float, urban_1: float, rural_1: float, years: float
) -> float:
    """Return urban growth rate minus rural growth rate between two counts.

    Parameters
    ----------
    urban_0, rural_0 : float
        People at the first count, or shares: only their ratio matters.
    urban_1, rural_1 : float
        The same at the second count, by the same definition of urban.
    years : float
        From the first count to the second.

    Returns
    -------
    float
        Growth difference, logarithmic, per year.

    Raises
    ------
    ProjectionError
        A population that is not above zero, or an interval that is not positive.

    Examples
    --------
    The censuses of 1 April 2019 and 2024:

    >>> d = urban_rural_growth_difference(33_059_735, 63_149_249, 38_599_637, 62_513_019, 5)
    >>> round(d, 6)
    0.033011
    """
    people = {"urban_0": urban_0, "rural_0": rural_0, "urban_1": urban_1, "rural_1": rural_1}
    for name, value in people.items():
        if not (isfinite(value) and value > 0):
            raise ProjectionError(
                f"{name} is {value!r}: the growth difference needs people on both sides, urban and "
                "rural, at both counts; a wholly urban or wholly rural area has none"
            )
    if not (isfinite(years) and years > 0):
        raise ProjectionError(
            f"years is {years!r}: expected the time from the first count to the second, above 0"
        )
    return log((urban_1 / rural_1) / (urban_0 / rural_0)) / years


def project_urban_share(
    share: float,
    growth_difference: float,
    years: npt.ArrayLike,
    *,
    convergence: Convergence | None = None,
) -> npt.NDArray[np.float64]:
    """Return the urban share some years on, if the growth difference holds.

    Parameters
    ----------
    share : float
        Urban share at the start, above 0 and below 1.
    growth_difference : float
        Logarithmic, per year.
    years : array_like
        Times after the start, in any shape, whole or not; below 0 looks back.
    convergence : Convergence, optional
        Let the pace glide to a norm. Without it the pace is constant.

    Returns
    -------
    numpy.ndarray
        Shares above 0 and below 1, in the shape of `years`; a single number for a single time.

    Raises
    ------
    ProjectionError
        A share outside 0 to 1, a number that is missing, or a look back with convergence.

    Examples
    --------
    From the census of 2024 to 1 April 2030 at the pace of 2019–2024:

    >>> float(project_urban_share(38_599_637 / 101_112_656, 0.0330106, 6).round(4))
    0.4295
    """
    times = np.asarray(years, dtype=float)
    start = _log_odds(share, "share")
    if not (isfinite(growth_difference) and np.isfinite(times).all()):
        raise ProjectionError(
            f"growth difference {growth_difference!r} or a time is no number: check for gaps"
        )
    if convergence is None:
        return expit(start + growth_difference * times)[()]
    if (times < 0).any():
        raise ProjectionError(
            f"years {times.min():g}: convergence describes the time after the last count; leave it "
            "out to look back"
        )
    return expit(start + _gliding_rise(share, growth_difference, times, convergence))[()]


def years_until_share(
    share: float,
    growth_difference: float,
    target_share: float,
    *,
    convergence: Convergence | None = None,
) -> float:
    """Return how many years after the start a share is reached, if the growth difference holds.

    Parameters
    ----------
    share, target_share : float
        Urban share at the start and the one asked for, above 0 and below 1.
    growth_difference : float
        Logarithmic, per year.
    convergence : Convergence, optional
        As in :func:`project_urban_share`.

    Returns
    -------
    float
        Years; 0 if `target_share` is the share at the start.

    Raises
    ------
    ProjectionError
        The share was passed before the start, or is never reached because the pace is not positive.

    Examples
    --------
    >>> round(years_until_share(38_599_637 / 101_112_656, 0.0330106, 0.5), 1)
    14.6
    """
    missing = _log_odds(target_share, "target_share") - _log_odds(share, "share")
    if missing < 0:
        raise ProjectionError(
            f"the share is {share:.2%} at the start: {target_share:.2%} is already passed; ask for "
            "a higher share"
        )
    if missing == 0:
        return 0.0
    elapsed = 0.0
    for duration, pace in _paces(share, growth_difference, convergence):
        if pace > 0 and missing <= pace * duration:
            return elapsed + missing / pace
        missing -= pace * duration
        elapsed += duration
    raise ProjectionError(
        f"a share of {target_share:.2%} is never reached from {share:.2%}: the growth difference "
        f"is {growth_difference:+.4f} a year"
        + ("" if convergence is None else f" and its norm {convergence.norm(share):+.4f}")
        + ", so urban people do not grow faster than rural people"
    )


def _paces(
    share: float, growth_difference: float, convergence: Convergence | None
) -> list[tuple[float, float]]:
    """Return (duration in years, growth difference) step by step; the last step has no end."""
    if convergence is None:
        return [(inf, growth_difference)]
    norm = convergence.norm(share)
    paces = [weight * growth_difference + (1 - weight) * norm for weight in convergence.weights]
    durations = [convergence.step_years] * (len(paces) - 1) + [inf]
    return list(zip(durations, paces, strict=True))


def _gliding_rise(
    share: float,
    growth_difference: float,
    times: npt.NDArray[np.float64],
    convergence: Convergence,
) -> npt.NDArray[np.float64]:
    """Return by how much the log-odds have risen at each time."""
    rise = np.zeros_like(times)
    elapsed = 0.0
    for duration, pace in _paces(share, growth_difference, convergence):
        rise = rise + pace * np.clip(times - elapsed, 0, duration)
        elapsed += duration
    return rise


def _log_odds(share: float, name: str) -> float:
    if not (isfinite(share) and 0 < share < 1):
        raise ProjectionError(
            f"{name} is {share!r}: expected a share above 0 and below 1 (38.17 % is 0.3817)"
        )
    return float(logit(share))
