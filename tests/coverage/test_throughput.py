"""Throughput from SINR against values worked out by hand and the maxima of the reports."""

from __future__ import annotations

import numpy as np
import pytest

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.throughput import throughput_mbps

WHOLE = {"downlink_share": 1.0, "overhead_share": 0.0, "busy_share": 0.0}
LTE_20 = {"technology": "LTE", "resource_blocks": 100, "subcarrier_spacing_khz": 15.0}
NR_100 = {"technology": "NR", "resource_blocks": 273, "subcarrier_spacing_khz": 30.0}


def test_values_by_hand() -> None:
    # 1 + SINR = 1.1, 2, 4 at −10, 0 and 4.7712 dB; 0.6 · lb of it · 18 MHz; 4.4 · 18 from 22 dB.
    found = throughput_mbps([-10.01, -10, 0, 4.7712125, 22, 60], **LTE_20, **WHOLE)  # type: ignore[arg-type]
    assert found == pytest.approx([0, 10.8 * 0.1375035, 10.8, 21.6, 79.2, 79.2], rel=1e-6)


def test_nr_reaches_further() -> None:
    # 0.6 · lb(1001) = 5.9803 bit/s/Hz over 273 · 12 · 30 kHz = 98.28 MHz.
    at_limit, beyond = throughput_mbps([30, 45], **NR_100, **WHOLE)  # type: ignore[arg-type]
    assert at_limit == beyond == pytest.approx(5.98034 * 98.28, rel=1e-5)


def test_shares_leave_what_they_leave() -> None:
    shares = {"downlink_share": 0.75, "overhead_share": 0.14, "busy_share": 0.5}
    assert throughput_mbps(0.0, **NR_100, **shares) == pytest.approx(  # type: ignore[arg-type]
        0.6 * 98.28 * 0.75 * 0.86 * 0.5
    )
    assert throughput_mbps(20, **NR_100, **{**WHOLE, "busy_share": 1.0}) == 0  # type: ignore[arg-type]


def test_it_rises_and_keeps_shape_and_gaps() -> None:
    sinr = np.linspace(-15, 40, 12).reshape(3, 4)
    found = throughput_mbps(sinr, **LTE_20, **WHOLE)  # type: ignore[arg-type]
    assert found.shape == (3, 4)
    assert (np.diff(found.ravel()) >= 0).all()
    assert np.isnan(throughput_mbps([np.nan], **LTE_20, **WHOLE)).all()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"technology": "5G"}, "technology '5G'"),
        ({"downlink_share": 1.2}, "downlink_share=1.2"),
        ({"overhead_share": -0.1}, "overhead_share=-0.1"),
        ({"busy_share": float("nan")}, "busy_share=nan"),
        ({"resource_blocks": 0}, "resource_blocks=0"),
    ],
)
def test_wrong_inputs_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        throughput_mbps(0, **{**LTE_20, **WHOLE, **changes})  # type: ignore[arg-type]
