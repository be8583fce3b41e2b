"""The heat island: exact on rasters made by hand, and clear about the country compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr

from hanoi_analytics import catalogue, rasters
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land import (
    all_references,
    heat_island,
    rural_mask,
    urban_mask,
)
from hanoi_analytics.environment.land.references import Ring
from hanoi_analytics.environment.simulated import land

ROWS = 80
Array = npt.NDArray[np.generic]


def _raster(values: Array, *, crs: str = "EPSG:32648", cell: float = 1000.0) -> xr.DataArray:
    rows, columns = values.shape[-2:]
    coords = {
        "y": 2_400_000.0 - cell * np.arange(rows),
        "x": 500_000.0 + cell * np.arange(columns),
    }
    dims = ("time", "y", "x")[-values.ndim :]
    return xr.DataArray(values, coords, dims).rio.write_crs(crs)


@pytest.fixture
def city() -> xr.DataArray:
    """10 by 10 cells of 1 km in the middle of 80 by 80."""
    mask = np.zeros((ROWS, ROWS), dtype=bool)
    mask[35:45, 35:45] = True
    return _raster(mask)


def _two_levels(city: xr.DataArray, urban: float, rural: float) -> xr.DataArray:
    return _raster(np.where(city, urban, rural))


def _outside_km(city: xr.DataArray) -> npt.NDArray[np.float64]:
    """Distance of each cell to the square, by hand: how far it lies beyond rows and columns."""
    step = np.arange(ROWS)
    beyond = np.maximum(np.maximum(35 - step, step - 44), 0)
    return np.hypot(beyond[:, None], beyond[None, :])


@pytest.mark.parametrize("ring", ["equal_area_ring", "ring_10_25_km"])
def test_an_offset_of_three_degrees_is_exactly_that(city: xr.DataArray, ring: Ring) -> None:
    found = heat_island(
        _two_levels(city, 33.0, 30.0), urban=city, rural=ring, water=None, elevation_m=None
    )
    assert found["heat_island_c"].item() == 3.0
    assert (found["urban_c"].item(), found["rural_c"].item()) == (33.0, 30.0)
    assert found["standard_error_c"].item() == 0.0
    assert found["urban_cells"].item() == 100
    # Around 10 x 10 cells: 40 at 1 km, 4 at root 2, 40 at 2, 8 at root 5, 4 at root 8, then at
    # 3 km, the first distance that makes a hundred, another 40.
    expected = {"equal_area_ring": 136, "ring_10_25_km": None}[ring]
    if expected is None:
        distance = _outside_km(city)
        expected = int(((distance >= 10) & (distance <= 25)).sum())
    assert found["rural_cells"].item() == expected


def test_the_answer_depends_on_the_country_and_the_result_says_which(city: xr.DataArray) -> None:
    # Warm suburbs within 5 km, cool land beyond.
    suburbs = _outside_km(city) < 5
    warm = _raster(np.where(city, 33.0, np.where(suburbs, 32.0, 28.0)))
    own = _raster((_outside_km(city) > 30) & (np.arange(ROWS) < 5))
    table = all_references(warm, urban=city, water=None, elevation_m=None, own=own)
    found = dict(zip(table["reference"], table["heat_island_c"], strict=True))
    assert found == {"equal_area_ring": 1.0, "ring_10_25_km": 5.0, "own": 5.0}
    words = dict(zip(table["reference"], table["definition"], strict=True))
    assert "as many as the city's" in words["equal_area_ring"]
    assert "10 to 25 km" in words["ring_10_25_km"]
    assert all("water not excluded" in text and "any height" in text for text in words.values())


def test_water_and_hills_are_left_out_where_they_are_given(city: xr.DataArray) -> None:
    values = np.where(city, 33.0, 30.0)
    water, height = np.zeros((ROWS, ROWS), dtype=bool), np.full((ROWS, ROWS), 10.0)
    water[34:37, :] = True  # across the city's first two rows and the country
    height[:, 20:24], height[:, 56:60] = 60.0, 60.1
    values[water], values[height == 60.1] = 5.0, 0.0
    given = {"urban": city, "rural": "ring_10_25_km"}
    found = heat_island(_raster(values), water=_raster(water), elevation_m=_raster(height), **given)
    # 60 m is exactly 50 m above the city and stays; 60.1 m goes.
    assert found["heat_island_c"].item() == 3.0
    assert found["urban_cells"].item() == 80
    mask = rural_mask(city, rural="ring_10_25_km", water=None, elevation_m=_raster(height))
    assert mask[40, 22].item() and not mask[40, 58].item()
    text = found.attrs["definition"]
    assert "no water" in text and "within 50 m of the city's mean of 10 m" in text
    without = heat_island(_raster(values), water=None, elevation_m=None, **given)
    assert without["heat_island_c"].item() != 3.0


def test_scenes_are_compared_one_by_one_and_lazily(city: xr.DataArray) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(30, 2, (5, ROWS, ROWS)) + 2.0 * city.to_numpy()
    values[1, 35:40] = np.nan  # half the city under clouds
    values[2] = np.nan
    cube = _raster(values)
    settings = {"urban": city, "rural": "ring_10_25_km", "water": None, "elevation_m": None}
    lazy = heat_island(cube.chunk({"time": 1, "y": 30, "x": 17}), **settings)
    assert all(part.chunks for part in lazy.values())
    found = lazy.compute()
    xr.testing.assert_allclose(found, heat_island(cube, **settings))
    assert found["urban_cells"].to_numpy().tolist() == [100, 50, 0, 100, 100]
    distance = _outside_km(city)
    ring = (distance >= 10) & (distance <= 25)
    by_hand = values[3][city.to_numpy()].mean() - values[3][ring].mean()
    assert found["heat_island_c"][3].item() == pytest.approx(by_hand, abs=1e-12)
    assert found["heat_island_c"].isnull().to_numpy().tolist() == [False, False, True, False, False]
    assert found["standard_error_c"].isnull().to_numpy()[2]


def test_the_standard_error_knows_that_neighbours_are_alike() -> None:
    # Blocks of 5 by 5 cells, each with one deviation of its own of 1 °C: 16 urban, 240 rural.
    rng = np.random.default_rng(11)
    blocks = rng.normal(0.0, 1.0, (400, 16, 16))
    cube = _raster(25 + blocks.repeat(5, axis=1).repeat(5, axis=2))
    mask = np.zeros((ROWS, ROWS), dtype=bool)
    mask[30:50, 30:50] = True
    found = heat_island(
        cube, urban=_raster(mask), rural=_raster(~mask), water=None, elevation_m=None, block_km=5.0
    )
    assert found["urban_blocks"][0].item() == 16 and found["rural_blocks"][0].item() == 240
    expected = np.sqrt(1 / 16 + 1 / 240)
    # 400 draws of a variance with 15 degrees of freedom: 2 % standard error; three of them.
    assert np.sqrt((found["standard_error_c"] ** 2).mean()).item() == pytest.approx(
        expected, rel=0.06
    )
    # And it is the spread that the estimate has indeed.
    assert found["heat_island_c"].std().item() == pytest.approx(expected, rel=0.12)


def test_a_definition_that_no_cell_meets_is_told_apart(city: xr.DataArray) -> None:
    small = city[30:50, 30:50]
    warm = _raster(np.where(city, 33.0, 30.0))[30:50, 30:50]
    with pytest.raises(EnvironmentDataError, match="300 cells outside the city can be used"):
        rural_mask(small, rural="ring_10_25_km", water=None, elevation_m=None)
    table = all_references(warm, urban=small, water=None, elevation_m=None)
    assert table["heat_island_c"].isna().tolist() == [False, True]
    assert "300 cells" in table["definition"][1]
    crowded = _raster(np.ones((4, 4), dtype=bool) & (np.arange(4) < 3))
    with pytest.raises(EnvironmentDataError, match="4 cells outside"):
        rural_mask(crowded, rural="equal_area_ring", water=None, elevation_m=None)


def test_wrong_inputs_are_refused(city: xr.DataArray) -> None:
    warm = _two_levels(city, 33.0, 30.0)
    rest = {"urban": city, "rural": "equal_area_ring", "water": None, "elevation_m": None}
    cases = [
        ({"temperature_c": warm + 273.15}, "in °C"),
        ({"temperature_c": _raster(np.full((ROWS, ROWS), 44_947, "uint16"))}, "in °C"),
        ({"temperature_c": warm, "rural": "equal_ring"}, "equal_area_ring"),
        ({"temperature_c": warm, "rural": city}, "100 of its 100 cells are urban too"),
        ({"temperature_c": warm, "urban": city.astype(int)}, "true or false"),
        ({"temperature_c": warm, "water": city[1:]}, "different grids"),
        ({"temperature_c": warm, "block_km": 0.0}, "block_km"),
        ({"temperature_c": warm.rio.write_crs("EPSG:32649")}, "EPSG:32649"),
        ({"temperature_c": warm, "water": xr.ones_like(city)}, "no cell of the city is land"),
        ({"temperature_c": warm, "urban": city.rio.write_crs("EPSG:4326")}, "in metres"),
    ]
    for wrong, message in cases:
        with pytest.raises((EnvironmentDataError, rasters.RasterError), match=message):
            heat_island(**{**rest, **wrong})


def test_the_urban_centre_is_laid_over_a_grid_by_its_nearest_cell() -> None:
    classes = catalogue.load("vn_degree_of_urbanisation_2025")
    grid = land.elevation(seed=1)
    mask = urban_mask(classes, like=grid)
    assert mask.shape == grid.shape and mask.dtype == bool
    # Hoàn Kiếm lake lies in the urban centre, Ba Vì does not.
    assert mask.sel(x=588_600, y=2_325_400, method="nearest").item()
    assert not mask.sel(x=538_500, y=2_329_000, method="nearest").item()
    wider = urban_mask(classes, like=grid, urban_classes=(30, 23))
    assert int(wider.sum()) > int(mask.sum()) and not (mask & ~wider).any()
    with pytest.raises(EnvironmentDataError, match="no cell of the grid"):
        urban_mask(classes, like=grid, urban_classes=(99,))


def test_the_simulators_heat_island_is_recovered_by_every_reference() -> None:
    settings = {"seed": 12, "resolution_m": 600.0, "cells": (151, 127)}
    made = land.scenes(
        **settings, years=[2022], scenes_per_year=6, cloud_share=0.0, heat_island_c=5.0
    ).to_dataset("band")
    known = land.truth(**settings, years=[2022]).compute()
    counts = made["thermal"].where(made["quality"] != 1)
    celsius = (counts * 0.00341802 + 149.0 - 273.15).mean("time", skipna=False)
    share = known["built_up_share"].sel(year=2022, drop=True)
    city, water = share > 0.5, known["water"]
    table = all_references(celsius, urban=city, water=water, elevation_m=land.elevation(**settings))
    # Where hills may be in the reference, they are colder than its built-up share says.
    for row in table[table["height_rule"]].itertuples():
        mask = rural_mask(
            city, rural=row.reference, water=water, elevation_m=land.elevation(**settings)
        )
        seen = celsius.notnull()
        contrast = share.where(city & ~water & seen).mean() - share.where(mask & seen).mean()
        # Noise is hundredths; up to 50 m of height on one side is worth 0.3 °C at the very most.
        assert row.heat_island_c == pytest.approx(5.0 * float(contrast), abs=0.1)
        assert row.heat_island_c > 2.0
