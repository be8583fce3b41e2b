"""Names: one key per name, whatever its spelling, and never one key for two names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.places import join_key, tidy

SYLLABLES = st.sampled_from(
    ["Hòa", "Thủy", "Hoàn", "Kiếm", "Đống", "Đa", "Ô", "Chợ", "Dừa", "Tân", "5", "12", "Khuê"]
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa", "Hoà"),
        ("Thủy", "Thuỷ"),
        ("Tòan", "Toàn"),
        ("Hùynh", "Huỳnh"),
        ("khỏe", "khoẻ"),
        ("Văn Miếu - Quốc Tử Giám", "Văn Miếu – Quốc Tử Giám"),
        ("BA ĐÌNH", "ba đình"),
        ("Phường  Láng\u00a0Hạ", "phường láng hạ"),
    ],
)
def test_two_spellings_of_a_name_share_a_key(one: str, other: str) -> None:
    assert join_key(one) == join_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sơn Đông", "Sơn Đồng"),
        ("Mễ Trì", "Mê Trì"),
        ("Phường 1", "Phường 2"),
        ("Phường 1", "Phường"),
        ("Đa", "Da"),
        ("Tân", "Tần"),
        ("Lý", "Lỳ"),
    ],
)
def test_two_names_keep_two_keys(one: str, other: str) -> None:
    assert join_key(one) != join_key(other)


@given(st.lists(SYLLABLES, min_size=1, max_size=5), st.sampled_from(["NFC", "NFD"]))
def test_the_key_does_not_depend_on_unicode_form_case_or_spacing(
    syllables: list[str], form: str
) -> None:
    spelled = unicodedata.normalize(form, "  ".join(syllables).upper())
    assert join_key(spelled) == join_key(" ".join(syllables))


@given(st.text(max_size=40))
def test_tidy_is_composed_and_changes_nothing_twice(text: str) -> None:
    once = tidy(text)
    assert unicodedata.is_normalized("NFC", once)
    assert tidy(once) == once


@given(st.text(max_size=40))
def test_the_key_of_any_text_is_stable(text: str) -> None:
    assert join_key(unicodedata.normalize("NFD", text)) == join_key(text)
