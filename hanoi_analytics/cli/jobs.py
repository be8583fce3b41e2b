"""``hanoi jobs``: run notebooks on a schedule, and see what ran."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hanoi_analytics.cli.job_tables import (
    say_json,
    say_outcome,
    say_runs,
    say_table,
    shown_moment,
    shown_number,
    shown_seconds,
)
from hanoi_analytics.folders import JOBS, LEDGER, NOTEBOOKS, SITE

if TYPE_CHECKING:
    from hanoi_analytics.jobs import Job, Runner
    from hanoi_analytics.ledger import Ledger
    from hanoi_analytics.publishing import Project

# The modules of jobs take a second to import, so that each command does it when it is called.
# ruff: noqa: PLC0415


@dataclass(frozen=True)
class _Places:
    """The files a command works on."""

    file: Path
    site: Path
    ledger_file: Path

    def project(self) -> Project:
        from hanoi_analytics.publishing import Project

        return Project(NOTEBOOKS, self.site, self.ledger_file)

    def ledger(self) -> Ledger:
        from hanoi_analytics.ledger import Ledger

        return Ledger(self.ledger_file)

    def jobs(self) -> dict[str, Job]:
        from hanoi_analytics.jobs import read_jobs

        return read_jobs(self.file, self.project())


def _places(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that all commands have."""

    @click.option("--file", type=_PATH, default=JOBS, show_default=True, help="The jobs.")
    @click.option("--site", type=_PATH, default=SITE, show_default=True, help="Folder of pages.")
    @click.option("--ledger", type=_PATH, default=LEDGER, show_default=True, help="What ran.")
    @wraps(command)
    def called(file: Path, site: Path, ledger: Path, **given: Any) -> None:
        command(_Places(file, site, ledger), **given)

    return called


_PATH = click.Path(path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
_workers = click.option("--workers", type=click.IntRange(1), help="Runs at a time; one per core.")


@click.group()
def jobs() -> None:
    """Run notebooks on a schedule, and see what ran.

    The file jobs.yml says which notebook runs when, and with what parameters. All times are those
    of Hanoi.
    """


@jobs.command()
@click.argument("name")
@_workers
@_json
@_places
def run(places: _Places, name: str, workers: int | None, as_json: bool) -> None:
    """Run the job NAME now, and wait until its pages are made, retries included.

    The exit code is 0 if all were published, 1 if not, 2 if one of them is being made already.
    --json gives a list of the runs, with the keys of `hanoi jobs history`.
    """
    with _working(places, workers) as runner:
        runs = runner.run(name)
    say_outcome(runs, as_json)


@jobs.command()
@_workers
@_json
@_places
def due(places: _Places, workers: int | None, as_json: bool) -> None:
    """Run what is due and what waits, then end: for cron, systemd or launchd.

    A moment that was missed is caught up once. A failed page that is to be tried again after a
    while is left to the next call. Two at once do no harm. The exit code is 1 if a page failed
    for good. --json gives a list of the runs that ended, with the keys of `hanoi jobs history`.
    """
    with _working(places, workers) as runner:
        runs = runner.due()
    say_outcome(runs, as_json)


@jobs.command()
@_workers
@_places
def start(places: _Places, workers: int | None) -> None:
    """Run jobs as they become due, until Ctrl-C or SIGTERM.

    The jobs' file is read again when it changes. A run that is interrupted is written down; a
    scheduled one runs again at the next start. A second signal ends at once.
    """
    with _working(places, workers) as runner:
        runner.start()


@jobs.command("list")
@_json
@_places
def list_(places: _Places, as_json: bool) -> None:
    """List the jobs with their next run, state, last success and usual duration.

    \b
    Keys with --json, one object a job: job, notebook, pages, schedule, next_run,
    state (running, waiting, idle), last_success, last_status,
    median_s (of the last 10 published runs).
    """
    from hanoi_analytics.jobs.listing import job_facts

    facts = job_facts(places.jobs(), places.ledger(), datetime.now(UTC))
    if as_json:
        say_json(facts)
        return
    head = ("job", "schedule", "next run", "state", "last success", "last status", "median")
    rows = [
        (
            fact["job"],
            fact["schedule"] or "-",
            shown_moment(fact["next_run"]),
            fact["state"],
            shown_moment(fact["last_success"]),
            fact["last_status"] or "-",
            shown_seconds(fact["median_s"]),
        )
        for fact in facts
    ]
    say_table([head, *rows])


@jobs.command()
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Runs shown.")
@_json
@_places
def history(places: _Places, name: str | None, limit: int, as_json: bool) -> None:
    """List the runs of all jobs, or of the job NAME, the newest first.

    \b
    Keys with --json, one object a run: run, job, page, status (running, published,
    failed, timed out, lost), attempt, started_at, seconds, peak_memory_bytes,
    error_cell, error.
    """
    from hanoi_analytics.jobs import find_job

    runs = places.ledger().runs(job=name, limit=limit)
    if not runs and name is not None:
        find_job(places.jobs(), name)
    say_runs(runs, as_json)


@jobs.command()
@click.argument("number", metavar="RUN", type=int)
@_json
@_places
def show(places: _Places, number: int, as_json: bool) -> None:
    """Show all that is known of RUN.

    \b
    Keys with --json: those of `hanoi jobs history`, and notebook, parameters,
    code_version, sources (each with its sha256), ended_at, traceback, findings,
    order_id, slot (the scheduled moment), notice (what hooks answered).
    """
    import yaml

    from hanoi_analytics.jobs.listing import run_facts
    from hanoi_analytics.publishing.masking import mask_commands

    facts = run_facts(places.ledger().run(number))
    if as_json:
        say_json(facts)
        return
    texts = {name: facts.pop(name) for name in ("error", "traceback", "notice")}
    known = {name: value for name, value in facts.items() if value not in (None, [], {})}
    words = yaml.safe_dump(known, allow_unicode=True, sort_keys=False)
    click.echo(mask_commands(words), nl=False)
    for name, text in texts.items():
        if text:
            click.echo(f"{name}:")
            click.echo("\n".join(f"  {line}" for line in text.splitlines()))


@jobs.command()
@click.argument("number", metavar="RUN", type=int)
@click.option("--accept-drift", is_flag=True, help="Leave out the job's limits on drift.")
@_json
@_places
def retry(places: _Places, number: int, accept_drift: bool, as_json: bool) -> None:
    """Make the page of RUN again now, with the same notebook and parameters.

    Exit code and --json are those of `hanoi jobs run`. With --accept-drift, findings may have
    moved beyond the limits that the job states.
    """
    with _working(places, None) as runner:
        runs = runner.retry(number, accept_drift=accept_drift)
    say_outcome(runs, as_json)


@jobs.command()
@click.argument("old", metavar="RUN", type=int)
@click.argument("new", metavar="RUN", type=int)
@_json
@_places
def diff(places: _Places, old: int, new: int, as_json: bool) -> None:
    """Compare what two runs found, the older one first.

    \b
    Keys with --json: old and new (as in `hanoi jobs history`), parameters (those that
    differ: name, old, new), findings (name, old, new, absolute, relative).
    """
    from hanoi_analytics.jobs.listing import diff_facts

    ledger = places.ledger()
    facts = diff_facts(ledger.run(old), ledger.run(new))
    if as_json:
        say_json(facts)
        return
    for one in facts["parameters"]:
        click.echo(f"parameter {one['name']}: {one['old']!r} in run {old}, {one['new']!r} in {new}")
    if not facts["findings"]:
        click.echo("neither run recorded findings")
        return
    rows = [
        (
            one["name"],
            shown_number(one["old"]),
            shown_number(one["new"]),
            shown_number(one["absolute"], "+"),
            "-" if one["relative"] is None else f"{100 * one['relative']:+.2f} %",
        )
        for one in facts["findings"]
    ]
    say_table([("finding", f"run {old}", f"run {new}", "change", "relative"), *rows])


@contextmanager
def _working(places: _Places, workers: int | None) -> Iterator[Runner]:
    """Give a runner that ends when this process is asked to, the second time at once."""
    from hanoi_analytics.jobs import Runner, RunnerStoppedError

    _say_hanoi_time()
    runner = Runner(places.project(), places.file, workers=workers)
    asked = (signal.SIGINT, signal.SIGTERM)

    def end(*_: object) -> None:
        for number in asked:
            signal.signal(number, signal.SIG_DFL)
        runner.stop()

    before = {number: signal.signal(number, end) for number in asked}
    try:
        yield runner
    except RunnerStoppedError as error:
        raise click.ClickException(str(error)) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_hanoi_time() -> None:
    """Begin each line of the log with the time in Hanoi."""
    from hanoi_analytics.publishing.html import HANOI_TIME

    form = logging.Formatter("%(asctime)s  %(message)s", "%Y-%m-%d %H:%M:%S")
    form.converter = lambda moment: datetime.fromtimestamp(moment or 0.0, HANOI_TIME).timetuple()
    for handler in logging.getLogger().handlers:
        handler.setFormatter(form)
