"""Pollutants and units by the names that files give them, and what one unit is in µg/m³.

Gases are converted at 25 °C and 1 atm, the reference state of QCVN 05:2023/BTNMT, where a mole of
an ideal gas fills 24.45 litres.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pandas as pd

from hanoi_analytics.environment.air.checks import POLLUTANTS
from hanoi_analytics.tables import plain

MOLAR_VOLUME_L = 24.45
MOLAR_MASS_G = MappingProxyType({"o3": 48.0, "no2": 46.01, "so2": 64.07, "co": 28.01})
UNITS = ("µg/m³", "mg/m³", "ppb", "ppm")

#: What files call a pollutant, as `plain` writes it.
NAMES = MappingProxyType(
    {
        "pm25": ("pm25", "buipm25", "buiminpm25", "nongdopm25", "pm25principal", "pm25rawconc"),
        "pm10": ("pm10", "buipm10", "buiminpm10", "nongdopm10", "pm10principal"),
        "o3": ("o3", "ozone", "ozon", "khio3", "nongdoo3", "ozoneprincipal"),
        "no2": ("no2", "nitrogendioxide", "khino2", "nongdono2", "no2principal"),
        "so2": ("so2", "sulfurdioxide", "sulphurdioxide", "khiso2", "nongdoso2", "so2principal"),
        "co": ("co", "carbonmonoxide", "khico", "nongdoco", "coprincipal"),
    }
)
_POLLUTANT = {word: pollutant for pollutant, words in NAMES.items() for word in words}
_UNIT = {
    **dict.fromkeys(("ugm3", "ugnm3", "microgramm3", "mcgm3"), "µg/m³"),
    **dict.fromkeys(("mgm3", "mgnm3"), "mg/m³"),
    **dict.fromkeys(("ppb", "ppbv"), "ppb"),
    **dict.fromkeys(("ppm", "ppmv"), "ppm"),
}
# `plain` drops the sign for micro, so a name in a header may end in gm3 as well.
_UNIT_ENDS = ("", "gm3", "gnm3", *_UNIT)


def header_names(pollutant: str) -> tuple[str, ...]:
    """Return what a column of a pollutant may be called, with and without a unit behind it."""
    return tuple(f"{name}{end}" for name in NAMES[pollutant] for end in _UNIT_ENDS)


def pollutant_named(word: str) -> str | None:
    """Return the pollutant that a word names.

    Examples
    --------
    >>> pollutant_named("PM2.5 - Principal"), pollutant_named("Ozone"), pollutant_named("pm1")
    ('pm25', 'o3', None)
    """
    return _POLLUTANT.get(plain(word))


def unit_named(word: str) -> str | None:
    """Return the unit that a word names.

    Examples
    --------
    >>> unit_named("UG/M3"), unit_named("mg/Nm³"), unit_named("g/m3")
    ('µg/m³', 'mg/m³', None)
    """
    return _UNIT.get(_simple(word))


def unit_in_header(header: str) -> str | None:
    """Return the unit that stands at the end of a column's name.

    Examples
    --------
    >>> unit_in_header("CO (mg/m3)"), unit_in_header("NO₂ [ppb]"), unit_in_header("PM10")
    ('mg/m³', 'ppb', None)
    """
    simple = _simple(header)
    ends = [end for end in _UNIT if simple.endswith(end)]
    return _UNIT[max(ends, key=len)] if ends else None


def _simple(word: str) -> str:
    letters = unicodedata.normalize("NFKC", word).lower().replace("μ", "u")
    return re.sub(r"[^a-z0-9]", "", letters)


def ug_m3_per_unit(pollutant: str, unit: str) -> float:
    """Return how many µg/m³ one unit of a pollutant is, at 25 °C and 1 atm.

    Parameters
    ----------
    pollutant : str
        One of pm25, pm10, o3, no2, so2, co.
    unit : str
        One of µg/m³, mg/m³, ppb, ppm.

    Returns
    -------
    float
        NaN for ppb and ppm of particles, and for words that are none of these.

    Notes
    -----
    1 ppb = M / 24.45 µg/m³, M the molar mass in g/mol; reference state of QCVN 05:2023/BTNMT.

    Examples
    --------
    >>> round(ug_m3_per_unit("no2", "ppb"), 3), ug_m3_per_unit("co", "mg/m³")
    (1.882, 1000.0)
    """
    if pollutant not in POLLUTANTS:
        return float("nan")
    gas = MOLAR_MASS_G.get(pollutant, float("nan")) / MOLAR_VOLUME_L
    return {"µg/m³": 1.0, "mg/m³": 1000.0, "ppb": gas, "ppm": 1000.0 * gas}.get(unit, float("nan"))


def each_word(words: pd.Series[str], named: Callable[[str], str | None]) -> pd.Series[str]:
    """Return what a function says of each word, asked once for words that are alike."""
    codes, different = pd.factorize(words)
    said = np.array([*(named(str(word)) for word in different), None], dtype=object)
    return pd.Series(said[codes], index=words.index)
