"""Maps of networks that are hard: mixed carriers and models, many far sites, the end of range."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from hanoi_analytics.coverage.best_server import Radio, signal_map
from tests.coverage.direct_sum import coverage, sector_levels
from tests.coverage.made_up import areas, random_sectors, sectors

NOISE_DBM = -174 + 10 * math.log10(30_000) + 7


@pytest.mark.parametrize("load", [0.0, 0.3])
def test_carriers_models_and_patterns_side_by_side(load: float) -> None:
    rng, network = np.random.default_rng(8), random_sectors(30, 3000, seed=8)
    count = len(network)
    low = rng.random(count) < 0.5
    network = network.assign(
        frequency_mhz=np.where(low, 773.0, 3750.0),
        subcarrier_spacing_khz=np.where(low, 15, 30),
        resource_blocks=np.where(low, 52, 273),
        pattern=np.repeat(rng.choice(["tr38901", "parabolic65", "omni"], count // 3), 3),
        tilt_deg=np.repeat(rng.choice([-4.0, 3.0, 12.0], count // 3), 3),
        power_w=rng.choice([20.0, 200.0], count),
        feeder_loss_db=rng.choice([0.5, 3.0], count),
    )
    models = np.repeat(rng.choice(["uma", "rma"], count // 3), 3).tolist()
    area, radio = areas((1000, 1000, 1600, 1600)), Radio(load=load, body_loss_db=1.0)
    found = signal_map(network, area, resolution_m=20, model=models, radio=radio).compute()
    x, y = np.meshgrid(found["x"], found["y"])
    levels = np.array(
        [
            sector_levels(row, x, y, model=model, body_loss_db=1.0)[0]
            for (_, row), model in zip(network.iterrows(), models, strict=True)
        ]
    )
    power, server = 10 ** (levels / 10), levels.argmax(axis=0)
    same = found["server"].to_numpy() == server
    assert same.mean() > 0.99
    assert np.abs(found["level_dbm"] - levels.max(axis=0)).max() < 0.02
    total = np.where(low[server], power[low].sum(axis=0), power[~low].sum(axis=0))
    noise = 10 ** (-16.7) * np.where(low[server], 15e3, 30e3)
    best = power.max(axis=0)
    expected = 10 * np.log10(best / (load * (total - best) + noise))
    assert np.abs(found["sinr_db"].to_numpy() - expected)[same].max() < 0.05


def test_interference_of_many_far_sites_is_their_sum() -> None:
    # Two sites near by are the strongest; most interference is what many far ones add up to.
    rng = np.random.default_rng(2)
    angle, radius_m = rng.uniform(0, 2 * np.pi, 120), rng.uniform(1200, 1500, 120)
    network = sectors(
        [500.0, 560.0, *(480 + radius_m * np.cos(angle))],
        [500.0, 430.0, *(480 + radius_m * np.sin(angle))],
        pattern="omni",
        power_w=[2.0, 2.0, *[200.0] * 120],
    )
    found = signal_map(network, areas((320, 320, 640, 640)), resolution_m=10).compute()
    x, y = np.meshgrid(found["x"], found["y"])
    expected = coverage(network, x, y, threshold_dbm=-110, load=0.5, noise_dbm=NOISE_DBM)
    assert set(np.unique(found[["server", "second_server"]].to_array())) == {0, 1}
    two = 10 ** (found["level_dbm"] / 10) / (0.5 * 10 ** (found["second_level_dbm"] / 10))
    assert float((10 * np.log10(two) - found["sinr_db"]).median()) > 3
    assert np.abs(found["sinr_db"] - expected["sinr_db"]).max() < 0.02


def test_blocks_change_nothing_where_range_ends() -> None:
    # Sites just out of range of one block and within range of the next.
    rng = np.random.default_rng(1)
    x_m, y_m = rng.uniform(-1500, 3000, (2, 1500))
    network = sectors(x_m, y_m, pattern="omni")
    maps = [
        signal_map(
            network, areas((0, 0, 1010, 770)), resolution_m=10, block_cells=block_cells,
            radio=Radio(range_m=1000.0),
        ).compute()
        for block_cells in (32, 1024)
    ]  # fmt: skip
    xr.testing.assert_identical(*maps)


def test_range_ends_between_two_cells() -> None:
    found = signal_map(
        sectors([0.0], [5.0], pattern="omni"), areas((900, 0, 1100, 10)), resolution_m=10,
        radio=Radio(range_m=1000.0),
    )  # fmt: skip
    assert found["server"].to_numpy().tolist() == [[0] * 10 + [-1] * 10]
