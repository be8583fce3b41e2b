"""Pairs scored by the SQL that Splink writes, on numbered records; then assignment.

Splink's own prediction joins by ids in text with the name of the table before them, which takes
most of its time and memory; its comparisons and weights are used here as they are, on row numbers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from splink import SettingsCreator
from splink.internals.comparison_vector_values import compute_comparison_vector_values_sql
from splink.internals.dialects import SplinkDialect
from splink.internals.predict import predict_from_comparison_vectors_sqls

from hanoi_analytics.linkage.model.database import LEFT, RIGHT, Workspace, quoted
from hanoi_analytics.linkage.model.design import ROW, Design, rule_sql

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OneToOne", "assign", "score", "write"]

OneToOne = Literal["left", "both"]


def score(work: Workspace, design: Design, settings: dict[str, Any], *, keep: float) -> None:
    """Make the table ``pairs`` of all compared pairs with at least a match probability.

    Parameters
    ----------
    work : Workspace
        With both tables loaded.
    design : Design
        Its blocking rules and `settled_weight`.
    settings : dict
        Of the trained model.
    keep : float
        Least match probability of a pair.
    """

    # As a linkage within one table, because no column that names the table is needed.
    model = SettingsCreator.from_path_or_dict(settings | {"link_type": "dedupe_only"})
    made = model.get_settings("duckdb")
    rules = [rule_sql(rule) for rule in design.blocking_rules]
    settled = design.settled_weight
    # Once most left records are settled by the first two rules, the rest go through together.
    bounds = [0, len(rules)] if settled is None else [*range(min(2, len(rules))), 2, len(rules)]
    for first, end in pairwise(sorted({min(bound, len(rules)) for bound in bounds})):
        left = f"(FROM {LEFT} ANTI JOIN settled USING ({ROW}))" if first else LEFT
        _candidates(work, rules, first, end, left)
        _add(work, "pairs", _scored_sql(made, _joined_sql(made), keep), first=first == 0)
        if settled is not None and end < len(rules):
            found = (
                f"SELECT DISTINCT row_left AS {ROW} FROM pairs"
                f" WHERE match_key >= {first} AND match_weight >= {settled}"
            )
            _add(work, "settled", found, first=first == 0)


def _candidates(work: Workspace, rules: list[str], first: int, end: int, left: str) -> None:
    """Make the table of the pairs of some rules that no earlier rule brought together."""
    order = f" AND l.{ROW} < r.{ROW}" if work.dedupe else ""
    earlier = [f"coalesce(({rule}), false)" for rule in rules[:first]]
    where = f" WHERE NOT ({' OR '.join(earlier)})" if earlier else ""
    found = " UNION ALL ".join(
        f"SELECT l.{ROW} AS row_left, r.{ROW} AS row_right, {number}::TINYINT AS match_key"
        f" FROM {left} AS l JOIN {RIGHT} AS r ON ({rules[number]}){order}{where}"
        for number in range(first, end)
    )
    if end - first > 1:
        found = (
            f"SELECT row_left, row_right, min(match_key) AS match_key FROM ({found}) GROUP BY 1, 2"
        )
    work.connection.execute(f"CREATE OR REPLACE TABLE candidates AS {found}")


def _joined_sql(made: Any) -> str:
    """Return SQL that joins the records of the candidates."""
    columns = ", ".join(made._columns_to_select_for_blocking)
    return (
        f"SELECT {columns}, match_key FROM candidates AS b JOIN {LEFT} AS l"
        f" ON l.{ROW} = b.row_left JOIN {RIGHT} AS r ON r.{ROW} = b.row_right"
    )


def _add(work: Workspace, table: str, sql: str, *, first: bool) -> None:
    """Make a table of a query, or add to it."""
    start = f"CREATE TABLE {table} AS" if first else f"INSERT INTO {table}"
    work.connection.execute(f"{start} {sql}")


def _scored_sql(made: Any, joined: str, keep: float) -> str:
    """Return SQL of the pairs of a join with weight, probability and levels."""

    vectors = compute_comparison_vector_values_sql(
        made._columns_to_select_for_comparison_vector_values
    )
    steps = {"__splink__df_blocked": joined, "__splink__df_comparison_vectors": vectors}
    for step in predict_from_comparison_vectors_sqls(
        unique_id_input_columns=made.column_info_settings.unique_id_input_columns,
        core_model_settings=made.core_model_settings,
        sql_dialect=SplinkDialect.from_string("duckdb"),
        threshold_match_probability=keep,
        training_mode=True,  # keeps the level of each comparison
    ):
        steps[step["output_table_name"]] = step["sql"]
    chain = ", ".join(f"{name} AS ({sql})" for name, sql in steps.items())
    gammas = "".join(
        f', "{comparison._gamma_column_name}"::TINYINT AS "{comparison._gamma_column_name}"'
        for comparison in made.comparisons
    )
    return (
        f"WITH {chain} SELECT {ROW}_l AS row_left, {ROW}_r AS row_right, match_weight,"
        f" match_probability{gammas}, match_key FROM __splink__df_predict"
    )


def assign(work: Workspace, *, threshold: float, one_to_one: OneToOne | None) -> None:
    """Make the tables ``links`` and ``ties`` from ``pairs``.

    Parameters
    ----------
    work : Workspace
        With scored pairs.
    threshold : float
        Least match probability of a link.
    one_to_one : {"left", "both"}, optional
        "left": a left record is linked with its best right record only; "both": and a right record
        with its best left record only, the pairs that are best for both sides being taken first.
        A record whose best partners are equally good is not linked; those pairs are ``ties``.
    """
    columns = "row_left, row_right, match_weight, match_probability"
    work.connection.execute(
        f"CREATE TABLE open AS SELECT {columns} FROM pairs WHERE match_probability >= {threshold}"
    )
    work.connection.execute("CREATE TABLE ties AS FROM open LIMIT 0")
    if work.dedupe or one_to_one is None:
        work.connection.execute("CREATE TABLE links AS FROM open")
        return
    if one_to_one == "left":
        work.connection.execute(f"CREATE TABLE best AS {_best_sql('row_left')}")
        work.connection.execute(
            f"CREATE TABLE links AS SELECT {columns} FROM best WHERE equals = 1"
        )
        work.connection.execute(f"INSERT INTO ties SELECT {columns} FROM best WHERE equals > 1")
        return
    work.connection.execute("CREATE TABLE links AS FROM open LIMIT 0")
    while _assign_best_of_both(work, columns):
        pass


def _best_sql(side: str) -> str:
    """Return SQL of each record's best pairs and how many are equally good."""
    return (
        f"SELECT *, count(*) OVER (PARTITION BY {side}) AS equals FROM (SELECT open.* FROM open"
        f" JOIN (SELECT {side}, max(match_weight) AS top FROM open GROUP BY 1) USING ({side})"
        " WHERE match_weight = top)"
    )


def _assign_best_of_both(work: Workspace, columns: str) -> bool:
    """Link the pairs that are best for both their records; return whether there were any."""
    work.connection.execute(f"CREATE OR REPLACE TABLE best AS {_best_sql('row_left')}")
    work.connection.execute(f"CREATE OR REPLACE TABLE best_right AS {_best_sql('row_right')}")
    work.connection.execute(
        "CREATE OR REPLACE TABLE mutual AS SELECT l.*, r.equals AS equals_right FROM best l"
        " JOIN best_right r USING (row_left, row_right)"
    )
    single = f"SELECT {columns} FROM mutual WHERE equals = 1 AND equals_right = 1"
    tied = f"SELECT {columns} FROM mutual WHERE equals > 1 OR equals_right > 1"
    work.connection.execute(f"INSERT INTO links {single}")
    work.connection.execute(f"INSERT INTO ties {tied}")
    # A pair is closed once either of its records is linked or tied.
    work.connection.execute(
        "DELETE FROM open WHERE row_left IN (SELECT row_left FROM mutual)"
        " OR row_right IN (SELECT row_right FROM mutual)"
    )
    return work.number("SELECT count(*) FROM mutual") > 0


def write(work: Workspace, table: str, path: Path) -> None:
    """Write pairs, links or ties with the ids of the records as Parquet."""
    ids = "l.record AS left_id, r.record AS right_id"
    if work.dedupe:
        ids = "least(l.record, r.record) AS left_id, greatest(l.record, r.record) AS right_id"
    work.connection.execute(
        f"COPY (SELECT {ids}, t.* EXCLUDE (row_left, row_right) FROM {table} t"
        f" JOIN {LEFT} l ON t.row_left = l.{ROW} JOIN {RIGHT} r ON t.row_right = r.{ROW})"
        f" TO '{quoted(str(path))}' (FORMAT parquet)"
    )
