"""Whether somebody watches what a notebook does; nobody does while it is being published."""

from __future__ import annotations

import os
import sys

#: Set to "off" where nobody watches: publishing does, so that a page holds no bar and no control.
PROGRESS_VARIABLE = "HANOI_ANALYTICS_PROGRESS"


def nobody_watches() -> bool:
    """Tell whether this process was started with the word that nobody watches it."""
    return os.environ.get(PROGRESS_VARIABLE) == "off"


def notebook_is_open() -> bool:
    """Tell whether this is the kernel of a notebook that somebody works in."""
    if nobody_watches() or "IPython" not in sys.modules:
        return False
    from IPython import get_ipython  # noqa: PLC0415

    return getattr(get_ipython(), "kernel", None) is not None


def somebody_watches() -> bool:
    """Tell whether somebody sees a bar: in a terminal, or in an open notebook."""
    return notebook_is_open() or (sys.stderr.isatty() and not nobody_watches())
