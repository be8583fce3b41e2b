"""VN_WQI by hand from the tables, and what it refuses."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.environment import water
from hanoi_analytics.environment.checks import EnvironmentDataError

POINTS = [
    ("ph", [5.4, 5.5, 5.75, 6.0, 8.5, 8.75, 9.0, 9.1], [10, 50, 75, 100, 100, 75, 50, 10]),
    ("bod5_mg_l", [1, 4, 5, 15, 25, 50, 80], [100, 100, 87.5, 50, 25, 10, 10]),
    ("cod_mg_l", [10, 12.5, 30, 100, 150], [100, 87.5, 50, 17.5, 10]),
    ("toc_mg_l", [4, 6, 20, 50], [100, 75, 37.5, 10]),
    ("n_nh4_mg_l", [0.299, 0.3, 0.6, 0.9, 5, 6], [100, 75, 50, 25, 10, 10]),
    ("n_no3_mg_l", [2, 5, 10, 15, 15.1], [100, 75, 50, 25, 10]),
    ("n_no2_mg_l", [0.05, 0.051], [100, 10]),
    ("p_po4_mg_l", [0.1, 0.2, 0.4, 4], [100, 75, 37.5, 10]),
    ("coliform_mpn_100ml", [2500, 6250, 10_000, 10_001], [100, 62.5, 25, 10]),
    ("e_coli_mpn_100ml", [20, 50, 100, 200, 201], [100, 75, 50, 25, 10]),
    ("as_mg_l", [0.01, 0.02, 0.05, 0.1, 0.11], [100, 75, 50, 25, 10]),
    ("cd_mg_l", [0.0049, 0.005, 0.008, 0.01, 0.1], [100, 75, 50, 25, 10]),
    ("pb_mg_l", [0.019, 0.02, 0.04, 0.05, 0.5], [100, 75, 50, 25, 10]),
    ("cr6_mg_l", [0.01, 0.02, 0.04, 0.05, 0.1], [100, 75, 50, 25, 10]),
    ("cu_mg_l", [0.1, 0.2, 0.5, 1, 2], [100, 75, 50, 25, 10]),
    ("zn_mg_l", [0.5, 1, 1.5, 2, 3], [100, 75, 50, 25, 10]),
    ("hg_mg_l", [0.0009, 0.001, 0.0015, 0.002, 0.01], [100, 75, 50, 25, 10]),
    ("aldrin_ug_l", [0.1, 0.11], [100, 10]),
    (
        "do_saturation_percent",
        [19, 20, 50, 75, 88, 100, 112, 125, 150, 200, 201],
        [10, 25, 50, 75, 100, 100, 100, 75, 50, 25, 10],
    ),
]


def index_of(**columns: float) -> Any:
    samples = pd.DataFrame({name: [value] for name, value in columns.items()})
    return water.water_index(samples).iloc[0]


@cache
def table_of(parameter: str) -> pd.DataFrame:
    table = catalogue.load("vn_wqi_breakpoints")
    return table[table["parameter"] == parameter]


@pytest.mark.parametrize(("parameter", "values", "q"), POINTS)
def test_sub_indices_at_and_between_the_breakpoints(
    parameter: str, values: list[float], q: list[float]
) -> None:
    found = water.sub_index(np.array(values, dtype=float), table_of(parameter))
    np.testing.assert_allclose(found, q)


POLLUTANTS = [name for name, _, _ in POINTS[1:-1]]


@settings(deadline=None)
@given(st.sampled_from(POLLUTANTS), st.lists(st.floats(0, 2e4), min_size=2, max_size=20))
def test_more_of_a_pollutant_is_never_better(parameter: str, values: list[float]) -> None:
    q = water.sub_index(np.sort(values), table_of(parameter))
    assert (np.diff(q) <= 0).all()
    assert ((q >= 10) & (q <= 100)).all()


def test_oxygen_saturation_lies_by_the_standard_tables() -> None:
    # Fresh water at sea level, Benson and Krause.
    found = water.oxygen_saturation_mg_l([0, 10, 20, 30])
    np.testing.assert_allclose(found, [14.62, 11.29, 9.09, 7.56], rtol=0.02)


def test_every_group_by_hand() -> None:
    row = index_of(
        ph=5.75, aldrin_ug_l=0.2, bhc_ug_l=0.01, as_mg_l=0.02, cu_mg_l=0.2,
        bod5_mg_l=6, cod_mg_l=10, coliform_mpn_100ml=7500,
    )  # fmt: skip
    # I 75; II √(10·100); III √(75·75); IV (75 + 100)/2 = 87.5; V 50.
    assert row["group_I"] == 75
    assert row["group_II"] == pytest.approx(31.6227766)
    assert row["group_III"] == pytest.approx(75)
    assert row["group_IV"] == 87.5
    # 0.75 · 0.316228 · 0.75 · (87.5² · 50)^(1/3) = 0.17788 · 72.609 = 12.9
    assert row["vn_wqi"] == 13
    assert row["class"] == "Kém"
    assert row["groups"] == "I (1), II (2), III (2), IV (2), V (1)"
    assert row["basis"].startswith("secondary sources")


def test_oxygen_counts_by_its_saturation() -> None:
    # At 20 °C 9.022 mg/L are saturation; half of it has q 50. Alone in IV, beside a pH of 7.
    row = index_of(do_mg_l=0.5 * 9.0218, water_temperature_c=20, ph=7)
    assert row["group_IV"] == pytest.approx(50, abs=0.01)
    assert row["vn_wqi"] == 50


def test_clean_water_without_microbes_measured_is_100() -> None:
    row = index_of(ph=7, bod5_mg_l=1, cod_mg_l=1)
    assert (row["vn_wqi"], row["class"], row["reason"]) == (100, "Rất tốt", "")


def test_no_index_without_group_iv_or_with_one_group() -> None:
    samples = pd.DataFrame(
        {"ph": [7.0, np.nan, 7.0], "coliform_mpn_100ml": [10.0, np.nan, np.nan],
         "bod5_mg_l": [np.nan, 4.0, 4.0]},
        index=pd.Index(["Tô Lịch", "Nhuệ", "Đáy"], name="river"),
    )  # fmt: skip
    found = water.water_index(samples)
    assert found.index.tolist() == ["Tô Lịch", "Nhuệ", "Đáy"]
    assert found["vn_wqi"].isna().tolist() == [True, True, False]
    assert found["reason"].tolist() == [
        "nothing of group IV", "one group only, two are needed", "",
    ]  # fmt: skip
    assert found["class"].tolist() == ["", "", "Rất tốt"]
    assert found["groups"].tolist() == ["I (1), V (1)", "IV (1)", "I (1), IV (1)"]


@pytest.mark.parametrize(
    ("q", "name"),
    [(91, "Rất tốt"), (90, "Tốt"), (76, "Tốt"), (75, "Trung bình"), (51, "Trung bình"),
     (50, "Xấu"), (26, "Xấu"), (25, "Kém"), (10, "Kém")],
)  # fmt: skip
def test_classes(q: int, name: str) -> None:
    # pH 7 has 100; BOD5 with q between 10 and 100 is then the whole index.
    bod = np.interp(q, [10, 25, 50, 75, 100], [50, 25, 15, 6, 4])
    row = index_of(ph=7, bod5_mg_l=float(bod))
    assert (row["vn_wqi"], row["class"]) == (q, name)


def test_the_lowest_class() -> None:
    row = index_of(ph=4, bod5_mg_l=100)
    assert (row["vn_wqi"], row["class"]) == (1, "Ô nhiễm rất nặng")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ph": 7, "bod_mg_l": 3}, "'bod_mg_l' is no parameter.*'bod5_mg_l'"),
        ({"ph": 7, "station": 3}, "'station' is no parameter.*belong in the index"),
        ({"ph": 7, "bod5_mg_l": -1}, "1 values of bod5_mg_l are outside 0 to inf, the first -1"),
        ({"ph": 70, "bod5_mg_l": 1}, "ph are outside 0 to 14, the first 70 in row 0"),
        ({"ph": 7, "do_mg_l": 5}, "do_mg_l needs water_temperature_c"),
        ({"do_mg_l": 5, "water_temperature_c": 293}, "water_temperature_c are outside 0 to 45"),
    ],
)
def test_what_is_refused(columns: dict[str, float], message: str) -> None:
    with pytest.raises(EnvironmentDataError, match=message):
        index_of(**columns)


def test_the_result_carries_the_samples_source_and_the_tables() -> None:
    samples = pd.DataFrame({"ph": [7.0], "bod5_mg_l": [3.0]})
    assert not {"source", "sources"} & set(water.water_index(samples).attrs)
    samples.attrs["source"] = {"id": "own", "citation": "own", "tier": "own"}
    ids = [source["id"] for source in water.water_index(samples).attrs["sources"]]
    assert ids == ["own", "vn_wqi_breakpoints"]
