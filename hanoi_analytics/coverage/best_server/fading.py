"""Shadow fading that is alike at neighbouring places: Gaussian fields on a torus."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError

#: Cells on a side of a field; it repeats beyond, far from where any one site is heard.
FIELD_CELLS = 1024


def correlated_field(
    correlation_distance_m: float, *, cell_m: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draw a Gaussian field with correlation exp(−distance / correlation distance).

    Drawn through its spectrum (circulant embedding), so it repeats after `FIELD_CELLS` cells.
    Its own mean and variance are set to 0 and 1: what a field has too much of would come back in
    every draw that reads it, and a whole city would seem as unsure as one field.

    Parameters
    ----------
    correlation_distance_m : float
        Where the correlation has fallen to 1/e.
    cell_m : float
        Side of a cell.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of float32, (FIELD_CELLS, FIELD_CELLS)
        Mean 0 and variance 1.

    Raises
    ------
    CoverageError
        A correlation distance that is not known, or too long for the field.

    Examples
    --------
    >>> field = correlated_field(50.0, cell_m=10.0, rng=np.random.default_rng(1))
    >>> field.shape
    (1024, 1024)
    """
    longest_m = FIELD_CELLS * cell_m / 20
    if not 0 < correlation_distance_m <= longest_m:
        raise CoverageError(
            f"correlation distance of shadow fading: expected above 0 m and at most "
            f"{longest_m:g} m, found {correlation_distance_m:g} m; a model without one "
            f"(free space) cannot say how fading hangs together"
        )
    white = rng.standard_normal((FIELD_CELLS, FIELD_CELLS))
    coloured = np.fft.rfft2(white) * _amplitudes(correlation_distance_m, cell_m)
    field = np.fft.irfft2(coloured, s=white.shape)
    return ((field - field.mean()) / field.std()).astype(np.float32)


@lru_cache(maxsize=8)  # 4 MB each; a map needs three, again for each of its fields
def _amplitudes(correlation_distance_m: float, cell_m: float) -> npt.NDArray[np.float64]:
    """Return the square root of the spectrum of the covariance on the torus."""
    steps_m = np.minimum(np.arange(FIELD_CELLS), FIELD_CELLS - np.arange(FIELD_CELLS)) * cell_m
    distance_m = np.hypot(steps_m[:, None], steps_m[None, :])
    # The covariance is positive definite up to its cut at half the torus: no more than rounding.
    spectrum = np.fft.rfft2(np.exp(-distance_m / correlation_distance_m)).real.clip(min=0)
    amplitudes: npt.NDArray[np.float64] = np.sqrt(spectrum)
    return amplitudes


def site_shifts(
    draws: int, sites: int, *, fields: int, rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Return for each draw and site which field it reads, and from which row and column.

    Parameters
    ----------
    draws, sites, fields : int
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of int16, (draws, sites, 3)

    Examples
    --------
    >>> site_shifts(2, 5, fields=4, rng=np.random.default_rng(1)).shape
    (2, 5, 3)
    """
    shifts = rng.integers(0, FIELD_CELLS, (draws, sites, 3), dtype=np.int16)
    # All sites of a draw read one field from places of their own.
    shifts[:, :, 0] = rng.integers(0, fields, (draws, 1), dtype=np.int16)
    return shifts
