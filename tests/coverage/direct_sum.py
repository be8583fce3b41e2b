"""The plain way to a coverage map: every sector at every cell, one formula after the other."""

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

Array = NDArray[np.float64]


def sector_levels(
    sector: pd.Series, x: Array, y: Array, *, model: str = "uma", body_loss_db: float = 3.0
) -> tuple[Array, Array, Array, Array, Array]:
    """Return mean, clear and hidden level (dBm), probability of line of sight, and distance."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    east, north = to_metres.transform(sector["longitude"], sector["latitude"])
    dx, dy = x - east, y - north
    true_m = np.hypot(dx, dy)
    distance_m = np.maximum(true_m, 10.0)
    height_m = float(sector["height_m"])
    azimuth = np.degrees(np.arctan2(dx, dy)) - sector["azimuth_deg"]
    below = np.degrees(np.arctan2(height_m - 1.5, distance_m)) - sector["tilt_deg"]
    pattern = str(sector["pattern"])
    antenna_db = np.minimum(
        horizontal_attenuation_db(pattern, azimuth) + vertical_attenuation_db(pattern, below),
        FRONT_TO_BACK_DB[pattern],
    )
    sent_dbm = (
        10 * np.log10(sector["power_w"] * 1000)
        - 10 * np.log10(12 * sector["resource_blocks"])
        + sector["gain_dbi"]
        - sector["feeder_loss_db"]
        - body_loss_db
    )
    within = np.clip(distance_m, 10.0, 5000.0)
    loss = {
        state: MODELS[model].path_loss_db(
            within,
            frequency_ghz=sector["frequency_mhz"] / 1e3,
            base_height_m=height_m,
            state=state,
        )
        for state in ("los", "nlos")
    }
    seen = MODELS[model].los_probability(within)
    clear, hidden = (sent_dbm - antenna_db - loss[state] for state in ("los", "nlos"))
    return seen * clear + (1 - seen) * hidden, clear, hidden, seen, true_m


def coverage(
    sectors: pd.DataFrame,
    x: Array,
    y: Array,
    *,
    threshold_dbm: float,
    load: float,
    noise_dbm: float,
) -> dict[str, Array]:
    """Return the layers of a map at the points (x, y), all sectors on one carrier."""
    best, second = np.full(x.shape, -np.inf), np.full(x.shape, -np.inf)
    server, second_server = np.full(x.shape, -1), np.full(x.shape, -1)
    chance, total = np.zeros(x.shape), np.zeros(x.shape)
    for row, (_, sector) in enumerate(sectors.iterrows()):
        mean, clear, hidden, seen, distance_m = sector_levels(sector, x, y)
        mean = np.where(distance_m <= 5000.0, mean, -np.inf)
        total += 10 ** (mean / 10)
        wins, places = mean > best, mean > second
        second = np.where(wins, best, np.where(places, mean, second))
        second_server = np.where(wins, server, np.where(places, row, second_server))
        best, server = np.where(wins, mean, best), np.where(wins, row, server)
        covered = seen * norm.sf(threshold_dbm, clear, 4.0)
        covered += (1 - seen) * norm.sf(threshold_dbm, hidden, 6.0)
        chance = np.where(wins, covered, chance)
    power = 10 ** (best / 10)
    sinr_db = 10 * np.log10(power / (load * (total - power) + 10 ** (noise_dbm / 10)))
    return {
        "level_dbm": best,
        "server": server,
        "second_level_dbm": second,
        "second_server": second_server,
        "sinr_db": sinr_db,
        "probability": chance,
    }
