"""Satellite scenes of an imaginary Hanoi, with everything known that an analysis should find.

The city is built over from its centre outward. Land that is built over loses its green and is
warmer by a known number of degrees; every place warms by a known number of degrees a year. Over it
lie clouds, their shadows, missing strips, seasons and noise. The numbers are stored as in scenes of
Landsat's Collection 2, Level 2: counts, and the bits of ``QA_PIXEL``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import dask.array as da
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.simulated.clouds import Sky, sky
from hanoi_analytics.environment.simulated.landscape import (
    MIDDLE_M,
    START_YEAR,
    Floats,
    Ground,
    Place,
    ground,
)

BANDS = ("red", "nir", "swir1", "thermal", "quality")

_YEARS = tuple(range(2018, 2026))
# The whole city: 90.6 km from north to south, 76.2 km from west to east.
_CELLS, _RESOLUTION_M = (604, 508), 150.0
# Reflectance in red, near infrared and short-wave infrared.
_GREEN, _BUILT, _WATER, _CLOUD = (
    np.array(values, dtype=np.float32)[:, None, None]
    for values in ([0.05, 0.34, 0.16], [0.15, 0.19, 0.24], [0.05, 0.03, 0.02], [0.6, 0.6, 0.45])
)
_RIM_CLOUD_SHARE = 0.3
_WATER_C, _CLOUD_C, _SHADOW_C, _LAPSE_C_PER_M = -3.0, -15.0, -2.0, -0.0065
_NOISE_REFLECTANCE, _NOISE_C, _WEATHER_C = 0.008, 0.8, 0.4
# Stored counts of Collection 2, Level 2.
_REFLECTANCE_STEP, _REFLECTANCE_START = 0.0000275, -0.2
_KELVIN_STEP, _KELVIN_START, _FREEZING_K = 0.00341802, 149.0, 273.15


@dataclass(frozen=True)
class _Scenes:
    place: Place
    times: tuple[pd.Timestamp, ...]
    heat_island_c: float
    warming_c_per_year: float
    cloud_share: float


def scenes(
    *,
    seed: int,
    years: Sequence[int] = _YEARS,
    scenes_per_year: int = 4,
    resolution_m: float = _RESOLUTION_M,
    cells: tuple[int, int] = _CELLS,
    middle_m: tuple[float, float] = MIDDLE_M,
    heat_island_c: float = 3.0,
    warming_c_per_year: float = 0.1,
    cloud_share: float = 0.3,
) -> xr.DataArray:
    """Make scenes of an imaginary Hanoi, lazily.

    Each block, one scene by 512 × 512 cells, is seeded by itself: by the seed, the scene's year
    and number in it, and its place. So a scene is the same to the bit whichever other years are
    asked for, in whatever order blocks are made, and however they are chunked afterwards.

    Parameters
    ----------
    seed : int
        Of everything drawn.
    years : sequence of int
        In order.
    scenes_per_year : int
        Evenly spread over each year.
    resolution_m : float
        Side of a cell.
    cells : tuple of int
        Rows and columns.
    middle_m : tuple of float
        Easting and northing of the grid's middle, in metres of EPSG:32648; by default the middle
        of the city's bounds, 20 km to the west of its centre.
    heat_island_c : float
        How much warmer a cell is that is wholly built over than one that is not, in °C.
    warming_c_per_year : float
        Of every cell, besides.
    cloud_share : float
        Share of the ground under clouds, on average over scenes; 0 for clear skies.

    Returns
    -------
    xarray.DataArray, (band, time, y, x), uint16, EPSG:32648
        Bands ``red, nir, swir1, thermal, quality`` as delivered: reflectance is
        ``0.0000275 × count − 0.2``, surface temperature ``0.00341802 × count + 149`` K, 0 is
        missing, and ``quality`` holds the bits of QA_PIXEL. ``.to_dataset("band")`` gives one
        variable for each band. Times are in UTC.

    Raises
    ------
    EnvironmentDataError
        Numbers that make no scene.

    Examples
    --------
    >>> made = scenes(seed=1, years=[2020], scenes_per_year=2, cells=(4, 4)).to_dataset("band")
    >>> sorted(made), dict(made.sizes), made["red"].dtype
    (['nir', 'quality', 'red', 'swir1', 'thermal'], {'time': 2, 'y': 4, 'x': 4}, dtype('uint16'))
    """
    place = _place(seed, resolution_m, cells, middle_m)
    if not years or scenes_per_year < 1:
        raise EnvironmentDataError(
            f"years={list(years)}, scenes_per_year={scenes_per_year}: expected one or more of each"
        )
    if not 0 <= cloud_share < 1:
        raise EnvironmentDataError(f"cloud_share={cloud_share:g}: expected 0 or more, below 1")
    times = tuple(_time(year, n, scenes_per_year) for year in years for n in range(scenes_per_year))
    setting = _Scenes(place, times, heat_island_c, warming_c_per_year, cloud_share)
    values = da.map_blocks(
        _block,
        setting=setting,
        scenes_per_year=scenes_per_year,
        chunks=((len(BANDS),), (1,) * len(times), *place.chunks),
        dtype="uint16",
        meta=np.empty((0, 0, 0, 0), "uint16"),
    )
    made = xr.DataArray(
        values,
        {"band": list(BANDS), "time": np.array(times, dtype="datetime64[ns]")},
        ("band", "time", "y", "x"),
        name="scenes",
    )
    placed: xr.DataArray = place.georeferenced(made).rio.write_nodata(0)
    return placed


def truth(
    *,
    seed: int,
    years: Sequence[int] = _YEARS,
    resolution_m: float = _RESOLUTION_M,
    cells: tuple[int, int] = _CELLS,
    middle_m: tuple[float, float] = MIDDLE_M,
) -> xr.Dataset:
    """Return what is true of the land in `scenes` made with the same arguments.

    Parameters
    ----------
    seed, years, resolution_m, cells, middle_m
        As for :func:`scenes`.

    Returns
    -------
    xarray.Dataset
        ``built_up_share`` and ``ndvi`` (year, y, x), lazy, in the middle of each year, the latter
        without season and noise; ``water`` and ``park`` (y, x). The heat island between two sets of
        cells is `heat_island_c` times the difference of their mean ``built_up_share``.

    Examples
    --------
    >>> known = truth(seed=1, years=[2018, 2025], cells=(20, 20), middle_m=(588_600, 2_325_400))
    >>> share = known["built_up_share"].mean(("y", "x"))
    >>> bool(share[1] >= share[0])
    True
    """
    place = _place(seed, resolution_m, cells, middle_m)
    changing = da.map_blocks(
        _true_block,
        place=place,
        years=tuple(years),
        chunks=((2,), (len(years),), *place.chunks),
        dtype="float32",
        meta=np.empty((0, 0, 0, 0), "float32"),
    )
    still = _still(place)
    arrays = {
        name: xr.DataArray(changing[number], {"year": list(years)}, ("year", "y", "x"))
        for number, name in enumerate(("built_up_share", "ndvi"))
    }
    arrays["water"] = xr.DataArray(still[0] > 0, dims=("y", "x"))
    arrays["park"] = xr.DataArray(still[1] > 0, dims=("y", "x"))
    return xr.Dataset({name: place.georeferenced(array) for name, array in arrays.items()})


def elevation(
    *,
    seed: int,
    resolution_m: float = _RESOLUTION_M,
    cells: tuple[int, int] = _CELLS,
    middle_m: tuple[float, float] = MIDDLE_M,
) -> xr.DataArray:
    """Return the height of the imaginary land: a plain, and hills where Hanoi has hills.

    Parameters
    ----------
    seed, resolution_m, cells, middle_m
        As for :func:`scenes`.

    Returns
    -------
    xarray.DataArray, (y, x), float32, metres

    Examples
    --------
    >>> ba_vi = elevation(seed=1, cells=(3, 3), middle_m=(538_500, 2_329_000))
    >>> bool(ba_vi.max() > 1_000)
    True
    """
    place = _place(seed, resolution_m, cells, middle_m)
    made = xr.DataArray(_still(place)[2], dims=("y", "x"), name="elevation_m")
    placed: xr.DataArray = place.georeferenced(made).rio.write_nodata(np.nan)
    return placed.assign_attrs(units="m")


def _place(
    seed: int, resolution_m: float, cells: tuple[int, int], middle_m: tuple[float, float]
) -> Place:
    if not resolution_m > 0 or min(cells) < 1:
        raise EnvironmentDataError(
            f"resolution_m={resolution_m:g}, cells={cells}: expected more than 0 metres and "
            f"at least one row and column"
        )
    return Place(seed, float(resolution_m), (cells[0], cells[1]), (middle_m[0], middle_m[1]))


def _time(year: int, number: int, scenes_per_year: int) -> pd.Timestamp:
    day = int((number + 0.5) * 365 / scenes_per_year)
    # Landsat crosses Hanoi at about 10:20 in the morning, UTC+7.
    return pd.Timestamp(year, 1, 1, 3, 20) + pd.Timedelta(days=day)


# A scene needs the same ground as the one before it; few blocks are kept, so memory stays small.
_ground = lru_cache(maxsize=4)(ground)


def _block(
    *, setting: _Scenes, scenes_per_year: int, block_id: tuple[int, ...]
) -> npt.NDArray[np.uint16]:
    _, scene, row, column = block_id
    time = setting.times[scene]
    land = _ground(setting.place, row, column)
    drawn = [setting.place.seed, time.year, scene % scenes_per_year]
    above = sky(
        np.random.default_rng([*drawn, 1]),
        tile_m=setting.place.tile_m(row, column),
        whole_m=setting.place.centres_m,
        cell_m=setting.place.resolution_m,
        cloud_share=setting.cloud_share,
    )
    thickness = above.thickness(_RIM_CLOUD_SHARE)
    noise = np.random.default_rng([*drawn, 3, row, column])
    built_up = land.built_up_share(_decimal_year(time))
    # Two harvests of rice a year.
    vigour = float(np.cos(4 * np.pi * (time.day_of_year - 105) / 365.25))
    reflectance = _seen(_reflectance(land, built_up, vigour), above, thickness)
    reflectance += _NOISE_REFLECTANCE * noise.standard_normal(reflectance.shape, np.float32)
    weather_c = np.random.default_rng([*drawn, 2]).normal(0, _WEATHER_C)
    celsius = _plain_c(setting, time) + weather_c + setting.heat_island_c * built_up
    celsius += _LAPSE_C_PER_M * land.elevation_m + _WATER_C * land.water
    celsius += _CLOUD_C * thickness + _SHADOW_C * above.shadow
    celsius += _NOISE_C * noise.standard_normal(celsius.shape, np.float32)
    counts = np.empty((len(BANDS), 1, *land.water.shape), "uint16")
    counts[:3, 0] = np.clip(
        (reflectance - _REFLECTANCE_START) / _REFLECTANCE_STEP + 0.5, 7273, 43636
    )
    counts[3, 0] = (celsius + _FREEZING_K - _KELVIN_START) / _KELVIN_STEP + 0.5
    counts[:4, 0] *= ~above.missing
    counts[4, 0] = above.quality(land.water)
    return counts


def _plain_c(setting: _Scenes, time: pd.Timestamp) -> float:
    """Expected surface temperature of open land at sea level."""
    season_c = -9 * np.cos(2 * np.pi * (time.day_of_year - 15) / 365.25)
    warmer_c = setting.warming_c_per_year * (_decimal_year(time) - START_YEAR)
    return float(26 + season_c + warmer_c)


def _decimal_year(time: pd.Timestamp) -> float:
    return float(time.year + (time.day_of_year - 1) / 365.25)


def _reflectance(land: Ground, built_up: Floats, vigour: float) -> Floats:
    """Return red, near and short-wave infrared, (3, y, x), of a clear and noiseless scene."""
    green = np.repeat(_GREEN, land.water.shape[0], axis=1).repeat(land.water.shape[1], axis=2)
    green[1] += np.float32(0.05 * vigour) + np.float32(0.02) * land.texture
    return np.where(land.water, _WATER, green + built_up * (_BUILT - green)).astype(np.float32)


def _seen(reflectance: Floats, above: Sky, thickness: Floats) -> Floats:
    lit = reflectance * np.where(above.shadow, np.float32(0.5), np.float32(1))
    return np.asarray(lit + thickness * (_CLOUD - lit), np.float32)


def _true_block(*, place: Place, years: tuple[int, ...], block_id: tuple[int, ...]) -> Floats:
    land = _ground(place, *block_id[2:])
    known = np.empty((2, len(years), *land.water.shape), np.float32)
    for number, year in enumerate(years):
        known[0, number] = land.built_up_share(year + 0.5)
        red, nir, _ = _reflectance(land, known[0, number], 0.0)
        known[1, number] = (nir - red) / (nir + red)
    return known


def _still(place: Place) -> da.Array:
    """Water, parks and height, (3, y, x)."""
    return da.map_blocks(
        _still_block,
        place=place,
        chunks=((3,), *place.chunks),
        dtype="float32",
        meta=np.empty((0, 0, 0), "float32"),
    )


def _still_block(*, place: Place, block_id: tuple[int, ...]) -> Floats:
    land = _ground(place, *block_id[1:])
    return np.stack([land.water, land.park, land.elevation_m]).astype(np.float32)
