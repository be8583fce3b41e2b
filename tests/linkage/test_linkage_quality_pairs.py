"""The waterfall of a pair, and what blocking ever compares."""

from __future__ import annotations

from math import log2

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality import pair_completeness, waterfall

# Splink's topic guide on the Fellegi-Sunter model: −6.67 is the prior, 9.48 the weight it gives.
GUIDE = [4.74, 6.49, -1.97, -1.12, 8.00]


def parameters(weights: list[float], *, adjusted: bool = False) -> pd.DataFrame:
    names = [f"column {i}" for i in range(len(weights))]
    return pd.DataFrame(
        {
            "comparison": names,
            "level": "reached",
            "gamma": 1,
            "weight": weights,
            "term_frequency": [adjusted] + [False] * (len(weights) - 1),
        }
    )


def pair(count: int, weight: float, **extra: object) -> dict[str, object]:
    return {f"gamma_column_{i}": 1 for i in range(count)} | {"match_weight": weight} | extra


def prior_of(bits: float) -> float:
    return 2**bits / (1 + 2**bits)


def test_the_published_terms_sum_to_9_47() -> None:
    table = waterfall(pair(5, 9.47), parameters(GUIDE), prior=prior_of(-6.67))
    assert table["comparison"].iloc[0] == "prior"
    assert table["comparison"].iloc[-1] == "total"
    assert table["weight"].iloc[0] == pytest.approx(-6.67)
    assert table["cumulative"].round(2).tolist() == [-6.67, -1.93, 4.56, 2.59, 1.47, 9.47, 9.47]
    assert table.attrs["match_probability"] == pytest.approx(0.9986, abs=5e-5)


def test_a_total_that_the_terms_do_not_give_is_refused() -> None:
    with pytest.raises(LinkageError, match=r"sum to 9\.4700 bits but its match_weight is 9\.4800"):
        waterfall(pair(5, 9.48), parameters(GUIDE), prior=prior_of(-6.67))


def test_the_frequency_of_a_name_has_a_row_of_its_own() -> None:
    table = waterfall(pair(2, 7.5), parameters([3.0, 1.0], adjusted=True), prior=0.5)
    assert table["weight"].tolist() == pytest.approx([0, 3, 1, 3.5, 7.5])
    assert table["comparison"].iloc[3] == "column 0"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-12, 12), min_size=1, max_size=6), st.floats(1e-9, 0.5))
def test_the_rows_before_the_total_sum_to_it(weights: list[float], prior: float) -> None:
    odds = prior / (1 - prior)
    expected = odds
    for weight in weights:
        expected *= 2**weight
    table = waterfall(pair(len(weights), log2(expected)), parameters(weights), prior=prior)
    assert table["weight"].iloc[:-1].sum() == pytest.approx(table["weight"].iloc[-1], abs=1e-6)
    assert table.attrs["match_probability"] == pytest.approx(expected / (1 + expected))


def test_a_missing_value_adds_nothing_and_no_value_is_shown() -> None:
    table = waterfall(
        pair(2, 3.0, left_id="SECRET", gamma_column_1=-1, full_name_l="SECRET"),
        parameters([3.0, 9.0]),
        prior=0.5,
    )
    assert table.loc[2, ["level", "weight"]].tolist() == ["missing", 0.0]
    assert "SECRET" not in table.to_string()


def test_a_pair_without_its_levels_is_refused() -> None:
    with pytest.raises(LinkageError, match="no gamma_column_1"):
        waterfall(pair(1, 3.0), parameters([3.0, 1.0]), prior=0.5)
    with pytest.raises(LinkageError, match="0 levels with gamma 7"):
        waterfall(pair(1, 3.0) | {"gamma_column_0": 7}, parameters([3.0]), prior=0.5)
    with pytest.raises(LinkageError, match=r"prior=0"):
        waterfall(pair(1, 3.0), parameters([3.0]), prior=0.0)


LEFT = pd.DataFrame(
    {
        "record_id": list("abcde"),
        "cccd": ["1", "2", None, None, "5"],
        "name": ["lan", "xoa", "hoa", "mai", "nga"],
    }
)
RIGHT = pd.DataFrame(
    {
        "record_id": ["A", "B", "C", "D"],
        "cccd": ["1", "2", "3", "4"],
        "name": ["lan", "hoa", "hoa", "cuc"],
    }
)
TRUTH = pd.DataFrame({"record_id": list("abcde"), "person_id": ["A", "B", "C", "D", None]})


def test_rules_counted_by_hand() -> None:
    # a by both, b by the number alone, c by the name alone, d by neither; e is nobody's.
    rules = {"number": "l.cccd = r.cccd", "name": "l.name = r.name"}
    table = pair_completeness(TRUTH, LEFT, RIGHT, rules)
    assert table["rule"].tolist() == ["number", "name", "any rule"]
    assert table["true_pairs"].tolist() == [4, 4, 4]
    assert table["compared"].tolist() == [2, 2, 3]
    assert table["only_here"].tolist() == [1, 1, 0]
    assert table["share"].tolist() == [0.5, 0.5, 0.75]


def test_a_rule_on_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(LinkageError, match="phone"):
        pair_completeness(TRUTH, LEFT, RIGHT, {"phone": "l.phone = r.phone"})
    with pytest.raises(LinkageError, match="one blocking rule or more"):
        pair_completeness(TRUTH, LEFT, RIGHT, {})


def test_a_value_that_breaks_a_rule_is_not_quoted() -> None:
    with pytest.raises(LinkageError, match="the value is not shown") as error:
        pair_completeness(TRUTH, LEFT, RIGHT, {"odd": "l.name::INTEGER = r.name::INTEGER"})
    shown = str(error.value)
    assert "lan" not in shown
    assert error.value.__cause__ is None


def test_truth_that_points_nowhere_is_refused() -> None:
    rules = {"number": "l.cccd = r.cccd"}
    with pytest.raises(LinkageError, match=r"1 'person_id' are no 'record_id' of the right_"):
        pair_completeness(TRUTH, LEFT, RIGHT[1:], rules)
    with pytest.raises(LinkageError, match="no true pair"):
        pair_completeness(TRUTH.assign(person_id=None), LEFT, RIGHT, rules)
