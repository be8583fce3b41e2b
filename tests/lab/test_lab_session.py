"""A session in JupyterLab, end to end: `make lab`, all cells run, the map seen, a control moved."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import nbformat
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: it is the extra `lab`")
pytest.importorskip("ipywidgets", reason="ipywidgets is not installed: it is the extra `lab`")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
]

_FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
# JupyterLab would ask the network for its own news and for extensions.
_OPTIONS = (
    "--no-browser",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
_A_BAR = """
import dask.array as da
from hanoi_analytics import cluster

cluster._SHOWN_AFTER_S = 0.0  # a bar is shown only where it takes longer
cluster.compute(da.arange(4, chunks=1).sum())
"""


@dataclass
class Lab:
    """A JupyterLab that runs."""

    folder: Path
    token: str = field(repr=False)
    process: subprocess.Popen[bytes]
    server: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def log(self) -> str:
        return (self.folder / "lab.log").read_text("utf-8", "replace")

    def wait_for(self, found: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + DEADLINE_S
        while not found():
            try:
                self.process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                assert time.monotonic() < end, f"after {DEADLINE_S:g} s no {what}: {self.log}"
            else:
                pytest.fail(f"`make lab` ended before there was {what}: {self.log}")

    def asked(self, path: str) -> Any:
        with urlopen(f"{self.server['url']}{path}?token={self.token}", timeout=30) as answer:
            return json.load(answer)

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(runtime: Path) -> str:
    """Return what the server says about itself, once it is written to the end."""
    text = "".join(path.read_text("utf-8") for path in runtime.glob("jpserver-*.json"))
    return text if text.rstrip().endswith("}") else ""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Start `make lab` in a folder that looks like the project's and holds one notebook."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.read(ROOT / "notebooks" / "overview" / "hanoi.ipynb", as_version=4)
    notebook.cells.insert(2, nbformat.v4.new_code_cell(_A_BAR, id="a-bar"))
    nbformat.write(notebook, tmp_path / "notebooks" / "hanoi.ipynb")
    token = secrets.token_hex(16)
    own = {name: str(tmp_path / name.lower()) for name in _FOLDERS}
    options = [f"--port={free_port()}", *_OPTIONS, *(["--allow-root"] if os.geteuid() == 0 else [])]
    # -o: an environment that looks old to make is not made anew by a test.
    command = ["make", "-o", ".venv/.ready", "lab", f"LAB_OPTIONS={' '.join(options)}"]
    with (tmp_path / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **own, "JUPYTER_TOKEN": token, "HANOI_ANALYTICS_PROGRESS": ""},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Lab(tmp_path, token, process)
    try:
        runtime = Path(own["JUPYTER_RUNTIME_DIR"])
        running.wait_for(lambda: bool(written(runtime)), "server")
        running.server = json.loads(written(runtime))
        yield running
    finally:
        left = running.tree() if process.poll() is None else []
        for one in left:
            one.kill()
        process.wait(timeout=DEADLINE_S)


@pytest.fixture
def page(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Open a page that reaches this machine only, and note what it asked for elsewhere."""
    outside: list[str] = []

    def decide(route: Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    # High enough for the first map: JupyterLab draws only the cells that the window shows.
    size = {"width": 1280, "height": 2400}
    context = browser.new_context(viewport=size, service_workers="block")
    context.set_default_timeout(1000 * DEADLINE_S)
    expect.set_options(timeout=1000 * DEADLINE_S)
    context.route("**/*", decide)
    yield context.new_page(), outside
    context.close()
    expect.set_options(timeout=5000)


def test_a_notebook_is_explored_in_jupyterlab(lab: Lab, page: tuple[Page, list[str]]) -> None:
    window, outside = page
    listening = [one for process in lab.tree() for one in process.net_connections("tcp")]
    assert {one.laddr.ip for one in listening if one.status == "LISTEN"} == {"127.0.0.1"}

    window.goto(f"{lab.server['url']}lab/tree/hanoi.ipynb?token={lab.token}")
    expect(window.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    window.get_by_role("menuitem", name="Run", exact=True).click()
    window.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    path = lab.folder / "notebooks" / "hanoi.ipynb"
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    last = window.locator(".jp-InputPrompt", has_text=f"[{len(code)}]:")
    expect(last).to_be_visible()
    with window.expect_response(is_saving) as saving:
        window.keyboard.press("Control+s")
    assert saving.value.ok
    outputs = {cell.id: cell.outputs for cell in read(path).cells if cell.cell_type == "code"}
    assert [one for found in outputs.values() for one in found if one.output_type == "error"] == []
    bar = "".join(one.text for one in outputs["a-bar"] if one.get("name") == "stderr")
    assert "100% Completed" in bar

    window.locator(".jp-WindowedPanel-outer").evaluate("panel => panel.scrollTo(0, 0)")
    expect(window.get_by_text("100% Completed")).to_be_visible()
    expect(shapes(window, "Population density")).to_have_count(126)
    window.get_by_label("quantity").select_option("Area")
    expect(shapes(window, "Area")).to_have_count(126)
    expect(shapes(window, "Population density")).to_have_count(0)
    window.screenshot(path=lab.folder / "lab.png")
    assert outside == []

    started = lab.tree()
    assert len(lab.asked("api/kernels")) == 1
    os.kill(lab.server["pid"], signal.SIGTERM)
    lab.process.wait(timeout=DEADLINE_S)
    _, left = psutil.wait_procs(started, timeout=DEADLINE_S)
    assert left == []
    assert list((lab.folder / "jupyter_runtime_dir").glob("*.json")) == []
    assert lab.token not in lab.log


def is_saving(response: Response) -> bool:
    return response.request.method == "PUT" and "/api/contents/hanoi.ipynb" in response.url


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def shapes(window: Page, title: str) -> Locator:
    """Return the units drawn on the map of that title."""
    frame = window.frame_locator(f"iframe[title^='Map: {title} of Hanoi']")
    return frame.locator("path.leaflet-interactive")
