"""Addresses to codes: by the law, without a network, and without guessing."""

from __future__ import annotations

import socket

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import places


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an address was sent to a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
def test_new_and_old_addresses_get_their_codes() -> None:
    new = places.parse_addresses(pd.Series({7: "số 2 phố Trúc Bạch, phường Ba Đình, Hà Nội"}))
    assert new.loc[7, ["ward_code", "status"]].tolist() == ["00004", "ward"]
    old = places.parse_addresses(
        pd.Series(["12 Hàng Bạc, phường Hàng Bạc, quận Hoàn Kiếm, Hà Nội"]), units="old"
    )
    assert old.loc[0, ["ward_code", "district", "status"]].tolist() == [
        "00061",
        "Quận Hoàn Kiếm",
        "ward",
    ]


@pytest.mark.usefixtures("no_network")
def test_old_addresses_are_converted_by_the_law() -> None:
    found = places.convert_addresses(
        pd.Series(
            [
                "12 Hàng Bạc, phường Hàng Bạc, quận Hoàn Kiếm, Hà Nội",
                "phường Cửa Nam, quận Hoàn Kiếm, Hà Nội",
                "thị trấn Tây Đằng, huyện Ba Vì, Hà Nội",
                "5 Lê Lợi, phường Bến Nghé, quận 1, Hồ Chí Minh",
                "nowhere at all",
                None,
            ]
        )
    )
    assert found["status"].tolist() == [
        "one",
        "split",
        "one",
        "by package",
        "not found",
        "not found",
    ]
    assert found.loc[0, "new_code"] == "00070"
    # Clauses 1, 2, 3 and 11 share Cửa Nam out over Hoàn Kiếm, Cửa Nam, Ba Đình and Văn Miếu.
    assert set(found.loc[1, "candidates"]) == {"00070", "00082", "00004", "00226"}
    assert pd.isna(found.loc[1, "new_code"])
    # Part of the land of Tây Đằng went elsewhere, but all its people to Quảng Oai.
    assert found.loc[2, "new_code"] == "09619"
    # Bến Nghé went into the new ward of Sài Gòn.
    assert found.loc[3, ["old_code", "new_code"]].tolist() == ["26740", "26740"]


def test_an_unknown_kind_of_unit_is_refused() -> None:
    with pytest.raises(places.PlacesError, match="expected 'new' or 'old'"):
        places.parse_addresses(pd.Series(["Hà Nội"]), units="newest")  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60), st.sampled_from(["new", "old"]))
def test_any_text_is_answered(text: str, units: str) -> None:
    found = places.parse_addresses(pd.Series([text]), units=units)  # type: ignore[arg-type]
    assert found.loc[0, "status"] in ("ward", "province only", "not found")
