"""Names: hand-made spellings, published code tables, and what must never change."""

from __future__ import annotations

import unicodedata

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.linkage import names
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.places import join_key

# As recorded, then the name that a reader would write.
SPELLINGS = {
    "  NGUYỄN   văn An ": "nguyễn văn an",
    "NguyễnVăn Hoà": "nguyễn văn hòa",
    "NguyễnVănAn": "nguyễn văn an",
    "nguyễnvăn an": "nguyễn văn an",
    "NGUYỄNVĂN AN": "nguyễn văn an",
    "nGUYỄN vĂN aN": "nguyễn văn an",
    "NguyễN Văn": "nguyễn văn",
    "Hùynh Thị Tòan": "huỳnh thị toàn",
    "Lê Thị Thuý": "lê thị thúy",
    "Lê Thị Thủy": "lê thị thủy",
    "Quỳnh Qùynh": "quỳnh quỳnh",
    "Quý Qúy Quí": "quý quý quý",
    "Gìang Giàng Gía": "giàng giàng giá",
    "Quà Gì Già": "quà gì già",
    "Trần Thị Nghiã": "trần thị nghĩa",
    "Lí Mĩ Kì Sĩ": "lý mỹ kỳ sỹ",
    "Thị Nhi Phi Khi": "thị nhi phi khi",
    "Ng. Văn An": "nguyễn văn an",
    "Ng~ Văn An": "nguyễn văn an",
    "Nguyê~n Văn An": "nguyễn văn an",
    "Ngô Văn An": "ngô văn an",
    "Nguyễn T. Lan": "nguyễn t lan",
    "Trần\u200b Văn\u00a0Bình": "trần văn bình",
    "Ðỗ Đức": "đỗ đức",  # Icelandic eth in the first
    "Nguyễn Thị Lan 2": "nguyễn thị lan",
    "François Müller": "françois müller",
    unicodedata.normalize("NFD", "Nguyễn Thị Huệ"): "nguyễn thị huệ",
}
# Old fonts read as Latin-1, from the code tables of TCVN 5712:1993 and of VNI.
LEGACY = {
    "NguyÔn V¨n An": ("nguyễn văn an", "tcvn3"),
    "TrÇn ThÞ H»ng": ("trần thị hằng", "tcvn3"),
    "§ç §øc D­\u00acng": ("đỗ đức dương", "tcvn3"),
    "Leâ Thò Hoàng": ("lê thị hồng", "vni"),
    "Traàn Vaên Hoøa": ("trần văn hòa", "vni"),
    "PHAÏM ÑÖÙC DUÕNG": ("phạm đức dũng", "vni"),
    "Nguyeãn Thò Myõ": ("nguyễn thị mỹ", "vni"),
}
ORDERS = {
    "Nguyễn Văn An": ("nguyễn", "văn", "an", False),
    "Văn An Nguyễn": ("nguyễn", "văn", "an", True),
    "An Văn Nguyễn": ("nguyễn", "văn", "an", True),
    "An Nguyễn Văn": ("nguyễn", "văn", "an", True),
    "Minh An Tran": ("tran", "minh", "an", True),
    "Nông Thị Lê": ("nông", "thị", "lê", False),
    "Trần Phan": ("trần", None, "phan", False),
    "Lan": (None, None, "lan", False),
    "Tôn Thất Tùng": ("tôn thất", None, "tùng", False),
    "Công Tằng Tôn Nữ Lan Anh": ("công tằng tôn nữ", "lan", "anh", False),
    "Tôn Nữ": ("tôn", None, "nữ", False),
}
NAMELESS = ["Con bà Nguyễn Thị A", "CON BA LAN", "CB Trần Thị B", "Bé gái", "Trẻ sơ sinh"]
NAMED = ["Nguyễn Thị Bé", "Bế Văn Con", "Trẻ Văn An", "Nguyễn Thị Con"]
_FAMILY = "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Đỗ Hà Lý Mã Tô Hồ Cù La "
FAMILY = st.sampled_from(_FAMILY.split())
_WORD = (
    "Văn Thị Hòa Thúy Mỹ Quý Quỳnh Giang Gia Hà Vân Ân Ánh Chí Toàn Đạt Nghĩa Khuê Xuân Tân "
    "Bé Yên Loan Thùy Tú Nhã Sơn Cúc Tài Hải Ngọc Uyên Nguyên Thuận Kiều Ước Oanh Lâm Hân "
    "Sáng Thọ "
)
WORD = st.sampled_from(_WORD.split())
CORRECT = st.builds(
    lambda f, ws: " ".join([f, *ws]), FAMILY, st.lists(WORD, min_size=1, max_size=3)
)


def test_spellings_come_to_one() -> None:
    found = names.normalise(list(SPELLINGS))
    assert found["name"].tolist() == list(SPELLINGS.values())
    assert found["legacy"].isna().all()


def test_old_fonts_are_converted_where_the_text_is_no_vietnamese() -> None:
    found = names.normalise(list(LEGACY))
    assert list(zip(found["name"], found["legacy"], strict=True)) == list(LEGACY.values())


def test_text_that_is_vietnamese_in_unicode_is_left_alone() -> None:
    # "Hoà" would be Hồ in VNI, "Vâ" would be Võ in TCVN3: nothing says so.
    found = names.normalise(["Hoà", "Vâ Lan", "Lê Thò"])
    assert found["name"].tolist() == ["hòa", "vâ lan", "lê thò"]
    assert found["legacy"].isna().all()


def test_family_middle_given_and_swapped_order() -> None:
    found = names.normalise(list(ORDERS))[["family", "middle", "given", "swapped"]].astype(object)
    rows = found.where(found.notna(), None).to_numpy().tolist()
    assert [tuple(row) for row in rows] == list(ORDERS.values())
    keys = names.normalise(["Nguyễn Văn An", "An Văn Nguyễn", "văn an NGUYEN"])
    assert keys["name_sorted"].tolist() == ["an nguyen van"] * 3


def test_regional_variants_meet_in_their_key_alone() -> None:
    found = names.normalise(["Võ Văn Phước", "Vũ Văn Phúc", "Vỡ Văn Phúc", "HUYNH A", "Hoàng A"])
    keys = found["variant_key"].tolist()
    assert keys == ["vu van phuc", "vu van phuc", "vo van phuc", "hoang a", "hoang a"]
    assert found["name"].tolist()[0] == "võ văn phước"


def test_newborns_have_no_name() -> None:
    found = names.normalise([*NAMELESS, *NAMED])
    assert found["nameless"].tolist() == [True] * len(NAMELESS) + [False] * len(NAMED)
    assert (
        found.loc[found["nameless"], ["name", "family", "given", "name_sorted"]]
        .isna()
        .all(axis=None)
    )


def test_initials_are_marked_and_nothing_is_invented() -> None:
    found = names.normalise(["Nguyễn T. Lan", "N. T. Lan", "Nguyễn Văn A", None, "", "..."])
    assert found["initials"].tolist() == [True, True, False, False, False, False]
    assert found["middle"].tolist()[0] == "t"
    assert found["name"].isna().tolist() == [False, False, False, True, True, True]


@settings(max_examples=2, deadline=None)
@given(st.lists(CORRECT, min_size=99, max_size=99))
def test_a_correct_name_changes_in_case_alone(written: list[str]) -> None:
    for form in ("NFC", "NFD"):
        given_names = [unicodedata.normalize(form, name) for name in written]
        found = names.normalise(given_names + [name.upper() for name in given_names])
        assert found["name"].tolist() == [name.lower() for name in written] * 2
        assert found["legacy"].isna().all()


@settings(max_examples=2, deadline=None)
@given(st.lists(CORRECT, min_size=99, max_size=99))
def test_tone_marks_move_but_no_letter_or_mark_is_lost(written: list[str]) -> None:
    moved = [join_key(name) for name in written]  # each tone after its syllable: composed elsewhere
    again = names.normalise(names.normalise(written)["name"])["name"]
    assert [join_key(name) for name in again] == moved


def test_index_and_source_stay() -> None:
    values = pd.Series(["Lê An", None], index=[7, 3])
    values.attrs["source"] = "made up"
    found = names.normalise(values)
    assert found.index.tolist() == [7, 3]
    assert found.attrs["source"] == "made up"
    assert found.loc[3, "swapped"] == False  # noqa: E712


def test_tables_keep_their_columns_and_refuse_bad_ones() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people AS SELECT 1 AS record_id, 'Võ Hoà' AS full_name")
        names.add_keys(connection, "people", "full_name", "keyed")
        row = connection.execute("SELECT record_id, full_name, name, family FROM keyed").fetchone()
        assert row == (1, "Võ Hoà", "võ hòa", "võ")
        with pytest.raises(LinkageError, match=r"no column 'fullname'.*full_name"):
            names.add_keys(connection, "people", "fullname", "other")
        with pytest.raises(LinkageError, match="'record_id' is INTEGER where VARCHAR"):
            names.add_keys(connection, "people", "record_id", "other")
        with pytest.raises(LinkageError, match=r"rename \['name', 'family'\]"):
            connection.execute("CREATE TABLE more AS SELECT full_name, name, family FROM keyed")
            names.add_keys(connection, "more", "full_name", "other")
