"""nbconvert's exporter with our template: everything escaped, and what is missing named by cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import ansi2html, get_metadata
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.publishing.markdown import render_markdown
from hanoi_analytics.publishing.mathml import FormulaError, mathml_of_output
from hanoi_analytics.publishing.tables import dress_tables

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_FIRST = (
    "text/html",
    "text/markdown",
    "text/latex",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
)


_WIDGET = "application/vnd.jupyter.widget-view+json"


class PageError(HanoiError):
    """A notebook that cannot be published as it is."""


class PageExporter(TemplateExporter):
    """nbconvert's exporter with autoescaping on and the filters of our template.

    Not its HTMLExporter, which parses the page once more to mend what this template never makes
    or the gate refuses: a third of the time of rendering.

    Cells must carry ``hanoi_position`` (int, from 1) and ``hanoi_name`` (str) in their metadata,
    those before the first code ``hanoi_opening`` (true), and the resources an `Outline` as
    ``["page"]["outline"]``.
    """

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @property
    def default_config(self) -> Config:
        config = super().default_config.copy()
        config.NbConvertBase.display_data_priority = list(_SHOWN_FIRST)
        config.CoalesceStreamsPreprocessor.enabled = True
        return config

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        # nbconvert leaves escaping to each template; here what is not Markup is escaped.
        environment.autoescape = True
        return environment

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Render a notebook that shows no widget: a widget needs its kernel, a page has none."""
        for cell in nb.cells:
            if any(_WIDGET in output.get("data", {}) for output in cell.get("outputs", [])):
                raise PageError(
                    f"{cell.metadata.hanoi_name} shows a widget, which a page cannot keep; show "
                    "it by hanoi_analytics.controls.explore, which gives a page the result alone"
                )
        return super().from_notebook_node(nb, resources, **options)

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "markdown2html", self.markdown2html
        yield "latex2html", _latex_to_html
        yield "ansi2html", lambda text: Markup(ansi2html(text))  # noqa: S704 - it escapes
        yield "highlight2html", _highlighted
        yield "table2html", lambda html: Markup(dress_tables(html))  # noqa: S704 - cell's own HTML
        yield "alternative_text", _alternative_text
        yield "region_label", _region_label

    @pass_context
    def markdown2html(self, context: Context, source: str) -> Markup:
        """Render Markdown with MathML, and name the cell when a formula is wrong."""
        cell = context["cell"]
        outline = context["resources"]["page"]["outline"]
        sections_before = len(outline.headings)
        where = f"cell {cell.metadata.hanoi_position}"
        try:
            html = render_markdown(source, outline, where, cell.get("attachments"))
        except (FormulaError, InvalidNotebook) as error:
            raise PageError(f"{cell.metadata.hanoi_name}: {error}") from error
        if cell.metadata.get("hanoi_opening") and not sections_before:
            lead, section, rest = html.partition("<h2 ")
            outline.lead, html = outline.lead + lead, section + rest
        return Markup(html)  # noqa: S704 - the renderer escapes


def _highlighted(source: str, metadata: dict[str, Any]) -> Markup:
    return Markup(Highlight2HTML()(source, metadata=metadata))  # noqa: S704 - pygments escapes


def _latex_to_html(latex: str, cell: NotebookNode) -> Markup:
    try:
        return Markup(mathml_of_output(latex))  # noqa: S704 - mathml escapes
    except FormulaError as error:
        raise PageError(f"{cell.metadata.hanoi_name}: {error}") from error


def _alternative_text(output: NotebookNode, mime: str, cell: NotebookNode) -> str:
    text = get_metadata(output, "alt", mime) or cell.metadata.get("alt") or ""
    if not str(text).strip():
        raise PageError(
            f"{cell.metadata.hanoi_name}: the {mime} output has no alternative text; set 'alt' in "
            "the output's or the cell's metadata, or show the figure with hanoi_analytics.figures"
        )
    return str(text)


def _region_label(output: NotebookNode, cell: NotebookNode, kind: str = "Output") -> str:
    """Name an output for a screen reader; names of one page differ."""
    number = next(n for n, other in enumerate(cell.outputs, start=1) if other is output)
    label = f"{kind} of cell {cell.metadata.hanoi_position}"
    return label if number == 1 else f"{label}, part {number}"
