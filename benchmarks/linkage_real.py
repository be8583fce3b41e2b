"""Links of public data with known matches, as Markdown tables: FEBRL 1 to 4, historical persons.

    HANOI_ANALYTICS_MIRROR=... python benchmarks/linkage_real.py

One rule for all data: pairs of match probability 0.95 or more are links. Two tables (FEBRL 4) are
then assigned one to one; within one table, records that links join are one person, and all pairs
within such clusters are counted. The other thresholds show what hangs on that choice: they had been
scored on drafts of the designs before it was fixed. The truth is read only to score.

Of the historical persons, those with an even DuckDB hash were scored while the design was written.
The rows "held out" are the others: the pairs within clusters of which both records are of them,
and half of the (wrong) pairs of which one is.
"""

from __future__ import annotations

import dataclasses
import platform
import time
from importlib.metadata import version

import duckdb
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.linkage import designs
from hanoi_analytics.linkage.clusters import pairwise
from hanoi_analytics.linkage.model import Design, Links, link

THRESHOLD = 0.95
_ALL = (0.5, 0.9, THRESHOLD, 0.99)
_PUBLISHED = "| FEBRL 4 | recordlinkage 0.16, ECM (published) | | 0.99959 | 0.97700 | 0.98817 | |"
_GOALS = "Goals at 0.95: F1 of 0.9995 or more on FEBRL 4, 0.85 on the historical persons."


def main() -> None:
    """Print the table."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("splink", "duckdb"))
    print(f"Python {platform.python_version()}, {libraries}. {_GOALS}\n")
    print("| data | what | threshold | precision | recall | F1 | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    facts = _febrl_4()
    for number in (1, 2, 3):
        table = catalogue.load("febrl", file=f"dataset{number}.csv")
        records, truth = designs.febrl_records(table), designs.febrl_truth(table)
        _dedupe(f"FEBRL {number}", records, truth, designs.febrl())
    table = catalogue.load("historical_50k")
    records, truth = designs.historical_records(table), designs.historical_truth(table)
    _dedupe("historical", records, truth, designs.historical())
    print(f"\n{facts}")


def _febrl_4() -> str:
    """Link the two tables of FEBRL 4, print the scores, return what blocking reached."""
    tables = [catalogue.load("febrl", file=f"dataset4{side}.csv") for side in "ab"]
    person = pd.concat(map(designs.febrl_truth, tables)).set_index("record_id")["person_id"]
    left, right = map(designs.febrl_records, tables)
    start = time.perf_counter()
    # Both ways one to one, so the links of a higher threshold are those links with its weights.
    found = link(left, right, designs.febrl(), threshold=min(_ALL), keep=0, one_to_one="both")
    seconds = time.perf_counter() - start
    print(_PUBLISHED)
    links = _judged(found.read_links(), person)
    true = len(set(left["record_id"].map(person)) & set(right["record_id"].map(person)))
    for at in _ALL:
        over = links.loc[links["match_probability"] >= at, "is_true"]
        _row("FEBRL 4", "linked one to one", at, (over.sum(), len(over), true), seconds)
    pairs = _judged(found.read_pairs(), person)
    return (
        f"FEBRL 4: the blocking brings {len(pairs):,} pairs, {pairs['is_true'].sum():,} of "
        f"{true:,} true ones among them (published: 192,443 pairs, all true ones)."
    )


def _judged(pairs: pd.DataFrame, person: pd.Series[str]) -> pd.DataFrame:
    """Return pairs with whether their records are of one person."""
    same = pairs["left_id"].map(person) == pairs["right_id"].map(person)
    return pairs.assign(is_true=same)


def _dedupe(name: str, records: pd.DataFrame, truth: pd.DataFrame, design: Design) -> None:
    """Link one table with itself and print the scores of its clusters."""
    start = time.perf_counter()
    found = link(records, None, design, threshold=min(_ALL))
    seconds = time.perf_counter() - start
    for at in _ALL:
        clusters = _clusters(found, at)
        scores = pairwise(clusters, truth)
        counts = (scores["correct_pairs"], scores["found_pairs"], scores["true_pairs"])
        _row(name, "clusters", at, counts, seconds)
        if name == "historical":
            _row(name, "clusters, held out", at, _held_out(clusters, truth), seconds)


def _clusters(found: Links, at: float) -> pd.DataFrame:
    """Return the clusters of the links of a probability or more."""
    links = found.read_links()
    path = found.links.with_name(f"links_{at}.parquet")
    links[links["match_probability"] >= at].to_parquet(path)
    return dataclasses.replace(found, links=path).clusters()


def _held_out(clusters: pd.DataFrame, truth: pd.DataFrame) -> tuple[float, float, float]:
    """Return correct, found and true pairs of the persons that no one looked at."""
    held = duckdb.sql("FROM truth WHERE hash(person_id) % 2 = 1").df()
    scores = pairwise(clusters[clusters["record_id"].isin(held["record_id"])], held)
    is_held = clusters["record_id"].isin(held["record_id"])
    sizes = is_held.groupby(clusters["cluster_id"]).agg(["size", "sum"])
    found = (sizes["sum"] * (sizes["size"] - 1)).sum() / 2
    return scores["correct_pairs"], found, scores["true_pairs"]


def _row(
    name: str, what: str, at: float, counts: tuple[float, float, float], seconds: float
) -> None:
    """Print a row of the table from correct, found and true pairs."""
    correct, found, true = counts
    rates = (correct / found, correct / true, 2 * correct / (found + true))
    cells = " | ".join(f"{rate:.5f}" for rate in rates)
    print(f"| {name} | {what} | {at} | {cells} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
