"""Means with their completeness, limits with their dates, and what readings must look like."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hanoi_analytics import catalogue
from hanoi_analytics.environment import air
from hanoi_analytics.environment.checks import EnvironmentDataError


def readings(
    start: str, end: str, value: float = 40.0, *, label: str = "end", stations: int = 1
) -> xr.Dataset:
    hours = pd.date_range(start, end, freq="h")
    names = [f"station {n}" for n in range(stations)]
    return xr.Dataset(
        {"pm25": (("time", "station"), np.full((len(hours), stations), value), {"units": "µg/m³"})},
        coords={"time": hours, "station": names},
        attrs={"time_label": label, "source": {"id": "made", "citation": "made", "tier": "own"}},
    )


def test_a_whole_year_has_its_mean() -> None:
    year = readings("2016-01-01 01:00", "2017-01-01 00:00", 50.0)
    row = air.means(year, "year").iloc[0]
    assert (row["mean_ugm3"], row["valid"], row["expected"]) == (50.0, 366, 366)
    assert (row["published"], row["reason"], row["counted"]) == (True, "", "days")
    assert row["start"] == pd.Timestamp("2016-01-01")


@pytest.mark.parametrize(
    ("start", "end", "value", "days", "of"),
    [
        # The embassy's series: from 7 October 2019 21:00, and until the end of July 2020.
        ("2019-10-07 21:00", "2020-01-01 00:00", 67.2, 85, 365),
        ("2020-01-01 01:00", "2020-08-01 00:00", 45.6, 213, 366),
    ],
)
def test_part_of_a_year_is_no_year(start: str, end: str, value: float, days: int, of: int) -> None:
    table = air.means(readings(start, end, value), "year")
    assert len(table) == 1
    row = table.iloc[0]
    assert np.isnan(row["mean_ugm3"])
    assert row["partial_mean_ugm3"] == pytest.approx(value)
    assert (row["valid"], row["expected"], row["published"]) == (days, of, False)
    assert row["reason"] == f"{days} of {of} days valid, {274 if of == 365 else 275} needed"


@pytest.mark.parametrize(("days", "published"), [(274, True), (273, False)])
def test_a_year_needs_three_quarters_of_its_days(days: int, published: bool) -> None:
    last = pd.Timestamp("2017-01-01") + pd.Timedelta(days=days)
    row = air.means(readings("2017-01-01 01:00", str(last)), "year").iloc[0]
    assert (row["valid"], row["published"]) == (days, published)


def test_a_day_needs_18_hours_and_does_not_count_for_the_month_with_fewer() -> None:
    month = readings("2021-02-01 01:00", "2021-03-01 00:00", 20.0)
    month["pm25"][:7] = np.nan
    month["pm25"][24:30] = np.nan
    month["pm25"][30:48] = 48.0
    days = air.means(month, "day")
    assert days["valid"].tolist()[:3] == [17, 18, 24]
    assert days["published"].tolist()[:3] == [False, True, True]
    assert days["reason"].iloc[0] == "17 of 24 hours valid, 18 needed"
    assert days["partial_mean_ugm3"].iloc[0] == 20.0
    # 27 valid days: 26 of 20 and one of 48.
    row = air.means(month, "month").iloc[0]
    assert (row["valid"], row["expected"]) == (27, 28)
    assert row["mean_ugm3"] == pytest.approx((26 * 20 + 48) / 27)


def test_stations_and_pollutants_are_kept_apart() -> None:
    two = readings("2021-01-01 01:00", "2021-01-03 00:00", stations=2)
    two["pm25"][:, 1] = 10.0
    two["no2"] = two["pm25"] * 2
    two["no2"].attrs["units"] = "µg/m³"
    table = air.means(two, "day").set_index(["pollutant", "station"])["mean_ugm3"]
    assert table["pm25", "station 0"].tolist() == [40.0, 40.0]
    assert table["no2", "station 1"].tolist() == [20.0, 20.0]


def test_months_of_a_station_that_was_silent() -> None:
    silent = readings("2021-01-01 01:00", "2021-03-01 00:00")
    silent["pm25"][:] = np.nan
    table = air.means(silent, "month")
    assert table["valid"].tolist() == [0, 0]
    assert table["mean_ugm3"].isna().all()
    assert table["partial_mean_ugm3"].isna().all()
    assert not table["published"].any()


def test_means_carry_their_source_and_refuse_an_unknown_period() -> None:
    day = readings("2021-01-01 01:00", "2021-01-02 00:00")
    assert air.means(day, "day").attrs["source"]["id"] == "made"
    with pytest.raises(EnvironmentDataError, match="did you mean 'month'"):
        air.means(day, "months")  # type: ignore[arg-type]


@pytest.mark.mirror
@pytest.mark.parametrize(("year", "days"), [(2016, 345), (2017, 362), (2018, 325)])
def test_the_embassys_days_by_label(year: int, days: int) -> None:
    rows = catalogue.load("hanoi_pm25_hourly", file=f"Hanoi_PM2.5_{year}_YTD.csv")
    rows.index = pd.to_datetime(rows[["Year", "Month", "Day", "Hour"]])
    rows = rows[~rows.index.duplicated()].sort_index().asfreq("h")
    valid = (rows["QC Name"] == "Valid") & rows["Raw Conc."].between(0, 984.9)
    hourly = readings(str(rows.index[0]), str(rows.index[-1]))
    hourly["pm25"][:, 0] = rows["Raw Conc."].where(valid).to_numpy()
    table = air.means(hourly, "day", day="label")
    table = table[table["start"].dt.year == year].set_index("start")
    assert table["published"].sum() == days
    known = catalogue.load("hanoi_pm25_daily_2016_2018").set_index("date")
    known.index = pd.DatetimeIndex(known.index)
    both = table.join(known, how="inner")
    assert (both["valid"] == both["hours"]).mean() > 0.99
    same = both[(both["valid"] == both["hours"]) & both["published"]]
    np.testing.assert_allclose(same["mean_ugm3"], same["pm25_ugm3"], atol=0.0051)
    yearly = air.means(hourly, "year", day="label").set_index("start")
    assert yearly.loc[pd.Timestamp(year, 1, 1), "published"]


# Limits as printed in the circulars and by WHO.
@pytest.mark.parametrize(
    ("pollutant", "period", "standard", "day", "ugm3"),
    [
        ("pm25", "24h", "QCVN 05", "2016-07-01", 50),
        ("pm25", "24h", "QCVN 05", "2025-12-31", 50),
        ("pm25", "24h", "QCVN 05", "2026-01-01", 45),
        ("pm25", "year", "QCVN 05", "2024-01-01", 25),
        ("pm10", "24h", "QCVN 05", "2023-09-11", 150),
        ("pm10", "24h", "QCVN 05", "2023-09-12", 100),
        ("so2", "1h", "QCVN 05", "2024-01-01", 350),
        ("co", "8h", "QCVN 05", "2024-01-01", 10_000),
        ("no2", "year", "QCVN 05", "2015-01-01", 40),
        ("o3", "8h", "QCVN 05", "2015-01-01", 120),
        ("pm25", "24h", "WHO 2021", "2016-01-01", 15),
        ("pm25", "24h", "WHO 2021 interim target 3", "2022-01-01", 37.5),
        ("so2", "24h", "WHO 2021", "2022-01-01", 40),
        ("co", "24h", "WHO 2021", "2022-01-01", 4000),
        ("o3", "peak season", "WHO 2021", "2022-01-01", 60),
    ],
)
def test_limits(pollutant: str, period: str, standard: str, day: str, ugm3: float) -> None:
    assert air.limit(pollutant, period, standard, day).ugm3 == ugm3


def test_a_limit_says_what_it_rests_on() -> None:
    found = air.limit("pm10", "24h", "QCVN 05", "2024-05-01")
    assert (found.document, found.valid_from) == ("QCVN 05:2023/BTNMT", "2023-09-12")
    assert found.note.startswith("secondary sources only")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("pm25", "24h", "QCVN 5", "2024-01-01"), "did you mean 'QCVN 05'"),
        (("pm25", "8h", "QCVN 05", "2024-01-01"), "no limit with period '8h'.*known: 24h, year"),
        (("pm25", "24h", "QCVN 05", "2012-01-01"), "no limit yet on 2012-01-01.*2014-01-01"),
    ],
)
def test_no_such_limit(asked: tuple[str, str, str, str], message: str) -> None:
    with pytest.raises(EnvironmentDataError, match=message):
        air.limit(*asked)


def test_days_above_the_limit_of_their_own_day() -> None:
    # 47 µg/m³ on every day of the two years, but for ten days measured in part.
    two = readings("2025-01-01 01:00", "2027-01-01 00:00", 47.0)
    two["pm25"][: 10 * 24 : 2] = np.nan
    found = air.exceedance(two, "pm25", "24h", "QCVN 05").set_index("year")
    assert found["exceeding"].to_dict() == {2025: 0, 2026: 365}
    assert found["valid"].to_dict() == {2025: 355, 2026: 365}
    assert found["limits_ugm3"].to_dict() == {2025: "50", 2026: "45"}
    assert found["exceeding_percent"].to_dict() == {2025: 0.0, 2026: 100.0}
    new = air.exceedance(two, "pm25", "24h", "QCVN 05", on_date="2026-01-01").set_index("year")
    assert new["exceeding"].to_dict() == {2025: 355, 2026: 365}
    assert [one["id"] for one in found.attrs["sources"]] == ["made", "air_limits"]


def test_a_mean_that_equals_the_limit_is_not_above_it() -> None:
    # 24 hours of which the mean is 45 but for rounding in binary.
    day = readings("2026-05-01 01:00", "2026-05-02 00:00")
    day["pm25"][:, 0] = np.tile([44.7, 45.1, 45.2], 8)
    assert air.exceedance(day, "pm25", "24h", "QCVN 05")["exceeding"].item() == 0


def test_a_limit_that_changed_within_the_year_is_named_with_the_one_before() -> None:
    year = readings("2023-01-01 01:00", "2024-01-01 00:00", 120.0).rename(pm25="pm10")
    row = air.exceedance(year, "pm10", "24h", "QCVN 05").iloc[0]
    # From 12 September to the end of the year are 111 days.
    assert (row["limits_ugm3"], row["exceeding"], row["valid"]) == ("150, 100", 111, 365)


def test_hours_and_8_hour_means_of_ozone() -> None:
    day = readings("2024-06-01 01:00", "2024-06-03 00:00", 0.0).rename(pm25="o3")
    # One peak of 8 hours at 121 and one hour at 201 on the first day, midnight included.
    day["o3"][16:24] = 121.0
    day["o3"][23] = 201.0
    hours = air.exceedance(day, "o3", "1h", "QCVN 05").iloc[0]
    assert (hours["exceeding"], hours["valid"], hours["expected"]) == (1, 48, 366 * 24)
    eight = air.exceedance(day, "o3", "8h", "QCVN 05").iloc[0]
    assert (eight["exceeding"], eight["valid"], eight["counted"]) == (1, 2, "days")


def test_a_station_without_readings_has_no_share() -> None:
    day = readings("2024-06-01 01:00", "2024-06-02 00:00")
    day["pm25"][:] = np.nan
    row = air.exceedance(day, "pm25", "24h", "WHO 2021").iloc[0]
    assert row["valid"] == 0
    assert np.isnan(row["exceeding_percent"])


@pytest.mark.parametrize(
    ("pollutant", "period", "message"),
    [("pm10", "24h", "no 'pm10' in the readings"), ("pm25", "year", "against `limit`")],
)
def test_what_cannot_be_counted(pollutant: str, period: str, message: str) -> None:
    day = readings("2024-06-01 01:00", "2024-06-02 00:00")
    with pytest.raises(EnvironmentDataError, match=message):
        air.exceedance(day, pollutant, period, "QCVN 05")


def _set(dataset: xr.Dataset, value: float) -> xr.Dataset:
    dataset["pm25"][3, 0] = value
    return dataset


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda d: _set(d, -999.0),
            r"1 values of pm25 .* first -999\.0 at 2024-06-01T04.*, station 0: a sentinel",
        ),
        (lambda d: _set(d, np.inf), "below 0 or infinite"),
        (lambda d: d.rename(pm25="pm2_5"), "did you mean 'pm25'"),
        (lambda d: d.drop_vars("pm25"), "no pollutant"),
        (lambda d: d.transpose("station", "time"), "has dimensions"),
        (lambda d: d.assign(pm25=d["pm25"].drop_attrs()), "units None"),
        (lambda d: d.drop_vars("station"), "name of its own"),
        (lambda d: d.assign_attrs(time_label="middle"), "time_label is 'middle'"),
        (lambda d: d.isel(time=[0, 1, 3]), "01T02.* is followed by .*01T04"),
        (lambda d: d.isel(time=[0, 2, 1]), "not complete"),
        (lambda d: d.isel(time=[0, 1, 1]), "not complete"),
        (
            lambda d: d.assign_coords(time=d["time"] + pd.Timedelta("30min")),
            "no whole hour",
        ),
        (lambda d: d.assign_coords(time=np.arange(24)), "no datetime64"),
        (lambda d: d.astype(int).assign_attrs(d.attrs), "expected float64"),
    ],
)
def test_what_is_no_readings(spoil: Callable[[xr.Dataset], xr.Dataset], message: str) -> None:
    good = readings("2024-06-01 01:00", "2024-06-02 00:00")
    air.require_readings(good)
    with pytest.raises(EnvironmentDataError, match=message):
        air.require_readings(spoil(good))


def embassy_days() -> xr.DataArray:
    table = catalogue.load("hanoi_pm25_daily_2016_2018")
    return air.days_of_table(table, station="US Embassy")


def test_a_table_of_days_is_laid_out_on_the_calendar() -> None:
    days = embassy_days()
    assert days.sizes == {"time": 1096, "station": 1}
    # The file's first day has 9 hours, 2 January none, and 5 January 24 with a mean of 92.55.
    first = days.isel(station=0).sel(time=["2016-01-01", "2016-01-02", "2016-01-05"])
    np.testing.assert_array_equal(first, [np.nan, np.nan, 92.55])
    assert days.attrs["source"]["id"] == "hanoi_pm25_daily_2016_2018"


def test_means_of_days_agree_with_means_of_hours() -> None:
    hours = readings("2017-01-01 01:00", "2018-10-08 00:00", stations=2)
    rng = np.random.default_rng(1)
    hours["pm25"][:] = rng.lognormal(3.5, 0.6, hours["pm25"].shape)
    hours["pm25"][100:400, 1] = np.nan
    days = air.daily_means(hours, "pm25")
    for period in ("month", "year"):
        pd.testing.assert_frame_equal(air.means_of_days(days, period), air.means(hours, period))
    for standard in ("QCVN 05", "WHO 2021"):
        pd.testing.assert_frame_equal(
            air.exceedance_of_days(days, standard),
            air.exceedance(hours, "pm25", "24h", standard),
        )
    with pytest.raises(EnvironmentDataError, match="month, year"):
        air.means_of_days(days, "day")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standard", "on_date", "exceeding"),
    [
        # Counted in the file with awk: days with 18 hours or more above the limit.
        ("QCVN 05", None, [137, 101, 82]),
        ("QCVN 05", "2026-01-01", [159, 115, 99]),
        ("WHO 2021", None, [333, 326, 300]),
    ],
)
def test_exceedance_days_of_the_embassy(
    standard: str, on_date: str | None, exceeding: list[int]
) -> None:
    found = air.exceedance_of_days(embassy_days(), standard, on_date=on_date)
    assert found["exceeding"].tolist() == exceeding
    assert found["valid"].tolist() == [345, 362, 325]
    assert [one["id"] for one in found.attrs["sources"]] == [
        "hanoi_pm25_daily_2016_2018",
        "air_limits",
    ]


def test_daily_means_of_a_pollutant_that_is_not_there() -> None:
    with pytest.raises(EnvironmentDataError, match="no 'pm2' in the readings"):
        air.daily_means(readings("2021-01-01 01:00", "2021-01-02 00:00"), "pm2")
