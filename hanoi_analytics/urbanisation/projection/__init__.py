"""How fast the urban share moves, where it goes if that holds on, and how wrong that has been.

The growth difference of the United Nations works on counts at any dates. Three time-series models
work on a yearly series. Both give the same table of forecasts, which a backtest scores; the
official targets are paired with the one series they count by.

>>> from hanoi_analytics.urbanisation import indicators, projection
>>> censuses = indicators.series("B", kinds=["census"])
>>> forecast = projection.growth_difference_forecast(censuses, [2030.25])
>>> forecast["share_percent"].round(1).tolist()
[42.9]
"""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.urbanisation.projection.backtest import (
    hold_out_census,
    rolling_origin,
    summarise,
)
from hanoi_analytics.urbanisation.projection.forecasts import Forecast, score
from hanoi_analytics.urbanisation.projection.growth_difference import (
    UNCONFIRMED_CONVERGENCE,
    Convergence,
    ProjectionError,
    project_urban_share,
    urban_rural_growth_difference,
    years_until_share,
)
from hanoi_analytics.urbanisation.projection.models import (
    MINIMUM_YEARS,
    YEARLY_MODELS,
    FitError,
    YearlyFit,
    fit_yearly,
)
from hanoi_analytics.urbanisation.projection.pace import (
    growth_difference_forecast,
    growth_differences,
)
from hanoi_analytics.urbanisation.projection.targets import (
    TargetError,
    required_pace,
    targets_for,
)

__all__ = [
    "MINIMUM_YEARS",
    "UNCONFIRMED_CONVERGENCE",
    "YEARLY_MODELS",
    "Convergence",
    "FitError",
    "Forecast",
    "ProjectionError",
    "TargetError",
    "YearlyFit",
    "fit_yearly",
    "growth_difference_forecast",
    "growth_differences",
    "hold_out_census",
    "project_urban_share",
    "required_pace",
    "rolling_origin",
    "score",
    "summarise",
    "targets_for",
    "urban_rural_growth_difference",
    "years_until_share",
]

offer(__name__, __all__)
