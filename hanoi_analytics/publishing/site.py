"""The published folder: replacing a page in one step, and the index with each report's status."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import nbformat
from jinja2 import Environment, PackageLoader

from hanoi_analytics.publishing.html import HANOI_TIME
from hanoi_analytics.publishing.ledger import Ledger, Run


def replace_file(target: Path, text: str) -> None:
    """Put a file in place in one step: a reader sees the old one or the new one, whole.

    Parameters
    ----------
    target : pathlib.Path
        Its folder is made when missing.
    text : str
        Written as UTF-8, flushed to disk, then renamed over the target.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_index(
    site: Path, ledger: Ledger, notebooks: Mapping[str, Path], code_version: str
) -> None:
    """Write ``index.html``: every report with its state, its last success and its last error.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the pages.
    ledger : Ledger
        Says how runs ended.
    notebooks : mapping of str to pathlib.Path
        ``theme/name`` to notebook; what is listed.
    code_version : str
        Shown at the foot.
    """
    last, published = ledger.last_runs(), ledger.last_published()
    themes: dict[str, list[dict[str, object]]] = {}
    for name, notebook in notebooks.items():
        page = f"{name}.html"
        exists = (site / page).is_file()
        theme = name.rpartition("/")[0] or "reports"
        themes.setdefault(theme, []).append(
            {
                "name": name,
                "page": page if exists else None,
                **_heading(notebook, name),
                **_state(last.get(page), published.get(page), exists=exists),
            }
        )
    environment = Environment(
        loader=PackageLoader("hanoi_analytics.publishing", "templates/hanoi"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (files("hanoi_analytics.publishing") / "templates/hanoi/page.css").read_text("utf-8")
    html = environment.get_template("site_index.html.j2").render(
        css=css,
        themes=themes,
        code_version=code_version,
        written=_local(datetime.now(HANOI_TIME)),
    )
    replace_file(site / "index.html", html)


def _state(last: Run | None, published: Run | None, *, exists: bool) -> dict[str, object]:
    state: dict[str, object] = {"status": "not yet run", "error": None, "error_cell": None}
    if last is not None:
        state |= {
            "status": last.status,
            "error": last.error,
            "error_cell": last.error_cell,
            "ran": _local(datetime.fromisoformat(last.started_at)),
        }
    if published is not None and exists:
        state |= {
            "published": _local(datetime.fromisoformat(published.started_at)),
            "version": published.code_version,
            "parameters": published.parameters,
            "tiers": sorted({str(source["tier"]) for source in published.sources}),
        }
    return state


def _heading(notebook: Path, name: str) -> dict[str, str]:
    """Title and first sentence of a notebook, for the index."""
    title, summary = name, ""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            first, *rest = cell.source.splitlines()
            title = first.removeprefix("# ").strip()
            summary = next((line.strip() for line in rest if line.strip()), "")
            break
    return {"title": title, "summary": summary}


def _local(moment: datetime) -> str:
    return moment.astimezone(HANOI_TIME).strftime("%Y-%m-%d %H:%M")
