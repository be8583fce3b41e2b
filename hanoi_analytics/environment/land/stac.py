"""Scenes found in a STAC catalogue, static or with a search, and what it says of their source."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from hanoi_analytics.catalogue.sources import Source, record
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.land.sensors import taken_at
from hanoi_analytics.errors import nearest

if TYPE_CHECKING:
    import pystac
    from pystac_client import Client

#: West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]

# To connect, and between two parts of an answer.
_TIMEOUT_S = (10.0, 60.0)


def search(
    catalogue_url: str, collection: str, *, bounds: Bounds, dates: tuple[str, str]
) -> list[pystac.Item]:
    """Find the scenes of a collection that touch an area in a span of days.

    A STAC API is asked; the files of a static catalogue are read one after another. The items can
    be sifted (by cloud cover, say) and signed before `load_scenes` takes them.

    Parameters
    ----------
    catalogue_url : str
        Address or path of the catalogue's root.
    collection : str
        Identifier of the collection.
    bounds : tuple of float
        West, south, east, north in degrees (EPSG:4326).
    dates : (str, str)
        First and last day, ``YYYY-MM-DD``, in UTC; Hanoi's mornings fall on the same day.

    Returns
    -------
    list of pystac.Item
        In the order of time.

    Raises
    ------
    EnvironmentDataError
        No catalogue answers there, there is no such collection, or no scene fits; the message says
        what the catalogue has.
    """
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise EnvironmentDataError(
            f"bounds {bounds}: expected west < east and south < north, in degrees"
        )
    days = [_day(text) for text in dates]
    if days[0] > days[1]:
        raise EnvironmentDataError(f"dates {dates}: expected the first day before the last")
    with _readable(catalogue_url):
        client = _opened(catalogue_url)
        home = _collection(client, collection)
        items = list(_items(client, home, bounds, dates))
    if not items:
        raise EnvironmentDataError(
            f"{collection} has no scene within {bounds} from {dates[0]} to {dates[1]}; "
            f"{_extent(home)}"
        )
    return sorted(items, key=lambda item: (taken_at(item), item.id))


def record_source(items: Sequence[pystac.Item]) -> Source:
    """Write down where scenes come from, as their collection states it, and return it."""
    with _readable(str(items[0].get_self_href() or items[0].id)):
        home = items[0].get_collection()
    name = items[0].collection_id or "scenes without a collection"
    # Tokens in addresses change from day to day; the scenes do not.
    listed = sorted(f"{item.id} {item.properties.get('updated', '')}" for item in items)
    days = [f"{taken_at(item):%Y-%m-%d}" for item in (items[0], items[-1])]
    return record(
        Source(
            id=f"stac/{name}",
            title=f"{(home and home.title) or name}: {len(items)} scenes of a STAC catalogue",
            tier="own",
            licence=_licence(home),
            citation=_citation(home, name),
            date=f"{min(days)} to {max(days)}",
            sha256=hashlib.sha256("\n".join(listed).encode()).hexdigest(),
            approximate="",
        )
    )


@contextmanager
def _readable(address: str) -> Iterator[None]:
    """Turn what the STAC libraries raise into one error, and keep their advice quiet."""
    import requests  # noqa: PLC0415
    from pystac import STACError  # noqa: PLC0415
    from pystac_client.errors import ClientTypeError  # noqa: PLC0415
    from pystac_client.exceptions import APIError  # noqa: PLC0415
    from pystac_client.warnings import PystacClientWarning  # noqa: PLC0415

    known = (APIError, ClientTypeError, STACError, requests.RequestException, OSError, ValueError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PystacClientWarning)
            yield
    except known as error:
        raise EnvironmentDataError(
            f"{address}: no STAC catalogue can be read there ({str(error)[:300]}); check the "
            f"address and the network"
        ) from error


def _opened(url: str) -> Client:
    from pystac_client import Client  # noqa: PLC0415

    return Client.open(url, timeout=_TIMEOUT_S)


def _collection(client: Client, name: str) -> Any:
    from pystac_client import ConformanceClasses  # noqa: PLC0415

    listed = client.conforms_to(ConformanceClasses.COLLECTIONS)
    found = client.get_collection(name) if listed else None
    if found is not None:
        return found
    # A static catalogue may keep its collections several folders down.
    every = client.get_collections() if listed else client.get_all_collections()
    there = {home.id: home for home in every}
    if name in there:
        return there[name]
    raise EnvironmentDataError(f"the catalogue has no collection {name!r}; {nearest(name, there)}")


def _items(
    client: Client, home: Any, bounds: Bounds, dates: tuple[str, str]
) -> Iterator[pystac.Item]:
    from pystac_client import ConformanceClasses  # noqa: PLC0415

    if client.conforms_to(ConformanceClasses.ITEM_SEARCH):
        # The last day is searched to its end.
        span = f"{dates[0]}T00:00:00Z/{dates[1]}T23:59:59.999Z"
        yield from client.search(collections=[home.id], bbox=bounds, datetime=span).items()
        return
    west, south, east, north = bounds
    for item in home.get_items(recursive=True):
        left, bottom, right, top = _box(item)
        touches = left < east and right > west and bottom < north and top > south
        if touches and dates[0] <= f"{taken_at(item):%Y-%m-%d}" <= dates[1]:
            yield item


def _box(item: pystac.Item) -> tuple[float, float, float, float]:
    if item.bbox is None:
        raise EnvironmentDataError(f"scene {item.id} states no bbox; mend the catalogue")
    # With heights there are six numbers.
    half = len(item.bbox) // 2
    return item.bbox[0], item.bbox[1], item.bbox[half], item.bbox[half + 1]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise EnvironmentDataError(f"date {text!r}: expected YYYY-MM-DD") from error


def _extent(home: Any) -> str:
    spans = [
        " to ".join(f"{day:%Y-%m-%d}" if day else "now" for day in span)
        for span in home.extent.temporal.intervals
    ]
    boxes = [tuple(round(edge, 2) for edge in box) for box in home.extent.spatial.bboxes]
    return f"it says that it reaches over {boxes} from {'; '.join(spans)}"


def _licence(home: Any) -> str:
    if home is None:
        return "not stated"
    links = [link.href for link in home.get_links("license")]
    return " ".join([home.license or "not stated", *links])


def _citation(home: Any, name: str) -> str:
    if home is None:
        return f"STAC collection {name}"
    stated = home.extra_fields.get("sci:citation")
    if stated:
        return str(stated)
    providers = ", ".join(provider.name for provider in home.providers or ())
    parts = [providers, home.title or name, home.get_self_href() or ""]
    return ": ".join(part for part in parts if part)
