"""Maps in headless Chromium with the network off: what a reader sees, points at and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401  (registers .rio)
import xarray as xr
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ElementHandle, Frame, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from shapely import Point, box

from hanoi_analytics import maps
from hanoi_analytics.maps import Map

pytestmark = pytest.mark.browser

SOURCE = {"citation": "Squares by hand", "tier": "own"}
SIMULATED = {"citation": "Generator of masts, seed 7", "tier": "simulated"}
HOSTILE = "<script>alert(1)</script> {{ 7*7 }}"
Opener = Callable[..., tuple[Page, Frame]]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open a page that holds a map; complaints of the browser fail the test at its end."""
    complaints: list[str] = []
    context = browser.new_context(offline=True, viewport={"width": 1180, "height": 800})

    def open_map(shown: Map) -> tuple[Page, Frame]:
        path = tmp_path / "page.html"
        path.write_text(
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page</title></head>'
            f"<body><main><h1>Page</h1>{shown.html}</main></body></html>",
            encoding="utf-8",
        )
        page = context.new_page()
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda asked: _note_outside(asked.url, path, complaints))
        page.goto(path.as_uri())
        holder = page.query_selector("iframe")
        assert holder is not None
        frame = holder.content_frame()
        assert frame is not None
        frame.wait_for_selector(".leaflet-overlay-pane > *")
        return page, frame

    yield open_map
    context.close()
    assert complaints == []


def _note_outside(address: str, page: Path, complaints: list[str]) -> None:
    if address != page.as_uri() and not address.startswith(("data:", "about:")):
        complaints.append(f"request: {address}")


def squares(count: int = 6) -> gpd.GeoDataFrame:
    """Return squares in a row, west to east, the first with a hostile name."""
    frame = gpd.GeoDataFrame(
        {
            "name": [HOSTILE, *(f"Ward {number}" for number in range(2, count + 1))],
            "density": np.arange(1.0, count + 1) * 1000,
        },
        geometry=[box(105.8 + i / 50, 21.0, 105.82 + i / 50, 21.02) for i in range(count)],
        crs="EPSG:4326",
    )
    frame.attrs["source"] = SOURCE
    return frame


def choropleth() -> Map:
    return maps.choropleth(
        squares(),
        "density",
        title="Squares",
        legend="People per km²",
        alt="Six squares.",
        breaks=3,
        tooltip={"name": "Ward", "density": ("Density", "people/km²")},
    )


def points(count: int = 6) -> Map:
    masts = squares(count)
    places = [Point(105.8 + (i % 50) / 500, 21.0 + i / 50_000) for i in range(count)]
    masts = masts.set_geometry(gpd.GeoSeries(places, crs="EPSG:4326"))
    masts.attrs["source"] = SIMULATED
    return maps.points(
        masts,
        title="Masts",
        legend="Mast",
        alt="Masts.",
        tooltip={"name": "Mast"},
        size_column="density",
        size_legend="People",
        outline=squares(),
    )


def raster() -> Map:
    array = xr.DataArray(
        np.array([[1, 2], [3, 1]]),
        coords={"y": [21.015, 21.005], "x": [105.805, 105.815]},
        dims=("y", "x"),
        attrs={"source": SOURCE},
    ).rio.write_crs("EPSG:4326")
    colours = {1: "#cccccc", 2: "#0072b2", 3: "#d55e00"}
    return maps.raster(
        array, title="Cells", legend="Class", alt="Four cells.", colours=colours, outline=squares()
    )


KINDS = {"choropleth": choropleth, "points": points, "raster": raster}


def bounding_box(element: ElementHandle | None) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom in pixels of the page."""
    assert element is not None
    place = element.bounding_box()
    assert place is not None
    return place["x"], place["y"], place["x"] + place["width"], place["y"] + place["height"]


def test_areas_are_drawn_and_fill_the_frame(opened: Opener) -> None:
    page, frame = opened(choropleth())
    paths = frame.query_selector_all("svg path.leaflet-interactive")
    assert len(paths) == 6
    frame.wait_for_function(
        "document.querySelector('svg g').getBoundingClientRect().width"
        " > 0.6 * document.body.clientWidth"
    )
    boxes = [bounding_box(path) for path in paths]
    left, top, right, bottom = bounding_box(page.query_selector("iframe"))
    assert left <= min(one[0] for one in boxes) and max(one[2] for one in boxes) <= right
    assert top <= min(one[1] for one in boxes) and max(one[3] for one in boxes) <= bottom


def test_tooltip_shows_a_hostile_name_as_text(opened: Opener) -> None:
    _, frame = opened(choropleth())
    frame.hover("svg path.leaflet-interactive >> nth=0", force=True)
    tooltip = frame.wait_for_selector(".leaflet-tooltip")
    assert tooltip is not None
    assert tooltip.inner_text().split() == [
        *("Ward", "<script>alert(1)</script>", "{{", "7*7", "}}"),
        *("Density", "1,000", "people/km²"),
    ]
    assert frame.query_selector(".leaflet-tooltip script") is None


def test_keyboard_reaches_the_map_and_zooms(opened: Opener) -> None:
    page, frame = opened(choropleth())
    page.keyboard.press("Tab")
    frame.wait_for_function("document.activeElement.classList.contains('leaflet-container')")
    # The widest square: one in the middle, which is still whole in view when the map is closer.
    width = (
        "Math.max(...Array.from(document.querySelectorAll('svg path.leaflet-interactive'),"
        " (path) => path.getBoundingClientRect().width))"
    )
    before = frame.evaluate(width)
    page.keyboard.press("+")
    frame.wait_for_function(f"before => Math.abs({width} / before - 2) < 0.1", arg=before)
    page.keyboard.press("Tab")
    assert frame.evaluate("document.activeElement.getAttribute('aria-label')") == "Zoom in"


def test_wheel_scrolls_the_page_until_the_map_is_chosen(opened: Opener) -> None:
    page, frame = opened(choropleth())
    page.set_viewport_size({"width": 1180, "height": 300})
    frame.hover(".leaflet-container", position={"x": 60, "y": 150})
    for _ in range(5):  # a busy machine may drop the event of a page it has just laid out anew
        page.mouse.wheel(0, 200)
        with suppress(PlaywrightTimeoutError):
            page.wait_for_function("window.scrollY > 0", timeout=5000)
            break
    assert page.evaluate("window.scrollY") > 0


def test_circles_lie_on_the_outline_and_say_that_they_are_simulated(opened: Opener) -> None:
    _, frame = opened(points())
    assert len(frame.query_selector_all("svg path.leaflet-interactive")) == 6
    assert len(frame.query_selector_all("svg path")) == 7
    label = frame.query_selector(".simulated")
    assert label is not None and label.is_visible()
    assert label.inner_text() == "SIMULATED DATA"


def test_thousands_of_points_are_drawn_on_a_canvas(opened: Opener) -> None:
    _, frame = opened(points(2001))
    canvas = frame.wait_for_selector("canvas.leaflet-zoom-animated")
    assert canvas is not None
    assert frame.query_selector("svg path") is None
    drawn = """() => {
        const canvas = document.querySelector("canvas.leaflet-zoom-animated");
        const cells = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return cells.some((part) => part > 0);
    }"""
    frame.wait_for_function(drawn)
    frame.hover(".leaflet-container")
    tooltip = frame.wait_for_selector(".leaflet-tooltip")
    assert tooltip is not None
    assert tooltip.inner_text().startswith("Mast")


def test_raster_is_loaded_under_the_outline(opened: Opener) -> None:
    _, frame = opened(raster())
    image = frame.wait_for_selector("img.leaflet-image-layer")
    assert image is not None
    frame.wait_for_function("document.querySelector('img.leaflet-image-layer').naturalWidth > 500")
    assert image.get_attribute("alt") == "Raster laid over the map"
    order = frame.evaluate(
        "[...document.querySelector('.leaflet-overlay-pane').children].map(e => e.localName)"
    )
    assert order == ["img", "svg"]


@pytest.mark.parametrize("width", [1180, 760, 390])
def test_legend_stands_beside_or_below_the_map(opened: Opener, width: int) -> None:
    page, _ = opened(choropleth())
    page.set_viewport_size({"width": width, "height": 800})
    left, top, right, bottom = bounding_box(page.query_selector("iframe"))
    caption = bounding_box(page.query_selector("figcaption"))
    assert caption[0] >= right or caption[1] >= bottom
    assert right <= width and caption[2] <= width
    assert right - left >= 300 and bottom - top >= 300
    legend = page.query_selector(".map-legend")
    assert legend is not None
    assert legend.inner_text().split("\n")[0] == "People per km²"


def test_print_shows_the_static_twin_only(opened: Opener) -> None:
    page, _ = opened(choropleth())
    twin, screen = page.query_selector(".map-print"), page.query_selector(".map-screen")
    assert twin is not None and screen is not None
    assert screen.is_visible() and not twin.is_visible()
    page.emulate_media(media="print")
    assert twin.is_visible() and not screen.is_visible()
    assert twin.evaluate("img => img.naturalWidth") == 885


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_serious_violation(opened: Opener, kind: str) -> None:
    page, frame = opened(KINDS[kind]())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = [
        (violation["id"], violation["impact"], violation["nodes"][0]["html"][:100])
        for place in (page.main_frame, frame)
        for violation in Axe().run(place).response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    assert found == []
