"""Zonal statistics of a raster larger than is wanted in memory, as a Markdown table.

    python benchmarks/zonal.py [--rows 25000 --columns 30000] [--folder /big/disk]

Mean, sum, count, lowest and highest value of the wards of Hanoi, on a made-up float32 raster in a
tiled GeoTIFF (deflate), by `rasters.zonal_stats`, by exactextract alone in both of its orders, and
by a plain windowed pass that counts a cell wholly where its centre lies in a ward. Each run is a
fresh process; the file lies in the page cache, as it was written just before. GDAL, which would
keep blocks in a twentieth of the machine's memory, may keep 64 MB in every run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numba
import numpy as np
import rasterio
from exactextract import exact_extract
from measuring import in_own_process, machine, peak_gb
from rasterio.transform import from_bounds
from rasterio.windows import Window
from shapely import MultiPolygon, get_parts

from hanoi_analytics import places, rasters

_STATS = ["mean", "sum", "count", "min", "max"]
_BLOCK = 512


def wards() -> gpd.GeoDataFrame:
    """Return the wards in metres, all of one kind of shape."""
    found = places.wards("approximate")[["code", "geometry"]].to_crs(32648)
    return found.set_geometry([MultiPolygon(get_parts(shape).tolist()) for shape in found.geometry])


def make(path: Path, rows: int, columns: int) -> None:
    """Write a raster over the wards: a slope with noise, in steps that compress as real ones do."""
    transform = from_bounds(*wards().total_bounds, columns, rows)
    draw = np.random.default_rng(1)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
        crs=32648, transform=transform, nodata=np.nan, tiled=True, blockxsize=_BLOCK,
        blockysize=_BLOCK, compress="deflate", predictor=3, bigtiff="if_safer",
        num_threads="all_cpus",
    ) as file:  # fmt: skip
        for top in range(0, rows, _BLOCK):
            height = min(_BLOCK, rows - top)
            noise = draw.normal(0, 2, (height, columns)).astype("float32")
            line = np.linspace(20, 45, columns, dtype="float32") + top / rows
            file.write(np.round(line + noise, 1), 1, window=Window(0, top, columns, height))


def ours(path: Path) -> Any:
    """Open lazily, in small chunks to save memory, and count by blocks."""
    return rasters.zonal_stats(rasters.open_raster(path, chunk_mb=8), wards(), key="code")


def alone(path: Path, strategy: str) -> Any:
    """Let exactextract read the file itself."""
    return exact_extract(
        str(path), wards(), _STATS, include_cols=["code"], strategy=strategy, output="pandas",
        max_cells_in_memory=30_000_000,
    ).set_index("code")  # fmt: skip


@numba.njit(cache=False)
def _add(cells: Any, zones: Any, totals: Any) -> None:
    for row in range(cells.shape[0]):
        for column in range(cells.shape[1]):
            zone, value = zones[row, column], cells[row, column]
            if zone >= 0 and value == value:  # noqa: PLR0124 - not NaN
                totals[zone, 0] += value
                totals[zone, 1] += 1
                totals[zone, 2] = min(totals[zone, 2], value)
                totals[zone, 3] = max(totals[zone, 3], value)


def plain(path: Path) -> Any:
    """Burn the wards into strips of the file, and add up by a compiled loop."""
    areas = wards()
    totals = np.tile([0.0, 0.0, np.inf, -np.inf], (len(areas), 1))
    shapes = list(zip(areas.geometry, range(len(areas)), strict=True))
    with rasterio.open(path, num_threads="all_cpus") as file:
        for top in range(0, file.height, _BLOCK):
            window = Window(0, top, file.width, min(_BLOCK, file.height - top))
            cells = file.read(1, window=window)
            place = file.window_transform(window)
            _add(cells, rasters.burn(shapes, shape=cells.shape, transform=place), totals)
    found = areas[["code"]].assign(sum=totals[:, 0], count=totals[:, 1]).set_index("code")
    return found.assign(mean=found["sum"] / found["count"], min=totals[:, 2], max=totals[:, 3])


WAYS = {
    "`rasters.zonal_stats`": ours,
    "exactextract, one strip after another": lambda path: alone(path, "raster-sequential"),
    "exactextract, one ward after another": lambda path: alone(path, "feature-sequential"),
    "plain windowed pass, whole cells": plain,
}


def measure(path: Path, way: str) -> None:
    """Print time, memory and the mean of the wards' means, as a line of JSON."""
    start = time.perf_counter()
    table = WAYS[way](path)
    took = time.perf_counter() - start
    peak_mb = peak_gb() * 1e3
    totals = {name: float(table[name].mean()) for name in ("mean", "sum")}
    print(json.dumps({"wall_s": took, "peak_mb": peak_mb, **totals}))


def main() -> None:
    """Make the raster, run each way in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=25_000)
    parser.add_argument("--columns", type=int, default=30_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the raster is made; on a disk")
    parser.add_argument("--measure", nargs=2, metavar=("PATH", "WAY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(Path(options.measure[0]), options.measure[1])
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "raster.tif"
        make(path, options.rows, options.columns)
        report(path, options)


def report(path: Path, options: argparse.Namespace) -> None:
    """Print one row for each way: the quickest of its runs, and the most memory of them."""
    print(machine("exactextract", "rasterio", "dask", "numba"))
    print(
        f"{options.rows:,} × {options.columns:,} cells, {path.stat().st_size / 1e6:,.0f} MB, "
        f"{len(wards())} wards\n"
    )
    print("| Way | Seconds | Peak memory, MB | Mean of the wards' means |\n|---|---|---|---|")
    environment = os.environ | {"GDAL_CACHEMAX": "64", "PYTHONPATH": str(Path(__file__).parents[1])}
    for way in WAYS:
        command = [sys.executable, __file__, "--measure", str(path), way]
        runs = []
        for _ in range(options.repeats):
            runs.append(in_own_process(command, environment))
        wall_s, peak_mb = min(run["wall_s"] for run in runs), max(run["peak_mb"] for run in runs)
        print(f"| {way} | {wall_s:.1f} | {peak_mb:,.0f} | {runs[0]['mean']:.6f} |", flush=True)


if __name__ == "__main__":
    main()
