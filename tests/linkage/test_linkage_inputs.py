"""Tables of one's own and simulated ones, what preparing them meets, and a plain join."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from hanoi_analytics import catalogue
from hanoi_analytics.linkage import inputs
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality import (
    exact_join,
    name_signs,
    number_problems,
    typical_pair,
)

ROW = {
    "record_id": "7",
    "full_name": "Trần Văn Thử",
    "sex": "male",
    "birth_date": "1999-02-03",
    "cccd": "001099000001",
    "cmnd": None,
    "bhyt": None,
    "bhxh": None,
    "phone": "0912345678",
    "ward": "00004",
    "recorded_on": "2026-07-01",
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(folder))
    pd.DataFrame([ROW]).to_csv(folder / "good.csv", index=False)
    return folder


def test_own_tables_keep_zeros_and_get_dates(own: Path, tmp_path: Path) -> None:
    found = inputs.own(tmp_path / "out", register="good.csv", records="good.csv")
    (row,) = pq.read_table(found.records).to_pylist()
    assert (row["cccd"], row["ward"], row["cmnd"]) == ("001099000001", "00004", None)
    assert row["birth_date"].isoformat() == "1999-02-03"
    assert found.truth is None
    assert [source["tier"] for source in found.attrs["sources"]] == ["own", "own"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"birth_date": "3/2/99"}, "'birth_date' is no date in 1 of 1 rows"),
        ({"record_id": None}, "'record_id' is null in 1 rows"),
    ],
)
def test_bad_values_are_counted_and_not_quoted(
    own: Path, tmp_path: Path, change: dict[str, str | None], message: str
) -> None:
    pd.DataFrame([ROW | change]).to_csv(own / "bad.csv", index=False)
    with pytest.raises(LinkageError, match=message) as raised:
        inputs.own(tmp_path / "out", register="bad.csv", records="good.csv")
    assert "3/2/99" not in str(raised.value)


def test_repeated_ids_and_missing_columns_name_the_table(own: Path, tmp_path: Path) -> None:
    pd.DataFrame([ROW, ROW]).to_csv(own / "twice.csv", index=False)
    with pytest.raises(LinkageError, match="records table: 'record_id' is a repetition in 1 rows"):
        inputs.own(tmp_path / "out", register="good.csv", records="twice.csv")
    pd.DataFrame([ROW]).drop(columns="sex").to_csv(own / "short.csv", index=False)
    with pytest.raises(LinkageError, match="register table: no column 'sex'"):
        inputs.own(tmp_path / "out", register="short.csv", records="good.csv")
    with pytest.raises(LinkageError, match="the records file is empty"):
        inputs.own(tmp_path / "out", register="good.csv", records="")


def test_identifiers_as_decimals_are_refused(own: Path, tmp_path: Path) -> None:
    pd.DataFrame([ROW | {"phone": 912345678.0}]).to_parquet(own / "float.parquet")
    with pytest.raises(LinkageError, match="'phone' holds numbers with decimals"):
        inputs.own(tmp_path / "out", register="float.parquet", records="good.csv")


def test_simulated_people_are_listed_as_sources_with_their_number(tmp_path: Path) -> None:
    catalogue.forget_sources()
    made = inputs.simulated(tmp_path / "people", residents=600, records=200, seed=4)
    listed = {source["id"]: source for source in catalogue.sources_used().sources}
    assert "600 people" in listed["residents_simulated"]["title"]
    assert listed["hospital_truth_simulated"]["tier"] == "simulated"
    assert pq.ParquetDataset(made.register).read().num_rows == 600
    again = inputs.simulated(tmp_path / "others", residents=600, records=200, seed=5)
    digests = [one.attrs["sources"][0]["sha256"] for one in (made, again)]
    assert digests[0] != digests[1]


def test_signs_of_names_are_counted_once_a_record() -> None:
    names = ["Trần Văn Thử", "TRAN VAN THU", "TrầnVăn Thử", "Trần V. Thử", "CB Trần Thị Thử", None]
    table = pd.DataFrame({"record_id": range(6), "full_name": names})
    signs = name_signs(table).set_index("sign")
    assert signs["records"].to_dict() == {
        "no name recorded": 1,
        "a newborn's stand-in for a name": 1,
        "no mark at all": 1,
        "in capitals": 1,
        "in a legacy encoding": 0,
        "words stuck together": 1,
        "shortened to a letter, or Ng.": 1,
        "family name not first": 0,
        "respelled by normalising": 2,  # stuck words, and the stop after V
    }
    assert signs.loc["in capitals", "share"] == pytest.approx(1 / 6)


def test_findings_of_one_number_add_up_to_all_records() -> None:
    cccd = ["001099000001", "1099000001", "001199000001", None]
    table = pd.DataFrame([ROW | {"record_id": i, "cccd": c} for i, c in enumerate(cccd)])
    for column in ("birth_date", "recorded_on"):
        table[column] = pd.to_datetime(table[column])
    found = number_problems(table)
    of_cccd = found[found["number"] == "cccd"].set_index("finding")["records"].to_dict()
    assert of_cccd == {"sound": 1, "zeros put back": 1, "sex_differs": 1, "missing": 1}
    assert (found.groupby("number")["records"].sum() == 4).all()


def test_a_plain_join_takes_no_name_of_two_residents_and_no_missing_one() -> None:
    left = pd.DataFrame({"record_id": ["a", "b", "c"], "name": ["x", "y", None]})
    right = pd.DataFrame({"record_id": [1, 2, 3, 4], "name": ["x", "y", "y", None]})
    assert exact_join(left, right, ["name"]).to_pylist() == [{"left_id": "a", "right_id": 1}]
    with pytest.raises(LinkageError, match="no column 'nme'"):
        exact_join(left, right, ["nme"])


def test_a_typical_pair_is_the_median_inexact_link_and_bears_no_id() -> None:
    pairs = pd.DataFrame(
        {
            "left_id": list("abcde"),
            "right_id": list("vwxyz"),
            "match_weight": [50.0, 5.0, 9.0, 30.0, 40.0],
            "gamma_name": [2, 1, 0, 2, 2],
            "gamma_sex": [1, 1, 1, 0, -1],
        }
    )
    levels = pd.DataFrame({"comparison": ["name", "name", "sex"], "gamma": [1, 2, 1]})
    links = pairs[["left_id", "right_id"]]
    # Exact, as far as there are values: 50 and 40. Of 5, 9 and 30 the middle one is 9.
    assert typical_pair(pairs, links, levels) == {
        "match_weight": 9.0,
        "gamma_name": 0.0,
        "gamma_sex": 1.0,
    }
    with pytest.raises(LinkageError, match="no inexact pair"):
        typical_pair(pairs, links[links["left_id"].isin(["a", "e"])], levels)


def test_the_source_names_the_table_of_surnames_that_was_used(tmp_path: Path) -> None:
    made = inputs.simulated(
        tmp_path / "people", residents=300, records=50, seed=1, surnames="survey_2022"
    )
    citations = [source["citation"] for source in made.attrs["sources"]]
    assert all(text.endswith("family names after a survey of 2022") for text in citations)
