"""Linkage between two parties that may not show each other names: keyed Bloom encodings.

An encoding is personal data. Law 91/2025/QH15 (in force from 1 January 2026) and Decree 356/2025
know personal data and data from which nobody can be identified any more, and no pseudonymised kind
between them: whoever holds encodings keeps all duties of whoever holds the names.
"""

from hanoi_analytics.linkage.encoded.encoding import Encoded, encode, largest_share
from hanoi_analytics.linkage.encoded.matching import dice, match
from hanoi_analytics.linkage.encoded.scheme import Field, Scheme
from hanoi_analytics.linkage.encoded.secret import (
    SECRET_VARIABLE,
    Secret,
    read_secret,
    secret_of_run,
)
from hanoi_analytics.linkage.encoded.spelling import in_one_spelling
from hanoi_analytics.namespaces import offer

NOTICE = (
    "Encodings stay personal data under Law 91/2025/QH15 and Decree 356/2025: "
    "there is no pseudonymised kind of data in between."
)

__all__ = [
    "NOTICE",
    "SECRET_VARIABLE",
    "Encoded",
    "Field",
    "Scheme",
    "Secret",
    "dice",
    "encode",
    "in_one_spelling",
    "largest_share",
    "match",
    "read_secret",
    "secret_of_run",
]

offer(__name__, __all__)
