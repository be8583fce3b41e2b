"""The process of one run: papermill with a kernel that listens on files, not on ports.

Run by path, not as a module, so that it starts without importing the package.

By TCP, a kernel's five ports are chosen and released before the kernel takes them; when several
runs start at once another process may take one in between, and the run fails by chance.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import papermill
import yaml
from traitlets.config import Config


def main() -> int:
    """Execute a notebook; exit code 1, with the reason as the last line, when it fails."""
    parser = argparse.ArgumentParser()
    for name in ("notebook", "output", "parameters", "folder"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    # A short path: the name of a socket may have about a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="hanoi-") as folder:
        try:
            papermill.execute_notebook(
                given.notebook,
                given.output,
                yaml.safe_load(given.parameters.read_text("utf-8")),
                kernel_name="python3",
                cwd=given.folder,
                progress_bar=False,
                config=_kernel_config(folder),
            )
        # Whatever it is, the run failed: the parent reads the reason from the last line.
        except Exception as error:  # noqa: BLE001
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            return 1
    return 0


def _kernel_config(folder: str) -> Config:
    """Keep the kernel's files in a folder that goes with the run, open to its user alone."""
    settings = {"connection_file": str(Path(folder) / "kernel.json")}
    if os.name == "posix":
        settings |= {"transport": "ipc", "ip": str(Path(folder) / "kernel")}
    return Config(KernelManager=settings)


if __name__ == "__main__":
    sys.exit(main())
