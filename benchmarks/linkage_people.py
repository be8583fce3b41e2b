"""Time and memory of writing a register and hospital records, as a Markdown table.

    python benchmarks/linkage_people.py --sizes 1000000x600000,6200000x3800000

Every measurement is a fresh process that writes Parquet; its imports are in the times. Peak memory
is what the process held at most, as Linux counts it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from measuring import in_own_process, peak_gb

_HERE = Path(__file__).parent


def measure(residents: int, records: int, preset: str, workers: int) -> dict[str, float]:
    """Write people into a temporary folder; run in a process of its own."""
    start = time.perf_counter()
    sys.path.insert(0, str(_HERE.parent))
    from hanoi_analytics.linkage import synthetic  # noqa: PLC0415 - its import is measured too

    with tempfile.TemporaryDirectory(prefix="people-") as folder:
        synthetic.write_people(
            folder,
            residents=residents,
            records=records,
            seed=1,
            errors=getattr(synthetic, preset),
            workers=workers,
        )
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
        seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "cpu_s": time.process_time(),
        "peak_gb": peak_gb(),
        "disc_gb": size / 1e9,
    }


def _fresh(*arguments: object) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", json.dumps(arguments)]
    return in_own_process(command)


def main() -> None:
    """Measure each size and preset, and print a row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="620000x380000,6200000x3800000,8700000x5400000")
    parser.add_argument("--presets", default="TYPICAL,HARD")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*json.loads(options.one))))
        return
    print("| residents | records | errors | s | CPU s | peak GB | GB on disc |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size in options.sizes.split(","):
        residents, records = map(int, size.split("x"))
        for preset in options.presets.split(","):
            found = _fresh(residents, records, preset, options.workers)
            print(
                f"| {residents:,} | {records:,} | {preset} | {found['seconds']:.1f} | "
                f"{found['cpu_s']:.1f} | {found['peak_gb']:.2f} | {found['disc_gb']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
