"""Telling somebody that a run failed for good: by a command, a webhook or an e-mail.

What a hook sends is what the ledger keeps of the run, and that is masked. What it answers is one
line without addresses or words of the other side: those may hold a secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import smtplib
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import requests

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.jobs.file import Command, Email, Hook, Webhook
from hanoi_analytics.ledger import Run

#: What is told of a run: texts and numbers.
Facts = dict[str, str | int | None]
_POLL_S = 0.1
_TLS_PORT = 465  # encrypted from the first byte; elsewhere by STARTTLS
_LONGEST_ERROR = 4000  # characters; a variable of the environment may not be long
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class HookError(HanoiError):
    """A hook could not deliver; the words say nothing secret."""


@dataclass(frozen=True)
class Limits:
    """How long a hook may take, and what ends it before."""

    command_s: float = 60.0
    network_s: float = 10.0
    cancelled: threading.Event = field(default_factory=threading.Event)


def tell(hooks: Sequence[Hook], run: Run, folder: Path, limits: Limits) -> list[str]:
    """Send the facts of a failed run to each hook, and return what each answered.

    Parameters
    ----------
    hooks : sequence of Command, Webhook or Email
        Of the job. A command gets the facts as JSON on its input and, the main ones, as
        ``HANOI_JOB``, ``HANOI_RUN``, ``HANOI_STATUS`` and ``HANOI_ERROR``, beside the environment
        of this process: it may need a credential to pass the news on. Its output is not kept.
    run : Run
        As the ledger has it.
    folder : pathlib.Path
        Of the jobs' file: where a command runs.
    limits : Limits
        After which a hook is given up.

    Returns
    -------
    list of str
        A line for each hook. A hook that fails says so there, and the next one is tried.
    """
    facts = facts_of(run)
    answers = []
    for hook in hooks:
        try:
            answer = _send(hook, facts, folder, limits)
        except HookError as error:
            answer = f"not delivered: {error}"
        answers.append(f"{_KINDS[type(hook)]}: {answer}")
    return answers


def facts_of(run: Run) -> Facts:
    """Return what hooks are told of a run."""
    error = _CONTROLS.sub(" ", run.error or "")
    if len(error) > _LONGEST_ERROR:
        error = f"{error[:_LONGEST_ERROR]} …"
    return {
        "job": run.job,
        "page": run.page,
        "run": run.id,
        "status": run.status,
        "error": error,
        "cell": run.error_cell,
        "attempt": run.attempt,
        "started": run.started_at,
    }


_KINDS = {Command: "command", Webhook: "webhook", Email: "e-mail"}


def _send(hook: Hook, facts: Facts, folder: Path, limits: Limits) -> str:
    if isinstance(hook, Command):
        return _run_command(hook, facts, folder, limits)
    if isinstance(hook, Webhook):
        return _within(limits.network_s, partial(_post, hook, facts, limits))
    return _within(limits.network_s, partial(_mail, hook, facts, limits))


def _run_command(hook: Command, facts: Facts, folder: Path, limits: Limits) -> str:
    variables = {f"HANOI_{name.upper()}": str(facts[name]) for name in _IN_ENVIRONMENT}
    with tempfile.TemporaryFile() as words:
        words.write(json.dumps(facts, ensure_ascii=False).encode())
        words.seek(0)
        try:
            process = subprocess.Popen(
                list(hook.command),
                cwd=folder,
                env={**os.environ, **variables},
                stdin=words,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise HookError(f"it cannot be started ({error.strerror})") from error
    code = _wait(process, limits)
    if code != 0:
        raise HookError(f"exit code {code}")
    return "exit code 0"


_IN_ENVIRONMENT = ("job", "run", "status", "error")


def _wait(process: subprocess.Popen[bytes], limits: Limits) -> int:
    deadline = time.monotonic() + limits.command_s
    try:
        while True:
            try:
                return process.wait(timeout=_POLL_S)
            except subprocess.TimeoutExpired:
                if limits.cancelled.is_set():
                    raise HookError("stopped: the runner was asked to end") from None
                if time.monotonic() >= deadline:
                    raise HookError(f"stopped at its limit of {limits.command_s:g} s") from None
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # ended just now
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _post(hook: Webhook, facts: Facts, limits: Limits) -> str:
    # Redirects are not followed: they would carry the facts to another host.
    with requests.post(
        _variable(hook.url_from),
        json=facts,
        timeout=limits.network_s,
        allow_redirects=False,
        stream=True,
    ) as answer:
        code = answer.status_code
    if not 200 <= code < 300:
        raise HookError(f"answered {code}")
    return f"answered {code}"


def _mail(hook: Email, facts: Facts, limits: Limits) -> str:
    user = _variable(hook.user_from) if hook.user_from else None
    password = _variable(hook.password_from) if hook.password_from else None
    trusted = ssl.create_default_context()
    address, timeout_s = (hook.host, hook.port, "localhost"), limits.network_s
    encrypted = hook.port == _TLS_PORT
    with (
        smtplib.SMTP_SSL(*address, timeout=timeout_s, context=trusted)
        if encrypted
        else smtplib.SMTP(*address, timeout=timeout_s)
    ) as server:
        server.ehlo()
        if server.has_extn("starttls") and not encrypted:
            server.starttls(context=trusted)
            server.ehlo()
            encrypted = True
        if password is not None and not encrypted:
            raise HookError("the server offers no STARTTLS; no password is sent in the clear")
        if user is not None and password is not None:
            server.login(user, password)
        refused = server.send_message(_letter(hook, facts))
    if refused:
        raise HookError(f"the server refused {len(refused)} of {len(hook.to)} addresses")
    return "accepted by the server"


def _letter(hook: Email, facts: Facts) -> EmailMessage:
    """Write the message; words that somebody else chose stand in its body only."""
    letter = EmailMessage()
    letter["From"] = hook.sender
    letter["To"] = ", ".join(hook.to)
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Subject"] = " ".join(f"{facts['job']}: run {facts['run']} {facts['status']}".split())
    lines = [f"{name}: {value}" for name, value in facts.items() if value is not None]
    letter.set_content("\n".join(lines) + "\n")
    return letter


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise HookError(f"the environment variable {name} is not set")
    return value


def _within(limit_s: float, send: Callable[[], str]) -> str:
    """Wait for a delivery as long as the limit; that of a socket is for each step alone."""
    answers: queue.SimpleQueue[str | HookError] = queue.SimpleQueue()
    too_late = f"no answer within {limit_s:g} s"

    def deliver() -> None:
        try:
            answers.put(send())
        except HookError as error:
            answers.put(error)
        except smtplib.SMTPResponseException as error:
            answers.put(HookError(f"the server answered {error.smtp_code}"))
        # Whatever it is, the run has ended and the next hook is tried. Its words may hold the
        # address, which is a secret.
        except Exception as error:  # noqa: BLE001
            # Libraries hide that time was up behind errors of their own.
            late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            answers.put(HookError(too_late if late else type(error).__name__))

    threading.Thread(target=deliver, daemon=True).start()
    try:
        answer = answers.get(timeout=limit_s)
    except queue.Empty:
        raise HookError(too_late) from None
    if isinstance(answer, HookError):
        raise answer
    return answer
