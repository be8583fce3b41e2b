"""Loss over a single knife edge: ITU-R P.526 §4.1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.limits import FloatArray


def diffraction_parameter(
    height_m: npt.ArrayLike,
    distance_1_m: npt.ArrayLike,
    distance_2_m: npt.ArrayLike,
    *,
    frequency_ghz: npt.ArrayLike,
) -> FloatArray:
    """Compute ν = h √(2/λ (1/d1 + 1/d2)) of an edge between two antennas.

    Parameters
    ----------
    height_m : array of float
        Top of the edge above the straight line between the antennas; negative below it.
    distance_1_m, distance_2_m : array of float
        From the two antennas to the edge. All arguments broadcast; NaN gives NaN.
    frequency_ghz : array of float
        Frequency.

    Returns
    -------
    numpy.ndarray of float64
        ν, without a unit, for ``knife_edge_loss_db``.

    Raises
    ------
    CoverageError
        A distance or frequency that is not positive.

    Examples
    --------
    >>> round(float(diffraction_parameter(10, 500, 500, frequency_ghz=2.6)), 2)
    2.63
    """
    positive = {
        "distance_1_m": np.asarray(distance_1_m, dtype=np.float64),
        "distance_2_m": np.asarray(distance_2_m, dtype=np.float64),
        "frequency_ghz": np.asarray(frequency_ghz, dtype=np.float64),
    }
    for name, values in positive.items():
        wrong = values[values <= 0]
        if wrong.size:
            raise CoverageError(f"knife edge: {name}: expected more than 0, found {wrong[0]:g}")
    first_m, second_m, frequency = positive.values()
    wavelength_m = 299_792_458 / (frequency * 1e9)
    return np.asarray(height_m) * np.sqrt(2 / wavelength_m * (1 / first_m + 1 / second_m))


def knife_edge_loss_db(nu: npt.ArrayLike) -> FloatArray:
    """Compute the loss over one knife edge, an idealised obstacle without width.

    Parameters
    ----------
    nu : array of float
        ``diffraction_parameter``; NaN gives NaN.

    Returns
    -------
    numpy.ndarray of float64
        Loss in dB; 0 up to ν = −0.78, where the edge is too low to matter.

    Examples
    --------
    >>> knife_edge_loss_db([-1.0, 0.0, 2.0]).round(1).tolist()
    [0.0, 6.0, 19.0]
    """
    parameter = np.asarray(nu, dtype=np.float64)
    shifted = parameter - 0.1
    loss_db = 6.9 + 20 * np.log10(np.sqrt(shifted**2 + 1) + shifted)
    return np.where(parameter <= -0.78, 0.0, loss_db)
