"""Carriers: bands, resource blocks, centre frequencies, and power per resource element."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError

#: Blocks are held by companies, and networks carry their brands.
HOLDER = MappingProxyType({"VinaPhone": "VNPT"})
#: The band of each holder's block near 3 GHz: 3,800–3,900 MHz is in n77 but no longer in n78.
NR_BANDS = MappingProxyType(
    {"Viettel": "n41", "VNPT": "n78", "VinaPhone": "n78", "MobiFone": "n77"}
)

# 3GPP TS 36.104 Table 5.6-1; TS 38.101-1 Table 5.3.2-1 for 15 and 30 kHz: blocks by MHz.
_BLOCKS: dict[tuple[str, int], dict[float, int]] = {
    ("LTE", 15): {1.4: 6, 3: 15, 5: 25, 10: 50, 15: 75, 20: 100},
    ("NR", 15): {
        **{3: 15, 5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160},
        **{35: 188, 40: 216, 45: 242, 50: 270},
    },
    ("NR", 30): {
        **{5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119},
        **{50: 133, 60: 162, 70: 189, 80: 217, 90: 245, 100: 273},
    },
}


@dataclass(frozen=True)
class Band:
    """A band's downlink, and what a macro cell in it typically has where a table does not say.

    Attributes
    ----------
    technology : {"LTE", "NR"}
    low_mhz, high_mhz : float
        Edges of the downlink: 3GPP TS 36.104 Table 5.5-1, TS 38.104 Table 5.2-1.
    bandwidth_mhz, subcarrier_spacing_khz, power_w, gain_dbi, pattern
        Usual practice, no standard. The gain of an active array (``tr38901``) is that of the beams
        of its synchronisation blocks, 5 dB below a traffic beam of 25 dBi.
    """

    technology: str
    low_mhz: float
    high_mhz: float
    bandwidth_mhz: float
    subcarrier_spacing_khz: int
    power_w: float
    gain_dbi: float
    pattern: str


def _array(low_mhz: float, high_mhz: float) -> Band:
    return Band("NR", low_mhz, high_mhz, 100.0, 30, 200.0, 20.0, "tr38901")


def _panel(technology: str, low_mhz: float, high_mhz: float) -> Band:
    if low_mhz < 1000:
        return Band(technology, low_mhz, high_mhz, 10.0, 15, 40.0, 15.0, "parabolic65")
    return Band(technology, low_mhz, high_mhz, 20.0, 15, 80.0, 17.0, "parabolic65")


_PAIRED = {
    1: (2110.0, 2170.0),
    3: (1805.0, 1880.0),
    5: (869.0, 894.0),
    7: (2620.0, 2690.0),
    8: (925.0, 960.0),
    28: (758.0, 803.0),
}
BANDS = MappingProxyType(
    {
        **{f"B{number}": _panel("LTE", *edges) for number, edges in _PAIRED.items()},
        **{"B40": _panel("LTE", 2300.0, 2400.0), "B41": _panel("LTE", 2496.0, 2690.0)},
        **{f"n{number}": _panel("NR", *edges) for number, edges in _PAIRED.items()},
        **{"n40": _array(2300.0, 2400.0), "n41": _array(2496.0, 2690.0)},
        **{"n77": _array(3300.0, 4200.0), "n78": _array(3300.0, 3800.0)},
    }
)


def reference_signal_power_dbm(
    power_w: npt.ArrayLike, resource_blocks: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the power of one resource element when a carrier's power is spread evenly.

    ``10 lg(1000 P) − 10 lg(12 N_RB)``.

    Parameters
    ----------
    power_w : array_like
        Total of the carrier, W.
    resource_blocks : array_like
        Of 12 subcarriers each.

    Returns
    -------
    numpy.ndarray, dBm per resource element

    Raises
    ------
    CoverageError
        A power or a number of blocks that is not above 0.

    Examples
    --------
    >>> reference_signal_power_dbm([200.0, 80.0], [273, 100]).round(2).tolist()
    [17.86, 18.24]
    """
    power, blocks = np.asarray(power_w, np.float64), np.asarray(resource_blocks, np.float64)
    for name, values in (("power_w", power), ("resource_blocks", blocks)):
        wrong = values[~(np.isfinite(values) & (values > 0))]
        if wrong.size:
            raise CoverageError(f"{name}: expected numbers above 0, found {wrong.flat[0]}")
    return 10.0 * np.log10(1000.0 * power / (12.0 * blocks))


def channel_widths() -> pd.Series[int]:
    """Return the resource blocks of every channel, by technology, spacing in kHz, width in MHz.

    Examples
    --------
    >>> int(channel_widths()["NR", 30, 40.0])
    106
    """
    widths = [(*kind, float(width)) for kind, row in _BLOCKS.items() for width in row]
    blocks = [n for row in _BLOCKS.values() for n in row.values()]
    return pd.Series(blocks, index=pd.MultiIndex.from_tuples(widths))


def centre_frequencies_mhz(bands: pd.Series[str], operators: pd.Series[str]) -> pd.Series[float]:
    """Return the centre of each operator's block in a band, else of the band's whole downlink.

    Parameters
    ----------
    bands : pandas.Series
        3GPP names, such as ``n41``.
    operators : pandas.Series, same index
        Who holds a block of ``spectrum_blocks`` that lies inside the band: the company, or the
        brand of its network.

    Returns
    -------
    pandas.Series, MHz, same index
        Missing where a band is not one of `BANDS`.

    Examples
    --------
    >>> bands, operators = ["n41", "n78", "n77", "B3"], ["Viettel", "VinaPhone", "MobiFone", ""]
    >>> centre_frequencies_mhz(pd.Series(bands), pd.Series(operators)).tolist()
    [2550.0, 3750.0, 3850.0, 1842.5]
    """
    low = bands.map({name: band.low_mhz for name, band in BANDS.items()}).astype("float64")
    high = bands.map({name: band.high_mhz for name, band in BANDS.items()}).astype("float64")
    holders = operators.replace(dict(HOLDER))
    centre = (low + high) / 2
    blocks = catalogue.load("spectrum_blocks").dropna(subset=["operator", "band_mhz_low"])
    for left, right, holder in blocks[["band_mhz_low", "band_mhz_high", "operator"]].to_numpy():
        held = (holders == holder) & (low <= left) & (right <= high)
        centre = centre.mask(held, (left + right) / 2)
    return centre
