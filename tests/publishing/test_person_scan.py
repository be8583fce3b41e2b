"""People of the inputs are on no page, however they are written; what is public may stay."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from hanoi_analytics.catalogue import CatalogueError, guard_people
from hanoi_analytics.catalogue.people import FOLDER_VARIABLE, KEY_VARIABLE, keyed, number_tokens
from hanoi_analytics.publishing import Ledger, Project, publish
from hanoi_analytics.publishing.person_scan import (
    PeopleGuard,
    PersonFoundError,
    candidates,
    public_text,
)
from hanoi_analytics.publishing.run import Outcome

# Nobody's: 000 is no province of a CCCD, and the telephone numbers are of no operator.
PEOPLE = pd.DataFrame(
    {
        "full_name": ["Nguyễn Thị Hòa", "Tô An", "Đặng Hoàng Thuỳ Linh", None],
        "cccd": ["000199012345", None, "000300543210", "000200000009"],
        "bhyt": ["XX4990123456789", None, None, None],
        "phone": ["0199555123", None, None, "0199555777"],
        "ward": ["00004", "00004", "00008", "00008"],
    }
)

Refused = Callable[[str], bool]


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PeopleGuard:
    guard = PeopleGuard(tmp_path)
    for name, value in guard.environment.items():
        monkeypatch.setenv(name, value)
    guard_people(PEOPLE, title="register")
    return guard


@pytest.fixture
def refused(guard: PeopleGuard) -> Refused:
    def check(html: str) -> bool:
        try:
            guard.check_page(html)
        except PersonFoundError:
            return True
        return False

    return check


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nguyễn Thị Hòa</p>",
        "<p>NGUYỄN THỊ HOÀ lives here</p>",  # capitals, the tone on the other vowel
        "<p>nguyen thi\n  hoa</p>",
        "<p>Nguye\u0302\u0303n Thi\u0323 Ho\u0300a</p>",  # marks as signs of their own
        "<p>NguyễnThịHòa</p>",
        "<p>Nguyễn&nbsp;Th&#7883; <b>H</b>òa</p>",
        '<img alt="of Nguyễn Thị Hòa">',
        "<tr><td>Nguyễn</td>\n<td>Thị</td><td>Hòa</td></tr>",
        '<script>x = {"n": "Nguy\\u1ec5n Th\\u1ecb H\\u00f2a"}</script>',
        '<a href="?q=Nguy%E1%BB%85n%20Th%E1%BB%8B%20H%C3%B2a">x</a>',
        '<iframe srcdoc="&lt;p&gt;Nguy&amp;#7877;n Thị Hòa&lt;/p&gt;"></iframe>',
        f"<a href='data:text/csv;base64,{in_base64('1;x;Nguyễn Thị Hòa;y;4')}'>",
        "<!-- nguyen_thi_hoa.csv -->",
        "<p>mr. Tô An</p>",
        "<p>tô an</p>",
        "<p>TO AN</p>",
        "<p>Linh: Dang Hoang Thuy Linh, 27</p>",
        "<p>000199012345</p>",
        "<td>199012345.0</td>",  # what a column of floats makes of it
        "<td>199012345</td>",
        "<p>000 199 012345</p>",
        "<p>XX 4990123456789</p>",
        "<p>call 0199.555.123.</p>",
        "<p>+84 199 555 123</p>",
    ],
)
def test_a_person_is_found_however_written(refused: Refused, html: str) -> None:
    assert refused(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nguyễn Thị Hà</p>",
        "<p>to an end</p>",  # small letters without marks: another language's words
        "<p>Nguyễn, Thị, Hòa are frequent</p>",
        "<p>Thị Hòa</p>",
        "<p>Tố An, and To An Binh, a place</p>",
        "<p>Nguyễn Thị - Hòa</p>",
        "<tr><td>Tô</td><td>An</td></tr>",  # two cells, such as two names of a list
        "<p>105.199555123 and 21.000199012345</p>",  # coordinates
        "<p>x000199012345 and 0001990123456</p>",
        "<p>1,099,555,123</p>",
        "<p>00004</p>",
    ],
)
def test_what_is_nobody_passes(refused: Refused, html: str) -> None:
    assert not refused(html)


def test_the_message_counts_and_never_quotes(guard: PeopleGuard) -> None:
    html = "<p>Nguyễn Thị Hòa, Nguyễn Thị Hòa, Tô An: 0199555123</p>"
    with pytest.raises(PersonFoundError) as caught:
        guard.check_page(html)
    words = str(caught.value)
    assert "2 of register, column full_name; 1 of register, column phone" in words
    assert not any(part in words for part in ("Hòa", "Tô", "0199"))


def test_names_of_the_sources_are_public_and_no_others(guard: PeopleGuard) -> None:
    source = {"id": "x", "title": "t", "citation": "after Nguyễn Thị Hòa (1999)", "tier": "own"}
    guard.check_page("<p>Nguyễn Thị Hòa</p>", public_text([source]))
    with pytest.raises(PersonFoundError, match=r"column cccd"):
        guard.check_page("<p>Nguyễn Thị Hòa 000199012345</p>", public_text([source]))


def test_reference_tables_on_a_page_are_public() -> None:
    wards = {"id": "hanoi_wards_2025", "title": "", "citation": "", "tier": "reference"}
    assert "2m:hoàn kiếm" in {token for token, _, _ in candidates(public_text([wards]))}


def test_hashes_are_keyed_and_of_their_user_alone(guard: PeopleGuard, tmp_path: Path) -> None:
    files = list(tmp_path.glob("*.hashes"))
    assert sorted(json.loads(f.with_suffix(".json").read_text())["column"] for f in files) == [
        "bhyt",
        "cccd",
        "full_name",
        "phone",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert guard.environment[KEY_VARIABLE].encode() not in everything
    assert "Hòa".encode() not in everything
    assert b"199012345" not in everything


def test_the_hash_is_siphash_with_its_published_vector() -> None:
    """Aumasson and Bernstein (2012), appendix A; pandas mixes it as SplitMix64 does."""
    value = 0xA129CA6149BE45E5
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        value = (value ^ (value >> shift)) * factor % 2**64
    key = bytes(range(16)).decode()
    assert keyed([bytes(range(15)).decode()], key).tolist() == [value]


def test_parts_and_parquet_give_the_same_hashes(
    guard: PeopleGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / "parts"
    stored.mkdir()
    PEOPLE.iloc[:2].to_parquet(stored / "0.parquet")
    PEOPLE.iloc[2:].to_parquet(stored / "1.parquet")

    def hashes(name: str, people: pd.DataFrame | Path | list[pd.DataFrame]) -> list[int]:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
        guard_people(people, title=name)
        return sorted(h for file in folder.glob("*.hashes") for h in np.fromfile(file, np.uint64))

    whole = hashes("whole", PEOPLE)
    assert len(whole) == 4 + 3 + 1 + 2  # a name of two words is looked for in two ways
    assert hashes("folder", stored) == whole
    assert hashes("iterable", [PEOPLE.iloc[:3], PEOPLE.iloc[3:]]) == whole


def test_a_table_without_people_is_refused(guard: PeopleGuard) -> None:
    with pytest.raises(CatalogueError, match=r"wards: none of the columns full_name, cccd"):
        guard_people(PEOPLE[["ward"]], title="wards")


def test_short_numbers_are_not_looked_for() -> None:
    found = number_tokens(["12345678", "0123456789", "099 123-456.0"])
    assert found == ["123456789", "99123456"]


def test_words_of_an_error_are_masked(guard: PeopleGuard) -> None:
    assert guard.mask("KeyError: 'Nguyễn Thị Hòa'") == "KeyError: '[person]'"
    assert guard.mask("row 7: Tô An, 0199555123, Tô An") == "row 7: [person], [person], [person]"
    assert guard.mask("KeyError: 'ward'") == "KeyError: 'ward'"


REPORT = {
    "application/vnd.hanoi.sources+json": [
        dict.fromkeys(
            ("id", "title", "tier", "licence", "citation", "date", "sha256", "approximate"), ""
        )
    ]
}


def run(project: Project, *code: str) -> Outcome:
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    )
    last = f"from IPython.display import display\ndisplay({REPORT!r}, raw=True)"
    book.cells = [
        nbformat.v4.new_markdown_cell("# Report\n\nWhat it says."),
        nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, (*code, last)),
    ]
    project.notebooks.mkdir(exist_ok=True)
    nbformat.write(book, project.notebooks / "a.ipynb")
    return publish(project)[0]


def test_a_careless_notebook_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that was there stays; neither ledger nor index quotes the person."""
    monkeypatch.chdir(tmp_path)  # the site is named as on the command line
    project = Project(tmp_path / "notebooks", Path("site"), tmp_path / "ledger.sqlite")
    own = tmp_path / "own"
    own.mkdir()
    PEOPLE.to_csv(own / "people.csv", index=False)
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(own))
    read = (
        "from hanoi_analytics import catalogue\n"
        "people = catalogue.load_own_rows('people.csv', title='register', people=True)"
    )
    first = run(project, read, "people.groupby('ward').size()")
    assert (first.status, first.error) == ("published", None)
    page = (project.site / "a.html").read_text("utf-8")
    second = run(project, read, "people.head(1).to_numpy().tolist()")
    assert second.status == "failed"
    assert "1 of own/people.csv, column full_name" in str(second.error)
    third = run(project, read, "people.set_index('full_name').loc[people.full_name[0] + ' x']")
    assert third.error == "KeyError: '[person] x'"
    assert third.error_cell == 4
    assert (project.site / "a.html").read_text("utf-8") == page
    kept = str(Ledger(project.ledger).last_runs()) + (project.site / "index.html").read_text()
    assert "Hòa" not in kept
    assert list((project.site / ".staging").iterdir()) == []
