"""Rates by group, classes of name frequency, standardised differences, and the report."""

from __future__ import annotations

from math import inf, sqrt

import pandas as pd
import pytest

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality import (
    AGE_GROUP,
    bias_table,
    commonness_classes,
    expected_precision,
    linkage_rate_sweep,
    report,
    score,
    standardised_differences,
    unlinkables,
)

# Four men: two true links, a wrong one, one missed. Three women: true, of nobody, no value.
RECORDS = pd.DataFrame(
    {
        "record_id": list("abcdefg"),
        "sex": ["male"] * 4 + ["female"] * 2 + [None],
        "full_name": ["lan", "lan", "hoa", "xoa", "mai", "mai", "cuc"],
    }
)
LINKS = pd.DataFrame(
    {
        "left_id": list("abcef"),
        "right_id": ["1", "2", "9", "5", "8"],
        "match_weight": [9.0, 5.0, 5.0, 9.0, 2.0],
    }
)
TRUTH = pd.DataFrame(
    {"record_id": list("abcdefg"), "person_id": ["1", "2", "3", "4", "5", None, None]}
)
REGISTER = pd.DataFrame(
    {
        "record_id": ["1", "2", "3", "4", "5", "8", "9"],
        "full_name": ["lan", "lan", "hoa", "hoa", "mai", "nga", "lan"],
    }
)


def rates(table: pd.DataFrame, value: str) -> list[list[float]]:
    return table.loc[table["value"] == value, ["n", "count"]].to_numpy().tolist()


def test_rates_by_sex_counted_by_hand() -> None:
    table = bias_table(LINKS, RECORDS, {"sex": "sex"}, truth=TRUTH)
    # Linked of records, missed of true matches, false of links.
    assert rates(table, "male") == [[4, 3], [4, 2], [3, 1]]
    assert rates(table, "female") == [[2, 2], [1, 0], [2, 1]]
    assert rates(table, "missing") == [[1, 0], [0, 0], [0, 0]]
    assert table.loc[table["reference"], "value"].unique().tolist() == ["male"]
    linked = table[table["measure"] == "linkage_rate"].set_index("value")
    assert linked.loc["female", "difference"] == 0.25
    assert linked.loc["male", "difference"] == 0


def test_counts_of_a_group_add_up_to_the_score() -> None:
    table = bias_table(LINKS, RECORDS, {"sex": "sex"}, truth=TRUTH, register=REGISTER)
    counts = score(LINKS, TRUTH).attrs["counts"]
    for _, group in table.groupby("group"):
        sums = group.groupby("measure")[["n", "count"]].sum()
        assert sums.loc["linkage_rate"].tolist() == [counts["records"], counts["links"]]
        assert sums.loc["false_match_rate", "count"] == counts["links"] - counts["true_links"]
        assert sums.loc["missed_match_rate"].tolist() == [counts["in_register"], 2]


def test_another_reference_flips_the_sign() -> None:
    one = bias_table(LINKS, RECORDS, {"sex": "sex"})
    other = bias_table(LINKS, RECORDS, {"sex": "sex"}, reference={"sex": "female"})
    gap = one.set_index("value").loc["female"]
    back = other.set_index("value").loc["male"]
    assert gap["difference"] == -back["difference"]
    assert gap["difference_low"] == pytest.approx(-back["difference_high"])


def test_commonness_is_that_of_the_true_person() -> None:
    # lan has three bearers, hoa two, mai and nga one each: seven residents in two classes.
    classes = commonness_classes(REGISTER, classes=2)
    assert classes[["value", "names", "residents"]].to_numpy().tolist() == [
        ["1–2", 3, 4],
        ["3", 1, 3],
    ]
    group = {"register": REGISTER, "classes": 2}
    judged = bias_table(LINKS, RECORDS, {}, truth=TRUTH, **group)  # type: ignore[arg-type]
    linked = judged[judged["measure"] == "linkage_rate"].set_index("value")["n"].to_dict()
    # d is recorded as "xoa", which nobody bears, and is "hoa"; g is nobody's and has no bearer.
    assert linked == {"0": 1, "1–2": 4, "3": 2}
    recorded = bias_table(LINKS, RECORDS, {}, **group).set_index("value")  # type: ignore[arg-type]
    assert recorded["n"].to_dict() == {"0": 2, "1–2": 3, "3": 2}
    assert set(recorded["measure"]) == {"linkage_rate"}


def test_no_name_leaves_with_the_classes() -> None:
    table = bias_table(LINKS, RECORDS, {"sex": "sex"}, truth=TRUTH, register=REGISTER)
    shown = table.to_string() + commonness_classes(REGISTER).to_string()
    assert not any(name in shown for name in ("lan", "hoa", "mai", "xoa", "cuc", "nga"))


def test_age_is_in_full_years() -> None:
    born = ["2025-07-02", "2020-07-01", "2020-07-02", "1950-01-01", None]
    records = pd.DataFrame(
        {
            "record_id": list("abcde"),
            "birth_date": pd.to_datetime(born),
            "recorded_on": pd.to_datetime(["2025-07-03", *["2025-07-01"] * 4]),
        }
    )
    links = pd.DataFrame({"left_id": list("abcde"), "right_id": list("abcde")})
    table = bias_table(links, records, {"age": AGE_GROUP})
    assert table["value"].tolist() == ["00", "01-04", "05-14", "75+", "missing"]


def test_rates_over_thresholds() -> None:
    table = linkage_rate_sweep(LINKS, RECORDS, "sex", thresholds=[2, 5, 9])
    counts = table.pivot_table(index="value", columns="threshold", values="count")
    assert counts.loc["male"].tolist() == [3, 3, 1]
    assert counts.loc["female"].tolist() == [2, 1, 1]


def test_wrong_groups_and_references_are_refused() -> None:
    with pytest.raises(LinkageError, match="ethnicity"):
        bias_table(LINKS, RECORDS, {"ethnicity": "ethnicity"})
    with pytest.raises(LinkageError, match="'mal' is no value of it; did you mean 'male'"):
        bias_table(LINKS, RECORDS, {"sex": "sex"}, reference={"sex": "mal"})
    with pytest.raises(LinkageError, match="there is no group 'age'"):
        bias_table(LINKS, RECORDS, {"sex": "sex"}, reference={"age": "75+"})
    with pytest.raises(LinkageError, match="1 'record_id' are no 'record_id' of the truth"):
        bias_table(LINKS, RECORDS, {"sex": "sex"}, truth=TRUTH[:6])
    with pytest.raises(LinkageError, match="every value is null"):
        commonness_classes(REGISTER.assign(full_name=None))


def two_sides(linked: list[object], unlinked: list[object]) -> tuple[pd.DataFrame, pd.DataFrame]:
    records = pd.DataFrame({"value": [*linked, *unlinked]})
    records["record_id"] = [f"r{i}" for i in range(len(records))]
    links = pd.DataFrame({"left_id": records["record_id"][: len(linked)], "right_id": "1"})
    return links, records


def gap(linked: list[object], unlinked: list[object], sql: str = "value") -> float:
    links, records = two_sides(linked, unlinked)
    return float(standardised_differences(links, records, {"x": sql}).loc[0, "difference"])


def test_a_binary_covariate_after_austin() -> None:
    # 60 % against 50 %: 0.1 / √((0.24 + 0.25) / 2).
    linked, unlinked = [True] * 6 + [False] * 4, [True] * 5 + [False] * 5
    assert gap(linked, unlinked) == pytest.approx(0.1 / sqrt(0.245))
    assert gap(unlinked, linked) == pytest.approx(-0.1 / sqrt(0.245))
    # As text with two levels it is the same without sign.
    assert gap(linked, unlinked, "value::VARCHAR") == pytest.approx(0.1 / sqrt(0.245))


def test_a_continuous_covariate_uses_sample_variances() -> None:
    # Means 2 and 4, variances 1 and 4.
    assert gap([1, 2, 3], [2, 4, 6]) == pytest.approx(-2 / sqrt(2.5))


def test_a_categorical_covariate_after_yang_and_dalton() -> None:
    # Shares (.5, .3, .2) and (.4, .4, .2). By hand, with the first level left out:
    # δ = (−.1, 0), S = [[.225, −.07], [−.07, .16]], so δᵀS⁻¹δ = .01 × .16 / (.036 − .0049).
    linked = list("a" * 5 + "b" * 3 + "c" * 2)
    unlinked = list("a" * 4 + "b" * 4 + "c" * 2)
    assert gap(list(linked), list(unlinked)) == pytest.approx(sqrt(0.0016 / 0.0311))
    # Which level is left out does not matter.
    renamed = {"a": "z", "b": "b", "c": "c"}
    assert gap([renamed[x] for x in linked], [renamed[x] for x in unlinked]) == pytest.approx(
        sqrt(0.0016 / 0.0311)
    )


def test_sides_without_anything_in_common_differ_endlessly() -> None:
    assert gap(["a", "a"], ["b", "b"]) == inf
    assert gap(["a", "a"], ["a", "a"]) == 0


def test_missing_values_are_counted_and_can_be_a_covariate() -> None:
    links, records = two_sides([1.0, 2.0, None], [3.0, None, None])
    columns = {"age": "value", "no age": "value IS NULL"}
    with pytest.raises(LinkageError, match="true and false"):
        standardised_differences(links, records, {"d": "DATE '2020-01-01'"})
    table = standardised_differences(links, records, columns | {"same": "1"})
    assert table.loc[0, ["linked", "linked_missing", "unlinked_missing"]].tolist() == [2, 1, 2]
    assert table.loc[1, "difference"] == pytest.approx((1 / 3 - 2 / 3) / sqrt(2 / 9))
    assert table["large"].tolist()[1:] == [True, False]


def test_a_side_that_is_empty_is_refused() -> None:
    links, records = two_sides([1, 2], [])
    with pytest.raises(LinkageError, match="all records are linked"):
        standardised_differences(links, records, {"x": "value"})
    with pytest.raises(LinkageError, match="no value at all"):
        standardised_differences(*two_sides([1.0, 2.0], [None, None]), {"x": "value"})


def test_the_report_keeps_every_item_and_its_order() -> None:
    empty = report({})
    assert empty["value"].eq("not stated").all()
    assert empty["section"].drop_duplicates().tolist() == [
        "Data provision",
        "Data processing",
        "Linkage",
        "Quality",
        "Analysis and limits",
    ]
    full = report(
        {"method": "Splink 5", "limits": " "},
        score=score(LINKS, TRUTH),
        expected=expected_precision(LINKS.assign(match_probability=0.9)),
        bias=bias_table(LINKS, RECORDS, {"sex": "sex"}, truth=TRUTH),
        differences=standardised_differences(LINKS, RECORDS, {"woman": "sex = 'female'"}),
    )
    assert full["item"].tolist() == empty["item"].tolist()
    said = full.set_index("item")["value"]
    assert said["Method, software and version"] == "Splink 5"
    assert said["Limits"] == "not stated"
    assert said["Records and links (flow)"].startswith("7 records, 5 of persons in the register; 5")
    assert said["Precision, recall and F1"].startswith("precision 60.000% (95 % interval")
    assert "model-based" in said["Expected by the model (no truth)"]
    assert "linkage rate: sex missing 0.0%" in said["Widest gap of each measure between groups"]
    assert said["Linked against unlinked beyond 0.1"].startswith("woman +")


def test_the_report_says_neither_what_is_too_small_nor_that_all_is_right_when_it_is_not() -> None:
    beyond = unlinkables(pd.DataFrame({"match_weight": [1.0] * 2 + [9.0] * 18}), thresholds=[5])
    item = "Records beyond reach at the threshold"
    assert report({}, unlinkable=beyond).set_index("item")["value"][item].startswith("10.000% (")
    protected = beyond.astype({"unlinkable": "Int64"}).assign(unlinkable=pd.NA)
    said = report({}, unlinkable=protected).set_index("item")["value"][item]
    assert said == "too few of 20 records to be shown"
    numbers = [str(n) for n in range(47_343)]
    links = pd.DataFrame({"left_id": numbers, "right_id": numbers})
    truth = pd.DataFrame({"record_id": numbers, "person_id": ["-1", "-2", *numbers[2:]]})
    almost = report({}, score=score(links, truth)).set_index("item")["value"]
    assert almost["Precision, recall and F1"].startswith("precision 99.996% (95 % interval 99.985%")


def test_a_report_takes_no_item_that_is_not_its_own() -> None:
    with pytest.raises(LinkageError, match="did you mean 'method'"):
        report({"metod": "x"})
    with pytest.raises(LinkageError, match="no item 'score' to state"):
        report({"score": "very good"})
