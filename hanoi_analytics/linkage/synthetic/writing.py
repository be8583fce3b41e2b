"""Writing a register, a hospital's records and the truth as Parquet files, part by part."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.synthetic.errors import TYPICAL, Errors
from hanoi_analytics.linkage.synthetic.tables import Draw, tables_of_part
from hanoi_analytics.linkage.synthetic.vocabulary import Surnames

_FACTS = "people.json"
_FEW_VALUES = ("sex", "ward", "recorded_on", "full_name")
_TABLES = ("register", "hospital", "truth")


@dataclass(frozen=True)
class People:
    """Where people were written, how many, and from which settings.

    Attributes
    ----------
    folder : pathlib.Path
    register, hospital, truth : str
        Patterns of the Parquet files of each table, as DuckDB reads them.
    counts : dict of int
        ``residents``, ``records``, ``records_of_residents``, ``patients`` (residents who have a
        record).
    settings : dict
        Seed, sizes, shares and error rates.
    """

    folder: Path
    counts: dict[str, int]
    settings: dict[str, Any]

    @property
    def register(self) -> str:
        """Files of the residents."""
        return str(self.folder / "register" / "*.parquet")

    @property
    def hospital(self) -> str:
        """Files of the hospital's records."""
        return str(self.folder / "hospital" / "*.parquet")

    @property
    def truth(self) -> str:
        """Files of who each record belongs to."""
        return str(self.folder / "truth" / "*.parquet")


def write_people(
    folder: Path | str,
    *,
    residents: int,
    records: int,
    seed: int,
    errors: Errors = TYPICAL,
    surnames: Surnames = "le_trung_hoa",
    northern_share: float = 0.95,
    rows_per_part: int = 250_000,
    workers: int = 2,
) -> People:
    """Write a register of people who do not exist, a hospital's records, and the truth.

    Residents live in households of one to seven: children have the father's family name, women
    keep their own. Parts are drawn from seed sequences of their own, so the first whole parts of
    the register are the same however many residents follow. A hospital's record has at least one
    patient behind it, 1.84 records each on average; the old and infants come more often; one
    record in eight is of a visitor who is not in the register and has no ward of Hanoi. The
    folder gets its name when everything is written.

    Parameters
    ----------
    folder : path
        New, or empty, or with the same people from an earlier call, which are then returned.
    residents, records : int
        Rows of ``register`` and of ``hospital``; at most 1.1 records a resident.
    seed : int
        Of all draws. The same seed and settings give the same values, bit for bit.
    errors : Errors
        How the records differ from the register.
    surnames : {"le_trung_hoa", "survey_2022"}
        Shares of the family names, see `surname_shares`.
    northern_share : float
        Of Hoàng in Hoàng/Huỳnh and of Vũ in Vũ/Võ.
    rows_per_part : int
        Residents of one file; memory grows with it. At most 64 parts.
    workers : int
        Threads; the result does not depend on them.

    Returns
    -------
    People
        Patterns of the files, and counts. Columns are ``record_id, full_name, sex, birth_date,
        cccd, cmnd, bhyt, bhxh, phone, ward, recorded_on`` and, in the register,
        ``household_id``; the truth has ``record_id, person_id``, null for visitors.

    Raises
    ------
    LinkageError
        Settings that cannot be, or a folder that holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     people = write_people(folder, residents=500, records=100, seed=1)
    >>> people.counts["residents"], people.counts["records_of_residents"]
    (500, 88)
    """
    draw = Draw(residents, records, seed, errors, surnames, northern_share, rows_per_part)
    settings = asdict(draw)
    folder = Path(folder).absolute()
    if folder.exists() and any(folder.iterdir()):
        return _same_people(folder, settings)
    unfinished = folder.with_name(folder.name + ".partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in _TABLES:
        (unfinished / name).mkdir(parents=True)
    with ThreadPoolExecutor(workers) as pool:
        counted = list(
            pool.map(lambda part: _write_part(unfinished, draw, part), range(draw.parts))
        )
    counts = {name: sum(c[name] for c in counted) for name in counted[0]}
    facts = {"counts": counts, "settings": settings}
    (unfinished / _FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False), "utf-8")
    unfinished.replace(folder)
    return read_people(folder)


def read_people(folder: Path | str) -> People:
    """Return the people written into a folder earlier.

    Raises
    ------
    LinkageError
        The folder holds none, or not all of them.
    """
    folder = Path(folder).absolute()
    try:
        facts = json.loads((folder / _FACTS).read_text("utf-8"))
    except FileNotFoundError as error:
        raise LinkageError(
            f"{folder}: expected people written by write_people, found no {_FACTS}"
        ) from error
    return People(folder, facts["counts"], facts["settings"])


def _same_people(folder: Path, settings: dict[str, Any]) -> People:
    found = read_people(folder)
    differing = [name for name, value in settings.items() if found.settings.get(name) != value]
    if differing:
        raise LinkageError(f"{folder}: holds people of other settings ({', '.join(differing)})")
    return found


def _write_part(folder: Path, draw: Draw, part: int) -> dict[str, int]:
    tables, counts = tables_of_part(draw, part)
    for name, table in tables.items():
        pq.write_table(
            table,
            folder / name / f"part-{part:04d}.parquet",
            compression="zstd",
            compression_level=1,
            use_dictionary=[column for column in _FEW_VALUES if column in table.column_names],
        )
    return counts
