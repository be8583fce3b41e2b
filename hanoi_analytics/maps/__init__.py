"""Maps for a published page: they work with no network and carry a static twin for print.

Every function returns a :class:`Map`; the last expression of a notebook cell shows it. Text that
comes from data is escaped, the legend stands beside the map, and the caption names the sources.

Examples
--------
>>> import geopandas as gpd
>>> from shapely import box
>>> wards = gpd.GeoDataFrame(
...     {"name": ["Ba Đình", "Ba Vì"], "density": [21893.0, 620.0]},
...     geometry=[box(105.8, 21.0, 105.9, 21.1), box(105.9, 21.0, 106.0, 21.1)],
...     crs="EPSG:4326",
... )
>>> wards.attrs["source"] = {"citation": "Worked example", "tier": "own"}
>>> shown = choropleth(
...     wards, "density", title="Density of two wards", legend="People per km²", breaks=2,
...     tooltip={"name": "Ward", "density": ("Density", "people/km²")},
...     alt="Ba Đình is thirty-five times as dense as Ba Vì.",
... )
>>> shown.legends[0].labels
('600 – 11,300', '11,300 – 21,900')
"""

from hanoi_analytics.maps.areas import choropleth, classes
from hanoi_analytics.maps.checks import MapError
from hanoi_analytics.maps.map import Map
from hanoi_analytics.maps.overlay import raster
from hanoi_analytics.maps.spots import points
from hanoi_analytics.namespaces import offer

__all__ = ["Map", "MapError", "choropleth", "classes", "points", "raster"]

offer(__name__, __all__)
