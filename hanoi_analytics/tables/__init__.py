"""Messy tables of one's own, sorted: every row is used, or rejected with its reasons."""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.tables.columns import LATITUDE, LONGITUDE, Column, plain
from hanoi_analytics.tables.rows import Rows, read_rows
from hanoi_analytics.tables.sorting import HANOI, VIET_NAM, Bounds, Sorted, Sorter

__all__ = [
    "HANOI",
    "LATITUDE",
    "LONGITUDE",
    "VIET_NAM",
    "Bounds",
    "Column",
    "Rows",
    "Sorted",
    "Sorter",
    "plain",
    "read_rows",
]

offer(__name__, __all__)
