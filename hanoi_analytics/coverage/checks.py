"""The error of this theme."""

from hanoi_analytics.errors import HanoiError


class CoverageError(HanoiError):
    """Inputs of a coverage calculation that make no sense, or lie outside a model's limits."""
