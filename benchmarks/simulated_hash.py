"""Time and memory of telling a simulated raster by its hash, as a Markdown table.

    python benchmarks/simulated_hash.py [--rows 1800 --columns 1824]

32 simulated scenes are loaded from the catalogue, which hashes them block by block, and, the other
side, generated and hashed whole. Each run is a fresh process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time

from measuring import in_own_process, machine, peak_gb, table

from hanoi_analytics import catalogue
from hanoi_analytics.environment.simulated import land

_YEARS = list(range(2018, 2026))


def measure(way: str, cells: tuple[int, int]) -> None:
    """Print size, time and memory, as a line of JSON."""
    start = time.perf_counter()
    if way == "whole":
        scenes = land.scenes(seed=1, years=_YEARS, cells=cells)
        hashlib.sha256(scenes.to_numpy().tobytes()).hexdigest()
    else:
        scenes = catalogue.load("hanoi_scenes_simulated", years=_YEARS, cells=cells)
    took = time.perf_counter() - start
    print(json.dumps({"gb": scenes.nbytes / 1e9, "wall_s": took, "peak_gb": peak_gb()}))


def main() -> None:
    """Run both ways in processes of their own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1800)
    parser.add_argument("--columns", type=int, default=1824)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", choices=["blocks", "whole"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, (options.rows, options.columns))
        return
    print(machine("dask", "numpy", "xarray"))
    size = ["--rows", str(options.rows), "--columns", str(options.columns)]
    rows = []
    for way in ("blocks", "whole"):
        command = [sys.executable, __file__, *size, "--measure", way]
        runs = [in_own_process(command) for _ in range(options.repeats)]
        wall_s, most_gb = min(run["wall_s"] for run in runs), max(run["peak_gb"] for run in runs)
        rows.append((way, f"{runs[0]['gb']:.2f}", f"{wall_s:.1f}", f"{most_gb:.2f}"))
    print(table("way|GB of scenes|s|peak GB", rows))


if __name__ == "__main__":
    main()
