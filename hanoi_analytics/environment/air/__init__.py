"""Air quality: the Vietnamese index, means with their completeness, limits and exceedance."""

from hanoi_analytics.environment.air import readers
from hanoi_analytics.environment.air.checks import POLLUTANTS, require_readings
from hanoi_analytics.environment.air.index import classify_days, daily_index, hourly_index
from hanoi_analytics.environment.air.limits import Limit, exceedance, exceedance_of_days, limit
from hanoi_analytics.environment.air.means import daily_means, days_of_table, means, means_of_days
from hanoi_analytics.environment.air.nowcast import nowcast
from hanoi_analytics.environment.air.scale import (
    CLASSES,
    AirClass,
    class_names,
    round_index,
    sub_index,
)
from hanoi_analytics.namespaces import offer

__all__ = [
    "CLASSES",
    "POLLUTANTS",
    "AirClass",
    "Limit",
    "class_names",
    "classify_days",
    "daily_index",
    "daily_means",
    "days_of_table",
    "exceedance",
    "exceedance_of_days",
    "hourly_index",
    "limit",
    "means",
    "means_of_days",
    "nowcast",
    "readers",
    "require_readings",
    "round_index",
    "sub_index",
]

offer(__name__, __all__)
