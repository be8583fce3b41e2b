"""Record tables made ready for linking: keys of names, numbers, parts of dates, new wards."""

from __future__ import annotations

from pathlib import Path

from hanoi_analytics import catalogue
from hanoi_analytics.linkage.checks import require_columns, require_records, require_types
from hanoi_analytics.linkage.identifiers import add_checked
from hanoi_analytics.linkage.model.database import Table, Workspace, quoted, workspace
from hanoi_analytics.linkage.names.sql import keys_sql

__all__ = ["prepare"]

_TYPES = {
    "record_id": "VARCHAR",
    "full_name": "VARCHAR",
    "sex": "VARCHAR",
    "birth_date": "DATE",
    "cccd": "VARCHAR",
    "bhyt": "VARCHAR",
    "bhxh": "VARCHAR",
    "phone": "VARCHAR",
    "ward": "VARCHAR",
    "recorded_on": "DATE",
}
_WARDS_CHANGED = "DATE '2025-07-01'"


def _repeated(length: int) -> tuple[str, ...]:
    return tuple(str(digit) * length for digit in range(10))


# Numbers that `identifiers` reads as they stand, by tests that take a fraction of its time; the
# other rows, a few per cent, go through it. A BHXH code since August 2025 may be a personal number
# that lost its zeros only if the year of birth stands in it.
AS_IT_STANDS = {
    "cccd": f"regexp_full_match(cccd, '[0-9]{{12}}') AND cccd NOT IN {_repeated(12)}",
    "bhxh": f"regexp_full_match(bhxh, '[0-9]{{10}}') AND bhxh NOT IN {_repeated(10)}"
    " AND (bhxh[1] = '0' OR recorded_on < DATE '2025-08-01'"
    " OR bhxh[3:4] <> right(year(birth_date)::VARCHAR, 2))",
    # The card is read for its BHXH code only.
    "bhyt": "bhxh IS NOT NULL OR regexp_full_match(bhyt, '[A-Z]{2}[0-9]{13}')"
    f" AND right(bhyt, 10) NOT IN {_repeated(10)}",
    "phone": "regexp_full_match(phone,"
    " '0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}|02[0-9]{9}')",
}


def prepare(
    records: Table,
    target: str | Path,
    *,
    memory_limit: str = "4GB",
    threads: int | None = None,
    spill_folder: str | Path | None = None,
) -> Path:
    """Write the columns that `vietnamese` compares, from a table of records.

    Each name is read once however many bear it. A ward recorded before 1 July 2025 is carried to
    the new wards that the law gave its people to: ``ward``, then ``ward_2`` and ``ward_3``. Numbers
    are those that `identifiers` reads, without placeholders of one digit repeated; a personal
    number that stands as BHXH code counts as CCCD, and the BHXH code within a BHYT as BHXH code,
    where their own column has none.

    Parameters
    ----------
    records : pandas.DataFrame, pyarrow.Table or path
        ``record_id, full_name, sex, birth_date, cccd, bhyt, bhxh, phone, ward, recorded_on``.
    target : path
        The Parquet file to write.
    memory_limit, threads, spill_folder
        As for `link`.

    Returns
    -------
    Path
        The file: ``record_id, name, name_plain, name_sorted, variant_key, ends, given, short,
        sex, birth_date, birth_year, birth_month, birth_day, cccd, bhxh, phone, ward, ward_2,
        ward_3``, and ``tf_name``, the share of the records that bear the name. Keys of names that
        are only ever compared for equality are hashed to integers.

    Raises
    ------
    LinkageError
        If a column is missing or of another type, the table is empty, ids are null or repeated, or
        a number is in doubt whose person's sex is another word than "male" or "female".
    """
    with workspace(memory_limit=memory_limit, threads=threads, spill_folder=spill_folder) as work:
        view = work.view("records", records)
        types = work.types(view)
        require_columns(types, _TYPES, table="record")
        require_types(types, _TYPES, table="record")
        require_records(work.connection, view, table="record", unique_id="record_id")
        _add_names(work, view)
        _add_wards(work)
        _add_numbers(work, view)
        # Numbers and ids all differ: to compress them or to look for a dictionary costs more than
        # it saves, since the file is read a few times and then done with.
        work.connection.execute(
            f"COPY ({_prepared_sql(view)}) TO '{quoted(str(target))}'"
            " (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000)"
        )
    return Path(target)


def _add_names(work: Workspace, view: str) -> None:
    """Make the table of the keys of each name as recorded."""
    work.connection.execute(
        f"CREATE TABLE found AS SELECT full_name, count(*) AS records FROM {view}"
        " WHERE full_name IS NOT NULL GROUP BY 1"
    )
    work.connection.execute(
        "CREATE TABLE names AS SELECT full_name, name, name_plain,"
        " sum(records) OVER (PARTITION BY name) / (SELECT sum(records) FROM found) AS tf_name,"
        " (hash(name_sorted) >> 1)::BIGINT AS name_sorted,"
        " (hash(variant_key) >> 1)::BIGINT AS variant_key,"
        " (hash(family || ' ' || given) >> 1)::BIGINT AS ends, (hash(given) >> 1)::BIGINT AS given,"
        " middle IS NULL OR initials AS short"
        f" FROM ({keys_sql('found', 'full_name')})"
    )


def _add_wards(work: Workspace) -> None:
    """Make the table of the new wards of each old unit, those that took it whole first."""
    law = catalogue.load("hanoi_crosswalk_2025")
    work.connection.register("law", law[["old_code", "new_code", "population_portion"]])
    work.connection.execute(
        "CREATE TABLE wards AS SELECT old_code, list(new_code ORDER BY population_portion DESC,"
        " new_code) AS new_codes FROM law WHERE population_portion <> 'none' GROUP BY old_code"
    )


def _add_numbers(work: Workspace, view: str) -> None:
    """Make the table of the numbers of the records that have one to be repaired or refused."""
    usual = " AND ".join(f"({column} IS NULL OR {test})" for column, test in AS_IT_STANDS.items())
    work.connection.execute(
        f"CREATE TABLE unusual AS SELECT record_id, sex, birth_date, recorded_on,"
        f" {', '.join(AS_IT_STANDS)} FROM {view} WHERE NOT coalesce({usual}, FALSE)"
    )
    add_checked(
        work.connection,
        "unusual",
        "checked",
        {"cccd": "cccd", "bhxh": "bhxh", "bhyt": "bhyt", "phone": "phone"},
        sex="sex",
        birth_date="birth_date",
        recorded_on="recorded_on",
    )
    cccd, bhxh, bhyt, phone = (
        f"CASE WHEN {column}_problem IS DISTINCT FROM 'placeholder' THEN {column}_value END"
        for column in AS_IT_STANDS
    )
    work.connection.execute(
        "CREATE TABLE numbers AS SELECT record_id,"
        f" coalesce({cccd}, CASE WHEN bhxh_kind = 'cccd' THEN {bhxh} END) AS cccd,"
        f" coalesce(CASE WHEN bhxh_kind = 'bhxh' THEN {bhxh} END, right({bhyt}, 10)) AS bhxh,"
        f" {phone} AS phone FROM checked"
    )


def _prepared_sql(view: str) -> str:
    """Return SQL of the prepared columns."""
    wards = ", ".join(
        f"CASE WHEN old_code IS NOT NULL THEN new_codes[{place}]"
        f" {'ELSE v.ward' if place == 1 else ''} END::VARCHAR AS {name}"
        for place, name in ((1, "ward"), (2, "ward_2"), (3, "ward_3"))
    )
    as_they_stand = {"cccd": "v.cccd", "bhxh": "v.bhxh, right(v.bhyt, 10)", "phone": "v.phone"}
    numbers = ", ".join(
        f"CASE WHEN c.record_id IS NULL THEN coalesce({own}) ELSE c.{name} END::VARCHAR AS {name}"
        for name, own in as_they_stand.items()
    )
    return f"""
        SELECT v.record_id, n.* EXCLUDE (full_name), sex::VARCHAR AS sex, birth_date,
            year(birth_date)::SMALLINT AS birth_year, month(birth_date)::TINYINT AS birth_month,
            day(birth_date)::TINYINT AS birth_day, {numbers}, {wards}
        FROM {view} v LEFT JOIN names n USING (full_name) LEFT JOIN numbers c USING (record_id)
        LEFT JOIN wards w ON v.ward = w.old_code AND v.recorded_on < {_WARDS_CHANGED}
    """
