"""A new notebook keeps the house's form, shows any title as it stands, and can be published."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from hanoi_analytics.cli import main
from hanoi_analytics.publishing import Project, publish, read_parameters
from hanoi_analytics.skeleton import SkeletonError, new_notebook
from tests.test_project import test_a_notebook_keeps_the_house_form as keeps_the_house_form

ROOT = Path(__file__).resolve().parents[1]
ODD = 'Hồ "Tây" & <b>*sân*</b> {{ 7*7 }} [a](b) $x_1$ `c` 1. #'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    return notebooks


def test_a_new_notebook_keeps_the_house_form_and_stays_as_the_checks_leave_it(folder: Path) -> None:
    path = new_notebook(folder, "water/lakes_1990", title=ODD, question="- Bao nhiêu hồ còn lại?")
    keeps_the_house_form(path)
    before = path.read_bytes()
    # As a file of the project: which imports are its own depends on the place.
    place = ["--stdin-filename", "notebooks/water/lakes_1990.ipynb", "-"]
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, *place]
        done = subprocess.run(command, cwd=ROOT, input=before, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run([sys.executable, "-m", "nbstripout", str(path)], check=True)
    assert path.read_bytes() == before
    kinds = {p.type_name for p in read_parameters(path).values()}
    assert kinds == {"str", "list[str]", "float", "int", "bool"}


@pytest.mark.timeout(300)
def test_a_new_notebook_is_published_as_it_is(folder: Path, tmp_path: Path) -> None:
    new_notebook(folder, "water/lakes", title=ODD, question="- Bao nhiêu hồ còn lại?")
    project = Project(folder, tmp_path / "site", tmp_path / "ledger.sqlite")
    (outcome,) = publish(project)
    assert (outcome.status, outcome.error) == ("published", None)
    page = tmp_path / "site" / "water" / "lakes.html"
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    heading = soup.find("h1")
    assert heading is not None
    assert " ".join(heading.get_text().split()) == ODD
    assert heading.find("b") is None
    assert "- Bao nhiêu hồ còn lại?" in soup.get_text()
    cells = [" ".join(cell.get_text().split()) for cell in soup.find_all(["th", "td"])]
    assert cells[cells.index("units") + 1] == "126"


@pytest.mark.parametrize(
    "name",
    [
        *("lakes", "Water/lakes", "water/Lakes", "water/hồ", "../lakes", "water/../lakes"),
        *("/etc/lakes", "water/1990", "water/lakes.ipynb", "water/la kes", "a/b/c", "water/", ""),
        "water/lakes\n",
    ],
)
def test_a_name_of_another_form_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(SkeletonError, match="expected THEME/NAME in small letters"):
        new_notebook(folder, name)
    assert list(folder.rglob("*")) == []


def test_a_notebook_that_is_there_is_left_alone(folder: Path) -> None:
    (folder / "water").mkdir()
    (folder / "water" / "lakes.ipynb").write_text("mine", "utf-8")
    with pytest.raises(SkeletonError, match="is there already"):
        new_notebook(folder, "water/lakes")
    assert (folder / "water" / "lakes.ipynb").read_text("utf-8") == "mine"


def test_a_theme_that_leads_elsewhere_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "water").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SkeletonError, match="its theme is a link out of"):
        new_notebook(folder, "water/lakes")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_command_says_what_to_do_next(folder: Path) -> None:
    done = CliRunner().invoke(main, ["new", "water/lakes", "--title", "Hồ\nTây\x07"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1:] == [
        "  jupyter lab notebooks/water/lakes.ipynb",
        "  hanoi publish water/lakes",
    ]
    book = nbformat.read(folder / "water" / "lakes.ipynb", as_version=4)
    assert book.cells[0].source.splitlines()[0] == "# Hồ Tây"
    again = CliRunner().invoke(main, ["new", "water/lakes"])
    assert again.exit_code == 2
    assert "is there already" in again.output


def test_without_a_folder_of_notebooks_the_command_says_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["new", "water/lakes"])
    assert done.exit_code == 2
    assert "run this in the project's folder" in done.output
