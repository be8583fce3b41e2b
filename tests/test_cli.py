"""The command: what it says, what it refuses, and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hanoi_analytics.cli import main

ROOT = Path(__file__).resolve().parents[1]


def hanoi(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_help_names_every_command() -> None:
    text = hanoi("--help").output
    for command in ("publish", "parameters", "data"):
        assert command in text
    text = hanoi("data", "--help").output
    for command in ("list", "show", "fetch", "verify"):
        assert command in text


def test_data_are_listed_by_tier_with_their_state() -> None:
    lines = hanoi("data", "list", "--tier", "remote").output.splitlines()
    assert len(lines) == 16
    assert all("not fetched" in line for line in lines)
    assert "hanoi_wards_2025 " in hanoi("data", "list").output


def test_a_dataset_is_shown_with_its_columns_and_units() -> None:
    text = hanoi("data", "show", "hanoi_wards_2025").output
    for words in ("licence: Official figures", "population_people", "unit: people", "sha256"):
        assert words in text


def test_a_dataset_is_verified() -> None:
    result = hanoi("data", "verify", "hanoi_population", "febrl")
    assert result.exit_code == 0
    assert [line.split(maxsplit=1)[1] for line in result.output.splitlines()] == [
        "ok",
        "not fetched",
    ]


def test_verifying_a_broken_dataset_fails_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hanoi_bus_stops").mkdir()
    (tmp_path / "hanoi_bus_stops" / "hanoi_bus_stops_osm.geojson").write_text("{}", "utf-8")
    monkeypatch.setenv("HANOI_ANALYTICS_MIRROR", str(tmp_path))
    result = hanoi("data", "verify", "hanoi_bus_stops")
    assert result.exit_code == 1
    assert "is not the file of the catalogue" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("data", "show", "hanoi_ward_2025"), "did you mean 'hanoi_wards_2025'?"),
        (("data", "fetch"), "name a dataset or give --all"),
        (("data", "fetch", "hanoi_population"), "there is nothing to fetch"),
        (("publish", "-p", "year"), "expected NAME=VALUE"),
        (("publish", "-p", "a=1", "-p", "a=2"), "given twice"),
        (("publish", "overview/claim"), "did you mean 'overview/claims'?"),
        (("publish", "overview/claims", "-p", "residents_yaer=2019"), "'residents_year'"),
        (("publish", "overview/claims", "-p", "residents_year=2020"), "is no choice"),
        (("publish", "--timeout", "0"), "above 0 s"),
        (("pubish",), "No such command 'pubish'"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_2(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = hanoi(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = [sys.executable, "-c", "from hanoi_analytics.cli import main; main()", "data", "list"]
    try:
        ended = subprocess.run(run, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_the_parameters_of_a_notebook_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = hanoi("parameters", "overview/hanoi").output
    assert "density_classes: int = 6" in text
    assert "number of density classes on the map [3, 9]" in text


def test_a_failed_fetch_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from hanoi_analytics import catalogue

    def refuse(dataset: str, **_: object) -> list[Path]:
        if dataset == "febrl":
            raise catalogue.FetchError("febrl: the server hung up")
        return [Path("a"), Path("b")]

    monkeypatch.setattr(catalogue, "fetch", refuse)
    result = hanoi("data", "fetch", "febrl", "degurba_belgium")
    assert result.exit_code == 1
    assert "febrl: the server hung up" in result.output
    assert "degurba_belgium: 2 file(s)" in result.output


def test_a_failing_notebook_gives_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hanoi_analytics import publishing

    outcomes = [
        publishing.Outcome("overview/a", "published", 3.0),
        publishing.Outcome("overview/b", "failed", 1.0, error="ValueError: no", error_cell=2),
    ]
    monkeypatch.setattr(publishing, "publish", lambda *_, **__: outcomes)
    monkeypatch.chdir(tmp_path)
    result = hanoi("publish")
    assert result.exit_code == 1
    assert "failed" in result.output
    assert "overview/b" in result.output
