"""Tables that a notebook shows, made readable: numbers to the right, headers with a scope."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bs4 import BeautifulSoup
from bs4.element import Tag

_NUMBER = re.compile(
    r"(?:[<>≤≥≈~]\s?)?[+\-−–]?\d[\d.,\u00a0\u202f ]*(?:e[+-]?\d+)?\s?[%‰]?", re.IGNORECASE
)
_MISSING = frozenset({"", "NaN", "nan", "None", "<NA>", "NaT", "-", "–", "—", "n/a"})
_SHORT, _LONG = 12, 40  # characters


def dress_tables(fragment: str) -> str:
    """Return the HTML with every table's cells marked by what they hold, for the style sheet.

    Columns are counted from the right, because pandas leaves out the header cells on the left of a
    row that an earlier row spans. What pandas writes to style its own tables is taken out.

    Parameters
    ----------
    fragment : str
        HTML of one output.

    Returns
    -------
    str
        The same HTML. Cells of columns that hold only numbers have the class ``number``; others
        are ``short`` (a word or a date, not to be broken) or ``long`` (a sentence, to be given
        room). Header cells have a scope.

    Examples
    --------
    >>> dress_tables("<table><tr><td>Hà Nội</td><td>3,359.8</td></tr></table>")
    '<table><tr><td class="short">Hà Nội</td><td class="number">3,359.8</td></tr></table>'
    """
    if "<table" not in fragment:
        return fragment
    soup = BeautifulSoup(fragment, "html.parser")
    for style in soup.find_all("style", attrs={"scoped": True}):
        style.decompose()
    for table in soup.find_all("table"):
        _dress(table)
    return str(soup)


def _dress(table: Tag) -> None:
    del table["border"]
    _name_index(table)
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.find_all("tr")]
    for row in table.find_all("tr"):
        del row["style"]
    for cell in table.select("thead th"):
        cell["scope"] = "col"
        if not cell.get_text().strip():  # an empty header announces nothing
            cell.name = "td"
            del cell["scope"]
    for cell in table.select("tbody th"):
        cell["scope"] = "row"
    width = max((len(cells) for cells in rows), default=0)
    for from_right in range(1, width + 1):
        column = [cells[-from_right] for cells in rows if len(cells) >= from_right]
        if _is_numeric([cell for cell in column if cell.name == "td"]):
            for cell in column:
                _add_class(cell, "number")
        else:
            for cell in column:
                length = len(cell.get_text().strip())
                if length <= _SHORT:
                    _add_class(cell, "short")
                elif length >= _LONG:
                    _add_class(cell, "long")


def _add_class(cell: Tag, name: str) -> None:
    cell["class"] = " ".join([*cell.get_attribute_list("class"), name])


def _name_index(table: Tag) -> None:
    """Move the names of a pandas index from their own row into the empty corner above it."""
    rows = table.select("thead tr")
    if len(rows) != 2:
        return
    upper, lower = (row.find_all("th", recursive=False) for row in rows)
    names = [cell.get_text().strip() for cell in lower]
    width = sum(bool(name) for name in names)
    corner_is_empty = not any(cell.get_text().strip() for cell in upper[:width])
    if len(upper) == len(lower) and all(names[:width]) and corner_is_empty:
        for cell, name in zip(upper[:width], names[:width], strict=True):
            cell.string = name
        rows[1].decompose()


def _is_numeric(cells: Sequence[Tag]) -> bool:
    words = [cell.get_text().strip() for cell in cells]
    filled = [word for word in words if word not in _MISSING]
    return bool(filled) and all(_NUMBER.fullmatch(word) for word in filled)
