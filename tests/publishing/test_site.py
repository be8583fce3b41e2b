"""The index: reports, the pages that jobs made of them, and what must not be listed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from hanoi_analytics.ledger import Ending, Ledger
from hanoi_analytics.publishing.gate import check_page
from hanoi_analytics.publishing.site import write_index
from tests.browser import PageReport, open_offline

CELL = "year: int = 2017  # year [2000, 2100]\nwards: list[str] = []  # codes\n"
DEFAULTS: dict[str, object] = {"year": 2017, "wards": []}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def made(ledger: Ledger, page: str, *, published: bool = True, **parameters: object) -> None:
    """Write a run of the notebook ``theme/air``, and the page if it was published."""
    run = ledger.start(
        notebook="theme/air", page=page, parameters=DEFAULTS | parameters, code_version="1.0"
    )
    ledger.finish(run, Ending("published" if published else "failed", 1.0))
    if published:
        path = ledger.path.parent / "site" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<!doctype html>")


def index(ledger: Ledger, cell: str = CELL) -> BeautifulSoup:
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_markdown_cell("# Air\n\nWhat it says."),
        nbformat.v4.new_code_cell(cell, metadata={"tags": ["parameters"]}),
    ]
    folder = ledger.path.parent
    nbformat.write(book, folder / "air.ipynb")
    write_index(folder / "site", ledger, {"theme/air": folder / "air.ipynb"}, "1.0")
    html = (folder / "site/index.html").read_text("utf-8")
    assert check_page(html) == []
    return BeautifulSoup(html, "html.parser")


def listed(soup: BeautifulSoup) -> list[str]:
    return [" ".join(item.get_text(" ").split()) for item in soup.select(".variants li")]


def test_the_index_leads_to_the_runs(ledger: Ledger) -> None:
    assert index(ledger).select_one("header a[href='runs.html']") is not None


def test_pages_of_jobs_stand_under_their_notebook_by_what_sets_them_apart(ledger: Ledger) -> None:
    made(ledger, "theme/air.html")
    made(ledger, "theme/air--year-2016.html", year=2016)
    made(ledger, "theme/other.html", year=2016, wards=["Hoàn <Kiếm>"])
    made(ledger, "theme/plain.html")
    soup = index(ledger)
    links = {a.get_text(): a["href"] for a in soup.select(".variants a")}
    assert links == {
        "year = 2016": "theme/air--year-2016.html",
        'year = 2016, wards = ["Hoàn <Kiếm>"]': "theme/other.html",
        "theme/plain": "theme/plain.html",
    }
    day = ledger.runs(limit=1)[0].started_at[:4]
    assert all(f"published page of {day}-" in item for item in listed(soup))
    assert soup.select_one("h3 a")["href"] == "theme/air.html"  # type: ignore[index]


def test_a_path_of_the_machine_in_a_parameter_is_masked(ledger: Ledger) -> None:
    made(ledger, "theme/air--own.html", wards=["/home/lan/data/wards.csv"])
    text = index(ledger).get_text()
    assert "~/data/wards.csv" in text
    assert "lan" not in text.split("wards = ")[1].split("]")[0]


def test_a_page_that_failed_says_so_and_leads_to_the_reason(ledger: Ledger) -> None:
    made(ledger, "theme/a.html", year=2015)
    made(ledger, "theme/a.html", published=False, year=2015)
    made(ledger, "theme/b.html", published=False, year=2016)
    soup = index(ledger)
    kept, never = listed(soup)
    assert kept.startswith("year = 2015 failed why , year = 2015 page of 20")
    assert never == "year = 2016 failed why , year = 2016 no page yet"
    reasons = [a["href"] for a in soup.select(".variants a[href^=runs]")]
    assert reasons == ["runs.html#page-theme/a", "runs.html#page-theme/b"]


def test_pages_that_were_taken_away_and_old_ones_are_not_listed(ledger: Ledger) -> None:
    made(ledger, "theme/gone.html", year=2016)
    made(ledger, "theme/there.html", year=2018)
    site = ledger.path.parent / "site/theme"
    (site / "gone.html").unlink()
    (site / "there.run-2.html").write_text("old")
    (site / "unknown.html").write_text("in no ledger")
    assert [item.split(" published")[0] for item in listed(index(ledger))] == ["year = 2018"]


@pytest.mark.parametrize(("count", "folded"), [(12, False), (13, True)])
def test_more_than_twelve_pages_are_folded(ledger: Ledger, count: int, folded: bool) -> None:
    for year in range(2020, 2020 + count):
        made(ledger, f"theme/air--year-{year}.html", published=year > 2021, year=year)
    soup = index(ledger)
    assert len(listed(soup)) == count
    summary = soup.select_one(".variants summary")
    assert (summary is not None) == folded
    if summary is not None:
        assert summary.get_text() == "13 pages with other parameters; 2 failed"


def test_a_notebook_being_edited_does_not_stop_the_index(ledger: Ledger) -> None:
    made(ledger, "theme/a.html", year=2016)
    assert listed(index(ledger, cell="year = "))[0].startswith("year = 2016, wards = []")


def test_the_index_is_sound_in_a_browser_with_no_network(browser: Browser, ledger: Ledger) -> None:
    for year in range(2020, 2034):
        made(ledger, f"theme/air--year-{year}.html", published=year > 2021, year=year)
    index(ledger)
    assert open_offline(browser, ledger.path.parent / "site/index.html") == PageReport()
