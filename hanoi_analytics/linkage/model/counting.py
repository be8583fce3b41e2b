"""How many pairs the blocking rules bring together: counted before any are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model.database import LEFT, RIGHT, Table, Workspace, workspace
from hanoi_analytics.linkage.model.design import ROW, Design, equalities, rule_sql

if TYPE_CHECKING:
    from splink.internals.blocking_rule_creator import BlockingRuleCreator

_COUNTED_RECORDS = 500_000

__all__ = ["count_comparisons", "counted", "refuse_over"]


def count_comparisons(left: Table, right: Table | None, design: Design) -> pd.DataFrame:
    """Count the pairs of each blocking rule without making any.

    Parameters
    ----------
    left, right : table
        As for `link`; `right` None for one table with itself.
    design : Design
        Its blocking rules are counted.

    Returns
    -------
    pandas.DataFrame
        ``rule, comparisons, cumulative, estimated``, one row a rule in order. A pair that several
        rules bring together is counted under each, so the sum bounds what is compared from above;
        what a rule asks besides equality is not taken off. Of a table of over 500,000 records one
        in so many is counted, and the count scaled up: it is then ``estimated``.

    Raises
    ------
    LinkageError
        For tables that cannot be linked (see `link`), and for a rule without an equality.
    """
    with workspace() as work:
        work.load(left, right, design)
        return counted(work, design)


def counted(work: Workspace, design: Design) -> pd.DataFrame:
    """Count the pairs of each blocking rule on loaded tables."""
    rules = [rule_sql(rule) for rule in design.blocking_rules]
    numbers = [_comparisons(work, rule) for rule in design.blocking_rules]
    table = pd.DataFrame({"rule": rules, "comparisons": numbers})
    estimated = any(_step(work, name) > 1 for name in (LEFT, RIGHT))
    return table.assign(cumulative=table["comparisons"].cumsum(), estimated=estimated)


def refuse_over(table: pd.DataFrame, max_comparisons: int) -> None:
    """Refuse counts over the limit, naming the rule that brings most."""
    total = int(table["comparisons"].sum())
    if total > max_comparisons:
        worst = table.iloc[int(table["comparisons"].to_numpy().argmax())]
        said = "an estimated " if worst["estimated"] else ""
        raise LinkageError(
            f"the blocking rules bring {said}{total:,} comparisons, over the limit of "
            f"{max_comparisons:,}; most ({worst['comparisons']:,}) come from "
            f"{worst['rule']!r}: add an equality to it, or raise max_comparisons"
        )


def _comparisons(work: Workspace, rule: BlockingRuleCreator | str) -> int:
    """Count the pairs that agree on the equalities of a rule."""
    parsed = equalities(rule)
    if not parsed:
        raise LinkageError(
            f"blocking rule {rule_sql(rule)!r} has no equality between l. and r.; "
            "it would compare every record with every other"
        )
    keys = {"l": [pair[0] for pair in parsed], "r": [pair[1] for pair in parsed]}
    if work.dedupe:
        step = _step(work, LEFT)
        groups = _groups(LEFT, keys["l"], step)
        return step**2 * work.number(f"SELECT sum(n * (n - 1) // 2) FROM ({groups})")
    left, right = _step(work, LEFT), _step(work, RIGHT)
    names = ", ".join(f"k{i}" for i in range(len(parsed)))
    return (left * right) * work.number(
        f"SELECT sum(l.n * r.n) FROM ({_groups(LEFT, keys['l'], left)}) l"
        f" JOIN ({_groups(RIGHT, keys['r'], right)}) r USING ({names})"
    )


def _step(work: Workspace, table: str) -> int:
    """Return of how many records one is counted."""
    return -(-work.records[table] // _COUNTED_RECORDS)


def _groups(table: str, keys: list[str], step: int) -> str:
    """Return SQL that counts the records of each key, of one record in so many."""
    named = ", ".join(f"{key} AS k{i}" for i, key in enumerate(keys))
    present = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    # By hash: neighbouring records may be one household's, or one file's.
    drawn = f"hash({ROW}) % {step} = 0 AND " if step > 1 else ""
    return f"SELECT {named}, count(*) AS n FROM {table} WHERE {drawn}{present} GROUP BY ALL"
