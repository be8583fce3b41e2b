"""One or two parameters of a path-loss model fitted to measurements, judged on blocks left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.accuracy import LEAST_BLOCKS, of_length, paired
from hanoi_analytics.coverage.validation.intervals import Floats, require_level
from hanoi_analytics.errors import nearest

Parameters = Literal["offset", "offset_and_slope"]

#: The offset is the correction at this distance.
REFERENCE_M = 1000.0
LEAST_PLACES = 50
# A slope needs distances whose 90 % quantile is at least twice the 10 % quantile.
_LEAST_RATIO = 2.0


@dataclass(frozen=True)
class Calibration:
    """A correction ``offset + slope · lg(distance / 1 km)``, to be added to predicted levels.

    Attributes
    ----------
    offset_db, slope_db_per_decade : float
        The slope is 0 where only the offset was fitted. A path-loss exponent n becomes
        n − slope / 10.
    offset_interval_db, slope_interval_db_per_decade : tuple of float
        Student's intervals with errors clustered by block.
    rmse_before_db, rmse_after_db : float
        Root mean square error of all places, uncorrected, and corrected by what the other folds
        say: no place is judged by a fit it took part in.
    n, blocks, folds : int
        Places, spatial blocks, and folds of blocks.
    """

    offset_db: float
    slope_db_per_decade: float
    offset_interval_db: tuple[float, float]
    slope_interval_db_per_decade: tuple[float, float]
    rmse_before_db: float
    rmse_after_db: float
    n: int
    blocks: int
    folds: int

    def apply(self, predicted_dbm: npt.ArrayLike, distance_m: npt.ArrayLike) -> Floats:
        """Return corrected levels, dBm, for predictions at distances from their sectors."""
        decades = np.log10(np.asarray(distance_m, dtype=float) / REFERENCE_M)
        corrected = np.asarray(predicted_dbm) + self.offset_db + self.slope_db_per_decade * decades
        return np.asarray(corrected, dtype=np.float64)


def calibrate(
    predicted_dbm: npt.ArrayLike,
    measured_dbm: npt.ArrayLike,
    distance_m: npt.ArrayLike,
    *,
    blocks: npt.ArrayLike,
    seed: int,
    parameters: Parameters = "offset_and_slope",
    folds: int = 5,
    confidence: float = 0.95,
) -> Calibration:
    """Fit measured − predicted by least squares, and judge the fit on blocks left out.

    Parameters
    ----------
    predicted_dbm, measured_dbm : array_like, shape (n,)
        Levels of the same sector, dBm; best one for each place, from `aggregate`.
    distance_m : array_like, shape (n,)
        From each place to the sector, m.
    blocks : array_like, shape (n,)
        From `spatial_blocks`; blocks, not places, are left out, because a place next to one
        that was fitted is no test.
    seed : int
        Of the order in which blocks go into folds.
    parameters : {"offset", "offset_and_slope"}
        What is fitted.
    folds : int
        2 or more.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Calibration

    Raises
    ------
    CoverageError
        Fewer than 50 places or 10 blocks, a distance that is not positive, or, for a slope, 90 %
        and 10 % quantiles of distance closer than a factor of 2.

    Examples
    --------
    >>> distance = np.geomspace(100, 2000, 60)
    >>> measured = -100 - 35 * np.log10(distance / 1000)
    >>> fit = calibrate(measured + 6, measured, distance, blocks=np.arange(60) // 5, seed=1)
    >>> round(fit.offset_db, 6), round(fit.rmse_before_db, 6)
    (-6.0, 6.0)
    """
    from statsmodels.regression.linear_model import OLS  # noqa: PLC0415 - slow to import

    require_level(confidence)
    if parameters not in get_args(Parameters):
        raise CoverageError(
            f"parameters {parameters!r}: {nearest(parameters, get_args(Parameters))}"
        )
    predicted, measured = paired(predicted_dbm, measured_dbm)
    distance = of_length(distance_m, predicted.size, "distance_m").astype(float)
    codes, names = pd.factorize(of_length(blocks, predicted.size, "blocks"))
    _check(distance, len(names), parameters, folds)
    short = measured - predicted
    design = np.ones((short.size, 1))
    if parameters == "offset_and_slope":
        design = np.column_stack([design, np.log10(distance / REFERENCE_M)])
    fit = OLS(short, design).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    intervals = [(float(low), float(high)) for low, high in fit.conf_int(1 - confidence)]
    fold_of_block = np.random.default_rng(seed).permutation(len(names)) % folds
    left = np.empty_like(short)
    for fold in range(folds):
        out = fold_of_block[codes] == fold
        coefficients = np.linalg.lstsq(design[~out], short[~out], rcond=None)[0]
        left[out] = short[out] - design[out] @ coefficients
    return Calibration(
        offset_db=float(fit.params[0]),
        slope_db_per_decade=float(fit.params[1]) if len(intervals) > 1 else 0.0,
        offset_interval_db=intervals[0],
        slope_interval_db_per_decade=intervals[1] if len(intervals) > 1 else (0.0, 0.0),
        rmse_before_db=float(np.sqrt(np.mean(short**2))),
        rmse_after_db=float(np.sqrt(np.mean(left**2))),
        n=short.size,
        blocks=len(names),
        folds=folds,
    )


def _check(distance: Floats, blocks: int, parameters: Parameters, folds: int) -> None:
    if not (np.isfinite(distance) & (distance > 0)).all():
        raise CoverageError("a distance is missing or not above 0 m: drop the row")
    if distance.size < LEAST_PLACES or blocks < LEAST_BLOCKS:
        raise CoverageError(
            f"{distance.size} places in {blocks} blocks: a calibration needs at least "
            f"{LEAST_PLACES} in {LEAST_BLOCKS}; drive further, or take smaller blocks"
        )
    if not 2 <= folds <= blocks:
        raise CoverageError(f"folds={folds}: expected 2 to the number of blocks, {blocks}")
    near, far = np.quantile(distance, (0.1, 0.9))
    if parameters == "offset_and_slope" and far < _LEAST_RATIO * near:
        raise CoverageError(
            f"distances lie between {near:.0f} and {far:.0f} m (10 and 90 % quantiles): too close "
            f"together for a slope; fit parameters='offset', or drive nearer and further"
        )
