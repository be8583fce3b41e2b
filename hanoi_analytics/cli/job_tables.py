"""What the commands of jobs say: aligned columns for people, JSON for machines."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hanoi_analytics.ledger import Run

_LONGEST_ERROR = 70  # characters of a line of the history


def say_runs(runs: Sequence[Run], as_json: bool) -> None:
    """Print a line for each run, or one JSON list."""
    from hanoi_analytics.jobs.listing import short_facts  # noqa: PLC0415 - takes a second

    facts = [short_facts(run) for run in runs]
    if as_json:
        say_json(facts)
        return
    head = ("run", "job", "page", "status", "attempt", "started", "seconds", "memory", "error")
    rows = [
        (
            str(fact["run"]),
            fact["job"] or "-",
            fact["page"],
            fact["status"],
            str(fact["attempt"]),
            shown_moment(fact["started_at"]),
            shown_seconds(fact["seconds"]),
            _megabytes(fact["peak_memory_bytes"]),
            _error(fact),
        )
        for fact in facts
    ]
    if rows:
        say_table([head, *rows])


def say_outcome(runs: Sequence[Run], as_json: bool) -> None:
    """Print how runs ended; exit code 1 unless all were published."""
    say_runs(runs, as_json)
    if any(run.status != "published" for run in runs):
        sys.exit(1)


def say_json(facts: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2))


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; Vietnamese letters count as one, however they came."""
    composed = [[unicodedata.normalize("NFC", cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*composed, strict=True)]
    for row in composed:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def shown_moment(moment: str | None) -> str:
    """Return the day and the minute of a moment."""
    return moment[:16].replace("T", " ") if moment else "-"


def shown_seconds(seconds: float | None) -> str:
    """Return a duration."""
    return "-" if seconds is None else f"{seconds:.1f} s"


def _megabytes(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / 1e6:.0f} MB"


def shown_number(value: float | None, sign: str = "") -> str:
    """Return a number with its main digits."""
    return "-" if value is None else format(value, f"{sign}.6g")


def _error(fact: dict[str, Any]) -> str:
    if not fact["error"]:
        return ""
    cell = f"cell {fact['error_cell']}: " if fact["error_cell"] else ""
    text = cell + " ".join(fact["error"].split())
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]} …"
