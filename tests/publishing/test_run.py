"""The path of a run on small notebooks: pages, failures, limits, kills, and the index."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from click.testing import CliRunner

from hanoi_analytics.catalogue.sources import SOURCES_MIME, Source
from hanoi_analytics.cli import main
from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing import Ledger, ParameterError, Project, PublishError, publish
from hanoi_analytics.publishing import page as making
from hanoi_analytics.publishing.credentials import CredentialError
from hanoi_analytics.publishing.execution import Executed, Request
from hanoi_analytics.publishing.run import write_site

COMMAND = [sys.executable, "-m", "hanoi_analytics", "publish"]
CATALOGUE = (
    "from hanoi_analytics import catalogue\n"
    "population = catalogue.load('hanoi_population')\ncatalogue.sources_used()"
)
# What a run does with a report of sources does not depend on who made it; this one is made
# without importing the package, which is more than half of a small notebook's time.
REPORT = {SOURCES_MIME: [dict.fromkeys(Source.__annotations__, "")], "text/plain": "sources"}
SOURCES = f"from IPython.display import display\ndisplay({REPORT!r}, raw=True)"


def notebook(
    project: Project, name: str, *code: str, parameters: str = "", sources: str = SOURCES
) -> Path:
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    )
    book.cells = [
        nbformat.v4.new_markdown_cell(f"# Report {name}\n\nWhat it says."),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *(nbformat.v4.new_code_cell(source) for source in (*code, sources)),
    ]
    path = project.notebooks / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "notebooks", tmp_path / "site", tmp_path / "ledger.sqlite")


def page(project: Project, name: str) -> str:
    return (project.site / f"{name}.html").read_text("utf-8")


@pytest.fixture
def without_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a notebook for executed as it is; for what is not about its execution."""

    def executed(request: Request) -> Executed:
        book = nbformat.read(request.notebook, as_version=4)
        for cell in book.cells:
            if "display(" in cell.source:
                cell.outputs = [nbformat.v4.new_output("display_data", REPORT)]
        return Executed(book, 0)

    monkeypatch.setattr(making, "execute", executed)


def written(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def test_a_run_becomes_a_page_a_row_and_a_line_of_the_index(project: Project) -> None:
    year = "year: int = 1  # year [1, 9]"
    notebook(project, "theme/a", "print('year', year)", parameters=year, sources=CATALOGUE)
    (outcome,) = publish(project, parameters={"year": "7"})
    assert (outcome.name, outcome.status) == ("theme/a", "published")
    html = page(project, "theme/a")
    assert "year 7" in html
    assert html.rstrip().endswith("</html>")
    (run,) = Ledger(project.ledger).last_runs().values()
    assert (run.status, run.parameters) == ("published", {"year": 7})
    assert run.seconds is not None
    assert 0.5 < run.seconds < 300
    # papermill and a kernel that reads a table
    assert run.peak_memory_bytes is not None
    assert 50e6 < run.peak_memory_bytes < 5e9
    assert 'name="hanoi-run" content="1"' in html
    assert [source["id"] for source in run.sources] == ["hanoi_population"]
    assert run.sources[0]["sha256"][:12] in html
    index = page(project, "index")
    assert 'href="theme/a.html"' in index
    assert "Report theme/a" in index
    assert "year = 7" in index
    assert list((project.site / ".staging").iterdir()) == []


def test_a_failing_notebook_leaves_its_old_page_and_the_others_run(project: Project) -> None:
    ledger = Ledger(project.ledger)
    old = ledger.start(notebook="a", page="a.html", parameters={}, code_version="1")
    ledger.finish(old, Ending("published"))
    project.site.mkdir()
    (project.site / "a.html").write_text("the page of an earlier run", "utf-8")
    notebook(project, "a", "x = 1", "raise ValueError('no <b>data</b> for ward 00004')")
    notebook(project, "b")
    outcomes = publish(project)
    assert [(o.name, o.status) for o in outcomes] == [("a", "failed"), ("b", "published")]
    assert outcomes[0].error == "ValueError: no <b>data</b> for ward 00004"
    assert outcomes[0].error_cell == 4
    assert page(project, "a") == "the page of an earlier run"
    index = page(project, "index")
    assert "failed" in index
    assert "in cell 4" in index
    assert "no &lt;b&gt;data&lt;/b&gt; for ward 00004" in index
    assert "that of an earlier run" in index
    traceback = str(ledger.last_runs()["a.html"].traceback)
    assert "Traceback (most recent call last)" in traceback
    assert "----> 1 raise ValueError('no <b>data</b> for ward 00004')" in traceback
    assert "\x1b" not in traceback


def test_an_error_nobody_thought_of_fails_one_notebook_and_not_the_others(
    project: Project, monkeypatch: pytest.MonkeyPatch, without_kernel: None
) -> None:
    notebook(project, "a")
    notebook(project, "b")
    render = making.render

    def stumble(executed: nbformat.NotebookNode, facts: making.PageFacts) -> str:
        if facts.page == "a.html":
            raise RuntimeError("odd")
        return render(executed, facts)

    monkeypatch.setattr(making, "render", stumble)
    found = {outcome.name: (outcome.status, outcome.error) for outcome in publish(project)}
    assert found == {"a": ("failed", "RuntimeError: odd"), "b": ("published", None)}
    assert Ledger(project.ledger).last_runs()["a.html"].status == "failed"


def test_the_longest_notebook_starts_first_and_results_keep_their_order(
    project: Project, without_kernel: None
) -> None:
    ledger = Ledger(project.ledger)
    for name, seconds in {"a": 3.0, "b": 90.0, "c": None, "d": 20.0}.items():
        notebook(project, name)
        if seconds is not None:
            run = ledger.start(notebook=name, page=f"{name}.html", parameters={}, code_version="1")
            ledger.finish(run, Ending("published", seconds))
    assert [outcome.name for outcome in publish(project, side_by_side=1)] == ["a", "b", "c", "d"]
    newest_first = [run.notebook for run in ledger.runs(limit=4)]
    assert newest_first == ["a", "d", "b", "c"]


def test_every_mistake_in_parameters_is_told_before_a_kernel_starts(project: Project) -> None:
    notebook(project, "a", parameters="year: int = 1  # year [1, 9]")
    notebook(project, "b", parameters="years: int = 1  # years [1, 9]")
    with pytest.raises(ParameterError) as caught:
        publish(project, parameters={"year": "12", "yeer": "1"})
    assert "a: no parameter 'yeer'; did you mean 'year'?" in str(caught.value)
    assert "b: no parameter" in str(caught.value)
    assert not project.site.exists()
    assert not project.ledger.exists()


def test_a_notebook_over_its_limit_is_stopped_with_its_kernel(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hanoi_analytics.publishing import execution

    pid = project.notebooks.parent / "pid"
    # The clock jumps over the limit as soon as the kernel is at work: nobody waits for it.
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 300 * written(pid))
    monkeypatch.setattr(execution, "time", clock)
    code = f"import os, time, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))"
    notebook(project, "slow", code, "while True:\n    time.sleep(0.1)")
    (outcome,) = publish(project, timeout_s=300)
    assert outcome.status == "timed out"
    assert "limit of 300 s" in str(outcome.error)
    assert not psutil.pid_exists(int(pid.read_text()))
    assert Ledger(project.ledger).last_runs()["slow.html"].status == "timed out"


def test_a_killed_kernel_is_a_failure_and_not_a_hang(project: Project) -> None:
    notebook(project, "dies", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    (outcome,) = publish(project, timeout_s=120)
    assert outcome.status == "failed"
    words = "the kernel died: killed by signal 9 (SIGKILL), often for lack of memory"
    assert (outcome.error, outcome.error_cell) == (words, 3)


def test_a_page_without_its_sources_table_is_not_published(
    project: Project, without_kernel: None
) -> None:
    notebook(project, "a", sources="1 + 1")
    (outcome,) = publish(project)
    assert outcome.status == "failed"
    assert "sources_used" in str(outcome.error)
    assert not (project.site / "a.html").exists()


def test_a_credential_and_a_path_of_the_machine_reach_no_page_and_no_ledger(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIR_QUALITY_TOKEN", "q7<zz>-secret-value")
    home = str(Path.home())
    read = "import os; token = os.environ['AIR_QUALITY_TOKEN']"
    notebook(project, "a", read, "print(token)", parameters='place: str = "x"  # a place')
    both = f"raise OSError('GET ?key=' + token + {home!r} + '/data/x.csv is missing')"
    notebook(project, "b", read, both, parameters='place: str = "x"  # a place')
    notebook(
        project, "c", f"print({home!r} + '/data/x.csv')", parameters='place: str = "x"  # a place'
    )
    with pytest.raises(CredentialError, match="AIR_QUALITY_TOKEN"):
        publish(project, parameters={"place": "q7<zz>-secret-value"})
    assert not project.ledger.exists()
    printed, raised, shown = publish(project)
    assert (printed.status, raised.status, shown.status) == ("failed", "failed", "published")
    assert "AIR_QUALITY_TOKEN" in str(printed.error)
    assert not (project.site / "a.html").exists()
    assert raised.error == "OSError: GET ?key=[AIR_QUALITY_TOKEN]~/data/x.csv is missing"
    assert f"{home}/data" not in page(project, "c")
    for kept in (project.ledger.read_text("utf-8", "replace"), page(project, "index")):
        assert "secret-value" not in kept
        assert f"{home}/data" not in kept
    assert "data/x.csv is missing" in page(project, "index")


@pytest.mark.parametrize(
    ("name", "words"),
    [("them/a", "did you mean 'theme/a'?"), ("../../etc/passwd", "no notebook '../../etc/passwd'")],
)
def test_an_unknown_notebook_is_named(project: Project, name: str, words: str) -> None:
    notebook(project, "theme/a")
    with pytest.raises(PublishError) as caught:
        publish(project, [name])
    assert words in str(caught.value)


def test_a_notebook_is_found_by_name_or_path(project: Project) -> None:
    path = notebook(project, "theme/a")
    for name in ("theme/a", "theme/a.ipynb", "notebooks/theme/a.ipynb", str(path)):
        assert project.find([name]) == [path.resolve()]


def test_a_folder_without_notebooks_is_an_error(project: Project) -> None:
    project.notebooks.mkdir()
    with pytest.raises(PublishError, match="no notebook in"):
        publish(project)


def test_killed_at_any_moment_every_page_is_whole(project: Project, without_kernel: None) -> None:
    # The longest of the last time goes first: so "b" is still to come when "a" is there.
    notebook(project, "a", "print('one', sum(range(40_000_000)))")
    notebook(project, "b", "print('two')")
    publish(project)
    notebook(project, "a", "print('three')")
    staging = project.site / ".staging"
    moments: list[Callable[[int], bool]] = [
        lambda pid: any(staging.glob(f"{pid}-*")),
        lambda pid: any(staging.glob(f"{pid}-*/at_work")),
        lambda _: "three" in page(project, "a"),
    ]
    for came in moments:
        with subprocess.Popen(
            [*COMMAND, "--side-by-side", "1"],
            cwd=project.notebooks.parent,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            while not came(process.pid):
                assert process.poll() is None, "it ended before it could be killed"
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
            orphans = psutil.Process(process.pid).children(recursive=True)
            process.kill()
        # They notice by themselves that nobody waits for them.
        assert psutil.wait_procs(orphans, timeout=30)[1] == []
        pages = sorted(project.site.rglob("*.html"))
        assert [p.name for p in pages] == ["a.html", "b.html", "index.html", "runs.html"]
        assert all(p.read_text("utf-8").rstrip().endswith("</html>") for p in pages)
    outcomes = publish(project)
    assert {o.status for o in outcomes} == {"published"}
    assert list(staging.iterdir()) == []


# A shell lets a job in the background ignore Ctrl-C; this undoes it before the command starts.
HEARS_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from hanoi_analytics.cli import main; main(['publish'])"
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 1)])
def test_what_is_asked_to_end_ends_its_notebooks_too(
    project: Project, number: signal.Signals, code: int
) -> None:
    told = project.notebooks.parent / "pid"
    note = f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(str(os.getpid()))"
    notebook(project, "slow", note, "import time\nwhile True:\n    time.sleep(0.1)")
    command = [sys.executable, "-c", HEARS_CTRL_C]
    process = subprocess.Popen(command, cwd=project.notebooks.parent)
    try:
        deadline = time.monotonic() + 60
        while not written(told):
            assert time.monotonic() < deadline, "the notebook never started"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        process.send_signal(number)
        assert process.wait(60) == code
    finally:
        process.kill()
        process.wait(10)
    assert not psutil.pid_exists(int(told.read_text()))
    (run,) = Ledger(project.notebooks.parent / ".hanoi" / "ledger.sqlite").last_runs().values()
    assert (run.status, run.error) == ("failed", "interrupted")
    assert "interrupted" in page(project, "index")


def test_two_publishers_side_by_side_both_succeed(project: Project) -> None:
    notebook(project, "a", "print('one')")
    folder = project.notebooks.parent
    both = [subprocess.Popen([*COMMAND, "--side-by-side", "1"], cwd=folder) for _ in range(2)]
    assert [process.wait(240) for process in both] == [0, 0]
    assert "one" in page(project, "a")
    last = Ledger(folder / ".hanoi" / "ledger.sqlite").last_runs()
    assert {name: (run.id, run.status) for name, run in last.items()} == {
        "a.html": (2, "published")
    }


def test_a_site_that_may_not_be_written_is_one_message(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook(project, "a")
    project.site.write_text("a file, not a folder", encoding="utf-8")
    monkeypatch.chdir(project.notebooks.parent)
    done = CliRunner().invoke(main, ["publish"])
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 1
    assert "site" in done.stderr
    assert "Traceback" not in done.output


def test_the_index_written_last_knows_what_the_ledger_said_last(project: Project) -> None:
    notebook(project, "a")
    project.site.mkdir()
    ledger = Ledger(project.ledger)
    other = os.open(project.site, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)  # another process is writing
    waits = threading.Thread(target=write_site, args=(project, ledger))
    waits.start()
    waits.join(0.3)
    assert not (project.site / "index.html").exists()
    run = ledger.start(notebook="a", page="a.html", parameters={}, code_version="1")
    ledger.finish(run, Ending("failed", error="no data for ward 00004"))
    os.close(other)
    waits.join(60)
    assert "no data for ward 00004" in page(project, "index")
