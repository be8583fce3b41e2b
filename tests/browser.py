"""Opening published pages in headless Chromium with no network, and reading what goes wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, sync_playwright

WIDE = (1280, 900)
NARROW = (390, 844)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--blink-settings=lazyLoadEnabled=false",  # a frame far down is checked like any other
]
_INSIDE = ("data:", "blob:", "about:")
_AXE = Axe()
# Frames are run apart; asked from outside, each would be waited for half a second in vain.
_OPTIONS: dict[str, object] = {"resultTypes": ["violations"], "iframes": False}
# The document of a frame is named by the frame's title and skipped as a whole.
_FRAME_OPTIONS = _OPTIONS | {
    "rules": {"bypass": {"enabled": False}, "document-title": {"enabled": False}}
}
# What a narrower window may change.
_OF_LAYOUT = ["color-contrast", "scrollable-region-focusable", "target-size"]
# Code, tables and formulae have thousands of words and cells, and the contrast of each takes
# axe-core milliseconds. Words in them that look the same, as do all elements they stand in, have
# the same contrast: one of them is measured, and in a narrower window only what looks otherwise
# there. A single letter is apart, since axe-core does not judge it.
_MARK_REPEATED = """() => {
    const properties = ["color", "background-color", "background-image", "opacity", "font-size",
        "font-weight", "text-shadow", "-webkit-text-stroke", "-webkit-text-fill-color",
        "mix-blend-mode", "filter", "position", "z-index", "display", "visibility", "clip-path"];
    const looks = new Map([[null, ""]]);
    const look = (element) => {
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            const own = properties.map((name) => style.getPropertyValue(name));
            looks.set(element, `${look(element.parentElement)} > ${element.localName} ${own}`);
        }
        return looks.get(element);
    };
    // axe-core does not judge what has scrolled out of its box.
    const inSight = (element) => {
        const {left, right} = element.getBoundingClientRect();
        for (let box = element.parentElement; box !== null; box = box.parentElement) {
            if (getComputedStyle(box).overflowX !== "visible") {
                const edge = box.getBoundingClientRect();
                if (left < edge.left - 1 || right > edge.right + 1) return false;
            }
        }
        return right > left;
    };
    const seen = window.measuredLooks ??= new Set();
    const many = "pre, table, dl, math, svg";
    for (const element of document.querySelectorAll(`:is(${many}, :is(${many}) *):not(:has(*))`)) {
        const key = `${look(element)} ${element.textContent.trim().length > 1}`;
        element.toggleAttribute("data-repeated", seen.has(key));
        if (!seen.has(key) && inSight(element)) seen.add(key);
    }
    axe.configure({rules: [{id: "color-contrast", selector: ":not([data-repeated])"}]});
}"""


@dataclass
class PageReport:
    """What a browser had to say about one page.

    Parameters
    ----------
    console_errors : list of str
        Errors on the console and exceptions of scripts.
    requests : list of str
        Addresses asked for, other than the page itself and what is embedded in it.
    axe_serious : list of str
        Violations that axe-core calls serious or critical, each with the element.
    hidden_px : int
        By how much the page is wider than a narrow window.
    """

    console_errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    axe_serious: list[str] = field(default_factory=list)
    hidden_px: int = 0


def chromium_path() -> str | None:
    """Return the Chromium to use: CHROMIUM_PATH, or the one on the search path."""
    return os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")


@pytest.fixture(scope="session", name="browser")
def browser_fixture() -> Iterator[Browser]:
    """Give one headless Chromium for all tests of a worker."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium: install Debian's chromium or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def offline_page(
    browser: Browser, path: Path, *, window: tuple[int, int] = WIDE
) -> Iterator[tuple[Page, PageReport]]:
    """Open a file with the network off; the report grows while the page is used."""
    report = PageReport()
    address = path.resolve().as_uri()
    context = browser.new_context(
        offline=True, viewport={"width": window[0], "height": window[1]}, service_workers="block"
    )

    def note_request(asked: str) -> None:
        if asked.partition("#")[0] != address and not asked.startswith(_INSIDE):
            report.requests.append(asked)

    context.on("request", lambda request: note_request(request.url))
    context.on(
        "console",
        lambda said: report.console_errors.append(said.text) if said.type == "error" else None,
    )
    context.on("weberror", lambda error: report.console_errors.append(str(error.error)))
    try:
        page = context.new_page()
        page.goto(address, wait_until="load")
        yield page, report
    finally:
        context.close()


def open_offline(browser: Browser, path: Path, *, picture: Path | None = None) -> PageReport:
    """Open a page with the network off, unfold it, run axe-core on it and on its frames.

    Parameters
    ----------
    browser : Browser
        From the fixture ``browser``.
    path : pathlib.Path
        The page. It is looked at in a wide window, then in a narrow one.
    picture : pathlib.Path, optional
        Where to save a picture of the whole page as a reader first sees it.

    Returns
    -------
    PageReport
        All is empty or 0 for a page that can be published.
    """
    with offline_page(browser, path) as (page, report):
        if picture is not None:
            _take_picture(page, picture)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        wide = serious_violations(page)
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        for frame in page.frames:
            frame.evaluate(_MARK_REPEATED)
        narrow = _of_frames(page, {"runOnly": _OF_LAYOUT})
        report.axe_serious = list(dict.fromkeys(wide + narrow))
        report.hidden_px = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return report


def _take_picture(page: Page, picture: Path) -> None:
    # A frame is painted only where the window shows it, and in a process of its own.
    whole = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    before = page.viewport_size
    page.set_viewport_size({"width": whole[0], "height": whole[1]})
    for frame in page.frames:
        frame.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
    page.screenshot(path=picture)
    if before is not None:
        page.set_viewport_size(before)


def serious_violations(page: Page) -> list[str]:
    """Run axe-core on a page and, apart, on the document of each of its frames."""
    for frame in page.frames:
        frame.evaluate(_AXE.axe_script)
        frame.evaluate(_MARK_REPEATED)
    return _of_frames(page, {})


def _of_frames(page: Page, options: dict[str, object]) -> list[str]:
    found = _violations(page.main_frame, _OPTIONS | options)
    for frame in page.frames:
        if frame is not page.main_frame:
            found += _violations(frame, _FRAME_OPTIONS | options)
    return found


def _violations(frame: Frame, options: dict[str, object]) -> list[str]:
    response = frame.evaluate("(options) => axe.run(options)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:120]}"
        for violation in response["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
