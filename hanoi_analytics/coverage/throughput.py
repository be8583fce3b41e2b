"""Throughput of a link from its SINR: the attenuated and truncated Shannon bound of 3GPP.

``η = 0`` below ``SINR_min``, ``α · log2(1 + SINR)`` up to ``SINR_max``, and the highest efficiency
from there on; throughput is η times the occupied bandwidth. It is what one user gets from a cell
that serves nobody else, over one stream: several streams (MIMO layers) carry more, other users
and other traffic leave less.

References
----------
3GPP TR 36.942, Annex A (link-level performance of E-UTRA).
3GPP TR 38.803, clause 5.2.7; the same values in TR 38.828 (link-level performance of NR).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest

_SUBCARRIERS_PER_BLOCK = 12


@dataclass(frozen=True)
class LinkMap:
    """From SINR to spectral efficiency.

    Attributes
    ----------
    attenuation : float
        α, the losses of a real receiver.
    least_sinr_db, most_sinr_db : float
        Of the weakest and the strongest modulation and coding.
    most_bit_per_s_hz : float
        From the upper SINR on.
    source : str
        Where the values stand.
    """

    attenuation: float
    least_sinr_db: float
    most_sinr_db: float
    most_bit_per_s_hz: float
    source: str


#: Downlink values. NR's highest efficiency is the bound at its upper SINR, 0.6 · log2(1001).
DOWNLINK: Mapping[str, LinkMap] = {
    "LTE": LinkMap(0.6, -10.0, 22.0, 4.4, "3GPP TR 36.942, Annex A"),
    "NR": LinkMap(0.6, -10.0, 30.0, 0.6 * float(np.log2(1001)), "3GPP TR 38.803, clause 5.2.7"),
}


def throughput_mbps(
    sinr_db: npt.ArrayLike,
    *,
    technology: str,
    resource_blocks: int,
    subcarrier_spacing_khz: float,
    downlink_share: float,
    overhead_share: float,
    busy_share: float,
) -> npt.NDArray[np.float64]:
    """Return the downlink throughput of one user who gets all that a cell has left.

    Parameters
    ----------
    sinr_db : array_like
        dB; NaN stays NaN.
    technology : {"LTE", "NR"}
        Whose map.
    resource_blocks : int
        Of the carrier: 100 for LTE at 20 MHz, 273 for NR at 100 MHz and 30 kHz.
    subcarrier_spacing_khz : float
        15 for LTE.
    downlink_share : float
        Part of the time that goes to the downlink: 1 for FDD, such as 0.75 for TDD.
    overhead_share : float
        Part of the resources for control and reference signals that the map does not hold;
        TS 38.306 counts 0.14 for NR below 7 GHz.
    busy_share : float
        Part of the resources that other users take. Their interference is a matter of the SINR.

    Returns
    -------
    numpy.ndarray
        Mbps, in the shape of `sinr_db`.

    Raises
    ------
    CoverageError
        An unknown technology, a carrier without width, or a share outside 0 to 1.

    Examples
    --------
    At 0 dB the bound is 1 bit/s/Hz, so 0.6 of it over 18 MHz:

    >>> carrier = {"technology": "LTE", "resource_blocks": 100, "subcarrier_spacing_khz": 15}
    >>> shares = {"downlink_share": 1, "overhead_share": 0, "busy_share": 0}
    >>> throughput_mbps([-11, 0, 25], **carrier, **shares).round(3).tolist()
    [0.0, 10.8, 79.2]
    """
    if technology not in DOWNLINK:
        raise CoverageError(f"technology {technology!r}: {nearest(technology, DOWNLINK)}")
    shares = {"downlink": downlink_share, "overhead": overhead_share, "busy": busy_share}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise CoverageError(f"{name}_share={share}: expected a share from 0 to 1")
    if not (resource_blocks > 0 and subcarrier_spacing_khz > 0):
        raise CoverageError(
            f"resource_blocks={resource_blocks}, subcarrier_spacing_khz={subcarrier_spacing_khz}: "
            f"expected numbers above 0"
        )
    link = DOWNLINK[technology]
    sinr = np.asarray(sinr_db, dtype=np.float64)
    # Above the upper limit the highest efficiency holds; clipping also keeps 10^x finite.
    power_ratio = 10 ** (np.minimum(sinr, link.most_sinr_db) / 10)
    efficiency = link.attenuation * np.log2(1 + power_ratio)
    efficiency = np.where(sinr >= link.most_sinr_db, link.most_bit_per_s_hz, efficiency)
    efficiency = np.where(sinr < link.least_sinr_db, 0.0, efficiency)
    occupied_mhz = resource_blocks * _SUBCARRIERS_PER_BLOCK * subcarrier_spacing_khz / 1000
    left = downlink_share * (1 - overhead_share) * (1 - busy_share)
    return np.asarray(efficiency * occupied_mhz * left, dtype=np.float64)
