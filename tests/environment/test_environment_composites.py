"""Reflectance, temperature, masks and medians, all expected values worked out by hand."""

from __future__ import annotations

import weakref
from threading import RLock

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hanoi_analytics import cluster
from hanoi_analytics.environment import land
from hanoi_analytics.environment.checks import EnvironmentDataError

SOURCE = {"id": "made", "citation": "made up", "tier": "simulated"}
NAN = float("nan")


def dn(values: object, dtype: str = "uint16") -> xr.DataArray:
    return xr.DataArray(np.asarray(values, dtype), dims="x", attrs={"source": SOURCE})


def cube(values: NDArray[np.float32], days: list[str], chunks: object = None) -> xr.DataArray:
    made = xr.DataArray(
        values,
        dims=("time", "y", "x"),
        coords={"time": pd.to_datetime(days, format="ISO8601")},
        attrs={"units": "1"},
    ).assign_attrs(source=SOURCE)
    return made if chunks is None else made.chunk(chunks)


def test_landsat_numbers_of_the_product_guide() -> None:
    # USGS: 18639 is .313 and 44947 is 302.63 K; the edges of the valid range stay, beyond is none.
    scenes = xr.Dataset(
        {
            "red": dn([18_639, 7272, 7273, 43_636, 43_637]),
            "thermal": dn([44_947, 292, 293, 65_535, 0]),
            "quality": dn([21_824] * 5),
        },
        attrs={"source": SOURCE},
    )
    scaled = land.scale_landsat(scenes)
    assert set(scaled) == {"red", "surface_temperature_c"}
    expected = [0.3125725, NAN, 0.0000075, 0.99999, NAN]
    assert scaled["red"].to_numpy() == pytest.approx(expected, abs=1e-6, nan_ok=True)
    kelvin = [302.62974494, NAN, 150.00147986, 372.9999407, NAN]
    celsius = [value - 273.15 for value in kelvin]
    found = scaled["surface_temperature_c"]
    assert found.to_numpy() == pytest.approx(celsius, abs=1e-4, nan_ok=True)
    assert found.attrs == {"units": "°C", "source": SOURCE}
    assert {str(band.dtype) for band in scaled.values()} == {"float32"}


def test_scaling_stays_lazy() -> None:
    scenes = xr.Dataset({"red": dn([18_639, 0]).chunk(x=1)})
    assert isinstance(land.scale_landsat(scenes)["red"].data, da.Array)


@pytest.mark.parametrize(
    ("baseline", "applied", "expected"),
    [
        ("02.14", False, 0.15),
        ("03.01", False, 0.15),
        ("04.00", False, 0.05),
        ("05.11", False, 0.05),
        ("05.11", True, 0.15),
        ("03.01", True, 0.15),
    ],
)
def test_the_offset_of_sentinel_2(baseline: str, applied: bool, expected: float) -> None:
    red = np.array([[1500, 0, 65_535, 400]], "uint16")
    scenes = xr.Dataset({"red": (("time", "x"), red)}).assign_coords(
        processing_baseline=("time", [baseline]), offset_applied=("time", [applied])
    )
    values = land.scale_sentinel2(scenes)["red"].to_numpy()[0]
    # No data and saturation are missing; dark cells below the offset are just below zero.
    assert values == pytest.approx([expected, NAN, NAN, expected - 0.11], abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("scenes", "message"),
    [
        (xr.Dataset({"green": dn([1])}), "expected some of red, nir, swir1, thermal; found green"),
        (xr.Dataset({"red": dn([0.3], "float32")}), "red holds float32; expected the whole"),
        (xr.Dataset({"red": dn([1])}, attrs={"sensor": "sentinel-2"}), "scenes of sentinel-2"),
    ],
)
def test_what_cannot_be_scaled(scenes: xr.Dataset, message: str) -> None:
    with pytest.raises(EnvironmentDataError, match=message):
        land.scale_landsat(scenes)


def test_sentinel_2_without_a_baseline() -> None:
    bare = xr.Dataset({"red": ("time", np.array([1500], "uint16"))})
    with pytest.raises(EnvironmentDataError, match="no coordinate 'processing_baseline'"):
        land.scale_sentinel2(bare)
    odd = bare.assign_coords(
        processing_baseline=("time", ["new"]), offset_applied=("time", [False])
    )
    with pytest.raises(EnvironmentDataError, match=r"baseline 'new': expected two numbers"):
        land.scale_sentinel2(odd)


# Bits of QA_PIXEL, each set alone: fill, dilated cloud, cirrus, cloud, shadow, snow, clear, water.
BITS = [1, 2, 4, 8, 16, 32, 64, 128]


def test_each_bit_of_qa_pixel() -> None:
    clear = land.landsat_clear(dn([*BITS, 0]))
    assert clear.to_numpy().tolist() == [False] * 5 + [True] * 4
    assert clear.attrs["source"] == SOURCE
    dry = land.landsat_clear(dn(BITS), without=["water", "snow"])
    assert dry.to_numpy().tolist() == [False, True, True, True, True, False, True, False]
    covered = land.landsat_clear(dn(BITS), without=())
    assert covered.to_numpy().tolist() == [False] + [True] * 7


def test_confidence_in_qa_pixel() -> None:
    # Bits 9 and 8: 01 low, 10 medium, 11 high; bits 15 and 14 for cirrus.
    seen = dn([0b01 << 8, 0b10 << 8, 0b11 << 8, 0b11 << 14, 0b10 << 14])
    clear = land.landsat_clear(
        seen, without=["cloud_confidence_medium", "cloud_confidence_high", "cirrus_confidence_high"]
    )
    assert clear.to_numpy().tolist() == [True, False, False, False, True]


def test_values_of_qa_pixel_in_the_product_guide() -> None:
    # Landsat 8-9: 21824 clear, 21952 water, 22280 cloud, 23888 shadow, 54596 cirrus, 1 fill.
    seen = dn([21_824, 21_952, 22_280, 23_888, 54_596, 1])
    assert land.landsat_clear(seen).to_numpy().tolist() == [True, True, False, False, False, False]


def test_classes_of_sentinel_2() -> None:
    clear = land.sentinel2_clear(dn(range(12), "uint8"))
    # Vegetation 4, bare 5, water 6, unclassified 7.
    assert np.flatnonzero(clear.to_numpy()).tolist() == [4, 5, 6, 7]
    land_only = land.sentinel2_clear(dn(range(12), "uint8"), classes=["vegetation"])
    assert np.flatnonzero(land_only.to_numpy()).tolist() == [4]


def test_flags_and_classes_that_do_not_exist() -> None:
    with pytest.raises(EnvironmentDataError, match="did you mean 'shadow'"):
        land.landsat_clear(dn([1]), without=["shadows"])
    with pytest.raises(EnvironmentDataError, match="did you mean 'water'"):
        land.sentinel2_clear(dn([1]), classes=["watr"])
    with pytest.raises(EnvironmentDataError, match="holds float32; expected the whole numbers"):
        land.landsat_clear(dn([1], "float32"))


def test_share_of_clear_cells() -> None:
    seen = xr.DataArray(
        np.array(
            [
                [[21_824, 21_824, 22_280], [1, 1, 22_280], [1, 1, 22_280]],
                [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
            ],
            "uint16",
        ),
        dims=("time", "y", "x"),
    ).chunk(time=1)
    covered = land.landsat_clear(seen, without=())
    (share,) = cluster.compute(land.clear_shares(land.landsat_clear(seen), covered))
    # Two clear of five that were seen; the second scene saw nothing.
    assert share.to_numpy() == pytest.approx([0.4, NAN], nan_ok=True)


SUMMER = [("2019-05-01", "2019-09-30"), ("2020-05-01", "2020-09-30")]


def test_medians_by_hand() -> None:
    days = ["2019-05-01", "2019-07-01", "2019-09-30T23:00", "2019-10-01", "2020-06-01"]
    values = np.zeros((5, 3, 3), "float32")
    values[:, 0, 0] = [3, 1, 2, 99, 7]
    values[:, 0, 1] = [3, NAN, 2, 99, 7]
    values[:, 0, 2] = [NAN, NAN, 2, 99, NAN]
    made = land.seasonal_median(cube(values, days, {"time": 1, "y": 2, "x": 2}), SUMMER, least=2)
    (found,) = cluster.compute(made)
    assert found["season"].to_numpy().tolist() == ["2019-05-01/2019-09-30", "2020-05-01/2020-09-30"]
    # The middle of 153 days.
    assert str(found["time"].to_numpy()[0]) == "2019-07-16T12:00:00.000000000"
    assert found["median"].to_numpy()[0, 0] == pytest.approx([2, 2.5, NAN], nan_ok=True)
    assert found["clear_count"].to_numpy()[:, 0].tolist() == [[3, 2, 1], [1, 1, 0]]
    assert np.isnan(found["median"].to_numpy()[1]).all()
    assert found["median"].dtype == "float32"
    assert found["median"].attrs == {"units": "1", "source": SOURCE}


def test_the_order_of_the_scenes_does_not_matter() -> None:
    days = ["2020-08-01", "2019-06-01", "2020-06-01"]
    made = cube(np.array([4, 1, 2], "float32").reshape(3, 1, 1), days, {"time": 1})
    (found,) = cluster.compute(land.seasonal_median(made, SUMMER, least=1))
    assert found["median"].to_numpy().ravel().tolist() == [1, 3]


def test_a_season_without_a_scene_is_counted_as_such() -> None:
    one = cube(np.ones((1, 2, 2), "float32"), ["2019-06-01"])
    (found,) = cluster.compute(land.seasonal_median(one, SUMMER, least=1))
    assert found["clear_count"].to_numpy().sum((1, 2)).tolist() == [4, 0]
    assert np.isnan(found["median"].to_numpy()[1]).all()


@settings(max_examples=25, deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 6), st.integers(1, 6)),
        elements=st.sampled_from([NAN, -1.5, 0.0, 0.25, 0.5, 3.0]),
    ),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_medians_are_those_of_numpy(
    values: NDArray[np.float32], in_time: int, in_space: int, least: int
) -> None:
    days = pd.date_range("2020-01-01", periods=len(values)).strftime("%Y-%m-%d").tolist()
    lazy = cube(values, days, {"time": in_time, "y": in_space, "x": in_space})
    (found,) = cluster.compute(
        land.seasonal_median(lazy, [("2020-01-01", "2020-12-31")], least=least)
    )
    count = (~np.isnan(values)).sum(0)
    enough = count >= least
    np.testing.assert_array_equal(found["clear_count"].to_numpy()[0], count)
    median = found["median"].to_numpy()[0]
    assert np.isnan(median[~enough]).all()
    np.testing.assert_allclose(median[enough], np.nanmedian(values[:, enough], axis=0))


def test_seasons_of_years() -> None:
    assert land.yearly_seasons([2019, 2020], first_month=5, last_month=9) == SUMMER
    # 2020 is a leap year, and a season over New Year belongs to the year in which it begins.
    assert land.yearly_seasons([2019], first_month=12, last_month=2) == [
        ("2019-12-01", "2020-02-29")
    ]
    with pytest.raises(EnvironmentDataError, match="month 13: expected 1 to 12"):
        land.yearly_seasons([2019], first_month=13, last_month=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seasons": []}, "no season was given"),
        ({"seasons": [("2020-05-01", "2019-05-01")]}, "ends before it begins"),
        ({"least": 0}, "least=0: expected 1"),
        ({"memory_gb": 1e-9}, r"a block of 2 × 2 cells of 1 scenes takes .* smaller blocks"),
    ],
)
def test_medians_that_make_no_sense(change: dict[str, object], message: str) -> None:
    one = cube(np.ones((1, 2, 2), "float32"), ["2019-06-01"])
    asked: dict[str, object] = {"seasons": SUMMER, "least": 1} | change
    seasons = asked.pop("seasons")
    with pytest.raises(EnvironmentDataError, match=message):
        land.seasonal_median(one, seasons, **asked)  # type: ignore[arg-type]


def test_numbers_that_cannot_be_missing_are_refused() -> None:
    one = cube(np.ones((1, 2, 2), "float32"), ["2019-06-01"])
    with pytest.raises(EnvironmentDataError, match="holds uint16, which cannot say"):
        land.seasonal_median(one.astype("uint16"), SUMMER, least=1)
    with pytest.raises(EnvironmentDataError, match="expected the dimensions"):
        land.seasonal_median(one.transpose("y", "x", "time"), SUMMER, least=1)


class Held:
    """Blocks of one cell, and how many of them were in memory at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = RLock()

    def block(self) -> NDArray[np.float32]:
        made = np.ones((1, 1, 1), "float32")
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        weakref.finalize(made, self._freed)
        return made

    def _freed(self) -> None:
        with self._lock:
            self.now -= 1


@pytest.mark.parametrize("years", [2, 6])
def test_three_times_the_scenes_need_no_more_memory(years: int) -> None:
    scenes, side = 24, 4
    days = [f"{2000 + year}-06-{day:02d}" for year in range(years) for day in range(1, scenes + 1)]
    held = Held()
    drawn = da.map_blocks(
        held.block,
        chunks=((1,) * len(days), (1,) * side, (1,) * side),
        dtype="float32",
        meta=np.empty((0, 0, 0), "float32"),
    )
    lazy = xr.DataArray(drawn, dims=("time", "y", "x"), coords={"time": pd.to_datetime(days)})
    seasons = land.yearly_seasons(range(2000, 2000 + years), first_month=6, last_month=6)
    made = land.seasonal_median(lazy, seasons, least=1)
    with dask.config.set(scheduler="threads", num_workers=2):
        (found,) = cluster.compute(made)
    assert (found["clear_count"] == scenes).all()
    # Each of two threads holds what one block of one season needs; in all there are 768 and 2,304.
    assert scenes <= held.most <= 2 * scenes + 2
