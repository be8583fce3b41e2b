"""A drive test that nobody drove: imaginary sites, a known error of the model, dirty rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from hanoi_analytics.places.crosswalk import METRIC_CRS

Floats = npt.NDArray[np.float64]

#: What calibration should find: measured − predicted is OFFSET_DB at 1 km, and changes with
#: lg(distance) by SLOPE_DB_PER_DECADE.
OFFSET_DB = -4.0
SLOPE_DB_PER_DECADE = -3.0

_SHADOW_SIGMA_DB, _CORRELATION_M, _FAST_SIGMA_DB = 6.0, 50.0, 2.0
_STEP_M, _HALF_M = 12.0, 6000.0
_CENTRE = (105.85, 21.03)


def drive_test(*, seed: int, walks: int = 12, steps: int = 500) -> pd.DataFrame:
    """Draw the samples of receivers that drive along imaginary streets in the middle of Hanoi.

    Each drives straight on and turns by a right angle now and then. The level is that of a
    log-distance model with the strongest of 60 imaginary sites, plus the known error, shadow
    fading (σ 6 dB) with an exponential correlation of 50 m in the plane, and 2 dB of noise. One
    row in fifty is spoilt in one of the ways that real files are.

    Parameters
    ----------
    seed : int
        Of all draws.
    walks, steps : int
        Drives, and samples of each.

    Returns
    -------
    pandas.DataFrame, ``walks * steps`` rows
        ``drive``, ``second``, ``longitude``, ``latitude``, ``sector_id``, ``land_class``,
        ``distance_m``, ``predicted_dbm`` and ``level_dbm``.

    Examples
    --------
    >>> drive_test(seed=1, walks=2, steps=10).shape
    (20, 9)
    """
    rng = np.random.default_rng(seed)
    x, y = (_streets(rng, walks, steps).reshape(-1, 2)).T
    sites = rng.uniform(-_HALF_M, _HALF_M, (60, 2))
    away = np.hypot(x[:, None] - sites[:, 0], y[:, None] - sites[:, 1])
    server = away.argmin(axis=1)
    distance = np.hypot(away.min(axis=1), 23.5)
    decades = np.log10(distance / 1000)
    predicted = -106.0 - 36.0 * decades
    level = predicted + OFFSET_DB + SLOPE_DB_PER_DECADE * decades
    level += _SHADOW_SIGMA_DB * _field(rng, x, y) + rng.normal(0, _FAST_SIGMA_DB, x.size)
    to_metres = Transformer.from_crs("EPSG:4326", METRIC_CRS, always_xy=True)
    east, north = to_metres.transform(*_CENTRE)
    longitude, latitude = to_metres.transform(x + east, y + north, direction="INVERSE")
    from_centre = np.hypot(x, y)
    samples = pd.DataFrame(
        {
            "drive": np.repeat(np.arange(1, walks + 1), steps),
            "second": np.tile(np.arange(steps), walks),
            "longitude": longitude.round(6),
            "latitude": latitude.round(6),
            "sector_id": [f"imaginary {number + 1}" for number in server],
            "land_class": np.select(
                [from_centre < 2500, from_centre < 5000], ["dense", "built-up"], "open"
            ),
            "distance_m": distance.round(1),
            "predicted_dbm": predicted.round(1),
            "level_dbm": level.round(1),
        }
    )
    return _spoilt(samples, rng)


def _streets(rng: np.random.Generator, walks: int, steps: int) -> Floats:
    """Return positions in metres, (walks, steps, 2); the edge of the square turns drivers back."""
    turns = np.where(rng.random((walks, steps)) < 0.03, rng.choice([-1, 1], (walks, steps)), 0)
    quarter = rng.integers(0, 4, (walks, 1)) + np.cumsum(turns, axis=1)
    step = np.stack([np.cos(quarter * np.pi / 2), np.sin(quarter * np.pi / 2)], axis=2)
    start = rng.uniform(-_HALF_M, _HALF_M, (walks, 1, 2))
    free = start + _STEP_M * np.cumsum(step, axis=1)
    return np.abs((free + _HALF_M) % (4 * _HALF_M) - 2 * _HALF_M) - _HALF_M


def _field(rng: np.random.Generator, x: Floats, y: Floats, waves: int = 400) -> Floats:
    """Sum cosines so that the sum is nearly normal with correlation exp(−distance / 50 m).

    The spectrum of that correlation in the plane is a bivariate Cauchy distribution.
    """
    k = rng.normal(size=(2, waves)) / (np.abs(rng.normal(size=waves)) * _CORRELATION_M)
    phase = rng.uniform(0, 2 * np.pi, waves)
    waves_at = np.cos(np.outer(x, k[0]) + np.outer(y, k[1]) + phase)
    return np.asarray(np.sqrt(2 / waves) * waves_at.sum(axis=1), dtype=np.float64)


def _spoilt(samples: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Spoil one row in fifty: no level, stand-ins for it, no position, exchanged coordinates."""
    kinds = rng.choice(6, len(samples), p=[0.98, *[0.004] * 5])
    level = samples["level_dbm"].mask(kinds == 1).mask(kinds == 2, 2147483647.0)
    samples["level_dbm"] = level.mask(kinds == 3, 0.0)
    samples.loc[kinds == 4, ["longitude", "latitude"]] = 0.0
    exchanged = samples.loc[kinds == 5, ["latitude", "longitude"]].to_numpy()
    samples.loc[kinds == 5, ["longitude", "latitude"]] = exchanged
    return samples
