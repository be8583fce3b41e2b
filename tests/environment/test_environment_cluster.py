"""The cube's trends on a cluster of processes: the same numbers, also when a worker is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import psutil
import pytest
import xarray as xr
from distributed import Client, wait
from numpy.typing import NDArray

from hanoi_analytics import cluster
from hanoi_analytics.environment.trends import cube_trend

pytest.importorskip("zarr")
SHAPE = (24, 40, 60)
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def started(*arguments: str, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stderr=stderr, text=True, env=_ENVIRONMENT)


def address_said(process: subprocess.Popen[str]) -> str:
    """Read a scheduler's words until it says where it listens."""
    lines: IO[str] = process.stderr  # type: ignore[assignment]
    for line in lines:
        found = re.search(r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)", line)
        if found:
            return found[1]
    raise AssertionError(f"the scheduler ended with {process.wait()} and said no address")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Start a scheduler and two workers on loopback, named by the variable that users set."""
    quiet = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    loopback = ("--host", "127.0.0.1", *quiet)
    scheduler = started("scheduler", *loopback, "--port", "0", stderr=subprocess.PIPE)
    processes = [scheduler]
    try:
        address = address_said(scheduler)
        # Each with its nanny, as by default: one starts anew what was killed.
        options = ("--nthreads", "1", *loopback)
        processes += [started("worker", address, *options) for _ in range(2)]
        monkeypatch.setenv(cluster.ADDRESS_VARIABLE, address)
        with cluster.client() as connected:
            connected.wait_for_workers(2, timeout=60)
            yield connected
    finally:
        # Workers first: a nanny that ends by itself takes its worker along.
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.communicate(timeout=60)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    values = np.random.default_rng(1).normal(size=SHAPE).cumsum(axis=0).astype(np.float32)
    values[np.random.default_rng(2).random(SHAPE) < 0.05] = np.nan
    times = pd.date_range("2001", periods=SHAPE[0], freq="YS")
    made = xr.DataArray(values, {"time": times}, ("time", "y", "x"), name="ndvi")
    made.chunk({"time": 6, "y": 10, "x": 15}).to_zarr(tmp_path / "cube.zarr")
    return tmp_path / "cube.zarr"


def opened(path: Path) -> xr.DataArray:
    return xr.open_zarr(path)["ndvi"]


def worker_processes(client: Client) -> dict[str, int]:
    found: dict[str, int] = client.run(os.getpid)
    return found


def test_two_workers_give_the_numbers_of_threads(stored: Path, client: Client) -> None:
    lazy = cube_trend(opened(stored), variant="hamed_rao")
    (there,) = cluster.compute(lazy)
    here = lazy.compute(scheduler="threads")
    xr.testing.assert_identical(there, here)
    assert int(there.n.sum()) == np.isfinite(opened(stored).values).sum()
    processes = worker_processes(client)
    assert len(processes) == 2
    assert os.getpid() not in processes.values()


def test_a_run_ends_right_although_a_worker_is_killed(
    stored: Path, client: Client, tmp_path: Path
) -> None:
    processes = worker_processes(client)
    once = tmp_path / "killed"
    victim = next(iter(processes.values()))

    def killing(block: NDArray[Any]) -> NDArray[Any]:
        # The first block that the victim takes is its last; exactly one task does it.
        if os.getpid() == victim and not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    cube = opened(stored)
    # Blocks held by both workers, some of which are lost with the one that is killed.
    held = client.persist(cube)
    wait(held)
    holders = client.has_what()
    assert all(holders.values())
    lazy = cube_trend(held.copy(data=held.data.map_blocks(killing)), variant="original")
    (found,) = cluster.compute(lazy)
    assert once.exists()
    assert not psutil.pid_exists(victim) or psutil.Process(victim).status() == "zombie"
    after = set(worker_processes(client).values())
    assert after >= set(processes.values()) - {victim}
    assert victim not in after
    xr.testing.assert_identical(
        found, cube_trend(cube, variant="original").compute(scheduler="threads")
    )
