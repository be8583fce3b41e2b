"""One client per process: reused, connected to a named scheduler, or started on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
import pytest
from distributed import Client, LocalCluster

from hanoi_analytics import cluster
from hanoi_analytics.cluster import ClusterError


@pytest.fixture(autouse=True)
def _no_named_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)


@pytest.fixture
def scheduler() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as running:
        yield running


def test_a_local_cluster_listens_on_loopback_and_is_started_once() -> None:
    with cluster.client(workers=1, memory_limit="1GiB") as one:
        assert cluster.client() is one
        info = one.scheduler_info()
        assert info["address"].startswith("tcp://127.0.0.1:")
        (worker,) = info["workers"].values()
        assert worker["memory_limit"] == 1024**3
        assert worker["nthreads"] == 1
        (process,) = one.run(os.getpid).values()
    assert not psutil.pid_exists(process)


def test_a_named_scheduler_is_used(
    scheduler: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler.scheduler_address)
    with cluster.client() as found:
        assert isinstance(found, Client)
        assert found.scheduler.address == scheduler.scheduler_address
        assert found.submit(pow, 2, 10).result() == 1024


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "not an address")
    with pytest.raises(ClusterError, match="DASK_SCHEDULER_ADDRESS='not an address'"):
        cluster.client()


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"workers": 0}, "expected 1 or more"), ({"memory_limit": "much"}, "found 'much'")],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, object], words: str) -> None:
    with pytest.raises(ClusterError, match=words):
        cluster.client(**limits)  # type: ignore[arg-type]
