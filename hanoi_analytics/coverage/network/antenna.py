"""Antenna patterns: how much weaker a sector is away from its boresight.

Horizontally ``A(φ) = min(12 (φ/φ3dB)², A_m)``, vertically ``A(θ) = min(12 (θ/θ3dB)², SLA_v)``, both
as losses in dB; the two are added and their sum is capped at ``A_m``, the front-to-back ratio.

* ``tr38901``: the element of 3GPP TR 38.901 Table 7.3-1, 65° and 65°, 30 dB and 30 dB. It is as
  broad as what a sweep of beams covers together; the gain of one beam stands in ``gain_dbi``.
* ``parabolic65``: the form of 3GPP TR 36.814 Table A.2.1.1-2, whose own values are 70°, 25 dB and
  10°, 20 dB. Here 65° and 30 dB as panels of today have it, with the table's 10° and 20 dB.
* ``omni``: the same in every direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """Beamwidths at 3 dB and the largest losses of an antenna pattern.

    Attributes
    ----------
    horizontal_beamwidth_deg, vertical_beamwidth_deg : float
        Full width where the pattern is 3 dB down; infinite for no dependence on the angle.
    horizontal_cap_db, vertical_cap_db : float
        Largest loss in that plane. The horizontal one also caps the sum of both.
    """

    horizontal_beamwidth_deg: float
    horizontal_cap_db: float
    vertical_beamwidth_deg: float
    vertical_cap_db: float


PATTERNS = MappingProxyType(
    {
        "tr38901": Pattern(65.0, 30.0, 65.0, 30.0),
        "parabolic65": Pattern(65.0, 30.0, 10.0, 20.0),
        "omni": Pattern(np.inf, 0.0, np.inf, 0.0),
    }
)

#: The cap of the sum of both losses, in dB.
FRONT_TO_BACK_DB = MappingProxyType({n: p.horizontal_cap_db for n, p in PATTERNS.items()})


def horizontal_attenuation_db(pattern: str, off_azimuth_deg: npt.ArrayLike) -> Floats:
    """Return the loss away from the boresight in the horizontal plane.

    Parameters
    ----------
    pattern : {"tr38901", "parabolic65", "omni"}
    off_azimuth_deg : array_like
        Direction of the receiver minus azimuth of the sector; any number of turns.

    Returns
    -------
    numpy.ndarray of the same shape, dB, 0 or more

    Raises
    ------
    CoverageError
        An unknown pattern.

    Examples
    --------
    >>> horizontal_attenuation_db("tr38901", [0.0, 32.5, 327.5, 180.0]).tolist()
    [0.0, 3.0, 3.0, 30.0]
    """
    found = _pattern(pattern)
    angle = (np.asarray(off_azimuth_deg, dtype=np.float64) + 180.0) % 360.0 - 180.0
    return _parabola(angle, found.horizontal_beamwidth_deg, found.horizontal_cap_db)


def vertical_attenuation_db(pattern: str, off_tilt_deg: npt.ArrayLike) -> Floats:
    """Return the loss away from the tilted boresight in the vertical plane.

    Parameters
    ----------
    pattern : {"tr38901", "parabolic65", "omni"}
    off_tilt_deg : array_like
        Angle below the horizon towards the receiver minus the sector's tilt (down positive).

    Returns
    -------
    numpy.ndarray of the same shape, dB, 0 or more

    Raises
    ------
    CoverageError
        An unknown pattern.

    Examples
    --------
    >>> vertical_attenuation_db("parabolic65", [0.0, -5.0, 40.0]).tolist()
    [0.0, 3.0, 20.0]
    """
    found = _pattern(pattern)
    angle = np.asarray(off_tilt_deg, dtype=np.float64)
    return _parabola(angle, found.vertical_beamwidth_deg, found.vertical_cap_db)


def _pattern(name: str) -> Pattern:
    if name not in PATTERNS:
        raise CoverageError(f"antenna pattern {name!r}; {nearest(name, PATTERNS)}")
    return PATTERNS[name]


def _parabola(angle_deg: Floats, beamwidth_deg: float, cap_db: float) -> Floats:
    return np.minimum(12.0 * (angle_deg / beamwidth_deg) ** 2, cap_db)
