"""The grid that scenes are laid on, and blocks of it that suit the files and the memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import rasterio
from odc.geo import CRS
from odc.geo.converters import rio_geobox
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry, box
from rasterio.errors import RasterioError

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.reading import HTTP_SETTINGS, unreadable

if TYPE_CHECKING:
    from hanoi_analytics.environment.land.sensors import Scene
    from hanoi_analytics.environment.land.stac import Bounds

# Dask begins the next block while it works on one.
_BLOCKS_HELD = 2
_BYTES_PER_OBSERVATION = 4


class Layout(NamedTuple):
    """The grid to load, rows and columns of it before what was asked for, and one block."""

    geobox: GeoBox
    north: int
    west: int
    chunk: tuple[int, int]


def laid_out(
    scenes: Sequence[Scene],
    bounds: Bounds,
    *,
    crs: str | None,
    resolution_m: float | None,
    memory_gb: float,
    skip_unreadable: bool,
) -> Layout:
    """Choose grid and blocks by what was asked for and by the head of one file."""
    source, block = _head(scenes, skip_unreadable)
    chosen = _in_metres(crs, scenes)
    if resolution_m is None and not source.crs.projected:
        raise EnvironmentDataError(f"the cells of {source.crs} are in degrees: say resolution_m")
    cell_m = source.resolution.x if resolution_m is None else resolution_m
    if cell_m <= 0:
        raise EnvironmentDataError(f"resolution_m={cell_m}: expected more than 0")
    own_grid = source.crs == chosen and math.isclose(source.resolution.x, cell_m)
    area = box(*bounds, "EPSG:4326").to_crs(chosen)
    north = west = 0
    if own_grid:
        geobox = _cells_over(area, source)
        if scenes[0].grid is not None and len({scene.grid for scene in scenes}) == 1:
            # All files are cut into the same blocks: begin where a block begins.
            column, row = ~source.transform * (geobox.transform * (0, 0))
            north, west = round(row) % block[0], round(column) % block[1]
            start = geobox.transform * rasterio.Affine.translation(-west, -north)
            geobox = GeoBox((geobox.shape.y + north, geobox.shape.x + west), start, chosen)
    else:
        geobox = GeoBox.from_geopolygon(area, cell_m, crs=chosen)
    factor = source.resolution.x / cell_m if source.crs.projected else 1.0
    unit = (max(1, round(block[0] * factor)), max(1, round(block[1] * factor)))
    times = len({scene.moment for scene in scenes})
    # The quality band is gone when the observations of a block stand together.
    stacked = times * (len(scenes[0].item.assets) - 1)
    cells = memory_gb * 1e9 / (_BLOCKS_HELD * _BYTES_PER_OBSERVATION * stacked)
    return Layout(geobox, north, west, chunk_shape(unit, geobox.shape.yx, cells))


def _cells_over(area: Geometry, source: GeoBox) -> GeoBox:
    """Return the cells of a grid, continued beyond its edges, that an area touches."""
    left, bottom, right, top = area.boundingbox
    first_column, first_row = map(math.floor, ~source.transform * (left, top))
    last_column, last_row = map(math.ceil, ~source.transform * (right, bottom))
    start = source.transform * rasterio.Affine.translation(first_column, first_row)
    return GeoBox((last_row - first_row, last_column - first_column), start, source.crs)


def chunk_shape(block: tuple[int, int], shape: tuple[int, int], cells: float) -> tuple[int, int]:
    """Return rows and columns of the largest chunk of whole blocks with at most so many cells.

    Where one block has more, it is halved: its file's blocks are then read several times.

    Examples
    --------
    >>> chunk_shape((512, 512), (2700, 3100), 600_000)
    (1024, 512)
    >>> chunk_shape((512, 512), (2700, 3100), 100_000)
    (256, 256)
    """
    rows, columns = min(block[0], shape[0]), min(block[1], shape[1])
    if rows * columns > cells:
        while rows * columns > max(cells, 1):
            rows, columns = (
                (-(-rows // 2), columns) if rows >= columns else (rows, -(-columns // 2))
            )
        return rows, columns
    while True:
        taller = (min(rows + block[0], shape[0]), columns)
        wider = (rows, min(columns + block[1], shape[1]))
        # The shorter side grows first: a square has the fewest neighbours for its size.
        ordered = (taller, wider) if rows <= columns else (wider, taller)
        larger = [c for c in ordered if c != (rows, columns) and c[0] * c[1] <= cells]
        if not larger:
            return rows, columns
        rows, columns = larger[0]


def _in_metres(crs: str | None, scenes: Sequence[Scene]) -> CRS:
    if crs is None:
        stated = sorted({scene.grid[0] if scene.grid else "not stated" for scene in scenes})
        if len(stated) > 1 or stated == ["not stated"]:
            raise EnvironmentDataError(
                f"the scenes' coordinate systems are {', '.join(stated)}: choose one by crs=, and "
                f"say by resampling= how cells are moved to it"
            )
        crs = stated[0]
    try:
        chosen = CRS(crs)
    except Exception as error:  # pyproj's error type is not odc-geo's to promise
        raise EnvironmentDataError(f"crs {crs!r} is not known: {error}") from error
    if not chosen.projected or chosen.units[0] not in {"metre", "meter", "m"}:
        raise EnvironmentDataError(f"crs {crs!r}: expected one in metres, such as 'EPSG:32648'")
    return chosen


def _head(scenes: Sequence[Scene], skip_unreadable: bool) -> tuple[Any, tuple[int, int]]:
    """Return grid and block (rows, columns) of the first file, or the first that can be opened."""
    own = rasterio.env.getenv() if rasterio.env.hasenv() else {}
    for scene in scenes:
        uri = next(iter(scene.item.assets.values())).href
        try:
            with rasterio.Env(**(HTTP_SETTINGS | own)), rasterio.open(uri) as file:
                return rio_geobox(file), file.block_shapes[0]
        except RasterioError as error:
            problem = unreadable(scene.item.id, uri, error)
            if not skip_unreadable:
                raise problem from error
    raise EnvironmentDataError(f"none of the {len(scenes)} scenes can be read; the last: {problem}")
