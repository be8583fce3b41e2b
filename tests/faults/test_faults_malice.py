"""Words that want to be more than words: paths, HTML, templates, tags, terminals."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from hanoi_analytics.jobs import JobsFileError, read_jobs
from hanoi_analytics.publishing import Project
from tests.faults.tiny import DEADLINE_S, FULL, Page, Tiny, check_whole

WORDS = (
    "</td></table></script></style></title>--><script>alert(1)</script>"
    "<img src=x onerror=alert(2)><a href='javascript:alert(3)'>"
    "{{ 7*7 }}{% for x in range(9) %}{{ x }}{% endfor %}{# #}${7*7}"
    "{0.__class__}{}%s%(x)s\\..\\/../../etc/x ' \" & &lt; \u202egpj.exe\u2066"
)
# Colours, a window's title, a cleared screen, the same in one character, and a line of a log.
TERMINAL = (
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b2J\x1bPq\x1b\\\b\b\x00"
    "\r\n2026-01-01 00:00:00  tiny.html: published in 0.1 s\n"
)
LONG = "x" * (900_000 if FULL else 90_000)
JOBS = {
    "words": {
        "notebook": "tiny",
        "parameters": {"words": WORDS, "long": LONG, "fails": [False, True]},
        "on_failure": [{"command": ["tee", "told"]}],
    }
}
PARAMETERS = (
    "number: int = 0  # which page [0, 1000]\n"
    'words: str = ""  # shown\n'
    'long: str = ""  # counted\n'
    "fails: bool = False  # whether to raise them"
)
CODE = (
    "print(words, len(long))\n"
    "print('x/' * 100_000)\n"
    f"if fails:\n    raise ValueError(words + {TERMINAL!r} + words * 2000 + '/' * 200_000)"
)
HARMFUL = ("alert(", "onerror")


def check_only_words(page: Page) -> None:
    """Hold that a page shows the words and does nothing with them."""
    assert WORDS.partition("{{")[0] in page.text
    assert "{{ 7*7 }}{% for x in range(9) %}{{ x }}{% endfor %}{# #}${7*7}" in page.text
    assert not any(bad in script for script in page.scripts for bad in HARMFUL)
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert attributes.get("src") != "x"
        link = attributes.get("href") or ""
        assert not link.startswith("javascript:")


def test_words_of_parameters_and_errors_stay_words(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, "replaced below: {}", CODE, PARAMETERS)
    text = json.dumps({"version": 1, "jobs": JOBS}, ensure_ascii=True)
    (tmp_path / "jobs.yml").write_text(text, "utf-8")
    outside = set(tmp_path.iterdir())
    code, said = tiny.hanoi("run", "words")
    assert code == 1, said
    published, failed = tiny.rows("SELECT * FROM runs ORDER BY page")
    assert (published["status"], failed["status"]) == ("published", "failed")
    assert json.loads(published["parameters"])["words"] == WORDS
    assert failed["error_cell"] == 3
    assert failed["error"].startswith("ValueError: </td>")
    assert len(failed["error"]) <= 4000
    assert len(failed["traceback"]) <= 20_000
    # What is long is looked through once, not from each of its letters again.
    assert published["seconds"] < 120
    assert failed["seconds"] < 120

    for name in ("tiny--fails-false", "runs", "index"):
        page = check_whole(tiny.site / f"{name}.html")
        check_only_words(page)
        assert (LONG in page.text) == (name == "tiny--fails-false")  # the others cut it
    assert f"{WORDS} {len(LONG)}" in check_whole(tiny.site / "tiny--fails-false.html").text
    assert not (tiny.site / "tiny--fails-true.html").exists()
    made = {path.name for path in set(tmp_path.iterdir()) - outside}
    assert made == {"site", ".hanoi", ".ipython", "told"}

    told = json.loads((tmp_path / "told").read_text("utf-8"))
    assert told["status"] == "failed"
    both = [tiny.start("show", str(failed["id"])), tiny.start("history")]
    for words in (said, told["error"], *(p.communicate(timeout=DEADLINE_S)[0] for p in both)):
        assert commands(words) == []
        assert "ValueError: </td>" in words
    # The log says how a run ended in one line, and nobody else writes one.
    assert [line for line in said.splitlines() if line.startswith("2026-01-01")] == []
    tiny.check_left()


def commands(words: str) -> list[str]:
    """Return the characters that a terminal takes for a command or that turn text around."""
    return [
        letter
        for letter in words
        if letter not in "\n\t"
        and (
            unicodedata.category(letter) == "Cc"
            or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        )
    ]


NAMES = [
    "../../etc/x",
    "/etc/x",
    "a/../../x",
    "a/..",
    "./a",
    "a//b",
    "a\\..\\b",
    "a\x00b",
    "%2e%2e/x",
    "\u0430ir-daily",  # begins with a Cyrillic letter
    "air\u202egpj",
    "air\u200b",
    "{0.__class__}",
    "{{ 7*7 }}",
    "$(touch hacked)",
    "-rf",
    "a" * 300,
    "CON.html",
    "index",
    "runs",
]


def test_a_name_that_is_more_than_a_name_is_refused(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, "replaced below: {}")
    jobs = {f"page-{n}": {"notebook": "tiny", "page": name} for n, name in enumerate(NAMES)}
    jobs |= {f"book-{n}": {"notebook": name} for n, name in enumerate(NAMES)}
    odd = [name for name in NAMES if name not in ("index", "runs")]
    jobs |= {name: {"notebook": "tiny"} for name in odd}
    text = json.dumps({"version": 1, "jobs": jobs}, ensure_ascii=True)
    (tmp_path / "jobs.yml").write_text(text, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    both = [tiny.start("list"), tiny.start("run", "../../etc/x")]
    for process in both:
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2
        assert "Traceback" not in said
        assert commands(said) == []
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(JobsFileError) as caught:
        read_jobs(
            tmp_path / "jobs.yml", Project(tmp_path / "notebooks", tiny.site, tmp_path / "ledger")
        )
    mistakes = str(caught.value)
    for number in range(len(NAMES)):
        assert f"page-{number}" in mistakes
        assert f"book-{number}" in mistakes


@pytest.mark.parametrize(
    "text",
    [
        'version: 1\njobs:\n  a: {notebook: !!python/object/apply:os.system ["touch hacked"]}',
        "version: 1\njobs:\n  a: " + "[" * 20_000,
        "version: 1\njobs:\n  a: " + "{a: " * 20_000,
        "version: 1\njobs:\n  a: &a [x, x]\n  b: &b [*a, *a]\n  c: [*b, *b, *b]",
        "version: 1\njobs:\n  a: {notebook: tiny, retries: " + "9" * 20_000 + "}",
        "version: 1\njobs:\n  a: {notebook: tiny, timeout_s: .nan}",
        "version: 1\njobs:\n  a: {notebook: tiny, keep: 0o7777777}",
        "\ufeff\x00version: 1",
    ],
    ids=["tag", "deep-lists", "deep-mappings", "bomb", "huge", "nan", "octal", "nul"],
)
def test_yaml_that_is_more_than_values_is_refused(tmp_path: Path, text: str) -> None:
    tiny = Tiny(tmp_path, "replaced below: {}")
    (tmp_path / "jobs.yml").write_text(text, "utf-8")
    with pytest.raises(JobsFileError, match=r"jobs\.yml, line \d"):
        read_jobs(tmp_path / "jobs.yml", Project(tmp_path / "notebooks", tiny.site, tiny.ledger))
    assert not (tmp_path / "hacked").exists()
