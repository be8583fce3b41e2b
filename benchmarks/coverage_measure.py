"""One measurement of coverage maps, in a process of its own: prints a line of JSON.

python benchmarks/coverage_measure.py '{"what": "map", "resolution_m": 30, "scheduler": "threads"}'
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from typing import Any

import dask
import dask.array as da
import numpy as np
from coverage_plain import PlainMap
from measuring import peak_gb

from hanoi_analytics import catalogue, cluster, places
from hanoi_analytics.coverage.best_server import Radio, served, signal_map

_LAYERS = ("level_dbm", "server", "second_level_dbm", "second_server", "sinr_db", "probability")


def network(bts: int) -> Any:
    """Return one operator's sectors at every one of `bts` sites, on one carrier."""
    return catalogue.load(
        "hanoi_network_simulated", bts=bts, sites_per_bts=1.0, share_5g=1.0, operators=("Viettel",)
    )


def coverage_map(spec: dict[str, Any]) -> dict[str, Any]:
    """Time all layers of the map, kept in memory, after a few cells have warmed up the compiler."""
    sectors, wards = network(spec["bts"]), places.wards("approximate")
    signal_map(sectors, wards.iloc[:1], resolution_m=500).compute()
    before = peak_gb()
    with _scheduler(spec) as client:
        start, cpu = time.perf_counter(), time.process_time()
        found = signal_map(sectors, wards, resolution_m=spec["resolution_m"])
        layers = [found[name].data for name in _LAYERS]
        if client is None:
            kept = [np.empty(layer.shape, layer.dtype) for layer in layers]
            da.store(layers, kept, lock=False)
        else:
            kept = list(dask.compute(*layers))
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = peak_gb()  # before the map is looked at
    inside = int(np.isfinite(kept[-1][0]).sum())
    digest = hashlib.sha256()
    for layer in kept:
        digest.update(np.ascontiguousarray(layer))
    return {
        "cells_inside": inside,
        "cells": kept[0].size,
        "wall_s": wall,
        "cpu_s": cpu,
        "peak_gb": peak,
        "warm_gb": before,
        "digest": digest.hexdigest()[:12],
    }


def plain(spec: dict[str, Any]) -> dict[str, Any]:
    """Time the same map by NumPy, site after site; of a sample, say what all would take."""
    sectors, wards = network(spec["bts"]), places.wards("approximate")
    ours = signal_map(sectors, wards, resolution_m=spec["resolution_m"])
    grid = PlainMap(ours["x"].to_numpy(), ours["y"].to_numpy())
    sites = [group for _, group in sectors.groupby("site_id")]
    sample = spec.get("sample")
    if sample:
        order = np.random.default_rng(1).permutation(len(sites))[:sample]
        sites = [sites[k] for k in order]
    start = time.perf_counter()
    for site in sites:
        grid.add(site)
    added = (time.perf_counter() - start) * (len(sectors) / 3 / len(sites))
    start = time.perf_counter()
    layers = grid.finish()
    result = {"wall_s": added + time.perf_counter() - start, "peak_gb": peak_gb()}
    if not sample:
        ours = ours.compute()
        for name in ("level_dbm", "sinr_db"):
            apart = np.abs(ours[name].to_numpy() - layers[name])
            result[f"largest_difference_{name}"] = float(np.nanmax(apart))
    return result


def people(spec: dict[str, Any]) -> dict[str, Any]:
    """Time the people served by ward, with intervals."""
    grid = catalogue.load("hanoi_population_grid_simulated")
    sectors, wards = network(spec["bts"]), places.wards("approximate")
    served(sectors, wards.iloc[:1], grid, seed=1, draws=20, resolution_m=250)
    start = time.perf_counter()
    served(
        sectors, wards, grid, seed=1, draws=spec["draws"], resolution_m=spec["resolution_m"],
        radio=Radio(thresholds_dbm=(-120.0, -110.0, -100.0)),
    )  # fmt: skip
    return {"wall_s": time.perf_counter() - start, "peak_gb": peak_gb()}


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def _scheduler(spec: dict[str, Any]) -> Any:
    if spec["scheduler"] == "processes":
        return cluster.client(workers=spec["workers"])
    dask.config.set(scheduler="threads", num_workers=spec["workers"])
    return _Nothing()


_TASKS = {"map": coverage_map, "plain": plain, "people": people}

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(_TASKS[given["what"]](given)))
