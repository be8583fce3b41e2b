"""Threshold sweep, unlinkable records and the histogram of weights."""

from __future__ import annotations

import pandas as pd
import pytest
from splink import SettingsCreator
from splink import comparison_library as cl

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality import (
    self_weights,
    threshold_sweep,
    unlinkables,
    weight_histogram,
)

LINKS = pd.DataFrame(
    {
        "left_id": list("abcd"),
        "right_id": list("1293"),
        "match_weight": [20.0, 10.0, 5.0, 0.0],
        "match_probability": [1.0, 0.99, 0.9, 0.5],
    }
)
TRUTH = pd.DataFrame({"record_id": list("abcde"), "person_id": ["1", "2", "3", None, "5"]})


def test_a_sweep_counted_by_hand() -> None:
    sweep = threshold_sweep(LINKS, TRUTH, thresholds=[15, 0, 10, 30, 1])
    assert sweep["threshold"].tolist() == [0, 1, 10, 15, 30]
    # A link stays at its own weight.
    assert sweep["links"].tolist() == [4, 3, 2, 1, 0]
    assert sweep["precision"].tolist()[:4] == pytest.approx([2 / 4, 2 / 3, 1, 1])
    assert sweep["precision"].isna().tolist() == [False] * 4 + [True]
    assert sweep["recall"].tolist() == pytest.approx([2 / 4, 2 / 4, 2 / 4, 1 / 4, 0])
    assert sweep["f1"].tolist() == pytest.approx([4 / 8, 4 / 7, 4 / 6, 2 / 5, 0])
    assert (sweep["recall_low"] <= sweep["recall"]).all()


def test_without_truth_the_sweep_is_the_models_own() -> None:
    sweep = threshold_sweep(LINKS, thresholds=[0, 10, 30])
    assert sweep["expected_precision"].tolist()[:2] == pytest.approx([3.39 / 4, 1.99 / 2])
    assert sweep["expected_false_links"].tolist() == pytest.approx([0.61, 0.01, 0])
    assert sweep["basis"].str.startswith("model-based").all()
    assert "recall" not in sweep


def test_thresholds_that_are_none_are_refused() -> None:
    for wrong in ([], [float("nan")]):
        with pytest.raises(LinkageError, match="thresholds"):
            threshold_sweep(LINKS, TRUTH, thresholds=wrong)


def test_histogram_of_true_and_false_pairs() -> None:
    pairs = pd.DataFrame(
        {
            "left_id": ["a", "a", "b"],
            "right_id": ["1", "9", "2"],
            "match_weight": [-0.5, -1.0, 4.0],
        }
    )
    table = weight_histogram(pairs, TRUTH, width=2)
    assert table[["low", "high", "pairs", "true_pairs"]].to_numpy().tolist() == [
        [-2, 0, 2, 1],
        [4, 6, 1, 1],
    ]
    with pytest.raises(LinkageError, match="width=0"):
        weight_histogram(pairs, width=0)


def test_unlinkables_counted_by_hand() -> None:
    table = unlinkables(pd.DataFrame({"match_weight": [5.0] + [12.0] * 19}), thresholds=[5, 6, 13])
    assert table["unlinkable"].tolist() == [0, 1, 20]
    assert table["high"].iloc[0] == pytest.approx(0.1611, abs=5e-5)
    with pytest.raises(LinkageError, match="no rows"):
        unlinkables(pd.DataFrame({"match_weight": pd.Series(dtype=float)}), thresholds=[5])


def test_self_weights_are_what_present_values_add_up_to() -> None:
    # λ = 1/5 gives −2 bits; m/u = 8 and 4 give 3 and 2 bits.
    exact = {"u": 0.1, "m": 0.8}, {"u": 0.2, "m": 0.8}
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row_number",  # as `link` leaves it: the records do not have it
        probability_two_random_records_match=0.2,
        comparisons=[
            cl.ExactMatch(name).configure(
                m_probabilities=[p["m"], 1 - p["m"]], u_probabilities=[p["u"], 1 - p["u"]]
            )
            for name, p in zip(("name", "ward"), exact, strict=True)
        ],
    ).create_settings_dict("duckdb")
    records = pd.DataFrame(
        {
            "record_id": ["a", "b", "c"],
            "name": ["lan", "lan", None],
            "ward": ["00004", None, None],
        }
    )
    weights = self_weights(records, settings)
    assert weights.columns.tolist() == ["match_weight"]
    assert weights["match_weight"].tolist() == pytest.approx([-2, 1, 3])
