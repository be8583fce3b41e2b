"""One block of a coverage map after the other, lazily."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
from dask.delayed import delayed

from hanoi_analytics import rasters
from hanoi_analytics.coverage.best_server.grid import Grid
from hanoi_analytics.coverage.best_server.kernels.service import covered, signal_to_interference
from hanoi_analytics.coverage.best_server.kernels.strongest import TILE, strongest
from hanoi_analytics.coverage.best_server.plan import Plan

Array = npt.NDArray[Any]
#: What a map holds: type, what stands where there is nothing, unit and meaning.
LAYERS: dict[str, tuple[str, float, str, str]] = {
    "level_dbm": ("float32", np.nan, "dBm", "mean level of the strongest sector, RSRP"),
    "server": ("int32", -1, "", "row of the strongest sector in the sector table"),
    "second_level_dbm": ("float32", np.nan, "dBm", "mean level of the second strongest sector"),
    "second_server": ("int32", -1, "", "row of the second strongest sector"),
    "sinr_db": ("float32", np.nan, "dB", "level over interference and noise, from mean levels"),
    "area": ("int32", -1, "", "row of the area in the table of areas"),
}


def lazy_layers(plan: Plan, *, side: int) -> dict[str, da.Array]:
    """Return one lazy array for each layer, made of blocks that hold all layers at once."""
    known = delayed(plan, pure=False, traverse=False)
    thresholds = len(plan.radio.thresholds_dbm)
    rows: dict[str, list[list[da.Array]]] = {name: [] for name in [*LAYERS, "probability"]}
    for blocks in plan.grid.rows_of_blocks(side):
        for row in rows.values():
            row.append([])
        for part in blocks:
            block = delayed(block_layers)(known, part)
            for name, (dtype, *_) in LAYERS.items():
                rows[name][-1].append(da.from_delayed(block[name], part.shape, dtype))
            chance = da.from_delayed(block["probability"], (thresholds, *part.shape), "float32")
            rows["probability"][-1].append(chance)
    return {name: da.block(parts) for name, parts in rows.items()}


def block_layers(plan: Plan, grid: Grid) -> dict[str, Array]:
    """Compute all layers of one block."""
    network, radio = plan.network, plan.radio
    shape, cell_m = grid.shape, grid.transform.a
    area = rasters.burn(plan.shapes, shape=shape, transform=grid.transform)
    inside = area >= 0
    found: dict[str, Array] = {
        name: np.full(shape, fill, dtype) for name, (dtype, fill, *_) in LAYERS.items()
    }
    found["area"] = area
    chance = np.full((len(radio.thresholds_dbm), *shape), np.nan, np.float32)
    chance[:, inside] = 0.0
    found["probability"] = chance
    if not inside.any():
        return found
    # Whole tiles, so that a tile at the edge knows the same sites in every block.
    tiles = Grid(grid.transform, (-(-shape[0] // TILE) * TILE, -(-shape[1] // TILE) * TILE))
    near = network.groups_within(*tiles.bounds())
    groups = tuple(column[near] for column in network.groups)
    origin = grid.first_centre()
    level, second = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    names = np.full((2, *shape), -1, np.int32)
    sums = np.zeros((network.noise_mw.size, *shape), np.float32)
    strongest(
        origin, cell_m, inside, groups, network.directions, network.tables,
        network.noise_mw.size, level, second, names, sums,
    )  # fmt: skip
    signal_to_interference(
        level, names, sums, network.carrier, network.noise_mw, radio.load, found["sinr_db"]
    )
    x, y, path = network.groups[:3]
    base, nearest2 = network.tables[5:7]
    covered(
        level, names, origin, cell_m, network.group, x, y, path, network.fading,
        base, nearest2, np.array(radio.thresholds_dbm), chance,
    )  # fmt: skip
    for name, power, who in (
        ("level_dbm", level, names[0]),
        ("second_level_dbm", second, names[1]),
    ):
        served = who >= 0
        found[name][served] = 10.0 * np.log10(power[served])
    found["server"], found["second_server"] = (
        np.where(who >= 0, network.row[who], np.int32(-1)) for who in names
    )
    return found
