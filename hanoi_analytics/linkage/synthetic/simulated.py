"""The catalogue's small register, hospital records and truth: one draw, three tables."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
import pyarrow as pa

from hanoi_analytics.linkage.synthetic.errors import TYPICAL
from hanoi_analytics.linkage.synthetic.tables import Draw, tables_of_part

_DATES = ("birth_date", "recorded_on")


def simulated_register(
    *, seed: int, residents: int = 30_000, records: int = 18_000
) -> pd.DataFrame:
    """Return the residents of a small draw, dates as ISO text; see `write_people`.

    Examples
    --------
    >>> simulated_register(seed=3, residents=400, records=200)["record_id"].iloc[-1]
    'R000000400'
    """
    return _frame("register", seed, residents, records)


def simulated_records(*, seed: int, residents: int = 30_000, records: int = 18_000) -> pd.DataFrame:
    """Return the hospital's records of the same draw, with the errors of `TYPICAL`.

    Examples
    --------
    >>> len(simulated_records(seed=3, residents=400, records=200))
    200
    """
    return _frame("hospital", seed, residents, records)


def simulated_truth(*, seed: int, residents: int = 30_000, records: int = 18_000) -> pd.DataFrame:
    """Return who each record of the same draw belongs to; no one: not in the register.

    Examples
    --------
    >>> truth = simulated_truth(seed=3, residents=400, records=200)
    >>> int(truth["person_id"].isna().sum())
    24
    """
    return _frame("truth", seed, residents, records)


def _frame(name: str, seed: int, residents: int, records: int) -> pd.DataFrame:
    table = _tables(seed, residents, records)[name]
    for column in _DATES:
        if column in table.column_names:
            place = table.column_names.index(column)
            table = table.set_column(place, column, table[column].cast(pa.string()))
    return table.to_pandas(
        types_mapper={pa.string(): pd.StringDtype("pyarrow", na_value=float("nan"))}.get
    )


@lru_cache(maxsize=1)
def _tables(seed: int, residents: int, records: int) -> dict[str, pa.Table]:
    """Return the three tables of one part, kept for the other two calls."""
    draw = Draw(residents, records, seed, TYPICAL, "le_trung_hoa", 0.95, rows_per_part=residents)
    return tables_of_part(draw, 0)[0]
