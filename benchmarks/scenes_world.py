"""Scenes made up for the benchmark: COGs of red and QA_PIXEL, and a static STAC catalogue of them.

python benchmarks/scenes_world.py FOLDER SCENES ROWS COLUMNS
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine, from_origin
from rasterio.warp import transform_bounds
from scipy import ndimage

_SEED = 20260101
_RESOLUTION_M = 30
_LEFT, _TOP = 540_015, 2_365_005
_EPSG = 32648
_PROFILE = {
    "driver": "COG",
    "count": 1,
    "dtype": "uint16",
    "crs": f"EPSG:{_EPSG}",
    "blocksize": 512,
    "compress": "deflate",
    "level": 1,
    "predictor": 2,
    "overviews": "none",
    "num_threads": "all_cpus",
}
# Clear land, cloud and cloud shadow as Landsat 8 and 9 code them.
_CLEAR, _CLOUD, _SHADOW, _FILL = 21824, 22280, 23888, 1
_FIELDS = 4


class World:
    """Fields drawn once; each scene takes them shifted, so that no two are alike."""

    def __init__(self, rows: int, columns: int) -> None:
        self.shape = (rows, columns)
        self._random = np.random.default_rng(_SEED)
        self._ground = 9_500 + 2_500 * self._smooth(40)
        self._noise = [
            self._random.normal(0, 200, self.shape).astype(np.float32) for _ in range(_FIELDS)
        ]
        self._clouds = [self._smooth(150) for _ in range(_FIELDS)]

    def scene(self, number: int) -> dict[str, NDArray[np.uint16]]:
        """Return the bands of one scene."""
        shift = tuple(int(s) for s in self._random.integers(0, self.shape))
        cloudiness = np.roll(self._clouds[number % _FIELDS], shift, (0, 1))
        share = self._random.beta(1.2, 1.2)
        cloud = cloudiness > 1 - share
        shadow = np.roll(cloud, (20, -15), (0, 1)) & ~cloud
        quality = np.full(self.shape, _CLEAR, np.uint16)
        quality[shadow], quality[cloud] = _SHADOW, _CLOUD
        red = self._ground + np.roll(self._noise[number % _FIELDS], shift, (0, 1))
        red[cloud] += 15_000
        red[shadow] -= 1_500
        # The edge of the satellite's path lies across the west.
        edge = int(self._random.integers(0, self.shape[1] // 4))
        outside = np.arange(self.shape[1]) < edge - np.arange(self.shape[0])[:, None] // 5
        quality[outside], red[outside] = _FILL, 0
        return {"red": red.astype(np.uint16), "qa_pixel": quality}

    def _smooth(self, cell: int) -> NDArray[np.float32]:
        """Return a field of 0 to 1, evenly spread, that changes over so many cells."""
        coarse = self._random.random([side // cell + 4 for side in self.shape])
        zoomed = ndimage.zoom(coarse, cell, order=1)[: self.shape[0], : self.shape[1]]
        return ((zoomed - zoomed.min()) / np.ptp(zoomed)).astype(np.float32)


def make(folder: Path, scenes: int, rows: int, columns: int) -> dict[str, Any]:
    """Write scenes and catalogue; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World(rows, columns)
    transform = from_origin(_LEFT, _TOP, _RESOLUTION_M, _RESOLUTION_M)
    clear = covered = 0
    items = []
    for number in range(scenes):
        name = f"LC09_{number:04d}"
        for band, values in world.scene(number).items():
            path = folder / f"{name}_{band}.tif"
            nodata = _FILL if band == "qa_pixel" else 0
            profile = _PROFILE | {"height": rows, "width": columns, "nodata": nodata}
            with rasterio.open(path, "w", transform=transform, **profile) as file:
                file.write(values, 1)
            if band == "qa_pixel":
                clear += int((values == _CLEAR).sum())
                covered += int((values != _FILL).sum())
        items.append(_item(name, number, (rows, columns), transform))
    _catalogue(folder, items)
    size = sum(path.stat().st_size for path in folder.glob("*.tif"))
    return {"bytes": size, "clear_share": clear / covered, "covered_cells": covered}


def _item(name: str, number: int, shape: tuple[int, int], transform: Affine) -> dict[str, Any]:
    right, bottom = transform * (shape[1], shape[0])
    west, south, east, north = transform_bounds(
        f"EPSG:{_EPSG}", "EPSG:4326", _LEFT, bottom, right, _TOP
    )
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    taken = datetime(2015, 1, 4, 3, 20, tzinfo=UTC) + timedelta(days=16 * number)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"],
        "id": name,
        "collection": "scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {
            "datetime": f"{taken:%Y-%m-%dT%H:%M:%SZ}",
            "platform": "landsat-9",
            "proj:epsg": _EPSG,
            "proj:shape": list(shape),
            "proj:transform": list(transform)[:6],
        },
        "assets": {
            band: {"href": f"./{name}_{band}.tif", "type": "image/tiff", "roles": ["data"]}
            for band in ("red", "qa_pixel")
        },
        "links": [{"rel": "collection", "href": "./collection.json"}],
    }


def _catalogue(folder: Path, items: list[dict[str, Any]]) -> None:
    for item in items:
        (folder / f"{item['id']}.json").write_text(json.dumps(item), encoding="utf-8")
    links = [{"rel": "item", "href": f"./{item['id']}.json"} for item in items]
    root = {"rel": "root", "href": "./catalog.json"}
    described = {"stac_version": "1.0.0", "description": "scenes made up for a benchmark"}
    collection = described | {
        "type": "Collection",
        "id": "scenes",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [items[0]["bbox"]]},
            "temporal": {"interval": [[items[0]["properties"]["datetime"], None]]},
        },
        "links": [root, *links],
    }
    catalogue = described | {
        "type": "Catalog",
        "id": "benchmark",
        "links": [root, {"rel": "child", "href": "./collection.json"}],
    }
    for name, document in (("collection", collection), ("catalog", catalogue)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    print(json.dumps(make(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
