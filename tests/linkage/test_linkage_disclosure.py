"""No suppressed cell can be worked out (every table that fits is tried); no frame shows people."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics import catalogue
from hanoi_analytics.catalogue import CatalogueError
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.disclosure import (
    PersonFrame,
    PersonSeries,
    counts,
    protect,
    rounded,
    shares,
)


def possible(shown: pd.DataFrame, most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return every table of whole numbers up to `most` that agrees with all that is shown."""
    published = shown.astype("object").where(shown.notna(), -1).to_numpy(dtype=int)
    rows, columns = published.shape[0] - 1, published.shape[1] - 1
    choices = [range(most + 1) if v < 0 else (v,) for v in published[:rows, :columns].ravel()]
    tables = np.array(list(product(*choices))).reshape(-1, rows, columns)
    whole = np.concatenate([tables, tables.sum(axis=1, keepdims=True)], axis=1)
    whole = np.concatenate([whole, whole.sum(axis=2, keepdims=True)], axis=2)
    return whole[((whole == published) | (published < 0)).all(axis=(1, 2))]


def test_a_cell_alone_in_its_row_takes_others_with_it() -> None:
    table = pd.DataFrame({"x": [1, 4, 6], "y": [5, 8, 7], "z": [9, 6, 5]}, index=["a", "b", "c"])
    shown = protect(table, k=3)
    assert pd.isna(shown.loc["a", "x"])
    hidden = shown.isna().to_numpy()
    # With every total shown, one cell of a row or column can be worked out: two at least.
    assert set(hidden[:-1].sum(axis=1)) | set(hidden.sum(axis=0)) <= {0, 2, 3}
    assert hidden.sum() == 4
    assert shown.loc["Total", "Total"] == 51
    assert "1 of 16 cells count under 3 people" in shown.attrs["disclosure"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=6, max_size=6).filter(lambda v: sum(v) >= 3))
def test_no_suppressed_cell_is_determined(values: list[int]) -> None:
    k = 3
    table = pd.DataFrame(np.reshape(values, (2, 3)), index=["a", "b"], columns=["x", "y", "z"])
    shown = protect(table, k=k)
    truth = table.assign(Total=table.sum(axis=1))
    truth.loc["Total"] = truth.sum()
    small = ((truth > 0) & (truth < k)).to_numpy()
    assert shown.isna().to_numpy()[small].all()
    agrees = shown.isna() | (shown == truth)
    assert agrees.to_numpy().all()
    fits = possible(shown, most=8)
    least, greatest = fits.min(axis=0), fits.max(axis=0)
    assert (least[shown.isna()] < greatest[shown.isna()]).all()
    assert (greatest[small] >= k).all()


def test_two_small_cells_do_not_hide_each_other() -> None:
    """3 and 4 of a total of 107 with 100 shown are 7 together: under 10, and so is each."""
    shown = protect(pd.Series({"a": 3, "b": 4, "c": 100, "d": 40}), k=10)
    assert shown.iloc[:, 0].isna().tolist() == [True, True, False, True, False]


def test_empty_cells_are_shown_or_not_by_choice() -> None:
    table = pd.Series({"a": 0, "b": 30, "c": 40})
    assert protect(table, k=10).iloc[:, 0].tolist() == [0, 30, 40, 70]
    assert protect(table, k=10, zeros=False).iloc[:, 0].isna().tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_safe_table_is_left_as_it_is() -> None:
    table = pd.DataFrame({"x": [10, 20], "y": [30, 0]}, index=["a", "b"])
    table.attrs["source"] = {"id": "made up"}
    shown = protect(table)
    assert shown.to_numpy().tolist() == [[10, 30, 40], [20, 0, 20], [30, 30, 60]]
    assert shown.attrs["source"] == {"id": "made up"}
    assert "0 of 9 cells" in shown.attrs["disclosure"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame({("a", "b"): [12]}), "more than two"),
        (pd.Series({"a": 1.5}), "whole numbers"),
        (pd.Series({"a": -1, "b": 30}), "whole numbers"),
        (pd.Series({"a": None, "b": 30}), "whole numbers"),
        (pd.Series({"a": "Nguyễn"}), "whole numbers"),
        (pd.Series({"a": 4, "b": 5}), "fewer than 10 people"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(table: pd.DataFrame | pd.Series, words: str) -> None:
    with pytest.raises(LinkageError, match=words) as caught:
        protect(table)
    assert "Nguyễn" not in str(caught.value)


def test_a_share_is_suppressed_with_the_few_that_it_leaves_out() -> None:
    linked, people = pd.Series([96, 60, 70], list("abc")), pd.Series([97, 90, 95], list("abc"))
    found = shares(linked, people)
    assert pd.isna(found["a"])
    assert found.notna().sum() == 2
    assert found["Total"] == pytest.approx(226 / 282)


@pytest.mark.parametrize("part", [[0, 2, 0], [97, 88, 95]])
def test_no_share_is_shown_of_what_is_small_in_all(part: list[int]) -> None:
    # 2 of 282 stands on many a page; with a 0 beside it, it would be told whose they are.
    found = shares(pd.Series(part, list("abc")), pd.Series([97, 90, 95], list("abc")))
    assert found.isna().all()
    assert list(found.index) == ["a", "b", "c", "Total"]


def test_nobody_and_everybody_are_shown() -> None:
    whole = pd.Series([97, 90], list("ab"))
    assert shares(whole * 0, whole).tolist() == [0, 0, 0]
    assert shares(whole, whole).tolist() == [1, 1, 1]


def test_rounding_is_of_each_cell_by_itself() -> None:
    table = pd.DataFrame({"x": [12, 13], "y": [2, 5]}, index=["a", "b"])
    assert rounded(table, base=5).to_numpy().tolist() == [[10, 0, 15], [15, 5, 20], [25, 5, 30]]
    with pytest.raises(LinkageError, match="5 or 10"):
        rounded(table, base=3)


PEOPLE = PersonFrame(
    {
        "full_name": ["Nguyễn Văn An", "Trần Thị Bình"] * 20,
        "ward": ["00004"] * 35 + ["00008"] * 4 + [None],
        "sex": ["male", "female"] * 20,
    }
)
SECRETS = ("Nguyễn", "Trần", "00004", "male")


@pytest.mark.parametrize(
    "derived",
    [
        PEOPLE,
        PEOPLE.head(1),
        PEOPLE[PEOPLE["sex"] == "male"].sort_values("ward"),
        PEOPLE["full_name"],
        PEOPLE.loc[3],
        PEOPLE["full_name"].value_counts(),
        PEOPLE.groupby("full_name").size(),
        PEOPLE.merge(PEOPLE, on="ward").describe(),
        PEOPLE["full_name"].to_frame().T,
        PEOPLE.set_index("full_name").T,
        PEOPLE.copy().reset_index(),
        pd.concat([PEOPLE, PEOPLE]),
    ],
)
def test_nothing_derived_shows_a_value(derived: PersonFrame | PersonSeries) -> None:
    assert isinstance(derived, PersonFrame | PersonSeries)
    shown = f"{derived} {derived!r} {derived.to_string()} {derived.to_html()}"
    assert not any(value in shown for value in SECRETS)
    assert derived._repr_html_() is None


def test_a_notebook_gets_text_without_values() -> None:
    from IPython.core.formatters import DisplayFormatter

    bundle, _ = DisplayFormatter().format(PEOPLE.head())
    assert bundle["text/plain"].startswith("PersonFrame: 5 rows; full_name (str), ward (str)")
    assert not any(value in str(bundle) for value in SECRETS)
    with pytest.raises(CatalogueError, match="not styled"):
        _ = PEOPLE.style


def test_code_still_reads_values() -> None:
    assert PEOPLE["ward"].iloc[0] == "00004"
    assert [*PEOPLE.itertuples(index=False)][1].sex == "female"


def test_counts_are_ordinary_and_protected() -> None:
    shown = counts(PEOPLE, ["ward"], k=3)
    assert type(shown) is pd.DataFrame
    # One person without a ward; the ward of 4 goes with it.
    assert shown["people"].astype("object").where(shown["people"].notna(), None).to_dict() == {
        "00004": 35,
        "00008": None,
        "not stated": None,
        "Total": 40,
    }
    assert counts(PEOPLE, ["sex", "ward"], k=2).shape == (3, 4)
    with pytest.raises(LinkageError, match=r"not in it: \['district'\]"):
        counts(PEOPLE, ["district"])


def test_the_catalogue_hands_out_people_who_are_not_shown() -> None:
    residents = catalogue.load("residents_simulated")
    assert isinstance(residents, PersonFrame)
    shown = " ".join([repr(residents.head()), str(residents["full_name"]), residents.to_string()])
    assert not any(name in shown for name in residents["full_name"].unique())
    assert residents.attrs["source"]["tier"] == "simulated"


def test_rounding_hides_what_is_under_k_and_keeps_nothing_and_totals() -> None:
    counts = pd.Series({"a": 99, "b": 100, "c": 0, "d": 3}, name="records")
    shown = rounded(counts, k=100)["records"]
    assert shown.dropna().to_dict() == {"b": 100, "c": 0, "Total": 200}
    assert "under 100 are not shown" in rounded(counts, k=100).attrs["disclosure"]
