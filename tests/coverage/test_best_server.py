"""The coverage map: by hand, by the plain sum over sectors, by blocks, and with wrong inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from distributed import Client
from shapely import Point, box

from hanoi_analytics.coverage.best_server import Radio, signal_map
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation import MODELS, with_clutter
from hanoi_analytics.coverage.propagation.limits import FloatArray, Limits
from hanoi_analytics.coverage.propagation.model import Link, Model, State
from tests.coverage.direct_sum import coverage
from tests.coverage.made_up import SOURCE, X, Y, areas, random_sectors, sectors

NOISE_DBM = -174 + 10 * math.log10(30_000) + 7


def at(found: xr.Dataset, x_m: float, y_m: float) -> xr.Dataset:
    """Return the values of the cell that holds a point, in metres from the corner."""
    return found.sel(x=X + x_m, y=Y + y_m, method="nearest")


def test_one_sector_is_the_link_budget_done_by_hand() -> None:
    # The cell's centre lies 500 m north of the site, on boresight; the tilt points at it.
    tilt = math.degrees(math.atan2(23.5, 500))
    one = sectors([5.0], [5.0], tilt_deg=tilt)
    found = at(signal_map(one, areas((0, 490, 20, 530)), resolution_m=10).compute(), 5, 505)
    # 200 W over 273 blocks is 17.86 dBm; UMa at 3.75 GHz and 500 m loses 98.87 or 130.52 dB,
    # with line of sight at 3.63 % of places.
    mean_loss = 0.0363 * 98.87 + 0.9637 * 130.52
    level = 17.86 + 20 - 0.5 - 3 - mean_loss
    assert float(found["level_dbm"]) == pytest.approx(level, abs=0.02)
    assert float(found["sinr_db"]) == pytest.approx(level - NOISE_DBM, abs=0.02)
    sent = 17.86 + 20 - 0.5 - 3
    # Φ((−95.49 + 110)/4) is 1 to four digits; Φ((−96.16 + 110)/6) = Φ(2.307) = 0.9895.
    assert sent - 130.52 == pytest.approx(-96.16)
    assert float(found["probability"].squeeze()) == pytest.approx(
        0.0363 * 1.0 + 0.9637 * 0.9895, abs=5e-4
    )


@pytest.mark.parametrize(
    ("indoor", "specification", "loss_db"),
    [
        ("low", "v16", 12.79),
        ("high", "v16", 27.44),
        ("high", "v19", 28.16),
        ("legacy_20db", "v19", 20.0),
    ],
)
def test_a_wall_takes_its_loss_from_every_level(
    indoor: Any, specification: Any, loss_db: float
) -> None:
    network, area = sectors([500.0], [500.0], (0, 120, 240)), areas((0, 0, 1000, 1000))
    outdoors = signal_map(network, area, resolution_m=50).compute()
    behind = Radio(indoor=indoor, specification=specification, depth_m=4.0)
    indoors = signal_map(network, area, resolution_m=50, radio=behind).compute()
    drop = outdoors["level_dbm"] - indoors["level_dbm"]
    assert float(drop.min()) == pytest.approx(loss_db + 2.0, abs=0.01)
    assert float(drop.max()) == pytest.approx(loss_db + 2.0, abs=0.01)
    assert float(indoors["probability"].mean()) < float(outdoors["probability"].mean())


@pytest.mark.parametrize(
    ("indoor", "loss_db", "sigma_db"),
    [("none", 0.0, 6.0), ("low", 12.79, 7.44), ("legacy_20db", 20.0, 7.0), ("car", 9.0, 7.81)],
)
def test_a_wall_spreads_levels_as_well(indoor: Any, loss_db: float, sigma_db: float) -> None:
    # 500 m on boresight as above, one spread below the level without line of sight (-96.16 dBm):
    # σ is √(6² + 4.4²) behind a wall, √(6² + 5²) in a car, and 7 dB in all with the flat 20 dB.
    # 0.0363 × 1 + 0.9637 × Φ(1) = 0.8471.
    one = sectors([5.0], [5.0], tilt_deg=math.degrees(math.atan2(23.5, 500)))
    radio = Radio(indoor=indoor, thresholds_dbm=(-96.16 - loss_db - sigma_db,))
    found = at(signal_map(one, areas((0, 490, 20, 530)), resolution_m=10, radio=radio), 5, 505)
    assert float(found["probability"].squeeze()) == pytest.approx(0.8471, abs=2e-3)


@pytest.mark.parametrize(
    ("count", "side_m", "corners", "resolution_m"),
    [
        (40, 4000.0, (1000, 1000, 2300, 2300), 20.0),
        (900, 10_000.0, (4700, 4700, 5100, 5030), 10.0),
    ],
    ids=["few sites", "sites far away among many"],
)
def test_the_map_is_the_plain_sum_over_sectors(
    count: int, side_m: float, corners: tuple[float, float, float, float], resolution_m: float
) -> None:
    network = random_sectors(count, side_m, seed=count)
    found = signal_map(network, areas(corners), resolution_m=resolution_m).compute()
    x, y = np.meshgrid(found["x"], found["y"])
    expected = coverage(network, x, y, threshold_dbm=-110, load=0.5, noise_dbm=NOISE_DBM)
    tolerance = {"level_dbm": 0.02, "second_level_dbm": 0.02, "sinr_db": 0.05}
    for name, most in tolerance.items():
        assert np.abs(found[name] - expected[name]).max() < most, name
    # Where two sectors are equally strong, a hair decides who serves and which chance counts.
    tie = expected["level_dbm"] - expected["second_level_dbm"] < 0.02
    same = found["server"].to_numpy() == expected["server"]
    assert (same | tie).all()
    assert same.mean() > 0.995
    chance = np.abs(found["probability"].squeeze().to_numpy() - expected["probability"])
    assert chance[same].max() < 0.005
    assert (found["second_server"].to_numpy() == expected["second_server"]).mean() > 0.99


def test_blocks_change_nothing() -> None:
    network, area = (
        random_sectors(60, 4000, seed=3),
        areas((0, 0, 3000, 2000), (3000, 500, 3400, 900)),
    )
    whole = signal_map(network, area, resolution_m=20).compute()
    pieces = signal_map(network, area, resolution_m=20, block_cells=32).compute()
    xr.testing.assert_identical(whole, pieces)


def test_more_areas_than_a_short_number_holds() -> None:
    many = areas((0, 0, 30, 30)).iloc[[0] * 33_000]
    found = signal_map(sectors([0.0], [0.0]), many, resolution_m=30)["area"]
    assert found.to_numpy().tolist() == [[32_999]]


def test_two_worker_processes_give_the_same_bits() -> None:
    network, area = random_sectors(60, 4000, seed=4), areas((0, 0, 2600, 2600))
    here = signal_map(network, area, resolution_m=20, block_cells=64).compute()
    with Client(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as client:
        there = signal_map(network, area, resolution_m=20, block_cells=64).compute()
        assert len(client.scheduler_info()["workers"]) == 2
    xr.testing.assert_identical(here, there)


def test_carriers_interfere_with_their_own_kind_only() -> None:
    both = sectors([0.0, 400.0], [0.0, 0.0], pattern="omni", tilt_deg=0.0)
    other = both.assign(frequency_mhz=[3750.0, 3850.0], band=["n78", "n77"])
    alone = both.iloc[:1]
    area = areas((100, -20, 120, 20))
    quiet = signal_map(alone, area, resolution_m=20).compute()["sinr_db"]
    apart = signal_map(other, area, resolution_m=20).compute()["sinr_db"]
    together = signal_map(both, area, resolution_m=20).compute()["sinr_db"]
    silent = signal_map(both, area, resolution_m=20, radio=Radio(load=0.0)).compute()["sinr_db"]
    np.testing.assert_allclose(apart, quiet, atol=1e-5)
    np.testing.assert_allclose(silent, quiet, atol=1e-5)
    assert float(together.max()) < float(quiet.min()) - 10


def test_where_nobody_is_heard_and_where_nobody_asked() -> None:
    far = Radio(range_m=1000.0, thresholds_dbm=(-120.0, -100.0))
    found = signal_map(
        sectors([0.0], [0.0], pattern="omni"), areas((0, 0, 300, 300), (3000, 0, 3300, 300)),
        resolution_m=30, radio=far,
    ).compute()  # fmt: skip
    unheard = at(found, 3100, 100)
    assert int(unheard["area"]) == 1
    assert int(unheard["server"]) == int(unheard["second_server"]) == -1
    assert math.isnan(unheard["level_dbm"])
    assert unheard["probability"].to_numpy().tolist() == [0.0, 0.0]
    unasked = at(found, 1500, 100)
    assert int(unasked["area"]) == -1
    assert np.isnan(unasked["probability"]).all()
    heard = at(found, 100, 100)
    assert int(heard["server"]) == 0
    assert int(heard["second_server"]) == -1
    assert float(heard["probability"][0]) >= float(heard["probability"][1])


def test_below_ten_metres_counts_as_ten() -> None:
    found = signal_map(
        sectors([0.5], [0.5], pattern="omni"), areas((0, 0, 8, 2)), resolution_m=1
    ).compute()
    levels = found["level_dbm"].to_numpy()
    assert np.ptp(levels) < 1e-4
    # 17.86 + 20 − 0.5 − 3 dBm less UMa's 28 + 22 lg √(10² + 23.5²) + 20 lg 3.75 = 70.46 dB.
    assert levels.max() == pytest.approx(34.36 - 70.46, abs=0.02)


@dataclass(frozen=True)
class PowerLaw(Model):
    """A loss of 10 n lg d with one spread: the world of the closed form."""

    exponent: float = 4.0
    sigma: float = 8.0

    def limits(self, state: State) -> Limits:
        names = ("distance_2d_m", "frequency_ghz", "base_height_m", "terminal_height_m")
        return dict.fromkeys(names, (0.1, 1e5))

    def _loss(self, link: Link, state: State) -> FloatArray:
        return 10 * self.exponent * np.log10(link.distance_2d_m)

    def _sigma(self, link: Link, state: State) -> FloatArray:
        return np.full(link.distance_2d_m.shape, self.sigma)

    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        return np.zeros(np.broadcast_shapes(distance_2d_m.shape, terminal_height_m.shape))

    def _probability_heights_m(self) -> tuple[float, float]:
        return 1.0, 10.0


@pytest.mark.parametrize(
    ("edge_quantile", "exponent", "sigma_db", "share"),
    [
        (0.6745, 4.0, 8.0, 0.9073),
        (0.6745, 2.0, 8.0, 0.8620),
        (1.2816, 4.0, 8.0, 0.9687),
        (0.0, 4.0, 8.0, 0.7728),
    ],
)
def test_a_round_cell_is_covered_as_the_closed_form_says(
    edge_quantile: float, exponent: float, sigma_db: float, share: float
) -> None:
    model = PowerLaw("law", "test", True, 50.0, 50.0, exponent, sigma_db)
    radius_m = 1600.0
    sent = 10 * math.log10(200_000) - 10 * math.log10(12 * 273) + 20 - 0.5 - 3
    edge_dbm = sent - 10 * exponent * math.log10(radius_m)
    radio = Radio(thresholds_dbm=(edge_dbm - edge_quantile * sigma_db,))
    disc = gpd.GeoDataFrame(geometry=[Point(X, Y).buffer(radius_m, 256)], crs=32648)
    disc.attrs["source"] = SOURCE
    found = signal_map(
        sectors([0.0], [0.0], pattern="omni"), disc, resolution_m=10, model=model, radio=radio
    )
    assert float(found["probability"].mean()) == pytest.approx(share, abs=1e-3)


def test_models_go_by_sector_and_may_hold_clutter() -> None:
    network = sectors([0.0, 5000.0], [0.0, 0.0], pattern="omni")
    area = areas((100, 0, 400, 30))
    urban = signal_map(network, area, resolution_m=30).compute()
    mixed = signal_map(network, area, resolution_m=30, model=["uma", "rma"]).compute()
    np.testing.assert_array_equal(urban["level_dbm"], mixed["level_dbm"])
    clear = signal_map(network, area, resolution_m=30, model="free_space").compute()
    assert float((clear["level_dbm"] - urban["level_dbm"]).min()) > 5
    cluttered = with_clutter(MODELS["free_space"], 0.5)
    near = areas((300, 0, 400, 30))
    lost = (
        signal_map(network, near, resolution_m=30, model="free_space")["level_dbm"]
        - signal_map(network, near, resolution_m=30, model=cluttered, radio=Radio())["level_dbm"]
    )
    # P.2108 gives half of the places at 250 m and 3.75 GHz about 23 dB.
    assert float(lost.mean()) == pytest.approx(23, abs=3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resolution_m": 0.0}, "resolution_m=0"),
        ({"block_cells": 100}, "a multiple of 32"),
        ({"model": "una"}, "did you mean 'uma'?"),
        ({"model": ["uma", "uma"]}, "one for each of 1 sectors"),
        ({"resolution_m": math.nan}, "resolution_m=nan"),
    ],
)
def test_a_wrong_argument_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CoverageError) as caught:
        signal_map(sectors([0.0], [0.0]), areas((0, 0, 100, 100)), **change)
    assert words in str(caught.value)


def test_networks_and_areas_that_cannot_be_mapped() -> None:
    area = areas((0, 0, 100, 100))
    two = sectors([0.0, 9.0], [0.0, 9.0], operator=["A", "B"])
    with pytest.raises(CoverageError, match="sectors of 2 operators"):
        signal_map(two, area)
    assert signal_map(two, area, any_operator=True)["level_dbm"].shape == (4, 4)
    tall = sectors([0.0, 9.0], [0.0, 9.0], height_m=[25.0, 150.0])
    with pytest.raises(CoverageError, match="1 of 2 sectors, such as 's00001-0' with height_m 150"):
        signal_map(tall, area)
    with pytest.raises(CoverageError, match="no coordinate system"):
        signal_map(sectors([0.0], [0.0]), area.set_crs(None, allow_override=True))
    with pytest.raises(CoverageError, match="nothing to cover"):
        signal_map(sectors([0.0], [0.0]), area.iloc[:0])
    swapped = gpd.GeoDataFrame(geometry=[box(21.0, 105.0, 21.1, 105.1)], crs=4326)
    for nowhere in (swapped, gpd.GeoDataFrame(geometry=[Point(X, Y)], crs=32648)):
        with pytest.raises(CoverageError, match="order of coordinates"):
            signal_map(sectors([0.0], [0.0]), nowhere)
    with pytest.raises(CoverageError, match="azimuth_deg"):
        signal_map(sectors([0.0], [0.0]).drop(columns="azimuth_deg"), area)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"load": 1.5}, "load: expected 0 to 1, found 1.5"),
        ({"thresholds_dbm": ()}, "one or more rising levels"),
        ({"thresholds_dbm": (-100.0, -110.0)}, "one or more rising levels"),
        ({"thresholds_dbm": (110.0,)}, "expected -160 to -20, found 110"),
        ({"indoor": "cellar"}, "found 'cellar'"),
        ({"range_m": math.inf}, "range_m"),
        ({"terminal_height_m": math.nan}, "terminal_height_m"),
        ({"specification": "v17"}, "specification: expected one of ('v16', 'v19'), found 'v17'"),
    ],
)
def test_settings_that_no_receiver_has(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(CoverageError) as caught:
        Radio(**settings)
    assert words in str(caught.value)
