"""The page of runs, on ledgers written by hand."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from hanoi_analytics.ledger import Ledger
from hanoi_analytics.publishing import durations
from hanoi_analytics.publishing.gate import check_page
from hanoi_analytics.publishing.runs_page import write_runs_page
from tests.browser import PageReport, open_offline

HOSTILE = "</dd><script>alert(1)</script>{{ 7*7 }}{% raw %} <img src=x onerror=alert(1)> Hoàn Kiếm"
SOURCE = {"id": "openaq", "tier": "embedded", "sha256": "0123456789abcdef0123"}
FAILED = {"status": "failed", "error": "ValueError: no data", "error_cell": 4, "findings": {}}
# 20:30 in London on New Year's Day is the next morning in Hanoi.
MORNING = "2026-01-01T20:30:00+00:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def add(ledger: Ledger, count: int = 1, **values: object) -> None:
    row = {
        "notebook": "environment/air",
        "page": "environment/air.html",
        "parameters": {"year": 2017},
        "code_version": "1.0 (1c02f3a)",
        "sources": [SOURCE],
        "findings": {"mean_pm25_ugm3": 45.8},
        "started_at": MORNING,
        "status": "published",
        "seconds": 12.0,
    } | values
    kept = [json.dumps(v) if isinstance(v, (dict, list)) else v for v in row.values()]
    insert = f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with sqlite3.connect(ledger.path) as opened:
        opened.executemany(insert, [kept] * count)
    opened.close()


def written(ledger: Ledger) -> BeautifulSoup:
    site = ledger.path.parent / "site"
    write_runs_page(site, ledger, "1.0")
    html = (site / "runs.html").read_text("utf-8")
    assert check_page(html) == []
    return BeautifulSoup(html, "html.parser")


def put(ledger: Ledger, page: str, head: str = "") -> None:
    path = ledger.path.parent / "site" / page
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<!doctype html>{head}")


def facts(soup: BeautifulSoup) -> dict[str, str]:
    """Return the names and texts of the first section's facts."""
    listed = soup.select_one(".summary dl")
    assert listed is not None
    texts = (" ".join(dd.get_text(" ").split()) for dd in listed.find_all("dd", recursive=False))
    return dict(zip((dt.get_text() for dt in listed.find_all("dt")), texts, strict=True))


def details(soup: BeautifulSoup, run: int) -> str:
    row = soup.find(id=f"run-{run}")
    assert row is not None
    return " ".join(row.find_next_sibling("tr").get_text(" ").split())


def test_an_empty_ledger_makes_a_page_that_says_so(ledger: Ledger) -> None:
    soup = written(ledger)
    assert "Nothing has run yet" in soup.get_text()
    assert soup.find("table") is None


def test_moments_are_hanois_and_the_page_says_so(ledger: Ledger) -> None:
    add(ledger)
    soup = written(ledger)
    assert facts(soup)["Last success"].startswith("2026-01-02 03:30, ")
    assert "Asia/Ho_Chi_Minh, UTC+7" in soup.get_text()


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=5), "under a minute old"),
        (timedelta(minutes=1, seconds=5), "1 minute old"),
        (timedelta(hours=3, minutes=50), "3 hours old"),
        (timedelta(days=2, hours=23), "2 days old"),
        (timedelta(hours=-3), "under a minute old"),
    ],
)
def test_the_last_success_has_an_age(ledger: Ledger, ago: timedelta, words: str) -> None:
    add(ledger, started_at=(datetime.now(UTC) - ago).isoformat())
    add(ledger, **FAILED)
    assert facts(written(ledger))["Last success"].endswith(f", {words}")


def test_a_success_older_than_the_runs_shown_is_still_the_last(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, 40, **FAILED)
    soup = written(ledger)
    assert facts(soup)["Last success"].startswith("2026-01-02 03:30")
    assert len(soup.select(".runs tr[id]")) == 30
    assert "run-12" in str(soup) and "run-11" not in str(soup)


def test_the_share_counts_the_last_twenty_that_ended(ledger: Ledger) -> None:
    add(ledger, 5, **FAILED)
    add(ledger, 17)
    add(ledger, status="lost", seconds=None)
    add(ledger, 2, status="timed out")
    add(ledger, status="running", seconds=None)
    found = facts(written(ledger))
    assert found["Succeeded"] == "17 of the last 20 (85 %)"
    assert found["State"].startswith("running since 2026-01-02 03:30")


def test_the_last_failure_says_cell_reason_and_traceback(ledger: Ledger) -> None:
    add(ledger, **(FAILED | {"error": "an older one"}))
    add(ledger, **FAILED, traceback=f"Traceback\n{HOSTILE}")
    add(ledger)
    soup = written(ledger)
    failure = facts(soup)["Last failure"]
    assert failure.startswith("failed run 2, in cell 4 ValueError: no data Traceback")
    assert "Hoàn Kiếm" in failure
    folded = soup.select_one(".summary details pre")
    assert folded is not None and folded["tabindex"] == "0"
    assert soup.select_one("main > p a") is None, "the last run went well"


def test_pages_whose_last_run_failed_are_named_at_the_top(ledger: Ledger) -> None:
    add(ledger, page="a b.html", **FAILED)
    add(ledger)
    soup = written(ledger)
    links = soup.select("main > p a")
    assert [a.get_text() for a in links] == ["a b"]
    assert soup.find(id=links[0]["href"].removeprefix("#")) is not None


def test_durations_are_compared_five_with_five_of_those_that_published(ledger: Ledger) -> None:
    for seconds in (99, 10, 10, 11, 9, 10, 12, 12, 11, 13, 300):
        add(ledger, seconds=seconds)
        add(ledger, **FAILED, seconds=1000)
    assert facts(written(ledger))["Duration"] == (
        "median 11.0 s of 11 published runs; the last five 12.0 s, the five before 10.0 s (+20 %)"
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "12.0 s in the one published run; one run is no trend"), (9, "told from 10 on")],
)
def test_a_few_runs_are_no_trend(ledger: Ledger, count: int, words: str) -> None:
    add(ledger, count)
    assert words in facts(written(ledger))["Duration"]


def test_the_picture_is_named_has_units_and_marks_what_failed(ledger: Ledger) -> None:
    add(ledger, 3, seconds=9.0)
    add(ledger, **FAILED, seconds=18.0)
    add(ledger, status="lost", seconds=None)
    svg = written(ledger).select_one("svg")
    assert svg is not None
    names = [svg.find(id=svg[key]).get_text() for key in ("aria-labelledby", "aria-describedby")]
    assert names == [
        "Duration of the last runs of environment/air",
        "5 runs, 9.0 s to 18.0 s. Not published: runs 4, 5.",
    ]
    assert [t.get_text() for t in svg.find_all("text")] == [
        *["0 s", "5 s", "10 s", "15 s", "20 s"],
        *["run 1", "run 5"],
    ]
    assert [float(c["cy"]) for c in svg.find_all("circle")] == [59.5] * 3  # 45 % of 90 above 100
    assert [p.get_text() for p in svg.select("path.cross")] == [
        "run 4: failed, 18.0 s",
        "run 5: lost, not known",
    ]


def test_one_run_has_no_picture(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, status="running", seconds=None)
    assert written(ledger).find("svg") is None


@pytest.mark.parametrize(
    ("longest", "first", "last"),
    [
        (0.0, "0 s", "0.1 s"),
        (20.0, "0 s", "20 s"),
        (119.0, "0 s", "150 s"),
        (200.0, "0 min", "4 min"),
        (9000.0, "0 h", "3 h"),
    ],
)
def test_the_axis_fits_what_it_shows(ledger: Ledger, longest: float, first: str, last: str) -> None:
    add(ledger, 2, seconds=longest)
    chart = durations.draw(ledger.runs())
    assert chart is not None
    assert (chart.ticks[0][1], chart.ticks[-1][1]) == (first, last)
    assert 3 <= len(chart.ticks) <= 5
    assert all(durations.TOP <= mark.y <= durations.BOTTOM for mark in chart.marks)


def test_a_run_shows_its_parameters_hashes_and_what_its_findings_did(ledger: Ledger) -> None:
    add(ledger, findings={"mean": 40.0, "days": 7, "gone": 1.0, "zero": 0})
    add(ledger, **FAILED)
    changed = {"parameters": {"year": 2018}, "sources": [SOURCE | {"sha256": "f" * 64}]}
    new = {"mean": 50.0, "days": 7, "zero": 2, "fresh": None}
    add(ledger, **changed, findings=new, code_version="2", peak_memory_bytes=412_300_000)
    soup = written(ledger)
    row = soup.find(id="run-3")
    assert row is not None
    cells = [cell.get_text() for cell in row.find_all(["th", "td"])]
    assert cells == [
        *["3", "2026-01-02 03:30", "by hand", "1", "published", "12.0 s", "412 MB", "2", ""]
    ]
    found = details(soup, 3)
    assert found.startswith("parameters changed, data changed, code changed, 3 findings changed")
    assert "year = 2018" in found
    assert "openaq (embedded, ffffffffffff)" in found
    assert "Changed since run 1 mean 40 → 50 (+10, +25 %) gone 1 → missing zero 0 → 2 (+2)" in found
    assert "Findings as in run 1 days 7, fresh missing" in found
    assert "Findings mean 40, days 7, gone 1, zero 0" in details(soup, 1)
    assert "in cell 4: ValueError: no data" in details(soup, 2)
    assert "0123456789ab)" in details(soup, 1)


def test_a_run_like_the_one_before_says_so(ledger: Ledger) -> None:
    add(ledger, 2)
    assert details(written(ledger), 2).startswith("nothing changed , run 2")


def test_the_oldest_run_shown_is_compared_with_one_that_is_not(ledger: Ledger) -> None:
    add(ledger, findings={"mean": 1.0})
    add(ledger, 30, findings={"mean": 2.0})
    soup = written(ledger)
    assert "mean 1 → 2 (+1, +100 %)" in details(soup, 2)
    assert soup.find(id="run-1") is None


def test_a_job_says_attempt_moment_and_what_hooks_answered(ledger: Ledger) -> None:
    add(ledger, **FAILED, job="air-daily", attempt=3, slot=MORNING, notice="webhook: 500")
    soup = written(ledger)
    row = soup.find(id="run-1")
    assert row is not None
    assert [c.get_text() for c in row.find_all("td")][1:3] == ["air-daily", "3"]
    assert "On failure webhook: 500 Scheduled for 2026-01-02 03:30" in details(soup, 1)


def test_runs_link_the_page_that_stands_and_old_ones_that_were_kept(ledger: Ledger) -> None:
    add(ledger, 4)
    add(ledger, **FAILED)
    for page in ("air.html", "air.run-2.html", "air.run-5.html"):
        put(ledger, f"environment/{page}")
    soup = written(ledger)
    links = {row["id"]: [a["href"] for a in row.find_all("a")] for row in soup.select("tr[id]")}
    assert links == {
        "run-5": ["environment/air.run-5.html"],
        "run-4": ["environment/air.html"],
        "run-3": [],
        "run-2": ["environment/air.run-2.html"],
        "run-1": [],
    }


def test_a_page_that_stands_belongs_to_the_run_it_names(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, status="lost", seconds=None)  # it ended between page and ledger
    put(ledger, "environment/air.html", '<meta name="hanoi-run" content="2">')
    soup = written(ledger)
    links = {row["id"]: [a["href"] for a in row.find_all("a")] for row in soup.select("tr[id]")}
    assert links == {"run-2": ["environment/air.html"], "run-1": []}


def test_nothing_from_the_ledger_is_taken_for_html_or_a_template(ledger: Ledger) -> None:
    texts = {"error": HOSTILE, "traceback": HOSTILE, "notice": HOSTILE, "code_version": HOSTILE}
    source = [dict.fromkeys(SOURCE, HOSTILE)]
    add(ledger, 2, page=f"{HOSTILE}.html", parameters={HOSTILE: HOSTILE}, sources=source)
    names = {"notebook": HOSTILE, "page": "b.html", "job": HOSTILE, "findings": {HOSTILE: 1.0}}
    add(ledger, 2, **names, **texts, status="failed")
    soup = written(ledger)
    assert soup.find(["script", "img"]) is None
    assert str(soup).count("{{ 7*7 }}") > 10
    assert [h.get_text() for h in soup.find_all("h2")] == ["Overview", HOSTILE, "b"]


def test_the_ledger_is_asked_once_a_page(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        add(ledger, 30, page=f"{number}.html")
    asked, connect = [], sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: asked.append(a) or connect(*a, **k))
    write_runs_page(ledger.path.parent, ledger, "1.0")
    assert len(asked) <= 5 + 2


def test_the_page_is_sound_in_a_browser_with_no_network(browser: Browser, ledger: Ledger) -> None:
    add(ledger, 12)
    add(ledger, **FAILED, traceback="line\n" * 100)
    add(ledger, page="environment/air--ward-1.html", parameters={"a": HOSTILE}, **FAILED)
    written(ledger)
    assert open_offline(browser, ledger.path.parent / "site/runs.html") == PageReport()
