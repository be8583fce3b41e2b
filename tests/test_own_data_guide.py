"""The guide to one's own data: its examples run, its commands exist, its messages are said."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest

from hanoi_analytics import catalogue
from hanoi_analytics.cli import main
from hanoi_analytics.publishing import Project, read_parameters
from hanoi_analytics.publishing.parameters import check_parameters

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "own-data.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def lines_of_commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the guide's files and entries where the guide puts them."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data" / "reference", data / "reference")
    entries = (ROOT / "data" / "catalogue.yml").read_text("utf-8") + "\n".join(blocks("yaml"))
    (data / "catalogue.yml").write_text(entries, "utf-8")
    (data / "own").mkdir()
    found = re.findall(r"^```csv (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    for name, text in found:
        folder = "reference" if name == "lakes.csv" else "own"
        (data / folder / name).write_text(text, "utf-8")
    assert [name for name, _ in found] == [
        *("wards.csv", "sites.csv", "air.csv", "records.csv", "lakes.csv"),
    ]
    monkeypatch.setenv("HANOI_ANALYTICS_DATA", str(data))
    monkeypatch.delenv("HANOI_ANALYTICS_OWN", raising=False)


@pytest.mark.usefixtures("files")
def test_every_python_block_does_what_the_guide_says() -> None:
    code = "\n".join(blocks("python"))
    test = doctest.DocTestParser().get_doctest(code, {}, "own-data", "docs/own-data.md", 0)
    told: list[str] = []
    result = doctest.DocTestRunner().run(test, out=told.append)
    assert result.failed == 0, "".join(told)
    assert result.attempted > 12
    assert catalogue.describe("own_lakes_simulated").seed == 7


@pytest.mark.parametrize("line", lines_of_commands())
def test_every_command_exists_and_takes_these_parameters(line: str) -> None:
    program, command, *words = shlex.split(line)
    assert program == "hanoi"
    assert command in main.commands
    project = Project(ROOT / "notebooks", ROOT / "site", ROOT / "ledger.sqlite")
    if command == "publish" and words[0] != "environment/lakes":
        (notebook,) = project.find([words[0]])
        given = dict(word.split("=", 1) for word in words[1:] if word != "-p")
        check_parameters(read_parameters(notebook), given, where=words[0])
    elif command == "data":
        assert catalogue.describe(words[1]).id == words[1]


def test_columns_of_the_guide_are_those_of_the_schema() -> None:
    section = GUIDE.partition("## Wards")[2].partition("## Base")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.M))))
    table = catalogue.describe("hanoi_wards_2025").table
    assert table is not None
    assert named == set(table.columns)
