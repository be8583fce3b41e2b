"""Gini and concentration of exposure against the published example, by hand, and as properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.environment import exposure
from hanoi_analytics.environment.checks import EnvironmentDataError

# Deaths under five per 1,000 births of five wealth groups, India 1982–92, and births: the example
# of O'Donnell, van Doorslaer, Wagstaff and Lindelow (2008), Analyzing Health Equity Using
# Household Survey Data, World Bank, table 8.1, which gives the index −0.1694.
INDIA = pd.DataFrame(
    {
        "deaths": [154.7, 152.9, 119.5, 86.9, 54.3],
        "births": [29_939, 28_776, 26_528, 24_689, 19_739],
        "wealth": [1, 2, 3, 4, 5],
    }
)


def gini(values: list[float], people: list[float]) -> float:
    table = pd.DataFrame({"value": values, "people": people})
    return exposure.gini(table, exposure="value", people="people", seed=1).index


def concentration(table: pd.DataFrame) -> exposure.Inequality:
    return exposure.concentration_index(
        table, exposure="value", people="people", rank_by="rank", seed=1
    )


def test_the_published_example_of_the_world_bank() -> None:
    found = exposure.concentration_index(
        INDIA, exposure="deaths", people="births", rank_by="wealth", seed=1
    )
    assert round(found.index, 4) == -0.1694
    # Cumulated shares of births as printed there, in per cent.
    assert (found.curve["people_share"] * 100).round().tolist() == [0, 23, 45, 66, 85, 100]
    assert (found.curve["exposure_share"] * 100).round().tolist() == [0, 30, 59, 79, 93, 100]
    assert "Kakwani, Wagstaff and van Doorslaer 1997" in found.formula


def test_gini_by_hand() -> None:
    assert gini([30, 30, 30], [5, 50, 500]) == pytest.approx(0, abs=1e-12)
    assert gini([0, 1], [1, 1]) == pytest.approx(0.5)
    # One of four bears all: 1 − 1/4.
    assert gini([0, 0, 0, 8], [1, 1, 1, 1]) == pytest.approx(0.75)
    # 1, 2, 3: mean absolute difference 8/9, over twice the mean of 2.
    assert gini([1, 2, 3], [1, 1, 1]) == pytest.approx(2 / 9)


def test_the_concentration_index_by_hand() -> None:
    # Shares ½ and ½ with ranks ¼ and ¾: 2/40 · ½ · (50 · ¼ + 30 · ¾) − 1 = −1/8.
    table = pd.DataFrame({"value": [30.0, 50.0], "people": [7, 7], "rank": [9, 4]})
    assert concentration(table).index == pytest.approx(-1 / 8)


def test_areas_of_one_rank_share_the_middle_rank_whatever_their_order() -> None:
    table = pd.DataFrame({"value": [10.0, 40.0, 20.0], "people": [1, 1, 2], "rank": [1, 1, 2]})
    # Ranks ¼, ¼, ¾; mean 22.5: 2/22.5 · (¼·10·¼ + ¼·40·¼ + ½·20·¾) − 1 = −1/18.
    assert concentration(table).index == pytest.approx(-1 / 18)
    assert concentration(table.iloc[[1, 0, 2]]).index == pytest.approx(-1 / 18)
    assert len(concentration(table).curve) == 3


def test_who_has_no_value_is_counted_and_not_in_the_index() -> None:
    table = pd.DataFrame(
        {
            "value": [0.0, 1.0, np.nan, 3.0, 5.0],
            "people": [1.0, 1.0, 10.0, 20.0, np.nan],
            "rank": [1.0, 2.0, 3.0, np.nan, 5.0],
        }
    )
    found = concentration(table)
    assert (found.index, found.areas, found.people_without_value) == (pytest.approx(0.5), 2, 30.0)


def test_the_source_goes_along() -> None:
    table = INDIA.copy()
    table.attrs["source"] = {"citation": "O'Donnell 2008", "tier": "own"}
    found = exposure.gini(table, exposure="deaths", people="births", seed=1)
    assert found.curve.attrs["source"]["citation"] == "O'Donnell 2008"


areas = st.lists(
    st.tuples(st.floats(0.5, 500), st.integers(1, 100_000), st.integers(0, 4)),
    min_size=2,
    max_size=12,
)


def as_table(rows: list[tuple[float, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["value", "people", "rank"])


@settings(max_examples=15, deadline=None)
@given(areas, st.floats(0.01, 100))
def test_bounds_scale_and_replication(rows: list[tuple[float, int, int]], scale: float) -> None:
    table = as_table(rows)
    inequality = gini(table["value"].tolist(), table["people"].tolist())
    found = concentration(table)
    assert -1e-9 <= inequality < 1
    assert abs(found.index) <= inequality + 1e-9
    assert found.low <= found.high
    # In another unit; every area twice; other way round.
    assert concentration(table.assign(value=table["value"] * scale)).index == pytest.approx(
        found.index, abs=1e-9
    )
    assert concentration(pd.concat([table, table])).index == pytest.approx(found.index, abs=1e-9)
    assert concentration(table.assign(rank=-table["rank"])).index == pytest.approx(
        -found.index, abs=1e-9
    )
    # Twice the area under the curve is what the index lacks to one.
    curve = found.curve
    below = np.trapezoid(curve["exposure_share"], curve["people_share"])
    assert 1 - 2 * below == pytest.approx(found.index, abs=1e-9)


def test_the_interval_holds_the_index_and_is_the_same_for_the_same_seed() -> None:
    draw = np.random.default_rng(3)
    table = pd.DataFrame({"value": draw.lognormal(size=126), "people": draw.integers(1, 9, 126)})
    one, two = (exposure.gini(table, exposure="value", people="people", seed=7) for _ in range(2))
    assert one.low < one.index < one.high
    assert (one.low, one.high) == (two.low, two.high)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": [-1.0, 2.0]}, "exposure -1"),
        ({"people": [-5.0, 2.0]}, "people -5"),
        ({"rank": [np.inf, 2.0]}, "rank inf"),
        ({"value": [0.0, 0.0]}, "0 of them above zero"),
        ({"value": [np.nan, np.nan]}, "found 0 such area"),
        ({"people": [0, 4]}, "found 1 such area"),
    ],
)
def test_what_no_index_can_be_made_of(change: dict[str, list[float]], says: str) -> None:
    table = pd.DataFrame({"value": [1.0, 2.0], "people": [1.0, 1.0], "rank": [1.0, 2.0]})
    with pytest.raises(EnvironmentDataError, match=says):
        concentration(table.assign(**change))


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(EnvironmentDataError, match=r"no column 'death'.*deaths"):
        exposure.gini(INDIA, exposure="death", people="births", seed=1)
