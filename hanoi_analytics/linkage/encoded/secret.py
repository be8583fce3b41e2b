"""The secret that both parties share: from the environment or a file, shown nowhere."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from hanoi_analytics.catalogue.own_files import own_path
from hanoi_analytics.linkage.checks import LinkageError

SECRET_VARIABLE = "HANOI_LINKAGE_SECRET"  # noqa: S105 - the name of a variable
_SHORTEST_BYTES = 32


class Secret:
    """A key for HMAC-SHA-256 that no representation, message or log shows.

    Parameters
    ----------
    value : bytes
        32 bytes or more.

    Raises
    ------
    LinkageError
        A shorter one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        if len(value) < _SHORTEST_BYTES:
            raise LinkageError(
                f"the secret has {len(value)} bytes: expected {_SHORTEST_BYTES} or more, as from "
                "`openssl rand -hex 32`"
            )
        self._value = value

    def digest(self, text: str) -> bytes:
        """Return HMAC-SHA-256 of a text, 32 bytes."""
        return hmac.digest(self._value, text.encode(), hashlib.sha256)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise LinkageError("a secret is not written to a file or sent to another process")


def read_secret(file: Path | None = None) -> Secret:
    """Read the secret from a file, or else from the variable ``HANOI_LINKAGE_SECRET``.

    It is never a parameter of a notebook: parameters stand on the page and in the ledger.

    Raises
    ------
    LinkageError
        No secret, a short one, or a file that others than its user may read.
    """
    if file is None:
        value = os.environ.get(SECRET_VARIABLE)
        if value is None:
            raise LinkageError(
                f"no secret: set the variable {SECRET_VARIABLE}, or name a file that only its "
                "user may read; both parties need the same"
            )
        return Secret(value.encode())
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise LinkageError(f"{file.name} is open to others (mode {mode:o}): `chmod 600` it")
        return Secret(file.read_bytes().strip())
    except OSError as error:
        raise LinkageError(f"the secret's file cannot be read ({error.strerror})") from error


def secret_of_run(file: str = "") -> tuple[Secret, str]:
    """Return a secret for one run and, in words, where it comes from.

    Parameters
    ----------
    file : str
        A path inside ``data/own/``; "" for the variable ``HANOI_LINKAGE_SECRET`` or, where that is
        not set, a random secret that nobody else has: good for a trial on one machine alone.

    Raises
    ------
    LinkageError
        As `read_secret`.
    CatalogueError
        No such file in ``data/own/``.
    """
    if file:
        return read_secret(own_path(file)), "a file of the user, closed to others"
    if SECRET_VARIABLE in os.environ:
        return read_secret(), f"the variable {SECRET_VARIABLE}"
    random = Secret(secrets.token_bytes(_SHORTEST_BYTES))
    return random, "random, made for this run and kept nowhere"
