"""The error of this theme."""

from __future__ import annotations

from hanoi_analytics.errors import HanoiError


class EnvironmentDataError(HanoiError):
    """Readings, scenes or settings that a measure of the environment cannot be made of."""
