"""Time and memory of the Degree of Urbanisation on made-up worlds, as Markdown tables.

    python benchmarks/settlement.py --world --peer /tmp/peers/bin/python

Every measurement is a fresh process that reads GeoTIFFs lazily, classifies and writes a GeoTIFF,
after a small world has warmed up the compiler; what numba compiles is kept in the benchmark's own
folder. The files lie in the page cache, as they were written just before.

The peer, GOSTurban, is no part of this project's environment. Its metadata leave out two of its
imports, so make it an environment of its own by

    uv venv --python 3.11 /tmp/peers
    uv pip install --only-binary :all: --python /tmp/peers gosturban==1.0.0 gostrocks rasterstats

Its labels of 64 bits, which rasterio 1.4 refuses, are cast in `settlement_peer.py`.
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

from measuring import in_own_process, machine, table

Size = tuple[int, int]
Result = dict[str, Any]

_HERE = Path(__file__).parent
_WORLD: Size = (18_000, 36_000)
_WARM: Size = (700, 700)
_CACHE_MB = 256
_FEW_CELLS = 20e6
_TIME_LIMIT_S = 3600
_LIBRARIES = ("numpy", "numba", "dask", "xarray", "rioxarray", "rasterio", "scipy")


class Bench:
    """Runs measurements in fresh processes, on worlds made once in a folder."""

    def __init__(self, folder: Path, chunk: int) -> None:
        self._folder, self._chunk = folder, chunk
        self._environment = os.environ | {
            "GDAL_CACHEMAX": str(_CACHE_MB),
            "NUMBA_CACHE_DIR": str(folder / "compiled"),
            "PYTHONPATH": str(_HERE.parent),
        }
        self._facts: dict[Size, Result] = {}
        self._warm = self.world(_WARM)

    def world(self, size: Size) -> Path:
        """Return the folder of a world's grids, made if need be."""
        folder = self._folder / f"{size[0]}x{size[1]}"
        if size not in self._facts:
            arguments = [sys.executable, _HERE / "settlement_world.py", folder, *size]
            self._facts[size] = self._run(arguments)
        return folder

    def facts(self, size: Size) -> Result:
        """Return what is in a world."""
        self.world(size)
        return self._facts[size]

    def classify(
        self,
        size: Size,
        level: int | str,
        *,
        workers: int = 2,
        scheduler: str = "threads",
        grids: str = "all",
    ) -> Result:
        """Measure one level on one world."""
        return self._measure(
            size, what="classify", level=level, workers=workers, scheduler=scheduler, grids=grids
        )

    def plain_labels(self, size: Size) -> Result:
        """Measure two passes of scipy's labels."""
        return self._measure(size, what="plain_labels")

    def first_call(self, compiled: str) -> Result:
        """Measure the first call of a process; an empty folder of compiled code is made anew."""
        environment = self._environment | {"NUMBA_CACHE_DIR": str(self._folder / compiled)}
        return self._run(self._command(_WARM, {"what": "first_call"}), environment)

    def peer(self, size: Size, python: str) -> Result:
        """Measure GOSTurban by the interpreter that has it."""
        folder = self.world(size)
        environment = {name: self._environment[name] for name in ("GDAL_CACHEMAX", "PATH")}
        return self._run(
            [python, _HERE / "settlement_peer.py", folder, _repeats(size)], environment
        )

    def _measure(self, size: Size, **spec: Any) -> Result:
        return self._run(self._command(size, spec))

    def _command(self, size: Size, spec: dict[str, Any]) -> list[Any]:
        places = {"folder": str(self.world(size)), "warm_folder": str(self._warm)}
        whole = spec | places | {"chunk": self._chunk, "repeats": _repeats(size)}
        return [sys.executable, _HERE / "settlement_measure.py", json.dumps(whole)]

    def _run(self, command: list[Any], environment: dict[str, str] | None = None) -> Result:
        return in_own_process(command, environment or self._environment)


def _repeats(size: Size) -> int:
    return 3 if _million_cells(size) * 1e6 <= _FEW_CELLS else 1


def _million_cells(size: Size) -> float:
    return size[0] * size[1] / 1e6


def _named(size: Size) -> str:
    return f"{size[0]:,} × {size[1]:,}"


def sizes_table(bench: Bench, sizes: list[Size]) -> str:
    """Measure both levels at every size with two threads."""
    rows: list[Sequence[str]] = []
    for size in sizes:
        rows += [
            _time_row(size, str(level), bench.classify(size, level)) for level in (1, 2, "1 + 2")
        ]
    head = "cells|level|clusters s|classes and writing s|whole s|CPU s|s per million cells|peak GB"
    return table(head, rows)


def _time_row(size: Size, level: str, run: Result) -> Sequence[str]:
    seconds = [f"{run[name]:.1f}" for name in ("clusters_s", "classes_s", "wall_s", "cpu_s")]
    return (
        _named(size),
        level,
        *seconds,
        f"{run['wall_s'] / _million_cells(size):.4f}",
        f"{run['peak_gb']:.2f}",
    )


def worlds_table(bench: Bench, sizes: list[Size]) -> str:
    """Say what there is in the worlds."""
    rows: list[Sequence[str]] = []
    for size in sizes:
        facts = bench.facts(size)
        land = facts["land_cells"]
        rows.append(
            (
                _named(size),
                f"{land / _million_cells(size) / 1e6:.1%}",
                f"{facts['people'] / 1e6:,.0f}",
                f"{facts['settled_cells'] / land:.1%}",
                f"{facts['dense_cells'] / land:.1%}",
                f"{facts['bytes'] / 1e6:,.0f}",
            )
        )
    head = "cells|land|million people|land with people|land with 300 per km² or more|MB of files"
    return table(head, rows)


def workers_table(bench: Bench, size: Size, schedulers: Sequence[str]) -> str:
    """Measure both levels with one and two workers, for each kind of worker."""
    rows: list[Sequence[str]] = []
    for scheduler in schedulers:
        for level in (1, 2, "1 + 2"):
            one, two = (bench.classify(size, level, workers=n, scheduler=scheduler) for n in (1, 2))
            rows.append(
                (
                    scheduler,
                    str(level),
                    f"{one['wall_s']:.1f}",
                    f"{two['wall_s']:.1f}",
                    f"{one['wall_s'] / two['wall_s']:.2f}",
                    "yes" if one["classes"] == two["classes"] else "NO",
                )
            )
    head = "workers are|level|one: s|two: s|speed-up|cells of each class equal"
    return f"{_named(size)} cells.\n\n" + table(head, rows)


def peer_table(bench: Bench, sizes: list[Size], python: str | None) -> str:
    """Measure level 1 beside GOSTurban and two plain labellings, on the same files."""
    rows: list[Sequence[str]] = []
    for size in sizes:
        ours = bench.classify(size, 1)
        runs = {
            "this package: population, land and built-up": ours,
            "this package: population alone": bench.classify(size, 1, grids="population"),
            "scipy.ndimage.label twice, sums; array in memory": bench.plain_labels(size),
        }
        if python is not None:
            found = bench.peer(size, python)
            runs[f"GOSTurban {found['version']}, calculateUrban twice"] = found
        rows += [
            (
                _named(size),
                name,
                f"{run['wall_s']:.2f}",
                f"{run['cpu_s']:.2f}",
                f"{run['wall_s'] / _million_cells(size):.4f}",
                f"{run['wall_s'] / ours['wall_s']:.2f}",
                f"{run['peak_gb']:.2f}",
            )
            for name, run in runs.items()
        ]
    head = "cells|level 1 by|s|CPU s|s per million cells|times this package|peak GB"
    missing = "" if python else "GOSTurban was not measured: no `--peer` was given.\n\n"
    return missing + table(head, rows)


def first_call_table(bench: Bench) -> str:
    """Measure the first call of a process with nothing compiled, and with all compiled before."""
    rows = [
        (kept, f"{bench.first_call('compiled_anew')['wall_s']:.1f}")
        for kept in ("none", "all, by the run before")
    ]
    return table("compiled code on disk|first call of both levels, s", rows)


def report(bench: Bench, options: argparse.Namespace) -> Iterator[str]:
    """Measure part by part, and yield the text of each."""
    sizes = options.sizes + ([_WORLD] if options.world else [])
    yield f"{machine(*_LIBRARIES)}GDAL's cache is held at {_CACHE_MB} MB. "
    yield (
        f"Blocks of {options.chunk:,} cells a side. On fewer than {_FEW_CELLS / 1e6:.0f} million "
        "cells, the median of three runs in one process; else one run. Reading and writing are in "
        "the times.\n"
    )
    yield "### Sizes: two threads\n"
    yield sizes_table(bench, sizes)
    yield worlds_table(bench, sizes)
    yield "### Workers\n"
    schedulers = ("threads", "processes") if options.processes else ("threads",)
    yield workers_table(bench, options.workers_size, schedulers)
    yield "### Level 1 beside others\n"
    yield (
        "GOSTurban does less: no land or built-up grid, centres joined by a plain median filter "
        "instead of the majority rule with votes, no gaps filled. It returns polygons, not "
        "classes. Its labels of 64 bits, which rasterio refuses, are cast. Its queen step "
        "compares every pair of clusters, so its time is not linear.\n"
    )
    yield peer_table(bench, options.peer_sizes, options.peer)
    yield "### Compiling\n"
    yield first_call_table(bench)


def _size(text: str) -> Size:
    rows, columns = text.lower().replace("_", "").split("x")
    return int(rows), int(columns)


def _sizes(text: str) -> list[Size]:
    return [_size(part) for part in text.split(",") if part]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=_sizes("4500x9000,9000x18000"),
        help="ROWSxCOLUMNS, with commas between",
    )
    parser.add_argument(
        "--world",
        action=argparse.BooleanOptionalAction,
        default=True,
        help=f"measure {_WORLD[0]}x{_WORLD[1]} as well",
    )
    parser.add_argument("--workers-size", type=_size, default=_size("9000x18000"))
    parser.add_argument(
        "--processes", action="store_true", help="measure worker processes as well as threads"
    )
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has GOSTurban")
    parser.add_argument("--peer-sizes", type=_sizes, default=_sizes("3000x3000,4000x4000"))
    parser.add_argument("--chunk", type=int, default=2048, help="cells along a block's side")
    parser.add_argument("--folder", type=Path, help="for the files, 3 GB; else a temporary one")
    return parser.parse_args()


@contextmanager
def _working_folder(parent: Path | None) -> Iterator[Path]:
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="settlement-", dir=parent) as folder:
        yield Path(folder)


def main() -> None:
    """Measure, and print each part as soon as it is there."""
    options = _options()
    with _working_folder(options.folder) as folder:
        for text in report(Bench(folder, options.chunk), options):
            print(text, flush=True)


if __name__ == "__main__":
    main()
