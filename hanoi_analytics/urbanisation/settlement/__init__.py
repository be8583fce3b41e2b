"""The Degree of Urbanisation: settlement classes of grid cells, and of administrative units.

Examples
--------
>>> from hanoi_analytics.urbanisation import settlement
>>> sorted(settlement.PRESETS)
['MANUAL_2021', 'R2022A', 'R2023A']
"""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.urbanisation.settlement.classes import COLOURS, LEVEL_1, LEVEL_2
from hanoi_analytics.urbanisation.settlement.classification import (
    classify,
    classify_levels,
    optimal_built_share,
)
from hanoi_analytics.urbanisation.settlement.grids import GridError, share_of_cell
from hanoi_analytics.urbanisation.settlement.settings import (
    MANUAL_2021,
    PRESETS,
    R2022A,
    R2023A,
    ClusterRule,
    Settings,
    SettingsError,
)
from hanoi_analytics.urbanisation.settlement.units import (
    UNITS_LEVEL_1,
    UNITS_LEVEL_2,
    UnitsError,
    classify_units,
)

__all__ = [
    "COLOURS",
    "LEVEL_1",
    "LEVEL_2",
    "MANUAL_2021",
    "PRESETS",
    "R2022A",
    "R2023A",
    "UNITS_LEVEL_1",
    "UNITS_LEVEL_2",
    "ClusterRule",
    "GridError",
    "Settings",
    "SettingsError",
    "UnitsError",
    "classify",
    "classify_levels",
    "classify_units",
    "optimal_built_share",
    "share_of_cell",
]

offer(__name__, __all__)
