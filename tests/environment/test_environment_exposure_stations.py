"""Stations carried to cells and wards: by hand, kriging systems solved here, who is counted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pyproj import Transformer
from rasterio.transform import from_origin
from shapely import box

from hanoi_analytics.environment import exposure
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.exposure.positions import station_positions_m

WEST, NORTH, SIDE_M = 580_000.0, 2_330_000.0, 1000.0
TO_DEGREES = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)


def at(values: object, x_km: list[float], y_km: list[float]) -> xr.DataArray:
    """Values of stations (km east and south of the corner), over days if there are two axes."""
    numbers = np.asarray(values, dtype=float)
    longitude, latitude = TO_DEGREES.transform(
        WEST + 1000 * np.array(x_km), NORTH - 1000 * np.array(y_km)
    )
    coords: dict[str, object] = {
        "station": [f"station {number}" for number in range(len(x_km))],
        "longitude": ("station", longitude),
        "latitude": ("station", latitude),
    }
    if numbers.ndim == 2:
        coords["time"] = pd.date_range("2025-01-01", periods=len(numbers))
    attrs = {"units": "µg/m³", "source": {"citation": "made up", "tier": "own"}}
    return xr.DataArray(numbers, coords, ("time", "station")[-numbers.ndim :], attrs=attrs)


def people(values: object) -> xr.DataArray:
    numbers = np.asarray(values, dtype=float)
    rows, columns = numbers.shape
    coords = {
        "y": NORTH - (np.arange(rows) + 0.5) * SIDE_M,
        "x": WEST + (np.arange(columns) + 0.5) * SIDE_M,
    }
    array = xr.DataArray(numbers, coords, ("y", "x")).rio.write_crs("EPSG:32648")
    return array.rio.write_transform(from_origin(WEST, NORTH, SIDE_M, SIDE_M))


def wards(*columns: tuple[float, float]) -> gpd.GeoDataFrame:
    """Wards 1 km high that reach from one km to another, with a hundred people each."""
    shapes = [
        box(WEST + 1000 * left, NORTH - SIDE_M, WEST + 1000 * right, NORTH)
        for left, right in columns
    ]
    names = [f"Phường {number}" for number in range(len(shapes))]
    codes = [f"{number:05d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"code": codes, "name": names, "people": 100}, geometry=shapes, crs="EPSG:32648"
    )


def near(
    power: float = 2, *, stations: int = 1, reach_m: float = 50_000
) -> exposure.InverseDistance:
    return exposure.InverseDistance(
        power=power, minimum_stations=stations, maximum_distance_m=reach_m
    )


# Inverse distance


def test_halfway_between_two_stations_and_at_a_station() -> None:
    # Cell centres at 0.5, 1.5 and 2.5 km.
    found = exposure.map_stations(
        at([20, 60], [0.5, 2.5], [0.5, 0.5]), people([[1, 1, 1]]), method=near()
    )
    np.testing.assert_allclose(found.cells["estimate"], [[20, 40, 60]], atol=1e-3)


@pytest.mark.parametrize("power", [0.5, 1, 2, 60])
def test_the_power_by_hand(power: float) -> None:
    # One and two km away: weights 1 and 2^−p.
    weight = 2.0**-power
    found = near(power).weights(np.array([[1000.0, 2000.0]]))
    np.testing.assert_allclose(found, [[1 / (1 + weight), weight / (1 + weight)]])


def test_too_few_stations_in_reach_is_no_value() -> None:
    stations = at([20, 60], [0.5, 2.5], [0.5, 0.5])
    method = near(stations=2, reach_m=1500)
    found = exposure.map_stations(stations, people([[1, 1, 1]]), method=method)
    estimate = found.cells["estimate"].to_numpy().ravel()
    assert np.isnan(estimate).tolist() == [True, False, True]


@settings(max_examples=30, deadline=None)
@given(
    npst.arrays(float, (4, 5), elements=st.floats(0, 30_000), unique=True),
    npst.arrays(float, 5, elements=st.floats(0, 500)),
    st.floats(0.1, 8),
)
def test_an_estimate_lies_between_its_stations(
    distance_m: np.ndarray, values: np.ndarray, power: float
) -> None:
    weights = near(power).weights(distance_m)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    estimate = weights @ values
    assert (estimate >= values.min() - 1e-9).all()
    assert (estimate <= values.max() + 1e-9).all()


@pytest.mark.parametrize(
    ("power", "stations", "reach_m"),
    [(0, 1, 1), (np.inf, 1, 1), (2, 0, 1), (2, 1, 0), (2, 1, np.nan)],
)
def test_settings_that_make_no_sense(power: float, stations: int, reach_m: float) -> None:
    with pytest.raises(EnvironmentDataError, match="inverse distance: expected"):
        near(power, stations=stations, reach_m=reach_m)


# Leaving one out


def test_leave_one_out_of_three_by_hand() -> None:
    # On a line at 0, 1 and 3 km with 10, 20 and 60.
    stations = at([10, 20, 60], [0, 1, 3], [0, 0, 0])
    found = exposure.leave_one_out(stations, method=near(1))
    # The first: from 1 km 20, from 3 km 60; the second: 10 from 1, 60 from 2; the third: 10 from
    # 3, 20 from 2.
    guesses = [(20 + 60 / 3) / (4 / 3), (10 + 60 / 2) / (3 / 2), (10 / 3 + 20 / 2) / (5 / 6)]
    miss = np.array(guesses) - [10, 20, 60]
    others = np.array([40, 35, 15]) - [10, 20, 60]
    for row, expected in zip(found.itertuples(), (miss, others), strict=True):
        assert row.rmse == pytest.approx(np.sqrt((expected**2).mean()), rel=1e-4)
        assert row.mae == pytest.approx(np.abs(expected).mean(), rel=1e-4)
        assert row.bias == pytest.approx(expected.mean(), rel=1e-4)
        assert (row.n, row.without_estimate) == (3, 0)
    assert found["estimate"].tolist() == ["inverse distance", "mean of the other stations"]


def test_leave_one_out_over_days_skips_missing_stations() -> None:
    # Day 1: 10, 20 and none: each is the other's estimate. Day 2 has one station only.
    stations = at([[10, 20, np.nan], [np.nan, np.nan, 5]], [0, 1, 3], [0, 0, 0])
    found = exposure.leave_one_out(stations, method=near())
    assert found["of"].tolist() == ["each time"] * 2 + ["mean over time"] * 2
    assert found["rmse"].tolist() == pytest.approx([10.0] * 4)
    assert found["bias"].tolist() == pytest.approx([0.0] * 4)
    assert found["n"].tolist() == [2] * 4
    assert found["without_estimate"].tolist() == [1, 1, 0, 0]


def test_a_map_no_better_than_one_number_says_so() -> None:
    # Neighbours differ most: the mean of the others is nearer than the neighbour.
    stations = at([10, 50, 10, 50], [0, 1, 2, 3], [0, 0, 0, 0])
    found = exposure.map_stations(stations, people([[1, 1]]), method=near(4))
    own, other = found.leave_one_out["rmse"]
    assert own > other
    assert "no better than one number" in found.notes[0]
    # A slope: the neighbour is nearer.
    stations = at([10, 20, 30, 40], [0, 1, 2, 3], [0, 0, 0, 0])
    found = exposure.map_stations(stations, people([[1, 1]]), method=near(4))
    assert ": the map is better than one number" in found.notes[0]


def test_one_station_has_no_check() -> None:
    found = exposure.map_stations(at([10], [0], [0]), people([[1, 1]]), method=near())
    np.testing.assert_allclose(found.cells["estimate"], 10)
    assert found.leave_one_out["n"].tolist() == [0, 0]
    assert "no check" in found.notes[0]


# Kriging, against its system written down and solved here


def spherical(distance_m: np.ndarray, sill: float, reach_m: float, nugget: float) -> np.ndarray:
    part = np.minimum(distance_m / reach_m, 1)
    rising = nugget + (sill - nugget) * (1.5 * part - 0.5 * part**3)
    return np.where(distance_m > 0, rising, 0.0)


def solved(
    stations_m: np.ndarray, values: np.ndarray, place_m: np.ndarray, **variogram: float
) -> tuple[float, float]:
    """Solve Σ w γ(i, j) + μ = γ(i, place) with Σ w = 1 for one place."""
    count = len(values)
    system = np.ones((count + 1, count + 1))
    system[-1, -1] = 0
    apart = np.linalg.norm(stations_m[:, None] - stations_m[None], axis=2)
    system[:count, :count] = spherical(apart, **variogram)
    right = np.ones(count + 1)
    right[:count] = spherical(np.linalg.norm(stations_m - place_m, axis=1), **variogram)
    weights = np.linalg.solve(system, right)
    return float(weights[:count] @ values), float(np.sqrt(weights @ right))


@pytest.mark.parametrize("nugget", [0.0, 4.0])
def test_kriging_solves_its_system(nugget: float) -> None:
    x_km, y_km, values = [0.5, 4.0, 2.0], [0.5, 1.0, 6.0], [30.0, 44.0, 51.0]
    method = exposure.Kriging(
        variogram_model="spherical",
        variogram_parameters={"sill": 25.0, "range": 9000.0, "nugget": nugget},
    )
    grid = people(np.ones((2, 3)))
    found = exposure.map_stations(at(values, x_km, y_km), grid, method=method).cells
    stations_m = np.column_stack([WEST + 1000 * np.array(x_km), NORTH - 1000 * np.array(y_km)])
    variogram = {"sill": 25.0, "reach_m": 9000.0, "nugget": nugget}
    # Not at the first cell, on which a station stands but for a rounding of its degrees.
    for row, column in [(0, 1), (0, 2), (1, 0), (1, 2)]:
        place_m = np.array([grid["x"][column], grid["y"][row]])
        value, deviation = solved(stations_m, np.array(values), place_m, **variogram)
        assert float(found["estimate"][row, column]) == pytest.approx(value, rel=1e-6)
        assert float(found["kriging_sd"][row, column]) == pytest.approx(deviation, rel=1e-6)


def test_kriging_of_two_stations_halfway_by_hand() -> None:
    # Linear variogram, slope 1 per m, stations 2 km apart: weights ½, and the variance is
    # 2 · ½ · γ(1 km) + μ, with μ = γ(1 km) − ½ γ(2 km) = 0: 1000.
    method = exposure.Kriging(
        variogram_model="linear", variogram_parameters={"slope": 1.0, "nugget": 0.0}
    )
    stations_m = np.array([[0.0, 0.0], [2000.0, 0.0]])
    value, deviation = method.estimate(
        stations_m, np.array([20.0, 60.0]), np.array([[1000.0, 0.0], [2000.0, 0.0]])
    )
    np.testing.assert_allclose(value, [40, 60])
    np.testing.assert_allclose(deviation, [np.sqrt(1000), 0], atol=1e-6)


def test_kriging_leaves_one_out_and_warns_of_few_stations() -> None:
    draw = np.random.default_rng(2)
    x_km, y_km = draw.uniform(0, 20, (2, 8))
    values = 30 + x_km + draw.normal(0, 0.5, 8)
    stations = at(values, x_km.tolist(), y_km.tolist())
    method = exposure.Kriging(
        variogram_model="spherical",
        variogram_parameters={"sill": 60.0, "range": 30_000.0, "nugget": 0.5},
    )
    stations_m = station_positions_m(stations)
    variogram = {"sill": 60.0, "reach_m": 30_000.0, "nugget": 0.5}
    guesses = []
    for one in range(8):
        others = np.arange(8) != one
        guess, _ = solved(stations_m[others], values[others], stations_m[one], **variogram)
        guesses.append(guess)
    found = exposure.leave_one_out(stations, method=method)
    assert found["rmse"][0] == pytest.approx(np.sqrt(((guesses - values) ** 2).mean()), rel=1e-6)
    fitted = exposure.Kriging(variogram_model="linear")
    notes = exposure.map_stations(stations, people([[1, 1]]), method=fitted).notes
    assert "fitted to 8 stations" in notes[1]


@pytest.mark.parametrize(
    ("model", "parameters", "values", "says"),
    [
        ("linear", None, [1, 2, 3, 4], "ordinary kriging: expected at least 5 stations"),
        ("linear", {"slope": 1.0, "nugget": 0.0}, [1, 2], "at least 3 stations"),
        ("linear", {"slop": 1.0}, [1, 2, 3], "no kriging of 3 values"),
        ("spherical", None, [7, 7, 7, 7, 7], "no kriging of 5 values from 7 to 7"),
    ],
)
def test_kriging_that_cannot_be(
    model: str, parameters: dict[str, float] | None, values: list[float], says: str
) -> None:
    count = len(values)
    stations = at(values, [0, 3, 7, 12, 4][:count], [0, 5, 1, 4, 9][:count])
    method = exposure.Kriging(variogram_model=model, variogram_parameters=parameters)  # type: ignore[arg-type]
    with pytest.raises(EnvironmentDataError, match=says):
        exposure.map_stations(stations, people([[1, 1]]), method=method)


def test_a_model_that_is_none() -> None:
    with pytest.raises(EnvironmentDataError, match="variogram_model: expected one of linear"):
        exposure.Kriging(variogram_model="cubic")  # type: ignore[arg-type]


# Where stations stand


def degrees(longitude: list[float], latitude: list[float]) -> xr.DataArray:
    coords = {"longitude": ("station", longitude), "latitude": ("station", latitude)}
    return xr.DataArray(np.ones(len(longitude)), coords, ("station",))


@pytest.mark.parametrize(
    ("longitude", "latitude", "says"),
    [
        ([21.0], [105.8], "swapped"),
        ([2.35], [48.86], "expected a position in Viet Nam"),
        ([np.nan], [21.0], "longitude nan"),
        ([105.8, 105.8], [21.0, 21.0], "stations 0 and 1 stand at one place"),
        ([], [], "at least one station"),
    ],
)
def test_positions_that_cannot_be(longitude: list[float], latitude: list[float], says: str) -> None:
    with pytest.raises(EnvironmentDataError, match=says):
        station_positions_m(degrees(longitude, latitude))


def test_stations_without_positions() -> None:
    with pytest.raises(EnvironmentDataError, match="no longitude and latitude"):
        station_positions_m(xr.DataArray([1.0], dims="station"))


def test_distances_are_metres_on_the_ground() -> None:
    # One minute of latitude is 1,845 m at 21° north (WGS 84); UTM shortens it by 0.0004 at most.
    places_m = station_positions_m(degrees([105.85, 105.85], [21.0, 21.0 + 1 / 60]))
    assert np.linalg.norm(places_m[1] - places_m[0]) == pytest.approx(1845, rel=5e-4)


# Wards


def test_wards_over_the_people_of_their_cells_by_hand() -> None:
    # Four cells of 1 km, stations at the first and the last centre. Weights of the last at power
    # 1 in the four cells: 0, 1/3, 2/3, 1.
    daily = at([[30, 60], [90, np.nan], [np.nan, np.nan]], [0.5, 3.5], [0.5, 0.5])
    found = exposure.ward_exposure(
        daily,
        wards((0, 2), (2, 4)),
        people([[10, 30, 40, 20]]),
        method=near(1),
        mean_limit_ugm3=66,
        daily_limit_ugm3=50,
        least_share_of_days=0.5,
    )
    # Day 1: 30, 40, 50, 60; day 2: 90 everywhere; day 3: none. Means 60, 65, 70, 75.
    expected = {
        "people": [40, 60],
        "people_without_value": [0, 0],
        "mean_ugm3": [(10 * 60 + 30 * 65) / 40, (40 * 70 + 20 * 75) / 60],
        "people_over_limit": [0, 60],
        "days_with_value": [2, 2],
        # Day 1: (10·30 + 30·40) / 40 = 37.5 and (40·50 + 20·60) / 60 = 53.3.
        "exceedance_days": [1, 2],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found.wards[name], values, rtol=1e-4, err_msg=name)
    total = found.totals.iloc[0]
    assert total["mean_ugm3"] == pytest.approx((600 + 1950 + 2800 + 1500) / 100, rel=1e-4)
    assert total["person_days_over"] == 1 * 40 + 2 * 60
    assert (total["people"], total["people_outside"], total["people_over_limit"]) == (100, 0, 60)
    assert found.wards["code"].tolist() == ["00000", "00001"]
    assert found.wards.attrs["source"]["citation"] == "made up"


def test_wards_at_their_centroids() -> None:
    daily = at([[30, 60]], [1, 3], [0.5, 0.5])
    found = exposure.ward_exposure(
        daily,
        wards((0, 2), (2, 4), (1, 3)),
        "people",
        method=near(),
        mean_limit_ugm3=40,
        daily_limit_ugm3=40,
    )
    np.testing.assert_allclose(found.wards["mean_ugm3"], [30, 60, 45], rtol=1e-4)
    assert found.wards["people_over_limit"].tolist() == [0, 100, 100]


def test_a_mean_of_too_few_days_is_not_published_and_its_people_are_counted() -> None:
    daily = at([[30, 60], [30, np.nan], [30, np.nan]], [0.5, 30.5], [0.5, 0.5])
    found = exposure.ward_exposure(
        daily,
        wards((0, 1), (30, 31)),
        "people",
        method=near(reach_m=5000),
        mean_limit_ugm3=30,
        daily_limit_ugm3=60,
    )
    assert found.wards["mean_ugm3"].tolist() == [30, pytest.approx(np.nan, nan_ok=True)]
    assert found.wards["people_without_value"].tolist() == [0, 100]
    assert found.wards["days_with_value"].tolist() == [3, 1]
    # What equals a limit is not above it; what is not known is not zero.
    assert found.wards["exceedance_days"].tolist() == [0, pytest.approx(np.nan, nan_ok=True)]
    assert found.wards["people_over_limit"].tolist() == [0, 0]
    assert found.totals["mean_ugm3"].item() == 30


def test_person_days_are_of_those_whose_air_is_known() -> None:
    # The station reaches the first of two cells of the ward, and is above the limit on two days.
    found = exposure.ward_exposure(
        at([[60], [30], [60]], [0.5], [0.5]),
        wards((0, 2)),
        people([[40, 70]]),
        method=near(reach_m=600),
        mean_limit_ugm3=45,
        daily_limit_ugm3=45,
    )
    assert found.wards["exceedance_days"].tolist() == [2]
    assert found.totals["people_without_value"].item() == 70
    assert found.totals["person_days_over"].item() == 2 * 40


def test_kriging_of_means_to_wards_keeps_people_and_gives_its_deviation() -> None:
    x_km, y_km = [0.5, 4.0, 2.0, 9.0], [0.5, 1.0, 6.0, 3.0]
    days = np.array([[20, 30, 40, 25], [30, 40, 50, 35]])
    method = exposure.Kriging(
        variogram_model="spherical",
        variogram_parameters={"sill": 25.0, "range": 9000.0, "nugget": 1.0},
    )
    found = exposure.ward_exposure(
        at(days, x_km, y_km),
        wards((1, 2), (2, 3)),
        people([[5, 10, 20, 7]]),
        method=method,
        mean_limit_ugm3=25,
    )
    stations_m = np.column_stack([WEST + 1000 * np.array(x_km), NORTH - 1000 * np.array(y_km)])
    variogram = {"sill": 25.0, "reach_m": 9000.0, "nugget": 1.0}
    for row, x_m in enumerate([WEST + 1500, WEST + 2500]):
        value, deviation = solved(
            stations_m, days.mean(axis=0), np.array([x_m, NORTH - 500]), **variogram
        )
        assert found.wards["mean_ugm3"][row] == pytest.approx(value, rel=1e-5)
        assert found.wards["kriging_sd_ugm3"][row] == pytest.approx(deviation, rel=1e-5)
    assert found.totals["people"].item() + found.totals["people_outside"].item() == 42
    assert "exceedance_days" not in found.wards


@settings(max_examples=8, deadline=None)
@given(
    npst.arrays(float, (6, 3), elements=st.floats(1, 300) | st.just(np.nan)),
    npst.arrays(float, (1, 6), elements=st.integers(0, 1000).map(float) | st.just(np.nan)),
    st.floats(0, 300),
)
def test_nobody_is_lost(values: np.ndarray, counts: np.ndarray, limit: float) -> None:
    values[0, 0], counts[0, 0] = 50.0, 10.0
    found = exposure.ward_exposure(
        at(values, [0.5, 2.5, 4.5], [0.5, 0.5, 0.5]),
        wards((0, 2), (2, 4)),
        people(counts),
        method=near(reach_m=2200),
        mean_limit_ugm3=limit,
        daily_limit_ugm3=limit,
    )
    assert found.totals[["people", "people_outside"]].sum(axis=1).item() == np.nansum(counts)
    table = found.wards
    assert (table["people_over_limit"] + table["people_without_value"] <= table["people"]).all()
    assert not (table["exceedance_days"] > table["days_with_value"]).any()
    known = values[np.isfinite(values)]
    lived = table["mean_ugm3"].dropna()
    assert lived.between(known.min() - 1e-9, known.max() + 1e-9).all()


def exposed(daily: xr.DataArray, **changes: object) -> exposure.WardExposure:
    given: dict[str, object] = {
        "wards": wards((0, 2)),
        "population": people([[10, 30]]),
        "method": near(),
        "mean_limit_ugm3": 25,
        "daily_limit_ugm3": 45,
    }
    return exposure.ward_exposure(daily, **(given | changes))  # type: ignore[arg-type]


def test_wards_that_cannot_be() -> None:
    daily = at([[30, 60], [40, 50]], [0.5, 3.5], [0.5, 0.5])
    kriging = exposure.Kriging(variogram_model="linear")
    for changes, says in [
        ({"daily_limit_ugm3": None}, "inverse distance works day by day and needs one"),
        ({"method": kriging}, "kriging works on means over days"),
        ({"method": kriging, "daily_limit_ugm3": None}, "at least 5 stations"),
        ({"method": near(stations=3)}, "at least 3 stations with a value, found 2 of 2"),
        ({"population": "peopel"}, "no column 'peopel'"),
        ({"population": people([[-1, 30]])}, "people: expected finite numbers of 0 or more"),
        ({"population": people([[0, 0]])}, "nobody of the 0 people"),
        ({"wards": wards((50, 51))}, "nobody of the 40 people"),
        ({"wards": wards((0, 2)).set_crs(None, allow_override=True)}, "found None"),
        ({"wards": wards((0, 2)).drop(columns="name")}, "no column 'name'"),
    ]:
        with pytest.raises(EnvironmentDataError, match=says):
            exposed(daily, **changes)


def test_readings_that_cannot_be() -> None:
    daily = at([[30, 60], [40, 50]], [0.5, 3.5], [0.5, 0.5])
    with pytest.raises(EnvironmentDataError, match="none of the 4 daily means"):
        exposed(daily * np.nan)
    with pytest.raises(EnvironmentDataError, match=r"daily means: .* found -999"):
        exposed(daily.where(daily != 30, -999))
    twice = daily.assign_coords(time=daily["time"].to_numpy()[[0, 0]])
    with pytest.raises(EnvironmentDataError, match="several on 2025-01-01"):
        exposed(twice)
    with pytest.raises(EnvironmentDataError, match="expected one value a station"):
        exposure.map_stations(daily, people([[1]]), method=near())
