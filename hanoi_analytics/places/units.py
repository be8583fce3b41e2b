"""Administrative units of Hanoi and Viet Nam, before and after the reform of 1 July 2025."""

from __future__ import annotations

from typing import Any, Literal, cast

import geopandas as gpd
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.errors import HanoiError
from hanoi_analytics.places.names import join_key

Geometry = Literal["best", "polygons", "approximate"]


class PlacesError(HanoiError):
    """Units, names or codes do not fit together."""


def wards(geometry: Geometry = "best", *, figures: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the 126 wards and communes of Hanoi since 1 July 2025.

    Parameters
    ----------
    geometry : {"best", "polygons", "approximate"}
        ``polygons`` are the mapped boundaries of the remote tier; ``approximate`` are cells built
        from centroids and official areas; ``best`` takes polygons where they are on this machine.
    figures : pandas.DataFrame, optional
        Your own table of all 126 units, like ``hanoi_wards_2025`` and loaded by
        ``catalogue.load_own``; by default that dataset.

    Returns
    -------
    geopandas.GeoDataFrame, 126 rows, EPSG:4326
        ``code, name, type, area_km2`` (official), ``population_people`` (official, 2025),
        ``density_people_per_km2``, ``geometry_kind`` ("polygon" or "approximate"), ``geometry``.
        ``attrs["source"]`` is the geometry's source and says what is approximate;
        ``attrs["sources"]`` holds that and the figures' source.

    Raises
    ------
    NotFetchedError
        For ``polygons`` that are not on this machine.
    PlacesError
        If the figures lack a unit or have one too many, naming the codes.

    Examples
    --------
    >>> units = wards("approximate")
    >>> units["type"].value_counts().to_dict()
    {'Xã': 75, 'Phường': 51}
    """
    if geometry not in ("best", "polygons", "approximate"):
        raise PlacesError(f"geometry {geometry!r}: expected 'best', 'polygons' or 'approximate'")
    figures = catalogue.load("hanoi_wards_2025") if figures is None else figures
    mapped = geometry == "polygons" or (
        geometry == "best" and catalogue.available("hanoi_ward_polygons_2025")
    )
    if mapped:
        shapes = catalogue.load("hanoi_ward_polygons_2025").rename(columns={"id": "code"})
    else:
        shapes = catalogue.load("hanoi_wards_approximate")
    unknown = sorted(set(figures["code"]) - set(shapes["code"]))
    missing = sorted(set(shapes["code"]) - set(figures["code"]))
    if unknown or missing:
        raise PlacesError(
            f"{figures.attrs['source']['id']}: expected the {len(shapes)} units of Hanoi since "
            f"July 2025; missing: {missing[:5] or 'none'} ({len(missing)}), unknown: "
            f"{unknown[:5] or 'none'} ({len(unknown)})"
        )
    units = figures[["code", "name", "type", "area_km2", "population_people"]].assign(
        density_people_per_km2=figures["population_people"] / figures["area_km2"],
        geometry_kind="polygon" if mapped else "approximate",
    )
    joined = gpd.GeoDataFrame(
        units.merge(shapes[["code", "geometry"]], on="code", how="left", validate="one_to_one"),
        geometry="geometry",
        crs=shapes.crs,
    )
    joined.attrs["source"] = shapes.attrs["source"]
    joined.attrs["sources"] = [shapes.attrs["source"], figures.attrs["source"]]
    return joined


def old_units() -> gpd.GeoDataFrame:
    """Return the 526 commune-level units of Hanoi up to 30 June 2025, as points.

    Returns
    -------
    geopandas.GeoDataFrame, 526 rows, EPSG:4326
        ``code, name, type, district_code, district``, bounding box ``south, west, north, east``
        in degrees, ``position_status``, and the centroid as ``geometry``.

    Examples
    --------
    >>> old_units()["type"].value_counts().to_dict()
    {'Xã': 345, 'Phường': 160, 'Thị trấn': 21}
    """
    return _points(catalogue.load("hanoi_old_units"))


def old_districts() -> pd.DataFrame:
    """Return the 30 districts that ended on 1 July 2025, with their number of units.

    Returns
    -------
    pandas.DataFrame, 30 rows
        ``district_code, district, units``.

    Examples
    --------
    >>> len(old_districts())
    30
    """
    units = catalogue.load("hanoi_old_units")
    districts = units.groupby(["district_code", "district"]).size().rename("units").reset_index()
    districts.attrs["source"] = units.attrs["source"]
    return districts


def provinces() -> gpd.GeoDataFrame:
    """Return the 34 provinces and cities since 1 July 2025, as points.

    Returns
    -------
    geopandas.GeoDataFrame, 34 rows, EPSG:4326
        With ``code, name, type, area_km2`` and the number of communes, wards and special zones.

    Examples
    --------
    >>> units = provinces()
    >>> int(units[["communes", "wards", "special_zones"]].to_numpy().sum())
    3321
    """
    return _points(catalogue.load("vn_provinces_2025"))


def old_provinces() -> gpd.GeoDataFrame:
    """Return the 63 provinces and cities up to 30 June 2025 with the code each went into.

    Examples
    --------
    >>> units = old_provinces()
    >>> len(units), units["new_code"].nunique()
    (63, 34)
    """
    return _points(catalogue.load("vn_provinces_old"))


def join_by_name(table: pd.DataFrame, units: pd.DataFrame, *, on: str = "name") -> pd.DataFrame:
    """Add the official code to a table that names units, whatever the spelling of tone marks.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column of names.
    units : pandas.DataFrame
        With ``code`` and ``name``, for example from `wards`.
    on : str
        The column of `table` that holds names.

    Returns
    -------
    pandas.DataFrame
        `table` with a column ``code``, same rows and order.

    Raises
    ------
    PlacesError
        A name that is no unit (with the closest one), or that several units share.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Hoà Xá", "BA ĐÌNH"]})
    >>> join_by_name(table, wards("approximate"))["code"].tolist()
    ['10417', '00004']
    """
    from hanoi_analytics.errors import nearest  # noqa: PLC0415

    if on not in table.columns:
        raise PlacesError(f"no column {on!r}; {nearest(on, map(str, table.columns))}")
    codes = units.groupby(units["name"].map(join_key))["code"].agg(list)
    found = table[on].map(join_key).map(codes)
    for row, name in table.loc[found.isna(), on].items():
        raise PlacesError(f"row {row}: no unit is named {name!r}; {nearest(name, units['name'])}")
    several = found.map(len) > 1
    if several.any():
        name = table.loc[several, on].iloc[0]
        raise PlacesError(
            f"{name!r} names {int(found[several].map(len).iloc[0])} units; join by code instead"
        )
    return table.assign(code=found.str[0])


def _points(units: pd.DataFrame) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(units["longitude"], units["latitude"])
    frame = gpd.GeoDataFrame(
        units.drop(columns=["longitude", "latitude"]), geometry=points, crs="EPSG:4326"
    )
    frame.attrs = cast("dict[Any, Any]", units.attrs)
    return frame
