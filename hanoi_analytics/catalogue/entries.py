"""What the catalogue file may say, and reading it with the line of every mistake."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hanoi_analytics.errors import HanoiError, nearest

Tier = Literal["reference", "embedded", "remote", "simulated"]
Loader = Literal["csv", "excel", "parquet", "geojson", "polygons_json", "geotiff", "path"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Scalar = str | int | float | bool
# In C where PyYAML was built so: ten times as fast, and every process reads the catalogue twice.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(HanoiError):
    """The catalogue file itself, or a request to it, is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a table: its type, unit and limits."""

    dtype: Literal["str", "int", "float", "bool"]
    unit: str = ""
    nullable: bool = False
    unique: bool = False
    ge: float | None = None
    le: float | None = None
    isin: tuple[str | int, ...] | None = None
    pattern: str | None = None

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return value


class TableSchema(_Strict):
    """The columns of a table, the columns that identify a row, and how many rows there are."""

    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    rows: int | None = Field(default=None, ge=0)
    geometry: Literal["Point", "Polygon"] | None = None
    other_columns: Literal["refuse", "keep", "drop"] = "refuse"

    @model_validator(mode="after")
    def _key_is_a_column(self) -> Self:
        for name in self.key:
            if name not in self.columns:
                raise ValueError(f"key column {name!r}: {nearest(name, self.columns)}")
        return self


class RasterSchema(_Strict):
    """What a raster must be: cell size in the units of its coordinates, type, missing value."""

    resolution: tuple[float, float]
    dtype: str
    unit: str
    nodata: float | None = None


class OwnRaster(_Strict):
    """What a raster of the user's own must hold; cell size, type and coordinates are free."""

    title: str
    unit: str
    ge: float | None = None


class People(_Strict):
    """The columns of a table of people whose values may be on no page."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class RemoteFile(_Strict):
    """One file of the remote tier."""

    path: str
    url: Annotated[str, Field(pattern=r"^https?://")]
    sha256: Sha256
    bytes: int = Field(ge=0)

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        return _relative(value)

    @property
    def name(self) -> str:
        """The file's name within its dataset."""
        return PurePosixPath(self.path).name


class Entry(_Strict):
    """One dataset of the catalogue."""

    id: str
    title: str
    tier: Tier
    licence: str
    citation: str
    date: str
    crs: str | None = None
    loader: Loader | None = None
    options: dict[str, Scalar | list[Scalar]] = {}
    file: str | None = None
    sha256: Sha256 | None = None
    files: tuple[RemoteFile, ...] = ()
    alternative: str | None = None
    generator: str | None = None
    seed: int | None = None
    approximate: str = ""
    table: TableSchema | None = None
    raster: RasterSchema | None = None
    own: OwnRaster | None = None
    people: People | None = None

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, value: str | None) -> str | None:
        return None if value is None else _relative(value)

    @field_validator("date", mode="before")
    @classmethod
    def _date_as_text(cls, value: object) -> str:
        return str(value)

    @model_validator(mode="after")
    def _tier_has_what_it_needs(self) -> Self:
        needed: dict[Tier, tuple[str, ...]] = {
            "reference": ("file", "sha256", "loader"),
            "embedded": ("file", "sha256", "loader"),
            "remote": ("files", "loader"),
            "simulated": ("generator", "seed"),
        }
        for tier, names in needed.items():
            for name in names:
                given = getattr(self, name) not in (None, ())
                wanted = name in needed[self.tier]
                if tier == self.tier and not given:
                    raise ValueError(f"a {self.tier} dataset needs {name!r}")
                if given and not wanted:
                    raise ValueError(f"{name!r} does not belong to a {self.tier} dataset")
        if self.loader != "path" and (self.table is None) == (self.raster is None):
            raise ValueError("give either 'table' or 'raster': what the data must look like")
        if self.own is not None and self.table is not None:
            raise ValueError("'own' is for rasters: an own table has the columns of 'table'")
        if self.people is not None:
            known = () if self.table is None else self.table.columns
            for name in (*self.people.names, *self.people.numbers):
                if name not in known:
                    raise ValueError(f"'people' column {name!r}: {nearest(name, known)}")
        placed = self.raster is not None or (self.table is not None and self.table.geometry)
        if placed and self.crs is None:
            raise ValueError("data with a place on the map need 'crs', such as EPSG:4326")
        return self


class _File(_Strict):
    datasets: dict[str, Entry]


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not path.parts:
        raise ValueError(f"{value!r} must be a relative path that stays inside its folder")
    return value


def read_catalogue(path: Path) -> dict[str, Entry]:
    """Read and validate a catalogue file.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file with one mapping, ``datasets``, from identifier to entry.

    Returns
    -------
    dict of str to Entry
        In the order of the file.

    Raises
    ------
    CatalogueError
        If the file cannot be read, is not YAML, or holds an unknown key, a missing key or a
        value of the wrong kind: every mistake with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogueError(f"catalogue {path}: cannot be read ({error.strerror})") from error
    try:
        root = yaml.compose(text, Loader=_Loader)
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise CatalogueError(f"catalogue {path.name}: not YAML: {error}") from error
    _refuse_duplicate_keys(root, path)
    if not isinstance(content, dict) or not isinstance(content.get("datasets"), dict):
        raise CatalogueError(f"catalogue {path.name}: expected one mapping named 'datasets'")
    for key, entry in content["datasets"].items():
        if isinstance(entry, dict):
            entry["id"] = str(key)
    try:
        entries = _File.model_validate(content).datasets
    except ValidationError as error:
        raise CatalogueError(_explain(error, root, path)) from error
    for entry in entries.values():
        if entry.alternative is not None and entry.alternative not in entries:
            line = _line(root, ("datasets", entry.id, "alternative"))
            hint = nearest(entry.alternative, entries)
            raise CatalogueError(
                f"catalogue {path.name}, line {line}: no dataset {entry.alternative!r}; {hint}"
            )
    return entries


@lru_cache(maxsize=4)
def cached_catalogue(path: Path, _modified_ns: int) -> dict[str, Entry]:
    """Read a catalogue once per version of the file."""
    return read_catalogue(path)


def _refuse_duplicate_keys(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise CatalogueError(
                    f"catalogue {path.name}, line {line}: {key.value!r} stands twice; keep one"
                )
            seen.add(key.value)
            _refuse_duplicate_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_duplicate_keys(value, path)


def _line(root: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Line of the deepest node on the way to a location, from 1."""
    node, line = root, 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                break
            line = found[0][0].start_mark.line + 1
            node = found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _explain(error: ValidationError, root: yaml.Node | None, path: Path) -> str:
    models: dict[str, type[BaseModel]] = {
        "table": TableSchema,
        "raster": RasterSchema,
        "own": OwnRaster,
        "people": People,
        "files": RemoteFile,
        "columns": Column,
    }
    lines = []
    for problem in error.errors():
        location = problem["loc"]
        where = ".".join(str(step) for step in location[1:])
        text = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            holder = next((models[s] for s in reversed(location[:-1]) if s in models), Entry)
            text = f"unknown key; {nearest(str(location[-1]), holder.model_fields)}"
        elif problem["type"] != "missing" and not isinstance(problem["input"], dict):
            text += f", found {_short(problem['input'])}"
        lines.append(f"line {_line(root, location)}: {where}: {text}")
    return f"catalogue {path.name} has {len(lines)} mistake(s):\n  " + "\n  ".join(lines)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
