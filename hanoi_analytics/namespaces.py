"""What completion by tab offers of a package: its public names, and nothing of how it is made."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module


def offer(package: str, names: Iterable[str]) -> None:
    """Let ``dir()`` of a package list these names alone; modules among them come when asked for.

    The type checker does not see it: a name that is not there is found as before.

    Parameters
    ----------
    package : str
        ``__name__`` of the package that is being imported.
    names : iterable of str
        Its public names. One that the package does not hold is a module of it, imported at its
        first use.

    Examples
    --------
    >>> import hanoi_analytics
    >>> [name for name in dir(hanoi_analytics) if name.startswith("c")]
    ['catalogue', 'claims', 'cluster', 'controls', 'coverage']
    >>> hanoi_analytics.coverage.throughput.__name__
    'hanoi_analytics.coverage.throughput'
    """
    offered = sorted(names)

    def part(name: str) -> object:
        if name not in offered:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    vars(sys.modules[package]).update(__dir__=lambda: list(offered), __getattr__=part)
