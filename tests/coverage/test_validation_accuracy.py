"""Errors, shares and calibrations against published values, hand-made tables and known truths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation import calibrate, compare, confusion
from hanoi_analytics.coverage.validation.intervals import mean_interval, share_interval

Floats = npt.NDArray[np.float64]

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I: Wilson's score method.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("mistakes", "n", "low", "high"), NEWCOMBE)
def test_false_positives_have_wilsons_interval(
    mistakes: int, n: int, low: float, high: float
) -> None:
    measured = np.r_[np.full(mistakes, -120.0), np.full(n - mistakes, -100.0)]
    row = confusion(np.full(n, -100.0), measured, threshold_dbm=-110).iloc[0]
    assert row["predicted_only"] == mistakes
    assert row["false_positive_share"] == pytest.approx(mistakes / n)
    assert row["false_positive_share_low"] == pytest.approx(low, abs=5e-5)
    assert row["false_positive_share_high"] == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe (1998), table I: the exact method of Clopper and Pearson.
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_the_exact_interval_is_the_published_one(
    successes: int, n: int, low: float, high: float
) -> None:
    share = share_interval(np.arange(n) < successes, method="beta")
    assert (share.low, share.high) == pytest.approx((low, high), abs=5e-5)


def test_one_group_tells_as_much_as_one_sample() -> None:
    mean = mean_interval([1.1, 2.3, 4.7], groups=["a", "a", "a"])
    assert mean.effective_n == 1
    assert np.isnan([mean.low, mean.high]).all()


def test_the_table_of_four_is_counted_by_class() -> None:
    predicted = [-90, -90, -90, -120, -120, -90]
    measured = [-90, -110, -120, -100, -130, -110]
    classes = ["dense", "dense", "dense", "dense", "open", None]
    table = confusion(
        predicted, measured, threshold_dbm=-110, land_class=classes, least_n=1
    ).set_index("land_class")
    counts = ["n", "both", "predicted_only", "measured_only", "neither"]
    assert table[counts].T.to_dict("list") == {
        "all": [6, 3, 1, 1, 1],
        "dense": [4, 2, 1, 1, 0],
        "not stated": [1, 1, 0, 0, 0],
        "open": [1, 0, 0, 0, 1],
    }
    assert table["false_positive_share"].iloc[:2].tolist() == [0.25, pytest.approx(1 / 3)]
    assert table["missed_share"].iloc[:2].tolist() == [0.5, 1.0]
    assert np.isnan(table.loc["open", "false_positive_share"])
    assert table["few"].tolist() == [False, False, True, True]


def test_copies_of_a_sample_add_no_certainty() -> None:
    few = np.random.default_rng(3).random(40) < 0.3
    alone = share_interval(few, method="wilson")
    copied = share_interval(np.repeat(few, 25), np.repeat(np.arange(40), 25), method="wilson")
    believed = share_interval(np.repeat(few, 25), method="wilson")
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.06)
    assert believed.high - believed.low < 0.25 * (copied.high - copied.low)
    assert share_interval([True] * 50, [1] * 50, method="wilson").effective_n == 1
    mean = mean_interval(np.repeat([1.0, 2.0, 3.0], 9), np.repeat([1, 2, 3], 9))
    # Three groups of one value each: mean 2, standard error 1/√3, Student's t of 2 degrees 4.3027.
    assert (mean.low, mean.high) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), 1e-4)


def test_errors_of_a_small_table_by_hand() -> None:
    row = compare([-90, -100, -110], [-93, -99, -114], blocks=[1, 1, 2], seed=1).iloc[0]
    # Errors 3, −1, 4: mean 2, squares 26, about the mean 1 + 9 + 4 = 14.
    assert row["bias_db"] == pytest.approx(2)
    assert row["rmse_db"] == pytest.approx((26 / 3) ** 0.5)
    assert row["sd_db"] == pytest.approx(7**0.5)
    assert row["blocks"] == 2
    assert np.isnan(row["bias_low_db"])  # two blocks carry no interval


def clustered(rng: np.random.Generator, blocks: int, each: int) -> tuple[Floats, Floats]:
    """Errors of σ 4 dB shared by a block and 3 dB of each place's own."""
    label = np.repeat(np.arange(blocks), each)
    return label, rng.normal(0, 4, blocks)[label] + rng.normal(0, 3, blocks * each)


def test_the_interval_of_the_bias_covers_the_truth_although_samples_are_clustered() -> None:
    rng = np.random.default_rng(11)
    covered, believed = [], []
    for seed in range(120):
        blocks, error = clustered(rng, blocks=40, each=20)
        row = compare(5 + error, np.zeros(800), blocks=blocks, seed=seed, draws=400).iloc[0]
        covered.append(row["bias_low_db"] <= 5 <= row["bias_high_db"])
        believed.append(abs(row["bias_db"] - 5) <= 1.96 * row["sd_db"] / 800**0.5)
    assert np.mean(covered) > 0.88
    assert np.mean(believed) < 0.6  # what independence would have claimed to be 0.95


def test_the_seed_and_the_classes_are_honoured() -> None:
    blocks, error = clustered(np.random.default_rng(2), blocks=30, each=4)
    names = np.where(blocks < 20, "dense", "open")
    twice = [
        compare(error, np.zeros(120), blocks=blocks, seed=7, land_class=names) for _ in range(2)
    ]
    assert twice[0].equals(twice[1])
    dense = twice[0].set_index("land_class").loc["dense"]
    assert dense["n"] == 80
    assert dense["bias_db"] == pytest.approx(error[blocks < 20].mean())
    assert dense["bias_low_db"] < dense["bias_db"] < dense["bias_high_db"]


def road(rng: np.random.Generator, places: int = 600) -> tuple[Floats, Floats, Floats, Floats]:
    """Predictions 5 dB too high at 1 km and, for each decade, 4 dB more; blocks of 10 places."""
    distance = 10 ** rng.uniform(1.7, 3.5, places)
    predicted = -100 - 35 * np.log10(distance / 1000)
    block = np.arange(places) // 10
    shadow = rng.normal(0, 3, places // 10)[block] + rng.normal(0, 4, places)
    return predicted, predicted - 5 - 4 * np.log10(distance / 1000) + shadow, distance, block


def test_a_known_offset_and_slope_come_back() -> None:
    rng = np.random.default_rng(5)
    hits = []
    for seed in range(40):
        predicted, measured, distance, block = road(rng)
        fit = calibrate(predicted, measured, distance, blocks=block, seed=seed)
        offset, slope = fit.offset_interval_db, fit.slope_interval_db_per_decade
        hits.append((offset[0] < -5 < offset[1], slope[0] < -4 < slope[1]))
    assert np.mean(hits, axis=0).min() > 0.85
    assert fit.rmse_after_db == pytest.approx(5, abs=0.5)  # √(3² + 4²)
    assert fit.rmse_before_db > fit.rmse_after_db + 1
    corrected = fit.apply(predicted, distance)
    assert np.sqrt(np.mean((corrected - measured) ** 2)) <= fit.rmse_after_db


def test_an_offset_alone_can_be_fitted() -> None:
    distance = np.geomspace(100, 3000, 100)
    predicted = np.linspace(-80, -120, 100)
    fit = calibrate(
        predicted, predicted - 7, distance, blocks=np.arange(100) // 5, seed=1, parameters="offset"
    )
    assert fit.offset_db == pytest.approx(-7)
    assert fit.slope_db_per_decade == 0
    assert fit.apply([-90], [500]).tolist() == pytest.approx([-97])
    assert fit.rmse_after_db == pytest.approx(0, abs=1e-9)


def test_held_out_error_is_that_of_places_far_away() -> None:
    """Each block has its own level: a fit knows it from a neighbour, but not from elsewhere."""
    rng = np.random.default_rng(8)
    held_out, elsewhere, neighbours = [], [], []
    for seed in range(30):
        shared = rng.normal(0, 6, 24)
        block = np.repeat(np.arange(12), 20)
        distance = 10 ** (2 + np.repeat(np.linspace(0, 1.2, 12), 20))
        error = shared[block] + rng.normal(0, 1, 240)
        fit = calibrate(np.zeros(240), error, distance, blocks=block, seed=seed, folds=6)
        held_out.append(fit.rmse_after_db)
        split = calibrate(np.zeros(240), error, distance, blocks=np.arange(240), seed=seed)
        neighbours.append(split.rmse_after_db)
        new = shared[12 + block] + rng.normal(0, 1, 240)
        elsewhere.append(np.sqrt(np.mean((fit.apply(new * 0, distance) - new) ** 2)))
    assert np.mean(held_out) > 0.95 * np.mean(elsewhere)
    assert np.mean(neighbours) < 0.9 * np.mean(elsewhere)  # the optimism that blocks prevent


@pytest.mark.parametrize(
    ("n", "blocks", "near", "options", "message"),
    [
        (49, 49, 100.0, {}, "49 places in 49 blocks"),
        (60, 9, 100.0, {}, "60 places in 9 blocks"),
        (60, 20, 1900.0, {}, "too close together for a slope"),
        (60, 20, 0.0, {}, "not above 0 m"),
        (60, 20, 100.0, {"folds": 1}, "folds=1"),
        (60, 20, 100.0, {"parameters": "slope"}, "parameters 'slope'"),
        (60, 20, 100.0, {"confidence": 95}, "confidence=95"),
    ],
)
def test_a_calibration_that_cannot_be_judged_is_refused(
    n: int, blocks: int, near: float, options: dict[str, object], message: str
) -> None:
    distance = np.linspace(near, 2000.0, n)
    levels = np.linspace(-80, -120, n)
    labels = np.arange(n) % blocks
    with pytest.raises(CoverageError, match=message):
        calibrate(levels, levels, distance, blocks=labels, seed=1, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("predicted", "measured", "message"),
    [
        ([-90.0], [-90.0, -91.0], "expected one of each"),
        ([], [], "at least one place"),
        ([np.nan, -90.0], [-90.0, -91.0], "1 of 2 predicted levels are missing"),
    ],
)
def test_levels_that_do_not_pair_are_refused(
    predicted: list[float], measured: list[float], message: str
) -> None:
    with pytest.raises(CoverageError, match=message):
        compare(predicted, measured, blocks=[0] * len(predicted), seed=1)
    with pytest.raises(CoverageError, match=message):
        confusion(predicted, measured, threshold_dbm=-110)


def test_labels_and_thresholds_that_make_no_sense_are_refused() -> None:
    with pytest.raises(CoverageError, match="blocks of shape"):
        compare([-90, -91], [-90, -91], blocks=[0], seed=1)
    with pytest.raises(CoverageError, match="threshold_dbm=nan"):
        confusion([-90], [-90], threshold_dbm=float("nan"))
