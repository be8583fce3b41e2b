"""Nobody recognised: tables without small cells, and frames of people that show no values.

What a page may hold is settled where it is published: tables named by `catalogue.guard_people`
are looked for in every page, and a page with a person on it takes nobody's place. Tables of people
that the catalogue loads are frames that show no values.
"""

from hanoi_analytics.catalogue.person_frames import PersonFrame, PersonSeries
from hanoi_analytics.linkage.disclosure.suppression import (
    apart,
    counts,
    protect,
    rounded,
    shares,
)
from hanoi_analytics.namespaces import offer

__all__ = ["PersonFrame", "PersonSeries", "apart", "counts", "protect", "rounded", "shares"]

offer(__name__, __all__)
