"""Cells of an OpenCelliD export: which belong together, and what is said of those that do not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import read_opencellid
from hanoi_analytics.coverage.network.opencellid import EXPORT_COLUMNS

# 0.001° of latitude is about 111 m. The base station of an LTE cell is its number over 256.
ENB = 256 * 1000
EXPORT = f"""\
LTE,452,4,101,{ENB + 1},0,105.85,21.0000,900,1,1,1,1,0
LTE,452,4,101,{ENB + 2},0,105.85,21.0020,900,3,1,1,1,0
LTE,452,4,101,{ENB + 3},0,105.85,21.0040,900,,1,1,1,0
LTE,452,4,101,{ENB + 4},0,105.85,21.1000,900,1,1,1,1,0
LTE,452,2,101,{ENB + 1},0,105.85,21.0000,900,1,1,1,1,0
LTE,452,4,101,{ENB + 257},0,105.85,21.0000,900,9,1,1,1,0
LTE,452,4,101,{ENB + 258},0,105.852,21.0010,900,1,0,1,1,0
NR,452,1,101,68719476735,0,105.85,21.0000,900,1,1,1,1,0
NR,452,9,101,68719476734,0,105.85,21.0000,900,1,1,1,1,0
GSM,452,4,101,77,0,105.85,21.0000,900,1,1,1,1,0
UMTS,452,4,101,78,0,105.85,21.0000,900,1,1,1,1,0
LTE,454,4,101,{ENB + 9},0,105.85,21.0000,900,1,1,1,1,0
LTE,452,4,101,{ENB + 1},0,105.85,21.0000,900,1,1,1,1,0
LTE,452,4,102,{ENB + 2},0,105.85,21.0020,900,1,1,1,1,0
LTE,452,4,101,{1 << 28},0,105.85,21.0000,900,1,1,1,1,0
LTE,452,4,101,{ENB + 5},0,21.0000,105.85,900,1,1,1,1,0
LTE,452,4,101,{ENB + 6},0,0,0,900,1,1,1,1,0
LTE,452,4,101,,0,105.85,21.0,900,1,1,1,1,0
LTE,452,4,101,{ENB + 7},0,105.85,21.0,900,1,2,1,1,0
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


def test_cells_of_a_station_near_each_other_are_one_site(own: Path) -> None:
    (own / "452.csv").write_text(EXPORT, encoding="utf-8")
    network = read_opencellid("452.csv")
    sites = network.sectors.set_index("sector_id")
    # Three cells in steps of 222 m hang together; the fourth, 10 km away, is another site; the
    # same number with another operator, and the next station at the same place, are others.
    assert sorted(sites.index) == [
        *("LTE-452-2-1000-1", "LTE-452-4-1000-1", "LTE-452-4-1000-2", "LTE-452-4-1001-1"),
        *("NR-452-1-68719476735-1", "NR-452-9-68719476734-1"),
    ]
    # Weighted by samples 1, 3 and, where not known, 1.
    assert sites.loc["LTE-452-4-1000-1", "latitude"] == pytest.approx(
        (21 + 3 * 21.002 + 21.004) / 5
    )
    # One cell is exact: the site stands there, however many samples the other has.
    exact = sites.loc["LTE-452-4-1001-1"]
    assert exact[["longitude", "latitude", "position"]].tolist() == [105.852, 21.001, "measured"]
    assert set(sites["position"].drop(exact.name)) == {"averaged"}
    assert sites["operator"].to_dict()["LTE-452-4-1000-1"] == "Viettel"
    assert sites["operator"].to_dict()["LTE-452-2-1000-1"] == "VinaPhone"
    assert sites["operator"].to_dict()["NR-452-9-68719476734-1"] == "452-09"
    assert set(sites["pattern"]) == {"omni"}
    assert sites["band"].to_dict()["NR-452-1-68719476735-1"] == "n77"


def test_every_cell_is_counted_and_cells_are_not_called_sites(own: Path) -> None:
    (own / "452.csv").write_text(EXPORT, encoding="utf-8")
    network = read_opencellid("452.csv")
    reasons = network.rejected.set_index("row")["reason"].to_dict()
    assert network.accepted == 9
    assert network.accepted + len(reasons) == len(EXPORT.splitlines())
    wanted = {
        10: "radio is neither LTE nor NR",
        11: "radio is neither LTE nor NR",
        12: "mcc is not 452",
        13: "cell twice, the same row again",
        14: "cell twice, in a row that differs",
        15: "cell has too many bits",
        16: "longitude and latitude swapped?",
        18: "cell: missing",
        19: "changeable is neither 0 nor 1",
    }
    assert {row: reasons[row] for row in wanted} == wanted
    assert reasons[17].startswith("outside the bounds")
    text = " ".join(network.notes)
    assert "Cells used: 9; sites made of them: 6" in text
    assert "Cells are not sites, and neither is a count of base stations." in text
    assert "their base station not being known: 2." in text
    assert "Network codes without a name: 9." in text


def test_a_line_of_names_and_compression_change_nothing_but_row_numbers(own: Path) -> None:
    (own / "452.csv").write_text(EXPORT, encoding="utf-8")
    with gzip.open(own / "named.csv.gz", "wt", encoding="utf-8") as file:
        file.write(",".join(EXPORT_COLUMNS) + "\n" + EXPORT)
    plain, named = read_opencellid("452.csv"), read_opencellid("named.csv.gz")
    pd.testing.assert_frame_equal(plain.sectors, named.sectors)
    assert (named.rejected["row"] - plain.rejected["row"]).unique().tolist() == [1]


@pytest.mark.parametrize(("distance_m", "sites"), [(200.0, 3), (230.0, 1)])
def test_the_distance_decides_what_hangs_together(distance_m: float, sites: int) -> None:
    table = pd.DataFrame(
        {"radio": "LTE", "mcc": 452, "net": 4, "cell": [ENB, ENB + 1, ENB + 2], "lon": 105.85}
    ).assign(lat=[21.0, 21.002, 21.004])
    table.attrs["source"] = {"id": "own/made-up.csv"}
    assert len(read_opencellid(table, site_distance_m=distance_m).sectors) == sites
    with pytest.raises(CoverageError, match="metres above 0"):
        read_opencellid(table, site_distance_m=0.0)
    with pytest.raises(CoverageError, match=r"mcc is not 460 \(3 times, first in row 2\)"):
        read_opencellid(table, mcc=460)
