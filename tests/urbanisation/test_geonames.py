"""Which places of GeoNames are cities: rules on hand-made rows, known cases, and the law's list."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hanoi_analytics import catalogue, places
from hanoi_analytics.urbanisation.city_checks import SEATS, Bounds, doubtful_sizes
from hanoi_analytics.urbanisation.geonames import (
    DISTRICTS,
    PartRule,
    PlaceTableError,
    plain_name,
    sort_out,
)

# The 133 cities (thành phố) and towns (thị xã) of the provinces on 30 June 2025, without those of
# the centrally run cities; spelled as the table of places does where it differs (Qui Nhơn).
TOWNS = """
Hà Giang, Cao Bằng, Bắc Kạn, Tuyên Quang, Lào Cai, Sa Pa, Điện Biên Phủ, Mường Lay, Lai Châu,
Sơn La, Mộc Châu, Yên Bái, Nghĩa Lộ, Hòa Bình, Thái Nguyên, Sông Công, Phổ Yên, Lạng Sơn, Hạ Long,
Móng Cái, Cẩm Phả, Uông Bí, Quảng Yên, Đông Triều, Bắc Giang, Việt Yên, Chũ, Việt Trì, Phú Thọ,
Vĩnh Yên, Phúc Yên, Bắc Ninh, Quế Võ, Thuận Thành, Từ Sơn, Hải Dương, Chí Linh, Kinh Môn, Hưng Yên,
Mỹ Hào, Thái Bình, Phủ Lý, Duy Tiên, Kim Bảng, Nam Định, Tam Điệp, Hoa Lư, Thanh Hóa, Bỉm Sơn,
Sầm Sơn, Nghi Sơn, Vinh, Thái Hòa, Hoàng Mai, Hà Tĩnh, Hồng Lĩnh, Kỳ Anh, Đồng Hới, Ba Đồn,
Đông Hà, Quảng Trị, Tam Kỳ, Hội An, Điện Bàn, Quảng Ngãi, Đức Phổ, Qui Nhơn, Hoài Nhơn, An Nhơn,
Tuy Hòa, Sông Cầu, Đông Hòa, Nha Trang, Cam Ranh, Ninh Hòa, Phan Rang-Tháp Chàm, Phan Thiết, La Gi,
Kon Tum, Pleiku, An Khê, A Yun Pa, Buôn Ma Thuột, Buôn Hồ, Gia Nghĩa, Đà Lạt, Bảo Lộc, Phước Long,
Đồng Xoài, Bình Long, Chơn Thành, Tây Ninh, Hòa Thành, Trảng Bàng, Thủ Dầu Một, Bến Cát, Tân Uyên,
Dĩ An, Thuận An, Biên Hòa, Long Khánh, Vũng Tàu, Bà Rịa, Phú Mỹ, Tân An, Kiến Tường, Mỹ Tho,
Gò Công, Cai Lậy, Bến Tre, Trà Vinh, Duyên Hải, Vĩnh Long, Bình Minh, Cao Lãnh, Sa Đéc, Hồng Ngự,
Long Xuyên, Châu Đốc, Tân Châu, Tịnh Biên, Rạch Giá, Phú Quốc, Hà Tiên, Vị Thanh, Ngã Bảy, Long Mỹ,
Sóc Trăng, Vĩnh Châu, Ngã Năm, Bạc Liêu, Giá Rai, Cà Mau
"""
URBAN = {plain_name(" ".join(name.split())) for name in TOWNS.split(",")}


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return sort_out(catalogue.load("vn_geonames_places"))


def table(*rows: tuple[str, float, float, float | None, str]) -> pd.DataFrame:
    """Places by name, km east and north of a point in the sea, people and province."""
    degree_km = 111.2
    return pd.DataFrame(
        {
            "geonameid": range(1, len(rows) + 1),
            "name": [row[0] for row in rows],
            "latitude": [10 + row[2] / degree_km for row in rows],
            "longitude": [109 + row[1] / degree_km / np.cos(np.radians(10)) for row in rows],
            "population": pd.array([row[3] for row in rows], dtype="Int64"),
            "admin1code": [row[4] for row in rows],
        }
    )


def reasons(*rows: tuple[str, float, float, float | None, str], **rule: float) -> dict[str, str]:
    found = sort_out(table(*rows), rule=PartRule(**rule))
    assert (found["kept"] == (found["reason"] == "")).all()
    return dict(zip(found["name"], found["reason"], strict=True))


CITY = ("City", 0.0, 0.0, 400_000, "75")  # a disc of 3.99 km at 8,000 people per km²
PART = "part of a larger place"


def test_a_place_in_the_disc_of_a_larger_one_is_a_part() -> None:
    found = reasons(
        CITY,
        ("Near", 3.8, 0.0, 50_000, "75"),
        ("Beyond", 4.2, 0.0, 50_000, "75"),
        ("Twin", 1.0, 0.0, 250_000, "75"),
        ("Half", -1.0, 0.0, 200_000, "75"),
        ("Across the border", 0.0, 2.0, 50_000, "79"),
        ("No province", 0.0, -2.0, 50_000, None),  # type: ignore[arg-type]
    )
    assert {name for name, reason in found.items() if reason == PART} == {"Near", "Half"}


def test_the_rule_is_the_callers() -> None:
    near, twin = ("Near", 3.8, 0.0, 50_000, "75"), ("Twin", 1.0, 0.0, 250_000, "75")
    assert reasons(CITY, near)["Near"] == PART
    assert reasons(CITY, near, distance_km=3.0)["Near"] == ""
    assert reasons(CITY, near, density_people_per_km2=10_000)["Near"] == ""
    assert reasons(CITY, near, ratio=10)["Near"] == ""
    assert reasons(CITY, twin, ratio=1.5)["Twin"] == PART


def test_a_part_of_a_part_is_held_against_the_kept_place() -> None:
    rows = (("Middle", 3.0, 0.0, 100_000, "75"), ("Outer", 4.9, 0.0, 20_000, "75"))
    assert reasons(CITY, *rows) == {"City": "", "Middle": PART, "Outer": ""}
    assert reasons(*rows) == {"Middle": "", "Outer": PART}


def test_two_rows_of_one_place_are_one() -> None:
    second = "second row of a place"
    found = reasons(
        ("Phu Quoc", 0.0, 0.0, 290_000, "91"),
        ("Phú Quốc", 0.0, 8.0, 180_000, "91"),
        ("Thị Trấn Phú Quốc Cũ", 0.0, -9.0, 170_000, "91"),
        ("Phú", 0.0, 9.0, 160_000, "91"),
        ("Phú Quốc ", 0.0, 60.0, 150_000, "91"),
    )
    assert found["Phú Quốc"] == found["Thị Trấn Phú Quốc Cũ"] == second
    assert found["Phú"] == found["Phú Quốc "] == ""


def test_words_for_parts_and_unknown_people() -> None:
    found = reasons(
        ("Quận Mười", 0.0, 0.0, 400_000, "20"),
        ("QUẬN TÁM", 50.0, 0.0, 300_000, "20"),
        ("Quán Hàu", 0.0, 90.0, 40_000, "20"),
        ("Thị Trấn Đồng Văn", 90.0, 0.0, 30_000, "20"),
        ("Xã Tân Hà", 0.0, -90.0, 20_000, "20"),
        ("Xá", 90.0, 90.0, 10_000, "20"),
        ("Hậu Lộc", -90.0, -90.0, None, "20"),
    )
    assert [found[n] for n in ("Quận Mười", "QUẬN TÁM", "Xã Tân Hà")] == ["named as a part"] * 3
    assert [found[n] for n in ("Quán Hàu", "Thị Trấn Đồng Văn", "Xá")] == [""] * 3
    assert found["Hậu Lộc"] == "no population"


def test_districts_count_only_under_their_own_city() -> None:
    found = reasons(
        ("Haiphong", 0.0, 0.0, 2_000_000, "31"),
        ("Đố Sơn", 20.0, 0.0, 50_000, "31"),
        ("Chí Linh", 50.0, 0.0, 200_000, "31"),
        ("Kiến An", 500.0, 0.0, 30_000, "91"),
        ("Sơn Tây", 300.0, 0.0, 200_000, "01"),
        ("Hanoi", 340.0, 0.0, 8_000_000, "01"),
    )
    assert found["Đố Sơn"] == "district of a centrally run city"
    assert found["Sơn Tây"] == "inside a centrally run city"
    assert [found[n] for n in ("Haiphong", "Chí Linh", "Kiến An", "Hanoi")] == [""] * 4


def test_known_cities_are_kept_and_known_parts_dropped(real: pd.DataFrame) -> None:
    kept = set(real.loc[real["kept"], "name"])
    assert {"Hanoi", "Ho Chi Minh City", "Haiphong", "Da Nang", "Cần Thơ", "Huế"} <= kept
    assert {"Biên Hòa", "Thủ Dầu Một", "Thuận An", "Dĩ An", "Vũng Tàu", "Từ Sơn", "Hoi An"} <= kept
    assert {"Việt Yên", "Bình Minh", "Điện Bàn", "Chí Linh", "Long Khánh", "Sầm Sơn"} <= kept
    parts = {"Hà Đông", "Cầu Giấy", "Hoàn Kiếm", "Tây Hồ", "Long Bien", "Ba Dinh", "Sơn Tây"}
    parts |= {"Thủ Đức", "Bình Thạnh", "Gò Vấp", "Quận Mười", "Chợ Lớn", "Củ Chi"}
    parts |= {"Hải Châu", "Thanh Khê", "Hòa Cường", "Thốt Nốt", "Cẩm Phả Mines", "Yên Vinh"}
    parts |= {"Vinhomes Ocean Park", "Thượng Cát", "Phú Quốc"}
    assert parts.isdisjoint(kept)
    # Two places of this name: the district of Hải Phòng goes, the place in An Giang stays.
    kien_an = real[real["name"] == "Kiến An"].set_index("admin1code")["kept"]
    assert kien_an.to_dict() == {"31": False, "91": True}


def test_every_district_of_hanoi_is_dropped(real: pd.DataFrame) -> None:
    districts = set(places.old_districts()["district"].map(plain_name))
    named = real[real["name"].map(plain_name).isin(districts) & (real["admin1code"] == "01")]
    assert len(named) > 15
    assert not named["kept"].any()


def test_what_is_dropped_as_inside_hanoi_lies_in_hanoi(real: pd.DataFrame) -> None:
    inside = real[real["part_of"] == "Hanoi"]
    west, south, east, north = places.old_units().total_bounds
    assert len(inside) > 50
    assert inside["longitude"].between(west, east).all()
    assert inside["latitude"].between(south, north).all()


def test_what_is_kept_is_what_the_law_calls_a_city_or_town(real: pd.DataFrame) -> None:
    large = real[(real["population"] >= 100_000) & ~real["admin1code"].isin(["01", "46"])]
    own = {"Ho Chi Minh City", "Haiphong", "Da Nang", "Cần Thơ"}
    lawful = large["name"].map(plain_name).isin(URBAN) | large["name"].isin(own)
    assert (lawful & large["kept"]).sum() / large["kept"].sum() > 0.92
    assert large.loc[lawful & ~large["kept"], "name"].tolist() == ["Phú Quốc"]  # kept as Phu Quoc
    assert large["kept"].sum() < 0.85 * len(large)


def test_rows_are_neither_lost_nor_changed(real: pd.DataFrame) -> None:
    source = catalogue.load("vn_geonames_places")
    pd.testing.assert_frame_equal(
        real[source.columns].sort_values("geonameid", ignore_index=True), source
    )
    assert real.attrs["source"]["id"] == "vn_geonames_places"
    assert real.loc[~real["kept"], "reason"].ne("").all()


def test_no_place_of_a_kept_list_is_part_of_another(real: pd.DataFrame) -> None:
    kept = real[real["kept"]][["geonameid", "name", "latitude", "longitude", "population"]]
    again = sort_out(kept.assign(admin1code=real["admin1code"]))
    assert again["kept"].all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"population": [0, 5]}, ["'a'", "population", "above 0"]),
        ({"latitude": [10.0, 95.0]}, ["'b'", "latitude", "95"]),
        ({"longitude": [np.nan, 105.0]}, ["'a'", "longitude"]),
        ({"geonameid": [7, 7]}, ["'b'", "no place twice"]),
    ],
)
def test_a_wrong_table_is_an_error(change: dict[str, list[object]], words: list[str]) -> None:
    right = table(("a", 0.0, 0.0, 10, "20"), ("b", 9.0, 9.0, 20, "20"))
    with pytest.raises(PlaceTableError) as error:
        sort_out(right.assign(**change))
    assert all(word in str(error.value) for word in words)


def test_missing_columns_and_wrong_rules_are_errors() -> None:
    with pytest.raises(PlaceTableError, match="'admin1code'"):
        sort_out(table(CITY).drop(columns="admin1code"))
    for wrong in ({"density_people_per_km2": 0.0}, {"distance_km": -1.0}, {"ratio": 0.5}):
        with pytest.raises(PlaceTableError, match="expected a density above 0"):
            PartRule(**wrong)


def test_the_lists_of_names_are_whole() -> None:
    counts = {code: len(names.split(", ")) for code, names in DISTRICTS.items()}
    # 22 of Thành phố Hồ Chí Minh without the ten that have numbers, 15, 8 and 9.
    assert counts == {"79": 12, "31": 15, "48": 8, "92": 9}
    assert set(SEATS) <= set(places.old_provinces()["code"])


# Doubtful sizes


def grid(centres_km: list[tuple[float, float]]) -> xr.DataArray:
    """A settlement grid around the point in the sea, in UTM, with cells of urban centre."""
    east, north = np.arange(-100, 101) * 1000.0, np.arange(100, -101, -1) * 1000.0
    classes = np.full((201, 201), 12, dtype="uint8")
    for x_km, y_km in centres_km:
        classes[100 - round(y_km), 100 + round(x_km)] = 30
    # 109° E, 10° N in EPSG:32649
    coords = {"y": 1_106_000.0 + north, "x": 280_770.0 + east}
    return xr.DataArray(classes, coords=coords, dims=("y", "x")).rio.write_crs("EPSG:32649")


def checks(
    *rows: tuple[str, float, float, float | None, str], **options: float
) -> dict[str, set[str]]:
    un = pd.DataFrame(
        {"name": "UN", "longitude": [109.0], "latitude": [10.0], "year": 2020}
    ).assign(population_thousand=[200.0])
    found = doubtful_sizes(
        sort_out(table(*rows)),
        settlement=grid([(0, 0), (50, 0), (0, 50)]),
        agglomerations=un,
        year=2020,
        bounds=Bounds(**options),  # type: ignore[arg-type]
    )
    return found.groupby("name")["check"].agg(set).to_dict()


def test_each_check_finds_its_case_and_nothing_else() -> None:
    found = checks(
        ("Biên Hòa", 0.0, 0.0, 250_001, "75"),
        ("Thị Trấn Xa", 50.0, 0.0, 60_001, "82"),
        ("Wide", 0.0, 44.0, 200_001, "82"),
        ("Town", 0.0, 46.0, 190_001, "82"),
        ("Round", 51.0, 3.0, 123_000, "20"),
        ("Small", 90.0, 90.0, 40_000, "20"),
        ("Large", 50.0, 20.0, 250_002, "75"),
    )
    assert found == {
        "Thị Trấn Xa": {"township"},
        "Wide": {"no urban centre", "two in one place"},
        "Town": {"two in one place"},
        "Round": {"round number"},
        "Large": {"above the nearest seat", "no urban centre"},
    }


def test_the_united_nations_figure_is_compared_both_ways() -> None:
    high = checks(("City", 3.0, 0.0, 310_001, "20"))
    low = checks(("City", 3.0, 0.0, 130_001, "20"))
    assert high == low == {"City": {"unlike the agglomeration"}}
    assert checks(("City", 3.0, 0.0, 290_001, "20")) == {}
    assert checks(("City", 3.0, 0.0, 310_001, "20"), agglomeration_factor=2.0) == {}


def test_known_doubts_are_found(real: pd.DataFrame) -> None:
    found = doubtful_sizes(
        real,
        settlement=catalogue.load("vn_degree_of_urbanisation_2025"),
        agglomerations=catalogue.load("vn_wup2018_agglomerations"),
        year=2020,
    )
    by_name = found.groupby("name")["check"].agg(set)
    # A rural district with more people than its province's capital, and one called a township.
    assert by_name["Bắc Quang"] == {"above the nearest seat", "no urban centre"}
    assert {"township", "above the nearest seat"} <= by_name["Thị Trấn Thuận Châu"]
    # The city of 2025 that took in two provinces, and a city that is a whole province.
    assert "unlike the agglomeration" in by_name["Ho Chi Minh City"]
    assert "unlike the agglomeration" in by_name["Huế"]
    assert not set(by_name.index) & {"Biên Hòa", "Cần Thơ", "Long Xuyên", "Mỹ Tho", "Phan Thiết"}
    assert [source["id"] for source in found.attrs["sources"]] == [
        "vn_geonames_places",
        "vn_degree_of_urbanisation_2025",
        "vn_wup2018_agglomerations",
    ]


def test_every_seat_is_in_the_table(real: pd.DataFrame) -> None:
    provinces = places.old_provinces()
    known = set(zip(real["name"].map(plain_name), real["admin1code"], strict=True))
    names = [SEATS.get(code, name) for code, name in provinces[["code", "name"]].to_numpy()]
    wanted = zip(map(plain_name, names), provinces["new_code"], strict=True)
    assert [seat for seat in wanted if seat not in known] == []


def test_a_year_without_agglomerations_is_an_error(real: pd.DataFrame) -> None:
    un = catalogue.load("vn_wup2018_agglomerations")
    with pytest.raises(PlaceTableError, match="no agglomerations in 2021"):
        doubtful_sizes(real, settlement=grid([]), agglomerations=un, year=2021)
