"""What the people of each area live with, from rasters of values and of people."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.exposure.inputs import together
from hanoi_analytics.rasters import zonal_stats


def area_exposure(
    values: xr.DataArray,
    people: xr.DataArray,
    areas: gpd.GeoDataFrame,
    *,
    limit: float,
    key: str = "code",
) -> pd.DataFrame:
    """Return what the people of each area live with; cells on a border count by the part inside.

    Parameters
    ----------
    values, people : xarray.DataArray, (y, x)
        As for :func:`weighted_mean`. They are read block by block where areas lie, as
        ``rasters.zonal_stats`` does, and may be larger than memory.
    areas : geopandas.GeoDataFrame
        Polygons in any coordinate system, for example ``places.wards()``.
    limit : float
        In the unit of `values`.
    key : str
        Column that names the areas; unique.

    Returns
    -------
    pandas.DataFrame
        One row an area: `key`, ``people``, ``people_without_value``, ``people_above`` and
        ``mean``, in the unit of `values` (missing where nobody has a value). Who lives outside of
        all areas is in no row.

    Raises
    ------
    EnvironmentDataError
        As for :func:`weighted_mean`.
    RasterError
        Different grids, or areas that are no polygons or do not have names of their own.

    Examples
    --------
    >>> from shapely import box
    >>> place = {"y": [2_330_500.0, 2_329_500.0], "x": [580_500.0, 581_500.0]}
    >>> values = xr.DataArray([[20.0, 50.0], [0.0, 9.0]], place, ("y", "x"))
    >>> values = values.rio.write_crs("EPSG:32648")
    >>> shape = box(580_000, 2_330_000, 582_000, 2_331_000)
    >>> areas = gpd.GeoDataFrame({"code": ["00001"]}, geometry=[shape], crs="EPSG:32648")
    >>> people = values.copy(data=[[300.0, 100.0], [7.0, 7.0]])
    >>> area_exposure(values, people, areas, limit=25).values.tolist()
    [['00001', 400.0, 0.0, 100.0, 27.5]]
    """
    if values.dims != people.dims or set(people.dims) != {"y", "x"}:
        raise EnvironmentDataError(
            f"expected values and people with dimensions (y, x), found {values.dims} and "
            f"{people.dims}; take one time, or the mean over time"
        )
    exposed, counts = together(values, people)
    parts = {
        "people": counts,
        "people_without_value": counts.where(np.isnan(exposed), 0.0),
        "people_above": counts.where(exposed > limit, 0.0),
        "amount": exposed.fillna(0.0) * counts,
    }
    layers = xr.concat(parts.values(), dim=xr.DataArray(list(parts), dims="part", name="part"))
    layers = layers.rio.write_crs(people.rio.crs).rio.write_transform(people.rio.transform())
    # One part a block, as they are where the rasters are lazy.
    layers = layers.rio.write_nodata(np.nan).chunk(part=1)
    sums = zonal_stats(layers, areas.to_crs(people.rio.crs), key=key, stats=("sum",))["sum"]
    # An area beyond the grid has no sum: nobody lives there.
    table = pd.DataFrame({name: sums.loc[name].fillna(0.0) for name in parts}).reindex(areas[key])
    known = table["people"] - table["people_without_value"]
    table["mean"] = table.pop("amount") / known.where(known > 0)
    table = table.reset_index()
    table.attrs = sources_of(values.attrs, people.attrs, areas.attrs)
    return table
