"""Hooks on loopback servers and small scripts: what they are told, and what is kept of it."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hanoi_analytics.jobs.file import Command, Email, Webhook
from hanoi_analytics.jobs.hooks import Limits, facts_of, tell
from hanoi_analytics.ledger import Run

SECRET = "s3cr3t-path-0042"  # noqa: S105 - of nothing
QUICK = Limits(command_s=0.3, network_s=0.3)
RUN = Run(
    id=12,
    notebook="environment/air",
    page="environment/air--year-2017.html",
    parameters={"year": 2017},
    code_version="1",
    sources=[],
    started_at="2026-11-22T05:00:00+00:00",
    ended_at="2026-11-22T05:01:00+00:00",
    status="failed",
    error_cell=3,
    error="ValueError: không có dữ liệu",
    traceback=None,
    findings={},
    seconds=60.0,
    peak_memory_bytes=None,
    job="air-daily",
    order_id=1,
    attempt=2,
    slot=None,
    notice=None,
)
FACTS = {
    "job": "air-daily",
    "page": "environment/air--year-2017.html",
    "run": 12,
    "status": "failed",
    "error": "ValueError: không có dữ liệu",
    "cell": 3,
    "attempt": 2,
    "started": "2026-11-22T05:00:00+00:00",
}


def failed(error: str) -> Run:
    return Run(**vars(RUN) | {"error": error})


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def script(folder: Path, text: str) -> Command:
    path = folder / "tell.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    return Command(command=(str(path),))


def test_a_command_gets_the_facts_on_its_input_and_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", SECRET)
    variables = "$HANOI_JOB $HANOI_RUN $HANOI_STATUS $CHAT_TOKEN"
    said = f'echo "{variables}, $HANOI_ERROR" > said'
    hook = script(tmp_path, f"cat > facts.json; {said}; pwd > where")
    assert tell([hook], RUN, tmp_path, QUICK) == ["command: exit code 0"]
    assert json.loads((tmp_path / "facts.json").read_text("utf-8")) == FACTS
    told = (tmp_path / "said").read_text("utf-8")
    assert told == f"air-daily 12 failed {SECRET}, ValueError: không có dữ liệu\n"
    assert (tmp_path / "where").read_text("utf-8").strip() == str(tmp_path)


def test_no_shell_reads_the_words_of_an_error(tmp_path: Path) -> None:
    error = "no'; touch harm; $(touch harm)\x00\x1b[31m\nnext line"
    hook = script(tmp_path, 'printf %s "$HANOI_ERROR" > said')
    assert tell([hook], failed(error), tmp_path, QUICK) == ["command: exit code 0"]
    assert (tmp_path / "said").read_text("utf-8") == (
        "no'; touch harm; $(touch harm)  [31m\nnext line"
    )
    assert not (tmp_path / "harm").exists()


def test_a_long_error_is_cut() -> None:
    error = facts_of(failed("é" * 1_000_000))["error"]
    assert error == "é" * 4000 + " …"


def test_what_goes_wrong_with_a_command_is_said_and_the_next_hook_is_tried(tmp_path: Path) -> None:
    answers = tell(
        [
            Command(command=("false",)),
            Command(command=(str(tmp_path / "missing.sh"),)),
            Command(command=("true",)),
        ],
        RUN,
        tmp_path,
        QUICK,
    )
    assert answers == [
        "command: not delivered: exit code 1",
        "command: not delivered: it cannot be started (No such file or directory)",
        "command: exit code 0",
    ]


def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    hook = script(tmp_path, "exec 3> alive; echo up >&3; sleep 600 & wait")
    answers = tell([hook], RUN, tmp_path, Limits(command_s=1.5))
    assert answers == ["command: not delivered: stopped at its limit of 1.5 s"]
    assert os.read(alive, 10) == b"up\n"
    # Its end is read when nobody holds the other side.
    assert select.select([alive], [], [], 20)[0] == [alive]
    assert os.read(alive, 10) == b""
    os.close(alive)


def test_a_command_is_ended_when_the_runner_is(tmp_path: Path) -> None:
    limits = Limits()
    limits.cancelled.set()
    answers = tell([Command(command=("sleep", "600"))], RUN, tmp_path, limits)
    assert answers == ["command: not delivered: stopped: the runner was asked to end"]


class _Web(BaseHTTPRequestHandler):
    """Keeps what was posted; answers as its path says."""

    posted: list[tuple[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted.append((self.path, json.loads(body)))
        if self.path.endswith("/silent"):
            self.server.let_go.wait(20)  # type: ignore[attr-defined]
            return
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/200")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _Web.posted = []
    server = HTTPServer(("127.0.0.1", 0), _Web)
    server.let_go = threading.Event()  # type: ignore[attr-defined]
    with serving(server) as port:
        yield f"http://127.0.0.1:{port}/{SECRET}", _Web.posted
        server.let_go.set()  # type: ignore[attr-defined]


def test_a_webhook_is_sent_the_facts(
    web: tuple[str, list[tuple[str, Any]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, posted = web
    monkeypatch.setenv("HANOI_WEBHOOK_URL", f"{url}/204")
    hook = Webhook(url_from="HANOI_WEBHOOK_URL")
    assert tell([hook], RUN, tmp_path, Limits()) == ["webhook: answered 204"]
    assert posted == [(f"/{SECRET}/204", FACTS)]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("500", "answered 500"),
        ("302", "answered 302"),  # not followed
        ("silent", "no answer within 0.3 s"),
    ],
)
def test_a_webhook_that_does_not_take_the_facts_is_said(
    web: tuple[str, list[tuple[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    path: str,
    answer: str,
) -> None:
    url, posted = web
    monkeypatch.setenv("HANOI_WEBHOOK_URL", f"{url}/{path}")
    limits = Limits(network_s=0.3)
    if path == "silent":  # the limit of the socket is longer: that of the whole counts
        monkeypatch.setattr("requests.post", _patient(10.0))
    (said,) = tell([Webhook(url_from="HANOI_WEBHOOK_URL")], RUN, tmp_path, limits)
    assert said == f"webhook: not delivered: {answer}"
    assert len(posted) == 1


def _patient(timeout_s: float) -> Any:
    import requests

    post = requests.post
    return lambda url, **given: post(url, **given | {"timeout": timeout_s})


@pytest.mark.parametrize("url", ["", "refused", "nonsense-"])
def test_the_address_of_a_webhook_is_never_said(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}/{SECRET}" if url == "refused" else url and f"{url}{SECRET}"
    monkeypatch.setenv("HANOI_WEBHOOK_URL", address)
    (said,) = tell([Webhook(url_from="HANOI_WEBHOOK_URL")], RUN, tmp_path, Limits())
    expected = {
        "": "the environment variable HANOI_WEBHOOK_URL is not set",
        "refused": "ConnectionError",
        "nonsense-": "MissingSchema",
    }
    assert said == f"webhook: not delivered: {expected[url]}"
    assert SECRET not in caplog.text


class _Mail(socketserver.StreamRequestHandler):
    """A mail server that keeps each message with its recipients."""

    letters: list[tuple[list[str], EmailMessage]]
    refuse = b""
    tls: ssl.SSLContext | None = None
    at_once = False
    accounts: list[bytes]

    def handle(self) -> None:
        try:
            if self.at_once:
                self._encrypt()
            self._serve()
        except ssl.SSLError:
            return  # the other side does not trust us

    def _serve(self) -> None:
        self._say(b"220 here")
        recipients: list[str] = []
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"RCPT":
                recipients.append(line.decode().strip().partition(":")[2].strip("<>"))
            if word == self.refuse:
                self._say(b"550 no, s3cr3t-path-0042")
            elif word == b"DATA":
                self._say(b"354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                letter = message_from_bytes(body, policy=policy.default)
                assert isinstance(letter, EmailMessage)
                self.letters.append((recipients, letter))
                self._say(b"250 kept")
            elif word == b"EHLO" and self.tls is not None:
                encrypted = isinstance(self.connection, ssl.SSLSocket)
                self._say(b"250-here\r\n250 " + (b"AUTH PLAIN" if encrypted else b"STARTTLS"))
            elif word == b"STARTTLS":
                self._say(b"220 go on")
                self._encrypt()
            elif word == b"AUTH":
                self.accounts.append(base64.b64decode(line.split()[-1]))
                self._say(b"235 welcome")
            elif word == b"QUIT":
                self._say(b"221 bye")
                return
            else:
                self._say(b"250 fine")

    def _encrypt(self) -> None:
        assert self.tls is not None
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")


@pytest.fixture
def mail() -> Iterator[Email]:
    _Mail.letters, _Mail.refuse, _Mail.accounts = [], b"", []
    _Mail.tls, _Mail.at_once = None, False
    with serving(socketserver.TCPServer(("127.0.0.1", 0), _Mail)) as port:
        to = ["ops@example.vn", "head@example.vn"]
        yield Email(host="127.0.0.1", port=port, sender="hanoi@example.vn", to=to)


def test_a_letter_reaches_everybody_and_says_the_facts(mail: Email, tmp_path: Path) -> None:
    assert tell([mail], RUN, tmp_path, Limits()) == ["e-mail: accepted by the server"]
    ((recipients, letter),) = _Mail.letters
    assert recipients == ["ops@example.vn", "head@example.vn"]
    assert letter["Subject"] == "air-daily: run 12 failed"
    assert (letter["From"], letter["To"]) == ("hanoi@example.vn", "ops@example.vn, head@example.vn")
    body = letter.get_content().replace("\r\n", "\n")
    assert "error: ValueError: không có dữ liệu\n" in body
    assert "page: environment/air--year-2017.html\n" in body


def test_an_error_with_line_breaks_adds_no_header_and_no_recipient(
    mail: Email, tmp_path: Path
) -> None:
    error = "no\r\nBcc: thief@example.org\r\n\r\n.\r\nRCPT TO:<thief@example.org>"
    assert tell([mail], failed(error), tmp_path, Limits()) == ["e-mail: accepted by the server"]
    ((recipients, letter),) = _Mail.letters
    assert "thief@example.org" not in recipients
    assert letter["Bcc"] is None
    assert "Bcc: thief@example.org" in letter.get_content()


def test_no_password_is_sent_in_the_clear(
    mail: Email, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SMTP_USER", "lan")
    hook = mail.model_copy(update={"user_from": "SMTP_USER", "password_from": "SMTP_PASSWORD"})
    assert tell([hook], RUN, tmp_path, Limits()) == [
        "e-mail: not delivered: the environment variable SMTP_PASSWORD is not set"
    ]
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    assert tell([hook], RUN, tmp_path, Limits()) == [
        "e-mail: not delivered: the server offers no STARTTLS; no password is sent in the clear"
    ]
    assert _Mail.letters == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate of 127.0.0.1, and let the mail server use it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH to make a certificate with")
    path, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [openssl, "req", "-x509", *kind, *names, "-keyout", str(key), "-out", str(path)]
    subprocess.run(made, check=True, capture_output=True)
    _Mail.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _Mail.tls.load_cert_chain(path, key)
    return path


@pytest.mark.parametrize("at_once", [False, True])
def test_name_and_password_are_sent_to_a_server_that_is_trusted(
    mail: Email, certificate: Path, at_once: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _Mail.at_once = at_once
    if at_once:
        monkeypatch.setattr("hanoi_analytics.jobs.hooks._TLS_PORT", mail.port)
    monkeypatch.setenv("SMTP_USER", "lan")
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    hook = mail.model_copy(update={"user_from": "SMTP_USER", "password_from": "SMTP_PASSWORD"})
    assert tell([hook], RUN, tmp_path, Limits()) == [
        "e-mail: not delivered: SSLCertVerificationError"
    ]
    assert (_Mail.letters, _Mail.accounts) == ([], [])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert tell([hook], RUN, tmp_path, Limits()) == ["e-mail: accepted by the server"]
    assert [account.split(b"\0") for account in _Mail.accounts] == [[b"", b"lan", SECRET.encode()]]
    ((_, letter),) = _Mail.letters
    assert letter["Subject"] == "air-daily: run 12 failed"


def test_a_server_that_refuses_is_said_without_its_words(mail: Email, tmp_path: Path) -> None:
    _Mail.refuse = b"MAIL"
    assert tell([mail], RUN, tmp_path, Limits()) == [
        "e-mail: not delivered: the server answered 550"
    ]


def test_a_mail_server_that_is_silent_or_not_there_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hook = Email(host="127.0.0.1", port=port, sender="a@b.vn", to=["c@d.vn"])
        (said,) = tell([hook], RUN, tmp_path, QUICK)
        assert said == "e-mail: not delivered: no answer within 0.3 s"
    (said,) = tell([hook], RUN, tmp_path, Limits())
    assert said == "e-mail: not delivered: ConnectionRefusedError"
