"""Every notebook is run and published, with and without the remote data, and each page is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

from hanoi_analytics.publishing import Outcome, Project, publish
from hanoi_analytics.publishing.gate import check_page
from tests.browser import NARROW, WIDE, offline_page, open_offline

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(
    path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
    for path in (ROOT / "notebooks").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
MIRROR = os.environ.get("HANOI_ANALYTICS_MIRROR", "")

pytestmark = [pytest.mark.xdist_group("pages"), pytest.mark.timeout(900)]


@pytest.fixture(
    scope="module",
    params=["alone", pytest.param("mirror", marks=pytest.mark.mirror)],
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[Outcome]]]:
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANOI_ANALYTICS_CACHE", str(folder / "cache"))
        patch.delenv("HANOI_ANALYTICS_MIRROR", raising=False)
        if request.param == "mirror":
            if not Path(MIRROR or "-").is_dir():
                pytest.skip("HANOI_ANALYTICS_MIRROR names no folder with the remote data")
            patch.setenv("HANOI_ANALYTICS_MIRROR", MIRROR)
        project = Project(ROOT / "notebooks", folder / "site", folder / "ledger.sqlite")
        yield folder / "site", publish(project)


def soup(site: tuple[Path, list[Outcome]], name: str) -> BeautifulSoup:
    return BeautifulSoup((site[0] / f"{name}.html").read_text("utf-8"), "html.parser")


def test_every_notebook_is_published(site: tuple[Path, list[Outcome]]) -> None:
    assert {outcome.name: outcome.error for outcome in site[1]} == dict.fromkeys(NAMES)


@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_a_page_passes_the_gate(site: tuple[Path, list[Outcome]], name: str) -> None:
    assert check_page((site[0] / f"{name}.html").read_text("utf-8")) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_which_data_it_read(site: tuple[Path, list[Outcome]], name: str) -> None:
    page = soup(site, name)
    rows = page.select("table.sources tbody tr")
    assert rows
    foot = page.find("footer")
    assert foot is not None
    for row in rows:
        digest = row.find_all("td")[-1].get_text()
        assert re.fullmatch(r"[0-9a-f]{12}", digest)
        assert digest in foot.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_message_of_a_library_stands_on_a_page(
    site: tuple[Path, list[Outcome]], name: str
) -> None:
    text = soup(site, name).get_text()
    assert "Warning" not in text
    assert "Traceback" not in text


def test_hanoi_says_whether_its_borders_are_real(
    site: tuple[Path, list[Outcome]], request: pytest.FixtureRequest
) -> None:
    text = soup(site, "overview/hanoi").get_text()
    approximate = request.node.callspec.params["site"] == "alone"
    assert ("not the real outlines" in text) is approximate


def test_the_findings_are_the_published_totals(site: tuple[Path, list[Outcome]]) -> None:
    text = " ".join(soup(site, "overview/hanoi").get_text().split())
    assert "The 126 units hold 8,807,523 people on 3,359.77 km²" in text
    claims = " ".join(soup(site, "overview/claims").get_text().split())
    assert "The three groups of provinces add up to 50, not 48" in claims
    assert "4.6 points apart" in claims


def test_the_urban_pages_find_what_is_publicly_known(
    site: tuple[Path, list[Outcome]], request: pytest.FixtureRequest
) -> None:
    def text(name: str) -> str:
        return " ".join(soup(site, f"urbanisation/{name}").get_text().split())

    assert "the ministry counted 902 urban areas" in text("urban_system")
    assert "4.6 points or 4.6 million people apart" in text("urban_system")
    assert "lay +2.27 points off the census of 2019" in text("growth")
    assert "it is 42.9 % on 1 April 2030" in text("growth")
    assert "1.64544" in text("land_consumption")
    assert "1.43902" in text("land_consumption")
    # Belgium's grids are of the remote tier.
    mirrored = request.node.callspec.params["site"] == "mirror"
    assert ("2,145" in text("settlement")) is mirrored


@pytest.mark.browser
@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_a_page_opens_with_the_network_off(
    site: tuple[Path, list[Outcome]],
    browser: Browser,
    name: str,
    window: tuple[int, int],
    request: pytest.FixtureRequest,
) -> None:
    if window == NARROW and request.node.callspec.params["site"] == "mirror":
        pytest.skip("the layout of a narrow page does not depend on where the data come from")
    report = open_offline(browser, site[0] / f"{name}.html", window=window)
    assert report.console_errors == []
    assert report.requests == []
    assert report.axe_serious == []


@pytest.mark.browser
def test_the_maps_of_hanoi_are_drawn(site: tuple[Path, list[Outcome]], browser: Browser) -> None:
    with offline_page(browser, site[0] / "overview" / "hanoi.html") as (page, _):
        density = page.frame_locator('iframe[title*="density"]')
        expect(density.locator(".leaflet-overlay-pane path")).to_have_count(126)
        settlement = page.frame_locator('iframe[title*="Degree of Urbanisation"]')
        picture = settlement.locator(".leaflet-image-layer")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") >= 600
