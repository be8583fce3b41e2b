"""The process of one run: papermill with a kernel that listens on files, not on ports.

Run by path, not as a module, so that it starts without importing the package.

By TCP, a kernel's five ports are chosen and released before the kernel takes them; when several
runs start at once another process may take one in between, and the run fails by chance.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # papermill imports it for Hadoop's files alone: a quarter of a second less in each run.
    sys.modules["pyarrow"] = None  # type: ignore[assignment]

import papermill
import psutil
import yaml
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from traitlets.config import Config

_PARENT_POLL_S = 0.5
# The largest page of the project has 3 MB.
_MOST_CHARACTERS = 64_000_000
# The outputs are counted anew each time the kernel has sent so much.
_COUNTED_EVERY = 4_000_000


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client, which says how a kernel died, and ends one that prints too much.

    While it works it writes down the number of the cell alone: papermill would write the whole
    notebook twice for every cell, a gigabyte for the pages of this project.
    """

    sent = 0
    too_much = ""
    at_work: Path

    def papermill_execute_cells(self) -> None:
        kernel = self.km.provisioner.process
        try:
            super().papermill_execute_cells()
        except DeadKernelError:
            raise DeadKernelError(self.too_much or _death(kernel.poll())) from None
        except CellTimeoutError:
            # Of what a cell printed too much, its end was not read either.
            if not self.too_much:
                raise
            raise DeadKernelError(self.too_much) from None

    def execute_cell(self, cell: Any, cell_index: int, **settings: Any) -> Any:
        if cell.cell_type == "code":
            with contextlib.suppress(OSError):  # a full disk: the number is not worth the run
                self.at_work.write_text(str(len(self._authors(self.nb.cells[: cell_index + 1]))))
        return super().execute_cell(cell, cell_index, **settings)

    @staticmethod
    def _authors(cells: list[Any]) -> list[Any]:
        """Leave out the cell that papermill put in, so that numbers are the author's."""
        return [c for c in cells if "injected-parameters" not in c.metadata.get("tags", [])]

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if self.too_much:
            return None
        shown = super().process_message(msg, cell, cell_index)
        self.sent += _characters(msg["content"])
        if self.sent > _COUNTED_EVERY:
            self.sent = 0
            self._refuse_too_much()
        return shown

    def _refuse_too_much(self) -> None:
        cells = self._authors(self.nb.cells)
        sizes = {n: _characters(c.get("outputs", [])) for n, c in enumerate(cells, start=1)}
        if sum(sizes.values()) > _MOST_CHARACTERS:
            largest = max(sizes, key=lambda number: sizes[number])
            self.too_much = (
                f"the notebook was stopped because its outputs are larger than "
                f"{_MOST_CHARACTERS / 1e6:g} million characters, most of them of cell {largest}; "
                f"show less, or write it to a file"
            )
            cells[largest - 1].outputs.clear()  # not worth writing down
            # nbclient looks once a second whether the kernel lives.
            self.km.provisioner.process.kill()


class _Engine(NBClientEngine):  # type: ignore[misc]
    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **settings: Any) -> None:
        client = _Client(nb_man, kernel_name=kernel_name, config=settings["config"])
        client.at_work = settings["at_work"]
        client.execute()


def main() -> int:
    """Execute a notebook; when it fails the last line gives the reason.

    The exit code is then that of the system's error (28: no space left on the disk), or 1.
    """
    parser = argparse.ArgumentParser()
    for name in ("notebook", "output", "at_work", "parameters", "folder", "sockets"):
        parser.add_argument(name, type=Path)
    parser.add_argument("parent", type=int)
    given = parser.parse_args()
    papermill_engines.register("hanoi", _Engine)
    threading.Thread(target=_end_with, args=(given.parent, given.sockets), daemon=True).start()
    try:
        papermill.execute_notebook(
            given.notebook,
            given.output,
            yaml.safe_load(given.parameters.read_text("utf-8")),
            engine_name="hanoi",
            kernel_name="python3",
            cwd=given.folder,
            progress_bar=False,
            request_save_on_cell_execute=False,
            config=_kernel_config(given.sockets),
            at_work=given.at_work.absolute(),  # papermill works in another folder
        )
    except DeadKernelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    # Whatever it is, the run failed: the parent reads the reason from the last line.
    except Exception as error:  # noqa: BLE001
        with contextlib.suppress(OSError):  # on a full disk the code alone tells the reason
            reason = " ".join(str(error).split())
            sys.stderr.write(f"{type(error).__name__}: {reason}\n")
        return (error.errno or 1) if isinstance(error, OSError) else 1
    return 0


def _kernel_config(sockets: Path) -> Config:
    """Keep the kernel's files in a folder that goes with the run, open to its user alone."""
    settings = {"connection_file": str(sockets / "kernel.json")}
    if os.name == "posix":
        settings |= {"transport": "ipc", "ip": str(sockets / "kernel")}
    return Config(KernelManager=settings)


def _end_with(parent: int, sockets: Path) -> None:
    """End the run at once when the process that wanted it is gone."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    token = os.environ["HANOI_ANALYTICS_RUN"]
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ()["HANOI_ANALYTICS_RUN"] == token:
                process.kill()
        except (psutil.Error, OSError, KeyError):  # gone, or none of ours
            continue
    shutil.rmtree(sockets, ignore_errors=True)
    os._exit(1)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        words = f"the kernel died: killed by signal {-code} ({name})"
        return f"{words}, often for lack of memory" if name == "SIGKILL" else words
    return "the kernel died" if code is None else f"the kernel died with exit code {code}"


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    parts = value.values() if isinstance(value, dict) else value
    return sum(map(_characters, parts)) if isinstance(value, (dict, list)) else 0


if __name__ == "__main__":
    sys.exit(main())
