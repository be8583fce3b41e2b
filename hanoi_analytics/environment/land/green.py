"""Green cover: where it is, how much of it each place and each inhabitant has.

A vegetation index above a threshold is greenness, rice and grass included, and not tree canopy:
what is made of it says so.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import ndimage

from hanoi_analytics import cluster, rasters
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.references import cell_sides_m, require_same_grid

M2_PER_HA = 10_000.0
#: What adding up in floats may lose of a hectare, a share or a metre that stands at a limit.
ROUNDING = 1e-9


def green_cover(ndvi: xr.DataArray, *, threshold: float) -> xr.DataArray:
    """Return 1 where a vegetation index passes a threshold, 0 where not.

    Parameters
    ----------
    ndvi : xarray.DataArray
        From :func:`ndvi`, best of a composite; lazy or in memory.
    threshold : float
        Between −1 and 1; 0.4 to 0.5 is often taken for dense green.

    Returns
    -------
    xarray.DataArray, float32
        Missing where the index is. Its source says that this is greenness, not canopy.

    Raises
    ------
    EnvironmentDataError
        A threshold that the index cannot pass.

    Examples
    --------
    >>> green_cover(xr.DataArray([0.7, 0.2, np.nan], dims="x"), threshold=0.5).values.tolist()
    [1.0, 0.0, nan]
    """
    if not -1 < threshold < 1:
        raise EnvironmentDataError(f"threshold={threshold:g}: expected between −1 and 1")
    cover = (ndvi > threshold).where(~np.isnan(ndvi)).astype("float32").rename("green_cover")
    said = f"green is NDVI above {threshold:g}: rice, grass and crops too, not tree canopy"
    sources = sources_of(ndvi.attrs)
    entries = sources.get("sources") or [entry for entry in [sources.get("source")] if entry]
    marked = [
        {**entry, "approximate": "; ".join(filter(None, [entry.get("approximate"), said]))}
        for entry in entries
    ]
    return cover.assign_attrs(units="1", **sources_of({"sources": marked}))


def share_within(cover: xr.DataArray, *, radius_m: float) -> xr.DataArray:
    """Return the share of green around each cell, in a disc.

    Parameters
    ----------
    cover : xarray.DataArray, (y, x)
        Canopy or green as a share of each cell, 0 to 1, on a grid in metres.
    radius_m : float
        The disc holds the cells whose middles lie so near.

    Returns
    -------
    xarray.DataArray, (y, x), float64
        Of the cells of the disc that are known; missing where they are less than half of it.

    Raises
    ------
    EnvironmentDataError
        Values that are no shares, a grid in degrees, a radius shorter than a cell.
    """
    from scipy.signal import oaconvolve  # noqa: PLC0415 - a second to import

    green = _checked(cover)
    height_m, width_m = cell_sides_m(cover)
    if not radius_m >= max(height_m, width_m):
        raise EnvironmentDataError(
            f"radius_m={radius_m:g}: expected a cell of {max(height_m, width_m):g} m or more"
        )
    down, across = (
        np.arange(-int(radius_m // side), int(radius_m // side) + 1) * side
        for side in (height_m, width_m)
    )
    disc = (np.hypot(down[:, None], across) <= radius_m).astype("float64")
    known = ~np.isnan(green)
    counted = oaconvolve(known.astype("float64"), disc, mode="same")
    total = oaconvolve(np.where(known, green, 0.0), disc, mode="same")
    share = np.where(counted > disc.sum() / 2, total / np.maximum(counted, 1.0), np.nan)
    # The transforms leave a hair on either side.
    return on_grid(cover, np.clip(share, 0.0, 1.0), "green_share")


def share_in_area(
    cover: xr.DataArray, areas: gpd.GeoDataFrame, *, key: str = "code"
) -> xr.DataArray:
    """Return for each cell the share of green of the area its middle lies in.

    Parameters
    ----------
    cover : xarray.DataArray, (y, x)
        As for :func:`share_within`.
    areas : geopandas.GeoDataFrame
        Polygons, such as ``places.wards()``.
    key : str
        Column that names the areas; unique.

    Returns
    -------
    xarray.DataArray, (y, x), float64
        Missing outside the areas.
    """
    share = _green_sums(cover, areas, key)["green_share"].to_numpy()
    shapes = areas.to_crs(cover.rio.crs).geometry
    numbers = [(shape, n) for n, shape in enumerate(shapes) if shape and not shape.is_empty]
    owner = rasters.burn(
        numbers, shape=(cover.sizes["y"], cover.sizes["x"]), transform=cover.rio.transform()
    )
    return on_grid(cover, np.where(owner >= 0, share[owner], np.nan), "green_share")


def green_by_area(
    cover: xr.DataArray, people: xr.DataArray, areas: gpd.GeoDataFrame, *, key: str = "code"
) -> pd.DataFrame:
    """Return how green each area is, and how much green there is for each inhabitant.

    Parameters
    ----------
    cover, areas, key
        As for :func:`share_in_area`.
    people : xarray.DataArray, (y, x)
        People per cell on the grid of `cover`: ``rasters.resample_sum`` brings them there.

    Returns
    -------
    pandas.DataFrame, one row an area
        `key`, ``people``, ``known_share`` (of the area's cells), ``green_share`` of these,
        ``green_m2_per_person``: that share of all the area's cells, missing where nobody lives.
    """
    require_same_grid(cover, people, "people")
    table = _green_sums(cover, areas, key)
    everyone = xr.zeros_like(people, dtype="int16").rio.write_nodata(-1)
    table["people"] = rasters.class_totals(everyone, areas, key=key, amounts=people).sum(axis=1)
    cell_m2 = float(np.prod(cell_sides_m(cover)))
    green_m2 = table["green_share"] * table["cells"] * cell_m2
    table["green_m2_per_person"] = green_m2 / table["people"].where(table["people"] > 0)
    columns = ["people", "known_share", "green_share", "green_m2_per_person"]
    result = table[columns].reset_index()
    result.attrs = sources_of(cover.attrs, people.attrs, areas.attrs)
    return result


def large_patches(
    cover: xr.DataArray, *, least_ha: float, least_cover: float = 0.5
) -> xr.DataArray:
    """Find green that hangs together and is large enough for a park.

    Parameters
    ----------
    cover : xarray.DataArray, (y, x)
        As for :func:`share_within`.
    least_ha : float
        The rule says 0.5 to 1. Nothing smaller than a cell can be seen.
    least_cover : float
        A cell is green from this share on.

    Returns
    -------
    xarray.DataArray, (y, x), bool
        Cells that touch at a side or a corner hang together. Fields are patches too, and nothing
        says that the public may enter.
    """
    green = np.nan_to_num(_checked(cover)) >= least_cover
    labels, _ = ndimage.label(green, structure=np.ones((3, 3)))
    hectares = np.bincount(labels.ravel()) * np.prod(cell_sides_m(cover)) / M2_PER_HA
    large = hectares >= least_ha - ROUNDING
    large[0] = False
    return on_grid(cover, large[labels], "large_patches")


def _green_sums(cover: xr.DataArray, areas: gpd.GeoDataFrame, key: str) -> pd.DataFrame:
    green = _checked(cover)
    known = on_grid(cover, (~np.isnan(green)).astype("int16"), "known").rio.write_nodata(-1)
    cells = rasters.class_totals(known, areas, key=key).reindex(columns=[0, 1], fill_value=0.0)
    amounts = on_grid(cover, np.nan_to_num(green), "green")
    total = rasters.class_totals(known, areas, key=key, amounts=amounts)
    total = total.reindex(columns=[1], fill_value=0.0)
    table = pd.DataFrame({"cells": cells.sum(axis=1)})
    table["known_share"] = cells[1] / table["cells"].where(table["cells"] > 0)
    table["green_share"] = total[1] / cells[1].where(cells[1] > 0)
    return table


def _checked(cover: xr.DataArray) -> npt.NDArray[np.float64]:
    if cover.dims != ("y", "x"):
        raise EnvironmentDataError(f"cover: expected dimensions (y, x), found {cover.dims}")
    require_same_grid(cover, cover, "cover")
    values = cluster.compute(cover)[0].to_numpy().astype("float64")
    if np.nanmin(values, initial=0.0) < 0 or np.nanmax(values, initial=0.0) > 1:
        raise EnvironmentDataError(
            f"cover: expected shares from 0 to 1, found {np.nanmin(values):g} to "
            f"{np.nanmax(values):g}; divide per cent by 100"
        )
    return np.asarray(values)


def on_grid(grid: xr.DataArray, values: npt.NDArray[np.generic], name: str) -> xr.DataArray:
    """Return values as a raster on the grid and of the source of another."""
    made = xr.DataArray(values, grid.coords, ("y", "x"), name=name, attrs=sources_of(grid.attrs))
    placed: xr.DataArray = made.rio.write_crs(grid.rio.crs).rio.write_transform(
        grid.rio.transform()
    )
    return placed
