"""The generator of people: truth, families, numbers, error rates, and that it is hard enough."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hanoi_analytics.linkage.checks import LinkageError

duckdb = pytest.importorskip("duckdb", reason="the optional extra linkage is not installed")
from hanoi_analytics.linkage import synthetic  # noqa: E402
from hanoi_analytics.linkage.synthetic import writing  # noqa: E402
from hanoi_analytics.linkage.synthetic.tables import Draw, tables_of_part  # noqa: E402
from hanoi_analytics.linkage.synthetic.vocabulary import surname_shares  # noqa: E402


def _draw(
    errors: synthetic.Errors, residents: int = 12_000, records: int = 9_000, seed: int = 7
) -> dict[str, pd.DataFrame]:
    draw = Draw(residents, records, seed, errors, "le_trung_hoa", 0.95, residents)
    return {name: table.to_pandas() for name, table in tables_of_part(draw, 0)[0].items()}


def _pairs(errors: synthetic.Errors) -> pd.DataFrame:
    """Records of residents beside what the register says, with ``_r`` for the register."""
    tables = _draw(errors)
    known = tables["truth"].dropna().merge(tables["hospital"], on="record_id")
    right = tables["register"].rename(columns={"record_id": "person_id"})
    return known.merge(right, on="person_id", suffixes=("", "_r"), validate="many_to_one")


@pytest.fixture(scope="module")
def clean() -> dict[str, pd.DataFrame]:
    return _draw(synthetic.Errors(), 30_000, 20_000)


def _near(found: float, share: float, count: int) -> bool:
    """Five standard deviations of a binomial share."""
    return abs(found - share) <= 5 * math.sqrt(share * (1 - share) / count) + 1e-9


def test_truth_names_people_of_the_register(clean: dict[str, pd.DataFrame]) -> None:
    register, hospital, truth = clean["register"], clean["hospital"], clean["truth"]
    assert len(register) == 30_000 and len(hospital) == len(truth) == 20_000
    for table in clean.values():
        assert table["record_id"].is_unique and table["record_id"].notna().all()
    assert truth["record_id"].tolist() == hospital["record_id"].tolist()
    assert truth["person_id"].dropna().isin(register["record_id"]).all()
    assert truth["person_id"].isna().mean() == pytest.approx(0.12, abs=0.001)
    assert truth["person_id"].value_counts().max() >= 4


def test_without_errors_records_say_what_the_register_says() -> None:
    pairs = _pairs(synthetic.Errors())
    for column in ("full_name", "sex", "birth_date", "cccd", "bhyt", "phone"):
        both_missing = pairs[column].isna() & pairs[f"{column}_r"].isna()
        assert ((pairs[column] == pairs[f"{column}_r"]) | both_missing).all(), column
    recent = pairs["recorded_on"] >= pd.Timestamp("2025-07-01").date()
    assert (pairs["ward"] == pairs["ward_r"])[recent].all()
    assert pairs.loc[pairs["recorded_on"] >= pd.Timestamp("2025-08-01").date(), "bhxh"].isna().all()
    assert (pairs["birth_date"] <= pairs["recorded_on"]).all()


def test_old_codes_went_into_the_ward_of_the_register() -> None:
    from hanoi_analytics import catalogue

    law = catalogue.load("hanoi_crosswalk_2025")
    edges = set(zip(law["old_code"], law["new_code"], strict=True))
    pairs = _pairs(synthetic.Errors())
    before = pairs[pairs["recorded_on"] < pd.Timestamp("2025-07-01").date()]
    assert len(before) > 3000
    assert set(zip(before["ward"], before["ward_r"], strict=True)) <= edges


# Percentages as published.
PUBLISHED = {"Trần": 11.0, "Lê": 9.5, "Phạm": 7.1, "Phan": 4.5, "Đặng": 2.1, "Dương": 1.0}


def test_surnames_have_the_published_shares(clean: dict[str, pd.DataFrame]) -> None:
    family = clean["register"].drop_duplicates("household_id")["full_name"].str.split().str[0]
    for name, percent in (PUBLISHED | {"Nguyễn": 38.4}).items():
        assert _near((family == name).mean(), percent / 100, len(family)), name
    assert _near(family.isin(["Hoàng", "Huỳnh"]).mean(), 0.051, len(family))
    assert (family == "Hoàng").sum() > 8 * (family == "Huỳnh").sum()


def test_both_published_tables_of_surnames() -> None:
    shares = surname_shares()
    assert sum(shares.values()) == pytest.approx(1)
    fourteen = [shares[n] for n in (*PUBLISHED, "Nguyễn", "Bùi", "Đỗ", "Hồ", "Ngô", "Lý")]
    fourteen += [shares["Hoàng"] + shares["Huỳnh"], shares["Vũ"] + shares["Võ"]]
    assert sum(fourteen) == pytest.approx(0.891, abs=0.0005)
    assert sum(p * p for p in fourteen) == pytest.approx(0.181, abs=0.0005)
    survey = surname_shares("survey_2022")
    assert survey["Nguyễn"] == pytest.approx(0.315)
    assert survey["Trần"] / survey["Lê"] == pytest.approx(11.0 / 9.5)
    with pytest.raises(LinkageError, match="survey_2022"):
        surname_shares("census")  # type: ignore[arg-type]


def test_families_keep_vietnamese_surnames(clean: dict[str, pd.DataFrame]) -> None:
    people = clean["register"].assign(
        family=clean["register"]["full_name"].str.split().str[0],
        age=(pd.Timestamp("2026-07-01") - pd.to_datetime(clean["register"]["birth_date"])).dt.days
        / 365.25,
    )
    homes = people[people.groupby("household_id")["age"].transform("min") < 15]
    father = homes[(homes["sex"] == "male") & (homes["age"] > 22)].groupby("household_id")["family"]
    children = homes[homes["age"] < 15].set_index("household_id")["family"]
    mothers = homes[(homes["sex"] == "female") & (homes["age"].between(22, 45))]
    with_father = children[children.index.isin(father.groups)]
    assert (with_father == father.first().reindex(with_father.index)).mean() > 0.99
    both = with_father.index.unique()
    wife = mothers.drop_duplicates("household_id").set_index("household_id")["family"]
    same = wife.reindex(both).dropna()
    fathers = father.first().reindex(same.index)
    # Two names drawn independently agree about as often as the collision probability, 0.18.
    assert _near((same == fathers).mean(), 0.18, len(same)) and len(same) > 1000
    assert people.groupby("household_id")["ward"].nunique().max() == 1
    assert people.groupby("household_id").size().mean() == pytest.approx(3.5, abs=0.1)
    assert (people["age"] < 15).mean() == pytest.approx(0.243, abs=0.02)
    assert (people["age"] >= 65).mean() == pytest.approx(0.077, abs=0.015)


def test_twins_and_namesakes_are_there(clean: dict[str, pd.DataFrame]) -> None:
    people = clean["register"]
    young = people[pd.to_datetime(people["birth_date"]) > pd.Timestamp("2010-01-01")]
    twins = young[young.duplicated(["household_id", "birth_date"], keep=False)]
    assert 10 < len(twins) < 400
    assert not twins.duplicated(["household_id", "full_name"]).any()
    sexes = twins.groupby("household_id")["sex"].transform("nunique")
    pairs = twins.groupby("household_id")["sex"].transform("size") == 2
    one_sex = twins[(sexes == 1) & pairs]
    middles = one_sex["full_name"].str.split().str[:-1].str.join(" ")
    assert middles.groupby(one_sex["household_id"]).nunique().max() == 1
    assert people.duplicated(["full_name", "birth_date"]).sum() > 10


def test_personal_numbers_agree_with_sex_and_birth_date(clean: dict[str, pd.DataFrame]) -> None:
    people = clean["register"].dropna(subset="cccd")
    assert people["cccd"].is_unique and people["cccd"].str.fullmatch(r"\d{12}").all()
    year = people["birth_date"].map(lambda day: day.year)
    digit = people["cccd"].str[3].astype(int)
    assert (digit // 2 == year // 100 - 19).all()
    assert ((digit % 2 == 1) == (people["sex"] == "female")).all()
    assert (people["cccd"].str[4:6].astype(int) == year % 100).all()
    assert _near((people["cccd"].str[:3] == "001").mean(), 0.72, len(people))
    insured = clean["register"].dropna(subset="bhyt")
    assert (insured["bhyt"].str[5:] == insured["bhxh"]).all() and insured["bhxh"].is_unique
    assert clean["register"]["phone"].str.fullmatch(r"0[35789]\d{8}").all()


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name).replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in letters if not unicodedata.combining(c))


CHANGES = {
    "marks_lost": lambda p: p["full_name"] == p["full_name_r"].map(_plain),
    "upper_case": lambda p: p["full_name"] == p["full_name_r"].str.upper(),
    "words_stuck": lambda p: p["full_name"] == p["full_name_r"].str.replace(" ", "", n=1),
    "middle_dropped": lambda p: p["full_name"].str.split().str.len() == 2,
    "abbreviated": lambda p: p["full_name"].str.contains(r"\.", regex=True),
    "order_swapped": lambda p: p["full_name"] != p["full_name_r"],
    "keyboard_typo": lambda p: p["full_name"] != p["full_name_r"],
    "sex_wrong": lambda p: p["sex"] != p["sex_r"],
    "birth_date_missing": lambda p: p["birth_date"].isna(),
    "bhyt_missing": lambda p: p["bhyt"].isna(),
    "phone_missing": lambda p: p["phone"].isna(),
    "phone_changed": lambda p: p["phone"] != p["phone_r"],
    "cccd_digit_wrong": lambda p: p["cccd"] != p["cccd_r"],
    "cccd_zeros_lost": lambda p: p["cccd"] == p["cccd_r"].str.lstrip("0"),
}
ELIGIBLE = {
    "marks_lost": lambda p: p["full_name_r"].map(_plain) != p["full_name_r"],
    "bhyt_missing": lambda p: p["bhyt_r"].notna(),
    "cccd_digit_wrong": lambda p: p["cccd_r"].notna(),
    "cccd_zeros_lost": lambda p: p["cccd_r"].str.startswith("0", na=False),
    "middle_dropped": lambda p: p["full_name_r"].str.split().str.len() > 2,
}


@pytest.mark.parametrize("kind", CHANGES)
def test_an_error_occurs_at_its_rate(kind: str) -> None:
    pairs = _pairs(dataclasses.replace(synthetic.Errors(), **{kind: 0.3}))
    can = ELIGIBLE[kind](pairs) if kind in ELIGIBLE else pd.Series(True, index=pairs.index)
    changed = CHANGES[kind](pairs)[can]
    assert _near(changed.mean(), 0.3, int(can.sum())), changed.mean()


def test_birth_dates_are_written_wrong_as_said() -> None:
    swapped = _pairs(synthetic.Errors(day_month_swapped=0.3))
    born, wrote = (pd.to_datetime(swapped[c]) for c in ("birth_date_r", "birth_date"))
    can = (born.dt.day <= 12) & (born.dt.day != born.dt.month) & (born.dt.year < 2022)
    exchanged = (wrote.dt.day == born.dt.month) & (wrote.dt.month == born.dt.day)
    assert _near(exchanged[can].mean(), 0.3, int(can.sum()))
    assert (wrote == born)[born.dt.day > 12].all()
    january = _pairs(synthetic.Errors(first_january=1.0))
    assert (pd.to_datetime(january["birth_date"]).dt.day_of_year == 1).all()
    off = _pairs(synthetic.Errors(birth_year_off_by_one=1.0))
    years = [pd.to_datetime(off[c]).dt.year for c in ("birth_date", "birth_date_r")]
    assert ((years[0] - years[1]).abs() == 1)[years[1] < 2022].all()


def test_people_move_and_share_phones_and_children_bear_a_parents_number() -> None:
    pairs = _pairs(synthetic.Errors(moved=0.3, moved_young_women=0.3, cccd_of_parent=1.0))
    recent = pairs[pairs["recorded_on"] >= pd.Timestamp("2025-07-01").date()]
    assert _near((recent["ward"] != recent["ward_r"]).mean(), 0.3, len(recent))
    infant = pd.to_datetime(pairs["birth_date"]).dt.year >= 2018
    taken = pairs[infant & pairs["cccd"].notna()]
    assert len(taken) > 100
    assert taken["cccd"].str[3].isin(["1", "3"]).all()
    assert (
        taken["cccd"].str[4:6].astype(int) != pd.to_datetime(taken["birth_date"]).dt.year % 100
    ).all()


def test_newborns_stand_under_their_mothers_name() -> None:
    pairs = _pairs(synthetic.Errors(newborn_unnamed=1.0))
    age = pd.to_datetime(pairs["recorded_on"]) - pd.to_datetime(pairs["birth_date"])
    unnamed = pairs["full_name"].str.match("CB |Con bà |Bé ") & (
        pairs["full_name"] != pairs["full_name_r"]
    )
    assert unnamed[age.dt.days < 28].all() and not unnamed[age.dt.days >= 28].any()
    assert unnamed.sum() > 50


@pytest.mark.parametrize(
    ("errors", "least", "most"),
    [(synthetic.EASY, 0.90, 0.99), (synthetic.TYPICAL, 0.75, 0.88), (synthetic.HARD, 0.40, 0.60)],
    ids=["easy", "typical", "hard"],
)
def test_exact_join_finds_as_few_as_promised(
    errors: synthetic.Errors, least: float, most: float
) -> None:
    tables = _draw(errors, 30_000, 20_000)
    register, hospital, truth = (tables[n] for n in ("register", "hospital", "truth"))
    found = duckdb.sql(
        "select avg(cast(coalesce(h.full_name = r.full_name and h.birth_date = r.birth_date, false)"
        " as int)) from truth t join register r on r.record_id = t.person_id"
        " join hospital h on h.record_id = t.record_id"
    ).fetchall()
    assert register is not None and hospital is not None and truth is not None
    assert least < found[0][0] < most


def _rows(pattern: str) -> pd.DataFrame:
    return duckdb.read_parquet(pattern).order("record_id").df()


def test_draws_repeat_and_first_parts_do_not_depend_on_later_ones(tmp_path: Path) -> None:
    options = {"seed": 5, "rows_per_part": 500}
    short = synthetic.write_people(tmp_path / "a", residents=1000, records=400, **options)
    again = synthetic.write_people(
        tmp_path / "b", residents=1000, records=400, workers=1, **options
    )
    longer = synthetic.write_people(tmp_path / "c", residents=1700, records=400, **options)
    for name in ("register", "hospital", "truth"):
        one, two = (sorted((p.folder / name).iterdir()) for p in (short, again))
        assert [f.read_bytes() for f in one] == [f.read_bytes() for f in two]
    first, second = _rows(short.register), _rows(longer.register)
    pd.testing.assert_frame_equal(first, second.head(1000))
    assert second["cccd"].dropna().is_unique and len(second) == 1700
    other = synthetic.write_people(tmp_path / "d", residents=1000, records=400, seed=6)
    assert not np.array_equal(_rows(other.register)["full_name"], first["full_name"])


def test_a_folder_is_whole_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"residents": 1000, "records": 100, "seed": 1, "rows_per_part": 500}
    written = writing._write_part

    def killed(folder: Path, draw: Draw, part: int) -> dict[str, int]:
        if part == 1:
            raise KeyboardInterrupt
        return written(folder, draw, part)

    monkeypatch.setattr(writing, "_write_part", killed)
    with pytest.raises(KeyboardInterrupt):
        synthetic.write_people(tmp_path / "people", **options)
    with pytest.raises(LinkageError, match=r"found no people\.json"):
        synthetic.read_people(tmp_path / "people")
    monkeypatch.undo()
    people = synthetic.write_people(tmp_path / "people", **options)
    assert synthetic.read_people(tmp_path / "people") == people
    assert synthetic.write_people(tmp_path / "people", **options) == people
    with pytest.raises(LinkageError, match="other settings"):
        synthetic.write_people(tmp_path / "people", **options | {"seed": 2})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("kept")
    with pytest.raises(LinkageError, match=r"found no people\.json"):
        synthetic.write_people(tmp_path / "mine", **options)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "kept"


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    for rate in (1.2, -0.1, math.nan):
        with pytest.raises(LinkageError, match="marks_lost: expected a rate of 0 to 1"):
            synthetic.Errors(marks_lost=rate)
    with pytest.raises(LinkageError, match="add up"):
        synthetic.Errors(phone_missing=0.6, phone_changed=0.6)
    for wrong, message in (
        ({"residents": 0}, "residents: expected at least 1"),
        ({"records": -1}, "records: expected at least 0"),
        ({"records": 5000}, "records: at most"),
        ({"rows_per_part": 10}, "rows_per_part"),
        ({"northern_share": 1.5}, "northern_share"),
    ):
        options = {"residents": 1000, "records": 10, "seed": 1} | wrong
        with pytest.raises(LinkageError, match=message):
            synthetic.write_people(tmp_path / "people", **options)
    assert not (tmp_path / "people").exists()
