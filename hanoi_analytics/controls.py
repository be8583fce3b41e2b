"""Controls above a result: in an open notebook the reader chooses, a page shows the defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from typing import Any

from IPython.display import display

from hanoi_analytics.errors import HanoiError, nearest
from hanoi_analytics.watching import notebook_is_open

_NAMED_CHOICES = 8

Choices = Sequence[Any] | Mapping[str, Any] | bool


class ControlError(HanoiError):
    """A control has nothing to choose from, or belongs to no parameter of the function."""


def explore(show: Callable[..., object], **choices: Choices) -> None:
    """Show what a function returns, with a control above it for each parameter that is named.

    In an open notebook the result follows the controls, and an error stands in its place. While a
    notebook is being published, or without ipywidgets, the result for the defaults is shown once,
    with a line below it that says what there is to choose; an error then fails the cell.

    Parameters
    ----------
    show : callable
        Takes the chosen values by name and returns what is to be shown: a map, a picture, a table.
        It runs at each change, so it should take less than a second.
    **choices : list, mapping, tuple or bool
        For each parameter: a list of values, or a mapping of words to values (drop-down list); a
        tuple of low, high and step (slider); or a bool (check box). The parameter's own default is
        chosen first; where it has none, the first value, the low end, or the bool.

    Raises
    ------
    ControlError
        A name that the function does not take, nothing to choose from, or a default outside.

    Examples
    --------
    >>> def square(number=3):
    ...     return number**2
    >>> explore(square, number=(1, 5, 1))
    9
    <Shown: number 3. In JupyterLab: number 1 to 5 in steps of 1.>
    """
    parts = _checked(show, choices)
    if notebook_is_open() and find_spec("ipywidgets") is not None:
        _show_controls(show, parts)
        return
    _show_result(show, {name: part.default for name, part in parts.items()})
    shown = "; ".join(f"{part.title} {part.default_word()}" for part in parts.values())
    offered = "; ".join(f"{part.title} {part.words()}" for part in parts.values())
    where = "JupyterLab with ipywidgets" if notebook_is_open() else "JupyterLab"
    display(_Note(f"Shown: {shown}. In {where}: {offered}."))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Note:
    """One line below a result; what comes from data is escaped."""

    text: str

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text)}</p>"

    def __repr__(self) -> str:
        return f"<{self.text}>"


@dataclass(frozen=True)
class _Part:
    """What one control offers: words with their values, a range, or a switch."""

    title: str
    offered: dict[str, Any] | tuple[Any, Any, Any] | bool
    default: Any

    def words(self) -> str:
        if isinstance(self.offered, bool):
            return "on or off"
        if isinstance(self.offered, tuple):
            return "{} to {} in steps of {}".format(*map(_text, self.offered))
        words = list(self.offered)
        if len(words) > _NAMED_CHOICES:
            return f"one of {len(words)}, {words[0]} to {words[-1]}"
        return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

    def default_word(self) -> str:
        if isinstance(self.offered, bool):
            return "on" if self.default else "off"
        if isinstance(self.offered, tuple):
            return _text(self.default)
        return next(word for word, value in self.offered.items() if value == self.default)


def _show_result(show: Callable[..., object], values: Mapping[str, Any]) -> None:
    result = show(**values)
    if result is not None:
        display(result)  # type: ignore[no-untyped-call]


def _show_controls(show: Callable[..., object], parts: Mapping[str, _Part]) -> None:
    import ipywidgets as widgets  # type: ignore[import-untyped] # noqa: PLC0415

    controls = {}
    for name, part in parts.items():
        control = widgets.interactive.widget_from_abbrev(part.offered, part.default)
        control.description = part.title
        control.style.description_width = "initial"
        control.layout.width = "auto"
        if control.has_trait("continuous_update"):
            control.continuous_update = False
        controls[name] = control
    result = widgets.interactive_output(lambda **values: _show_result(show, values), controls)
    row = widgets.HBox(list(controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
    display(widgets.VBox([row, result]))  # type: ignore[no-untyped-call]


def _checked(show: Callable[..., object], choices: Mapping[str, Choices]) -> dict[str, _Part]:
    if not choices:
        raise ControlError("explore needs a choice for a parameter, such as year=[2019, 2024]")
    known = inspect.signature(show).parameters
    for name in choices:
        if name not in known:
            raise ControlError(f"the function takes no {name!r}; {nearest(name, known)}")
    return {name: _part(name, given, known[name]) for name, given in choices.items()}


def _part(name: str, given: Choices, parameter: inspect.Parameter) -> _Part:
    title = name.replace("_", " ")
    offered: dict[str, Any] | tuple[Any, Any, Any] | bool
    if isinstance(given, bool):
        offered, first = given, given
    elif isinstance(given, tuple):
        offered, first = _range(name, given), given[0]
    else:
        offered = dict(given) if isinstance(given, Mapping) else {_text(one): one for one in given}
        if not offered:
            raise ControlError(f"{name}: there is nothing to choose from")
        first = next(iter(offered.values()))
    default = first if parameter.default is parameter.empty else parameter.default
    if isinstance(offered, tuple) and not offered[0] <= default <= offered[1]:
        raise ControlError(f"{name}: the default {default!r} lies outside {given!r}")
    if isinstance(offered, dict) and default not in offered.values():
        raise ControlError(f"{name}: the default {default!r} is none of {', '.join(offered)}")
    return _Part(title, offered, default)


def _range(name: str, given: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    if len(given) != 3 or not given[0] < given[1] or not given[2] > 0:
        raise ControlError(
            f"{name}: expected (low, high, step) with low below high and a step above 0, "
            f"found {given!r}; for single values give a list"
        )
    return given


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
