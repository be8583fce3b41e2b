"""The official urban shares and the number of urban areas, each with the definition it counts by.

Viet Nam has two official shares. The construction ministry's rate A counts residents of units
recognised as urban; the statistics office's share B counts residents of wards and townships.
Neither continues the other, so every series carries its definition, and whatever takes a series
asks for exactly one.

>>> from hanoi_analytics.urbanisation import indicators
>>> indicators.side_by_side(indicators.series("A"), indicators.series("B")).loc[2023].to_dict()
{'A': 42.7, 'B': 38.1}
"""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.urbanisation.indicators.comparison import (
    Gap,
    gap,
    join,
    side_by_side,
    steps,
)
from hanoi_analytics.urbanisation.indicators.counts import CLASSES, ClassSystemError, urban_areas
from hanoi_analytics.urbanisation.indicators.definitions import (
    Definition,
    IndicatorError,
    SpliceError,
    require_one_definition,
)
from hanoi_analytics.urbanisation.indicators.rates import Growth, GrowthCheck, growth, growth_check
from hanoi_analytics.urbanisation.indicators.shares import INDICATORS, MEASURED, series, targets

__all__ = [
    "CLASSES",
    "INDICATORS",
    "MEASURED",
    "ClassSystemError",
    "Definition",
    "Gap",
    "Growth",
    "GrowthCheck",
    "IndicatorError",
    "SpliceError",
    "gap",
    "growth",
    "growth_check",
    "join",
    "require_one_definition",
    "series",
    "side_by_side",
    "steps",
    "targets",
    "urban_areas",
]

offer(__name__, __all__)
