"""Seconds from a fresh kernel to the first map of each notebook, as a Markdown table.

    python benchmarks/first_map.py [overview/hanoi …]

The cells run in order, one notebook after the other, and the run stops at the
first output that is a map. Compiled code is kept beside the package, so a notebook's first run on
a machine takes longer: the table shows the shortest of the runs. CPU seconds are those of the
kernel with its threads; on a machine with other work they say more than the clock.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
_GOAL_S = 10.0


@dataclass(frozen=True)
class Opening:
    """What it took to come to a map; `cell` is None where the notebook has none."""

    seconds: float
    cpu_s: float
    cell: int | None
    slowest: str


def is_map(output: NotebookNode) -> bool:
    """Tell whether an output is a map, with its frame and its static twin."""
    return '<figure class="map">' in output.get("data", {}).get("text/html", "")


def measure(path: Path) -> Opening:
    """Run the cells of a notebook in a fresh kernel until one shows a map."""
    notebook = nbformat.read(path, as_version=4)
    clock = time.perf_counter()
    spent: dict[int, float] = {}
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": path.parent}}
    )
    # As when publishing: in a control the map would be no output of the cell, but of the control.
    with client.setup_kernel(env={**os.environ, "HANOI_ANALYTICS_PROGRESS": "off"}):
        kernel = psutil.Process(client.km.provisioner.pid)
        found = None
        for number, cell in enumerate(notebook.cells):
            before = time.perf_counter()
            client.execute_cell(cell, number)
            spent[number + 1] = time.perf_counter() - before
            if any(is_map(output) for output in cell.get("outputs", [])):
                found = number + 1
                break
        seconds = time.perf_counter() - clock
        times = kernel.cpu_times()
    most = sorted(spent, key=lambda one: -spent[one])[:3]
    slowest = ", ".join(f"cell {one}: {spent[one]:.1f} s" for one in most)
    return Opening(seconds, times.user + times.system, found, slowest)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="overview/hanoi …; by default all with a map")
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    paths = [NOTEBOOKS / f"{name}.ipynb" for name in given.names] or [
        path for path in sorted(NOTEBOOKS.glob("*/*.ipynb")) if "maps." in path.read_text("utf-8")
    ]
    print("| Notebook | First map in cell | Seconds | CPU s | Under 10 s | Slowest before it |")
    print("|---|---:|---:|---:|---|---|")
    for path in paths:
        runs = [measure(path) for _ in range(given.runs)]
        best = min(runs, key=lambda one: one.seconds)
        name = path.relative_to(NOTEBOOKS).with_suffix("")
        if best.cell is not None:
            print(
                f"| {name} | {best.cell} | {best.seconds:.1f} | {best.cpu_s:.1f} | "
                f"{'yes' if best.seconds < _GOAL_S else 'no'} | {best.slowest} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
