"""The Vietnamese water quality index VN_WQI of samples of surface water, from secondary sources.

VN_WQI = WQI_I/100 · (ΠII)^(1/n)/100 · (ΠIII)^(1/m)/100 · [(mean IV)² · mean V]^(1/3), where I is
pH, II pesticides, III metals, IV organic matter and nutrients, V microbes. Group IV and at least
one other must be there; the factor of an absent group is 1, and without V the last term is mean IV.

References
----------
Decision 1460/QĐ-TCMT of 12 November 2019 (Vietnam Environment Administration). Its text was not
seen: breakpoints and formula come from public codes, see the notes in `vn_wqi_breakpoints`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

GROUPS = ("I", "II", "III", "IV", "V")
# Lowest index of each class; the decision's names.
CLASSES = {
    "Rất tốt": 91,
    "Tốt": 76,
    "Trung bình": 51,
    "Xấu": 26,
    "Kém": 10,
    "Ô nhiễm rất nặng": 0,
}
BASIS = "secondary sources: the text of decision 1460/QĐ-TCMT was not seen"

_DO, _TEMPERATURE, _SATURATION = "do_mg_l", "water_temperature_c", "do_saturation_percent"
_HIGHEST = {"ph": 14.0, _TEMPERATURE: 45.0}


def water_index(samples: pd.DataFrame) -> pd.DataFrame:
    """Return VN_WQI of each sample, from secondary sources (see the module).

    Parameters
    ----------
    samples : pandas.DataFrame
        A row a sample, NaN where not measured; station and date belong in the index. Columns:
        ``ph``; ``aldrin_ug_l, bhc_ug_l, dieldrin_ug_l, ddts_ug_l, heptachlor_ug_l``; ``as_mg_l,
        cd_mg_l, pb_mg_l, cr6_mg_l, cu_mg_l, zn_mg_l, hg_mg_l``; ``do_mg_l`` with
        ``water_temperature_c``, ``bod5_mg_l, cod_mg_l, toc_mg_l, n_nh4_mg_l, n_no3_mg_l,
        n_no2_mg_l, p_po4_mg_l``; ``coliform_mpn_100ml, e_coli_mpn_100ml``.

    Returns
    -------
    pandas.DataFrame
        With the samples' index: ``vn_wqi`` (0 to 100, whole, NaN where there is none), ``class``,
        ``groups`` (those used, each with how many of its parameters), ``group_I`` to ``group_V``
        (0 to 100), ``reason`` (why there is no index), ``basis``.

    Raises
    ------
    EnvironmentDataError
        An unknown column, a value below 0, a pH above 14, a temperature above 45 °C, or oxygen
        without a temperature.

    Examples
    --------
    >>> samples = pd.DataFrame({"ph": [7.0], "bod5_mg_l": [6.0], "cod_mg_l": [15.0]})
    >>> water_index(samples)[["vn_wqi", "class", "groups"]].values.tolist()
    [[75.0, 'Trung bình', 'I (1), IV (2)']]
    """
    table = catalogue.load("vn_wqi_breakpoints")
    measured = _measured(samples, table)
    groups = table.drop_duplicates("parameter").set_index("parameter")["group"]
    scores = {
        name: sub_index(measured[name], table[table["parameter"] == name]) for name in measured
    }
    result = pd.DataFrame(index=samples.index)
    counts = {}
    for group in GROUPS:
        inside = np.array([scores[name] for name in scores if groups[name] == group])
        inside = inside.reshape(-1, len(samples))
        counts[group] = np.count_nonzero(~np.isnan(inside), axis=0)
        result[f"group_{group}"] = _group_score(inside, geometric=group in ("II", "III"))
    missing_iv, too_few = counts["IV"] == 0, sum(n > 0 for n in counts.values()) < 2
    index = np.floor(_composite(result) + 0.5 + 1e-9)
    result["vn_wqi"] = np.where(missing_iv | too_few, np.nan, index)
    result["class"] = [_class_name(value) for value in result["vn_wqi"]]
    result["groups"] = [
        ", ".join(f"{group} ({counts[group][row]})" for group in GROUPS if counts[group][row])
        for row in range(len(samples))
    ]
    no_iv, no_other = "nothing of group IV", "one group only, two are needed"
    result["reason"] = np.where(missing_iv, no_iv, np.where(too_few, no_other, ""))
    result["basis"] = BASIS
    order = ["vn_wqi", "class", "groups", *(f"group_{group}" for group in GROUPS)]
    result = result[[*order, "reason", "basis"]]
    result.attrs.update(sources_of(samples.attrs, table.attrs))
    return result


def oxygen_saturation_mg_l(water_temperature_c: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return how much oxygen fresh water holds at a temperature.

    Examples
    --------
    >>> oxygen_saturation_mg_l([0.0, 20.0]).round(3).tolist()
    [14.652, 9.022]
    """
    t = np.asarray(water_temperature_c, dtype=np.float64)
    return 14.652 - 0.41022 * t + 0.0079910 * t**2 - 0.000077774 * t**3


def sub_index(
    values: npt.NDArray[np.float64], breakpoints: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Return q of one parameter: linear between its values, one step below and above them.

    Parameters
    ----------
    values : numpy.ndarray
        In the unit of the breakpoints, NaN where not measured.
    breakpoints : pandas.DataFrame
        The rows of `vn_wqi_breakpoints` of one parameter.

    Returns
    -------
    numpy.ndarray
        10 to 100, NaN where not measured.

    Examples
    --------
    >>> table = catalogue.load("vn_wqi_breakpoints")
    >>> ammonium = table[table["parameter"] == "n_nh4_mg_l"]
    >>> sub_index(np.array([0.29, 0.3, 0.75, 6.0]), ammonium).round(1).tolist()
    [100.0, 75.0, 37.5, 10.0]
    """
    side = breakpoints["side"]
    nodes = breakpoints[side == "at"]
    below, above = (float(breakpoints.loc[side == one, "q"].iloc[0]) for one in ("below", "above"))
    return np.interp(values, nodes["value"].to_numpy(), nodes["q"].to_numpy(), below, above)


def _measured(samples: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    parameters = [*table["parameter"].unique(), _DO, _TEMPERATURE]
    parameters.remove(_SATURATION)
    for column in samples.columns:
        if column not in parameters:
            hint = nearest(str(column), parameters)
            raise EnvironmentDataError(
                f"column {column!r} is no parameter of VN_WQI: {hint}; station and date belong in "
                "the index"
            )
    if (_DO in samples) and (_TEMPERATURE not in samples):
        raise EnvironmentDataError(
            f"{_DO} needs {_TEMPERATURE}: the index takes oxygen as a share of saturation"
        )
    measured = {str(name): samples[name].to_numpy(dtype=np.float64) for name in samples.columns}
    for name, values in measured.items():
        highest = _HIGHEST.get(name, np.inf)
        wrong = (values < 0) | (values > highest) | np.isinf(values)
        if wrong.any():
            raise EnvironmentDataError(
                f"{np.count_nonzero(wrong)} values of {name} are outside 0 to {highest:g}, the "
                f"first {values[wrong][0]:g} in row {samples.index[int(np.argmax(wrong))]!r}: set "
                "what was not measured to NaN"
            )
    temperature = measured.pop(_TEMPERATURE, None)
    if temperature is not None and _DO in measured:
        measured[_SATURATION] = 100 * measured.pop(_DO) / oxygen_saturation_mg_l(temperature)
    return measured


def _group_score(scores: npt.NDArray[np.float64], *, geometric: bool) -> npt.NDArray[np.float64]:
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    # Sub-indices are 10 at least, so the logarithm is defined.
    terms = np.where(known, np.log(scores) if geometric else scores, 0.0)
    mean = np.divide(terms.sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)
    return np.exp(mean) if geometric else mean


def _composite(scores: pd.DataFrame) -> npt.NDArray[np.float64]:
    factors = scores[["group_I", "group_II", "group_III"]].fillna(100.0).prod(axis=1) / 100**3
    four = scores["group_IV"]
    last = (four**2 * scores["group_V"].fillna(four)) ** (1 / 3)
    return np.asarray(factors * last, dtype=np.float64)


def _class_name(index: float) -> str:
    return next((name for name, low in CLASSES.items() if index >= low), "")
