"""Populations of places that may not be the size of a city: found, and not mended.

A place that is a city may still carry the figure of something else: of the rural district it is
the seat of, of a province, of a year long past. Each check holds the figure against something
independent, and says what it found; a place that no check names is not thereby right.

* ``township``: called a township (thị trấn) and has more people than the floor of an urban area
  of class IV (Resolution 1210/2016/UBTVQH13), which few townships reach.
* ``above the nearest seat``: has more people than the nearest of the 63 provincial seats of 30 June
  2025 in its province. Some towns do (Vũng Tàu); else one of the two figures is not a city's.
* ``unlike the agglomeration``: differs by more than a factor from the United Nations' figure for
  the urban agglomeration at that place. The definitions differ; figures that measure a city in
  two ways do not differ by much.
* ``no urban centre``: lies further from any urban centre of the settlement grid (50,000 people at
  1,500 per km² or more) than a city of that size could. The figure then counts a wide rural area.
* ``two in one place``: lies next to another place of a similar figure.
* ``round number``: in whole thousands, which a count is once in a thousand times.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from pyproj import Transformer
from scipy.spatial import cKDTree

from hanoi_analytics.places import old_provinces
from hanoi_analytics.urbanisation.geonames import PlaceTableError, distances_km, plain_name

#: Seats, on 30 June 2025, of the provinces and cities whose name they do not bear, by the
#: province's code of then, as the table of places spells them.
SEATS = dict(
    line.split(maxsplit=1)
    for line in """
    01 Hanoi
    11 Dien Bien Phu
    22 Hạ Long
    25 Việt Trì
    26 Vĩnh Yên
    31 Haiphong
    35 Phủ Lý
    40 Vinh
    44 Đồng Hới
    45 Đông Hà
    49 Tam Kỳ
    52 Qui Nhon
    54 Tuy Hòa
    56 Nha Trang
    58 Phan Rang-Tháp Chàm
    60 Phan Thiết
    64 Pleiku
    66 Buôn Ma Thuột
    67 Gia Nghĩa
    68 Đà Lạt
    70 Đồng Xoài
    74 Thủ Dầu Một
    75 Biên Hòa
    77 Bà Rịa
    79 Ho Chi Minh City
    80 Tân An
    82 Mỹ Tho
    87 Cao Lãnh
    89 Long Xuyên
    91 Rạch Giá
    93 Vị Thanh
    """.strip().splitlines()
)

Floats = npt.NDArray[np.float64]
Texts = dict[Hashable, str]

_URBAN_CENTRE = 30
_COLUMNS = ["geonameid", "name", "population", "check", "found"]


@dataclass(frozen=True)
class Bounds:
    """From where on a figure is doubted.

    Attributes
    ----------
    least_people : int
        Smaller places are not checked.
    township_people : int
        Most people of a township.
    agglomeration_factor : float
        Largest quotient of the figure and the United Nations', or its inverse.
    centre_km : float
        Largest distance to an urban centre.
    next_km : float
        Two places closer than this are in one place.
    """

    least_people: int = 50_000
    township_people: int = 50_000
    agglomeration_factor: float = 1.5
    centre_km: float = 5.0
    next_km: float = 2.5


def doubtful_sizes(
    sorted_out: pd.DataFrame,
    *,
    settlement: xr.DataArray,
    agglomerations: pd.DataFrame,
    year: int,
    bounds: Bounds | None = None,
) -> pd.DataFrame:
    """List the kept places whose population may not be that of a city, with what says so.

    Parameters
    ----------
    sorted_out : pandas.DataFrame
        From `geonames.sort_out`.
    settlement : xarray.DataArray, (y, x)
        Classes of the Degree of Urbanisation, level 2, in a metric system; 30 is urban centre.
    agglomerations : pandas.DataFrame
        Like ``vn_wup2018_agglomerations``.
    year : int
        The year of it to compare with.
    bounds : Bounds, optional

    Returns
    -------
    pandas.DataFrame, one row per place and check, largest places first
        ``geonameid, name, population, check, found``.

    Raises
    ------
    PlaceTableError
        A year that the agglomerations do not have.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> from hanoi_analytics.urbanisation.geonames import sort_out
    >>> found = doubtful_sizes(
    ...     sort_out(catalogue.load("vn_geonames_places")),
    ...     settlement=catalogue.load("vn_degree_of_urbanisation_2025"),
    ...     agglomerations=catalogue.load("vn_wup2018_agglomerations"), year=2020,
    ... )
    >>> found.loc[found["name"] == "Bắc Quang", "check"].tolist()
    ['above the nearest seat', 'no urban centre']
    """
    bounds = Bounds() if bounds is None else bounds
    kept = sorted_out[sorted_out["kept"]]
    large = kept[kept["population"] >= bounds.least_people]
    un = agglomerations[agglomerations["year"] == year]
    if un.empty:
        years = sorted(set(agglomerations["year"]))
        raise PlaceTableError(f"no agglomerations in {year}; expected one of {years}")
    found = {
        "township": _townships(large, bounds),
        "above the nearest seat": _above_seat(large, sorted_out),
        "unlike the agglomeration": _unlike(large, un, bounds),
        "no urban centre": _without_centre(large, settlement, bounds),
        "two in one place": _next_to_another(large, bounds),
        "round number": _round(large),
    }
    facts = large[_COLUMNS[:3]].T.to_dict("list")
    rows = [
        (*facts[row], check, text) for check, texts in found.items() for row, text in texts.items()
    ]
    result = pd.DataFrame(rows, columns=_COLUMNS)
    result = result.sort_values("population", ascending=False, kind="stable", ignore_index=True)
    origins = (sorted_out, settlement, agglomerations)
    result.attrs["sources"] = [item.attrs["source"] for item in origins if "source" in item.attrs]
    return result


def _townships(places: pd.DataFrame, bounds: Bounds) -> Texts:
    called = places["name"].str.lower().str.startswith("thị trấn ")
    rows = places.index[called & (places["population"] > bounds.township_people)]
    return dict.fromkeys(rows, f"called a township; few have {bounds.township_people:,} people")


def _above_seat(places: pd.DataFrame, table: pd.DataFrame) -> Texts:
    seats = _seats(table)
    texts = {}
    for row, place in places.drop(index=seats.index, errors="ignore").iterrows():
        same = seats[seats["admin1code"] == place["admin1code"]]
        if same.empty:
            continue
        away_km = distances_km(place["longitude"], place["latitude"], same)
        seat = same.iloc[int(away_km.argmin())]
        if place["population"] > seat["population"]:
            people = f"{seat['population']:,} people"
            texts[row] = f"larger than the nearest provincial seat, {seat['name']}, {people}"
    return texts


def _seats(table: pd.DataFrame) -> pd.DataFrame:
    """Find the rows of the provincial seats, by name and province, the largest of each name."""
    provinces = old_provinces()
    wanted = {
        (plain_name(SEATS.get(code, name)), new_code)
        for code, name, new_code in zip(
            provinces["code"], provinces["name"], provinces["new_code"], strict=True
        )
    }
    known = table[table["population"].notna()]
    keys = zip(known["name"].map(plain_name), known["admin1code"], strict=True)
    rows = known[[key in wanted for key in keys]]
    return rows[
        ~rows.assign(plain=rows["name"].map(plain_name)).duplicated(["plain", "admin1code"])
    ]


def _unlike(places: pd.DataFrame, un: pd.DataFrame, bounds: Bounds) -> Texts:
    texts = {}
    for _, city in un.iterrows():
        away_km = distances_km(city["longitude"], city["latitude"], places)
        people = places["population"][away_km <= 10].astype(float)
        if people.empty:
            continue
        quotient = people.max() / (1000 * city["population_thousand"])
        if max(quotient, 1 / quotient) > bounds.agglomeration_factor:
            of = f"the United Nations' figure for {city['name']}"
            texts[people.idxmax()] = f"{quotient:.1f} times {of}"
    return texts


def _without_centre(places: pd.DataFrame, settlement: xr.DataArray, bounds: Bounds) -> Texts:
    rows, columns = np.nonzero(settlement.to_numpy() == _URBAN_CENTRE)
    to_degrees = Transformer.from_crs(settlement.rio.crs, "EPSG:4326", always_xy=True)
    x, y = settlement["x"].to_numpy()[columns], settlement["y"].to_numpy()[rows]
    centres = cKDTree(_geocentric_km(*to_degrees.transform(x, y)))
    away_km, _ = centres.query(
        _geocentric_km(places["longitude"].to_numpy(), places["latitude"].to_numpy())
    )
    text = "nearest urban centre of the settlement grid {:.0f} km away"
    pairs = zip(places.index, away_km, strict=True)
    return {row: text.format(km) for row, km in pairs if km > bounds.centre_km}


def _geocentric_km(longitude: Floats, latitude: Floats) -> Floats:
    """Return points in space, between which straight lines are as long as near distances."""
    to_space = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    points = to_space.transform(longitude, latitude, np.zeros_like(longitude))
    return np.column_stack(points) / 1000


def _next_to_another(places: pd.DataFrame, bounds: Bounds) -> Texts:
    texts = {}
    for row, place in places.iterrows():
        others = places.drop(index=[row])
        away_km = distances_km(place["longitude"], place["latitude"], others)
        if away_km.min(initial=np.inf) < bounds.next_km:
            closest = others.iloc[int(away_km.argmin())]
            texts[row] = f"{away_km.min():.1f} km from {closest['name']}"
    return texts


def _round(places: pd.DataFrame) -> Texts:
    rows = places.index[places["population"] % 1000 == 0]
    return dict.fromkeys(rows, "in whole thousands: an estimate, not a count")
