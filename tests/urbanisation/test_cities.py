"""Rank-size, maximum likelihood and primacy, against published and hand-made values."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import powerlaw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation.cities import rank_size, rank_size_by_year
from hanoi_analytics.urbanisation.countries import compare_countries
from hanoi_analytics.urbanisation.power_law import power_law
from hanoi_analytics.urbanisation.primacy import primacy, primacy_by_year, primacy_in_samples
from hanoi_analytics.urbanisation.sizes import CitySystemError, least_cities, sizes_by_year

LADDER = [1 / k for k in range(1, 101)]


def pareto(exponent: float, cities: int, seed: int) -> np.ndarray:
    return (1 - np.random.default_rng(seed).random(cities)) ** (-1 / exponent)


# Rank and size


def test_the_deterministic_ladder_gives_the_value_of_rank_minus_a_half() -> None:
    fit = rank_size(LADDER, minimum_size=0.01)
    assert fit.exponent == pytest.approx(1.0594, abs=5e-5)
    assert (fit.cities, fit.minimum_size) == (100, 0.01)


def test_pareto_samples_average_the_published_value_and_the_interval_holds_the_truth() -> None:
    samples = 1500
    fits = [rank_size(pareto(1, 50, seed), minimum_size=1.0) for seed in range(samples)]
    found = np.array([fit.exponent for fit in fits])
    # Published: mean 1.008, standard deviation 0.194; naive rank would average 0.921.
    assert found.mean() == pytest.approx(1.008, abs=4 * 0.194 / math.sqrt(samples))
    assert found.std() == pytest.approx(0.194, abs=4 * 0.194 / math.sqrt(2 * samples))
    covered = np.mean([fit.low <= 1 <= fit.high for fit in fits])
    assert 0.92 < covered < 0.97


def test_the_standard_error_is_that_of_the_paper() -> None:
    # Gabaix and Ibragimov: b · sqrt(2/n); here b = 1.0594, n = 100, z = 1.95996.
    fit = rank_size(LADDER, minimum_size=0.01, confidence_level=0.95)
    assert fit.standard_error == pytest.approx(0.14982, abs=5e-5)
    assert (fit.low, fit.high) == (pytest.approx(0.7658, abs=2e-4), pytest.approx(1.353, abs=2e-4))
    assert rank_size(LADDER, minimum_size=0.01, confidence_level=0.8).low > fit.low


def test_an_exact_line_is_found_and_drawn() -> None:
    sizes = 1000 * (np.arange(1, 21) - 0.5) ** -0.5  # rank - 1/2 = (1000 / size)²
    fit = rank_size(sizes, minimum_size=1.0)
    assert fit.exponent == pytest.approx(2.0)
    assert fit.rank(sizes) == pytest.approx(np.arange(1, 21))


def test_only_cities_from_the_cut_off_on_are_used() -> None:
    small = [0.001] * 50
    assert rank_size([*LADDER, *small], minimum_size=0.01) == rank_size(LADDER, minimum_size=0.01)


sizes_of_cities = st.lists(st.floats(1.0, 1e7), min_size=8, max_size=40, unique=True)


@given(sizes_of_cities, st.floats(1e-3, 1e3), st.randoms(use_true_random=False))
def test_neither_unit_nor_order_matters(sizes: list[float], unit: float, random: object) -> None:
    exponent = rank_size(sizes, minimum_size=min(sizes)).exponent
    other = [size * unit for size in sizes]
    random.shuffle(other)  # type: ignore[attr-defined]
    assert rank_size(other, minimum_size=min(other)).exponent == pytest.approx(exponent, rel=1e-6)


def test_ties_take_consecutive_ranks() -> None:
    sizes = [8.0, 4.0, 4.0, 2.0, 2.0, 2.0, 1.0, 1.0]
    x, y = np.log(sizes), np.log(np.arange(8) + 0.5)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    assert rank_size(sizes, minimum_size=1).exponent == pytest.approx(-slope)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (pd.Series([1.0, np.nan] + [2.0] * 8, index=list("abcdefghij")), ["'b'", "nan", "1 of 10"]),
        ([5, 0, -1, *range(1, 9)], ["size of 1 is 0.0", "2 of 11"]),
        ([1.0, np.inf] * 5, ["inf"]),
        ([1, 2, 3, 4, 5, 6, 7], ["7 cities", "at least 8"]),
        ([3.0] * 9, ["all 9 cities"]),
        ([[1.0, 2.0]] * 9, ["plain list"]),
        (["ten"] * 9, ["plain list"]),
    ],
)
def test_wrong_sizes_are_named(sizes: object, words: list[str]) -> None:
    with pytest.raises(CitySystemError) as error:
        rank_size(sizes, minimum_size=1.0)  # type: ignore[arg-type]
    assert all(word in str(error.value) for word in words)


def test_wrong_options_are_errors() -> None:
    for minimum in (0.0, -1.0, math.nan):
        with pytest.raises(CitySystemError, match="minimum_size"):
            rank_size(LADDER, minimum_size=minimum)
    for level in (0.0, 1.0, 95.0):
        with pytest.raises(CitySystemError, match="confidence_level"):
            rank_size(LADDER, minimum_size=0.01, confidence_level=level)


@pytest.mark.parametrize(("level", "least"), [(0.9, 6), (0.95, 8), (0.99, 14)])
def test_fewer_cities_than_the_least_would_let_the_interval_reach_zero(
    level: float, least: int
) -> None:
    assert least_cities(level) == least
    fit = rank_size(pareto(1, least, seed=3), minimum_size=1.0, confidence_level=level)
    assert fit.low > 0
    z = (fit.high - fit.exponent) / fit.standard_error
    assert 1 - z * math.sqrt(2 / (least - 1)) <= 0


# Maximum likelihood


def test_the_likelihood_of_the_ladder_has_a_closed_form() -> None:
    # n / sum ln(x/xmin) = 100 / (100 ln 100 - ln 100!)
    closed = 100 / (100 * math.log(100) - math.lgamma(101))
    fit = power_law(LADDER, minimum_size=0.01, seed=1)
    assert fit.exponent == pytest.approx(closed, rel=1e-9)
    assert fit.standard_error == pytest.approx(closed / 10, rel=1e-9)
    assert fit.rank([0.01]) == pytest.approx([100])


def test_cities_of_the_united_states_give_what_clauset_and_others_published() -> None:
    # SIAM Review 51(4), table 6.1: xmin 52,460, exponent of the density 2.37, 580 in the tail;
    # table 6.3: the lognormal is neither better nor worse, p = 0.93.
    people = powerlaw.load_test_dataset("cities")
    fit = power_law(people[people >= 40_000], minimum_size=None, seed=1)
    assert (fit.minimum_size, fit.cities, fit.minimum_chosen) == (52_457, 580, True)
    assert fit.exponent + 1 == pytest.approx(2.37, abs=0.005)
    assert fit.lognormal_p == pytest.approx(0.93, abs=0.01)
    assert fit.p_value > 0.1


def test_an_exponent_above_two_is_not_cut_off() -> None:
    sizes = pareto(2.6, 400, seed=5)
    fit = power_law(sizes, minimum_size=1.0, seed=1)
    assert fit.exponent == pytest.approx(400 / np.log(sizes).sum(), rel=1e-6)
    assert fit.exponent > 2.3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_chosen_minimum_has_the_least_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = 1e5 * np.concatenate([pareto(1.2, 40, seed), rng.uniform(0.2, 1.0, 40)])
    best = min(_distance(sizes, minimum) for minimum in np.sort(sizes)[: -least_cities(0.95) + 1])
    fit = power_law(sizes, minimum_size=None, seed=1)
    assert (fit.ks_distance, fit.minimum_size) == (pytest.approx(best[0]), best[1])


def _distance(sizes: np.ndarray, minimum: float) -> tuple[float, float]:
    """Clauset's own program: steps taken at (i - 1)/n."""
    tail = np.sort(sizes[sizes >= minimum])
    exponent = tail.size / np.log(tail / minimum).sum()
    steps = np.arange(tail.size) / tail.size
    return float(np.abs(1 - (tail / minimum) ** -exponent - steps).max()), float(minimum)


def test_a_chosen_minimum_leaves_enough_cities() -> None:
    fit = power_law(pareto(1.0, 9, seed=11), minimum_size=None, seed=1)
    assert fit.cities >= 8


def test_the_p_value_is_seeded_and_tells_a_power_law_from_none() -> None:
    law = pareto(1.0, 200, seed=4)
    fit = power_law(law, minimum_size=1.0, seed=1)
    assert fit == power_law(law, minimum_size=1.0, seed=1)
    assert fit.p_value > 0.05
    uniform = np.linspace(1.0, 3.0, 200)
    none = power_law(uniform, minimum_size=1.0, seed=1)
    assert 0 < none.p_value <= 0.01
    assert none.lognormal_ratio < -10


def test_no_warning_of_the_library_comes_through_and_no_lognormal_is_made_up() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert power_law(1e6 * pareto(1.3, 60, seed=2), minimum_size=None, seed=1).cities >= 8
        for seed in range(12):
            fit = power_law(pareto(0.5 + seed / 3, 30, seed), minimum_size=1, seed=1, draws=9)
            assert math.isnan(fit.lognormal_ratio) or fit.lognormal_ratio <= 1e-9
            assert math.isnan(fit.lognormal_ratio) is math.isnan(fit.lognormal_p)


def test_the_lognormal_is_the_likeliest_of_all() -> None:
    sizes = np.exp(np.random.default_rng(6).normal(1.0, 0.8, 300))
    sizes = sizes[sizes >= 1]
    logs = np.log(sizes)
    mean, deviation = optimize.minimize(
        lambda p: -_lognormal(logs, *p).sum(), [0.5, 1.0], method="Nelder-Mead"
    ).x
    exponent = 1 / logs.mean()
    difference = math.log(exponent) - exponent * logs - _lognormal(logs, mean, deviation)
    fit = power_law(sizes, minimum_size=1, seed=1, draws=9)
    assert fit.lognormal_ratio == pytest.approx(difference.sum(), abs=1e-3)
    vuong = special.erfc(abs(difference.sum()) / np.sqrt(2 * logs.size * difference.var()))
    assert fit.lognormal_p == pytest.approx(vuong, rel=0.01)


def _lognormal(logs: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    above = stats.norm.logsf(0, mean, abs(deviation))
    return stats.norm.logpdf(logs, mean, abs(deviation)) - above


def test_wrong_requests_of_a_likelihood_are_errors() -> None:
    with pytest.raises(CitySystemError, match="draws=0"):
        power_law(LADDER, minimum_size=0.01, seed=1, draws=0)
    with pytest.raises(CitySystemError, match="more than 8"):
        power_law(LADDER[:8], minimum_size=None, seed=1)
    with pytest.raises(CitySystemError, match="at least 8"):
        power_law(LADDER, minimum_size=0.5, seed=1)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.3, 5.0), st.floats(1e-2, 1e6))
def test_a_likelihood_knows_no_unit(exponent: float, unit: float) -> None:
    sizes = pareto(exponent, 30, seed=8)
    one = power_law(sizes, minimum_size=sizes.min(), seed=1, draws=9)
    other = power_law(unit * sizes, minimum_size=(unit * sizes).min(), seed=1, draws=9)
    assert other.exponent == pytest.approx(one.exponent, rel=1e-6)
    assert one.exponent == pytest.approx(30 / np.log(sizes / sizes.min()).sum(), rel=1e-4)


# Primacy


def test_primacy_of_hand_made_sizes() -> None:
    found = primacy([5, 100, 50, 20, 10, 15])
    assert found.first_to_second == 2.0
    assert found.second_to_third == 2.5
    assert found.first_to_next_three == pytest.approx(100 / 85)
    assert found.share_of_first == 0.5
    assert found.two_to_next_four == 3.0
    assert found.share_of_two == 0.75
    assert found.cities == 6


def test_primacy_under_zipf() -> None:
    found = primacy(LADDER)
    assert found.first_to_second == 2.0
    assert found.second_to_third == pytest.approx(1.5)
    assert found.first_to_next_three == pytest.approx(12 / 13)
    assert found.two_to_next_four == pytest.approx(30 / 19)


def test_six_cities_are_needed() -> None:
    with pytest.raises(CitySystemError, match="5 cities"):
        primacy([5, 4, 3, 2, 1])
    with pytest.raises(CitySystemError, match="expected a positive number"):
        primacy([5, 4, 3, 2, 1, -1])


def test_chance_alone_moves_primacy_as_theory_says() -> None:
    drawn = primacy_in_samples(1.0, cities=11, draws=20_000, seed=1)
    # P1/P2 of a Pareto sample is itself Pareto with the law's exponent: P(P1/P2 > 4) = 1/4.
    share = (drawn["first_to_second"] > 4).mean()
    assert share == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 20_000))
    # ... and that of P2/P3 Pareto with twice the exponent: P(P2/P3 > 2) = 1/4.
    share = (drawn["second_to_third"] > 2).mean()
    assert share == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 20_000))
    steep = primacy_in_samples(2.0, cities=11, draws=20_000, seed=1)
    share = (steep["first_to_second"] > 4).mean()
    assert share == pytest.approx(1 / 16, abs=4 * math.sqrt(1 / 16 * 15 / 16 / 20_000))
    for wrong in ({"exponent": 0.0}, {"cities": 5}, {"draws": 0}):
        with pytest.raises(CitySystemError, match="at least six"):
            primacy_in_samples(**{"exponent": 1.0, "cities": 6, "draws": 1, "seed": 1} | wrong)


# Over time, on the United Nations' agglomerations


def test_viet_nam_has_two_leaders_that_draw_level() -> None:
    un = catalogue.load("vn_wup2018_agglomerations")
    found = primacy_by_year(un).set_index("year")
    # By hand from the table: 3037.805/1139.246 in 1990; in 2020 8602.317/4678.198 and
    # (8602.317 + 4678.198) / (1617.602 + 1300.088 + 1125.316 + 1013.064).
    assert found.loc[1990, "first_to_second"] == pytest.approx(2.6665, abs=1e-4)
    assert found.loc[2020, "first_to_second"] == pytest.approx(1.8388, abs=1e-4)
    assert found.loc[2020, "two_to_next_four"] == pytest.approx(2.6266, abs=1e-4)
    assert found.loc[[2010, 2015], "kind"].tolist() == ["estimate", "projection"]
    assert found.attrs["source"]["id"] == "vn_wup2018_agglomerations"


def test_the_exponent_over_time_holds_what_it_says() -> None:
    un = catalogue.load("vn_wup2018_agglomerations")
    held = rank_size_by_year(un, minimum_thousand=300).set_index("year")
    assert held.loc[[1990, 2000, 2010, 2015, 2020], "cities"].tolist() == [4, 6, 7, 9, 11]
    assert held["exponent"].notna().equals(held["cities"] >= 8)
    assert (held["smallest_thousand"] >= 300).all()
    number = rank_size_by_year(un, number=11).set_index("year")
    assert set(number["cities"]) == {11}
    assert number.loc[2020, "exponent"] == held.loc[2020, "exponent"]
    assert number.attrs["source"]["tier"] == "reference"


def test_a_table_by_year_must_be_one_city_a_row() -> None:
    table = pd.DataFrame(
        {"name": ["a", "a"], "year": 2000, "population_thousand": 1.0, "kind": "estimate"}
    )
    with pytest.raises(CitySystemError, match="'a' stands twice in the year 2000"):
        sizes_by_year(table)
    with pytest.raises(CitySystemError, match="no column 'kind'"):
        primacy_by_year(table.drop(columns="kind"))
    with pytest.raises(CitySystemError, match="give one of them"):
        rank_size_by_year(table)
    with pytest.raises(CitySystemError, match="give one of them"):
        rank_size_by_year(table, minimum_thousand=1, number=1)
    with pytest.raises(CitySystemError, match="1 cities, expected at least 12"):
        rank_size_by_year(table.iloc[:1], number=12)


@pytest.mark.mirror
def test_the_table_of_viet_nam_is_that_of_the_whole_world() -> None:
    world = catalogue.load("un_wup2018_cities")
    viet_nam = world[world["Country or area"] == "Viet Nam"]
    own = catalogue.load("vn_wup2018_agglomerations")
    for year in (1950, 1990, 2020, 2035):
        theirs = viet_nam[year].sort_values().to_numpy()
        assert own.loc[own["year"] == year, "population_thousand"].sort_values().to_numpy() == (
            pytest.approx(theirs)
        )


# Countries


def world() -> pd.DataFrame:
    sizes = [8000.0, 4000.0, 2000.0, 1000.0, 500.0, 500.0, 400.0, 300.0, 299.0]
    return pd.DataFrame(
        {
            "Country or area": ["Utopia"] * 9 + ["Atlantis"] * 6 + ["Erewhon"] * 2,
            "Urban Agglomeration": [f"city {n}" for n in range(17)],
            2020: [*sizes, *sizes[:6], *sizes[:2]],
        }
    )


def test_countries_are_compared_by_their_cities_above_the_lists_minimum() -> None:
    found = compare_countries(world(), ["Atlantis", "Utopia"], year=2020).set_index("country")
    assert found["cities"].to_dict() == {"Atlantis": 6, "Utopia": 8}
    assert found.loc["Utopia", ["first", "second"]].tolist() == ["city 0", "city 1"]
    assert found["two_to_next_four"].tolist() == [3.0, 3.0]
    assert found["exponent"].isna().to_dict() == {"Atlantis": True, "Utopia": False}


def test_an_unknown_country_year_or_a_country_of_few_cities_is_an_error() -> None:
    with pytest.raises(CitySystemError, match="did you mean 'Utopia'"):
        compare_countries(world(), ["Utopa"], year=2020)
    with pytest.raises(CitySystemError, match="no year 2021"):
        compare_countries(world(), ["Utopia"], year=2021)
    with pytest.raises(CitySystemError, match="Erewhon has 2 cities"):
        compare_countries(world(), ["Erewhon"], year=2020)


@pytest.mark.mirror
def test_thailand_is_the_primate_system_of_the_textbooks() -> None:
    found = compare_countries(
        catalogue.load("un_wup2018_cities"), ["Viet Nam", "Thailand"], year=2020
    ).set_index("country")
    assert found.loc["Thailand", "first"].startswith("Krung Thep")
    assert found.loc["Thailand", "first_to_second"] > 5
    assert found.loc["Viet Nam", "first_to_second"] == pytest.approx(1.8388, abs=1e-4)
    assert found.attrs["source"]["id"] == "un_wup2018_cities"
