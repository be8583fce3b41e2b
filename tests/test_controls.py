"""Controls: what a reader may choose, the static result of a page, and mistakes that are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from hanoi_analytics import controls
from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.controls import ControlError, explore
from hanoi_analytics.publishing.html import PageError, PageFacts, render


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect what is displayed."""
    seen: list[Any] = []
    monkeypatch.setattr(controls, "display", seen.append)
    return seen


@pytest.fixture
def live(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let the notebook be open."""
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    monkeypatch.setattr(controls, "notebook_is_open", lambda: True)
    return shown


def above(limit_ugm3: float, year: int = 2018, strict: bool = False) -> str:
    return f"{limit_ugm3:g} in {year}, {'strictly' if strict else 'loosely'}"


def test_a_page_shows_the_defaults_and_what_there_is_to_choose(shown: list[Any]) -> None:
    explore(above, year=(2016, 2019, 1), limit_ugm3={"the law": 45.0, "WHO": 15.0}, strict=False)
    result, note = shown
    assert result == "45 in 2018, loosely"
    assert note.text == (
        "Shown: year 2018; limit ugm3 the law; strict off. In JupyterLab: year 2016 to 2019 in "
        "steps of 1; limit ugm3 the law or WHO; strict on or off."
    )


def test_many_words_are_counted_and_words_from_data_are_escaped(shown: list[Any]) -> None:
    wards = [f"<b>Xã {number}</b>" for number in range(126)]
    explore(lambda ward: ward, ward=wards)
    html = shown[-1]._repr_html_()
    assert "<b>" not in html
    assert "one of 126, &lt;b&gt;Xã 0&lt;/b&gt; to &lt;b&gt;Xã 125&lt;/b&gt;" in html


def test_what_returns_nothing_shows_nothing_of_its_own(shown: list[Any]) -> None:
    explore(lambda year: None, year=[2019])
    assert [note.text for note in shown] == ["Shown: year 2019. In JupyterLab: year 2019."]


def test_an_open_notebook_gets_a_control_for_each_choice(live: list[Any]) -> None:
    explore(above, year=(2016, 2019, 1), limit_ugm3={"the law": 45.0, "WHO": 15.0}, strict=False)
    box, *_ = [one for one in live if not isinstance(one, str)]
    slider, words, tick = box.children[0].children
    assert [one.description for one in (slider, words, tick)] == ["year", "limit ugm3", "strict"]
    assert (slider.min, slider.max, slider.value, slider.continuous_update) == (
        2016, 2019, 2018, False,
    )  # fmt: skip
    assert words.label == "the law"
    words.value, tick.value, slider.value = 15.0, True, 2017
    assert [one for one in live if isinstance(one, str)] == [
        "45 in 2018, loosely",
        "15 in 2018, loosely",
        "15 in 2018, strictly",
        "15 in 2017, strictly",
    ]


def test_without_ipywidgets_the_line_says_what_is_missing(
    live: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "find_spec", lambda name: None)
    explore(above, limit_ugm3=[45.0, 15.0])
    assert live[0] == "45 in 2018, loosely"
    assert live[1].text.endswith("In JupyterLab with ipywidgets: limit ugm3 45 or 15.")


def test_an_error_of_the_function_is_not_swallowed(shown: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError):
        explore(lambda share: 1 / share, share=[0, 1])
    assert shown == []


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "needs a choice"),
        ({"yaer": [2018]}, "takes no 'yaer'; did you mean 'year'"),
        ({"year": []}, "year: there is nothing to choose from"),
        ({"year": [2016, 2017]}, "the default 2018 is none of 2016, 2017"),
        ({"year": (2016, 2017, 1)}, r"the default 2018 lies outside \(2016, 2017, 1\)"),
        ({"year": (2019, 2016, 1)}, r"found \(2019, 2016, 1\)"),
        ({"year": (2016, 2019, 0)}, "a step above 0"),
        ({"year": (2016, 2019)}, "for single values give a list"),
    ],
)
def test_a_wrong_choice_is_named(choices: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ControlError, match=words):
        explore(above, **choices)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Any]:
    """Start a kernel that listens on files."""
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


_IN_A_KERNEL = """
import dask.array as da
from hanoi_analytics import cluster, controls
cluster._SHOWN_AFTER_S = 0.0
assert cluster.compute(da.arange(4, chunks=1).sum()) == (6,)
controls.explore(lambda share: 1 / share, share=[0, 1])
import os
os.environ["HANOI_ANALYTICS_PROGRESS"] = "off"
controls.explore(lambda year: f"people of {year}", year=[2019, 2024])
assert cluster.compute(da.arange(4, chunks=1).sum()) == (6,)
print("from here on the kernel is watched by nobody")
"""


def test_an_open_notebook_shows_bar_widget_and_error_and_a_published_one_neither(
    kernel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[Any] = []
    reply = kernel.execute_interactive(_IN_A_KERNEL, timeout=120, output_hook=messages.append)
    assert reply["content"]["status"] == "ok"
    told = [one["content"] for one in messages if one["msg_type"] == "stream"]
    bars = "".join(one["text"] for one in told if one["name"] == "stderr")
    assert bars.count("100% Completed") == 1
    assert "ZeroDivisionError" in str([m["content"] for m in messages if m["msg_type"] == "error"])
    data = [one["content"]["data"] for one in messages if one["msg_type"] == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in data[0]
    assert [sorted(one) for one in data[1:]] == [["text/plain"], ["text/html", "text/plain"]]
    assert data[1]["text/plain"] == "'people of 2019'"
    assert "In JupyterLab: year 2019 or 2024." in data[2]["text/html"]


def test_a_widget_is_refused_on_a_page() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Slider()"}
    source = dict.fromkeys(Source.__annotations__, "x")
    outputs = [
        nbformat.v4.new_output("display_data", one) for one in (view, {SOURCES_MIME: [source]})
    ]
    cell = nbformat.v4.new_code_cell("slider", outputs=outputs)
    facts = PageFacts("", "a.ipynb", "a.html", "1", {}, "2026-01-01T00:00:00+07:00", 1.0, [source])
    with pytest.raises(PageError, match=r"cell 1 \('slider'\) shows a widget.*controls.explore"):
        render(nbformat.v4.new_notebook(cells=[cell]), facts)
