"""The number of urban areas by class and date: each row summed, none mended."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.urbanisation.indicators.definitions import IndicatorError

#: The classes of Resolution 1210/2016/UBTVQH13, from the largest cities to the smallest towns.
CLASSES = ("special", "class_i", "class_ii", "class_iii", "class_iv", "class_v")
_OLD_SYSTEM, _NEW_SYSTEM = "1210/2016", "111/2025"

Check = Literal["adds up", "by difference", "classes incomplete", "does not add up"]


class ClassSystemError(IndicatorError):
    """Urban areas are asked for by classes that no longer exist."""


def urban_areas(
    first_year: int = 1990, last_year: int = 2025, *, table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the number of urban areas by class and date, with each row's sum checked.

    Parameters
    ----------
    first_year, last_year : int
        The years to return, both included. The classes end with 2025.
    table : pandas.DataFrame, optional
        Rows like those of the dataset ``urban_areas``, for example your own.

    Returns
    -------
    pandas.DataFrame
        The table's columns as printed, and ``class_sum``; ``difference`` (classes less total);
        ``check``: ``adds up``, ``by difference`` (one class was computed from the total, so the sum
        proves nothing), ``classes incomplete``, ``does not add up``; ``finding``, the check in
        words; ``flagged``, where the printed numbers do not add up.

    Raises
    ------
    ClassSystemError
        A year after the class system ended: names the resolution and what became of the classes.
    IndicatorError
        No row in these years.

    Examples
    --------
    >>> rows = urban_areas(2024)
    >>> rows[["total", "class_sum", "difference"]].values.tolist()
    [[907, 909, 2]]
    """
    table = catalogue.load("urban_areas") if table is None else table
    if "source" not in table.attrs:
        raise IndicatorError(
            "the table carries no source in .attrs['source']: load it by catalogue.load or "
            "catalogue.load_own, and keep its attrs when rows are added"
        )
    _require_classes(last_year)
    rows = table[table["year"].between(first_year, last_year)]
    if rows.empty:
        raise IndicatorError(
            f"no number of urban areas from {first_year} to {last_year}; the table has "
            f"{table['year'].min()} to {table['year'].max()}"
        )
    rows = rows.sort_values(["year", "date"], ignore_index=True)
    classes = rows[list(CLASSES)].astype("Int64")
    rows["class_sum"] = classes.sum(axis=1).where(classes.notna().all(axis=1))
    rows["difference"] = rows["class_sum"] - rows["total"]
    rows["check"] = [_check(row) for _, row in rows.iterrows()]
    rows["finding"] = [_finding(row) for _, row in rows.iterrows()]
    rows["flagged"] = rows["check"] == "does not add up"
    rows.attrs = {"source": table.attrs["source"]}
    return rows


def _check(row: pd.Series) -> Check:
    if pd.isna(row["difference"]):
        return "classes incomplete"
    if row["difference"] != 0:
        return "does not add up"
    return "by difference" if "by difference" in str(row["note"]) else "adds up"


def _finding(row: pd.Series) -> str:
    if row["check"] == "by difference":
        return "adds up, but one class was computed from the total: this proves nothing"
    if row["check"] != "does not add up":
        return str(row["check"])
    over, total = int(row["difference"]), int(row["total"])
    way = "more" if over > 0 else "fewer"
    found = f"the classes sum to {row['class_sum']:,}, {abs(over):,} {way} than the total {total:,}"
    if row["qualifier"] == "more than":
        # Lower bounds cannot contradict each other, but one of these is far from what it bounds.
        found += (
            f"; printed as lower bounds, they hold only if the total is above {row['class_sum']:,}"
        )
    return found


def _require_classes(last_year: int) -> None:
    law = catalogue.load("urban_classes")
    ended = int(law.loc[law["system"] == _OLD_SYSTEM, "valid_to"].max()[:4])
    if last_year <= ended:
        return
    new = law[law["system"] == _NEW_SYSTEM]
    classes = new.loc[new["criterion"] == "number of classes", "definition"].iloc[0]
    became = "; ".join(new.loc[new["criterion"] == "takes in", "definition"])
    raise ClassSystemError(
        f"urban areas by class are asked for up to {last_year}, but the classes I to V end with "
        f"{ended}: {str(new['source'].iloc[0]).split(' (')[0]}, in force since "
        f"{new['valid_from'].min()}, has the {classes}. What became of the old ones: {became}. "
        f"Ask for years up to {ended}; a count by the new classes is another series"
    )
