"""Time and memory of coverage maps of Hanoi by 12,000 sites of three sectors, as Markdown tables.

    python benchmarks/coverage_map.py

Every measurement is a fresh process that computes all layers into memory, after a few cells have
warmed up the compiler; what numba compiles is kept beside the package. The network is simulated:
one operator with a three-sector site for every base station, all on one carrier of 100 MHz.

The plain way (`coverage_plain.py`) does the same by NumPy, site after site. On fine cells it is
timed on a sample of sites and scaled to all, since all would take hours.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from measuring import in_own_process, machine

_HERE = Path(__file__).parent
_SITES = 12_000
_SAMPLE = {30.0: 600, 10.0: 100}
_LIBRARIES = ("numpy", "numba", "dask", "xarray")


def measure(**spec: Any) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    given = {"bts": _SITES, "scheduler": "threads", "workers": 2, **spec}
    environment = os.environ | {"PYTHONPATH": str(_HERE.parent), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, _HERE / "coverage_measure.py", json.dumps(given)]
    return in_own_process(command, environment)


def sizes(resolutions_m: list[float]) -> dict[float, dict[str, Any]]:
    """Print time and memory by cell size."""
    print("\n| cells m | cells inside, million | s | CPU s | s per million cells | peak GB |")
    print("| --- | --- | --- | --- | --- | --- |")
    found = {}
    for resolution_m in resolutions_m:
        run = found[resolution_m] = measure(what="map", resolution_m=resolution_m)
        million = run["cells_inside"] / 1e6
        print(
            f"| {resolution_m:g} | {million:.2f} | {run['wall_s']:.1f} | {run['cpu_s']:.1f} | "
            f"{run['wall_s'] / million:.2f} | {run['peak_gb']:.2f} |",
            flush=True,
        )
    return found


def schedulers(resolution_m: float) -> None:
    """Print time by workers, and whether the arrays are the same bit for bit."""
    print(f"\n| workers, cells of {resolution_m:g} m | s | same bits |\n| --- | --- | --- |")
    first = ""
    for name, workers in (("threads", 1), ("threads", 2), ("processes", 2)):
        run = measure(what="map", resolution_m=resolution_m, scheduler=name, workers=workers)
        first = first or run["digest"]
        same = "yes" if run["digest"] == first else "no"
        print(f"| {workers} {name} | {run['wall_s']:.1f} | {same} |", flush=True)


def beside_plain(resolutions_m: list[float], ours: dict[float, dict[str, Any]]) -> None:
    """Print the time of the plain way beside ours."""
    print("\n| cells m | plain NumPy s | this package s | times | largest difference dB |")
    print("| --- | --- | --- | --- | --- |")
    for resolution_m in resolutions_m:
        sample = _SAMPLE.get(resolution_m)
        run = measure(what="plain", resolution_m=resolution_m, sample=sample)
        wall = ours[resolution_m]["wall_s"]
        apart = [run.get(f"largest_difference_{n}") for n in ("level_dbm", "sinr_db")]
        shown = "–" if sample else f"level {apart[0]:.3f}, SINR {apart[1]:.3f}"
        mark = f" ({sample} sites, scaled)" if sample else ""
        print(
            f"| {resolution_m:g} | {run['wall_s']:.0f}{mark} | {wall:.1f} | "
            f"{run['wall_s'] / wall:.0f} | {shown} |",
            flush=True,
        )


def people(resolution_m: float, draws: int) -> None:
    """Print the time of people served by ward."""
    run = measure(what="people", resolution_m=resolution_m, draws=draws)
    print(
        f"\nPeople served in 126 wards at three thresholds, {draws} draws of correlated fading, "
        f"cells of {resolution_m:g} m: {run['wall_s']:.1f} s, {run['peak_gb']:.2f} GB."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="cells of 60 m and larger only")
    chosen = parser.parse_args()
    print(machine(*_LIBRARIES))
    widths = [200.0, 100.0, 60.0] if chosen.quick else [100.0, 60.0, 30.0, 20.0, 10.0]
    measured = sizes(widths)
    schedulers(60.0 if chosen.quick else 30.0)
    beside_plain([100.0] if chosen.quick else [100.0, 30.0, 10.0], measured)
    people(60.0 if chosen.quick else 30.0, 100)
