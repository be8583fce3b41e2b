"""Holding a table against the schema the catalogue declares for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hanoi_analytics.catalogue.entries import (
    CatalogueError,
    Column,
    TableSchema,
)
from hanoi_analytics.errors import nearest

_SHOWN = 8
_DTYPES = {
    ("str", False): "str",
    ("str", True): "str",
    ("int", False): "int64",
    ("int", True): "Int64",
    ("float", False): "float64",
    ("float", True): "float64",
    ("bool", False): "bool",
    ("bool", True): "boolean",
}
_TRUTH = {"true": True, "false": False}


class SchemaError(CatalogueError):
    """Data do not have the declared columns, types, limits, grid or coordinate system."""


@dataclass(frozen=True)
class Origin:
    """Where a table comes from: what it may lack, and how messages speak of its rows.

    Attributes
    ----------
    own : bool
        A file of the user's: it may have any number of rows but none, may lack columns that may
        be empty, and its numbers may have a decimal comma.
    first_row : int
        The number of the first row: 2 where the line of names is row 1, as in a spreadsheet.
    people : bool
        No value is quoted.
    """

    own: bool = False
    first_row: int = 1
    people: bool = False

    def number(self, label: Any) -> str:
        """Return how a user calls a row of the index."""
        return f"row {int(label) + self.first_row}"

    def found(self, value: Any) -> str:
        """Return what stands in a message as the value found."""
        if self.people:
            return "another value"
        return "nothing" if pd.isna(value) else repr(value)

    @property
    def counting(self) -> str:
        """How rows are counted, at the end of a message."""
        first = "the line of names" if self.first_row == 2 else "the first row of data"
        return f" (row 1 is {first})"


def check_table(
    frame: pd.DataFrame,
    schema: TableSchema,
    dataset: str,
    crs: str | None = None,
    *,
    origin: Origin | None = None,
) -> pd.DataFrame:
    """Return the table with its declared types, or say what is wrong with it.

    Parameters
    ----------
    frame : pandas.DataFrame
        As read; columns may still be text.
    schema : TableSchema
        Columns with type, limits and units.
    dataset : str
        Identifier or file name, for messages.
    crs : str, optional
        The coordinate system that the geometry must have.
    origin : Origin, optional
        Of a file of the user's own, whose index counts the rows of the file from 0.

    Returns
    -------
    pandas.DataFrame
        The same rows, in the order of the schema's columns.

    Raises
    ------
    SchemaError
        Naming column, row and expected value, for up to eight mistakes, and how many there are.
    """
    import pandera.pandas as pa  # noqa: PLC0415 - a second that only loading pays

    said = origin or Origin()
    frame = frame.copy(deep=False) if said.own else frame.reset_index(drop=True)
    _check_columns(frame, schema, dataset, said)
    if said.own:
        for name in _may_lack(frame, schema):
            frame[name] = np.nan
    if schema.other_columns != "keep":
        keep = [*schema.columns, *(["geometry"] if schema.geometry else [])]
        frame = frame[keep]
    if said.own and frame.empty:
        raise SchemaError(f"{dataset}: no row of data; expected one at least")
    for name, column in schema.columns.items():
        frame[name] = _typed(frame[name], column, dataset, said)
    single = schema.key[0] if len(schema.key) == 1 else ""
    rules = pa.DataFrameSchema(
        {
            name: _pandera_column(pa, column, unique=column.unique or name == single)
            for name, column in schema.columns.items()
        },
        unique=list(schema.key) if len(schema.key) > 1 else None,
    )
    try:
        rules.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        # Without its cause, which quotes values.
        explained = SchemaError(_explain_cases(error.failure_cases, schema, dataset, said))
        raise explained from (None if said.people else error)
    if schema.rows is not None and not said.own and len(frame) != schema.rows:
        raise SchemaError(f"{dataset}: expected {schema.rows} rows, found {len(frame)}")
    if schema.geometry:
        check_crs(frame.crs, crs, dataset)
        _check_geometry(frame, schema.geometry, dataset, said)
    return frame.reset_index(drop=True)


def _check_columns(frame: pd.DataFrame, schema: TableSchema, dataset: str, origin: Origin) -> None:
    found = [str(name) for name in frame.columns if name != "geometry"]
    missing = [name for name in schema.columns if name not in found]
    if len(schema.columns) - len(missing) < min(2 if origin.people else 1, len(schema.columns)):
        # What stands in place of names may be a person.
        there = f", found {', '.join(map(repr, found[:_SHOWN])) or 'none'}" * (not origin.people)
        raise SchemaError(
            f"{dataset}: column(s) missing: expected the names {', '.join(schema.columns)}{there}; "
            "is a title above them, or no line of names?"
        )
    if origin.own:
        missing = [name for name in missing if not schema.columns[name].nullable]
    if missing:
        hints = "; ".join(f"{name!r} ({nearest(name, found)})" for name in missing)
        raise SchemaError(f"{dataset}: column(s) missing: {hints}")
    unknown = [name for name in found if name not in schema.columns]
    if unknown and schema.other_columns == "refuse":
        hints = "; ".join(f"{name!r} ({nearest(name, schema.columns)})" for name in unknown)
        raise SchemaError(f"{dataset}: unknown column(s): {hints}; remove or rename")


def _may_lack(frame: pd.DataFrame, schema: TableSchema) -> list[str]:
    """Return the columns that may be empty and that a table of the user's does not have."""
    return [n for n, column in schema.columns.items() if column.nullable and n not in frame]


def _typed(values: pd.Series[Any], column: Column, dataset: str, origin: Origin) -> pd.Series[Any]:
    """Turn text into the declared type; text that is no number is an error with its row."""
    name = str(values.name)
    if column.dtype == "str":
        return values.astype("str")
    present = values.notna()
    if column.dtype == "bool":
        truth = values.astype("str").str.lower().map(_TRUTH)
        wrong = present & truth.isna()
        converted: pd.Series[Any] = truth
        expected = "true or false"
    else:
        text = _with_points(values) if origin.own else values
        converted = pd.to_numeric(text, errors="coerce")
        wrong = present & converted.isna()
        expected = "a number"
        if column.dtype == "int":
            wrong |= present & (converted % 1 != 0)
            expected = "a whole number"
    if wrong.any():
        bad = values[wrong].head(_SHOWN)
        rows = [f"{origin.number(i)}: {origin.found(value)}" for i, value in bad.items()]
        raise SchemaError(
            f"{dataset}: column {name!r}: expected {expected}, found {', '.join(rows)}"
            f"{_more(int(wrong.sum()))}{origin.counting}"
        )
    if present.all() or column.nullable:
        return converted.astype(_DTYPES[column.dtype, column.nullable])  # type: ignore[call-overload]
    return converted


def _with_points(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return text with points for decimal commas; 1,234 may be a thousand and stays as it is."""
    if not pd.api.types.is_string_dtype(values):
        return values
    return values.str.replace(r"^\s*([+-]?\d+),(\d{1,2}|\d{4,})\s*$", r"\1.\2", regex=True)


def _pandera_column(pa: Any, column: Column, *, unique: bool) -> Any:
    checks = []
    if column.ge is not None:
        checks.append(pa.Check.ge(column.ge))
    if column.le is not None:
        checks.append(pa.Check.le(column.le))
    if column.isin is not None:
        checks.append(pa.Check.isin(list(column.isin)))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern))
    return pa.Column(None, checks=checks, nullable=column.nullable, unique=unique)


def _explain_cases(cases: pd.DataFrame, schema: TableSchema, dataset: str, origin: Origin) -> str:
    lines = []
    for case in cases.head(_SHOWN).to_dict("records"):
        row = "" if pd.isna(case["index"]) else f", {origin.number(case['index'])}"
        expected = _expectation(str(case["column"]), str(case["check"]), schema)
        found = origin.found(case["failure_case"])
        lines.append(f"column {case['column']!r}{row}: expected {expected}, found {found}")
    return f"{dataset}: {'; '.join(lines)}{_more(len(cases))}{origin.counting}"


def _expectation(column: str, check: str, schema: TableSchema) -> str:
    """Say in words what a failed check of pandera wanted."""
    rule = schema.columns.get(column)
    words = {
        "not_nullable": "a value",
        "field_uniqueness": "no value twice",
        "multiple_fields_uniqueness": f"one row per {', '.join(schema.key)}",
    }
    if rule is not None:
        unit = f" {rule.unit}" if rule.unit else ""
        words |= {
            "greater_than_or_equal_to": f"at least {rule.ge}{unit}",
            "less_than_or_equal_to": f"at most {rule.le}{unit}",
            "isin": f"one of {', '.join(map(str, rule.isin or ()))}",
            "str_matches": f"text like {rule.pattern}",
        }
    return words.get(check.partition("(")[0], check)


def _more(count: int) -> str:
    return f"; {count} mistakes in all" if count > _SHOWN else ""


def _check_geometry(frame: pd.DataFrame, kind: str, dataset: str, origin: Origin) -> None:
    import geopandas as gpd  # noqa: PLC0415 - a second that only maps pay

    shapes = gpd.GeoSeries(frame["geometry"])
    faults = pd.Series("", index=frame.index)
    faults = faults.mask(~shapes.is_valid, shapes.is_valid_reason())
    if shapes.crs.is_geographic:
        x, y = shapes.bounds[["minx", "maxx"]].abs(), shapes.bounds[["miny", "maxy"]].abs()
        outside = (x.max(axis=1) > 180) | (y.max(axis=1) > 90)
        faults = faults.mask(
            outside, "outside the degrees of the Earth: longitude and latitude swapped, or metres?"
        )
    faults = faults.mask(~shapes.geom_type.isin([kind, f"Multi{kind}"]), "a " + shapes.geom_type)
    faults = faults.mask(shapes.isna() | shapes.is_empty, "nothing")
    if (bad := faults[faults != ""]).any():
        rows = [f"{origin.number(i)}: {fault}" for i, fault in bad.head(_SHOWN).items()]
        raise SchemaError(
            f"{dataset}: column 'geometry': expected valid {kind} geometry, found "
            f"{'; '.join(rows)}{_more(len(bad))}{origin.counting}"
        )


def check_crs(found: Any, expected: str | None, dataset: str) -> None:
    """Refuse data without a coordinate system, or with another than the declared one."""
    from pyproj import CRS  # noqa: PLC0415

    wanted = "one" if expected is None else expected
    if found is None:
        raise SchemaError(f"{dataset}: coordinate system: expected {wanted}, found none; set it")
    if expected is not None and CRS.from_user_input(found) != CRS.from_user_input(expected):
        raise SchemaError(
            f"{dataset}: coordinate system: expected {expected}, found {found}; reproject it"
        )
