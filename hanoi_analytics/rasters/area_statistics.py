"""Statistics of a raster in areas, block by block, with cells on a border counted in parts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import shapely
import xarray as xr
from dask.delayed import delayed
from exactextract import exact_extract  # type: ignore[import-untyped]
from exactextract.operation import Operation  # type: ignore[import-untyped]
from exactextract.raster import NumPyRasterSource  # type: ignore[import-untyped]
from rasterio import Affine
from rasterio.transform import array_bounds
from shapely import STRtree, box

from hanoi_analytics import cluster
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.errors import nearest
from hanoi_analytics.rasters.checks import (
    RasterError,
    has_shape,
    require_grid,
    require_polygons,
    require_same_crs,
    require_same_grid,
    without_missing,
)

log = logging.getLogger(__name__)

Statistic = Literal["mean", "sum", "count", "min", "max"]
_STATISTICS: tuple[str, ...] = get_args(Statistic)
# What is added up over blocks; the mean is the sum over the divisor: cells, or weights.
_PARTS = ("count", "sum", "min", "max", "divisor")
# Of one block: its first band, the rows of its areas, and what lies there by area, band and part.
Part = tuple[int, npt.NDArray[np.int64], npt.NDArray[np.float64]]


def zonal_stats(
    raster: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    key: str,
    stats: Sequence[Statistic] = ("mean", "sum", "count", "min", "max"),
    weights: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Return statistics of a raster in each area; the raster may be larger than memory.

    Parameters
    ----------
    raster : xarray.DataArray, (y, x) or (band, y, x)
        With coordinate system, and missing value known to ``.rio``. Its chunks are read once
        each, and none that no area touches.
    areas : geopandas.GeoDataFrame
        Polygons in the raster's coordinate system; they may overlap.
    key : str
        Column that names the areas; unique.
    stats : sequence of {"mean", "sum", "count", "min", "max"}
        A cell on the border of an area counts by the part of it that lies inside; ``count`` is how
        many cells with a value those are, and ``min`` and ``max`` are of every cell touched.
    weights : xarray.DataArray, (y, x), optional
        On the grid of `raster`, such as people per cell: ``mean`` is then Σwv/Σw and ``sum`` Σwv.
        A missing weight counts as none.

    Returns
    -------
    pandas.DataFrame
        One row per area in the order of `areas`, indexed by `key`, one column per statistic. Of a
        raster with several bands one row per band and area, indexed by both. ``attrs`` hold the
        sources of what went in, and ``areas_without_values``: how many areas have a missing mean
        in every band, because no cell with a value (or weight) lies in them.

    Raises
    ------
    RasterError
        Different or no coordinate systems, another grid of the weights, no or a rotated grid,
        shapes that are no polygons, a key that is not unique, or an unknown statistic.

    Notes
    -----
    In degrees all cells count alike, though those farther north are smaller.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> people = catalogue.load("hanoi_population_grid_simulated")
    >>> wards = places.wards("approximate").to_crs(people.rio.crs)
    >>> found = zonal_stats(people, wards, key="code", stats=("sum",))
    >>> round(float(found["sum"].sum() / people.sum()), 2)
    1.0
    """
    unknown = [str(one) for one in stats if one not in _STATISTICS]
    if unknown or not stats:
        hint = nearest(unknown[0] if unknown else "", _STATISTICS)
        raise RasterError(f"stats={stats!r}: {hint}")
    require_grid(raster, "raster")
    require_same_crs(raster, areas)
    require_polygons(areas, key)
    if weights is not None:
        require_same_grid(raster, weights, names=("raster", "weights"))
    layers = raster if raster.ndim == 3 else raster.expand_dims("band")
    jobs = [
        delayed(block.part)(cells, weight) for block, cells, weight in _jobs(layers, areas, weights)
    ]
    merged = _merged(cluster.compute(*jobs), (len(areas), layers.shape[0]))
    table = _table(merged, layers, areas[key], raster.ndim == 3)[list(stats)]
    empty = int((merged["divisor"] == 0).all(axis=1).sum())
    if empty:
        log.info("%d of %d areas hold no cell with a value", empty, len(areas))
    table.attrs["areas_without_values"] = empty
    used = [areas] if weights is None else [areas, weights]
    table.attrs.update(sources_of(raster.attrs, *(one.attrs for one in used)))
    return table


def _jobs(
    layers: xr.DataArray, areas: gpd.GeoDataFrame, weights: xr.DataArray | None
) -> Iterator[tuple[_Block, Any, Any]]:
    """Give each block that areas touch, with its cells and weights, still to be read."""
    lazy = layers if layers.chunks else layers.chunk()
    blocks = lazy.data.to_delayed()
    heavy = None if weights is None else _weight_blocks(weights, lazy)
    rows = np.flatnonzero(has_shape(areas))
    shapes = _one_kind(areas.geometry.to_numpy()[rows])
    tree, nodata, system = STRtree(shapes), layers.rio.nodata, layers.rio.crs.to_wkt()
    starts = [np.cumsum([0, *sizes]).tolist() for sizes in lazy.data.chunks]
    for band, down, across in np.ndindex(blocks.shape):
        corner = layers.rio.transform() * Affine.translation(starts[2][across], starts[1][down])
        sizes = lazy.data.chunks[1][down], lazy.data.chunks[2][across]
        bounds = array_bounds(*sizes, transform=corner)
        near = tree.query(box(*bounds), predicate="intersects")
        if near.size:
            weight = None if heavy is None else heavy[down, across]
            places = rows[near], shapes[near]
            block = _Block(starts[0][band], bounds, system, nodata, *places)
            yield block, blocks[band, down, across], weight


def _one_kind(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return all shapes as multipolygons: exactextract takes one kind only."""
    parts, which = shapely.get_parts(shapes, return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=which))


def _weight_blocks(weights: xr.DataArray, layers: xr.DataArray) -> npt.NDArray[Any]:
    """Return blocks of weights under those of the raster, none where they are missing."""
    filled = without_missing(weights).fillna(0)
    filled = filled.chunk({dim: layers.chunksizes[dim] for dim in ("y", "x")})
    blocks: npt.NDArray[Any] = filled.data.to_delayed()
    return blocks


@dataclass(frozen=True)
class _Block:
    """One block of the raster, and the areas that may touch it."""

    band: int
    bounds: tuple[float, float, float, float]
    system: str
    nodata: float | None
    rows: npt.NDArray[np.int64]
    shapes: npt.NDArray[Any]

    def part(self, cells: npt.NDArray[Any], weight: npt.NDArray[Any] | None) -> Part:
        """Return what lies in the areas, for each band of the block."""
        # exactextract does not keep what it reads from alive.
        sources = [self._sources(number, layer, weight) for number, layer in enumerate(cells)]
        kinds = {"divisor": "count" if weight is None else "sum"}
        operations = [
            Operation(kinds.get(part, part), f"{number} {part}", source)
            for number, of_layer in enumerate(sources)
            for part, source in of_layer.items()
        ]
        found = exact_extract(
            [source for of_layer in sources for source in of_layer.values()],
            gpd.GeoDataFrame({"row": self.rows}, geometry=self.shapes, crs=self.system),
            operations,
            include_cols=["row"],
            # Reads the block once for all areas: half the time of one area after another.
            strategy="raster-sequential",
            max_cells_in_memory=cells[0].size,
            output="pandas",
        )
        names = [f"{number} {part}" for number in range(len(cells)) for part in _PARTS]
        amounts = found[names].to_numpy("float64").reshape(len(found), len(cells), len(_PARTS))
        return self.band, found["row"].to_numpy(), amounts

    def _sources(
        self, number: int, cells: npt.NDArray[Any], weight: npt.NDArray[Any] | None
    ) -> dict[str, NumPyRasterSource]:
        """Return what each part is taken from."""
        nodata = None if self.nodata is None else cells.dtype.type(self.nodata).item()
        sources = dict.fromkeys(_PARTS, self._source(f"{number}", cells, nodata))
        if weight is not None:
            known = ~np.isnan(cells) & (cells != nodata)
            amounts = np.where(known, cells, 0).astype("float64") * weight
            sources["sum"] = self._source(f"{number} sum", amounts)
            sources["divisor"] = self._source(f"{number} divisor", known * weight.astype("float64"))
        return sources

    def _source(
        self, name: str, cells: npt.NDArray[Any], nodata: float | None = None
    ) -> NumPyRasterSource:
        # By its name exactextract tells one source from another.
        return NumPyRasterSource(cells, *self.bounds, nodata=nodata, name=name, srs_wkt=self.system)


def _merged(parts: Iterable[Part], shape: tuple[int, int]) -> dict[str, npt.NDArray[np.float64]]:
    """Put together what lies in each area and band, from all blocks."""
    neutral = {"divisor": 0.0, "count": 0.0, "sum": 0.0, "min": np.inf, "max": -np.inf}
    whole = {part: np.full(shape, neutral[part]) for part in _PARTS}
    join = dict.fromkeys(_PARTS, np.add) | {"min": np.fmin, "max": np.fmax}
    for band, rows, values in parts:
        place = rows[:, None], np.arange(band, band + values.shape[1])
        for column, part in enumerate(_PARTS):
            # An area without a cell in the block has no sum there.
            more = np.nan_to_num(values[:, :, column], nan=neutral[part])
            whole[part][place] = join[part](whole[part][place], more)
    return whole


def _table(
    merged: dict[str, npt.NDArray[np.float64]],
    layers: xr.DataArray,
    names: pd.Series[Any],
    several: bool,
) -> pd.DataFrame:
    """Return one row per area, or per band and area."""
    dim = str(layers.dims[0])
    bands = layers[dim].to_numpy() if dim in layers.coords else np.arange(layers.shape[0])
    index = pd.MultiIndex.from_product([bands, names], names=[dim, names.name])
    columns = {part: values.T.ravel() for part, values in merged.items()}
    table = pd.DataFrame(columns, index=index if several else pd.Index(names, name=names.name))
    table["mean"] = table["sum"] / table["divisor"].where(table["divisor"] > 0)
    table.loc[table["count"] == 0, ["sum", "min", "max"]] = np.nan
    return table
