"""Historical persons with introduced errors: one table, 3 to 21 records a person, much missing.

Names carry aliases, titles and lost parts; half of the occupations, a quarter of the birth dates
and postcodes are missing. What was looked at to choose levels and rules: the shares of missing
values, the shapes of values, how pairs that agree on two strict fields (full name and postcode,
full name and date, date and postcode) differ in the others, and the sizes of the true clusters.
The first draft that ran was kept; afterwards it was scored at several thresholds on one half of the
persons, then once on the other half and on all. It was changed once more, to write the area of a
postcode, the year and the blocking in the form used here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from splink import block_on
from splink import comparison_library as library

from hanoi_analytics.linkage.checks import require_columns
from hanoi_analytics.linkage.designs.levels import both_near, comparison, edits, level, near
from hanoi_analytics.linkage.model import Design

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

__all__ = ["historical", "historical_records", "historical_truth"]

_COLUMNS = ("full_name", "first_and_surname", "first_name", "surname", "dob", "birth_place")
_HEAPED = "(dob_l LIKE '%-01-01' OR dob_r LIKE '%-01-01')"  # 1 January: often only a year is known
_YEAR = "substr(dob, 1, 4)"
_AREA = "regexp_extract(postcode_{side}, '^[A-Za-z]+')"


def historical() -> Design:
    """Return the design for the historical persons.

    One comparison holds the whole name, from all of it to one part of it, because the parts of a
    name are not independent; likewise the birth date and the postcode.

    Returns
    -------
    Design
        For `hanoi_analytics.linkage.model.link` with `right` None.

    References
    ----------
    The data: moj-analytical-services/splink_datasets; persons from Wikidata, errors introduced.

    Examples
    --------
    >>> [comparison.create_output_column_name() for comparison in historical().comparisons]
    ['name', 'birth_date', 'postcode', 'birth_place', 'occupation', 'gender']
    """
    year, initial = _YEAR, "substr(first_name, 1, 1)"
    return Design(
        comparisons=(
            _name(),
            _birth_date(),
            _postcode(),
            library.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            library.ExactMatch("occupation").configure(term_frequency_adjustments=True),
            library.ExactMatch("gender"),
        ),
        # Every two of name part, date, postcode, birth place and occupation that are selective
        # enough together, so that a record lacking some of them is still compared by the others.
        blocking_rules=(
            block_on("full_name"),
            block_on("first_and_surname"),
            block_on("postcode"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("dob", "birth_place"),
            block_on("dob", "outward"),
            block_on("surname", "birth_place"),
            block_on("first_name", "birth_place"),
            block_on("surname", "outward"),
            block_on("first_name", "outward"),
            block_on("surname", "occupation"),
            block_on("surname", initial),
            block_on("surname", year),
            block_on("first_name", year),
            block_on("substr(surname, 1, 3)", year),
        ),
        training_blockings=(block_on("dob"), block_on("postcode"), block_on("full_name")),
        deterministic_rules=(
            block_on("full_name", "dob"),
            block_on("full_name", "postcode"),
            block_on("first_name", "surname", "birth_place"),
        ),
        # A guess, which moves all weights alike: half of it adds one bit.
        assumed_recall=0.6,
    )


def historical_records(table: pd.DataFrame) -> pd.DataFrame:
    """Return the records without their truth, ready for the design.

    Parameters
    ----------
    table : pandas.DataFrame
        ``catalogue.load("historical_50k")``, or a table with its columns.

    Returns
    -------
    pandas.DataFrame
        ``record_id``, the columns of the table, ``postcode`` and its first half ``outward``;
        ``gender`` only where it is male or female (the rest are identifiers of Wikidata).

    Raises
    ------
    LinkageError
        If a column is missing.
    """
    needed = ("unique_id", *_COLUMNS, "postcode_fake", "gender", "occupation")
    require_columns(table.columns, needed, table="historical")
    made = table[list(needed)].rename(
        columns={"unique_id": "record_id", "postcode_fake": "postcode"}
    )
    made["outward"] = made["postcode"].str.split(" ").str[0]
    made["gender"] = made["gender"].where(made["gender"].isin(["male", "female"]))
    made.attrs.update(table.attrs)
    return made


def historical_truth(table: pd.DataFrame) -> pd.DataFrame:
    """Return who the records are: ``record_id, person_id``.

    Raises
    ------
    LinkageError
        If a column is missing.
    """
    require_columns(table.columns, ("unique_id", "cluster"), table="historical")
    return table[["unique_id", "cluster"]].set_axis(["record_id", "person_id"], axis="columns")


def _name() -> ComparisonCreator:
    """Compare whole names, then what is left of them after aliases and lost parts."""
    one_part = "first_name_l = first_name_r OR first_name_l = surname_r OR first_name_r = surname_l"
    initials = "substr(first_name_l, 1, 1) = substr(first_name_r, 1, 1)"
    levels = [
        level("full_name_l = full_name_r", "full name", frequency="full_name"),
        level(
            "first_and_surname_l = first_and_surname_r AND surname_l IS NOT NULL",
            "first name and surname",
            frequency="first_and_surname",
        ),
        level(both_near("first_name", "surname"), "both near or swapped"),
        level(f"surname_l = surname_r AND {initials}", "surname, initial", frequency="surname"),
        level("surname_l = surname_r", "surname", frequency="surname"),
        level(near("surname"), "surname near"),
        level(one_part, "first name", frequency="first_name"),
        level(f"{near('first_name')} OR {near('full_name')}", "first or full name near"),
    ]
    return comparison("name", "full_name_l IS NULL OR full_name_r IS NULL", levels)


def _birth_date() -> ComparisonCreator:
    """Compare birth dates as text: an impossible date is a typing error that is still near."""
    years = [f"substr(dob_{side}, 1, 4)" for side in "lr"]
    levels = [
        level("dob_l = dob_r AND dob_l NOT LIKE '%-01-01'", "same", frequency="dob"),
        level("dob_l = dob_r", "same 1 January", frequency="dob"),
        level(f"{years[0]} = {years[1]} AND {_HEAPED}", "same year, one of them 1 January"),
        level(edits("dob", 1), "one edit"),
        level(edits("dob", 2), "two edits"),
        level(f"damerau_levenshtein({years[0]}, {years[1]}) <= 1", "year one edit"),
    ]
    return comparison("birth_date", "dob_l IS NULL OR dob_r IS NULL", levels)


def _postcode() -> ComparisonCreator:
    """Compare postcodes from the whole to the letters of the area."""
    areas = [_AREA.format(side=side) for side in "lr"]
    levels = [
        level("postcode_l = postcode_r", "same", frequency="postcode"),
        level(edits("postcode", 1), "one edit"),
        level("outward_l = outward_r", "same outward half", frequency="outward"),
        level(f"{areas[0]} = {areas[1]}", "same area"),
    ]
    return comparison("postcode", "postcode_l IS NULL OR postcode_r IS NULL", levels)
