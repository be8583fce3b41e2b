"""Numbers that identify people in Viet Nam: read, checked against the person, faults named."""

from hanoi_analytics.linkage.identifiers.problems import PROBLEMS
from hanoi_analytics.linkage.identifiers.table import (
    add_checked,
    check,
    check_cccd,
    checked_sql,
    insurance_identifier,
)
from hanoi_analytics.namespaces import offer

__all__ = [
    "PROBLEMS",
    "add_checked",
    "check",
    "check_cccd",
    "checked_sql",
    "insurance_identifier",
]

offer(__name__, __all__)
