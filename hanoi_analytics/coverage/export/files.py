"""Maps as Cloud-Optimised GeoTIFFs, tables of areas as GeoParquet."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import xarray as xr

from hanoi_analytics import rasters
from hanoi_analytics.coverage.best_server.blocks import LAYERS
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.rasters.writing import in_one_step


def write_signal(signal: xr.Dataset, sectors: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the layers of a coverage map, and the key to its sectors, in one pass.

    Each layer but ``area`` becomes ``<layer>.tif``, the probability with a band for each
    threshold. Sources and the settings of the receiver are tags of every file, as JSON. What the
    numbers in ``server.tif`` mean stands in ``servers.csv``.

    Parameters
    ----------
    signal : xarray.Dataset, (y, x)
        From :func:`best_server.signal_map`, lazy or not; drop the layers that are not wanted.
    sectors : pandas.DataFrame
        The sector table that the map was made of, in the same order.
    folder : pathlib.Path
        It must exist. Files of these names in it are replaced, each in one step.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    RasterError
        As :func:`rasters.write_cogs`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from hanoi_analytics import catalogue, places
    >>> from hanoi_analytics.coverage.best_server import signal_map
    >>> sectors = catalogue.load("hanoi_network_simulated").query("operator == 'MobiFone'")
    >>> signal = signal_map(sectors, places.wards("approximate").iloc[:1], resolution_m=100)
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_signal(signal[["sinr_db"]], sectors, Path(folder))]
    ['sinr_db.tif', 'servers.csv']
    """
    layers = {
        folder / f"{name}.tif": _described(signal, str(name))
        for name in signal.data_vars
        if name != "area"
    }
    rasters.write_cogs(layers)
    key = folder / "servers.csv"
    named = sectors[["sector_id", "site_id", "operator", "band"]].reset_index(drop=True)
    with in_one_step(key) as part:
        named.to_csv(part, index_label="server")
    return [*layers, key]


def _described(signal: xr.Dataset, name: str) -> xr.DataArray:
    """Return a layer with its missing value and the settings of the whole map."""
    layer = signal[name].assign_attrs(signal.attrs)
    return layer.rio.write_nodata(LAYERS[name][1]) if name in LAYERS else layer


def write_areas(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table of areas or hexagons as GeoParquet 1.1, put in place in one step.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Such as ``served(...).areas``, or :func:`hexagons`; its coordinate system and ``attrs``,
        the sources among them, are kept in the file, where geopandas finds them again.
    path : pathlib.Path
        In a folder that exists.

    Raises
    ------
    CoverageError
        No source, no coordinate system, or pyarrow is missing.
    RasterError
        The folder does not exist.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from hanoi_analytics import places
    >>> wards = places.wards("approximate")
    >>> with TemporaryDirectory() as folder:
    ...     write_areas(wards, Path(folder) / "wards.parquet")
    ...     gpd.read_parquet(Path(folder) / "wards.parquet").attrs == wards.attrs
    True
    """
    if "source" not in areas.attrs:
        raise CoverageError("the table has no attrs['source']: say where its numbers come from")
    if areas.crs is None:
        raise CoverageError("the table has no coordinate system: set the one it is in")
    with in_one_step(path) as part:
        try:
            areas.to_parquet(part, schema_version="1.1.0")
        except ImportError as error:
            raise CoverageError(
                "writing GeoParquet needs an extra: pip install 'hanoi-analytics[parquet]'"
            ) from error
