"""Measure the approximate wards against published outlines of the wards."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from cut.admin import METRIC, read_json
from cut.errors import CutError


def measure(approximate: Path, outlines: Path) -> str:
    """One sentence on the overlap of the approximate wards with the outlines.

    `outlines` is JSON: `wards`, each with its code as `id` and `polygons`, a list of rings of
    [longitude, latitude].
    """
    cells = gpd.read_file(approximate).to_crs(METRIC).set_index("code").geometry.sort_index()
    real = _read_outlines(outlines).to_crs(METRIC).sort_index()
    if list(real.index) != list(cells.index):
        raise CutError(f"{outlines} and {approximate} have not the same wards")
    shared = np.asarray(cells.intersection(real).area)
    overlap = shared / (np.asarray(cells.area + real.area) - shared)
    return (
        f"intersection over union: mean {overlap.mean():.2f}, median {np.median(overlap):.2f}, "
        f"least {overlap.min():.2f}; {100 * shared.sum() / real.union_all().area:.1f} % of "
        "the city's area lies in the right ward"
    )


def _read_outlines(path: Path) -> gpd.GeoSeries:
    shapes = {}
    for ward in read_json(path)["wards"]:
        # Buffering by nothing mends rings that touch themselves.
        parts = [shapely.Polygon(ring).buffer(0) for ring in ward["polygons"]]
        shapes[ward["id"]] = shapely.union_all(parts)
    return gpd.GeoSeries(shapes, crs="EPSG:4326")
