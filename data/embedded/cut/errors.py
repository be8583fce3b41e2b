"""The one error of this script."""


class CutError(Exception):
    """A source is missing, altered, or does not hold what was expected."""
