"""Notebooks that die, never end, eat memory or leave processes: ended, named, nothing left."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.tiny import DEADLINE_S, Tiny, check_whole

CODE = """
import os, signal, subprocess
if fault == "kernel-killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif fault == "papermill-killed":
    os.kill(os.getppid(), signal.SIGKILL)
    while True: pass
elif fault == "prints-100-mb":
    for _ in range(100): print("x" * 1_000_000)
elif fault == "eats-memory":
    eaten = bytearray(b"x") * 1_000_000_000
    while True: pass
elif fault == "leaves-a-child":
    subprocess.Popen(["sleep", "600"], start_new_session=True)
elif fault == "deaf":
    for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
while fault in ("endless", "deaf"): pass
"""
LIMITED = ["endless", "deaf"]
OTHERS = ["kernel-killed", "papermill-killed", "prints-100-mb", "eats-memory", "leaves-a-child"]
JOBS = f"""
limited:
  notebook: tiny
  timeout_s: 12
  parameters: {{fault: {json.dumps(LIMITED)}}}
others:
  notebook: tiny
  timeout_s: 120
  memory_gb: 0.6
  parameters: {{fault: {json.dumps(OTHERS)}}}
"""
CELL = 3  # of the notebook: a heading, the parameters, and this
ENDS = {
    "endless": ("timed out", "stopped at its limit of 12 s", CELL),
    "deaf": ("timed out", "stopped at its limit of 12 s", CELL),
    "kernel-killed": ("failed", "the kernel died: killed by signal 9 (SIGKILL)", CELL),
    "papermill-killed": ("failed", "papermill's process was killed by signal 9", CELL),
    "prints-100-mb": ("failed", "its outputs are larger than 64 million characters", CELL),
    "eats-memory": ("failed", "stopped at its memory limit of 0.6 GB", CELL),
    "leaves-a-child": ("published", None, None),
}


def test_every_fault_of_a_notebook_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    parameters = (
        "number: int = 0  # which page [0, 1000]\n"
        'fault: str = "none"  # what goes wrong in the next cell'
    )
    tiny = Tiny(tmp_path, JOBS, CODE, parameters)
    # Two runners on one ledger, each with workers of its own.
    both = [tiny.start("run", "limited"), tiny.start("run", "others")]
    said = [process.communicate(timeout=DEADLINE_S)[0] for process in both]
    assert [process.returncode for process in both] == [1, 1], said
    runs = tiny.rows("SELECT * FROM runs")
    by_fault = {json.loads(run["parameters"])["fault"]: run for run in runs}
    assert len(runs) == len(by_fault) == len(ENDS)
    for fault, (status, words, cell) in ENDS.items():
        run = by_fault[fault]
        assert run["status"] == status, run
        # On a busy machine the limit of time may be over before the cell was begun.
        begun = run["error_cell"] is not None or status != "timed out"
        assert run["error_cell"] == (cell if begun else None), run
        assert words is None or words in run["error"], run
    # SIGINT, SIGTERM and SIGKILL have five seconds each.
    assert 12 <= by_fault["endless"]["seconds"] < by_fault["deaf"]["seconds"] < 45
    assert by_fault["eats-memory"]["peak_memory_bytes"] > 600e6
    assert by_fault["prints-100-mb"]["seconds"] < 100
    check_whole(tiny.site / "tiny--fault-leaves-a-child.html")
    assert len(list(tiny.site.glob("tiny--*.html"))) == 1
    assert not any("Traceback" in words for words in said)
    tiny.check_left()
    assert list(tiny.temporary.glob("hanoi-*")) == []  # sockets of kernels
