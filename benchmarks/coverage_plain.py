"""The plain way to a coverage map: NumPy, one site after the other, each on its own window."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.stats import norm

from hanoi_analytics.coverage.network.antenna import (
    FRONT_TO_BACK_DB,
    horizontal_attenuation_db,
    vertical_attenuation_db,
)
from hanoi_analytics.coverage.propagation import MODELS

Array = NDArray[np.float32]
_RANGE_M, _BODY_DB, _LOAD, _THRESHOLD_DBM = 5000.0, 3.0, 0.5, -110.0
_NOISE_MW = 10 ** ((-174 + 10 * np.log10(30_000) + 7) / 10)
_TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)


class PlainMap:
    """A map that sites are added to; the three sectors of a site share distance and path loss."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        self._x, self._y = x, y
        shape = y.size, x.size
        self._best = np.full(shape, -np.inf, np.float32)
        self._second = np.full(shape, -np.inf, np.float32)
        self._server = np.full(shape, -1, np.int32)
        self._distance = np.full(shape, np.nan, np.float32)
        self._total = np.zeros(shape, np.float32)

    def add(self, site: pd.DataFrame) -> None:
        """Add the sectors of a site to its window."""
        first = site.iloc[0]
        east, north = _TO_METRES.transform(first["longitude"], first["latitude"])
        columns = slice(*np.searchsorted(self._x, [east - _RANGE_M, east + _RANGE_M]))
        rows = slice(*np.searchsorted(-self._y, [-north - _RANGE_M, -north + _RANGE_M]))
        dx, dy = self._x[columns] - east, (self._y[rows] - north)[:, None]
        distance = np.hypot(dx, dy)
        within = distance.clip(10.0, _RANGE_M)
        loss = {
            state: MODELS["uma"].path_loss_db(
                within,
                frequency_ghz=first["frequency_mhz"] / 1e3,
                base_height_m=first["height_m"],
                state=state,
            )
            for state in ("los", "nlos")
        }
        seen = MODELS["uma"].los_probability(within)
        mean_loss = seen * loss["los"] + (1 - seen) * loss["nlos"]
        bearing = np.degrees(np.arctan2(dx, dy))
        below = np.degrees(np.arctan2(first["height_m"] - 1.5, within))
        window = rows, columns
        for row, sector in site.iterrows():
            pattern = sector["pattern"]
            antenna = np.minimum(
                horizontal_attenuation_db(pattern, bearing - sector["azimuth_deg"])
                + vertical_attenuation_db(pattern, below - sector["tilt_deg"]),
                FRONT_TO_BACK_DB[pattern],
            )
            sent = (
                10 * np.log10(1000 * sector["power_w"] / (12 * sector["resource_blocks"]))
                + sector["gain_dbi"] - sector["feeder_loss_db"] - _BODY_DB
            )  # fmt: skip
            level = np.where(distance <= _RANGE_M, sent - antenna - mean_loss, -np.inf)
            self._update(window, level.astype(np.float32), distance, row)

    def _update(
        self, window: tuple[slice, slice], level: Array, distance: NDArray[np.float64], row: int
    ) -> None:
        best, second = self._best[window], self._second[window]
        wins = level > best
        self._total[window] += 10 ** (level / 10)
        self._second[window] = np.maximum(second, np.minimum(best, level))
        self._best[window] = np.maximum(best, level)
        self._server[window] = np.where(wins, row, self._server[window])
        self._distance[window] = np.where(wins, distance, self._distance[window])

    def finish(self) -> dict[str, Array]:
        """Return level, second level, server, SINR and the probability of coverage."""
        power = 10 ** (self._best / 10)
        sinr_db = 10 * np.log10(power / (_LOAD * (self._total - power) + _NOISE_MW))
        # One height for all: the plain way does not carry that of each cell's server.
        within = self._distance.clip(10.0, _RANGE_M)
        at = {"frequency_ghz": 2.55, "base_height_m": 25.0}
        clear, hidden = (MODELS["uma"].path_loss_db(within, **at, state=s) for s in ("los", "nlos"))
        seen = MODELS["uma"].los_probability(within)
        mean = seen * clear + (1 - seen) * hidden
        chance = seen * norm.sf((_THRESHOLD_DBM - self._best - mean + clear) / 4.0)
        chance += (1 - seen) * norm.sf((_THRESHOLD_DBM - self._best - mean + hidden) / 6.0)
        return {
            "level_dbm": self._best,
            "second_level_dbm": self._second,
            "server": self._server,
            "sinr_db": sinr_db,
            "probability": chance,
        }
