"""Path loss, line of sight and fading against published vectors, properties and limits."""

import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation import MODELS, OutsideLimitsWarning, rural_macro
from hanoi_analytics.coverage.propagation.model import State

STANDARD_HEIGHT_M = {"uma": 25.0, "umi": 10.0, "rma": 35.0, "free_space": 25.0}
STATES: tuple[State, State] = ("los", "nlos")

# Two independent public implementations of TR 38.901 agree on these, terminal at 1.5 m.
VECTORS = [
    ("uma", 0.70, {100: (69.16, 89.06), 300: (86.99, 107.30), 500: (95.83, 115.94)}),
    ("uma", 0.70, {1000: (107.85, 127.69)}),
    ("uma", 2.55, {100: (80.39, 100.29), 300: (90.66, 118.53), 500: (97.10, 127.17)}),
    ("uma", 2.55, {1000: (109.13, 138.92)}),
    ("uma", 3.75, {100: (83.74, 103.64), 300: (94.01, 121.88), 500: (98.87, 130.52)}),
    ("uma", 3.75, {1000: (109.47, 142.27)}),
    ("umi", 2.55, {50: (76.34, 91.25), 100: (82.56, 101.71), 200: (91.07, 112.30)}),
    ("umi", 3.75, {50: (79.69, 94.82), 100: (85.91, 105.28), 200: (92.21, 115.87)}),
    ("rma", 0.70, {500: (84.63, 104.84), 2000: (105.42, 128.07)}),
    ("rma", 2.55, {500: (95.86, 116.07), 2000: (110.27, 139.30)}),
]


@pytest.mark.parametrize(("name", "frequency_ghz", "losses"), VECTORS)
def test_path_loss_has_the_published_values(
    name: str, frequency_ghz: float, losses: dict[int, tuple[float, float]]
) -> None:
    for column, state in enumerate(STATES):
        found = MODELS[name].path_loss_db(
            list(losses),
            frequency_ghz=frequency_ghz,
            base_height_m=STANDARD_HEIGHT_M[name],
            state=state,
        )
        np.testing.assert_allclose(found, [pair[column] for pair in losses.values()], atol=0.02)


def test_free_space_has_the_textbook_value() -> None:
    for state in STATES:
        loss_db = MODELS["free_space"].path_loss_db(
            1000, frequency_ghz=1, base_height_m=1.5, state=state
        )
        assert float(loss_db) == pytest.approx(92.45, abs=0.005)


def test_line_of_sight_has_the_published_probabilities() -> None:
    macro = MODELS["uma"].los_probability([50, 100, 200, 300, 500, 1000])
    np.testing.assert_allclose(macro, [0.6494, 0.3477, 0.1280, 0.0680, 0.0363, 0.0180], atol=1e-4)
    micro = MODELS["umi"].los_probability([50, 100, 200, 500])
    np.testing.assert_allclose(micro, [0.5196, 0.2310, 0.0935, 0.0360], atol=1e-4)
    rural = MODELS["rma"].los_probability([5, 10, 1010])
    np.testing.assert_allclose(rural, [1, 1, 1 / math.e], rtol=1e-12)
    assert MODELS["free_space"].los_probability([10, 5000]).tolist() == [1, 1]


def test_a_high_terminal_sees_more_in_an_urban_macro_cell() -> None:
    # At 100 m and 23 m high C' is 1: the low terminal's 0.3477 grows by 1.25 exp(−2/3). At 22.5 m
    # C' is 0.95^1.5.
    grown = 0.3477 * (1 + 0.95**1.5 * 1.25 * math.exp(-2 / 3))
    found = MODELS["uma"].los_probability(100, terminal_height_m=22.5)
    assert float(found) == pytest.approx(grown, abs=1e-4)
    # Just beyond 18 m the standard's own formula passes 1.
    assert float(MODELS["uma"].los_probability(18.01, terminal_height_m=22.5)) == 1


@pytest.mark.parametrize(
    ("name", "frequency_ghz", "breakpoint_m", "slope_db"),
    [
        ("uma", 0.70, 112, 22),
        ("uma", 2.55, 408, 22),
        ("uma", 3.75, 600, 22),
        ("umi", 2.55, 153, 21),
        ("umi", 3.75, 225, 21),
        ("rma", 0.70, 769.7, 20.5),
    ],
)
def test_loss_turns_at_the_breakpoint_and_does_not_jump(
    name: str, frequency_ghz: float, breakpoint_m: float, slope_db: float
) -> None:
    base_m = STANDARD_HEIGHT_M[name]
    metres = breakpoint_m * np.array([0.9, 0.99, 0.999, 1.001, 1.01, 1.1])
    loss_db = MODELS[name].path_loss_db(
        metres, frequency_ghz=frequency_ghz, base_height_m=base_m, state="los"
    )
    decades = np.diff(np.log10(np.hypot(metres, base_m - 1.5)))
    slopes = np.diff(loss_db) / decades
    # The rural term that grows linearly with distance adds up to 3 dB a decade here.
    allowed = 3 if name == "rma" else 0.01
    np.testing.assert_allclose(slopes[:2], slope_db, atol=allowed)
    np.testing.assert_allclose(slopes[3:], 40, atol=0.01)
    assert 0 < loss_db[3] - loss_db[2] < 0.06


def test_shadow_fading_of_the_standard() -> None:
    expected = {"uma": (4, 6), "umi": (4, 7.82), "free_space": (0, 0)}
    for name, sigmas in expected.items():
        for state, sigma_db in zip(STATES, sigmas, strict=True):
            found = MODELS[name].shadow_sigma_db(
                [50, 1000], frequency_ghz=2.55, base_height_m=STANDARD_HEIGHT_M[name], state=state
            )
            assert found.tolist() == [sigma_db, sigma_db]
            found[0] = -1  # the caller's own array, each cell for itself
            assert found[1] == sigma_db
    # The rural breakpoint at 0.7 GHz is 769.7 m.
    rural = MODELS["rma"]
    found = rural.shadow_sigma_db([769, 771], frequency_ghz=0.7, base_height_m=35, state="los")
    assert found.tolist() == [4, 6]
    assert float(rural.shadow_sigma_db(99, frequency_ghz=1, base_height_m=35, state="nlos")) == 8


def _arguments(name: str, state: State) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*(st.floats(*ends) for ends in MODELS[name].limits(state).values()))


@pytest.mark.parametrize("name", sorted(MODELS))
@given(data=st.data())
def test_loss_grows_with_distance_and_hidden_terminals_lose_more(
    name: str, data: st.DataObject
) -> None:
    near_m, frequency_ghz, base_m, terminal_m = data.draw(_arguments(name, "nlos"))
    far_m = data.draw(st.floats(near_m, MODELS[name].limits("nlos")["distance_2d_m"][1]))
    los, nlos = (
        MODELS[name].path_loss_db(
            [near_m, far_m],
            frequency_ghz=frequency_ghz,
            base_height_m=base_m,
            terminal_height_m=terminal_m,
            state=state,
        )
        for state in STATES
    )
    # The rural formula takes the loss at the breakpoint at d3D = dBP: a step of under 0.001 dB.
    assert los[1] >= los[0] - (1e-3 if name == "rma" else 1e-9)
    assert (nlos >= los).all()
    chance = MODELS[name].los_probability([near_m, far_m], terminal_height_m=terminal_m)
    assert ((chance >= 0) & (chance <= 1)).all()


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("state", STATES)
def test_broadcasting_equals_looping(name: str, state: State) -> None:
    metres = np.array([[30.0], [700.0], [4000.0]])
    frequencies_ghz = np.array([0.7, 3.75])
    model, base_m = MODELS[name], STANDARD_HEIGHT_M[name]
    for method in (model.path_loss_db, model.shadow_sigma_db):
        table = method(metres, frequency_ghz=frequencies_ghz, base_height_m=base_m, state=state)
        assert (table.shape, table.dtype) == ((3, 2), np.float64)
        for row, column in np.ndindex(table.shape):
            one = method(
                float(metres[row, 0]),
                frequency_ghz=float(frequencies_ghz[column]),
                base_height_m=base_m,
                state=state,
            )
            assert one.shape == ()
            assert float(one) == pytest.approx(table[row, column], rel=1e-14)


@pytest.mark.parametrize(
    ("name", "state", "wrong", "limits"),
    [
        ("uma", "los", {"distance_2d_m": 9.9}, "10 to 5000"),
        ("uma", "nlos", {"distance_2d_m": 5001}, "10 to 5000"),
        ("uma", "los", {"frequency_ghz": 3750}, "0.5 to 100"),
        ("uma", "los", {"terminal_height_m": 1.4}, "1.5 to 13"),
        ("uma", "los", {"terminal_height_m": 14}, "1.5 to 13"),
        ("uma", "los", {"base_height_m": 0}, "10 to 60"),
        ("umi", "los", {"base_height_m": 25}, "3 to 20"),
        ("umi", "los", {"terminal_height_m": 23}, "1.5 to 22.5"),
        ("rma", "los", {"distance_2d_m": 10_001}, "10 to 10000"),
        ("rma", "nlos", {"distance_2d_m": 5001}, "10 to 5000"),
        ("rma", "los", {"frequency_ghz": 31}, "0.5 to 30"),
        ("rma", "los", {"terminal_height_m": 11}, "1 to 10"),
        ("rma", "los", {"base_height_m": 151}, "10 to 150"),
        ("free_space", "los", {"distance_2d_m": -100}, "1 to 100000"),
    ],
)
def test_values_outside_are_refused_or_left_empty(
    name: str, state: State, wrong: dict[str, float], limits: str
) -> None:
    right: dict[str, float] = {
        "distance_2d_m": 100,
        "frequency_ghz": 2.55,
        "base_height_m": STANDARD_HEIGHT_M[name],
    }
    argument, value = next(iter(wrong.items()))
    words = rf"{name}, {state} \(.+\): {argument} {value:g} is outside {limits} \(1 of 1 values\)"
    for method in (MODELS[name].path_loss_db, MODELS[name].shadow_sigma_db):
        with pytest.raises(CoverageError, match=words):
            method(**{**right, **wrong}, state=state)  # type: ignore[arg-type]
        with pytest.warns(OutsideLimitsWarning, match=words):
            found = method(**{**right, **wrong}, state=state, outside="nan")  # type: ignore[arg-type]
        assert np.isnan(found)


def test_only_values_outside_are_emptied_with_one_warning() -> None:
    metres = np.array([5.0, 100.0, np.nan, 6000.0, 7000.0])
    with pytest.warns(OutsideLimitsWarning, match=r"distance_2d_m 5 .*3 of 5 values") as caught:
        found = MODELS["uma"].path_loss_db(
            metres, frequency_ghz=2.55, base_height_m=25, state="los", outside="nan"
        )
    assert len(caught) == 1
    np.testing.assert_allclose(found, [np.nan, 80.39, np.nan, np.nan, np.nan], atol=0.02)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_an_empty_value_stays_empty_without_a_complaint(name: str) -> None:
    model = MODELS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in (model.path_loss_db, model.shadow_sigma_db):
            found = method(
                [np.nan, 100],
                frequency_ghz=2.55,
                base_height_m=STANDARD_HEIGHT_M[name],
                state="nlos",
            )
            assert np.isnan(found).tolist() == [True, False]
        assert np.isnan(model.los_probability([np.nan, 100])).tolist() == [True, False]


def test_probability_has_limits_too() -> None:
    with pytest.raises(CoverageError, match=r"distance_2d_m -1 is outside 0 to inf"):
        MODELS["umi"].los_probability([3, -1])
    with pytest.raises(CoverageError, match=r"terminal_height_m 30 is outside 1\.5 to 22\.5"):
        MODELS["uma"].los_probability(50, terminal_height_m=30)
    with pytest.warns(OutsideLimitsWarning):
        found = MODELS["rma"].los_probability(50, terminal_height_m=[1.5, 30], outside="nan")
    assert np.isnan(found).tolist() == [False, True]


def test_unknown_words_are_refused() -> None:
    with pytest.raises(CoverageError, match=r"state: expected one of .*found 'NLOS'"):
        MODELS["uma"].path_loss_db(100, frequency_ghz=1, base_height_m=25, state="NLOS")  # type: ignore[arg-type]
    with pytest.raises(CoverageError, match="outside: expected 'error' or 'nan', found 'clip'"):
        MODELS["uma"].los_probability(100, outside="clip")  # type: ignore[arg-type]


def test_rural_surroundings_are_checked_and_matter() -> None:
    with pytest.raises(CoverageError, match="street_width_m 4 is outside 5 to 50"):
        rural_macro(street_width_m=4)
    with pytest.raises(CoverageError, match="building_height_m 60 is outside 5 to 50"):
        rural_macro(building_height_m=60)
    narrow, wide = (
        rural_macro(street_width_m=width_m).path_loss_db(
            1000, frequency_ghz=0.7, base_height_m=35, state="nlos"
        )
        for width_m in (5, 50)
    )
    assert float(narrow - wide) == pytest.approx(7.1, abs=1e-9)  # 7.1 lg of ten times the width


def test_models_travel_to_worker_processes() -> None:
    for model in MODELS.values():
        copy = pickle.loads(pickle.dumps(model))  # noqa: S301 - made a moment ago
        assert copy.limits("los") == model.limits("los")
