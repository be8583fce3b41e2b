"""What must not go out with a text: paths of the machine, and commands to a terminal."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

import hanoi_analytics

# The letters and digits of an embedded picture may spell a path by chance: they are stepped over.
_EMBEDDED = r"(?P<embedded>base64,[A-Za-z0-9+/=]+)"
# A path starts where no word runs into it (so that https://example.org/home/x is left alone),
# or after an escaped line end or a colour code, as in the text of a traceback.
_START = r"(?:(?<![\w.-])|(?<=\\[nrt])|(?<=[\d\[]m))(?:file://)?"
_END = r"(?![\w-])(?!\.\w)"
# Not longer: of a text that is one long path, every part would be looked at to its end.
_KERNEL_FILE = r"(?P<kernel>[^\s\"'<>&]{0,200}/ipykernel_\d+/\d+\.py)"
_ANY_HOME = r"(?P<any_home>(?:[A-Za-z]:[\\/]+Users[\\/]+|/(?:home|Users)/)[^\\/\s\"'<>&:;,]+)"

# Control characters but for the tab and the line's end, and those that turn text around.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def mask_commands(text: str) -> str:
    """Replace each character that a terminal or a browser takes for a command by U+FFFD.

    Examples
    --------
    >>> mask_commands("red \\x1b[31m, a bell \\a, line\\r\\n")
    'red �[31m, a bell �, line\\n'
    """
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def mask_paths(text: str) -> str:
    """Replace paths of this machine: the project becomes relative, a home folder ``~``.

    Parameters
    ----------
    text : str
        Any text: a traceback, a page.

    Returns
    -------
    str
        The text with the project's folder taken off, the home folder (and any other under
        ``/home``, ``/Users`` or ``C:\\Users``) as ``~``, the Python environment as ``env`` and the
        folder for temporary files as ``…``. A file of the kernel becomes ``cell.py``.

    Examples
    --------
    >>> mask_paths("File /home/lan/notes.txt, line 3")
    'File ~/notes.txt, line 3'
    """
    return _pattern().sub(_replacement, text)


@cache
def _pattern() -> re.Pattern[str]:
    folders = {
        "project": Path(hanoi_analytics.__file__).resolve().parent.parent,
        "home": Path.home(),
        "env": Path(sys.prefix),
        "temporary": Path(tempfile.gettempdir()),
    }
    if sys.prefix == sys.base_prefix:  # no environment: /usr is the same on every machine
        del folders["env"]
    # The longest first: the project is often inside the home folder.
    longest_first = sorted(folders.items(), key=lambda item: -len(str(item[1])))
    known = [
        f"(?P<{name}>{re.escape(str(folder))}{_END})"
        for name, folder in longest_first
        if len(folder.parts) > 1  # a home folder of "/" says nothing
    ]
    return re.compile(f"{_EMBEDDED}|{_START}(?:{'|'.join([_KERNEL_FILE, *known, _ANY_HOME])})/?")


def _replacement(found: re.Match[str]) -> str:
    slash = "/" if found[0].endswith("/") else ""
    match found.lastgroup:
        case "embedded":
            return found[0]
        case "kernel":
            return "cell.py"
        case "project":
            return "" if slash else "."
        case "env":
            return "env" + slash
        case "temporary":
            return "…" + slash
        case _:
            return "~" + slash
