"""Free space (ITU-R P.525), and clutter on top of it (ITU-R P.2108-1 §3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.limits import FloatArray, Limits, Outside, evaluate
from hanoi_analytics.coverage.propagation.model import Link, Model, State

_CLUTTER_SOURCE = "ITU-R P.2108-1 §3.2"
_CLUTTER_LIMITS: Limits = {"distance_2d_m": (250.0, np.inf), "frequency_ghz": (0.5, 67.0)}
_NO_STANDARD = float("nan")


@dataclass(frozen=True)
class FreeSpaceModel(Model):
    """Spreading alone: nothing hides a terminal, so both states give the same loss.

    ITU-R P.525 sets no limits; those here (1 m to 100 km, 0.03 to 100 GHz, antennas up to 1,000 m)
    are this package's, to notice wrong units.
    """

    def limits(self, state: State) -> Limits:
        """Return (low, high) of each argument of ``path_loss_db``."""
        return {
            "distance_2d_m": (1.0, 1e5),
            "frequency_ghz": (0.03, 100.0),
            "base_height_m": (0.0, 1000.0),
            "terminal_height_m": (0.0, 1000.0),
        }

    def _loss(self, link: Link, state: State) -> FloatArray:
        at_1m_1ghz_db = 20 * np.log10(4 * np.pi * 1e9 / 299_792_458)
        return at_1m_1ghz_db + 20 * (link.log_distance_3d() + np.log10(link.frequency_ghz))

    def _sigma(self, link: Link, state: State) -> FloatArray:
        return np.asarray(0.0)

    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        return np.asarray(1.0)

    def _probability_heights_m(self) -> tuple[float, float]:
        return (0.0, 1000.0)


FREE_SPACE = FreeSpaceModel(
    name="free_space",
    source="ITU-R P.525",
    contains_clutter=False,
    correlation_los_m=_NO_STANDARD,
    correlation_nlos_m=_NO_STANDARD,
)


@dataclass(frozen=True)
class ClutteredModel(Model):
    """A model without clutter, with the clutter of one terminal added; see ``with_clutter``."""

    base: Model
    share_of_locations: float

    def limits(self, state: State) -> Limits:
        """Return (low, high) of each argument: where both models hold."""
        both = dict(self.base.limits(state))
        for name, (low, high) in _CLUTTER_LIMITS.items():
            both[name] = (max(low, both[name][0]), min(high, both[name][1]))
        return both

    def _loss(self, link: Link, state: State) -> FloatArray:
        share = np.asarray(self.share_of_locations)
        return self.base._loss(link, state) + _clutter(
            link.distance_2d_m, link.frequency_ghz, share
        )

    def _sigma(self, link: Link, state: State) -> FloatArray:
        if self.share_of_locations != 0.5:
            return self.base._sigma(link, state)
        _, spread_db = _median_and_spread(np.minimum(link.distance_2d_m, 2000), link.frequency_ghz)
        return np.hypot(self.base._sigma(link, state), spread_db)

    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        return self.base._probability(distance_2d_m, terminal_height_m)

    def _probability_heights_m(self) -> tuple[float, float]:
        return self.base._probability_heights_m()


def with_clutter(model: Model, share_of_locations: float = 0.5) -> ClutteredModel:
    """Add the statistical clutter loss of ITU-R P.2108-1 §3.2 at the terminal.

    Parameters
    ----------
    model : Model
        One whose losses hold no clutter: ``MODELS["free_space"]``.
    share_of_locations : float
        Share of locations where the clutter loss is not exceeded. At 0.5 the loss is the median
        and ``shadow_sigma_db`` holds the spread between locations; at another share the spread is
        already in the loss, and sigma is that of ``model`` alone.

    Returns
    -------
    ClutteredModel
        With the limits of both; clutter starts at 250 m. The recommendation gives no correlation
        distance: it is NaN. Both states stay as ``model`` has them; the statistic mixes them.

    Raises
    ------
    CoverageError
        A model that already holds clutter, or a share not between 0 and 1.

    Examples
    --------
    >>> from hanoi_analytics.coverage.propagation import MODELS
    >>> town = with_clutter(MODELS["free_space"])
    >>> round(float(town.path_loss_db(1000, frequency_ghz=2.6, base_height_m=30, state="nlos")), 1)
    129.7
    """
    if model.contains_clutter:
        raise CoverageError(
            f"with_clutter: {model.name} ({model.source}) already holds the loss of clutter, which "
            f"would count twice; use {model.name} as it is, or with_clutter(MODELS['free_space'])"
        )
    _require_share(share_of_locations)
    return ClutteredModel(
        name=f"{model.name} with clutter at {share_of_locations:g} of locations",
        source=f"{model.source}; {_CLUTTER_SOURCE}",
        contains_clutter=True,
        correlation_los_m=_NO_STANDARD,
        correlation_nlos_m=_NO_STANDARD,
        base=model,
        share_of_locations=share_of_locations,
    )


def clutter_loss_db(
    distance_2d_m: npt.ArrayLike,
    *,
    frequency_ghz: npt.ArrayLike,
    share_of_locations: npt.ArrayLike,
    outside: Outside = "error",
) -> FloatArray:
    """Compute the clutter loss at one terminal, not exceeded at a share of locations.

    ITU-R P.2108-1 §3.2, for urban and suburban places and a terminal well below the roofs.

    Parameters
    ----------
    distance_2d_m : array of float
        Length of the path, 250 m or more. All arguments broadcast; NaN gives NaN.
    frequency_ghz : array of float
        0.5 to 67 GHz.
    share_of_locations : array of float
        Between 0 and 1, both excluded.
    outside : {"error", "nan"}
        What to do with distances and frequencies outside.

    Returns
    -------
    numpy.ndarray of float64
        Loss in dB, in the shape that the arguments broadcast to.

    Raises
    ------
    CoverageError
        Values outside the limits with ``outside="error"``, or a share not between 0 and 1.

    Examples
    --------
    >>> round(float(clutter_loss_db(250, frequency_ghz=0.5, share_of_locations=0.5)), 1)
    17.4
    """
    distance_m = np.asarray(distance_2d_m, dtype=np.float64)
    frequency = np.asarray(frequency_ghz, dtype=np.float64)
    share = _require_share(share_of_locations)
    return evaluate(
        lambda: _clutter(distance_m, frequency, share),
        {"distance_2d_m": distance_m, "frequency_ghz": frequency, "share_of_locations": share},
        {**_CLUTTER_LIMITS, "share_of_locations": (0.0, 1.0)},
        who=f"clutter ({_CLUTTER_SOURCE})",
        outside=outside,
    )


def _require_share(share_of_locations: npt.ArrayLike) -> FloatArray:
    share = np.asarray(share_of_locations, dtype=np.float64)
    wrong = share[~((share > 0) & (share < 1))]
    if wrong.size:
        raise CoverageError(
            f"share_of_locations: expected a share between 0 and 1, both excluded, "
            f"found {wrong[0]:g}; 95 % is 0.95"
        )
    return share


def _clutter(distance_m: FloatArray, frequency_ghz: FloatArray, share: FloatArray) -> FloatArray:
    median_db, spread_db = _median_and_spread(distance_m, frequency_ghz)
    most_db, spread_at_most_db = _median_and_spread(np.asarray(2000.0), frequency_ghz)
    deviations = ndtri(share)
    return np.minimum(median_db + spread_db * deviations, most_db + spread_at_most_db * deviations)


def _median_and_spread(
    distance_m: FloatArray, frequency_ghz: FloatArray
) -> tuple[FloatArray, FloatArray]:
    log_frequency = np.log10(frequency_ghz)
    large_db = -2 * np.log10(10 ** (-5 * log_frequency - 12.5) + 10**-16.5)
    small_db = 32.98 + 23.9 * np.log10(distance_m / 1000) + 3 * log_frequency
    large, small = 10 ** (-0.2 * large_db), 10 ** (-0.2 * small_db)
    spread_db = np.sqrt((16 * large + 36 * small) / (large + small))
    return -5 * np.log10(large + small), spread_db
