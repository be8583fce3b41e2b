"""Samples brought to places, and places to blocks, so that their number is not overstated.

A moving receiver writes many samples of one place, and one sample holds fast fading that no model
predicts. Lee's criterion: the level of a place is taken over 40 wavelengths; here it is the median,
which few outliers move and which path-loss models predict. Lee's own mean of the power lies up to
1.6 dB higher (in Rayleigh fading; RSRP over a wide carrier holds less of it).

References
----------
Lee, W. C. Y. (1985), Estimate of local average power of a mobile radio signal, IEEE Transactions
on Vehicular Technology 34 (1), 22-27.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from pyproj import Transformer

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest
from hanoi_analytics.places.crosswalk import METRIC_CRS

Servers = Literal["each", "strongest"]

_LIGHT_M_PER_US = 299.792458
_LEE_WAVELENGTHS = 40.0
_APART = ("operator", "frequency_mhz", "land_class")


def spatial_blocks(
    longitude: npt.ArrayLike, latitude: npt.ArrayLike, *, side_m: float
) -> npt.NDArray[np.int64]:
    """Number the squares of a metric grid that points lie in.

    Parameters
    ----------
    longitude, latitude : array_like, shape (n,)
        Degrees.
    side_m : float
        Side of a square. For intervals and hold-outs: several times the correlation distance of
        the shadow fading, so that blocks are nearly independent of each other.

    Returns
    -------
    numpy.ndarray, shape (n,), int
        From 0; equal in one square.

    Raises
    ------
    CoverageError
        A side that is not positive.

    Examples
    --------
    >>> spatial_blocks([105.80, 105.8001, 105.90], [21.0, 21.0, 21.0], side_m=500).tolist()
    [0, 0, 1]
    """
    if not (np.isfinite(side_m) and side_m > 0):
        raise CoverageError(f"side_m={side_m}: expected a length above 0 m, such as 500")
    to_metres = Transformer.from_crs("EPSG:4326", METRIC_CRS, always_xy=True)
    metres = np.column_stack(to_metres.transform(np.asarray(longitude), np.asarray(latitude)))
    cells = np.floor(metres / side_m).astype(np.int64)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def aggregate(
    samples: pd.DataFrame,
    *,
    side_m: float,
    frequency_mhz: float,
    servers: Servers = "each",
    mean_of: Sequence[str] = (),
) -> pd.DataFrame:
    """Take one level for each place and sector out of the many samples there.

    Parameters
    ----------
    samples : pandas.DataFrame
        Accepted by `read_samples`.
    side_m : float
        Side of the square that counts as one place, at least 40 wavelengths.
    frequency_mhz : float
        Of the carrier; the lowest, if there are several.
    servers : {"each", "strongest"}
        One row for each sector heard in a place, or only for the strongest of an operator.
    mean_of : sequence of str
        Further columns of numbers, such as a prediction or a distance, to take the mean of.

    Returns
    -------
    pandas.DataFrame
        ``place``, ``longitude`` and ``latitude`` (mean of the samples), ``level_dbm``,
        ``samples`` (how many), those of ``operator``, ``frequency_mhz``, ``land_class`` and
        ``sector_id`` that the table has, and `mean_of`.

    Raises
    ------
    CoverageError
        No samples, squares smaller than 40 wavelengths, an unknown choice or column.

    Examples
    --------
    >>> drive = pd.DataFrame(
    ...     {"longitude": 105.85, "latitude": 21.03, "level_dbm": [-90.0, -91.0, -110.0]}
    ... )
    >>> aggregate(drive, side_m=50, frequency_mhz=2550)[["level_dbm", "samples"]].values.tolist()
    [[-91.0, 3.0]]
    """
    if servers not in get_args(Servers):
        raise CoverageError(f"servers {servers!r}: {nearest(servers, get_args(Servers))}")
    if not frequency_mhz > 0:
        raise CoverageError(f"frequency_mhz={frequency_mhz}: expected a number above 0")
    for column in ("longitude", "latitude", "level_dbm", *mean_of):
        if column not in samples.columns:
            hint = nearest(column, map(str, samples.columns))
            raise CoverageError(f"no column {column!r} in the samples; {hint}")
    if samples.empty:
        raise CoverageError("no samples: see the report of rejected rows for the reasons")
    least_m = _LEE_WAVELENGTHS * _LIGHT_M_PER_US / frequency_mhz
    if not side_m >= least_m:
        raise CoverageError(
            f"side_m={side_m:g}: expected at least 40 wavelengths, {least_m:.1f} m at "
            f"{frequency_mhz:g} MHz, or fast fading is not averaged out"
        )
    place = spatial_blocks(samples["longitude"], samples["latitude"], side_m=side_m)
    work = samples.assign(place=place, samples=1)
    apart = ["place", *(c for c in _APART if c in work)]
    keys = [*apart, *(c for c in ("sector_id",) if c in work)]
    means = dict.fromkeys(("longitude", "latitude", *mean_of), "mean")
    rules = {**means, "level_dbm": "median", "samples": "sum"}
    places = work.groupby(keys, dropna=False, sort=True).agg(rules).reset_index()
    if servers == "strongest":
        strongest = places.groupby(apart, dropna=False)["level_dbm"].idxmax()
        places = places.loc[strongest.sort_values()].reset_index(drop=True)
    places.attrs = dict(samples.attrs)
    return places


def predicted_at(level: xr.DataArray, samples: pd.DataFrame) -> pd.Series[float]:
    """Return the value of a raster's cell under each sample.

    Parameters
    ----------
    level : xarray.DataArray, (y, x)
        With its coordinate system, such as a predicted level.
    samples : pandas.DataFrame
        ``longitude`` and ``latitude``, degrees.

    Returns
    -------
    pandas.Series
        With the index of the samples; NaN outside the raster.

    Examples
    --------
    >>> import rioxarray
    >>> level = xr.DataArray(
    ...     [[-80.0, -90.0], [-70.0, -75.0]],
    ...     coords={"y": [21.0, 20.9], "x": [105.8, 105.9]},
    ...     dims=("y", "x"),
    ... ).rio.write_crs("EPSG:4326")
    >>> points = pd.DataFrame({"longitude": [105.93, 106.2], "latitude": 21.0})
    >>> predicted_at(level, points).tolist()
    [-90.0, nan]
    """
    to_raster = Transformer.from_crs("EPSG:4326", level.rio.crs, always_xy=True)
    points = to_raster.transform(samples["longitude"].to_numpy(), samples["latitude"].to_numpy())
    columns, rows = (np.floor(part).astype(int) for part in ~level.rio.transform() * points)
    inside = (columns >= 0) & (columns < level.sizes["x"])
    inside &= (rows >= 0) & (rows < level.sizes["y"])
    values = np.full(len(samples), np.nan)
    at = {"y": rows[inside], "x": columns[inside]}
    cells = level.isel({axis: xr.DataArray(place, dims="sample") for axis, place in at.items()})
    values[inside] = cells.to_numpy()
    return pd.Series(values, index=samples.index, name="predicted_dbm")
