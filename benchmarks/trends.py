"""Time and memory of trends on every pixel of a cube, as Markdown tables.

    python benchmarks/trends.py

The cube is 24 years of 2,700 × 3,100 pixels, made up: rising, with noise and 3 % missing; as a
Zarr in blocks of (24, 512, 512) and as a COG for each year. Every measurement is a fresh process
of two threads that reads the files, which lie in the page cache; a cube of 64 pixels has compiled
the loops before. pymannkendall is timed on a sample of the same pixels, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measuring import in_own_process, machine, table

Result = dict[str, Any]

_HERE = Path(__file__).parent
_TIME_LIMIT_S = 3600
_LIBRARIES = ("numpy", "numba", "dask", "xarray", "zarr", "rasterio", "pymannkendall")


class Bench:
    """Runs measurements in fresh processes, on one cube made in a folder."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self._folder, self.size = folder, size
        self._environment = os.environ | {
            "NUMBA_CACHE_DIR": str(folder / "compiled"),
            "PYTHONPATH": str(_HERE.parent),
        }
        self.files = self.measure(what="make", size=size)
        # Compiled code is on disk from here on; how long that took is told.
        self.first = self.measure(**self._spec("original", "zarr", "reduced", 2))

    def ours(
        self, variant: str, source: str = "zarr", result: str = "kept", workers: int = 2
    ) -> Result:
        """Measure this package."""
        return self.measure(**self._spec(variant, source, result, workers))

    def measure(self, **spec: Any) -> Result:
        """Run one measurement."""
        whole = json.dumps(spec | {"folder": str(self._folder)})
        command = [sys.executable, _HERE / "trends_measure.py", whole]
        return in_own_process(command, self._environment)

    @staticmethod
    def _spec(variant: str, source: str, result: str, workers: int) -> dict[str, Any]:
        return {
            "what": "ours",
            "variant": variant,
            "source": source,
            "result": result,
            "workers": workers,
        }


def sources_table(bench: Bench) -> str:
    """Measure Mann–Kendall with Theil–Sen from both sources, kept, reduced and written."""
    rows: list[Sequence[str]] = []
    for source, result, workers in (
        ("zarr", "kept", 2),
        ("zarr", "kept", 1),
        ("zarr", "reduced", 2),
        ("zarr", "written", 2),
        ("cog", "kept", 2),
        ("cog", "reduced", 2),
    ):
        run = bench.ours("original", source, result, workers)
        rows.append((source, str(workers), result, *_numbers(run)))
    return table("from|threads|results|s|CPU s|µs a pixel|peak GB|of it before", rows)


def variants_table(bench: Bench) -> str:
    """Measure the other variants."""
    variants = ("hamed_rao", "pre_whitened", "trend_free_pre_whitened")
    rows: list[Sequence[str]] = [(name, *_numbers(bench.ours(name))) for name in variants]
    return table("variant|s|CPU s|µs a pixel|peak GB|of it before", rows)


def peer_table(bench: Bench, side: int) -> str:
    """Measure pymannkendall on a sample, and scale it to the cube."""
    pixels = bench.size[0] * bench.size[1]
    rows: list[Sequence[str]] = []
    for variant in ("original", "hamed_rao"):
        ours, peer = bench.ours(variant), bench.measure(what="peer", variant=variant, side=side)
        rows.append(
            (
                variant,
                f"{peer['pixels']:,}",
                f"{peer['us_a_pixel']:.0f}",
                f"{peer['us_a_pixel'] * pixels / 6e7:.0f}",
                f"{ours['wall_s']:.1f}",
                f"{peer['us_a_pixel'] / ours['us_a_pixel']:.0f}",
                f"{peer['worst_p']:.0e}",
                f"{peer['worst_slope']:.0e}",
            )
        )
    head = (
        "variant|sampled pixels|pymannkendall, µs a pixel|minutes for the cube|this package, s|"
        "times as fast|greatest difference: p|slope"
    )
    return table(head, rows)


def _numbers(run: Result) -> tuple[str, ...]:
    return (
        f"{run['wall_s']:.1f}",
        f"{run['cpu_s']:.1f}",
        f"{run['us_a_pixel']:.2f}",
        f"{run['peak_gb']:.2f}",
        f"{run['warm_gb']:.2f}",
    )


def report(bench: Bench, side: int) -> Iterator[str]:
    """Measure part by part, and yield the text of each."""
    yield machine(*_LIBRARIES)
    rows, columns = bench.size
    yield (
        f"24 × {rows:,} × {columns:,} float32; Zarr {bench.files['zarr_mb']:,.0f} MB, COGs "
        f"{bench.files['cog_mb']:,.0f} MB. Eight float64 statistics a pixel: kept in memory "
        f"({rows * columns * 64 / 1e6:,.0f} MB), reduced to their means, or written as Zarr. "
        f"Compiling, once for a machine: {bench.first['compiled_s']:.0f} s.\n"
    )
    yield "### Mann–Kendall (original) and Theil–Sen with intervals\n"
    yield sources_table(bench)
    yield "### Other variants, from Zarr, kept\n"
    yield variants_table(bench)
    yield "### Beside pymannkendall, one thread, arrays in memory\n"
    yield peer_table(bench, side)


def main() -> None:
    """Measure, and print each part as soon as it is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2700)
    parser.add_argument("--columns", type=int, default=3100)
    parser.add_argument("--side", type=int, default=50, help="of the sample for pymannkendall")
    parser.add_argument("--folder", type=Path, help="for the files, 3 GB; else a temporary one")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trends-", dir=options.folder) as folder:
        for text in report(Bench(Path(folder), (options.rows, options.columns)), options.side):
            print(text, flush=True)


if __name__ == "__main__":
    main()
