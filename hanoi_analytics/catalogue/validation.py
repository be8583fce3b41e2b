"""Holding what was read against the schema the catalogue declares for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from hanoi_analytics.catalogue.entries import (
    CatalogueError,
    Column,
    OwnRaster,
    RasterSchema,
    TableSchema,
)
from hanoi_analytics.errors import nearest

if TYPE_CHECKING:
    import xarray as xr

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


def check_table(
    frame: pd.DataFrame, schema: TableSchema, dataset: str, crs: str | None = None
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

    Returns
    -------
    pandas.DataFrame
        The same rows, in the order of the schema's columns.

    Raises
    ------
    SchemaError
        Naming column, row (the first row of data is row 1) and expected value, for up to eight
        mistakes, and how many there are.
    """
    import pandera.pandas as pa  # noqa: PLC0415 - a second that only loading pays

    _check_columns(frame, schema, dataset)
    if schema.other_columns != "keep":
        keep = [*schema.columns, *(["geometry"] if schema.geometry else [])]
        frame = frame[keep]
    frame = frame.reset_index(drop=True)
    for name, column in schema.columns.items():
        frame[name] = _typed(frame[name], column, dataset)
    rules = pa.DataFrameSchema(
        {name: _pandera_column(pa, column) for name, column in schema.columns.items()},
        unique=list(schema.key) or None,
    )
    try:
        rules.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise SchemaError(_explain_cases(error.failure_cases, schema, dataset)) from error
    if schema.rows is not None and len(frame) != schema.rows:
        raise SchemaError(f"{dataset}: expected {schema.rows} rows, found {len(frame)}")
    if schema.geometry:
        _check_geometry(frame, schema.geometry, dataset)
        _check_crs(frame.crs, crs, dataset)
    return frame


def check_raster(
    array: xr.DataArray, schema: RasterSchema, dataset: str, crs: str | None = None
) -> xr.DataArray:
    """Return the raster if its grid is the declared one.

    Raises
    ------
    SchemaError
        Naming each property that differs: coordinate system, cell size, type, missing value.
    """
    _check_crs(array.rio.crs, crs, dataset)
    problems = []
    width, height = (abs(step) for step in array.rio.resolution())
    if max(abs(width - schema.resolution[0]), abs(height - schema.resolution[1])) > 1e-9 * width:
        problems.append(f"cell size: expected {schema.resolution}, found {(width, height)}")
    if str(array.dtype) != schema.dtype:
        problems.append(f"type: expected {schema.dtype}, found {array.dtype}")
    if schema.nodata is not None and array.rio.nodata != schema.nodata:
        problems.append(f"missing value: expected {schema.nodata}, found {array.rio.nodata}")
    if problems:
        raise SchemaError(f"{dataset}: " + "; ".join(problems))
    return array


def check_own_raster(array: xr.DataArray, schema: OwnRaster, dataset: str) -> xr.DataArray:
    """Return a raster of the user's own if it is one band of numbers with a place and a meaning.

    Raises
    ------
    SchemaError
        Several bands, no coordinate system, stored values that need a scale, no value in any
        cell, or values below the limit.
    """
    if array.dims != ("y", "x"):
        bands = array.sizes.get("band", dict(array.sizes))
        raise SchemaError(f"{dataset}: expected one band of {schema.unit}, found {bands}")
    _check_crs(array.rio.crs, None, dataset)
    if (array.attrs.get("scale_factor", 1), array.attrs.get("add_offset", 0)) != (1, 0):
        raise SchemaError(f"{dataset}: its values are stored with a scale; store {schema.unit}")
    known = array if array.rio.nodata is None else array.where(array != array.rio.nodata)
    lowest = float(known.min())
    if math.isnan(lowest):
        raise SchemaError(f"{dataset}: expected {schema.unit}, found no value in any cell")
    if schema.ge is not None and lowest < schema.ge:
        raise SchemaError(
            f"{dataset}: expected at least {schema.ge:g} {schema.unit}, found {lowest:g}; if this "
            f"marks missing cells, declare it as the file's nodata value"
        )
    return array


def _check_columns(frame: pd.DataFrame, schema: TableSchema, dataset: str) -> None:
    found = [str(name) for name in frame.columns if name != "geometry"]
    missing = [name for name in schema.columns if name not in found]
    if missing:
        hints = "; ".join(f"{name!r} ({nearest(name, found)})" for name in missing)
        raise SchemaError(f"{dataset}: column(s) missing: {hints}")
    unknown = [name for name in found if name not in schema.columns]
    if unknown and schema.other_columns == "refuse":
        hints = "; ".join(f"{name!r} ({nearest(name, schema.columns)})" for name in unknown)
        raise SchemaError(f"{dataset}: unknown column(s): {hints}; remove or rename")


def _typed(values: pd.Series[Any], column: Column, dataset: str) -> pd.Series[Any]:
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
        converted = pd.to_numeric(values, errors="coerce")
        wrong = present & converted.isna()
        expected = "a number"
        if column.dtype == "int":
            wrong |= present & (converted % 1 != 0)
            expected = "a whole number"
    if wrong.any():
        rows = [f"row {int(i) + 1}: {values[i]!r}" for i in values.index[wrong][:_SHOWN]]
        raise SchemaError(
            f"{dataset}: column {name!r}: expected {expected}, found {', '.join(rows)}"
            f"{_more(int(wrong.sum()))}"
        )
    if present.all() or column.nullable:
        return converted.astype(_DTYPES[column.dtype, column.nullable])  # type: ignore[call-overload]
    return converted


def _pandera_column(pa: Any, column: Column) -> Any:
    checks = []
    if column.ge is not None:
        checks.append(pa.Check.ge(column.ge))
    if column.le is not None:
        checks.append(pa.Check.le(column.le))
    if column.isin is not None:
        checks.append(pa.Check.isin(list(column.isin)))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern))
    return pa.Column(None, checks=checks, nullable=column.nullable, unique=column.unique)


def _explain_cases(cases: pd.DataFrame, schema: TableSchema, dataset: str) -> str:
    lines = []
    for case in cases.head(_SHOWN).to_dict("records"):
        row = "" if pd.isna(case["index"]) else f", row {int(case['index']) + 1}"
        expected = _expectation(str(case["column"]), str(case["check"]), schema)
        found = case["failure_case"]
        lines.append(f"column {case['column']!r}{row}: expected {expected}, found {found!r}")
    return f"{dataset}: " + "; ".join(lines) + _more(len(cases))


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


def _check_geometry(frame: pd.DataFrame, kind: str, dataset: str) -> None:
    shapes = frame["geometry"]
    fits = shapes.geom_type.isin([kind, f"Multi{kind}"])
    wrong = shapes.isna() | shapes.is_empty | ~fits
    invalid = ~wrong & ~shapes.is_valid
    if wrong.any() or invalid.any():
        rows = [str(int(i) + 1) for i in frame.index[wrong | invalid][:_SHOWN]]
        raise SchemaError(
            f"{dataset}: expected valid {kind} geometry, found empty, invalid or other shapes in "
            f"row {', '.join(rows)}{_more(int((wrong | invalid).sum()))}"
        )


def _check_crs(found: Any, expected: str | None, dataset: str) -> None:
    from pyproj import CRS  # noqa: PLC0415

    wanted = "one" if expected is None else expected
    if found is None:
        raise SchemaError(f"{dataset}: coordinate system: expected {wanted}, found none; set it")
    if expected is not None and CRS.from_user_input(found) != CRS.from_user_input(expected):
        raise SchemaError(
            f"{dataset}: coordinate system: expected {expected}, found {found}; reproject it"
        )
