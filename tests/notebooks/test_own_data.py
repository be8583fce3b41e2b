"""The template for one's own files: the page says which rows and files do not fit, and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hanoi_analytics import catalogue
from hanoi_analytics.publishing import Project, publish

ROOT = Path(__file__).resolve().parents[2]
NAMES = "record_id,full_name,sex,birth_date,cccd,cmnd,bhyt,bhxh,phone,ward,recorded_on"


def write_files(folder: Path) -> None:
    wards = catalogue.load("hanoi_wards_2025").drop(columns="note")
    wards.to_csv(folder / "wards.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    (folder / "sites.csv").write_text(
        "Mã trạm;Kinh độ;Vĩ độ\nHN1;105,85;21,03\nHN2;21,03;105,85\n<i>HN3</i>;105,8;none known\n",
        "utf-8",
    )
    (folder / "air.csv").write_text(
        "time,station,PM2.5 (µg/m3)\n"
        "2024-01-31 13:00,Hàng Đậu,38.5\n"
        "2024-01-31 14:00,Hàng Đậu,-5\n",
        "utf-8",
    )
    people = [
        f"{i},Quách Thị Thử Nghiệm,female,{'1/2/1999' if i == 4 else '1999-02-01'},"
        f"0011990000{i:02d},,,,,00004,2026-07-01"
        for i in range(12)
    ]
    (folder / "people.csv").write_text("\n".join([NAMES, *people, ""]), "utf-8")


@pytest.mark.timeout(900)
def test_a_page_of_own_files_says_what_fits_and_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path)
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    project = Project(ROOT / "notebooks", tmp_path / "site", tmp_path / "ledger.sqlite")
    files = {"wards": "wards", "sites": "sites", "stations": "air", "records": "people"}
    given = {f"own_{kind}_file": f"{name}.csv" for kind, name in files.items()}
    (outcome,) = publish(project, ["overview/own_data"], parameters=given)
    assert (outcome.status, outcome.error) == ("published", None)
    html = (tmp_path / "site" / "overview" / "own_data.html").read_text("utf-8")
    assert "Quách" not in html
    assert "1/2/1999" not in html
    assert "<i>HN3" not in html
    tables = [
        [[" ".join(cell.get_text().split()) for cell in row.find_all("td")] for row in table("tr")]
        for table in BeautifulSoup(html, "html.parser").find_all("table")
    ]
    verdict, rejected = (table[1:] for table in tables[:2])
    assert [row[:5] for row in verdict] == [
        ["wards", "wards.csv", "yes", "126", "0"],
        ["base stations", "sites.csv", "in part", "1", "2"],
        ["air readings", "air.csv", "in part", "1", "1"],
        ["records of people", "people.csv", "no", "0", "0"],
    ]
    assert "'birth_date' is no date in 1 of 12 rows, first in row 5 below" in verdict[3][5]
    assert rejected == [
        ["base stations", "3", "longitude and latitude swapped?"],
        ["base stations", "4", "latitude: not a number"],
        ["air readings", "3", "value: below 0"],
    ]
