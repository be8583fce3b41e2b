"""What the benchmarks share: measurements in processes of their own, and how they are shown.

Only the standard library, so that the interpreters of peers can import it too.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

_TIME_LIMIT_S = 3600.0


def peak_gb() -> float:
    """Return the most memory that this process has held.

    From Linux's own account: getrusage lets a new process begin with the peak of the one that
    started it.
    """
    peak_kib = Path("/proc/self/status").read_text("utf-8").split("VmHWM:")[1].split()[0]
    return int(peak_kib) * 1024 / 1e9


def in_own_process(
    command: Sequence[Any], environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run one measurement in a process of its own, and read its last line as JSON."""
    print(f"… {shlex.join(map(str, command))[-150:]}", file=sys.stderr)
    project = str(Path(__file__).parents[1])
    done = subprocess.run(
        [str(part) for part in command],
        env=os.environ | {"PYTHONPATH": project} if environment is None else dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=_TIME_LIMIT_S,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def table(head: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the names of its columns are parted by ``|``."""
    names = head.split("|")
    lines: list[Sequence[str]] = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine(*libraries: str) -> str:
    """Return what the measurements were made on, and by which command."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    return (
        f"Command: `{shlex.join(['python', *sys.argv])}`. Machine: {os.cpu_count()} cores "
        f"({_processor()}), {memory_gb:.0f} GB; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, {versions}.\n"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
