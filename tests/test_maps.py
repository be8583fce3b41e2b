"""Maps: classes and legends by hand, escaping, sources, and what is refused."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401  (registers .rio)
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from shapely import GeometryCollection, MultiPolygon, Point, Polygon, box

from hanoi_analytics import maps
from hanoi_analytics.errors import HanoiError
from hanoi_analytics.maps import Map, MapError
from hanoi_analytics.maps.layers import VectorLayer
from hanoi_analytics.maps.legends import class_edges, class_numbers, range_labels, value_text

SOURCE = {"id": "wards", "citation": "Squares by hand", "tier": "own"}
SIMULATED = {
    "id": "masts",
    "citation": "Generator of masts, seed 7",
    "tier": "simulated",
    "approximate": "Positions are drawn at random.",
}
BADGE = (0xA3, 0x16, 0x0C)
HOSTILE = "<script>alert(1)</script> \"'&{{ 7*7 }}{% raw %}"
TEXTS: dict[str, Any] = {"title": "Squares", "legend": "People per km²", "alt": "Ten squares."}
TOOLTIP = {"name": "Ward", "density": ("Density", "people/km²")}
KINDS = {"w": "#0072b2", "c": "#e69f00"}


def squares(count: int = 10, **columns: Any) -> gpd.GeoDataFrame:
    """Return squares in a row, west to east from 105.8° E, 21.0° N, valued 1, 2, 3, …"""
    frame = gpd.GeoDataFrame(
        {
            "name": [f"Ward {number}" for number in range(1, count + 1)],
            "density": np.arange(1.0, count + 1),
            "kind": ["w", "c"] * (count // 2) + ["w"] * (count % 2),
        }
        | columns,
        geometry=[box(105.8 + i / 50, 21.0, 105.82 + i / 50, 21.02) for i in range(count)],
        crs="EPSG:4326",
    )
    frame.attrs["source"] = SOURCE
    return frame


def spots(count: int = 4, **columns: Any) -> gpd.GeoDataFrame:
    frame = squares(count, **columns)
    places = [Point(105.8 + i / 50, 21.0 + i / 100) for i in range(count)]
    frame = frame.set_geometry(gpd.GeoSeries(places, crs="EPSG:4326"))
    frame.attrs["source"] = SOURCE
    return frame


def grid(values: Any = ((1.0, 2.0), (3.0, 4.0)), crs: str | None = "EPSG:4326") -> xr.DataArray:
    cells = np.asarray(values)
    array = xr.DataArray(
        cells,
        coords={
            "y": 21.03 - 0.01 * np.arange(cells.shape[0]),
            "x": 105.8 + 0.01 * np.arange(cells.shape[1]),
        },
        dims=("y", "x"),
        attrs={"source": SOURCE},
    )
    return array.rio.write_crs(crs) if crs else array


def density(areas: gpd.GeoDataFrame | None = None, **options: Any) -> Map:
    return maps.choropleth(
        squares() if areas is None else areas,
        "density",
        **(TEXTS | {"tooltip": TOOLTIP} | options),
    )


def document(shown: Map) -> str:
    """Return the document inside the frame."""
    (srcdoc,) = re.findall(r'srcdoc="([^"]*)"', shown.html)
    return html.unescape(srcdoc)


def features(shown: Map) -> list[dict[str, Any]]:
    """Return the features that the page's script adds, read back as GeoJSON."""
    found = re.findall(r"_add\((\{.*\})\);", document(shown))
    return [feature for text in found for feature in json.loads(text)["features"]]


def fill_colours(shown: Map) -> list[str]:
    """Return the fill of each feature of the first layer, as the script will choose it."""
    chosen: dict[str, str] = {}
    for cases, style in re.findall(r"((?:case \"\d+\": )+)\s*return (\{.*?\});", document(shown)):
        fill = json.loads(style).get("fillColor")
        for number in re.findall(r'"(\d+)"', cases):
            chosen.setdefault(number, fill)
    default = re.findall(r"default:\s*return (\{.*?\});", document(shown))[0]
    rest = json.loads(default).get("fillColor")
    return [chosen.get(str(number), rest) for number in range(len(features(shown)))]


def png_colours(png: bytes) -> set[tuple[int, int, int]]:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    found = picture.getcolors(picture.width * picture.height)
    assert found is not None
    return {colour for _, colour in found}


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_five_quantile_classes_of_one_to_ten() -> None:
    shown = density()
    assert shown.legends[0].heading == "People per km²"
    assert shown.legends[0].labels == (
        "1.0 – 2.8",
        "2.8 – 4.6",
        "4.6 – 6.4",
        "6.4 – 8.2",
        "8.2 – 10.0",
    )
    fills = fill_colours(shown)
    assert len(set(fills)) == 5
    # Two neighbours share a class: 1 and 2, 3 and 4, …
    assert fills[0::2] == fills[1::2]
    assert [one.colour for one in shown.legends[0].swatches] == fills[0::2]


def test_a_value_on_an_edge_belongs_to_the_class_above_and_the_last_edge_to_the_last() -> None:
    fills = fill_colours(density(breaks=[1, 4, 10]))
    assert fills[:3] == [fills[0]] * 3
    assert fills[3:] == [fills[9]] * 7
    assert fills[0] != fills[9]


def test_open_ended_classes_say_so() -> None:
    shown = density(breaks=[-np.inf, 5, 1000, np.inf])
    assert shown.legends[0].labels == ("under 5", "5 – 1,000", "1,000 and over")


def test_missing_values_have_a_class_of_their_own_only_when_there_are_any() -> None:
    assert "no data" not in density().legends[0].labels
    areas = squares()
    areas.loc[4, "density"] = np.nan
    shown = density(areas)
    assert shown.legends[0].labels[-1] == "no data"
    assert fill_colours(shown)[4] == shown.legends[0].swatches[-1].colour
    assert "no data" in features(shown)[4]["properties"].values()
    assert ">no data</li>" in shown.html


def test_equal_values_make_one_class() -> None:
    shown = density(squares(density=[7.0] * 10))
    assert shown.legends[0].labels == ("7",)
    assert set(fill_colours(shown)) == {shown.legends[0].swatches[0].colour}


def test_quantile_edges_are_rounded_and_the_outer_ones_outwards() -> None:
    edges = class_edges(np.array([312.4, 1290.3, 5512.8, 21893.3, 55137.7]), 2)
    assert edges.tolist() == [300.0, 5500.0, 55200.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(2, 9))
def test_every_value_lies_in_the_range_its_class_names(values: list[float], count: int) -> None:
    array = np.array(values)
    edges = class_edges(array, count)
    numbers = class_numbers(array, edges)
    assert len(range_labels(edges)) == max(len(edges) - 1, 1) <= count
    assert numbers.min() >= 0
    if len(edges) > 1:
        assert (np.diff(edges) > 0).all()
        assert numbers.max() < len(edges) - 1
        assert (array >= edges[numbers] - 1e-9).all()
        assert (array <= edges[numbers + 1] + 1e-9).all()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (102136, "102,136"),
        (102136.0, "102,136"),
        (3559.99, "3,560"),
        (28.69, "28.69"),
        (0.0001234, "0.000123"),
        (0.0, "0"),
        (-12.5, "-12.5"),
        (True, "yes"),
        (np.int64(4), "4"),
        (None, "no data"),
        (float("nan"), "no data"),
        ("Ba Đình", "Ba Đình"),
    ],
)
def test_values_are_written_for_readers(value: object, text: str) -> None:
    assert value_text(value) == text


def test_tooltips_and_table_carry_units_and_separators() -> None:
    shown = density(squares(density=np.arange(1, 11) * 1000.5))
    assert features(shown)[1]["properties"] == {"0": "Ward 2", "1": "2,001 people/km²"}
    assert '<td class="number">2,001 people/km²</td>' in shown.html
    assert '<th scope="col" class="number">Density</th>' in shown.html


@pytest.mark.parametrize("where", ["name", "title", "alt", "legend", "heading", "label"])
def test_text_is_escaped_wherever_it_comes_from(where: str) -> None:
    areas = squares()
    options: dict[str, Any] = {"colours": KINDS, "tooltip": TOOLTIP}
    if where == "name":
        areas.loc[0, "name"] = HOSTILE
    elif where == "heading":
        options["tooltip"] = {"name": HOSTILE}
    elif where == "label":
        options["labels"] = {"w": HOSTILE}
    else:
        options[where] = HOSTILE
    shown = maps.classes(areas, "kind", **(TEXTS | options))
    outer = re.sub(r'srcdoc="[^"]*"', "", shown.html)
    inner = document(shown)
    assert "alert(1)" in outer
    assert "<script>alert" not in outer
    assert "<script>alert" not in inner
    # folium renders its own output as a template: braces that reached it would be run.
    braces = "&#123;&#123; 7*7 &#125;&#125;&#123;% raw %&#125;"
    assert braces in outer
    if where in {"name", "heading"}:
        assert "\\u0026lt;script\\u0026gt;alert(1)" in inner
        assert braces.replace("&", "\\u0026") in inner
    elif where in {"title", "alt"}:
        assert braces in inner


@pytest.mark.parametrize("kind", ["choropleth", "classes", "points", "raster"])
def test_nothing_points_outside_the_page(kind: str) -> None:
    text = every_kind()[kind].html
    while (plain := html.unescape(text)) != text:
        text = plain
    assert re.findall(r"(?:src|href)\s*=\s*[\"']?\s*(?:https?:)?//", text, re.IGNORECASE) == []
    assert re.findall(r"@import|url\(\s*[\"']?\s*(?:https?:)?//", text, re.IGNORECASE) == []
    addresses = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']{0,40})", text)
    assert addresses and all(address.startswith("data:") for address in addresses)
    for sheet in re.findall(r"data:text/css;base64,([A-Za-z0-9+/=]+)", text):
        assert b"http" not in re.sub(rb"/\*.*?\*/", b"", base64.b64decode(sheet), flags=re.DOTALL)


def every_kind() -> dict[str, Map]:
    return {
        "choropleth": density(outline=squares(3)),
        "classes": maps.classes(squares(), "kind", colours=KINDS, tooltip=TOOLTIP, **TEXTS),
        "points": maps.points(
            spots(),
            tooltip=TOOLTIP,
            size_column="density",
            size_legend="People",
            outline=squares(3),
            **TEXTS,
        ),
        "raster": maps.raster(grid(), outline=squares(3), **TEXTS),
    }


@pytest.mark.parametrize("kind", ["choropleth", "classes", "points", "raster"])
def test_equal_input_gives_equal_html(kind: str) -> None:
    assert every_kind()[kind].html == every_kind()[kind].html


def test_mimebundle_is_html_with_a_titled_sandboxed_frame_and_a_twin_for_print() -> None:
    shown = density()
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == "Ten squares."
    assert bundle["text/html"] == shown._repr_html_()
    text = bundle["text/html"]
    assert text.startswith('<figure class="map">') and text.endswith("</figure>")
    assert '<iframe title="Map: Squares" srcdoc="' in text
    assert 'sandbox="allow-scripts" loading="lazy"' in text
    assert '<img class="map-print" alt="Ten squares." src="data:image/png;base64,' in text
    assert "<figcaption>" in text and "Source: Squares by hand (own)" in text
    inner = document(shown)
    assert '<html lang="en">' in inner
    assert "<title>Squares</title>" in inner
    assert 'aria-label="Ten squares. Arrow keys move the map, plus and minus zoom."' in inner


def test_static_twin_is_fifteen_centimetres_wide_and_shows_every_class() -> None:
    shown = density()
    picture = Image.open(io.BytesIO(shown.png))
    assert picture.width == 885  # 15 cm of 150 per inch
    assert len(shown.png) < 150_000
    assert {rgb(swatch.colour) for swatch in shown.legends[0].swatches} <= png_colours(shown.png)


def test_simulated_data_are_labelled_in_map_caption_and_twin() -> None:
    areas = squares()
    areas.attrs["source"] = SIMULATED
    shown = density(areas)
    assert '<div class="simulated">SIMULATED DATA</div>' in document(shown)
    assert '<p class="map-simulated">SIMULATED DATA</p>' in shown.html
    assert "Approximate: Positions are drawn at random." in shown.html
    assert BADGE in png_colours(shown.png)
    assert "SIMULATED" not in density().html
    assert BADGE not in png_colours(density().png)


def test_coordinates_are_degrees_with_five_decimals_whatever_the_crs() -> None:
    areas = squares(2).to_crs("EPSG:32648")
    areas.attrs["source"] = SOURCE
    west, south, east, north = density(areas, breaks=2).layers[0].bounds
    assert (west, south, east, north) == (105.8, 21.0, 105.84, 21.02)
    ring = features(density(areas, breaks=2))[0]["geometry"]["coordinates"][0]
    assert [105.82, 21.02] in ring


def test_single_and_multiple_polygons_mix() -> None:
    areas = squares(2)
    both = MultiPolygon([box(105.8, 21, 105.81, 21.01), box(105.7, 21, 105.71, 21.01)])
    areas.loc[0, "geometry"] = both
    kinds = [one["geometry"]["type"] for one in features(density(areas, breaks=2))]
    assert kinds == ["MultiPolygon", "Polygon"]


def test_classes_keep_the_order_of_the_colours_and_the_labels() -> None:
    areas = squares(4, kind=["w", "c", None, "w"])
    shown = maps.classes(
        areas, "kind", colours=KINDS, labels={"w": "Ward (phường)"}, tooltip=TOOLTIP, **TEXTS
    )
    assert shown.legends[0].labels == ("Ward (phường)", "c", "no data")
    assert fill_colours(shown) == ["#0072b2", "#e69f00", "#e3e3e3", "#0072b2"]


def test_circles_have_areas_in_proportion_and_large_ones_lie_below() -> None:
    shown = maps.points(
        spots(3, density=[1.0, 4.0, 16.0]),
        tooltip=TOOLTIP,
        size_column="density",
        size_legend="People",
        **TEXTS,
    )
    layer = shown.layers[0]
    assert isinstance(layer, VectorLayer)
    assert layer.radii_px == [18.0, 9.0, 4.5]
    assert [one["properties"]["0"] for one in features(shown)] == ["Ward 3", "Ward 2", "Ward 1"]
    assert shown.legends[1].labels == ("1", "4", "10")


def test_points_lie_on_the_outline_in_the_twin_too() -> None:
    # Borders cross under the middle of the circle.
    place = spots(1).set_geometry(gpd.GeoSeries([Point(105.82, 21.01)], crs="EPSG:4326"))
    place.attrs["source"] = SOURCE
    shown = maps.points(
        place,
        colours="#ffff00",
        size_column="density",
        size_legend="People",
        tooltip=TOOLTIP,
        outline=squares(2),
        **TEXTS,
    )
    picture = np.asarray(Image.open(io.BytesIO(shown.png)).convert("RGB")).astype(int)
    beside_legend = picture[:, : picture.shape[1] * 6 // 10]
    yellow = (beside_legend[..., 0] > 180) & (beside_legend[..., 2] < 120)
    rows, columns = np.nonzero(yellow)
    middle = (rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2
    assert yellow[middle[0] - 3 : middle[0] + 4, middle[1] - 3 : middle[1] + 4].all()


def test_points_by_category() -> None:
    shown = maps.points(spots(), column="kind", colours=KINDS, tooltip=TOOLTIP, **TEXTS)
    assert shown.legends[0].labels == ("w", "c")
    assert fill_colours(shown) == ["#0072b2", "#e69f00", "#0072b2", "#e69f00"]


def overlay_png(shown: Map) -> Image.Image:
    (code,) = re.findall(r"imageOverlay\(\s*\"data:image/png;base64,([^\"]+)\"", document(shown))
    return Image.open(io.BytesIO(base64.b64decode(code))).convert("RGBA")


def test_raster_of_classes_keeps_its_values_and_lies_where_it_belongs() -> None:
    colours = {10: "#ff0000", 20: "#00ff00", 30: "#0000ff"}
    array = grid([[10, 20], [30, 0]]).rio.write_nodata(0)
    shown = maps.raster(array, colours=colours, labels={10: "Town"}, opacity=0.5, **TEXTS)
    picture = overlay_png(shown)
    # Two pixels to each side of the middle, where the four cells meet.
    left, right = picture.width // 2 - 2, picture.width // 2 + 2
    upper, lower = picture.height // 2 - 2, picture.height // 2 + 2
    assert picture.getpixel((left, upper)) == (255, 0, 0, 255)
    assert picture.getpixel((right, upper)) == (0, 255, 0, 255)
    assert picture.getpixel((left, lower)) == (0, 0, 255, 255)
    assert picture.getpixel((right, lower))[3] == 0
    # Half opaque red over white is pink.
    assert shown.legends[0].labels == ("Town", "20", "30", "no data")
    assert shown.legends[0].swatches[0].colour == "#ff8080"
    # Cells of 0.01° around centres 105.80 and 105.81 E, 21.03 and 21.02 N.
    assert shown.layers[0].bounds == pytest.approx((105.795, 21.015, 105.815, 21.035), abs=1e-5)


def test_raster_on_a_continuous_scale_names_its_ends() -> None:
    ramp = maps.raster(grid(), **TEXTS).legends[0].ramp
    assert ramp is not None
    assert [text for _, text in ramp.ticks] == ["1", "2", "4"]
    assert [share for share, _ in ramp.ticks] == pytest.approx([0, 1 / 3, 1])
    limited = maps.raster(grid(), limits=(2, 3), **TEXTS).legends[0].labels
    assert (limited[0], limited[-1]) == ("≤ 2", "≥ 3")
    assert maps.raster(grid([[5.0, 5.0], [5.0, 5.0]]), **TEXTS).legends[0].labels == ("5",)


def test_add_puts_layers_legends_and_sources_together() -> None:
    masts = spots()
    masts.attrs["source"] = SIMULATED
    below = density()
    both = below.add(maps.points(masts, tooltip=TOOLTIP, **TEXTS)).add(maps.raster(grid(), **TEXTS))
    assert len(below.layers) == 1
    assert [type(layer).__name__ for layer in both.layers] == [
        "VectorLayer",
        "VectorLayer",
        "RasterLayer",
    ]
    assert len(both.legends) == 3
    assert both.provenance.line == (
        "Sources: Squares by hand (own); Generator of masts, seed 7 (simulated)"
    )
    inner = document(both)
    assert inner.index("L.imageOverlay(") < inner.index("L.geoJson(")
    assert len(features(both)) == 14


def test_outline_is_drawn_once_per_border_and_cited() -> None:
    borders = squares(3)
    borders.attrs["source"] = SOURCE | {"citation": "Borders by hand"}
    shown = maps.raster(grid(), outline=borders, **TEXTS)
    (feature,) = features(shown)
    # Three squares in a row: ten sides, of which two are shared.
    drawn = sum(
        abs(x2 - x1) + abs(y2 - y1)
        for line in feature["geometry"]["coordinates"]
        for (x1, y1), (x2, y2) in pairwise(line)
    )
    assert drawn == pytest.approx(10 * 0.02, abs=1e-4)
    assert "Borders by hand (own)" in shown.html


def test_long_lists_are_not_written_as_a_table() -> None:
    many = squares(1001)
    many = many.set_geometry(gpd.GeoSeries([Point(105.8, 21 + i / 1e4) for i in range(1001)]))
    many = many.set_crs("EPSG:4326")
    many.attrs["source"] = SOURCE
    shown = maps.points(many, tooltip=TOOLTIP, **TEXTS)
    assert "<table>" not in re.sub(r'srcdoc="[^"]*"', "", shown.html)
    assert "The map shows 1,001 features" in shown.html


def changed(**columns: Any) -> Callable[[], Map]:
    return lambda: density(squares(**columns))


def with_geometry(shape: Any) -> Callable[[], Map]:
    def draw() -> Map:
        areas = squares()
        areas.loc[2, "geometry"] = shape
        return density(areas)

    return draw


BOW_TIE = Polygon([(105.8, 21), (105.9, 21.1), (105.9, 21), (105.8, 21.1)])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: density(squares().iloc[:0]), "areas has no rows"),
        (lambda: density(squares().set_crs(None, allow_override=True)), r"areas\.set_crs\('EPSG"),
        (lambda: density(squares().drop(columns="geometry")), "GeoDataFrame, not a DataFrame"),
        (
            lambda: maps.choropleth(squares(), "densty", tooltip=TOOLTIP, **TEXTS),
            "no column 'densty' to map: did you mean 'density'",
        ),
        (lambda: density(tooltip={"nam": "Ward"}), "did you mean 'name'"),
        (changed(density=[np.nan] * 10), "no value in any row"),
        (changed(density=["1"] * 10), "use maps.classes for categories"),
        (changed(density=[True] * 10), "not numbers"),
        (changed(density=[np.inf, *range(9)]), "infinite in row 0"),
        (lambda: density(breaks=[1, 5, 5, 10]), "increasing"),
        (lambda: density(breaks=[1]), "two or more"),
        (lambda: density(breaks=[0, np.inf, 12]), "increasing|may be infinite"),
        (lambda: density(breaks=[2, 5, 9]), "2 values lie outside the breaks 2 to 9"),
        (lambda: density(breaks=1), "2 to 9 classes"),
        (lambda: density(colours="jet"), "colour-blind"),
        (lambda: density(colours="virids"), "did you mean 'viridis'"),
        (with_geometry(BOW_TIE), r"invalid geometry in row 2: call areas\.make_valid"),
        (with_geometry(Polygon()), "no geometry in row 2"),
        (with_geometry(None), "no geometry in row 2"),
        (with_geometry(Point(105.8, 21)), "Point in row 2: the map needs MultiPolygon or Polygon"),
        (with_geometry(GeometryCollection([Point(1, 1)])), "GeometryCollection in row 2"),
        (with_geometry(box(580000, 2320000, 580100, 2320100)), "off the map in row 2"),
        (lambda: density(title=" "), "title is empty"),
        (lambda: density(alt=""), "alt is empty"),
        (lambda: density(legend=""), "legend is empty"),
        (lambda: density(data=[[1]]), "a list cannot carry a source"),
        (
            lambda: maps.classes(squares(), "kind", colours={"w": "#000"}, tooltip={}, **TEXTS),
            "column 'kind' holds c, for which colours gives none",
        ),
        (
            lambda: maps.classes(squares(), "kind", colours={}, tooltip={}, **TEXTS),
            "colours is empty",
        ),
        (
            lambda: maps.classes(
                squares(), "kind", colours=KINDS, labels={"x": "X"}, tooltip={}, **TEXTS
            ),
            "labels names x",
        ),
        (
            lambda: maps.classes(
                squares(), "kind", colours=KINDS | {"c": "red;x"}, tooltip={}, **TEXTS
            ),
            "'red;x' is no colour",
        ),
        (
            lambda: maps.classes(
                squares(kind=[None] * 10), "kind", colours=KINDS, tooltip={}, **TEXTS
            ),
            "no value in any row",
        ),
        (lambda: maps.points(squares(), tooltip={}, **TEXTS), "Polygon in row 0, 1"),
        (lambda: maps.points(spots(), colours=KINDS, tooltip={}, **TEXTS), "need column"),
        (lambda: maps.points(spots(), column="kind", tooltip={}, **TEXTS), "needs colours"),
        (
            lambda: maps.points(spots(), size_column="density", tooltip={}, **TEXTS),
            "size_legend is empty",
        ),
        (
            lambda: maps.points(
                spots(density=[1.0, -1.0, np.nan, 2.0]),
                size_column="density",
                size_legend="People",
                tooltip={},
                **TEXTS,
            ),
            "1 missing and 1 negative",
        ),
        (lambda: maps.raster(grid(crs=None), **TEXTS), r"no CRS: .*write_crs\('EPSG:4326'\)"),
        (lambda: maps.raster(grid().expand_dims(band=2), **TEXTS), "choose one plane"),
        (lambda: maps.raster(grid().rename(x="a"), **TEXTS), "name them x and y"),
        (lambda: maps.raster(grid(np.full((2, 2), np.nan)), **TEXTS), "no value in any cell"),
        (lambda: maps.raster(grid([[True, False]] * 2), **TEXTS), "not numbers"),
        (lambda: maps.raster(grid(np.zeros((2001, 2000))), **TEXTS), "4,002,000 cells"),
        (lambda: maps.raster(grid(), colours={1: "#000000"}, **TEXTS), "holds 2.0, 3.0, 4.0"),
        (lambda: maps.raster(grid(), method="bilinar", **TEXTS), "did you mean 'bilinear'"),
        (
            lambda: maps.raster(
                grid(), colours=dict.fromkeys(range(5), "#000000"), method="average", **TEXTS
            ),
            "would mix classes",
        ),
        (lambda: maps.raster(grid(), limits=(3, 2), **TEXTS), "the lower one first"),
        (lambda: maps.raster(grid(), labels={1: "one"}, **TEXTS), "labels belong to classes"),
        (lambda: maps.raster(grid(), opacity=0, **TEXTS), "opacity=0"),
        (lambda: density().add("raster"), "only a map can be added"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_drawn_is_refused_with_advice(draw: Callable[[], Map], message: str) -> None:
    with pytest.raises(MapError, match=message) as caught:
        draw()
    assert isinstance(caught.value, HanoiError)


@pytest.mark.parametrize("kind", ["choropleth", "points", "raster", "outline"])
def test_data_without_a_source_are_refused(kind: str) -> None:
    areas, places, array = squares(), spots(), grid()
    for item in (areas, places, array):
        item.attrs.clear()
    with pytest.raises(MapError, match=r"carries no source in .attrs\['source'\]"):
        if kind == "choropleth":
            density(areas)
        elif kind == "points":
            maps.points(places, tooltip={}, **TEXTS)
        elif kind == "raster":
            maps.raster(array.rio.write_crs("EPSG:4326"), **TEXTS)
        else:
            density(outline=areas)
