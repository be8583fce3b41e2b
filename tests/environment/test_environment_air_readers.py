"""Files of air readings: accepted, rejected and why; and the embassy's five years."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hanoi_analytics import catalogue
from hanoi_analytics.environment.air import require_readings
from hanoi_analytics.environment.air.readers import (
    ReadingsFile,
    combine,
    read_airnow,
    read_openaq,
    read_own,
    read_table,
)
from hanoi_analytics.environment.checks import EnvironmentDataError

NAMES = (
    "Site,Parameter,Date (LT),Year,Month,Day,Hour,NowCast Conc.,AQI,AQI Category,"
    "Raw Conc.,Conc. Unit,Duration,QC Name"
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


def airnow(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return rows of date, raw concentration and quality as AirNow writes them."""
    table = pd.DataFrame(rows, columns=["Date (LT)", "Raw Conc.", "QC Name"], dtype="str")
    time = pd.to_datetime(table["Date (LT)"], format="%Y-%m-%d %I:%M %p").astype("datetime64[s]")
    parts = {
        name: time.dt.strftime(f"%{code}")
        for name, code in (("Year", "Y"), ("Month", "m"), ("Day", "d"), ("Hour", "H"))
    }
    fixed = {"Site": "Hanoi", "Parameter": "PM2.5 - Principal", "Conc. Unit": "UG/M3"}
    return table.assign(**parts, **fixed, Duration="1 Hr")


def series(file: ReadingsFile, name: str = "pm25") -> dict[str, float]:
    """Return the readings of the one station as text of the hour: value."""
    values = file.readings[name].isel(station=0).to_series().dropna()
    return {f"{time:%Y-%m-%d %H:%M}": value for time, value in values.items()}


def adds_up(file: ReadingsFile, rows: int) -> None:
    assert len(file.accepted) + len(file.rejected) == rows
    assert file.report()["rows"].sum() == rows
    held = sum(int(file.readings[name].count()) for name in file.readings)
    assert held == len(file.accepted)
    require_readings(file.readings)


def test_twelve_in_the_night_is_hour_0_and_gaps_are_missing_hours() -> None:
    file = read_airnow(
        airnow(
            ("2016-05-01 11:00 AM", "10.0", "Valid"),
            ("2016-05-01 12:00 PM", "11.0", "Valid"),
            ("2016-05-01 11:00 PM", "22.0", "Valid"),
            ("2016-05-02 12:00 AM", "23.0", "Valid"),
        )
    )
    assert series(file) == {
        "2016-05-01 11:00": 10.0,
        "2016-05-01 12:00": 11.0,
        "2016-05-01 23:00": 22.0,
        "2016-05-02 00:00": 23.0,
    }
    assert file.readings.sizes == {"time": 14, "station": 1}
    assert file.readings.attrs["time_label"] == "end"


def test_each_fault_of_a_row_is_named_and_counted() -> None:
    rows = airnow(
        ("2016-05-01 01:00 AM", "12.5", "Valid"),
        ("2016-05-01 02:00 AM", "-999.0", "Missing"),
        ("2016-05-01 03:00 AM", "-1.7", "Valid"),
        ("2016-05-01 04:00 AM", "984.9", "Valid"),
        ("2016-05-01 05:00 AM", "985.0", "Valid"),
        ("2016-05-01 06:00 AM", "995", "Valid"),
        ("2016-05-01 07:00 AM", "30.0", "Suspect"),
        ("2016-05-01 08:00 AM", "0.0", "Valid"),
        ("2016-05-01 08:00 AM", "0.0", "Valid"),
        ("2016-05-01 09:00 AM", "7.0", "Valid"),
        ("2016-05-01 09:00 AM", "8.0", "Valid"),
        ("2016-05-01 10:00 AM", "", "Valid"),
        ("2016-05-01 11:30 AM", "5.0", "Valid"),
        ("2199-05-01 01:00 AM", "5.0", "Valid"),
        ("9999-05-01 01:00 AM", "5.0", "Valid"),
    )
    wrong_hour, wrong_unit, long_mean = (rows.iloc[[0]].copy() for _ in range(3))
    wrong_hour["Hour"], wrong_unit["Conc. Unit"], long_mean["Duration"] = "13", "C", "24 Hr"
    rows = pd.concat([rows, wrong_hour, wrong_unit, long_mean], ignore_index=True)
    file = read_airnow(rows)
    adds_up(file, 18)
    assert series(file) == {
        "2016-05-01 01:00": 12.5,
        "2016-05-01 04:00": 984.9,
        "2016-05-01 08:00": 0.0,
    }
    assert file.rejected.set_index("row")["reason"].to_dict() == {
        3: "quality: Missing; value: a stand-in for no value, such as −999",
        4: "value: below 0",
        6: "value: 985 µg/m³ or more, the top of the instrument",
        7: "value: 985 µg/m³ or more, the top of the instrument",
        8: "quality: Suspect",
        10: "the same hour and value again",
        11: "the same hour with another value: none is taken",
        12: "the same hour with another value: none is taken",
        13: "value: missing",
        14: "time: not on a full hour; average shorter readings to hours first",
        15: "time: in the future",
        16: "time: not understood, or no such time",
        17: "time: Date (LT) contradicts Year, Month, Day, Hour",
        18: "unit: expected one of µg/m³, mg/m³, ppb, ppm",
        19: "duration: not 1 Hr",
    }
    assert list(file.rejected["Raw Conc."].iloc[:2]) == ["-999.0", "-1.7"]


def test_flags_are_accepted_when_the_caller_says_so() -> None:
    rows = airnow(("2019-10-07 09:00 PM", "77", "Valid"), ("2019-10-07 10:00 PM", "80", "Suspect"))
    assert len(read_airnow(rows).accepted) == 1
    assert len(read_airnow(rows, quality=("Valid", "Suspect")).accepted) == 2
    with pytest.raises(EnvironmentDataError, match="QC Name"):
        read_airnow(rows, quality="Valid")
    with pytest.raises(EnvironmentDataError, match=r"none of the rows.*quality: Valid"):
        read_airnow(rows, quality=("Good",))


def test_the_hour_that_us_summer_time_skips_is_put_back_only_where_it_is_certain() -> None:
    # 13 March 2016 was the second Sunday; the embassy's file has these values.
    jump = [
        ("2016-03-13 01:00 AM", "3.8", "Valid"),
        ("2016-03-13 03:00 AM", "1.2", "Valid"),
        ("2016-03-13 03:00 AM", "6.9", "Valid"),
        ("2016-03-13 04:00 AM", "5.0", "Valid"),
    ]
    file = read_airnow(airnow(*jump))
    assert series(file)["2016-03-13 02:00"] == 1.2
    assert series(file)["2016-03-13 03:00"] == 6.9
    assert any("US summer time: 1" in note for note in file.notes)
    with_two = [*jump, ("2016-03-13 02:00 AM", "9.9", "Valid")]
    a_week_later = [(d.replace("-13 ", "-20 "), v, q) for d, v, q in jump]
    for rows in (with_two, a_week_later):
        reasons = read_airnow(airnow(*rows)).rejected["reason"].tolist()
        assert reasons == ["the same hour with another value: none is taken"] * 2


def test_a_value_that_stands_still_for_a_day_is_kept_and_said() -> None:
    hours = pd.date_range("2016-03-03 14:00", periods=30, freq="h").strftime("%Y-%m-%d %I:%M %p")
    file = read_airnow(airnow(*((hour, "59.0", "Valid") for hour in hours)))
    assert len(file.accepted) == 30
    assert any("59 for 30 hours on end since 2016-03-03T14" in note for note in file.notes)


@pytest.mark.parametrize("ending", [",1,2", ""])
def test_a_file_of_airnow_in_the_own_folder_keeps_its_row_numbers(own: Path, ending: str) -> None:
    good = "Hanoi,PM2.5 - Principal,2016-01-01 01:00 AM,2016,01,01,01,81.0,164,Unhealthy,"
    lines = [NAMES, f"{good}94.7,UG/M3,1 Hr,Valid", "", f"{good}x,UG/M3,1 Hr,Valid{ending}"]
    (own / "embassy.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n", "utf-8")
    file = read_airnow("embassy.csv")
    assert file.rejected["row"].tolist() == [4]
    assert "value: not a number" in file.rejected["reason"].iloc[0]
    assert file.readings.attrs["source"]["id"] == "own/embassy.csv"


V2 = "locationId,location,city,country,utc,local,parameter,value,unit,latitude,longitude"
V3 = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value"


def test_an_export_of_openaq_is_put_on_hanoi_s_clock(own: Path) -> None:
    place = "US Diplomatic Post: Hanoi,Hanoi,VN"
    at = "21.021,105.819"
    lines = [
        f"8688,{place},2020-01-01T17:00:00+00:00,2020-01-02T00:00:00+07:00,pm25,126,µg/m³,{at}",
        f"8688,{place},2020-01-01T18:00:00.000Z,2020-01-02T01:00:00+07:00,no2,0.02,ppm,{at}",
        f"8688,{place},2020-01-01T19:00:00Z,2020-01-02T03:00:00+07:00,pm25,50,µg/m³,{at}",
        f"8688,{place},2020-01-01T20:00:00Z,2020-01-02T03:00:00+07:00,pm1,50,µg/m³,{at}",
        f"8688,{place},2020-01-01T20:00:00Z,2020-01-02T03:00:00+07:00,pm25,5,ppb,{at}",
        f"8688,{place},2020-01-01T20:40:00Z,2020-01-02T03:40:00+07:00,pm25,5,µg/m³,{at}",
    ]
    (own / "openaq.csv").write_text("\n".join([V2, *lines]), "utf-8")
    file = read_openaq("openaq.csv")
    adds_up(file, 6)
    assert series(file) == {"2020-01-02 00:00": 126.0}
    # 20 ppb of NO2, 46.01 g/mol in 24.45 L: 37.6 µg/m³.
    assert series(file, "no2")["2020-01-02 01:00"] == pytest.approx(37.6, abs=0.05)
    assert file.readings["longitude"].item() == 105.819
    assert [reason.split(";")[0] for reason in file.rejected["reason"]] == [
        "time: local contradicts utc",
        "pollutant: expected one of pm25, pm10, o3, no2, so2, co",
        "unit: ppb and ppm are of gases, not of particles",
        "time: not on a full hour",
    ]


def test_the_archive_of_openaq_says_its_offset_or_is_rejected(own: Path) -> None:
    lines = [
        '1,11,"556 Nguyễn Văn Cừ",2025-07-03T15:00:00Z,21.0491,105.8831,pm25,µg/m³,32.0',
        '1,11,"556 Nguyễn Văn Cừ",2025-07-03 23:00:00+07,21.0491,105.8831,pm25,µg/m³,33.0',
        '1,11,"556 Nguyễn Văn Cừ",2025-07-03 23:00:00,21.0491,105.8831,pm25,µg/m³,34.0',
        '2,22,"556 Nguyễn Văn Cừ",2025-07-03T15:00:00Z,20.9,105.8831,co,ppm,1.0',
        '2,22,"556 Nguyễn Văn Cừ",2025-07-03T15:00:00Z,20.9,105.8831,co,ppm,-999',
    ]
    (own / "archive.csv").write_text("\n".join([V3, *lines]), "utf-8")
    file = read_openaq("archive.csv")
    adds_up(file, 5)
    names = ["556 Nguyễn Văn Cừ (1)", "556 Nguyễn Văn Cừ (2)"]
    assert file.readings["station"].to_numpy().tolist() == names
    assert series(file) == {"2025-07-03 22:00": 32.0, "2025-07-03 23:00": 33.0}
    # 1 ppm of CO, 28.01 g/mol: 1.146 mg/m³ (the factor that WHO's guidelines use at 25 °C: 1.145).
    co = float(file.readings["co"].sel(station=names[1]).max())
    assert co == pytest.approx(1145.6, abs=0.1)
    assert file.rejected["reason"].tolist() == [
        "time: no offset from UTC",
        "value: a stand-in for no value, such as −999",
    ]


EXCEL = (
    "\ufeffSỐ LIỆU QUAN TRẮC TỰ ĐỘNG;;;;\r\n\r\n"
    "Trạm;Ngày;Giờ;Bụi PM2.5 (µg/Nm³);CO (mg/Nm³)\r\n"
    "Hàng Đậu;02/01/2020;13:00;35,5;1,2\r\n"
    "Hàng Đậu;02/01/2020;14:00;-;1,5\r\n"
    "Hàng Đậu;02/01/2020;24:00;40;\r\n"
)


def test_a_table_of_a_vietnamese_excel_is_read(own: Path) -> None:
    (own / "tram.csv").write_text(EXCEL, "utf-8")
    file = read_table("tram.csv", time_label="end")
    adds_up(file, 6)
    assert series(file) == {"2020-01-02 13:00": 35.5, "2020-01-03 00:00": 40.0}
    assert series(file, "co") == {"2020-01-02 13:00": 1200.0, "2020-01-02 14:00": 1500.0}
    assert file.rejected[["row", "reason"]].to_numpy().tolist() == [
        [5, "value: missing"],
        [6, "value: missing"],
    ]


def test_a_long_table_says_station_pollutant_and_unit(own: Path) -> None:
    (own / "long.csv").write_text(
        "Thời gian,Trạm,Thông số,Giá trị,Đơn vị\n"
        "13h 02/01/2020,Kim Liên,NO₂,100,ppb\n"
        "02/01/2020 1:00 CH,Kim Liên,SO2,0.1,ppm\n"
        "2020-01-02T06:00:00Z,Kim Liên,O3,100,µg/m3\n"
        "2020-01-02 13:00,Kim Liên,TSP,100,µg/m3\n"
        "2020-01-02 13:00,Kim Liên,PM10,100,\n"
        "2020-01-02,Kim Liên,PM10,100,µg/m3\n"
        "31/02/2020 01:00,Kim Liên,PM10,100,µg/m3\n"
        "2020-01-02 13:00,,PM10,100,µg/m3\n"
        "1970-01-01 07:00,Kim Liên,PM10,100,µg/m3\n",
        "utf-8",
    )
    file = read_table("long.csv", time_label="start")
    adds_up(file, 9)
    assert file.readings.attrs["time_label"] == "start"
    assert file.readings["time"].to_numpy().tolist() == [pd.Timestamp("2020-01-02 13:00").value]
    # 100 ppb at 24.45 L/mol: NO2 188.2, SO2 262.0 µg/m³.
    assert float(file.readings["no2"].item()) == pytest.approx(188.2, abs=0.05)
    assert float(file.readings["so2"].item()) == pytest.approx(262.0, abs=0.05)
    assert float(file.readings["o3"].item()) == 100.0
    assert file.rejected["reason"].tolist() == [
        "pollutant: expected one of pm25, pm10, o3, no2, so2, co",
        "unit: missing",
        "time: a day without an hour",
        "time: not understood, or no such time",
        "station: missing",
        "time: before 1990, a clock that was not set?",
    ]


def test_times_of_another_zone_are_converted() -> None:
    rows = pd.DataFrame({"time": ["2020-01-01 18:00"], "PM10 (µg/m3)": [40.0]})
    file = read_table(rows, station="A", time_label="end", timezone="UTC")
    assert series(file, "pm10") == {"2020-01-02 01:00": 40.0}
    with pytest.raises(EnvironmentDataError, match="timezone='Ha Noi' is not known"):
        read_table(rows, station="A", time_label="end", timezone="Ha Noi")


def test_months_before_days_are_not_misread() -> None:
    days = pd.date_range("2020-01-01 01:00", periods=31, freq="D")
    rows = pd.DataFrame({"time": days.strftime("%m/%d/%Y %H:%M"), "pm10 (ug/m3)": range(31)})
    with pytest.raises(EnvironmentDataError, match=r"19 times of 31.*give day_first=False"):
        read_table(rows, station="A", time_label="end")
    file = read_table(rows, station="A", time_label="end", day_first=False)
    assert series(file, "pm10")["2020-01-31 01:00"] == 30.0


def test_a_table_that_lacks_something_is_refused_with_advice() -> None:
    rows = pd.DataFrame({"time": ["2020-01-01 18:00"], "PM10": [40.0]})
    with pytest.raises(EnvironmentDataError, match=r"no unit in 'PM10'.*unit="):
        read_table(rows, station="A", time_label="end")
    with pytest.raises(EnvironmentDataError, match="no column of stations"):
        read_table(rows, unit="µg/m³", time_label="end")
    with pytest.raises(EnvironmentDataError, match="no column of times"):
        read_table(rows[["PM10"]], station="A", unit="µg/m³", time_label="end")
    with pytest.raises(EnvironmentDataError, match="no column of a pollutant"):
        read_table(rows[["time"]], station="A", time_label="end")
    with pytest.raises(EnvironmentDataError, match="unit='g/m3'"):
        read_table(rows, station="A", unit="g/m3", time_label="end")
    with pytest.raises(EnvironmentDataError, match="time_label='middle'"):
        read_table(rows, station="A", unit="µg/m³", time_label="middle")  # type: ignore[arg-type]
    with pytest.raises(EnvironmentDataError, match="no column for 'pollutant'"):
        read_airnow(rows.assign(Site="A"))
    with pytest.raises(EnvironmentDataError, match="no column of times"):
        read_openaq(rows.assign(location="A", parameter="pm10", value=1, unit="µg/m³")[
            ["location", "parameter", "value", "unit"]
        ])  # fmt: skip
    named = read_table(
        rows.assign(PM10=0.04).rename(columns={"PM10": "Bụi"}),
        station="A",
        unit="mg/m3",
        time_label="end",
        columns={"pm10": "Bụi"},
    )
    assert series(named, "pm10") == {"2020-01-01 18:00": 40.0}


def test_files_that_overlap_agree_or_lose_the_hour() -> None:
    first = read_airnow(
        airnow(("2016-12-31 11:00 PM", "180.9", "Valid"), ("2017-01-01 12:00 AM", "179", "Valid"))
    )
    again = airnow(("2017-01-01 12:00 AM", "179.0", "Valid"), ("2017-01-01 01:00 AM", "9", "Valid"))
    other = airnow(("2017-01-01 12:00 AM", "170.0", "Valid"), ("2017-01-01 01:00 AM", "9", "Valid"))
    both = combine([first, read_airnow(again)])
    adds_up(both, 4)
    assert series(both)["2017-01-01 00:00"] == 179.0
    assert both.rejected[["file", "row"]].to_numpy().tolist() == [[2, 2]]
    contradicting = combine([first, read_airnow(other)])
    adds_up(contradicting, 4)
    assert list(series(contradicting)) == ["2016-12-31 23:00", "2017-01-01 01:00"]
    assert contradicting.rejected["reason"].str.contains("another value").tolist() == [True] * 2
    rows = pd.DataFrame({"time": ["2020-01-01 18:00"], "PM10 (µg/m3)": [40.0]})
    starts = read_table(rows, station="A", time_label="start")
    with pytest.raises(EnvironmentDataError, match=r"\['end', 'start'\]"):
        combine([first, starts])
    with pytest.raises(EnvironmentDataError, match=r"time labels \[\]"):
        combine([])


# Published counts of hours and means of this series; they leave out one of the two values that
# US summer time put on 03:00 of a day in March, which is the only difference.
YEARS = {2016: (8302, 50.91), 2017: (8657, 42.78), 2018: (7996, 40.54)}
ROWS = {2016: 8784, 2017: 8760, 2018: 8339, 2019: 1921, 2020: 5088}


@pytest.mark.mirror
def test_the_embassy_s_five_years() -> None:
    files = []
    for year, count in ROWS.items():
        table = catalogue.load("hanoi_pm25_hourly", file=f"Hanoi_PM2.5_{year}_YTD.csv")
        files.append(read_airnow(table))
        adds_up(files[-1], count)
    whole = combine(files)
    adds_up(whole, sum(ROWS.values()))
    named = [source["id"] for source in whole.readings.attrs["sources"]]
    assert named == [f"hanoi_pm25_hourly/Hanoi_PM2.5_{year}_YTD.csv" for year in ROWS]
    hourly = whole.readings["pm25"].isel(station=0).to_series().dropna()
    by_year = hourly.groupby(pd.DatetimeIndex(hourly.index).year)
    put_back = [pd.Timestamp(f"{day} 02:00") for day in ("2016-03-13", "2017-03-12", "2018-03-11")]
    assert hourly.index.isin(put_back).sum() == 3
    for year, (hours, mean) in YEARS.items():
        assert by_year.size()[year] == hours + 1
        assert round(float(by_year.mean()[year]), 2) == mean
    assert hourly["2016-03-13 02:00":"2016-03-13 03:00"].tolist() == [1.2, 6.9]
    assert hourly.index[[0, -1]].tolist() == [
        pd.Timestamp("2016-01-01 01:00"),
        pd.Timestamp("2020-08-01 00:00"),
    ]
    assert np.isnan(whole.readings["pm25"].sel(time="2019-06")).all()


def test_an_own_file_is_read_by_the_reader_of_what_made_it(own: Path) -> None:
    airnow(("2019-10-07 09:00 PM", "77", "Valid")).to_csv(own / "embassy.csv", index=False)
    (own / "mine.csv").write_text("time,PM2.5 (µg/m3)\n2019-10-07 21:00,77\n", "utf-8")
    assert series(read_own("embassy.csv", made_by="airnow")) == {"2019-10-07 21:00": 77.0}
    table = read_own("mine.csv", time_label="start", station="Láng")
    assert series(table) == {"2019-10-07 21:00": 77.0}
    assert table.readings["station"].to_numpy().tolist() == ["Láng"]
    assert table.readings.attrs["time_label"] == "start"


def test_a_file_of_readings_must_be_named_and_its_maker_known(own: Path) -> None:
    with pytest.raises(EnvironmentDataError, match="no file of readings is named"):
        read_own("", made_by="airnow")
    with pytest.raises(EnvironmentDataError, match="'openaqq' is unknown; did you mean 'openaq'"):
        read_own("mine.csv", made_by="openaqq")
