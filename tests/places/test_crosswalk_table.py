"""The crosswalk table of Hanoi: its inner consistency and clauses of the law read by hand."""

import os
import re
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

TABLE = Path(__file__).parents[2] / "data" / "reference" / "hanoi_crosswalk_2025.csv"
COLUMNS = [
    "new_code",
    "new_name",
    "new_type",
    "old_code",
    "old_name",
    "old_type",
    "old_district",
    "clause",
    "area_portion",
    "population_portion",
    "date",
    "definition",
    "source",
    "status",
    "note",
]

ALL = ("whole", "whole")
SOME = ("part", "part")
AREA_ONLY = ("part", "none")
ALL_PEOPLE = ("part", "whole")

# Article 1, read by hand: clause -> new name -> portions (area, population) of the old units.
# "(rest)" in a comment marks units of which the clause takes what is left.
BY_HAND = {
    (1, "Hoàn Kiếm"): {
        ALL: "Hàng Bạc, Hàng Bồ, Hàng Buồm, Hàng Đào, Hàng Gai, Hàng Mã, Lý Thái Tổ",
        SOME: "Cửa Đông, Cửa Nam, Điện Biên, Đồng Xuân, Hàng Bông, Hàng Trống, Tràng Tiền",
    },
    (2, "Cửa Nam"): {
        ALL: "Hàng Bài, Phan Chu Trinh, Trần Hưng Đạo",
        # (rest) Hàng Bông, Hàng Trống, Tràng Tiền, which clause 1 took part of
        SOME: "Cửa Nam, Nguyễn Du, Phạm Đình Hổ, Hàng Bông, Hàng Trống, Tràng Tiền",
    },
    (14, "Hồng Hà"): {
        ALL: "Chương Dương, Phúc Tân, Phúc Xá",
        # (rest) Bạch Đằng, which clause 6 took part of
        SOME: "Nhật Tân, Phú Thượng, Quảng An, Thanh Lương, Tứ Liên, Yên Phụ, Bạch Đằng",
        AREA_ONLY: "Bồ Đề, Ngọc Thụy",
    },
    (34, "Thượng Cát"): {
        ALL: "Liên Mạc, Thượng Cát",
        # (rest) Cổ Nhuế 2, Thụy Phương, which clause 33 took part of
        SOME: "Cổ Nhuế 2, Thụy Phương",
        AREA_ONLY: "Minh Khai, Tây Tựu",
    },
    (81, "Minh Châu"): {ALL: "Minh Châu", AREA_ONLY: "Tây Đằng, Chu Minh"},
    (82, "Quảng Oai"): {
        ALL: "Cam Thượng, Đông Quang, Tiên Phong",
        # (rest) Tây Đằng, Chu Minh: clause 81 took no people of them
        ALL_PEOPLE: "Thụy An, Tây Đằng, Chu Minh",
    },
    (89, "Đoài Phương"): {ALL: "Kim Sơn, Sơn Đông", SOME: "Cổ Đông"},
    (104, "Sơn Đồng"): {
        ALL: "Lại Yên, Sơn Đồng, Tiền Yên",
        SOME: "An Khánh, Song Phương, Vân Côn",
        AREA_ONLY: "An Thượng",
        # (rest) Vân Canh: clause 36 took no people of it
        ALL_PEOPLE: "Vân Canh",
    },
    (107, "Ô Diên"): {
        ALL: "Hạ Mỗ, Tân Hội",
        # (rest) Tân Lập: clause 102 took no people of it
        ALL_PEOPLE: "Liên Hà, Hồng Hà, Liên Hồng, Liên Trung, Tân Lập",
        # (rest) Tây Tựu: clause 30 took all its people
        AREA_ONLY: "Văn Khê, Tây Tựu",
    },
    (117, "Vĩnh Thanh"): {
        # (rest) every unit of the clause
        SOME: "Tàm Xá, Xuân Canh, Vĩnh Ngọc",
        AREA_ONLY: "Kim Chung, Kim Nỗ",
        ALL_PEOPLE: "Hải Bối",
    },
    (124, "Nội Bài"): {
        ALL: "Phú Cường, Hiền Ninh, Thanh Xuân",
        # (rest) Mai Đình: clause 122 took all its people, and none of the two others
        AREA_ONLY: "Mai Đình",
        ALL_PEOPLE: "Phú Minh, Quang Tiến",
    },
    (126, "Kim Anh"): {ALL: "Tân Dân, Minh Phú, Minh Trí"},
}

# Repeated names, near-homonyms and units of five parts: the new units in the order of the clauses.
BY_UNIT = {
    ("Phường", "Minh Khai", "Quận Hai Bà Trưng"): ["Bạch Mai", "Tương Mai"],
    ("Phường", "Minh Khai", "Quận Bắc Từ Liêm"): [
        "Tây Tựu",
        "Đông Ngạc",
        "Thượng Cát",
        "Xuân Phương",
    ],
    ("Xã", "Minh Khai", "Huyện Hoài Đức"): ["Dương Hòa"],
    ("Xã", "Liên Hà", "Huyện Đan Phượng"): ["Ô Diên", "Mê Linh"],
    ("Xã", "Liên Hà", "Huyện Đông Anh"): ["Thư Lâm", "Đông Anh"],
    ("Phường", "Vạn Phúc", "Quận Hà Đông"): ["Hà Đông"],
    ("Xã", "Vạn Phúc", "Huyện Thanh Trì"): ["Nam Phù"],
    ("Xã", "Sơn Đông", "Thị xã Sơn Tây"): ["Đoài Phương"],
    ("Xã", "Sơn Đồng", "Huyện Hoài Đức"): ["Sơn Đồng"],
    ("Xã", "Hòa Phú", "Huyện Ứng Hòa"): ["Hòa Xá"],
    ("Xã", "Hòa Phú", "Huyện Chương Mỹ"): ["Hòa Phú"],
    ("Xã", "Thái Hòa", "Huyện Ba Vì"): ["Vật Lại"],
    ("Xã", "Thái Hòa", "Huyện Ứng Hòa"): ["Hòa Xá"],
    ("Xã", "Tân Minh", "Huyện Sóc Sơn"): ["Sóc Sơn"],
    ("Xã", "Tân Minh", "Huyện Thường Tín"): ["Thượng Phúc"],
    ("Xã", "Yên Viên", "Huyện Gia Lâm"): ["Phù Đổng"],
    ("Thị trấn", "Yên Viên", "Huyện Gia Lâm"): ["Phù Đổng"],
    ("Phường", "Đại Mỗ", "Quận Nam Từ Liêm"): [
        "Xuân Phương",
        "Tây Mỗ",
        "Đại Mỗ",
        "Hà Đông",
        "Dương Nội",
    ],
}


@pytest.fixture(scope="module")
def edges() -> pd.DataFrame:
    text = {"new_code": str, "old_code": str}
    return pd.read_csv(TABLE, dtype=text, keep_default_na=False)


def one_whole_or_several_parts(portions: list[str]) -> bool:
    return portions == ["whole"] or (len(portions) >= 2 and set(portions) == {"part"})


def test_columns_and_constants(edges: pd.DataFrame) -> None:
    assert list(edges.columns) == COLUMNS
    assert len(edges) == 795
    assert set(edges["date"]) == {"2025-07-01"}
    assert set(edges["status"]) == {"V"}
    assert edges["old_code"].str.fullmatch(r"\d{5}").all()
    assert edges["new_code"].str.fullmatch(r"\d{5}").all()
    expected = [f"Resolution 1656/NQ-UBTVQH15, article 1, clause {n}" for n in edges["clause"]]
    assert edges["source"].tolist() == expected


def test_text_is_nfc() -> None:
    assert unicodedata.is_normalized("NFC", TABLE.read_text(encoding="utf-8"))


def test_no_edge_twice(edges: pd.DataFrame) -> None:
    assert not edges.duplicated(["old_code", "new_code"]).any()


def test_every_new_unit_is_one_clause(edges: pd.DataFrame) -> None:
    new = edges[["new_code", "new_name", "new_type", "clause"]].drop_duplicates()
    assert sorted(new["clause"]) == list(range(1, 127))
    assert new["new_code"].is_unique
    assert new["new_type"].value_counts().to_dict() == {"Xã": 75, "Phường": 51}


def test_every_old_unit_is_there(edges: pd.DataFrame) -> None:
    old = edges[["old_code", "old_name", "old_type", "old_district"]].drop_duplicates()
    assert len(old) == 526
    assert old["old_code"].is_unique
    assert not old.duplicated(["old_name", "old_type", "old_district"]).any()
    assert old["old_type"].value_counts().to_dict() == {"Xã": 345, "Phường": 160, "Thị trấn": 21}
    assert old["old_district"].nunique() == 30


def test_area_is_whole_once_or_in_parts(edges: pd.DataFrame) -> None:
    assert set(edges["area_portion"]) == {"whole", "part"}
    parts_of = edges.groupby("old_code")["area_portion"].agg(list)
    wrong = parts_of[~parts_of.map(one_whole_or_several_parts)]
    assert wrong.empty, wrong.to_dict()


def test_population_is_whole_once_or_in_parts(edges: pd.DataFrame) -> None:
    assert set(edges["population_portion"]) == {"whole", "part", "none"}
    inhabited = edges[edges["population_portion"] != "none"]
    parts_of = inhabited.groupby("old_code")["population_portion"].agg(list)
    assert len(parts_of) == 526
    wrong = parts_of[~parts_of.map(one_whole_or_several_parts)]
    assert wrong.empty, wrong.to_dict()


def test_the_rest_is_taken_once_and_last(edges: pd.DataFrame) -> None:
    rest = edges[edges["definition"].str.startswith("the rest of the old unit")]
    split = edges[edges["area_portion"] == "part"]
    assert rest["old_code"].is_unique
    last = split.groupby("old_code")["clause"].max().to_dict()
    assert rest.set_index("old_code")["clause"].to_dict() == last
    assert rest["note"].str.contains("population derived: clause").all()


def test_counts_by_number_of_new_units(edges: pd.DataFrame) -> None:
    by_area = edges.groupby("old_code").size().value_counts().to_dict()
    assert by_area == {1: 327, 2: 147, 3: 35, 4: 16, 5: 1}
    inhabited = edges[edges["population_portion"] != "none"]
    by_population = inhabited.groupby("old_code").size().value_counts().to_dict()
    assert by_population == {1: 368, 2: 118, 3: 31, 4: 8, 5: 1}


@pytest.mark.parametrize(("clause", "name"), BY_HAND, ids=str)
def test_clause_read_by_hand(edges: pd.DataFrame, clause: int, name: str) -> None:
    of_clause = edges[edges["clause"] == clause]
    assert set(of_clause["new_name"]) == {name}
    expected = {
        old: portions
        for portions, names in BY_HAND[clause, name].items()
        for old in names.split(", ")
    }
    portions = zip(of_clause["area_portion"], of_clause["population_portion"], strict=True)
    assert dict(zip(of_clause["old_name"], portions, strict=True)) == expected
    assert len(of_clause) == len(expected)


@pytest.mark.parametrize("unit", BY_UNIT, ids=" ".join)
def test_new_units_of_an_old_unit(edges: pd.DataFrame, unit: tuple[str, str, str]) -> None:
    names = edges[["old_type", "old_name", "old_district"]].apply(tuple, axis="columns")
    found = edges[names == unit].sort_values("clause")
    assert found["new_name"].tolist() == BY_UNIT[unit]


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("00295", "Phường Minh Khai, Quận Hai Bà Trưng"),
        ("00613", "Phường Minh Khai, Quận Bắc Từ Liêm"),
        ("09838", "Xã Minh Khai, Huyện Hoài Đức"),
        ("09802", "Xã Liên Hà, Huyện Đan Phượng"),
        ("00484", "Xã Liên Hà, Huyện Đông Anh"),
        ("09859", "Xã Sơn Đồng, Huyện Hoài Đức"),
        ("09013", "Xã Văn Khê, Huyện Mê Linh"),
        ("00526", "Thị trấn Yên Viên, Huyện Gia Lâm"),
        ("00532", "Xã Yên Viên, Huyện Gia Lâm"),
    ],
)
def test_official_code_of_an_old_unit(edges: pd.DataFrame, code: str, unit: str) -> None:
    found = edges[edges["old_code"] == code]
    names = found["old_type"] + " " + found["old_name"] + ", " + found["old_district"]
    assert set(names) == {unit}


@pytest.mark.mirror
def test_new_names_are_those_of_the_law(edges: pd.DataFrame) -> None:
    folder = os.environ.get("HANOI_ANALYTICS_MIRROR", "")
    if not folder:
        pytest.skip("HANOI_ANALYTICS_MIRROR is not set")
    law = Path(folder) / "resolution_1656_text" / "1656_NQ-UBTVQH15.md"
    if not law.is_file():
        pytest.skip(f"HANOI_ANALYTICS_MIRROR={folder} has no resolution_1656_text")
    text = " ".join(unicodedata.normalize("NFC", law.read_text(encoding="utf-8")).split())
    # In clause 3 the word "là" stands inside the bold letters.
    found = re.findall(r"mới có tên gọi (?:là )?\*\*(?:là )?(phường|xã) ([^*]+)\*\*", text)
    in_law = {n: (kind.capitalize(), name) for n, (kind, name) in enumerate(found, start=1)}
    assert len(in_law) == 126
    in_table = edges.drop_duplicates("clause").set_index("clause")[["new_type", "new_name"]]
    assert dict(in_table.apply(tuple, axis="columns")) == in_law
