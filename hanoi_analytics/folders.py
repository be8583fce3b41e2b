"""Where a project keeps its notebooks, pages, runs and jobs, seen from its own folder."""

from pathlib import Path

NOTEBOOKS, SITE, LEDGER = Path("notebooks"), Path("site"), Path(".hanoi/ledger.sqlite")
JOBS = Path("jobs.yml")
