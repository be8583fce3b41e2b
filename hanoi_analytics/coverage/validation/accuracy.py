"""How far predicted levels lie from measured ones, and whether covered means covered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.intervals import (
    Estimate,
    Floats,
    require_level,
    share_interval,
)

#: Below so many blocks a bootstrap's interval is too narrow to be given.
LEAST_BLOCKS = 10


def compare(
    predicted_dbm: npt.ArrayLike,
    measured_dbm: npt.ArrayLike,
    *,
    blocks: npt.ArrayLike,
    seed: int,
    land_class: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    draws: int = 2000,
) -> pd.DataFrame:
    """Describe the error predicted − measured, with intervals that know of spatial correlation.

    The intervals are percentiles of a block bootstrap: whole blocks are drawn with replacement.

    Parameters
    ----------
    predicted_dbm, measured_dbm : array_like, shape (n,)
        Levels, dBm; best one for each place, from `aggregate`.
    blocks : array_like, shape (n,)
        From `spatial_blocks`.
    seed : int
        Of the draws.
    land_class : array_like, shape (n,), optional
        A name for each place.
    confidence : float
        Level of the intervals.
    draws : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        A row ``all``, then one for each land class: ``land_class``, ``n``, ``blocks``, and
        ``bias_db``, ``rmse_db``, ``sd_db`` (about the bias), each with ``…_low_db`` and
        ``…_high_db``, which are NaN for fewer than 10 blocks.

    Raises
    ------
    CoverageError
        Different lengths, a level that is missing, or no levels at all.

    Examples
    --------
    >>> found = compare([-90, -95], [-93, -96], blocks=[0, 1], seed=1)
    >>> found[["n", "bias_db", "sd_db"]].iloc[0].round(3).tolist()
    [2.0, 2.0, 1.414]
    """
    require_level(confidence)
    predicted, measured = paired(predicted_dbm, measured_dbm)
    error = predicted - measured
    labels = of_length(blocks, error.size, "blocks")
    rng = np.random.default_rng(seed)
    rows = []
    for name, inside in _classes(land_class, error.size):
        tails = (1 - confidence) / 2, (1 + confidence) / 2
        rows.append(
            {"land_class": name, **_errors(error[inside], labels[inside], tails, draws, rng)}
        )
    return pd.DataFrame(rows)


def confusion(
    predicted_dbm: npt.ArrayLike,
    measured_dbm: npt.ArrayLike,
    *,
    threshold_dbm: float,
    blocks: npt.ArrayLike | None = None,
    land_class: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    least_n: int = 30,
) -> pd.DataFrame:
    """Count places by predicted and measured coverage, with Wilson intervals of the mistakes.

    Parameters
    ----------
    predicted_dbm, measured_dbm : array_like, shape (n,)
        Levels, dBm.
    threshold_dbm : float
        A place is covered from this level on.
    blocks : array_like, shape (n,), optional
        From `spatial_blocks`: the intervals then widen for places that resemble their neighbours.
    land_class : array_like, shape (n,), optional
        A name for each place.
    confidence : float
        Level of the intervals.
    least_n : int
        A share of fewer places is flagged.

    Returns
    -------
    pandas.DataFrame
        A row ``all``, then one for each land class: ``land_class``, ``n``, ``both``,
        ``predicted_only``, ``measured_only``, ``neither``; ``false_positive_share`` (not
        measured as covered, of the places predicted as covered) and ``missed_share`` (measured as
        covered, of the places predicted as not covered), each with ``…_low`` and ``…_high``,
        NaN of no places; ``few``: whether a share rests on fewer
        than `least_n`.

    Raises
    ------
    CoverageError
        As in `compare`, or a threshold that is no number.

    Examples
    --------
    >>> table = confusion([-90, -90, -120], [-95, -115, -125], threshold_dbm=-110)
    >>> table[["both", "predicted_only", "neither", "false_positive_share"]].iloc[0].tolist()
    [1.0, 1.0, 1.0, 0.5]
    """
    predicted, measured = paired(predicted_dbm, measured_dbm)
    if not np.isfinite(threshold_dbm):
        raise CoverageError(f"threshold_dbm={threshold_dbm}: expected a level such as -110")
    labels = None if blocks is None else of_length(blocks, predicted.size, "blocks")
    said, found = predicted >= threshold_dbm, measured >= threshold_dbm
    rows: list[dict[str, object]] = []
    for name, inside in _classes(land_class, predicted.size):
        shares = {
            "false_positive_share": (~found, inside & said),
            "missed_share": (found, inside & ~said),
        }
        estimates: dict[str, Estimate] = {
            key: share_interval(
                event[among],
                None if labels is None else labels[among],
                confidence=confidence,
                method="wilson",
            )
            for key, (event, among) in shares.items()
        }
        row: dict[str, object] = {
            "land_class": name,
            "n": int(inside.sum()),
            "both": int((inside & said & found).sum()),
            "predicted_only": int((inside & said & ~found).sum()),
            "measured_only": int((inside & ~said & found).sum()),
            "neither": int((inside & ~said & ~found).sum()),
        }
        for key, share in estimates.items():
            row |= {key: share.value, f"{key}_low": share.low, f"{key}_high": share.high}
        rows.append(row | {"few": min(e.n for e in estimates.values()) < least_n})
    return pd.DataFrame(rows)


def paired(predicted_dbm: npt.ArrayLike, measured_dbm: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both levels as arrays of one length without gaps."""
    predicted, measured = (np.asarray(v, dtype=float) for v in (predicted_dbm, measured_dbm))
    if predicted.ndim != 1 or predicted.shape != measured.shape or not predicted.size:
        raise CoverageError(
            f"predicted levels of shape {predicted.shape} and measured of {measured.shape}: "
            f"expected one of each for every place, and at least one place"
        )
    for name, values in (("predicted", predicted), ("measured", measured)):
        gaps = int((~np.isfinite(values)).sum())
        if gaps:
            raise CoverageError(f"{gaps} of {values.size} {name} levels are missing: drop the rows")
    return predicted, measured


def of_length(values: npt.ArrayLike, size: int, name: str) -> npt.NDArray[np.generic]:
    """Return one value for each place, as an array."""
    given: npt.NDArray[np.generic] = np.asarray(values)
    if given.shape != (size,):
        raise CoverageError(f"{name} of shape {given.shape}: expected one for each of {size}")
    return given


def _classes(
    land_class: npt.ArrayLike | None, size: int
) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    groups = [("all", np.ones(size, dtype=bool))]
    if land_class is not None:
        names = (
            pd.Series(of_length(land_class, size, "land_class")).fillna("not stated").astype("str")
        )
        groups += [(name, (names == name).to_numpy()) for name in sorted(set(names))]
    return groups


def _errors(
    error: Floats,
    blocks: npt.NDArray[np.generic],
    tails: tuple[float, float],
    draws: int,
    rng: np.random.Generator,
) -> dict[str, object]:
    codes, names = pd.factorize(blocks)
    sums = np.column_stack([np.bincount(codes, error**power) for power in (0, 1, 2)])
    count = len(names)
    found = _moments(sums.sum(axis=0, keepdims=True))
    row: dict[str, object] = {"n": error.size, "blocks": count}
    drawn = None
    if count >= LEAST_BLOCKS:
        # Drawing blocks with replacement is drawing how often each of them comes.
        times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
        drawn = _moments(times.astype(float) @ sums)
    for key, value in found.items():
        low, high = (np.nan, np.nan) if drawn is None else np.quantile(drawn[key], tails)
        row |= {f"{key}_db": float(value[0])}
        row |= {f"{key}_low_db": float(low), f"{key}_high_db": float(high)}
    return row


def _moments(sums: Floats) -> dict[str, Floats]:
    n, first, second = sums.T
    bias = first / n
    # One place has no spread; rounding may leave a tiny negative number.
    spread = np.maximum(second - n * bias**2, 0) / np.where(n > 1, n - 1, np.nan)
    return {"bias": bias, "rmse": np.sqrt(second / n), "sd": np.sqrt(spread)}
