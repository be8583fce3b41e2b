"""Loss into buildings and cars: 3GPP TR 38.901 §7.4.3, in two versions of the standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.limits import FloatArray, Limits, Outside, evaluate

Kind = Literal["low", "high", "legacy_20db", "car", "car_metallised"]
Version = Literal["v16", "v19"]

#: Metal-coated glass, (dB, dB per GHz): the number that changed between versions.
_COATED_GLASS: dict[Version, tuple[float, float]] = {"v16": (23.0, 0.3), "v19": (25.4, 0.11)}
_SIGMA_DB: dict[Kind, float] = {
    "low": 4.4,
    "high": 6.5,
    "legacy_20db": 0.0,
    "car": 5.0,
    "car_metallised": 5.0,
}
_FLAT_DB: dict[Kind, float] = {"legacy_20db": 20.0, "car": 9.0, "car_metallised": 20.0}
_FREQUENCIES_GHZ: dict[Kind, tuple[float, float]] = {
    "low": (0.5, 100.0),
    "high": (0.5, 100.0),
    "legacy_20db": (0.5, 6.0),
    "car": (0.6, 60.0),
    "car_metallised": (0.6, 60.0),
}


@dataclass(frozen=True)
class PenetrationLoss:
    """What to add to the loss outdoors: normal, with mean ``mean_db`` and sigma ``sigma_db``.

    Attributes
    ----------
    mean_db : numpy.ndarray of float64
        In the shape that frequency and depth broadcast to.
    sigma_db : float
        Spread between buildings, apart from shadow fading.
    shadow_sigma_db : float or None
        Takes the place of the outdoor model's shadow fading (the legacy kind); None keeps that.
    source : str
        The standard with its version.
    """

    mean_db: FloatArray
    sigma_db: float
    shadow_sigma_db: float | None
    source: str


def penetration_loss_db(
    frequency_ghz: npt.ArrayLike,
    *,
    kind: Kind,
    version: Version,
    depth_m: npt.ArrayLike = 0.0,
    outside: Outside = "error",
) -> PenetrationLoss:
    """Compute the loss into a building or a car.

    Parameters
    ----------
    frequency_ghz : array of float
        Frequency; broadcasts with ``depth_m``. NaN gives NaN.
    kind : {"low", "high", "legacy_20db", "car", "car_metallised"}
        Ordinary glass; metal-coated glass; 20 dB flat below 6 GHz (Table 7.4.3-3); cars (§7.4.3.2).
    version : {"v16", "v19"}
        Of the standard; "v16" stands for all before 19, which differ from it in coated glass.
    depth_m : array of float
        Distance from the outer wall on the ground, 0 to 25 m, at 0.5 dB per m; 0 for a car.
    outside : {"error", "nan"}
        What to do with frequencies and depths outside.

    Returns
    -------
    PenetrationLoss
        Mean and spread, with the standard's version in ``source``.

    Raises
    ------
    CoverageError
        An unknown kind or version, or values outside with ``outside="error"``.

    Examples
    --------
    >>> loss = penetration_loss_db(3.75, kind="high", version="v19")
    >>> round(float(loss.mean_db), 2), loss.sigma_db, loss.source
    (28.16, 6.5, '3GPP TR 38.901 v19, §7.4.3')
    """
    for name, word, known in (("kind", kind, Kind), ("version", version, Version)):
        if word not in get_args(known):
            raise CoverageError(
                f"penetration loss: {name}: expected one of {get_args(known)}, found {word!r}"
            )
    frequency = np.asarray(frequency_ghz, dtype=np.float64)
    depth = np.asarray(depth_m, dtype=np.float64)
    source = f"3GPP TR 38.901 {version}, §7.4.3"
    limits: Limits = {
        "frequency_ghz": _FREQUENCIES_GHZ[kind],
        "depth_m": (0.0, 0.0 if kind.startswith("car") else 25.0),
    }
    mean_db = evaluate(
        lambda: _wall(frequency, kind, version) + 0.5 * depth,
        {"frequency_ghz": frequency, "depth_m": depth},
        limits,
        who=f"penetration loss, {kind} ({source})",
        outside=outside,
    )
    return PenetrationLoss(
        mean_db=mean_db,
        sigma_db=_SIGMA_DB[kind],
        shadow_sigma_db=7.0 if kind == "legacy_20db" else None,
        source=source,
    )


def _wall(frequency_ghz: FloatArray, kind: Kind, version: Version) -> FloatArray:
    if kind in _FLAT_DB:
        return np.asarray(_FLAT_DB[kind])
    concrete_db = 5 + 4 * frequency_ghz
    if kind == "low":
        glass_db, share_of_glass = 2 + 0.2 * frequency_ghz, 0.3
    else:
        fixed_db, slope_db = _COATED_GLASS[version]
        glass_db, share_of_glass = fixed_db + slope_db * frequency_ghz, 0.7
    through = share_of_glass * 10 ** (-glass_db / 10)
    return 5 - 10 * np.log10(through + (1 - share_of_glass) * 10 ** (-concrete_db / 10))
