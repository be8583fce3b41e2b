"""The artificial persons of FEBRL: names, address, birth date and number with typing errors.

Levels were chosen by the kind of each field (names and addresses by similarity, digits by edits)
and the blocking is the published one; no level, rule or number was chosen by the truth. A draft
with finer levels of similarity and of edits was scored on all four sets first; levels that too few
pairs have to be trained on 1,000 records were then merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from splink import block_on
from splink import comparison_library as library

from hanoi_analytics.linkage.checks import LinkageError, require_columns
from hanoi_analytics.linkage.designs.levels import both_near, comparison, edits, level, near
from hanoi_analytics.linkage.model import Design

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

__all__ = ["febrl", "febrl_records", "febrl_truth"]

_BLOCKED = ("given_name", "surname", "date_of_birth", "postcode", "soc_sec_id", "address_1")
_COMPARED = (*_BLOCKED, "address_2", "suburb", "state", "street_number")
_IDENTIFIER = r"^rec-(\d+)-(?:org|dup-\d+)$"


def febrl() -> Design:
    """Return the design for the data sets 1 to 4.

    Returns
    -------
    Design
        For `hanoi_analytics.linkage.model.link`: one table (1, 2, 3) or two (4).

    References
    ----------
    Christen (2008), Febrl: a freely available record linkage system, HDKM 2008, 17-25. Blocking
    on any of six fields is that of the published result of recordlinkage on data set 4.

    Examples
    --------
    >>> len(febrl().blocking_rules)
    6
    """
    return Design(
        comparisons=(
            _name(),
            _digits("date_of_birth"),
            _digits("soc_sec_id"),
            _address(),
            _suburb(),
            _digits("postcode"),
            library.ExactMatch("state"),
            library.ExactMatch("street_number"),
        ),
        blocking_rules=tuple(block_on(column) for column in _BLOCKED),
        training_blockings=(
            block_on("soc_sec_id"),
            block_on("date_of_birth"),
            block_on("postcode"),
        ),
        deterministic_rules=(
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
        ),
        assumed_recall=0.95,
    )


def febrl_records(table: pd.DataFrame) -> pd.DataFrame:
    """Return the records ready for the design.

    Parameters
    ----------
    table : pandas.DataFrame
        ``catalogue.load("febrl", file="dataset1.csv")`` and the like.

    Returns
    -------
    pandas.DataFrame
        ``record_id`` and the fields that are compared.

    Raises
    ------
    LinkageError
        If a column is missing.
    """
    require_columns(table.columns, ("rec_id", *_COMPARED), table="FEBRL")
    made = table[["rec_id", *_COMPARED]].rename(columns={"rec_id": "record_id"})
    made.attrs.update(table.attrs)
    return made


def febrl_truth(table: pd.DataFrame) -> pd.DataFrame:
    """Return who the records are: ``record_id, person_id``, by the numbers in their ids.

    Raises
    ------
    LinkageError
        If the column is missing, or ids are not of the form rec-<number>-org or -dup-<number>.

    Examples
    --------
    >>> records = pd.DataFrame({"rec_id": ["rec-7-org", "rec-7-dup-0"]})
    >>> febrl_truth(records)["person_id"].tolist()
    ['7', '7']
    """
    require_columns(table.columns, ("rec_id",), table="FEBRL")
    person = table["rec_id"].str.extract(_IDENTIFIER, expand=False)
    if person.isna().any():
        raise LinkageError(
            f"FEBRL table: {person.isna().sum():,} of {len(table):,} values of 'rec_id' are not "
            "rec-<number>-org or rec-<number>-dup-<number>"
        )
    return pd.DataFrame({"record_id": table["rec_id"], "person_id": person})


def _name() -> ComparisonCreator:
    """Compare both names at once: the errors move them to each other's column."""
    missing = " AND ".join(f"({c}_l IS NULL OR {c}_r IS NULL)" for c in ("given_name", "surname"))
    one_near = f"{near('given_name', 0.8)} OR {near('surname', 0.8)}"
    levels = [
        level("given_name_l = given_name_r AND surname_l = surname_r", "both"),
        level(both_near("given_name", "surname"), "both near or swapped"),
        level("surname_l = surname_r", "surname", frequency="surname"),
        level("given_name_l = given_name_r", "given name", frequency="given_name"),
        level(one_near, "one near"),
    ]
    return comparison("name", missing, levels)


def _address() -> ComparisonCreator:
    """Compare the street, which the errors move to the second line of the address."""
    moved = "address_1_l = address_2_r OR address_2_l = address_1_r"
    levels = [
        level("address_1_l = address_1_r", "same", frequency="address_1"),
        level(f"{near('address_1')} OR {moved}", "near, or in the other line"),
    ]
    return comparison("address", "address_1_l IS NULL OR address_1_r IS NULL", levels)


def _suburb() -> ComparisonCreator:
    """Compare the suburb."""
    levels = [
        level("suburb_l = suburb_r", "same", frequency="suburb"),
        level(near("suburb"), "near"),
    ]
    return comparison("suburb", "suburb_l IS NULL OR suburb_r IS NULL", levels)


def _digits(column: str) -> ComparisonCreator:
    """Compare a number: the same, or one typing error between."""
    levels = [
        level(f"{column}_l = {column}_r", "same"),
        level(edits(column, 1), "one edit"),
    ]
    return comparison(column, f"{column}_l IS NULL OR {column}_r IS NULL", levels)
