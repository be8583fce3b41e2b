"""A published page in a real browser: nothing is fetched, nothing fails, everyone can read it."""

import base64
import io
from html import escape
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser

from hanoi_analytics.publishing.html import SOURCES_MIME, PageFacts, find_sources, render
from tests.browser import (
    NARROW,
    PageReport,
    offline_page,
    open_offline,
)

pytestmark = pytest.mark.browser

MAP = """<!DOCTYPE html><html lang="en"><head><style>body { margin: 0; background: #dfe8e4 }</style>
</head><body><p>A map</p><script>document.body.dataset.drawn = "yes";</script></body></html>"""
SOURCES = [
    {
        "id": "towers",
        "title": "Cell towers",
        "tier": "simulated",
        "licence": "MIT",
        "citation": "Our own generator",
        "date": "2025-07-01",
        "sha256": "f" * 64,
        "approximate": "Places are drawn at random inside each ward.",
    }
]
ERROR = [
    "\x1b[31mValueError\x1b[39m                Traceback (most recent call last)",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1]\x1b[39m\x1b[32m, line 1\x1b[39m",
    "\x1b[38;5;226mpale\x1b[39m \x1b[43mmarked\x1b[49m \x1b[1;35mpurple\x1b[0m",
]


def picture() -> str:
    figure = Figure(figsize=(9, 4))
    axes = figure.subplots()
    axes.plot([2019, 2024], [8.05, 8.72])
    axes.set_title("Dân số Hà Nội")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish one notebook with every kind of cell."""
    wards = pd.DataFrame(
        {"Ward": ["Ba Đình", "Đông Anh"], "Type": ["phường", "xã"], "People": [120113, 118700]}
    ).set_index("Ward")
    frame = f'<iframe title="Map of the wards" height="200" srcdoc="{escape(MAP)}"></iframe>'
    outputs = [
        new_output(
            "display_data",
            data={"image/png": picture(), "text/plain": "<Figure>"},
            metadata={"image/png": {"alt": "The population grows from 8.05 to 8.72 million."}},
        ),
        new_output("display_data", data={"text/html": wards._repr_html_(), "text/plain": "wards"}),
        new_output(
            "display_data",
            data={
                "text/html": f'<div class="map-screen">{frame}</div>'
                '<div class="map-print"><p>The map for print</p></div>'
            },
        ),
        new_output("stream", name="stdout", text="126 units " * 40 + "\x1b[33mdone\x1b[0m"),
        new_output("stream", name="stderr", text="UserWarning: 3 wards have no figure"),
        new_output("error", ename="ValueError", evalue="x", traceback=ERROR),
    ]
    report = {SOURCES_MIME: SOURCES, "text/html": pd.DataFrame(SOURCES).to_html(index=False)}
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# How many people live in Hà Nội?\nIn 126 units, with `code`."),
            new_markdown_cell("## Data\n\n|Unit|Count|\n|---|---|\n|Ward (phường)|51|"),
            new_code_cell(
                "year = 2024  # year\nward = 'Ba Đình'\nx = [y for y in range(1)] or None"
            ),
            new_markdown_cell(
                "## Urban share\nThe share $u = P_u / P$ follows\n\n"
                "$$\\operatorname{logit}(u_t) = \\alpha + \\beta\\,(t - t_0) + \\varepsilon_t,"
                " \\qquad \\varepsilon_t \\sim \\mathcal{N}(0, \\sigma^2)$$"
            ),
            new_code_cell("show()", outputs=outputs),
            new_markdown_cell("## Sources"),
            new_code_cell("sources()", outputs=[new_output("display_data", data=report)]),
        ],
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )
    facts = PageFacts(
        title="How many people live in Hà Nội?",
        notebook="notebooks/overview/hanoi.ipynb",
        page="overview/hanoi.html",
        code_version="0.1.0",
        parameters={"year": 2024},
        started="2026-02-03T08:02:03+07:00",
        seconds=12.3,
        sources=find_sources(notebook),
    )
    path = tmp_path_factory.mktemp("site") / "hanoi.html"
    path.write_text(render(notebook, facts), encoding="utf-8")
    return path


def test_a_page_opens_without_a_network_and_everyone_can_read_it(
    browser: Browser, page_file: Path
) -> None:
    assert open_offline(browser, page_file) == PageReport()


def test_the_checks_see_a_page_that_is_wrong(browser: Browser, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text(
        '<html><img src="https://example.org/a.png"><script>throw new Error("no map")</script>'
        '<iframe srcdoc="<img src=data:,>"></iframe>',
        encoding="utf-8",
    )
    report = open_offline(browser, wrong)
    assert report.requests == ["https://example.org/a.png"]
    assert "no map" in report.console_errors
    found = {violation.partition(" ")[0] for violation in report.axe_serious}
    assert {"html-has-lang", "image-alt", "frame-title"} <= found


def test_one_pale_word_among_many_like_it_is_found(browser: Browser, tmp_path: Path) -> None:
    def row(style: str = "", name: str = "") -> str:
        return f'<tr style="{style}"><td id="{name}">one</td><td>two</td></tr>'

    def word(style: str = "", name: str = "", text: str = "word") -> str:
        return f'<span id="{name}" style="{style}">{text}</span> '

    page = tmp_path / "pale.html"
    page.write_text(
        '<!DOCTYPE html><html lang="en"><title>Pale</title><main><h1>Pale</h1>'
        f"<table>{row() * 9}{row('color:#bbb', 'pale-row')}{row() * 9}"
        f"{row('background:#444', 'dark-row')}</table>"
        f"<pre>{word() * 99}<b style=opacity:.4>{word(name='faint')}</b>{word() * 99}"
        f"{word('color:#bbb', text='x')}{word('color:#bbb', 'pale')}</pre>"
        f"<pre tabindex=0 style=overflow:auto><b>{'long ' * 99}</b>{word('color:#aaa')}</pre>"
        f"<pre tabindex=0 style=overflow:auto><b>short</b>{word('color:#aaa', 'seen')}</pre>"
        "</main></html>",
        encoding="utf-8",
    )
    found = "".join(open_offline(browser, page).axe_serious)
    names = ("pale-row", "dark-row", "faint", "pale", "seen")
    assert [found.count(f"['#{name}']") for name in names] == [1, 1, 1, 1, 1]


def test_what_is_wrong_in_a_narrow_window_alone_is_found(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "narrow.html"
    page.write_text(
        '<!DOCTYPE html><html lang="en"><title>Narrow</title><style>'
        "@media (max-width: 600px) {h1, b {color: #bbb} div {width: 500px}} body {margin: 0}"
        "</style><main><h1>Pale</h1><div>wide</div><pre><i>one</i> <b>two</b></pre></main></html>",
        encoding="utf-8",
    )
    report = open_offline(browser, page)
    assert [said.partition(" [")[0] for said in report.axe_serious] == 2 * [
        "color-contrast (serious):"
    ]
    assert report.hidden_px == 500 - NARROW[0]


def test_a_page_lets_its_reader_fetch_nothing(browser: Browser, page_file: Path) -> None:
    with offline_page(browser, page_file) as (page, report):
        page.evaluate("fetch('https://example.org').catch(() => {})")
        assert report.requests == []
        assert any("Content Security Policy" in error for error in report.console_errors)


def test_one_click_shows_all_code_and_one_hides_it(browser: Browser, page_file: Path) -> None:
    with offline_page(browser, page_file) as (page, _):
        assert page.locator("details.code[open]").count() == 0
        page.get_by_role("button", name="Show all code").click()
        assert page.locator("details.code[open]").count() == 3
        page.get_by_role("button", name="Hide all code").click()
        assert page.locator("details.code[open]").count() == 0


def test_the_keyboard_reaches_the_content_first(browser: Browser, page_file: Path) -> None:
    with offline_page(browser, page_file) as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_the_script_of_a_frame_runs(browser: Browser, page_file: Path) -> None:
    with offline_page(browser, page_file) as (page, _):
        frame = page.frame_locator("iframe[title='Map of the wards']")
        assert frame.locator("body").get_attribute("data-drawn") == "yes"


def test_print_shows_the_map_for_print_and_no_code(browser: Browser, page_file: Path) -> None:
    with offline_page(browser, page_file) as (page, _):
        assert not page.get_by_text("The map for print").is_visible()
        page.emulate_media(media="print")
        assert page.get_by_text("The map for print").is_visible()
        hidden = [".map-screen", "details.code", "button", ".skip", "nav"]
        assert [name for name in hidden if page.locator(name).first.is_visible()] == []
