"""Satellite scenes as one lazy cube, in blocks that suit their files and the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import rioxarray  # noqa: F401 # for .rio of what is returned
import xarray as xr

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.sensors import Scene, prepared
from hanoi_analytics.environment.land.stac import Bounds, record_source

if TYPE_CHECKING:
    import pystac

    from hanoi_analytics.catalogue.sources import Source


def load_scenes(
    items: Sequence[pystac.Item],
    *,
    bounds: Bounds,
    bands: Sequence[str],
    crs: str | None = None,
    resolution_m: float | None = None,
    resampling: str = "nearest",
    unreadable: Literal["error", "missing"] = "error",
    memory_gb: float = 1.5,
) -> xr.Dataset:
    """Lay scenes over each other on one grid, lazily.

    Parameters
    ----------
    items : sequence of pystac.Item
        Of Landsat Collection 2 Level-2 or of Sentinel-2 Level-2A, as `search` finds them.
    bounds : tuple of float
        West, south, east, north in degrees (EPSG:4326).
    bands : sequence of str
        Some of ``red, nir, swir1`` and, for Landsat, ``thermal``; ``quality`` always comes along.
    crs : str, optional
        Coordinate system in metres of the result; by default the scenes', if all have one.
    resolution_m : float, optional
        Size of its cells; by default that of the first scene's first band.
    resampling : str
        Of all bands but ``quality``, which takes the nearest cell: ``"nearest"``, ``"bilinear"``,
        ``"average"`` and what else GDAL's warper knows. On the scenes' own grid nothing is
        resampled. Overviews are never read: few catalogues say how they were made.
    unreadable : {"error", "missing"}
        What to do where a file cannot be read: stop with an error that names the scene, or count
        its cells as missing; `count_unreadable` then says how many they are.
    memory_gb : float
        What blocks of all scenes may take together while something is computed over time. It sets
        the size of the blocks: as many of the files' own blocks as fit.

    Returns
    -------
    xarray.Dataset
        ``(time, y, x)``, uint16 DN as delivered, one scene a block in time: scenes of one
        satellite and one solar day are one (their neighbours along the orbit). ``time`` is UTC.
        Coordinates on time: ``platform``, and for Sentinel-2 what `scale_sentinel2` needs.
        Attributes ``sensor`` and ``source``.

    Raises
    ------
    EnvironmentDataError
        No items, an unknown or missing band, scenes of two sensors, several coordinate systems
        and none chosen, one in degrees, or a first file that cannot be read.
    """
    import odc.stac  # noqa: PLC0415

    from hanoi_analytics.environment.land.layout import laid_out  # noqa: PLC0415
    from hanoi_analytics.environment.land.reading import (  # noqa: PLC0415
        UNREADABLE_DN,
        SceneDriver,
    )

    if unreadable not in {"error", "missing"}:
        raise EnvironmentDataError(f"unreadable={unreadable!r}: expected 'error' or 'missing'")
    wanted = [*(band for band in bands if band != "quality"), "quality"]
    scenes, sensor = prepared(items, wanted, (bounds[0] + bounds[2]) / 2)
    counted = unreadable == "missing"
    layout = laid_out(
        scenes,
        bounds,
        crs=crs,
        resolution_m=resolution_m,
        memory_gb=memory_gb,
        skip_unreadable=counted,
    )
    names = {asset.href: scene.item.id for scene in scenes for asset in scene.item.assets.values()}
    loaded = odc.stac.load(
        [scene.item for scene in scenes],
        bands=wanted,
        geobox=layout.geobox,
        chunks={"time": 1, "y": layout.chunk[0], "x": layout.chunk[1]},
        groupby=lambda item, parsed, position: scenes[position].moment,
        resampling={"*": resampling, "quality": "nearest"},
        stac_cfg={"*": {"assets": sensor.storage, "warnings": "ignore"}},
        driver=SceneDriver(names, UNREADABLE_DN[sensor.name]),
        fail_on_error=not counted,
        use_overviews=False,
    )
    asked = loaded.isel(y=slice(layout.north, None), x=slice(layout.west, None))
    return _described(asked, scenes, record_source(items)).assign_attrs(sensor=sensor.name)


def count_unreadable(scenes: xr.Dataset) -> xr.Dataset:
    """Return how many cells of each scene and band could not be read.

    Parameters
    ----------
    scenes : xarray.Dataset
        What `load_scenes` returned with ``unreadable="missing"``.

    Returns
    -------
    xarray.Dataset
        ``(time,)`` for each band, lazy.
    """
    from hanoi_analytics.environment.land.reading import UNREADABLE_DN  # noqa: PLC0415

    found = (scenes == UNREADABLE_DN[scenes.attrs["sensor"]]).sum(("y", "x"))
    return found.assign_attrs(source=scenes.attrs["source"])


def _described(loaded: xr.Dataset, scenes: Sequence[Scene], source: Source) -> xr.Dataset:
    """Add what is known of each scene, units and the source."""
    facts = {scene.moment: scene.facts for scene in reversed(scenes)}
    moments = sorted(facts)
    named = {
        name: ("time", [facts[moment][name] for moment in moments]) for name in scenes[0].facts
    }
    described = loaded.assign_coords(time=loaded.time.astype("datetime64[ns]")).assign_coords(named)
    for band in described.data_vars.values():
        band.attrs |= {"units": "DN", "source": source}
    return described.assign_attrs(source=source)
