"""What preparing a record table meets: signs of how names and numbers were written, as counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hanoi_analytics.linkage.identifiers import checked_sql
from hanoi_analytics.linkage.names import keys_sql
from hanoi_analytics.linkage.quality.tables import asked, carried, opened, require

if TYPE_CHECKING:
    from hanoi_analytics.linkage.identifiers.numbers import Kind
    from hanoi_analytics.linkage.quality.tables import Table

_SPACES = "length({0}) - length(replace({0}, ' ', ''))"
# What a name looks like, and the SQL that sees it in the name as recorded and its keys.
_SIGNS = {
    "no name recorded": "recorded IS NULL",
    "a newborn's stand-in for a name": "nameless",
    "no mark at all": "name = name_plain",
    "in capitals": "recorded = upper(recorded) AND NOT nameless",
    "in a legacy encoding": "legacy IS NOT NULL",
    "words stuck together": f"{_SPACES.format('name')} > {_SPACES.format('trim(recorded)')}",
    "shortened to a letter, or Ng.": (
        "initials OR regexp_matches(recorded, '(?i)^ *ng[.~ ]') AND NOT nameless"
    ),
    "family name not first": "swapped",
    "respelled by normalising": "name <> lower(nfc_normalize(recorded))",
}
_NUMBERS: dict[str, Kind] = {
    "cccd": "cccd",
    "cmnd": "cmnd",
    "bhyt": "bhyt",
    "bhxh": "bhxh",
    "phone": "phone",
}


def name_signs(records: Table) -> pd.DataFrame:
    """Return how many names of a table bear each sign of how they were written.

    A sign is no error by itself: some names have no mark, some systems write capitals. A record
    may bear several.

    Parameters
    ----------
    records : table
        ``record_id``, ``full_name`` as recorded.

    Returns
    -------
    DataFrame
        ``sign``, ``records`` (records that bear it), ``share`` (of all records).

    Examples
    --------
    >>> names = ["TRẦN VĂN AN", "Tran Van An", "Trần VănAn", None]
    >>> table = pd.DataFrame({"record_id": range(4), "full_name": names})
    >>> signs = name_signs(table).set_index("sign")["records"]
    >>> signs[["in capitals", "no mark at all", "words stuck together"]].tolist()
    [1, 1, 1]
    """
    counts = ", ".join(f"sum(n) FILTER ({sql}) AS s{i}" for i, sql in enumerate(_SIGNS.values()))
    distinct = "(SELECT full_name AS recorded, count(*) AS n FROM records GROUP BY full_name)"
    with opened(records=records) as database:
        require(database, "records", ["full_name"], key="record_id")
        query = f"SELECT sum(n) AS all_records, {counts} FROM ({keys_sql(distinct, 'recorded')})"
        found = asked(database, query, of="the names").fillna(0).iloc[0].astype(int)
    table = pd.DataFrame({"sign": list(_SIGNS), "records": found.iloc[1:].to_numpy()})
    return carried(table.assign(share=table["records"] / found["all_records"]), records)


def number_problems(records: Table) -> pd.DataFrame:
    """Return how many numbers of each kind are missing, repaired, or wrong, and how.

    Parameters
    ----------
    records : table
        ``record_id, sex, birth_date, recorded_on`` and the numbers ``cccd, cmnd, bhyt, bhxh,
        phone`` as recorded.

    Returns
    -------
    DataFrame
        ``number`` (column), ``finding`` ("missing", "sound", "zeros put back" or a key of
        ``identifiers.PROBLEMS``), ``records``, ``share`` (of all records); findings of one number
        add up to all records.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "record_id": ["a", "b"],
    ...         "sex": ["male", "male"],
    ...         "birth_date": pd.to_datetime(["1999-02-03", "1999-02-03"]),
    ...         "recorded_on": pd.to_datetime(["2024-01-01", "2024-01-01"]),
    ...         "cccd": ["001099000001", "1099000001"],
    ...         **dict.fromkeys(["cmnd", "bhyt", "bhxh", "phone"], pd.array([None, None], "str")),
    ...     }
    ... )
    >>> number_problems(table).query("number == 'cccd'")["finding"].tolist()
    ['sound', 'zeros put back']
    """
    people = {"sex": "sex", "birth_date": "birth_date", "recorded_on": "recorded_on"}
    findings = [
        f"SELECT '{number}' AS number, CASE WHEN {number} IS NULL THEN 'missing'"
        f" WHEN {number}_problem IS NOT NULL THEN {number}_problem"
        f" WHEN {number}_repaired THEN 'zeros put back' ELSE 'sound' END AS finding,"
        " count(*) AS records FROM checked GROUP BY ALL"
        for number in _NUMBERS
    ]
    with opened(records=records) as database:
        require(database, "records", [*_NUMBERS, *people], key="record_id")
        found = asked(
            database,
            f"WITH checked AS ({checked_sql('records', _NUMBERS, **people)}) "
            f"{' UNION ALL '.join(findings)} ORDER BY ALL",
            of="the numbers",
        )
    found["share"] = found["records"] / found.groupby("number")["records"].transform("sum")
    return carried(found, records)
