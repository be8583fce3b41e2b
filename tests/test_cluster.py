"""One client per process: reused, connected to a named scheduler, or started on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator

import dask.array as da
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


def test_lazy_results_are_computed_on_the_named_cluster(
    scheduler: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler.scheduler_address)
    numbers = da.arange(10, chunks=5)
    where = numbers.map_blocks(lambda block: block * 0 + os.getpid())
    with cluster.client():
        total, process = cluster.compute(numbers.sum(), where.max())
    assert total == 45
    assert process != os.getpid()


@pytest.mark.parametrize(("watched", "shown"), [("off", False), ("", True)])
def test_a_bar_is_shown_only_where_somebody_watches(
    watched: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANOI_ANALYTICS_PROGRESS", watched)
    monkeypatch.setattr(cluster, "_SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert cluster.compute(da.arange(4, chunks=1).sum()) == (6,)
    assert ("100%" in capfd.readouterr().err) is shown
