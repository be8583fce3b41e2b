"""Chunks that are whole blocks of a file."""

from __future__ import annotations

import logging
import math
from collections.abc import Hashable, Mapping

log = logging.getLogger(__name__)


def whole_blocks(
    sizes: Mapping[Hashable, int],
    block: Mapping[Hashable, int],
    cell_bytes: int,
    *,
    limit_bytes: int,
) -> dict[Hashable, int]:
    """Return the size of chunks: as many whole blocks of a file as a limit allows.

    They grow over rows and columns first, nearly square in blocks, and then, where a whole layer
    is small, over the other dimensions.

    Parameters
    ----------
    sizes : mapping of dimension to int
        Of the raster; rows and columns come last.
    block : mapping of dimension to int
        Of the file.
    cell_bytes : int
        Bytes of a cell in memory.
    limit_bytes : int
        The most bytes of a chunk; a block that is larger makes a chunk of its own.

    Returns
    -------
    dict of dimension to int

    Examples
    --------
    >>> whole_blocks({"y": 2700, "x": 3100}, {"y": 512, "x": 512}, 4, limit_bytes=8_000_000)
    {'y': 1536, 'x': 1024}
    """
    chunk = {name: min(block[name], size) for name, size in sizes.items()}
    least_bytes = math.prod(chunk.values()) * cell_bytes
    if least_bytes > 4 * limit_bytes:
        log.warning(
            "the file's blocks %s hold %d MB each: so much is read at once; a file with smaller "
            "blocks needs less memory", chunk, least_bytes // 1_000_000
        )  # fmt: skip
    *others, row, column = sizes
    spare = max(1, limit_bytes // least_bytes)
    blocks = {name: math.ceil(size / chunk[name]) for name, size in sizes.items()}
    down = min(blocks[row], max(1, spare // min(blocks[column], math.isqrt(spare))))
    taken = {row: down, column: min(blocks[column], spare // down)}
    spare //= taken[row] * taken[column]
    for name in reversed(others):
        taken[name] = max(1, min(blocks[name], spare))
        spare //= taken[name]
    return {name: min(chunk[name] * taken[name], size) for name, size in sizes.items()}
