"""Coverage by hexagons of the H3 grid, as regulators publish it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from dask.base import compute
from dask.delayed import delayed
from pyproj import Transformer
from rasterio.transform import Affine, array_bounds

from hanoi_analytics import rasters
from hanoi_analytics.coverage.checks import CoverageError

Array = npt.NDArray[Any]
_DEGREES = "EPSG:4326"
_NEEDED = {"level_dbm", "server", "area", "probability"}
_MOST = 2_000_000
# The sides of still larger hexagons, parts of great circles, are not straight on the map.
_COARSEST = 4
_SIDE = 1024


def hexagons(
    signal: xr.Dataset, people: xr.DataArray | None = None, *, resolution: int = 9
) -> gpd.GeoDataFrame:
    """Sum a coverage map up by hexagons of the H3 grid.

    A cell counts in the hexagon that its centre lies in, with all people on it, so that sums over
    hexagons are sums over the map. Cells outside the map's areas count in none.

    Parameters
    ----------
    signal : xarray.Dataset, (y, x)
        From :func:`best_server.signal_map`, lazy or not; it is worked through block by block.
    people : xarray.DataArray, (y, x), optional
        People per cell of any grid; moved to the map's cells by overlap.
    resolution : int
        Of H3, 4 to 15. At 9, the one regulators use, a hexagon has about 0.1 km².

    Returns
    -------
    geopandas.GeoDataFrame, EPSG:4326
        One row for each hexagon with a cell in the areas, and each threshold: ``h3``,
        ``threshold_dbm``, ``share_of_area`` (mean probability of coverage over those cells),
        ``share_inside`` (how much of the hexagon lies in the areas), ``level_dbm`` (mean of the
        levels in dBm where a sector is heard), ``server`` (the most common strongest sector, as
        row of the sector table; -1 for none) and, if given, ``people`` and ``people_covered``.

    Raises
    ------
    CoverageError
        Another resolution, more than two million hexagons, layers or sources that are missing,
        or no cell in any area.

    Notes
    -----
    Source: Federal Communications Commission, Broadband Data Collection, which shows mobile
    coverage by H3 hexagons of resolution 9.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> from hanoi_analytics.coverage.best_server import signal_map
    >>> sectors = catalogue.load("hanoi_network_simulated").query("operator == 'MobiFone'")
    >>> signal = signal_map(sectors, places.wards("approximate").iloc[:1], resolution_m=50)
    >>> found = hexagons(signal)
    >>> found.loc[0, "h3"][:2], bool(found["share_inside"].between(0, 1).all())
    ('89', True)
    """
    _check(signal, resolution)
    sources = list(signal.attrs["sources"])
    layers = {name: signal[name].data for name in sorted(_NEEDED)}
    if people is not None:
        layers["people"] = _people_on(signal, people)
        sources.append(people.attrs["source"])
    sums, servers = _summed(signal, layers, resolution)
    inside = sums[sums["inside"] > 0]
    if inside.empty:
        raise CoverageError("no cell of the map lies in any area: there is nothing to sum up")
    found = _table(inside, _most_common(servers), signal)
    found.attrs = {**signal.attrs, "sources": sources}
    return found


def _check(signal: xr.Dataset, resolution: int) -> None:
    if isinstance(resolution, bool) or resolution not in range(_COARSEST, 16):
        raise CoverageError(
            f"resolution={resolution}: expected {_COARSEST} (1,800 km² a hexagon) to 15 (1 m²); "
            f"regulators take 9"
        )
    if "sources" not in signal.attrs:
        raise CoverageError("the map has lost attrs['sources']; expected one by signal_map")
    missing = sorted(_NEEDED - set(signal.data_vars))
    if missing:
        raise CoverageError(f"the map has no layer {missing[0]!r}; expected one by signal_map")
    cell_m2 = abs(signal.rio.transform().determinant)
    count = signal["area"].size * cell_m2 / h3.average_hexagon_area(resolution, "m^2")
    if count > _MOST:
        raise CoverageError(
            f"resolution={resolution}: about {count:,.0f} hexagons over the map are more than "
            f"{_MOST:,}; take a coarser resolution or fewer areas"
        )


def _people_on(signal: xr.Dataset, people: xr.DataArray) -> Array:
    like = xr.zeros_like(signal["area"], dtype="float32")
    moved: Array = np.nan_to_num(rasters.resample_sum(people, like=like).to_numpy())
    return moved


def _summed(
    signal: xr.Dataset, layers: dict[str, Any], resolution: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sums for each hexagon, and how many cells each sector serves in each."""
    grid = signal["area"]
    grid = grid if grid.chunks else grid.chunk({"y": _SIDE, "x": _SIDE})
    corner, system = signal.rio.transform(), signal.rio.crs
    parts, top = [], 0
    for height in grid.chunksizes["y"]:
        left = 0
        for width in grid.chunksizes["x"]:
            here = slice(top, top + height), slice(left, left + width)
            block = {name: layer[(..., *here)] for name, layer in layers.items()}
            place = corner * Affine.translation(left, top)
            parts.append(delayed(_block, nout=2)(block, place, system, resolution))
            left += width
        top += height
    found = compute(*parts)
    sums = pd.concat([sums for sums, _ in found]).groupby(level=0).sum()
    return sums, pd.concat([servers for _, servers in found])


def _block(
    block: dict[str, Array], corner: Affine, system: Any, resolution: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sums and the servers of one block."""
    shape = block["area"].shape
    names = _near(array_bounds(*shape, transform=corner), system, resolution)
    at = rasters.burn(_numbered(_outlines(names, system)), shape=shape, transform=corner)
    inside = block["area"] >= 0
    level, server, where = block["level_dbm"][inside], block["server"][inside], at[inside]
    heard = server >= 0

    def total(of: Array, weights: Array | None = None) -> Array:
        return np.bincount(of, weights, minlength=len(names))

    sums = {
        "cells": total(at.ravel()),
        "inside": total(where),
        "heard": total(where[heard]),
        "level": total(where[heard], level[heard]),
    }
    people = block["people"][inside] if "people" in block else None
    if people is not None:
        sums["people"] = total(where, people)
    for t, chance in enumerate(block["probability"][:, inside]):
        sums[f"covered {t}"] = total(where, chance)
        if people is not None:
            sums[f"people covered {t}"] = total(where, chance * people)
    serving = pd.DataFrame({"h3": names[where[heard]], "server": server[heard]})
    table = pd.DataFrame(sums, index=names)
    return table[table["cells"] > 0], serving.value_counts().reset_index(name="cells")


def _near(bounds: tuple[float, float, float, float], system: Any, resolution: int) -> Array:
    """Return all hexagons that may touch a box."""
    edge_m = h3.average_hexagon_edge_length(resolution, "m")
    # Straight lines of the map are bent in degrees: a point every kilometre bends with them.
    ring = shapely.segmentize(shapely.box(*bounds).buffer(2 * edge_m), 1000.0)
    to_degrees = Transformer.from_crs(system, _DEGREES, always_xy=True)
    longitude, latitude = to_degrees.transform(*shapely.get_coordinates(ring).T)
    shape = h3.LatLngPoly(list(zip(latitude, longitude, strict=True)))
    return np.array(sorted(h3.h3shape_to_cells(shape, resolution)), np.uint64)


def _outlines(names: Array, system: Any) -> Array:
    """Return the shapes of hexagons in a coordinate system."""
    corners = [h3.cell_to_boundary(int(name)) for name in names]
    owner = np.repeat(np.arange(len(corners)), [len(ring) for ring in corners])
    latitude, longitude = np.concatenate(corners).T
    from_degrees = Transformer.from_crs(_DEGREES, system, always_xy=True)
    points = np.column_stack(from_degrees.transform(longitude, latitude))
    return np.asarray(shapely.polygons(shapely.linearrings(points, indices=owner)))


def _numbered(outlines: Array) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield shapes as rasterio takes them; it would ask shapely for each, five times slower."""
    points, owner = shapely.get_coordinates(outlines, return_index=True)
    # A hair larger, so that no cell's centre falls between two neighbours' rounded corners.
    points += 1e-7 * (points - shapely.get_coordinates(shapely.centroid(outlines))[owner])
    rings = np.split(points, np.flatnonzero(np.diff(owner)) + 1)
    for number, ring in enumerate(rings):
        yield {"type": "Polygon", "coordinates": [ring.tolist()]}, number


def _most_common(servers: pd.DataFrame) -> pd.Series:
    """Return the sector that serves most cells of each hexagon; of equals, the first."""
    counted = servers.groupby(["h3", "server"])["cells"].sum().reset_index()
    ranked = counted.sort_values(["cells", "server"], ascending=[False, True])
    return ranked.drop_duplicates("h3").set_index("h3")["server"]


def _share_inside(inside: pd.DataFrame, signal: xr.Dataset) -> Array:
    """Return how much of each hexagon the areas hold, by cells, or by area at the map's edge."""
    shapes = _outlines(inside.index.to_numpy(), signal.rio.crs)
    west, south, east, north = signal.rio.bounds()
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    whole = (low_x >= west) & (low_y >= south) & (high_x <= east) & (high_y <= north)
    cell_m2 = abs(signal.rio.transform().determinant)
    cells = np.where(whole, inside["cells"], shapely.area(shapes) / cell_m2)
    return np.minimum(inside["inside"] / cells, 1.0)


def _table(inside: pd.DataFrame, server: pd.Series, signal: xr.Dataset) -> gpd.GeoDataFrame:
    names = inside.index.to_numpy()
    common = pd.DataFrame(
        {
            "h3": [h3.int_to_str(int(name)) for name in names],
            "share_inside": _share_inside(inside, signal),
            "level_dbm": inside["level"] / inside["heard"].where(inside["heard"] > 0),
            "server": server.reindex(inside.index, fill_value=-1),
        }
    )
    thresholds = []
    for t, threshold_dbm in enumerate(signal["threshold_dbm"].to_numpy()):
        one = common.assign(
            threshold_dbm=threshold_dbm, share_of_area=inside[f"covered {t}"] / inside["inside"]
        )
        if "people" in inside:
            one["people"] = inside["people"]
            one["people_covered"] = inside[f"people covered {t}"]
        thresholds.append(one)
    table = pd.concat(thresholds, ignore_index=True)
    shapes = np.tile(_outlines(names, _DEGREES), len(thresholds))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=_DEGREES)
