import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.publishing.tables import dress_tables

WARDS = pd.DataFrame(
    {
        "Ward": ["Ba Đình", "Đông Anh"],
        "Type": ["phường", "xã"],
        "Population": [120113, 118700],
        "Change": ["−1.5 %", "–"],
    }
)


def dressed(frame: pd.DataFrame) -> BeautifulSoup:
    return BeautifulSoup(dress_tables(frame.to_html()), "html.parser")


def numbers(soup: BeautifulSoup) -> list[str]:
    return [cell.get_text() for cell in soup.select(".number")]


def test_columns_of_numbers_and_their_headers_are_marked() -> None:
    assert numbers(dressed(WARDS)) == [
        "Population", "Change", "120113", "−1.5 %", "118700", "–",
    ]  # fmt: skip


def test_headers_have_a_scope_and_an_empty_corner_is_none() -> None:
    soup = dressed(WARDS)
    assert [th.get_text() for th in soup.select("thead th[scope=col]")] == list(WARDS.columns)
    assert [th.get_text() for th in soup.select("tbody th[scope=row]")] == ["0", "1"]
    assert len(soup.select("thead th")) == 4


def test_the_name_of_an_index_joins_the_other_headers() -> None:
    soup = dressed(WARDS.set_index("Ward"))
    heads = [[th.get_text() for th in row.select("th")] for row in soup.select("thead tr")]
    assert heads == [["Ward", "Type", "Population", "Change"]]


def test_rows_under_a_spanning_cell_keep_their_columns() -> None:
    frame = WARDS.assign(City="Hà Nội").set_index(["City", "Ward"])
    assert numbers(dressed(frame)) == ["Population", "Change", "120113", "−1.5 %", "118700", "–"]


def test_what_pandas_writes_to_style_its_tables_is_gone() -> None:
    soup = BeautifulSoup(dress_tables(WARDS._repr_html_()), "html.parser")
    assert soup.select("style, [border], tr[style]") == []


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("3,359.8", True),
        ("1 024", True),
        ("<5", True),
        ("+0.3 %", True),
        ("1.2e-05", True),
        ("2025-07-01", False),
        ("5G", False),
        ("12 km", False),
        ("", False),
    ],
)
def test_what_counts_as_a_number(text: str, is_number: bool) -> None:
    table = pd.DataFrame({"x": [text]}).to_html(index=False)
    assert ('class="number"' in dress_tables(table)) is is_number


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=4))
def test_the_text_of_cells_is_kept(words: list[str]) -> None:
    table = pd.DataFrame({"x": words}).to_html(index=False)
    before = [c.get_text() for c in BeautifulSoup(table, "html.parser").select("td")]
    after = [c.get_text() for c in BeautifulSoup(dress_tables(table), "html.parser").select("td")]
    assert after == before
