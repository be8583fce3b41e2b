"""From a job's parameters to its pages: one, or one for each combination of listed values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from hanoi_analytics.jobs.yaml_lines import LinedFile, Place
from hanoi_analytics.publishing.parameters import Parameter, ParameterError, check_parameters

MOST_VARIANTS = 1000
_LONGEST_SLUG = 40
_LONGEST_PAGE = 180


@dataclass(frozen=True)
class Variant:
    """One page of a job, without ``.html``, and all parameters of the notebook for it.

    `label` names the values that set it apart from the job's other pages: ``"year 2017"``.
    """

    page: str
    parameters: dict[str, object]
    label: str


@dataclass(frozen=True)
class Plan:
    """Where a job's parameters stand in the file, and what they are for."""

    file: LinedFile
    place: Place
    notebook: str
    declared: Mapping[str, Parameter]

    def variants(self, page: str, given: Mapping[str, object]) -> tuple[Variant, ...]:
        """Check a job's parameters and return its pages in the order of the file.

        Parameters
        ----------
        page : str
            Of the job; a fan-out adds ``--name-value`` for each listed parameter.
        given : mapping of str to object
            A list given for a parameter that takes one value fans out, a list of lists for one
            that takes a list.

        Returns
        -------
        tuple of Variant
            Empty when there are mistakes; these are added to the file's.
        """
        before = len(self.file.mistakes)
        fixed: dict[str, object] = {name: p.default for name, p in self.declared.items()}
        listed: dict[str, dict[str, object]] = {}
        for name, value in given.items():
            if isinstance(value, list) and self._fans_out(name, value):
                listed[name] = self._by_slug(name, value)
            else:
                fixed[name] = self._checked((*self.place, name), name, value)
        count = math.prod(len(values) for values in listed.values())
        if count > MOST_VARIANTS:
            sizes = " × ".join(f"{len(values)} {name}" for name, values in listed.items())
            self.file.mistake(
                self.place, f"makes {count:,} pages ({sizes}); expected at most {MOST_VARIANTS:,}"
            )
        if len(self.file.mistakes) > before:
            return ()
        made = [
            self._variant(page, fixed, dict(zip(listed, combination, strict=True)))
            for combination in product(*(values.items() for values in listed.values()))
        ]
        longest = max(made, key=lambda variant: len(variant.page)).page
        if len(longest) > _LONGEST_PAGE:
            self.file.mistake(
                self.place,
                f"the page {longest!r} has {len(longest)} characters; expected at most "
                f"{_LONGEST_PAGE}: list fewer parameters or give a shorter page",
            )
        return tuple(made)

    def _fans_out(self, name: str, value: list[object]) -> bool:
        if name in self.declared and self.declared[name].type_name.startswith("list"):
            return any(isinstance(item, list) for item in value)
        return True

    def _by_slug(self, name: str, values: list[object]) -> dict[str, object]:
        """Check each listed value and name it for the page; two may not have one name."""
        place = (*self.place, name)
        if not values:
            self.file.mistake(place, f"parameter {name!r}: an empty list makes no page")
        found: dict[str, object] = {}
        if len(values) > MOST_VARIANTS:
            problem = f"lists {len(values):,} values; expected at most {MOST_VARIANTS:,} pages"
            self.file.mistake(place, f"parameter {name!r}: {problem}")
            return found
        for number, given in enumerate(values):
            before = len(self.file.mistakes)
            value = self._checked((*place, number), name, given)
            if len(self.file.mistakes) > before:
                continue
            key = slug(value)
            if not key:
                problem = f"{value!r} has no letter or digit for a page's name; give it a job of"
                self.file.mistake((*place, number), f"parameter {name!r}: {problem} its own")
            elif key in found:
                problem = f"{found[key]!r} and {value!r} would both be the page …--{name}-{key}"
                self.file.mistake((*place, number), f"parameter {name!r}: {problem}; keep one")
            found[key] = value
        return found

    def _checked(self, place: Place, name: str, given: object) -> object:
        kind = self.declared[name].type_name if name in self.declared else ""
        try:
            if isinstance(given, str) and kind not in {"", "str"}:
                raise ParameterError(  # text for numbers is what command lines give
                    f"parameter {name!r}: expected {kind}, found the text {given!r}; write it "
                    f"without quotes" + (", as [a, b]" if kind.startswith("list") else "")
                )
            return check_parameters(self.declared, {name: given}, where=self.notebook)[name]
        except ParameterError as error:
            text = str(error).replace(f"for example -p {name}=", f"for example {name}: ")
            hint = " (text stands in quotes)" if kind == "str" and "expected str" in text else ""
            self.file.mistake(place, text + hint)
            return None

    def _variant(
        self, page: str, fixed: dict[str, object], chosen: Mapping[str, tuple[str, object]]
    ) -> Variant:
        values = {name: value for name, (_, value) in chosen.items()}
        suffix = "".join(f"--{name.lower()}-{key}" for name, (key, _) in chosen.items())
        label = "; ".join(f"{name} {_shown(value)}" for name, value in values.items())
        return Variant(page + suffix, fixed | values, label)


def slug(value: object) -> str:
    """Return a value as part of a page's name: lower-case ASCII letters, digits and hyphens.

    Parameters
    ----------
    value : object
        Text loses its marks; a number below zero begins with ``minus``; nothing is ``empty``.

    Returns
    -------
    str
        At most 40 characters; empty when no letter or digit is left.

    Examples
    --------
    >>> slug("Đống Đa"), slug(-110.0), slug(["00004", "00008"]), slug([])
    ('dong-da', 'minus-110', '00004-00008', 'empty')
    """
    if value in ("", []):
        return "empty"
    if isinstance(value, list):
        return "-".join(filter(None, map(slug, value)))[:_LONGEST_SLUG].strip("-")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = format(value, ".12g") if isinstance(value, float) else str(value)
    text = text.replace("-", "minus-", 1) if number and text.startswith("-") else text
    letters = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub("[^a-z0-9]+", "-", bare).strip("-")[:_LONGEST_SLUG].strip("-")


def _shown(value: object) -> str:
    if value in ("", []):
        return "(empty)"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
