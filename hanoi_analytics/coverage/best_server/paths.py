"""What is lost on the way from antennas to receivers, and how it varies: path, wall, power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.link import reference_signal_power_dbm
from hanoi_analytics.coverage.propagation import (
    MODELS,
    Model,
    PenetrationLoss,
    penetration_loss_db,
)
from hanoi_analytics.errors import nearest

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
AnyModel = str | Model
#: Levels nearer than this are those at this distance: the models begin here.
NEAREST_M = 10.0


@dataclass(frozen=True)
class Path:
    """A model from antennas of one frequency and height, or of one for each distance.

    Attributes
    ----------
    model : Model
    frequency_ghz, base_height_m : float or array
        Broadcast against the distances.
    radio : Radio
        Its terminal height, and the wall before the receiver.
    """

    model: Model
    frequency_ghz: float | Floats
    base_height_m: float | Floats
    radio: Radio

    def losses_db(self, distance_m: Array) -> tuple[Array, Array, Array, Array]:
        """Return the mean loss, that with line of sight, that without, and its probability."""
        apart_m, at = self._arguments(distance_m)
        wall = self._wall()
        wall_db = 0.0 if wall is None else wall.mean_db
        clear = self.model.path_loss_db(apart_m, **at, state="los") + wall_db
        hidden = self.model.path_loss_db(apart_m, **at, state="nlos") + wall_db
        seen = self.model.los_probability(apart_m, terminal_height_m=self.radio.terminal_height_m)
        return seen * clear + (1.0 - seen) * hidden, clear, hidden, seen

    def sigmas_db(self, distance_m: Array) -> Array:
        """Return the spread of the level with line of sight and without, the wall's with it."""
        apart_m, at = self._arguments(distance_m)
        wall = self._wall()
        outdoors = np.array(
            [self.model.shadow_sigma_db(apart_m, **at, state=state) for state in ("los", "nlos")]
        )
        if wall is None:
            return outdoors
        if wall.shadow_sigma_db is not None:
            outdoors = np.full_like(outdoors, wall.shadow_sigma_db)
        return np.hypot(outdoors, wall.sigma_db)

    def _arguments(self, distance_m: Array) -> tuple[Array, dict[str, Any]]:
        # Nearer than where a model begins, its loss is taken from there.
        begins_m = max(self.model.limits(state)["distance_2d_m"][0] for state in ("los", "nlos"))
        return np.maximum(distance_m, begins_m), {
            "frequency_ghz": self.frequency_ghz,
            "base_height_m": self.base_height_m,
            "terminal_height_m": self.radio.terminal_height_m,
        }

    def _wall(self) -> PenetrationLoss | None:
        if self.radio.indoor == "none":
            return None
        return penetration_loss_db(
            self.frequency_ghz,
            kind=self.radio.indoor,
            version=self.radio.specification,
            depth_m=self.radio.depth_m,
        )


def boresight_dbm(sectors: pd.DataFrame, radio: Radio) -> Floats:
    """Return the reference-signal level that each sector sends along its boresight.

    Power of a resource element and gain, less feeder and body.
    """
    power_dbm = reference_signal_power_dbm(sectors["power_w"], sectors["resource_blocks"])
    gain_db = (sectors["gain_dbi"] - sectors["feeder_loss_db"]).to_numpy()
    return np.asarray(power_dbm + gain_db - radio.body_loss_db, dtype=float)


def chosen_models(
    model: AnyModel | Sequence[AnyModel], sectors: pd.DataFrame
) -> tuple[list[Model], npt.NDArray[np.int64]]:
    """Return the different models, and which of them each sector has, within their limits.

    Raises
    ------
    CoverageError
        An unknown model, one model too few or too many, or a sector outside its model's limits.
    """
    count = len(sectors)
    named = [model] * count if isinstance(model, str | Model) else list(model)
    if len(named) != count:
        raise CoverageError(
            f"model: expected one, or one for each of {count} sectors, found {len(named)}"
        )
    unknown = [one for one in named if isinstance(one, str) and one not in MODELS]
    if unknown:
        raise CoverageError(f"model {unknown[0]!r}; {nearest(unknown[0], MODELS)}")
    chosen = [MODELS[one] if isinstance(one, str) else one for one in named]
    different = list(dict.fromkeys(chosen))
    number = {one: k for k, one in enumerate(different)}
    numbers = np.array([number[one] for one in chosen], dtype=np.int64)
    for k, one in enumerate(different):
        _check_limits(sectors[numbers == k], one)
    return different, numbers


def _check_limits(sectors: pd.DataFrame, model: Model) -> None:
    """Say which sectors a model was not made for."""
    for column, argument, scale in (
        ("height_m", "base_height_m", 1.0),
        ("frequency_mhz", "frequency_ghz", 1e3),
    ):
        ends = [model.limits(state)[argument] for state in ("los", "nlos")]
        low, high = max(end[0] for end in ends) * scale, min(end[1] for end in ends) * scale
        wrong = sectors[~sectors[column].between(low, high)]
        if not wrong.empty:
            raise CoverageError(
                f"{len(wrong):,} of {len(sectors):,} sectors, such as "
                f"{wrong['sector_id'].iloc[0]!r} with {column} {wrong[column].iloc[0]:g}, are "
                f"outside the limits of model {model.name!r}, {low:g} to {high:g}: leave them "
                f"out, or give them another model"
            )
