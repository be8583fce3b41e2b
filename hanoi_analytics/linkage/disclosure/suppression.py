"""Tables of counts that may leave: small cells suppressed, and those that would give them away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from hanoi_analytics.linkage.checks import LinkageError

TOTAL = "Total"
MISSING = "not stated"
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def protect(table: pd.DataFrame | pd.Series, *, k: int = 10, zeros: bool = True) -> pd.DataFrame:
    """Return counts with totals, without cells under k and without what would give them away.

    Parameters
    ----------
    table : pandas.DataFrame or pandas.Series of int
        Counts of people by one or two classifications, without totals.
    k : int
        Least count that is shown, 2 or more.
    zeros : bool
        Show that a cell is empty; otherwise 0 counts as a small cell.

    Returns
    -------
    pandas.DataFrame of Int64
        The table with a row and, where it has two classifications, a column ``Total``; suppressed
        cells are missing. ``attrs["disclosure"]`` says what was done and why.

    Raises
    ------
    LinkageError
        More than two classifications, values that are no counts, or fewer than k people in all.

    Notes
    -----
    For each small cell the cheapest change of other cells is sought, by linear programming, that
    leaves every total right and would bring this one to k (the flow heuristic of Kelly, Golden and
    Assad 1992); the cells it changes are suppressed too. At the end the interval of every
    suppressed cell, given all that is shown, is computed: none may be a point, and those of small
    cells reach to k. For tables of two classifications the intervals are exact in whole numbers.
    Tables of the same people that are published apart may still be subtracted from each other.

    Examples
    --------
    >>> protect(pd.Series({"men": 40, "women": 52, "not stated": 3}, name="people"))
                people
    men           <NA>
    women           52
    not stated    <NA>
    Total           95
    """
    if k < 2:
        raise LinkageError(f"k must be 2 or more, found {k}")
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    values, equations = _with_totals(_counts(frame), one_way=isinstance(table, pd.Series))
    whole = values.ravel()
    if whole[-1] < k:
        raise LinkageError(f"the table counts fewer than {k} people in all: nothing of it is shown")
    small = (whole < k) & ((whole > 0) | (not zeros))
    hidden = _with_complements(whole, small, equations, k)
    _require_safe(whole, small, hidden, equations, k)
    rows = [*frame.index, TOTAL]
    columns = list(frame.columns) if isinstance(table, pd.Series) else [*frame.columns, TOTAL]
    shown = pd.DataFrame(values, index=rows, columns=columns).astype("Int64")
    shown = shown.mask(hidden.reshape(values.shape))
    shown.index.name, shown.columns.name = frame.index.name, frame.columns.name
    shown.attrs = dict(table.attrs) | {
        "disclosure": f"{small.sum()} of {whole.size} cells count under {k} people and are "
        f"suppressed, and {(hidden & ~small).sum()} more, from which they could be worked out"
    }
    return shown


def counts(frame: pd.DataFrame, by: Sequence[str], *, k: int = 10) -> pd.DataFrame:
    """Count people by one or two columns of their table, protected as by `protect`.

    Missing values are a class of their own, ``not stated``.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": ["male"] * 12 + ["female"] * 30})
    >>> counts(people, ["sex"])["people"].to_dict()
    {'female': 30, 'male': 12, 'Total': 42}
    """
    missing = [name for name in by if name not in frame.columns]
    if missing or not 1 <= len(by) <= 2:
        raise LinkageError(f"count by one or two columns of the table; not in it: {missing}")
    # Values in a plain series: counts of a PersonFrame may be shown, it may not.
    first, *second = (
        pd.Series(frame[name].to_numpy(), name=name).astype("str").fillna(MISSING) for name in by
    )
    table: Any = first.value_counts().rename("people").sort_index()
    for other in second:
        table = pd.crosstab(first, other)
    table.attrs = dict(frame.attrs)
    return protect(table, k=k)


def shares(part: pd.Series, whole: pd.Series, *, k: int = 10) -> pd.Series:
    """Return part / whole, missing where the part, the rest or the whole is suppressed.

    A share tells a count as well as the count does: 95 linked of 97 are 2 who are not. Where that
    of all is suppressed, every share is missing: of 2 in all, none among men are 2 among women, and
    a count of all is seldom held back everywhere.

    Examples
    --------
    >>> linked, people = pd.Series([95, 60, 70], list("abc")), pd.Series([97, 90, 95], list("abc"))
    >>> shares(linked, people).round(2).astype("object").fillna("-").to_dict()
    {'a': '-', 'b': '-', 'c': 0.74, 'Total': 0.8}
    """
    table = protect(pd.DataFrame({"part": part, "rest": whole - part}), k=k)
    found = (table["part"] / table[TOTAL]).rename("share")
    if table.loc[TOTAL].isna().any():
        found = found.mask(found.notna())
    found.attrs = dict(part.attrs) | {"disclosure": table.attrs["disclosure"]}
    return found


def apart(part: pd.Series, whole: int, *, k: int = 10) -> pd.Series:
    """Return counts of classes that overlap, missing where one or the rest of the whole is small.

    For signs of which a person may bear several: no total holds them together, so that each is
    judged by itself. None and all are shown.

    Examples
    --------
    >>> signs = pd.Series({"in capitals": 40, "stuck": 3, "legacy": 0, "has a name": 95})
    >>> apart(signs, 100).astype("object").fillna("-").to_dict()
    {'in capitals': 40, 'stuck': '-', 'legacy': 0, 'has a name': '-'}
    """
    rest = whole - part
    small = ((part > 0) & (part < k)) | ((rest > 0) & (rest < k))
    return part.astype("Int64").mask(small)


def rounded(
    table: pd.DataFrame | pd.Series, *, base: int = 10, k: int | None = None
) -> pd.DataFrame:
    """Return counts and totals, each rounded by itself to a multiple of 5 or 10 (halves up).

    Totals are those of the true counts: rounded cells do not add up to them. With `k`, what is
    above 0 and under it is missing.

    Examples
    --------
    >>> rounded(pd.Series({"men": 41, "women": 54}, name="people"))["people"].to_dict()
    {'men': 40, 'women': 50, 'Total': 100}
    >>> rounded(pd.Series({"men": 41, "women": 8}, name="people"), k=10)["people"].to_dict()
    {'men': 40, 'women': None, 'Total': 50}
    """
    if base not in (5, 10):
        raise LinkageError(f"base must be 5 or 10, found {base}")
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    values, _ = _with_totals(_counts(frame), one_way=isinstance(table, pd.Series))
    columns = list(frame.columns) if isinstance(table, pd.Series) else [*frame.columns, TOTAL]
    near = (np.floor(values / base + 0.5) * base).astype(int)
    shown = pd.DataFrame(near, index=[*frame.index, TOTAL], columns=columns)
    said = f"counts and totals are rounded to {base}, each by itself"
    if k is not None:
        shown = shown.astype("Int64").mask((values > 0) & (values < k))
        said = f"{said}; those under {k} are not shown"
    shown.attrs = dict(table.attrs) | {"disclosure": said}
    return shown


def _counts(frame: pd.DataFrame) -> Floats:
    if isinstance(frame.index, pd.MultiIndex) or isinstance(frame.columns, pd.MultiIndex):
        raise LinkageError(
            "a table of more than two classifications: publish tables of two, and no cell of which "
            "another of them gives away"
        )
    try:
        values = frame.to_numpy(dtype=float)
    except (TypeError, ValueError):
        values = np.full((1, 1), np.nan)
    if not values.size or not (values >= 0).all() or (values % 1).any():
        raise LinkageError("expected whole numbers of 0 or more in every cell, and a cell at least")
    return values


def _with_totals(inner: Floats, *, one_way: bool) -> tuple[Floats, sparse.csr_matrix]:
    """Add totals, and the equations between the cells: each row and column adds up to its last."""
    values = np.vstack([inner, inner.sum(axis=0)])
    if not one_way:
        values = np.column_stack([values, values.sum(axis=1)])
    number = np.arange(values.size).reshape(values.shape)
    lines = [*number.T] if one_way else [*number, *number.T]
    matrix = sparse.lil_matrix((len(lines), values.size))
    for row, line in enumerate(lines):
        matrix[row, line[:-1]], matrix[row, line[-1]] = 1, -1
    return values, matrix.tocsr()


def _with_complements(values: Floats, small: Flags, equations: sparse.csr_matrix, k: int) -> Flags:
    """Add the cells whose change could bring each small cell to k with every equation kept."""
    hidden = small.copy()
    totals = np.asarray((equations < 0).sum(axis=0)).ravel()
    # Small cells first, empty ones later, totals last; the grand total is the dearest.
    price = 1 + values / values[-1] + 4 * (values == 0) + 100 * totals
    both = sparse.hstack([equations, -equations]).tocsr()
    for cell in sorted(np.flatnonzero(small), key=lambda c: values[c]):
        cost = np.where(hidden, 1e-4, price)
        rise, fall = np.full(values.size, np.inf), values.copy()
        rise[cell] = fall[cell] = 0.0
        wanted = np.zeros(values.size)
        wanted[cell] = k - values[cell]
        found = linprog(
            np.concatenate([cost, cost]),
            A_eq=both,
            b_eq=-(equations @ wanted),
            bounds=np.column_stack([np.zeros(2 * values.size), np.concatenate([rise, fall])]),
        )
        if found.status != 0:
            raise LinkageError(f"suppression found no complement ({found.message})")
        hidden |= found.x[: values.size] + found.x[values.size :] > 1e-6
    return hidden


def _require_safe(
    values: Floats, small: Flags, hidden: Flags, equations: sparse.csr_matrix, k: int
) -> None:
    """Raise unless each suppressed cell, given what is shown, has an interval, small ones to k."""
    unknown = equations[:, hidden]
    known = -(equations[:, ~hidden] @ values[~hidden])
    used = np.flatnonzero(np.diff(unknown.indptr))  # equations that hold a suppressed cell
    unknown, known = unknown[used], known[used]
    for cell, is_small in enumerate(small[hidden]):
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(unknown.shape[1])
            objective[cell] = sign
            found = linprog(objective, A_eq=unknown, b_eq=known)
            ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
        if ends[1] - ends[0] < 1e-6 or (is_small and ends[1] < k - 1e-6):
            raise LinkageError("a suppressed cell could be worked out: this table is not shown")
