"""The jobs file: read whole before anything runs, and every mistake told by its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.jobs.fan_out import slug
from hanoi_analytics.jobs.file import (
    Command,
    DriftLimit,
    Email,
    Job,
    JobsFileError,
    Webhook,
    read_jobs,
)
from hanoi_analytics.publishing.run import Project

ROOT = Path(__file__).resolve().parents[2]
AIR = """\
year: int = 2017  # shown [2010, 2030]
ward: str = "Đống Đa"  # a ward
share: float = 0.5  # of all [-1, 1]
standard: str = "QCVN"  # whose {QCVN, WHO}
years: list[int] = []  # to show; empty for all [2010, 2030]
"""


def write_notebook(project: Project, name: str, parameters: str, *code: str) -> None:
    book = nbformat.v4.new_notebook()
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    book.cells = [tagged, *map(nbformat.v4.new_code_cell, code)]
    path = project.notebooks / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "notebooks", tmp_path / "site", tmp_path / "ledger.sqlite")
    write_notebook(made, "city/air", AIR)
    write_notebook(made, "city/water", "", "findings.record(mean_ph=7.1, days_above=2)")
    write_notebook(made, "broken", "import os")
    return made


def read(project: Project, jobs: str, head: str = "version: 1\njobs:\n") -> dict[str, Job]:
    path = project.notebooks.parent / "jobs.yml"
    path.write_text(head + jobs, "utf-8")
    return read_jobs(path, project)


def mistakes(project: Project, jobs: str, head: str = "version: 1\njobs:\n") -> list[str]:
    with pytest.raises(JobsFileError) as caught:
        read(project, jobs, head)
    return str(caught.value).splitlines()


def one(project: Project, keys: str) -> str:
    """Return the one mistake of a job whose keys follow its notebook, in line 4."""
    found = mistakes(project, f"  x: {{notebook: city/air,\n    {keys}}}\n")
    assert len(found) == 1, found
    return found[0]


def test_the_projects_own_file_has_a_daily_a_weekly_and_a_fan_out_job() -> None:
    project = Project(ROOT / "notebooks", ROOT / "site", ROOT / "ledger.sqlite")
    jobs = read_jobs(ROOT / "jobs.yml", project)
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday
    moments = {}
    for name in ("air-daily", "hanoi-weekly"):
        schedule = jobs[name].schedule
        assert schedule is not None
        first = schedule.next(start)
        moments[name] = (first, schedule.next(first))
    assert moments["air-daily"] == (
        datetime(2026, 11, 21, 22, tzinfo=UTC),
        datetime(2026, 11, 22, 22, tzinfo=UTC),
    )
    assert moments["hanoi-weekly"] == (
        datetime(2026, 11, 22, 22, 30, tzinfo=UTC),
        datetime(2026, 11, 29, 22, 30, tzinfo=UTC),
    )
    assert jobs["air-daily"].variants[0].page == "environment/air"
    assert jobs["air-daily"].drift["mean_pm25_ugm3"].relative == 0.2
    assert 3 <= len(jobs["air-by-year"].variants) <= 5


def test_a_job_is_read_with_all_its_keys(project: Project) -> None:
    tell = project.notebooks.parent / "scripts" / "tell.sh"
    tell.parent.mkdir()
    tell.write_text("#!/bin/sh\n", "utf-8")
    tell.chmod(0o755)
    job = read(
        project,
        """\
  # a comment
  air:
    notebook: city/air
    schedule: "0 5 * * *"
    parameters: {year: 2018, years: [2016, 2018]}
    page: city/air-old
    timeout_s: 600
    memory_gb: 1.5
    retries: 2
    backoff_s: 30
    retry_lost: true
    keep: 7
    drift: {mean: {relative: 0.2}, days: {absolute: 10}}
    on_failure:
      - command: [scripts/tell.sh, "--job", "$(x)"]
      - webhook: {url_from: HOOK}
      - email:
          {host: 127.0.0.1, port: 2525, from: a@b.vn, to: [c@d.vn], user_from: U, password_from: P}
""",
    )["air"]
    assert (job.name, job.notebook, job.line) == ("air", "city/air", 4)
    assert job.schedule is not None
    assert job.schedule.cron == "0 5 * * *"
    (variant,) = job.variants
    assert (variant.page, variant.label) == ("city/air-old", "")
    assert variant.parameters == {
        "year": 2018,
        "ward": "Đống Đa",
        "share": 0.5,
        "standard": "QCVN",
        "years": [2016, 2018],
    }
    assert (job.timeout_s, job.memory_gb, job.retries, job.backoff_s) == (600, 1.5, 2, 30)
    assert (job.retry_lost, job.keep) == (True, 7)
    assert job.drift == {"mean": DriftLimit(relative=0.2), "days": DriftLimit(absolute=10.0)}
    command, webhook, email = job.on_failure
    assert isinstance(command, Command)
    assert command.command == (str(tell.resolve()), "--job", "$(x)")
    assert isinstance(webhook, Webhook)
    assert webhook.url_from == "HOOK"
    assert isinstance(email, Email)
    assert (email.host, email.port, email.sender) == ("127.0.0.1", 2525, "a@b.vn")
    assert (email.to, email.user_from, email.password_from) == (["c@d.vn"], "U", "P")


def test_a_job_that_says_little_has_the_defaults(project: Project) -> None:
    job = read(project, "  water: {notebook: city/water}\n")["water"]
    assert [(v.page, v.parameters, v.label) for v in job.variants] == [("city/water", {}, "")]
    assert (job.schedule, job.memory_gb, job.on_failure, job.drift) == (None, None, (), {})
    assert (job.timeout_s, job.retries, job.backoff_s, job.keep) == (900, 0, 60, 0)
    assert job.retry_lost is False


def test_lists_fan_out_in_every_combination_in_the_order_of_the_file(project: Project) -> None:
    keys = "parameters: {ward: [Đống Đa, Hoàn Kiếm], standard: WHO, share: [-0.5, 0.25]}"
    variants = read(project, f"  air: {{notebook: city/air, {keys}}}\n")["air"].variants
    assert [variant.page for variant in variants] == [
        "city/air--ward-dong-da--share-minus-0-5",
        "city/air--ward-dong-da--share-0-25",
        "city/air--ward-hoan-kiem--share-minus-0-5",
        "city/air--ward-hoan-kiem--share-0-25",
    ]
    assert [variant.label for variant in variants][::3] == [
        "ward Đống Đa; share -0.5",
        "ward Hoàn Kiếm; share 0.25",
    ]
    last = {"year": 2017, "ward": "Hoàn Kiếm", "share": 0.25, "standard": "WHO", "years": []}
    assert variants[-1].parameters == last


def test_a_parameter_that_is_a_list_fans_out_by_a_list_of_lists(project: Project) -> None:
    keys = "page: city/years, parameters: {years: [[], [2017], [2017, 2018]]}"
    variants = read(project, f"  air: {{notebook: city/air, {keys}}}\n")["air"].variants
    assert [(v.page, v.label, v.parameters["years"]) for v in variants] == [
        ("city/years--years-empty", "years (empty)", []),
        ("city/years--years-2017", "years 2017", [2017]),
        ("city/years--years-2017-2018", "years 2017, 2018", [2017, 2018]),
    ]


def test_a_list_of_one_value_is_a_page_named_like_the_others(project: Project) -> None:
    jobs = read(project, "  air: {notebook: city/air, parameters: {year: [2018]}}\n")
    assert [v.page for v in jobs["air"].variants] == ["city/air--year-2018"]


def test_text_typed_in_parts_is_read_composed(project: Project) -> None:
    decomposed = "\u0110o\u0302\u0301ng \u0110a"
    jobs = read(project, f"  air: {{notebook: city/air, parameters: {{ward: {decomposed}}}}}\n")
    assert jobs["air"].variants[0].parameters["ward"] == "\u0110\u1ed1ng \u0110a"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Phường Ô Chợ Dừa", "phuong-o-cho-dua"),
        ("../../etc/passwd", "etc-passwd"),
        ("<b>{{ x }}</b>", "b-x-b"),
        (True, "true"),
        (-110, "minus-110"),
        (-110.0, "minus-110"),
        (0.95, "0-95"),
        ("", "empty"),
        ([], "empty"),
        ("東京", ""),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_slugs(value: object, expected: str) -> None:
    assert slug(value) == expected


@given(st.text() | st.floats(allow_nan=False) | st.lists(st.text()))
def test_a_slug_is_a_safe_part_of_a_file_name(value: object) -> None:
    found = slug(value)
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in found
    assert len(found) <= 40


def test_all_mistakes_are_told_at_once_by_line_and_job(project: Project) -> None:
    found = mistakes(
        project,
        """\
  air:
    notebok: city/air
    schedule: "0 25 * * mond"
    timeout_s: "600"
  b: {notebook: city/airs}
  c:
    notebook: city/air
    parameters: {yaer: 2017}
    keep: -1
""",
        head="version: 2\nJobs: 1\njobs:\n",
    )
    assert [line.split(": ")[0] for line in found] == [
        f"jobs.yml, line {number}" for number in (1, 2, 4, 5, 6, 6 + 1, 8, 11, 12)
    ]
    text = "\n".join(found)
    for words in (
        "line 1: expected 'version: 1', found 2",
        "line 2: unknown key 'Jobs'; did you mean 'jobs'?",
        "line 4: job 'air': needs the key 'notebook'",
        "line 5: job 'air': unknown key 'notebok'; did you mean 'notebook'?",
        "line 6: job 'air': schedule: hour: '25' is not right; allowed: 0 to 23",
        "line 7: job 'air': timeout_s: must be a number without quotes, found '600'",
        "line 8: job 'b': no notebook 'city/airs'; did you mean 'city/air'?",
        "line 11: job 'c': city/air: no parameter 'yaer'; did you mean 'year'?",
        "line 12: job 'c': keep: must be greater than or equal to 0, found -1",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("parameters: {year: 2031}", "parameter 'year': 2031 is out of range; expected 2010 to"),
        ("parameters: {year: '2017'}", "expected int, found the text '2017'; write it without"),
        ("parameters: {year: true}", "expected int, found True (bool); for example year: 2017"),
        ("parameters: {year: }", "expected int, found None"),
        ("parameters: {year: {a: 1}}", "expected int, found {'a': 1}"),
        ("parameters: {year: [2017, 2031]}", "2031 is out of range"),
        ("parameters: {year: []}", "an empty list makes no page"),
        ("parameters: {year: [2017, 2017]}", "2017 and 2017 would both be the page …--year-2017"),
        ("parameters: {ward: [Ba Đình, ba-đinh]}", "'Ba Đình' and 'ba-đinh' would both be"),
        ("parameters: {ward: [東京]}", "'東京' has no letter or digit for a page's name"),
        ("parameters: {ward: 5}", "expected str, found 5 (int); for example ward: "),
        ("parameters: {standard: [QCVN, WHQ]}", "'WHQ' is no choice; did you mean 'WHO'?"),
        ("parameters: {years: [[2017], 2018]}", "expected list[int], found 2018 (int)"),
        ("parameters: {years: 2017}", "expected list[int], found 2017 (int)"),
        ("parameters: {api_token: abc}", "'api_token' looks like a credential"),
        ("parameters: [year]", "parameters: must be a mapping (key: value), found ['year']"),
        (f"parameters: {{year: {[2017] * 1001}}}", "lists 1,001 values; expected at most 1,000"),
        ("page: ../air", "page: must be a path inside the site"),
        ("page: /etc/air", "page: must be a path inside the site"),
        ("page: city/air.html", "no .html"),
        ("page: City/Air", "found 'City/Air'"),
        ("page: city//air", "found 'city//air'"),
        (f"page: {'a' * 101}", "at most 100 characters"),
        ("page: index", "the site writes 'index' itself"),
        ("page: runs", "the site writes 'runs' itself"),
        ("page: city/water", "'city/water' is the page of another notebook"),
        ("schedule: 5", "schedule: must be text in quotes, such as '0 5 * * *', found 5"),
        ("timeout_s: 0", "timeout_s: must be greater than 0, found 0"),
        ("timeout_s: .inf", "timeout_s: must be a finite number, found inf"),
        ("memory_gb: .nan", "memory_gb: must be a finite number, found nan"),
        ("retries: 2.5", "retries: must be a whole number without quotes, found 2.5"),
        ("retries: true", "retries: must be a whole number without quotes, found True"),
        ("retry_lost: maybe", "retry_lost: must be true or false, found 'maybe'"),
        ("drift: {mean: {relativ: 0.2}}", "unknown key 'drift.mean.relativ'; did you mean"),
        ("drift: {mean: {relative: -0.2}}", "drift.mean.relative: must be greater than or equal"),
        ("drift: {mean: {}}", "drift.mean: give absolute, relative (0.2 for 20 %) or both"),
        ("drift: {Mean PM: {absolute: 1}}", "expected small letters a to z"),
        ("on_failure: {command: [x]}", "on_failure: must be a list"),
        ("on_failure: [{}]", "on_failure: expected one of command, webhook and email"),
        ("on_failure: [{mail: {}}]", "unknown key 'on_failure.mail'; did you mean 'email'?"),
        ("on_failure: [{command: tell.sh}]", "expected a list of texts, such as [scripts/tell.sh"),
        ("on_failure: [{command: []}]", "expected a list of texts"),
        ("on_failure: [{command: [./tell.sh]}]", "tell.sh is no file that may be executed"),
        ("on_failure: [{command: [../tell.sh]}]", "leaves the folder of the jobs file"),
        ("on_failure: [{command: [no-such-program]}]", "no program 'no-such-program' on the"),
        ('on_failure: [{command: [sh, "a\\0b"]}]', "holds a zero character"),
        ("on_failure: [{webhook: {}}]", "needs the key 'on_failure.webhook.url_from'"),
    ],
)
def test_a_mistake_says_what_was_found_and_what_to_write(
    project: Project, keys: str, words: str
) -> None:
    found = one(project, keys)
    assert found.startswith("jobs.yml, line 4: job 'x': ")
    assert words in found


def email(**keys: str) -> str:
    given = {"host": "127.0.0.1", "from": "a@b.vn", "to": "[c@d.vn]", **keys}
    body = ", ".join(f"{key}: {value}" for key, value in given.items())
    return f"on_failure: [{{email: {{{body}}}}}]"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (email(host='"127.0.0.1\\r\\nX: 1"'), "expected a host such as mail.example.vn"),
        (email(port="70000"), "on_failure.email.port: must be less than or equal to 65535"),
        (email(**{"from": '"a@b.vn\\nBcc: x@y.vn"'}), "expected one address such as"),
        (email(to='["c@d.vn\\r\\nSubject: x"]'), "expected one address such as"),
        (email(to='["c@d.vn\\n"]'), "expected one address such as"),
        (email(to='["C <c@d.vn>"]'), "without a name"),
        (email(to='["c@d.vn,e@f.vn"]'), "expected one address"),
        (email(to="[]"), "on_failure.email.to: must hold at least 1"),
        (email(user_from="U"), "give both user_from and password_from, or neither"),
        (email(password="hunter2"), "name that by password_from"),  # noqa: S106
    ],
)
def test_an_e_mail_cannot_be_bent(project: Project, keys: str, words: str) -> None:
    found = one(project, keys)
    assert words in found
    assert "hunter2" not in found


@pytest.mark.parametrize("key", ["url", "url_from"])
def test_an_address_that_was_typed_is_refused_and_not_repeated(project: Project, key: str) -> None:
    keys = f'on_failure: [{{webhook: {{{key}: "https://hooks.example.vn/T0/s3cr3t"}}}}]'
    found = "\n".join(mistakes(project, f"  x: {{notebook: city/air, {keys}}}\n"))
    assert "environment variable" in found
    assert "s3cr3t" not in found


@pytest.mark.parametrize(
    "keys",
    [
        "parameters: {ward: correct-horse-battery}",
        "parameters: {ward: [Ba Đình, 'x correct-horse-battery']}",
        "page: correct-horse-battery",
        "on_failure: [{command: [sh, -c, correct-horse-battery]}]",
        "correct-horse-battery: 1",
    ],
)
def test_the_value_of_a_credential_is_refused_and_not_repeated(
    project: Project, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAP_API_KEY", "correct-horse-battery")
    found = "\n".join(mistakes(project, f"  x: {{notebook: city/air,\n    {keys}}}\n"))
    assert "line 4" in found
    assert "MAP_API_KEY" in found
    assert "correct-horse" not in found


def test_a_drift_limit_names_a_finding_that_the_notebook_records(project: Project) -> None:
    keys = "drift: {mean_hp: {absolute: 1}, days_above: {absolute: 1}}"
    found = mistakes(project, f"  w: {{notebook: city/water, {keys}}}\n")
    assert found == [
        "jobs.yml, line 3: job 'w': drift: city/water records no finding 'mean_hp'; "
        "did you mean 'mean_ph'?"
    ]


@pytest.mark.parametrize("code", ["findings.record(**numbers)", "findings.record(a=1)\n%time"])
def test_findings_that_are_not_written_out_are_checked_when_it_runs(
    project: Project, code: str
) -> None:
    write_notebook(project, "city/more", "", code)
    jobs = read(project, "  m: {notebook: city/more, drift: {mean: {relative: 0}}}\n")
    assert jobs["m"].drift == {"mean": DriftLimit(relative=0.0)}


def test_two_jobs_with_one_page_are_both_named_with_their_lines(project: Project) -> None:
    found = mistakes(
        project,
        """\
  a: {notebook: city/air, parameters: {year: [2017, 2018]}}
  b:
    notebook: city/air
    page: city/air--year-2018
  c: {notebook: city/air, keep: -1, parameters: {year: [2018, 2019, 2017]}}
""",
    )
    clash = "as job 'a' in line 3 does; give one of them another page"
    assert found == [
        f"jobs.yml, line 4: job 'b': writes the page 'city/air--year-2018', {clash}",
        "jobs.yml, line 7: job 'c': keep: must be greater than or equal to 0, found -1",
        f"jobs.yml, line 7: job 'c': writes the page 'city/air--year-2018', {clash}",
    ]


def test_a_fan_out_has_a_limit_and_the_sizes_are_told(project: Project) -> None:
    years, shares = [*range(2010, 2031)], [n / 100 for n in range(48)]
    keys = f"parameters: {{year: {years}, share: {shares}}}"
    found = mistakes(project, f"  x: {{notebook: city/air, {keys}}}\n")
    assert found == [
        "jobs.yml, line 3: job 'x': makes 1,008 pages (21 year × 48 share); expected at most 1,000"
    ]


def test_a_page_with_many_values_in_its_name_is_too_long(project: Project) -> None:
    page = "a" * 100
    keys = f"page: {page}, parameters: {{ward: [{'b' * 90}], year: [2017], years: [[2017, 2018]]}}"
    assert read(project, f"  x: {{notebook: city/air, {keys}}}\n")["x"].variants[0].page == (
        f"{page}--ward-{'b' * 40}--year-2017--years-2017-2018"
    )
    years = [[*range(2010, 2030)]]  # eight of them fit into 40 characters
    found = mistakes(
        project, f"  x: {{notebook: city/air, {keys.replace('[[2017, 2018]]', str(years))}}}\n"
    )
    assert len(found) == 1
    assert "has 205 characters; expected at most 180" in found[0]


@pytest.mark.parametrize("name", ["Air", "a b", "-a", "a" * 61, "../a", "đ", '"a\\n"', "''"])
def test_a_jobs_name_is_short_and_plain(project: Project, name: str) -> None:
    found = mistakes(project, f"  {name}: {{notebook: city/air}}\n")
    assert len(found) == 1
    assert "the name is not right; expected 1 to 60 of a to z, 0 to 9 and -" in found[0]


def test_a_broken_notebook_is_the_jobs_mistake(project: Project) -> None:
    (project.notebooks / "torn.ipynb").write_text('{"cells": [', "utf-8")
    drift = "drift: {mean: {absolute: 1}}"
    jobs = f"  x: {{notebook: broken, {drift}}}\n  y: {{notebook: torn, {drift}}}\n"
    first, second = mistakes(project, jobs)
    assert "line 3: job 'x': the notebook cannot be used: broken.ipynb" in first
    assert "line 4: job 'y': the notebook cannot be used: torn.ipynb: not a readable" in second


@pytest.mark.parametrize("notebook", ["../city/air", "/etc/passwd", "city/air.ipynb", "''"])
def test_a_notebook_is_one_of_the_project(project: Project, notebook: str) -> None:
    found = mistakes(project, f"  x: {{notebook: {notebook}}}\n")
    assert len(found) == 1
    assert "no notebook" in found[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: expected a mapping with 'version: 1' and 'jobs', found nothing"),
        ("- a\n", "line 1: expected a mapping with 'version: 1' and 'jobs', found a list"),
        ("just text", "found a str"),
        ("version: 1\n", "line 1: 'jobs' names no job"),
        ("version: 1\njobs:\n", "line 2: 'jobs' names no job"),
        ("version: 1\njobs: {a: {notebook: city/air}\n", "line 3: not YAML: "),
        ("version: 1\njobs:\n\ta: 1\n", "line 3: not YAML: "),
        ("a: 1\n---\nb: 2\n", "line 2: not YAML: "),
        ("version: 1\njobs: !!python/object/apply:os.system ['true']\n", "line 2: tags such as"),
        ("version: 1\njobs: !!set {a}\n", "line 2: tags such as 'tag:yaml.org,2002:set'"),
        ("version: 1\nx: &a [1]\njobs: *a\n", "line 2: anchors (&x) and aliases (*x)"),
        ("version: 1\njobs:\n  a: {schedule: * * * * *}\n", "text that begins with * stands in"),
        (f"a: {'[' * 50}", "line 1: more than 12 levels deep"),
        ("version: 1\nversion: 1\n", "line 2: 'version' stands twice, first in line 1"),
        ("? [a]\n: 1\n", "line 1: a key must be plain text"),
        ("version: 2026-02-30\n", "line 1: '2026-02-30' cannot be read"),
        ("a: 1\nb: \x07\n", "line 2: not YAML: the character #x0007"),
    ],
)
def test_a_file_that_is_no_jobs_file(project: Project, text: str, words: str) -> None:
    assert any(words in line for line in mistakes(project, "", head=text))


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor(project: Project) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    found = mistakes(project, "", head="\n".join(lines))
    assert found == [
        "jobs.yml, line 1: anchors (&x) and aliases (*x) are not read: write the values out"
    ]


def test_a_merge_of_keys_is_only_an_unknown_key(project: Project) -> None:
    assert "unknown key '<<'" in one(project, "<<: {keep: 2}")


def test_a_file_that_cannot_be_read_or_is_too_large(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "jobs.yml"
    with pytest.raises(JobsFileError, match=r"jobs\.yml: cannot be read \(No such file"):
        read_jobs(path, project)
    path.write_bytes(b"version: 1\njobs: {a: {page: '\xff'}}\n")
    with pytest.raises(JobsFileError, match="line 2: not UTF-8"):
        read_jobs(path, project)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(JobsFileError, match="larger than 1,000,000 bytes"):
        read_jobs(path, project)
