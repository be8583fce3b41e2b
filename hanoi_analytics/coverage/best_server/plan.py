"""What a map and the count of people served have in common: network, areas, grid and receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from hanoi_analytics.coverage.best_server.compiled import Compiled, compile_network
from hanoi_analytics.coverage.best_server.grid import Grid, grid_over, in_metres
from hanoi_analytics.coverage.best_server.paths import AnyModel
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network.schema import check_sectors
from hanoi_analytics.places.crosswalk import METRIC_CRS

Shapes = list[tuple[Any, int]]


@dataclass(frozen=True)
class Plan:
    """A coverage calculation, checked and ready.

    Attributes
    ----------
    network : Compiled
        The sectors as arrays and tables.
    grid : Grid
        Over the areas.
    shapes : list
        The areas in metres, numbered from 0.
    radio : Radio
        Receiver, load and thresholds.
    site : numpy.ndarray
        Number of the site of each sector, in the order of the sector table.
    attrs : dict
        Sources and settings, for what is computed.
    """

    network: Compiled
    grid: Grid
    shapes: Shapes
    radio: Radio
    site: Any
    attrs: dict[str, Any]


def plan(
    sectors: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    *,
    resolution_m: float,
    model: AnyModel | Sequence[AnyModel],
    radio: Radio | None,
    any_operator: bool,
) -> Plan:
    """Check the inputs of a coverage calculation and prepare it.

    Parameters
    ----------
    sectors, areas, resolution_m, model, radio, any_operator
        As for :func:`signal.signal_map`.

    Returns
    -------
    Plan

    Raises
    ------
    CoverageError
        As for :func:`signal.signal_map`.
    """
    radio = Radio() if radio is None else radio
    check_sectors(sectors)
    operators = sorted(sectors["operator"].unique())
    if len(operators) > 1 and not any_operator:
        raise CoverageError(
            f"sectors of {len(operators)} operators ({', '.join(operators[:5])}): choose one, as "
            f"in sectors[sectors['operator'] == {operators[0]!r}], or say any_operator=True"
        )
    placed = in_metres(areas)
    source = sectors.attrs["source"]
    network = compile_network(sectors, model=model, radio=radio, crs=METRIC_CRS)
    return Plan(
        network=network,
        grid=grid_over(placed, resolution_m),
        shapes=list(zip(placed.geometry, range(len(placed)), strict=True)),
        radio=radio,
        site=pd.factorize(sectors["site_id"], sort=True)[0],
        attrs={
            "source": source,
            "sources": [source, *([areas.attrs["source"]] if "source" in areas.attrs else [])],
            "radio": asdict(radio),
            "models": sorted({one.name for one in network.models}),
            "resolution_m": resolution_m,
        },
    )
