"""The simulated network: where its sites stand, how many, and what stands on them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from scipy.spatial import KDTree

from hanoi_analytics import catalogue
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import check_sectors
from hanoi_analytics.places import wards

ALL_OF_ONE = {"sites_per_bts": 1.0, "share_5g": 1.0, "operators": ("Viettel",)}


@cache
def drawn(**parameters: Any) -> pd.DataFrame:
    return catalogue.load("hanoi_network_simulated", **parameters)


@cache
def wanted_per_km2() -> tuple[Any, float]:
    people = catalogue.load("hanoi_population_grid_simulated")
    return people / float(people.sum()) / 0.0625, float(people.sum())


def dense() -> pd.DataFrame:
    return drawn(bts=3_000, **ALL_OF_ONE)


def test_no_two_sites_are_nearer_than_their_density_allows() -> None:
    sites = dense().drop_duplicates("site_id")
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    x, y = to_metres.transform(sites["longitude"], sites["latitude"])
    places = np.column_stack([x, y])
    density, _ = wanted_per_km2()
    cells = density.sel(x=x[0], y=y[0], method="nearest")
    rows = [np.abs(density["y"].to_numpy() - v).argmin() for v in y]
    columns = [np.abs(density["x"].to_numpy() - v).argmin() for v in x]
    per_km2 = density.to_numpy()[rows, columns] * len(sites)
    assert np.isfinite(per_km2).all(), "a site outside the city"
    assert per_km2[0] == float(cells) * len(sites)
    # Half the spacing of a square lattice with that density, between 50 m and 2 km.
    room_m = np.clip(500 / np.sqrt(per_km2), 50, 2000)
    pairs = KDTree(places).query_pairs(2000.0, output_type="ndarray")
    apart_m = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    assert (apart_m >= np.minimum(room_m[pairs[:, 0]], room_m[pairs[:, 1]]) - 0.5).all()
    nearest_m = KDTree(places).query(places, k=2)[0][:, 1]
    assert nearest_m[per_km2 > 5].mean() < 0.5 * nearest_m[per_km2 < 1].mean()


def test_sites_follow_people() -> None:
    import geopandas as gpd

    sites = dense().drop_duplicates("site_id")
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(sites["longitude"], sites["latitude"]), crs="EPSG:4326"
    )
    units = wards("approximate")
    inside = points.sjoin(units[["code", "geometry"]], predicate="within")
    assert len(inside) > 0.98 * len(sites)  # a cell of 250 m may reach over the border
    counts = inside["code"].value_counts().reindex(units["code"], fill_value=0).to_numpy()
    people = units["population_people"].to_numpy()
    assert np.corrcoef(counts, people)[0, 1] > 0.9


def test_each_operator_at_a_site_has_three_sectors_a_third_of_a_turn_apart() -> None:
    sectors = drawn()
    azimuths = sectors.groupby(["site_id", "operator"])["azimuth_deg"].agg(list)
    assert (azimuths.map(len) == 3).all()
    turns = np.array(azimuths.to_list())
    steps = np.diff(np.column_stack([turns, turns[:, 0]]), axis=1) % 360.0
    assert steps.sum(axis=1) == pytest.approx(360.0)
    assert abs(steps - 120.0).max() < 70.0
    assert np.std(steps) == pytest.approx(np.sqrt(2) * 8.0, rel=0.1)


def test_the_default_network_has_the_sites_and_the_sharing_it_states() -> None:
    sectors = check_sectors(drawn())
    assert sectors["site_id"].nunique() == round(0.6 * round(0.36 * 12_000))
    operators = sectors.groupby("site_id")["operator"].nunique()
    assert set(operators) == {1, 2}
    # 1,200 of 6,340 stations stood on shared masts in 2015.
    shared = 2 * (operators == 2).sum() / operators.sum()
    assert shared == pytest.approx(1200 / 6340, abs=0.02)
    bands = sectors.groupby("operator")[["band", "frequency_mhz"]].agg(set)
    assert bands["band"].to_dict() == {
        "MobiFone": {"n77"},
        "VinaPhone": {"n78"},
        "Viettel": {"n41"},
    }
    assert bands.loc["Viettel", "frequency_mhz"] == {2550.0}
    assert set(sectors["position"]) == {"simulated"}
    assert sectors.attrs["source"]["tier"] == "simulated"
    assert len(sectors.attrs["source"]["approximate"]) > 20


def test_more_people_nearby_lower_antennas() -> None:
    sites = dense().drop_duplicates("site_id")
    by_tilt = sites.groupby("tilt_deg")["height_m"].mean()
    assert by_tilt.index.tolist() == [4.0, 6.0, 8.0]
    assert by_tilt.is_monotonic_decreasing


def test_a_single_operator_stands_at_every_site() -> None:
    sectors = dense()
    assert len(sectors) == 3 * 3_000
    assert sectors["site_id"].nunique() == 3_000
    assert set(sectors["operator"]) == {"Viettel"}


def test_a_seed_fixes_the_table() -> None:
    one = catalogue.load("hanoi_network_simulated", bts=200)
    again = catalogue.load("hanoi_network_simulated", bts=200)
    other = catalogue.load("hanoi_network_simulated", bts=200, seed=1)
    pd.testing.assert_frame_equal(one, again)
    assert one.attrs["source"]["sha256"] == again.attrs["source"]["sha256"]
    assert not one["longitude"].equals(other["longitude"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"bts": 0}, "one site at least"),
        ({"share_5g": 1.1}, "share above 0"),
        ({"operators": ("Vietel",)}, "did you mean 'Viettel'"),
        ({"operators": ()}, "operators is empty"),
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(CoverageError, match=words):
        catalogue.load("hanoi_network_simulated", **wrong)
