"""One measurement of trends, in a process of its own: prints a line of JSON.

python benchmarks/trends_measure.py '{"what": "ours", "cube": …, "variant": "original", …}'
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pandas as pd
import rioxarray
import xarray as xr
from dask.array import random as lazy_random
from measuring import peak_gb

from hanoi_analytics import cluster
from hanoi_analytics.environment.trends import cube_trend

YEARS = 24
CHUNK = 512
_GEOGRAPHY = {"crs": "EPSG:32648", "left": 535_000.0, "top": 2_365_000.0, "pixel_m": 30.0}


def make(spec: dict[str, Any]) -> dict[str, Any]:
    """Write a cube of rising values, noise and 3 % missing: as Zarr, and a COG for each year."""
    folder, (rows, columns) = Path(spec["folder"]), spec["size"]
    draws = lazy_random.RandomState(1)
    size, chunks = (YEARS, rows, columns), (YEARS, CHUNK, CHUNK)
    noise = draws.normal(size=size, chunks=chunks).astype(np.float32)
    gaps = draws.uniform(size=size, chunks=chunks) < 0.03
    rising = 0.05 * np.arange(YEARS, dtype=np.float32)[:, np.newaxis, np.newaxis]
    values = xr.DataArray(
        dask.array.where(gaps, np.float32(np.nan), noise + rising),
        {
            "time": pd.date_range("2001", periods=YEARS, freq="YS"),
            "y": _GEOGRAPHY["top"] - _GEOGRAPHY["pixel_m"] * (np.arange(rows) + 0.5),
            "x": _GEOGRAPHY["left"] + _GEOGRAPHY["pixel_m"] * (np.arange(columns) + 0.5),
        },
        ("time", "y", "x"),
        name="value",
    )
    values.to_zarr(folder / "cube.zarr")
    stored = xr.open_zarr(folder / "cube.zarr")["value"].rio.write_crs(_GEOGRAPHY["crs"])
    for year in range(YEARS):
        stored.isel(time=year, drop=True).load().rio.to_raster(
            folder / f"year_{year:02d}.tif",
            driver="COG",
            compress="deflate",
            blocksize=CHUNK,
        )
    zarr_bytes = sum(file.stat().st_size for file in (folder / "cube.zarr").rglob("*"))
    cog_bytes = sum(file.stat().st_size for file in folder.glob("year_*.tif"))
    return {"zarr_mb": zarr_bytes / 1e6, "cog_mb": cog_bytes / 1e6}


def ours(spec: dict[str, Any]) -> dict[str, Any]:
    """Time reading and trends, the results kept in memory, reduced, or written as Zarr."""
    folder = Path(spec["folder"])
    options = {"variant": spec["variant"]}
    warm = xr.DataArray(
        np.random.default_rng(0).normal(size=(YEARS, 8, 8)).astype(np.float32),
        {"time": pd.date_range("2001", periods=YEARS, freq="YS")},
        ("time", "y", "x"),
    )
    compiling = time.perf_counter()
    cube_trend(warm, **options)
    compiled_s = time.perf_counter() - compiling
    before = peak_gb()
    cube = _zarr(folder) if spec["source"] == "zarr" else _cogs(folder)
    with dask.config.set(scheduler="threads", num_workers=spec["workers"]):
        wall, cpu = time.perf_counter(), time.process_time()
        trends = cube_trend(cube, **options)
        if spec["result"] == "written":
            cluster.compute(trends.to_zarr(folder / "trends.zarr", mode="w", compute=False))
            mean = float("nan")
        elif spec["result"] == "reduced":
            (found,) = cluster.compute(trends.mean())
            mean = float(found.slope)
        else:
            (found,) = cluster.compute(trends)
            mean = float(found.slope.mean())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pixels = cube.sizes["y"] * cube.sizes["x"]
    return {
        "wall_s": wall,
        "cpu_s": cpu,
        "us_a_pixel": wall / pixels * 1e6,
        "peak_gb": peak_gb(),
        "warm_gb": before,
        "compiled_s": compiled_s,
        "mean_slope": mean,
    }


def peer(spec: dict[str, Any]) -> dict[str, Any]:
    """Time pymannkendall on a sample of pixels, and hold ours against its numbers."""
    import pymannkendall  # noqa: PLC0415 - the other side

    tests = {
        "original": pymannkendall.original_test,
        "hamed_rao": pymannkendall.hamed_rao_modification_test,
    }
    side = spec["side"]
    cube = _zarr(Path(spec["folder"])).isel(y=slice(side), x=slice(side)).load()
    rows = cube.to_numpy().astype(np.float64).reshape(YEARS, -1).T
    start = time.perf_counter()
    theirs = [tests[spec["variant"]](row) for row in rows]
    wall = time.perf_counter() - start
    found = cube_trend(cube, variant=spec["variant"])
    # A variance that Hamed and Rao's correction makes negative gives no p, on both sides.
    ours_p, theirs_p = found.p.to_numpy().ravel(), np.array([one.p for one in theirs])
    np.testing.assert_array_equal(np.isnan(ours_p), np.isnan(theirs_p))
    worst_p = np.nanmax(np.abs(ours_p - theirs_p))
    worst_slope = np.abs(found.slope.to_numpy().ravel() - [one.slope for one in theirs]).max()
    return {
        "wall_s": wall,
        "pixels": len(rows),
        "us_a_pixel": wall / len(rows) * 1e6,
        "worst_p": float(worst_p),
        "worst_slope": float(worst_slope),
    }


def _zarr(folder: Path) -> xr.DataArray:
    return xr.open_zarr(folder / "cube.zarr")["value"]


def _cogs(folder: Path) -> xr.DataArray:
    scenes: list[Any] = [
        rioxarray.open_rasterio(path, chunks={"y": CHUNK, "x": CHUNK}, lock=False)
        for path in sorted(folder.glob("year_*.tif"))
    ]
    times = pd.DatetimeIndex(_zarr(folder).indexes["time"], name="time")
    together = xr.concat([scene.squeeze("band", drop=True) for scene in scenes], times)
    return together.transpose("time", "y", "x")


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps({"make": make, "ours": ours, "peer": peer}[given["what"]](given)))
