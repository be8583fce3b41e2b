"""A site list of one's own: good rows become sectors, bad ones are rejected with their reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import HANOI, Defaults, Network, read_network

BROKEN = """\
id,longitude,latitude,height_m,azimuth_deg,operator,technology,power_w,pattern
good,105.85,21.03,30,120,Viettel,NR,200,tr38901
swapped,21.03,105.85,30,0,Viettel,NR,200,tr38901
far,2.35,48.86,30,0,Viettel,NR,200,tr38901

no place,,21.03,30,0,Viettel,NR,200,tr38901
not a number,NaN,21.03,30,0,Viettel,NR,200,tr38901
good,105.85,21.03,30,120,Viettel,NR,200,tr38901
good,105.86,21.03,30,120,Viettel,NR,200,tr38901
flat,105.85,21.03,0,0,Viettel,NR,200,tr38901
deep,105.85,21.03,-5,0,Viettel,NR,200,tr38901
tower,105.85,21.03,301,0,Viettel,NR,200,tr38901
text,105.85,abc,30,0,Viettel,NR,200,tr38901
comma,105.85,"21,03",30,0,Viettel,NR,200,tr38901
unquoted,105.85,21,03,30,0,Viettel,NR,200,tr38901
round,105.85,21.03,30,361,Viettel,NR,200,tr38901
silent,105.85,21.03,30,0,Viettel,NR,0,tr38901
gsm,105.85,21.03,30,0,Viettel,GSM,200,tr38901
odd,105.85,21.03,30,0,Viettel,NR,200,banana
,105.85,21.03,30,0,Viettel,NR,200,tr38901
two faults,105.85,21.03,0,-1,Viettel,NR,200,tr38901
"""

# Row as a spreadsheet numbers it, identifier, reason.
WANTED = [
    (3, "swapped", "longitude and latitude swapped?"),
    (4, "far", "outside the bounds"),
    (6, "no place", "longitude: missing"),
    (7, "not a number", "longitude: missing"),
    (8, "good", "id twice, the same row again"),
    (9, "good", "id twice, in a row that differs"),
    (10, "flat", "height_m: 0 stands for not known: leave it empty"),
    (11, "deep", "height_m: expected above 0 to 300"),
    (12, "tower", "height_m: expected above 0 to 300"),
    (13, "text", "latitude: not a number"),
    (15, "unquoted", "more fields than columns: a decimal comma, or a comma without quotes?"),
    (16, "round", "azimuth_deg: expected from 0 to 360"),
    (17, "silent", "power_w: expected above 0 to 1000"),
    (18, "gsm", "technology: expected one of LTE, NR"),
    (19, "odd", "pattern: expected one of tr38901, parabolic65, omni"),
    (20, None, "sector_id: missing"),
    (21, "two faults", "height_m: 0"),
]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    return tmp_path


def rows(**columns: Any) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    table.attrs["source"] = {"id": "own/made-up.csv", "tier": "own", "approximate": ""}
    return table


def test_a_broken_file_loses_no_row(own: Path) -> None:
    (own / "broken.csv").write_text(BROKEN, encoding="utf-8")
    network = read_network("broken.csv")
    assert network.sectors["sector_id"].tolist() == ["comma", "good"]
    assert network.sectors["latitude"].tolist() == [21.03, 21.03]
    assert network.accepted == 2
    rejected = network.rejected
    assert rejected["row"].tolist() == [row for row, _, _ in WANTED]
    for (_, name, reason), (_, found) in zip(WANTED, rejected.iterrows(), strict=True):
        assert found["reason"].startswith(reason), name
        assert found["id"] == name or (name is None and pd.isna(found["id"]))
    both = rejected.set_index("id").loc["two faults", "reason"]
    assert both.split("; ")[1] == "azimuth_deg: expected from 0 to 360"
    assert rejected.set_index("id").loc["text", "latitude"] == "abc"
    assert list(rejected)[:11] == ["row", "reason", *BROKEN.splitlines()[0].split(",")]
    assert "Rows read: 19; used: 2." in network.notes
    assert "Lines without a value, left out: 1." in network.notes
    assert network.rejected.attrs["source"]["id"] == "own/broken.csv"


def test_the_least_a_file_needs_becomes_three_sectors_from_defaults(own: Path) -> None:
    (own / "bare.csv").write_text("id,longitude,latitude\nA,105.85,21.03\n", encoding="utf-8")
    network = read_network("bare.csv", defaults=Defaults(height_m=31.0, lte_band="B1"))
    sectors = network.sectors
    assert sectors["azimuth_deg"].tolist() == [0.0, 120.0, 240.0]
    assert sectors["sector_id"].tolist() == ["A/1", "A/2", "A/3"]
    assert set(sectors["site_id"]) == {"A"}
    assert set(sectors["height_m"]) == {31.0}
    assert network.filled["height_m"] == network.filled["power_w"] == 1
    assert any(
        note.startswith("Sites without azimuth") and note.endswith(": 1.") for note in network.notes
    )
    filled = next(note for note in network.notes if note.startswith("Filled for all 1 rows: "))
    assert "height_m (31)" in filled
    assert "height_m" in sectors.attrs["source"]["approximate"]
    assert [source["id"] for source in sectors.attrs["sources"]] == [
        "own/bare.csv",
        "spectrum_blocks",
    ]


def test_what_a_file_says_is_kept(own: Path) -> None:
    table = rows(
        sector_id=["a", "b", "c"],
        longitude=105.85,
        latitude=[21.03, 21.03, 21.04],
        azimuth_deg=[10.0, 130.0, None],
        band=["n78", "B3", "n28"],
        operator="VinaPhone",
        pattern=[None, None, "omni"],
        power_w=[320.0, 40.0, None],
        bandwidth_mhz=[40.0, 10.0, None],
    )
    table.to_parquet(own / "own.parquet")
    network = read_network("own.parquet")
    found = network.sectors.set_index("sector_id")
    assert found["resource_blocks"].to_dict() == {"a": 106, "b": 50, "c": 52}
    assert found["technology"].to_dict() == {"a": "NR", "b": "LTE", "c": "NR"}
    assert found.loc["a", ["power_w", "frequency_mhz"]].tolist() == [320.0, 3750.0]
    assert found["site_id"].to_dict() == {"a": "a", "b": "a", "c": "c"}
    assert found.loc["c", ["pattern", "azimuth_deg"]].tolist() == ["omni", 0.0]
    assert network.filled["power_w"] == 1
    assert "operator" not in network.filled


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"band": "n41", "technology": "LTE"}, "band is of another technology"),
        ({"band": "n99"}, "band: expected one of"),
        ({"bandwidth_mhz": 33.0}, "resource_blocks missing"),
        ({"subcarrier_spacing_khz": 60}, "subcarrier_spacing_khz: expected from 15"),
        ({"resource_blocks": 50.5}, "resource_blocks: not a whole number"),
        ({"resource_blocks": 273, "bandwidth_mhz": 20.0}, "resource_blocks are wider"),
        ({"position": "guessed"}, "position: expected one of"),
        ({"tilt_deg": "steep"}, "tilt_deg: not a number"),
        ({"gain_dbi": float("inf")}, "gain_dbi: expected from -10"),
    ],
)
def test_further_columns_are_held_to_their_limits(columns: dict[str, Any], reason: str) -> None:
    with pytest.raises(CoverageError, match=f"none of the rows can be used: {reason}"):
        read_network(rows(id=["A"], longitude=105.85, latitude=21.03, **columns))


def test_a_site_gives_way_where_its_sectors_would_take_an_id() -> None:
    table = rows(
        id=["A", "A/2"], longitude=105.85, latitude=21.03, azimuth_deg=pd.Series([None, 5.0])
    )
    network = read_network(table)
    assert network.sectors["sector_id"].tolist() == ["A/2"]
    assert network.rejected["reason"].str.contains("another row has the id /2").tolist() == [True]


def test_bounds_of_hanoi_refuse_what_lies_in_viet_nam() -> None:
    table = rows(id=["Hà Nội", "Đà Nẵng"], longitude=[105.85, 108.2], latitude=[21.03, 16.07])
    assert read_network(table).rejected.empty
    assert read_network(table, bounds=HANOI).rejected["id"].tolist() == ["Đà Nẵng"]
    with pytest.raises(CoverageError, match="west, south, east, north"):
        read_network(table, bounds=(21.0, 105.0, 20.0, 106.0))


def test_control_characters_and_decomposed_letters_are_mended() -> None:
    table = rows(id=["Ha\u0300 No\u0323\u0302i\u0007\u202e"], longitude=" 105.85 ", latitude=21.03)
    assert set(read_network(table).sectors["site_id"]) == {"Hà Nội"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,longitude,lattitude\nA,105.8,21\n", "'latitude'; did you mean 'lattitude'"),
        ("id,kinh,vi\nA,105.8,21\n", "'longitude', 'latitude'; known: id, kinh, vi; give"),
        ("radio,mcc,cell,lon,lat\nLTE,452,1,105.8,21\n", "read_opencellid"),
        ("a,longitude,latitude\nA,105.8,21\n", "no column for 'id'"),
        ("id,Lat,Lng,Lon\nA,21,105,105\n", "'Lon', 'Lng' could all be 'longitude'"),
        ("id,longitude,latitude,power\nA,105.8,21,5\n", "'power'.*did you mean 'power_w'"),
        ("id,longitude,latitude\n\n\n", "no row with values"),
        ("id,id,longitude,latitude\nA,A,105.8,21\n", "two columns are named 'id'"),
        (
            "id,longitude,latitude\nA,21,105.8\nB,,21\nC,21,105\n",
            r"swapped\? \(2 times, first in row 2\); longitude",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(own: Path, text: str, words: str) -> None:
    (own / "wrong.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CoverageError, match=words):
        read_network("wrong.csv")


def test_rows_must_say_where_they_are_from() -> None:
    with pytest.raises(CoverageError, match="load_own_rows"):
        read_network(pd.DataFrame({"id": ["A"], "longitude": [105.8], "latitude": [21.0]}))


def test_longer_rows_do_not_shift_columns(own: Path) -> None:
    text = "id,longitude,latitude\nA,105.85,21.03,\nB,105.85,21.04,\n"
    (own / "long.csv").write_text(text, encoding="utf-8")
    assert set(read_network("long.csv").sectors["site_id"]) == {"A", "B"}


def test_a_mended_table_of_rejected_rows_can_be_read_again() -> None:
    table = rows(id=["A", "B"], longitude=105.8, latitude=[21.0, 99.0], row=[2, 7], reason="?")
    rejected = read_network(table).rejected
    assert rejected[["row", "reason (in the file)", "row (in the file)"]].to_numpy().tolist() == [
        [3, "?", 7]
    ]


CELLS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["A", "B", "A/1", "B/3", "", None]),
        "longitude": st.sampled_from(["105.8", "21.0", "0", "x", "105,8", None, "inf"]),
        "latitude": st.sampled_from(["21.0", "105.8", "90.1", "nan", "21.00"]),
        "azimuth_deg": st.sampled_from([None, None, "0", "359.9", "360", "-1"]),
        "height_m": st.sampled_from([None, "30", "0", "1e9"]),
        "band": st.sampled_from([None, "n41", "B3", "n258"]),
        "pattern": st.sampled_from([None, "omni", "tr38901"]),
    }
)


@settings(max_examples=12, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=12))
def test_every_row_is_used_or_rejected(cells: list[dict[str, str | None]]) -> None:
    good = {"id": "Z", "longitude": "105.8", "latitude": "21.0", "azimuth_deg": "5"}
    table = rows(**pd.DataFrame([good, *cells], dtype="str").to_dict("series"))
    network: Network = read_network(table)
    assert network.accepted + len(network.rejected) == len(table)
    numbers = set(network.rejected["row"])
    assert len(numbers) == len(network.rejected)
    assert numbers <= set(range(3, len(table) + 2))
    assert (network.rejected["reason"] != "").all()
    used = table[[i + 2 not in numbers for i in range(len(table))]]
    single = used["azimuth_deg"].notna() | (used["pattern"] == "omni")
    assert len(network.sectors) == int(single.sum()) + 3 * int((~single).sum())
    assert network.sectors["sector_id"].is_unique
