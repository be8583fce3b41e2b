"""Numbers of people: published examples, hand-made faults, repairs that give the number back."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.linkage import identifiers
from hanoi_analytics.linkage.checks import LinkageError

PROVINCES = ["001", "002", "008", "010", "031", "048", "079", "096"]


@st.composite
def people(draw: st.DrawFn) -> tuple[str, str, date]:
    """A number, sex and birth date made by the rule of Decree 137/2015, article 13."""
    year = draw(st.integers(1900, 2025))
    sex = draw(st.sampled_from(["male", "female"]))
    century = {19: {"male": "0", "female": "1"}, 20: {"male": "2", "female": "3"}}[year // 100][sex]
    serial = draw(st.integers(1, 999_999))
    number = f"{draw(st.sampled_from(PROVINCES))}{century}{year % 100:02d}{serial:06d}"
    return number, sex, date(year, draw(st.integers(1, 12)), 1)


def _problems(found: pd.DataFrame) -> list[Any]:
    problems = found["problem"].astype(object)
    return problems.where(problems.notna(), None).tolist()


def test_published_numbers_are_valid() -> None:
    found = identifiers.check_cccd(["087084000999", "079215000001", "058186000028"])
    assert _problems(found) == [None, None, None]
    assert not found["repaired"].any()


def test_faults_of_personal_numbers_are_named() -> None:
    cases = {
        ("001099000001", "female", None): "sex_differs",
        ("001099000001", "male", "1989-05-01"): "birth_year_differs",
        ("001099000001", "male", "1999-05-01"): None,
        ("003099000001", None, None): "province_unknown",
        ("101099000001", None, None): "province_unknown",
        ("001499000001", None, None): "century_impossible",
        ("000000000000", None, None): "placeholder",
        ("00109900001A", None, None): "not_digits",
        ("109900000", None, None): "wrong_length",
        ("0010990000012", None, None): "wrong_length",
        (None, None, None): None,
    }
    values, sexes, dates = zip(*cases, strict=True)
    found = identifiers.check_cccd(list(values), sex=list(sexes), birth_date=list(dates))
    assert _problems(found) == list(cases.values())
    assert set(cases.values()) - {None} <= set(identifiers.PROBLEMS)
    # A number that disagrees with the person is still a number; one of a wrong form is none.
    assert found["value"].isna().tolist() == [False] * 7 + [True] * 4


def test_a_lost_zero_is_put_back_only_where_the_person_agrees() -> None:
    values = ["1099000001", "1099000001", "79215000001", "79215000001.0", "01099000001"]
    found = identifiers.check_cccd(values, sex=["male", "female", None, None, None])
    assert found["repaired"].tolist() == [True, False, True, True, False]
    assert found["value"].fillna("").tolist() == [
        *("001099000001", "", "079215000001", "079215000001", "")
    ]
    assert _problems(found) == [None, "wrong_length", None, None, "wrong_length"]


@settings(max_examples=2, deadline=None)
@given(st.lists(people(), min_size=99, max_size=99))
def test_numbers_made_by_the_rule_pass_and_survive_a_spreadsheet(
    made: list[tuple[str, str, date]],
) -> None:
    numbers, sexes, dates = (list(column) for column in zip(*made, strict=True))
    whole = identifiers.check_cccd(numbers, sex=sexes, birth_date=dates)
    assert _problems(whole) == [None] * len(made)
    lost = identifiers.check_cccd([int(n) for n in numbers], sex=sexes, birth_date=dates)
    assert lost["value"].tolist() == numbers
    assert lost["repaired"].all()


def test_the_bhxh_column_changes_its_meaning_in_august_2025() -> None:
    values = [
        "0123456789",
        "001099000001",
        "001099000001",
        "001099000001",
        "1099000001",
        "1099000001",
        "012345678",
    ]
    dates = ["2025-09-01", "2025-07-31", "2025-08-01", None, "2025-09-01", "2025-07-31", None]
    found = identifiers.check("bhxh", values, recorded_on=dates)
    assert found["kind"].fillna("").tolist() == ["bhxh", "", "cccd", "", "", "bhxh", ""]
    assert _problems(found) == [
        *(None, "personal_id_too_early", None, "date_needed", "ambiguous", None, "wrong_length")
    ]
    assert identifiers.insurance_identifier(["2025-07-31", "2025-08-01", None]).fillna(
        ""
    ).tolist() == [*("bhxh", "cccd", "")]


def test_cards_and_old_identity_numbers() -> None:
    cards = [
        "DN4010123456789",
        "dn 4 01 01234 56789",
        "DN9010123456789",
        "DN4030123456789",
        "DN401012345678",
        "D14010123456789",
    ]
    found = identifiers.check("bhyt", cards)
    assert _problems(found) == [
        None,
        None,
        "benefit_unknown",
        "province_unknown",
        "wrong_length",
        "not_digits",
    ]
    assert found["value"].tolist()[1] == "DN4010123456789"
    old = identifiers.check("cmnd", ["012345678", "12345678", "111111111", "01234567A"])
    assert _problems(old) == [None, "wrong_length", "placeholder", "not_digits"]


def test_telephones_follow_the_plan_of_2018() -> None:
    cases = {
        "01201234567": "0701234567",
        "01691234567": "0391234567",
        "01861234567": "0561234567",
        "01991234567": "0591234567",
        "+84 912 345 678": "0912345678",
        "84912345678": "0912345678",
        "0084.1219.123.456": "0799123456",
        "0912.345.678": "0912345678",
        "912345678": "0912345678",
        "024 3825 1234": "02438251234",
        "0412345678": None,
        "01151234567": None,
        "091234567": None,
        "không có": None,
    }
    found = identifiers.check("phone", list(cases))
    assert found["value"].astype(object).where(found["value"].notna(), None).tolist() == list(
        cases.values()
    )
    assert _problems(found)[-4:] == [
        "prefix_unknown",
        "prefix_unknown",
        "wrong_length",
        "not_digits",
    ]
    assert found["repaired"].sum() == 1


def test_tables_get_four_columns_a_number_and_bad_input_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE people AS SELECT '1099000001' AS cccd, 'male' AS sex, "
            "DATE '1999-02-03' AS birth_date, '01201234567' AS phone"
        )
        identifiers.add_checked(
            connection,
            "people",
            "checked",
            {"cccd": "cccd", "phone": "phone"},
            sex="sex",
            birth_date="birth_date",
        )
        row = connection.execute(
            "SELECT cccd_value, cccd_repaired, cccd_problem, phone_value FROM checked"
        ).fetchone()
        assert row == ("001099000001", True, None, "0701234567")
        with pytest.raises(LinkageError, match="no column 'gender'"):
            identifiers.add_checked(connection, "people", "x", {"cccd": "cccd"}, sex="gender")
        connection.execute("UPDATE people SET sex = 'nam'")
        with pytest.raises(LinkageError, match="'sex': 1 rows are neither"):
            identifiers.add_checked(connection, "people", "x", {"cccd": "cccd"}, sex="sex")
    with pytest.raises(LinkageError, match="kind 'passport'"):
        identifiers.check("passport", ["1"])  # type: ignore[arg-type]
    with pytest.raises(LinkageError, match="differ in length"):
        identifiers.check("cccd", ["1"], birth_date=[None, None])
