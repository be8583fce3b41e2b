"""The static gate: what a page must not hold, because it would need a network or shut readers out.

A link that a reader may follow (``<a href="https://…">``) is allowed; anything that a browser
would fetch by itself is not, whether in the page, in a frame's own document or in a data address.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from bs4 import BeautifulSoup
from bs4.builder import ParserRejectedMarkup
from bs4.element import Tag

_FETCHED = ("src", "data", "poster", "background", "manifest", "ping")
_FETCHED_LISTS = ("srcset", "imagesrcset")
_LINKS = ("href", "xlink:href")
_FOLLOWED_BY_READERS = frozenset({"a", "area"})
_CSS_ATTRIBUTES = ("style", "fill", "stroke", "filter", "mask", "clip-path")
_INSIDE = ("#", "data:", "blob:", "about:")

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_URL = re.compile(r"\burl\(\s*[\"']?\s*([^\"')]*)", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import\s+(?:url\()?\s*[\"']?\s*([^\"');]*)", re.IGNORECASE)

_ADDRESS = r"[\"'`]\s*((?:(?:https?|wss?):)?(?:\\?/){2}[^\"'`\s]*)"
_CALLS = (
    "ajax|fetch|get|getJSON|getScript|icon|imageOverlay|import|importScripts|post|sendBeacon"
    "|tileLayer|videoOverlay|Worker|WebSocket|EventSource"
)
_SCRIPT_LOADS = re.compile(
    rf"(?:\b(?:{_CALLS})(?:\.\w+)?\s*\(\s*(?:\{{\s*url\s*:\s*)?"
    r"|\.open\(\s*[\"'`]\w+[\"'`]\s*,\s*"
    r"|\b(?:from|import)\s*"
    r"|\.(?:src|href)\s*=\s*"
    rf"|\b(?:iconUrl|iconRetinaUrl|shadowUrl)[\"']?\s*:\s*){_ADDRESS}"
)

_NO_DESCRIPTION = "No description has been provided"
# A dollar sign opens a formula when no space follows it, and closes one when no space stands
# before it and no digit after it: "$5 and $10" is money.
_RAW_FORMULA = re.compile(
    r"\$\$.+?\$\$|\$(?![\s$])[^$]*(?<![\s$])\$(?!\d)|\\begin\{[a-z]+\*?\}", re.DOTALL
)
_TEXT_BLOCKS = ["p", "li", "td", "th", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6"]
_NOT_PROSE = ["code", "pre", "math", "script", "style"]


def check_page(html: str) -> list[str]:
    """Return what is wrong with a page; an empty list lets it pass.

    Parameters
    ----------
    html : str
        The whole page.

    Returns
    -------
    list of str
        One sentence for each fault: an address outside the page that a browser would fetch, an
        image without alternative text, a frame without a title, a formula left as LaTeX, no
        language, no title.

    Examples
    --------
    >>> page = '<html lang="en"><title>Hà Nội</title>{}</html>'
    >>> check_page(page.format('<a href="https://www.gso.gov.vn">GSO</a>'))
    []
    >>> check_page(page.format('<script src="https://example.org/a.js"></script>'))
    ['src of <script> lies outside the page: https://example.org/a.js']
    """
    soup = _parsed(html)
    if soup is None:
        return ["the page cannot be parsed as HTML"]
    faults = list(_faults_of_document(soup))
    root = soup.find("html")
    if root is None or not str(root.get("lang") or "").strip():
        faults.append("<html> has no lang")
    title = soup.find("title")
    if title is None or not title.get_text().strip():
        faults.append("the page has no <title>")
    faults.extend(_raw_formulae(soup))
    return list(dict.fromkeys(faults))


def _parsed(html: str) -> BeautifulSoup | None:
    try:
        # A browser keeps the first of two attributes of one name.
        return BeautifulSoup(
            html, "html.parser", multi_valued_attributes=None, on_duplicate_attribute="ignore"
        )
    except ParserRejectedMarkup:
        return None


def _faults_of_document(soup: BeautifulSoup) -> Iterator[str]:
    for element in soup.find_all(True):
        yield from _outside_addresses(element)
        yield from _unreadable(element)
        if element.name == "style":
            yield from _outside_css(element.get_text())
        if element.name == "script":
            yield from _outside_script(element.get_text())
        if element.name == "meta" and _value(element, "http-equiv").lower() == "refresh":
            yield f"<meta> sends the reader elsewhere: {_value(element, 'content')}"
        if element.has_attr("srcdoc"):
            yield from _faults_of_text(_value(element, "srcdoc"))


def _faults_of_text(html: str) -> Iterator[str]:
    # Parsing undoes one level of escaping, as a browser does; frames in frames come back here.
    soup = _parsed(html)
    if soup is None:
        yield "the document of a frame cannot be parsed as HTML"
    else:
        yield from _faults_of_document(soup)


def _outside_addresses(element: Tag) -> Iterator[str]:
    names = _FETCHED if element.name in _FOLLOWED_BY_READERS else _FETCHED + _LINKS
    for name in names:
        if element.has_attr(name):
            yield from _faults_of_address(_value(element, name), f"{name} of <{element.name}>")
    for name in _FETCHED_LISTS:
        for candidate in re.split(r",\s+", _value(element, name)):
            address = candidate.split()[0] if candidate.split() else ""
            yield from _faults_of_address(address, f"{name} of <{element.name}>")
    for name in _CSS_ATTRIBUTES:
        yield from _outside_css(_value(element, name))
    for name in element.attrs:
        if name.startswith("on"):
            yield from _outside_script(_value(element, name))


def _faults_of_address(address: str, where: str) -> Iterator[str]:
    compact = re.sub(r"[\t\n\r]", "", address).strip()
    if compact and not compact.lower().startswith(_INSIDE):
        yield f"{where} lies outside the page: {compact[:200]}"
    elif compact.lower().startswith("data:text/") or "script" in compact[:40].lower():
        yield from _faults_of_data(compact, where)


def _faults_of_data(address: str, where: str) -> Iterator[str]:
    header, _, body = address.partition(",")
    try:
        raw = unquote(body)
        text = base64.b64decode(raw).decode("utf-8") if header.endswith(";base64") else raw
    except (binascii.Error, ValueError):
        yield f"{where} holds a data address that cannot be decoded: {address[:60]}"
        return
    if "html" in header:
        yield from _faults_of_text(text)
    elif "css" in header:
        yield from _outside_css(text)
    elif "script" in header:
        yield from _outside_script(text)


def _outside_css(css: str) -> Iterator[str]:
    text = _CSS_COMMENT.sub("", css)
    for address in _CSS_IMPORT.findall(text):
        yield f"@import fetches a style sheet: {address.strip()[:200]}"
    for address in _CSS_URL.findall(_CSS_IMPORT.sub("", text)):
        yield from _faults_of_address(address, "url(…) in a style")


def _outside_script(script: str) -> Iterator[str]:
    for address in _SCRIPT_LOADS.findall(script):
        yield f"a script loads from outside the page: {address[:200]}"


def _unreadable(element: Tag) -> Iterator[str]:
    name = element.name
    if name == "img" or (name == "input" and _value(element, "type").lower() == "image"):
        alternative = _value(element, "alt").strip()
        if not alternative or _NO_DESCRIPTION in alternative:
            yield f"an image has no alternative text: {str(element)[:80]}"
    if name == "svg" and _value(element, "role").lower() == "img":
        named = _value(element, "aria-label") or _value(element, "aria-labelledby")
        if not named.strip() and element.find("title") is None:
            yield f"an image has no alternative text: {str(element)[:80]}"
    if name in {"iframe", "frame"} and not _value(element, "title").strip():
        yield f"a frame has no title: {str(element)[:80]}"


def _raw_formulae(soup: BeautifulSoup) -> Iterator[str]:
    for block in soup.select(".markdown"):
        for element in block.find_all(_TEXT_BLOCKS):
            prose = "".join(
                string
                for string in element.find_all(string=True)
                if string.find_parent(_NOT_PROSE) is None
            )
            for formula in _RAW_FORMULA.findall(prose):
                yield f"a formula was left as LaTeX: {formula[:80]}"


def _value(element: Tag, name: str) -> str:
    return str(element.get(name) or "")
