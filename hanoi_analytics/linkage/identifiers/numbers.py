"""Reading and checking each kind of number, as SQL expressions for DuckDB."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from hanoi_analytics import catalogue

Kind = Literal["cccd", "cmnd", "bhyt", "bhxh", "phone"]
SWITCH = "2025-08-01"  # from this day the personal number stands as the BHXH code
# The mobile numbers of 11 digits that became 10 in 2018, by their first four digits.
_PLAN_2018 = {
    **{"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078"},
    **{"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082"},
    **{f"016{digit}": f"03{digit}" for digit in range(2, 10)},
    **{"0186": "056", "0188": "058", "0199": "059"},
}
_MOBILE = "0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}"
_LANDLINE = "02[0-9]{9}"


class Checked(NamedTuple):
    """SQL of what is known of a number."""

    kind: str
    value: str
    problem: str
    repaired: str


class Person(NamedTuple):
    """SQL of what else the record says; 'NULL' where it says nothing."""

    sex: str = "NULL"
    birth_date: str = "NULL"
    recorded_on: str = "NULL"


@cache
def _provinces() -> str:
    # Loaded once a process: the codes of birth registration are those of before the reform.
    codes = catalogue.load("vn_provinces_old")["code"]
    return "(" + ", ".join(f"'{code}'" for code in codes) + ")"


def _digits(raw: str) -> str:
    """The text without the marks people write between digits, nor a spreadsheet's ".0"."""
    return rf"regexp_replace(regexp_replace(trim({raw}), '[.]0$', ''), '[\s.\x{{a0}}-]', '', 'g')"


def _cases(*cases: tuple[str, str]) -> str:
    return "CASE " + " ".join(f"WHEN {test} THEN '{code}'" for test, code in cases) + " END"


def _repeated(digits: str) -> str:
    return f"regexp_full_match({digits}, '{'|'.join(f'{d}+' for d in range(10))}')"


def _province_known(twelve: str) -> str:
    return f"({twelve}[1] = '0' AND {twelve}[2:3] IN {_provinces()})"


def _sex_differs(twelve: str, sex: str) -> str:
    even = f"(CAST({twelve}[4] AS INTEGER) % 2 = 0)"
    return f"coalesce({even} <> (CAST({sex} AS VARCHAR) = 'male'), FALSE)"


def _year_differs(twelve: str, birth_date: str) -> str:
    year = f"1900 + 100 * (CAST({twelve}[4] AS INTEGER) // 2) + CAST({twelve}[5:6] AS INTEGER)"
    return f"coalesce({year} <> year(CAST({birth_date} AS DATE)), FALSE)"


def _is_number(digits: str, length: int) -> str:
    return f"coalesce(regexp_full_match({digits}, '[0-9]{{{length}}}'), FALSE)"


def _agrees(twelve: str, person: Person) -> str:
    return (
        f"({_province_known(twelve)} AND {twelve}[4] < '4' "
        f"AND NOT {_sex_differs(twelve, person.sex)} "
        f"AND NOT {_year_differs(twelve, person.birth_date)})"
    )


def _cccd_problem(twelve: str, person: Person) -> str:
    return _cases(
        (_repeated(twelve), "placeholder"),
        (f"NOT {_province_known(twelve)}", "province_unknown"),
        (f"{twelve}[4] >= '4'", "century_impossible"),
        (_sex_differs(twelve, person.sex), "sex_differs"),
        (_year_differs(twelve, person.birth_date), "birth_year_differs"),
    )


def _cccd(raw: str, person: Person) -> Checked:
    digits = _digits(raw)
    # Codes begin 0 or 00 and the next digit is none: one or two zeros are lost, never more.
    padded = f"lpad({digits}, 12, '0')"
    lost = (
        f"coalesce(regexp_full_match({digits}, '[1-9][0-9]{{9,10}}'), FALSE) "
        f"AND {_agrees(padded, person)}"
    )
    value = f"CASE WHEN {_is_number(digits, 12)} THEN {digits} WHEN {lost} THEN {padded} END"
    problem = (
        f"CASE WHEN {raw} IS NULL OR ({lost}) THEN NULL "
        f"WHEN {_is_number(digits, 12)} THEN {_cccd_problem(digits, person)} "
        f"WHEN NOT regexp_full_match({digits}, '[0-9]*') THEN 'not_digits' ELSE 'wrong_length' END"
    )
    return Checked("'cccd'", value, problem, f"({lost})")


def _cmnd(raw: str, _person: Person) -> Checked:
    digits = _digits(raw)
    problem = _cases(
        (f"NOT regexp_full_match({digits}, '[0-9]*')", "not_digits"),
        (f"length({digits}) <> 9", "wrong_length"),
        (_repeated(digits), "placeholder"),
    )
    value = f"CASE WHEN {_is_number(digits, 9)} THEN {digits} END"
    return Checked("'cmnd'", value, problem, "FALSE")


def _bhyt(raw: str, _person: Person) -> Checked:
    card = f"upper({_digits(raw)})"
    problem = _cases(
        (f"length({card}) <> 15", "wrong_length"),
        (f"NOT regexp_full_match({card}, '[A-Z]{{2}}[0-9]{{13}}')", "not_digits"),
        (f"{card}[3] NOT BETWEEN '1' AND '5'", "benefit_unknown"),
        # The army and the police issue cards under 97 to 99.
        (
            f"{card}[4:5] NOT IN {_provinces()} AND {card}[4:5] NOT BETWEEN '97' AND '99'",
            "province_unknown",
        ),
        (_repeated(f"{card}[6:]"), "placeholder"),
    )
    value = f"CASE WHEN regexp_full_match({card}, '[A-Z]{{2}}[0-9]{{13}}') THEN {card} END"
    return Checked("'bhyt'", value, problem, "FALSE")


def _bhxh(raw: str, person: Person) -> Checked:
    digits = _digits(raw)
    switched = f"(CAST({person.recorded_on} AS DATE) >= DATE '{SWITCH}')"
    personal = f"({_is_number(digits, 12)} AND coalesce({switched}, FALSE))"
    # A BHXH code too may begin with any digit; only a number that would pass as a personal number
    # of Hanoi's kind (two zeros lost) leaves room for doubt, and only where such numbers may stand.
    lost = f"lpad({digits}, 12, '0')"
    doubtful = (
        f"({_is_number(digits, 10)} AND {digits}[1] <> '0' AND coalesce({switched}, TRUE) "
        f"AND {_agrees(lost, person)})"
    )
    problem = (
        f"CASE WHEN {personal} THEN {_cccd_problem(digits, person)} ELSE "
        + _cases(
            (f"NOT regexp_full_match({digits}, '[0-9]*')", "not_digits"),
            (f"length({digits}) = 12 AND {switched} IS NULL", "date_needed"),
            (f"length({digits}) = 12", "personal_id_too_early"),
            (f"length({digits}) <> 10", "wrong_length"),
            (_repeated(digits), "placeholder"),
            (doubtful, "ambiguous"),
        )
        + " END"
    )
    code = f"({_is_number(digits, 10)} AND NOT {doubtful})"
    value = f"CASE WHEN {personal} OR {code} THEN {digits} END"
    kind = f"CASE WHEN {personal} THEN 'cccd' WHEN {code} THEN 'bhxh' END"
    return Checked(kind, value, problem, "FALSE")


def _phone(raw: str, _person: Person) -> Checked:
    bare = rf"regexp_replace(regexp_replace(trim({raw}), '[.]0$', ''), '[\s.()\x{{a0}}-]', '', 'g')"
    national = rf"regexp_replace({bare}, '^(?:[+]|00)?84(?:0)?([1-9][0-9]{{8,9}})$', '0\1')"
    # A number of nine or ten digits that does not begin with 0 has lost it in a spreadsheet.
    zero_lost = f"coalesce(regexp_full_match({national}, '[1-9][0-9]{{8,9}}'), FALSE)"
    full = f"CASE WHEN {zero_lost} THEN '0' || {national} ELSE {national} END"
    plan = "MAP {" + ", ".join(f"'{old}': '{new}'" for old, new in _PLAN_2018.items()) + "}"
    old = f"regexp_full_match({full}, '0(?:12[0-9]|16[2-9]|18[68]|199)[0-9]{{7}}')"
    number = f"CASE WHEN {old} THEN {plan}[({full})[1:4]] || ({full})[5:] ELSE {full} END"
    valid = f"coalesce(regexp_full_match({number}, '{_MOBILE}|{_LANDLINE}'), FALSE)"
    problem = f"CASE WHEN {raw} IS NULL OR {valid} THEN NULL ELSE " + _cases(
        (f"NOT regexp_full_match({number}, '[0-9]*')", "not_digits"),
        (f"length({number}) NOT IN (10, 11)", "wrong_length"),
        ("TRUE", "prefix_unknown"),
    )
    return Checked(
        "'phone'",
        f"CASE WHEN {valid} THEN {number} END",
        problem + " END",
        f"({zero_lost} AND {valid})",
    )


_READERS = {"cccd": _cccd, "cmnd": _cmnd, "bhyt": _bhyt, "bhxh": _bhxh, "phone": _phone}
KINDS = tuple(_READERS)


def checked(kind: Kind, raw: str, person: Person) -> Checked:
    """Return the SQL that reads and checks a number of a declared kind."""
    return _READERS[kind](raw, person)
