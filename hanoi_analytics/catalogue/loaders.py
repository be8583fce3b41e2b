"""One reader per file format. Text stays text here; types come from the schema."""

from __future__ import annotations

import gzip
import json
import re
import warnings
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
        with warnings.catch_warnings():
            # Rows that are longer than the line of names would lose their last fields.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                dtype="str",
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                **{"index_col": False, **options},
            )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = _not_utf8(path) or _in_words(str(error))
        raise UnreadableFileError(f"{path.name}: not a UTF-8 CSV table: {reason}") from error
    except pd.errors.EmptyDataError as error:
        raise UnreadableFileError(
            f"{path.name}: not a UTF-8 CSV table: the file is empty; expected a line of names"
        ) from error
    return cast("pd.DataFrame", frame)


def _not_utf8(path: Path) -> str:
    """Say in which line a file stops being UTF-8, or nothing."""
    content = _content(path)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        likely = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "Windows-1258 or 1252"
        return (
            f"line {line} is not UTF-8 but perhaps {likely}; in Excel, save it as 'CSV UTF-8', "
            f"elsewhere choose UTF-8"
        )
    return ""


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _in_words(message: str) -> str:
    """Say what pandas' parser met, with the line as an editor counts it."""
    if fields := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        expected, line, found = fields.groups()
        return (
            f"line {line}: expected {expected} fields as in the line of names, found {found}; "
            "a value with a comma needs quotes"
        )
    if opened := re.search(r"EOF inside string starting at row (\d+)", message):
        return f"line {int(opened[1]) + 1}: a quotation mark is opened and never closed"
    if "Length of header" in message:
        return "lines have more fields than the line of names: is a title above it?"
    return message.strip()


def read_own(path: Path, options: Options) -> tuple[Any, int]:
    """Read a file of a user's own, with the number that its first row has for them.

    A CSV is separated as its first line is; of text tables and workbooks, rows without any value
    are left out, and the index keeps the place of the others.

    Returns
    -------
    data and int
        2 where the line of names is row 1, as in a spreadsheet; 1 where names are no row.
    """
    loader = loader_for(path)
    if loader == "csv":
        options = {"skip_blank_lines": False, "sep": separator(path), **options}
    data = read(loader, path, options)
    if not isinstance(data, pd.DataFrame):
        return data, 1
    if loader in ("csv", "excel"):
        return data.dropna(how="all"), 2
    return data.reset_index(drop=True), 1


def separator(path: Path) -> str:
    """Return the sign that parts the first line of a text table: comma, semicolon, tab or bar."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        first = stream.readline(65536).decode("utf-8", "replace")
    return max(",;\t|", key=first.count)


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
        reason = str(error).partition(";")[0].replace(str(path), path.name)
        raise UnreadableFileError(f"{path.name}: not a vector file: {reason}") from error


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
    ".zip": "geojson",
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
        several = "a shapefile is several files: put them into one .zip; " * (suffix == ".shp")
        raise UnreadableFileError(
            f"{path.name}: no reader for {path.suffix or 'a file without suffix'}; {several}"
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
    except (TypeError, ValueError, OSError) as error:
        reason = str(error).replace(str(path), path.name)
        raise UnreadableFileError(f"{path.name}: cannot be read as {loader}: {reason}") from error


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
