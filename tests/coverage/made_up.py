"""Small networks for tests, placed in metres of EPSG:32648."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely import box

from hanoi_analytics.coverage.network.schema import COLUMNS

#: A place in Hanoi, on whole multiples of every cell size used here.
X, Y = 588_000.0, 2_325_000.0
SOURCE = {"id": "made-up", "tier": "simulated", "citation": "made up for a test"}


def sectors(
    x_m: Sequence[float],
    y_m: Sequence[float],
    azimuths_deg: Sequence[float] = (0.0,),
    **columns: object,
) -> pd.DataFrame:
    """Return a sector table of sites at (x, y) from the corner, with a sector for each azimuth."""
    longitude, latitude = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(
        np.asarray(x_m) + X, np.asarray(y_m) + Y
    )
    table = pd.DataFrame(
        {
            "site_id": [f"s{k:05d}" for k in range(len(longitude))],
            "longitude": longitude,
            "latitude": latitude,
        }
    ).merge(pd.DataFrame({"azimuth_deg": np.asarray(azimuths_deg, dtype=float)}), how="cross")
    table["sector_id"] = table["site_id"] + "-" + table.groupby("site_id").cumcount().astype(str)
    table = table.assign(
        operator="A", technology="NR", height_m=25.0, tilt_deg=4.0, band="n78",
        frequency_mhz=3750.0, bandwidth_mhz=100.0, subcarrier_spacing_khz=30,
        resource_blocks=273, power_w=200.0, gain_dbi=20.0, feeder_loss_db=0.5,
        pattern="parabolic65", position="simulated",
    ).assign(**columns)[list(COLUMNS)]  # fmt: skip
    table.attrs["source"] = SOURCE
    return table


def random_sectors(count: int, side_m: float, *, seed: int) -> pd.DataFrame:
    """Return three-sector sites spread at random over a square around (side/2, side/2)."""
    rng = np.random.default_rng(seed)
    table = sectors(
        rng.uniform(0, side_m, count), rng.uniform(0, side_m, count), (0.0, 120.0, 240.0)
    )
    turn = np.repeat(rng.uniform(0, 120, count), 3)
    return table.assign(
        azimuth_deg=(table["azimuth_deg"] + turn) % 360,
        height_m=np.repeat(rng.choice([15.0, 25.0, 42.0], count), 3),
        tilt_deg=np.repeat(rng.choice([2.0, 6.0, 10.0], count), 3),
    )


def areas(*corners_m: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return rectangles (west, south, east, north), in metres from the corner."""
    shapes = [
        box(X + west, Y + south, X + east, Y + north) for west, south, east, north in corners_m
    ]
    frame = gpd.GeoDataFrame(
        {"name": [str(k) for k in range(len(shapes))]}, geometry=shapes, crs=32648
    )
    frame.attrs["source"] = SOURCE
    return frame
