"""The rule of quality against counts by hand, and the power of its test against plain sums."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.quality import (
    judge,
    least_successes,
    overall,
    pass_probability,
    read_speeds,
)

SHARE = "share_of_samples_with_download_speed_30_mbps"


def speeds(fast: int, slow: int, **others: object) -> pd.DataFrame:
    table = pd.DataFrame({"download_mbps": [200.0] * fast + [10.0] * slow})
    return table.assign(**others)


def share_row(fast: int, slow: int) -> pd.Series[object]:
    return judge(speeds(fast, slow), groups=None).set_index("requirement").loc[SHARE]


@pytest.mark.parametrize(
    ("fast", "verdict", "as_written"),
    [
        (1500, "meets", "meets"),
        (1442, "meets", "meets"),
        (1441, "cannot be told", "meets"),
        (1425, "cannot be told", "meets"),
        (1424, "cannot be told", "fails"),
        (1408, "cannot be told", "fails"),
        (1407, "fails", "fails"),
    ],
)
def test_the_share_has_three_verdicts(fast: int, verdict: str, as_written: str) -> None:
    # Summed in exact fractions, 1,500 samples at 95 %: P(≥ 1442) = 0.0221, P(≥ 1441) = 0.0298,
    # P(≤ 1407) = 0.0217, P(≤ 1408) = 0.0281; the interval cuts each tail at 0.025.
    row = share_row(fast, 1500 - fast)
    assert (row["verdict"], row["as_written"]) == (verdict, as_written)
    assert row["value"] == pytest.approx(100 * fast / 1500)


def test_the_interval_of_the_share_is_exact() -> None:
    """At each end of the interval the result seen, or one further off, has probability 2.5 %."""
    row = judge(speeds(190, 10), groups=None).set_index("requirement").loc[SHARE]
    low, high = row["low"] / 100, row["high"] / 100

    def at_least(successes: int, share: float) -> float:
        terms = (comb(200, k) * share**k * (1 - share) ** (200 - k) for k in range(successes, 201))
        return sum(terms)

    assert at_least(190, low) == pytest.approx(0.025, rel=1e-6)
    assert 1 - at_least(191, high) == pytest.approx(0.025, rel=1e-6)


def test_every_requirement_is_judged_from_its_column() -> None:
    table = speeds(1500, 0, upload_mbps=29.0, latency_ms=20.0, access_failed=False)
    table.loc[:1, "upload_mbps"] = [28.0, 30.0]
    table.loc[:99, "access_failed"] = True  # 6.7 %, interval 5.4 to 8.1 %
    judged = judge(table, groups=None).set_index("requirement")
    assert judged["verdict"].to_dict() == {
        "mean_download_speed": "meets",
        "mean_upload_speed": "fails",
        SHARE: "meets",
        "latency": "meets",
        "access_failure_rate": "fails",
        "sample_count": "meets",
    }
    assert judged.loc["access_failure_rate", "value"] == pytest.approx(100 / 15)
    assert overall(judged.reset_index()) == ("fails: mean upload speed, access failure rate")
    assert [source["id"] for source in judged.attrs["sources"]] == ["qos_limits"]


def test_the_mean_has_students_interval() -> None:
    table = pd.DataFrame({"download_mbps": [80.0, 100.0, 120.0]})
    row = judge(table, groups=None).iloc[0]
    # s = 20, t of 2 degrees of freedom 4.3027, so 100 ± 4.3027 · 20 / √3.
    assert (row["low"], row["high"]) == pytest.approx((50.317, 149.683), abs=1e-3)
    assert row["verdict"] == "cannot be told"


def test_fewer_samples_than_the_rule_asks_for_leave_it_unjudged() -> None:
    judged = judge(speeds(1499, 0, upload_mbps=100.0), groups=None)
    assert overall(judged).startswith("cannot be judged: 1,499 samples of download speed")
    assert judged.set_index("requirement").loc[SHARE, "verdict"] == "meets"
    enough = overall(judge(speeds(1500, 0), groups=None))
    assert enough == "cannot be told: not measured: mean upload speed, latency, access failure rate"
    whole = judge(
        speeds(1500, 0, upload_mbps=100.0, latency_ms=9.0, access_failed=False), groups=None
    )
    assert overall(whole) == "meets"


def test_samples_of_one_place_tell_less() -> None:
    """96.5 % of 1,500 is certain if samples are independent, and not if they come in places."""
    table = speeds(1447, 53, place=np.arange(1500) // 50)
    alone = judge(table, groups=None).set_index("requirement").loc[SHARE]
    by_place = judge(table, groups="place").set_index("requirement").loc[SHARE]
    assert alone["verdict"] == "meets"
    assert by_place["verdict"] == "cannot be told"
    assert by_place["effective_n"] < 60  # one place of 30 holds nearly all that are slow


def test_parts_are_judged_without_the_count() -> None:
    table = speeds(30, 10, setting=["indoor"] * 20 + ["outdoor"] * 19 + [None])
    judged = judge(table, groups=None, by="setting")
    shares = judged[judged["requirement"] == SHARE].set_index("part")
    assert shares["n"].to_dict() == {"all": 40, "indoor": 20, "not stated": 1, "outdoor": 19}
    assert shares.loc["indoor", "value"] == 100
    assert judged.loc[judged["requirement"] == "sample_count", "part"].tolist() == ["all"]


def test_a_skewed_mean_of_few_samples_is_flagged() -> None:
    table = pd.DataFrame({"download_mbps": [100.0] * 30 + [3000.0]})
    notes = judge(table, groups=None).set_index("requirement")["note"]
    assert notes["mean_download_speed"].startswith("skewed")
    assert notes[SHARE] == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": "sites"}, "no column 'sites'"),
        ({"groups": None, "by": "settings"}, "no column 'settings'"),
        ({"groups": None, "confidence": 1.0}, "confidence=1.0"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        judge(speeds(2, 1), **options)  # type: ignore[arg-type]


def test_no_samples_and_unknown_requirements_are_refused() -> None:
    with pytest.raises(CoverageError, match="no samples"):
        judge(speeds(0, 0), groups=None)
    rule = catalogue.load("qos_limits")
    rule["quantity"] = rule["quantity"].replace("latency", "jitter")
    with pytest.raises(CoverageError, match="requirement 'jitter'"):
        judge(speeds(2, 1), groups=None, limits=rule)


def test_no_slow_sample_of_59_shows_95_percent() -> None:
    # The rule of sampling inspection: 0.95^59 = 0.0485 < 0.05 < 0.95^58 = 0.0510.
    assert least_successes(59, confidence=0.9) == 59
    assert least_successes(58, confidence=0.9) == 59  # more than there are: none can pass
    assert pass_probability(0.999, 58, confidence=0.9) == 0
    assert pass_probability(0.9, 59, confidence=0.9) == pytest.approx(0.9**59)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.5, 1.0))
def test_the_power_is_a_sum_of_binomial_terms(n: int, share: float) -> None:
    needed = -(-95 * n // 100)
    terms = (comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(needed, n + 1))
    assert least_successes(n) == needed
    assert pass_probability(share, n) == pytest.approx(sum(terms), rel=1e-9, abs=1e-12)


def test_impossible_tests_are_refused() -> None:
    with pytest.raises(CoverageError, match="n=0"):
        least_successes(0)
    with pytest.raises(CoverageError, match=r"limit_share=1\.0"):
        pass_probability(0.9, 10, limit_share=1.0)


def test_an_own_file_of_speeds_is_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    (tmp_path / "speeds.csv").write_text(
        "Download (Mbps);Upload;Ping (ms);Environment;Lat;Lon;Failed\n"
        "131,5;28,1;21;Indoor;21,0301;105,8502;0\n"
        ";;;Outdoor;21,0304;105,8498;1\n"
        ";;;Outdoor;21,03;105,85;0\n"
        "-999;3;20;Outdoor;21,03;105,85;0\n"
        "50;3;20;Outdoor;21,03;105,85;perhaps\n"
        "50;3;20;Outdoor;91;105,85;0\n",
        "utf-8",
    )
    read = read_speeds("speeds.csv")
    assert read.accepted["download_mbps"].tolist() == [131.5, pytest.approx(np.nan, nan_ok=True)]
    assert read.accepted["setting"].tolist() == ["indoor", "outdoor"]
    assert len(set(read.accepted["place"])) == 1
    assert read.rejected.set_index("row")["reason"].to_dict() == {
        4: "no speed given",
        5: "download_mbps: a stand-in for no measurement",
        6: "access_failed: neither true nor false",
        7: "latitude: expected from -90 to 90",
    }
    assert judge(read.accepted, groups="place")["verdict"].iloc[4] == "cannot be told"


@pytest.mark.parametrize("name", ["download_kbps", "Download (kbit/s)", "speed"])
def test_speeds_in_other_units_are_not_taken_for_mbps(name: str) -> None:
    with pytest.raises(CoverageError, match="no column of speeds"):
        read_speeds(pd.DataFrame({name: [120_000.0]}))


def test_the_simulated_samples_are_enough_and_near_the_limit() -> None:
    samples = catalogue.load("speed_samples_simulated")
    judged = judge(read_speeds(samples).accepted, groups="place").set_index("requirement")
    assert judged.loc["sample_count", "verdict"] == "meets"
    assert 93 < judged.loc[SHARE, "value"] < 98
    assert {source["id"] for source in judged.attrs["sources"]} == {
        "speed_samples_simulated",
        "qos_limits",
    }
