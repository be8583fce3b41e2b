"""The models against the formulas of TR 38.901 as the package tr3gpp holds them, as text."""

import re
from itertools import pairwise

import numpy as np
import pytest
from tr3gpp import tr38901

from hanoi_analytics.coverage.propagation import MODELS, penetration_loss_db
from hanoi_analytics.coverage.propagation.penetration import Kind

SCENARIOS = {"uma": "UMa", "umi": "UMi-StreetCanyon", "rma": "RMa"}
BASE_HEIGHTS_M = {"uma": [15.0, 25.0, 45.0], "umi": [5.0, 10.0, 15.0], "rma": [10.0, 35.0, 150.0]}
FUNCTIONS = {"lg": np.log10, "min": np.minimum}
LETTERS = {
    r"\log_{10}": "lg",
    r"\min": "min",
    r"\pi": "pi",
    r"\cdot": "*",
    r"\left": "",
    r"\right": "",
    "PL_1(d_{BP})": "beforebreak",
    "d'_{BP}": "turn",
    "d_{BP}": "turn",
    "d_{3D}": "dist",
    "f_c": "f",
    "h_{BS}": "base",
    "h_{UT}": "terminal",
    "L_{glass}": "glass",
    "L_{IRRglass}": "coated",
    "L_{concrete}": "concrete",
}


def _value(latex: str, **names: object) -> np.ndarray:
    """Evaluate a formula of the standard: a small part of LaTeX, products left out as there."""
    for sign, letters in LETTERS.items():
        latex = latex.replace(sign, letters)
    latex = re.sub(r"\^\{([^}]*)\}", r"**(\1)", latex).replace("^", "**")
    tokens = re.findall(r"[0-9.]+|[A-Za-z]+|\*\*|\S", latex)
    text = tokens[0]
    for before, token in pairwise(tokens):
        ends = re.fullmatch(r"[0-9.]+|[A-Za-z]+|\)", before) and before not in FUNCTIONS
        text += ("*" if ends and re.match(r"[0-9A-Za-z(]", token) else "") + token
    known = {**FUNCTIONS, "pi": np.pi, **names}
    return np.asarray(eval(text, {"__builtins__": {}}, known))  # noqa: S307 - a formula we read


def _formulas(name: str, condition: str) -> dict[str, str]:
    text = tr38901.section("7.4").pathloss(scenario=SCENARIOS[name], condition=condition).formula
    parts = (part.split(" = ", 1) for part in text.split(r"; \quad "))
    return {left.strip(): right for left, right in parts}


def _grid(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    metres = np.geomspace(10, 5000, 41)
    frequencies_ghz = [0.7, 2.55, 3.75, 28.0]
    terminals_m = [1.5, 6.0, 10.0]
    axes = np.meshgrid(metres, frequencies_ghz, BASE_HEIGHTS_M[name], terminals_m, indexing="ij")
    return axes[0], axes[1], axes[2], axes[3]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_path_loss_is_that_of_the_text(name: str) -> None:
    metres, f, base, terminal = _grid(name)
    names = {"f": f, "base": base, "terminal": terminal, "h": 5.0, "W": 20.0}
    names["dist"] = np.hypot(metres, base - terminal)
    if name == "rma":  # NOTE 5 of the table
        names["turn"] = 2 * np.pi * base * terminal * f * 1e9 / 3e8
    else:  # NOTE 1, with an effective environment height of 1 m
        names["turn"] = 4 * (base - 1) * (terminal - 1) * f * 1e9 / 3e8
    los_text = _formulas(name, "LOS")
    names["beforebreak"] = _value(los_text["PL_1"], **{**names, "dist": names["turn"]})
    los = np.where(
        metres <= names["turn"],
        _value(los_text["PL_1"], **names),
        _value(los_text["PL_2"], **names),
    )
    hidden_text = next(
        right for left, right in _formulas(name, "NLOS").items() if left.startswith("PL'")
    )
    expected = {"los": los, "nlos": np.maximum(los, _value(hidden_text, **names))}
    for state in ("los", "nlos"):
        found = MODELS[name].path_loss_db(
            metres, frequency_ghz=f, base_height_m=base, terminal_height_m=terminal, state=state
        )
        np.testing.assert_allclose(found, expected[state], atol=1e-9)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_fading_is_that_of_the_tables(name: str) -> None:
    scenario = {"umi": "UMi - Street Canyon"}.get(name, SCENARIOS[name])
    for state in ("los", "nlos"):
        row = tr38901.section("7.4").pathloss(scenario=SCENARIOS[name], condition=state.upper())
        deviations = [entry.value_db for entry in row.shadow_fading_std_db]
        found = MODELS[name].shadow_sigma_db(
            [10, 5000], frequency_ghz=0.7, base_height_m=BASE_HEIGHTS_M[name][1], state=state
        )
        assert found.tolist() == [deviations[0], deviations[-1]]
        large = tr38901.section("7.5").channel_model_parameters(
            scenario=scenario, condition=state.upper()
        )
        assert MODELS[name].correlation_distance_m[state] == float(large.corr_distance_SF_m)


@pytest.mark.parametrize(
    ("kind", "model"), [("low", "Low-loss model"), ("high", "High-loss model")]
)
def test_penetration_is_that_of_version_19(kind: Kind, model: str) -> None:
    data = tr38901.section("7.4").o2i_penetration_loss
    f = np.array([0.5, 0.7, 2.55, 3.75, 28.0, 100.0])
    losses = {entry.material: entry.formula.split(" = ")[1] for entry in data.materials}
    names = {
        "glass": _value(losses["Standard multi-pane glass"], f=f),
        "coated": _value(losses["IRR glass"], f=f),
        "concrete": _value(losses["Concrete"], f=f),
    }
    (row,) = (entry for entry in data.building_models if entry.model == model)
    found = penetration_loss_db(f, kind=kind, version="v19", depth_m=10)
    np.testing.assert_allclose(found.mean_db, _value(row.pl_tw_formula, **names) + 5, atol=1e-9)
    assert found.sigma_db == row.std_p_db
    car = penetration_loss_db(2.55, kind="car", version="v19")
    assert (float(car.mean_db), car.sigma_db) == (
        data.car_penetration_loss.mu_db,
        data.car_penetration_loss.sigma_p_db,
    )
