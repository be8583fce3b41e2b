"""What can be wrong with the ledger."""

from hanoi_analytics.errors import HanoiError


class LedgerError(HanoiError):
    """The ledger's file cannot be used, or has no such run."""


class JobRunningError(LedgerError):
    """A page that is wanted is being made at this moment."""
