"""The growth difference against published censuses and cases computed by hand."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.urbanisation import indicators
from hanoi_analytics.urbanisation.projection import (
    UNCONFIRMED_CONVERGENCE,
    Convergence,
    ProjectionError,
    growth_difference_forecast,
    growth_differences,
    project_urban_share,
    urban_rural_growth_difference,
    years_until_share,
)

SHARE_1999, SHARE_2009 = 0.2372, 0.2963
URBAN_2019, TOTAL_2019 = 33_059_735, 96_208_984
URBAN_2024, TOTAL_2024 = 38_599_637, 101_112_656
SHARE_2019, SHARE_2024 = URBAN_2019 / TOTAL_2019, URBAN_2024 / TOTAL_2024

# Steps of 5 years from a share of one half: norm 0.04 - 0.02 · 0.5 = 0.03, observed pace 0.05, so
# paces 0.8 · 0.05 + 0.2 · 0.03 = 0.046, then 0.04, then 0.03 for ever.
GLIDE = Convergence(intercept=0.04, slope=-0.02, weights=(0.8, 0.5, 0.0), step_years=5)

shares = st.floats(0.01, 0.99)
paces = st.floats(-0.1, 0.1)


def of_shares(before: float, after: float, years: float) -> float:
    return urban_rural_growth_difference(before, 1 - before, after, 1 - after, years)


def counts(*rows: tuple[int, float]) -> pd.DataFrame:
    """Censuses of 1 April by (year, per cent), as `indicators.series` gives them."""
    return pd.DataFrame(
        {
            "indicator": "B",
            "definition": "by hand",
            "area": "Nowhere",
            "kind": "census",
            "year": [year for year, _ in rows],
            "date": None,
            "decimal_year": [year + 0.5 for year, _ in rows],
            "value_percent": [value for _, value in rows],
            "urban_people": nan,
            "total_people": nan,
            "segment": 0,
        }
    )


def test_censuses_of_1999_and_2009() -> None:
    d = of_shares(SHARE_1999, SHARE_2009, 10)
    assert d == pytest.approx(0.030311, abs=1e-6)
    ahead = project_urban_share(SHARE_2009, d, [10, 15])
    assert ahead == pytest.approx([0.363116, 0.398838], abs=1e-5)


def test_censuses_of_2009_and_2019() -> None:
    d = of_shares(SHARE_2009, SHARE_2019, 10)
    assert d == pytest.approx(0.021779, abs=1e-6)
    assert project_urban_share(SHARE_2019, d, 5) == pytest.approx(0.368586, abs=1e-5)


def test_censuses_of_2019_and_2024() -> None:
    d = urban_rural_growth_difference(
        URBAN_2019, TOTAL_2019 - URBAN_2019, URBAN_2024, TOTAL_2024 - URBAN_2024, 5
    )
    assert d == pytest.approx(0.033011, abs=1e-6)
    assert pytest.approx(0.381749, abs=1e-6) == SHARE_2024
    assert project_urban_share(SHARE_2024, d, 6) == pytest.approx(0.429457, abs=1e-5)
    assert years_until_share(SHARE_2024, d, 0.5) == pytest.approx(14.6054, abs=1e-3)


@given(shares, shares, st.floats(0.5, 50))
def test_projecting_over_the_interval_returns_the_second_share(
    before: float, after: float, years: float
) -> None:
    d = of_shares(before, after, years)
    assert project_urban_share(before, d, years) == pytest.approx(after, abs=1e-9)
    assert project_urban_share(after, d, -years) == pytest.approx(before, abs=1e-9)


@given(shares, paces, st.floats(0, 100))
def test_urban_and_rural_are_symmetric(share: float, d: float, years: float) -> None:
    urban = project_urban_share(share, d, years)
    rural = project_urban_share(1 - share, -d, years)
    assert urban + rural == pytest.approx(1, abs=1e-12)
    assert 0 < urban < 1


def test_times_keep_their_shape() -> None:
    times = np.array([[0, 1, 2], [3, 4, 5.5]])
    assert project_urban_share(0.3, 0.02, times).shape == (2, 3)
    assert project_urban_share(0.3, 0.02, times)[0, 0] == pytest.approx(0.3)


def test_pace_glides_to_the_norm() -> None:
    found = project_urban_share(0.5, 0.05, [0, 5, 7.5, 10, 12, 20], convergence=GLIDE)
    by_hand = [0.5, 0.5572479, 0.5817593, 0.6058734, 0.6201064, 0.6748053]
    assert found == pytest.approx(by_hand, abs=1e-6)
    assert years_until_share(0.5, 0.05, 0.6201064, convergence=GLIDE) == pytest.approx(12, abs=1e-4)
    assert years_until_share(0.5, 0.05, 0.5572479, convergence=GLIDE) == pytest.approx(5, abs=1e-4)


def test_a_norm_can_turn_a_falling_share() -> None:
    # Pace -0.02 for five years, then the norm 0.03: -0.1, so 0.1 + 0.3 must be made up.
    turning = Convergence(0.04, -0.02, (1.0, 0.0), 5)
    assert years_until_share(0.5, -0.02, 0.574443, convergence=turning) == pytest.approx(
        5 + 0.4 / 0.03, abs=1e-3
    )


@given(shares, paces, st.floats(0, 60))
def test_full_weight_is_no_convergence(share: float, d: float, years: float) -> None:
    held = Convergence(0.04, -0.02, (1.0,), 5)
    assert project_urban_share(share, d, years, convergence=held) == pytest.approx(
        project_urban_share(share, d, years)
    )


def test_convergence_is_off_unless_asked_for_and_says_that_it_is_not_confirmed() -> None:
    censuses = indicators.series("B", kinds=["census"])
    plain = growth_difference_forecast(censuses, [2030.25]).iloc[0]
    asked = growth_difference_forecast(
        censuses, [2030.25], convergence=UNCONFIRMED_CONVERGENCE
    ).iloc[0]
    assert plain["convergence"] == "none"
    assert "not confirmed" in asked["convergence"]
    assert "not confirmed" not in str(GLIDE)
    assert asked["share_percent"] < plain["share_percent"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"urban_0": 0}, "urban_0 is 0"),
        ({"rural_1": -5}, "rural_1 is -5"),
        ({"rural_0": nan}, "rural_0 is nan"),
        ({"urban_1": inf}, "urban_1 is inf"),
        ({"years": 0}, "years is 0"),
        ({"years": -3}, "years is -3"),
    ],
)
def test_no_pace_without_people_or_time(change: dict[str, float], says: str) -> None:
    right = {"urban_0": 1, "rural_0": 3, "urban_1": 2, "rural_1": 3, "years": 10}
    with pytest.raises(ProjectionError, match=says):
        urban_rural_growth_difference(**(right | change))


def test_wrong_shares_and_times() -> None:
    with pytest.raises(ProjectionError, match=r"share is 38\.17"):
        project_urban_share(38.17, 0.03, 6)
    with pytest.raises(ProjectionError, match="a time is no number"):
        project_urban_share(0.3, 0.03, [1, nan])
    with pytest.raises(ProjectionError, match="leave it out to look back"):
        project_urban_share(0.3, 0.03, -1, convergence=GLIDE)


def test_shares_that_are_not_reached() -> None:
    with pytest.raises(ProjectionError, match=r"38\.00% at the start: 35\.00% is already passed"):
        years_until_share(0.38, 0.03, 0.35)
    for pace in (0.0, -0.01):
        with pytest.raises(ProjectionError, match="never reached"):
            years_until_share(0.38, pace, 0.5)
    with pytest.raises(ProjectionError, match="its norm -0"):
        years_until_share(0.38, 0.01, 0.9, convergence=Convergence(-0.01, 0, (0.5, 0.0), 5))
    assert years_until_share(0.38, -0.01, 0.38) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.04, -0.02, (), 5), "weights"),
        ((0.04, -0.02, (0.8, 1.2), 5), "weights"),
        ((0.04, -0.02, (nan,), 5), "weights"),
        ((0.04, -0.02, (0.8,), 0), "step of 0"),
        ((nan, -0.02, (0.8,), 5), "norm nan"),
    ],
)
def test_wrong_convergence(
    arguments: tuple[float, float, tuple[float, ...], float], says: str
) -> None:
    with pytest.raises(ProjectionError, match=says):
        Convergence(*arguments)


def test_intervals_are_counted_between_days_of_census() -> None:
    table = growth_differences(indicators.series("B", kinds=["census"]))
    assert table["years"].tolist() == [10, 10, 5]
    assert table["interval"].tolist() == ["1999–2009", "2009–2019", "2019–2024"]
    assert table["share_end"].iloc[-1] == pytest.approx(0.381749, abs=1e-6)
    assert table.attrs["source"]["id"] == "urban_share"


def test_interval_of_the_projection_is_that_of_the_next_pace() -> None:
    # Log-odds -0.9, -0.7, -0.4, 0: paces 0.02, 0.03, 0.04; mean 0.03, s = 0.01, t(2) = 4.3027.
    rows = [(1990, 28.905050), (2000, 33.181223), (2010, 40.131234), (2020, 50.0)]
    table = growth_difference_forecast(counts(*rows), [2030.25], level=0.95)
    found = table[["share_percent", "lower_percent", "upper_percent"]].iloc[0].tolist()
    # 0.03 ± 4.302653 · 0.01 · √(4/3) = -0.0196828 and 0.0796828, over ten years.
    assert found == pytest.approx([59.868766, 45.095126, 68.929555], abs=1e-3)
    assert table["interval"].iloc[0] == "spread of 3 past paces"


def test_no_interval_from_two_paces() -> None:
    table = growth_difference_forecast(counts((1990, 20), (2000, 25), (2010, 29)), [2015.25])
    assert table[["lower_percent", "upper_percent", "level"]].isna().all(axis=None)
    assert table["interval"].iloc[0] == "none: needs 3 past paces, found 2"


def test_refused_series() -> None:
    b = indicators.series("B", kinds=["census"])
    mixed = pd.concat([b, indicators.series("A")])
    with pytest.raises(indicators.SpliceError, match="two definitions"):
        growth_differences(mixed)
    with pytest.raises(ProjectionError, match="two counts or more, found 1"):
        growth_differences(b.head(1))
    with pytest.raises(ProjectionError, match="years is 0"):
        growth_differences(pd.concat([b, b.tail(1)]))
    with pytest.raises(ProjectionError, match="no urban share for 2009"):
        growth_differences(
            counts((1999, 20), (2009, nan), (2019, 30)),
        )
    with pytest.raises(ProjectionError, match="census dated 2019-07-01"):
        growth_differences(b.assign(date=b["date"].replace("2019-04-01", "2019-07-01")))
    with pytest.raises(ProjectionError, match="lies before the last count"):
        growth_difference_forecast(b, [2020.25])
    with pytest.raises(HanoiError, match="interval level 95"):
        growth_difference_forecast(b, [2030.25], level=95)
