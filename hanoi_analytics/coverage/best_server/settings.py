"""What a calculation of coverage assumes about the receiver, the load and the building."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.penetration import Kind, Version

#: Thermal noise of 1 Hz at 290 K, dBm.
THERMAL_NOISE_DBM_HZ = -174.0


@dataclass(frozen=True)
class Radio:
    """Receiver, load and thresholds; every number is an assumption that a page must state.

    Attributes
    ----------
    thresholds_dbm : tuple of float
        Levels of the reference signal (RSRP, per resource element) at which a place counts as
        covered. No rule of Viet Nam gives one: several show how much depends on it.
    indoor : {"none", "low", "high", "legacy_20db", "car", "car_metallised"}
        Whether levels are outdoors, or in a building or car (3GPP TR 38.901 §7.4.3).
    specification : {"v16", "v19"}
        The version of TR 38.901 whose wall losses are taken; they differ for ``high``.
    depth_m : float
        How far behind the wall, for 0.5 dB a metre.
    load : float
        Share of the time in which other sectors of the carrier send, 0 to 1.
    noise_figure_db, body_loss_db : float
        Of the receiver, and of the person who holds it.
    terminal_height_m : float
        Above ground.
    range_m : float
        Sectors farther away than this are left out, of the interference too.
    """

    thresholds_dbm: tuple[float, ...] = (-110.0,)
    indoor: Literal["none"] | Kind = "none"
    specification: Version = "v19"
    depth_m: float = 0.0
    load: float = 0.5
    noise_figure_db: float = 7.0
    body_loss_db: float = 3.0
    terminal_height_m: float = 1.5
    range_m: float = 5000.0

    def __post_init__(self) -> None:
        """Refuse what no receiver can be."""
        limits = {
            "load": (self.load, 0.0, 1.0),
            "noise_figure_db": (self.noise_figure_db, 0.0, 30.0),
            "body_loss_db": (self.body_loss_db, 0.0, 40.0),
            "depth_m": (self.depth_m, 0.0, 25.0),
            "range_m": (self.range_m, 50.0, 10_000.0),
            "terminal_height_m": (self.terminal_height_m, 0.0, 1000.0),
            **{f"thresholds_dbm ({t:g})": (t, -160.0, -20.0) for t in self.thresholds_dbm},
        }
        for name, (value, low, high) in limits.items():
            if not (math.isfinite(value) and low <= value <= high):
                raise CoverageError(f"{name}: expected {low:g} to {high:g}, found {value:g}")
        if not self.thresholds_dbm or list(self.thresholds_dbm) != sorted(set(self.thresholds_dbm)):
            raise CoverageError(
                f"thresholds_dbm: expected one or more rising levels, found {self.thresholds_dbm}"
            )
        words = {
            "indoor": (self.indoor, ("none", *get_args(Kind))),
            "specification": (self.specification, get_args(Version)),
        }
        for name, (word, known) in words.items():
            if word not in known:
                raise CoverageError(f"{name}: expected one of {known}, found {word!r}")

    def noise_dbm(self, subcarrier_spacing_khz: float) -> float:
        """Return the noise in one resource element, dBm.

        Examples
        --------
        >>> round(Radio().noise_dbm(30), 2)
        -122.23
        """
        hertz = subcarrier_spacing_khz * 1e3
        return THERMAL_NOISE_DBM_HZ + 10 * math.log10(hertz) + self.noise_figure_db
