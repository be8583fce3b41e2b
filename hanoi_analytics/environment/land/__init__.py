"""Satellite scenes: found, read, scaled, masked, composed; the heat and the green in them."""

from hanoi_analytics.environment.land.composites import seasonal_median, yearly_seasons
from hanoi_analytics.environment.land.green import (
    green_by_area,
    green_cover,
    large_patches,
    share_in_area,
    share_within,
)
from hanoi_analytics.environment.land.green_rule import (
    park_distance_m,
    rule_3_30_300,
    trees_in_view,
)
from hanoi_analytics.environment.land.heat_island import all_references, heat_island
from hanoi_analytics.environment.land.indices import ndbi, ndvi
from hanoi_analytics.environment.land.quality import clear_shares, landsat_clear, sentinel2_clear
from hanoi_analytics.environment.land.references import rural_mask, urban_mask
from hanoi_analytics.environment.land.scaling import scale_landsat, scale_sentinel2
from hanoi_analytics.environment.land.scenes import count_unreadable, load_scenes
from hanoi_analytics.environment.land.stac import search
from hanoi_analytics.namespaces import offer

__all__ = [
    "all_references",
    "clear_shares",
    "count_unreadable",
    "green_by_area",
    "green_cover",
    "heat_island",
    "landsat_clear",
    "large_patches",
    "load_scenes",
    "ndbi",
    "ndvi",
    "park_distance_m",
    "rule_3_30_300",
    "rural_mask",
    "scale_landsat",
    "scale_sentinel2",
    "search",
    "seasonal_median",
    "sentinel2_clear",
    "share_in_area",
    "share_within",
    "trees_in_view",
    "urban_mask",
    "yearly_seasons",
]

offer(__name__, __all__)
