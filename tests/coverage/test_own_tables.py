"""Tables as spreadsheets and measuring tools write them: read right, or refused with advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import HANOI, of_operator, read_network
from hanoi_analytics.coverage.quality import read_speeds
from hanoi_analytics.coverage.validation import read_samples


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


SITE = [105.8512, 21.0285]


@pytest.mark.parametrize(
    "text",
    [
        "Mã trạm,Kinh độ,Vĩ độ\nHN1,105.8512,21.0285\n",
        # A Vietnamese Excel: semicolons, decimal commas, a byte order mark.
        "\ufeffID trạm;KINH ĐỘ;VĨ ĐỘ\nHN1;105,8512;21,0285\n",
        "sep=;\nid;Longitude;Latitude\nHN1;105,8512;21,0285\n",
        "DANH SÁCH TRẠM 5G;;\n\nTên trạm;Kinh độ;Vĩ độ\nHN1;105.8512;21.0285\n",
        'id,longitude,latitude\nHN1,"105,8512","21,0285"\n',
        "id,longitude,latitude\nHN1,105.8512° E,21.0285°\n",
        "Station ID|GPS Longitude|GPS Latitude\nHN1|105.8512|21.0285\n",
    ],
)
def test_a_site_stands_where_the_list_says(own: Path, text: str) -> None:
    (own / "sites.csv").write_text(text, "utf-8")
    network = read_network("sites.csv", bounds=HANOI)
    assert network.rejected.empty
    assert network.sectors["site_id"].unique().tolist() == ["HN1"]
    assert network.sectors[["longitude", "latitude"]].drop_duplicates().values.tolist() == [SITE]


def test_words_of_a_planning_tool_are_understood(own: Path) -> None:
    (own / "cells.csv").write_text(
        "Site ID,Longitude,Latitude,Azimuth,Antenna Height,Technology,Band,Operator\n"
        "S1,105.85,21.03,0,32 m,4G,b3,VIETTEL\n"
        "S1,105.85,21.03,360,32,5G,N41,Viettel Mobile\n"
        "S1,105.85,21.03,0,32,3G,,Viettel\n"
        "Site ID,Longitude,Latitude,Azimuth,Antenna Height,Technology,Band,Operator\n"
        "Tổng cộng,,,,3,,,\n",
        "utf-8",
    )
    network = read_network("cells.csv")
    found = network.sectors.set_index("sector_id")
    assert found["azimuth_deg"].to_dict() == {"S1/0/b3": 0.0, "S1/360/N41": 0.0}
    assert found["technology"].tolist() == ["LTE", "NR"]
    assert found["band"].tolist() == ["B3", "n41"]
    assert set(found["operator"]) == {"Viettel"}
    assert set(found["height_m"]) == {32.0}
    reasons = network.rejected.set_index("row")["reason"].str.split("; ").str[0]
    assert reasons.to_dict() == {
        4: "technology: expected one of LTE, NR",
        5: "the line of names again",
        6: "longitude: missing",
    }
    assert any("operator 'VIETTEL' as Viettel" in note for note in network.notes)
    assert of_operator(network.sectors, "Viettel").attrs["source"]["id"] == "own/cells.csv"
    with pytest.raises(CoverageError, match="'MobiFone'; known: Viettel"):
        of_operator(network.sectors, "MobiFone")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("105°51'04\"E,21°01'42\"N", "longitude: not in decimal degrees"),
        ("587654.2,2325443.1", "metres, not degrees"),
        ("21.0285,105.8512", "longitude and latitude swapped?"),
    ],
)
def test_places_in_another_form_say_what_to_do(own: Path, place: str, reason: str) -> None:
    (own / "sites.csv").write_text(
        f"id,longitude,latitude\ngood,105.85,21.03\nbad,{place}\n", "utf-8"
    )
    network = read_network("sites.csv")
    assert network.rejected["row"].tolist() == [3]
    assert network.rejected["reason"].iloc[0].startswith(reason)


def test_a_row_far_longer_than_its_names_is_rejected(own: Path) -> None:
    more = "," * 40
    (own / "sites.csv").write_text(
        "id,longitude,latitude\n"
        + "".join(f"A{i},105.85,21.03\n" for i in range(30))
        + f"B,105.85,21.03{more}9\nC,105.85,21.03{more}\n",
        "utf-8",
    )
    network = read_network("sites.csv")
    assert network.accepted + len(network.rejected) == 32
    assert network.rejected["id"].tolist() == ["B"]


def test_a_phone_s_log_is_read_without_its_third_generation(own: Path) -> None:
    neighbours = [f"NLevel{i}" for i in range(80)]
    names = "Timestamp,Longitude,Latitude,Operatorname,CGI,CellID,NetworkTech,Level," + ",".join(
        neighbours
    )
    row = "2025.06.01_08.00.0{},105.85,21.03,Viettel Mobile,452-04-1000-7,7,{},{}" + ",-110" * 80
    lines = [row.format(1, "4G", "-95 dBm"), row.format(1, "3G", -80), row.format(2, "5G", -99)]
    (own / "drive.csv").write_text("\n".join(["# made by a phone", names, *lines]) + "\n", "utf-8")
    read = read_samples("drive.csv", bounds=HANOI)
    assert read.accepted["level_dbm"].to_dict() == {3: -95.0, 5: -99.0}
    assert set(read.accepted["operator"]) == {"Viettel"}
    assert set(read.accepted["sector_id"]) == {"452-04-1000-7"}
    assert read.rejected["reason"].tolist() == ["level_dbm: of 2G or 3G, so no RSRP"]
    assert any("'Level' as level_dbm" in note for note in read.notes)


def test_a_thousand_is_not_taken_for_one(own: Path) -> None:
    (own / "speeds.csv").write_text(
        'Download (Mbps),Ping\n"1,234",20\n"131,5",20\n"1,234.5",20\n120 Mbps,"0,020"\n', "utf-8"
    )
    read = read_speeds("speeds.csv")
    assert read.accepted["download_mbps"].tolist() == [131.5]
    reasons = read.rejected["reason"].tolist()
    assert reasons[0].startswith("download_mbps: a thousand, or a decimal comma?")
    assert reasons[1] == "download_mbps: not a number"
    assert reasons[2].startswith("latency_ms: a thousand")
