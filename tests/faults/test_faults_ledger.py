"""Ledgers that are damaged or none: a clear error, no byte changed, never made anew."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hanoi_analytics.ledger import Ending, Ledger
from tests.faults.tiny import DEADLINE_S, Tiny

LOADED = "x" * 2000


def make_ledger(path: Path, runs: int) -> None:
    """Write a ledger."""
    ledger = Ledger(path)
    for number in range(runs):
        run = ledger.start(
            notebook="tiny",
            page=f"tiny-{number}.html",
            parameters={"words": LOADED},
            code_version="1",
        )
        ledger.finish(run, Ending("published", 1.0))


def with_random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(20_000))  # noqa: S311 - not for secrets


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def written_over(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = random.Random(2).randbytes(4096)  # noqa: S311
    path.write_bytes(data)


def with_other_words(path: Path) -> None:
    """Change a value, which leaves the database sound and its JSON broken."""
    data = path.read_bytes()
    assert b'{"words": "' in data
    path.write_bytes(data.replace(b'{"words": "', b'}"words": "'))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("CREATE TABLE bookmarks (address TEXT)")
        opened.commit()


def of_a_later_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA user_version = 3")
        opened.commit()


FAULTS = {
    with_random_bytes: "not a database",
    cut_off: "malformed",
    written_over: "damaged",
    with_other_words: "damaged: CHECK constraint failed in runs",
    emptied: "empty",
    made_a_folder: "unable to open database file",
    of_another_program: "no ledger",
    of_a_later_version: "version 3, expected 2",
}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file, but for those that are locks of processes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "ledger.sqlite"
    make_ledger(path, 60)  # some forty pages of the file
    return path


def test_a_broken_ledger_is_named_and_left_as_it_is(tmp_path: Path, sound: Path) -> None:
    started = {}
    for spoil in FAULTS:
        tiny = Tiny(tmp_path / spoil.__name__, "one:\n  notebook: tiny")
        tiny.ledger.parent.mkdir()
        tiny.ledger.write_bytes(sound.read_bytes())
        tiny.ledger.with_name("ledger.sqlite.running").mkdir()
        spoil(tiny.ledger)
        before = files(tiny.folder)
        # One command writes, the other only reads.
        for words in (("due",), ("history",)) if spoil is emptied else (("history",),):
            started[spoil, words] = (tiny, before, tiny.start(*words))
    wrong: list[tuple[object, ...]] = []
    for (spoil, words), (tiny, before, process) in started.items():
        said, _ = process.communicate(timeout=DEADLINE_S)
        expected = FAULTS[spoil]
        told = "ledger.sqlite" in said and expected in said and "Traceback" not in said
        if process.returncode == 0 or not told:
            wrong.append((spoil.__name__, words, process.returncode, said))
        if files(tiny.folder) != before:
            wrong.append((spoil.__name__, words, "changed", sorted(files(tiny.folder))))
        if tiny.site.exists():
            wrong.append((spoil.__name__, words, "site", said))
    assert wrong == []


def test_a_ledger_whose_first_process_was_killed_is_begun(tmp_path: Path) -> None:
    # SQLite makes the file with its first byte still to come; nothing was ever in it.
    path = tmp_path / "ledger.sqlite"
    path.touch()
    make_ledger(path, 1)
    assert len(Ledger(path).runs()) == 1
