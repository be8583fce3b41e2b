"""Where to build: candidates, what each of them covers, and which of them to choose."""

from hanoi_analytics.coverage.siting.choosing import Siting, maximal_covering, set_covering
from hanoi_analytics.coverage.siting.covers import candidate_grid, covers
from hanoi_analytics.coverage.siting.levels import covers_by_level, site_positions
from hanoi_analytics.namespaces import offer

__all__ = [
    "Siting",
    "candidate_grid",
    "covers",
    "covers_by_level",
    "maximal_covering",
    "set_covering",
    "site_positions",
]

offer(__name__, __all__)
