"""``python -m hanoi_analytics`` is the command ``hanoi``."""

from hanoi_analytics.cli import main

main()
