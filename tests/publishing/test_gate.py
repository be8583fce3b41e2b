import base64
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.publishing.gate import check_page

OUTSIDE = "https://cdn.example.org/leaflet.js"


def page(body: str, *, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Hà Nội</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


def frame(document: str) -> str:
    return f'<iframe title="Map" srcdoc="{escape(document)}"></iframe>'


def data_address(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def test_a_page_with_everything_inside_passes() -> None:
    inside = page(
        '<a href="https://www.gso.gov.vn">GSO</a> <a href="../index.html">Home</a>'
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="Population of Hà Nội">'
        '<svg role="img" aria-label="A line"><use href="#line"></use></svg>'
        '<svg role="img"><title>Another</title></svg>'
        '<div class="markdown"><p>A ticket costs $5 and not $10, <code>$x$</code></p></div>'
        + frame('<script src="data:text/javascript,let a = 1"></script><p>Ba Đình</p>'),
        head="<style>p { background: url(data:image/gif;base64,R0lGOD) } /* url(http://x) */"
        " a { fill: url('#shade') }</style>",
    )
    assert check_page(inside) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (f'<script src="{OUTSIDE}"></script>', "src of <script>"),
        ('<script src="//cdn.example.org/a.js"></script>', "src of <script>"),
        ('<script src="  HTTPS://cdn.example.org/a.js"></script>', "src of <script>"),
        ('<script src="ht\ntps://cdn.example.org/a.js"></script>', "src of <script>"),
        ('<img alt="x" src="https://example.org/a.png" src="data:,">', "src of <img>"),
        ('<img alt="x" src="figure.png">', "src of <img>"),
        (
            '<img alt="x" src="#x" srcset="data:image/png;base64,AA 1x, b.png 2x">',
            "srcset of <img>",
        ),
        ('<video poster="https://example.org/a.png"></video>', "poster of <video>"),
        ('<object data="https://example.org/a.svg"></object>', "data of <object>"),
        ('<iframe title="x" src="https://example.org"></iframe>', "src of <iframe>"),
        ('<link rel="stylesheet" href="https://example.org/a.css">', "href of <link>"),
        ('<base href="https://example.org/">', "href of <base>"),
        ('<svg><image href="https://example.org/a.png"/></svg>', "href of <image>"),
        ('<svg><use xlink:href="https://example.org/a.svg#x"/></svg>', "xlink:href of <use>"),
        ('<a href="#x" ping="https://example.org">x</a>', "ping of <a>"),
        ('<meta http-equiv="Refresh" content="0;url=https://example.org">', "sends the reader"),
        ('<p style="background:url(https://example.org/a.png)">x</p>', "url(…)"),
        ("<style>@font-face{src:url( 'https://example.org/a.woff' )}</style>", "url(…)"),
        ('<style>@import "https://example.org/a.css";</style>', "@import"),
        ("<style>@import url(a.css);</style>", "@import"),
        ("<script>L.tileLayer('https://tile.example.org/{z}.png')</script>", "a script loads"),
        ('<script>L.tileLayer.wms(\n "http://tile.example.org")</script>', "a script loads"),
        ("<script>fetch(`https://example.org`)</script>", "a script loads"),
        ('<script>import("https://example.org/a.js")</script>', "a script loads"),
        ('<script type="module">import a from "https://e.org/a.js"</script>', "a script loads"),
        ('<script>tag.src = "https:\\/\\/example.org/a.js"</script>', "a script loads"),
        ('<script>$.ajax({url: "//example.org"})</script>', "a script loads"),
        ('<script>r.open("GET", "https://example.org")</script>', "a script loads"),
        ('<script>L.icon({"iconUrl": "https://example.org/i.png"})</script>', "a script loads"),
        ("<p onclick=\"fetch('https://example.org')\">x</p>", "a script loads"),
        (frame(f'<script src="{OUTSIDE}"></script>'), "src of <script>"),
        (frame("<script>L.tileLayer('https://tile.example.org')</script>"), "a script loads"),
        (frame(frame(frame(f'<script src="{OUTSIDE}"></script>'))), "src of <script>"),
        (frame('<img src="data:image/png;base64,AA">'), "no alternative text"),
        (
            f'<iframe title="x" src="{data_address("text/html", "<img alt=x src=//e.org/a>")}">'
            "</iframe>",
            "src of <img>",
        ),
        (
            f'<link href="{data_address("text/css", "p{background:url(//e.org)}")}">',
            "url(…)",
        ),
        (
            f'<script src="{data_address("application/javascript", "fetch(`//e.org`)")}"></script>',
            "a script loads",
        ),
        ('<script src="data:text/javascript;base64,A"></script>', "cannot be decoded"),
        ('<img src="data:image/png;base64,AA">', "no alternative text"),
        ('<img src="data:image/png;base64,AA" alt=" ">', "no alternative text"),
        (
            '<img src="data:," alt="No description has been provided for this image">',
            "no alternative text",
        ),
        ('<svg role="img"><path/></svg>', "no alternative text"),
        ("<iframe srcdoc='x'></iframe>", "frame has no title"),
        ('<div class="markdown"><p>Share $u = P_u / P$.</p></div>', "left as LaTeX"),
        ('<div class="markdown"><p>$a<em>b</em>c$</p></div>', "left as LaTeX"),
        ('<div class="markdown"><p>$$\nx\n$$</p></div>', "left as LaTeX"),
        ('<div class="markdown"><li>\\begin{align} x</li></div>', "left as LaTeX"),
    ],
)
def test_each_fault_is_found(body: str, fault: str) -> None:
    faults = check_page(page(body))
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<html><title>x</title></html>", "<html> has no lang"),
        ('<html lang=" "><title>x</title></html>', "<html> has no lang"),
        ('<html lang="vi"><title> </title></html>', "the page has no <title>"),
        ('<html lang="vi"></html>', "the page has no <title>"),
    ],
)
def test_a_page_says_its_language_and_title(html: str, fault: str) -> None:
    assert check_page(html) == [fault]


def test_text_that_only_looks_like_a_script_in_a_frame_is_no_fault() -> None:
    # A ward named so is shown as text: escaped once for the document and once for the attribute.
    named = frame("<p>&lt;script src=&quot;https://example.org&quot;&gt;</p>")
    assert check_page(page(named)) == []


def test_a_relative_address_in_a_style_sheet_is_a_fault_wherever_it_stands() -> None:
    css = "p { background: url(images/layers.png) } q { background: url('x.png') }"
    embedded = f'<link rel="stylesheet" href="{data_address("text/css", css)}">'
    assert len(check_page(page("", head=embedded))) == 2
    assert len(check_page(page("", head=f"<style>{css}</style>"))) == 2


MARKUP = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "<![",
            "<!--",
            "-->",
            "]]>",
            "<script>",
            "</script>",
            "<style>",
            "url(",
            "<svg role=img>",
            "<iframe srcdoc='",
            "'",
            '"',
            "&lt;",
            "&#0;",
            "&#x110000;",
            "data:text/html",
            ";base64,",
            "<?",
            "<!DOCTYPE",
            "=",
            " ",
            "$",
            "src=",
            "\x00",
            "ề",
        ]
    )
).map("".join)


@settings(deadline=None)
@given(st.text() | MARKUP)
def test_any_text_gives_a_list_of_faults(text: str) -> None:
    faults = check_page(text)
    assert all(isinstance(fault, str) and fault for fault in faults)
