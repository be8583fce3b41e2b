"""A trained model scored by Splink's Spark backend, for tables too large for one machine."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from splink import Linker
from splink.internals import comparison_vector_values, predict, vertically_concatenate
from splink.internals.pipeline import CTEPipeline

from hanoi_analytics.linkage.checks import LinkageError, require_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession  # type: ignore[import-not-found]

__all__ = ["score_on_spark"]


def score_on_spark(
    left: str | Path,
    right: str | Path | None,
    settings: dict[str, Any],
    spark: SparkSession,
    *,
    unique_id: str = "record_id",
    keep: float = 0.01,
) -> DataFrame:
    """Score the pairs of two tables, or of one with itself, by a model that `link` trained.

    Every record goes through every blocking rule, as under ``settled_weight=None``.

    Parameters
    ----------
    left, right : path
        Parquet as `prepare` writes it, with its ``tf_...``. `right` None: pairs of one table.
    settings : dict
        ``Links.settings``.
    spark : pyspark.sql.SparkSession
        What Splink stores on the way is freed when it stops.
    unique_id : str
        The column of ids in both tables.
    keep : float
        Least match probability of a pair.

    Returns
    -------
    pyspark.sql.DataFrame
        ``left_id, right_id, match_weight`` (bits), ``match_probability``.

    Raises
    ------
    LinkageError
        If the model is for the other number of tables, or a table lacks its id or a frequency.

    Examples
    --------
    >>> score_on_spark("a.parquet", None, {"link_type": "link_only"}, None)
    Traceback (most recent call last):
    ...
    hanoi_analytics.linkage.checks.LinkageError: the model is 'link_only', but right is missing
    """
    if (right is None) != (settings["link_type"] == "dedupe_only"):
        given = "missing" if right is None else "given"
        raise LinkageError(f"the model is {settings['link_type']!r}, but right is {given}")
    from splink import SparkAPI  # noqa: PLC0415 - imports pyspark

    # No files of people in a folder (the default), nor the jar, whose functions no level uses.
    api = SparkAPI(  # type: ignore[no-untyped-call]
        spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False
    )
    levels = [level for made in settings["comparisons"] for level in made["comparison_levels"]]
    adjusted, tables = [level.get("tf_adjustment_column") for level in levels], []
    for side, path in (("left", left), ("right", right)):
        if path is not None:
            records = spark.read.parquet(str(path))
            needed = [unique_id, *(f"tf_{column}" for column in adjusted if column)]
            require_columns(records.columns, needed, table=side)
            name = f"linkage_{side}"  # the first in the alphabet is Splink's left
            spark.catalog.dropTempView(name)  # of an earlier call
            tables.append(api.register(records, dataset_display_name=name))
    linker = Linker(tables, _in_spark_sql(settings, unique_id), log_level=None)
    found = api.sql_pipeline_to_splink_dataframe(_scoring(linker, keep)).as_spark_dataframe()
    ids = [f"{unique_id}_{side[0]} AS {side}_id" for side in ("left", "right")]
    return found.selectExpr(*ids, "match_weight", "match_probability")


def _scoring(linker: Linker, keep: float) -> CTEPipeline:
    """Return ``Linker.predict``, but with each table's own frequencies rather than joint ones."""
    made = linker._settings_obj
    pipeline = CTEPipeline([linker.inference.compute_blocked_pairs_for_predict()])
    vertically_concatenate.enqueue_df_concat(linker, pipeline)
    vectors = comparison_vector_values.compute_comparison_vector_values_from_id_pairs_sqls(
        made._columns_to_select_for_blocking,
        made._columns_to_select_for_comparison_vector_values,
        "__splink__df_concat",
        "__splink__df_concat",
        made.column_info_settings.source_dataset_input_column,
        made.column_info_settings.unique_id_input_column,
    )
    weights = predict.predict_from_comparison_vectors_sqls_using_settings(made, keep)
    pipeline.enqueue_list_of_sqls([*vectors, *weights])
    return pipeline


def _in_spark_sql(settings: dict[str, Any], unique_id: str) -> dict[str, Any]:
    """Return settings whose conditions are translated from DuckDB's SQL."""
    translated = partial(sqlglot.transpile, read="duckdb", write="spark")
    changed = copy.deepcopy(settings) | {"sql_dialect": "spark", "unique_id_column_name": unique_id}
    for rule in changed["blocking_rules_to_generate_predictions"]:
        rule.update(blocking_rule=translated(rule["blocking_rule"])[0], sql_dialect="spark")
    for made in changed["comparisons"]:
        for level in made["comparison_levels"]:
            if level["sql_condition"] != "ELSE":
                level["sql_condition"] = translated(level["sql_condition"])[0]
    return changed
