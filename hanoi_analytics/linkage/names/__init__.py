"""Vietnamese names: one spelling, family and given name, keys to compare by."""

from hanoi_analytics.linkage.names.families import VARIANTS
from hanoi_analytics.linkage.names.spelling import plain_sql
from hanoi_analytics.linkage.names.sql import keys_sql
from hanoi_analytics.linkage.names.table import add_keys, normalise
from hanoi_analytics.namespaces import offer

__all__ = ["VARIANTS", "add_keys", "keys_sql", "normalise", "plain_sql"]

offer(__name__, __all__)
