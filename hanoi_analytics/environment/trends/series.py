"""The trend of one series: how steep, how sure, by which test."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.trends.axes import VARIANTS, Method, Variant


@dataclass(frozen=True)
class Trend:
    """The slope of a series by Theil and Sen, and its test by Mann and Kendall.

    Attributes
    ----------
    variant : str
        Of the test.
    slope_per_year, low_per_year, high_per_year : float
        Median of the slopes of all pairs and its interval, in units of the series per year; of
        the seasonal variant, of the pairs within seasons. NaN where there are too few values.
    p, z : float
        Two-sided; z has its correction for continuity.
    s, variance_s : float
        Of the variant: of the whitened series, or summed over seasons, where the variant says so.
    n, missing : int
        Values there are, and that were left out as missing.
    alpha : float
        The interval holds 1 − alpha.
    interval : str
        Its method.
    lags, seasons : int or None
        As given.
    attrs : dict
        The sources of the series, for pictures.
    """

    variant: Variant
    slope_per_year: float
    low_per_year: float
    high_per_year: float
    p: float
    z: float
    s: float
    variance_s: float
    n: int
    missing: int
    alpha: float
    interval: str
    lags: int | None
    seasons: int | None
    attrs: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the trend as a table of one row, with the series' sources."""
        row = asdict(self)
        attrs = row.pop("attrs")
        table = pd.DataFrame([row]).astype({"lags": "Int64", "seasons": "Int64"})
        table.attrs = attrs
        return table


def trend(
    series: pd.Series[float],
    *,
    variant: Variant,
    alpha: float = 0.05,
    lags: int | None = None,
    seasons: int | None = None,
    minimum: int = 10,
) -> Trend:
    """Return the slope of a series per year, and the test whether there is a trend.

    With :math:`S = \\sum_{i<j} \\mathrm{sign}(x_j - x_i)`, the test compares
    :math:`z = (S \\mp 1) / \\sqrt{\\mathrm{Var}(S)}` with the normal distribution. The variants
    treat correlation in time each in its way and may contradict each other on one series: choose
    one before looking, and report all (:func:`all_variants`).

    Parameters
    ----------
    series : pandas.Series
        Numbers by increasing time, or by numbers of years. Missing values are NaN; pairs with
        them are left out. Where a variant looks at neighbours, the values that are there stand
        as neighbours, one step apart, as in pymannkendall.
    variant : str
        ``original`` (Mann 1945, Kendall 1975; the variance corrected for ties), ``hamed_rao``
        (1998; the variance corrected for correlated ranks), ``pre_whitened`` (each value less its
        share of the one before), ``trend_free_pre_whitened`` (Yue et al. 2002; the same after the
        slope is taken out) or ``seasonal`` (Hirsch et al. 1982; pairs within seasons only).
    alpha : float
        The interval holds 1 − alpha; also the level at which Hamed and Rao count a correlation.
    lags : int, optional
        Of Hamed and Rao, the lags looked at: all by default; 3 is common.
    seasons : int, optional
        In a year; the seasonal variant needs it.
    minimum : int
        Values needed; with fewer the trend is missing. The normal distribution fits S from about
        ten values (Kendall 1975).

    Returns
    -------
    Trend
        All numbers are float64. The slopes' interval stands at Gilbert's (1987) ranks
        :math:`(N \\mp z_{1-\\alpha/2}\\sqrt{\\mathrm{Var}(S)})/2` of the N slopes, the upper one
        plus 1, interpolated; missing where the lower rank is below 1.

    Raises
    ------
    EnvironmentDataError
        A variant, level, lag or season that makes no sense; times that do not increase, or steps
        too uneven for the variant; values that are no numbers, or infinite.

    Examples
    --------
    >>> years = pd.date_range("2001", periods=12, freq="YS")
    >>> found = trend(pd.Series(range(12), years) * 2.5, variant="original")
    >>> print(found.slope_per_year, found.s, round(found.p, 6))
    2.5 66.0 8e-06
    """
    method = Method(variant, alpha, lags, seasons, minimum)
    given: object = series
    if not isinstance(given, pd.Series) or not pd.api.types.is_numeric_dtype(given.dtype):
        kind = given.dtype if isinstance(given, pd.Series) else type(given).__name__
        raise EnvironmentDataError(f"a trend needs a pandas Series of numbers, found {kind}")
    values = series.to_numpy(np.float64, na_value=np.nan)
    found = method.block(values[np.newaxis, np.newaxis], method.axis(series.index))[0, 0]
    slope, low, high, p, z, s, variance_s, count = (float(value) for value in found)
    return Trend(
        variant=variant,
        slope_per_year=slope,
        low_per_year=low,
        high_per_year=high,
        p=p,
        z=z,
        s=s,
        variance_s=variance_s,
        n=int(count),
        missing=values.size - int(count),
        alpha=alpha,
        interval=method.interval,
        lags=lags,
        seasons=seasons,
        attrs=sources_of(series.attrs),
    )


def all_variants(
    series: pd.Series[float],
    *,
    seasons: int,
    alpha: float = 0.05,
    lags: int | None = None,
    minimum: int = 10,
) -> pd.DataFrame:
    """Return the trend by every variant, one row each, so that none is chosen by looking.

    Parameters
    ----------
    series : pandas.Series
        As :func:`trend` takes it.
    seasons : int
        In a year; 1 for yearly values, whose seasonal test is the original one.
    alpha, lags, minimum
        As of :func:`trend`.

    Returns
    -------
    pandas.DataFrame
        One row for each of `VARIANTS`, the columns those of :class:`Trend`; with the series'
        source.

    Raises
    ------
    EnvironmentDataError
        As of :func:`trend`, for any of the variants.

    Examples
    --------
    >>> years = pd.date_range("2001", periods=12, freq="YS")
    >>> table = all_variants(pd.Series(range(12), years, dtype=float), seasons=1)
    >>> table.variant.tolist()[:3]
    ['original', 'hamed_rao', 'pre_whitened']
    """
    rows = [
        trend(
            series,
            variant=variant,
            alpha=alpha,
            lags=lags if variant == "hamed_rao" else None,
            seasons=seasons if variant == "seasonal" else None,
            minimum=minimum,
        ).to_frame()
        for variant in VARIANTS
    ]
    table = pd.concat(rows, ignore_index=True)
    table.attrs = dict(rows[0].attrs)
    return table
