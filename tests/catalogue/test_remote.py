"""Fetching over a loopback server that serves, cuts, corrupts, redirects, stalls and fails."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from hanoi_analytics.catalogue.entries import Entry, RemoteFile
from hanoi_analytics.catalogue.files import (
    FetchError,
    HashMismatchError,
    NotFetchedError,
    fetch_file,
    is_local,
    local_path,
)

CONTENT = "mã,tên\n00004,Ba Đình\n".encode() * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Unkind(BaseHTTPRequestHandler):
    release = threading.Event()

    def do_GET(self) -> None:
        what = self.path.strip("/")
        if what == "redirect":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
        elif what == "loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
        elif what == "missing":
            self.send_error(404)
        else:
            body = CONTENT if what != "corrupt" else CONTENT.replace(b"Ba", b"XX", 1)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if what in ("cut", "stall"):
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                if what == "stall":
                    self.release.wait(20)
            else:
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    _Unkind.release.clear()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Unkind)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    _Unkind.release.set()
    httpd.shutdown()
    httpd.server_close()


def entry(url: str, alternative: str | None = "wards_typed") -> Entry:
    remote = RemoteFile(path="wards/wards.csv", url=url, sha256=SHA256, bytes=len(CONTENT))
    return Entry(
        id="wards",
        title="Wards",
        tier="remote",
        licence="MIT",
        citation="somebody",
        date="2025",
        loader="path",
        files=(remote,),
        alternative=alternative,
    )


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("what", ["good", "redirect"])
@pytest.mark.parametrize("progress", [True, False])
def test_a_fetched_file_is_kept_and_found(
    server: str, what: str, progress: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wards = entry(f"{server}/{what}")
    assert not is_local(wards)
    path = fetch_file(wards, wards.files[0], progress=progress)
    assert path.read_bytes() == CONTENT
    assert ("wards.csv: " in capfd.readouterr().err) == progress
    assert local_path(wards) == path
    assert files_in(tmp_path / "cache") == [path]


@pytest.mark.parametrize("what", ["cut", "corrupt", "stall", "missing", "loop"])
@pytest.mark.parametrize("progress", [True, False])
def test_a_bad_download_leaves_nothing_and_names_the_address(
    server: str, what: str, progress: bool, tmp_path: Path
) -> None:
    wards = entry(f"{server}/{what}")
    with pytest.raises(FetchError) as caught:
        fetch_file(wards, wards.files[0], timeout_s=0.5, progress=progress)
    assert f"{server}/{what}" in str(caught.value)
    assert "Nothing was kept" in str(caught.value)
    assert files_in(tmp_path / "cache") == []


def test_a_corrupt_download_names_expected_and_found_hash(server: str) -> None:
    wards = entry(f"{server}/corrupt")
    found = hashlib.sha256(CONTENT.replace(b"Ba", b"XX", 1)).hexdigest()
    with pytest.raises(FetchError) as caught:
        fetch_file(wards, wards.files[0])
    assert SHA256 in str(caught.value)
    assert found in str(caught.value)


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ({"terminal"}, True),
        ({"notebook"}, True),
        (set(), False),
        ({"terminal", "notebook", "publishing"}, False),
    ],
)
def test_a_bar_is_shown_in_a_terminal_and_in_an_open_notebook(
    server: str,
    where: set[str],
    shown: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shell = SimpleNamespace(kernel=object() if "notebook" in where else None)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: "terminal" in where)
    monkeypatch.setenv("HANOI_ANALYTICS_PROGRESS", "off" if "publishing" in where else "")
    wards = entry(f"{server}/good")
    fetch_file(wards, wards.files[0])
    assert ("wards.csv: " in capfd.readouterr().err) == shown


def test_nobody_listening_is_a_fetch_error() -> None:
    wards = entry("http://127.0.0.1:1/wards.csv")
    with pytest.raises(FetchError, match=r"http://127\.0\.0\.1:1/wards\.csv"):
        fetch_file(wards, wards.files[0], timeout_s=2)


def test_a_failed_fetch_leaves_the_file_fetched_before(server: str, tmp_path: Path) -> None:
    good = entry(f"{server}/good")
    path = fetch_file(good, good.files[0])
    again = fetch_file(entry(f"{server}/cut"), entry(f"{server}/cut").files[0])
    assert again == path
    assert path.read_bytes() == CONTENT


def test_offline_without_a_copy_says_what_to_do() -> None:
    with pytest.raises(NotFetchedError) as caught:
        local_path(entry("http://127.0.0.1:1/"))
    for words in ("hanoi data fetch wards", "HANOI_ANALYTICS_MIRROR", "load('wards_typed')"):
        assert words in str(caught.value)


def test_a_mirror_stands_in_and_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "wards").mkdir(parents=True)
    file = mirror / "wards" / "wards.csv"
    file.write_bytes(CONTENT)
    monkeypatch.setenv("HANOI_ANALYTICS_MIRROR", str(mirror))
    wards = entry("http://127.0.0.1:1/")
    assert local_path(wards) == file
    assert fetch_file(wards, wards.files[0]) == file

    file.write_bytes(CONTENT + b"x")
    found = hashlib.sha256(CONTENT + b"x").hexdigest()
    with pytest.raises(HashMismatchError) as caught:
        local_path(wards)
    assert SHA256 in str(caught.value)
    assert found in str(caught.value)


def test_a_broken_copy_in_the_cache_is_fetched_again(server: str, tmp_path: Path) -> None:
    broken = tmp_path / "cache" / "wards" / "wards.csv"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"half")
    wards = entry(f"{server}/good")
    with pytest.raises(HashMismatchError, match="hanoi data fetch wards"):
        local_path(wards)
    assert fetch_file(wards, wards.files[0]).read_bytes() == CONTENT
