"""The quality rule of mobile broadband, QCVN 126:2021/BTTTT, judged with its uncertainty.

The rule compares figures of samples with limits. Samples vary, so each requirement has a figure,
an interval, and one of three verdicts: the whole interval on the good side, the whole on the bad
side, or neither. Speeds and latency are means with Student's interval, shares have the exact
binomial interval of Clopper and Pearson. Samples of one place resemble each other; with their
places named, the intervals widen as they must (see `validation.intervals`).

References
----------
QCVN 126:2021/BTTTT, issued with Circular 07/2021/TT-BTTTT.
Cochran, W. G. (1977), Sampling Techniques, 3rd edition, section 2.15: the normal interval of a mean
holds for samples larger than 25 times their squared skewness.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.validation.intervals import (
    Estimate,
    mean_interval,
    require_level,
    share_interval,
)
from hanoi_analytics.errors import nearest

MEETS, FAILS, OPEN, NOT_MEASURED = "meets", "fails", "cannot be told", "not measured"

_SHARE, _THRESHOLD = "share_of_samples_with_download_speed_30_mbps", "download_speed_of_that_share"
_FAILURES, _COUNT = "access_failure_rate", "sample_count"
_MEANS = {
    "mean_download_speed": "download_mbps",
    "mean_upload_speed": "upload_mbps",
    "latency": "latency_ms",
}


def judge(
    samples: pd.DataFrame,
    *,
    groups: str | None,
    by: str | None = None,
    limits: pd.DataFrame | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Hold samples against each requirement of the rule.

    Parameters
    ----------
    samples : pandas.DataFrame
        Accepted by `read_speeds`.
    groups : str or None
        The column that says which samples resemble each other, such as ``place``; None takes all
        samples for independent, so intervals are the narrowest that can be defended.
    by : str, optional
        A column to judge the parts of, such as ``setting``.
    limits : pandas.DataFrame, optional
        Like ``qos_limits``, by default that dataset.
    confidence : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        A block ``all``, then one for each part: ``part``, ``requirement``, ``comparison``,
        ``limit``, ``unit``, ``n``, ``effective_n``, ``value``, ``low``, ``high``, ``verdict``
        (meets, fails, cannot be told, not measured), ``as_written`` (whether the figure alone is
        on the good side, which is all the rule asks), ``note``. Latency is judged by its mean,
        since the rule names no other; the share of fast samples is of the samples with a download.

    Raises
    ------
    CoverageError
        No samples, an unknown column or requirement.

    Examples
    --------
    >>> fast = pd.DataFrame({"download_mbps": [150.0, 140.0] * 1000})
    >>> judge(fast, groups=None).set_index("requirement")["verdict"].iloc[[0, 1, 2, 5]].tolist()
    ['meets', 'not measured', 'meets', 'meets']
    """
    for column in (groups, by):
        if column is not None and column not in samples.columns:
            hint = nearest(column, map(str, samples.columns))
            raise CoverageError(f"no column {column!r} in the samples; {hint}")
    if samples.empty:
        raise CoverageError("no samples: see the report of rejected rows for the reasons")
    require_level(confidence)
    rule = catalogue.load("qos_limits") if limits is None else limits
    wanted: Any = rule[rule["quantity"] != _THRESHOLD].to_dict("records")
    threshold_mbps = float(rule.set_index("quantity")["limit"][_THRESHOLD])
    rows = []
    for part, inside in _parts(samples, by):
        for line in wanted:
            # The rule counts the samples of the whole test, not of its parts.
            if line["quantity"] == _COUNT and part != "all":
                continue
            estimate, note = _measured(line["quantity"], inside, threshold_mbps, groups, confidence)
            rows.append(
                {
                    "part": part,
                    "requirement": line["quantity"],
                    **{key: line[key] for key in ("comparison", "limit", "unit")},
                    **vars(estimate),
                    **_verdict(estimate, line["comparison"] == "≥", line["limit"]),
                    "note": note,
                }
            )
    result = pd.DataFrame(rows)
    result.attrs["sources"] = [
        *([samples.attrs["source"]] if "source" in samples.attrs else []),
        rule.attrs["source"],
    ]
    return result


def overall(judged: pd.DataFrame) -> str:
    """Say in a sentence what the requirements of `judge` amount to together.

    Examples
    --------
    >>> overall(judge(pd.DataFrame({"download_mbps": [150.0, 140.0]}), groups=None))
    'cannot be judged: 2 samples of download speed, the rule asks for 1,500'
    """
    whole = judged[judged["part"] == "all"].set_index("requirement")
    count = whole.loc[_COUNT]
    if count["value"] < count["limit"]:
        return (
            f"cannot be judged: {count['value']:,.0f} samples of download speed, "
            f"the rule asks for {count['limit']:,.0f}"
        )
    sentences = {
        FAILS: f"{FAILS}: {{}}",
        NOT_MEASURED: f"{OPEN}: not measured: {{}}",
        OPEN: f"{OPEN}: too near the limit for so many samples: {{}}",
    }
    for verdict, sentence in sentences.items():
        names = whole.index[whole["verdict"] == verdict]
        if len(names):
            listed = ", ".join(names).replace("_", " ").replace("mbps", "Mbps")
            return sentence.format(listed)
    return MEETS


def _parts(samples: pd.DataFrame, by: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", samples
    if by is not None:
        names = samples[by].astype("str").fillna("not stated")
        for name in sorted(set(names)):
            yield name, samples[names == name]


def _measured(
    quantity: str,
    samples: pd.DataFrame,
    threshold_mbps: float,
    groups: str | None,
    confidence: float,
) -> tuple[Estimate, str]:
    column = {
        **_MEANS,
        _SHARE: "download_mbps",
        _COUNT: "download_mbps",
        _FAILURES: "access_failed",
    }
    if quantity not in column:
        raise CoverageError(f"requirement {quantity!r} of the rule: {nearest(quantity, column)}")
    if column[quantity] not in samples:
        return Estimate(np.nan, np.nan, np.nan, 0, 0.0), f"no column {column[quantity]}"
    known = samples[samples[column[quantity]].notna()]
    values = known[column[quantity]].to_numpy(dtype=float)
    labels = None if groups is None else known[groups].to_numpy()
    if quantity == _COUNT:
        return Estimate(values.size, values.size, values.size, values.size, values.size), ""
    if quantity in _MEANS:
        skewness: Any = pd.Series(values).skew()
        skewed = values.size < 25 * skewness**2
        note = "skewed for so few samples: the interval is rough" if skewed else ""
        return mean_interval(values, labels, confidence=confidence), note
    if quantity == _SHARE:
        values = values >= threshold_mbps
    share = share_interval(values, labels, confidence=confidence, method="beta")
    value, low, high = (100 * number for number in (share.value, share.low, share.high))
    return Estimate(value, low, high, share.n, share.effective_n), ""


def _verdict(estimate: Estimate, at_least: bool, limit: float) -> dict[str, str]:
    if estimate.n == 0:
        return {"verdict": NOT_MEASURED, "as_written": NOT_MEASURED}
    sign = 1 if at_least else -1
    value, worst, best = (
        sign * (number - limit)
        for number in (estimate.value, *sorted((estimate.low, estimate.high), reverse=not at_least))
    )
    verdict = MEETS if worst >= 0 else FAILS if best < 0 else OPEN
    return {"verdict": verdict, "as_written": MEETS if value >= 0 else FAILS}
