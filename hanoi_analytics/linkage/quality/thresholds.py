"""What another threshold would give: quality, the records beyond reach, and the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.bias import MISSING
from hanoi_analytics.linkage.quality.intervals import wilson
from hanoi_analytics.linkage.quality.scores import (
    JUDGED,
    MODEL_BASED,
    TRUE,
    WRONG,
    Confusion,
    require_judged,
)
from hanoi_analytics.linkage.quality.tables import (
    asked,
    carried,
    opened,
    require,
    require_known,
    require_links,
)

if TYPE_CHECKING:
    from hanoi_analytics.linkage.quality.tables import Table


def threshold_sweep(
    links: Table, truth: Table | None = None, *, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Return the links and their quality at each threshold of the match weight.

    Link once at a low threshold and sweep upwards: below the threshold of the linking there is
    nothing to see.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``, ``match_weight`` (bits), ``match_probability``.
    truth : table, optional
        ``record_id``, ``person_id``. Without it the precision is the model's own expectation and
        the recall is left out.
    thresholds : sequence of float
        Match weights, bits; a link stays at its own weight and above.

    Returns
    -------
    DataFrame
        One row a threshold, ascending: ``threshold``, ``links``; with truth ``precision``,
        ``recall`` and ``f1``, each with ``_low`` and ``_high`` (95 %), without it
        ``expected_precision`` and ``expected_false_links``; ``basis``.

    Examples
    --------
    >>> links = pd.DataFrame(
    ...     {"left_id": ["a", "b"], "right_id": ["1", "9"], "match_weight": [12.0, 3.0]}
    ... )
    >>> truth = pd.DataFrame({"record_id": ["a", "b"], "person_id": ["1", "2"]})
    >>> sweep = threshold_sweep(links, truth, thresholds=[0, 5])
    >>> sweep[["links", "precision", "recall"]].to_numpy().tolist()
    [[2.0, 0.5, 0.5], [1.0, 1.0, 0.5]]
    """
    steps = _steps(thresholds)
    with opened(links=links, truth=truth, steps=steps) as database:
        if truth is None:
            require_links(database, "match_weight", "match_probability")
            sums = "count(*) AS links, coalesce(sum(match_probability), 0) AS expected"
            source = "links"
        else:
            require_judged(database, "match_weight")
            sums = (
                f"count(*) AS links, count(*) FILTER ({TRUE}) AS true_links, "
                f"count(*) FILTER ({WRONG}) AS wrong_links"
            )
            source = f"(SELECT * FROM {JUDGED} WHERE right_id IS NOT NULL)"
            whole = asked(database, "SELECT count(*), count(person_id) FROM truth", of="the truth")
        joined = f"{source} AS l ASOF JOIN steps ON l.match_weight >= steps.threshold"
        grouped = f"SELECT threshold, {sums} FROM {joined} GROUP BY threshold"
        found = asked(database, grouped, of="the sweep").set_index("threshold")
    # A link counts at each threshold up to its own step.
    kept = found.reindex(steps["threshold"], fill_value=0)[::-1].cumsum()[::-1]
    if truth is None:
        table = _expected(kept)
    else:
        records, in_register = (int(n) for n in whole.iloc[0])
        table = pd.DataFrame([_scored(row, records, in_register) for row in kept.itertuples()])
        table = table.assign(basis="truth")
    return carried(table, links, truth)


def linkage_rate_sweep(
    links: Table, records: Table, group: str, *, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Return the linkage rate of each group value at each threshold of the match weight.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``, ``match_weight`` (bits).
    records : table
        ``record_id`` and the columns of the group.
    group : str
        SQL expression over ``records``.
    thresholds : sequence of float
        Match weights, bits.

    Returns
    -------
    DataFrame
        ``value``, ``threshold``, ``n`` (records), ``count`` (links), ``rate``, ``low``, ``high``
        (95 %).

    Examples
    --------
    >>> records = pd.DataFrame({"record_id": ["a", "b"], "sex": ["male", "male"]})
    >>> links = pd.DataFrame({"left_id": ["a"], "right_id": ["1"], "match_weight": [8.0]})
    >>> linkage_rate_sweep(links, records, "sex", thresholds=[5, 10])["rate"].tolist()
    [0.5, 0.0]
    """
    steps = _steps(thresholds)
    with opened(links=links, records=records, steps=steps) as database:
        require(database, "records", [], key="record_id")
        require_links(database, "match_weight")
        require_known(database, "left_id", "records", "record_id", of="links")
        query = f"""WITH weighed AS (
            SELECT g AS value, match_weight
            FROM (SELECT record_id, coalesce(({group})::VARCHAR, '{MISSING}') AS g FROM records)
            LEFT JOIN links ON record_id = left_id)
        SELECT value, threshold, count(*) AS n, count(*) FILTER (match_weight >= threshold) AS count
        FROM weighed CROSS JOIN steps GROUP BY ALL ORDER BY value, threshold"""
        table = asked(database, query, of="the linkage rate")
    table["rate"], table["low"], table["high"] = wilson(table["count"], table["n"])
    return carried(table, links, records)


def unlinkables(weights: Table, *, thresholds: Sequence[float]) -> pd.DataFrame:
    """Return the share of records that stay under a threshold even against themselves.

    Such a record holds too little to be linked to anyone, whatever the model.

    Parameters
    ----------
    weights : table
        ``match_weight`` (bits) of each record compared with itself, as
        :func:`self_weights` gives it.
    thresholds : sequence of float
        Match weights, bits.

    Returns
    -------
    DataFrame
        ``threshold``, ``records``, ``unlinkable``, ``share``, ``low``, ``high`` (95 %).

    Examples
    --------
    >>> own = pd.DataFrame({"match_weight": [2.0, 9.0, 14.0, 20.0]})
    >>> unlinkables(own, thresholds=[5, 10])["share"].tolist()
    [0.25, 0.5]
    """
    steps = _steps(thresholds)
    with opened(weights=weights, steps=steps) as database:
        counted = (
            "SELECT threshold, (SELECT count(*) FROM weights) AS records, "
            "(SELECT count(*) FROM weights WHERE match_weight < threshold) AS unlinkable "
            "FROM steps ORDER BY threshold"
        )
        table = asked(database, counted, of="the unlinkable records")
    if not table["records"].iloc[0]:
        raise LinkageError("the table of self-weights has no rows")
    table["share"], table["low"], table["high"] = wilson(table["unlinkable"], table["records"])
    return carried(table, weights)


def self_weights(
    records: Table, settings: dict[str, Any], *, unique_id: str = "record_id"
) -> pd.DataFrame:
    """Return the match weight of each record against itself, under a trained model.

    Frequencies of names are those among the records given.

    Parameters
    ----------
    records : table
        A prepared record table with the columns of the settings.
    settings : dict
        The trained Splink settings of a link (``Links.settings``).
    unique_id : str
        The records' own id; a link trains on row numbers in place of it.

    Returns
    -------
    DataFrame
        ``match_weight`` (bits) alone, in no order, so that it tells of nobody.
    """
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    own = {
        **settings,
        "link_type": "link_only",
        "unique_id_column_name": unique_id,
        "blocking_rules_to_generate_predictions": [f'l."{unique_id}" = r."{unique_id}"'],
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": False,
    }
    with opened(records=records) as database:
        require(database, "records", [], key=unique_id)
        api = DuckDBAPI(connection=database)
        twice = [
            api.register("records", dataset_display_name=name) for name in ("record", "itself")
        ]
        # Splink's timings stay out of the log, and so off a page.
        linker = Linker(twice, own, log_level=None)
        predicted = linker.inference.predict().physical_name
        weights = f"SELECT match_weight FROM {predicted} ORDER BY match_weight"
        return carried(asked(database, weights, of="the self-weights"), records)


def weight_histogram(
    pairs: Table, truth: Table | None = None, *, width: float = 1.0
) -> pd.DataFrame:
    """Return the number of pairs by class of match weight, true and false apart if truth is known.

    Parameters
    ----------
    pairs : table
        ``left_id``, ``right_id``, ``match_weight`` (bits); a left record may stand many times.
    truth : table, optional
        ``record_id``, ``person_id``.
    width : float
        Width of a class, bits.

    Returns
    -------
    DataFrame
        ``low`` (bits, lower edge of the class), ``high``, ``pairs``; with truth ``true_pairs``.

    Examples
    --------
    >>> pairs = pd.DataFrame(
    ...     {"left_id": [1, 1, 2], "right_id": [7, 8, 9], "match_weight": [-0.5, 3.2, 3.9]}
    ... )
    >>> weight_histogram(pairs)[["low", "pairs"]].to_numpy().tolist()
    [[-1.0, 1.0], [3.0, 2.0]]
    """
    if width <= 0:
        raise LinkageError(f"width={width}: a class must be wider than 0 bits")
    judged = "" if truth is None else f", count(*) FILTER ({TRUE}) AS true_pairs"
    source = "pairs" if truth is None else "pairs JOIN truth ON pairs.left_id = truth.record_id"
    with opened(pairs=pairs, truth=truth) as database:
        if truth is not None:
            require(database, "truth", ["person_id"], key="record_id")
        counted = (
            f"SELECT floor(match_weight / {float(width)}) * {float(width)} AS low, "
            f"low + {float(width)} AS high, count(*) AS pairs{judged} "
            f"FROM {source} GROUP BY ALL ORDER BY low"
        )
        return carried(asked(database, counted, of="the histogram"), pairs, truth)


def _steps(thresholds: Sequence[float]) -> pd.DataFrame:
    steps = np.unique(np.asarray(thresholds, dtype=float))
    if not steps.size or not np.isfinite(steps).all():
        raise LinkageError("thresholds: expected one match weight or more, in bits, none missing")
    return pd.DataFrame({"threshold": steps})


def _expected(kept: pd.DataFrame) -> pd.DataFrame:
    table = kept.reset_index().astype({"links": int})
    table["expected_precision"] = table["expected"] / table["links"].where(table["links"] > 0)
    table["expected_false_links"] = table["links"] - table["expected"]
    table.attrs["basis"] = MODEL_BASED
    return table.drop(columns="expected").assign(basis=MODEL_BASED)


def _scored(row: Any, records: int, in_register: int) -> dict[str, float]:
    confusion = Confusion(
        records, in_register, int(row.links), int(row.true_links), int(row.wrong_links)
    )
    measures = confusion.score()
    found = {"threshold": float(row.Index), "links": confusion.links}
    for name, measure in measures.iterrows():
        found |= {str(name): measure["value"]}
        found |= {f"{name}_low": measure["low"], f"{name}_high": measure["high"]}
    return found
