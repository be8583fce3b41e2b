"""The only way data come in: every dataset by name, with its tier, licence, hash and schema.

>>> from hanoi_analytics import catalogue
>>> wards = catalogue.load("hanoi_wards_2025")
>>> wards.attrs["source"]["licence"]
'Official figures (public law and statistics)'
"""

from hanoi_analytics.catalogue.entries import CatalogueError, Entry
from hanoi_analytics.catalogue.files import FetchError, HashMismatchError, NotFetchedError
from hanoi_analytics.catalogue.loading import (
    available,
    describe,
    entries,
    fetch,
    load,
    load_own,
    load_own_rows,
    path,
    verify,
)
from hanoi_analytics.catalogue.own_files import own_folder
from hanoi_analytics.catalogue.people import guard_people
from hanoi_analytics.catalogue.sources import (
    Source,
    SourcesTable,
    forget_sources,
    sources_of,
    sources_used,
)
from hanoi_analytics.catalogue.validation import SchemaError
from hanoi_analytics.namespaces import offer

__all__ = [
    "CatalogueError",
    "Entry",
    "FetchError",
    "HashMismatchError",
    "NotFetchedError",
    "SchemaError",
    "Source",
    "SourcesTable",
    "available",
    "describe",
    "entries",
    "fetch",
    "forget_sources",
    "guard_people",
    "load",
    "load_own",
    "load_own_rows",
    "own_folder",
    "path",
    "sources_of",
    "sources_used",
    "verify",
]

offer(__name__, __all__)
