"""What is compared, what is blocked on and how a model is trained: the design of a linkage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import sqlglot
from splink import SettingsCreator
from splink.internals.blocking import BlockingRule
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator
from splink.internals.settings import Settings
from sqlglot.expressions import Column

from hanoi_analytics.linkage.checks import LinkageError

__all__ = ["ROW", "Design", "Dialect", "equalities", "rule_columns", "rule_sql"]

ROW = "row_number"  # the integer that stands for a record's id while records are linked
Dialect = Literal["duckdb", "spark"]


@dataclass(frozen=True, kw_only=True)
class Design:
    """A linkage in Splink's terms, to be trained on the tables it is used on.

    Parameters
    ----------
    comparisons : tuple of splink comparisons
        From ``splink.comparison_library``.
    blocking_rules : tuple
        ``splink.block_on(...)`` or SQL on ``l.`` and ``r.``; pairs that no rule brings together
        are never compared. Each needs an equality. Put the strictest first.
    training_blockings : tuple
        Two rules or more: m is estimated by EM on the pairs of each. A comparison that uses a
        column of a rule is not estimated under it, so between them they must leave each free.
    deterministic_rules : tuple
        Rules so strict that their pairs are matches, for the prior.
    assumed_recall : float
        The share of all matches that the deterministic rules find, over 0 to 1.
    unique_id : str
        The column of ids in both tables.
    untrained : tuple of (comparison, level)
        Levels that may go without an estimate and then keep the m or u stated with the level.
    max_iterations : int
        Of EM. A training that reaches it without converging is an error.
    u_pairs : float
        Random pairs for u.
    training_records : int
        Records of the left table drawn for EM; all pairs that they block into are used.
    settled_weight : float, optional
        A left record with a pair of this match weight (bits) or more is not taken into later
        blocking rules. None: every record is taken into every rule.

    Raises
    ------
    LinkageError
        If there are no comparisons or rules, fewer than two training blockings, or the recall
        is not a share.

    References
    ----------
    Fellegi and Sunter (1969), A theory for record linkage, JASA 64, 1183-1210; m, u and the
    prior are estimated as the documentation of Splink advises.

    Examples
    --------
    >>> import splink.comparison_library as cl
    >>> from splink import block_on
    >>> design = Design(
    ...     comparisons=(cl.ExactMatch("surname"), cl.ExactMatch("town")),
    ...     blocking_rules=(block_on("surname"), block_on("town")),
    ...     training_blockings=(block_on("surname"), block_on("town")),
    ...     deterministic_rules=(block_on("surname", "town"),),
    ...     assumed_recall=0.8,
    ... )
    >>> design.columns
    ('surname', 'town')
    """

    comparisons: tuple[ComparisonCreator, ...]
    blocking_rules: tuple[BlockingRuleCreator | str, ...]
    training_blockings: tuple[BlockingRuleCreator | str, ...]
    deterministic_rules: tuple[BlockingRuleCreator | str, ...]
    assumed_recall: float
    unique_id: str = "record_id"
    untrained: tuple[tuple[str, str], ...] = ()
    max_iterations: int = 50
    u_pairs: float = 1e7
    training_records: int = 200_000
    settled_weight: float | None = None

    def __post_init__(self) -> None:
        """Refuse a design that cannot be trained."""
        for name in ("comparisons", "blocking_rules", "deterministic_rules"):
            if not getattr(self, name):
                raise LinkageError(f"design: {name} is empty; state at least one")
        if len(self.training_blockings) < 2:
            raise LinkageError(
                f"design: {len(self.training_blockings)} training blocking; m needs two or more, "
                "because what a rule blocks on cannot be estimated under it"
            )
        if not 0 < self.assumed_recall <= 1:
            raise LinkageError(
                f"design: assumed_recall is {self.assumed_recall}, not over 0 and up to 1"
            )

    def settings(self, dialect: Dialect = "duckdb", *, dedupe: bool = False) -> dict[str, Any]:
        """Return Splink's settings, untrained.

        Parameters
        ----------
        dialect : str
            The database whose SQL the levels are written in.
        dedupe : bool
            Whether one table is linked with itself.

        Returns
        -------
        dict
            What ``splink.Linker`` takes, as JSON would hold it.
        """

        return SettingsCreator(
            link_type="dedupe_only" if dedupe else "link_only",
            comparisons=list(self.comparisons),
            blocking_rules_to_generate_predictions=[
                {"blocking_rule": rule_sql(rule, dialect)} for rule in self.blocking_rules
            ],
            unique_id_column_name=ROW,
            max_iterations=self.max_iterations,
            retain_matching_columns=False,
        ).create_settings_dict(dialect)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that comparisons and rules use, without the id."""
        made = self._made
        used = [
            column.unquote().name
            for comparison in made.comparisons
            for column in comparison._input_columns_used_by_case_statement
        ]
        used += self.frequencies
        used += [name for rule in self._rules for name in rule_columns(rule)]
        return tuple(dict.fromkeys(name for name in used if name != ROW))

    @property
    def frequencies(self) -> tuple[str, ...]:
        """The columns whose agreement is adjusted by how frequent the value is."""
        return tuple(column.unquote().name for column in self._made._term_frequency_columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns without whose values a comparison or a rule would be idle on either side."""
        used = [
            column.unquote().name
            for comparison in self._made.comparisons
            for level in comparison.comparison_levels
            if level.is_null_level
            for column in level._input_columns_used_by_sql_condition
        ]
        for rule in self._rules:
            used += [left for left, right in equalities(rule) if left == right]
        return tuple(name for name in self.columns if name in used)

    @property
    def _rules(self) -> tuple[BlockingRuleCreator | str, ...]:
        return (*self.blocking_rules, *self.training_blockings, *self.deterministic_rules)

    @cached_property
    def _made(self) -> Settings:
        """Splink's own settings object, which knows its columns; slow to make, so made once."""

        return SettingsCreator.from_path_or_dict(self.settings()).get_settings("duckdb")


def equalities(rule: BlockingRuleCreator | str) -> list[tuple[str, str]]:
    """Return what a rule wants equal, on the left and on the right, as SQL without quotes."""

    pairs = BlockingRule(rule_sql(rule), "duckdb")._equi_join_conditions
    return [(left.strip('"'), right.strip('"')) for left, right in pairs]


def rule_sql(rule: BlockingRuleCreator | str, dialect: Dialect = "duckdb") -> str:
    """Return a rule as SQL on ``l.`` and ``r.``."""
    if isinstance(rule, str):
        return rule
    return str(rule.get_blocking_rule(dialect).blocking_rule_sql)


def rule_columns(rule: BlockingRuleCreator | str) -> Iterable[str]:
    """Return the columns that a rule uses, in order."""

    tree = sqlglot.parse_one(rule_sql(rule), dialect="duckdb")
    return list(dict.fromkeys(column.name for column in tree.find_all(Column)))
