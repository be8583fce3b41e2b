"""Units against the counts and totals of the law."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hanoi_analytics import catalogue, places
from hanoi_analytics.places import PlacesError

OFFICIAL_AREA_KM2 = 3359.84


def test_hanoi_has_51_wards_and_75_communes() -> None:
    wards = places.wards("approximate")
    assert wards["type"].value_counts().to_dict() == {"Xã": 75, "Phường": 51}
    assert wards["code"].is_unique
    assert wards.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("dataset", "tolerance_km2"),
    [("hanoi_wards_2025", 0.10), ("hanoi_ward_centroids", 0.15)],
)
def test_the_area_is_the_official_one_within_each_sources_tolerance(
    dataset: str, tolerance_km2: float
) -> None:
    total = catalogue.load(dataset)["area_km2"].sum()
    assert total == pytest.approx(OFFICIAL_AREA_KM2, abs=tolerance_km2)


def test_people_and_density_are_those_published_for_hoan_kiem() -> None:
    row = places.wards("approximate").set_index("code").loc["00070"]
    assert (row["name"], row["population_people"], row["area_km2"]) == ("Hoàn Kiếm", 105301, 1.91)
    assert row["density_people_per_km2"] == pytest.approx(55131.4, abs=0.1)


def test_approximate_cells_say_so_and_keep_the_official_area() -> None:
    wards = places.wards("approximate")
    assert set(wards["geometry_kind"]) == {"approximate"}
    assert "not the real outlines" in wards.attrs["source"]["approximate"]
    ratio = wards.to_crs("EPSG:32648").area / 1e6 / wards["area_km2"]
    assert ratio.between(0.97, 1.03).all()


def test_without_polygons_the_best_geometry_is_the_approximate_one() -> None:
    assert set(places.wards("best")["geometry_kind"]) == {"approximate"}


def test_polygons_that_are_not_here_say_how_to_get_them() -> None:
    with pytest.raises(catalogue.NotFetchedError) as caught:
        places.wards("polygons")
    assert "hanoi data fetch hanoi_ward_polygons_2025" in str(caught.value)
    assert "hanoi_wards_approximate" in str(caught.value)


@pytest.mark.mirror
def test_polygons_have_the_official_area_of_the_city() -> None:
    wards = places.wards("best")
    assert set(wards["geometry_kind"]) == {"polygon"}
    assert wards.attrs["source"]["approximate"] == ""
    total = wards.to_crs("EPSG:32648").area.sum() / 1e6
    assert total == pytest.approx(OFFICIAL_AREA_KM2, rel=0.005)


@pytest.mark.mirror
def test_the_typed_figures_are_those_of_the_merger_map() -> None:
    mapped = catalogue.load("hanoi_ward_polygons_2025").set_index("id").sort_index()
    typed = catalogue.load("hanoi_wards_2025").set_index("code").sort_index()
    assert typed["name"].to_dict() == mapped["name"].to_dict()
    assert ((typed["area_km2"] - mapped["area"]).abs() < 0.3).all()
    differing = typed["population_people"] != mapped["population"]
    assert typed[differing].index.tolist() == []


@pytest.mark.mirror
def test_people_can_be_drawn_within_the_mapped_wards() -> None:
    """Counted by cell centres; the mapped outlines overlap by some 50 of 53,653 cells."""
    wards = places.wards("polygons").to_crs("EPSG:32648")
    grid = catalogue.load("hanoi_population_grid_simulated", boundaries="polygons")
    y, x = np.meshgrid(grid["y"], grid["x"], indexing="ij")
    centres = gpd.GeoDataFrame(
        {"people": grid.to_numpy().ravel()},
        geometry=gpd.points_from_xy(x.ravel(), y.ravel(), crs="EPSG:32648"),
    ).dropna()
    found = centres.sjoin(wards[["code", "geometry"]]).groupby("code")["people"].sum()
    official = wards.set_index("code")["population_people"].loc[found.index]
    assert len(found) == 126
    assert found.to_numpy() == pytest.approx(official.to_numpy(), rel=0.03)


def test_an_unknown_geometry_is_refused() -> None:
    with pytest.raises(PlacesError, match="expected 'best'"):
        places.wards("exact")  # type: ignore[arg-type]


def test_the_old_units_are_160_wards_21_townships_and_345_communes() -> None:
    old = places.old_units()
    counts = old["type"].value_counts().to_dict()
    assert counts == {"Xã": 345, "Phường": 160, "Thị trấn": 21}
    assert old["district_code"].nunique() == 30
    assert places.old_districts()["units"].sum() == 526


def test_the_country_has_34_provinces_of_3321_units() -> None:
    new = places.provinces()
    sums = new[["communes", "wards", "special_zones"]].sum().tolist()
    assert (len(new), sums, sum(sums)) == (34, [2621, 687, 13], 3321)
    assert new["type"].value_counts().to_dict() == {"Tỉnh": 28, "Thành phố": 6}


def test_63_old_provinces_went_into_34() -> None:
    old = places.old_provinces().set_index("code")
    assert len(old) == 63
    assert set(old["new_code"]) == set(places.provinces()["code"])
    # Bình Dương and Bà Rịa - Vũng Tàu joined Thành phố Hồ Chí Minh; Hà Nội stayed as it was.
    assert old.loc[["74", "77"], "new_code"].tolist() == ["79", "79"]
    assert old[old["new_code"] == "01"].index.tolist() == ["01"]


def test_every_name_is_composed_unicode() -> None:
    frames = [places.wards("approximate"), places.old_units(), places.provinces()]
    for frame in frames:
        assert frame["name"].map(lambda name: unicodedata.is_normalized("NFC", name)).all()


def test_names_join_whatever_the_tone_placement_case_and_unicode_form() -> None:
    table = pd.DataFrame(
        {
            "ward": ["Hoà Xá", "YÊN HOÀ", unicodedata.normalize("NFD", "Ô Chợ Dừa"), "chuyên  mỹ"],
            "cases": [1, 2, 3, 4],
        }
    )
    joined = places.join_by_name(table, places.wards("approximate"), on="ward")
    assert joined["code"].tolist() == ["10417", "00175", "00190", "10330"]
    assert joined["cases"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("column", "name", "words"),
    [
        ("ward", "Hòa Xa", "did you mean 'Hòa Xá'?"),
        ("ward", "Hà Đong", "did you mean 'Hà Đông'?"),
        ("wards", "Ba Đình", "no column 'ward'; did you mean 'wards'?"),
    ],
)
def test_a_name_that_is_no_unit_gets_the_nearest(column: str, name: str, words: str) -> None:
    with pytest.raises(PlacesError) as caught:
        places.join_by_name(pd.DataFrame({column: [name]}), places.wards("approximate"), on="ward")
    assert words in str(caught.value)


def test_a_name_of_several_units_is_not_guessed() -> None:
    table = pd.DataFrame({"name": ["Minh Khai"]})
    with pytest.raises(PlacesError, match="join by code"):
        places.join_by_name(table, places.old_units())


def test_own_figures_take_the_place_of_the_official_ones() -> None:
    official = catalogue.load("hanoi_wards_2025")
    own = official.assign(population_people=official["population_people"] * 2)
    own.attrs["source"] = official.attrs["source"] | {"id": "own/wards.csv", "tier": "own"}
    wards = places.wards("approximate", figures=own)
    assert wards["population_people"].sum() == 2 * 8_807_523
    assert [source["tier"] for source in wards.attrs["sources"]] == ["embedded", "own"]


def test_own_figures_that_lack_a_unit_or_have_another_are_refused() -> None:
    official = catalogue.load("hanoi_wards_2025")
    own = official.replace({"code": {"00070": "99999"}})
    own.attrs["source"] = official.attrs["source"] | {"id": "own/wards.csv"}
    with pytest.raises(PlacesError) as caught:
        places.wards("approximate", figures=own)
    assert "own/wards.csv" in str(caught.value)
    assert "missing: ['00070'] (1), unknown: ['99999'] (1)" in str(caught.value)
