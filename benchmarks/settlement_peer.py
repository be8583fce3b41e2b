"""Level 1 by GOSTurban, run by an interpreter that has it: prints a line of JSON.

/tmp/peers/bin/python benchmarks/settlement_peer.py FOLDER REPEATS
"""

import json
import statistics
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import rasterio
from GOSTurban import UrbanRaster
from measuring import peak_gb


def cast_labels():
    """Let rasterio have the integers of 64 bits that it refuses."""
    shapes = UrbanRaster.features.shapes

    def cast(source, *args, **kwargs):
        if source.dtype == np.int64:
            source = source.astype(np.int32)
        return shapes(source, *args, **kwargs)

    UrbanRaster.features.shapes = cast


def level_1(path):
    """Find urban clusters and centres, as the package's own level 1 does."""
    with rasterio.open(path) as file:
        grid = UrbanRaster.urbanGriddedPop(file)
        grid.calculateUrban(300, 5_000, queen=True)
        grid.calculateUrban(1500, 50_000, smooth=True)


def measured(path, repeats):
    """Return the medians of wall and CPU seconds, and the peak memory."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        level_1(path)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {
        "wall_s": statistics.median(walls),
        "cpu_s": statistics.median(cpus),
        "peak_gb": peak_gb(),
        "version": version("gosturban"),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cast_labels()
    print(json.dumps(measured(str(Path(sys.argv[1]) / "population.tif"), int(sys.argv[2]))))
