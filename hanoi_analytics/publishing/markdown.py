"""Markdown cells to HTML: formulae as MathML, one anchor for each heading, no raw HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from bs4 import BeautifulSoup
from mistune.util import safe_entity
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from hanoi_analytics.publishing.mathml import FormulaError, mathml
from hanoi_analytics.publishing.tables import dress_tables

# Signs in a line that no browser breaks: more do not fit the window of a telephone.
_WIDE_FORMULA = 24


class Heading(NamedTuple):
    """One line of the table of contents: the address inside the page, and the words."""

    address: str
    words: str


@dataclass
class Outline:
    """What the cells of one page share: the title found in them and the headings seen so far."""

    title: str = ""  # HTML of the first heading of level 1
    lead: str = ""  # HTML of what stands between it and the first section
    headings: list[Heading] = field(default_factory=list)
    _taken: set[str] = field(default_factory=lambda: {"content", "show-code"})

    def anchor(self, words: str) -> str:
        """Return an id made of the words of a heading that no other element of the page has.

        Examples
        --------
        >>> outline = Outline()
        >>> outline.anchor("Dân số Hà Nội"), outline.anchor("Dân số Hà Nội")
        ('Dân-số-Hà-Nội', 'Dân-số-Hà-Nội-2')
        """
        stem = re.sub(r"[^\w-]+", "-", words).strip("-") or "section"
        anchor, number = stem, 1
        while anchor in self._taken:
            number += 1
            anchor = f"{stem}-{number}"
        self._taken.add(anchor)
        return anchor


class PageRenderer(IPythonRenderer):
    """nbconvert's renderer with MathML, anchors and focusable tables.

    Raw HTML in Markdown is shown as text: a value that reaches a Markdown output cannot become a
    live element.
    """

    def __init__(self, outline: Outline, where: str, attachments: dict[str, Any]) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, attachments=attachments)
        self.outline = outline
        self.where = where
        self._tables = 0
        self._formulae = 0

    def text(self, text: str) -> str:
        """Keep entities such as ``&nbsp;`` while everything else is escaped."""
        return str(safe_entity(text))

    def block_mermaidjs(self, code: str) -> str:
        """Show the source of a diagram: the stock renderer leaves it to a script, unescaped."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def heading(self, text: str, level: int, **_attrs: Any) -> str:
        """Give a heading its anchor; the first one of level 1 becomes the title of the page."""
        if level == 1 and not self.outline.title:
            self.outline.title = text
            return ""
        words = BeautifulSoup(text, "html.parser").get_text()
        anchor = self.outline.anchor(words)
        if level == 2:
            self.outline.headings.append(Heading("#" + quote(anchor), words))
        return f'<h{level} id="{escape(anchor)}">{text}</h{level}>\n'

    def table(self, text: str) -> str:
        """Put a table into a region that can be scrolled by keyboard."""
        self._tables += 1
        table = dress_tables(f"<table>\n{text}</table>")
        return f"<div {self._scrolled('scroll', 'Table', self._tables)}>{table}</div>\n"

    def paragraph(self, text: str) -> str:
        """Leave out the paragraph that a heading taken as the title would leave empty."""
        return str(super().paragraph(text)) if text.strip() else ""

    def inline_math(self, body: str) -> str:
        """Turn ``$…$`` into MathML."""
        if body != body.strip():
            raise FormulaError(
                f"the formula {body!r} begins or ends with a space; "
                "write '\\$' where a dollar sign is meant"
            )
        formula = mathml(body)
        if len(BeautifulSoup(formula, "html.parser").get_text()) < _WIDE_FORMULA:
            return formula
        self._formulae += 1
        attributes = self._scrolled("wide-formula", "Formula", self._formulae)
        return f"<span {attributes}>{formula}</span>"

    def block_math(self, body: str) -> str:
        """Turn ``$$…$$`` into MathML on a line of its own."""
        self._formulae += 1
        attributes = self._scrolled("formula", "Formula", self._formulae)
        # A span, because Markdown puts it inside a paragraph.
        return f"<span {attributes}>{mathml(body, display=True)}</span>"

    def latex_environment(self, name: str, body: str) -> str:
        r"""Turn ``\begin{equation}…\end{equation}`` and its kin into MathML."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def _scrolled(self, css_class: str, kind: str, number: int) -> str:
        """Write the attributes of what may be wider than the window: reachable, and named."""
        label = f"{kind} {number} of {self.where}" if number > 1 else f"{kind} of {self.where}"
        return f'class="{css_class}" tabindex="0" role="region" aria-label="{escape(label)}"'


def render_markdown(
    source: str, outline: Outline, where: str, attachments: dict[str, Any] | None = None
) -> str:
    """Render Markdown as HTML and add its headings to the outline.

    Parameters
    ----------
    source : str
        The Markdown text.
    outline : Outline
        Shared by all cells of the page; changed.
    where : str
        Name of the cell, for labels, for example ``"cell 3"``.
    attachments : dict, optional
        Pictures pasted into the cell.

    Raises
    ------
    FormulaError
        A formula cannot be turned into MathML.

    Examples
    --------
    >>> outline = Outline()
    >>> render_markdown("## Dân số <b>", outline, "cell 1")
    '<h2 id="Dân-số-b">Dân số &lt;b&gt;</h2>\\n'
    """
    render: Callable[[str], str] = MarkdownWithMath(
        renderer=PageRenderer(outline, where, attachments or {})
    ).render
    return render(source)
