"""Reading the typed tables as they lie in the repository, without the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"


@cache
def text(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", dtype=str, keep_default_na=False)


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", dtype={"code": str})


def the_one(frame: pd.DataFrame, **equal: object) -> pd.Series:
    for column, value in equal.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, f"{len(frame)} rows for {equal}"
    return frame.iloc[0]


def programme(row_id: str) -> float:
    return float(the_one(table("smart_city_programme"), id=row_id)["value"])
