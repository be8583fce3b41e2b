"""How good clusters of one table's records are: all pairs within clusters against the truth."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError, require_columns

__all__ = ["pairwise"]


def pairwise(clusters: pd.DataFrame, truth: pd.DataFrame) -> pd.Series[float]:
    """Return precision, recall and F1 over all pairs of records within clusters.

    Two records in one cluster are a found pair, also where no link joins them; two records of one
    person are a true pair. With n records, n_c of them in cluster c and n_cp of those of person p,
    the found pairs are the sum of n_c (n_c - 1) / 2, those that are true of n_cp (n_cp - 1) / 2.

    Parameters
    ----------
    clusters : pandas.DataFrame
        ``record_id, cluster_id``; records that it lacks are alone.
    truth : pandas.DataFrame
        ``record_id, person_id`` of every record, once.

    Returns
    -------
    pandas.Series
        ``found_pairs, true_pairs, correct_pairs`` (counts), ``precision, recall, f1`` (shares;
        NaN where nothing was found or nothing is true).

    Raises
    ------
    LinkageError
        If columns are missing, a record stands twice or has no person, or is not in the truth.

    References
    ----------
    Hassanzadeh, Chiang, Lee and Miller (2009), Framework for evaluating clustering algorithms in
    duplicate detection, PVLDB 2 (1), 1282-1293.

    Examples
    --------
    >>> clusters = pd.DataFrame({"record_id": ["a", "b", "c"], "cluster_id": [0, 0, 0]})
    >>> truth = pd.DataFrame({"record_id": ["a", "b", "c", "d"], "person_id": [1, 1, 2, 2]})
    >>> pairwise(clusters, truth)[["precision", "recall"]].round(2).tolist()
    [0.33, 0.5]
    """
    require_columns(clusters.columns, ("record_id", "cluster_id"), table="clusters")
    require_columns(truth.columns, ("record_id", "person_id"), table="truth")
    for name, table in (("clusters", clusters), ("truth", truth)):
        if repeated := int(table["record_id"].duplicated().sum()):
            raise LinkageError(f"{name} table: 'record_id' repeats in {repeated:,} rows")
    if nobody := int(truth["person_id"].isna().sum()):
        raise LinkageError(f"truth table: 'person_id' is null in {nobody:,} rows")
    both = clusters.merge(truth, on="record_id", how="left", validate="one_to_one")
    if unknown := int(both["person_id"].isna().sum()):
        raise LinkageError(f"clusters table: {unknown:,} records are not in the truth table")
    found = _pairs(both, ["cluster_id"])
    true = _pairs(truth, ["person_id"])
    correct = _pairs(both, ["cluster_id", "person_id"])
    return pd.Series(
        {
            "found_pairs": found,
            "true_pairs": true,
            "correct_pairs": correct,
            "precision": correct / found if found else float("nan"),
            "recall": correct / true if true else float("nan"),
            "f1": 2 * correct / (found + true) if found + true else float("nan"),
        }
    )


def _pairs(table: pd.DataFrame, by: list[str]) -> float:
    """Return how many pairs of rows share the values of the columns."""
    sizes = table.groupby(by, sort=False).size()
    return float((sizes * (sizes - 1) // 2).sum())
