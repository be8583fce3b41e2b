"""Publishing on a named cluster: what is checked first, and what the guide and make promise."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from distributed import LocalCluster

from hanoi_analytics import cluster, publishing
from hanoi_analytics.cli import main
from hanoi_analytics.cluster import ADDRESS_VARIABLE, ClusterError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _no_named_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what the command sets is taken away again.
    monkeypatch.setenv(ADDRESS_VARIABLE, "")
    monkeypatch.setattr(cluster, "_ANSWERS_WITHIN_S", 1.0)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start a scheduler without workers in this process."""
    with LocalCluster(
        n_workers=0,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as running:
        yield running.scheduler_address


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for publishing; the list gets the scheduler that its runs would find."""
    found: list[str] = []

    def publish(*_: object, **__: object) -> list[object]:
        found.append(os.environ[ADDRESS_VARIABLE])
        return []

    monkeypatch.setattr(publishing, "publish", publish)
    return found


def publish(*words: str) -> Result:
    return CliRunner().invoke(main, ["publish", *words])


def test_the_option_names_the_cluster_of_the_runs(address: str, published: list[str]) -> None:
    assert publish("--dask-scheduler", address).exit_code == 0
    assert published == [address]


def test_without_the_option_the_variable_stays(
    published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "tcp://127.0.0.1:1")
    assert publish().exit_code == 0
    assert published == ["tcp://127.0.0.1:1"]


def test_a_cluster_without_workers_is_told(address: str, caplog: pytest.LogCaptureFixture) -> None:
    cluster.use_scheduler(address)
    assert "has no workers yet" in caplog.text


def test_a_cluster_is_named_from_a_notebook_too(address: str) -> None:
    async def cell() -> None:
        cluster.use_scheduler(address)

    with ThreadPoolExecutor() as thread:  # a browser of other tests has a loop in this one
        thread.submit(asyncio.run, cell()).result()
    assert os.environ[ADDRESS_VARIABLE] == address


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("10.0.0.5", "expected tcp://HOST:PORT"),
        ("tcp://10.0.0.5", "expected tcp://HOST:PORT"),
        ("tcp://10.0.0.5:8786/status", "expected tcp://HOST:PORT"),
        ("", "expected tcp://HOST:PORT"),
        ("http://127.0.0.1:8787", "unknown address scheme 'http'"),
        ("tls://127.0.0.1:8786", "TLS"),
    ],
)
def test_what_is_no_address_is_refused_before_anything_runs(
    wrong: str, words: str, published: list[str]
) -> None:
    result = publish("--dask-scheduler", wrong)
    assert result.exit_code == 2
    assert f"{ADDRESS_VARIABLE}={wrong!r}" in " ".join(result.output.split())
    assert words in " ".join(result.output.split())
    assert published == []


@pytest.mark.parametrize("given", ["option", "variable"])
def test_a_password_in_an_address_is_refused_and_not_shown(
    given: str, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "tcp://an:s3same-open@127.0.0.1:8786"
    if given == "option":
        words = publish("--dask-scheduler", wrong).output
    else:
        monkeypatch.setenv(ADDRESS_VARIABLE, wrong)
        with pytest.raises(ClusterError) as refused:
            cluster.client()
        words = str(refused.value)
    assert "name or password" in words
    assert "s3same-open" not in words
    assert published == []


def test_who_is_silent_and_who_is_not_there_are_no_scheduler(published: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        result = publish("--dask-scheduler", f"tcp://127.0.0.1:{port}")
    assert result.exit_code == 2
    assert "no Dask scheduler answers there" in result.output
    result = publish("--dask-scheduler", f"tcp://127.0.0.1:{port}")
    assert "start one with `dask scheduler`" in " ".join(result.output.split())
    assert published == []


def test_a_worker_is_not_taken_for_a_scheduler() -> None:
    with (
        LocalCluster(
            n_workers=1,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as running,
        pytest.raises(ClusterError, match="a Worker does"),
    ):
        cluster.use_scheduler(running.workers[0].address)


def _variables(text: str) -> set[str]:
    return set(re.findall(r"\b(?:HANOI|DASK|DAGSTER)_[A-Z_]*[A-Z]\b", text))


def _read_by_code() -> set[str]:
    """Return the variables whose names stand alone in a string of the package."""
    files = (ROOT / "hanoi_analytics").rglob("*.py")
    quoted = re.compile(r'"((?:HANOI|DASK)_[A-Z_]*[A-Z])"')
    return {name for path in files for name in quoted.findall(path.read_text("utf-8"))}


def test_the_guide_names_what_the_code_reads_and_nothing_else() -> None:
    named = _variables((ROOT / "docs/cluster.md").read_text("utf-8"))
    read = _read_by_code()
    assert {"HANOI_ANALYTICS_CACHE", "HANOI_ANALYTICS_OWN", ADDRESS_VARIABLE} <= read
    # Hooks are told these; nothing reads them.
    told = {"HANOI_JOB", "HANOI_RUN", "HANOI_STATUS", "HANOI_ERROR", "HANOI_PAGE"}
    assert read - told <= named
    # Dask's own settings, and what its operator and Dagster read.
    others = {name for name in named if name.startswith(("DASK_DISTRIBUTED__", "DAGSTER_"))}
    assert named - others - {"DASK_WORKER_NAME"} <= read


def test_the_guide_s_settings_of_dask_are_settings_that_dask_has() -> None:
    import dask.config
    import distributed  # noqa: F401 - brings the settings

    named = _variables((ROOT / "docs/cluster.md").read_text("utf-8"))
    settings = [name for name in named if name.startswith("DASK_DISTRIBUTED__")]
    assert len(settings) == 4
    for name in settings:
        path = name.removeprefix("DASK_").lower().replace("__", ".").replace("_", "-")
        assert dask.config.get(path, default="missing") != "missing", name


def test_make_cluster_and_make_dagster_listen_on_this_machine_only() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    for target in ("cluster", "dagster"):
        (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", text, flags=re.MULTILINE)
        assert "--host 127.0.0.1" in recipe
        assert target != "cluster" or "--dashboard-address 127.0.0.1:0" in recipe
    assert "DAGSTER_DISABLE_TELEMETRY=yes" in recipe
