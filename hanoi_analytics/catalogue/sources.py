"""Where data came from: the dict in ``attrs['source']``, and the table a notebook ends with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from threading import Lock
from typing import Any, TypedDict

SOURCES_MIME = "application/vnd.hanoi.sources+json"


class Source(TypedDict):
    """Provenance of one dataset, as plain JSON."""

    id: str
    title: str
    tier: str
    licence: str
    citation: str
    date: str
    sha256: str
    approximate: str


_used: dict[str, Source] = {}
_lock = Lock()


def record(source: Source) -> Source:
    """Note that a dataset was read in this process."""
    with _lock:
        _used[source["id"]] = source
    return source


def sources_of(first: Mapping[Any, Any], *more: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the attributes that name the sources of a result, each source once.

    Parameters
    ----------
    first : mapping
        Attributes of what was measured: ``source`` one source, or ``sources`` several.
    *more : mapping
        Attributes of what was used besides.

    Returns
    -------
    dict
        ``{"source": one}`` or ``{"sources": [one, …]}``; nothing if the first names no source:
        charts then refuse the result instead of citing the others alone.

    Examples
    --------
    >>> sources_of({"source": {"id": "a"}}, {"sources": [{"id": "a"}, {"id": "b"}]})
    {'sources': [{'id': 'a'}, {'id': 'b'}]}
    >>> sources_of({}, {"source": {"id": "a"}})
    {}
    """
    found: list[Any] = []
    for attrs in (first, *more):
        own = attrs.get("sources") or ([attrs["source"]] if attrs.get("source") else [])
        found += [source for source in own if source not in found]
        if not found:
            return {}
    return {"source": found[0]} if len(found) == 1 else {"sources": found}


def sources_used() -> SourcesTable:
    """Return the table of every dataset read so far in this process.

    A notebook ends with this call; the published page takes the table and the hashes from it.

    Returns
    -------
    SourcesTable
        Shown as HTML in a notebook and as text in a terminal, in the order of first reading.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> _ = catalogue.load("hanoi_wards_2025")
    >>> "hanoi_wards_2025" in [source["id"] for source in catalogue.sources_used().sources]
    True
    """
    with _lock:
        return SourcesTable(list(_used.values()))


def forget_sources() -> None:
    """Start the table anew, as a fresh kernel would."""
    with _lock:
        _used.clear()


class SourcesTable:
    """The datasets behind a page: identifier, tier, date, licence, citation and hash."""

    _COLUMNS = ("Dataset", "Tier", "Date", "Licence", "Citation", "SHA-256")

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                f"{s['title']} ({s['id']})" + (f"; {s['approximate']}" if s["approximate"] else ""),
                s["tier"],
                s["date"],
                s["licence"],
                s["citation"],
                s["sha256"][:12],
            )
            for s in self.sources
        ]

    def __repr__(self) -> str:
        lines = ["\t".join(self._COLUMNS), *("\t".join(row) for row in self._rows())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self._COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        return (
            f'<table class="sources"><caption>Data read on this page</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            SOURCES_MIME: json.loads(json.dumps(self.sources)),
        }
