"""``hanoi new``: a notebook in the project's form."""

from __future__ import annotations

import click

from hanoi_analytics.folders import NOTEBOOKS


@click.command()
@click.argument("name", metavar="THEME/NAME")
@click.option("--title", default="", help="Heading of the page; by default the name.")
@click.option("--question", default="", help="The question that the page answers.")
def new(name: str, title: str, question: str) -> None:
    """Make the notebook THEME/NAME with the headings, parameters and calls that a page has.

    It can be published as it is. A notebook that is there already is left alone.
    """
    from hanoi_analytics.skeleton import new_notebook  # noqa: PLC0415

    path = new_notebook(NOTEBOOKS, name, title=title, question=question)
    click.echo(f"made {path}; next:")
    click.echo(f"  jupyter lab {path}")
    click.echo(f"  hanoi publish {name}")
