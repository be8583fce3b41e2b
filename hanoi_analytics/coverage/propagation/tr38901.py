"""Path loss of 3GPP TR 38.901 (§7.4.1 and §7.4.2): urban macro, urban micro, rural macro.

``lg`` is the logarithm to base 10, f the frequency in GHz, distances and heights in m; NLOS is
never less than LOS. The optional NLOS formulas of the table are left out.

The standard states one height of base stations in towns, 25 m (macro) and 10 m (micro). Real
masts differ, so a band around it is taken as applicable: 10 to 60 m and 3 to 20 m. The bands are
this package's choice, not the standard's; the formulas were not fitted over them.

For terminals above 13 m the urban macro model draws its environment height at random. A median
has no room for that, so path loss ends at 13 m there, though P(LOS) goes on to 22.5 m.

References
----------
3GPP TR 38.901, Tables 7.4.1-1, 7.4.2-1 and 7.5-6 (correlation distance of shadow fading).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.limits import FloatArray, Limits
from hanoi_analytics.coverage.propagation.model import Link, Model, State

_SOURCE = "3GPP TR 38.901, Table 7.4.1-1"
_SPEED_OF_LIGHT_M_PER_S = 3e8  # as the standard rounds it


@dataclass(frozen=True)
class UrbanModel(Model):
    """Urban macro or urban micro: the same formulas with other numbers.

    LOS: ``intercept + slope lg d3D + 20 lg f`` up to the breakpoint, 40 lg d3D beyond it.
    NLOS: ``intercept + slope lg d3D + frequency lg f − height (terminal − 1.5)``.
    """

    base_heights_m: tuple[float, float]
    greatest_terminal_height_m: float
    los_intercept_db: float
    los_slope_db: float
    nlos_intercept_db: float
    nlos_slope_db: float
    nlos_frequency_db: float
    nlos_height_db_per_m: float
    sigma_los_db: float
    sigma_nlos_db: float
    probability_decay_m: float
    probability_grows_with_height: bool

    def limits(self, state: State) -> Limits:
        """Return (low, high) of each argument of ``path_loss_db``."""
        return {
            "distance_2d_m": (10.0, 5000.0),
            "frequency_ghz": (0.5, 100.0),
            "base_height_m": self.base_heights_m,
            "terminal_height_m": (1.5, self.greatest_terminal_height_m),
        }

    def _loss(self, link: Link, state: State) -> FloatArray:
        log_distance = link.log_distance_3d()
        log_frequency = np.log10(link.frequency_ghz)
        breakpoint_m = (
            4e9  # GHz to Hz
            * (link.base_height_m - 1)
            * (link.terminal_height_m - 1)
            * link.frequency_ghz
            / _SPEED_OF_LIGHT_M_PER_S
        )
        # The standard's second branch is the first plus (40 − slope) lg(d3D / d3D at breakpoint).
        beyond = log_distance - link._replace(distance_2d_m=breakpoint_m).log_distance_3d()
        los = self.los_intercept_db + 20 * log_frequency + self.los_slope_db * log_distance
        los = los + (40 - self.los_slope_db) * np.maximum(beyond, 0)
        if state == "los":
            return los
        nlos = self.nlos_intercept_db + self.nlos_frequency_db * log_frequency
        nlos = nlos - self.nlos_height_db_per_m * (link.terminal_height_m - 1.5)
        return np.maximum(los, nlos + self.nlos_slope_db * log_distance)

    def _sigma(self, link: Link, state: State) -> FloatArray:
        return np.asarray(self.sigma_los_db if state == "los" else self.sigma_nlos_db)

    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        distance_m = np.maximum(distance_2d_m, 18)  # certain up to 18 m
        near = 18 / distance_m
        probability = near + np.exp(-distance_m / self.probability_decay_m) * (1 - near)
        if self.probability_grows_with_height and (terminal_height_m > 13).any():
            height = (np.maximum(terminal_height_m - 13, 0) / 10) ** 1.5
            growth = 1.25 * (distance_m / 100) ** 3 * np.exp(-distance_m / 150)
            probability = probability * (1 + height * growth)
        # The standard's formula passes 1 by up to 0.7 % just beyond 18 m for high terminals.
        return np.minimum(probability, 1)

    def _probability_heights_m(self) -> tuple[float, float]:
        return (1.5, 22.5)


@dataclass(frozen=True)
class RuralModel(Model):
    """Rural macro, with the surroundings that its formulas ask for."""

    street_width_m: float
    building_height_m: float

    _SURROUNDINGS_M: ClassVar[tuple[float, float]] = (5.0, 50.0)

    def __post_init__(self) -> None:
        """Refuse surroundings that the standard does not cover."""
        low, high = self._SURROUNDINGS_M
        for name in ("street_width_m", "building_height_m"):
            value = getattr(self, name)
            if not low <= value <= high:
                raise CoverageError(
                    f"{self.name}: {name} {value:g} is outside {low:g} to {high:g} ({self.source})"
                )

    def limits(self, state: State) -> Limits:
        """Return (low, high) of each argument of ``path_loss_db``."""
        return {
            "distance_2d_m": (10.0, 10_000.0 if state == "los" else 5000.0),
            "frequency_ghz": (0.5, 30.0),
            "base_height_m": (10.0, 150.0),
            "terminal_height_m": (1.0, 10.0),
        }

    def _loss(self, link: Link, state: State) -> FloatArray:
        log_distance = link.log_distance_3d()
        log_breakpoint = np.log10(_rural_breakpoint_m(link))
        # The breakpoint splits distances on the ground; the loss there is taken at d3D = dBP.
        within = self._before_breakpoint(log_distance, link.frequency_ghz)
        beyond = self._before_breakpoint(log_breakpoint, link.frequency_ghz)
        beyond = beyond + 40 * (log_distance - log_breakpoint)
        los = np.where(link.distance_2d_m <= _rural_breakpoint_m(link), within, beyond)
        return los if state == "los" else np.maximum(los, self._hidden(link, log_distance))

    def _before_breakpoint(self, log_distance: FloatArray, frequency_ghz: FloatArray) -> FloatArray:
        height = self.building_height_m**1.72
        return (
            20 * (np.log10(40 * np.pi * frequency_ghz / 3) + log_distance)
            + min(0.03 * height, 10) * log_distance
            - min(0.044 * height, 14.77)
            + 0.002 * np.log10(self.building_height_m) * 10**log_distance
        )

    def _hidden(self, link: Link, log_distance: FloatArray) -> FloatArray:
        log_base = np.log10(link.base_height_m)
        return (
            161.04
            - 7.1 * np.log10(self.street_width_m)
            + 7.5 * np.log10(self.building_height_m)
            - (24.37 - 3.7 * (self.building_height_m / link.base_height_m) ** 2) * log_base
            + (43.42 - 3.1 * log_base) * (log_distance - 3)
            + 20 * np.log10(link.frequency_ghz)
            - (3.2 * np.log10(11.75 * link.terminal_height_m) ** 2 - 4.97)
        )

    def _sigma(self, link: Link, state: State) -> FloatArray:
        if state == "nlos":
            return np.asarray(8.0)
        return np.where(link.distance_2d_m < _rural_breakpoint_m(link), 4.0, 6.0)

    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        return np.exp(-np.maximum(distance_2d_m - 10, 0) / 1000)

    def _probability_heights_m(self) -> tuple[float, float]:
        return (1.0, 10.0)


def _rural_breakpoint_m(link: Link) -> FloatArray:
    heights_m2 = link.base_height_m * link.terminal_height_m
    return 2e9 * np.pi * heights_m2 * link.frequency_ghz / _SPEED_OF_LIGHT_M_PER_S


def rural_macro(*, street_width_m: float = 20.0, building_height_m: float = 5.0) -> RuralModel:
    """Make the rural macro model for given surroundings.

    Parameters
    ----------
    street_width_m, building_height_m : float
        Averages, 5 to 50 m; by default the standard's own.

    Returns
    -------
    RuralModel
        As ``MODELS["rma"]``.

    Raises
    ------
    CoverageError
        Surroundings outside 5 to 50 m.

    Examples
    --------
    >>> denser = rural_macro(building_height_m=10)
    >>> loss_db = denser.path_loss_db(
    ...     500, frequency_ghz=0.7, base_height_m=35, state="nlos"
    ... )
    >>> round(float(loss_db), 1)
    107.5
    """
    return RuralModel(
        name="rma",
        source=_SOURCE,
        contains_clutter=True,
        correlation_los_m=37.0,
        correlation_nlos_m=120.0,
        street_width_m=street_width_m,
        building_height_m=building_height_m,
    )


URBAN_MACRO = UrbanModel(
    name="uma",
    source=_SOURCE,
    contains_clutter=True,
    correlation_los_m=37.0,
    correlation_nlos_m=50.0,
    base_heights_m=(10.0, 60.0),
    greatest_terminal_height_m=13.0,
    los_intercept_db=28.0,
    los_slope_db=22.0,
    nlos_intercept_db=13.54,
    nlos_slope_db=39.08,
    nlos_frequency_db=20.0,
    nlos_height_db_per_m=0.6,
    sigma_los_db=4.0,
    sigma_nlos_db=6.0,
    probability_decay_m=63.0,
    probability_grows_with_height=True,
)

URBAN_MICRO = UrbanModel(
    name="umi",
    source=_SOURCE,
    contains_clutter=True,
    correlation_los_m=10.0,
    correlation_nlos_m=13.0,
    base_heights_m=(3.0, 20.0),
    greatest_terminal_height_m=22.5,
    los_intercept_db=32.4,
    los_slope_db=21.0,
    nlos_intercept_db=22.4,
    nlos_slope_db=35.3,
    nlos_frequency_db=21.3,
    nlos_height_db_per_m=0.3,
    sigma_los_db=4.0,
    sigma_nlos_db=7.82,
    probability_decay_m=36.0,
    probability_grows_with_height=False,
)
