"""What lies between a satellite and the ground: clouds, their rims and shadows, missing strips."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]

# Clouds are ellipses that overlap; their mean radius is lognormal.
_RADIUS_M, _RADIUS_SPREAD = 2_000.0, 0.5
_RIM_M = 300.0
# The morning sun stands in the south-east: so far away is the cloud that shades a place.
_SHADED_FROM_M = (900.0, 750.0)
# Clouds of a scene are spread over the ground and this much around it.
_MARGIN_M = 8_000.0
_STRIP_PROBABILITY, _STRIP_SHARE = 0.4, 0.15
# Bits of QA_PIXEL. A confidence of 1 is low and 3 is high; that of snow (bit 12) and of cirrus
# (bit 14) is low everywhere.
_FILL, _DILATED, _CLOUD, _SHADOW, _CLEAR, _WATER = (1 << bit for bit in (0, 1, 3, 4, 6, 7))
_LOW, _HIGH_CLOUD, _HIGH_SHADOW = 0b0101_0101_0000_0000, 2 << 8, 2 << 10

Blobs = list[tuple[float, float, float, float, float]]


class Sky(NamedTuple):
    """What hides each cell of a block, (y, x)."""

    cloud: Mask
    rim: Mask
    shadow: Mask
    missing: Mask

    def thickness(self, rim_share: float) -> npt.NDArray[np.float32]:
        """1 under a cloud, less under its rim, 0 elsewhere."""
        return np.where(self.cloud, 1.0, rim_share * self.rim).astype(np.float32)

    def quality(self, water: Mask) -> npt.NDArray[np.uint16]:
        """Return QA_PIXEL as Landsat's Collection 2 writes it."""
        bits = np.full(water.shape, _LOW, "uint16")
        bits |= np.where(self.cloud, _CLOUD | _HIGH_CLOUD, 0).astype("uint16")
        bits |= np.where(self.rim, _DILATED, 0).astype("uint16")
        bits |= np.where(self.shadow, _SHADOW | _HIGH_SHADOW, 0).astype("uint16")
        bits |= np.where(self.cloud | self.rim, 0, _CLEAR).astype("uint16")
        bits |= np.where(water, _WATER, 0).astype("uint16")
        return np.where(self.missing, _FILL, bits).astype("uint16")


def sky(
    rng: np.random.Generator,
    *,
    tile_m: tuple[Metres, Metres],
    whole_m: tuple[Metres, Metres],
    cell_m: float,
    cloud_share: float,
) -> Sky:
    """Draw the clouds and the missing strip of a whole scene; return those over one block.

    Parameters
    ----------
    rng : numpy.random.Generator
        Of the scene: the same for each of its blocks.
    tile_m, whole_m : tuple of numpy.ndarray
        Northings of the rows and eastings of the columns, of the block and of the scene.
    cell_m : float
        Side of a cell.
    cloud_share : float
        Expected share of the ground under clouds; scenes differ widely about it.
    """
    y, x = tile_m
    strip = _strip(rng, tile_m, whole_m)
    blobs = _blobs(rng, whole_m, cloud_share)
    # A cloud to the south-east, maybe outside the block, shades a cell: so more is drawn around.
    east, south = (round(length / cell_m) for length in _SHADED_FROM_M)
    around_y = y[0] + cell_m * (south - np.arange(y.size + 2 * south))
    around_x = x[0] + cell_m * (np.arange(x.size + 2 * east) - east)
    cloud, rim = _under(blobs, around_y, around_x)
    block = np.s_[south : south + y.size, east : east + x.size]
    over, shadow = cloud[block], cloud[2 * south :, 2 * east :]
    return Sky(over, rim[block] & ~over, shadow & ~over, strip)


def _blobs(rng: np.random.Generator, whole_m: tuple[Metres, Metres], cloud_share: float) -> Blobs:
    """Ellipses thrown at random: x, y, half axes, direction.

    Discs thrown so that n of mean area a fall on an area A leave the part exp(−n·a/A) bare.
    """
    if cloud_share == 0:
        return []
    share = min(float(rng.beta(1.2, 1.2 * (1 - cloud_share) / cloud_share)), 0.97)
    y, x = whole_m
    low = np.array([x[0], y[-1]]) - _MARGIN_M
    high = np.array([x[-1], y[0]]) + _MARGIN_M
    mean_area = np.pi * _RADIUS_M**2 * np.exp(2 * _RADIUS_SPREAD**2)
    count = rng.poisson(-np.log1p(-share) * np.prod(high - low) / mean_area)
    places = rng.uniform(low, high, (count, 2))
    radius = _RADIUS_M * rng.lognormal(0, _RADIUS_SPREAD, count)
    stretch = rng.uniform(0.7, 1.4, count)
    turn = rng.uniform(0, np.pi, count)
    return [
        (float(x), float(y), float(r * s), float(r / s), float(t))
        for (x, y), r, s, t in zip(places, radius, stretch, turn, strict=True)
    ]


def _under(blobs: Blobs, y: Metres, x: Metres) -> tuple[Mask, Mask]:
    """Return what lies under the ellipses, and under them made wider by a rim."""
    cloud, near = (np.zeros((y.size, x.size), dtype=bool) for _ in range(2))
    for centre_x, centre_y, a, b, turn in blobs:
        wider = 1 + _RIM_M / min(a, b)
        reach = max(a, b) * wider
        # Northings fall from row to row.
        first, last = np.searchsorted(-y, (-centre_y - reach, -centre_y + reach))
        left, right = np.searchsorted(x, (centre_x - reach, centre_x + reach))
        if first == last or left == right:
            continue
        part = np.s_[first:last, left:right]
        across = (x[left:right] - centre_x).astype(np.float32)
        up = (y[first:last, None] - centre_y).astype(np.float32)
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        along = (across * cos + up * sin) / np.float32(a)
        aside = (up * cos - across * sin) / np.float32(b)
        distance = along * along + aside * aside
        cloud[part] |= distance <= 1
        near[part] |= distance <= np.float32(wider**2)
    return cloud, near


def _strip(
    rng: np.random.Generator, tile_m: tuple[Metres, Metres], whole_m: tuple[Metres, Metres]
) -> Mask:
    """A slanted strip at the western or eastern edge, as where a scene's swath ends."""
    falls, west_side, width = rng.random(3)
    (y, x), (whole_y, whole_x) = tile_m, whole_m
    if falls > _STRIP_PROBABILITY:
        return np.zeros((y.size, x.size), dtype=bool)
    reach = width * _STRIP_SHARE * (whole_x[-1] - whole_x[0]) + 0.1 * (y - whole_y[-1])[:, None]
    if west_side < 0.5:
        return np.asarray(x[None, :] - whole_x[0] < reach)
    return np.asarray(whole_x[-1] - x[None, :] < reach)
