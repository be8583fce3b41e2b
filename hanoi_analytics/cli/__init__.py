"""The command ``hanoi``: publish notebooks, run them as jobs, and look after their data."""

from __future__ import annotations

import logging
import sys

import click

from hanoi_analytics import __version__
from hanoi_analytics.cli.data import data
from hanoi_analytics.cli.jobs import jobs
from hanoi_analytics.cli.new import new
from hanoi_analytics.cli.publishing import parameters, publish
from hanoi_analytics.errors import HanoiError


class _Group(click.Group):
    """Show the package's own errors as one message and exit code 2, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except HanoiError as error:
            raise click.UsageError(str(error)) from error
        except BrokenPipeError:
            raise  # click ends without a word when the reader of a pipe has seen enough
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


for command in (publish, parameters, jobs, new, data):
    main.add_command(command)
