"""What rasters and areas must be before they are laid together."""

from __future__ import annotations

from typing import Any

from hanoi_analytics.errors import HanoiError


class RasterError(HanoiError):
    """Rasters, or a raster and areas, cannot be laid over each other."""


def require_crs(crs: Any, what: str) -> None:
    """Raise unless a coordinate system is known."""
    if crs is None:
        raise RasterError(
            f"the {what} has no coordinate system; set it before laying them together"
        )


def require_metres(crs: Any, what: str) -> None:
    """Raise unless a coordinate system is known and not in degrees."""
    require_crs(crs, what)
    if not crs.is_projected:
        raise RasterError(
            f"the {what}: expected an equal-area grid in metres, found {crs}; reproject it first"
        )
