"""Antenna patterns, channels and powers against published values; what a sector table must be."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import (
    COLUMNS,
    Defaults,
    check_sectors,
    reference_signal_power_dbm,
    sector_schema,
)
from hanoi_analytics.coverage.network.antenna import (
    FRONT_TO_BACK_DB,
    PATTERNS,
    horizontal_attenuation_db,
    vertical_attenuation_db,
)
from hanoi_analytics.coverage.network.link import (
    BANDS,
    NR_BANDS,
    centre_frequencies_mhz,
    channel_widths,
)

# Least guard bands in kHz on each side of an NR channel, as 3GPP TS 38.101-1 Table 5.3.3-1 prints
# them: (bandwidth − 12 N_RB spacing − spacing) / 2.
GUARD_KHZ = {
    15: {5: 242.5, 10: 312.5, 15: 382.5, 20: 452.5, 25: 522.5, 30: 592.5, 40: 552.5, 50: 692.5},
    30: {
        **{5: 505, 10: 665, 15: 645, 20: 805, 25: 785, 30: 945, 40: 905, 50: 1045},
        **{60: 825, 70: 965, 80: 925, 90: 885, 100: 845},
    },
}


@pytest.mark.parametrize("pattern", ["tr38901", "parabolic65"])
def test_a_panel_is_3_db_down_at_half_its_beamwidth(pattern: str) -> None:
    half_deg = {"tr38901": 32.5, "parabolic65": 5.0}[pattern]
    assert horizontal_attenuation_db(pattern, [32.5, -32.5, 327.5, 392.5]).tolist() == [3.0] * 4
    assert vertical_attenuation_db(pattern, [half_deg, -half_deg]).tolist() == [3.0, 3.0]
    assert horizontal_attenuation_db(pattern, 0.0) == vertical_attenuation_db(pattern, 0.0) == 0.0


def test_a_panel_loses_no_more_than_its_caps() -> None:
    # 12 (φ/65)² reaches 30 dB at 102.8°; 12 (θ/10)² reaches 20 dB at 12.9°.
    assert horizontal_attenuation_db("tr38901", [102.7, 102.8, 180.0]) == pytest.approx(
        [29.957, 30.0, 30.0], abs=0.001
    )
    assert vertical_attenuation_db("tr38901", [65.0, 90.0]) == pytest.approx(
        [12.0, 23.006], abs=0.001
    )
    assert vertical_attenuation_db("parabolic65", [12.8, 13.0, 90.0]) == pytest.approx(
        [19.661, 20.0, 20.0], abs=0.001
    )
    assert dict(FRONT_TO_BACK_DB) == {"tr38901": 30.0, "parabolic65": 30.0, "omni": 0.0}


def test_an_omni_antenna_is_the_same_everywhere() -> None:
    everywhere = np.arange(-180.0, 181.0, 30.0)
    assert not horizontal_attenuation_db("omni", everywhere).any()
    assert not vertical_attenuation_db("omni", everywhere).any()


@given(st.sampled_from(list(PATTERNS)), st.floats(-720.0, 720.0))
def test_patterns_are_symmetric_and_periodic(pattern: str, angle_deg: float) -> None:
    loss = horizontal_attenuation_db(pattern, [angle_deg, -angle_deg, angle_deg + 360.0])
    assert loss == pytest.approx([loss[0]] * 3, abs=1e-9)
    assert 0.0 <= loss[0] <= FRONT_TO_BACK_DB[pattern]


def test_an_unknown_pattern_names_the_nearest() -> None:
    with pytest.raises(CoverageError, match="did you mean 'tr38901'"):
        horizontal_attenuation_db("tr38.901", 0.0)


def test_power_per_resource_element_has_the_published_values() -> None:
    power = reference_signal_power_dbm([200.0, 320.0, 40.0, 80.0], [273, 273, 106, 100])
    assert power == pytest.approx([17.86, 19.90, 14.98, 18.24], abs=0.005)


@pytest.mark.parametrize(("power", "blocks"), [(0.0, 100), (-1.0, 100), (np.nan, 100), (80.0, 0)])
def test_power_and_blocks_must_be_above_zero(power: float, blocks: int) -> None:
    with pytest.raises(CoverageError, match="above 0"):
        reference_signal_power_dbm(power, blocks)


@pytest.mark.parametrize("spacing_khz", [15, 30])
def test_nr_channels_leave_the_printed_guard_bands(spacing_khz: int) -> None:
    for width_mhz, guard_khz in GUARD_KHZ[spacing_khz].items():
        blocks = channel_widths()["NR", spacing_khz, width_mhz]
        assert (1000 * width_mhz - 12 * blocks * spacing_khz - spacing_khz) / 2 == guard_khz


def test_lte_channels_fill_nine_tenths_of_their_width() -> None:
    # From 3 MHz up an LTE channel is 90 % full; that of 1.4 MHz has 6 blocks.
    for width_mhz in (3.0, 5.0, 10.0, 15.0, 20.0):
        assert channel_widths()["LTE", 15, width_mhz] * 0.18 == pytest.approx(0.9 * width_mhz)
    assert channel_widths()["LTE", 15, 1.4] == 6


def test_no_channel_is_wider_than_it_may_be() -> None:
    for (_, spacing_khz, width_mhz), blocks in channel_widths().items():
        assert 12 * blocks * spacing_khz < 1000 * width_mhz


def test_carriers_stand_in_the_middle_of_their_holder_s_block() -> None:
    wanted = [
        *[("n41", "Viettel", 2550.0), ("n78", "VNPT", 3750.0), ("n78", "VinaPhone", 3750.0)],
        *[("n77", "MobiFone", 3850.0), ("n28", "Viettel", 773.0)],
        *[("n41", "MobiFone", 2593.0), ("B3", "Viettel", 1842.5)],  # no block: middle of the band
    ]
    bands, operators, centres = (pd.Series(column) for column in zip(*wanted, strict=True))
    assert centre_frequencies_mhz(bands, operators).tolist() == centres.tolist()


def test_every_holder_s_block_lies_in_its_band() -> None:
    names = list(NR_BANDS)
    centres = centre_frequencies_mhz(pd.Series([NR_BANDS[n] for n in names]), pd.Series(names))
    for name, centre in zip(names, centres, strict=True):
        band = BANDS[NR_BANDS[name]]
        assert band.low_mhz + 50 <= centre <= band.high_mhz - 50


@cache
def drawn() -> pd.DataFrame:
    return catalogue.load("hanoi_network_simulated", bts=30)


def sectors() -> pd.DataFrame:
    return drawn().copy()


def test_the_schema_has_the_columns_in_order_with_units() -> None:
    columns = sector_schema().columns
    assert tuple(columns) == COLUMNS
    assert all(column.description for column in columns.values())
    assert list(check_sectors(sectors())) == list(COLUMNS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *[("longitude", 181.0), ("height_m", 0.0), ("height_m", 301.0), ("azimuth_deg", 360.0)],
        *[("power_w", 0.0), ("technology", "GSM"), ("pattern", "isotropic"), ("latitude", np.nan)],
        *[("subcarrier_spacing_khz", 20), ("resource_blocks", 276), ("site_id", "")],
    ],
)
def test_a_sector_table_refuses_values_outside_its_limits(column: str, value: object) -> None:
    table = sectors()
    table.loc[1, column] = value
    with pytest.raises(CoverageError, match=column):
        check_sectors(table)


def test_a_sector_table_is_refused_for_its_form() -> None:
    table = sectors()
    twice = table.assign(sector_id=table["sector_id"].iloc[0])
    for wrong, words in (
        (table.rename(columns={"azimuth_deg": "azimuth"}), "'azimuth_deg' .did you mean 'azimuth'"),
        (table.assign(note=""), "note"),
        (table.iloc[::-1], "sorted"),
        (table.iloc[:0], "without rows"),
        (twice, "sector_id"),
    ):
        wrong.attrs["source"] = table.attrs["source"]
        with pytest.raises(CoverageError, match=words):
            check_sectors(wrong)
    table.attrs.clear()
    with pytest.raises(CoverageError, match="source"):
        check_sectors(table)


@pytest.mark.parametrize(
    "wrong", [{"technology": "GSM"}, {"lte_band": "n41"}, {"nr_band": "n99"}, {"azimuths_deg": ()}]
)
def test_defaults_must_fit_together(wrong: dict[str, object]) -> None:
    with pytest.raises(CoverageError):
        Defaults(**wrong)  # type: ignore[arg-type]
