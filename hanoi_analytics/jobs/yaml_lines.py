"""YAML as plain values with the line of each, and nothing in it that could surprise."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.publishing.credentials import (
    CredentialError,
    mask_credentials,
    refuse_credentials,
)

Place = tuple[str | int, ...]
_LARGEST_BYTES = 1_000_000
_DEEPEST = 12
_SHOWN = 200


class JobsFileError(HanoiError):
    """The jobs file cannot be read, or says something that is wrong: every mistake, by line."""


@dataclass
class LinedFile:
    """What a file says, on which lines, and the mistakes found in it so far."""

    name: str
    content: object = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest thing around it that is in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def mistake(self, place: Place, text: str) -> None:
        """Note a mistake; inside a job, its name is put before the text."""
        job = f"job {place[1]!r}: " if place[:1] == ("jobs",) and len(place) > 1 else ""
        self.mistakes.append((self.line(place), f"{job}{text}"))

    def refuse_mistakes(self) -> None:
        """Raise with all mistakes, in the order of the file.

        Raises
        ------
        JobsFileError
            One line for each; the values of credentials are masked.
        """
        if not self.mistakes:
            return
        found = sorted(dict.fromkeys(self.mistakes), key=lambda mistake: mistake[0])
        shown = [f"{self.name}, line {line}: {text}" for line, text in found[:_SHOWN]]
        if len(found) > _SHOWN:
            shown.append(f"… and {len(found) - _SHOWN} more mistakes")
        raise JobsFileError(mask_credentials("\n".join(shown)))


class _Refusal(yaml.MarkedYAMLError):
    """Something that YAML allows and this file does not."""


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes of plain YAML: no aliases, no tags, no deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        refused = None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            refused = "anchors (&x) and aliases (*x) are not read: write the values out"
        elif getattr(event, "tag", None):
            refused = f"tags such as {str(event.tag)[:60]!r} are not read: write the plain value"
        elif self.depth >= _DEEPEST:
            refused = f"more than {_DEEPEST} levels deep"
        if refused:
            raise _Refusal(problem=refused, problem_mark=event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_lined(path: Path) -> LinedFile:
    """Read a YAML file as mappings, lists and plain values, in Unicode NFC.

    Parameters
    ----------
    path : pathlib.Path
        At most 1 MB of UTF-8.

    Returns
    -------
    LinedFile
        Keys that stand twice and values of credentials are already among its mistakes.

    Raises
    ------
    JobsFileError
        The file cannot be read, is too large, is not YAML, or holds tags, anchors or aliases.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise JobsFileError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > _LARGEST_BYTES:
        raise JobsFileError(f"{path.name}: larger than {_LARGEST_BYTES:,} bytes; no jobs file is")
    try:
        text = unicodedata.normalize("NFC", data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise JobsFileError(f"{path.name}, line {line}: not UTF-8; save it as UTF-8") from error
    file = LinedFile(path.name)
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        if node is not None:
            file.content = _value(file, loader, node, ())
    except yaml.YAMLError as error:
        message = mask_credentials(f"{path.name}, {_explain(error, text)}")
        raise JobsFileError(message) from error
    return file


def _explain(error: yaml.YAMLError, text: str) -> str:
    """Say in one line what YAML could not read, and where."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return (
            f"line {line}: not YAML: the character #x{ord(text[error.position]):04x} is not allowed"
        )
    if not isinstance(error, yaml.MarkedYAMLError):
        return f"line 1: not YAML: {error}"
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if isinstance(error, _Refusal):
        return f"line {line}: {error.problem}"
    words = ", ".join(word for word in (error.context, error.problem) if word)
    hint = "; text that begins with * stands in quotes" if "alias" in words else ""
    return f"line {line}: not YAML: {words}{hint}"


def _value(file: LinedFile, loader: _PlainLoader, node: yaml.Node, place: Place) -> object:
    """Turn a node into a value, and write down the line of everything in it."""
    file.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(file, loader, node, place)
    if isinstance(node, yaml.SequenceNode):
        return [_value(file, loader, item, (*place, n)) for n, item in enumerate(node.value)]
    try:
        value: object = loader.construct_object(node)
        refuse_credentials(f"{node.value}\n{value}", "this line")
    except (ValueError, OverflowError) as error:  # such as the date 2026-02-30
        file.mistake(place, f"{node.value[:60]!r} cannot be read ({error}); put text in quotes")
        return None
    except CredentialError as error:
        file.mistake(place, str(error))
        return None
    return value


def _mapping(
    file: LinedFile, loader: _PlainLoader, node: yaml.MappingNode, place: Place
) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            line = key_node.start_mark.line + 1
            file.mistakes.append((line, "a key must be plain text, found a list or a mapping"))
            continue
        key = str(key_node.value)
        if key in found:
            line, first = key_node.start_mark.line + 1, file.lines[*place, key]
            file.mistakes.append((line, f"{key!r} stands twice, first in line {first}; keep one"))
            continue
        file.lines[*place, key] = key_node.start_mark.line + 1
        found[key] = _value(file, loader, value_node, (*place, key))
    return found
