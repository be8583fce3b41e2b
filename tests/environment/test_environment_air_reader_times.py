"""One hour, written in every way that files have, is read as that hour of Hà Nội."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.environment.air.readers import read_table, ug_m3_per_unit

# Python writes these; the first ten are without an offset.
LOCAL = [
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S.000",
    "%d/%m/%Y %H:%M",
    "%d-%m-%Y %Hh",
    "%d.%m.%Y %Hh%M",
    "%H:%M %d/%m/%Y",
    "%Hh00 %d/%m/%Y",
    "%d/%m/%Y %I:%M %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d/%m/%Y %H",
]
HOURS = st.datetimes(datetime(1991, 1, 1), datetime(2024, 12, 31)).map(
    lambda t: t.replace(minute=0, second=0, microsecond=0)
)


def read(words: list[str], zone: str = "Asia/Ho_Chi_Minh") -> list[datetime]:
    stations = [str(place) for place in range(len(words))]
    rows = pd.DataFrame({"time": words, "station": stations, "pm10 (µg/m³)": 1.0})
    file = read_table(rows, time_label="end", timezone=zone)
    return [time.to_pydatetime() for time in file.accepted["time"]]


@settings(max_examples=15, deadline=None)
@given(HOURS, st.integers(-11, 13))
def test_an_hour_is_read_however_it_is_written(hour: datetime, offset: int) -> None:
    there = hour.replace(tzinfo=timezone(timedelta(hours=7))).astimezone(
        timezone(timedelta(hours=offset))
    )
    morning = {"AM": "SA", "PM": "CH"}[hour.strftime("%p")]
    words = [
        *(hour.strftime(form) for form in LOCAL),
        f"{hour:%d/%m/%Y %I:%M} {morning}",
        f"{hour:%d/%m/%Y %I:%M} {hour.strftime('%p').lower()}",
        there.isoformat(),
        there.strftime("%Y-%m-%d %H:%M:%S%z"),
        there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{hour - timedelta(days=1):%Y-%m-%d} 24:00" if hour.hour == 0 else f"{hour:%Y-%m-%d %H}",
    ]
    assert read(words) == [hour] * len(words)


@pytest.mark.parametrize(
    "word",
    [
        "2020-02-30 01:00",
        "2020-01-01 25:00",
        "2020-01-01 24:30",
        "2020-01-01 13:00 PM",
        "2020-01-01 0:00 AM",
        "2020-01-01 12:60",
        "13:00",
        "20200101",
        "43831.5",
        "yesterday 01:00",
    ],
)
def test_what_is_no_time_is_rejected_as_that(word: str) -> None:
    rows = pd.DataFrame({"time": ["2020-01-01 01:00", word], "pm10 (µg/m³)": 1.0})
    file = read_table(rows, station="A", time_label="end")
    assert file.rejected["reason"].tolist() == ["time: not understood, or no such time"]


def test_an_hour_that_a_clock_skips_or_repeats_is_rejected() -> None:
    # New York skipped 02:00 on 8 March 2020, and had 01:00 of 1 November 2020 twice.
    words = ["2020-03-08 02:00", "2020-11-01 01:00", "2020-07-01 01:00"]
    assert read(words, "America/New_York") == [datetime(2020, 7, 1, 12)]


@pytest.mark.parametrize(
    ("pollutant", "published"),
    # UK Defra and the EU convert at 20 °C; at 25 °C and 1 atm (US EPA, WHO): µg/m³ for 1 ppb.
    [("o3", 1.96), ("no2", 1.88), ("so2", 2.62), ("co", 1.145)],
)
def test_the_factors_are_those_published_for_25_degrees(pollutant: str, published: float) -> None:
    assert ug_m3_per_unit(pollutant, "ppb") == pytest.approx(published, rel=0.003)
    assert ug_m3_per_unit(pollutant, "ppm") == pytest.approx(1000 * published, rel=0.003)
