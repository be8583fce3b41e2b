"""The scale of VN_AQI: sub-index of a concentration, rounding, and the six classes.

References
----------
Decision 1459/QĐ-TCMT of 12 November 2019 (Vietnam Environment Administration): technical guidance
for computing and publishing VN_AQI, tables 1 and 2, sections 2.2.1 and 2.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

TOP_INDEX = 500


@dataclass(frozen=True)
class AirClass:
    """A class of VN_AQI.

    Attributes
    ----------
    name, english : str
        The decision's name, and our translation.
    low, high : int
        First and last index of the class.
    colour : str
        The decision's colour as ``#rrggbb``.
    """

    name: str
    english: str
    low: int
    high: int
    colour: str


CLASSES = (
    AirClass("Tốt", "good", 0, 50, "#00e400"),
    AirClass("Trung bình", "moderate", 51, 100, "#ffff00"),
    AirClass("Kém", "poor", 101, 150, "#ff7e00"),
    AirClass("Xấu", "bad", 151, 200, "#ff0000"),
    AirClass("Rất xấu", "very bad", 201, 300, "#8f3f97"),
    AirClass("Nguy hại", "hazardous", 301, TOP_INDEX, "#7e0023"),
)


def sub_index(concentration_ugm3: npt.ArrayLike, parameter: str) -> npt.NDArray[np.float64]:
    """Return the index of one parameter, before rounding.

    Linear between the breakpoints of the decision; 500 from the last breakpoint on. The 8-hour
    mean of ozone has no index above 400 µg/m³.

    Parameters
    ----------
    concentration_ugm3 : array_like
        µg/m³, any shape; NaN where missing.
    parameter : str
        ``o3_1h, o3_8h, co, so2, no2, pm10`` or ``pm25``.

    Returns
    -------
    numpy.ndarray
        In the same shape, 0 to 500, NaN where there is no index.

    Raises
    ------
    EnvironmentDataError
        An unknown parameter, or a value below 0.

    Notes
    -----
    The decision's worked example prints 60 for NO2 at 118.7 µg/m³; its own formula and table give
    59.35, so 59 here.

    Examples
    --------
    >>> sub_index([20.3, 55.7], "pm25").round(2).tolist()
    [40.6, 109.5]
    """
    return interpolated(
        np.asarray(concentration_ugm3, dtype=np.float64),
        catalogue.load("vn_aqi_breakpoints"),
        parameter,
    )


def interpolated(
    values: npt.NDArray[np.float64], breakpoints: pd.DataFrame, parameter: str
) -> npt.NDArray[np.float64]:
    """Do what `sub_index` says with a table of breakpoints at hand."""
    nodes = breakpoints[breakpoints["parameter"] == parameter]
    if nodes.empty:
        hint = nearest(parameter, breakpoints["parameter"])
        raise EnvironmentDataError(f"VN_AQI has no parameter {parameter!r}: {hint}")
    if (values < 0).any():
        raise EnvironmentDataError(
            f"{np.count_nonzero(values < 0)} values of {parameter} are below 0, the lowest "
            f"{np.nanmin(values)} µg/m³: a sentinel or a fault, set it to NaN"
        )
    index = nodes["index"].to_numpy(dtype=np.float64)
    beyond = TOP_INDEX if index[-1] == TOP_INDEX else np.nan
    return np.interp(values, nodes["concentration_ugm3"].to_numpy(), index, right=beyond)


def round_index(index: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Round to a whole number, halves up, as the decision's examples do.

    Examples
    --------
    >>> round_index([109.5, 40.6, 110.5, np.nan]).tolist()
    [110.0, 41.0, 111.0, nan]
    """
    # Halves of decimal concentrations may come out a hair below in binary.
    return np.floor(np.asarray(index, dtype=np.float64) + 0.5 + 1e-9)


def class_names(index: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Return the decision's name of the class of each rounded index, None where it is missing.

    Raises
    ------
    EnvironmentDataError
        An index outside 0 to 500, or not rounded.

    Examples
    --------
    >>> class_names([50, 51, np.nan]).tolist()
    ['Tốt', 'Trung bình', None]
    """
    values = np.asarray(index, dtype=np.float64)
    known = ~np.isnan(values)
    wrong = known & ((values < 0) | (values > TOP_INDEX) | (values != np.round(values)))
    if wrong.any():
        raise EnvironmentDataError(
            f"{np.count_nonzero(wrong)} values are no index, the first {values[wrong][0]}: "
            f"expected whole numbers from 0 to {TOP_INDEX}, see round_index"
        )
    position = np.searchsorted([one.high for one in CLASSES], np.where(known, values, 0))
    names = np.array([one.name for one in CLASSES], dtype=object)[position]
    names[~known] = None
    return names
