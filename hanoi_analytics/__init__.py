"""Urban analytics for Hanoi: data with sources, formulae with tests, pages without a network."""

from importlib.metadata import version

__version__ = version("hanoi-analytics")
