"""The catalogue file: every mistake is an error that names its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanoi_analytics.catalogue import CatalogueError
from hanoi_analytics.catalogue.entries import read_catalogue

GOOD = """\
datasets:
  wards:
    title: Wards
    tier: reference
    loader: csv
    file: reference/wards.csv
    sha256: abcd000000000000000000000000000000000000000000000000000000000000
    licence: Public
    citation: Law
    date: 2025-07-01
    table:
      rows: 2
      key: [code]
      columns:
        code: {dtype: str, pattern: '^[0-9]+$'}
        area_km2: {dtype: float, unit: km², ge: 0}
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "catalogue.yml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    entries = read_catalogue(_write(tmp_path, GOOD))
    assert list(entries) == ["wards"]
    assert entries["wards"].date == "2025-07-01"
    assert entries["wards"].table is not None
    assert entries["wards"].table.columns["area_km2"].unit == "km²"


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "catalogue.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    licence: Public", "    license: Public", 8, "did you mean 'licence'?"),
        ("      rows: 2", "      row: 2", 12, "did you mean 'rows'?"),
        ("unit: km², ge: 0", "units: km², ge: 0", 16, "did you mean 'unit'?"),
        ("tier: reference", "tier: referense", 4, "'referense'"),
        ("dtype: float", "dtype: decimal", 16, "'decimal'"),
        ("pattern: '^[0-9]+$'", "pattern: '['", 15, "not a regular expression"),
        ("file: reference/wards.csv", "file: ../secret.csv", 6, "stays inside its folder"),
        ("file: reference/wards.csv", "file: /etc/passwd", 6, "stays inside its folder"),
        ("sha256: abcd", "sha256: zz00", 7, "zz00"),
        ("key: [code]", "key: [cod]", 11, "did you mean 'code'?"),
        ("    title: Wards\n", "    title: Wards\n    title: Again\n", 4, "stands twice"),
    ],
)
def test_a_mistake_names_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert f"line {line}" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    file: reference/wards.csv\n", "", "needs 'file'"),
        ("tier: reference", "tier: remote", "'file' does not belong to a remote dataset"),
        ("    date: 2025", "    seed: 3\n    date: 2025", "'seed' does not belong"),
        ("    date: 2025", "    alternative: ward\n    date: 2025", "did you mean 'wards'?"),
        ("    date: 2025", "    own: {title: T, unit: m}\n    date: 2025", "'own' is for rasters"),
        ("    date: 2025", "    own: {titel: T}\n    date: 2025", "did you mean 'title'?"),
    ],
)
def test_a_tier_has_what_it_needs_and_no_more(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(CatalogueError, match=words):
        read(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "datasets: 3", "- a", "datasets: {a: [", "datasets: {a: 1}"])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogueError, match=r"catalogue\.yml"):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_catalogue(tmp_path / "none.yml")


@given(st.text(max_size=200))
def test_any_text_gives_entries_or_a_catalogue_error(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.yml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            entries = read_catalogue(path)
        except CatalogueError:
            return
        assert entries == {}
