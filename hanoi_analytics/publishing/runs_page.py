"""The page of runs: what ran, what failed and why, how long it took, what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hanoi_analytics.ledger import Ledger, Run
from hanoi_analytics.publishing import durations
from hanoi_analytics.publishing.comparison import Difference, compare
from hanoi_analytics.publishing.old_pages import run_of
from hanoi_analytics.publishing.site import (
    FAILED,
    replace_file,
    shown_moment,
    shown_parameters,
    site_html,
)

#: Runs of a page that are shown, and those its share of successes is taken from.
_SHOWN, _SHARE = 30, 20


@dataclass(frozen=True)
class _Row:
    """One run as the table shows it."""

    run: Run
    started: str
    seconds: str
    memory: str
    link: str | None
    slot: str | None
    parameters: list[str]
    compared: Run | None
    moved: list[str]
    steady: list[str]
    changes: list[str]


@dataclass(frozen=True)
class _Section:
    """One page of the site and its runs."""

    name: str
    anchor: str
    link: str | None
    rows: list[_Row]
    last: Run
    success: str
    share: str
    duration: str
    chart: durations.Chart | None
    failure: Run | None


def write_runs_page(site: Path, ledger: Ledger, code_version: str) -> None:
    """Write ``runs.html``: for every page its state, its last success and failure, its last runs.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the pages; old ones that stand there are linked.
    ledger : Ledger
        Says how runs ended.
    code_version : str
        Shown at the foot.
    """
    now = datetime.now(UTC)
    published = ledger.last_published()
    sections = [
        # One run more than is shown, to compare the oldest with.
        _section(site, ledger.runs(page=page, limit=_SHOWN + 1), published.get(page), now)
        for page in sorted(ledger.last_runs(), key=_name)
    ]
    html = site_html(
        "runs.html.j2",
        sections=sections,
        troubled=[section for section in sections if section.last.status in FAILED],
        chart=durations,
        code_version=code_version,
        written=shown_moment(now.isoformat()),
    )
    replace_file(site / "runs.html", html)


def _name(page: str) -> str:
    return page.removesuffix(".html")


def _section(site: Path, runs: Sequence[Run], published: Run | None, now: datetime) -> _Section:
    shown, last = runs[:_SHOWN], runs[0]
    # A run may have published since the ledger was asked for the last of each page.
    published = next((run for run in runs if run.status == "published"), published)
    name, page = _name(last.page), site / last.page
    standing = None
    if page.is_file():
        # The page itself knows which run made it; one of an earlier version does not.
        standing = run_of(page) or (published.id if published else None)
    return _Section(
        name=name,
        anchor=f"page-{quote(name)}",
        link=last.page if page.is_file() else None,
        rows=[_row(site, run, _before(run, runs, published), standing) for run in shown],
        last=last,
        success=_success(published, now),
        share=_share(runs),
        duration=durations.summarise(shown),
        chart=durations.draw(shown),
        failure=next((run for run in shown if run.status in FAILED), None),
    )


def _before(run: Run, runs: Sequence[Run], published: Run | None) -> Run | None:
    """Return the newest published run before a run, as far as it is at hand."""
    known = [*runs, *([published] if published else [])]
    return next((r for r in known if r.status == "published" and r.id < run.id), None)


def _row(site: Path, run: Run, before: Run | None, standing: int | None) -> _Row:
    # Without a run before, a run stands beside itself: nothing of it has moved.
    differences = compare(before or run, run) if run.findings else []
    moved = [_moved(d) for d in differences if d.old != d.new]
    return _Row(
        run=run,
        started=shown_moment(run.started_at),
        seconds="" if run.seconds is None else durations.shown_seconds(run.seconds),
        memory=_memory(run.peak_memory_bytes),
        link=_link(site, run, standing),
        slot=shown_moment(run.slot) if run.slot else None,
        parameters=shown_parameters(run.parameters),
        compared=before,
        moved=moved,
        steady=[f"{d.name} {_number(d.new)}" for d in differences if d.old == d.new],
        changes=list(_changes(before, run, len(moved))) if before else [],
    )


def _number(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def _moved(difference: Difference) -> str:
    words = f"{difference.name} {_number(difference.old)} → {_number(difference.new)}"
    if difference.absolute is None:
        return words
    share = difference.relative
    percent = "" if share is None else f", {100 * share:+.3g}\N{NO-BREAK SPACE}%"
    return f"{words} ({difference.absolute:+.4g}{percent})"


def _changes(before: Run, run: Run, moved: int) -> Iterator[str]:
    """Yield what is not as in the run before."""
    if run.parameters != before.parameters:
        yield "parameters changed"
    if run.sources and _hashes(run) != _hashes(before):
        yield "data changed"
    if run.code_version != before.code_version:
        yield "code changed"
    if moved:
        yield f"{moved} finding{'' if moved == 1 else 's'} changed"


def _hashes(run: Run) -> set[tuple[Any, Any]]:
    return {(source["id"], source["sha256"]) for source in run.sources}


def _link(site: Path, run: Run, standing: int | None) -> str | None:
    """Return the page a run made: the one that stands, or an old one that was kept."""
    if run.id == standing:
        return run.page
    old = f"{_name(run.page)}.run-{run.id}.html"
    return old if (site / old).is_file() else None


def _success(published: Run | None, now: datetime) -> str:
    if published is None:
        return "never"
    age_s = (now - datetime.fromisoformat(published.started_at)).total_seconds()
    return f"{shown_moment(published.started_at)}, {_age(age_s)} old"


def _age(seconds: float) -> str:
    """Say an age in its largest unit; a clock that was set back makes no negative age."""
    for unit_s, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit_s:
            count = int(seconds // unit_s)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "under a minute"


def _share(runs: Sequence[Run]) -> str:
    ended = [run for run in runs if run.status != "running"][:_SHARE]
    if not ended:
        return "no run has ended yet"
    good = sum(run.status == "published" for run in ended)
    return f"{good} of the last {len(ended)} ({100 * good / len(ended):.0f}\N{NO-BREAK SPACE}%)"


def _memory(size: int | None) -> str:
    if size is None:
        return ""
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
