"""Public data with known matches reach what was promised; scores of clusters by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from hanoi_analytics import catalogue
from hanoi_analytics.linkage import designs
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.clusters import pairwise
from hanoi_analytics.linkage.model import link

TRUTH = pd.DataFrame({"record_id": list("abcde"), "person_id": [1, 1, 1, 2, 2]})


def test_pairs_of_clusters_counted_by_hand() -> None:
    clusters = pd.DataFrame({"record_id": list("abcd"), "cluster_id": [0, 0, 1, 1]})
    # Found: ab, cd. True: ab, ac, bc, de. Correct: ab.
    scores = pairwise(clusters, TRUTH)
    assert scores[["found_pairs", "true_pairs", "correct_pairs"]].tolist() == [2, 4, 1]
    assert scores[["precision", "recall", "f1"]].tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 3])


def test_nothing_found_is_no_precision() -> None:
    scores = pairwise(pd.DataFrame({"record_id": ["a"], "cluster_id": [0]}), TRUTH)
    assert pd.isna(scores["precision"])
    assert scores["recall"] == 0


@pytest.mark.parametrize(
    ("clusters", "truth", "message"),
    [
        ({"record_id": ["a"]}, None, "'cluster_id'"),
        ({"record_id": ["a", "a"], "cluster_id": [0, 1]}, None, "repeats in 1 rows"),
        ({"record_id": ["z"], "cluster_id": [0]}, None, "1 records are not in the truth"),
        (
            {"record_id": ["a"], "cluster_id": [0]},
            {"record_id": ["a"], "person_id": [None]},
            "null in 1 rows",
        ),
    ],
)
def test_tables_that_cannot_be_scored(
    clusters: dict[str, list[object]], truth: dict[str, list[object]] | None, message: str
) -> None:
    with pytest.raises(LinkageError, match=message):
        pairwise(pd.DataFrame(clusters), TRUTH if truth is None else pd.DataFrame(truth))


def test_ids_that_name_no_person_are_counted_not_quoted() -> None:
    with pytest.raises(LinkageError, match="1 of 2 values") as raised:
        designs.febrl_truth(pd.DataFrame({"rec_id": ["rec-7-org", "secret"]}))
    assert "secret" not in str(raised.value)


def test_historical_records_hold_no_truth_and_no_identifier_of_wikidata() -> None:
    columns = [
        *("unique_id", "cluster", "full_name", "first_and_surname", "first_name", "surname"),
        *("dob", "birth_place", "postcode_fake", "gender", "occupation"),
    ]
    table = pd.DataFrame([dict.fromkeys(columns, "x")] * 2, dtype="str")
    table["gender"], table["postcode_fake"] = ["female", "q123"], ["aa1 1aa", None]
    table.attrs["source"] = "made up"
    records = designs.historical_records(table)
    assert "cluster" not in records
    assert records["gender"].dropna().tolist() == ["female"]
    assert records["outward"].dropna().tolist() == ["aa1"]
    assert records.attrs["source"] == "made up"
    with pytest.raises(LinkageError, match="'occupation'"):
        designs.historical_records(table.drop(columns="occupation"))


@pytest.mark.mirror
def test_true_links_of_febrl_are_as_published() -> None:
    published = {"dataset1.csv": 500, "dataset2.csv": 1934, "dataset3.csv": 6538}
    for file, links in published.items():
        truth = designs.febrl_truth(catalogue.load("febrl", file=file))
        alone = pd.DataFrame({"record_id": [], "cluster_id": []}, dtype="str")
        assert pairwise(alone, truth)["true_pairs"] == links


@pytest.mark.mirror
def test_febrl_1_is_found_whole_at_the_stated_threshold() -> None:
    table = catalogue.load("febrl", file="dataset1.csv")
    found = link(designs.febrl_records(table), None, designs.febrl(), threshold=0.95)
    scores = pairwise(found.clusters(), designs.febrl_truth(table))
    assert scores["true_pairs"] == 500
    assert scores["f1"] >= 0.995


@pytest.mark.mirror
def test_febrl_4_is_linked_better_than_published() -> None:
    # recordlinkage 0.16 on the same pairs: precision 0.99959, recall 0.9770, F1 0.98817.
    left, right = (catalogue.load("febrl", file=f"dataset4{side}.csv") for side in "ab")
    tables = designs.febrl_records(left), designs.febrl_records(right)
    found = link(*tables, designs.febrl(), threshold=0.95, one_to_one="both").read_links()
    person = [found[f"{side}_id"].str.split("-").str[1] for side in ("left", "right")]
    true = int((person[0] == person[1]).sum())
    assert 2 * true / (len(found) + 5000) >= 0.9995
