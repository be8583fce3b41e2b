"""A cube's pixels have, to the last bit, the trends of their series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanoi_analytics import cluster
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.trends import VARIANTS, Trend, adjusted_p, cube_trend, trend
from hanoi_analytics.environment.trends import cubes as cubes_module

SOURCE = {"citation": "Made for a test", "tier": "simulated"}
FIELDS = {
    "slope": "slope_per_year",
    "low": "low_per_year",
    "high": "high_per_year",
    "p": "p",
    "z": "z",
    "s": "s",
    "variance_s": "variance_s",
    "n": "n",
}


def cube(values: NDArray[Any], *, freq: str = "YS", chunks: Any = None) -> xr.DataArray:
    times = pd.date_range("2001-01-01", periods=values.shape[0], freq=freq)
    made = xr.DataArray(values, {"time": times}, ("time", "y", "x"))
    made = made.assign_coords(
        y=np.arange(values.shape[1]) * -30.0, x=np.arange(values.shape[2]) * 30.0
    )
    made.attrs = {"units": "°C", "source": SOURCE}
    return made if chunks is None else made.chunk(chunks)


def drawn(seed: int, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Draw values with ties, gaps and, in one pixel, almost nothing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape).cumsum(axis=0).round(int(rng.integers(0, 4)))
    values[rng.random(shape) < 0.1] = np.nan
    values[2:, 0, 0] = np.nan
    return values.astype(np.float32)


def same_bits(found: xr.Dataset, one: Trend, y: int, x: int) -> None:
    for name, attribute in FIELDS.items():
        ours = np.float64(found[name].to_numpy()[y, x])
        theirs = np.float64(getattr(one, attribute))
        assert ours.tobytes() == theirs.tobytes() or (np.isnan(ours) and np.isnan(theirs)), name


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(VARIANTS),
    st.sampled_from([np.float32, np.float64]),
    st.integers(1, 4),
)
def test_each_pixel_has_the_trend_of_its_series(
    seed: int, variant: Any, dtype: Any, side: int
) -> None:
    seasonal = variant == "seasonal"
    values = drawn(seed, (26, 3, 4)).astype(dtype)
    made = cube(values, freq="QS" if seasonal else "YS", chunks={"time": 5, "y": side, "x": side})
    options: Any = {"variant": variant, "seasons": 4 if seasonal else None}
    (found,) = cluster.compute(cube_trend(made, **options))
    for y in range(3):
        for x in range(4):
            series = pd.Series(values[:, y, x], made.indexes["time"])
            same_bits(found, trend(series, **options), y, x)
    assert (found.n[0, 0].item(), np.isnan(found.p[0, 0].item())) == (
        np.isfinite(values[:, 0, 0]).sum(),
        True,
    )


def test_blocks_give_what_one_array_gives() -> None:
    values = drawn(3, (24, 20, 30))
    plain = cube_trend(cube(values), variant="hamed_rao")
    assert all(variable.chunks is None for variable in plain.data_vars.values())
    (blocks,) = cluster.compute(
        cube_trend(cube(values, chunks={"time": 1, "y": 7, "x": 11}), variant="hamed_rao")
    )
    xr.testing.assert_identical(plain, blocks)


def test_whole_numbers_are_taken_as_they_are() -> None:
    values = np.arange(12, dtype=np.uint16)[:, np.newaxis, np.newaxis] * np.array([[3]], np.uint16)
    assert cube_trend(cube(values), variant="original").slope.item() == 3.0


def test_nothing_is_read_until_it_is_computed() -> None:
    def fail(*_: object, **__: object) -> NDArray[np.float32]:
        raise AssertionError("read too early")

    lazy = da.map_blocks(
        fail, chunks=((1,) * 24, (512,) * 2, (512,) * 2), dtype=np.float32, meta=np.empty((0, 0, 0))
    )
    found = cube_trend(cube(lazy.astype(np.float32)), variant="original")  # type: ignore[arg-type]
    assert found.slope.chunks == ((512, 512), (512, 512))
    with pytest.raises(AssertionError, match="read too early"):
        cluster.compute(found.slope)


def test_blocks_that_would_be_too_large_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cubes_module, "_BLOCK_BYTES", 24 * 4 * 100)
    made = cube(drawn(4, (24, 40, 50)), chunks={"time": 1, "y": 40, "x": 50})
    found = cube_trend(made, variant="original")
    assert found.slope.chunks is not None
    assert max(found.slope.chunks[0]) * max(found.slope.chunks[1]) <= 100
    (computed,) = cluster.compute(found)
    xr.testing.assert_identical(computed, cube_trend(made.load(), variant="original"))


def test_results_say_what_they_are() -> None:
    found = cube_trend(cube(drawn(5, (24, 2, 2))), variant="seasonal", seasons=1, alpha=0.1)
    assert found.attrs["variant"] == "seasonal"
    assert found.slope.attrs["units"] == "°C per year"
    assert found.p.attrs["units"] == "1"
    assert found.slope.attrs["source"] == found.attrs["source"] == SOURCE
    assert found.attrs["interval"].startswith("90% interval")
    np.testing.assert_array_equal(found.x, [0.0, 30.0])


def test_the_coordinate_system_is_kept(tmp_path: Path) -> None:
    made = cube(drawn(6, (12, 4, 4)), chunks={"y": 2}).rio.write_crs("EPSG:32648")
    found = cube_trend(made, variant="original")
    assert found.rio.crs.to_epsg() == 32648
    found.slope.rio.to_raster(tmp_path / "slope.tif")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (cube(np.zeros((12, 2, 2))).transpose("y", "x", "time"), "transpose or rename"),
        (cube(np.zeros((12, 2, 2))).drop_vars("time"), "and its times"),
        (cube(np.zeros((12, 2, 2), complex)), "real numbers, found complex128"),
        (cube(np.full((12, 2, 2), np.inf)), "an infinite value"),
    ],
)
def test_what_is_no_cube_is_refused(made: xr.DataArray, words: str) -> None:
    with pytest.raises(EnvironmentDataError, match=words):
        cube_trend(made, variant="original")


def test_p_values_are_adjusted_as_benjamini_and_hochberg_did() -> None:
    # Their own 15 p-values (1995, section 3.2): at 5 % they reject the first four.
    listed = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    listed += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    raster = xr.DataArray(np.reshape([*listed, np.nan], (4, 4))[::-1], dims=("y", "x"))
    raster.attrs["source"] = SOURCE
    found = adjusted_p(raster)
    assert int((found < 0.05).sum()) == 4
    assert int((raster < 0.05).sum()) == 9
    np.testing.assert_array_equal(np.isnan(found), np.isnan(raster))
    assert found.attrs["source"] == SOURCE
    assert found.attrs["adjusted_for"].startswith("15 tests")


def test_lazy_p_values_are_refused() -> None:
    lazy = xr.DataArray(da.ones((2, 2)), dims=("y", "x"))
    with pytest.raises(EnvironmentDataError, match="compute them first"):
        adjusted_p(lazy)
