"""The published folder: replacing a page in one step, and the index with each report's status."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jinja2 import Environment, PackageLoader, StrictUndefined

from hanoi_analytics.ledger import Ledger, Run
from hanoi_analytics.publishing.html import HANOI_TIME, mask_paths
from hanoi_analytics.publishing.opening import opening
from hanoi_analytics.publishing.parameters import ParameterError, read_parameters

#: How a run may end without a page.
FAILED = ("failed", "timed out", "lost")
# Characters of one parameter that a page shows.
_LONGEST = 300


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
    for half in left_behind(target.parent, ".*.part"):
        half.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{os.getpid()}-", suffix=".part", dir=target.parent)
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


def left_behind(folder: Path, pattern: str) -> list[Path]:
    """Return what lies in a folder and belongs to no process that lives.

    The names begin with the number of a process and a hyphen, after a dot or none.
    """
    owners = {path: path.name.lstrip(".").partition("-")[0] for path in folder.glob(pattern)}
    return [p for p, o in owners.items() if not (o.isdecimal() and psutil.pid_exists(int(o)))]


def site_html(template: str, **values: object) -> str:
    """Fill in a page about the site itself; every value is escaped, paths of the machine masked.

    Parameters
    ----------
    template : str
        Name of a file in ``templates/hanoi`` that extends ``site_base.html.j2``.
    **values
        What the template names.
    """
    filled = _templates().get_template(template)
    return mask_paths(filled.render(time_zone=HANOI_TIME.tzname(None), **values))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("hanoi_analytics.publishing", "templates/hanoi"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    css = files("hanoi_analytics.publishing") / "templates/hanoi/page.css"
    environment.globals |= {"css": css.read_text("utf-8"), "failed": FAILED}
    return environment


def shown_moment(moment: str) -> str:
    """Return a moment of the ledger, in UTC, by the clocks of Hanoi.

    Examples
    --------
    >>> shown_moment("2026-11-21T22:00:00+00:00")
    '2026-11-22 05:00'
    """
    return datetime.fromisoformat(moment).astimezone(HANOI_TIME).strftime("%Y-%m-%d %H:%M")


def shown_parameters(parameters: Mapping[str, object]) -> list[str]:
    """Return parameters as ``name = value``, none of them longer than a few lines.

    Examples
    --------
    >>> shown_parameters({"year": 2030, "wards": ["00004"], "file": ""})
    ['year = 2030', 'wards = ["00004"]', 'file = none']
    """
    shown = (f"{name} = {_value(value)}" for name, value in parameters.items())
    return [words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …" for words in shown]


def _value(value: object) -> str:
    if isinstance(value, str):
        return value or "none"
    return json.dumps(value, ensure_ascii=False)


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
        ``theme/name`` to notebook; what is listed, each with the pages that jobs made of it.
    code_version : str
        Shown at the foot.
    """
    last, published = ledger.last_runs(), ledger.last_published()
    themes: dict[str, list[dict[str, object]]] = {}
    for name, notebook in notebooks.items():
        variants = _variants(site, name, notebook, last, published)
        theme = name.rpartition("/")[0] or "reports"
        themes.setdefault(theme, []).append(
            {
                "name": name,
                **opening(nbformat.read(notebook, as_version=4), name)._asdict(),
                **_report(site, f"{name}.html", last, published),
                "variants": variants,
                "failed_variants": sum(v["status"] in FAILED for v in variants),
            }
        )
    html = site_html(
        "site_index.html.j2",
        themes=themes,
        code_version=code_version,
        written=shown_moment(datetime.now(UTC).isoformat()),
    )
    replace_file(site / "index.html", html)


def _report(
    site: Path, page: str, last: Mapping[str, Run], published: Mapping[str, Run]
) -> dict[str, Any]:
    """Return the state of a page: its file if there is one, how its last run ended, its date."""
    exists = (site / page).is_file()
    report: dict[str, Any] = {
        "page": page if exists else None,
        "status": "not yet run",
        "published": None,
    }
    if page in last:
        run = last[page]
        report |= {
            "status": run.status,
            "error": run.error,
            "error_cell": run.error_cell,
            "ran": shown_moment(run.started_at),
        }
    if page in published and exists:
        run = published[page]
        report |= {
            "published": shown_moment(run.started_at),
            "version": run.code_version,
            "parameters": shown_parameters(run.parameters),
            "tiers": sorted({str(source["tier"]) for source in run.sources}),
        }
    return report


def _variants(
    site: Path,
    name: str,
    notebook: Path,
    last: Mapping[str, Run],
    published: Mapping[str, Run],
) -> list[dict[str, Any]]:
    """Return the pages made of a notebook under other names, by what sets them apart.

    One that was published and whose file is gone was taken away; one that never was is listed.
    """
    pages = [p for p, run in last.items() if run.notebook == name and p != f"{name}.html"]
    there = [page for page in pages if page not in published or (site / page).is_file()]
    if not there:
        return []
    defaults = _defaults(notebook)
    variants = []
    for page in there:
        given = published.get(page, last[page]).parameters
        same = {n for n, default in defaults.items() if given.get(n) == default}
        apart = shown_parameters({n: value for n, value in given.items() if n not in same})
        made = page.removesuffix(".html")
        label = ", ".join(apart) or made
        variants.append({"name": made, "label": label, **_report(site, page, last, published)})
    return variants


def _defaults(notebook: Path) -> dict[str, object]:
    try:
        return {name: p.default for name, p in read_parameters(notebook).items()}
    except ParameterError:
        # It is being edited; then all parameters of its pages are shown.
        return {}
