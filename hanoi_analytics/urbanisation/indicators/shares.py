"""The urban shares as tidy series, and the official targets for them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.errors import nearest
from hanoi_analytics.urbanisation.indicators.definitions import (
    IndicatorError,
    SpliceError,
    require_one_definition,
)

#: A and B are the official shares. B_average is computed from the statistics office's average
#: population of the year. WUP2018 and WDI2016 are international; WDI2016 is of the remote tier.
INDICATORS = ("A", "B", "B_average", "WUP2018", "WDI2016")
#: Kinds of row that say what was counted or estimated; a target says what is wanted.
MEASURED = ("census", "official", "model")
_KINDS = (*MEASURED, "target")
_DTYPES = {
    **dict.fromkeys(["indicator", "area"], "str"),
    "year": "int64",
    "date": "str",
    "value_percent": "float64",
    **dict.fromkeys(["kind", "status", "qualifier"], "str"),
    **dict.fromkeys(["urban_people", "rural_people", "total_people"], "Int64"),
    **dict.fromkeys(["definition", "source", "note"], "str"),
}


def series(
    indicator: str,
    area: str = "Việt Nam",
    kinds: Iterable[str] = MEASURED,
    *,
    table: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one urban share over time, in order, with its definition in every row.

    Parameters
    ----------
    indicator : str
        One of `INDICATORS`.
    area : str
        Name as in the tables, such as ``"Việt Nam"`` or ``"Hà Nội"``.
    kinds : iterable of str
        Of ``census``, ``official``, ``model`` and ``target``; a target never stands with others.
    table : pandas.DataFrame, optional
        Rows like those of the dataset ``urban_share`` to take A, B or WUP2018 from.

    Returns
    -------
    pandas.DataFrame
        ``value_percent`` by ``year`` and ``decimal_year`` (the day where it is known, else the
        middle of the month or year), with ``indicator, area, definition, source, status, kind``.
        ``segment`` grows by one at each break that the table notes.
        ``attrs``: ``source, indicator, definition, area``.

    Raises
    ------
    IndicatorError
        No such indicator, kind or area.
    SpliceError
        Several indicators in one call, or rows from before and after a change of definition.

    Examples
    --------
    >>> b = series("B")
    >>> b.loc[b["year"] >= 2023, "value_percent"].tolist()
    [38.1, 38.17]
    >>> b.attrs["definition"]
    'people in wards (phường) and townships (thị trấn), per 100 residents'
    """
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in wanted:
        if kind not in _KINDS:
            raise IndicatorError(f"no kind {kind!r} of row; {nearest(kind, _KINDS)}")
    rows = _rows(indicator, table)
    if area not in set(rows["area"]):
        hint = nearest(area, rows["area"])
        raise IndicatorError(f"indicator {indicator} has no area {area!r}; {hint}")
    found = rows[(rows["area"] == area) & rows["kind"].isin(wanted)]
    if found.empty:
        there = ", ".join(sorted(set(rows.loc[rows["area"] == area, "kind"])))
        raise IndicatorError(
            f"indicator {indicator} has no row of kind {', '.join(wanted)} for {area}; it has: "
            f"{there}"
        )
    moments = [_decimal_year(y, d) for y, d in zip(found["year"], found["date"], strict=True)]
    found = found.assign(decimal_year=moments).sort_values("decimal_year", ignore_index=True)
    # A break may be noted in every row after it: only the first of them begins a segment.
    noted = found["note"].fillna("").str.contains(r"\bbreak\b")
    found["segment"] = (noted & ~noted.shift(fill_value=False)).cumsum()
    one = require_one_definition(found)
    found.attrs = {
        "source": rows.attrs["source"],
        "indicator": indicator,
        "definition": one.text,
        "area": area,
    }
    return found


def targets(indicator: str) -> pd.DataFrame:
    """Return the official targets for an indicator. There are some for A alone.

    Returns
    -------
    pandas.DataFrame
        ``year, value_percent, qualifier`` (at least, more than) and ``definition, source, status,
        note``, in order.

    Raises
    ------
    IndicatorError
        No target counts by this indicator.

    Examples
    --------
    >>> targets("A").set_index("year")["value_percent"].to_dict()
    {2025: 45.0, 2026: 45.0, 2030: 50.0}
    """
    _require_known(indicator)
    table = catalogue.load("national_targets")
    named = "urbanisation rate, indicator "
    rows = table[table["indicator"].str.startswith(named)]
    found = rows[rows["indicator"] == named + indicator]
    if found.empty:
        counted = sorted(set(rows["indicator"].str.removeprefix(named)))
        raise IndicatorError(
            f"no official target counts by indicator {indicator}: the targets count by "
            f"{', '.join(counted)}, and drawn on another line they would mean something else"
        )
    names = {"target_year": "year", "lower": "value_percent"}
    columns = ["year", "value_percent", "qualifier", "definition", "source", "status", "note"]
    found = found.rename(columns=names)[columns].sort_values("year", ignore_index=True)
    found = found.astype({"year": int})
    found.attrs = {"source": table.attrs["source"], "indicator": indicator}
    return found


def _require_known(indicator: object) -> None:
    if not isinstance(indicator, str):
        raise SpliceError(
            f"one series holds one indicator; found {indicator!r}: take a series for each and "
            "compare them with indicators.side_by_side()"
        )
    if indicator not in INDICATORS:
        raise IndicatorError(f"no indicator {indicator!r}; {nearest(indicator, INDICATORS)}")


def _rows(indicator: str, table: pd.DataFrame | None) -> pd.DataFrame:
    """Return all rows of an indicator, in the columns of `urban_share`."""
    _require_known(indicator)
    if indicator in ("B_average", "WDI2016"):
        if table is not None:
            raise IndicatorError(
                f"{indicator} is computed from a table of its own: table= serves A, B and WUP2018"
            )
        rows = _average_rows() if indicator == "B_average" else _world_bank_rows()
        whole = rows.assign(indicator=indicator).reindex(columns=list(_DTYPES))
        return whole.astype(_DTYPES)
    table = catalogue.load("urban_share") if table is None else table
    if "source" not in table.attrs:
        raise IndicatorError(
            "the table carries no source in .attrs['source']: load it by catalogue.load or "
            "catalogue.load_own, and keep its attrs when rows are added"
        )
    return table.loc[table["indicator"] == indicator, list(_DTYPES)]


def _average_rows() -> pd.DataFrame:
    table = catalogue.load("gso_urban_rural_population")
    preliminary = "preliminary" + table["note"].map("; {}".format, na_action="ignore").fillna("")
    return table.assign(
        area=table["unit"].replace("Cả nước", "Việt Nam"),
        kind="official",
        value_percent=100 * table["urban_thousand"] / table["total_thousand"],
        urban_people=(1000 * table["urban_thousand"]).round().astype(int),
        rural_people=(1000 * table["rural_thousand"]).round().astype(int),
        total_people=(1000 * table["total_thousand"]).round().astype(int),
        definition="urban residents per 100 residents: " + table["definition"],
        source="computed from " + table["source"],
        status="C",
        note=table["note"].where(table["release"] == "final", preliminary),
    )


def _world_bank_rows() -> pd.DataFrame:
    table = catalogue.load("wdi_urban_share")
    nation = table[table["Country Code"] == "VNM"]
    years = [column for column in table.columns if column.isdigit()]
    rows = nation.melt(value_vars=years, var_name="year", value_name="value_percent")
    rows = rows.dropna(subset=["value_percent"]).assign(
        year=lambda frame: frame["year"].astype(int),
        value_percent=lambda frame: frame["value_percent"].astype(float),
        area="Việt Nam",
        kind="model",
        definition=f"{nation['Indicator Name'].iloc[0]}, World Bank, vintage of November 2016",
        source=table.attrs["source"]["citation"],
        status="V",
    )
    rows.attrs["source"] = table.attrs["source"]
    return rows


def _decimal_year(year: int, date: object) -> float:
    """Return a moment as a year with decimals; of a bare month or year, its middle."""
    if not isinstance(date, str):
        return year + 0.5
    moments = []
    for text in date.split("/"):
        part = [int(number) for number in text.split("-")]
        month = (part[1] - 1 if len(part) > 1 else 5.5) + (0 if len(part) > 2 else 0.5)
        moments.append(part[0] + month / 12 + (part[2] - 1 if len(part) > 2 else 0) / 365.25)
    return sum(moments) / len(moments)
