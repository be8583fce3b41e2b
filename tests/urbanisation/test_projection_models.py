"""Yearly models against recursions written here, and what they refuse."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from hanoi_analytics.urbanisation import indicators
from hanoi_analytics.urbanisation.projection import (
    MINIMUM_YEARS,
    YEARLY_MODELS,
    FitError,
    ProjectionError,
    YearlyFit,
    fit_yearly,
    models,
)
from hanoi_analytics.urbanisation.projection.models import YearlyModel

COLUMNS = ["share_percent", "lower_percent", "upper_percent"]


def yearly(area: str = "Việt Nam", first: int = 1995, last: int = 2016) -> pd.DataFrame:
    series = indicators.series("B_average", area)
    return series[series["year"].between(first, last)]


@cache
def fitted(model: YearlyModel) -> YearlyFit:
    return fit_yearly(yearly(), model)


def log_odds(series: pd.DataFrame) -> npt.NDArray[np.float64]:
    return 100 * logit(series["value_percent"].to_numpy() / 100)


def smoothed(fit: YearlyFit, horizon: int) -> tuple[list[float], list[float]]:
    """Holt's recursion with the fitted parameters: forecasts and their standard deviations."""
    p, values = fit.parameters, log_odds(yearly())
    a, b, phi = p["smoothing_level"], p["smoothing_trend"], p.get("damping_trend", 1.0)
    level, trend, squares = p["initial_level"], p["initial_trend"], 0.0
    for value in values:
        error = value - (level + phi * trend)
        level, trend = level + phi * trend + a * error, phi * trend + b * error
        squares += error**2
    middles, deviations, variance = [], [], 1.0
    for ahead in range(1, horizon + 1):
        fading = np.cumsum(phi ** np.arange(1, ahead + 1))
        middles.append(level + fading[-1] * trend)
        deviations.append(float(np.sqrt(squares / len(values) * variance)))
        variance += (a + b * fading[-1]) ** 2
    return middles, deviations


def filtered(fit: YearlyFit, horizon: int) -> tuple[list[float], list[float]]:
    """A Kalman filter of level and slope with the fitted variances."""
    p = fit.parameters
    move = np.array([[1.0, 1.0], [0.0, 1.0]])
    noise = np.diag([p["sigma2.level"], p["sigma2.trend"]])
    state, spread = np.zeros(2), np.diag([1e6, 1e6])
    for value in log_odds(yearly()):
        gain = spread[:, 0] / (spread[0, 0] + p["sigma2.irregular"])
        state = state + gain * (value - state[0])
        spread = spread - np.outer(gain, spread[0])
        state, spread = move @ state, move @ spread @ move.T + noise
    middles, deviations = [], []
    for _ in range(horizon):
        middles.append(float(state[0]))
        deviations.append(float(np.sqrt(spread[0, 0] + p["sigma2.irregular"])))
        state, spread = move @ state, move @ spread @ move.T + noise
    return middles, deviations


@pytest.mark.parametrize("model", YEARLY_MODELS)
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_forecasts_and_intervals(model: YearlyModel, level: float) -> None:
    fit = fitted(model)
    by_hand = filtered if model == "local linear trend" else smoothed
    middle, deviation = (np.array(column) for column in by_hand(fit, 14))
    z = norm.ppf((1 + level) / 2)
    expected = np.column_stack([middle, middle - z * deviation, middle + z * deviation])
    table = fit.forecast(14, level=level)
    assert table[COLUMNS].to_numpy() == pytest.approx(100 * expit(expected / 100), abs=0.01)
    assert table["time"].tolist() == [2016.5 + ahead for ahead in range(1, 15)]
    assert (table["model"] == model).all()
    assert (table["trained_on"] == "yearly 1995–2016").all()
    assert table.attrs["source"]["id"] == "gso_urban_rural_population"


@pytest.mark.parametrize("model", YEARLY_MODELS)
def test_intervals_stay_inside_and_are_nested(model: YearlyModel) -> None:
    narrow, wide = (fitted(model).forecast(60, level=level) for level in (0.8, 0.99))
    assert wide[COLUMNS].gt(0).all(axis=None)
    assert wide[COLUMNS].lt(100).all(axis=None)
    assert (wide["lower_percent"] < narrow["lower_percent"]).all()
    assert (narrow["upper_percent"] < wide["upper_percent"]).all()
    assert narrow["share_percent"].between(narrow["lower_percent"], narrow["upper_percent"]).all()


def test_smoothing_finds_a_higher_summit_than_one_start() -> None:
    series = yearly(first=1997, last=2010)
    once = ETSModel(log_odds(series), error="add", trend="add").fit(disp=False)
    assert once.mle_retvals["converged"]
    assert fit_yearly(series, "Holt").log_likelihood > once.llf + 3


def test_doubtful_fits_say_so() -> None:
    assert "smoothing level at the end of its range, 0.0001" in fitted("Holt").warnings
    assert "variance of the trend estimated as zero" in fitted("local linear trend").warnings
    note = fitted("Holt").forecast(1)["note"].iloc[0]
    assert note == "smoothing level at the end of its range, 0.0001; 2016 is preliminary"
    assert fit_yearly(yearly(last=2015), "damped Holt").warnings == (
        "damping trend at the end of its range, 0.98",
    )


@pytest.mark.parametrize("model", YEARLY_MODELS)
def test_a_fit_that_does_not_converge_is_an_error(
    model: YearlyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_MAXIMUM_ITERATIONS", 1)
    with pytest.raises(FitError, match="did not converge"):
        fit_yearly(yearly(), model)


def test_a_line_without_scatter_is_an_error() -> None:
    line = 100 * expit(-1.3 + 0.03 * np.arange(22))
    with pytest.raises(FitError, match="no series without scatter"):
        fit_yearly(yearly().assign(value_percent=line), "Holt")


def test_censuses_are_no_yearly_series() -> None:
    with pytest.raises(ProjectionError, match="1999 to 2009 is a gap of 10 years"):
        fit_yearly(indicators.series("B", kinds=["census"]), "Holt")
    with pytest.raises(ProjectionError, match="A for Việt Nam: 1998 to 2020 is a gap of 22 years"):
        fit_yearly(indicators.series("A"), "Holt")
    without = yearly()
    with pytest.raises(ProjectionError, match="2004 to 2006 is a gap of 2 years"):
        fit_yearly(without[without["year"] != 2005], "Holt")
    with pytest.raises(ProjectionError, match="2016 stands twice"):
        fit_yearly(pd.concat([without, without.tail(1)]), "Holt")


def test_refused_series() -> None:
    with pytest.raises(ProjectionError, match="breaks at 2008"):
        fit_yearly(yearly("Hà Nội"), "Holt")
    with pytest.raises(FitError, match=r"7 years \(2010–2016\), the model needs at least 8"):
        fit_yearly(yearly(first=2010), "Holt")
    both = pd.concat([yearly(last=2005), indicators.series("WUP2018").query("year > 2005")])
    with pytest.raises(indicators.SpliceError, match="two definitions"):
        fit_yearly(both, "Holt")
    for wrong in (0.0, 100.0, np.nan):
        changed = yearly().reset_index(drop=True)
        changed.loc[3, "value_percent"] = wrong
        with pytest.raises(ProjectionError, match="in 1998, expected more than 0"):
            fit_yearly(changed, "Holt")


def test_wrong_questions() -> None:
    with pytest.raises(ProjectionError, match="did you mean 'damped Holt'"):
        fit_yearly(yearly(), "damped holt")  # type: ignore[arg-type]
    with pytest.raises(ProjectionError, match="horizon of 0 years"):
        fitted("Holt").forecast(0)
    for level in (0, 1, 95):
        with pytest.raises(ProjectionError, match="interval level"):
            fitted("Holt").forecast(3, level=level)


def test_hanoi_has_just_enough_years() -> None:
    series = yearly("Hà Nội", 2008)
    assert len(series) == MINIMUM_YEARS + 1
    assert len(fit_yearly(series, "local linear trend").forecast(3)) == 3
