"""How a notebook begins: its heading and the sentence below it, as plain words."""

from __future__ import annotations

import re
from typing import NamedTuple

from nbformat import NotebookNode

# What Markdown lets a backslash stand before: the signs of ASCII.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class Opening(NamedTuple):
    """Title and first sentence of a notebook."""

    title: str
    summary: str


def opening(notebook: NotebookNode, fallback: str) -> Opening:
    """Return the first heading of level 1 and the line after it.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook.
    fallback : str
        Its title where there is no such heading.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell(r"# Lakes \\& ponds" + "\\n\\nHow many?")
    >>> opening(nbformat.v4.new_notebook(cells=[cell]), "environment/lakes")
    Opening(title='Lakes & ponds', summary='How many?')
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            first, *rest = cell.source.splitlines()
            summary = next((line.strip() for line in rest if line.strip()), "")
            title = first.removeprefix("# ").strip()
            return Opening(_ESCAPED.sub(r"\1", title), _ESCAPED.sub(r"\1", summary))
    return Opening(fallback, "")
