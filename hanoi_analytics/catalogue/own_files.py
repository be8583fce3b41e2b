"""Where a user's own files lie: one folder, and nothing outside it."""

from __future__ import annotations

import os
from pathlib import Path

from hanoi_analytics.catalogue import files
from hanoi_analytics.catalogue.entries import CatalogueError
from hanoi_analytics.errors import nearest

OWN_VARIABLE = "HANOI_ANALYTICS_OWN"


def own_path(file: str) -> Path:
    """Return the path of a user's file or Zarr store, refusing any that leaves their folder."""
    folder, path = _inside_own(file)
    if not path.is_file() and not (path.suffix == ".zarr" and path.is_dir()):
        there = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]
        raise CatalogueError(f"no file {file!r} in {folder}; {nearest(file, there)}")
    return path


def own_folder(name: str) -> Path:
    """Return a folder for results among a user's own files, made if it is not there.

    Raises
    ------
    CatalogueError
        A name that leaves the folder for own files, or that of a file.

    Examples
    --------
    >>> own_folder("../elsewhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    hanoi_analytics.catalogue.entries.CatalogueError: '../elsewhere' leaves the folder for your...
    """
    _, path = _inside_own(name)
    if path.is_file():
        raise CatalogueError(f"{name!r} is a file: expected a folder for results")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _inside_own(name: str) -> tuple[Path, Path]:
    folder = Path(os.environ.get(OWN_VARIABLE) or files.data_folder() / "own").resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise CatalogueError(f"{name!r} leaves the folder for your own files; put it in {folder}")
    return folder, path
