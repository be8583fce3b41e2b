"""The time axis of a trend: years, seasons, and what each variant asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.trends.kernels import blocks
from hanoi_analytics.errors import nearest

Variant = Literal["original", "hamed_rao", "pre_whitened", "trend_free_pre_whitened", "seasonal"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)
_CODES = {
    "original": blocks.ORIGINAL,
    "hamed_rao": blocks.HAMED_RAO,
    "pre_whitened": blocks.PRE_WHITENED,
    "trend_free_pre_whitened": blocks.TREND_FREE_PRE_WHITENED,
    "seasonal": blocks.SEASONAL,
}
_WITH_STEPS = ("hamed_rao", "pre_whitened", "trend_free_pre_whitened")
# Months are up to a tenth shorter than the longest.
_STEP_SLACK = 0.2
# All pairs of these take 400 MB.
_MOST_TIMES = 10_000

Axis = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], float]


@dataclass(frozen=True)
class Method:
    """How a trend is tested, checked once.

    Attributes
    ----------
    variant : str
        One of `VARIANTS`.
    alpha : float
        Level of the interval, and of the correlations that Hamed and Rao count.
    lags : int or None
        Of Hamed and Rao, the lags looked at; all by default.
    seasons : int or None
        In a year, of the seasonal variant.
    minimum : int
        Values that a trend needs; with fewer it is missing.
    """

    variant: Variant
    alpha: float = 0.05
    lags: int | None = None
    seasons: int | None = None
    minimum: int = 10

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            hint = nearest(self.variant, VARIANTS)
            raise EnvironmentDataError(f"variant {self.variant!r}: {hint}")
        if not 0 < self.alpha < 1:
            raise EnvironmentDataError(f"alpha: expected between 0 and 1, found {self.alpha}")
        if self.lags is not None and (self.variant != "hamed_rao" or self.lags < 1):
            raise EnvironmentDataError(
                f"lags={self.lags} with variant {self.variant!r}: expected 1 or more, and only "
                "with 'hamed_rao'"
            )
        if (self.seasons is not None) != (self.variant == "seasonal"):
            raise EnvironmentDataError(
                f"seasons={self.seasons} with variant {self.variant!r}: the variant 'seasonal' "
                "needs the number of seasons in a year, such as 12, and no other takes it"
            )
        if self.seasons is not None and self.seasons not in (1, 2, 3, 4, 6, 12):
            raise EnvironmentDataError(
                f"seasons: expected 1, 2, 3, 4, 6 or 12 in a year, found {self.seasons}"
            )
        if self.minimum < 4:
            raise EnvironmentDataError(f"minimum: expected 4 or more values, found {self.minimum}")

    @property
    def interval(self) -> str:
        """The name of the interval's method."""
        variance = {
            "hamed_rao": "corrected for correlated ranks",
            "seasonal": "summed over seasons",
        }.get(self.variant, "corrected for ties")
        return (
            f"{1 - self.alpha:.0%} interval by ranks of the slopes (Sen 1968, Gilbert 1987), "
            f"variance of S {variance}"
        )

    def axis(self, times: pd.Index) -> Axis:
        """Return the axis in the form that the compiled loops take.

        Parameters
        ----------
        times : pandas.DatetimeIndex or an index of numbers
            Increasing; numbers are years.

        Raises
        ------
        EnvironmentDataError
            Times that are no times, missing, not increasing, too many, or too uneven for the
            variant; more than one value in a season of a year.
        """
        years = decimal_years(times)
        if years.size > _MOST_TIMES:
            raise EnvironmentDataError(
                f"{years.size:,} times: expected {_MOST_TIMES:,} or fewer, as every pair is "
                "compared; take daily or monthly means first"
            )
        steps = np.diff(years)
        if steps.size and not steps.min() > 0:
            at = int(np.argmin(steps))
            raise EnvironmentDataError(
                f"times must increase: {times[at]} is followed by {times[at + 1]}; sort them, and "
                "take one value for each time"
            )
        step = float((years[-1] - years[0]) / steps.size) if steps.size else 1.0
        if self.variant in _WITH_STEPS and steps.size:
            _require_even(steps, step, self.variant)
        season = _seasons(times, years, self.seasons or 1)
        if self.variant == "seasonal":
            _require_one_each(times, years, season)
        places = np.argsort(season, kind="stable").astype(np.int64)
        return places, years[places], season[places], step

    def block(self, values: NDArray[np.float32 | np.float64], axis: Axis) -> NDArray[np.float64]:
        """Return the statistics (y, x, statistic) of values (y, x, time).

        Raises
        ------
        EnvironmentDataError
            An infinite value.
        """
        rows, columns, _ = values.shape
        found = np.empty((rows, len(blocks.STATISTICS), columns))
        code, lags = _CODES[self.variant], -1 if self.lags is None else self.lags
        normal = float(ndtri(1 - self.alpha / 2))
        for y in range(rows):
            # A copy with each pixel's times together, in double precision.
            row = np.ascontiguousarray(values[y][:, axis[0]], np.float64)
            if blocks.row_trends(row, axis, code, lags, self.minimum, normal, found[y]):
                raise EnvironmentDataError(
                    "an infinite value: expected numbers, and NaN where there is none; a division "
                    "by zero may stand behind it"
                )
        return np.moveaxis(found, 1, 2)


def decimal_years(times: pd.Index) -> NDArray[np.float64]:
    """Return times as years: a year's first moment is the whole number, its middle adds a half.

    Parameters
    ----------
    times : pandas.DatetimeIndex or an index of numbers
        Numbers are taken for years and returned as they are.

    Returns
    -------
    numpy.ndarray
        float64, one for each time.

    Raises
    ------
    EnvironmentDataError
        Neither times nor numbers, or missing ones.

    Examples
    --------
    >>> print(decimal_years(pd.DatetimeIndex(["2023-01-01", "2024-07-02"])))
    [2023.  2024.5]
    """
    if isinstance(times, pd.DatetimeIndex) and times.tz is not None:
        raise EnvironmentDataError(
            f"the times are of zone {times.tz}: expected local time without one, such as by "
            "tz_convert('Asia/Ho_Chi_Minh').tz_localize(None)"
        )
    if times.hasnans:
        raise EnvironmentDataError(
            f"{np.count_nonzero(times.isna())} of {len(times)} times are missing"
        )
    if isinstance(times, pd.DatetimeIndex):
        year = times.year.to_numpy()
        start = year.astype(str).astype("datetime64[ns]")
        end = (year + 1).astype(str).astype("datetime64[ns]")
        share = (times.to_numpy().astype("datetime64[ns]") - start) / (end - start)
        return np.asarray(year + share, np.float64)
    if not pd.api.types.is_numeric_dtype(times.dtype) or pd.api.types.is_bool_dtype(times.dtype):
        raise EnvironmentDataError(
            f"the times are {times.dtype}: expected datetimes, or numbers of years"
        )
    return times.to_numpy(np.float64)


def _seasons(times: pd.Index, years: NDArray[np.float64], seasons: int) -> NDArray[np.int64]:
    """Return each time's season, by calendar months; numbers of years are cut evenly."""
    if isinstance(times, pd.DatetimeIndex):
        return ((times.month.to_numpy(np.int64) - 1) * seasons) // 12
    # A twelfth that rounding made a hair too small still starts its month.
    return np.floor((years - np.floor(years + 1e-6)) * seasons + 1e-6).astype(np.int64)


def _require_even(steps: NDArray[np.float64], step: float, variant: str) -> None:
    uneven = np.abs(steps - step) > _STEP_SLACK * step
    if uneven.any():
        raise EnvironmentDataError(
            f"variant {variant!r} compares neighbours and needs even steps: {int(uneven.sum())} of "
            f"{steps.size} differ by more than {_STEP_SLACK:.0%} from the mean of {step:.4g} years "
            f"({steps.min():.4g} to {steps.max():.4g}); take means of months or years, NaN where "
            "there are none, or use 'original'"
        )


def _require_one_each(
    times: pd.Index, years: NDArray[np.float64], season: NDArray[np.int64]
) -> None:
    cells = pd.DataFrame({"year": np.floor(years + 1e-6).astype(int), "season": season})
    again = cells.duplicated()
    if again.any():
        raise EnvironmentDataError(
            f"variant 'seasonal' takes one value for each season of a year: {int(again.sum())} "
            f"more found, the first at {times[int(np.argmax(again))]}; take means of the seasons"
        )
