"""Time-series models of a yearly urban share, with prediction intervals.

Three models of statsmodels, each fitted to the log-odds of the share, so that forecasts and
intervals stay between 0 and 100 % when they are carried back; the middle of a forecast is then its
median. Their intervals take the estimated variances and smoothing as certain: hold them against
:mod:`~hanoi_analytics.urbanisation.projection.backtest` before believing them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from hanoi_analytics.errors import nearest
from hanoi_analytics.urbanisation.indicators import require_one_definition
from hanoi_analytics.urbanisation.projection.forecasts import Forecast, require_level, tabulate
from hanoi_analytics.urbanisation.projection.growth_difference import ProjectionError

YearlyModel = Literal["local linear trend", "Holt", "damped Holt"]
YEARLY_MODELS: tuple[YearlyModel, ...] = get_args(YearlyModel)
#: A local linear trend has three variances and two unknown starting values; fewer years than this
#: leave nearly nothing to estimate them from.
MINIMUM_YEARS = 8

# The optimisers expect numbers near one: log-odds are fitted in hundredths.
_SCALE = 100.0
_MAXIMUM_ITERATIONS = 2000
# Where exponential smoothing starts, as level and share of trend in it. The likelihood has several
# summits: from statsmodels' own start, a quarter of the fits to parts of the official series ended
# on a lower one.
_SMOOTHING_STARTS = ((0.3, 0.1), (0.9, 0.1), (0.9, 0.9))
_SMOOTHING_BOUNDS = {
    "smoothing_level": (1e-4, 1 - 1e-4),
    "damping_trend": (0.8, 0.98),
}


class FitError(ProjectionError):
    """A model could not be fitted: the optimiser did not converge, or the series is too short."""


@dataclass(frozen=True)
class YearlyFit:
    """A model fitted to a yearly share.

    Attributes
    ----------
    model : str
        Which of `YEARLY_MODELS`.
    years : tuple of int
        First and last year it was fitted to.
    log_likelihood : float
        Of the log-odds in hundredths.
    parameters : mapping of str to float
        As statsmodels names them; variances are of the log-odds in hundredths.
    warnings : tuple of str
        What makes the fit doubtful: parameters at the end of their range, preliminary values.
    """

    model: YearlyModel
    years: tuple[int, int]
    log_likelihood: float
    parameters: Mapping[str, float]
    warnings: tuple[str, ...]
    _result: Any
    _series: pd.DataFrame

    def forecast(self, horizon_years: int, *, level: float = 0.95) -> pd.DataFrame:
        """Return the forecasts of the coming years, with prediction intervals.

        Parameters
        ----------
        horizon_years : int
            How many years, from the one after the last.
        level : float
            Probability of the interval.

        Returns
        -------
        pandas.DataFrame
            Rows of :class:`Forecast`; `time` is the middle of the year.

        Raises
        ------
        ProjectionError
            A level outside 0 to 1, or no year to forecast.
        """
        require_level(level)
        if horizon_years < 1:
            raise ProjectionError(f"horizon of {horizon_years} years: expected 1 or more")
        middle, lower, upper = 100 * expit(_quantiles(self._result, horizon_years, level) / _SCALE)
        first, last = self.years
        return tabulate(
            [
                Forecast(
                    model=self.model,
                    trained_on=f"yearly {first}–{last}",
                    time=last + ahead + 0.5,
                    horizon_years=ahead,
                    share_percent=middle[ahead - 1],
                    lower_percent=lower[ahead - 1],
                    upper_percent=upper[ahead - 1],
                    level=level,
                    interval="of the model, its parameters taken as certain",
                    note="; ".join(self.warnings),
                )
                for ahead in range(1, horizon_years + 1)
            ],
            self._series,
        )


def fit_yearly(series: pd.DataFrame, model: YearlyModel) -> YearlyFit:
    """Fit a model to the log-odds of a yearly urban share.

    ``local linear trend``: a structural model, level and slope both random walks
    (:class:`~statsmodels.tsa.statespace.structural.UnobservedComponents`). ``Holt``: exponential
    smoothing with additive error and trend; ``damped Holt``: its trend fades
    (:class:`~statsmodels.tsa.exponential_smoothing.ets.ETSModel`). Fitted by maximum likelihood;
    smoothing is started from several points and the most likely fit is kept.

    Parameters
    ----------
    series : pandas.DataFrame
        One series of :func:`indicators.series`, one row a year, none left out, no break within.
    model : {"local linear trend", "Holt", "damped Holt"}
        Which model.

    Returns
    -------
    YearlyFit

    Raises
    ------
    FitError
        Fewer than `MINIMUM_YEARS` years, or the most likely fit did not converge.
    ProjectionError
        Years left out or twice, a break, a share that is missing or not inside 0 to 100 %.
    SpliceError
        Two definitions or areas in the series.

    Examples
    --------
    >>> from hanoi_analytics.urbanisation.indicators import series
    >>> fit = fit_yearly(series("B_average"), "local linear trend")
    >>> next_year = fit.forecast(1)[["share_percent", "lower_percent", "upper_percent"]]
    >>> next_year.round(1).values.tolist()
    [[35.3, 34.6, 36.0]]
    """
    if model not in YEARLY_MODELS:
        raise ProjectionError(f"no model {model!r}; {nearest(model, YEARLY_MODELS)}")
    # Seconds that only fitting pays.
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415
    from statsmodels.tsa.statespace.structural import UnobservedComponents  # noqa: PLC0415

    ordered = series.sort_values("year", ignore_index=True)
    _require_yearly(ordered)
    values = pd.Series(_SCALE * logit(ordered["value_percent"].to_numpy(dtype=float) / 100))
    if model == "local linear trend":
        fits = [_fit(UnobservedComponents(values, level="lltrend"))]
    else:
        smoothing = ETSModel(values, error="add", trend="add", damped_trend=model == "damped Holt")
        fits = [_fit(smoothing, start) for start in _smoothing_starts(smoothing)]
    # Equal likelihoods are the same summit: of those, one that says it converged.
    best = max(fits, key=lambda fit: (round(fit.llf, 3), bool(fit.mle_retvals["converged"])))
    first, last = int(ordered["year"].iloc[0]), int(ordered["year"].iloc[-1])
    if not (best.mle_retvals["converged"] and isfinite(best.llf)):
        raise FitError(
            f"{model} for {first}–{last}: the optimiser did not converge (at most "
            f"{_MAXIMUM_ITERATIONS} iterations), so its numbers mean nothing; use more years or "
            "another model, and no series without scatter"
        )
    parameters = dict(zip(best.model.param_names, np.asarray(best.params), strict=True))
    doubts = [*_at_bounds(parameters, values), *_preliminary(ordered)]
    return YearlyFit(
        model, (first, last), float(best.llf), parameters, tuple(doubts), best, ordered
    )


def _fit(model: Any, start: npt.NDArray[np.float64] | None = None) -> Any:
    from statsmodels.tools.sm_exceptions import ConvergenceWarning  # noqa: PLC0415

    with warnings.catch_warnings():
        # Whether it converged is read from the result, where it becomes an error.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(start_params=start, maxiter=_MAXIMUM_ITERATIONS, disp=False)


def _smoothing_starts(model: Any) -> list[npt.NDArray[np.float64]]:
    starts = []
    for level, trend in _SMOOTHING_STARTS:
        start = np.array(model.start_params, dtype=float)
        start[:2] = level, level * trend
        starts.append(start)
    return starts


def _quantiles(result: Any, horizon_years: int, level: float) -> npt.NDArray[np.float64]:
    """Return middle, lower and upper end on the fitted scale, one column a year."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415

    if isinstance(result.model, ETSModel):
        end = result.model.nobs + horizon_years - 1
        frame = result.get_prediction(start=result.model.nobs, end=end).summary_frame(
            alpha=1 - level
        )
        columns = ["mean", "pi_lower", "pi_upper"]
    else:
        frame = result.get_forecast(horizon_years).summary_frame(alpha=1 - level)
        columns = ["mean", "mean_ci_lower", "mean_ci_upper"]
    return frame[columns].to_numpy(dtype=float).T


def _at_bounds(parameters: Mapping[str, float], values: pd.Series) -> list[str]:
    """Say which parameters ended where they can go no further."""
    found = []
    negligible = 1e-5 * float(values.diff().var())
    for name, value in parameters.items():
        if name.startswith("sigma2.") and value < negligible:
            found.append(f"variance of the {name.removeprefix('sigma2.')} estimated as zero")
        for end in _SMOOTHING_BOUNDS.get(name, ()):
            if abs(value - end) < 1e-5:
                found.append(f"{name.replace('_', ' ')} at the end of its range, {end:g}")
    return found


def _preliminary(series: pd.DataFrame) -> list[str]:
    noted = series["note"].fillna("").str.startswith("preliminary")
    return [f"{year} is preliminary" for year in series.loc[noted, "year"]]


def _require_yearly(series: pd.DataFrame) -> None:
    one = require_one_definition(series)
    what = f"{one.indicator} for {one.area}"
    years = series["year"].to_numpy()
    for before, after in pairwise(years.tolist()):
        if after != before + 1:
            years_apart = after - before
            fault = f"to {after} is a gap of {years_apart} years" if years_apart else "stands twice"
            raise ProjectionError(
                f"{what}: {before} {fault}, but the model needs one value each year; take "
                "indicators.series('B_average'), or the growth difference, which bears uneven steps"
            )
    broken = series["segment"].diff() > 0
    if broken.any():
        raise ProjectionError(
            f"{what}: the series breaks at {series.loc[broken, 'year'].iloc[0]}, and a model would "
            "take the break for growth; pass the years on one side of it"
        )
    outside = ~series["value_percent"].between(0, 100, inclusive="neither")
    if outside.any():
        row = series[outside].iloc[0]
        raise ProjectionError(
            f"{what}: {row['value_percent']} % in {row['year']}, expected more than 0 and less "
            "than 100"
        )
    if len(series) < MINIMUM_YEARS:
        raise FitError(
            f"{what}: {len(series)} years ({years[0]}–{years[-1]}), the model needs at least "
            f"{MINIMUM_YEARS}; use the growth difference"
        )
