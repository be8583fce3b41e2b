"""The names of the findings that a notebook records, as far as its code says them."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat


def recorded_names(notebook: Path) -> set[str]:
    """Return the names given to ``findings.record(...)`` in a notebook's code.

    Parameters
    ----------
    notebook : pathlib.Path
        An .ipynb file that can be read.

    Returns
    -------
    set of str
        Empty when the names are not written in the notebook: nothing is recorded there, a call
        takes ``**values``, or a cell is not plain Python.
    """
    names: set[str] = set()
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError:
            return set()
        for node in nodes:
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "findings.record":
                given = {keyword.arg for keyword in node.keywords}
                if None in given:
                    return set()
                names |= {name for name in given if name is not None}
    return names
