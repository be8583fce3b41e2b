"""The design for Vietnamese records: what agrees, what nearly agrees, how pairs are sought."""

from __future__ import annotations

from typing import Any

from splink import block_on
from splink.comparison_library import CustomComparison
from splink.internals.comparison_creator import ComparisonCreator

from hanoi_analytics.linkage.model.design import Design

__all__ = ["vietnamese"]

_Level = dict[str, Any]  # a level as Splink's settings hold it

# Random pairs that agree on a personal number are too rare to sample (a number has one holder
# among 8-9 million; most such pairs are one family's or another's card), so their u are stated:
# those of one wrong digit from the 54 neighbours of a number in a series that is 5 % full.
_U_NUMBER, _U_DIGIT, _U_PHONE = 2e-7, 4e-7, 1e-6
# A name seen once is more often a typing error than a rare name; agreement on it is worth no more.
_RAREST_NAME = 1e-6


def vietnamese(*, settled_weight: float | None = 25.0) -> Design:
    """Return the design for tables made by `prepare`.

    Full names are compared as one, agreement being worth more the rarer the name, because the
    parts of a Vietnamese name depend on one another: with marks; marks lost; words in another
    order; a regional variant (Vũ and Võ, Hoàng and Huỳnh, Phúc and Phước); middle name missing or
    an initial; at most two letters different. Birth dates: equal; day and month swapped; 1 January
    of the year on one side; the year before or after; two of day, month and year; the year.
    Wards: equal; one into which the law put a part of the other side's old unit.

    Parameters
    ----------
    settled_weight : float, optional
        See `Design`: a hospital record with a pair of at least 25 bits is not sought further.

    Returns
    -------
    Design
        To be trained by `link`.

    Examples
    --------
    >>> [made.create_output_column_name() for made in vietnamese().comparisons]
    ['name', 'birth_date', 'sex', 'cccd', 'bhxh', 'phone', 'ward']
    """

    return Design(
        comparisons=(
            _name(),
            _birth_date(),
            _sex(),
            _cccd(),
            _same("bhxh"),
            _same("phone"),
            _ward(),
        ),
        blocking_rules=(
            block_on("cccd"),
            block_on("name_sorted", "birth_date"),
            block_on("bhxh"),
            block_on("phone", "given"),
            block_on("given", "birth_date", "sex"),
            block_on("name_sorted", "birth_year", "ward"),
            "l.name_sorted = r.name_sorted AND l.birth_year = r.birth_year AND l.ward_2 = r.ward",
            block_on("phone", "birth_year"),
        ),
        training_blockings=(block_on("cccd"), block_on("birth_date", "ward")),
        deterministic_rules=(
            block_on("cccd", "birth_year"),
            block_on("name_sorted", "birth_date", "ward"),
        ),
        assumed_recall=0.9,
        u_pairs=3e6,
        settled_weight=settled_weight,
        untrained=_RARE,
    )


# Levels that a small table may not show; they then keep the values stated with them.
_RARE = tuple(
    (comparison, level)
    for comparison, levels in {
        "name": ("other order", "regional variant", "middle name missing", "up to 2 letters"),
        "birth_date": (
            "day and month swapped",
            "1 January of the year",
            "year before or after",
            "two of day, month, year",
            "year",
        ),
        "cccd": ("one digit wrong",),
        "ward": ("part of the old unit",),
    }.items()
    for level in levels
)


def _level(
    condition: str, label: str, m: float, *, fixed_u: float | None = None, **options: Any
) -> _Level:
    """Return a level with its starting m, and its u where that is not to be trained."""
    level = {"sql_condition": condition, "label_for_charts": label, "m_probability": m} | options
    if fixed_u is not None:
        level |= {"u_probability": fixed_u, "fix_u_probability": True}
    return level


def _comparison(name: str, column: str, levels: list[_Level]) -> ComparisonCreator:
    """Return a comparison with a level for missing values and one for the rest."""
    null = f"{column}_l IS NULL OR {column}_r IS NULL"
    missing = {"sql_condition": null, "label_for_charts": "missing", "is_null_level": True}
    rest = _level("ELSE", "different", 1 - sum(level["m_probability"] for level in levels))
    if all(level.get("fix_u_probability") for level in levels):
        u = 1 - sum(level["u_probability"] for level in levels)
        rest |= {"u_probability": u, "fix_u_probability": True}
    return CustomComparison(output_column_name=name, comparison_levels=[missing, *levels, rest])


def _name() -> ComparisonCreator:
    adjusted: _Level = {"tf_adjustment_column": "name", "tf_minimum_u_value": _RAREST_NAME}
    short = "(short_l OR short_r)"
    return _comparison(
        "name",
        "name",
        [
            _level("name_l = name_r", "with marks", 0.85, **adjusted),
            _level("name_plain_l = name_plain_r", "marks lost", 0.06, **adjusted),
            _level("name_sorted_l = name_sorted_r", "other order", 0.01, u_probability=1e-5),
            _level("variant_key_l = variant_key_r", "regional variant", 0.01, u_probability=1e-6),
            _level(f"ends_l = ends_r AND {short}", "middle name missing", 0.02, u_probability=1e-5),
            # The length is asked first, because it is far quicker.
            _level(
                "abs(length(name_plain_l) - length(name_plain_r)) <= 2"
                " AND levenshtein(name_plain_l, name_plain_r) <= 2",
                "up to 2 letters",
                0.03,
            ),
        ],
    )


def _birth_date() -> ComparisonCreator:
    year, month, day = (f"birth_{part}_l = birth_{part}_r" for part in ("year", "month", "day"))
    swapped = "birth_month_l = birth_day_r AND birth_day_l = birth_month_r"
    first = " OR ".join(f"(birth_month_{s} = 1 AND birth_day_{s} = 1)" for s in "lr")
    return _comparison(
        "birth_date",
        "birth_date",
        [
            _level("birth_date_l = birth_date_r", "equal", 0.9),
            _level(f"{year} AND {swapped}", "day and month swapped", 0.01),
            _level(f"{year} AND ({first})", "1 January of the year", 0.02),
            _level(
                f"abs(birth_year_l - birth_year_r) = 1 AND {month} AND {day}",
                "year before or after",
                0.01,
            ),
            _level(
                f"({year} AND {month}) OR ({year} AND {day}) OR ({month} AND {day})",
                "two of day, month, year",
                0.02,
            ),
            _level(year, "year", 0.01),
        ],
    )


def _cccd() -> ComparisonCreator:
    return _comparison(
        "cccd",
        "cccd",
        [
            _level("cccd_l = cccd_r", "equal", 0.96, fixed_u=_U_NUMBER),
            _level(
                "levenshtein(cccd_l, cccd_r) <= 1",
                "one digit wrong",
                0.02,
                fixed_u=_U_DIGIT,
            ),
        ],
    )


def _same(column: str) -> ComparisonCreator:
    u, m = {"bhxh": (_U_NUMBER, 0.97), "phone": (_U_PHONE, 0.7)}[column]
    return _comparison(column, column, [_level(f"{column}_l = {column}_r", "equal", m, fixed_u=u)])


def _sex() -> ComparisonCreator:
    return _comparison("sex", "sex", [_level("sex_l = sex_r", "equal", 0.99)])


def _ward() -> ComparisonCreator:
    related = " OR ".join(
        f"ward{left}_l = ward{right}_r"
        for left, right in (("_2", ""), ("", "_2"), ("_3", ""), ("", "_3"))
    )
    return _comparison(
        "ward",
        "ward",
        [
            _level("ward_l = ward_r", "equal", 0.7),
            _level(related, "part of the old unit", 0.05),
        ],
    )
