"""Grids whose classes were worked out by hand or published, for every implementation to meet."""

from __future__ import annotations

from tests.urbanisation.settlement.case import Case
from tests.urbanisation.settlement.centre_cases import BUILT_UP, CLUSTERS, EDGES, GAPS
from tests.urbanisation.settlement.level_cases import LEVEL_1, LEVEL_2, SMOOTHING

CASES: list[Case] = [
    *CLUSTERS,
    *BUILT_UP,
    *EDGES,
    *GAPS,
    *SMOOTHING,
    *LEVEL_1,
    *LEVEL_2,
]

# Level 2 by the preset R2023A on the grids of Belgium, as published with the R package flexurba
# (MIT). Cells are counted from 1, row by row from the top left.
BELGIUM_R2023A = {
    10: (2148, 948, 4325),
    11: (
        *(14873, 44156, 44649, 11081, 33299, 6168, 47788, 47865, 66183, 63057, 26150, 1340),
        *(46025, 49123, 22984, 63191, 34252, 43788, 62939, 23006, 51888),
    ),
    12: (
        *(19879, 2891, 7974, 44823, 27462, 30621, 4238, 46819, 47402, 14129, 52215, 30000),
        *(4848, 52372),
    ),
    13: (62974,),
    21: (36022, 36158, 12289, 36813, 14992, 64814),
    23: (33640, 23013),
    30: (27915, 2040, 20439),
}
