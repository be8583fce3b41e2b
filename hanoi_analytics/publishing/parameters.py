"""The parameters a notebook declares, and checking given values before a kernel starts.

A notebook has one cell tagged ``parameters``. Each line is an assignment with a comment that
gives the meaning and, where there is one, the range: ``[low, high]`` for numbers, ``{a, b}`` for
a choice.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from hanoi_analytics.errors import HanoiError, nearest

_TYPES: dict[str, type] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list[int]": list[int],
    "list[float]": list[float],
    "list[str]": list[str],
}
_SECRET = re.compile(r"(^|_)(secret|token|password)$", re.IGNORECASE)
_NUMBER = r"[-+]?\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?"
_INTERVAL = re.compile(rf"\[\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\]")
_CHOICE = re.compile(r"\{([^{}]+)\}")


class ParameterError(HanoiError):
    """A parameter is unknown, of the wrong type, out of its range, or declared wrongly."""


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a notebook."""

    name: str
    type_name: str
    default: object
    meaning: str
    interval: tuple[float, float] | None = None
    choices: tuple[str, ...] | None = None

    def check(self, given: object) -> object:
        """Return the value in the declared type, or say what is wrong with it.

        Parameters
        ----------
        given : object
            A value of the type, or text from a command line.

        Raises
        ------
        ParameterError
            Naming the parameter, the value and what was expected.

        Examples
        --------
        >>> Parameter("year", "int", 2030, "year [2025, 2050]", interval=(2025, 2050)).check("2040")
        2040
        """
        value = self._typed(given)
        for item in value if isinstance(value, list) else [value]:
            if (
                self.interval is not None
                and not self.interval[0] <= float(item) <= self.interval[1]
            ):
                low, high = self.interval
                raise ParameterError(
                    f"parameter {self.name!r}: {item!r} is out of range; expected {low:g} to "
                    f"{high:g} ({self.meaning})"
                )
            if self.choices is not None and str(item) not in self.choices:
                raise ParameterError(
                    f"parameter {self.name!r}: {item!r} is no choice; "
                    f"{nearest(str(item), self.choices)} (choices: {', '.join(self.choices)})"
                )
        return value

    def _typed(self, given: object) -> Any:
        kind = _TYPES[self.type_name]
        from_text = isinstance(given, str) and kind is not str
        try:
            if isinstance(given, str) and self.type_name.startswith("list"):
                given, from_text = yaml.safe_load(given), False
            settings = ConfigDict(allow_inf_nan=False)
            return TypeAdapter(kind, config=settings).validate_python(given, strict=not from_text)
        except (ValidationError, yaml.YAMLError) as error:
            example = f"-p {self.name}={_as_text(self.default)}"
            raise ParameterError(
                f"parameter {self.name!r}: expected {self.type_name}, found {given!r} "
                f"({type(given).__name__}); for example {example}"
            ) from error


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """Read what a notebook declares in its one cell tagged ``parameters``.

    Parameters
    ----------
    notebook : pathlib.Path
        An .ipynb file.

    Returns
    -------
    dict of str to Parameter
        In the order of the cell.

    Raises
    ------
    ParameterError
        No such cell or several, a line that is no plain assignment of a literal, a type that is
        not supported, a missing comment, a default outside its own range, or a secret.
    """
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ParameterError(f"{notebook.name}: not a readable notebook: {error}") from error
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ParameterError(
            f"{notebook.name}: expected one cell tagged 'parameters', found {len(tagged)}"
        )
    return parse_parameters(tagged[0].source, where=notebook.name)


def parse_parameters(source: str, *, where: str) -> dict[str, Parameter]:
    """Read the declarations in the source of a parameters cell.

    Examples
    --------
    >>> found = parse_parameters("year: int = 2030  # last year [2025, 2050]", where="a.ipynb")
    >>> found["year"].interval
    (2025.0, 2050.0)
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise ParameterError(
            f"{where}, parameters cell, line {error.lineno}: {error.msg}"
        ) from error
    comments = _comments(source)
    declared: dict[str, Parameter] = {}
    for statement in body:
        place = f"{where}, parameters cell, line {statement.lineno}"
        parameter = _declaration(statement, comments.get(statement.end_lineno or 0, ""), place)
        if parameter.name in declared:
            raise ParameterError(f"{place}: {parameter.name!r} is declared twice")
        declared[parameter.name] = parameter
        try:
            parameter.check(parameter.default)
        except ParameterError as error:
            raise ParameterError(f"{place}: the default does not hold: {error}") from error
    return declared


def check_parameters(
    declared: Mapping[str, Parameter], given: Mapping[str, object], *, where: str
) -> dict[str, object]:
    """Return all parameters of a run: the given values checked, the defaults for the rest.

    Parameters
    ----------
    declared : mapping of str to Parameter
        From `read_parameters`.
    given : mapping of str to object
        Values, or text from a command line.
    where : str
        The notebook, for messages.

    Raises
    ------
    ParameterError
        An unknown name (with the nearest match), a wrong type, a value out of range, a secret.
    """
    for name in given:
        refuse_secret(name, where)
        if name not in declared:
            raise ParameterError(f"{where}: no parameter {name!r}; {nearest(name, declared)}")
    return {
        name: parameter.check(given[name]) if name in given else parameter.default
        for name, parameter in declared.items()
    }


def refuse_secret(name: str, where: str) -> None:
    """Refuse a parameter whose name says that it holds a credential."""
    if _SECRET.search(name):
        raise ParameterError(
            f"{where}: parameter {name!r} looks like a credential. Parameters are published with "
            f"the page; set an environment variable instead and read it in the notebook"
        )


def _declaration(statement: ast.stmt, comment: str, place: str) -> Parameter:
    target: ast.expr
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
        type_name = ast.unparse(statement.annotation)
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value, type_name = statement.targets[0], statement.value, ""
    else:
        raise ParameterError(f"{place}: expected `name: type = value  # meaning`")
    if not isinstance(target, ast.Name):
        raise ParameterError(f"{place}: expected a plain name, found {ast.unparse(target)!r}")
    refuse_secret(target.id, place)
    try:
        default = ast.literal_eval(value)
    except ValueError as error:
        raise ParameterError(
            f"{place}: {target.id!r} must be a literal, found {ast.unparse(value)!r}"
        ) from error
    type_name = type_name or type(default).__name__
    if type_name not in _TYPES:
        raise ParameterError(
            f"{place}: {target.id!r} has type {type_name!r}; expected one of {', '.join(_TYPES)}"
        )
    if not comment:
        raise ParameterError(f"{place}: {target.id!r} needs a comment with its meaning and range")
    return Parameter(
        name=target.id,
        type_name=type_name,
        default=default,
        meaning=comment,
        interval=_interval(comment) if "str" not in type_name else None,
        choices=_choices(comment),
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _interval(comment: str) -> tuple[float, float] | None:
    found = _INTERVAL.search(comment)
    return (float(found[1]), float(found[2])) if found else None


def _choices(comment: str) -> tuple[str, ...] | None:
    found = _CHOICE.search(comment)
    return tuple(word.strip().strip("'\"") for word in found[1].split(",")) if found else None


def _as_text(value: object) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)
        .removesuffix("...\n")
        .strip()
        or "''"
    )
