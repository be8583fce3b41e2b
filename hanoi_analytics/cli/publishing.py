"""``hanoi publish`` and ``hanoi parameters``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from hanoi_analytics.folders import LEDGER, NOTEBOOKS, SITE


@click.command()
@click.argument("notebooks", nargs=-1)
@click.option("-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE")
@click.option("--site", type=click.Path(path_type=Path), default=SITE, show_default=True)
@click.option("--ledger", type=click.Path(path_type=Path), default=LEDGER, show_default=True)
@click.option("--timeout", default=900.0, show_default=True, help="Seconds one notebook may take.")
@click.option("--side-by-side", type=click.IntRange(1), help="Runs at a time; one per core.")
@click.option(
    "--dask-scheduler",
    metavar="tcp://HOST:PORT",
    help="Where rasters are computed; by default DASK_SCHEDULER_ADDRESS, else here.",
)
def publish(  # noqa: PLR0917 - click passes options by name
    notebooks: tuple[str, ...],
    given: tuple[str, ...],
    site: Path,
    ledger: Path,
    timeout: float,
    side_by_side: int | None,
    dask_scheduler: str | None,
) -> None:
    """Run NOTEBOOKS (all of them by default) and publish each to one page in the site.

    Parameters are checked before anything starts. A notebook that fails leaves the page that was
    there before, the others run, and the exit code is 1.
    """
    from hanoi_analytics import publishing  # noqa: PLC0415 - papermill takes a second to import

    if dask_scheduler is not None:
        from hanoi_analytics import cluster  # noqa: PLC0415

        cluster.use_scheduler(dask_scheduler)
    # What is asked to end ends its notebooks too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    outcomes = publishing.publish(
        publishing.Project(NOTEBOOKS, site, ledger),
        notebooks,
        parameters=_pairs(given),
        timeout_s=timeout,
        side_by_side=side_by_side,
    )
    for outcome in outcomes:
        click.echo(f"{outcome.status:<10} {outcome.seconds:6.1f} s  {outcome.name}")
    click.echo(f"index: {site / 'index.html'}")
    if any(outcome.status != "published" for outcome in outcomes):
        sys.exit(1)


@click.command()
@click.argument("notebook")
def parameters(notebook: str) -> None:
    """List the parameters that NOTEBOOK takes, with their defaults and ranges."""
    from hanoi_analytics import publishing  # noqa: PLC0415

    project = publishing.Project(NOTEBOOKS, SITE, LEDGER)
    (path,) = project.find([notebook])
    for parameter in publishing.read_parameters(path).values():
        click.echo(f"{parameter.name}: {parameter.type_name} = {parameter.default!r}")
        click.echo(f"    {parameter.meaning}")


def _pairs(given: tuple[str, ...]) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"-p {text!r}: expected NAME=VALUE, for example -p year=2030")
        if name.strip() in pairs:
            raise click.UsageError(f"-p {name.strip()!r} is given twice")
        pairs[name.strip()] = value
    return pairs
