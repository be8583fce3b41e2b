"""Approximate outlines of Hanoi's wards, from what is known of them without their outlines.

Known are each ward's official area and centroid, and of each unit before 1 July 2025 its bounding
box and the wards that took it over. A ward's cost at a point is the smallest, over the old units
that it took over, of

    |point - middle of the unit's box|, each axis in half-widths of the box
    + 0.2 * (distance to the ward's centroid / radius of a disc of the ward's area)²

and a point goes to the ward whose cost less a weight is least. The weights are found such that
every ward has its official area: a power diagram with another distance. The old units of the
neighbouring provinces compete alike, which draws the border of the city. The raster of that
diagram becomes polygons of few straight edges, whose vertices are moved by the least amount that
gives each ward its area.
"""

import numpy as np
import pandas as pd
import rasterio.features
import shapely
from pyproj import Transformer
from rasterio.transform import Affine
from scipy import ndimage

from cut.admin import HANOI, METRIC
from cut.errors import CutError

STEP_M = 100
MARGIN_M = 15_000
CENTROID_PULL = 0.2
# A unit competes for points up to this many half-widths from the middle of its box.
REACH = 2.5
CANDIDATES = 8
ROUNDS = 200
RASTER_TOLERANCE = 0.03
SIMPLIFY_M = 300
AREA_TOLERANCE = 0.005


def approximate_wards(wards: pd.DataFrame, boxed: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Polygons in WGS 84, rounded to 5 decimals, in the order of `wards`.

    Raises
    ------
    CutError
        When the areas are not reached, or the polygons overlap or are invalid.
    """
    to_metres = Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)
    x, y = to_metres.transform(wards["longitude"].to_numpy(), wards["latitude"].to_numpy())
    area_m2 = wards["area_km2"].to_numpy() * 1e6
    ward_table = pd.DataFrame({"x": x, "y": y, "area_m2": area_m2})
    boxes = _metric_boxes(boxed, to_metres, ward_table)
    transform, shape = _grid(boxes[boxes["province"] == HANOI])
    rank = dict(zip(wards["code"], range(len(wards)), strict=True))
    heirs = pairs["new_code"].map(rank).groupby(pairs["old_code"]).apply(list)
    cost = _costs(ward_table, boxes, heirs, transform, shape)
    labels = _in_one_piece(_balance(cost, area_m2), cost, shape)
    polygons = _move_to_areas(_to_polygons(labels, transform, len(wards)), area_m2)
    back = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)
    rounded = shapely.transform(
        polygons, lambda xy: np.round(np.column_stack(back.transform(*xy.T)), 5)
    )
    _check(rounded, area_m2, to_metres)
    return shapely.orient_polygons(rounded)


def _metric_boxes(boxed: pd.DataFrame, to_metres: Transformer, wards: pd.DataFrame) -> pd.DataFrame:
    """Middle and half-widths in metres of the boxes in and around Hanoi."""
    left, bottom = to_metres.transform(boxed["west"].to_numpy(), boxed["south"].to_numpy())
    right, top = to_metres.transform(boxed["east"].to_numpy(), boxed["north"].to_numpy())
    boxes = pd.DataFrame(
        {
            "code": boxed["wardCode"].to_numpy(),
            "province": boxed["provinceCode"].to_numpy(),
            "x": (left + right) / 2,
            "y": (bottom + top) / 2,
            "half_x": (right - left) / 2,
            "half_y": (top - bottom) / 2,
        }
    )
    near_x = boxes["x"].between(wards["x"].min() - MARGIN_M, wards["x"].max() + MARGIN_M)
    near_y = boxes["y"].between(wards["y"].min() - MARGIN_M, wards["y"].max() + MARGIN_M)
    return boxes[near_x & near_y]


def _grid(boxes: pd.DataFrame) -> tuple[Affine, tuple[int, int]]:
    """Grid over the boxes, with its edges at whole kilometres."""
    left = np.floor((boxes["x"] - boxes["half_x"]).min() / 1000 - 1) * 1000
    bottom = np.floor((boxes["y"] - boxes["half_y"]).min() / 1000 - 1) * 1000
    right = np.ceil((boxes["x"] + boxes["half_x"]).max() / 1000 + 1) * 1000
    top = np.ceil((boxes["y"] + boxes["half_y"]).max() / 1000 + 1) * 1000
    shape = (int((top - bottom) / STEP_M), int((right - left) / STEP_M))
    return Affine(STEP_M, 0, left, 0, -STEP_M, top), shape


def _costs(
    wards: pd.DataFrame,
    boxes: pd.DataFrame,
    heirs: "pd.Series[list[int]]",
    transform: Affine,
    shape: tuple[int, int],
) -> np.ndarray:
    """Cost of each ward, and last of the land outside Hanoi, at each grid point."""
    rows, columns = np.indices(shape).reshape(2, -1)
    x, y = transform * (columns + 0.5, rows + 0.5)
    outside = len(wards)
    cost = np.full((outside + 1, x.size), np.inf, dtype=np.float32)
    for box in boxes.itertuples():
        u, v = (x - box.x) / box.half_x, (y - box.y) / box.half_y
        near = np.flatnonzero((np.abs(u) < REACH) & (np.abs(v) < REACH))
        off_middle = np.hypot(u[near], v[near])
        for ward in heirs[box.code] if box.province == HANOI else [outside]:
            pull = 1.0
            if ward != outside:
                to = wards.iloc[ward]
                pull = (x[near] - to.x) ** 2 + (y[near] - to.y) ** 2
                pull *= np.pi / to.area_m2
            cost[ward, near] = np.minimum(cost[ward, near], off_middle + CENTROID_PULL * pull)
    return cost


def _balance(cost: np.ndarray, area_m2: np.ndarray) -> np.ndarray:
    """Labels of the points under the weights that give every ward its area.

    A weight grows while its ward is too small and falls while it is too large, by a step that is
    halved whenever the sign turns.
    """
    nearest = np.argpartition(cost, CANDIDATES, axis=0)[:CANDIDATES]
    nearest_cost = np.take_along_axis(cost, nearest, axis=0)
    points = np.arange(cost.shape[1])
    outside = len(cost) - 1
    wanted = area_m2 / STEP_M**2
    weights = np.zeros(len(cost), dtype=np.float32)
    step = np.full(outside, 0.3, dtype=np.float32)
    before = np.zeros(outside)
    for _ in range(ROUNDS):
        labels = nearest[(nearest_cost - weights[nearest]).argmin(axis=0), points]
        found = np.bincount(labels, minlength=len(cost))[:outside]
        if np.abs(found / wanted - 1).max() < RASTER_TOLERANCE:
            return labels
        lack = np.log(wanted / np.maximum(found, 0.1 * wanted))
        step = np.where(lack * before < 0, step * 0.5, np.minimum(step * 1.1, 0.3))
        weights[:outside] += step * lack
        before = lack
    worst = np.abs(found / wanted - 1).max()
    raise CutError(f"after {ROUNDS} rounds a ward's area is off by {worst:.1%}; wanted 3 %")


def _in_one_piece(labels: np.ndarray, cost: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Give every piece that is cut off from its ward to the ward with the next smallest cost."""
    cost = cost.copy()
    for _ in range(ROUNDS):
        stray = _strays(labels.reshape(shape), len(cost)).ravel()
        if not stray.any():
            return labels.reshape(shape)
        where = np.flatnonzero(stray)
        cost[labels[where], where] = np.inf
        labels[where] = cost[:, where].argmin(axis=0)
    raise CutError(f"after {ROUNDS} rounds {int(stray.sum())} points are cut off from their wards")


def _strays(labels: np.ndarray, count: int) -> np.ndarray:
    stray = np.zeros(labels.shape, dtype=bool)
    for label in range(count):
        pieces, _number = ndimage.label(labels == label)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        stray |= (pieces > 0) & (pieces != sizes.argmax())
    return stray


def _to_polygons(labels: np.ndarray, transform: Affine, count: int) -> np.ndarray:
    """Polygons of the labels below `count`, in that order, with few vertices and shared edges."""
    shapes = rasterio.features.shapes(labels.astype(np.int16), labels < count, 4, transform)
    by_label = {int(label): shapely.geometry.shape(geometry) for geometry, label in shapes}
    if sorted(by_label) != list(range(count)):
        raise CutError(f"{count - len(by_label)} wards have no point of the grid")
    coverage = np.array([by_label[label] for label in range(count)])
    # A straight edge gets a vertex at each grid point, so that neighbours meet vertex to vertex.
    return shapely.coverage_simplify(shapely.segmentize(coverage, STEP_M), SIMPLIFY_M)


def _move_to_areas(polygons: np.ndarray, area_m2: np.ndarray) -> np.ndarray:
    """Move the shared vertices by the least squares that give each polygon its area."""
    vertices, number = np.unique(shapely.get_coordinates(polygons), axis=0, return_inverse=True)
    for _ in range(20):
        moved = vertices[number]
        pieces = shapely.set_coordinates(polygons.copy(), moved)
        lack = area_m2 - shapely.area(pieces)
        if np.abs(lack / area_m2).max() < 1e-6:
            return pieces
        slope = _area_slopes(pieces, number, len(vertices))
        vertices = vertices + (slope.T @ np.linalg.solve(slope @ slope.T, lack)).reshape(-1, 2)
    raise CutError(f"the vertices can't be moved to the areas; {np.abs(lack).max():.0f} m² lack")


def _area_slopes(polygons: np.ndarray, number: np.ndarray, count: int) -> np.ndarray:
    """Change of each polygon's area (rows) with each vertex's x and y (columns)."""
    slope = np.zeros((len(polygons), 2 * count))
    rings, owner = shapely.get_rings(polygons, return_index=True)
    shell_turns_left = shapely.is_ccw(shapely.get_exterior_ring(polygons))
    start = 0
    for ring, polygon in zip(rings, owner, strict=True):
        xy = shapely.get_coordinates(ring)[:-1]
        ids = number[start : start + len(xy)]
        start += len(xy) + 1
        across = np.roll(xy, -1, axis=0) - np.roll(xy, 1, axis=0)
        # A hole runs against its shell, so that the shell's sign holds for both.
        half = 0.5 if shell_turns_left[polygon] else -0.5
        np.add.at(slope[polygon], 2 * ids, half * across[:, 1])
        np.add.at(slope[polygon], 2 * ids + 1, -half * across[:, 0])
    return slope


def _check(polygons: np.ndarray, area_m2: np.ndarray, to_metres: Transformer) -> None:
    if not (shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons)):
        raise CutError("the approximate wards are invalid or overlap; make SIMPLIFY_M smaller")
    metric = shapely.transform(polygons, lambda xy: np.column_stack(to_metres.transform(*xy.T)))
    worst = np.abs(shapely.area(metric) / area_m2 - 1).max()
    if worst > AREA_TOLERANCE:
        raise CutError(f"an approximate ward's area is off by {worst:.2%}; wanted 0.5 %")
