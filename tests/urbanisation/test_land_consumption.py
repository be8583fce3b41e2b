"""SDG 11.3.1: both published forms, the pole at zero growth, and wrong tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation.land_consumption import (
    NEAR_ZERO,
    SHRINKS,
    Form,
    LandConsumptionError,
    land_consumption,
    simulated_units,
    together,
)


def units(**values: object) -> pd.DataFrame:
    toy: dict[str, object] = {
        "unit": ["toy"],
        "year_start": [2010],
        "year_end": [2020],
        "built_up_start_km2": [100.0],
        "built_up_end_km2": [130.0],
        "population_start_people": [1_000_000],
        "population_end_people": [1_200_000],
    }
    return pd.DataFrame(toy | values)


@pytest.mark.parametrize(
    ("form", "rate", "ratio"),
    [("metadata", 0.03, 1.64544), ("logarithmic", 0.026236, 1.43902)],
)
def test_the_toy_values_of_both_forms(form: Form, rate: float, ratio: float) -> None:
    row = land_consumption(units(), form=form).iloc[0]
    assert row["land_consumption_rate"] == pytest.approx(rate, abs=5e-7)
    assert row["population_growth_rate"] == pytest.approx(0.018232, abs=5e-7)
    assert row["ratio"] == pytest.approx(ratio, abs=5e-6)
    assert row["reason"] == ""
    assert row["built_up_start_m2_per_person"] == 100.0
    assert row["built_up_end_m2_per_person"] == pytest.approx(108.3333, abs=1e-4)
    assert row["built_up_change_percent"] == pytest.approx(30.0)


def test_land_and_people_growing_alike_give_one_in_the_logarithmic_form_only() -> None:
    alike = units(built_up_end_km2=[150.0], population_end_people=[1_500_000])
    assert land_consumption(alike, form="logarithmic")["ratio"].iloc[0] == pytest.approx(1.0)
    # 0.5 / ln 1.5
    found = land_consumption(alike, form="metadata")["ratio"].iloc[0]
    assert found == pytest.approx(1.2332, abs=1e-4)


@pytest.mark.parametrize(
    ("people_end", "reason"),
    [
        (1_000_000, NEAR_ZERO),
        (1_009_000, NEAR_ZERO),  # 0.09 % a year
        (991_500, NEAR_ZERO),  # -0.085 % a year
        (1_011_000, ""),  # 0.109 % a year
        (985_000, SHRINKS),  # -0.151 % a year
    ],
)
def test_the_pole_is_masked_and_the_rates_stay(people_end: int, reason: str) -> None:
    row = land_consumption(units(population_end_people=[people_end]), form="metadata").iloc[0]
    assert row["reason"] == reason
    assert math.isnan(row["ratio"]) is (reason != "")
    assert row["land_consumption_rate"] == pytest.approx(0.03)
    assert np.isfinite(row["population_growth_rate"])


def test_the_threshold_is_the_callers_but_zero_growth_never_divides() -> None:
    slow = units(population_end_people=[1_009_000])
    found = land_consumption(slow, form="metadata", least_growth_per_year=0.0)
    assert found["ratio"].iloc[0] == pytest.approx(0.3 / math.log(1.009), rel=1e-9)
    still = units(population_end_people=[1_000_000])
    found = land_consumption(still, form="metadata", least_growth_per_year=0.0)
    assert found["reason"].tolist() == [NEAR_ZERO]


def test_every_row_is_computed_by_itself_and_keeps_its_place() -> None:
    two = pd.concat([units(population_end_people=[900_000]), units(unit=["b"])], ignore_index=True)
    found = land_consumption(two, form="metadata")
    assert found["unit"].tolist() == ["toy", "b"]
    assert found["ratio"].isna().tolist() == [True, False]
    assert found["ratio"].iloc[1] == pytest.approx(1.64544, abs=5e-6)


growing = st.floats(1.02, 3.0)


@given(growing, growing, st.integers(1, 40))
def test_the_logarithmic_ratio_knows_no_time_and_the_metadata_form_is_above_it(
    land: float, people: float, years: int
) -> None:
    table = units(
        year_end=[2010 + years],
        built_up_end_km2=[100 * land],
        population_end_people=[1_000_000 * people],
    )
    logs = land_consumption(table, form="logarithmic", least_growth_per_year=0)["ratio"].iloc[0]
    assert logs == pytest.approx(math.log(land) / math.log(people), rel=1e-9)
    assert land_consumption(table, form="metadata", least_growth_per_year=0)["ratio"].iloc[0] > logs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"built_up_start_km2": [0.0]}, ["row 1", "'toy'", "built_up_start_km2", "above 0", "0.0"]),
        ({"built_up_end_km2": [-3.0]}, ["built_up_end_km2", "-3.0"]),
        ({"population_end_people": [None]}, ["population_end_people", "found none"]),
        ({"population_start_people": [np.inf]}, ["population_start_people", "inf"]),
        ({"population_start_people": ["many"]}, ["population_start_people", "no numbers"]),
        ({"year_end": [2010]}, ["year_end", "a year after year_start", "2010"]),
        ({"unit": [None]}, ["column 'unit'", "a name"]),
    ],
)
def test_a_wrong_value_is_named_with_its_row_and_column(
    change: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(LandConsumptionError) as error:
        land_consumption(units(**change), form="metadata")
    assert all(word in str(error.value).lower() for word in map(str.lower, words))


def test_wrong_tables_and_options_are_errors() -> None:
    with pytest.raises(LandConsumptionError, match="year_end"):
        land_consumption(units().drop(columns="year_end"), form="metadata")
    with pytest.raises(LandConsumptionError, match="logarithmic"):
        land_consumption(units(), form="log")  # type: ignore[arg-type]
    with pytest.raises(LandConsumptionError, match="0 or more"):
        land_consumption(units(), form="metadata", least_growth_per_year=-0.1)
    twice = pd.concat([units(), units()], ignore_index=True)
    with pytest.raises(LandConsumptionError, match=r"row 2.*no unit twice"):
        land_consumption(twice, form="metadata")


def test_units_add_up_and_only_over_the_same_years() -> None:
    other = units(unit=["b"], built_up_end_km2=[100.0], population_end_people=[800_000])
    both = pd.concat([units(), other], ignore_index=True)
    total = together(both, name="both")
    assert total.iloc[0].tolist() == ["both", 2010, 2020, 200.0, 230.0, 2_000_000, 2_000_000]
    assert land_consumption(total, form="metadata")["reason"].tolist() == [NEAR_ZERO]
    later = pd.concat([units(), units(year_end=[2021])], ignore_index=True)
    with pytest.raises(LandConsumptionError, match="2 different pairs"):
        together(later, name="both")


def test_the_simulated_units_say_so_and_hold_every_case() -> None:
    table = catalogue.load("built_up_and_population_simulated")
    found = land_consumption(table, form="metadata")
    assert found.attrs["source"]["tier"] == "simulated"
    assert set(found["reason"]) == {"", NEAR_ZERO, SHRINKS}
    assert (found["ratio"].notna() == (found["reason"] == "")).all()
    assert not simulated_units(seed=1).equals(simulated_units(seed=2))
    pd.testing.assert_frame_equal(simulated_units(seed=1), simulated_units(seed=1))


def test_a_users_own_table_is_held_against_the_same_schema(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(folder))
    units().to_csv(folder / "toy.csv", index=False)
    own = catalogue.load_own("toy.csv", like="built_up_and_population_simulated")
    found = land_consumption(own, form="metadata")
    assert found.attrs["source"]["tier"] == "own"
    assert found["ratio"].iloc[0] == pytest.approx(1.64544, abs=5e-6)
    units(built_up_end_km2=[-1.0]).to_csv(folder / "wrong.csv", index=False)
    with pytest.raises(catalogue.SchemaError, match="built_up_end_km2"):
        catalogue.load_own("wrong.csv", like="built_up_and_population_simulated")
