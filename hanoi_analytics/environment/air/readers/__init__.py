"""Files of air readings, read: every row is accepted, or rejected with its reasons."""

from hanoi_analytics.environment.air.readers.airnow import read_airnow
from hanoi_analytics.environment.air.readers.openaq import read_openaq
from hanoi_analytics.environment.air.readers.own import read_own
from hanoi_analytics.environment.air.readers.sorted_readings import ReadingsFile, combine
from hanoi_analytics.environment.air.readers.table import read_table
from hanoi_analytics.environment.air.readers.units import ug_m3_per_unit
from hanoi_analytics.namespaces import offer

__all__ = [
    "ReadingsFile",
    "combine",
    "read_airnow",
    "read_openaq",
    "read_own",
    "read_table",
    "ug_m3_per_unit",
]

offer(__name__, __all__)
