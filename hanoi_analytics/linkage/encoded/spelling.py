"""Names and numbers in one spelling: what each party does to its own records before it encodes."""

from __future__ import annotations

import pandas as pd

from hanoi_analytics.linkage.checks import require_columns
from hanoi_analytics.linkage.identifiers import check_cccd
from hanoi_analytics.linkage.names import normalise


def in_one_spelling(records: pd.DataFrame) -> pd.DataFrame:
    """Return records with what can be mended without seeing the other party's.

    Once encoded, nothing can be mended any more: "Ng. Văn An" shares few bits with Nguyễn Văn An,
    and a personal number that lost its zeros shares none of its places.

    Parameters
    ----------
    records : pandas.DataFrame
        ``full_name``, ``sex``, ``birth_date``, ``cccd`` and any others.

    Returns
    -------
    pandas.DataFrame
        The same rows; ``full_name`` without marks as `names.normalise` reads it (missing for a
        newborn's stand-in), ``cccd`` with lost zeros put back where sex and year confirm them.

    Raises
    ------
    LinkageError
        If a column is missing.

    Examples
    --------
    >>> people = pd.DataFrame({"full_name": ["Ng. VănAn"], "sex": ["male"],
    ...     "birth_date": ["1980-02-29"], "cccd": ["1080000001"]})
    >>> in_one_spelling(people)[["full_name", "cccd"]].to_numpy().tolist()
    [['nguyen van an', '001080000001']]
    """
    require_columns(records.columns, ["full_name", "sex", "birth_date", "cccd"], table="record")
    names = normalise(records["full_name"])["name_plain"]
    numbers = check_cccd(records["cccd"], records["sex"], records["birth_date"])["value"]
    return records.assign(full_name=names, cccd=numbers)
