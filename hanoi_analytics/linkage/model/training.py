"""Training by Splink on samples: u at random, the prior by strict rules, m by EM; and checks."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from splink import DuckDBAPI, Linker
from splink.internals.em_training_session import EMTrainingSession
from splink.internals.exceptions import EMTrainingException
from splink.internals.expectation_maximisation import (
    _max_change_in_parameters_comparison_levels,
)

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model.database import LEFT, RIGHT, Workspace, frequency_table
from hanoi_analytics.linkage.model.design import ROW, Design, rule_sql

__all__ = ["Trained", "train"]

# A level that no match of the sample was at gets an m near 0, and one such level then outweighs
# all agreement. Of matches, this share at least is taken to be at every level.
_LEAST_M = 1e-5
_BITS = 2**20  # the resolution of a sample's share


@dataclass(frozen=True)
class Trained:
    """A trained model: Splink's settings, the prior, m, u and weights, and how EM went."""

    settings: dict[str, Any]
    prior: float
    parameters: pd.DataFrame
    training: pd.DataFrame


def train(work: Workspace, design: Design, *, seed: int = 1) -> Trained:
    """Estimate u, the prior and m, and refuse a training that failed.

    Parameters
    ----------
    work : Workspace
        With both tables loaded.
    design : Design
        What to train.
    seed : int
        Of the samples.

    Returns
    -------
    Trained
        The trained model.

    Raises
    ------
    LinkageError
        If the deterministic rules find no pair, a training blocking brings no pairs, EM stopped
        at its iteration limit, a level was never trained, or the classes are switched.
    """
    settings = design.settings(dedupe=work.dedupe)
    with _quiet():
        _sample(work, LEFT, "sample_left", design.training_records, seed + 1)
        prior = _prior(work, design)
        random = _u_linker(work, design, settings, seed)
        settings = _with_u(settings, random)
        settings["probability_two_random_records_match"] = prior
        linker = _training_linker(work, design, settings)
        sessions = [_session(work, linker, rule) for rule in design.training_blockings]
    training = pd.DataFrame([_report(session) for session in sessions])
    _require_converged(training, design)
    _require_trained(random, linker, design)
    _floor(linker)
    parameters = _parameters(linker)
    _require_not_switched(parameters, training)
    trained = linker.misc.save_model_to_json()
    return Trained(trained, prior, parameters, training)


def _sample(work: Workspace, table: str, name: str, records: float, seed: int) -> None:
    """Draw records of a table by a hash of their number, about as many as asked for."""
    share = min(1.0, records / work.records[table])
    work.connection.execute(
        f"CREATE OR REPLACE TABLE {name} AS FROM {table} "
        f"WHERE hash({ROW}, {seed}) % {_BITS} < {math.ceil(share * _BITS)}"
    )


def _register(work: Workspace, settings: dict[str, Any], names: list[str]) -> Linker:
    """Make Splink's linker on tables of the workspace, without their frequency columns."""

    api = DuckDBAPI(work.connection)
    dropped = ", ".join(["record", *(f'"tf_{column}"' for column in work.brought + work.made)])
    frames = []
    for side, name in zip(("a_left", "b_right"), names, strict=False):
        view = f"{name}_{side}_view"
        work.connection.execute(
            f"CREATE OR REPLACE VIEW {view} AS SELECT * EXCLUDE ({dropped}) FROM {name}"
        )
        frames.append(api.register(view, dataset_display_name=side))
    linker = Linker(frames, settings, log_level=None)
    for column in work.made:
        table = api.register(frequency_table(column).strip('"'))
        linker.table_management.register_term_frequency_lookup(table, column)
    return linker


def _u_linker(work: Workspace, design: Design, settings: dict[str, Any], seed: int) -> Linker:
    """Return a linker with u estimated on random pairs of two samples."""
    side = math.sqrt(design.u_pairs * (2 if work.dedupe else 1))
    _sample(work, LEFT, "random_left", side, seed)
    names = ["random_left"]
    if not work.dedupe:
        # A short table on one side is made up for by more records of the other.
        other = design.u_pairs / min(side, work.records[LEFT])
        _sample(work, RIGHT, "random_right", other, seed)
        names.append("random_right")
    open_comparisons = [
        comparison
        for comparison in settings["comparisons"]
        if not all(_u_is_fixed(level) for level in comparison["comparison_levels"])
    ]
    linker = _register(work, settings | {"comparisons": open_comparisons}, names)
    linker.training.estimate_u_using_random_sampling(max_pairs=design.u_pairs * 2, seed=seed)
    return linker


def _u_is_fixed(level: dict[str, Any]) -> bool:
    return bool(level.get("is_null_level") or level.get("fix_u_probability"))


def _with_u(settings: dict[str, Any], random: Linker) -> dict[str, Any]:
    """Return settings with the comparisons that were trained at random in place of their own."""
    trained = {
        comparison["output_column_name"]: comparison
        for comparison in random.misc.save_model_to_json()["comparisons"]
    }
    comparisons = [trained.get(c["output_column_name"], c) for c in settings["comparisons"]]
    return settings | {"comparisons": comparisons}


def _prior(work: Workspace, design: Design) -> float:
    """Return the share of matches among all pairs, from the pairs of the deterministic rules."""
    order = f" AND l.{ROW} < r.{ROW}" if work.dedupe else ""
    rules = " UNION ".join(
        f"SELECT l.{ROW}, r.{ROW} FROM sample_left l JOIN {RIGHT} r ON ({rule_sql(rule)}{order})"
        for rule in design.deterministic_rules
    )
    matches = work.number(f"SELECT count(*) FROM ({rules})") / design.assumed_recall
    sampled = work.number("SELECT count(*) FROM sample_left")
    if matches == 0:
        raise LinkageError(
            f"the deterministic rules find no pair for {sampled:,} records; loosen them: "
            "the prior is estimated from their pairs"
        )
    others = (work.records[RIGHT] - 1) / 2 if work.dedupe else work.records[RIGHT]
    return min(matches / (sampled * others), 0.5)


def _training_linker(work: Workspace, design: Design, settings: dict[str, Any]) -> Linker:
    """Return a linker on the sample and on all records that block with it."""
    if work.dedupe:
        return _register(work, settings, ["sample_left"])
    rows = " UNION ".join(
        f"SELECT r.{ROW} FROM {RIGHT} r SEMI JOIN sample_left l ON ({rule_sql(rule)})"
        for rule in design.training_blockings
    )
    work.connection.execute(
        f"CREATE OR REPLACE TABLE sample_right AS FROM {RIGHT} WHERE {ROW} IN ({rows})"
    )
    return _register(work, settings, ["sample_left", "sample_right"])


def _session(work: Workspace, linker: Linker, rule: Any) -> EMTrainingSession:
    """Run EM on the pairs of one blocking."""

    try:
        return linker.training.estimate_parameters_using_expectation_maximisation(
            rule_sql(rule), estimate_without_term_frequencies=True
        )
    except EMTrainingException as error:
        raise LinkageError(
            f"training blocking {rule_sql(rule)!r} brings no pairs; choose a looser one"
        ) from error


def _report(session: EMTrainingSession) -> dict[str, Any]:
    """Return how a session went."""

    history = session._core_model_settings_history
    change = _max_change_in_parameters_comparison_levels(history)["max_abs_change_value"]
    return {
        "blocking": session._blocking_rule_for_training.blocking_rule_sql,
        "iterations": len(history) - 1,
        "converged": change < session.training_settings.em_convergence,
        "last_change": change,
        "match_share": history[-1].probability_two_random_records_match,
    }


def _require_converged(training: pd.DataFrame, design: Design) -> None:
    """Refuse a session that stopped at its limit."""
    for row in training.loc[~training["converged"]].itertuples():
        raise LinkageError(
            f"EM blocked on {row.blocking!r} stopped at its limit of {design.max_iterations} "
            f"iterations while a parameter still changed by {row.last_change:.2g}; "
            "raise max_iterations, or merge levels that few pairs have"
        )


def _require_trained(random: Linker, linker: Linker, design: Design) -> None:
    """Refuse levels without an estimate, unless the design allows them and states a value."""
    for kind, trained in (("u", random), ("m", linker)):
        for comparison in trained._settings_obj.comparisons:
            for level in comparison._comparison_levels_excluding_null:
                name, label = comparison.output_column_name, level.label_for_charts
                stated = isinstance(getattr(level, f"_{kind}_probability"), float)
                known = getattr(level, f"_has_estimated_{kind}_values") or (
                    stated and getattr(level, f"_fix_{kind}_probability")
                )
                if not known and not (stated and (name, label) in design.untrained):
                    raise LinkageError(
                        f"{kind} of comparison {name!r}, level {label!r}, was never trained: no "
                        "such pair was seen. Merge the level with another, train on a blocking "
                        "that leaves it free, or state its value and name it in `untrained`"
                    )


def _floor(linker: Linker) -> None:
    """Raise each m to the least one."""
    for comparison in linker._settings_obj.comparisons:
        for level in comparison._comparison_levels_excluding_null:
            if isinstance(level.m_probability, float) and level.m_probability < _LEAST_M:
                level.m_probability = _LEAST_M


def _parameters(linker: Linker) -> pd.DataFrame:
    """Return m, u and weights of all levels."""
    rows = [
        {
            "comparison": comparison.output_column_name,
            "level": level.label_for_charts,
            "gamma": level.comparison_vector_value,
            "m": level.m_probability,
            "u": level.u_probability,
            "weight": level._match_weight,
            "term_frequency": level._has_tf_adjustments,
        }
        for comparison in linker._settings_obj.comparisons
        for level in comparison._comparison_levels_excluding_null
    ]
    return pd.DataFrame(rows)


def _require_not_switched(parameters: pd.DataFrame, training: pd.DataFrame) -> None:
    """Refuse a model in which the best level of a comparison speaks against a match."""
    best = parameters.loc[parameters.groupby("comparison", sort=False)["gamma"].idxmax()]
    for row in best.loc[best["weight"] <= 0].itertuples():
        shares = ", ".join(f"{share:.3g}" for share in training["match_share"])
        raise LinkageError(
            f"label switching: comparison {row.comparison!r}, level {row.level!r}, has m"
            f" {row.m:.3g} under u {row.u:.3g}, so agreement would speak against a match (share"
            f" of matches that EM found: {shares}). EM took the classes for one another, or the"
            " blocking leaves too few matches: train on stricter blockings, or state starting m"
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Splink's warnings of untrained levels, which are errors here, out of the log."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
