"""The ledger: every run of a notebook and every run that is owed, in one SQLite file."""

from hanoi_analytics.ledger.errors import JobRunningError, LedgerError
from hanoi_analytics.ledger.orders import Order, Orders, WaitingOrder, Wanted
from hanoi_analytics.ledger.runs import Ending, Ledger, Run, Status
from hanoi_analytics.namespaces import offer

__all__ = [
    "Ending",
    "JobRunningError",
    "Ledger",
    "LedgerError",
    "Order",
    "Orders",
    "Run",
    "Status",
    "WaitingOrder",
    "Wanted",
]

offer(__name__, __all__)
