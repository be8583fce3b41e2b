"""Mann–Kendall and Theil–Sen beside pymannkendall, published figures and cases made by hand."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pymannkendall
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.trends import VARIANTS, all_variants, decimal_years, trend

Peer = Callable[..., Any]
PEERS: dict[str, Peer] = {
    "original": pymannkendall.original_test,
    "hamed_rao": pymannkendall.hamed_rao_modification_test,
    "pre_whitened": pymannkendall.pre_whitening_modification_test,
    "trend_free_pre_whitened": pymannkendall.trend_free_pre_whitening_modification_test,
}
# Sen (1968): times, values, the slope 4 and the 93 % interval 3.71 to 4.38.
SEN_TIMES = [1, 2, 3, 4, 10, 12, 18]
SEN_VALUES = [9, 15, 19, 20, 45, 55, 78]
YEARS = pd.date_range("2001", periods=12, freq="YS")


def rain(seed: int, months: int = 120) -> NDArray[np.float64]:
    """Draw months of rain like a real record: whole numbers, many zeros, a season, some missing."""
    rng = np.random.default_rng(seed)
    season = 1 - np.cos(2 * np.pi * np.arange(months) / 12)
    drawn = np.floor(rng.gamma(0.6, 120, months) * season)
    memory = np.convolve(drawn, [0.7, 0.3])[:months].round()
    memory[rng.random(months) < 0.03] = np.nan
    return memory


def steps(values: Any) -> pd.Series[float]:
    """Count years by steps: a slope per year is then the peer's slope per step."""
    return pd.Series(np.asarray(values, float), np.arange(len(values), dtype=float))


def months(values: NDArray[np.float64]) -> pd.Series[float]:
    return pd.Series(values, np.arange(values.size) / 12)


@pytest.mark.parametrize("variant", PEERS)
@pytest.mark.parametrize("seed", range(4))
def test_every_variant_gives_what_the_peer_gives(variant: Any, seed: int) -> None:
    values = rain(seed)
    found, peer = trend(steps(values), variant=variant), PEERS[variant](values)
    ours = [found.s, found.variance_s, found.z, found.p, found.slope_per_year]
    theirs = [peer.s, peer.var_s, peer.z, peer.p, peer.slope]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert (found.n, found.missing) == (np.isfinite(values).sum(), np.isnan(values).sum())
    assert found.missing > 0


@pytest.mark.parametrize("lags", [1, 3, 500])
def test_hamed_rao_looks_at_the_lags_it_is_told(lags: int) -> None:
    values = rain(9)
    found = trend(steps(values), variant="hamed_rao", lags=lags)
    most = int(np.isfinite(values).sum()) - 1
    peer = PEERS["hamed_rao"](values, lag=min(lags, most))
    np.testing.assert_allclose([found.variance_s, found.p], [peer.var_s, peer.p], rtol=1e-9)


@pytest.mark.parametrize("seasons", [4, 12])
def test_the_seasonal_variant_gives_what_the_peer_gives(seasons: int) -> None:
    values = rain(5)
    years = pd.Series(values, np.arange(values.size) / seasons)
    found = trend(years, variant="seasonal", seasons=seasons)
    peer = pymannkendall.seasonal_test(values, period=seasons)
    ours = [found.s, found.variance_s, found.z, found.p, found.slope_per_year]
    np.testing.assert_allclose(ours, [peer.s, peer.var_s, peer.z, peer.p, peer.slope], rtol=1e-9)


def test_seasons_of_dates_are_calendar_months() -> None:
    values = rain(6)
    dated = pd.Series(values, pd.date_range("2001-01", periods=values.size, freq="MS"))
    by_date = trend(dated, variant="seasonal", seasons=12)
    by_number = trend(months(values), variant="seasonal", seasons=12)
    assert (by_date.s, by_date.p) == (by_number.s, by_number.p)
    # The day in the year of a month moves by one with the leap years.
    assert by_date.slope_per_year == pytest.approx(by_number.slope_per_year, rel=5e-3)


def test_sens_own_example_on_its_unequal_times() -> None:
    series = pd.Series(SEN_VALUES, SEN_TIMES, dtype=float)
    # Sen's limits are the fourth of the 21 slopes from each end: (21 − z · sd) / 2 = 4.
    alpha = 2 * NormalDist().cdf(-13 / np.sqrt(7 * 6 * 19 / 18))
    found = trend(series, variant="original", minimum=7, alpha=alpha)
    assert found.slope_per_year == 4.0
    assert [found.low_per_year, found.high_per_year] == pytest.approx([3.71, 4.38], abs=0.0051)
    assert (found.s, found.variance_s) == (21.0, 7 * 6 * 19 / 18)
    assert "Sen 1968" in found.interval


def test_between_two_ranks_the_interval_is_interpolated() -> None:
    # Five values, slopes by hand: 1 2 2 2.5 3 3.5 4 4 5 5; Var(S) = 50/3; at 20 % the lower rank
    # is 5 − 1.281552 · 4.082483 / 2 = 2.384046, between 2 and 2.
    series = steps([0.0, 1.0, 5.0, 7.0, 12.0])
    pairs = [1, 2.5, 7 / 3, 3, 4, 3, 11 / 3, 2, 3.5, 5]
    found = trend(series, variant="original", minimum=5, alpha=0.2)
    ordered = sorted(pairs)
    assert found.slope_per_year == pytest.approx((ordered[4] + ordered[5]) / 2)
    assert found.low_per_year == pytest.approx(2 + 0.384046 * (7 / 3 - 2), abs=1e-6)
    assert found.high_per_year == pytest.approx(4 - 0.384046 * (4 - 11 / 3), abs=1e-6)


def test_too_few_for_the_level_has_a_slope_and_no_interval() -> None:
    found = trend(steps([1, 3, 2, 5]), variant="original", minimum=4, alpha=0.05)
    assert found.slope_per_year == pytest.approx(7 / 6)
    assert np.isnan([found.low_per_year, found.high_per_year]).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_equal_values_have_no_trend(variant: Any) -> None:
    seasons = 1 if variant == "seasonal" else None
    found = trend(steps([7.0] * 12), variant=variant, seasons=seasons)
    assert (found.slope_per_year, found.s, found.z, found.p) == (0.0, 0.0, 0.0, 1.0)
    assert (found.low_per_year, found.high_per_year) == (0.0, 0.0)


def test_p_of_a_perfect_trend_is_small_and_not_zero() -> None:
    # 100 values: S = 4950, z = 4949 / sqrt(100 · 99 · 205 / 18) = 14.739.
    found = trend(steps(range(100)), variant="original")
    assert found.z == pytest.approx(4949 / np.sqrt(100 * 99 * 205 / 18))
    assert 0 < found.p < 1e-40


def test_too_few_values_are_a_missing_trend_and_are_counted() -> None:
    values = np.full(12, np.nan)
    values[:9] = np.arange(9)
    found = trend(pd.Series(values, YEARS), variant="original")
    assert np.isnan([found.slope_per_year, found.low_per_year, found.p, found.z, found.s]).all()
    assert (found.n, found.missing) == (9, 3)
    assert trend(pd.Series(values, YEARS), variant="original", minimum=9).slope_per_year == 1.0


def test_years_are_those_of_the_calendar() -> None:
    # 2024 is a leap year: 2 July 00:00 is its middle.
    times = pd.DatetimeIndex(["2023-01-01", "2023-07-02 12:00", "2024-07-02"])
    np.testing.assert_array_equal(decimal_years(times), [2023.0, 2023.5, 2024.5])
    doubled = trend(pd.Series(np.arange(12) * 2.0, YEARS), variant="original")
    assert doubled.slope_per_year == 2.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=10, max_size=30),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_order_statistics_are_those_of_all_sorted_slopes(
    values: list[int], seed: int, uneven: bool
) -> None:
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, 5, len(values)) if uneven else np.ones(len(values))
    series = pd.Series(np.asarray(values, float), np.cumsum(gaps).astype(float))
    found = trend(series, variant="original")
    first, second = np.triu_indices(len(values), 1)
    heights, times = series.to_numpy(), series.index.to_numpy()
    slopes = np.sort((heights[second] - heights[first]) / (times[second] - times[first]))
    assert found.slope_per_year == np.median(slopes)
    rank = slopes.size / 2 - 1.959963984540054 * np.sqrt(found.variance_s) / 2
    if rank >= 1:
        ranks = np.arange(1, slopes.size + 1)
        expected = np.interp([rank, slopes.size + 1 - rank], ranks, slopes)
        np.testing.assert_allclose(
            [found.low_per_year, found.high_per_year], expected, rtol=1e-9, atol=1e-12
        )
    else:
        assert np.isnan(found.low_per_year)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=10, max_size=25),
    st.sampled_from([v for v in VARIANTS if v != "seasonal"]),
)
def test_upside_down_a_series_has_the_opposite_trend(values: list[float], variant: Any) -> None:
    up, down = trend(steps(values), variant=variant), trend(-steps(values), variant=variant)
    assert (up.slope_per_year, up.s) == (-down.slope_per_year, -down.s)
    np.testing.assert_array_equal([up.low_per_year, up.p], [-down.high_per_year, down.p])


def test_all_variants_are_reported_with_the_source() -> None:
    series = months(rain(1))
    series.attrs["source"] = {"citation": "A record", "tier": "own"}
    table = all_variants(series, seasons=12, lags=3)
    assert tuple(table.variant) == VARIANTS
    assert table.attrs["source"] == {"citation": "A record", "tier": "own"}
    assert table.lags.dropna().tolist() == [3]
    assert table.seasons.dropna().tolist() == [12]
    one = trend(series, variant="pre_whitened")
    assert table.set_index("variant").p["pre_whitened"] == one.p


GOOD = pd.Series(np.arange(12.0), YEARS)


@pytest.mark.parametrize(
    ("series", "options", "words"),
    [
        (GOOD, {"variant": "orignal"}, "did you mean 'original'"),
        (GOOD, {"variant": "original", "alpha": 5}, "between 0 and 1, found 5"),
        (GOOD, {"variant": "original", "lags": 3}, "only with 'hamed_rao'"),
        (GOOD, {"variant": "hamed_rao", "lags": 0}, "lags=0"),
        (GOOD, {"variant": "seasonal"}, "needs the number of seasons"),
        (GOOD, {"variant": "original", "seasons": 12}, "no other takes it"),
        (GOOD, {"variant": "seasonal", "seasons": 52}, "found 52"),
        (GOOD, {"variant": "original", "minimum": 2}, "4 or more values, found 2"),
        (GOOD[::-1], {"variant": "original"}, "times must increase: 2012"),
        (pd.Series(range(12)).astype(str), {"variant": "original"}, "Series of numbers, found"),
        ([1.0, 2.0], {"variant": "original"}, "found list"),
        (GOOD.where(GOOD != 3, np.inf), {"variant": "original"}, "an infinite value"),
        (GOOD.set_axis(list("abcdefghijkl")), {"variant": "original"}, "expected datetimes"),
        (GOOD.tz_localize("Asia/Ho_Chi_Minh"), {"variant": "original"}, "zone Asia/Ho_Chi_Minh"),
        (
            GOOD.set_axis([*YEARS[:-1], pd.NaT]),
            {"variant": "original"},
            "1 of 12 times are missing",
        ),
        (GOOD.drop(YEARS[4]), {"variant": "hamed_rao"}, "even steps: 1 of 10 differ"),
        (pd.Series(0.0, np.arange(10_001)), {"variant": "original"}, "10,001 times"),
        (
            pd.Series(0.0, pd.date_range("2001", periods=60, freq="D")),
            {"variant": "seasonal", "seasons": 12},
            "57 more found, the first at 2001-01-02",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(series: Any, options: Any, words: str) -> None:
    with pytest.raises(EnvironmentDataError, match=words):
        trend(series, **options)
