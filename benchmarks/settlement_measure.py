"""One measurement of the classification, in a process of its own: prints a line of JSON.

python benchmarks/settlement_measure.py '{"what": "classify", "folder": …, "warm_folder": …}'
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import dask
import distributed
import numpy as np
import rasterio
import rioxarray
import xarray as xr
from measuring import peak_gb
from numpy.typing import NDArray
from scipy import ndimage
from settlement_world import NAMES

from hanoi_analytics import cluster
from hanoi_analytics.urbanisation import settlement

Seconds = dict[str, float]
_QUEEN = np.ones((3, 3))


def classify(spec: dict[str, Any]) -> dict[str, Any]:
    """Time reading, classifying and writing, after a small world has warmed up the compiler."""
    output = Path(spec["folder"]) / f"classes_{spec['scheduler']}_{spec['level']}.tif"
    with _scheduler(spec["scheduler"], spec["workers"]) as lock:
        _classified(Path(spec["warm_folder"]), spec | {"chunk": 256}, output, lock)
        before = peak_gb()
        runs = [
            _timed(lambda: _classified(Path(spec["folder"]), spec, output, lock))
            for _ in range(spec["repeats"])
        ]
        result = _median(runs) | {"peak_gb": peak_gb(), "warm_gb": before}
    return result | {"classes": _counts(output)}


def first_call(spec: dict[str, Any]) -> dict[str, Any]:
    """Time the first classifications of a process, both levels, of a world of few cells."""
    output = Path(spec["warm_folder"]) / "classes.tif"

    def both() -> Seconds:
        for level in (1, 2):
            run = spec | {"level": level, "chunk": 256, "grids": "all"}
            _classified(Path(spec["warm_folder"]), run, output, threading.Lock())
        return {}

    return _timed(both)


def plain_labels(spec: dict[str, Any]) -> dict[str, Any]:
    """Time two passes of scipy's labels, and the people of each, on a whole array in memory."""
    with rasterio.open(Path(spec["folder"]) / "population.tif") as file:
        people = file.read(1)

    def both() -> Seconds:
        for least, structure in ((300, _QUEEN), (1500, None)):
            labels, count = ndimage.label(people >= least, structure=structure)
            np.bincount(labels.ravel(), weights=people.ravel(), minlength=count + 1)
        return {}

    runs = [_timed(both) for _ in range(spec["repeats"])]
    return _median(runs) | {"peak_gb": peak_gb()}


def _scheduler(name: str, workers: int) -> AbstractContextManager[Any]:
    """Return a context in which Dask works so, and that gives the lock for writing."""
    return _Processes(workers) if name == "processes" else _Threads(workers)


class _Threads(AbstractContextManager[Any]):
    def __init__(self, workers: int) -> None:
        self._setting = dask.config.set(scheduler="threads", num_workers=workers)

    def __enter__(self) -> Any:
        self._setting.__enter__()
        return threading.Lock()

    def __exit__(self, *error: object) -> None:
        self._setting.__exit__(*error)


class _Processes(AbstractContextManager[Any]):
    def __init__(self, workers: int) -> None:
        self._client = cluster.client(workers=workers)

    def __enter__(self) -> Any:
        return distributed.Lock("classes")

    def __exit__(self, *error: object) -> None:
        self._client.close()


def _timed(do: Callable[[], Seconds]) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    parts = do()
    return parts | {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def _median(runs: list[Seconds]) -> dict[str, Any]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _classified(folder: Path, spec: dict[str, Any], output: Path, lock: Any) -> Seconds:
    """Read lazily, classify, write; return how long the clusters took and how long the rest."""
    chosen = NAMES if spec["grids"] == "all" else NAMES[:1]
    grids: list[xr.DataArray | None] = [_lazy(folder / f"{n}.tif", spec["chunk"]) for n in chosen]
    population, land, built = grids + [None] * (3 - len(grids))
    start = time.perf_counter()
    level: Literal[1, 2] | str = spec["level"]
    if level == "1 + 2":
        found = settlement.classify_levels(population, land, built)
        written = {output.with_suffix(".level_1.tif"): found["level_1"], output: found["level_2"]}
    else:
        written = {output: settlement.classify(population, land, built, level=level)}
    clustered = time.perf_counter()
    for path, classes in written.items():
        classes.rio.to_raster(
            path,
            lock=lock,
            tiled=True,
            blockxsize=512,
            blockysize=512,
            compress="zstd",
            zstd_level=1,
            bigtiff="if_safer",
        )
    return {"clusters_s": clustered - start, "classes_s": time.perf_counter() - clustered}


def _lazy(path: Path, chunk: int) -> Any:
    return rioxarray.open_rasterio(
        path, chunks={"y": chunk, "x": chunk}, lock=False, masked=True
    ).squeeze("band", drop=True)


def _counts(path: Path) -> dict[str, int]:
    """Return the cells of each class, to tell whether two runs gave the same."""
    total: NDArray[np.int64] = np.zeros(256, np.int64)
    with rasterio.open(path) as file:
        for _, window in file.block_windows(1):
            total += np.bincount(file.read(1, window=window).ravel(), minlength=256)
    return {str(value): int(total[value]) for value in np.flatnonzero(total)}


_TASKS = {"classify": classify, "first_call": first_call, "plain_labels": plain_labels}

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(_TASKS[given["what"]](given)))
