"""Areas burnt into a grid."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio import Affine
from rasterio.features import rasterize

# rasterio silences a warning of its own in a way that fails when two threads do so at once.
_ONE_AT_A_TIME = threading.Lock()


def burn(
    shapes: Iterable[tuple[Any, int]],
    *,
    shape: tuple[int, int],
    transform: Affine,
    all_touched: bool = False,
) -> npt.NDArray[np.int32]:
    """Write the number of an area into the cells whose centres lie in it; safe in threads.

    Parameters
    ----------
    shapes : iterable of (geometry, int)
        In the grid's coordinate system; where areas overlap the last one counts.
    shape : tuple of int
        Rows and columns.
    transform : affine.Affine
        From column and row to coordinates.
    all_touched : bool
        Also into the cells that an area only touches.

    Returns
    -------
    numpy.ndarray of int32, (rows, columns)
        −1 where no area lies.

    Examples
    --------
    >>> from rasterio.transform import from_origin
    >>> from shapely import box
    >>> burn([(box(0, 0, 1, 2), 7)], shape=(2, 2), transform=from_origin(0, 2, 1, 1)).tolist()
    [[7, -1], [7, -1]]
    """
    with _ONE_AT_A_TIME:
        burnt: npt.NDArray[np.int32] = rasterize(
            shapes,
            out_shape=shape,
            transform=transform,
            fill=-1,
            dtype="int32",
            all_touched=all_touched,
        )
    return burnt
