"""Precision, recall and F1 against truth, their intervals, and the model's own expectation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality import expected_precision, review_estimate, score
from hanoi_analytics.linkage.quality.intervals import difference, f1, wilson


def people(*rows: tuple[str, str | None, str | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make links and truth of (record, linked to, is)."""
    links = [(record, to) for record, to, _ in rows if to is not None]
    truth = pd.DataFrame([(record, is_) for record, _, is_ in rows])
    return (
        pd.DataFrame(links, columns=["left_id", "right_id"], dtype="str"),
        truth.set_axis(["record_id", "person_id"], axis=1),
    )


# Two true, one wrong person, one of nobody, one missed, one rightly unlinked.
SIX = people(
    ("a", "1", "1"),
    ("b", "2", "2"),
    ("c", "9", "3"),
    ("d", "8", None),
    ("e", None, "5"),
    ("f", None, None),
)


def test_a_confusion_counted_by_hand() -> None:
    table = score(*SIX)
    assert table.attrs["counts"] == {
        "records": 6,
        "in_register": 4,
        "links": 4,
        "true_links": 2,
        "wrong_links": 1,
    }
    assert table["value"].tolist() == [0.5, 0.5, 0.5]
    assert table["n"].tolist() == [4, 4, 6]
    # Wilson's limits of 2 in 4.
    assert table.loc["precision", ["low", "high"]].tolist() == pytest.approx(
        [0.1500, 0.8500], abs=1e-4
    )


def test_arrow_and_parquet_give_what_a_frame_gives(tmp_path: Path) -> None:
    links, truth = SIX
    (tmp_path / "truth").mkdir()
    truth[:3].to_parquet(tmp_path / "truth" / "0.parquet")
    truth[3:].to_parquet(tmp_path / "truth" / "1.parquet")
    read = score(pa.Table.from_pandas(links), tmp_path / "truth")
    pd.testing.assert_frame_equal(read, score(links, truth))
    pd.testing.assert_frame_equal(score(links, str(tmp_path / "truth" / "*.parquet")), read)


def test_the_source_is_carried_over() -> None:
    links, truth = SIX[0].copy(), SIX[1].copy()
    links.attrs["source"] = truth.attrs["source"] = {"citation": "made up", "tier": "simulated"}
    assert score(links, truth).attrs["source"]["tier"] == "simulated"
    truth.attrs["source"] = {"citation": "another", "tier": "simulated"}
    assert [s["citation"] for s in score(links, truth).attrs["sources"]] == ["made up", "another"]


def test_no_links_at_all_have_a_recall_and_no_precision() -> None:
    table = score(*people(("a", None, "1"), ("b", None, "2")))
    assert np.isnan(table.loc["precision", "value"])
    assert table.loc["recall", "value"] == 0


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(count: int, of: int, low: float, high: float) -> None:
    assert [float(x) for x in wilson(count, of)[1:]] == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_difference_of_shares_as_published(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = difference(wilson(*one), wilson(*other))
    assert [float(x) for x in found[1:]] == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(("true", "one_sided"), [(80, 20), (997, 3), (20, 0), (0, 20), (450, 550)])
def test_f1_without_wrong_persons_is_a_transformed_share(true: int, one_sided: int) -> None:
    # Then F1 = 2 J / (1 + J), J = true / (true + one-sided) being a plain share.
    limits = [2 * float(j) / (1 + float(j)) for j in wilson(true, true + one_sided)]
    assert f1(true, 0, one_sided) == pytest.approx(limits, abs=2e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_f1_is_the_harmonic_mean_and_lies_in_its_interval(
    true: int, wrong: int, spurious: int, missed: int
) -> None:
    value, low, high = f1(true, wrong, spurious + missed)
    links, matches = true + wrong + spurious, true + wrong + missed
    if true:
        assert 2 / value == pytest.approx(links / true + matches / true)
        assert 0 <= low <= value + 1e-12 <= high + 1e-9 <= 1 + 2e-9
    if not links + matches:
        assert np.isnan(value)


def test_f1_interval_covers_as_it_says() -> None:
    rng = np.random.default_rng(5)
    shares = np.array([0.80, 0.05, 0.15])
    truth = 2 * shares[0] / (2 * shares[0] + 2 * shares[1] + shares[2])
    drawn = rng.multinomial(300, shares, size=400)
    inside = sum(low <= truth <= high for _, low, high in (f1(*map(int, row)) for row in drawn))
    assert 0.92 <= inside / 400 <= 0.98


def test_expected_precision_takes_the_probabilities_at_their_word() -> None:
    links = pd.DataFrame(
        {"left_id": list("abc"), "right_id": list("123"), "match_probability": [1.0, 0.9, 0.5]}
    )
    pairs = pd.DataFrame(
        {
            "left_id": list("abcdd"),
            "right_id": list("12345"),
            "match_probability": [1.0, 0.9, 0.5, 0.7, 0.6],
        }
    )
    table = expected_precision(links, pairs)
    assert table.loc["expected_precision", "value"] == pytest.approx(0.8)
    assert table.loc["expected_false_links", "value"] == pytest.approx(0.6)
    # The record with two pairs of 0.7 and 0.6 has one match at most: 2.4 of 3.4.
    assert table.loc["expected_recall_among_compared", "value"] == pytest.approx(2.4 / 3.4)
    assert table["basis"].str.startswith("model-based").all()
    assert table.attrs["basis"].startswith("model-based")
    # Variance .09 + .25, so 1.96 standard errors are 1.143 links of 3.
    assert table.loc["expected_precision", "low"] == pytest.approx(0.8 - 1.1429 / 3, abs=1e-4)


def test_review_of_one_stratum_is_wilson_and_of_all_links_is_exact() -> None:
    one = review_estimate(pd.DataFrame({"links": [10**9], "reviewed": [263], "matches": [81]}))
    assert one.loc["share_of_matches", ["low", "high"]].tolist() == pytest.approx(
        [0.2553, 0.3662], abs=5e-5
    )
    whole = review_estimate(
        pd.DataFrame({"links": [20, 5], "reviewed": [20, 5], "matches": [19, 2]})
    )
    assert whole.loc["matches", ["value", "low", "high"]].tolist() == pytest.approx([21, 21, 21])


def test_review_weighs_strata_by_their_links_not_by_what_was_reviewed() -> None:
    strata = pd.DataFrame({"links": [90_000, 10_000], "reviewed": [50, 200], "matches": [49, 100]})
    table = review_estimate(strata)
    assert table.loc["share_of_matches", "value"] == pytest.approx(0.9 * 0.98 + 0.1 * 0.5)
    assert table.loc["matches", "value"] == pytest.approx(93_200)
    low, high = table.loc["share_of_matches", ["low", "high"]]
    assert low < 0.932 < high


@pytest.mark.parametrize(
    ("links", "reviewed", "matches", "said"),
    [
        ([10, 10], [5, 0], [5, 0], "1 strata have links and none reviewed"),
        ([10], [5], [6], "1 strata contradict"),
        ([10], [11], [6], "1 strata contradict"),
        ([0], [0], [0], "no links"),
    ],
)
def test_a_review_that_cannot_be_is_refused(
    links: list[int], reviewed: list[int], matches: list[int], said: str
) -> None:
    with pytest.raises(LinkageError, match=said):
        review_estimate(pd.DataFrame({"links": links, "reviewed": reviewed, "matches": matches}))


def test_a_record_linked_twice_is_counted_in_the_error_and_not_named() -> None:
    links, truth = SIX
    twice = pd.concat([links, links[:2]])
    with pytest.raises(LinkageError, match=r"links table: 'left_id' is not unique: 6 rows have 4"):
        score(twice, truth)
    with pytest.raises(LinkageError, match=r"truth table: 'record_id' is not unique: 8 rows"):
        score(links, pd.concat([truth, truth[:2]]))


def test_links_of_unknown_records_are_refused_by_count() -> None:
    links, truth = SIX
    with pytest.raises(LinkageError, match=r"links table: 2 'left_id' are no 'record_id'") as error:
        score(links.replace({"a": "VERY-SECRET", "b": "SECRET-TOO"}), truth)
    assert "SECRET" not in str(error.value)


def test_ids_of_two_kinds_are_refused_instead_of_never_agreeing() -> None:
    links, truth = SIX
    with pytest.raises(LinkageError, match=r"right_id and truth.person_id hold integer and text"):
        score(links.astype({"right_id": int}), truth)


def test_missing_columns_nulls_and_wrong_probabilities_are_refused() -> None:
    links, truth = SIX
    with pytest.raises(LinkageError, match=r"links table: no column 'right_id'"):
        score(links.drop(columns="right_id"), truth)
    with pytest.raises(LinkageError, match=r"'right_id' is null in 1 rows"):
        score(links.assign(right_id=["1", "2", None, "8"]), truth)
    with pytest.raises(LinkageError, match=r"truth table: it has 0 rows"):
        score(links, truth[:0])
    with pytest.raises(LinkageError, match=r"2 match_probability of the links table are not"):
        expected_precision(links.assign(match_probability=[0.5, 1.5, None, 0.1]))
    with pytest.raises(LinkageError, match=r"no Parquet file"):
        score("/nowhere/links.parquet", truth)
