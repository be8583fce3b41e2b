"""Columns of a person's values through one SQL query and back, rows in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from hanoi_analytics.linkage.checks import LinkageError

SOURCE = "given_columns"


def through_sql(columns: Mapping[str, Any], query: str) -> pd.DataFrame:
    """Return the result of a query over columns that DuckDB sees as the table `SOURCE`.

    Parameters
    ----------
    columns : mapping of str to pandas.Series, Arrow array or list
        All of one length. A Series gives its index and `attrs` to the result.
    query : str
        A SELECT that keeps the rows and their order.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    LinkageError
        If the columns differ in length.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise LinkageError(f"columns differ in length: {lengths}")
    with duckdb.connect() as connection:
        table = pa.table({name: _arrow(values) for name, values in columns.items()})
        connection.register(SOURCE, table)
        result: pd.DataFrame = connection.execute(query).df()
    first = next(iter(columns.values()))
    if isinstance(first, pd.Series):
        result.index = first.index
        result.attrs.update(first.attrs)
    return result


def _arrow(values: Any) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    return pa.array(values, from_pandas=True)
