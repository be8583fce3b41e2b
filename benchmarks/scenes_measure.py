"""One cloud-masked median, in a process of its own: prints a line of JSON.

python benchmarks/scenes_measure.py '{"what": "package", "folder": …, "warm_folder": …}'

The peers run by an interpreter that knows nothing of this project, so it is imported only where it
is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr
from measuring import peak_gb

Measured = dict[str, Any]
# Fill, dilated cloud, cirrus, cloud, shadow.
_UNCLEAR = 0b11111
_FACTOR, _OFFSET = np.float32(0.0000275), np.float32(-0.2)


def package(folder: Path, spec: Measured) -> tuple[xr.DataArray, Measured]:
    """Return the median by this package, from the catalogue to the array."""
    from hanoi_analytics import cluster  # noqa: PLC0415
    from hanoi_analytics.environment import land  # noqa: PLC0415

    whole_world = (-180.0, -90.0, 180.0, 90.0)
    dates = ("2015-01-01", "2035-12-31")
    items = land.search(str(folder / "catalog.json"), "scenes", bounds=whole_world, dates=dates)
    found = time.perf_counter()
    inside = items[0].bbox
    scenes = land.load_scenes(items, bounds=inside, bands=["red"], memory_gb=spec["memory_gb"])
    red = land.scale_landsat(scenes)["red"].where(land.landsat_clear(scenes["quality"]))
    lazy = land.seasonal_median(red, [dates], least=1)
    described = time.perf_counter()
    (result,) = cluster.compute(lazy)
    facts = {
        "chunk": [max(side) for side in red.chunks[1:]] if red.chunks else [],
        "search_s": found,
        "graph_s": described,
    }
    median = result["median"].isel(time=0)
    # Bounds in degrees reach a few cells beyond scenes that lie askew in them.
    rows, columns = items[0].properties["proj:shape"]
    west, north = (items[0].properties["proj:transform"][place] for place in (2, 5))
    top = int((median["y"] > north).sum())
    left = int((median["x"] < west).sum())
    return median.isel(y=slice(top, top + rows), x=slice(left, left + columns)), facts


def rioxarray_plain(folder: Path, spec: Measured) -> tuple[xr.DataArray, Measured]:
    """Return the median as a script of a few lines takes it: files stacked, masked, `.median`."""
    import rioxarray  # noqa: PLC0415

    side = spec["chunk"]

    def stacked(band: str) -> xr.DataArray:
        files = sorted(folder.glob(f"*_{band}.tif"))
        opened = [rioxarray.open_rasterio(f, chunks={"y": side, "x": side}) for f in files]
        return xr.concat(opened, "time").isel(band=0, drop=True)

    return _median(stacked("red"), stacked("qa_pixel")), {"chunk": [side, side]}


def stackstac_plain(folder: Path, spec: Measured) -> tuple[xr.DataArray, Measured]:
    """Return the median by stackstac, in the type and the chunks that suit it best."""
    import pystac  # noqa: PLC0415
    import stackstac  # noqa: PLC0415

    home = pystac.Collection.from_file(str(folder / "collection.json"))
    side, items = spec["chunk"], list(home.get_items())
    for item in items:
        item.make_asset_hrefs_absolute()
    facts = items[0].properties
    rows, columns = facts["proj:shape"]
    cell, _, west, _, _, north = facts["proj:transform"]
    cube = stackstac.stack(
        [item.to_dict() for item in items],
        assets=["red", "qa_pixel"],
        epsg=32648,
        resolution=30,
        bounds=(west, north - rows * cell, west + columns * cell, north),
        snap_bounds=False,
        chunksize=(1, 1, side, side),
        dtype="uint16",
        fill_value=np.uint16(0),  # a plain 0 is refused with NumPy 2
        rescale=False,
    )
    red, quality = (cube.sel(band=name, drop=True) for name in ("red", "qa_pixel"))
    # Its one fill value for all bands: there is no scene where a QA_PIXEL is 0.
    return _median(red, quality.where(quality > 0, 1)), {"chunk": [side, side]}


def _median(red: xr.DataArray, quality: xr.DataArray) -> xr.DataArray:
    reflectance = red.astype("float32") * _FACTOR + _OFFSET
    clear = reflectance.where((quality & _UNCLEAR) == 0)
    return clear.chunk(time=-1).median("time").compute()


_WAYS: dict[str, Callable[[Path, Measured], tuple[xr.DataArray, Measured]]] = {
    "package": package,
    "rioxarray": rioxarray_plain,
    "stackstac": stackstac_plain,
}


def measure(spec: Measured) -> Measured:
    """Warm up on a small world, then time one way and write its median beside the scenes."""
    way, folder = _WAYS[spec["what"]], Path(spec["folder"])
    with dask.config.set(scheduler="threads", num_workers=spec["workers"]):
        way(Path(spec["warm_folder"]), spec)
        warm_gb = peak_gb()
        wall, cpu = time.perf_counter(), time.process_time()
        median, facts = way(folder, spec)
        seconds = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    for name in ("search_s", "graph_s"):
        if name in facts:
            facts[name] -= wall
    np.save(folder / f"median_{spec['what']}.npy", median.transpose("y", "x").values)
    peak = {"peak_gb": peak_gb(), "warm_gb": warm_gb}
    return seconds | peak | facts | {"version": _version(spec["what"])}


def _version(what: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return "" if what == "package" else version(what)


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
