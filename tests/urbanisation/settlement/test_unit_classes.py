"""Units by the people in their cells: the published rules on cases worked out by hand."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import MultiPolygon, box

from hanoi_analytics import catalogue, places
from hanoi_analytics.rasters import RasterError
from hanoi_analytics.urbanisation.settlement.units import UnitsError, classify_units

CODES = (30, 23, 22, 21, 13, 12, 11, 10)


def grid(
    cells: object, dtype: str, *, west: float = 0.0, crs: str | None = "ESRI:54009"
) -> xr.DataArray:
    values = np.asarray(cells, dtype=dtype)
    rows, columns = values.shape
    axes = {
        "y": (rows - 0.5 - np.arange(rows)) * 1000.0,
        "x": west + (np.arange(columns) + 0.5) * 1000.0,
    }
    array = xr.DataArray(values, axes, ("y", "x"))
    array = array.rio.write_transform(from_origin(west, rows * 1000.0, 1000.0, 1000.0))
    array = array.rio.write_nodata(255 if dtype == "uint8" else np.nan)
    return array if crs is None else array.rio.write_crs(crs)


def units(
    *boxes: tuple[float, float, float, float], crs: str | None = "ESRI:54009"
) -> gpd.GeoDataFrame:
    codes = [chr(ord("a") + number) for number in range(len(boxes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=[box(*one) for one in boxes], crs=crs)


def classified(rows: list[dict[int, int]], *, rules: str = "2024", level: int = 2) -> pd.DataFrame:
    """Classify units 0, 1, … whose people live in cells of the classes given, one cell of each."""
    counts = [[people.get(code, 0) for code in CODES] for people in rows]
    shapes = units(*[(0, 1000 * row, 8000, 1000 * row + 1000) for row in range(len(rows))])
    return classify_units(
        grid([CODES] * len(rows), "uint8"),
        grid(counts[::-1], "float64"),  # the first unit lies in the south, so in the last row
        shapes.assign(code=range(len(rows))),
        key="code",
        level=level,  # type: ignore[arg-type]
        rules=rules,  # type: ignore[arg-type]
    )


# People per class, then the class of the unit at level 1 and at level 2 by either edition.
CASES = [
    ({30: 50, 12: 50}, 3, 30, 30),  # exactly half is enough for a city
    ({30: 49, 12: 51}, 1, 12, 12),
    ({21: 50, 12: 50}, 2, 21, 21),  # exactly half in rural cells is not rural
    ({30: 30, 23: 20, 12: 50}, 2, 23, 23),  # exactly half makes a dense town
    ({30: 30, 23: 19, 21: 51}, 2, 21, 21),
    ({23: 30, 22: 31, 21: 39}, 2, 22, 22),
    ({23: 31, 22: 31, 21: 38}, 2, 22, 23),  # equal parts: dense by the rules of 2021
    ({30: 45, 22: 5, 21: 50}, 2, 21, 21),  # exactly half makes a suburb
    ({30: 45, 22: 10, 21: 10, 12: 35}, 2, 22, 21),  # equal parts: suburb by the rules of 2021
    ({23: 25, 21: 25, 12: 50}, 2, 21, 21),
    ({22: 60, 21: 20, 12: 20}, 2, 22, 22),  # suburban cells count, not semi-dense ones
    ({23: 49, 22: 2, 12: 49}, 2, 22, 23),
    ({13: 50, 12: 50}, 1, 13, 13),
    ({13: 49, 12: 51}, 1, 12, 12),
    ({12: 50, 11: 50}, 1, 11, 12),  # the editions decide a tie differently
    ({30: 30, 21: 19, 11: 51}, 1, 11, 11),
    ({30: 30, 21: 19, 12: 51}, 1, 12, 12),
    ({30: 20, 13: 30, 12: 25, 11: 25}, 1, 13, 13),
    ({21: 40, 12: 20, 11: 40}, 1, 12, 11),
    ({23: 30, 22: 10, 13: 10, 12: 50}, 1, 13, 12),
    ({10: 9}, 1, 11, 11),  # people whom another grid puts on water
]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    rows = [people for people, *_ in CASES]
    return {
        "2024": classified(rows),
        "2021": classified(rows, rules="2021"),
        "level 1": classified(rows, level=1),
    }


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number][0]))
def test_a_unit_gets_the_class_of_the_published_rules(
    tables: dict[str, pd.DataFrame], number: int
) -> None:
    _, level_1, by_2024, by_2021 = CASES[number]
    new, old = tables["2024"].loc[number], tables["2021"].loc[number]
    assert (new["level_1"], new["level_2"]) == (level_1, by_2024)
    assert (old["level_1"], old["level_2"]) == (level_1, by_2021)
    assert tables["level 1"].loc[number, "level_1"] == level_1


def test_names_shares_and_basis_are_told() -> None:
    unit = classified([{23: 60, 12: 40}]).loc[0]
    assert unit["level_1_name"] == "Town or semi-dense area"
    assert unit["level_2_name"] == "Dense town"
    assert unit["population_people"] == 100
    assert (unit["share_23"], unit["share_12"], unit["share_30"]) == (0.6, 0.4, 0.0)
    assert (unit["basis"], unit["classified_share"]) == ("people", 1.0)


def manual_2024(people: dict[int, int]) -> set[int]:
    """Return every class of level 2 whose condition holds, in whole numbers, as the text has it."""
    total = sum(people.values())
    of = lambda *codes: sum(people.get(code, 0) for code in codes)  # noqa: E731
    at_least_half = lambda *codes: 2 * of(*codes) >= total  # noqa: E731
    if at_least_half(30):
        return {30}
    if 2 * of(13, 12, 11) > total:
        found = {13} if at_least_half(30, 23, 22, 21, 13) else set()
        found |= {11} if at_least_half(11) else set()
        return found or {12}
    found = {23} if at_least_half(30, 23) else set()
    found |= {21} if at_least_half(21, 13, 12, 11) else set()
    return found or {22}


def manual_2021(people: dict[int, int]) -> set[int]:
    """Return the classes of level 2 that the edition of 2021 allows."""
    of = lambda *codes: sum(people.get(code, 0) for code in codes)  # noqa: E731
    total = sum(people.values())
    if 2 * of(30) >= total:
        return {30}
    if 2 * of(13, 12, 11) > total:
        return {code for code in (13, 12, 11) if of(code) == max(of(13), of(12), of(11))}
    if of(23, 22) <= of(21):
        return {21}
    return {23} if of(23) >= of(22) else {22}


UNIT = st.fixed_dictionaries({code: st.integers(0, 6) for code in CODES[:-1]}).filter(
    lambda people: any(people.values())
)


@settings(max_examples=8, deadline=None)
@given(st.lists(UNIT, min_size=20, max_size=40))
def test_every_unit_gets_one_class_and_its_condition_holds(people: list[dict[int, int]]) -> None:
    new, old = classified(people), classified(people, rules="2021")
    parent = {30: 3, 23: 2, 22: 2, 21: 2, 13: 1, 12: 1, 11: 1}
    for row, unit in enumerate(people):
        assert new.loc[row, "level_2"] in manual_2024(unit)
        assert old.loc[row, "level_2"] in manual_2021(unit)
    assert new["level_1"].tolist() == new["level_2"].map(parent).tolist()
    assert old["level_1"].tolist() == new["level_1"].tolist() == old["level_2"].map(parent).tolist()


def test_cells_on_a_border_count_by_the_part_inside() -> None:
    classes = grid([[30, 12], [21, 255]], "uint8")
    people = grid([[100, 200], [10, 7]], "float64")
    shapes = units((500, 1000, 1500, 2000), (0, 0, 1000, 1500), (1500, 500, 2000, 1500))
    table = classify_units(classes, people, shapes, key="code", level=2)
    # a: half of 100 in the centre, half of 200 in rural cells.
    assert table.loc["a", ["share_30", "share_12"]].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert table.loc["a", "population_people"] == 150
    # b: half of 100 and all of 10; c: a quarter of 200, the cell without class left out.
    assert table.loc["b", ["level_1_name", "population_people"]].tolist() == ["City", 60]
    assert table.loc["c", ["level_2", "population_people"]].tolist() == [12, 50]
    assert table.loc["c", "classified_share"] == 0.5


def test_units_of_several_parts_and_in_degrees_are_counted_whole() -> None:
    classes, people = grid([[30, 12, 12]], "uint8"), grid([[300, 50, 200]], "float64")
    parts = MultiPolygon([box(0, 0, 1000, 1000), box(2000, 0, 3000, 1000)])
    shapes = gpd.GeoDataFrame({"code": ["a"]}, geometry=[parts], crs="ESRI:54009")
    table = classify_units(classes, people, shapes.to_crs("EPSG:4326"), key="code")
    assert table.loc["a", "population_people"] == pytest.approx(500, rel=1e-4)
    assert table.loc["a", "share_30"] == pytest.approx(0.6, rel=1e-3)
    assert table.loc["a", "level_1"] == 3


def test_units_without_people_go_by_area_of_their_land(
    caplog: pytest.LogCaptureFixture,
) -> None:
    classes = grid([[30, 12, 12, 10, 10, 10, 10]], "uint8")
    people = grid([[0, 0, np.nan, 0, 0, 0, 0]], "float64")
    shapes = units((0, 0, 3000, 1000), (2000, 0, 6000, 1000), (5000, 0, 6000, 1000))
    with caplog.at_level(logging.INFO):
        table = classify_units(classes, people, shapes, key="code", level=2)
    assert table["basis"].tolist() == ["area", "area", "area"]
    assert table["population_people"].tolist() == [0, 0, 0]
    # a: two of three cells are dispersed; b: one, and water; c: nothing but water.
    assert table["level_2"].tolist() == [12, 12, 11]
    assert table.loc["b", ["share_12", "share_10"]].tolist() == [1.0, 0.0]
    assert table.loc["c", "share_10"] == 1.0
    assert "3 unit(s) without people are classified by area" in caplog.text


def test_a_unit_off_the_grid_has_no_class_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    classes, people = grid([[30, 255]], "uint8"), grid([[10, 10]], "float64")
    shapes = units((0, 0, 1000, 1000), (9000, 0, 9500, 500), (1000, 0, 2000, 1000))
    table = classify_units(classes, people, shapes, key="code", level=2)
    assert table["basis"].tolist() == ["people", "none", "none"]
    assert table.loc[["b", "c"], ["level_1", "level_1_name", "level_2"]].isna().all().all()
    assert table.loc["b", "classified_share"] == 0.0
    assert "2 unit(s) overlap no classified cell, the first 'b'" in caplog.text


def test_units_may_all_lie_on_cells_without_class() -> None:
    classes, people = grid([[30, 255]], "uint8"), grid([[10, 10]], "float64")
    table = classify_units(classes, people, units((1200, 0, 1800, 900)), key="code", level=2)
    assert table["basis"].tolist() == ["none"]


def test_classes_of_level_1_serve_level_1_only() -> None:
    classes = grid([[3, 2, 1, 0]], "uint8")
    people = grid([[50, 20, 30, 0]], "float64")
    whole = units((0, 0, 4000, 1000), (1000, 0, 3000, 1000))
    table = classify_units(classes, people, whole, key="code")
    assert table["level_1"].tolist() == [3, 1]
    assert table.loc["a", ["share_3", "share_2", "share_1"]].tolist() == [0.5, 0.2, 0.3]
    with pytest.raises(UnitsError, match="classify the cells with level=2"):
        classify_units(classes, people, whole, key="code", level=2)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"rules": "2023"}, UnitsError, "rules='2023'"),
        ({"level": 3}, UnitsError, "level=3"),
        ({"classes": grid([[30, 7]], "uint8")}, UnitsError, "expected those of one level"),
        ({"classes": grid([[30, 3]], "uint8")}, UnitsError, "expected those of one level"),
        ({"classes": grid([[30, 11]], "uint8", crs=None)}, RasterError, "no coordinate system"),
        ({"population": grid([[1, 1]], "float64", west=500)}, RasterError, "different grids"),
        ({"areas": units((0, 0, 2000, 1000), crs=None)}, RasterError, "table of areas has no"),
        (
            {"areas": units((0, 0, 1000, 1000), (0, 0, 500, 500)).assign(code="a")},
            RasterError,
            "stands twice",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    changed: dict[str, object], error: type[Exception], words: str
) -> None:
    arguments: dict[str, object] = {
        "classes": grid([[30, 11]], "uint8"),
        "population": grid([[10, 10]], "float64"),
        "areas": units((0, 0, 2000, 1000)),
        "key": "code",
        "level": 2,
        **changed,
    }
    with pytest.raises(error, match=words):
        classify_units(**arguments)  # type: ignore[arg-type]


def test_the_sources_of_grids_and_areas_go_along() -> None:
    classes = catalogue.load("vn_degree_of_urbanisation_2025")
    wards = places.wards("approximate")
    people = classes.where(classes == 255, 1000).astype("float32").rio.write_nodata(255)
    people.attrs["source"] = {"citation": "even spread", "tier": "own"}
    table = classify_units(classes, people, wards, key="code")
    named = [source["citation"][:8] for source in table.attrs["sources"]]
    assert len(named) == 3
    assert "even spr" in named
    # Hoàn Kiếm is a city by any count, Yên Bài in the hills of Ba Vì is rural.
    assert table.loc[["00070", "09706"], "level_1"].tolist() == [3, 1]
