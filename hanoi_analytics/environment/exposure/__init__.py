"""Exposure: who lives with how much, from rasters or stations, and how unequally it is spread."""

from hanoi_analytics.environment.exposure.areas import area_exposure
from hanoi_analytics.environment.exposure.inequality import Inequality, concentration_index, gini
from hanoi_analytics.environment.exposure.interpolation import InverseDistance, Kriging
from hanoi_analytics.environment.exposure.stations import StationMap, leave_one_out, map_stations
from hanoi_analytics.environment.exposure.wards import WardExposure, ward_exposure
from hanoi_analytics.environment.exposure.weighted import (
    people_by_band,
    people_by_limit,
    person_days,
    weighted_mean,
)
from hanoi_analytics.namespaces import offer

__all__ = [
    "Inequality",
    "InverseDistance",
    "Kriging",
    "StationMap",
    "WardExposure",
    "area_exposure",
    "concentration_index",
    "gini",
    "leave_one_out",
    "map_stations",
    "people_by_band",
    "people_by_limit",
    "person_days",
    "ward_exposure",
    "weighted_mean",
]

offer(__name__, __all__)
