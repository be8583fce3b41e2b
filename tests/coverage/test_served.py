"""People served: the sum by hand, the spread of draws, fields of fading, and wrong inputs."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401
import xarray as xr
from rasterio.transform import from_origin

from hanoi_analytics.coverage.best_server import Radio, Served, area_reliability, served, signal_map
from hanoi_analytics.coverage.best_server.fading import correlated_field, site_shifts
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation import MODELS
from tests.coverage.made_up import SOURCE, X, Y, areas, random_sectors, sectors

SWEEP = Radio(thresholds_dbm=(-105.0, -95.0, -90.0))


def people(columns: int, rows: int, *, cell_m: float, each: float = 10.0) -> xr.DataArray:
    """Return a grid from the corner on, with as many people in every cell."""
    grid = xr.DataArray(
        np.full((rows, columns), each),
        {
            "y": Y + rows * cell_m - (np.arange(rows) + 0.5) * cell_m,
            "x": X + (np.arange(columns) + 0.5) * cell_m,
        },
        ("y", "x"),
    ).rio.write_crs("EPSG:32648")
    # A single row or column does not tell its size.
    grid = grid.rio.write_transform(from_origin(X, Y + rows * cell_m, cell_m, cell_m))
    grid.attrs["source"] = SOURCE
    return grid


@pytest.fixture(scope="module")
def town() -> Served:
    return served(
        random_sectors(20, 3000, seed=5),
        areas((0, 0, 1500, 3000), (1500, 0, 3000, 3000)),
        people(15, 15, cell_m=200.0),
        seed=7,
        draws=60,
        resolution_m=50,
        radio=SWEEP,
    )


def test_people_covered_are_people_times_the_probability(town: Served) -> None:
    found = signal_map(
        random_sectors(20, 3000, seed=5),
        areas((0, 0, 1500, 3000), (1500, 0, 3000, 3000)),
        resolution_m=50,
        radio=SWEEP,
    ).compute()
    west = town.areas[town.areas["name"] == "0"].set_index("threshold_dbm")
    # 200 m cells of 10 people are 16 cells of 50 m with 10/16 people each.
    for threshold in SWEEP.thresholds_dbm:
        chance = found["probability"].sel(threshold_dbm=threshold)
        by_hand = float(chance.where(found["area"] == 0).sum()) * 10 / 16
        assert west.loc[threshold, "people_covered"] == pytest.approx(by_hand, rel=1e-4)
        share = float(chance.where(found["area"] == 0).mean())
        assert west.loc[threshold, "share_of_area"] == pytest.approx(share, rel=1e-4)
    assert town.areas["people"].sum() == pytest.approx(3 * 2250, rel=1e-4)
    assert town.total["people"].tolist() == pytest.approx([2250] * 3, rel=1e-4)


def test_the_draws_scatter_about_the_expectation(town: Served) -> None:
    table = town.areas
    assert (table["share_of_people_low"] <= table["share_of_people"] + 1e-9).all()
    assert (table["share_of_people"] <= table["share_of_people_high"] + 1e-9).all()
    assert (table["share_of_people_by_two"] >= table["share_of_people_low"]).all()
    assert table["share_of_people_high"].max() <= 1 + 1e-9
    # A stricter threshold covers fewer, in expectation and in the draws.
    for column in ("people_covered", "people_covered_low", "people_covered_high"):
        assert town.total[column].is_monotonic_decreasing
    # What two areas have in common averages out: the total is known better than its parts.
    width = (table["share_of_people_high"] - table["share_of_people_low"]).to_numpy().reshape(3, 2)
    whole = town.total["share_of_people_high"] - town.total["share_of_people_low"]
    assert (whole.to_numpy() < width.max(axis=1)).all()


def one_cell(draws: int, **changes: Any) -> Served:
    network = sectors([-600.0], [5.0], pattern="omni", tilt_deg=2.0)
    return served(
        network, areas((0, 0, 10, 10)), people(1, 1, cell_m=10.0, each=1.0),
        seed=3, draws=draws, resolution_m=10, radio=Radio(thresholds_dbm=(-103.0,)), **changes,
    )  # fmt: skip


def test_a_single_cell_is_covered_or_not() -> None:
    found = one_cell(400).areas.iloc[0]
    assert 0.2 < found["share_of_people"] < 0.98
    assert (found["share_of_people_low"], found["share_of_people_high"]) == (0.0, 1.0)


def test_the_share_of_draws_is_the_probability() -> None:
    found = served(
        sectors([-600.0], [1000.0], pattern="omni", tilt_deg=2.0),
        areas((0, 0, 20, 2000)),
        people(1, 100, cell_m=20.0),
        seed=11,
        draws=300,
        interval=0.02,
        resolution_m=20,
        radio=Radio(thresholds_dbm=(-103.0,)),
    ).areas.iloc[0]
    # An interval of 2 % is the median of the draws, which lies at the mean but for skewness.
    assert found["share_of_people_low"] == pytest.approx(found["share_of_people"], abs=0.02)
    assert found["share_of_people_high"] - found["share_of_people_low"] <= 0.02


def test_longer_correlation_and_an_unsure_model_widen_the_interval() -> None:
    def width(**changes: Any) -> float:
        total = served(
            # The first site is too far away to serve anybody.
            sectors([-4500.0, -500.0], [500.0, 500.0], pattern="omni", tilt_deg=2.0),
            areas((0, 0, 1000, 1000)),
            people(10, 10, cell_m=100.0),
            seed=5,
            draws=80,
            resolution_m=25,
            radio=Radio(thresholds_dbm=(-105.0,)),
            **changes,
        ).total.iloc[0]
        return float(total["share_of_people_high"] - total["share_of_people_low"])

    usual = width()
    smooth = replace(MODELS["uma"], correlation_los_m=400.0, correlation_nlos_m=400.0)
    assert width(model=["uma", smooth]) > 2 * usual
    assert width(model_error_db=4.0) > 2 * usual


def test_the_seed_decides() -> None:
    again = one_cell(50).areas.drop(columns="geometry")
    assert one_cell(50).areas.drop(columns="geometry").equals(again)


def test_blocks_change_no_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    def table() -> Any:
        return served(
            random_sectors(8, 1500, seed=6), areas((0, 0, 700, 1000), (700, 0, 1400, 1000)),
            people(14, 10, cell_m=100.0), seed=5, draws=20, resolution_m=20,
            radio=Radio(thresholds_dbm=(-95.0,)),
        ).areas.drop(columns="geometry")  # fmt: skip

    whole = table()
    module = importlib.import_module("hanoi_analytics.coverage.best_server.served")
    monkeypatch.setattr(module, "_SIDE", 32)
    pd.testing.assert_frame_equal(whole, table(), rtol=1e-9)


def test_a_second_site_helps_and_a_second_sector_does_not() -> None:
    def by_two(network: Any) -> float:
        found = served(
            network, areas((0, 0, 500, 500)), people(5, 5, cell_m=100.0), seed=5, draws=40,
            resolution_m=25, radio=Radio(thresholds_dbm=(-100.0,)),
        ).total.iloc[0]  # fmt: skip
        return float(found["share_of_people_by_two"] - found["share_of_people"])

    apart = sectors([-500.0, 1000.0], [250.0, 250.0], pattern="omni")
    together = sectors([-500.0], [250.0], (80.0, 100.0))
    assert by_two(apart) > 0.03
    assert abs(by_two(together)) < 0.03


def test_an_error_of_the_model_is_common_to_both_sectors() -> None:
    found = served(
        sectors([-500.0], [250.0], (80.0, 100.0), pattern="omni"), areas((0, 0, 500, 500)),
        people(5, 5, cell_m=100.0), seed=5, draws=60, resolution_m=25, model_error_db=30.0,
        radio=Radio(thresholds_dbm=(-125.0,)),
    ).total.iloc[0]  # fmt: skip
    # Without the error nearly all are covered; with it neither sector is in many of the draws.
    assert found["share_of_people"] > 0.95
    assert found["share_of_people_by_two"] < 0.95


@pytest.mark.parametrize("lag", [1, 5, 15])
def test_a_field_is_correlated_as_asked(lag: int) -> None:
    field = correlated_field(50.0, cell_m=10.0, rng=np.random.default_rng(9)).astype(float)
    # Exactly so: draws read few fields again and again, and what each has too much of stays.
    assert field.mean() == pytest.approx(0.0, abs=1e-5)
    assert field.var() == pytest.approx(1.0, abs=1e-5)
    for axis in (0, 1):
        product = field * np.roll(field, lag, axis=axis)
        assert product.mean() == pytest.approx(math.exp(-lag * 10 / 50), abs=0.05)


def test_sites_read_places_of_their_own() -> None:
    shifts = site_shifts(50, 20, fields=4, rng=np.random.default_rng(2))
    assert set(np.unique(shifts[:, :, 0])) == {0, 1, 2, 3}
    assert (shifts[:, :, 0] == shifts[:, :1, 0]).all()
    assert shifts.min() >= 0
    assert shifts.max() < 1024
    assert len(np.unique(shifts[:, :, 1:].reshape(-1, 2), axis=0)) > 990


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"draws": 5}, "draws=5"),
        ({"interval": 1.0}, "interval=1"),
        ({"model_error_db": -1.0}, "model_error_db=-1"),
        ({"model_error_db": math.nan}, "model_error_db=nan"),
        ({"model": "free_space"}, "correlation distance of shadow fading"),
    ],
)
def test_wrong_arguments_of_draws(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CoverageError) as caught:
        one_cell(**{"draws": 30, **change})
    assert words in str(caught.value)


def test_an_area_where_nobody_lives_and_one_without_a_cell() -> None:
    found = served(
        sectors([0.0], [0.0], pattern="omni"),
        areas((0, 0, 200, 200), (200, 0, 400, 200), (1, 1, 3, 3)),
        people(1, 1, cell_m=200.0), seed=1, draws=20, resolution_m=20,
    ).areas  # fmt: skip
    assert found["people"].tolist() == [pytest.approx(10.0), 0.0, 0.0]
    assert found["people_covered"].tolist() == [pytest.approx(10.0, rel=0.01), 0.0, 0.0]
    assert found["share_of_people"].isna().tolist() == [False, True, True]
    assert found["share_of_area"].isna().tolist() == [False, False, True]


def test_tables_that_cannot_be_joined_or_named() -> None:
    where, who = areas((0, 0, 100, 100)), people(1, 1, cell_m=100.0)
    with pytest.raises(CoverageError, match="column 'people' would be computed"):
        served(sectors([0.0], [0.0]), where.assign(people=5), who, seed=1)
    with pytest.raises(CoverageError, match="people without attrs"):
        served(sectors([0.0], [0.0]), where, who.drop_attrs(), seed=1)


def test_people_who_live_elsewhere() -> None:
    with pytest.raises(CoverageError, match="nobody lives on the grid"):
        served(
            sectors([0.0], [0.0]), areas((0, 0, 100, 100)),
            people(2, 2, cell_m=100.0, each=0.0), seed=1, resolution_m=20,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("edge", "exponent", "sigma_db", "share"),
    [
        (0.75, 4.0, 8.0, 0.9073),
        (0.75, 2.0, 8.0, 0.8620),
        (0.90, 4.0, 8.0, 0.9687),
        (0.90, 3.908, 6.0, 0.9743),
        (0.50, 4.0, 8.0, 0.7728),
        (0.95, 3.5, 8.0, 0.9843),
    ],
)
def test_area_reliability_has_the_published_values(
    edge: float, exponent: float, sigma_db: float, share: float
) -> None:
    found = area_reliability(edge, path_loss_exponent=exponent, sigma_db=sigma_db)
    assert float(found) == pytest.approx(share, abs=1e-3)


def test_area_reliability_at_its_ends() -> None:
    tiny = area_reliability([0.3, 0.6], path_loss_exponent=4, sigma_db=1e-3)
    # With no fading the edge is the place where the level is the threshold, or just beside it.
    assert tiny.tolist() == pytest.approx([1.0, 1.0], abs=1e-3)
    for wrong in (0.0, 1.0, math.nan):
        with pytest.raises(CoverageError, match="edge_probability"):
            area_reliability(wrong, path_loss_exponent=4, sigma_db=8)
    with pytest.raises(CoverageError, match="sigma above 0"):
        area_reliability(0.9, path_loss_exponent=4, sigma_db=0)
