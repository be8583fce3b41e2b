"""What a test of so many samples can tell: the exact binomial test of a share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.intervals import require_level


def least_successes(n: int, *, limit_share: float = 0.95, confidence: float | None = None) -> int:
    """Return how many of `n` samples must be fast enough for a pass.

    Parameters
    ----------
    n : int
        Samples, or the number of independent ones that tell as much.
    limit_share : float
        Of fast samples.
    confidence : float, optional
        If given, Clopper and Pearson's interval must lie above the limit; if not, the share must
        reach it, as the rule is written.

    Returns
    -------
    int
        `n` + 1 if no result can pass.

    Examples
    --------
    >>> least_successes(1500), least_successes(1500, confidence=0.95)
    (1425, 1442)
    """
    from scipy.stats import beta  # noqa: PLC0415 - a second to import

    if n < 1 or not 0 < limit_share < 1:
        raise CoverageError(
            f"n={n}, limit_share={limit_share}: expected n ≥ 1 and a share in (0, 1)"
        )
    if confidence is None:
        return int(np.ceil(limit_share * n - 1e-9))
    require_level(confidence)
    successes = np.arange(1, n + 1)
    low = beta.ppf((1 - confidence) / 2, successes, n - successes + 1)
    return int(n + 1 - np.count_nonzero(low >= limit_share))


def pass_probability(
    true_share: npt.ArrayLike,
    n: int,
    *,
    limit_share: float = 0.95,
    confidence: float | None = None,
) -> npt.NDArray[np.float64]:
    """Return the probability that `n` independent samples pass, given the network's true share.

    Parameters
    ----------
    true_share : array_like
        Probability that a sample is fast enough.
    n, limit_share, confidence
        As in `least_successes`.

    Returns
    -------
    numpy.ndarray
        In the shape of `true_share`: the operating characteristic of the test.

    Examples
    --------
    >>> pass_probability(0.95, 20).round(4).item()
    0.7358
    """
    from scipy.stats import binom  # noqa: PLC0415

    needed = least_successes(n, limit_share=limit_share, confidence=confidence)
    return np.asarray(binom.sf(needed - 1, n, np.asarray(true_share)), dtype=np.float64)
