"""Charts: what they refuse, and what is written into the picture."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from hanoi_analytics import figures
from hanoi_analytics.errors import HanoiError
from hanoi_analytics.figures import FigureError, Picture

CENSUS = {"id": "census", "citation": "Census of 2019, table 2", "tier": "reference"}
MODEL = {
    "id": "model",
    "citation": "Generator of masts, seed 7",
    "tier": "simulated",
    "approximate": "Positions are drawn at random.",
}
BADGE = (0xA3, 0x16, 0x0C)


def table(**attrs: object) -> pd.DataFrame:
    frame = pd.DataFrame({"year": [2009, 2014, 2019], "share": [29.6, 33.1, 34.4]})
    frame.attrs.update(attrs)
    return frame


def chart() -> tuple[Figure, Axes]:
    fig, ax = figures.new()
    ax.plot([2009, 2014, 2019], [29.6, 33.1, 34.4])
    ax.set(xlabel="Year", ylabel="Urban share (%)")
    return fig, ax


def finished(fig: Figure, *data: object) -> Picture:
    return figures.finish(fig, title="Urban share", alt="It rises.", data=data)


def drawn_texts(fig: Figure) -> str:
    return "\n".join(text.get_text() for text in fig.texts)


def colours_of(png: bytes) -> set[tuple[int, int, int]]:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    found = picture.getcolors(picture.width * picture.height)
    assert found is not None
    return {colour for _, colour in found}


def test_picture_carries_its_alternative_text_and_half_its_pixels_as_width() -> None:
    picture = finished(chart()[0], table(source=CENSUS))
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == "It rises."
    assert metadata == {"image/png": {"alt": "It rises.", "width": 605}}  # 16 cm of 96 per inch
    assert Image.open(io.BytesIO(data["image/png"])).width == 1209  # 16 cm of 192 per inch


def test_equal_charts_give_equal_bytes() -> None:
    assert (
        finished(chart()[0], table(source=CENSUS)).png
        == finished(chart()[0], table(source=CENSUS)).png
    )


def test_title_and_source_line_are_drawn() -> None:
    fig, _ = chart()
    finished(fig, table(source=CENSUS))
    assert "Urban share" in drawn_texts(fig)
    assert "Source: Census of 2019, table 2 (reference)" in drawn_texts(fig)
    assert "SIMULATED" not in drawn_texts(fig)


def test_simulated_and_approximate_data_are_said_in_the_picture() -> None:
    fig, _ = chart()
    raster = xr.DataArray(np.zeros(3), attrs={"source": MODEL})
    picture = finished(fig, table(source=CENSUS), raster)
    texts = drawn_texts(fig)
    assert "SIMULATED DATA" in texts
    assert "Approximate: Positions are drawn at random." in texts
    assert (
        "Sources: Census of 2019, table 2 (reference); Generator of masts, seed 7 (simulated)"
        in (texts.replace("\n", " "))
    )
    assert BADGE in colours_of(picture.png)
    assert BADGE not in colours_of(finished(chart()[0], table(source=CENSUS)).png)


def test_a_source_used_twice_is_named_once() -> None:
    fig, _ = chart()
    finished(fig, table(source=CENSUS), table(sources=[CENSUS]))
    assert drawn_texts(fig).count("Census of 2019") == 1


def test_a_long_title_stays_inside_the_picture() -> None:
    fig, _ = chart()
    title = "Tỷ lệ đô thị hoá của Hà Nội và của cả nước " * 4
    figures.finish(fig, title=title, alt="It rises.", data=[table(source=CENSUS)])
    fig.draw_without_rendering()
    width_px, height_px = fig.get_size_inches() * fig.dpi
    for text in fig.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width_px
        assert box.y0 >= 0 and box.y1 <= height_px


def test_title_axes_and_notes_do_not_overlap() -> None:
    fig, ax = chart()
    finished(fig, table(source=MODEL))
    fig.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in fig.texts), key=lambda box: box.y0)
    plot = ax.get_tightbbox()
    assert plot is not None
    assert boxes[0].y1 <= plot.y0
    assert plot.y1 <= boxes[1].y0
    assert boxes[1].y1 <= boxes[2].y0 + 1


def test_a_dollar_sign_is_text_not_a_formula() -> None:
    fig, _ = chart()
    figures.finish(fig, title="From $5 to $9", alt="It rises.", data=[table(source=CENSUS)])
    assert any(
        text.get_text() == "From $5 to $9" and not text.get_parse_math() for text in fig.texts
    )


def test_a_source_in_words_will_do_for_a_formula() -> None:
    fig, _ = chart()
    figures.finish(fig, title="Loss", alt="It rises.", source="Recommendation P.1411, equation 1")
    assert "Source: Recommendation P.1411, equation 1" in drawn_texts(fig)


def test_pyplot_figure_is_closed() -> None:
    fig, ax = plt.subplots()
    ax.set(xlabel="Year", ylabel="Urban share (%)")
    assert fig.number in plt.get_fignums()
    finished(fig, table(source=CENSUS))
    assert fig.number not in plt.get_fignums()


def test_shared_twin_and_hidden_axes_need_no_label_of_their_own() -> None:
    fig, upper = figures.new()
    upper.set(xlabel="Year", ylabel="Urban share (%)")
    twin = upper.twinx()
    twin.set_ylabel("People (million)")
    inset = upper.inset_axes((0.6, 0.6, 0.3, 0.3))
    inset.set_axis_off()
    assert finished(fig, table(source=CENSUS)).title == "Urban share"


def test_colour_bar_needs_a_label() -> None:
    fig, ax = chart()
    bar = fig.colorbar(ax.imshow(np.eye(3)), ax=ax)
    with pytest.raises(FigureError, match="colour bar has no label"):
        finished(fig, table(source=CENSUS))
    bar.set_label("Share (%)")
    assert finished(fig, table(source=CENSUS)).title == "Urban share"


@pytest.mark.parametrize("empty", ["title", "alt"])
def test_title_and_alt_must_not_be_empty(empty: str) -> None:
    texts = {"title": "Urban share", "alt": "It rises."} | {empty: "  "}
    with pytest.raises(FigureError, match=f"{empty} is empty"):
        figures.finish(chart()[0], **texts, data=[table(source=CENSUS)])


@pytest.mark.parametrize("axis", ["x", "y"])
def test_axes_need_both_labels(axis: str) -> None:
    fig, ax = chart()
    ax.set(**{f"{axis}label": ""})
    with pytest.raises(FigureError, match=rf"no {axis} label: call ax\.set_{axis}label"):
        finished(fig, table(source=CENSUS))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((), "nothing says where the data come from"),
        ((table(),), "DataFrame carries no source in .attrs"),
        (([1, 2],), "a list cannot carry a source"),
        ((table(source="Census"),), "no mapping with citation and tier"),
        ((table(source={"tier": "own"}),), "has no 'citation'"),
        ((table(source=CENSUS | {"tier": "embeded"}),), "did you mean 'embedded'"),
    ],
)
def test_data_need_a_source(data: tuple[object, ...], message: str) -> None:
    with pytest.raises(FigureError, match=message) as caught:
        finished(chart()[0], *data)
    assert isinstance(caught.value, HanoiError)


def test_suptitle_and_empty_figure_are_refused() -> None:
    fig, _ = chart()
    fig.suptitle("Mine")
    with pytest.raises(FigureError, match="give it to finish"):
        finished(fig, table(source=CENSUS))
    with pytest.raises(FigureError, match="has no axes"):
        finished(Figure(), table(source=CENSUS))


def test_a_legend_that_would_lie_on_the_sources_is_refused() -> None:
    fig, ax = chart()
    fig.legend(ax.lines, ["one"], loc="outside lower center")
    with pytest.raises(FigureError, match="use that of its axes"):
        finished(fig, table(source=CENSUS))
