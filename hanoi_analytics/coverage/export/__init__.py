"""Coverage for other programs: GeoTIFFs, GeoParquet, and the hexagons regulators publish."""

from hanoi_analytics.coverage.export.files import write_areas, write_signal
from hanoi_analytics.coverage.export.hexagons import hexagons
from hanoi_analytics.namespaces import offer

__all__ = ["hexagons", "write_areas", "write_signal"]

offer(__name__, __all__)
