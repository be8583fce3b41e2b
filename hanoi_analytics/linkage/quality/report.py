"""A linkage report: what was linked, how, how well and for whom, in the order of GUILD.

References
----------
Gilbert, R. et al. (2018), GUILD: guidance for information about linking data sets, Journal of
Public Health 40 (1), 191-198, doi 10.1093/pubmed/fdx037.
Benchimol, E. I. et al. (2015), The reporting of studies conducted using observational
routinely-collected health data (RECORD) statement, PLOS Medicine 12 (10), e1001885.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from hanoi_analytics.errors import nearest
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.tables import carried

NOT_STATED = "not stated"
# Key, section, item, place in the guidance. Keys without a table of their own are the caller's.
_ITEMS = (
    ("population", "Data provision", "Population of each data set", "GUILD 1; RECORD 6.1"),
    ("collection", "Data provision", "How and why the data were collected", "GUILD 1"),
    ("period", "Data provision", "Period and place", "GUILD 1; RECORD 1.2"),
    ("access", "Data provision", "Access to the data sets, legal ground", "GUILD 1; RECORD 12.1"),
    ("counts", "Data provision", "Records and links (flow)", "RECORD 6.3, 13.1"),
    ("cleaning", "Data processing", "Cleaning and preparation", "GUILD 2; RECORD 12.2"),
    ("identifiers", "Data processing", "Identifiers used and how complete", "GUILD 2"),
    ("level", "Linkage", "Level of linkage (persons, institutions)", "RECORD 12.3"),
    ("method", "Linkage", "Method, software and version", "GUILD 2; RECORD 12.3"),
    ("threshold", "Linkage", "Threshold and how it was chosen", "GUILD 2; RECORD 12.3"),
    ("completeness", "Linkage", "True pairs compared (ceiling of recall)", "GUILD 2"),
    ("unlinkable", "Linkage", "Records beyond reach at the threshold", "GUILD 2"),
    ("score", "Quality", "Precision, recall and F1", "GUILD 2; RECORD 12.3"),
    ("expected", "Quality", "Expected by the model (no truth)", "GUILD 2; RECORD 12.3"),
    ("review", "Quality", "Clerical review", "GUILD 2; RECORD 6.2, 12.3"),
    ("bias", "Quality", "Widest gap of each measure between groups", "GUILD 2, 3"),
    ("differences", "Quality", "Linked against unlinked beyond 0.1", "GUILD 3"),
    ("analysis", "Analysis and limits", "How linkage error enters the analysis", "GUILD 3"),
    ("limits", "Analysis and limits", "Limits", "GUILD 4; RECORD 19.1"),
    ("code", "Analysis and limits", "Where code and protocol are", "GUILD 4; RECORD 22.1"),
)


def report(
    stated: Mapping[str, str],
    *,
    score: pd.DataFrame | None = None,
    expected: pd.DataFrame | None = None,
    completeness: pd.DataFrame | None = None,
    unlinkable: pd.DataFrame | None = None,
    review: pd.DataFrame | None = None,
    bias: pd.DataFrame | None = None,
    differences: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the report as an ordered table; what nobody stated says so instead of vanishing.

    Parameters
    ----------
    stated : mapping of str to str
        What only the authors know, under the keys population, collection, period, access,
        cleaning, identifiers, level, method, threshold, analysis, limits, code.
    score, expected, completeness, unlinkable, review, bias, differences : DataFrame, optional
        What the functions of this package returned: ``score``, ``expected_precision``,
        ``pair_completeness``, ``unlinkables`` at the one threshold, ``review_estimate``,
        ``bias_table`` and ``standardised_differences``, protected already if it is published:
        a missing value is said to be too small to be shown.

    Returns
    -------
    DataFrame
        ``section``, ``item``, ``guidance`` (step of GUILD, item of RECORD), ``value`` (text).

    Raises
    ------
    LinkageError
        If something is stated under a key of no item, or that is computed from a table.

    Examples
    --------
    >>> table = report({"method": "Fellegi and Sunter, Splink 5"})
    >>> table["value"].value_counts()["not stated"]
    np.int64(19)
    """
    tables: dict[str, tuple[pd.DataFrame | None, Callable[[pd.DataFrame], str]]] = {
        "counts": (score, _flow),
        "completeness": (completeness, _ceiling),
        "unlinkable": (unlinkable, _beyond),
        "score": (score, _measures),
        "expected": (expected, _measures),
        "review": (review, _measures),
        "bias": (bias, _gaps),
        "differences": (differences, _large),
    }
    free = [key for key, *_ in _ITEMS if key not in tables]
    for key in stated:
        if key not in free:
            raise LinkageError(f"stated: there is no item {key!r} to state; {nearest(key, free)}")
    texts = {key: text.strip() for key, text in stated.items() if text.strip()}
    texts |= {key: say(table) for key, (table, say) in tables.items() if table is not None}
    rows = [(*place, texts.get(key, NOT_STATED)) for key, *place in _ITEMS]
    made = pd.DataFrame(rows, columns=["section", "item", "guidance", "value"])
    given = (score, expected, completeness, unlinkable, review, bias, differences)
    return carried(made, *given)


def _flow(score: pd.DataFrame) -> str:
    counts = score.attrs["counts"]
    return (
        f"{counts['records']:,} records, {counts['in_register']:,} of persons in the register; "
        f"{counts['links']:,} linked ({counts['links'] / counts['records']:.1%}), "
        f"{counts['true_links']:,} of them truly"
    )


def _ceiling(completeness: pd.DataFrame) -> str:
    last = completeness.to_dict("records")[-1]
    return f"{_interval(last, 'share')} of {last['true_pairs']:,} true pairs"


def _beyond(unlinkable: pd.DataFrame) -> str:
    if len(unlinkable) != 1:
        raise LinkageError(
            f"unlinkable: {len(unlinkable)} thresholds, expected the one the links were made with"
        )
    only = unlinkable.to_dict("records")[0]
    if pd.isna(only["unlinkable"]):
        return f"too few of {only['records']:,} records to be shown"
    return f"{_interval(only, 'share')} of {only['records']:,} records"


def _measures(table: pd.DataFrame) -> str:
    shares = table[table["value"].le(1) & ~table.index.isin(["links", "matches"])]
    said = "; ".join(
        f"{str(name).replace('_', ' ')} {_interval(row, 'value')}"
        for name, row in shares.to_dict("index").items()
    )
    basis = table.attrs.get("basis")
    return f"{said} ({basis})" if basis else said


def _gaps(bias: pd.DataFrame) -> str:
    others = bias[~bias["reference"] & bias["difference"].notna()]
    if others.empty:
        return "no group has a value besides its reference"
    by_width = others.sort_values("difference", key=abs, ascending=False, kind="stable")
    widest = by_width.drop_duplicates("measure").sort_index()
    return "; ".join(
        f"{row['measure'].replace('_', ' ')}: {row['group']} {row['value']} {row['rate']:.1%}, "
        f"{100 * row['difference']:+.1f} points ({100 * row['difference_low']:+.1f} to "
        f"{100 * row['difference_high']:+.1f}) from the reference"
        for row in widest.to_dict("records")
    )


def _large(differences: pd.DataFrame) -> str:
    beyond = differences[differences["large"]]
    if beyond.empty:
        return f"none of {len(differences)} covariates"
    return "; ".join(
        f"{row['variable']} {row['difference']:+.2f}" for row in beyond.to_dict("records")
    )


def _interval(row: Mapping[Hashable, Any], value: str) -> str:
    if pd.isna(row[value]):
        return "undefined (nothing to divide by)"
    return f"{row[value]:.3%} (95 % interval {row['low']:.3%} to {row['high']:.3%})"
