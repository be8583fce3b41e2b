"""How much of a cell is covered when its edge is covered with a given probability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erf, erfcx, ndtri

from hanoi_analytics.coverage.checks import CoverageError


def area_reliability(
    edge_probability: npt.ArrayLike, *, path_loss_exponent: npt.ArrayLike, sigma_db: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the share of a circular cell that is covered, from the probability at its edge.

    Parameters
    ----------
    edge_probability : array of float
        Probability of coverage at the edge, between 0 and 1. All arguments broadcast.
    path_loss_exponent : array of float
        n of a loss of 10 n lg d.
    sigma_db : array of float
        Standard deviation of log-normal fading.

    Returns
    -------
    numpy.ndarray of float64
        Share of the area, 0 to 1.

    Raises
    ------
    CoverageError
        Values that are not between 0 and 1, or not above 0.

    Notes
    -----
    Reudink in Jakes (1974), Microwave Mobile Communications, §2.5.3: with
    a = −Φ⁻¹(edge)/√2 and b = 10 n lg e/(σ√2),
    F = ½ [1 − erf a + exp((1 − 2ab)/b²) (1 − erf((1 − ab)/b))].

    Examples
    --------
    >>> float(area_reliability(0.75, path_loss_exponent=4, sigma_db=8).round(4))
    0.9073
    """
    edge, exponent, sigma = (
        np.asarray(value, dtype=float) for value in (edge_probability, path_loss_exponent, sigma_db)
    )
    if not ((edge > 0) & (edge < 1)).all():
        raise CoverageError(f"edge_probability: expected between 0 and 1, found {edge}")
    if not ((exponent > 0).all() and (sigma > 0).all()):
        raise CoverageError(f"expected an exponent and a sigma above 0, found {exponent}, {sigma}")
    a = -ndtri(edge) / np.sqrt(2)
    b = 10 * exponent * np.log10(np.e) / (sigma * np.sqrt(2))
    z = (1 - a * b) / b
    # exp(z² − a²) erfc z written without the overflow: (1 − 2ab)/b² = z² − a².
    return np.asarray(0.5 * (1 - erf(a) + np.exp(-(a**2)) * erfcx(z)))
