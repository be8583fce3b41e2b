"""What the bands of each satellite are called in catalogues, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.errors import nearest

if TYPE_CHECKING:
    import pystac

_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"

#: Coordinate system, and numbers of the affine transform and of rows and columns.
Grid = tuple[str, tuple[float, ...], tuple[int, ...]]
#: When a satellite came by, and which with what processing: what is laid together as one scene.
Moment = tuple[datetime, str]


@dataclass(frozen=True)
class Sensor:
    """A family of satellites whose bands bear these names in catalogues, in lower case."""

    name: str
    assets: Mapping[str, tuple[str, ...]]
    #: What the quality band holds where there is no scene.
    quality_nodata: int

    @property
    def storage(self) -> dict[str, dict[str, Any]]:
        """The type and the nodata value of each band, in the form of odc-stac."""
        dn = {"data_type": "uint16", "nodata": 0}
        return {"*": dn, "quality": dn | {"nodata": self.quality_nodata}}


LANDSAT = Sensor(
    "landsat",
    MappingProxyType(
        {
            "red": ("red",),
            "nir": ("nir08",),
            "swir1": ("swir16",),
            # Landsat 4 to 7 have one thermal band, 8 and 9 two.
            "thermal": ("lwir11", "lwir"),
            "quality": ("qa_pixel",),
        }
    ),
    quality_nodata=1,
)
SENTINEL2 = Sensor(
    "sentinel-2",
    MappingProxyType(
        {
            "red": ("red", "b04"),
            "nir": ("nir", "b08"),
            "swir1": ("swir16", "b11"),
            "quality": ("scl",),
        }
    ),
    quality_nodata=0,
)


@dataclass(frozen=True)
class Scene:
    """One item, its assets named by our bands."""

    item: pystac.Item
    moment: Moment
    grid: Grid | None
    #: Values of the coordinates on time.
    facts: Mapping[str, Any]


def prepared(
    items: Sequence[pystac.Item], bands: Sequence[str], longitude: float
) -> tuple[list[Scene], Sensor]:
    """Return scenes in the order of time, with nothing but the wanted bands, and their sensor."""
    if not items:
        raise EnvironmentDataError("no scenes were given; search finds them")
    sensor = _sensor(items)
    for band in bands:
        if band not in sensor.assets:
            raise EnvironmentDataError(
                f"{sensor.name} has no band {band!r}; {nearest(band, sensor.assets)}"
            )
    grids = [_grid(item, _asset(item, sensor, bands[0])) for item in items]
    # Where one scene does not state its grid, odc-stac must not look for any.
    stated = all(grid is not None for grid in grids)
    facts = [_facts(item, sensor) for item in items]
    moments = _moments(items, facts, longitude)
    scenes = [
        Scene(_trimmed(item, sensor, bands, stated), moment, grid, fact)
        for item, moment, grid, fact in zip(items, moments, grids, facts, strict=True)
    ]
    return sorted(scenes, key=lambda scene: (scene.moment, scene.item.id)), sensor


def taken_at(item: pystac.Item) -> datetime:
    """Return when a scene was taken."""
    taken = item.datetime or item.common_metadata.start_datetime
    if taken is None:
        raise EnvironmentDataError(f"scene {item.id} states no time; mend the catalogue")
    return taken


def _sensor(items: Sequence[pystac.Item]) -> Sensor:
    found: dict[str, str] = {}
    for item in items:
        names = {name for asset in item.assets for name in _names(item, asset)}
        sensor = next((s for s in (LANDSAT, SENTINEL2) if names & set(s.assets["quality"])), None)
        if sensor is None:
            raise EnvironmentDataError(
                f"scene {item.id} has neither qa_pixel (Landsat Collection 2 Level-2) nor scl "
                f"(Sentinel-2 Level-2A) among its assets: {', '.join(sorted(item.assets))}"
            )
        found.setdefault(sensor.name, item.id)
    if len(found) > 1:
        pairs = ", ".join(f"{item} of {name}" for name, item in found.items())
        raise EnvironmentDataError(f"scenes of two sensors ({pairs}): load each by itself")
    return LANDSAT if LANDSAT.name in found else SENTINEL2


def _names(item: pystac.Item, key: str) -> Iterator[str]:
    """Yield the key of an asset and the common name of its only band, in lower case."""
    yield key.lower()
    fields = item.assets[key].extra_fields
    listed: list[dict[str, Any]] = fields.get("bands") or fields.get("eo:bands") or []
    if len(listed) == 1:
        common = listed[0].get("eo:common_name") or listed[0].get("common_name")
        if common:
            yield common.lower()


def _asset(item: pystac.Item, sensor: Sensor, band: str) -> pystac.Asset:
    for wanted in sensor.assets[band]:
        # A key goes before a common name: Sentinel-2 has narrow bands of the same common name.
        for position in (0, 1):
            for key, asset in item.assets.items():
                if list(_names(item, key))[position:][:1] == [wanted]:
                    return asset
    raise EnvironmentDataError(
        f"scene {item.id} has no {band} (looked for {' or '.join(sensor.assets[band])} among "
        f"{', '.join(sorted(item.assets))}): leave the band or the scene out"
    )


def _grid(item: pystac.Item, asset: pystac.Asset) -> Grid | None:
    stated = item.properties | asset.extra_fields
    crs = stated.get("proj:code")
    if crs is None and stated.get("proj:epsg") is not None:
        crs = f"EPSG:{stated['proj:epsg']}"
    if crs is None or "proj:transform" not in stated or "proj:shape" not in stated:
        return None
    return str(crs), tuple(stated["proj:transform"][:6]), tuple(stated["proj:shape"])


def _facts(item: pystac.Item, sensor: Sensor) -> dict[str, Any]:
    facts: dict[str, Any] = {"platform": str(item.properties.get("platform", "not stated"))}
    if sensor is SENTINEL2:
        baseline = item.properties.get("s2:processing_baseline")
        if baseline is None:
            raise EnvironmentDataError(
                f"scene {item.id} states no s2:processing_baseline, so nobody knows whether 1,000 "
                f"was added to its numbers: set the property or leave the scene out"
            )
        facts["processing_baseline"] = str(baseline)
        # Element 84's catalogue takes the 1,000 off some of its copies, and says so here.
        applied = item.properties.get("earthsearch:boa_offset_applied", False)
        facts["offset_applied"] = bool(applied)
    return facts


def _moments(
    items: Sequence[pystac.Item], facts: Sequence[Mapping[str, Any]], longitude: float
) -> list[Moment]:
    """Return for each item the first time of those of its solar day, satellite and processing."""
    ahead = timedelta(hours=int(longitude / 15))
    times = [taken_at(item) for item in items]
    passes = [
        ((taken + ahead).date(), "/".join(map(str, fact.values())))
        for taken, fact in zip(times, facts, strict=True)
    ]
    first: dict[tuple[date, str], datetime] = {}
    for one, taken in zip(passes, times, strict=True):
        first[one] = min(taken, first.get(one, taken))
    return [(first[one], one[1]) for one in passes]


def _trimmed(
    item: pystac.Item, sensor: Sensor, bands: Sequence[str], with_grid: bool
) -> pystac.Item:
    import pystac  # noqa: PLC0415

    trimmed = pystac.Item(
        item.id,
        item.geometry,
        item.bbox,
        item.datetime,
        {},
        start_datetime=item.common_metadata.start_datetime,
        end_datetime=item.common_metadata.end_datetime,
        stac_extensions=[_PROJECTION] if with_grid else [],
        collection="scenes",
    )
    for band in bands:
        asset = _asset(item, sensor, band)
        grid = _grid(item, asset) if with_grid else None
        fields = (
            dict(zip(("proj:code", "proj:transform", "proj:shape"), grid, strict=True))
            if grid
            else {}
        )
        trimmed.add_asset(
            band,
            pystac.Asset(
                asset.get_absolute_href() or asset.href,
                media_type="image/tiff",
                roles=["data"],
                extra_fields={
                    name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()
                },
            ),
        )
    return trimmed
