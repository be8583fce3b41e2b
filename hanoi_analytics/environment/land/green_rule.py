"""The 3-30-300 rule, as far as data allow.

The rule asks that everyone sees 3 trees from home, has 30 % tree canopy in the neighbourhood, and
lives within 300 m of a green space of at least half a hectare to a hectare. Distances here are
straight lines, not walks.

References
----------
Konijnendijk (2023, online 2022), Evidence-based guidelines for greener, healthier, more resilient
neighbourhoods: introducing the 3-30-300 rule, Journal of Forestry Research 34, 821-830.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import ndimage
from shapely import STRtree, points

from hanoi_analytics import rasters
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.green import M2_PER_HA, ROUNDING, large_patches, on_grid
from hanoi_analytics.environment.land.references import cell_sides_m, require_same_grid

NOT_MEASURED = "3 trees in view: no homes and trees were given"

_BAND_ROWS = 256
_NOT_KNOWN, _NEITHER, _SHARE, _DISTANCE, _BOTH = range(5)


def park_distance_m(
    parks: xr.DataArray | gpd.GeoDataFrame, *, like: xr.DataArray, least_ha: float
) -> xr.DataArray:
    """Return how far each cell lies from the nearest park, in a straight line.

    Parameters
    ----------
    parks : xarray.DataArray, (y, x), or geopandas.GeoDataFrame
        Cover as for :func:`large_patches`, which finds the parks in it: distance is from the middle
        of a cell to the middle of the nearest cell of a park. Or polygons of parks: distance is to
        their edge, and 0 within.
    like : xarray.DataArray, (y, x)
        The grid, in metres.
    least_ha : float
        The rule says 0.5 to 1; smaller ones are no parks.

    Returns
    -------
    xarray.DataArray, (y, x), metres
        Infinite where there is no park at all. Cover that is missing is no park, so that distance
        is the longest it can be.
    """
    distance = np.full((like.sizes["y"], like.sizes["x"]), np.inf)
    if isinstance(parks, xr.DataArray):
        require_same_grid(like, parks, "parks")
        green = large_patches(parks, least_ha=least_ha).to_numpy()
        if green.any():
            distance = ndimage.distance_transform_edt(~green, sampling=cell_sides_m(like))
    else:
        require_same_grid(like, like, "like")
        shapes = parks.to_crs(like.rio.crs).geometry
        large = shapes[shapes.area >= (least_ha - ROUNDING) * M2_PER_HA]
        if len(large):
            _measure(large.to_numpy(), like, distance)
    placed = on_grid(like, distance, "park_distance_m")
    placed.attrs = {"units": "m", **sources_of(parks.attrs)}
    return placed


def trees_in_view(
    homes: gpd.GeoDataFrame, trees: gpd.GeoDataFrame, *, within_m: float
) -> gpd.GeoDataFrame:
    """Count the trees near each home; what hides them is not known.

    Parameters
    ----------
    homes : geopandas.GeoDataFrame
        Points or outlines, in metres, with a column ``people``.
    trees : geopandas.GeoDataFrame
        Points, in any coordinate system.
    within_m : float
        A tree so near counts as seen.

    Returns
    -------
    geopandas.GeoDataFrame
        `homes` with a column ``trees``.
    """
    if homes.crs is None or not homes.crs.is_projected or "people" not in homes.columns:
        raise EnvironmentDataError(
            f"homes: expected a column 'people' and coordinates in metres, found "
            f"{sorted(map(str, homes.columns))} in {homes.crs}"
        )
    near = trees.to_crs(homes.crs).sindex.query(
        homes.geometry, predicate="dwithin", distance=within_m
    )
    counted: gpd.GeoDataFrame = homes.assign(trees=np.bincount(near[0], minlength=len(homes)))
    counted.attrs = sources_of(homes.attrs, trees.attrs)
    return counted


def rule_3_30_300(
    people: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    canopy_share: xr.DataArray,
    distance_m: xr.DataArray,
    homes: gpd.GeoDataFrame | None,
    least_trees: int = 3,
    least_share: float = 0.30,
    farthest_m: float = 300.0,
    key: str = "code",
) -> pd.DataFrame:
    """Count the inhabitants of each area who meet each part of the 3-30-300 rule.

    Parameters
    ----------
    people : xarray.DataArray, (y, x)
        People per cell: ``rasters.resample_sum`` brings them to the grid of the others.
    areas, key
        As for :func:`share_in_area`.
    canopy_share : xarray.DataArray, (y, x)
        From :func:`share_within` or :func:`share_in_area`.
    distance_m : xarray.DataArray, (y, x)
        From :func:`park_distance_m`.
    homes : geopandas.GeoDataFrame or None
        From :func:`trees_in_view`; with None that part is not measured, and the result says so.
    least_trees, least_share, farthest_m
        The rule's limits; a value at a limit meets it.

    Returns
    -------
    pandas.DataFrame, one row an area
        `key`, ``people``, ``people_not_measured`` (no share or distance where they live);
        ``people_30, people_300, people_30_300`` who meet the one, the other and both, and
        ``share_30, share_300, share_30_300`` of those measured; ``share_3`` of the people of the
        homes given, else missing, with the reason in ``attrs["not_measured"]``.
    """
    for raster, what in ((canopy_share, "canopy_share"), (distance_m, "distance_m")):
        require_same_grid(people, raster, what)
    share, distance = canopy_share.to_numpy(), distance_m.to_numpy()
    enough = (share >= least_share - ROUNDING).astype("int16")
    near = (distance <= farthest_m + ROUNDING).astype("int16")
    known = ~(np.isnan(share) | np.isnan(distance))
    met = on_grid(people, np.where(known, _NEITHER + enough + 2 * near, _NOT_KNOWN), "met")
    totals = rasters.class_totals(
        met.astype("int16").rio.write_nodata(-1), areas, key=key, amounts=people
    ).reindex(columns=range(5), fill_value=0.0)
    table = pd.DataFrame({"people": totals.sum(axis=1), "people_not_measured": totals[_NOT_KNOWN]})
    table["people_30"] = totals[_SHARE] + totals[_BOTH]
    table["people_300"] = totals[_DISTANCE] + totals[_BOTH]
    table["people_30_300"] = totals[_BOTH]
    measured = table["people"] - table["people_not_measured"]
    for part in ("30", "300", "30_300"):
        table[f"share_{part}"] = table[f"people_{part}"] / measured.where(measured > 0)
    table["share_3"] = np.nan
    given = (people, areas, canopy_share, distance_m)
    sources = [part.attrs for part in given]
    if homes is not None:
        table["share_3"] = _share_of_homes(homes, areas, key, least_trees)
        sources.append(homes.attrs)
    result = table.reset_index()
    result.attrs = {**sources_of(*sources), "not_measured": NOT_MEASURED if homes is None else ""}
    return result


def _share_of_homes(
    homes: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, key: str, least_trees: int
) -> pd.Series[float]:
    placed = homes.set_geometry(homes.representative_point())[["people", "trees", "geometry"]]
    placed = placed.sjoin(areas[[key, "geometry"]].to_crs(homes.crs), predicate="within")
    seeing = placed["people"].where(placed["trees"] >= least_trees, 0.0)
    share: pd.Series[float] = (
        seeing.groupby(placed[key]).sum() / placed.groupby(key)["people"].sum()
    )
    return share


def _measure(
    shapes: npt.NDArray[np.object_], like: xr.DataArray, distance: npt.NDArray[np.float64]
) -> None:
    """Write the distance from the middle of each cell to the nearest shape, band by band."""
    tree = STRtree(shapes)
    x, y = like["x"].to_numpy(), like["y"].to_numpy()
    for start in range(0, len(y), _BAND_ROWS):
        band = distance[start : start + _BAND_ROWS]
        across, down = np.meshgrid(x, y[start : start + _BAND_ROWS])
        middles = points(across.ravel(), down.ravel())
        _, found = tree.query_nearest(middles, return_distance=True, all_matches=False)
        band[:] = found.reshape(band.shape)
