"""Maps of level, serving sector, interference and probability of coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask.array as da
import geopandas as gpd
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr

from hanoi_analytics.coverage.best_server.blocks import LAYERS, lazy_layers
from hanoi_analytics.coverage.best_server.grid import Grid
from hanoi_analytics.coverage.best_server.kernels.strongest import TILE
from hanoi_analytics.coverage.best_server.paths import AnyModel
from hanoi_analytics.coverage.best_server.plan import plan
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.places.crosswalk import METRIC_CRS


def signal_map(
    sectors: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    *,
    resolution_m: float = 30.0,
    model: AnyModel | Sequence[AnyModel] = "uma",
    radio: Radio | None = None,
    any_operator: bool = False,
    block_cells: int = 1024,
) -> xr.Dataset:
    """Map who serves each cell, how strongly, and how surely, over areas of flat ground.

    The mean level of a sector is that of the mean path loss in dB, line of sight and its lack
    weighed by their probability. The probability of coverage is that of the strongest sector
    alone: log-normal fading about the loss of either state, and of the wall.
    Sites so far away that they can be neither of the two strongest are summed on a coarser grid
    and interpolated: interference is off by less than a hundredth, but for places where it comes
    from a site that ``range_m`` cuts off there.

    Parameters
    ----------
    sectors : pandas.DataFrame
        A sector table, one carrier a row. Carriers of one frequency and subcarrier spacing
        interfere.
    areas : geopandas.GeoDataFrame
        Where to compute, in any coordinate system; of overlapping areas the last one counts.
    resolution_m : float
        Side of a cell, 1 m or more.
    model : str, Model, or sequence of them
        A name in ``propagation.MODELS`` or a model: one for all sectors, or one for each row.
    radio : Radio, optional
        Receiver, load, thresholds, indoors or not.
    any_operator : bool
        Let the receiver use the sectors of all operators in the table.
    block_cells : int
        Side of a block, the unit of work and of memory; a multiple of 32.

    Returns
    -------
    xarray.Dataset, lazy, (y, x), EPSG:32648
        ``level_dbm, server, second_level_dbm, second_server, sinr_db, area`` and ``probability``
        (threshold_dbm, y, x). Missing, or -1, outside the areas; inside them a cell that no
        sector reaches has probability 0, no level and server -1.

    Raises
    ------
    CoverageError
        Not a sector table, several operators, nothing to cover, or models outside their limits.

    Notes
    -----
    Distances below 10 m, or below where a model begins, count as that. Terrain is not known.

    Source: 3GPP TR 38.901 §7.3, §7.4 for the models named there.

    Examples
    --------
    >>> from hanoi_analytics import catalogue, places
    >>> sectors = catalogue.load("hanoi_network_simulated")
    >>> one = sectors[sectors["operator"] == sectors["operator"].iloc[0]]
    >>> found = signal_map(one, places.wards("approximate").iloc[:2], resolution_m=100)
    >>> bool(found["probability"].max() <= 1)
    True
    """
    if block_cells < TILE or block_cells % TILE:
        raise CoverageError(f"block_cells={block_cells}: expected a multiple of {TILE}")
    prepared = plan(
        sectors,
        areas,
        resolution_m=resolution_m,
        model=model,
        radio=radio,
        any_operator=any_operator,
    )
    found = _dataset(lazy_layers(prepared, side=block_cells), prepared.grid, prepared.radio)
    found.attrs = prepared.attrs
    for layer in found.data_vars.values():
        layer.attrs |= {name: found.attrs[name] for name in ("source", "sources")}
    return found


def _dataset(arrays: dict[str, da.Array], grid: Grid, radio: Radio) -> xr.Dataset:
    layers: dict[str, Any] = {
        name: (("y", "x"), arrays[name], {"units": unit, "long_name": meaning})
        for name, (_, _, unit, meaning) in LAYERS.items()
    }
    layers["probability"] = (
        ("threshold_dbm", "y", "x"),
        arrays["probability"],
        {"units": "1", "long_name": "probability that the strongest sector reaches the threshold"},
    )
    found = xr.Dataset(layers, {**grid.centres(), "threshold_dbm": list(radio.thresholds_dbm)})
    return found.rio.write_crs(METRIC_CRS).rio.write_transform(grid.transform)
