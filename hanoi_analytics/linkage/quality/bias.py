"""For whom the links are worse: linkage rate, missed and false matches by group.

Persons of frequent names get more false matches and more missed ones, so the frequency of the
name in the register is a group like sex or age.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hanoi_analytics.errors import nearest
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.quality.intervals import difference, wilson
from hanoi_analytics.linkage.quality.scores import FALSE, MISSED, require_judged
from hanoi_analytics.linkage.quality.tables import (
    asked,
    carried,
    opened,
    require,
    require_known,
    require_links,
    types,
)

if TYPE_CHECKING:
    from hanoi_analytics.linkage.quality.tables import Connection, Table

AGE_GROUP = """CASE
    WHEN birth_date IS NULL OR recorded_on IS NULL THEN NULL
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 1 THEN '00'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 5 THEN '01-04'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 15 THEN '05-14'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 30 THEN '15-29'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 45 THEN '30-44'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 60 THEN '45-59'
    WHEN date_sub('year', birth_date::DATE, recorded_on::DATE) < 75 THEN '60-74'
    ELSE '75+' END"""
"""SQL: age in full years on the day a record was made, in classes."""
COMMONNESS = "residents of the name"
"""The group that a register adds."""
MISSING = "missing"
"""The value of a group where the record has none."""
_JUDGED = ("links", "false_links", "missed", "in_register")
# Measure, its count and what it is a share of.
_MEASURES = {
    "linkage_rate": ("links", "records"),
    "missed_match_rate": ("missed", "in_register"),
    "false_match_rate": ("false_links", "links"),
}


def bias_table(
    links: Table,
    records: Table,
    groups: Mapping[str, str],
    *,
    truth: Table | None = None,
    register: Table | None = None,
    name: str = "full_name",
    classes: int = 4,
    reference: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return how often the records of each group were linked, missed and linked falsely.

    Parameters
    ----------
    links : table
        ``left_id``, ``right_id``; each left record once.
    records : table
        The left record table: ``record_id`` and the columns of the groups.
    groups : mapping of str to str
        Name of a group and the SQL expression over ``records`` that gives its value, such as
        ``{"sex": "sex", "age": AGE_GROUP}``. A null value is the group "missing".
    truth : table, optional
        ``record_id``, ``person_id``. Without it only the linkage rate is known.
    register : table, optional
        ``record_id`` and the name. Adds the group "residents of the name"; with truth it is the
        true person's name that counts, because a misspelt name is rare by itself.
    name : str
        SQL expression of the name in the register and in the records.
    classes : int
        Classes of name frequency, of about as many residents each.
    reference : mapping of str to str, optional
        Value of a group that the others are compared with; by default the largest.

    Returns
    -------
    DataFrame
        One row a group value and measure: ``group``, ``value``, ``measure`` (linkage_rate of
        records, missed_match_rate of true matches, false_match_rate of links), ``n`` (what it is
        a share of), ``count``, ``rate``, ``low``, ``high`` (95 %, Wilson), ``reference``,
        ``difference``, ``difference_low``, ``difference_high`` (95 %, Newcombe). Cells are as
        small as they are: before they are published they need disclosure control.

    Raises
    ------
    LinkageError
        If columns are missing, ids stand twice or are unknown, or a reference is no value.

    Examples
    --------
    >>> records = pd.DataFrame({"record_id": ["a", "b", "c"], "sex": ["male", "male", "female"]})
    >>> links = pd.DataFrame({"left_id": ["a", "c"], "right_id": ["1", "3"]})
    >>> bias_table(links, records, {"sex": "sex"})[["value", "rate"]].to_numpy().tolist()
    [['female', 1.0], ['male', 0.5]]
    """
    with opened(links=links, records=records, truth=truth, register=register) as database:
        _require(database, truth is not None, register is not None)
        _judge(database, groups, name if register is not None else None, truth is not None)
        counted = {group: _counts(database, i) for i, group in enumerate(groups)}
        if register is not None:
            known = commonness_classes(register, name=name, classes=classes)
            counted[COMMONNESS] = _in_classes(_counts(database, len(groups)), known)
    measures = _MEASURES if truth is not None else {"linkage_rate": _MEASURES["linkage_rate"]}
    chosen = dict(reference or {})
    for group in chosen:
        if group not in counted:
            raise LinkageError(f"reference: there is no group {group!r}; {nearest(group, counted)}")
    tables = [
        _rates(group, counts, measure, chosen.get(group))
        for group, counts in counted.items()
        for measure in measures
    ]
    return carried(pd.concat(tables, ignore_index=True), links, records, truth, register)


def commonness_classes(
    register: Table, *, name: str = "full_name", classes: int = 4
) -> pd.DataFrame:
    """Return classes of names by how many residents bear them, with about as many residents each.

    Parameters
    ----------
    register : table
        The register, with the columns of ``name``.
    name : str
        SQL expression of the name; a null name is left out.
    classes : int
        Classes wanted; where one frequency holds many residents there are fewer.

    Returns
    -------
    DataFrame
        ``value`` (such as "2–14"), ``low``, ``high`` (residents of one name), ``names``,
        ``residents``. No name stands in it.

    Examples
    --------
    >>> register = pd.DataFrame({"full_name": ["lan", "lan", "hoa", "mai"]})
    >>> commonness_classes(register, classes=2)[["value", "residents"]].to_numpy().tolist()
    [['1', 2], ['2', 2]]
    """
    if classes < 2:
        raise LinkageError(f"classes={classes}: expected 2 or more")
    with opened(register=register) as database:
        bearers = (
            f"SELECT residents, count(*) AS names FROM (SELECT count(*) AS residents FROM register "
            f"WHERE ({name}) IS NOT NULL GROUP BY ({name})) GROUP BY residents ORDER BY residents"
        )
        found = asked(database, bearers, of="the frequency of names")
    if found.empty:
        raise LinkageError("the register table has no name: every value is null")
    people = found["residents"] * found["names"]
    before = people.cumsum() - people
    rank = (before * classes // people.sum()).rename("class")
    table = (
        pd.DataFrame({"low": found["residents"], "names": found["names"], "residents": people})
        .assign(high=found["residents"])
        .groupby(rank)
        .agg({"low": "min", "high": "max", "names": "sum", "residents": "sum"})
        .reset_index(drop=True)
    )
    spans = [
        f"{low:,}" if low == high else f"{low:,}–{high:,}"
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    table.insert(0, "value", spans)
    return carried(table, register)


def _require(database: Connection, judged: bool, named: bool) -> None:
    require(database, "records", [], key="record_id")
    if judged:
        require_judged(database)
        require_known(database, "record_id", "truth", "record_id", of="records")
    else:
        require_links(database)
    require_known(database, "left_id", "records", "record_id", of="links")
    if named:
        require(database, "register", [], key="record_id")


def _judge(database: Connection, groups: Mapping[str, str], name: str | None, truth: bool) -> None:
    values = [f"({sql})::VARCHAR AS g{i}" for i, sql in enumerate(groups.values())]
    own_name = [] if name is None else [f"({name}) AS own_name"]
    grouped = [f"g{i}" for i in range(len(groups))]
    joins = ["LEFT JOIN links ON r.record_id = left_id"]
    judged = f"({FALSE}) AS false_links, ({MISSED}) AS missed, person_id IS NOT NULL AS in_register"
    if truth:
        joins.append("LEFT JOIN truth ON r.record_id = truth.record_id")
    if name is not None:
        borne = "own_name"
        if truth:
            joins.append("LEFT JOIN named AS p ON p.record_id = person_id")
            borne = "coalesce(p.name, own_name)"
        joins.append(f"LEFT JOIN bearers ON bearers.name = {borne}")
        held = f"CASE WHEN {borne} IS NOT NULL THEN coalesce(residents, 0) END"
        grouped.append(f"({held})::VARCHAR AS g{len(groups)}")
        named = f"CREATE TEMP VIEW named AS SELECT record_id, ({name}) AS name FROM register"
        asked(database, named, of="the name in the register")
        bearers = (
            "CREATE TEMP VIEW bearers AS "
            "SELECT name, count(*) AS residents FROM named GROUP BY name"
        )
        asked(database, bearers, of="the name in the register")
    query = f"""CREATE TEMP TABLE judged AS
        SELECT {", ".join(grouped)}, right_id IS NOT NULL AS links{", " + judged if truth else ""}
        FROM (SELECT {", ".join(["record_id", *values, *own_name])} FROM records) AS r
        {" ".join(joins)}"""
    asked(database, query, of="the groups")


def _counts(database: Connection, number: int) -> pd.DataFrame:
    known = [name for name in types(database, "judged") if name in _JUDGED]
    sums = [f"count_if({name}) AS {name}" for name in known]
    query = (
        f"SELECT coalesce(g{number}, '{MISSING}') AS value, count(*) AS records, "
        f"{', '.join(sums)} FROM judged GROUP BY ALL ORDER BY value"
    )
    return asked(database, query, of="the groups")


def _in_classes(counts: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    residents = pd.to_numeric(counts["value"], errors="coerce")
    place = np.searchsorted(known["high"], residents.fillna(1))
    labels = np.where(residents.isna(), MISSING, np.append(known["value"], "0")[place])
    labels = np.where(residents == 0, "0", labels)
    order = ["0", *known["value"], MISSING]
    summed = counts.drop(columns="value").groupby(pd.Series(labels, name="value")).sum()
    return summed.reindex([label for label in order if label in summed.index]).reset_index()


def _rates(group: str, counts: pd.DataFrame, measure: str, chosen: str | None) -> pd.DataFrame:
    count, of = (counts[name] for name in _MEASURES[measure])
    table = pd.DataFrame({"value": counts["value"], "n": of, "count": count})
    table.insert(0, "group", group)
    table.insert(2, "measure", measure)
    interval = wilson(count, of)
    table["rate"], table["low"], table["high"] = interval
    if chosen is None:
        named = counts[counts["value"] != MISSING]
        chosen = str((named if len(named) else counts).set_index("value")["records"].idxmax())
    table["reference"] = table["value"] == chosen
    if not table["reference"].any():
        raise LinkageError(
            f"reference of {group!r}: {chosen!r} is no value of it; "
            f"{nearest(chosen, counts['value'])}"
        )
    at = int(np.flatnonzero(table["reference"])[0])
    gaps = difference(interval, (interval[0][at], interval[1][at], interval[2][at]))
    for name, values in zip(("", "_low", "_high"), gaps, strict=True):
        table[f"difference{name}"] = np.where(table["reference"], 0.0, values)
    return table
