"""The linkage model: weights by the book, checks, training, assignment, Vietnamese levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("splink", reason="the extra `linkage` is not installed")

import splink.comparison_library as cl
from splink import block_on

from hanoi_analytics.linkage import identifiers
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model import Design, count_comparisons, link, prepare, vietnamese
from hanoi_analytics.linkage.model.database import workspace
from hanoi_analytics.linkage.model.preparing import AS_IT_STANDS
from hanoi_analytics.linkage.model.scoring import assign, score


def _design(**changes: Any) -> Design:
    design = Design(
        comparisons=tuple(cl.ExactMatch(name) for name in "abcd"),
        blocking_rules=(block_on("a"), block_on("b")),
        training_blockings=(block_on("a"), block_on("b")),
        deterministic_rules=(block_on("a", "b"),),
        assumed_recall=0.8,
        u_pairs=1e5,
    )
    return replace(design, **changes)


def _people(count: int = 600, *, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of the same made-up people; a tenth of each value on the left is wrong."""
    rng = np.random.default_rng(seed)
    columns = {
        name: rng.integers(0, size, count)
        for name, size in {"a": 80, "b": 60, "c": 9, "d": 70}.items()
    }
    right = pd.DataFrame(columns).astype(str).assign(record_id=[f"r{i}" for i in range(count)])
    left = right.assign(record_id=[f"l{i}" for i in range(count)])
    for name in columns:
        wrong = rng.random(count) < 0.1
        left.loc[wrong, name] = rng.integers(0, 9, wrong.sum()).astype(str)
    return left, right


def _weights(
    settings: dict[str, Any], left: pd.DataFrame, right: pd.DataFrame, **changes: Any
) -> pd.DataFrame:
    """Return the scores of given settings, without any training."""
    design = _design(**changes)
    with workspace() as work:
        work.load(left, right, design)
        score(work, design, settings, keep=0.0)
        return work.connection.execute("FROM pairs ORDER BY row_left, row_right").df()


def _level(condition: str, m: float, u: float, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "m_probability": m, "u_probability": u} | more


def test_weights_turn_into_probabilities_by_the_book() -> None:
    # Splink's documentation: weights 0, 2, 3, 4 and 7 are probabilities .5, .8, .889, .941, .992.
    bits = [0, 2, 3, 4, 7]
    levels = [_level(f"a_l = '{b}' AND a_r = '{b}'", 0.5, 0.5 / 2.0**b) for b in bits]
    comparison = {
        "output_column_name": "a",
        "comparison_levels": [*levels, _level("ELSE", 0.5, 0.5)],
    }
    table = pd.DataFrame({"a": [str(b) for b in bits]}).assign(b="1", c="1", d="1")
    left, right = (table.assign(record_id=[f"{s}{b}" for b in bits]) for s in "lr")
    settings = _design().settings() | {
        "comparisons": [comparison],
        "probability_two_random_records_match": 0.5,
    }
    rules = (block_on("a"),)
    found = _weights(settings, left, right, blocking_rules=rules)
    assert np.allclose(found["match_weight"], bits)
    assert np.allclose(found["match_probability"], [0.5, 0.8, 0.889, 0.941, 0.992], atol=6e-4)


@pytest.mark.parametrize(
    ("share", "bits"), [(0.384, 1.307), (0.11, 3.110), (0.01, 6.570), (0.001, 9.892)]
)
def test_agreement_on_a_rare_value_is_worth_more(share: float, bits: float) -> None:
    # m = .95 and the value's share in place of u: log2(.95 / share).
    rows = 1000
    common = round(share * rows)
    values = ["x"] * common + [f"y{i}" for i in range(rows - common)]
    table = pd.DataFrame({"a": values, "b": [str(i) for i in range(rows)]}).assign(c="1", d="1")
    left, right = (table.assign(record_id=[f"{s}{i}" for i in range(rows)]) for s in "lr")
    adjusted = cl.ExactMatch("a").configure(
        term_frequency_adjustments=True, m_probabilities=[0.95, 0.05], u_probabilities=[0.2, 0.8]
    )
    design = _design(comparisons=(adjusted,), blocking_rules=(block_on("b"),))
    settings = design.settings() | {"probability_two_random_records_match": 0.5}
    with workspace() as work:
        work.load(left, right, design)
        score(work, design, settings, keep=0.0)
        found = work.connection.execute(
            "SELECT match_weight FROM pairs WHERE row_left = 0"
        ).fetchone()
    assert found is not None and found[0] == pytest.approx(bits, abs=6e-4)


def test_made_up_people_are_linked_as_splink_scores_them(tmp_path: Path) -> None:
    from splink import DuckDBAPI, Linker

    left, right = _people()
    found = link(left, right, _design(), threshold=0.5, keep=0.0, spill_folder=tmp_path / "spill")
    links = found.read_links()
    right_ones = links["left_id"].str[1:] == links["right_id"].str[1:]
    assert links["left_id"].is_unique and right_ones.mean() > 0.9 and len(links) > 300
    assert found.training["converged"].all() and list(
        found.parameters["comparison"].unique()
    ) == list("abcd")
    assert list((tmp_path / "spill").iterdir()) == []
    assert "a_l" not in repr(found)

    api = DuckDBAPI()
    frames = [
        api.register(table.rename(columns={"record_id": "row_number"}), dataset_display_name=name)
        for name, table in (("a", left), ("b", right))
    ]
    theirs = (
        Linker(frames, found.settings, log_level=None).inference.predict().as_pandas_dataframe()
    )
    merged = found.read_pairs().merge(
        theirs, left_on=["left_id", "right_id"], right_on=["row_number_l", "row_number_r"]
    )
    assert len(merged) == len(theirs) == len(found.read_pairs()) > 200
    assert np.allclose(merged["match_weight_x"], merged["match_weight_y"], atol=1e-9)


def test_one_table_is_linked_with_itself() -> None:
    left, right = _people(300)
    both = pd.concat([left, right], ignore_index=True)
    found = link(both, None, _design(), threshold=0.5)
    links = found.read_links()
    assert (links["left_id"] < links["right_id"]).all() and not links.duplicated().any()
    clusters = found.clusters()
    assert clusters["record_id"].is_unique
    assert clusters["cluster_id"].nunique() < len(clusters)


@pytest.mark.parametrize("one_to_one", ["left", "both"])
def test_equally_good_partners_are_reported_and_not_chosen(one_to_one: Any) -> None:
    with workspace() as work:
        # l1 has two equal partners; l2 and l3 want r3, which is better for l2; l3 has r4 as well.
        work.connection.execute(
            "CREATE TABLE pairs AS SELECT * FROM (VALUES (1, 1, 9.0, .99), (1, 2, 9.0, .99),"
            " (2, 3, 8.0, .99), (3, 3, 7.0, .98), (3, 4, 5.0, .95), (4, 5, 1.0, .1))"
            " t(row_left, row_right, match_weight, match_probability)"
        )
        assign(work, threshold=0.9, one_to_one=one_to_one)
        links = work.connection.execute(
            "SELECT row_left, row_right FROM links ORDER BY 1"
        ).fetchall()
        ties = work.connection.execute(
            "SELECT row_left, row_right FROM ties ORDER BY 1, 2"
        ).fetchall()
    assert links == ([(2, 3), (3, 3)] if one_to_one == "left" else [(2, 3), (3, 4)])
    assert ties == [(1, 1), (1, 2)]


def test_comparisons_are_counted_and_refused_before_any_training() -> None:
    left = pd.DataFrame(
        {"record_id": list("1234"), "a": list("xxyz"), "b": list("pppp"), "c": "1", "d": "1"}
    )
    right = pd.DataFrame(
        {"record_id": list("567"), "a": list("xxy"), "b": list("ppq"), "c": "1", "d": "1"}
    )
    counts = count_comparisons(left, right, _design())
    assert counts["comparisons"].tolist() == [5, 8] and counts["cumulative"].tolist() == [5, 13]
    assert count_comparisons(left, None, _design())["comparisons"].tolist() == [1, 6]
    with pytest.raises(LinkageError, match=r'13 comparisons.*limit of 12.*8.*l\."b" = r\."b"'):
        link(left, right, _design(), max_comparisons=12)
    with pytest.raises(LinkageError, match="no equality"):
        count_comparisons(left, right, _design(blocking_rules=("l.a < r.a",)))


def _broken(table: pd.DataFrame, fault: str) -> pd.DataFrame:
    faults = {
        "column": lambda: table.drop(columns="b"),
        "empty": lambda: table.iloc[:0],
        "null id": lambda: table.assign(record_id=table["record_id"].where(table.index > 1)),
        "same id": lambda: table.assign(record_id=["same"] * 3 + list(table["record_id"][3:])),
        "no key": lambda: table.assign(c=pd.Series([None] * len(table), dtype="str")),
        "type": lambda: table.assign(a=1),
    }
    return faults[fault]()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("column", "left table: no column 'b'"),
        ("empty", "left table: it has 0 rows"),
        ("null id", "left table: 'record_id' is null in 2 of 50 rows"),
        ("same id", "left table: 'record_id' is not unique: 50 rows have 48 ids"),
        ("no key", "left table: 'c' is null in all 50 rows"),
        ("type", "differ in type: 'a' is BIGINT and VARCHAR"),
    ],
)
def test_bad_tables_are_refused_by_column_and_count(fault: str, said: str) -> None:
    left, right = _people(50)
    with pytest.raises(LinkageError) as raised:
        link(_broken(left, fault), right, _design())
    assert said in str(raised.value) and "l7" not in str(raised.value)


def test_training_that_failed_is_an_error() -> None:
    left, right = _people(200)
    three = _design(comparisons=tuple(cl.ExactMatch(name) for name in "abc"), u_pairs=4e4)
    with pytest.raises(LinkageError, match="stopped at its limit of 1 iterations"):
        link(left, right, replace(three, max_iterations=1))
    near = cl.LevenshteinAtThresholds("c", [9])  # "9 or fewer letters": nothing is left for "else"
    with pytest.raises(
        LinkageError, match=r"[mu] of comparison 'c', level 'All other.*never trained"
    ):
        link(
            left, right, replace(three, comparisons=(cl.ExactMatch("a"), cl.ExactMatch("b"), near))
        )
    with pytest.raises(LinkageError, match="deterministic rules find no pair"):
        link(
            left,
            right,
            replace(three, deterministic_rules=("l.a = r.a AND l.b <> r.b AND l.a = 'no'",)),
        )
    with pytest.raises(LinkageError, match="1 training blocking"):
        _design(training_blockings=(block_on("a"),))


def test_switched_classes_are_an_error() -> None:
    left, right = _people(300)
    turned = tuple(cl.ExactMatch(name).configure(m_probabilities=[0.001, 0.999]) for name in "abcd")
    with pytest.raises(LinkageError, match="label switching: comparison"):
        link(left, right, _design(comparisons=turned))


def test_memory_and_threads_are_limited_and_the_folder_goes_also_on_error(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        workspace(memory_limit="512MiB", threads=1, spill_folder=tmp_path) as work,
    ):
        settings = dict(
            work.connection.execute("SELECT name, value FROM duckdb_settings()").fetchall()
        )
        assert settings["memory_limit"] == "512.0 MiB" and settings["threads"] == "1"
        assert Path(settings["temp_directory"]).is_relative_to(tmp_path)
        assert list(tmp_path.iterdir())
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


_PERSON = {
    "full_name": "Nguyễn Thị Minh Hương",
    "sex": "female",
    "birth_date": "1985-03-07",
    "cccd": "001185012345",
    "bhyt": None,
    "bhxh": "0112345678",
    "phone": "0912345678",
    "ward": "00004",
    "recorded_on": "2026-01-05",
}


def _prepared(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    records = pd.DataFrame([_PERSON | row for row in rows])
    records.insert(0, "record_id", [f"{name}{i}" for i in range(len(rows))])
    for column in ("birth_date", "recorded_on"):
        records[column] = pd.to_datetime(records[column]).dt.date
    return prepare(records, folder / f"{name}.parquet")


# What differs from the person above, a comparison, and the level it is to reach.
_CHANGED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "name", "with marks"),
    ({"full_name": "NGUYEN THI MINH HUONG"}, "name", "marks lost"),
    ({"full_name": "Hương Nguyễn Thị Minh"}, "name", "other order"),
    ({"full_name": "Nguyễn Thị Minh Hươn"}, "name", "up to 2 letters"),
    ({"full_name": "Nguyễn Hương"}, "name", "middle name missing"),
    ({"full_name": "Trần Văn Bình"}, "name", "different"),
    ({}, "birth_date", "equal"),
    ({"birth_date": "1985-07-03"}, "birth_date", "day and month swapped"),
    ({"birth_date": "1985-01-01"}, "birth_date", "1 January of the year"),
    ({"birth_date": "1986-03-07"}, "birth_date", "year before or after"),
    ({"birth_date": "1985-03-17"}, "birth_date", "two of day, month, year"),
    ({"birth_date": "1985-11-30"}, "birth_date", "year"),
    ({"cccd": "001185012346"}, "cccd", "one digit wrong"),
    ({"cccd": "001185099999"}, "cccd", "different"),
    ({"ward": "00008"}, "ward", "different"),
]
_VARIANTS = [("Võ Thị Hoa", "Vũ Thị Hoa"), ("Hoàng Phúc An", "Huỳnh Phước An")]
# What differs from the person above, and the numbers that are to come out.
_NUMBERS: list[tuple[dict[str, Any], dict[str, str | None]]] = [
    ({}, {"cccd": "001185012345", "bhxh": "0112345678", "phone": "0912345678"}),
    # A spreadsheet took the zeros: of Hanoi two, of Hải Phòng (031) one.
    ({"cccd": "1185012345"}, {"cccd": "001185012345"}),
    ({"cccd": "31185012345"}, {"cccd": "031185012345"}),
    ({"cccd": "1085012345"}, {"cccd": None}),  # a man's number, but she is a woman
    ({"cccd": "001 185 012 345"}, {"cccd": "001185012345"}),
    ({"cccd": "000000000000", "bhxh": "9999999999"}, {"cccd": None, "bhxh": None}),
    ({"cccd": "12345"}, {"cccd": None}),
    # The plan of 2018: 0168 became 038, 0120 became 070.
    ({"phone": "01681234567"}, {"phone": "0381234567"}),
    ({"phone": "01201234567"}, {"phone": "0701234567"}),
    ({"phone": "+84 912 345 678"}, {"phone": "0912345678"}),
    ({"phone": "0123"}, {"phone": None}),
    # A personal number stands as BHXH code from 1 August 2025 on.
    ({"cccd": None, "bhxh": "001185012345"}, {"cccd": "001185012345", "bhxh": None}),
    ({"cccd": "001185099999", "bhxh": "001185012345"}, {"cccd": "001185099999", "bhxh": None}),
    (
        {"cccd": None, "bhxh": "001185012345", "recorded_on": "2025-07-31"},
        {"cccd": None, "bhxh": None},
    ),
    # So ten digits may be one that lost its zeros, unless the record is older or the year another.
    ({"bhxh": "1185012345"}, {"bhxh": None}),
    ({"bhxh": "1185012345", "recorded_on": "2025-07-31"}, {"bhxh": "1185012345"}),
    ({"bhxh": "1186012345"}, {"bhxh": "1186012345"}),
    ({"bhxh": None, "bhyt": "GD4010123456789"}, {"bhxh": "0123456789"}),
    ({"bhxh": None, "bhyt": "gd 4 01 0123456789"}, {"bhxh": "0123456789"}),
    ({"bhxh": "1185012345", "bhyt": "GD4010123456789"}, {"bhxh": "0123456789"}),
    ({"bhxh": None, "bhyt": "GD4010000000000"}, {"bhxh": None}),
]


class HandMade(NamedTuple):
    """The prepared left table, and all scored pairs by the ids of both sides."""

    left: pd.DataFrame
    pairs: pd.DataFrame


@pytest.fixture(scope="module")
def hand_made(tmp_path_factory: pytest.TempPathFactory) -> HandMade:
    """Everybody above against one person; old wards that the law kept whole, and split."""
    law = pd.read_csv("data/reference/hanoi_crosswalk_2025.csv", dtype=str)
    peopled = law[law["population_portion"] != "none"]
    parts = peopled.groupby("old_code")["new_code"].transform("size")
    split = peopled[parts == 2].sort_values("old_code").iloc[:2]
    whole = peopled[parts == 1].iloc[0]
    old = [whole["old_code"], split["old_code"].iloc[0]]
    new = [[whole["new_code"]], list(split["new_code"])]
    variants = [
        {"full_name": name, "ward": ward, "recorded_on": "2024-05-01"}
        for (name, _), ward in zip(_VARIANTS, old, strict=True)
    ]
    theirs = [
        {"full_name": name, "ward": ward}
        for (_, name), wards in zip(_VARIANTS, new, strict=True)
        for ward in wards
    ]
    folder = tmp_path_factory.mktemp("hand_made")
    rows = [row for row, *_ in _CHANGED] + variants + [row for row, _ in _NUMBERS]
    left = _prepared(folder, "left", rows)
    pairs = _scored(left, _prepared(folder, "right", [{}, *theirs]), vietnamese())
    return HandMade(pd.read_parquet(left), pairs.set_index(pairs["left_id"] + pairs["right_id"]))


def test_numbers_are_repaired_and_placeholders_are_none(hand_made: HandMade) -> None:
    found = hand_made.left.set_index("record_id").astype(object)
    for place, (given, expected) in enumerate(_NUMBERS):
        row = found.loc[f"left{len(_CHANGED) + len(_VARIANTS) + place}"]
        got = {name: None if pd.isna(row[name]) else row[name] for name in expected}
        assert got == expected, given


def test_numbers_that_are_taken_as_they_stand_are_what_their_check_returns() -> None:
    rng = np.random.default_rng(1)
    rows = 20_000
    years = rng.integers(1930, 2026, rows)
    sexes = rng.choice(["male", "female"], rows)

    def digits(start: list[str], more: int) -> list[str]:
        return [f"{s}{rng.integers(10**more):0{more}d}" for s in rng.choice(start, rows)]

    records = pd.DataFrame(
        {
            "sex": sexes,
            "birth_date": [date(year, 5, 6) for year in years],
            "recorded_on": rng.choice([date(2025, 7, 31), date(2025, 8, 1)], rows),
            "cccd": digits(["0011", "0010", "0312", "0991"], 8),
            # Half of them would be personal numbers of Hanoi without their zeros.
            "bhxh": [
                f"1{rng.integers(4)}{y % 100 if rng.random() < 0.5 else 0:02d}{n:06d}"
                for y, n in zip(years, rng.integers(10**6, size=rows), strict=True)
            ],
            "bhyt": digits(["GD401", "TE101", "HC497"], 10),
            "phone": digits([f"0{n:02d}" for n in range(100)], 7),
        }
    )
    for column, test in AS_IT_STANDS.items():
        alone = records.assign(bhxh=None) if column == "bhyt" else records
        stands = duckdb.execute(f"SELECT {test} AS stands FROM alone").df()["stands"]
        taken = alone[stands.to_numpy()]
        person = {name: taken[name] for name in ("sex", "birth_date", "recorded_on")}
        checked = identifiers.check(cast("Any", column), taken[column], **person)
        assert 0.2 * rows < len(taken)
        assert (checked["value"] == taken[column]).all() and (checked["kind"] == column).all()
        assert (checked["problem"] != "placeholder").all()


def test_hand_made_people_reach_the_levels_they_should(hand_made: HandMade) -> None:
    levels = _labels(vietnamese())
    for row, (_, comparison, label) in enumerate(_CHANGED):
        gamma: Any = hand_made.pairs.loc[f"left{row}right0", f"gamma_{comparison}"]
        assert levels[comparison][gamma] == label, (comparison, label)


def test_regional_variants_and_old_wards_are_near_not_equal(hand_made: HandMade) -> None:
    levels = _labels(vietnamese())
    names = hand_made.pairs["gamma_name"].map(levels["name"])
    wards = hand_made.pairs["gamma_ward"].map(levels["ward"])
    first = len(_CHANGED)
    same = [f"left{first}right1", f"left{first + 1}right2", f"left{first + 1}right3"]
    assert names[same].tolist() == ["regional variant"] * 3
    assert sorted(wards[same]) == ["equal", "equal", "part of the old unit"]


def _scored(left: Path, right: Path, design: Design) -> pd.DataFrame:
    """Return all pairs of two prepared tables with the design's starting values, no training."""
    everyone = replace(design, blocking_rules=("l.sex = r.sex",))
    settings = everyone.settings()
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level.setdefault("u_probability", 0.1)
    with workspace() as work:
        work.load(left, right, everyone)
        score(work, replace(everyone, settled_weight=None), settings, keep=0.0)
        return work.connection.execute(
            "SELECT p.*, l.record AS left_id, r.record AS right_id FROM pairs p"
            " JOIN records_left l ON l.row_number = row_left"
            " JOIN records_right r ON r.row_number = row_right"
        ).df()


def _labels(design: Design) -> dict[str, dict[int, str]]:
    """Return the labels of each comparison by the value of its gamma column."""
    labels = {}
    for comparison in design.settings()["comparisons"]:
        levels = [x["label_for_charts"] for x in comparison["comparison_levels"][1:]]
        labels[comparison["output_column_name"]] = dict(
            zip(range(len(levels))[::-1], levels, strict=True)
        )
    return labels


def test_no_parquet_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LinkageError, match="no Parquet file"):
        prepare(tmp_path, tmp_path / "out.parquet")
    duckdb.sql("SELECT 'x' AS record_id").write_parquet(str(tmp_path / "people.parquet"))
    with pytest.raises(LinkageError, match="record table: no column 'full_name'"):
        prepare(tmp_path, tmp_path / "out.parquet")
