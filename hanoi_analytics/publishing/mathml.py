"""Formulae in LaTeX to MathML, so that a page needs no script and no network to show them."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from latex2mathml import exceptions as latex_exceptions
from latex2mathml.converter import Converter

from hanoi_analytics.errors import HanoiError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENVIRONMENTS = frozenset(
    {
        "align",
        "align*",
        "aligned",
        "array",
        "cases",
        "equation",
        "equation*",
        "smallmatrix",
        "split",
    }
    | {f"{letter}matrix" for letter in ("", "p", "b", "B", "v", "V")}
)
# latex2mathml numbers every `align` from 1 again and does not know `aligned`.
_UNNUMBERED = re.compile(r"(\\(?:begin|end))\{(?:align|aligned)\}")
_BEGIN = re.compile(r"\\begin\{([^}]*)\}")
_DELIMITED = re.compile(
    r"\s*(?:\$\$(?P<display>.+)\$\$|\$(?P<inline>.+)\$|\\\[(?P<bracket>.+)\\\])\s*", re.DOTALL
)
_CHILDREN = {
    "mfrac": 2,
    "mover": 2,
    "mroot": 2,
    "msub": 2,
    "msubsup": 3,
    "msup": 2,
    "munder": 2,
    "munderover": 3,
}
# What would make a formula act or fetch: \href, \style and \class write these.
_FORBIDDEN_ATTRIBUTES = ("href", "style", "class")
# latex2mathml's own errors have no common base, and some bad input ends in a plain Python error.
_REFUSALS: tuple[type[Exception], ...] = (
    *(e for e in vars(latex_exceptions).values() if isinstance(e, type)),
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)


class FormulaError(HanoiError):
    """A formula that cannot be turned into MathML."""


def mathml(latex: str, *, display: bool = False) -> str:
    r"""Turn one LaTeX formula, without its dollar signs, into a MathML element.

    Parameters
    ----------
    latex : str
        The formula.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element; text from the formula is escaped.

    Raises
    ------
    FormulaError
        The formula holds an unknown command or environment, or its braces do not match.

    Examples
    --------
    >>> mathml("x").partition("<mrow>")[2]
    '<mi>x</mi></mrow></math>'
    >>> mathml(r"\frack{1}{2}")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    hanoi_analytics.publishing.mathml.FormulaError: ...the unknown command '\\frack'...
    """
    source = latex.strip()
    fault = next(_faults_of_source(source), None)
    if fault is not None:
        raise FormulaError(f"the formula {source!r} {fault}")
    converter = Converter(display="block" if display else "inline")
    try:
        root = converter.convert_to_element(_UNNUMBERED.sub(r"\1{align*}", source))
    except _REFUSALS as error:
        reason = type(error).__name__
        raise FormulaError(f"the formula {source!r} cannot be read as LaTeX: {reason}") from error
    fault = next(_faults_of_tree(root), None)
    if fault is not None:
        raise FormulaError(f"the formula {source!r} {fault}")
    for element in root.iter():
        # The converter writes symbols as character references inside the text, and its own
        # `convert` would undo all escaping: "\text{<b>}" would become a live element.
        text = html.unescape(element.text or "")
        # It takes some signs (±, ∼) for letters, which browsers would set without space around.
        if element.tag == "mi" and len(text) == 1 and unicodedata.category(text) == "Sm":
            element.tag, text = "mo", text.replace("~", "∼")
        element.text = text
    return tostring(root, encoding="unicode", short_empty_elements=False)


def mathml_of_output(latex: str) -> str:
    """Turn a ``text/latex`` output, with or without its delimiters, into MathML.

    Examples
    --------
    >>> mathml_of_output("$x$") == mathml("x", display=True)
    True
    """
    found = _DELIMITED.fullmatch(latex)
    body = next(part for part in found.groups() if part is not None) if found else latex
    return mathml(body, display=True)


def _faults_of_source(source: str) -> Iterator[str]:
    for name in _BEGIN.findall(source):
        if name not in _ENVIRONMENTS:
            known = ", ".join(sorted(_ENVIRONMENTS))
            yield f"uses the environment {name!r}; expected one of: {known}"
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", source):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        yield "has braces that do not match; expected one '}' for each '{'"


def _faults_of_tree(root: Element) -> Iterator[str]:
    for element in root.iter():
        text = element.text or ""
        if element.tag == "mi" and re.match(r"\\[A-Za-z]", text):
            yield f"holds the unknown command {text!r}; expected LaTeX that latex2mathml knows"
        if element.tag == "mi" and text == "&":
            yield "has an '&' outside a matrix, cases or align; write '\\&' for the sign"
        if len(element) != _CHILDREN.get(element.tag, len(element)):
            yield f"lacks an argument: <{element.tag}> needs {_CHILDREN[element.tag]}"
        if element.get("linebreak"):
            yield "breaks a line outside align, split or cases, which browsers do not show"
        for name in _FORBIDDEN_ATTRIBUTES:
            if name in element.attrib:
                yield f"sets the attribute {name!r}, which a page does not allow"
