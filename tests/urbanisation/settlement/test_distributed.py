"""The classification on several processes."""

from __future__ import annotations

from dataclasses import replace

import dask
import numpy as np
import pytest

from hanoi_analytics import cluster
from hanoi_analytics.urbanisation import settlement
from tests.urbanisation.settlement.inputs import SMALL, even_chunks, grid


def test_processes_give_what_threads_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    random = np.random.default_rng(20)
    people = random.choice([0.0, 1, 2, 5, 9], (30, 30), p=[0.4, 0.2, 0.1, 0.1, 0.2])
    land = random.choice([0.25, 1], (30, 30), p=[0.2, 0.8])
    built = random.choice([0, 0.1, 0.6], (30, 30), p=[0.8, 0.1, 0.1])
    # All that looks over borders: windows, edges, holes and distances.
    rules = replace(SMALL, semi_dense=replace(SMALL.semi_dense, window_cells=3))

    def classes() -> np.ndarray:
        layers = [grid(layer, even_chunks((30, 30), 11)) for layer in (people, land, built)]
        return settlement.classify(*layers, settings=rules).to_numpy()

    with dask.config.set(scheduler="threads"):
        by_threads = classes()
    assert set(np.unique(by_threads)) >= {30, 23, 21, 13, 12, 11}
    with cluster.client(workers=2, memory_limit="1GiB") as processes:
        assert len(processes.scheduler_info()["workers"]) == 2
        by_processes = classes()
    np.testing.assert_array_equal(by_processes, by_threads)
