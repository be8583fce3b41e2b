"""The words of a failure that are kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hanoi_analytics.catalogue.people import guard_people
from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing.execution import NotebookFailedError
from hanoi_analytics.publishing.failure import failed, mask_parameters
from hanoi_analytics.publishing.person_scan import PeopleGuard


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PeopleGuard:
    monkeypatch.setenv("AIR_QUALITY_TOKEN", "q7-zz-secret-value")
    made = PeopleGuard(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_traceback_is_masked_and_its_middle_left_out(guard: PeopleGuard) -> None:
    line = f"{Path.home()}/data.csv q7-zz-secret-value\n"
    error = NotebookFailedError("x" * 9_000, cell=3, traceback="first\n" + line * 5_000 + "last")
    ending = failed(error, Ending("failed", 1.0), guard)
    assert (ending.status, ending.error_cell, ending.seconds) == ("failed", 3, 1.0)
    assert ending.error is not None
    assert len(ending.error) <= 4_000
    assert ending.traceback is not None
    assert 19_000 < len(ending.traceback) <= 20_000
    assert ending.traceback.startswith("first\n~/data.csv [AIR_QUALITY_TOKEN]\n")
    assert ending.traceback.endswith("last")
    assert "characters left out" in ending.traceback
    assert "secret" not in ending.traceback
    assert str(Path.home()) + "/" not in ending.traceback


def test_persons_and_credentials_in_parameters_are_masked(
    guard: PeopleGuard, caplog: pytest.LogCaptureFixture
) -> None:
    # Nobody's: 000 is no province of an identity number.
    people = pd.DataFrame({"full_name": ["Phạm Thị Hòa"], "cccd": ["000199012345"]})
    guard_people(people, title="register")
    given = {
        "who": "Phạm Thị Hòa",
        "wards": ["Hoàn Kiếm", "Phạm Thị Hòa"],
        "number": 199012345,
        "key": "q7-zz-secret-value",
        "year": 2026,
        "share": 0.5,
        "quick": True,
    }
    masked = mask_parameters(given, guard)
    assert masked == given | {
        "who": "[person]",
        "wards": ["Hoàn Kiếm", "[person]"],
        "number": "[person]",
        "key": "[AIR_QUALITY_TOKEN]",
    }
    assert "masked in who, wards, number, key" in caplog.text
    assert "Hòa" not in caplog.text
    assert mask_parameters({"year": 2026, "ward": "Hoàn Kiếm"}, guard) is None
