"""Where a project keeps its notebooks, pages and ledger, and what code it runs."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hanoi_analytics import __version__
from hanoi_analytics.errors import HanoiError, nearest


class PublishError(HanoiError):
    """What was asked to be published cannot be, before anything ran."""


@dataclass(frozen=True)
class Project:
    """Where notebooks are, where pages go, and where runs are written down."""

    notebooks: Path
    site: Path
    ledger: Path

    def find(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the named notebooks, or all of them.

        Parameters
        ----------
        names : sequence of str
            ``overview/claims``, ``overview/claims.ipynb`` or a path that leads there.

        Raises
        ------
        PublishError
            No notebooks at all, an unknown name (with the nearest match), or a path that leaves
            the notebooks' folder.
        """
        root = self.notebooks.resolve()
        every = sorted(p for p in root.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
        if not every:
            raise PublishError(f"no notebook in {self.notebooks}: run this in the project's folder")
        if not names:
            return every
        known = {self.name_of(path): path for path in every}
        chosen = []
        for name in names:
            short = name.removesuffix(".ipynb").removeprefix(f"{self.notebooks.name}/")
            path = known.get(short)
            if path is None and Path(name).resolve() in every:
                path = Path(name).resolve()
            if path is None:
                raise PublishError(f"no notebook {name!r}; {nearest(short, known)}")
            chosen.append(path)
        return list(dict.fromkeys(chosen))

    def name_of(self, notebook: Path) -> str:
        """Return ``theme/name`` of a notebook."""
        return notebook.resolve().relative_to(self.notebooks.resolve()).with_suffix("").as_posix()

    def place_of(self, page: str) -> Path:
        """Return where a page of the site stands.

        Raises
        ------
        PublishError
            The name is not that of an HTML file inside the site.
        """
        place = self.site / page
        if place.suffix != ".html" or not place.resolve().is_relative_to(self.site.resolve()):
            raise PublishError(
                f"page {page!r} is not a name inside the site, for example 'environment/air.html'"
            )
        return place


def code_version(folder: Path) -> str:
    """Return the package's version and, in a git checkout, its commit and whether it is changed."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} ({found.stdout.strip().replace('-dirty', ', changed since')})"
