"""Telling cities from parts of cities among the places of GeoNames.

The table of places has no feature codes, and lists districts, wards, hamlets and housing estates
as places of their own beside the city they lie in. `sort_out` drops a row for the first of these
reasons that holds, and keeps the rest:

1. ``no population``: its population is unknown.
2. ``inside a centrally run city``: it has the province code of Hà Nội (01) or Huế (46), whose
   borders the reform of 2025 left alone, and is not the city's own row. That row counts all
   residents of the city, its towns (Sơn Tây) and rural districts included.
3. ``district of a centrally run city``: it has the name of a district of Thành phố Hồ Chí Minh,
   Hải Phòng, Đà Nẵng or Cần Thơ of 30 June 2025 and the province code of that city. So Thủ Đức is
   dropped: a district until 2020 and then a city within the city, always a part of it.
4. ``named as a part``: its name begins with the word for a unit below a town (`PART_WORDS`).
   Townships (thị trấn) are urban and stay.
5. ``second row of a place``: within the distance of a kept place of the same name, or of one
   whose name is the same with words added (Cẩm Phả Mines). The row with more people is kept.
6. ``part of a larger place``: in the same province as a kept place with several times its people,
   and inside the disc that those people would fill at a stated density, no further than the
   distance. The province matters: across its border a town is a town, however near the city.

The own row of a centrally run city is the one with most people in its province code. Names are
compared without marks and case (Đố Sơn is a slip for Đồ Sơn), places from the largest down.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Geod

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.places import join_key

#: Words for units below a town: district, rural district, ward, commune, hamlets, state farm.
PART_WORDS = ("Quận", "Huyện", "Phường", "Xã", "Ấp", "Thôn", "Xóm", "Bản", "Nông Trường")

#: Province codes of centrally run cities whose borders did not change in 2025.
WHOLE_CITIES = ("01", "46")

#: Districts on 30 June 2025 of the centrally run cities that were merged with other provinces, by
#: the code that city and provinces share since: Decision 124/2004/QĐ-TTg with its amendments, as
#: listed by vietnamadminunits 1.0.4. Numbered ones are named as parts.
DISTRICTS = {
    "79": "Bình Thạnh, Gò Vấp, Tân Bình, Tân Phú, Phú Nhuận, Bình Tân, Thủ Đức, Củ Chi, Hóc Môn, "
    "Bình Chánh, Nhà Bè, Cần Giờ",
    "31": "Hồng Bàng, Ngô Quyền, Lê Chân, Hải An, Kiến An, Đồ Sơn, Dương Kinh, Thủy Nguyên, "
    "An Dương, An Lão, Kiến Thụy, Tiên Lãng, Vĩnh Bảo, Cát Hải, Bạch Long Vĩ",
    "48": "Liên Chiểu, Thanh Khê, Hải Châu, Sơn Trà, Ngũ Hành Sơn, Cẩm Lệ, Hòa Vang, Hoàng Sa",
    "92": "Ninh Kiều, Ô Môn, Bình Thủy, Cái Răng, Thốt Nốt, Vĩnh Thạnh, Cờ Đỏ, Phong Điền, "
    "Thới Lai",
}

_URBAN_WORDS = ("thanh pho ", "thi xa ", "thi tran ")
_COLUMNS = ("geonameid", "name", "latitude", "longitude", "population", "admin1code")
_EARTH = Geod(ellps="WGS84")


class PlaceTableError(HanoiError):
    """A table of places, or a rule for it, is not what sorting out needs."""


@dataclass(frozen=True)
class PartRule:
    """When a place near a larger one is a part of it.

    Attributes
    ----------
    density_people_per_km2 : float
        The larger place's people are thought to fill a disc at this density.
    distance_km : float
        No part lies further away than this, however large the disc; nor does a second row of the
        same name. At 0 only rows at the very same point are parts.
    ratio : float
        The larger place has at least this many times the people.

    Raises
    ------
    PlaceTableError
        A density that is not positive, a negative distance, a ratio below 1.

    Examples
    --------
    >>> round(float(PartRule().reach_km(np.array([100_000.0]))[0]), 2)
    1.99
    """

    density_people_per_km2: float = 8000.0
    distance_km: float = 10.0
    ratio: float = 2.0

    def __post_init__(self) -> None:
        if not (self.density_people_per_km2 > 0 and self.distance_km >= 0 and self.ratio >= 1):
            raise PlaceTableError(
                f"{self}: expected a density above 0, a distance from 0 and a ratio from 1"
            )

    def reach_km(self, people: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return how far the parts of places with so many people reach, in km."""
        disc = np.sqrt(people / (np.pi * self.density_people_per_km2))
        return np.minimum(disc, self.distance_km)


def plain_name(name: str) -> str:
    """Return a name without marks, case and the word for a city, town or township before it.

    Examples
    --------
    >>> plain_name("Thị Trấn Đông Triều"), plain_name("Ðà Lạt")
    ('dong trieu', 'da lat')
    """
    decomposed = unicodedata.normalize("NFD", join_key(name))
    text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    text = text.replace("đ", "d").replace("ð", "d")  # the Icelandic letter is a common slip
    for word in _URBAN_WORDS:
        text = text.removeprefix(word)
    return text


def distances_km(
    longitude: float, latitude: float, others: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Return the geodesic distances from a point to places, by ``longitude`` and ``latitude``.

    Examples
    --------
    >>> one_degree = pd.DataFrame({"longitude": [105.0], "latitude": [11.0]})
    >>> distances_km(105.0, 10.0, one_degree).round(1)
    array([110.6])
    """
    lon, lat = (others[axis].to_numpy(dtype=float) for axis in ("longitude", "latitude"))
    metres: npt.NDArray[np.float64] = _EARTH.inv(
        np.full(lon.shape, longitude), np.full(lat.shape, latitude), lon, lat
    )[2]
    return metres / 1000


def sort_out(places: pd.DataFrame, *, rule: PartRule | None = None) -> pd.DataFrame:
    """Say for each place whether it is a city of its own, and if not, why it is dropped.

    Parameters
    ----------
    places : pandas.DataFrame
        Like ``vn_geonames_places``: ``geonameid, name, latitude, longitude, population,
        admin1code``.
    rule : PartRule, optional
        What makes a place a part of a larger one.

    Returns
    -------
    pandas.DataFrame, one row per place, largest first
        The columns of `places` with ``kept``, ``reason`` (empty where kept), ``part_of`` (the
        place whose row stands for it, empty if the rule names none) and ``distance_km`` to it
        (NaN unless the rule is one of distance).

    Raises
    ------
    PlaceTableError
        A column is missing, a place stands twice, or a population or position is impossible.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> sorted_out = sort_out(catalogue.load("vn_geonames_places")).set_index("name")
    >>> sorted_out.loc[["Biên Hòa", "Cầu Giấy", "Chợ Lớn"], "reason"].tolist()
    ['', 'inside a centrally run city', 'part of a larger place']
    """
    _check(places)
    table = places.sort_values(
        ["population", "geonameid"], ascending=[False, True], na_position="last"
    ).reset_index(drop=True)
    reasons = _by_row(table)
    nearby = _by_position(table[reasons["reason"] == ""], PartRule() if rule is None else rule)
    reasons.loc[nearby.index] = nearby
    reasons.insert(0, "kept", reasons["reason"] == "")
    result = table.join(reasons)
    result.attrs = dict(places.attrs)
    return result


def _verdicts(index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"reason": "", "part_of": "", "distance_km": np.nan}, index=index)


def _by_row(table: pd.DataFrame) -> pd.DataFrame:
    """Judge places by what stands in their own rows, the first reason last."""
    found = _verdicts(table.index)
    words = tuple(f"{join_key(word)} " for word in PART_WORDS)
    found.loc[table["name"].map(join_key).str.startswith(words), "reason"] = "named as a part"
    plain = table["name"].map(plain_name)
    for code in (*DISTRICTS, *WHOLE_CITIES):
        rows = table.index[table["admin1code"] == code]
        if rows.empty:
            continue
        own, parts = rows[0], rows[1:]
        found.loc[own, "reason"] = ""
        reason = "inside a centrally run city"
        if code in DISTRICTS:
            parts = parts[plain[parts].isin(list(map(plain_name, DISTRICTS[code].split(", "))))]
            reason = "district of a centrally run city"
        found.loc[parts, ["reason", "part_of"]] = [reason, table.loc[own, "name"]]
    found.loc[table["population"].isna(), ["reason", "part_of"]] = ["no population", ""]
    return found


def _by_position(table: pd.DataFrame, rule: PartRule) -> pd.DataFrame:
    """Judge places, largest first, by the kept ones that are larger."""
    found = _verdicts(table.index)
    plain = table["name"].map(plain_name).to_numpy()
    people = table["population"].to_numpy(dtype=float)
    province = table["admin1code"].to_numpy(dtype=object)
    reach_km = rule.reach_km(people)
    kept: list[int] = []
    for row, (longitude, latitude) in enumerate(
        zip(table["longitude"], table["latitude"], strict=True)
    ):
        away_km = distances_km(longitude, latitude, table.iloc[kept])
        same = np.array([_same_name(plain[row], plain[other]) for other in kept], dtype=bool)
        part = (people[kept] >= rule.ratio * people[row]) & (province[kept] == province[row])
        for reason, holds in (
            ("second row of a place", same & (away_km <= rule.distance_km)),
            ("part of a larger place", part & (away_km <= reach_km[kept])),
        ):
            if holds.any():
                closest = int(np.where(holds, away_km, np.inf).argmin())
                name = table["name"].iloc[kept[closest]]
                found.iloc[row] = [reason, name, away_km[closest]]
                break
        else:
            kept.append(row)
    return found


def _same_name(one: str, other: str) -> bool:
    """Tell whether two plain names are equal, or one of two words or more begins the other."""
    short, long = sorted((one, other), key=len)
    return long == short or (" " in short and long.startswith(f"{short} "))


def _check(places: pd.DataFrame) -> None:
    for column in _COLUMNS:
        if column not in places.columns:
            hint = nearest(column, map(str, places.columns))
            raise PlaceTableError(f"no column {column!r} in the table of places; {hint}")
    people = places["population"].astype("Float64")
    wrong = {
        "geonameid (no place twice)": places["geonameid"].duplicated(),
        "population (above 0, or empty)": (people <= 0).fillna(False),
        "latitude (-90 to 90)": ~places["latitude"].between(-90, 90),
        "longitude (-180 to 180)": ~places["longitude"].between(-180, 180),
    }
    for expected, rows in wrong.items():
        if rows.any():
            first = places[rows.to_numpy(dtype=bool)].iloc[0]
            value = first[expected.split(" ", maxsplit=1)[0]]
            raise PlaceTableError(f"{first['name']!r}: expected {expected}, found {value!r}")
