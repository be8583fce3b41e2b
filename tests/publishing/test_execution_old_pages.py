"""What stood at a page's place is kept, and nothing else is removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hanoi_analytics.publishing.old_pages import old_pages, put_in_place, run_of


def html(run: int, text: str = "") -> str:
    return f'<!DOCTYPE html>\n<meta content="{run}" name="hanoi-run"/>{text}'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_old_pages_are_kept_under_the_run_that_made_them(tmp_path: Path) -> None:
    page = tmp_path / "air.html"
    for run in (3, 12, 9, 20, 21):
        put_in_place(page, html(run), keep=2)
    # 3 was outdated by 20, and 9 by 21: the highest numbers are the newest runs.
    assert names(tmp_path) == ["air.html", "air.run-12.html", "air.run-20.html"]
    assert [run for run, _ in old_pages(page)] == [20, 12]
    assert run_of(page) == 21
    assert (tmp_path / "air.run-20.html").read_text("utf-8") == html(20)


def test_without_keep_no_old_page_is_made_and_none_removed(tmp_path: Path) -> None:
    page = tmp_path / "air.html"
    for run, keep in ((1, 1), (2, 1), (3, 0)):
        put_in_place(page, html(run), keep=keep)
    assert names(tmp_path) == ["air.html", "air.run-1.html"]


def test_pages_with_such_names_of_their_own_stay(tmp_path: Path) -> None:
    others = {"air.run-5.html": html(77), "air.run-x.html": html(1), "air--a.run-1.html": html(1)}
    for name, text in others.items():
        (tmp_path / name).write_text(text, "utf-8")
    page = tmp_path / "air.html"
    page.write_text("<!DOCTYPE html>made before pages named their run", "utf-8")
    for run in (8, 9):
        put_in_place(page, html(run), keep=1)
    assert names(tmp_path) == sorted([*others, "air.html", "air.run-8.html"])


def test_a_full_disk_leaves_the_old_page_whole_and_no_half_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "air.html"
    put_in_place(page, html(1), keep=1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        put_in_place(page, html(2, "x" * 1000), keep=1)
    assert names(tmp_path) == ["air.html"]
    assert page.read_text("utf-8") == html(1)
