"""The share of true matches estimated from a clerical review of a sample in strata."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.intervals import wilson
from hanoi_analytics.linkage.quality.tables import carried

_COLUMNS = ("links", "reviewed", "matches")


def review_estimate(strata: pd.DataFrame) -> pd.DataFrame:
    """Return the share of true matches among links of which a stratified sample was reviewed.

    Reviewers look hardest where the weight is doubtful, so each reviewed link stands for
    ``links / reviewed`` links of its stratum (Horvitz and Thompson). Wilson's limits of the
    strata are put together by their distances from the shares, and shrink with the share of a
    stratum that was reviewed: a stratum without an error adds to the width too.

    Parameters
    ----------
    strata : DataFrame
        One row a class of match weight: ``links`` (all links of the class), ``reviewed`` (sampled
        at random and judged), ``matches`` (judged true). For the precision give the classes above
        the threshold; those below it tell how many matches were let go.

    Returns
    -------
    DataFrame
        Index ``measure``: ``share_of_matches`` and ``matches`` (number); ``value``, ``low``,
        ``high`` (95 %), ``reviewed``.

    Raises
    ------
    LinkageError
        If a stratum with links was not reviewed, or counts contradict each other.

    References
    ----------
    Zou, G. Y., Huang, W. and Zhang, X. (2009), A note on confidence interval estimation for a
    linear function of binomial proportions, Computational Statistics and Data Analysis 53 (4),
    1080-1085.

    Examples
    --------
    >>> strata = pd.DataFrame(
    ...     {"links": [9000, 1000], "reviewed": [100, 100], "matches": [100, 60]}
    ... )
    >>> review_estimate(strata)["value"].tolist()
    [0.96, 9600.0]
    """
    missing = [column for column in _COLUMNS if column not in strata]
    if missing or strata.empty:
        raise LinkageError(f"strata: expected rows with {', '.join(_COLUMNS)}; missing {missing}")
    links, reviewed, matches = (strata[name].to_numpy(dtype=float) for name in _COLUMNS)
    _require_counts(links, reviewed, matches)
    # A stratum without links has nothing to review and no weight.
    used = links > 0
    links, reviewed, matches = links[used], reviewed[used], matches[used]
    share, low, high = wilson(matches, reviewed)
    weight = links / links.sum()
    unseen = np.sqrt(1 - reviewed / links)
    value = float(weight @ share)
    limits = np.array(
        [
            value,
            value - np.linalg.norm(weight * (share - low) * unseen),
            value + np.linalg.norm(weight * (high - share) * unseen),
        ]
    ).clip(0, 1)
    rows = {"share_of_matches": limits, "matches": limits * links.sum()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    table = table.rename_axis("measure").assign(reviewed=int(reviewed.sum()))
    return carried(table, strata)


def _require_counts(
    links: np.ndarray[tuple[int], np.dtype[np.float64]],
    reviewed: np.ndarray[tuple[int], np.dtype[np.float64]],
    matches: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    bad = ~((matches >= 0) & (matches <= reviewed) & (reviewed <= links))
    if bad.any():
        raise LinkageError(
            f"{int(bad.sum())} strata contradict 0 ≤ matches ≤ reviewed ≤ links, or miss a count"
        )
    unseen = (links > 0) & (reviewed == 0)
    if unseen.any():
        raise LinkageError(
            f"{int(unseen.sum())} strata have links and none reviewed: review some of each, or "
            "join the stratum to its neighbour"
        )
    if not links.sum():
        raise LinkageError("the strata hold no links: there is nothing to estimate")
