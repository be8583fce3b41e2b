"""A small STAC catalogue of COGs, served on loopback HTTP with byte ranges.

``/static/catalog.json`` is a static catalogue, ``/api`` the same scenes behind a STAC API.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

COLLECTION = "landsat-c2-l2"
_CONFORMS = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
]


@dataclass
class Catalogue:
    """Scenes written to a folder; what is in `broken` answers 500."""

    folder: Path
    collection: str = COLLECTION
    address: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    @property
    def static(self) -> str:
        """Address of the static catalogue."""
        return f"{self.address}/static/catalog.json"

    @property
    def api(self) -> str:
        """Address of the STAC API."""
        return f"{self.address}/api"

    def add(
        self,
        name: str,
        taken: str,
        bands: Mapping[str, NDArray[Any]],
        *,
        left: float = 580_000,
        top: float = 2_330_000,
        resolution_m: float = 30,
        epsg: int = 32648,
        blocksize: int = 16,
        properties: Mapping[str, Any] | None = None,
        nodata: float = 0,
    ) -> None:
        """Write the bands of a scene as COGs and describe it; `taken` such as 2020-06-01."""
        transform = from_origin(left, top, resolution_m, resolution_m)
        shape = next(iter(bands.values())).shape
        for band, values in bands.items():
            path = self.folder / f"{name}_{band}.tif"
            with rasterio.open(
                path,
                "w",
                driver="GTiff",
                height=shape[0],
                width=shape[1],
                count=1,
                dtype=values.dtype,
                crs=f"EPSG:{epsg}",
                transform=transform,
                nodata=1 if band == "qa_pixel" else nodata,
                tiled=True,
                blockxsize=blocksize,
                blockysize=blocksize,
                compress="deflate",
            ) as file:
                file.write(values, 1)
        right, bottom = left + shape[1] * resolution_m, top - shape[0] * resolution_m
        box = list(transform_bounds(f"EPSG:{epsg}", "EPSG:4326", left, bottom, right, top))
        west, south, east, north = box
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        self.items.append(
            {
                "type": "Feature",
                "stac_version": "1.0.0",
                "stac_extensions": [
                    "https://stac-extensions.github.io/projection/v1.1.0/schema.json"
                ],
                "id": name,
                "collection": self.collection,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "bbox": box,
                "properties": {
                    "datetime": f"{taken}T03:20:00Z",
                    "platform": "landsat-8",
                    "proj:epsg": epsg,
                    "proj:shape": list(shape),
                    "proj:transform": list(transform)[:6],
                }
                | dict(properties or {}),
                "assets": {
                    band: {
                        "href": f"/files/{name}_{band}.tif",
                        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                        "roles": ["data"],
                    }
                    for band in bands
                },
                "links": [],
            }
        )

    def cut(self, file: str, share: float) -> None:
        """Leave only the first part of a file."""
        path = self.folder / file
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    def document(self, path: str, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the JSON behind a path, None where there is none."""
        kind, _, rest = path.lstrip("/").partition("/")
        root = f"{self.address}/{kind}"
        if kind == "static":
            return self._static(root, rest)
        if kind == "api":
            return self._api(root, rest, query)
        return None

    def _static(self, root: str, rest: str) -> dict[str, Any] | None:
        if rest == "catalog.json":
            # The collection lies one folder further down.
            return self._catalog(root, [("child", f"{root}/optical.json")])
        if rest == "optical.json":
            return self._catalog(root, [("child", f"{root}/collection.json")]) | {"id": "optical"}
        if rest == "collection.json":
            links = [("item", f"{root}/{item['id']}.json") for item in self.items]
            return self._collection(root, f"{root}/collection.json", links)
        found = [item for item in self.items if rest == f"{item['id']}.json"]
        return self._item(found[0], f"{root}/collection.json") if found else None

    def _api(self, root: str, rest: str, query: Mapping[str, Any]) -> dict[str, Any] | None:
        home = f"{root}/collections/{self.collection}"
        if not rest:
            links = [("search", f"{root}/search"), ("data", f"{root}/collections")]
            landing = self._catalog(root, links) | {"conformsTo": _CONFORMS}
            landing["links"][2]["method"] = "POST"
            return landing
        if rest == "collections":
            return {"collections": [self._collection(root, home, [])], "links": []}
        if rest == f"collections/{self.collection}":
            return self._collection(root, home, [])
        if rest == "search":
            first, last = query["datetime"].split("/")
            west, south, east, north = query["bbox"]
            found = [
                self._item(item, home)
                for item in self.items
                if first <= item["properties"]["datetime"] <= last
                and item["bbox"][0] < east
                and item["bbox"][2] > west
                and item["bbox"][1] < north
                and item["bbox"][3] > south
            ]
            return {"type": "FeatureCollection", "features": found, "links": []}
        return None

    def _catalog(self, root: str, links: list[tuple[str, str]]) -> dict[str, Any]:
        return {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "made-up",
            "description": "scenes made for a test",
            "links": _links([("root", self._root(root)), ("self", self._root(root)), *links]),
        }

    def _root(self, root: str) -> str:
        return f"{root}/catalog.json" if root.endswith("static") else root

    def _collection(self, root: str, address: str, links: list[tuple[str, str]]) -> dict[str, Any]:
        return {
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": self.collection,
            "title": "Made-up scenes",
            "description": "scenes made for a test",
            "license": "CC-BY-4.0",
            "sci:citation": "Made-up scenes (2026)",
            "extent": {
                "spatial": {"bbox": [[105.7, 20.9, 106.0, 21.2]]},
                "temporal": {"interval": [["2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z"]]},
            },
            "links": _links([("root", self._root(root)), ("self", address), *links]),
        }

    def _item(self, item: dict[str, Any], home: str) -> dict[str, Any]:
        whole = json.loads(json.dumps(item))
        for asset in whole["assets"].values():
            asset["href"] = self.address + asset["href"]
        whole["links"] = _links([("collection", home)])
        return dict(whole)


def _links(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"rel": rel, "href": href, "type": "application/json"} for rel, href in pairs]


@contextmanager
def served(catalogue: Catalogue) -> Iterator[Catalogue]:
    """Serve a catalogue on a free port of 127.0.0.1 until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(json.loads(body))

        def _answer(self, query: Mapping[str, Any] | None = None) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/files/"):
                self._file(path.removeprefix("/files/"))
                return
            document = catalogue.document(path, query or {})
            if document is None:
                self._send(HTTPStatus.NOT_FOUND, b'{"code": "NotFound"}')
            else:
                self._send(HTTPStatus.OK, json.dumps(document).encode())

        def _file(self, name: str) -> None:
            path = catalogue.folder / name
            if name in catalogue.broken:
                self._send(HTTPStatus.INTERNAL_SERVER_ERROR, b"broken on purpose")
            elif not path.is_file():
                self._send(HTTPStatus.NOT_FOUND, b"")
            else:
                whole = path.read_bytes()
                wanted = self.headers.get("Range")
                if wanted is None:
                    self._send(HTTPStatus.OK, whole)
                    return
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start, stop = int(first), min(int(last or len(whole)), len(whole) - 1) + 1
                if start >= len(whole):
                    self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
                    return
                self._send(
                    HTTPStatus.PARTIAL_CONTENT,
                    whole[start:stop],
                    {"Content-Range": f"bytes {start}-{stop - 1}/{len(whole)}"},
                )

        def _send(
            self, status: HTTPStatus, body: bytes, headers: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in {"Accept-Ranges": "bytes", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    catalogue.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield catalogue
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def full(shape: tuple[int, int], value: int, dtype: str = "uint16") -> NDArray[Any]:
    """Return a band of one value."""
    return np.full(shape, value, dtype)
