"""Time and memory of a cloud-masked median of many scenes, beside others, as Markdown tables.

    python benchmarks/scenes.py --peer /tmp/peers/bin/python

Every measurement is a fresh process that finds the scenes in a static STAC catalogue on disk,
reads them lazily and computes the median, after a few small scenes have warmed up the compiler. The
files lie in the page cache as far as it reaches: they were written just before.

The peer, stackstac, is no part of this project's environment; make it one of its own by

    uv venv --python 3.11 /tmp/peers
    uv pip install --python /tmp/peers stackstac rioxarray
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from measuring import in_own_process, machine, table

Result = dict[str, Any]

_HERE = Path(__file__).parent
_WARM = (3, 600, 600)
_TIME_LIMIT_S = 7200
_GOAL_GB = 2.5
_LIBRARIES = ("numpy", "numba", "dask", "xarray", "odc-stac", "rioxarray", "rasterio")


class Bench:
    """Runs measurements in fresh processes, on scenes made once in a folder."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder, self._options = folder, options
        self._environment = os.environ | {
            "NUMBA_CACHE_DIR": str(folder / "compiled"),
            "PYTHONPATH": str(_HERE.parent),
        }
        self._facts: dict[tuple[int, ...], Result] = {}
        self._warm = self.world(*_WARM)

    def world(self, *size: int) -> Path:
        """Return the folder of so many scenes of so many rows and columns, made if need be."""
        folder = self._folder / "x".join(map(str, size))
        if size not in self._facts:
            arguments = [sys.executable, _HERE / "scenes_world.py", folder, *size]
            self._facts[size] = in_own_process(arguments, self._environment)
        return folder

    def facts(self, *size: int) -> Result:
        """Return what is in the scenes."""
        self.world(*size)
        return self._facts[size]

    def median(self, what: str, scenes: int, python: str = sys.executable) -> Result:
        """Measure one way."""
        folder = self.world(scenes, *self._options.size)
        spec = {
            "what": what,
            "folder": str(folder),
            "warm_folder": str(self._warm),
            "workers": self._options.workers,
            "memory_gb": self._options.memory_gb,
            "chunk": self._options.chunk,
        }
        own = self._environment if python == sys.executable else {"PATH": os.environ["PATH"]}
        return in_own_process([python, _HERE / "scenes_measure.py", json.dumps(spec)], own)

    def same(self, what: str, scenes: int) -> str:
        """Say how far a way's median is from this package's."""
        folder = self.world(scenes, *self._options.size)
        ours, theirs = (np.load(folder / f"median_{name}.npy") for name in ("package", what))
        if ours.shape != theirs.shape:
            return f"another grid: {theirs.shape}"
        if (np.isnan(ours) != np.isnan(theirs)).any():
            return "other cells are missing"
        return f"{np.nanmax(np.abs(ours - theirs)):.1e}"


def ways_table(bench: Bench, options: argparse.Namespace) -> str:
    """Measure this package beside others, on the same files."""
    scenes = options.scenes
    runs = {"package": bench.median("package", scenes)}
    if options.plain:
        runs["rioxarray"] = bench.median("rioxarray", scenes)
    if options.peer is not None:
        runs["stackstac"] = bench.median("stackstac", scenes, options.peer)
    names = {
        "package": "this package: catalogue, load_scenes, seasonal_median",
        "rioxarray": "rioxarray {version}: files stacked, `.median`",
        "stackstac": "stackstac {version}: `.median`",
    }
    rows: list[Sequence[str]] = [
        (
            names[what].format(**run),
            " × ".join(map(str, run["chunk"])),
            f"{run['wall_s']:.1f}",
            f"{run['cpu_s']:.1f}",
            f"{run['wall_s'] / runs['package']['wall_s']:.2f}",
            f"{run['peak_gb']:.2f}",
            "–" if what == "package" else bench.same(what, scenes),
        )
        for what, run in runs.items()
    ]
    head = "way|cells of a block|s|CPU s|times this package|peak GB|greatest difference"
    ours = runs["package"]
    verdict = "met" if ours["peak_gb"] < _GOAL_GB else "NOT met"
    described_s = ours["graph_s"] - ours["search_s"]
    return table(head, rows) + (
        f"\nOf this package's {ours['wall_s']:.1f} s, reading the catalogue took "
        f"{ours['search_s']:.1f} s and describing the work {described_s:.1f} s. "
        f"Goal of less than {_GOAL_GB} GB: {verdict}.\n"
    )


def growth_table(bench: Bench, options: argparse.Namespace) -> str:
    """Measure the peak for a third of the scenes and for all."""
    rows: list[Sequence[str]] = []
    for scenes in (options.scenes // 3, options.scenes):
        run = bench.median("package", scenes)
        rows.append(
            (
                f"{scenes}",
                " × ".join(map(str, run["chunk"])),
                f"{run['wall_s']:.1f}",
                f"{run['peak_gb']:.2f}",
                f"{run['warm_gb']:.2f}",
            )
        )
    return table("scenes|cells of a block|s|peak GB|of it before the first block", rows)


def report(bench: Bench, options: argparse.Namespace) -> Iterator[str]:
    """Measure part by part, and yield the text of each."""
    rows, columns = options.size
    facts = bench.facts(options.scenes, rows, columns)
    yield machine(*_LIBRARIES)
    yield (
        f"{options.scenes} scenes of {rows:,} × {columns:,} cells, red and QA_PIXEL of 16 bits, "
        f"{facts['bytes'] / 1e9:.1f} GB of COGs in blocks of 512; {facts['clear_share']:.0%} of "
        f"what they saw is clear. {options.workers} threads, memory_gb={options.memory_gb:g}.\n"
    )
    yield "### Beside others\n"
    yield ways_table(bench, options)
    if options.peer is None:
        yield "stackstac was not measured: no `--peer` was given.\n"
    yield "### Peak and number of scenes\n"
    yield growth_table(bench, options)


def _size(text: str) -> tuple[int, int]:
    rows, columns = text.lower().replace("_", "").split("x")
    return int(rows), int(columns)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--size", type=_size, default=(2700, 3100), help="ROWSxCOLUMNS")
    parser.add_argument("--workers", type=int, default=2, help="threads")
    parser.add_argument("--memory-gb", type=float, default=1.5, help="for load_scenes")
    parser.add_argument("--chunk", type=int, default=512, help="of the other ways, cells a side")
    parser.add_argument(
        "--plain", action=argparse.BooleanOptionalAction, default=True, help="measure rioxarray"
    )
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has stackstac")
    parser.add_argument(
        "--folder", type=Path, help="for the files, up to 8 GB; else a temporary one"
    )
    return parser.parse_args()


@contextmanager
def _working_folder(parent: Path | None) -> Iterator[Path]:
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scenes-", dir=parent) as folder:
        yield Path(folder)


def main() -> None:
    """Measure, and print each part as soon as it is there."""
    options = _options()
    with _working_folder(options.folder) as folder:
        for text in report(Bench(folder, options), options):
            print(text, flush=True)


if __name__ == "__main__":
    main()
