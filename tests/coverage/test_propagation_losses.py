"""Clutter, knife edge and penetration against published values, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation import (
    MODELS,
    OutsideLimitsWarning,
    clutter_loss_db,
    diffraction_parameter,
    knife_edge_loss_db,
    penetration_loss_db,
    with_clutter,
)
from hanoi_analytics.coverage.propagation.penetration import Kind


@pytest.mark.parametrize(
    ("frequency_ghz", "distance_km", "percent", "loss_db"),
    [
        (0.5, 0.25, 50, 17.4),
        (0.5, 0.25, 1, 3.9),
        (0.5, 0.25, 99, 30.9),
        (26.6, 15.8, 45, 32.5),
        (67, 5.4, 30.5, 30.9),
        (3.5, 1, 0.1, 16.8),
        (3.5, 1, 99.9, 42.8),
    ],
)
def test_clutter_has_the_reference_implementation_s_values(
    frequency_ghz: float, distance_km: float, percent: float, loss_db: float
) -> None:
    found = clutter_loss_db(
        1000 * distance_km, frequency_ghz=frequency_ghz, share_of_locations=percent / 100
    )
    assert float(found) == pytest.approx(loss_db, abs=0.1)


@given(st.floats(250, 1e5), st.floats(0.5, 67), st.floats(0.001, 0.998), st.floats(0.0001, 0.001))
def test_more_locations_mean_more_clutter(
    metres: float, frequency_ghz: float, share: float, more: float
) -> None:
    less, greater, most = (
        float(clutter_loss_db(where, frequency_ghz=frequency_ghz, share_of_locations=part))
        for where, part in ((metres, share), (metres, share + more), (2000, share))
    )
    assert less < greater
    assert less <= most + 1e-9  # never more than at 2 km


def test_clutter_is_never_added_twice() -> None:
    for name in ("uma", "umi", "rma"):
        with pytest.raises(CoverageError, match=f"{name} .*already holds the loss of clutter"):
            with_clutter(MODELS[name])
    town = with_clutter(MODELS["free_space"])
    assert town.contains_clutter
    with pytest.raises(CoverageError, match=r"free_space with clutter at 0\.5 .*already holds"):
        with_clutter(town)


def test_clutter_adds_its_loss_and_its_spread() -> None:
    free, town, worse = (
        MODELS["free_space"],
        with_clutter(MODELS["free_space"]),
        with_clutter(MODELS["free_space"], 0.01),
    )
    extra = [
        float(
            model.path_loss_db(250, frequency_ghz=0.5, base_height_m=25, state="nlos")
            - free.path_loss_db(250, frequency_ghz=0.5, base_height_m=25, state="nlos")
        )
        for model in (town, worse)
    ]
    np.testing.assert_allclose(extra, [17.4, 3.9], atol=0.1)
    sigma = town.shadow_sigma_db(250, frequency_ghz=0.5, base_height_m=25, state="los")
    # 30.9 dB at 99 % and 17.4 dB at 50 %, 2.3263 deviations apart.
    assert float(sigma) == pytest.approx((30.9 - 17.4) / 2.3263, abs=0.05)
    # Beyond 2 km neither the loss nor its spread changes.
    far = town.shadow_sigma_db([2000, 9000], frequency_ghz=2, base_height_m=25, state="los")
    assert far[0] == far[1]
    assert float(worse.shadow_sigma_db(250, frequency_ghz=1, base_height_m=9, state="los")) == 0
    assert np.isnan(town.correlation_distance_m["nlos"])
    assert float(town.los_probability(300)) == 1


def test_clutter_has_limits() -> None:
    with pytest.raises(CoverageError, match="distance_2d_m 249 is outside 250 to inf"):
        clutter_loss_db(249, frequency_ghz=1, share_of_locations=0.5)
    with pytest.raises(CoverageError, match=r"frequency_ghz 70 is outside 0\.5 to 67"):
        clutter_loss_db(500, frequency_ghz=70, share_of_locations=0.5)
    with pytest.warns(OutsideLimitsWarning):
        found = clutter_loss_db(
            [100, 250, np.nan], frequency_ghz=0.5, share_of_locations=0.5, outside="nan"
        )
    np.testing.assert_allclose(found, [np.nan, 17.4, np.nan], atol=0.1)
    for share in (0, 1, 95, np.nan):
        with pytest.raises(CoverageError, match="both excluded"):
            clutter_loss_db(500, frequency_ghz=1, share_of_locations=share)
        with pytest.raises(CoverageError, match="both excluded"):
            with_clutter(MODELS["free_space"], share)
    limits = with_clutter(MODELS["free_space"]).limits("los")
    assert limits["distance_2d_m"] == (250, 1e5)
    assert limits["frequency_ghz"] == (0.5, 67)


def test_knife_edge_values() -> None:
    found = knife_edge_loss_db([-5, -0.78, 0, 1, 2.4, np.nan])
    # Lee's classical values: 6 dB at 0, about 13.9 at 1, 13 + 20 lg ν beyond 2.4.
    np.testing.assert_allclose(found, [0, 0, 6.03, 13.9, 13 + 7.6, np.nan], atol=0.1)
    assert float(knife_edge_loss_db(-0.7799)) == pytest.approx(0, abs=0.02)


@given(st.floats(-0.7, 50), st.floats(0.001, 10))
def test_a_higher_edge_loses_more(nu: float, more: float) -> None:
    low, high = knife_edge_loss_db([nu, nu + more])
    assert high > low


def test_diffraction_parameter() -> None:
    # With λ = 0.1 m, d1 = d2 = 400 m: ν = h √(2/0.1 · 2/400) = h √0.1.
    frequency_ghz = 0.299792458 / 0.1
    found = diffraction_parameter([10, -10], 400, [400, 400], frequency_ghz=frequency_ghz)
    np.testing.assert_allclose(found, [10 * 0.1**0.5, -10 * 0.1**0.5], rtol=1e-12)
    with pytest.raises(CoverageError, match="distance_2_m: expected more than 0, found 0"):
        diffraction_parameter(1, 5, [5, 0], frequency_ghz=1)
    with pytest.raises(CoverageError, match="frequency_ghz: expected more than 0, found -1"):
        diffraction_parameter(1, 5, 5, frequency_ghz=-1)


def test_penetration_has_the_published_values() -> None:
    frequencies_ghz = [0.7, 2.55, 3.75]
    low = penetration_loss_db(frequencies_ghz, kind="low", version="v16")
    high = penetration_loss_db(frequencies_ghz, kind="high", version="v16")
    later = penetration_loss_db(frequencies_ghz, kind="high", version="v19")
    np.testing.assert_allclose(low.mean_db, [10.24, 12.22, 12.79], atol=0.02)
    np.testing.assert_allclose(high.mean_db, [17.75, 24.21, 27.44], atol=0.02)
    np.testing.assert_allclose(later.mean_db, [17.86, 24.60, 28.16], atol=0.02)
    assert (low.sigma_db, high.sigma_db, low.shadow_sigma_db) == (4.4, 6.5, None)
    assert high.source == "3GPP TR 38.901 v16, §7.4.3"
    assert later.source == "3GPP TR 38.901 v19, §7.4.3"


@pytest.mark.parametrize(
    ("kind", "mean_db", "sigma_db", "shadow_sigma_db"),
    [("legacy_20db", 20, 0, 7), ("car", 9, 5, None), ("car_metallised", 20, 5, None)],
)
def test_flat_penetration(
    kind: Kind, mean_db: float, sigma_db: float, shadow_sigma_db: float | None
) -> None:
    found = penetration_loss_db([0.7, 3.75], kind=kind, version="v16")
    assert found.mean_db.tolist() == [mean_db, mean_db]
    assert (found.sigma_db, found.shadow_sigma_db) == (sigma_db, shadow_sigma_db)


def test_depth_costs_half_a_decibel_a_metre() -> None:
    found = penetration_loss_db(3.75, kind="legacy_20db", version="v16", depth_m=[0, 10, 25])
    assert found.mean_db.tolist() == [20, 25, 32.5]


@pytest.mark.parametrize(
    ("kind", "frequency_ghz", "depth_m", "words"),
    [
        ("low", 0.4, 0, r"frequency_ghz 0\.4 is outside 0\.5 to 100"),
        ("high", 2, 26, "depth_m 26 is outside 0 to 25"),
        ("high", 2, -1, "depth_m -1 is outside 0 to 25"),
        ("legacy_20db", 7, 0, r"frequency_ghz 7 is outside 0\.5 to 6"),
        ("car", 61, 0, r"frequency_ghz 61 is outside 0\.6 to 60"),
        ("car", 2, 3, "depth_m 3 is outside 0 to 0"),
    ],
)
def test_penetration_has_limits(
    kind: Kind, frequency_ghz: float, depth_m: float, words: str
) -> None:
    with pytest.raises(CoverageError, match=words):
        penetration_loss_db(frequency_ghz, kind=kind, version="v16", depth_m=depth_m)
    with pytest.warns(OutsideLimitsWarning, match=words):
        found = penetration_loss_db(
            frequency_ghz, kind=kind, version="v16", depth_m=depth_m, outside="nan"
        )
    assert np.isnan(found.mean_db)


def test_unknown_kinds_and_versions_are_refused() -> None:
    with pytest.raises(CoverageError, match=r"kind: expected one of .*found 'medium'"):
        penetration_loss_db(2, kind="medium", version="v16")  # type: ignore[arg-type]
    with pytest.raises(CoverageError, match=r"version: expected one of .*found '16'"):
        penetration_loss_db(2, kind="low", version="16")  # type: ignore[arg-type]
