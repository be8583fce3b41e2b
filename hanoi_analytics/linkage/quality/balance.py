"""Linked records held against unlinked ones: standardised differences of covariates.

References
----------
Austin, P. C. (2009), Using the standardized difference to compare the prevalence of a binary
variable between two groups in observational research, Communications in Statistics: Simulation
and Computation 38 (6), 1228-1234.
Yang, D. and Dalton, J. E. (2012), A unified approach to measuring the effect size between two
groups using SAS, SAS Global Forum, paper 335-2012.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.tables import (
    asked,
    carried,
    opened,
    require,
    require_known,
    require_links,
    types,
)

if TYPE_CHECKING:
    from hanoi_analytics.linkage.quality.tables import Connection, Table

LARGE = 0.1
"""Customary line: a difference beyond it is a group that linking left out."""
_MOST_LEVELS = 1000

Floats = npt.NDArray[np.float64]


def standardised_differences(
    links: Table, records: Table, columns: Mapping[str, str]
) -> pd.DataFrame:
    """Return the standardised difference between linked and unlinked records, by covariate.

    A number is a continuous covariate, (mean₁ − mean₀) / √((s₁² + s₀²) / 2); true or false is a
    binary one, with p (1 − p) as variance; text is categorical, √(δᵀ S⁻¹ δ) with δ the difference
    of the shares of all levels but one and S the mean of the two multinomial covariances. Unlike
    a p-value it does not grow with the number of records.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``; each left record once.
    records : table
        The left record table: ``record_id`` and the columns of the covariates.
    columns : mapping of str to str
        Name of a covariate and its SQL expression, such as ``{"no CCCD": "cccd IS NULL"}``.

    Returns
    -------
    DataFrame
        ``variable``, ``kind``, ``linked``, ``unlinked`` (records with a value),
        ``linked_missing``, ``unlinked_missing``, ``difference`` (linked less unlinked; of a
        categorical covariate without sign), ``low``, ``high`` (95 %, Hedges and Olkin),
        ``large`` (beyond 0.1 either way).

    Raises
    ------
    LinkageError
        If a side is empty, a covariate has a type of no kind, or has over 1,000 levels.

    Examples
    --------
    >>> records = pd.DataFrame({"record_id": list("abcd"), "age": [30, 40, 50, 60]})
    >>> links = pd.DataFrame({"left_id": list("ab"), "right_id": list("xy")})
    >>> table = standardised_differences(links, records, {"age": "age"})
    >>> round(float(table.loc[0, "difference"]), 3)
    -2.828
    """
    with opened(links=links, records=records) as database:
        require(database, "records", [], key="record_id")
        require_links(database)
        require_known(database, "left_id", "records", "record_id", of="links")
        values = [f"({sql}) AS c{i}" for i, sql in enumerate(columns.values())]
        query = f"""CREATE TEMP TABLE valued AS SELECT v.*, right_id IS NOT NULL AS linked
            FROM (SELECT {", ".join(["record_id", *values])} FROM records) AS v
            LEFT JOIN links ON v.record_id = left_id"""
        asked(database, query, of="the covariates")
        sides = asked(database, "SELECT DISTINCT linked FROM valued", of="the sides")
        if len(sides) < 2:
            which = "linked" if sides["linked"].iloc[0] else "unlinked"
            raise LinkageError(f"all records are {which}: there is nothing to compare them with")
        rows = [_compared(database, name, f"c{i}") for i, name in enumerate(columns)]
    table = pd.DataFrame(rows)
    n1, n0, gap = table["linked"], table["unlinked"], table["difference"]
    error = np.sqrt((n1 + n0) / (n1 * n0) + gap**2 / (2 * (n1 + n0)))
    table["low"], table["high"] = gap - 1.96 * error, gap + 1.96 * error
    table["large"] = gap.abs() > LARGE
    return carried(table, links, records)


def _compared(database: Connection, name: str, column: str) -> dict[str, object]:
    kind = _kind(database, name, column)
    counted = (
        f"SELECT linked, count({column}) AS n, count(*) - count({column}) AS missing FROM valued "
        "GROUP BY linked"
    )
    counts = asked(database, counted, of=f"covariate {name!r}").set_index("linked")
    if not counts["n"].all():
        raise LinkageError(f"covariate {name!r}: one side has no value at all: leave it out")
    if kind == "categorical":
        gap = _categorical(*_shares(database, name, column))
    else:
        spread = f"var_samp({column})"
        if kind == "binary":
            column = f"({column})::INTEGER"
            spread = f"avg({column}) * (1 - avg({column}))"
        asked_for = f"SELECT linked, avg({column}) AS mean, {spread} AS variance FROM valued"
        found = asked(database, f"{asked_for} GROUP BY linked", of=f"covariate {name!r}")
        found = found.set_index("linked")
        delta = np.array([found["mean"][True] - found["mean"][False]])
        size = _length(delta, np.array([[found["variance"].mean()]]))
        gap = float(np.sign(delta[0]) * size)
    return {
        "variable": name,
        "kind": kind,
        "linked": int(counts["n"][True]),
        "unlinked": int(counts["n"][False]),
        "linked_missing": int(counts["missing"][True]),
        "unlinked_missing": int(counts["missing"][False]),
        "difference": gap,
    }


def _kind(database: Connection, name: str, column: str) -> str:
    found = types(database, "valued")[column]
    if found == "BOOLEAN":
        return "binary"
    if found == "VARCHAR" or found.startswith("ENUM"):
        return "categorical"
    if "INT" in found or found in {"DOUBLE", "FLOAT"} or found.startswith("DECIMAL"):
        return "continuous"
    raise LinkageError(
        f"covariate {name!r} is of type {found}: expected text, a number, or true and false, "
        "such as year(birth_date)"
    )


def _shares(database: Connection, name: str, column: str) -> tuple[Floats, Floats]:
    query = (
        f"SELECT {column} AS level, count_if(linked) AS linked, count_if(NOT linked) AS unlinked "
        f"FROM valued WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY level"
    )
    counts = asked(database, query, of=f"covariate {name!r}")
    if len(counts) > _MOST_LEVELS:
        raise LinkageError(
            f"covariate {name!r} has {len(counts):,} levels: expected {_MOST_LEVELS:,} or fewer"
        )
    linked, unlinked = (counts[side].to_numpy(dtype=float) for side in ("linked", "unlinked"))
    return linked / linked.sum(), unlinked / unlinked.sum()


def _categorical(linked: Floats, unlinked: Floats) -> float:
    one, other = linked[1:], unlinked[1:]
    covariance = sum(np.diag(p) - np.outer(p, p) for p in (one, other)) / 2
    return _length(one - other, np.asarray(covariance))


def _length(delta: Floats, covariance: Floats) -> float:
    """Return √(δᵀ S⁻¹ δ): endless where the sides differ in a direction without spread."""
    variances, directions = np.linalg.eigh(covariance)
    along = directions.T @ delta
    flat = variances <= 1e-12 * max(1.0, float(variances.max(initial=0)))
    if (np.abs(along[flat]) > 1e-12).any():
        return float("inf")
    return float(np.sqrt((along[~flat] ** 2 / variances[~flat]).sum()))
