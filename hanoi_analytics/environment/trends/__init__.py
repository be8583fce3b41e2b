"""Trends in time: the tests of Mann and Kendall with the slope of Theil and Sen."""

from hanoi_analytics.environment.trends.axes import VARIANTS, decimal_years
from hanoi_analytics.environment.trends.cubes import adjusted_p, cube_trend
from hanoi_analytics.environment.trends.series import Trend, all_variants, trend
from hanoi_analytics.namespaces import offer

__all__ = [
    "VARIANTS",
    "Trend",
    "adjusted_p",
    "all_variants",
    "cube_trend",
    "decimal_years",
    "trend",
]

offer(__name__, __all__)
