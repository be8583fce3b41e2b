"""Times as files write them, as naive local time of Hà Nội (UTC+7, no summer time)."""

from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.tables import Sorter

HANOI = "Asia/Ho_Chi_Minh"
_HOUR = pd.Timedelta(hours=1)
_FIRST = pd.Timestamp("1990-01-01")
# Nanoseconds end in 2262, stand-ins for no date do not.
_LAST = pd.Timestamp("2200-01-01")

_YEAR_FIRST = r"(?P<y1>\d{4})[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})"
_YEAR_LAST = r"(?P<d2>\d{1,2})[-/.](?P<m2>\d{1,2})[-/.](?P<y2>\d{4})"
# Also the Vietnamese 13h, 13h30 and 13 giờ; SA (sáng) is a.m. and CH (chiều) is p.m.
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:\s*(?:h|giờ|:(?=\d)))?(?P<minute>\d{2})?(?::(?P<second>\d{2}(?:[.,]\d+)?))?"
    r"\s*(?P<half>[ap]\.?m\.?|sa|ch)?"
)
_OFFSET = r"\s*(?P<offset>z|utc|gmt|(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?)?"
_TIME = rf"^(?:{_YEAR_FIRST}|{_YEAR_LAST})(?:(?:t|[ ,]+){_CLOCK}{_OFFSET})?$"
_CLOCK_FIRST = (
    r"^(?P<clock>\d{1,2}(?::| ?h| ?giờ).*?)[ ,]+(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})$"
)


def read_times(
    sorter: Sorter, words: pd.Series[str], *, timezone: str | None = HANOI, day_first: bool = True
) -> pd.Series[pd.Timestamp]:
    """Return times of Hà Nội; rows whose time is no full hour of the past are rejected.

    Parameters
    ----------
    sorter : Sorter
        Of the rows.
    words : pandas.Series of str
        Year first in any case; with the year last, `day_first` says what 02/01/2020 is. 12-hour
        clocks (a.m., p.m., SA, CH): 12 AM is hour 0. 24:00 is 00:00 of the next day.
    timezone : str or None
        Of words without an offset from UTC; None: they are rejected.
    day_first : bool
        Day before month.

    Raises
    ------
    EnvironmentDataError
        An unknown time zone, or dates that can only be read with `day_first` turned round.
    """
    sorter.reject(words.isna(), "time: missing")
    codes, different = pd.factorize(words)
    table = _parsed(pd.Series(different, dtype="str"), timezone, day_first)
    # A missing word has the code −1: it finds no row.
    table = table.reindex(codes).set_axis(words.index)
    time, wrong = table["time"], table["wrong"].fillna("")
    for reason in wrong.unique():
        if reason:
            sorter.reject(wrong == reason, f"time: {reason}")
    now = pd.Timestamp.now(tz=HANOI).tz_localize(None)
    sorter.reject(time > now, "time: in the future")
    sorter.reject(time < _FIRST, "time: before 1990, a clock that was not set?")
    sorter.reject(
        time.notna() & (time != time.dt.floor("h")),
        "time: not on a full hour; average shorter readings to hours first",
    )
    return time


def _parsed(words: pd.Series[str], timezone: str | None, day_first: bool) -> pd.DataFrame:
    """Return for each word its time of Hà Nội, or what is wrong with it."""
    text = words.str.lower().str.strip()
    turned = text.str.extract(_CLOCK_FIRST)
    text = text.where(turned["date"].isna(), turned["date"] + " " + turned["clock"])
    part = text.str.extract(_TIME)
    _require_order(part, words, day_first)
    day, month = ("d2", "m2") if day_first else ("m2", "d2")
    year = part["y1"].fillna(part["y2"])
    month_of = part["m1"].fillna(part[month])
    day_of = part["d1"].fillna(part[day])
    date = pd.to_datetime(
        year + "-" + month_of.str.zfill(2) + "-" + day_of.str.zfill(2),
        format="%Y-%m-%d",
        errors="coerce",
    ).astype("datetime64[s]")
    date = date.where(date < _LAST).astype("datetime64[ns]")
    hour = pd.to_numeric(part["hour"]).astype("float64")
    minute, second = (
        pd.to_numeric(part[name].str.replace(",", ".")).fillna(0).astype("float64")
        for name in ("minute", "second")
    )
    half = part["half"].str.replace(".", "")
    twelve = half.notna()
    right = np.where(
        twelve, hour.between(1, 12), (hour < 24) | ((hour == 24) & (minute + second == 0))
    )
    right &= (minute < 60) & (second < 60)
    hour = hour.where(~twelve, hour % 12 + 12 * half.isin(["pm", "ch"]))
    seconds = hour * 3600 + minute * 60 + second
    time = (date + pd.to_timedelta(seconds, unit="s")).where(right)
    no_hour = date.notna() & hour.isna()
    wrong = pd.Series("", index=words.index).mask(time.isna(), "not understood, or no such time")
    wrong = wrong.mask(no_hour, "a day without an hour")
    return _in_hanoi(time, part["offset"], timezone, wrong)


def _in_hanoi(
    time: pd.Series[pd.Timestamp],
    offset: pd.Series[str],
    timezone: str | None,
    wrong: pd.Series[str],
) -> pd.DataFrame:
    signed = offset.str.extract(r"([+-])(\d{1,2}):?(\d{2})?$")
    minutes = pd.to_numeric(signed[1]) * 60 + pd.to_numeric(signed[2]).fillna(0)
    minutes = minutes.where(signed[0] != "-", -minutes).where(signed[0].notna(), 0).fillna(0)
    by_offset = time - pd.to_timedelta(minutes, unit="min") + 7 * _HOUR
    if timezone is None:
        wrong = wrong.mask(time.notna() & offset.isna(), "no offset from UTC")
        local = time.where(offset.notna())
    elif timezone == HANOI:
        local = time
    else:
        try:
            there = time.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
        except ZoneInfoNotFoundError as error:
            raise EnvironmentDataError(
                f"timezone={timezone!r} is not known: give a name such as {HANOI!r} or 'UTC'"
            ) from error
        local = there.dt.tz_convert(HANOI).dt.tz_localize(None)
        lost = time.notna() & local.isna() & offset.isna()
        wrong = wrong.mask(lost, f"twice or never on the clocks of {timezone}")
    local = local.where(offset.isna(), by_offset)
    return pd.DataFrame({"time": local.astype("datetime64[ns]"), "wrong": wrong})


def _require_order(part: pd.DataFrame, words: pd.Series[str], day_first: bool) -> None:
    """Refuse dates that only make sense the other way round."""
    first, second = pd.to_numeric(part["d2"]), pd.to_numeric(part["m2"])
    month, day = (second, first) if day_first else (first, second)
    turned = (month > 12) & (day <= 12)
    if turned.sum() > 0.05 * first.notna().sum():
        raise EnvironmentDataError(
            f"{turned.sum():,} times of {first.notna().sum():,} such as {words[turned].iloc[0]!r} "
            f"have no month with day_first={day_first}: give day_first={not day_first}"
        )
