"""One pair explained, the true pairs that blocking ever compares, and a plain join beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.intervals import wilson
from hanoi_analytics.linkage.quality.tables import asked, carried, opened, require, require_known

if TYPE_CHECKING:
    import pyarrow as pa

    from hanoi_analytics.linkage.quality.tables import Table

_ROUNDING_BITS = 1e-6


def waterfall(pair: Mapping[str, Any], parameters: pd.DataFrame, *, prior: float) -> pd.DataFrame:
    """Return the sum that makes the match weight of one pair, without a value of either person.

    The weight is log2(λ / (1 − λ)) plus, for each comparison, log2(m / u) of the level the pair
    reached; a comparison with a missing value adds nothing. What a rare or frequent name adds
    to that stands in a row of its own.

    Parameters
    ----------
    pair : mapping
        One row of a pairs table: ``match_weight`` (bits) and ``gamma_<comparison>``, −1 where a
        value is missing. Identifiers in it are not read.
    parameters : DataFrame
        ``comparison``, ``level``, ``gamma``, ``weight`` (bits, log2(m / u)), ``term_frequency``
        (whether names' frequencies adjust the level).
    prior : float
        λ, the probability that two records taken at random match.

    Returns
    -------
    DataFrame
        ``comparison``, ``level``, ``weight``, ``cumulative`` (bits): the prior first, the total
        last. ``attrs["match_probability"]`` is 2^weight / (1 + 2^weight).

    Raises
    ------
    LinkageError
        If the pair has no level for a comparison, or the parameters are not those that gave the
        pair its weight.

    Examples
    --------
    >>> parameters = pd.DataFrame(
    ...     {
    ...         "comparison": ["sex"],
    ...         "level": ["same"],
    ...         "gamma": [1],
    ...         "weight": [1.0],
    ...         "term_frequency": [False],
    ...     }
    ... )
    >>> waterfall({"gamma_sex": 1, "match_weight": 1.0}, parameters, prior=0.5)["weight"].tolist()
    [0.0, 1.0, 1.0]
    """
    if not 0 < prior < 1:
        raise LinkageError(f"prior={prior}: expected a probability between 0 and 1")
    rows = [("prior", "two records at random", float(np.log2(prior / (1 - prior))))]
    adjusted = []
    for comparison, levels in parameters.groupby("comparison", sort=False):
        level, weight, adjustable = _reached(pair, str(comparison), levels)
        rows.append((str(comparison), level, weight))
        adjusted += [str(comparison)] if adjustable else []
    total = float(pair["match_weight"])
    rest = total - sum(row[2] for row in rows)
    if adjusted:
        rows.append((" and ".join(adjusted), "how frequent the value is", rest))
    elif abs(rest) > _ROUNDING_BITS:
        raise LinkageError(
            f"the levels of the pair sum to {total - rest:.4f} bits but its match_weight is "
            f"{total:.4f}: take parameters and prior from the link that scored the pair"
        )
    rows.append(("total", "match weight", total))
    table = pd.DataFrame(rows, columns=["comparison", "level", "weight"])
    # The total is the last sum itself, not added to it.
    table["cumulative"] = [*table["weight"].iloc[:-1].cumsum(), total]
    table.attrs["match_probability"] = float(1 / (1 + 2.0**-total))
    return carried(table, parameters)


def pair_completeness(
    truth: Table, left: Table, right: Table, rules: Mapping[str, str]
) -> pd.DataFrame:
    """Return the share of true pairs that each blocking rule compares, and any of them.

    The last row is the ceiling of the recall: no model links a pair that was never compared. The
    rules are tried on the true pairs alone, so nothing is blocked for it.

    Parameters
    ----------
    truth : table
        ``record_id`` (left), ``person_id`` (``record_id`` of the right table, or null).
    left, right : table
        The record tables with the columns of the rules; ``record_id`` unique.
    rules : mapping of str to str
        Name and SQL condition on ``l`` and ``r``, such as ``"l.cccd = r.cccd"``.

    Returns
    -------
    DataFrame
        ``rule`` (the last row is "any rule"), ``true_pairs``, ``compared``, ``only_here``
        (pairs that no other rule compares), ``share``, ``low``, ``high`` (95 %).

    Raises
    ------
    LinkageError
        If a rule names a column that a table lacks, ids are not unique, or there is no true pair.

    Examples
    --------
    >>> truth = pd.DataFrame({"record_id": ["a", "b"], "person_id": ["1", "2"]})
    >>> left = pd.DataFrame({"record_id": ["a", "b"], "birth_year": [1980, 1991]})
    >>> right = pd.DataFrame({"record_id": ["1", "2"], "birth_year": [1980, 1990]})
    >>> rules = {"birth year": "l.birth_year = r.birth_year"}
    >>> pair_completeness(truth, left, right, rules)["share"].tolist()
    [0.5, 0.5]
    """
    if not rules:
        raise LinkageError("rules: expected one blocking rule or more")
    hits = [f"coalesce({rule}, false) AS hit_{i}" for i, rule in enumerate(rules.values())]
    every = [f"hit_{i}::INTEGER" for i in range(len(rules))]
    sums = [
        f"count(*) FILTER (hit_{i}) AS n_{i}, count(*) FILTER (hit_{i} AND hits = 1) AS only_{i}"
        for i in range(len(rules))
    ]
    with opened(truth=truth, left_records=left, right_records=right) as database:
        require(database, "truth", ["person_id"], key="record_id")
        for table, column in (("left_records", "record_id"), ("right_records", "person_id")):
            require(database, table, [], key="record_id")
            require_known(database, column, table, "record_id", of="truth")
        query = f"""WITH tried AS (
            SELECT {", ".join(hits)} FROM truth
            JOIN left_records AS l ON l.record_id = truth.record_id
            JOIN right_records AS r ON r.record_id = truth.person_id)
        SELECT count(*) AS n, count(*) FILTER (hits > 0) AS any_rule, {", ".join(sums)}
        FROM (SELECT *, {" + ".join(every)} AS hits FROM tried)"""
        found = asked(database, query, of="the blocking rules").iloc[0]
    if not found["n"]:
        raise LinkageError("the truth table has no true pair: every person_id is null")
    rows = [(name, found[f"n_{i}"], found[f"only_{i}"]) for i, name in enumerate(rules)]
    rows.append(("any rule", found["any_rule"], 0))
    shares = pd.DataFrame(rows, columns=["rule", "compared", "only_here"])
    shares.insert(1, "true_pairs", found["n"])
    shares["share"], shares["low"], shares["high"] = wilson(
        shares["compared"], shares["true_pairs"]
    )
    return carried(shares, truth, left, right)


def exact_join(left: Table, right: Table, columns: Sequence[str]) -> pa.Table:
    """Return the links of a plain join: left records with just one right record equal in columns.

    What a spreadsheet's lookup would find, to hold a model against. A record with several equal
    partners stays unlinked, since nothing tells them apart.

    Parameters
    ----------
    left, right : table
        Record tables with ``record_id``, unique, and the columns.
    columns : sequence of str
        Columns that must be equal and not null.

    Returns
    -------
    pyarrow.Table
        ``left_id, right_id``.

    Raises
    ------
    LinkageError
        If a column is missing or ids are not unique.

    Examples
    --------
    >>> left = pd.DataFrame({"record_id": ["a", "b"], "full_name": ["Hà", "An"]})
    >>> right = pd.DataFrame({"record_id": [1, 2, 3], "full_name": ["Hà", "An", "An"]})
    >>> exact_join(left, right, ["full_name"]).to_pylist()
    [{'left_id': 'a', 'right_id': 1}]
    """
    names = ", ".join(f'"{column}"' for column in columns)
    with opened(left_records=left, right_records=right) as database:
        for table in ("left_records", "right_records"):
            require(database, table, columns, key="record_id")
        # A key of several residents is dropped before the join, which so stays small.
        query = f"""SELECT l.record_id AS left_id, r.right_id FROM left_records AS l
            JOIN (SELECT {names}, any_value(record_id) AS right_id FROM right_records
                GROUP BY {names} HAVING count(*) = 1) AS r USING ({names})"""
        return database.sql(query).to_arrow_table()


def typical_pair(pairs: Table, links: Table, parameters: pd.DataFrame) -> dict[str, float]:
    """Return the levels and the weight of the middle one of the links that are not wholly exact.

    Parameters
    ----------
    pairs, links : table
        Of one link; pairs with ``gamma_<comparison>``.
    parameters : DataFrame
        ``comparison``, ``gamma``: the highest level of a comparison is agreement.

    Returns
    -------
    dict
        ``match_weight`` and ``gamma_...`` of one pair, as :func:`waterfall` takes them; no id.
        The pair has the median weight among those in which a comparison that has both values
        falls short of its highest level.

    Raises
    ------
    LinkageError
        If every link is exact.
    """
    highest = parameters.groupby("comparison")["gamma"].max()
    levels = [f'"gamma_{name}" BETWEEN 0 AND {top - 1}' for name, top in highest.items()]
    gammas = ", ".join(f'"gamma_{name}"' for name in highest.index)
    inexact = f"FROM pairs SEMI JOIN links USING (left_id, right_id) WHERE ({' OR '.join(levels)})"
    with opened(pairs=pairs, links=links) as database:
        middle = f"(SELECT quantile_disc(match_weight, 0.5) {inexact})"
        query = f"""SELECT match_weight, {gammas} {inexact} AND match_weight = {middle}
            ORDER BY ALL LIMIT 1"""
        found = asked(database, query, of="a typical pair")
    if found.empty:
        raise LinkageError("every link agrees in all that it has: there is no inexact pair")
    return {str(name): float(value) for name, value in found.iloc[0].items()}


def _reached(
    pair: Mapping[str, Any], comparison: str, levels: pd.DataFrame
) -> tuple[str, float, bool]:
    column = f"gamma_{comparison}".replace(" ", "_")
    if column not in pair:
        raise LinkageError(f"the pair has no {column}: take it from the pairs table of the link")
    gamma = int(pair[column])
    if gamma == -1:
        return "missing", 0.0, False
    level = levels[levels["gamma"] == gamma]
    if len(level) != 1:
        raise LinkageError(
            f"comparison {comparison!r}: {len(level)} levels with gamma {gamma} in the parameters, "
            "expected one"
        )
    first = level.iloc[0]
    return str(first["level"]), float(first["weight"]), bool(first["term_frequency"])
