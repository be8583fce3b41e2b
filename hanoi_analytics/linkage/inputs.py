"""The tables of one linkage as Parquet, guarded and with their sources: simulated, or one's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue.files import sha256_of
from hanoi_analytics.catalogue.sources import Source, record
from hanoi_analytics.linkage.checks import LinkageError, require_columns
from hanoi_analytics.linkage.synthetic import write_people

__all__ = ["Inputs", "own", "own_table", "simulated"]

_TEXTS = ("record_id", "full_name", "sex", "cccd", "cmnd", "bhyt", "bhxh", "phone", "ward")
_DATES = ("birth_date", "recorded_on")
# Table, its entry in the catalogue, what is counted, and the title.
_SIMULATED = (
    ("register", "residents_simulated", "residents", "A register of {:,} people who do not exist"),
    ("hospital", "hospital_records_simulated", "records", "{:,} records of an imaginary hospital"),
    ("truth", "hospital_truth_simulated", "records", "Who each of {:,} simulated records is of"),
)
_SURNAMES = {"le_trung_hoa": "Lê Trung Hoa", "survey_2022": "a survey of 2022"}


@dataclass(frozen=True)
class Inputs:
    """Where the tables of a linkage lie; ``attrs`` holds their sources, as pictures read them.

    Attributes
    ----------
    register, records : pathlib.Path
        A folder of Parquet parts, or a file.
    truth : pathlib.Path, optional
        ``record_id, person_id``; None where nobody knows.
    attrs : dict
        ``{"sources": [...]}``.
    """

    register: Path
    records: Path
    truth: Path | None
    attrs: dict[str, Any]


def simulated(folder: Path | str, **settings: Any) -> Inputs:
    """Write people who do not exist, note them as sources, and guard them.

    Parameters
    ----------
    folder : path
        New or empty.
    **settings
        Of :func:`~hanoi_analytics.linkage.synthetic.write_people`.

    Returns
    -------
    Inputs

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     inputs = simulated(folder, residents=500, records=100, seed=1)
    >>> inputs.attrs["sources"][0]["title"]
    'A register of 500 people who do not exist'
    """
    people = write_people(folder, **settings)
    after = _SURNAMES[settings.get("surnames", "le_trung_hoa")]
    sources = []
    for table, name, counted, title in _SIMULATED:
        entry = catalogue.describe(name)
        digests = map(sha256_of, sorted((people.folder / table).glob("*.parquet")))
        said = title.format(people.counts[counted])
        source = Source(
            id=name,
            title=said,
            tier=entry.tier,
            licence=entry.licence,
            citation=f"{entry.citation}; family names after {after}",
            date=entry.date,
            sha256=hashlib.sha256("".join(digests).encode()).hexdigest(),
            approximate=entry.approximate,
        )
        sources.append(record(source))
        if table != "truth":
            catalogue.guard_people(people.folder / table, title=said)
    register, hospital, truth = (people.folder / table for table, *_ in _SIMULATED)
    return Inputs(register, hospital, truth, {"sources": sources})


def own(folder: Path | str, *, register: str, records: str, truth: str = "") -> Inputs:
    """Read tables of one's own, guard them, and write them as Parquet with the columns of linking.

    Parameters
    ----------
    folder : path
        Where to write; new or empty.
    register, records : str
        CSV or Parquet in ``data/own/`` with ``record_id, full_name, sex, birth_date, cccd, cmnd,
        bhyt, bhxh, phone, ward, recorded_on``; dates as 2026-07-31, an empty field is missing.
    truth : str
        ``record_id, person_id``, or "".

    Returns
    -------
    Inputs

    Raises
    ------
    LinkageError
        For one file without the other, no row, missing columns, ids that are null or repeated,
        or dates that are none; no value of a person is quoted.
    """
    for name, given in {"register": register, "records": records}.items():
        if not given:
            raise LinkageError(f"the {name} file is empty: linking needs a register and records")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = {"register": register, "records": records} | ({"truth": truth} if truth else {})
    paths, sources = {}, []
    for name, file in files.items():
        rows = own_table(file, table=name)
        sources.append(rows.attrs["source"])
        paths[name] = target / f"{name}.parquet"
        rows.to_parquet(paths[name], index=False)
    return Inputs(
        paths["register"], paths["records"], paths.get("truth"), attrs={"sources": sources}
    )


def own_table(file: str, *, table: str) -> pd.DataFrame:
    """Read one table of one's own and guard its people; what is wrong is said without a value.

    Parameters
    ----------
    file : str
        CSV or Parquet in ``data/own/``.
    table : {"register", "records", "truth"}
        Which it is, see `own`.

    Returns
    -------
    pandas.DataFrame
        The columns of linking with their types; people in a frame that shows no value.

    Raises
    ------
    LinkageError
        As `own`.
    """
    needed = ("record_id", "person_id") if table == "truth" else (*_TEXTS, *_DATES)
    rows = catalogue.load_own_rows(file, title=f"the {table} table", people=table != "truth")
    if rows.empty or not set(needed) & set(rows.columns):
        # What stands in the first line is not quoted: it may be a person.
        lack = "no row of data" if rows.empty else "no line of names"
        raise LinkageError(f"{table} table: {lack}; expected {', '.join(needed)}, then rows")
    require_columns(rows.columns, needed, table=table)
    _require_ids(rows["record_id"], table)
    texts = [column for column in needed if column not in _DATES]
    typed = rows[list(needed)].assign(
        **{column: _text(rows[column], column, table) for column in texts},
        **{column: _date(rows[column], column, table) for column in needed if column in _DATES},
    )
    typed.attrs = dict(rows.attrs)
    return typed


def _require_ids(ids: pd.Series[Any], table: str) -> None:
    for fault, wrong in {"null": ids.isna(), "a repetition": ids.duplicated()}.items():
        if wrong.any():
            raise LinkageError(
                f"{table} table: 'record_id' is {fault} in {wrong.sum():,} rows, {_first(wrong)}: "
                "expected an id in each row, and none twice"
            )


def _first(wrong: pd.Series[bool]) -> str:
    """Say where the first wrong row stands."""
    return f"first in row {int(wrong.to_numpy().argmax()) + 1:,} below the line of names"


def _text(values: pd.Series[Any], column: str, table: str) -> pd.Series[Any]:
    """Return text; a number has lost its leading zeros already, which only its user can say."""
    if pd.api.types.is_float_dtype(values) and values.notna().any():
        raise LinkageError(
            f"{table} table: {column!r} holds numbers with decimals where text is expected: "
            "write it as text, with the leading zeros"
        )
    return values.astype(pd.StringDtype("pyarrow"))


def _date(values: pd.Series[Any], column: str, table: str) -> pd.Series[Any]:
    dates = pd.to_datetime(values, format="ISO8601", errors="coerce")
    bad = dates.isna() & values.notna()
    if bad.any():
        raise LinkageError(
            f"{table} table: {column!r} is no date in {bad.sum():,} of {len(values):,} rows, "
            f"{_first(bad)}: expected year-month-day, such as 2026-07-31"
        )
    return dates.astype("date32[pyarrow]")
