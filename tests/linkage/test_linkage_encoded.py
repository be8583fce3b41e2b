"""Keyed encodings: hash values, Dice and folding by hand; matching of two small parties."""

from __future__ import annotations

import hashlib
import hmac
import logging
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hanoi_analytics.catalogue import CatalogueError
from hanoi_analytics.catalogue.own_files import OWN_VARIABLE
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.encoded import (
    NOTICE,
    SECRET_VARIABLE,
    Field,
    Scheme,
    Secret,
    dice,
    encode,
    in_one_spelling,
    largest_share,
    match,
    read_secret,
    secret_of_run,
)
from hanoi_analytics.linkage.encoded.scheme import tokens_of

KEY = b"a key of the tests, of 38 bytes in all"
SECRET = Secret(KEY)
PLAIN = Scheme(birth_year_salt=False, fold=False)
FILTERS = arrays(np.uint8, (4, 16))


def people(*rows: tuple[str | None, str | None, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["full_name", "birth_date", "sex", "cccd"])
    return frame.assign(record_id=[f"R{i}" for i in range(len(frame))])


SMALL = people(
    ("Nguyễn Thị Hòa", "1980-02-29", "female", "001180000001"),
    ("Trần Văn Bình", "1975-11-03", "male", "001075000002"),
    ("Lê Quang Dũng", "2001-06-17", "male", None),
)


def places(filters: np.ndarray[tuple[int, int], np.dtype[np.uint8]], row: int) -> set[int]:
    """Read set bits of a filter as the words of 64 bits have them, lowest first."""
    bits = np.unpackbits(filters[row], bitorder="little")
    return set(np.flatnonzero(bits).tolist())


def hashed(text: str, bits: int) -> set[int]:
    digest = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    first, second = int(digest[:16], 16), int(digest[16:32], 16)
    return {(first + i * second) % 1024 for i in range(bits)}


def test_a_filter_is_the_double_hashing_of_its_tokens() -> None:
    scheme = replace(PLAIN, fields=(Field("full_name", "name", 15),))
    filters = encode(people(("Ý", None, "male", None)), SECRET, scheme).filters
    assert filters.shape == (1, 128)
    expected = hashed("full_name\x1f\x1f_y", 15) | hashed("full_name\x1f\x1fy_", 15)
    assert places(filters, 0) == expected


def test_salted_fields_are_hashed_with_the_year_and_others_are_not() -> None:
    fields = (Field("sex", "positions", 9, salted=True), Field("cccd", "positions", 9))
    scheme = Scheme(fields=fields, fold=False)
    filters = encode(people(("An", "1980-02-29", "f", "7")), SECRET, scheme).filters
    assert places(filters, 0) == hashed("sex\x1f1980\x1f0:f", 9) | hashed("cccd\x1f\x1f0:7", 9)


def test_folding_joins_the_halves_by_xor() -> None:
    whole = encode(SMALL, SECRET, replace(PLAIN, fold=False)).filters
    folded = encode(SMALL, SECRET, replace(PLAIN, fold=True)).filters
    assert folded.shape == (3, 64)
    for row in range(3):
        bits = places(whole, row)
        low, high = {b for b in bits if b < 512}, {b - 512 for b in bits if b >= 512}
        assert places(folded, row) == low ^ high


def test_syllables_are_padded_at_both_ends() -> None:
    assert tokens_of("name", "hoa") == ["_h", "ho", "oa", "a_"]


def test_marks_case_order_and_tone_places_change_nothing() -> None:
    others = SMALL.assign(full_name=["HOÀ NGUYỄN THỊ", "tran van binh", "Dũng  Lê Quang"])
    assert (encode(SMALL, SECRET).filters == encode(others, SECRET).filters).all()


def test_the_secret_decides_everything() -> None:
    again, other = encode(SMALL, Secret(KEY)), encode(SMALL, Secret(KEY[::-1]))
    mine = encode(SMALL, SECRET)
    assert (mine.filters == again.filters).all()
    # Two random filters filled to p have a Dice of p, here about a third.
    assert (dice(mine.filters, other.filters) < 0.5).all()
    assert not set(mine.blocks["birth_date"]) & set(other.blocks["birth_date"])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([0b1111_0000, 0], [0b1100_0000, 0], 2 * 2 / (4 + 2)),
        ([0b1010_1010, 0xFF], [0b0101_0101, 0xFF], 2 * 8 / 24),
        ([0xFF, 0], [0, 0xFF], 0.0),
        ([0, 0], [0, 0], 0.0),
    ],
)
def test_dice_of_filters_made_by_hand(left: list[int], right: list[int], expected: float) -> None:
    found = dice(np.array([left], np.uint8), np.array([right], np.uint8))
    assert found.tolist() == pytest.approx([expected])


@settings(max_examples=30, deadline=None)
@given(FILTERS, FILTERS)
def test_dice_is_symmetric_and_one_for_equals(
    left: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    right: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> None:
    assert (dice(left, right) == dice(right, left)).all()
    assert ((dice(left, left) == 1.0) == left.any(axis=1)).all()


@settings(max_examples=10, deadline=None)
@given(st.text("abcdeghiklmnopqrstuvxy ", min_size=1, max_size=30))
def test_any_name_is_encoded_alike_by_both_parties(name: str) -> None:
    table = people((name, "1990-01-01", "male", None))
    one, two = encode(table, SECRET), encode(table, SECRET)
    assert dice(one.filters, two.filters).tolist() == [1.0]
    assert match(one, two)["right_id"].tolist() == ["R0"]


def test_records_with_faults_find_their_partners() -> None:
    hospital = people(
        ("Trần Văn Bìnk", "1975-11-03", "male", None),  # a slip of the keys, no number
        ("Nguyen Thi Hoa", "1980-02-28", "female", "001180000001"),  # no marks, another day
        ("Phạm Minh Khôi", "1962-01-01", "male", None),  # nobody of the register
    )
    links = match(encode(hospital, SECRET), encode(SMALL, SECRET), threshold=0.7)
    assert links[["left_id", "right_id"]].to_numpy().tolist() == [["R0", "R1"], ["R1", "R0"]]
    assert not links["tied"].any()


def test_a_wrong_year_loses_a_pair_only_with_the_salt() -> None:
    wrong = SMALL.assign(birth_date=["1981-02-28", "1976-11-13", "2002-06-07"])
    fields = (Field("full_name", "name", 15, salted=True),)
    for salt, found in ((True, False), (False, True)):
        scheme = Scheme(fields=fields, birth_year_salt=salt)
        alike = dice(encode(wrong, SECRET, scheme).filters, encode(SMALL, SECRET, scheme).filters)
        assert ((alike > 0.8) == found).all()


def test_ties_are_told_and_one_to_one_gives_each_a_partner() -> None:
    twice = people(*[("Trần Văn Bình", "1975-11-03", "male", None)] * 2)
    one, both = encode(twice.head(1), SECRET), encode(twice, SECRET)
    assert match(one, both).to_numpy().tolist() == [["R0", "R0", 1.0, True]]
    assert match(both, both)["right_id"].tolist() == ["R0", "R0"]
    assert match(both, both, one_to_one=True)["right_id"].tolist() == ["R0", "R1"]


def test_missing_values_are_never_in_a_block_together() -> None:
    nobody = people((None, None, "male", None), (None, None, "male", None))
    assert match(encode(nobody, SECRET), encode(nobody, SECRET), threshold=0.01).empty


def test_a_family_name_in_a_filter_of_its_own_is_found_by_its_frequency() -> None:
    """38.4 % bear Nguyễn (Lê Trung Hoa): whatever the secret, theirs is the commonest filter."""
    draw = np.random.default_rng(3)
    family = draw.choice(["Nguyễn", "Trần", "Lê", "Phạm"], 500, p=[0.384, 0.25, 0.2, 0.166])
    given_names = draw.choice(["An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khôi", "Linh"], 500)
    dates = pd.Timestamp("1950-01-01") + pd.to_timedelta(draw.integers(0, 25_000, 500), "D")
    table = people(*((name, None, "male", None) for name in family)).assign(birth_date=dates)
    alone = encode(table, SECRET, Scheme(fields=(Field("full_name", "name", 15),))).filters
    share = (family == "Nguyễn").mean()
    assert largest_share(alone) == pytest.approx(share)
    whole = table.assign(full_name=[f"{f} {g}" for f, g in zip(family, given_names, strict=True)])
    assert largest_share(encode(whole, SECRET).filters) <= 0.004


def test_the_secret_is_shown_nowhere(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(SECRET_VARIABLE, KEY.decode())
    shown = repr(read_secret()) + str(SECRET) + f"{encode(SMALL, SECRET)!r}" + caplog.text
    assert KEY.decode() not in shown
    assert "Hòa" not in shown
    with pytest.raises(LinkageError, match="not written to a file"):
        pickle.dumps(SECRET)
    with pytest.raises(LinkageError) as caught:
        Secret(b"short and secret")
    assert "16 bytes" in str(caught.value)
    assert "secret" not in str(caught.value).replace("the secret has", "")


def test_a_secret_comes_from_the_environment_or_a_closed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    with pytest.raises(LinkageError, match=SECRET_VARIABLE):
        read_secret()
    file = tmp_path / "secret"
    file.write_bytes(KEY + b"\n")
    file.chmod(0o644)
    with pytest.raises(LinkageError, match="chmod 600"):
        read_secret(file)
    file.chmod(0o600)
    assert read_secret(file).digest("x") == hmac.new(KEY, b"x", hashlib.sha256).digest()
    with pytest.raises(LinkageError, match="cannot be read"):
        read_secret(tmp_path / "none")


def test_a_run_takes_its_secret_from_a_file_the_environment_or_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWN_VARIABLE, str(tmp_path))
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    one, said = secret_of_run()
    assert "random" in said
    assert one.digest("x") != secret_of_run()[0].digest("x")
    monkeypatch.setenv(SECRET_VARIABLE, KEY.decode())
    assert secret_of_run()[0].digest("x") == SECRET.digest("x")
    file = tmp_path / "key"
    file.write_bytes(KEY[::-1])
    file.chmod(0o640)
    with pytest.raises(LinkageError, match="mode 640"):
        secret_of_run("key")
    file.chmod(0o400)
    assert secret_of_run("key")[0].digest("x") == Secret(KEY[::-1]).digest("x")
    with pytest.raises(CatalogueError, match="leaves the folder"):
        secret_of_run("../key")


def test_one_spelling_brings_back_bits_that_encoding_would_lose() -> None:
    hospital = people(("Ng. ThịHoà", "1980-02-29", "female", "1180000001"))
    alike = [
        dice(encode(rows, SECRET).filters, encode(SMALL.head(1), SECRET).filters)[0]
        for rows in (hospital, in_one_spelling(hospital))
    ]
    assert alike[0] < 0.7
    assert alike[1] == 1.0
    with pytest.raises(LinkageError, match="no column 'cccd'"):
        in_one_spelling(SMALL.drop(columns="cccd"))


def test_wrong_input_is_refused_without_quoting_a_person() -> None:
    with pytest.raises(LinkageError, match=r"3 rows, missing columns \['birth_date', 'cccd'\]"):
        encode(SMALL.drop(columns=["birth_date", "cccd"]), SECRET)
    with pytest.raises(LinkageError, match="0 rows"):
        encode(SMALL.head(0), SECRET)
    with pytest.raises(LinkageError) as caught:
        encode(SMALL.assign(birth_date="31 tháng 2"), SECRET)
    assert "tháng" not in str(caught.value)
    mine = encode(SMALL, SECRET)
    with pytest.raises(LinkageError, match="one scheme"):
        match(mine, encode(SMALL, SECRET, PLAIN))
    with pytest.raises(LinkageError, match="threshold"):
        match(mine, mine, threshold=80)
    with pytest.raises(LinkageError, match="more than the limit of 2"):
        match(mine, mine, max_comparisons=2)
    with pytest.raises(LinkageError, match="multiple of 128"):
        Scheme(length=1000)
    with pytest.raises(LinkageError, match="bits"):
        Field("sex", "positions", 0)


def test_the_law_is_stated() -> None:
    assert "stay personal data" in NOTICE
    assert "91/2025/QH15" in NOTICE
