"""Parameters: every mistake is found before a kernel starts, and named."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.publishing.parameters import (
    ParameterError,
    check_parameters,
    parse_parameters,
    read_parameters,
)

CELL = """\
year: int = 2030  # last projected year [2025, 2050]
share: float = 0.5  # share of the whole [0, 1]
weight: str = "area"  # how to share out {area, population}
wards: list[str] = ["00004"]  # codes of wards
thresholds_dbm: list[int] = [-120, -100]  # signal levels [-140, -60]
print_maps: bool = True  # also draw maps for print
title = "A # in a text"  # heading
"""


def checked(**given_values: object) -> dict[str, object]:
    return check_parameters(parse_parameters(CELL, where="a.ipynb"), given_values, where="a")


def test_defaults_are_used_where_nothing_is_given() -> None:
    assert checked() == {
        "year": 2030,
        "share": 0.5,
        "weight": "area",
        "wards": ["00004"],
        "thresholds_dbm": [-120, -100],
        "print_maps": True,
        "title": "A # in a text",
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("year", "2040", 2040),
        ("share", "1", 1.0),
        ("share", "1e-3", 0.001),
        ("weight", "population", "population"),
        ("wards", "['00004', '00008']", ["00004", "00008"]),
        ("thresholds_dbm", "[-110]", [-110]),
        ("print_maps", "false", False),
        ("title", "2040", "2040"),
    ],
)
def test_text_from_a_command_line_takes_the_declared_type(
    name: str, text: str, value: object
) -> None:
    assert checked(**{name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("yaer", 2030, "no parameter 'yaer'; did you mean 'year'?"),
        ("year", "soon", "expected int, found 'soon'"),
        ("year", 2030.5, "expected int, found 2030.5"),
        ("year", "2030.5", "expected int"),
        ("year", True, "expected int, found True (bool)"),
        ("year", 2051, "out of range; expected 2025 to 2050"),
        ("share", "nan", "expected float"),
        ("share", "inf", "expected float"),
        ("share", -0.1, "out of range"),
        ("weight", "aera", "did you mean 'area'?"),
        ("wards", "00004", "expected list[str]"),
        ("wards", "[1", "expected list[str]"),
        ("thresholds_dbm", [-120, -10], "-10 is out of range"),
        ("print_maps", "perhaps", "expected bool"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    name: str, value: object, words: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        checked(**{name: value})
    assert words in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["api_token", "smtp_password", "clk_secret", "token", "PASSWORD"])
def test_a_credential_is_refused_given_or_declared(name: str) -> None:
    with pytest.raises(ParameterError, match="environment variable"):
        checked(**{name: "x"})
    with pytest.raises(ParameterError, match="environment variable"):
        parse_parameters(f"{name}: str = ''  # a credential", where="a.ipynb")


def test_a_word_that_only_looks_like_one_is_not_refused() -> None:
    assert "tokenised" in parse_parameters("tokenised: bool = True  # split words", where="a")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("year: int = 2030", "needs a comment"),
        ("year: int = 1999  # [2025, 2050]", "the default does not hold"),
        ("year: int = 'x'  # year", "the default does not hold"),
        ("year: date = 2  # year", "has type 'date'"),
        ("year: int = 1 + 1  # year", "must be a literal"),
        ("import os", "expected `name: type = value"),
        ("a = b = 1  # two", "expected `name: type = value"),
        ("a.b = 1  # attribute", "expected a plain name"),
        ("year: int", "expected `name: type = value"),
        ("year = (", "line 1"),
        ("a: int = 1  # one\na: int = 2  # two", "declared twice"),
    ],
)
def test_a_wrong_declaration_names_its_line(source: str, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_parameters(source, where="overview/a.ipynb")
    assert words in str(caught.value)
    assert "overview/a.ipynb" in str(caught.value)


def notebook(tmp_path: Path, tagged: int) -> Path:
    book = nbformat.v4.new_notebook()
    for _ in range(tagged):
        book.cells.append(nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}))
    path = tmp_path / "a.ipynb"
    nbformat.write(book, path)
    return path


def test_the_tagged_cell_is_read(tmp_path: Path) -> None:
    assert read_parameters(notebook(tmp_path, 1))["year"].interval == (2025.0, 2050.0)


@pytest.mark.parametrize("tagged", [0, 2])
def test_there_is_exactly_one_parameters_cell(tmp_path: Path, tagged: int) -> None:
    with pytest.raises(ParameterError, match=f"found {tagged}"):
        read_parameters(notebook(tmp_path, tagged))


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ParameterError, match="not a readable notebook"):
        read_parameters(path)


@given(st.text(max_size=60))
def test_any_source_gives_parameters_or_a_parameter_error(source: str) -> None:
    try:
        found = parse_parameters(source, where="a.ipynb")
    except ParameterError as error:
        assert "a.ipynb" in str(error)
    else:
        assert all(parameter.meaning for parameter in found.values())


@given(st.text(max_size=30), st.sampled_from(["year", "share", "wards", "print_maps"]))
def test_any_text_is_taken_in_the_declared_type_or_refused(text: str, name: str) -> None:
    kinds = {"year": int, "share": float, "wards": list, "print_maps": bool}
    try:
        value = checked(**{name: text})[name]
    except ParameterError as error:
        assert name in str(error)
    else:
        assert isinstance(value, kinds[name])
