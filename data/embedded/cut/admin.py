"""Administrative units: Hanoi's wards and old units, the provinces, and what became what."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from pyproj import Transformer

from cut.errors import CutError

DATABASE = "vietnamadminunits/data/dataset.db"
CONVERTER = "vietnamadminunits/data/converter_2025.json"
NODES = "starsim_data/data/nodes.h5"
ADJACENCY = "starsim_data/data/adjacency.h5"
METRIC = "EPSG:32648"
HANOI = "01"
HANOI_KEY = "thanhphohanoi"
# Whole Hanoi lies inside, with less than 2 km to spare: west, south, east, north, in degrees.
HANOI_EXTENT = (105.27, 20.55, 106.04, 21.40)
# Sums of the package's ward areas that stray more than this from the area of the province's
# outline are flagged.
AREA_TOLERANCE = 0.05
BOUNDS = r"^([\d.]+),([\d.]+) – ([\d.]+),([\d.]+)$"


def read_table(database: Path, table: str) -> pd.DataFrame:
    """Read a whole table of the package's SQLite database."""
    connection = sqlite3.connect(database)
    try:
        return pd.read_sql_query(f"select * from {table}", connection)  # noqa: S608 (fixed names)
    finally:
        connection.close()


def read_json(path: Path) -> Any:
    """Read a JSON file as UTF-8."""
    return json.loads(path.read_text(encoding="utf-8"))


def hanoi_wards(units: pd.DataFrame) -> pd.DataFrame:
    """Hanoi's 126 wards and communes since 1 July 2025, by code."""
    wards = units[units["provinceCode"] == HANOI].sort_values("wardCode")
    return pd.DataFrame(
        {
            "code": wards["wardCode"],
            "name": wards["wardShort"],
            "type": wards["wardType"],
            "latitude": wards["wardLat"].round(6),
            "longitude": wards["wardLon"].round(6),
            "area_km2": wards["wardAreaKm2"].round(2),
        }
    )


def crosswalk(units: pd.DataFrame, old_units: pd.DataFrame, converter: Any) -> pd.DataFrame:
    """The pairs (old unit, new ward) of Hanoi that the package publishes, by code.

    `is_default` marks the ward that takes an address of an old unit when nothing finer is known;
    an undivided unit has one pair, which is the default.
    """
    new = units[units["provinceCode"] == HANOI].set_index("wardKey")["wardCode"]
    old = old_units[old_units["provinceCode"] == HANOI]
    keys = old["provinceKey"] + "_" + old["districtKey"] + "_" + old["wardKey"]
    code_of = dict(zip(keys, old["wardCode"], strict=True))
    whole = converter["DICT_PROVINCE_WARD_NO_DIVIDED"][HANOI_KEY]
    divided = converter["DICT_PROVINCE_WARD_DIVIDED"][HANOI_KEY]
    try:
        pairs = [(code_of[k], new[ward], True) for ward, ks in whole.items() for k in ks]
        pairs += [
            (code_of[k], new[part["newWardKey"]], bool(part["isDefaultNewWard"]))
            for k, parts in divided.items()
            for part in parts
        ]
    except KeyError as error:
        raise CutError(f"{CONVERTER} names the unit {error}, which {DATABASE} lacks") from error
    table = pd.DataFrame(pairs, columns=["old_code", "new_code", "is_default"])
    return table.sort_values(["old_code", "new_code"])


def with_boxes(old_units: pd.DataFrame) -> pd.DataFrame:
    """Old units that have a code, with their bounding box as south, west, north and east."""
    units = old_units[old_units["wardCode"].notna()].sort_values("wardCode")
    boxes = units["wardBounds"].str.extract(BOUNDS).astype(float)
    boxes.columns = pd.Index(["south", "west", "north", "east"])
    if boxes.isna().to_numpy().any():
        broken = units.loc[boxes.isna().any(axis=1), "wardBounds"].tolist()
        raise CutError(f"wardBounds {broken[:3]} is not of the form 'lat,lon – lat,lon'")
    return units.join(boxes)


def hanoi_old_units(boxed: pd.DataFrame, wards: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Hanoi's 526 units before 1 July 2025, by code, with a verdict on their position."""
    units = boxed[boxed["provinceCode"] == HANOI]
    return pd.DataFrame(
        {
            "code": units["wardCode"],
            "name": units["wardShort"],
            "type": units["wardType"],
            "district_code": units["districtCode"],
            "district": units["districtShort"],
            "district_type": units["districtType"],
            "latitude": units["wardLat"].round(6),
            "longitude": units["wardLon"].round(6),
            **{side: units[side].round(6) for side in ("south", "west", "north", "east")},
            "position_status": _position_status(units, wards, pairs),
        }
    )


def _position_status(
    units: pd.DataFrame, wards: pd.DataFrame, pairs: pd.DataFrame
) -> "pd.Series[str]":
    """'ok', or the first rule that the centroid breaks. Nothing is mended."""
    lat, lon = units["wardLat"], units["wardLon"]
    west, south, east, north = HANOI_EXTENT
    in_box = lat.between(units["south"], units["north"]) & lon.between(units["west"], units["east"])
    in_hanoi = lat.between(south, north) & lon.between(west, east)
    shared = units.duplicated(["wardLat", "wardLon"], keep=False)
    status = pd.Series("ok", index=units.index)
    status[shared] = "centroid shared with another unit"
    status[_radii_from_heir(units, wards, pairs) > 2] = "centroid far from the wards that took over"
    status[~in_box] = "centroid outside its box"
    status[~in_hanoi] = "centroid outside Hanoi"
    return status


def _radii_from_heir(
    units: pd.DataFrame, wards: pd.DataFrame, pairs: pd.DataFrame
) -> "pd.Series[float]":
    """Distance to the nearest ward that took the unit over, in radii of that ward's disc."""
    to_metres = Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)
    old_x, old_y = to_metres.transform(units["wardLon"].to_numpy(), units["wardLat"].to_numpy())
    new_x, new_y = to_metres.transform(wards["longitude"].to_numpy(), wards["latitude"].to_numpy())
    old = pd.DataFrame({"x": old_x, "y": old_y}, index=units["wardCode"])
    new = pd.DataFrame({"x": new_x, "y": new_y}, index=wards["code"])
    new["radius"] = np.sqrt(wards["area_km2"].to_numpy() * 1e6 / np.pi)
    a, b = old.loc[pairs["old_code"]], new.loc[pairs["new_code"]].to_numpy()
    radii = np.hypot(a["x"] - b[:, 0], a["y"] - b[:, 1]) / b[:, 2]
    nearest = radii.groupby(level=0).min()
    return pd.Series(nearest.loc[units["wardCode"]].to_numpy(), index=units.index)


def provinces(units: pd.DataFrame, nodes: Path, adjacency: Path) -> pd.DataFrame:
    """The 34 provinces and cities since 1 July 2025, by code."""
    counts = pd.crosstab(units["provinceCode"], units["wardType"])
    table = _province_heads(units)
    table["area_km2"] = units.groupby("provinceCode")["wardAreaKm2"].sum().round(2)
    table["communes"] = counts["Xã"]
    table["wards"] = counts["Phường"]
    table["special_zones"] = counts["Đặc khu"]
    outlines = _outlines(nodes, adjacency)
    if set(outlines.index) != set(table.index):
        raise CutError(f"{NODES} and {DATABASE} have not the same provinces")
    table = table.join(outlines)
    off = (table["area_km2"] / table["outline_area_km2"] - 1).abs() > AREA_TOLERANCE
    lacking = units.loc[units["wardAreaKm2"].isna(), "provinceCode"]
    table["area_status"] = "ok"
    table.loc[off, "area_status"] = "differs from the outline by more than 5 %"
    table.loc[lacking, "area_status"] = "a unit without area is left out"
    return table.reset_index(names="code")


def old_provinces(old_units: pd.DataFrame, units: pd.DataFrame, converter: Any) -> pd.DataFrame:
    """The 63 provinces and cities before 1 July 2025, by code, with the one each is now part of."""
    table = _province_heads(old_units)
    key_of = old_units.groupby("provinceCode")["provinceKey"].first()
    new_code = units.groupby("provinceKey")["provinceCode"].first()
    heir = {old: new_code[new] for new, olds in converter["DICT_PROVINCE"].items() for old in olds}
    table["new_code"] = key_of.map(heir)
    if table["new_code"].isna().any():
        raise CutError(f"{CONVERTER} has no new province for {table.index[table.new_code.isna()]}")
    table["communes"] = old_units.groupby("provinceCode")["wardCode"].count()
    return table.reset_index(names="code")


def _province_heads(units: pd.DataFrame) -> pd.DataFrame:
    """Name, type and position of each province, by code."""
    first = units.groupby("provinceCode").first()
    short = first["provinceShort"]
    kinds = [
        full.removesuffix(name).strip() for full, name in zip(first["province"], short, strict=True)
    ]
    return pd.DataFrame(
        {
            "name": short,
            "type": kinds,
            "latitude": first["provinceLat"].round(6),
            "longitude": first["provinceLon"].round(6),
        }
    )


def _outlines(nodes: Path, adjacency: Path) -> pd.DataFrame:
    """Area of the outline, population in 2020 and neighbours, by province code."""
    with h5py.File(nodes) as store:
        rows = store["Vietnam"][:]
    with h5py.File(adjacency) as store:
        edges = store["Vietnam"][:]
    rows = rows[rows["level"] == 1]
    code_of = {
        int(number): pcode.decode().removeprefix("VN")
        for number, pcode in zip(rows["nodeid"], rows["pcode"], strict=True)
    }
    near: dict[str, set[str]] = {code: set() for code in code_of.values()}
    for _level, first, second in edges[edges[:, 0] == 1].tolist():
        a, b = code_of[first], code_of[second]
        near[a].add(b)
        near[b].add(a)
    codes = list(code_of.values())
    return pd.DataFrame(
        {
            "outline_area_km2": rows["area_km2"].astype(float).round(1),
            "population_2020": rows["population"].round().astype(int),
            "neighbours": [" ".join(sorted(near[code])) for code in codes],
        },
        index=codes,
    )
