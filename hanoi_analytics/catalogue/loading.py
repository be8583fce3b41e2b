"""The public verbs: load, load_own, describe, fetch, path, verify."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from numpy.typing import NDArray

from hanoi_analytics.catalogue import files, loaders
from hanoi_analytics.catalogue.entries import CatalogueError, Entry, cached_catalogue
from hanoi_analytics.catalogue.own_files import own_path
from hanoi_analytics.catalogue.people import guard_people
from hanoi_analytics.catalogue.person_frames import PersonFrame
from hanoi_analytics.catalogue.raster_validation import check_own_raster, check_raster
from hanoi_analytics.catalogue.sources import Source, record
from hanoi_analytics.catalogue.validation import Origin, check_table
from hanoi_analytics.errors import nearest


def entries() -> dict[str, Entry]:
    """Return the whole catalogue, in the order of its file."""
    path = files.data_folder() / "catalogue.yml"
    return cached_catalogue(path, path.stat().st_mtime_ns)


def describe(dataset: str) -> Entry:
    """Return the catalogue's entry: tier, licence, citation, units, schema.

    Parameters
    ----------
    dataset : str
        Identifier in the catalogue.

    Raises
    ------
    CatalogueError
        If there is no such dataset, with the closest name.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> catalogue.describe("hanoi_wards_2025").tier
    'reference'
    """
    known = entries()
    if dataset not in known:
        raise CatalogueError(f"no dataset {dataset!r} in the catalogue; {nearest(dataset, known)}")
    return known[dataset]


def load(dataset: str, file: str | None = None, **parameters: Any) -> Any:
    """Load a dataset, checked against its declared schema. The network is never used.

    Parameters
    ----------
    dataset : str
        Identifier in the catalogue.
    file : str, optional
        Which file, where a remote dataset has several.
    **parameters
        Passed to the generator of a simulated dataset; no other tier takes any.

    Returns
    -------
    pandas.DataFrame, geopandas.GeoDataFrame or lazy xarray.DataArray
        With ``.attrs["source"]``: id, title, tier, licence, citation, date, sha256, approximate.

    Raises
    ------
    NotFetchedError
        A remote dataset that is not on this machine: says how to fetch it, and its stand-in.
    HashMismatchError, SchemaError, CatalogueError
        A changed file, data unlike their schema, an unknown name.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> wards = catalogue.load("hanoi_wards_2025")
    >>> len(wards), wards.attrs["source"]["tier"]
    (126, 'reference')
    """
    entry = describe(dataset)
    if entry.loader == "path":
        raise CatalogueError(
            f"dataset {dataset!r} is a file for other readers: use path({dataset!r})"
        )
    if entry.tier == "simulated":
        data = _generate(entry, parameters)
        digest = _digest_of_values(data)
    else:
        if parameters:
            raise CatalogueError(
                f"dataset {dataset!r} is {entry.tier} and takes no parameter; "
                f"found {', '.join(sorted(parameters))}"
            )
        path = files.local_path(entry, file)
        data = loaders.read(str(entry.loader), path, dict(entry.options))
        digest = files.sha256_of(path)
    name = entry.id if file is None else f"{entry.id}/{file}"
    return _finish(data, entry, _source(entry, name, digest))


def load_own(file: str, *, like: str, variable: str | None = None) -> Any:
    """Load a file of your own, checked against the schema of a dataset of the catalogue.

    Parameters
    ----------
    file : str
        Path inside ``data/own/`` (or the folder named by ``HANOI_ANALYTICS_OWN``).
    like : str
        The dataset whose columns and limits your file must have; a raster may have cells,
        coordinates and numbers of its own where the dataset's entry has a block ``own``.
    variable : str, optional
        Which raster of a NetCDF file or a Zarr store (a folder ``.zarr``) with several.

    Returns
    -------
    pandas.DataFrame, geopandas.GeoDataFrame or lazy xarray.DataArray
        Its source has tier ``own``.

    Raises
    ------
    CatalogueError
        A path outside that folder, a missing file, a format without a reader, or a dataset that
        does not say what an own file must be.
    SchemaError
        Naming column, row and expected value, or what is wrong with the raster.
    """
    entry = describe(like)
    if entry.loader == "path" and entry.own is None:
        raise CatalogueError(f"dataset {like!r} does not say what a file of your own must be")
    path = own_path(file)
    options = {"variable": variable} if variable else {}
    data, first_row = loaders.read_own(path, options)
    source = _own_source(file, _own_title(entry, path))
    return _finish(data, entry, source, own=True, first_row=first_row)


def load_own_rows(file: str, *, title: str, people: bool = False, **options: Any) -> pd.DataFrame:
    """Load a table of your own as it stands, for a reader that sorts good rows from bad.

    Nothing is checked here: every value of a CSV stays text, so that the reader can say of each
    row it refuses what stood there.

    Parameters
    ----------
    file : str
        Path inside ``data/own/``; CSV (also ``.csv.gz``) or Parquet.
    title : str
        What the table holds, for the list of sources.
    people : bool
        The rows are people: publishing fails if a name or number of theirs is on the page; the
        columns are those `guard_people` looks for.
    **options
        For pandas' reader of that format, such as ``header=None``.

    Returns
    -------
    pandas.DataFrame
        Rows in the order of the file, index from 0; people in a frame that shows no value.

    Raises
    ------
    CatalogueError
        A path outside that folder, a missing file, or a format that holds no table.
    """
    path = own_path(file)
    loader = loaders.loader_for(path)
    if loader == "csv":
        options = {"sep": loaders.separator(path), **options}
    data = loaders.read(loader, path, options)
    if not isinstance(data, pd.DataFrame) or "geometry" in data.columns:
        raise CatalogueError(f"{file}: expected a plain table, CSV or Parquet")
    rows = data.reset_index(drop=True)
    if people:
        guard_people(rows, title=f"own/{file}")
        rows = PersonFrame(rows)
    rows.attrs["source"] = record(_own_source(file, f"{path.name}, given by its user: {title}"))
    return rows


def _own_source(file: str, title: str) -> Source:
    return Source(
        id=f"own/{file}",
        title=title,
        tier="own",
        licence="not stated",
        citation=f"file {file}",
        date="not stated",
        sha256=files.sha256_of(own_path(file)),
        approximate="",
    )


def path(dataset: str, file: str | None = None) -> Path:
    """Return the checked local path of a dataset's file, for readers of its own format."""
    entry = describe(dataset)
    found = files.local_path(entry, file)
    name = entry.id if file is None else f"{entry.id}/{file}"
    record(_source(entry, name, files.sha256_of(found)))
    return found


def available(dataset: str) -> bool:
    """Tell whether a dataset can be loaded without a network."""
    return files.is_local(describe(dataset))


def fetch(dataset: str, *, timeout_s: float = 30.0, progress: bool | None = None) -> list[Path]:
    """Bring every file of a remote dataset to this machine, with a progress bar in a terminal.

    Parameters
    ----------
    dataset : str
        Identifier of a remote dataset.
    timeout_s : float
        Seconds of silence after which a download is given up.
    progress : bool, optional
        Show a bar; by default only in a terminal.

    Raises
    ------
    FetchError
        Naming the address, the expected and the found hash; nothing is left behind.
    """
    entry = describe(dataset)
    if entry.tier != "remote":
        raise CatalogueError(f"dataset {dataset!r} is {entry.tier}: there is nothing to fetch")
    return [
        files.fetch_file(entry, remote, timeout_s=timeout_s, progress=progress)
        for remote in entry.files
    ]


def verify(dataset: str) -> Literal["ok", "not fetched"]:
    """Check every local file of a dataset: its hash, and its content against the schema.

    Raises
    ------
    CatalogueError
        What is wrong with it.
    """
    entry = describe(dataset)
    if not files.is_local(entry):
        return "not fetched"
    names: list[str | None] = [remote.name for remote in entry.files]
    for name in names or [None]:
        if entry.loader == "path":
            files.local_path(entry, name)
        else:
            load(dataset, file=name if len(entry.files) > 1 else None)
    return "ok"


def _generate(entry: Entry, parameters: dict[str, Any]) -> Any:
    module, _, function = str(entry.generator).partition(":")
    generator = getattr(import_module(module), function)
    return generator(**{"seed": entry.seed, **parameters})


def _own_title(entry: Entry, path: Path) -> str:
    if entry.own is not None:
        return f"{path.name}, given by its user: {entry.own.title}"
    return f"{path.name}, given by its user, in place of: {entry.title}"


def _finish(
    data: Any, entry: Entry, source: Source, *, own: bool = False, first_row: int = 1
) -> Any:
    name = source["id"]
    if entry.table is not None:
        if not isinstance(data, pd.DataFrame):
            raise CatalogueError(f"{name}: expected a table like {entry.id!r}, found a raster")
        origin = Origin(own=own, first_row=first_row, people=entry.people is not None)
        data = check_table(data, entry.table, name, entry.crs, origin=origin)
        if entry.people is not None:
            guard_people(data, title=name, names=entry.people.names, numbers=entry.people.numbers)
            data = PersonFrame(data)
    elif entry.raster is not None or entry.own is not None:
        if isinstance(data, pd.DataFrame):
            raise CatalogueError(f"{name}: expected a raster like {entry.id!r}, found a table")
        if own and entry.own is not None:
            data = check_own_raster(data, entry.own, name)
        elif entry.raster is not None:
            data = check_raster(data, entry.raster, name, entry.crs)
    data.attrs["source"] = record(source)
    return data


def _source(entry: Entry, name: str, digest: str) -> Source:
    return Source(
        id=name,
        title=entry.title,
        tier=entry.tier,
        licence=entry.licence,
        citation=entry.citation,
        date=entry.date,
        sha256=digest,
        approximate=entry.approximate,
    )


def _digest_of_values(data: Any) -> str:
    """SHA-256 of generated values, so that a page can say which draw it shows.

    That of a lazy raster is the digest of its blocks' digests: no more than the blocks in work are
    in memory at a time.
    """
    if isinstance(data, pd.DataFrame):
        rows = pd.util.hash_pandas_object(pd.DataFrame(data), index=True)
        return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()
    if data.chunks is None:
        return hashlib.sha256(data.to_numpy().tobytes()).hexdigest()
    from dask.base import compute  # noqa: PLC0415
    from dask.delayed import delayed  # noqa: PLC0415

    blocks = compute(*map(delayed(_digest_of_block), data.data.to_delayed().ravel()))
    return hashlib.sha256(b"".join(blocks)).hexdigest()


def _digest_of_block(block: NDArray[Any]) -> bytes:
    return hashlib.sha256(block.tobytes()).digest()
