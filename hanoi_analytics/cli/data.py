"""``hanoi data``: list, show, fetch and verify the datasets of the catalogue."""

from __future__ import annotations

import sys

import click

from hanoi_analytics import catalogue


@click.group()
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
