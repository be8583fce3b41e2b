"""Linking two tables, or one with itself: checks, count, training, scores, assignment."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model.counting import counted, refuse_over
from hanoi_analytics.linkage.model.database import Table, workspace
from hanoi_analytics.linkage.model.design import Design
from hanoi_analytics.linkage.model.scoring import OneToOne, assign, score, write
from hanoi_analytics.linkage.model.training import train

__all__ = ["Links", "link"]


@dataclass(frozen=True)
class Links:
    """What `link` found: Parquet files of pairs, links and ties, and how they were found.

    Parameters
    ----------
    pairs : Path
        ``left_id, right_id, match_weight`` (bits), ``match_probability``, a column ``gamma_...`` a
        comparison, ``match_key`` (number of the blocking rule), for pairs over `keep`.
    links, ties : Path
        The first four of those columns: links, and pairs between which no choice is made because
        they are equally good.
    parameters : pandas.DataFrame
        ``comparison, level, gamma, m, u, weight`` (bits), ``term_frequency`` (whether adjusted).
    training : pandas.DataFrame
        ``blocking, iterations, converged, last_change, match_share``, one row a training blocking.
    prior : float
        The share of matches among all pairs.
    comparisons : pandas.DataFrame
        As `count_comparisons` gives it.
    timings_s : dict
        Seconds by step.
    settings : dict
        The trained settings of Splink.
    """

    pairs: Path
    links: Path
    ties: Path
    parameters: pd.DataFrame
    training: pd.DataFrame
    prior: float
    comparisons: pd.DataFrame
    timings_s: dict[str, float]
    settings: dict[str, Any] = field(repr=False)
    source: object = field(repr=False, default=None)
    # Removes the folder of the files, when it is a temporary one, with this object.
    _temporary: object = field(repr=False, default=None)

    def read_links(self) -> pd.DataFrame:
        """Return the links as a table."""
        return self._read(self.links)

    def read_pairs(self) -> pd.DataFrame:
        """Return the pairs as a table."""
        return self._read(self.pairs)

    def _read(self, path: Path) -> pd.DataFrame:
        frame = pd.read_parquet(path)
        if self.source is not None:
            frame.attrs["source"] = self.source
        return frame

    def clusters(self) -> pd.DataFrame:
        """Return which linked records belong together, as connected components of the links.

        Returns
        -------
        pandas.DataFrame
            ``record_id, cluster_id``, for records with a link; of use after linking one table
            with itself.
        """

        links = self.read_links()
        codes, records = pd.factorize(pd.concat([links["left_id"], links["right_id"]]))
        left, right = codes[: len(links)], codes[len(links) :]
        graph = coo_array(([True] * len(links), (left, right)), shape=(len(records),) * 2)
        found = connected_components(graph, directed=False)[1]
        table = pd.DataFrame({"record_id": records, "cluster_id": found})
        table.attrs.update(links.attrs)
        return table


def link(
    left: Table,
    right: Table | None,
    design: Design,
    *,
    threshold: float = 0.9,
    keep: float = 0.01,
    one_to_one: OneToOne | None = "left",
    memory_limit: str = "4GB",
    threads: int | None = None,
    spill_folder: str | Path | None = None,
    max_comparisons: int = 200_000_000,
    seed: int = 1,
    folder: str | Path | None = None,
) -> Links:
    """Link the records of two tables, or find those of one table that belong together.

    Parameters
    ----------
    left, right : pandas.DataFrame, pyarrow.Table, or path
        Tables, or Parquet: a file or a folder of parts. `right` None links `left` with itself.
        Both hold the columns of the design, in the same types.
    design : Design
        What to compare and how to train.
    threshold : float
        Least match probability of a link.
    keep : float
        Least match probability of a pair that is kept.
    one_to_one : {"left", "both"}, optional
        "left": each left record has at most one right record; "both": and the other way round;
        None: all pairs over the threshold are links, as always when one table is linked with
        itself. Equally good partners are not chosen between, but reported as ties.
    memory_limit : str
        DuckDB's, as ``"4GB"``; what does not fit is spilled to a folder that is removed.
    threads : int, optional
        DuckDB's; its own choice by default.
    spill_folder : path, optional
        Where to spill; the system's temporary folder by default.
    max_comparisons : int
        The linkage is refused if its blocking rules bring more, by the count of
        `count_comparisons`, which is an estimate for tables of over 500,000 records.
    seed : int
        Of the samples for training.
    folder : path, optional
        Where to write the Parquet files; a temporary folder that goes with the result by default.

    Returns
    -------
    Links
        Files, parameters and reports.

    Raises
    ------
    LinkageError
        For tables that cannot be linked, too many comparisons, or a training that failed; the
        tables and the number of comparisons are checked before any work.

    Examples
    --------
    >>> from hanoi_analytics.linkage.model import vietnamese
    >>> link("register.parquet", "nowhere.parquet", vietnamese())
    Traceback (most recent call last):
    ...
    hanoi_analytics.linkage.checks.LinkageError: no Parquet file at register.parquet: give a \
.parquet file or a folder of them
    """
    if not 0 <= keep <= threshold <= 1:
        raise LinkageError(f"0 <= keep <= threshold <= 1 is not so: {keep}, {threshold}")
    timings: dict[str, float] = {}
    with workspace(memory_limit=memory_limit, threads=threads, spill_folder=spill_folder) as work:
        with _timed(timings, "load"):
            work.load(left, right, design)
        with _timed(timings, "count"):
            comparisons = counted(work, design)
            refuse_over(comparisons, max_comparisons)
        with _timed(timings, "train"):
            trained = train(work, design, seed=seed)
        with _timed(timings, "score"):
            score(work, design, trained.settings, keep=keep)
        with _timed(timings, "assign"):
            assign(work, threshold=threshold, one_to_one=one_to_one)
        with _timed(timings, "write"):
            temporary = tempfile.TemporaryDirectory(prefix="links-") if folder is None else None
            target = Path(temporary.name if temporary else str(folder))
            target.mkdir(parents=True, exist_ok=True)
            paths = {name: target / f"{name}.parquet" for name in ("pairs", "links", "ties")}
            for name, path in paths.items():
                write(work, name, path)
    return Links(
        **paths,
        parameters=trained.parameters,
        training=trained.training,
        prior=trained.prior,
        comparisons=comparisons,
        timings_s=timings,
        settings=trained.settings,
        source=getattr(left, "attrs", {}).get("source"),
        _temporary=temporary,
    )


@contextlib.contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    """Note the seconds of a step."""
    start = time.perf_counter()
    yield
    timings[step] = time.perf_counter() - start
