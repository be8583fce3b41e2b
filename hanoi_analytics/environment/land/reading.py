"""How one scene's file is read: settings for files behind HTTP, and errors that name the scene.

Dask tasks carry the driver and the settings with them, so that they hold on every worker.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import rasterio
from odc.geo.overlap import compute_reproject_roi
from odc.geo.roi import roi_shape
from odc.loader import RioDriver, RioReader
from odc.loader._reader import ReaderDaskAdaptor
from rasterio.errors import RasterioError

from hanoi_analytics.environment.checks import EnvironmentDataError

log = logging.getLogger(__name__)

#: For GDAL; what the user set by ``rasterio.Env`` around `load_scenes` goes before it.
HTTP_SETTINGS = {
    # A bucket of thousands of files is not listed to open one of them.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
}

#: Stored where a file could not be read: for Landsat below every valid DN and with the fill bit of
#: QA_PIXEL, for Sentinel-2 beyond every valid DN and class.
UNREADABLE_DN: Mapping[str, int] = {"landsat": 3, "sentinel-2": 65534}


class SceneDriver(RioDriver):
    """Reads by rasterio; what cannot be read is an error, or the number `unreadable_dn`.

    odc-stac's `fail_on_error` says which: it is part of the name of Dask's tasks, so that a cluster
    does not take the failure of one load for another's.
    """

    def __init__(self, names: Mapping[str, str], unreadable_dn: int) -> None:
        super().__init__()
        self._names, self._unreadable_dn = names, unreadable_dn

    def capture_env(self) -> dict[str, Any]:
        """Return the settings of GDAL that go with each task."""
        return HTTP_SETTINGS | (super().capture_env() if rasterio.env.hasenv() else {})

    @property
    def dask_reader(self) -> Any:
        """Return what makes a task of each part of a file, with none in common.

        Otherwise one task opens a file for all its parts, and Dask reads all parts of a file before
        it turns to the next: the whole cube would be in memory before the first median.
        """
        return ReaderDaskAdaptor(self, self.capture_env())

    def open(self, src: Any, ctx: Any) -> _SceneReader:
        """Return what reads one file."""
        return _SceneReader(src, ctx, self._names[src.uri], self._unreadable_dn)


class _SceneReader(RioReader):
    def __init__(self, src: Any, ctx: Any, name: str, unreadable_dn: int) -> None:
        super().__init__(src, ctx)
        self._name, self._unreadable_dn = name, unreadable_dn

    def read(
        self, cfg: Any, dst_geobox: Any, *, dst: Any = None, selection: Any = None
    ) -> tuple[tuple[slice, slice], Any]:
        try:
            strict = replace(cfg, fail_on_error=True)
            return super().read(strict, dst_geobox, dst=dst, selection=selection)
        except RasterioError as error:
            problem = unreadable(self._name, self._src.uri, error)
            if cfg.fail_on_error:
                # Its cause cannot be pickled on the way from a worker.
                raise problem from None
            log.warning("%s; counted as missing", problem)
        # Only where this scene lies: another of the same day may cover the rest.
        within: Any = np.s_[0 : dst_geobox.shape.y, 0 : dst_geobox.shape.x]
        if self._src.geobox is not None:
            within = compute_reproject_roi(self._src.geobox, dst_geobox).roi_dst
        return within, np.full(roi_shape(within), self._unreadable_dn, cfg.dtype)


def unreadable(name: str, uri: str, error: Exception) -> EnvironmentDataError:
    """Return the error for a file that cannot be read; addresses lose their tokens."""
    reason = " ".join(str(part) for part in (error, error.__cause__) if part)
    return EnvironmentDataError(
        f"scene {name}: {_bare(uri)} cannot be read ({_bare(reason)}); try again, leave the scene "
        f"out, or count it as missing by unreadable='missing'"
    )


def _bare(text: str) -> str:
    return re.sub(r"\?[^\s'\"]*", "", text)
