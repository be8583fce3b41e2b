"""Comparison levels in SQL, as short as Splink's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from splink import comparison_level_library as library
from splink import comparison_library

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator
    from splink.internals.comparison_level_creator import ComparisonLevelCreator

__all__ = ["both_near", "comparison", "edits", "level", "near"]

_NEAR = 0.88  # Jaro-Winkler; one letter wrong in a name of five letters still passes


def level(sql: str, label: str, *, frequency: str | None = None) -> ComparisonLevelCreator:
    """Return a level by SQL on ``_l`` and ``_r``, adjusted by how frequent a column's value is."""
    made = library.CustomLevel(sql, label_for_charts=label)
    if frequency is None:
        return made
    # The level's own u is what the frequency is held against: it is no exact match on the column.
    return made.configure(
        tf_adjustment_column=frequency,
        tf_adjustment_weight=1.0,
        disable_tf_exact_match_detection=True,
    )


def comparison(name: str, null: str, levels: Sequence[ComparisonLevelCreator]) -> ComparisonCreator:
    """Return a comparison: `null` where SQL says that a value is missing, the levels, else."""

    missing: Any = library.CustomLevel(null, label_for_charts="missing")
    return comparison_library.CustomComparison(
        output_column_name=name,
        comparison_levels=[missing.configure(is_null_level=True), *levels, library.ElseLevel()],
    )


def near(column: str, least: float = _NEAR) -> str:
    """Return SQL that is true for similar texts (Jaro-Winkler of `least` or more)."""
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def both_near(first: str, second: str) -> str:
    """Return SQL that is true if two names are similar, or stand in each other's column."""
    return (
        f"({near(first)} AND {near(second)}) OR ({first}_l = {second}_r AND {second}_l = {first}_r)"
    )


def edits(column: str, most: int) -> str:
    """Return SQL that is true for texts at most so many edits apart (Damerau-Levenshtein)."""
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"
