"""The command ``hanoi``: publish notebooks, and list, show, fetch and verify data."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

import click

from hanoi_analytics import __version__, catalogue
from hanoi_analytics.errors import HanoiError

_NOTEBOOKS, _SITE, _LEDGER = Path("notebooks"), Path("site"), Path(".hanoi/ledger.sqlite")


class _Group(click.Group):
    """Show the package's own errors as one message and exit code 2, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except HanoiError as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            # A full disk, or a folder that may not be written.
            raise click.ClickException(f"{error.strerror}: {error.filename}") from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hanoi")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def main(quiet: bool) -> None:
    """Urban analytics for Hanoi: publish notebooks as pages, and look after their data."""
    level = logging.ERROR if quiet else logging.INFO
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s", force=True)


@main.command()
@click.argument("notebooks", nargs=-1)
@click.option("-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE")
@click.option("--site", type=click.Path(path_type=Path), default=_SITE, show_default=True)
@click.option("--ledger", type=click.Path(path_type=Path), default=_LEDGER, show_default=True)
@click.option("--timeout", default=900.0, show_default=True, help="Seconds one notebook may take.")
@click.option("--side-by-side", type=click.IntRange(1), help="Runs at a time; one per core.")
def publish(  # noqa: PLR0917 - click passes options by name
    notebooks: tuple[str, ...],
    given: tuple[str, ...],
    site: Path,
    ledger: Path,
    timeout: float,
    side_by_side: int | None,
) -> None:
    """Run NOTEBOOKS (all of them by default) and publish each to one page in the site.

    Parameters are checked before anything starts. A notebook that fails leaves the page that was
    there before, the others run, and the exit code is 1.
    """
    from hanoi_analytics import publishing  # noqa: PLC0415 - papermill takes a second to import

    # What is asked to end ends its notebooks too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    outcomes = publishing.publish(
        publishing.Project(_NOTEBOOKS, site, ledger),
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


@main.command()
@click.argument("notebook")
def parameters(notebook: str) -> None:
    """List the parameters that NOTEBOOK takes, with their defaults and ranges."""
    from hanoi_analytics import publishing  # noqa: PLC0415

    project = publishing.Project(_NOTEBOOKS, _SITE, _LEDGER)
    (path,) = project.find([notebook])
    for parameter in publishing.read_parameters(path).values():
        click.echo(f"{parameter.name}: {parameter.type_name} = {parameter.default!r}")
        click.echo(f"    {parameter.meaning}")


@main.group()
def data() -> None:
    """List, show, fetch and verify the datasets of the catalogue."""


@data.command("list")
@click.option("--tier", type=click.Choice(["reference", "embedded", "remote", "simulated"]))
def list_(tier: str | None) -> None:
    """List every dataset with its tier and whether it is on this machine."""
    for entry in catalogue.entries().values():
        if tier in (None, entry.tier):
            here = "here" if catalogue.available(entry.id) else "not fetched"
            click.echo(f"{entry.id:<32} {entry.tier:<10} {here:<12} {entry.title}")


@data.command()
@click.argument("dataset")
def show(dataset: str) -> None:
    """Show one dataset: source, licence, columns and units."""
    import yaml  # noqa: PLC0415

    entry = catalogue.describe(dataset).model_dump(mode="json", exclude_defaults=True)
    click.echo(yaml.safe_dump(entry, allow_unicode=True, sort_keys=False), nl=False)


@data.command()
@click.argument("datasets", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every remote dataset.")
@click.option("--timeout", default=30.0, show_default=True, help="Seconds of silence allowed.")
def fetch(datasets: tuple[str, ...], every: bool, timeout: float) -> None:
    """Fetch remote DATASETS to this machine, checked by their SHA-256."""
    remote = [e.id for e in catalogue.entries().values() if e.tier == "remote"]
    if not datasets and not every:
        raise click.UsageError(f"name a dataset or give --all; remote: {', '.join(remote)}")
    failed = 0
    for dataset in remote if every else datasets:
        try:
            paths = catalogue.fetch(dataset, timeout_s=timeout)
        except catalogue.FetchError as error:
            click.echo(str(error), err=True)
            failed += 1
        else:
            click.echo(f"{dataset}: {len(paths)} file(s)")
    if failed:
        sys.exit(1)


@data.command()
@click.argument("datasets", nargs=-1)
def verify(datasets: tuple[str, ...]) -> None:
    """Check hash and content of DATASETS (all by default) that are on this machine."""
    failed = 0
    for dataset in datasets or list(catalogue.entries()):
        try:
            state: str = catalogue.verify(dataset)
        except catalogue.CatalogueError as error:
            state, failed = f"WRONG: {error}", failed + 1
        click.echo(f"{dataset:<32} {state}")
    if failed:
        sys.exit(1)


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
