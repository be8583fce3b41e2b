"""A notebook that was run, made into one HTML page that needs nothing outside itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Any

from nbconvert.utils.iso639_1 import iso639_1
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.findings import FINDINGS_MIME, FindingError, checked
from hanoi_analytics.publishing.exporter import TEMPLATES, PageError, PageExporter
from hanoi_analytics.publishing.gate import check_page
from hanoi_analytics.publishing.markdown import Outline
from hanoi_analytics.publishing.masking import mask_paths

__all__ = [
    "SOURCES_MIME",
    "PageError",
    "PageFacts",
    "check_page",
    "find_findings",
    "find_sources",
    "mask_paths",
    "render",
]

# Viet Nam keeps one time all year; a fixed offset needs no time zone database on the machine.
HANOI_TIME = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_PAPERMILL_BANNER = "papermill-error-cell-tag"
# What cells report to the run, not to the reader.
_REPORTS = {SOURCES_MIME, FINDINGS_MIME}


@dataclass(frozen=True)
class PageFacts:
    """What a page says about the run that made it.

    Parameters
    ----------
    title : str
        Title of the page, used where the notebook has no heading of level 1, and in the browser's
        title bar.
    notebook : str
        Path of the notebook inside the project.
    page : str
        Path of the page inside the site, for example ``"overview/claims.html"``.
    code_version : str
        Version of the code that ran.
    parameters : dict
        Values the notebook was run with.
    started : str
        Start of the run, ISO 8601 with an offset from UTC.
    seconds : float
        Length of the run in seconds.
    sources : list of dict
        The data that were read, as `find_sources` returns them.
    run : int, optional
        Number of the run in the ledger, by which an old page is kept.
    """

    title: str
    notebook: str
    page: str
    code_version: str
    parameters: dict[str, object]
    started: str
    seconds: float
    sources: list[dict[str, Any]]
    run: int | None = None


def find_sources(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the sources that the notebook's cells reported, each once, in the order they came.

    Raises
    ------
    PageError
        A report is not a list of source dicts with all their keys.

    Examples
    --------
    >>> import nbformat
    >>> find_sources(nbformat.v4.new_notebook())
    []
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for position, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            report = output.get("data", {}).get(SOURCES_MIME, [])
            if not isinstance(report, list) or not all(isinstance(s, dict) for s in report):
                raise PageError(
                    f"{_name(cell, position)}: {SOURCES_MIME} is not a list of source dicts"
                )
            for source in report:
                missing = [key for key in Source.__annotations__ if key not in source]
                if missing:
                    raise PageError(
                        f"{_name(cell, position)}: a source in {SOURCES_MIME} lacks {missing}; "
                        "report what catalogue.load put into .attrs['source']"
                    )
                found.setdefault((source["id"], source["sha256"]), dict(source))
    return list(found.values())


def find_findings(notebook: NotebookNode) -> dict[str, float | None]:
    """Return the numbers that the notebook's cells recorded, in the order they came.

    Raises
    ------
    PageError
        A report that `findings.record` did not make, or one name with two values.

    Examples
    --------
    >>> import nbformat
    >>> find_findings(nbformat.v4.new_notebook())
    {}
    """
    found: dict[str, float | None] = {}
    for position, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            report = output.get("data", {}).get(FINDINGS_MIME, {})
            if not isinstance(report, dict):
                raise PageError(f"{_name(cell, position)}: {FINDINGS_MIME} is not a dict")
            for name, value in report.items():
                try:
                    number = checked(name, value)
                except FindingError as error:
                    raise PageError(f"{_name(cell, position)}: {error}") from error
                number = None if number is None else float(number)
                if found.setdefault(name, number) != number:
                    raise PageError(
                        f"{_name(cell, position)}: finding {name} was recorded before as "
                        f"{found[name]}, and here as {number}; give each number one name"
                    )
    return found


def render(notebook: NotebookNode, facts: PageFacts, *, language: str = "en") -> str:
    """Render a notebook with its outputs as one self-contained page.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook after its run; not changed.
    facts : PageFacts
        What the page says about the run.
    language : str
        ISO 639-1 code of the language the notebook is written in.

    Returns
    -------
    str
        The whole HTML page. Paths of this machine are masked, and `check_page` finds no fault.

    Raises
    ------
    PageError
        The notebook reports no sources, a picture has no alternative text, a formula cannot be
        read, or the page would need something outside itself. The message names the cell.
    """
    if language not in iso639_1:
        raise PageError(f"language {language!r} is not an ISO 639-1 code, for example 'en' or 'vi'")
    _check_sources(find_sources(notebook), facts)
    exporter = PageExporter(  # type: ignore[no-untyped-call]
        template_name="hanoi",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_raw=True,
    )
    resources = {"page": _page_resources(facts), "language_code": language}
    page, _ = exporter.from_notebook_node(_numbered(notebook), resources=resources)
    page = mask_paths(page)
    faults = check_page(page)
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in faults)
        raise PageError(f"{facts.notebook} makes a page with {len(faults)} fault(s):\n{listed}")
    return str(page)


def _check_sources(reported: list[dict[str, Any]], facts: PageFacts) -> None:
    if not reported:
        raise PageError(
            f"{facts.notebook} reports no sources; call catalogue.sources_used() in the last cell"
        )
    listed = {source["id"] for source in facts.sources}
    unlisted = [source["id"] for source in reported if source["id"] not in listed]
    if unlisted:
        raise PageError(
            f"the sources {unlisted} of {facts.notebook} are not in the facts of the page; "
            "pass sources=find_sources(notebook)"
        )


def _page_resources(facts: PageFacts) -> dict[str, Any]:
    return {
        "facts": facts,
        "home": "../" * (len(PurePosixPath(facts.page).parts) - 1) + "index.html",
        "notes": list(_notes(facts.sources)),
        "css": (TEMPLATES / "hanoi/page.css").read_text("utf-8"),
        "script": (TEMPLATES / "hanoi/page.js").read_text("utf-8"),
        "outline": Outline(),
        "parameters": [(name, _shown(value)) for name, value in facts.parameters.items()],
        "pygments_css": HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(
            ".highlight"
        ),
        "started": _in_hanoi(facts.started),
        "time_zone": HANOI_TIME.tzname(None),
    }


def _in_hanoi(moment: str) -> datetime:
    try:
        started = datetime.fromisoformat(moment)
    except ValueError as error:
        raise PageError(f"started={moment!r} is not ISO 8601") from error
    if started.tzinfo is None:
        raise PageError(f"started={moment!r} has no offset from UTC, for example '+07:00'")
    return started.astimezone(HANOI_TIME).replace(microsecond=0)


def _notes(sources: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (kind, sentence): what a reader must know before the first figure."""
    simulated = [source["title"] for source in sources if source["tier"] == "simulated"]
    if simulated:
        yield "simulated", f"This page uses simulated data: {', '.join(simulated)}"
    own = [source["title"] for source in sources if source["tier"] == "own"]
    if own:
        yield "own", f"Uses a file given by its author: {', '.join(own)}"
    for sentence in dict.fromkeys(s["approximate"] for s in sources if s["approximate"]):
        yield "approximate", f"Approximate: {sentence}"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _name(cell: NotebookNode, position: int) -> str:
    first_line = next(iter(cell.source.strip().splitlines()), "")
    return f"cell {position} ({first_line[:60]!r})" if first_line else f"cell {position}"


def _numbered(notebook: NotebookNode) -> NotebookNode:
    """Copy the notebook without papermill's banners, and let each cell know its name."""
    copied = copy.deepcopy(notebook)
    copied.cells = [
        cell for cell in copied.cells if _PAPERMILL_BANNER not in cell.metadata.get("tags", [])
    ]
    opening = True
    for position, cell in enumerate(copied.cells, start=1):
        opening = opening and cell.cell_type != "code"
        cell.metadata["hanoi_opening"] = opening
        cell.metadata["hanoi_position"] = position
        cell.metadata["hanoi_name"] = _name(cell, position)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not _only_reports(o)]
    return copied


def _only_reports(output: NotebookNode) -> bool:
    data = set(output.get("data", {}))
    return bool(data) and data <= _REPORTS
