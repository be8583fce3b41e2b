"""A new notebook in the project's form, ready to be published and then filled."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from hanoi_analytics.errors import HanoiError

_TEMPLATE = Path(__file__).with_suffix(".ipynb")
_NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
# What Markdown would take for a mark, anywhere in a line and at its start.
_MARKS = re.compile(r"([\\`*_\[\]<>$~|&#])")
_FIRST_MARKS = re.compile(r"^(\d*)([+=.)-])")


class SkeletonError(HanoiError):
    """A notebook cannot be made under this name."""


def new_notebook(folder: Path, name: str, *, title: str = "", question: str = "") -> Path:
    """Write a notebook with the headings, parameters and calls that every page has.

    Parameters
    ----------
    folder : pathlib.Path
        The project's notebooks.
    name : str
        ``theme/name``: small letters, digits and ``_``; a new theme gets its folder.
    title, question : str
        Heading and first sentence, as plain text; signs of Markdown and HTML are shown as they
        are. By default the title is the name.

    Returns
    -------
    pathlib.Path
        The new file.

    Raises
    ------
    SkeletonError
        No such folder, a name of another form or in a theme that lies elsewhere, or a notebook
        that is there already: it is left alone.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = new_notebook(Path(folder), "overview/lakes", title="How many lakes are left?")
    ...     path.relative_to(folder).as_posix()
    'overview/lakes.ipynb'
    """
    import nbformat  # noqa: PLC0415 - the command line starts without it

    if not _NAME.fullmatch(name):
        raise SkeletonError(
            f"notebook {name!r}: expected THEME/NAME in small letters a–z, digits and '_', each "
            "beginning with a letter, such as environment/lakes"
        )
    if not folder.is_dir():
        raise SkeletonError(f"no folder {str(folder)!r}: run this in the project's folder")
    path = folder / f"{name}.ipynb"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise SkeletonError(f"notebook {name!r}: its theme is a link out of {str(folder)!r}")
    book = nbformat.read(_TEMPLATE, as_version=4)
    first = book.cells[0]
    heading = _line(title) or name.rpartition("/")[2].replace("_", " ").capitalize()
    sentence = _line(question) or first.source.rpartition("\n")[2]
    first.source = f"# {_plain(heading)}\n\n{_plain(sentence)}"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(nbformat.writes(book) + "\n")
    except FileExistsError:
        raise SkeletonError(f"{path} is there already, and is left as it is") from None
    return path


def _line(text: str) -> str:
    """Return a text on one line in Unicode NFC, without control characters."""
    clean = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
    return unicodedata.normalize("NFC", " ".join(clean.split()))


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it stands."""
    return _FIRST_MARKS.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))
