"""Every notebook is run and published, with and without the remote data, and each page is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

from hanoi_analytics.publishing import Ledger, Project, Run, publish
from hanoi_analytics.publishing.gate import check_page
from hanoi_analytics.publishing.parameters import read_parameters
from hanoi_analytics.publishing.project import code_version
from tests.browser import PageReport, offline_page, open_offline

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(
    path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
    for path in (ROOT / "notebooks").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
# What is known from elsewhere and must be found on a page.
KNOWN = {
    "overview/hanoi": ["The 126 units hold 8,807,523 people on 3,359.77 km²"],
    "overview/claims": [
        "The three groups of provinces add up to 50, not 48",
        "4.6 points apart",
    ],
    "overview/own_data": ["Population density of 126 units, a stand-in"],
    "urbanisation/urban_system": [
        "the ministry counted 902 urban areas",
        "4.6 points or 4.6 million people apart",
    ],
    "urbanisation/growth": [
        "lay +2.27 points off the census of 2019",
        "it is 42.9 % on 1 April 2030",
    ],
    "urbanisation/land_consumption": ["1.64544", "1.43902"],
    # 12,000 over 3,359.77 km², 8,807,523 people over 12,000, and P(X ≥ 1,425) of B(1500, 0.95).
    "coverage/coverage": ["would be 3.57 per km² and one for 734 people"],
    "coverage/quality_of_service": ["passes 53 % of tests of 1,500 independent samples"],
    "environment/exposure": [
        "Of 8,807,523 people in Hanoi",
        "limits: QCVN 05:2023/BTNMT, 25 µg/m³ for a year and 50 µg/m³ for a day",
        "no concentration below is one of Hanoi",
    ],
    # The national report's share, IQAir's mean of 2017, and the limit since 2026; the counts by
    # label of the published table of days, one of which its rounding moves.
    "environment/air": [
        "The national report counts 30.5 % of the days of 2019 as Kém or Xấu",
        "45.8",
        "above 45 µg/m³, QCVN 05 as from 2026",
        "gives 83 days Kém and 52 Xấu for 2016, but its printed means allow as well 84 and 51",
    ],
    # What the simulation was given, and the official population of the 126 units.
    "environment/heat_and_green": [
        "Put in: 3.0 °C for a cell wholly built over",
        "(put in: +1.0)",
        "The 8,807,523 people",
    ],
    # Annual means of the embassy's days; the study of ten stations; the trend that was put in.
    "environment/trends": [
        "50.8 in 2016, 42.7 in 2017",
        "PM2.5 has a significant trend at 0 of 10, PM10 falls at 5 of 10",
        "the truth is −3.0 % a year",
        "1 of 1 intervals hold the truth",
    ],
    # log2(0.95 / 0.384), log2(0.95 / 0.315) and log2(0.95 / 0.001).
    "linkage/linking": [
        "Agreement on Nguyễn is worth 1.3 to 1.6 bits, on a family name of one in a thousand 9.9"
    ],
}

pytestmark = pytest.mark.timeout(900)


def each(*pages: str) -> pytest.MarkDecorator:
    """Give a test these pages."""
    return pytest.mark.parametrize("page", pages)


@dataclass(frozen=True)
class Site:
    """All pages, published without or with the remote data."""

    folder: Path
    ledger: Path
    mirror: bool = False

    def file(self, page: str) -> Path:
        return self.folder / f"{page}.html"

    def soup(self, page: str) -> BeautifulSoup:
        return BeautifulSoup(self.file(page).read_text("utf-8"), "html.parser")

    def words(self, page: str) -> str:
        return " ".join(self.soup(page).get_text().split())


@pytest.fixture(
    params=[
        pytest.param("alone", marks=pytest.mark.xdist_group("alone")),
        pytest.param("mirror", marks=[pytest.mark.xdist_group("mirror"), pytest.mark.mirror]),
    ]
)
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Site:
    """Publish all notebooks once; a group is of one worker of pytest-xdist."""
    mirror = request.param == "mirror"
    of_readers = Site(ROOT / "site", ROOT / ".hanoi" / "ledger.sqlite")
    if not mirror and is_of_this_code(of_readers):
        return of_readers
    folder = tmp_path_factory.getbasetemp() / f"published-{request.param}"
    made = Site(folder / "site", folder / "ledger.sqlite", mirror)
    if not folder.exists():
        folder.mkdir()
        publish(Project(ROOT / "notebooks", made.folder, made.ledger))
    return made


@cache
def is_of_this_code(site: Site) -> bool:
    """Tell whether `make publish` made all pages of this very commit, and with nothing fetched."""
    version = code_version(ROOT)
    if "(" not in version or "changed" in version or not site.ledger.is_file():
        return False
    last = Ledger(site.ledger).last_runs()
    return all(made_page(site, name, last.get(f"{name}.html"), version) for name in NAMES)


def made_page(site: Site, name: str, run: Run | None, version: str) -> bool:
    """Tell whether a run of that version, with no parameter given, made the page that stands."""
    parameters = read_parameters(ROOT / "notebooks" / f"{name}.ipynb")
    return (
        run is not None
        and (run.status, run.code_version) == ("published", version)
        and run.parameters == {key: one.default for key, one in parameters.items()}
        and all(source["tier"] != "remote" for source in run.sources)
        and site.file(name).is_file()
        and f'name="hanoi-run" content="{run.id}"' in site.file(name).read_text("utf-8")
    )


@each("index")
def test_every_notebook_is_published(site: Site, page: str) -> None:
    runs = Ledger(site.ledger).last_runs()
    assert {
        name: (runs[f"{name}.html"].status, runs[f"{name}.html"].error) for name in NAMES
    } == dict.fromkeys(NAMES, ("published", None))
    links = site.soup(page).select("h3 a")
    assert [link["href"] for link in links] == [f"{name}.html" for name in NAMES]


@each(*NAMES, "index", "runs")
def test_a_page_passes_the_gate(site: Site, page: str) -> None:
    assert check_page(site.file(page).read_text("utf-8")) == []


@each(*NAMES)
def test_a_page_says_which_data_it_read(site: Site, page: str) -> None:
    soup = site.soup(page)
    rows = soup.select("table.sources tbody tr")
    assert rows
    foot = soup.find("footer")
    assert foot is not None
    for row in rows:
        digest = row.find_all("td")[-1].get_text()
        assert re.fullmatch(r"[0-9a-f]{12}", digest)
        assert digest in foot.get_text()


@each(*NAMES)
def test_no_message_of_a_library_stands_on_a_page(site: Site, page: str) -> None:
    text = site.words(page)
    assert "Warning" not in text
    assert "Traceback" not in text


@each("overview/hanoi")
def test_hanoi_says_whether_its_borders_are_real(site: Site, page: str) -> None:
    assert ("not the real outlines" in site.words(page)) is not site.mirror


@each("environment/exposure")
def test_exposure_takes_the_mapped_wards_where_they_are(site: Site, page: str) -> None:
    assert ("hanoi_ward_polygons_2025" in site.words(page)) is site.mirror


@each(*KNOWN)
def test_a_page_finds_what_is_publicly_known(site: Site, page: str) -> None:
    text = site.words(page)
    assert [words for words in KNOWN[page] if words not in text] == []


@each("urbanisation/settlement")
def test_the_grids_of_belgium_are_of_the_remote_tier(site: Site, page: str) -> None:
    assert ("2,145" in site.words(page)) is site.mirror


@each("environment/air")
def test_part_of_a_year_gets_no_mean(site: Site, page: str) -> None:
    """The embassy's hours begin on 7 October 2019 and end on 31 July 2020, its day 213."""
    rows = [[cell.get_text() for cell in row("td")] for row in site.soup(page).select("tbody tr")]
    refused = {row[0]: row[2] for row in rows if row[1:2] == ["not published"]}
    assert list(refused) == ["2019", "2020"]
    assert ("213 of 366 days valid, 275 needed" in refused["2020"]) is site.mirror
    assert ("its hours give 84 and 51" in site.words(page)) is site.mirror


@each("linkage/quality")
def test_errors_that_are_few_in_all_are_not_told_by_group(site: Site, page: str) -> None:
    rows = [[cell.get_text() for cell in row("td")] for row in site.soup(page).select("tbody tr")]
    assert re.search(r"missed and \d links are false", site.words(page)), "no longer fewer than ten"
    assert {row[3] for row in rows if row[0] == "false"} == {"not shown"}
    assert {row[3] for row in rows if row[:2] == ["missed", "sex"]} != {"not shown"}


@pytest.mark.browser
@each(*NAMES, "index", "runs")
def test_a_page_opens_with_the_network_off(site: Site, browser: Browser, page: str) -> None:
    assert open_offline(browser, site.file(page)) == PageReport()


@pytest.mark.browser
@each("overview/hanoi")
def test_the_maps_of_hanoi_are_drawn(site: Site, browser: Browser, page: str) -> None:
    with offline_page(browser, site.file(page)) as (shown, _):
        density = shown.frame_locator('iframe[title*="density"]')
        expect(density.locator(".leaflet-overlay-pane path")).to_have_count(126)
        settlement = shown.frame_locator('iframe[title*="Degree of Urbanisation"]')
        picture = settlement.locator(".leaflet-image-layer")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") >= 600
