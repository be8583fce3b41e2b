"""One reader per file format. Text stays text here; types come from the schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from hanoi_analytics.catalogue.entries import CatalogueError
from hanoi_analytics.errors import HanoiError

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

Options = dict[str, Any]


class UnreadableFileError(CatalogueError):
    """A file is not of the format its name or entry says."""


def read_csv(path: Path, options: Options) -> pd.DataFrame:
    """Read a CSV file with every value as text; only an empty field is a missing value."""
    try:
        frame = pd.read_csv(
            path,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig",
            **options,
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableFileError(
            f"{path.name}: not a UTF-8 CSV table: {error}; in Excel, save it as 'CSV UTF-8'"
        ) from error
    return cast("pd.DataFrame", frame)


def read_excel(path: Path, options: Options) -> pd.DataFrame:
    """Read a worksheet; old .xls files need the extra ``excel``."""
    try:
        frame = pd.read_excel(path, **options)
    except ImportError as error:
        raise UnreadableFileError(
            f"{path.name}: reading it needs an extra: pip install 'hanoi-analytics[excel]'"
        ) from error
    return cast("pd.DataFrame", frame)


def read_parquet(path: Path, options: Options) -> pd.DataFrame:
    """Read a Parquet table."""
    try:
        return pd.read_parquet(path, **options)
    except ImportError as error:
        raise UnreadableFileError(
            f"{path.name}: reading it needs an extra: pip install 'hanoi-analytics[parquet]'"
        ) from error


def read_geojson(path: Path, options: Options) -> gpd.GeoDataFrame:
    """Read a GeoJSON (or any other vector) file with its coordinate system."""
    import geopandas as gpd  # noqa: PLC0415
    from pyogrio.errors import DataSourceError  # noqa: PLC0415

    try:
        return gpd.read_file(path, **options)
    except DataSourceError as error:
        raise UnreadableFileError(f"{path.name}: not a vector file: {error}") from error


def read_polygons_json(path: Path, options: Options) -> gpd.GeoDataFrame:
    """Read units whose ``polygons`` are lists of rings of longitude and latitude.

    The list is under the key ``options['records']``. A ring that lies inside another of the same
    unit is a hole, and a ring that crosses itself is mended (even-odd rule).
    """
    import geopandas as gpd  # noqa: PLC0415

    try:
        records = json.loads(path.read_text(encoding="utf-8"))[options["records"]]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UnreadableFileError(
            f"{path.name}: expected JSON with a list named {options.get('records')!r}: {error!r}"
        ) from error
    shapes = []
    for record in records:
        rings = [_closed(ring) for part in record["polygons"] for ring in _rings(part)]
        shapes.append(reduce(_even_odd, map(_polygonal, rings)))
    frame = pd.DataFrame(records).drop(columns=["polygons"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def read_raster(path: Path, options: Options) -> xr.DataArray:
    """Open a GeoTIFF, a NetCDF file or a Zarr store lazily, its cells as they are stored."""
    from hanoi_analytics.rasters import RasterError, open_raster  # noqa: PLC0415

    try:
        return open_raster(path, masked=False, **options)
    except RasterError as error:
        raise UnreadableFileError(f"{path.name}: not a raster: {error}") from error


READERS: dict[str, Callable[[Path, Options], Any]] = {
    "csv": read_csv,
    "excel": read_excel,
    "parquet": read_parquet,
    "geojson": read_geojson,
    "polygons_json": read_polygons_json,
    "geotiff": read_raster,
}

_SUFFIXES = {
    ".csv": "csv",
    ".xls": "excel",
    ".xlsx": "excel",
    ".parquet": "parquet",
    ".geojson": "geojson",
    ".gpkg": "geojson",
    ".tif": "geotiff",
    ".tiff": "geotiff",
    ".nc": "geotiff",
    ".zarr": "geotiff",
}


def loader_for(path: Path) -> str:
    """Name the reader for a file by its suffix."""
    suffix = ".csv" if path.name.lower().endswith(".csv.gz") else path.suffix.lower()
    try:
        return _SUFFIXES[suffix]
    except KeyError:
        raise UnreadableFileError(
            f"{path.name}: no reader for {path.suffix or 'a file without suffix'}; "
            f"expected one of {', '.join(_SUFFIXES)}"
        ) from None


def read(loader: str, path: Path, options: Options) -> Any:
    """Read a file with the named reader.

    Raises
    ------
    UnreadableFileError
        If the file is not of that format, or an option is not one of the reader's.
    """
    try:
        return READERS[loader](path, options)
    except HanoiError:
        raise
    except (TypeError, ValueError) as error:
        raise UnreadableFileError(f"{path.name}: cannot be read as {loader}: {error}") from error


def _rings(part: list[Any]) -> list[list[list[float]]]:
    """Accept both one ring per polygon and a list of rings per polygon."""
    return part if isinstance(part[0][0], list) else [part]


def _polygonal(ring: list[list[float]]) -> BaseGeometry:
    """Make a ring into valid polygons, without the lines and points that mending may leave."""
    from shapely import MultiPolygon, Polygon, get_parts, make_valid  # noqa: PLC0415

    return MultiPolygon(
        [p for p in get_parts(make_valid(Polygon(ring))) if p.geom_type == "Polygon"]
    )


def _even_odd(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    return one.symmetric_difference(other)


def _closed(ring: list[list[float]]) -> list[list[float]]:
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]
