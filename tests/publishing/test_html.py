import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

import hanoi_analytics
from hanoi_analytics.publishing.html import (
    SOURCES_MIME,
    PageError,
    PageFacts,
    check_page,
    find_sources,
    render,
)

ALERT = "<script>alert(1)</script>"
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
WARDS = {
    "id": "hanoi_wards",
    "title": "Wards and communes of Hà Nội",
    "tier": "embedded",
    "licence": "MIT",
    "citation": "A list",
    "date": "2025-07-01",
    "sha256": "0123456789abcdef" * 4,
    "approximate": "",
}
FACTS = PageFacts(
    title="How many people live in Hà Nội?",
    notebook="notebooks/overview/hanoi.ipynb",
    page="overview/hanoi.html",
    code_version="0.1.0 (ab12cd3)",
    parameters={"year": 2024, "ward": "Ba Đình", "years": [2009, 2024], "log": True},
    started="2026-02-03T18:02:03.5+00:00",
    seconds=12.34,
    sources=[WARDS],
)


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> NotebookNode:
    return new_output("display_data", data=data, metadata=metadata or {})


def notebook(*cells: NotebookNode, sources: list[dict[str, Any]] | None = None) -> NotebookNode:
    report = {SOURCES_MIME: sources or [WARDS], "text/html": "<p>Sources</p>"}
    last = new_code_cell("catalogue.sources_used()", outputs=[shown(report)])
    return new_notebook(
        cells=[*cells, last],
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )


def page_of(*cells: NotebookNode, facts: PageFacts = FACTS, **options: str) -> BeautifulSoup:
    page = render(notebook(*cells, sources=facts.sources), facts, **options)
    assert check_page(page) == []
    return BeautifulSoup(page, "html.parser")


def outputs(*made: NotebookNode) -> NotebookNode:
    return new_code_cell("show()", outputs=list(made))


def text_of(soup: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(element.get_text().split()) for element in soup.select(selector)]


def test_the_frame_of_a_page() -> None:
    soup = page_of(new_markdown_cell("## Wards"), language="vi")
    assert soup.html["lang"] == "vi"
    assert text_of(soup, "title") == ["How many people live in Hà Nội? – Hanoi analytics"]
    assert soup.select_one("a.skip")["href"] == "#content"
    assert soup.select_one("main")["id"] == "content"
    assert soup.select_one("header a")["href"] == "../index.html"
    assert soup.select_one("meta[http-equiv]")["content"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("page", "home"), [("a.html", "index.html"), ("a/b/c.html", "../../index.html")]
)
def test_the_index_is_found_from_any_folder(page: str, home: str) -> None:
    soup = page_of(facts=replace(FACTS, page=page))
    assert soup.select_one("header a")["href"] == home


def test_a_language_that_is_none_is_refused() -> None:
    with pytest.raises(PageError, match="'english' is not an ISO 639-1 code"):
        render(notebook(), FACTS, language="english")


def test_the_first_heading_is_the_title_and_the_words_after_it_the_lead() -> None:
    soup = page_of(
        new_markdown_cell("# Who *lives* here?\nIn 126 units."),
        new_markdown_cell("Since 2025.\n\n## Data\nFrom a list."),
        new_code_cell("x = 1"),
        new_markdown_cell("More."),
    )
    assert text_of(soup, "h1") == ["Who lives here?"]
    assert text_of(soup, ".opening .lead") == ["In 126 units. Since 2025."]
    assert text_of(soup, "main > .markdown") == ["Data From a list.", "More."]


def test_a_notebook_without_sections_keeps_its_order() -> None:
    soup = page_of(
        new_markdown_cell("# A\nFirst."),
        outputs(new_output("stream", text="out")),
        new_markdown_cell("Second."),
    )
    assert text_of(soup, ".lead, .output pre, main > .markdown") == ["First.", "out", "Second."]


def test_without_a_heading_the_title_of_the_facts_stands() -> None:
    assert text_of(page_of(), "h1") == ["How many people live in Hà Nội?"]


def test_the_contents_lead_to_the_headings_of_level_2() -> None:
    soup = page_of(
        new_markdown_cell("## Dân số Hà Nội\n### Smaller"), new_markdown_cell("## Dân số Hà Nội")
    )
    assert text_of(soup, "nav li") == ["Dân số Hà Nội", "Dân số Hà Nội"]
    assert [h["id"] for h in soup.select("main h2")] == ["Dân-số-Hà-Nội", "Dân-số-Hà-Nội-2"]
    assert soup.select("nav a")[1]["href"] == "#D%C3%A2n-s%E1%BB%91-H%C3%A0-N%E1%BB%99i-2"


@pytest.mark.parametrize(
    "source",
    [
        "The share $u = P_u / P$.",
        "$$u = P_u / P$$",
        "\\begin{equation} u = P_u / P \\end{equation}",
    ],
)
def test_formulae_become_mathml(source: str) -> None:
    soup = page_of(new_markdown_cell(source))
    assert "".join(soup.math.get_text().split()) == "u=Pu/P"
    assert "$" not in soup.main.get_text()
    assert "begin" not in soup.main.get_text()


def test_a_latex_output_becomes_mathml() -> None:
    soup = page_of(outputs(shown({"text/latex": "$\\displaystyle x < 1$", "text/plain": "x"})))
    assert text_of(soup, "math") == ["x<1"]


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell("The rate $\\frack{a}{b}$"),
        new_code_cell("The rate", outputs=[shown({"text/latex": "$\\frack{a}{b}$"})]),
        new_code_cell("The rate", outputs=[shown({"text/markdown": "$\\frack{a}{b}$"})]),
    ],
)
def test_a_formula_that_cannot_be_read_names_its_cell(cell: NotebookNode) -> None:
    with pytest.raises(PageError, match=r"^cell 2 \('The rate.*frack"):
        render(notebook(new_markdown_cell("## First"), cell), FACTS)


def test_money_that_looks_like_a_formula_is_refused_with_advice() -> None:
    with pytest.raises(PageError, match="dollar sign"):
        render(notebook(new_markdown_cell("Between $5 and $10.")), FACTS)
    soup = page_of(new_markdown_cell("Between \\$5 and \\$10."))
    assert text_of(soup, "main .markdown p") == ["Between $5 and $10."]


def test_a_markdown_table_can_be_scrolled_and_has_numbers_to_the_right() -> None:
    soup = page_of(new_markdown_cell("|Unit|Count|\n|---|---|\n|Ward|51|"))
    region = soup.select_one("main .markdown .scroll")
    assert (region["tabindex"], region["role"]) == ("0", "region")
    assert region["aria-label"] == "Table of cell 1"
    assert text_of(soup, "main .markdown .number") == ["Count", "51"]


def test_html_in_markdown_is_shown_as_text() -> None:
    soup = page_of(new_markdown_cell(f"A ward named {ALERT}\n\n<b>bold</b>"))
    assert text_of(soup, "main .markdown p") == [f"A ward named {ALERT}", "<b>bold</b>"]


def test_a_diagram_in_markdown_is_shown_as_its_source() -> None:
    soup = page_of(new_markdown_cell(f"```mermaid\n{ALERT}\n```"))
    assert text_of(soup, "main .markdown pre") == [ALERT]


def test_a_pasted_picture_is_embedded_and_one_that_is_missing_names_its_cell() -> None:
    cell = new_markdown_cell("![The old quarter](attachment:a.png)")
    with pytest.raises(PageError, match=r"cell 1 .*missing attachment: a\.png"):
        render(notebook(cell), FACTS)
    cell.attachments = {"a.png": {"image/png": PNG}}
    image = page_of(cell).select_one("main img")
    assert (image["alt"], image["src"]) == ("The old quarter", f"data:image/png;base64,{PNG}")


def test_code_is_folded_without_prompts() -> None:
    cell = new_code_cell("total = 126", execution_count=7, metadata={"tags": ["parameters"]})
    soup = page_of(cell)
    folded = soup.select("details.code")
    assert len(folded) == 2
    assert not folded[0].has_attr("open")
    assert text_of(soup, "details.code summary") == ["Code of cell 1", "Code of cell 2"]
    assert folded[0].pre.get_text() == "total = 126\n"
    assert folded[0].select_one(".mi").get_text() == "126"
    assert "[7]" not in soup.get_text()


def test_text_outputs_are_escaped_and_coloured() -> None:
    soup = page_of(
        outputs(
            new_output("stream", name="stdout", text=f"{ALERT} "),
            new_output("stream", name="stdout", text="\x1b[32mok\x1b[0m"),
            new_output("stream", name="stderr", text=f"UserWarning {ALERT}"),
            new_output("execute_result", data={"text/plain": f"'{ALERT}'"}, execution_count=1),
        )
    )
    assert text_of(soup, ".output pre") == [f"{ALERT} ok", f"UserWarning {ALERT}", f"'{ALERT}'"]
    assert text_of(soup, ".ansi-green-fg") == ["ok"]
    assert text_of(soup, ".stderr pre") == [f"UserWarning {ALERT}"]
    labels = [region["aria-label"] for region in soup.select(".output.text")]
    assert labels == ["Output of cell 1", "Messages of cell 1, part 2", "Output of cell 1, part 3"]


def test_a_traceback_is_escaped_and_shows_no_path_of_this_machine() -> None:
    project = Path(hanoi_analytics.__file__).resolve().parent.parent
    lines = [f"\x1b[31mValueError\x1b[0m {ALERT}", f"\x1b[36mFile {project}/data/x.py:3\x1b[0m"]
    page = render(
        notebook(outputs(new_output("error", ename="ValueError", evalue="x", traceback=lines))),
        FACTS,
    )
    soup = BeautifulSoup(page, "html.parser")
    assert text_of(soup, ".error pre") == [f"ValueError {ALERT} File data/x.py:3"]
    assert str(project) not in page


def test_no_path_of_this_machine_is_left_in_any_part_of_a_page() -> None:
    home = str(Path.home())
    cells = [
        new_markdown_cell(f"Read from {home}/x.csv"),
        new_code_cell(f"path = '{home}/x.csv'", outputs=[shown({"text/html": f"<p>{home}/x</p>"})]),
    ]
    facts = replace(FACTS, title=f"{home}/x", parameters={"path": f"{home}/x.csv"})
    page = render(notebook(*cells), facts)
    assert f"{home}/x" not in page
    assert "~/x.csv" in page


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/svg+xml"])
def test_pictures_need_an_alternative_text(mime: str) -> None:
    data = {mime: "<svg/>" if mime == "image/svg+xml" else PNG, "text/plain": "<Figure>"}
    with pytest.raises(PageError, match=r"cell 1 \('show\(\)'\).* no alternative text"):
        render(notebook(outputs(shown(data))), FACTS)
    by_output = outputs(shown(data, {mime: {"alt": 'The "old" quarter', "width": 640}}))
    image = page_of(by_output).select_one("main img")
    assert (image["alt"], image["width"]) == ('The "old" quarter', "640")
    assert image["src"].startswith(f"data:{mime};base64,")
    by_cell = outputs(shown(data))
    by_cell.metadata["alt"] = "Phố cổ"
    assert page_of(by_cell).select_one("main img")["alt"] == "Phố cổ"


def test_a_table_of_pandas_can_be_scrolled() -> None:
    table = '<table border="1"><tr><td>Ba Đình</td><td>120,113</td></tr></table>'
    soup = page_of(outputs(shown({"text/html": table, "text/plain": "Ba Đình 120,113"})))
    region = soup.select_one(".output.html")
    assert (region["tabindex"], region["role"]) == ("0", "region")
    assert region["aria-label"] == "Output of cell 1"
    assert text_of(soup, ".output.html .number") == ["120,113"]
    assert "Ba Đình 120,113" not in text_of(soup, "pre")


def test_a_frame_without_a_title_is_refused() -> None:
    made = outputs(shown({"text/html": "<iframe srcdoc='x'></iframe>"}))
    with pytest.raises(PageError, match="a frame has no title"):
        render(notebook(made), FACTS)
    soup = page_of(outputs(shown({"text/html": "<iframe title='Map' srcdoc='x'></iframe>"})))
    assert soup.select_one(".output.frame iframe")["title"] == "Map"


def test_a_page_that_needs_a_network_is_refused_with_every_fault() -> None:
    made = outputs(shown({"text/html": "<img src='https://example.org/a.png'>"}))
    with pytest.raises(PageError) as raised:
        render(notebook(made), FACTS)
    assert "hanoi.ipynb makes a page with 2 fault(s)" in str(raised.value)
    assert "https://example.org/a.png" in str(raised.value)
    assert "no alternative text" in str(raised.value)


def test_what_papermill_adds_is_left_out() -> None:
    banner = new_markdown_cell(
        "An Exception was encountered", metadata={"tags": ["papermill-error-cell-tag"]}
    )
    cell = new_code_cell("x = 1", metadata={"papermill": {"status": "completed-by-papermill"}})
    page = render(notebook(banner, cell), FACTS)
    assert "Exception was encountered" not in page
    assert "completed-by-papermill" not in page


def test_raw_cells_are_left_out() -> None:
    assert ALERT not in render(notebook(new_raw_cell(ALERT)), FACTS)


def test_the_notebook_is_not_changed() -> None:
    made = notebook(new_markdown_cell("# A"), outputs(new_output("stream", text="a\n")))
    before = nbformat.writes(made)
    render(made, FACTS)
    assert nbformat.writes(made) == before


def test_the_footer_says_how_the_page_was_made() -> None:
    soup = page_of()
    facts = dict(zip(text_of(soup, "footer dt"), text_of(soup, "footer dd"), strict=True))
    assert facts == {
        "Notebook": "notebooks/overview/hanoi.ipynb",
        "Code version": "0.1.0 (ab12cd3)",
        "Run started": "2026-02-04T01:02:03+07:00 (Asia/Ho_Chi_Minh)",
        "Run time": "12.3 s",
    }
    rows = [
        [cell.get_text() for cell in row.select("th, td")] for row in soup.select("footer tbody tr")
    ]
    assert rows == [
        ["year", "2024"],
        ["ward", "Ba Đình"],
        ["years", "[2009, 2024]"],
        ["log", "true"],
        ["hanoi_wards", "embedded", "0123456789ab"],
    ]
    assert soup.select_one("footer code")["title"] == WARDS["sha256"]


@pytest.mark.parametrize(
    ("started", "reason"), [("2026-02-03T18:02:03", "no offset"), ("yesterday", "not ISO 8601")]
)
def test_a_start_that_names_no_moment_is_refused(started: str, reason: str) -> None:
    with pytest.raises(PageError, match=reason):
        render(notebook(), replace(FACTS, started=started))


def test_notes_stand_under_the_title() -> None:
    towers = {**WARDS, "id": "towers", "title": "Cell towers", "tier": "simulated"}
    own = {**WARDS, "id": "own", "title": "counts.csv", "tier": "own"}
    rough = {**WARDS, "id": "rough", "approximate": "Outlines are cells."}
    soup = page_of(facts=replace(FACTS, sources=[towers, own, rough]))
    assert text_of(soup, "h1 ~ .note") == [
        "This page uses simulated data: Cell towers",
        "Uses a file given by its author: counts.csv",
        "Approximate: Outlines are cells.",
    ]
    assert text_of(page_of(), ".note") == []


def test_sources_are_found_once_and_in_order() -> None:
    towers = {**WARDS, "id": "towers"}
    made = notebook(
        outputs(shown({SOURCES_MIME: [towers]}), new_output("stream", text="x")),
        sources=[WARDS, towers],
    )
    assert [source["id"] for source in find_sources(made)] == ["towers", "hanoi_wards"]
    assert BeautifulSoup(render(made, replace(FACTS, sources=find_sources(made))), "html.parser")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"id": "hanoi_wards"}, "is not a list of source dicts"),
        (["hanoi_wards"], "is not a list of source dicts"),
        ([{"id": "hanoi_wards", "title": "x"}], r"lacks \['tier', 'licence'"),
    ],
)
def test_a_report_of_sources_that_is_none_is_refused(report: object, reason: str) -> None:
    made = notebook(outputs(shown({SOURCES_MIME: report})))
    with pytest.raises(PageError, match=rf"cell 1 .*{reason}"):
        find_sources(made)


def test_a_notebook_without_sources_is_refused() -> None:
    with pytest.raises(PageError, match=r"call catalogue\.sources_used\(\) in the last cell"):
        render(new_notebook(cells=[new_markdown_cell("# A")]), FACTS)


def test_facts_that_leave_out_a_source_are_refused() -> None:
    towers = {**WARDS, "id": "towers", "tier": "simulated"}
    with pytest.raises(PageError, match=r"\['towers'\]"):
        render(notebook(sources=[WARDS, towers]), FACTS)


MARKUP = st.lists(
    st.sampled_from(
        [
            ALERT,
            "<img src=x onerror=alert(1)>",
            "[a](javascript:alert(1))",
            "```mermaid\n",
            "```\n",
            "</title>",
            "</pre>",
            "</script>",
            "<!--",
            "{{ 7 * 7 }}",
            "{% raw %}",
            "&lt;script&gt;",
            "\x1b[31m",
            "|a|\n|-|\n|",
            "# ",
            "\n\n",
            "$",
            "\\text{",
            "}",
            '"',
            "'",
            ">",
            "<",
            "a",
        ]
    ),
    max_size=8,
).map("".join)
ANY_TEXT = st.text(max_size=40) | MARKUP


def live_parts(page: str) -> tuple[list[str], list[str]]:
    """Scripts, and attributes that act, of a page."""
    soup = BeautifulSoup(page, "html.parser")
    acting = [
        f"{name}={value}"
        for element in soup.find_all(True)
        for name, value in element.attrs.items()
        if name.startswith("on")
        or (name in {"href", "src"} and str(value).strip().lower().startswith("javascript:"))
    ]
    return [script.get_text() for script in soup.find_all("script")], acting


LIVE_BY_DESIGN = live_parts(render(notebook(), FACTS))


@settings(max_examples=25, deadline=None)
@given(ANY_TEXT)
def test_text_from_data_never_acts(text: str) -> None:
    facts = replace(
        FACTS,
        title=text,
        notebook=text,
        code_version=text,
        parameters={text: text, "list": [text]},
        sources=[
            {**dict.fromkeys(WARDS, text), "tier": "simulated"},
            {**WARDS, "approximate": text},
        ],
    )
    made = notebook(
        new_code_cell(
            text,
            metadata={"alt": text or "none"},
            outputs=[
                new_output("stream", name="stdout", text=text),
                new_output("stream", name="stderr", text=text),
                new_output("error", ename=text, evalue=text, traceback=[text]),
                shown({"text/plain": text}),
                shown({"image/png": PNG}, {"image/png": {"alt": f"A {text}", "width": text}}),
            ],
        ),
        sources=facts.sources,
    )
    assert live_parts(render(made, facts)) == LIVE_BY_DESIGN


@settings(max_examples=25, deadline=None)
@given(ANY_TEXT)
def test_text_from_markdown_never_acts(text: str) -> None:
    made = notebook(
        new_markdown_cell(text),
        new_markdown_cell(f"## {text}"),
        outputs(shown({"text/markdown": text})),
    )
    try:
        page = render(made, FACTS)
    except PageError as error:
        assert "formula" in str(error) or "an image has no" in str(error)
    else:
        assert live_parts(page) == LIVE_BY_DESIGN


def test_parameters_are_shown_as_json() -> None:
    soup = page_of(facts=replace(FACTS, parameters={"wards": {"Ba Đình": 1}, "none": None}))
    values = text_of(soup, "footer td.value")
    assert [json.loads(value) for value in values] == [{"Ba Đình": 1}, None]
