"""VN_AQI against the decision's own examples, hand-made hours, and an embassy's NowCast."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.environment import air
from hanoi_analytics.environment.air.days import eight_hour_means
from hanoi_analytics.environment.air.scale import interpolated
from hanoi_analytics.environment.checks import EnvironmentDataError

# PM2.5 by the decision's table 2, worked out by hand: concentration, index before rounding.
PM25 = [
    (12, 24), (15, 30), (25, 50), (35, 70), (40.51, 81.02), (45, 90), (50, 100),
    (55.5, 109.16666666666667), (80, 150), (100, 164.28571428571428), (150, 200), (250, 300),
    (350, 400), (500, 500),
]  # fmt: skip
# The decision's section 2.3: parameter, µg/m³, exact, as printed there.
EXAMPLES = [
    ("o3_1h", 136.1, 42.53125, 43),
    ("pm25", 20.3, 40.6, 41),
    ("o3_8h", 89.3, 44.65, 45),
    ("o3_1h", 114.6, 35.8125, 36),
    ("no2", 130.8, 65.4, 65),
    ("pm25", 55.7, 109.5, 110),
]
TOPS = {
    "o3_1h": 1200, "co": 150_000, "so2": 2630, "no2": 3850, "pm10": 600, "pm25": 500,
}  # fmt: skip
# The decision's section 2.2.2 a: ozone from 18:00 to 00:00 a day later, and its 8-hour means
# from 01:00 on.
OZONE = [
    15.7, 14.2, 17.7, 18.9, 19.3, 15.7, 19.7, 22.6, 27.1, 29.0, 31.9, 25.3, 34.7, 35.2, 41.6, 45.7,
    49.2, 55.8, 69.6, 78.3, 91.5, 97.7, 81.2, 71.8, 43.5, 34.3, 21.5, 20.5, 19.4, 20.4, 21.3,
]  # fmt: skip
OZONE_8H = [
    18.0, 19.4, 21.2, 23.0, 23.8, 25.8, 28.2, 30.9, 33.8, 36.6, 39.9, 44.7, 51.3, 58.4, 66.2, 71.1,
    74.4, 73.7, 71.0, 65.0, 57.8, 48.7, 39.1, 31.6,
]  # fmt: skip


def readings(
    start: str = "2020-03-01 01:00", label: str = "end", **columns: list[float]
) -> xr.Dataset:
    hours = pd.date_range(start, periods=len(next(iter(columns.values()))), freq="h")
    return xr.Dataset(
        {
            name: (("time", "station"), np.asarray(values, float)[:, None], {"units": "µg/m³"})
            for name, values in columns.items()
        },
        coords={"time": hours, "station": ["Hàng Đậu"]},
        attrs={"time_label": label, "source": {"id": "made", "citation": "made", "tier": "own"}},
    )


def hours_of(values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, dims="time")


@pytest.mark.parametrize(("concentration", "index"), PM25)
def test_pm25_by_hand(concentration: float, index: float) -> None:
    assert air.sub_index(concentration, "pm25") == pytest.approx(index, abs=1e-9)


@pytest.mark.parametrize(("parameter", "concentration", "exact", "printed"), EXAMPLES)
def test_the_decisions_examples(
    parameter: str, concentration: float, exact: float, printed: int
) -> None:
    found = air.sub_index(concentration, parameter)
    assert found == pytest.approx(exact, abs=1e-9)
    assert air.round_index(found) == printed


def test_the_decisions_no2_is_not_what_it_prints() -> None:
    assert air.round_index(air.sub_index(118.7, "no2")) == 59
    noted = catalogue.load("vn_aqi_breakpoints")["note"].str.contains("prints 60", na=False)
    assert noted.sum() == 1


@pytest.mark.parametrize(("parameter", "top"), TOPS.items())
def test_the_index_ends_at_500(parameter: str, top: float) -> None:
    below, at, above = air.sub_index([top - 1, top, 9 * top], parameter)
    assert below < at == above == 500


def test_the_8_hour_mean_of_ozone_has_no_index_above_400() -> None:
    assert air.sub_index([400.0, 400.1], "o3_8h").tolist()[0] == 300
    assert np.isnan(air.sub_index(400.1, "o3_8h"))


@cache
def breakpoints() -> pd.DataFrame:
    return catalogue.load("vn_aqi_breakpoints")


@settings(deadline=None)
@given(st.sampled_from([*TOPS, "o3_8h"]), st.lists(st.floats(0, 2e5), min_size=2, max_size=20))
def test_the_index_rises_with_the_concentration(parameter: str, values: list[float]) -> None:
    index = interpolated(np.sort(values), breakpoints(), parameter)
    index = index[~np.isnan(index)]
    assert (np.diff(index) >= 0).all()
    assert ((index >= 0) & (index <= 500)).all()


def test_the_index_has_no_jump_at_a_breakpoint() -> None:
    for parameter, rows in breakpoints().groupby("parameter"):
        inner = rows["concentration_ugm3"].to_numpy()[1:-1]
        near = np.stack([inner - 1e-6, inner, inner + 1e-6])
        around = interpolated(near, breakpoints(), str(parameter))
        assert np.ptp(around, axis=0).max() < 1e-5, parameter
        np.testing.assert_allclose(around[1], rows["index"].to_numpy()[1:-1])


def test_a_negative_concentration_and_an_unknown_parameter_are_refused() -> None:
    with pytest.raises(EnvironmentDataError, match=r"1 values of no2 .* lowest -999"):
        air.sub_index([3.0, -999.0], "no2")
    with pytest.raises(EnvironmentDataError, match="did you mean 'pm25'"):
        air.sub_index(3.0, "pm2.5")


def test_halves_go_up_whatever_their_parity() -> None:
    assert air.round_index([0.5, 1.5, 2.5, 109.5, 110.49]).tolist() == [1, 2, 3, 110, 110]


def test_class_bounds_and_the_decisions_colours() -> None:
    bounds = [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500]
    names = ["Tốt", "Trung bình", "Kém", "Xấu", "Rất xấu", "Nguy hại"]
    assert air.class_names(bounds).tolist() == [name for name in names for _ in range(2)]
    colours = [(0, 228, 0), (255, 255, 0), (255, 126, 0), (255, 0, 0), (143, 63, 151), (126, 0, 35)]
    assert [tuple(bytes.fromhex(one.colour[1:])) for one in air.CLASSES] == colours
    with pytest.raises(EnvironmentDataError, match=r"50\.4"):
        air.class_names([50.4])


def test_nowcast_of_the_decisions_example() -> None:
    hours = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]
    assert air.nowcast(hours_of(hours))[-1].item() == pytest.approx(20.265765007236805, abs=1e-12)


def test_nowcast_divides_by_the_weights_when_the_ratio_is_low() -> None:
    # Newest first 100, 20, then ten of 10; the sum as printed, not divided, would be 57.4976.
    found = air.nowcast(hours_of([10.0] * 10 + [20.0, 100.0]))[-1].item()
    assert found == pytest.approx(57.51159951159951, abs=1e-12)


def test_nowcast_is_not_halved_by_a_missing_newest_hour() -> None:
    # Newest first: missing, 100, 50, then nine of 10; not divided it would be 32.5.
    found = air.nowcast(hours_of([10.0] * 9 + [50.0, 100.0, np.nan]))[-1].item()
    assert found == pytest.approx(65.02686858817782, abs=1e-12)


@pytest.mark.parametrize(
    ("newest_three", "there"),
    [("111", True), ("110", True), ("101", True), ("011", True), ("001", False), ("100", False)],
)
def test_nowcast_needs_two_of_the_newest_three_hours(newest_three: str, there: bool) -> None:
    hours = [30.0] * 9 + [30.0 if one == "1" else np.nan for one in newest_three]
    found = air.nowcast(hours_of(hours))[-1].item()
    assert found == 30.0 if there else np.isnan(found)


def test_nowcast_forgets_after_twelve_hours_and_takes_zeros() -> None:
    assert air.nowcast(hours_of([900.0] + [0.0] * 12))[-1].item() == 0.0
    assert air.nowcast(hours_of([900.0] + [0.0] * 11))[-1].item() > 0.0


@settings(deadline=None)
@given(st.lists(st.floats(0, 900) | st.just(np.nan), min_size=1, max_size=30))
def test_nowcast_lies_between_the_lowest_and_highest_of_its_hours(hours: list[float]) -> None:
    found = air.nowcast(hours_of(hours)).to_numpy()
    for last, value in enumerate(found):
        inside = np.array(hours[max(0, last - 11) : last + 1])
        if not np.isnan(value):
            assert np.nanmin(inside) * (1 - 1e-12) <= value <= np.nanmax(inside) * (1 + 1e-12)


def test_nowcast_keeps_stations_apart_and_the_order_of_dimensions() -> None:
    rising = np.arange(1.0, 25.0)
    one = air.nowcast(hours_of(rising.tolist())).to_numpy()
    both = xr.DataArray(np.stack([rising, np.full(24, np.nan)]), dims=("station", "time"))
    found = air.nowcast(both)
    assert found.dims == ("station", "time")
    np.testing.assert_array_equal(found[0], one)
    assert np.isnan(found[1]).all()


def test_the_hourly_index_is_the_highest_sub_index() -> None:
    flat = {"pm25": [20.3] * 3, "o3": [136.1] * 3, "no2": [118.7] * 3}
    found = air.hourly_index(readings(**flat))
    last = found.isel(time=-1, station=0)
    assert last["vn_aqi"] == 59
    assert last["sub_index"].sel(pollutant=["pm25", "o3", "no2"]).to_numpy().tolist() == [
        41,
        43,
        59,
    ]
    assert last["main_pollutant"] == "no2"
    assert not last["above_scale"]
    assert [one["id"] for one in found.attrs["sources"]] == ["made", "vn_aqi_breakpoints"]
    assert found["vn_aqi"].attrs["sources"] == found.attrs["sources"]


def test_no_index_without_dust() -> None:
    found = air.hourly_index(readings(pm25=[np.nan, 5.0, 5.0], no2=[200.0] * 3))
    assert np.isnan(found["vn_aqi"][:2, 0]).all()
    assert found["main_pollutant"].to_numpy().ravel().tolist() == ["", "", "no2"]
    assert found["vn_aqi"][2, 0] == 100
    with pytest.raises(EnvironmentDataError, match=r"hold \['no2'\].*PM2.5 or PM10"):
        air.hourly_index(readings(no2=[1.0]))


def test_beyond_the_scale_is_500_and_flagged() -> None:
    found = air.hourly_index(readings(pm10=[599.0] * 3 + [2000.0] * 12))
    assert found["vn_aqi"].to_numpy().ravel()[-1] == 500
    assert found["above_scale"].to_numpy().ravel()[[2, -1]].tolist() == [False, True]


def test_the_decisions_8_hour_means_of_ozone() -> None:
    day = readings("2020-02-29 18:00", o3=OZONE, pm25=[10.0] * len(OZONE))
    found = eight_hour_means(day["o3"]).to_numpy().ravel()[-24:]
    # Hours and means are printed with one decimal each, so they may differ by 0.1.
    np.testing.assert_allclose(found, OZONE_8H, atol=0.1)
    assert found.max().round(1) == 74.4
    # The highest, 74.4, has index 37; the highest hour, 97.7, has 31.
    daily = air.daily_index(day)
    assert daily["sub_index"].sel(pollutant="o3").to_numpy().ravel().tolist()[-1] == 37


def test_the_daily_index_of_the_decisions_example() -> None:
    # Highest 8-hour mean 89.3, highest hour 114.6; highest hour of NO2 130.8; PM2.5 55.7.
    eight = [114.6] + [(8 * 89.3 - 114.6) / 7] * 7
    day = readings(
        pm25=[55.7] * 24, o3=[0.0] * 8 + eight + [0.0] * 8, no2=[5.0] * 23 + [130.8], so2=[1.0] * 24
    )
    found = air.daily_index(day).isel(station=0)
    assert found["time"].to_numpy().astype("datetime64[D]").astype(str).tolist() == ["2020-03-01"]
    sub = found["sub_index"].isel(time=0)
    assert {str(name): int(sub.sel(pollutant=name)) for name in ("o3", "no2", "pm25")} == {
        "o3": 45, "no2": 65, "pm25": 110,
    }  # fmt: skip
    assert found["vn_aqi"].item() == 110
    assert found["main_pollutant"].item() == "pm25"


def test_ozone_above_400_goes_by_its_highest_hour() -> None:
    found = air.daily_index(readings(pm25=[1.0] * 24, o3=[401.0] * 24))
    # 401 by the hour: 200 + 1/4.
    assert found["sub_index"].sel(pollutant="o3").item() == 200


def test_the_hour_labelled_midnight_belongs_to_the_day_before() -> None:
    # Dust of 100 in the hours labelled 01:00 to 00:00 of 1 March, 10 on 2 March.
    two = readings(pm25=[100.0] * 24 + [10.0] * 24)
    assert air.daily_index(two)["vn_aqi"].to_numpy().ravel().tolist() == [164, 20]
    by_label = air.daily_index(two, day="label")
    assert by_label["time"].dt.day.to_numpy().tolist() == [1, 2, 3]
    # 2 March holds the 00:00 of 100 then: (100 + 23 × 10) / 24 = 13.75, index 27.5.
    assert by_label["vn_aqi"].to_numpy().ravel()[:2].tolist() == [164, 28]
    starts = readings("2020-03-01 00:00", "start", pm25=[100.0] * 24 + [10.0] * 24)
    assert air.daily_index(starts)["vn_aqi"].to_numpy().ravel().tolist() == [164, 20]
    with pytest.raises(EnvironmentDataError, match="day='hour': did you mean 'hours'"):
        air.daily_index(two, day="hour")  # type: ignore[arg-type]


@pytest.mark.parametrize(("missing", "there"), [(6, True), (7, False)])
def test_a_day_needs_18_hours(missing: int, there: bool) -> None:
    day = readings(pm10=[np.nan] * missing + [50.0] * (24 - missing), pm25=[np.nan] * 24)
    found = air.daily_index(day)["vn_aqi"].item()
    assert found == 50 if there else np.isnan(found)


def embassy_days() -> xr.DataArray:
    table = catalogue.load("hanoi_pm25_daily_2016_2018")
    index = air.round_index(air.sub_index(table["pm25_ugm3"], "pm25"))
    days = pd.DatetimeIndex(table["date"], name="time")
    valid = np.where(table["hours"] >= 18, index, np.nan)
    daily = pd.Series(valid, index=days).asfreq("D")
    return xr.DataArray(
        daily.to_numpy()[:, None],
        dims=("time", "station"),
        coords={"time": daily.index, "station": ["US Embassy"]},
        attrs={"source": table.attrs["source"]},
    )


NAMES = ["valid_days", "Tốt", "Trung bình", "Kém", "Xấu", "Rất xấu", "Nguy hại"]
# By the calendar day of the label, from the hours of the file.
EMBASSY = {
    2016: [345, 57, 152, 84, 51, 1, 0],
    2017: [362, 112, 150, 57, 43, 0, 0],
    2018: [325, 112, 132, 52, 28, 1, 0],
}


def test_the_days_of_each_class_from_the_table_of_days() -> None:
    found = air.classify_days(embassy_days()).set_index("year")
    # 6 November 2016 has 80.6958 µg/m³ (index 150.497, Kém); the table's 80.70 has 150.5 (Xấu).
    assert found.loc[2016, NAMES].tolist() == [345, 57, 152, 83, 52, 1, 0]
    assert found.loc[2017, NAMES].tolist() == EMBASSY[2017]
    assert found.loc[2018, NAMES].tolist() == EMBASSY[2018]
    assert found["poor_or_worse_percent"].round(1).tolist() == [39.4, 27.6, 24.9]
    assert found["days_of_year"].tolist() == [366, 365, 365]
    assert found.attrs["source"]["id"] == "hanoi_pm25_daily_2016_2018"


def test_results_of_data_without_a_source_carry_none() -> None:
    bare = embassy_days()
    bare.attrs.clear()
    assert not {"source", "sources"} & set(air.classify_days(bare).attrs)


def embassy_hours(year: int) -> pd.DataFrame:
    rows = catalogue.load("hanoi_pm25_hourly", file=f"Hanoi_PM2.5_{year}_YTD.csv")
    rows.index = pd.to_datetime(rows[["Year", "Month", "Day", "Hour"]])
    rows = rows[~rows.index.duplicated()].sort_index().asfreq("h")
    usable = (rows["QC Name"] == "Valid") & (rows["Raw Conc."] >= 0) & (rows["Raw Conc."] < 985)
    return rows.assign(pm25=rows["Raw Conc."].where(usable))


@pytest.mark.mirror
@pytest.mark.parametrize("year", [2016, 2017, 2018, 2020])
def test_nowcast_against_the_embassys_own_column(year: int) -> None:
    rows = embassy_hours(year)
    ours = air.nowcast(hours_of(rows["pm25"].tolist())).to_numpy()
    theirs = rows["NowCast Conc."].to_numpy()
    both = (theirs >= 0) & ~np.isnan(ours)
    assert both.sum() > 5000
    # The file holds one decimal.
    assert np.mean(np.abs(ours - theirs)[both] <= 0.1 + 1e-9) >= 0.99


@pytest.mark.mirror
@pytest.mark.parametrize("year", EMBASSY)
def test_the_days_of_each_class_from_the_embassys_hours(year: int) -> None:
    rows = embassy_hours(year)
    hourly = readings(str(rows.index[0]), pm25=rows["pm25"].tolist())
    found = air.classify_days(air.daily_index(hourly, day="label")["vn_aqi"]).set_index("year")
    assert found.loc[year, NAMES].tolist() == EMBASSY[year]
