"""Precision, recall and F1 of links: against truth, or as the model itself expects them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.intervals import f1, wilson
from hanoi_analytics.linkage.quality.tables import (
    asked,
    carried,
    opened,
    require,
    require_known,
    require_links,
    require_one_kind,
)

if TYPE_CHECKING:
    from hanoi_analytics.linkage.quality.tables import Connection, Table

# One row a record: the person it was linked to and the person it is.
JUDGED = "truth LEFT JOIN links ON truth.record_id = links.left_id"
TRUE = "coalesce(right_id = person_id, false)"
FALSE = f"right_id IS NOT NULL AND NOT {TRUE}"
MISSED = f"person_id IS NOT NULL AND NOT {TRUE}"
WRONG = f"person_id IS NOT NULL AND {FALSE}"
_COUNTS = f"""count(*) AS records, count(person_id) AS in_register, count(right_id) AS links,
    count(*) FILTER ({TRUE}) AS true_links, count(*) FILTER ({WRONG}) AS wrong_links"""
MODEL_BASED = "model-based: from match probabilities, no truth"


@dataclass(frozen=True)
class Confusion:
    """What became of the records.

    Attributes
    ----------
    records : int
        Records that could have been linked.
    in_register : int
        Those whose person is in the register: the true matches.
    links : int
        Records that were linked.
    true_links : int
        Records linked to their own person.
    wrong_links : int
        Records linked to another person though their own is in the register. Each is a false
        match and a missed match at once.
    """

    records: int
    in_register: int
    links: int
    true_links: int
    wrong_links: int

    @property
    def false_matches(self) -> int:
        """Links that are not true: to another person, or of a record of nobody in the register."""
        return self.links - self.true_links

    @property
    def missed_matches(self) -> int:
        """Records whose person is in the register and that were not linked to that person."""
        return self.in_register - self.true_links

    def score(self) -> pd.DataFrame:
        """Return precision, recall and F1 with 95 % intervals, one row each."""
        one_sided = self.false_matches + self.missed_matches - 2 * self.wrong_links
        rates: list[tuple[str, int, tuple[Any, Any, Any], str]] = [
            ("precision", self.links, wilson(self.true_links, self.links), "Wilson"),
            ("recall", self.in_register, wilson(self.true_links, self.in_register), "Wilson"),
            (
                "f1",
                self.records,
                f1(self.true_links, self.wrong_links, one_sided),
                "Wilson at the delta method's effective count",
            ),
        ]
        rows = [
            {
                "measure": name,
                "value": float(value),
                "low": float(low),
                "high": float(high),
                "n": of,
                "method": method,
            }
            for name, of, (value, low, high), method in rates
        ]
        return pd.DataFrame(rows).set_index("measure")


def score(links: Table, truth: Table) -> pd.DataFrame:
    """Return precision, recall and F1 of links against truth.

    A record of nobody in the register (``person_id`` null) that is linked is a false match. A
    record linked to another person than its own is a false match and a missed match.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``; each left record once.
    truth : table
        ``record_id``, ``person_id``: every record that could have been linked, once.

    Returns
    -------
    DataFrame
        Index ``measure`` (precision, recall, f1); ``value``, ``low``, ``high`` (shares, 95 %
        interval), ``n`` (links, true matches, records), ``method``. ``attrs["counts"]`` holds
        the counts of :class:`Confusion`.

    Raises
    ------
    LinkageError
        If columns are missing, a record stands twice, or links name records not in the truth.

    Examples
    --------
    >>> links = pd.DataFrame({"left_id": ["a", "b"], "right_id": ["1", "9"]})
    >>> truth = pd.DataFrame({"record_id": ["a", "b", "c"], "person_id": ["1", "2", "3"]})
    >>> score(links, truth)["value"].round(3).to_dict()
    {'precision': 0.5, 'recall': 0.333, 'f1': 0.4}
    """
    with opened(links=links, truth=truth) as database:
        require_judged(database)
        counted = asked(database, f"SELECT {_COUNTS} FROM {JUDGED}", of="the score")
    confusion = Confusion(**{str(name): int(n) for name, n in counted.iloc[0].items()})
    table = confusion.score()
    table.attrs["counts"] = asdict(confusion)
    return carried(table, links, truth)


def expected_precision(links: Table, pairs: Table | None = None) -> pd.DataFrame:
    """Return what the match probabilities themselves say of the links.

    The model is taken at its word: of links with probability p the share p is expected to be
    true. A model that is wrong is wrong here too, so the result is never a measured precision.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``, ``match_probability``; each left record once.
    pairs : table, optional
        All compared pairs with the same columns. Gives the expected recall among compared pairs;
        a left record has at most one expected match, and what blocking never compared is unseen.

    Returns
    -------
    DataFrame
        Index ``measure`` (links, expected_false_links, expected_precision and with pairs
        expected_recall_among_compared); ``value``, ``low``, ``high`` (95 %, from the chance of
        each link alone), ``basis`` (says that it is model-based, as ``attrs["basis"]``).

    Raises
    ------
    LinkageError
        If columns are missing, a left record stands twice, or a probability is not in 0 to 1.

    Examples
    --------
    >>> links = pd.DataFrame(
    ...     {"left_id": [1, 2], "right_id": [7, 8], "match_probability": [0.9, 0.7]}
    ... )
    >>> expected_precision(links).loc["expected_precision", "value"].round(3)
    np.float64(0.8)
    """
    with opened(links=links, pairs=pairs) as database:
        require_links(database, "match_probability")
        _require_probabilities(database, "links")
        summed = (
            "SELECT count(*), coalesce(sum(match_probability), 0), "
            "coalesce(sum(match_probability * (1 - match_probability)), 0) FROM links"
        )
        count, expected, variance = asked(database, summed, of="the expected precision").iloc[0]
        compared = None
        if pairs is not None:
            _require_probabilities(database, "pairs")
            per_record = (
                "SELECT sum(p) FROM (SELECT least(1, sum(match_probability)) AS p "
                "FROM pairs GROUP BY left_id)"
            )
            compared = float(asked(database, per_record, of="the expected recall").to_numpy()[0, 0])
    half = 1.96 * float(np.sqrt(variance))
    rows = {
        "links": (count, count, count),
        "expected_false_links": tuple(
            np.clip([count - expected, count - expected - half, count - expected + half], 0, count)
        ),
        "expected_precision": _share(expected, half, count),
    }
    if compared is not None:
        rows["expected_recall_among_compared"] = _share(expected, half, compared)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    table = table.astype(float).rename_axis("measure").assign(basis=MODEL_BASED)
    table.attrs["basis"] = MODEL_BASED
    return carried(table, links, pairs)


def require_judged(database: Connection, *columns: str) -> None:
    """Raise unless links and truth of a database are sound and the truth covers the links."""
    require_links(database, *columns)
    require(database, "truth", ["person_id"], key="record_id")
    require_known(database, "left_id", "truth", "record_id", of="links")
    # Ids of two kinds would never agree, and the precision would be a silent zero.
    require_one_kind(database, ("links", "right_id"), ("truth", "person_id"))


def _share(expected: float, half: float, of: float) -> tuple[float, float, float]:
    if not of:
        return np.nan, np.nan, np.nan
    value, low, high = np.clip(np.array([expected, expected - half, expected + half]) / of, 0, 1)
    return float(value), float(low), float(high)


def _require_probabilities(database: Connection, table: str) -> None:
    bad = (
        f"SELECT count(*) FROM {table} "
        "WHERE match_probability IS NULL OR NOT match_probability BETWEEN 0 AND 1"
    )
    count = int(asked(database, bad, of=f"the {table} table").to_numpy()[0, 0])
    if count:
        raise LinkageError(f"{count:,} match_probability of the {table} table are not in 0 to 1")
