"""Simulated scenes: one seed, one scene; stored as Landsat stores; with the truth inside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr

from hanoi_analytics import catalogue
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.simulated import land

CENTRE = (588_600.0, 2_325_400.0)
#: Around the centre, 60 km wide, quick to make.
COARSE = {"resolution_m": 600.0, "cells": (100, 100), "middle_m": CENTRE}
# QA_PIXEL as Landsat's handbook lists it (LSDS-1619): clear, and high-confidence cloud and shadow.
CLEAR, CLOUD, SHADOW, FILL = 21824, 22280, 23888, 1


def _celsius(made: xr.DataArray) -> xr.DataArray:
    counts = made.sel(band="thermal").astype("float64")
    return counts * 0.00341802 + 149.0 - 273.15


def _reflectance(made: xr.DataArray, band: str) -> xr.DataArray:
    return made.sel(band=band).astype("float64") * 0.0000275 - 0.2


def test_a_scene_is_the_same_to_the_bit_whichever_others_are_made_and_in_what_order() -> None:
    # Two blocks from north to south.
    shape = {"resolution_m": 300.0, "cells": (520, 40)}
    one = land.scenes(seed=3, years=[2019, 2020], scenes_per_year=2, **shape)
    whole = one.compute()
    alone = land.scenes(seed=3, years=[2020], scenes_per_year=2, **shape)
    np.testing.assert_array_equal(alone.compute(), whole[:, 2:])
    np.testing.assert_array_equal(one[:, ::-1, 515:].compute(), whole[:, ::-1, 515:])
    chunked = one.chunk({"time": 3, "y": 100})
    np.testing.assert_array_equal(chunked.compute(scheduler="sync"), whole)
    again = land.scenes(seed=4, years=[2020], scenes_per_year=2, **shape).compute()
    assert (again != alone).mean() > 0.5
    assert len({int(part) for part in whole.astype("int64").sum(("band", "y", "x"))}) == 4


def test_shadows_lie_to_the_north_west_of_their_clouds_across_blocks_too() -> None:
    made = land.scenes(seed=8, years=[2018], resolution_m=150.0, cells=(540, 80))
    bits = made.sel(band="quality").to_numpy()
    cloud, shadow, fill = ((bits >> bit) & 1 == 1 for bit in (3, 4, 0))
    # 750 m are 5 rows to the south, 900 m are 6 columns to the east.
    caster, shaded = cloud[:, 5:, 6:], shadow[:, :-5, :-6]
    seen = ~(fill[:, :-5, :-6] | fill[:, 5:, 6:])
    np.testing.assert_array_equal((caster & ~cloud[:, :-5, :-6])[seen], shaded[seen])
    assert shaded[:, 500:].any()


def test_quality_holds_the_handbooks_numbers_and_missing_cells_have_no_band() -> None:
    made = land.scenes(seed=5, years=range(2010, 2020), **COARSE).compute()
    quality = made.sel(band="quality")
    found = set(np.unique(quality).tolist())
    assert {CLEAR, CLOUD, SHADOW, FILL, CLEAR + 128} <= found
    bands = made.drop_sel(band="quality")
    assert (bands.where(quality == FILL, 0) == 0).all()
    assert (bands.where(quality != FILL, 1) > 0).all()
    # The published range of valid counts of reflectance.
    optical = bands.sel(band=["red", "nir", "swir1"]).where(quality != FILL)
    assert 7273 <= float(optical.min()) <= float(optical.max()) <= 43636
    # A bright cloud is no land: red above 0.3, and colder.
    assert float(_reflectance(made, "red").where(quality == CLOUD).min()) > 0.3
    clear, cloudy = (_celsius(made).where(quality == kind).mean() for kind in (CLEAR, CLOUD))
    assert float(clear - cloudy) > 10


def test_clouds_cover_the_share_asked_for() -> None:
    settings = {"resolution_m": 1500.0, "cells": (60, 50)}
    made = land.scenes(seed=6, years=range(2000, 2015), cloud_share=0.3, **settings)
    share = ((made.sel(band="quality") & 8) > 0).mean(("y", "x")).compute()
    # Sixty scenes of standard deviation 0.2: three standard errors.
    assert float(share.mean()) == pytest.approx(0.3, abs=0.08)
    assert float(share.max()) > 0.6
    assert float(share.min()) < 0.1
    bare = land.scenes(seed=6, years=[2000], cloud_share=0.0, **settings).sel(band="quality")
    assert set(np.unique(bare).tolist()) <= {CLEAR, CLEAR + 128, FILL}


@pytest.fixture(scope="module")
def clear_years() -> tuple[xr.DataArray, xr.Dataset, npt.NDArray[np.bool_]]:
    years = range(2005, 2025)
    made = land.scenes(
        seed=7,
        years=years,
        cloud_share=0.0,
        heat_island_c=4.0,
        warming_c_per_year=0.2,
        **COARSE,
    ).compute()
    known = land.truth(seed=7, years=years, **COARSE).compute()
    plain = (land.elevation(seed=7, **COARSE) < 14).to_numpy() & ~known["water"].to_numpy()
    return made.where(made.sel(band="quality") != FILL), known, plain


def test_the_heat_island_put_in_is_found(
    clear_years: tuple[xr.DataArray, xr.Dataset, npt.NDArray[np.bool_]],
) -> None:
    made, known, plain = clear_years
    share = known["built_up_share"].sel(year=2024)
    city, country = plain & (share > 0.8), plain & (share < 0.01)
    # A cell that lacks a scene has another mix of seasons.
    last = _celsius(made)[-4:].mean("time", skipna=False)
    found = float(last.where(city).mean() - last.where(country).mean())
    expected = 4.0 * float(share.where(city).mean() - share.where(country).mean())
    # Noise of 0.8 °C over hundreds of cells and four scenes, and growth within the year.
    assert found == pytest.approx(expected, abs=0.1)
    assert 3.0 < expected < 4.0


def test_the_warming_put_in_is_found_where_nothing_is_built(
    clear_years: tuple[xr.DataArray, xr.Dataset, npt.NDArray[np.bool_]],
) -> None:
    made, known, plain = clear_years
    open_land = plain & (known["built_up_share"].sel(year=2024) < 0.01)
    yearly = _celsius(made).where(open_land).mean(("y", "x")).groupby("time.year").mean()
    slope = np.polyfit(yearly["year"], yearly, 1)[0]
    # Weather of 0.4 °C a scene, 80 scenes over 20 years: standard error 0.008.
    assert slope == pytest.approx(0.2, abs=0.025)


def test_greenness_falls_as_the_truth_says(
    clear_years: tuple[xr.DataArray, xr.Dataset, npt.NDArray[np.bool_]],
) -> None:
    made, known, plain = clear_years
    red, nir = _reflectance(made, "red"), _reflectance(made, "nir")
    index = ((nir - red) / (nir + red)).groupby("time.year").mean()
    lost = known["ndvi"].sel(year=2005) - known["ndvi"].sel(year=2024)
    grown = plain & (lost > 0.3)
    assert int(grown.sum()) > 100
    found = (index.sel(year=2005) - index.sel(year=2024)).where(grown).mean()
    # Ratios of noisy bands over four seasons are not quite the ratio of the mean season.
    assert float(found) == pytest.approx(float(lost.where(grown).mean()), abs=0.03)


def test_land_once_built_over_stays_so_and_water_and_parks_are_free_of_it() -> None:
    known = land.truth(seed=2, years=range(2000, 2030, 3), **COARSE).compute()
    share = known["built_up_share"]
    assert float(share.min()) >= 0 and float(share.max()) <= 1
    assert (share.diff("year") >= 0).all()
    assert (share.where(known["water"] | known["park"], 0) == 0).all()
    assert known["park"].any() and known["water"].any()
    middle = share.sel(x=CENTRE[0] + 2_500, y=CENTRE[1] - 2_500, method="nearest")
    edge = share.sel(x=CENTRE[0] - 28_000, y=CENTRE[1] - 20_000, method="nearest")
    assert float(middle.sel(year=2018)) > 0.7
    assert float(edge.max()) < 0.05


def test_the_catalogue_gives_scenes_and_heights_and_says_they_are_simulated() -> None:
    made = catalogue.load("hanoi_scenes_simulated", years=[2025], scenes_per_year=1)
    scenes = made.to_dataset("band")
    assert sorted(scenes) == ["nir", "quality", "red", "swir1", "thermal"]
    assert scenes.attrs["source"]["tier"] == "simulated"
    assert all(band.dims == ("time", "y", "x") and band.chunks for band in scenes.values())
    height = catalogue.load("hanoi_elevation_simulated")
    assert height.attrs["source"]["tier"] == "simulated"
    # Ba Vì is 1,296 m high.
    assert float(height.sel(x=538_500, y=2_329_000, method="nearest")) == pytest.approx(
        1296, abs=60
    )
    assert float(height.sel(x=CENTRE[0], y=CENTRE[1], method="nearest")) < 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": []},
        {"scenes_per_year": 0},
        {"cloud_share": 1.0},
        {"resolution_m": 0.0},
        {"cells": (0, 5)},
    ],
)
def test_numbers_that_make_no_scene_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(EnvironmentDataError, match="expected"):
        land.scenes(seed=1, **wrong)  # type: ignore[arg-type]
