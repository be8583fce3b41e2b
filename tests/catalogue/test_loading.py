"""Loading by name: sources, own files, simulated data, and the table a notebook ends with."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue import CatalogueError, SchemaError

HEADER = "code,name,type,area_km2,population_people,year,definition,source,status,note\n"
ROW = "00004,Ba Đình,Phường,2.97,65023,2025,wards,own count,V,\n"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(folder))
    return folder


def test_every_dataset_that_is_here_passes_its_schema() -> None:
    states = {dataset: catalogue.verify(dataset) for dataset in catalogue.entries()}
    tiers = {dataset: entry.tier for dataset, entry in catalogue.entries().items()}
    assert set(tiers.values()) == {"reference", "embedded", "remote", "simulated"}
    assert {states[d] for d, tier in tiers.items() if tier != "remote"} == {"ok"}
    assert {states[d] for d, tier in tiers.items() if tier == "remote"} == {"not fetched"}


@pytest.mark.mirror
def test_every_remote_dataset_of_the_mirror_passes_its_schema() -> None:
    remote = [e.id for e in catalogue.entries().values() if e.tier == "remote"]
    assert len(remote) == 16
    assert {dataset: catalogue.verify(dataset) for dataset in remote} == dict.fromkeys(remote, "ok")


def test_loaded_data_carry_their_source() -> None:
    wards = catalogue.load("hanoi_wards_2025")
    source = wards.attrs["source"]
    assert (source["id"], source["tier"]) == ("hanoi_wards_2025", "reference")
    assert source["sha256"] == catalogue.describe("hanoi_wards_2025").sha256
    assert wards["population_people"].sum() == 8_807_523


def test_a_raster_is_lazy() -> None:
    classes = catalogue.load("vn_degree_of_urbanisation_2025")
    assert classes.chunks is not None
    assert classes.dims == ("y", "x")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(CatalogueError, match="did you mean 'hanoi_wards_2025'"):
        catalogue.load("hanoi_ward_2025")


def test_the_table_of_sources_lists_each_dataset_once_in_the_order_of_reading() -> None:
    for dataset in ("hanoi_population", "hanoi_wards_2025", "hanoi_population"):
        catalogue.load(dataset)
    table = catalogue.sources_used()
    assert [s["id"] for s in table.sources] == ["hanoi_population", "hanoi_wards_2025"]
    bundle, _ = DisplayFormatter().format(table)
    listed = bundle["application/vnd.hanoi.sources+json"]
    assert json.loads(json.dumps(listed)) == table.sources
    assert "Wards and communes" in bundle["text/html"]


def test_text_in_the_table_of_sources_is_escaped() -> None:
    source = catalogue.Source(
        id="x", title="<script>alert(1)</script>", tier="own", licence="&", citation="",
        date="", sha256="0" * 64, approximate="<b>",
    )  # fmt: skip
    html = catalogue.SourcesTable([source])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>" not in html


def test_an_own_file_is_held_against_the_schema_it_stands_in_for(own: Path) -> None:
    (own / "wards.csv").write_text(HEADER + ROW, encoding="utf-8")
    wards = catalogue.load_own("wards.csv", like="hanoi_wards_2025")
    assert wards["population_people"].tolist() == [65023]
    assert wards.attrs["source"]["tier"] == "own"
    assert [s["id"] for s in catalogue.sources_used().sources] == ["own/wards.csv"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "65023",
            "many",
            "column 'population_people': expected a whole number, found row 2: 'many'",
        ),
        ("2.97", "-2.97", "column 'area_km2', row 2: expected at least 1"),
        ("00004", "4", "column 'code', row 2"),
        ("area_km2", "area", "'area_km2' (did you mean 'area'?)"),
    ],
)
def test_a_wrong_own_file_names_column_and_row(own: Path, old: str, new: str, words: str) -> None:
    (own / "wards.csv").write_text((HEADER + ROW).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        catalogue.load_own("wards.csv", like="hanoi_wards_2025")
    assert words in str(caught.value)
    assert catalogue.sources_used().sources == []


@pytest.mark.parametrize("name", ["sites.csv", "sites.csv.gz"])
def test_rows_of_an_own_table_come_as_they_stand(own: Path, name: str) -> None:
    text = "site,height_m\n007,tall\n,12\n"
    write = gzip.compress if name.endswith(".gz") else bytes
    (own / name).write_bytes(write(text.encode("utf-8")))
    rows = catalogue.load_own_rows(name, title="sites")
    assert rows["site"].tolist()[0] == "007"
    assert rows["site"].isna().tolist() == [False, True]
    assert rows["height_m"].tolist() == ["tall", "12"]
    assert rows.attrs["source"]["tier"] == "own"
    assert [s["id"] for s in catalogue.sources_used().sources] == [f"own/{name}"]


def test_rows_of_an_own_table_come_from_a_table(own: Path) -> None:
    write_raster(own / "grid.tif", np.ones((2, 2)))
    with pytest.raises(CatalogueError, match="expected a plain table"):
        catalogue.load_own_rows("grid.tif", title="sites")
    with pytest.raises(CatalogueError, match="leaves the folder"):
        catalogue.load_own_rows("../sites.csv", title="sites")


def test_a_folder_for_results_is_made_among_the_own_files(own: Path) -> None:
    folder = catalogue.own_folder("maps/today")
    assert folder == own / "maps" / "today"
    assert folder.is_dir()
    assert catalogue.own_folder("maps/today") == folder
    (own / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(CatalogueError, match="'taken' is a file"):
        catalogue.own_folder("taken")
    with pytest.raises(CatalogueError, match="leaves the folder"):
        catalogue.own_folder("../out")
    assert not (own.parent / "out").exists()


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a/../../secret.csv"])
def test_an_own_file_stays_in_its_folder(own: Path, name: str) -> None:
    (own.parent / "secret.csv").write_text("x", encoding="utf-8")
    with pytest.raises(CatalogueError, match="leaves the folder"):
        catalogue.load_own(name, like="hanoi_wards_2025")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("wards.cvs", b"x", "no reader for .cvs"),
        ("wards.csv", b"\xff\xfe\x00", "not a UTF-8 CSV table"),
        ("wards.csv", b"", "not a UTF-8 CSV table"),
        ("grid.tif", b"no raster", "not a raster"),
        ("wards.geojson", b"{", "not a vector file"),
    ],
)
def test_a_file_of_another_format_is_named(
    own: Path, name: str, content: bytes, words: str
) -> None:
    (own / name).write_bytes(content)
    with pytest.raises(CatalogueError) as caught:
        catalogue.load_own(name, like="hanoi_wards_2025")
    assert words in str(caught.value)
    assert name in str(caught.value)


def write_raster(path: Path, cells: object, *, bands: int = 1, **profile: object) -> None:
    """Write a GeoTIFF of degrees, as WorldPop publishes them, with what is changed by `profile`."""
    import rasterio
    from rasterio.transform import from_origin

    values = np.asarray(cells, dtype="float32")
    settings = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": bands,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": from_origin(105.0, 21.5, 1 / 120, 1 / 120),
        "nodata": -99999.0,
        **profile,
    }
    with rasterio.open(path, "w", **settings) as file:
        for band in range(1, bands + 1):
            file.write(values.astype(str(settings["dtype"])), band)


@pytest.mark.parametrize(
    "profile",
    [{}, {"crs": "ESRI:54009"}, {"dtype": "float64"}, {"dtype": "int32"}],
    ids=["degrees", "mollweide", "doubles", "whole numbers"],
)
def test_an_own_raster_may_have_cells_numbers_and_coordinates_of_its_own(
    own: Path, profile: dict[str, object]
) -> None:
    write_raster(own / "people.tif", [[1, 2], [-99999, 4]], **profile)
    people = catalogue.load_own("people.tif", like="hanoi_population_grid_simulated")
    assert people.rio.nodata == -99999
    assert people.to_numpy().tolist() == [[1, 2], [-99999, 4]]
    source = people.attrs["source"]
    assert (source["tier"], source["id"]) == ("own", "own/people.tif")
    assert source["title"] == "people.tif, given by its user: people per cell of a grid"
    assert people.chunks is not None


@pytest.mark.parametrize(
    ("cells", "changed", "words"),
    [
        ([[1, 2]], {"bands": 3}, "expected one band of people per cell, found 3"),
        ([[1, 2]], {"crs": None}, "coordinate system: expected one, found none"),
        ([[-99999, -99999]], {}, "found no value in any cell"),
        ([[np.nan, np.nan]], {}, "found no value in any cell"),
        ([[1, -3]], {}, "expected at least 0 people per cell, found -3"),
        ([[1, -99999]], {"nodata": None}, "declare it as the file's nodata value"),
    ],
)
def test_a_wrong_own_raster_says_what_is_wrong(
    own: Path, cells: object, changed: dict[str, object], words: str
) -> None:
    write_raster(own / "people.tif", cells, **changed)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match=r"own/people\.tif") as caught:
        catalogue.load_own("people.tif", like="hanoi_population_grid_simulated")
    assert words in str(caught.value)
    assert catalogue.sources_used().sources == []


def test_an_own_raster_stored_with_a_scale_is_refused(own: Path) -> None:
    import rasterio

    write_raster(own / "people.tif", [[1, 2]], dtype="int16", nodata=-1)
    with rasterio.open(own / "people.tif", "r+") as file:
        file.scales = (0.1,)
    with pytest.raises(SchemaError, match="stored with a scale"):
        catalogue.load_own("people.tif", like="hanoi_population_grid_simulated")


def test_a_dataset_that_says_nothing_of_own_files_takes_none(own: Path) -> None:
    write_raster(own / "land.tif", [[1, 0.5]])
    land = catalogue.load_own("land.tif", like="degurba_belgium")
    assert "land or built-up part" in land.attrs["source"]["title"]
    with pytest.raises(CatalogueError, match="does not say what a file of your own must be"):
        catalogue.load_own("land.tif", like="resolution_1656_text")
    with pytest.raises(CatalogueError, match="expected a raster like"):
        (own / "land.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        catalogue.load_own("land.csv", like="degurba_belgium")


def test_a_missing_own_file_gets_the_nearest_name(own: Path) -> None:
    (own / "wards_2025.csv").write_text(HEADER + ROW, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"did you mean 'wards_2025\.csv'"):
        catalogue.load_own("wards2025.csv", like="hanoi_wards_2025")


def test_a_changed_reference_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from hanoi_analytics.catalogue import files

    copy = tmp_path / "data"
    shutil.copytree(files.data_folder(), copy, ignore=shutil.ignore_patterns("cut", "own"))
    monkeypatch.setenv("HANOI_ANALYTICS_DATA", str(copy))
    changed = copy / "reference" / "hanoi_wards_2025.csv"
    changed.write_text(changed.read_text("utf-8").replace("65023", "65024"), encoding="utf-8")
    with pytest.raises(catalogue.HashMismatchError, match="is not the file of the catalogue"):
        catalogue.load("hanoi_wards_2025")


def test_a_folder_without_a_catalogue_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANOI_ANALYTICS_DATA", str(tmp_path))
    with pytest.raises(CatalogueError, match="HANOI_ANALYTICS_DATA"):
        catalogue.entries()


def test_only_simulated_data_take_parameters_and_only_remote_data_are_fetched() -> None:
    with pytest.raises(CatalogueError, match="takes no parameter; found seed"):
        catalogue.load("hanoi_wards_2025", seed=1)
    with pytest.raises(CatalogueError, match="nothing to fetch"):
        catalogue.fetch("hanoi_wards_2025")
    with pytest.raises(CatalogueError, match="simulated in memory"):
        catalogue.path("hanoi_population_grid_simulated")
    with pytest.raises(CatalogueError, match="use path"):
        catalogue.load("resolution_1656_text")


def test_simulated_people_add_up_to_each_wards_official_total_and_say_what_they_are() -> None:
    from rasterio.features import rasterize

    from hanoi_analytics import places

    grid = catalogue.load("hanoi_population_grid_simulated")
    assert grid.attrs["source"]["tier"] == "simulated"
    assert float(grid.sum()) == pytest.approx(8_807_523)
    assert float(grid.min()) >= 0
    ward = places.wards("approximate").to_crs(grid.rio.crs).set_index("code").loc[["00070"]]
    inside = rasterize(ward.geometry, out_shape=grid.shape, transform=grid.rio.transform()) == 1
    assert float(grid.to_numpy()[inside].sum()) == pytest.approx(105_301, rel=0.02)


def test_the_same_seed_draws_the_same_and_another_seed_does_not() -> None:
    one, again = (catalogue.load("hanoi_population_grid_simulated") for _ in range(2))
    assert one.attrs["source"]["sha256"] == again.attrs["source"]["sha256"]
    other = catalogue.load("hanoi_population_grid_simulated", seed=1)
    assert other.attrs["source"]["sha256"] != one.attrs["source"]["sha256"]
    assert np.nansum(other) == pytest.approx(np.nansum(one))


def test_the_hash_of_a_lazy_draw_is_that_of_its_blocks_hashes() -> None:
    scenes = catalogue.load("hanoi_scenes_simulated", years=[2001, 2002], cells=(600, 40))
    # A block is one scene by at most 512 rows.
    rows = (slice(0, 512), slice(512, 600))
    blocks = [scenes[:, time, part].to_numpy() for time in range(8) for part in rows]
    digests = b"".join(hashlib.sha256(block.tobytes()).digest() for block in blocks)
    assert scenes.attrs["source"]["sha256"] == hashlib.sha256(digests).hexdigest()
