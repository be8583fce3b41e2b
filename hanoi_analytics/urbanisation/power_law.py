"""The tail of city sizes by maximum likelihood, beside the rank-size regression.

Reference: Clauset, Shalizi and Newman (2009), Power-law distributions in empirical data, *SIAM
Review* 51(4), doi:10.1137/070710111. The library `powerlaw` fits; what it gets wrong without a
word for sizes of cities is met here: large numbers, and exponents of the density above 3.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import powerlaw  # type: ignore[import-untyped]

from hanoi_analytics.urbanisation.sizes import (
    CitySystemError,
    Floats,
    Sizes,
    checked_sizes,
    largest_first,
    least_cities,
    normal_quantile,
)

_ROUNDING = 1e-9


@dataclass(frozen=True)
class PowerLaw:
    """A power law fitted to the sizes at or above a minimum, by maximum likelihood.

    Attributes
    ----------
    exponent : float
        Of the rank, comparable to `RankSize.exponent`; that of the density, alpha, is one more.
    standard_error : float
        ``exponent / sqrt(cities)``; where the minimum was chosen, it leaves out that choice.
    low, high : float
        Interval at the confidence level, from the normal approximation.
    minimum_size : float
        The cut-off, given or chosen.
    minimum_chosen : bool
        Whether it was chosen from the data.
    cities : int
        How many stand at or above it.
    confidence_level : float
        0 to 1.
    ks_distance : float
        Largest distance between fitted and observed distribution, taken below each step, as in
        the authors' own program.
    p_value : float
        How often as large a (two-sided) distance arises in samples drawn from the fitted law and
        fitted again. Small values speak against the law.
    lognormal_ratio, lognormal_p : float
        Log likelihood ratio of power law to lognormal above the minimum, and Vuong's p-value: small
        where the lognormal is clearly the better. The ratio is never positive, because lognormals
        come as close to a power law as one likes; NaN where the best one is that limit.
    """

    exponent: float
    standard_error: float
    low: float
    high: float
    minimum_size: float
    minimum_chosen: bool
    cities: int
    confidence_level: float
    ks_distance: float
    p_value: float
    lognormal_ratio: float
    lognormal_p: float

    def rank(self, sizes: Sizes) -> Floats:
        """Return the rank that the fitted law gives to cities of these sizes."""
        ratios = np.asarray(sizes, dtype=float) / self.minimum_size
        fitted: Floats = self.cities * ratios**-self.exponent
        return fitted


def power_law(
    sizes: Sizes,
    *,
    minimum_size: float | None,
    seed: int,
    draws: int = 499,
    confidence_level: float = 0.95,
) -> PowerLaw:
    """Fit a continuous power law to the cities at or above a minimum size by maximum likelihood.

    Counts of people in whole cities are large, so that the continuous law is right for them.

    Parameters
    ----------
    sizes : array-like, (n,)
        Positive, in any unit and order.
    minimum_size : float or None
        The cut-off; None chooses the size for which the Kolmogorov–Smirnov distance is least.
    seed : int
        Of the samples behind the p-value.
    draws : int
        How many samples. The minimum is held in them, so that a p-value after choosing it is too
        kind.
    confidence_level : float
        Of the interval.

    Returns
    -------
    PowerLaw

    Raises
    ------
    CitySystemError
        As `rank_size`, or no draws.

    Examples
    --------
    >>> ladder = [1 / k for k in range(1, 101)]
    >>> round(power_law(ladder, minimum_size=0.01, seed=1).exponent, 4)
    1.0333
    """
    if draws < 1:
        raise CitySystemError(f"draws={draws}: the p-value needs at least one sample; give 499")
    if minimum_size is None:
        cutoff = _chosen_minimum(checked_sizes(sizes), confidence_level)
    else:
        cutoff = minimum_size
    tail = largest_first(sizes, minimum_size=cutoff, confidence_level=confidence_level)
    # As multiples of the minimum: the library's lognormal is not found among numbers of millions.
    fit = _fit(tail / cutoff, minimum=1.0)
    exponent = float(fit.power_law.alpha) - 1
    error = exponent / math.sqrt(tail.size)
    half = normal_quantile(confidence_level) * error
    ratio, ratio_p = _against_lognormal(fit)
    return PowerLaw(
        exponent=exponent,
        standard_error=error,
        low=exponent - half,
        high=exponent + half,
        minimum_size=float(cutoff),
        minimum_chosen=minimum_size is None,
        cities=int(tail.size),
        confidence_level=confidence_level,
        ks_distance=float(fit.power_law.D),
        p_value=_goodness_of_fit(tail / cutoff, draws, seed),
        lognormal_ratio=ratio,
        lognormal_p=ratio_p,
    )


def _fit(ratios: Floats, *, minimum: float | tuple[float, float]) -> powerlaw.Fit:
    with warnings.catch_warnings():
        # The library warns of its own old attribute while it looks for the minimum.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Without a range of ours it stops at alpha = 3, with no error.
        bounds = {"alpha": [1, None]}
        return powerlaw.Fit(
            ratios, xmin=minimum, discrete=False, parameter_ranges=bounds, verbose=0
        )


def _against_lognormal(fit: powerlaw.Fit) -> tuple[float, float]:
    with warnings.catch_warnings():
        # It warns of a search that failed or ran off; both are asked for below.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        failed = fit.lognormal.noise_flag
        ratio, p_value = fit.distribution_compare("power_law", "lognormal")
    # The best lognormal is at least as likely as the power law, its limit: if not, none was found.
    if failed or not ratio <= _ROUNDING:
        return math.nan, math.nan
    return float(ratio), float(p_value)


def _goodness_of_fit(ratios: Floats, draws: int, seed: int) -> float:
    from scipy import stats  # noqa: PLC0415 - a second to import

    # The log of a power law is exponential, and the distance is the same for both.
    result = stats.goodness_of_fit(
        stats.expon,
        np.log(ratios),
        known_params={"loc": 0},
        statistic="ks",
        n_mc_samples=draws,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def _chosen_minimum(sizes: Floats, confidence_level: float) -> float:
    least = least_cities(confidence_level)
    if sizes.size <= least:
        raise CitySystemError(
            f"{sizes.size} cities: to choose a minimum size among them, more than {least} are "
            f"needed at {confidence_level:.0%}; give the minimum size"
        )
    known = np.unique(sizes)
    last = int(np.searchsorted(known, np.sort(sizes)[-least], side="right")) - 1
    if last < 1:
        return float(known[0])
    # The library leaves out the upper end of the range and the largest size within it.
    upper = known[last + 2] if last + 2 < known.size else np.inf
    found: float = _fit(sizes / known[0], minimum=(1.0, float(upper / known[0]))).xmin
    # Back to a size that is in the data: a product may differ from it in the last digit.
    return float(known[np.abs(known / known[0] - found).argmin()])
