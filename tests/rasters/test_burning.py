"""Areas burnt into a grid: by hand, and in many threads without a word of the library."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from rasterio.transform import from_origin
from shapely import box

from hanoi_analytics import rasters

CORNER = from_origin(100.0, 40.0, 10.0, 10.0)


def test_cells_go_by_their_centres_and_the_last_area_wins() -> None:
    west, east = box(100, 0, 124, 40), box(114, 10, 140, 40)
    burnt = rasters.burn([(west, 1), (east, 5)], shape=(4, 4), transform=CORNER)
    # Centres lie at 105, 115, 125, 135 and at 35, 25, 15, 5.
    assert burnt.tolist() == [[1, 5, 5, 5]] * 3 + [[1, 1, -1, -1]]
    assert burnt.dtype == np.int32


def test_threads_do_not_disturb_each_other() -> None:
    shapes = [(box(100, 0, 120, 40), 3)]
    with warnings.catch_warnings(record=True) as said, ThreadPoolExecutor(8) as threads:
        warnings.simplefilter("always")
        jobs = [
            threads.submit(rasters.burn, shapes, shape=(400, 400), transform=CORNER)
            for _ in range(60)
        ]
        assert {int((job.result() == 3).sum()) for job in jobs} == {8}
    assert [str(one.message) for one in said if "geotransform" in str(one.message)] == []
