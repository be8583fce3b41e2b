"""Finding a dataset's file on this machine, checking it, and fetching it."""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from pathlib import Path

from platformdirs import user_cache_path
from tqdm import TqdmWarning, tqdm

from hanoi_analytics.catalogue.entries import CatalogueError, Entry, RemoteFile
from hanoi_analytics.errors import nearest
from hanoi_analytics.watching import somebody_watches

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "HANOI_ANALYTICS_MIRROR"
CACHE_VARIABLE = "HANOI_ANALYTICS_CACHE"
DATA_VARIABLE = "HANOI_ANALYTICS_DATA"


class NotFetchedError(CatalogueError):
    """A remote dataset is neither in the mirror nor in the cache."""


class HashMismatchError(CatalogueError):
    """A file is not the one the catalogue describes."""


class FetchError(CatalogueError):
    """A download failed; nothing of it was kept."""


def data_folder() -> Path:
    """Return the folder ``data/`` of the checkout, or the one named by ``HANOI_ANALYTICS_DATA``."""
    named = os.environ.get(DATA_VARIABLE)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    if not (folder / "catalogue.yml").is_file():
        raise CatalogueError(
            f"no catalogue.yml in {folder}: expected the folder data/ of a checkout; "
            f"install with `make install` there, or set {DATA_VARIABLE} to that folder"
        )
    return folder


def cache_folder() -> Path:
    """Return the folder fetched files are kept in (``HANOI_ANALYTICS_CACHE`` overrides it)."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("hanoi_analytics")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks.

    That of a folder is of a list of its files, as ``sha256sum`` writes it, in the order of their
    paths inside the folder.
    """
    if path.is_dir():
        inside = sorted(
            file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()
        )
        lines = [f"{sha256_of(path / name)}  {name}\n" for name in inside]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pick_file(entry: Entry, file: str | None) -> RemoteFile:
    """Choose one file of a remote dataset by name; a single file needs no name."""
    names = [remote.name for remote in entry.files]
    if file is None:
        if len(entry.files) == 1:
            return entry.files[0]
        raise CatalogueError(
            f"dataset {entry.id!r} has {len(names)} files: name one, for example "
            f"load({entry.id!r}, file={names[0]!r}); files: {', '.join(names)}"
        )
    for remote in entry.files:
        if remote.name == file:
            return remote
    raise CatalogueError(f"dataset {entry.id!r} has no file {file!r}; {nearest(file, names)}")


def local_path(entry: Entry, file: str | None = None) -> Path:
    """Return the checked path of a dataset's file on this machine; the network is not used.

    Raises
    ------
    NotFetchedError
        A remote file that is in no mirror and not in the cache.
    HashMismatchError
        A file whose SHA-256 is not the catalogue's.
    """
    if entry.tier in ("reference", "embedded"):
        if file is not None:
            raise CatalogueError(f"dataset {entry.id!r} is one file; leave out file={file!r}")
        path = data_folder() / str(entry.file)
        if not path.is_file():
            raise CatalogueError(f"dataset {entry.id!r}: {path} is missing from the checkout")
        _check(path, str(entry.sha256), entry.id, "if the change is meant, write it there")
        return path
    if entry.tier == "simulated":
        raise CatalogueError(f"dataset {entry.id!r} is simulated in memory and has no file")
    remote = pick_file(entry, file)
    found = _find_remote(remote)
    if found is None:
        raise NotFetchedError(_not_fetched(entry, remote))
    _check(found, remote.sha256, entry.id, f"remove it and run `hanoi data fetch {entry.id}`")
    return found


def is_local(entry: Entry) -> bool:
    """Tell whether every file of a dataset can be read without a network."""
    return all(_find_remote(remote) is not None for remote in entry.files)


def fetch_file(
    entry: Entry, remote: RemoteFile, *, timeout_s: float = 30.0, progress: bool | None = None
) -> Path:
    """Bring one remote file to the cache and return its path.

    The file is written to a temporary name, its SHA-256 is checked, then it is moved; whatever
    fails, the cache is as it was before.

    Parameters
    ----------
    entry, remote : Entry, RemoteFile
        The dataset and one of its files.
    timeout_s : float
        Seconds without an answer, or without a further byte, after which it gives up.
    progress : bool, optional
        Show a progress bar; by default in a terminal and in an open notebook.

    Raises
    ------
    FetchError
        Connection refused, cut, stalled, an HTTP error, or a wrong hash.
    """
    import requests  # noqa: PLC0415 - only a fetch pays for these imports

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # pooch asks for widgets; text will do
        import pooch  # noqa: PLC0415
    pooch.get_logger().setLevel(logging.WARNING)  # it would print the path of the cache

    found = _find_remote(remote)
    if found is not None and sha256_of(found) == remote.sha256:
        return found
    target = cache_folder() / remote.path
    target.unlink(missing_ok=True)
    show = somebody_watches() if progress is None else progress
    # pooch asks the bar whether it is true, which tqdm answers only where it knows a total.
    bar = tqdm(
        total=remote.bytes,
        unit="B",
        unit_scale=True,
        desc=target.name,
        leave=False,
        disable=not show,
    )
    try:
        with bar:
            fetched = pooch.retrieve(
                url=remote.url,
                known_hash=f"sha256:{remote.sha256}",
                fname=target.name,
                path=target.parent,
                downloader=pooch.HTTPDownloader(progressbar=bar, timeout=timeout_s),
            )
    except requests.exceptions.RequestException as error:
        raise FetchError(
            f"dataset {entry.id!r}: {remote.url} could not be fetched: {error}. Nothing was kept. "
            f"Try again, or set {MIRROR_VARIABLE} to a folder that holds {remote.path}"
        ) from error
    except ValueError as error:
        # pooch removes its temporary file and reports expected and found hash in one sentence.
        raise FetchError(
            f"dataset {entry.id!r}: {remote.url} is not the expected file: expected "
            f"{remote.bytes} bytes with sha256 {remote.sha256}. {error} Nothing was kept"
        ) from error
    log.info("fetched %s", remote.path)
    return Path(fetched)


def _find_remote(remote: RemoteFile) -> Path | None:
    mirror = os.environ.get(MIRROR_VARIABLE)
    candidates = [Path(mirror) / remote.path] if mirror else []
    candidates.append(cache_folder() / remote.path)
    return next((path for path in candidates if path.is_file()), None)


def _check(path: Path, expected: str, dataset: str, remedy: str) -> None:
    found = sha256_of(path)
    if found != expected:
        raise HashMismatchError(
            f"dataset {dataset!r}: {path.name} is not the file of the catalogue: expected sha256 "
            f"{expected}, found {found}, in {path.parent}; {remedy}"
        )


def _not_fetched(entry: Entry, remote: RemoteFile) -> str:
    text = (
        f"dataset {entry.id!r} ({remote.path}) is not on this machine. Where there is a network, "
        f"run `hanoi data fetch {entry.id}`; or set {MIRROR_VARIABLE} to a folder that holds it"
    )
    if entry.alternative:
        text += f". Without a network, load({entry.alternative!r}) stands in for it"
    return text
