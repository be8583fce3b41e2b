"""Shared fixtures: no test reads the cache, the mirror or the sources of another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanoi_analytics import catalogue
from tests.browser import browser_fixture

# One Chromium for all tests of a worker: Playwright cannot be started twice in a process.
__all__ = ["browser_fixture"]

MIRROR = os.environ.get("HANOI_ANALYTICS_MIRROR", "")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _own_surroundings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Give each test an empty cache; only tests marked `mirror` see the mirror folder."""
    monkeypatch.setenv("HANOI_ANALYTICS_CACHE", str(tmp_path / "cache"))
    if request.node.get_closest_marker("mirror") is None:
        monkeypatch.delenv("HANOI_ANALYTICS_MIRROR", raising=False)
    elif not Path(MIRROR or "-").is_dir():
        pytest.skip("HANOI_ANALYTICS_MIRROR names no folder with the remote data")
    catalogue.forget_sources()
    yield
    catalogue.forget_sources()
