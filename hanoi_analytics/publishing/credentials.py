"""Credentials come from the environment; their values reach no page, log or ledger."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import escape

from hanoi_analytics.errors import HanoiError

_NAME = re.compile(r"(SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|WEBHOOK)", re.IGNORECASE)
# Shorter values ("on", "12345") would be found by chance in any page.
_SHORTEST = 6


class CredentialError(HanoiError):
    """A text that will be kept or shown holds the value of a credential."""


def refuse_credentials(text: str, where: str) -> None:
    """Raise if a text holds the value of an environment variable that names a credential.

    Parameters
    ----------
    text : str
        A page, or a parameter's value; also found where it is escaped for HTML.
    where : str
        What the text is, for the message.

    Raises
    ------
    CredentialError
        Naming the variable, never its value.
    """
    for name, value in _credentials():
        if value in text or escape(value) in text:
            raise CredentialError(
                f"{where} holds the value of the environment variable {name}; credentials are "
                f"read in the notebook and never printed or given as a parameter"
            )


def mask_credentials(text: str) -> str:
    """Put the name of the variable, in brackets, in place of each credential's value."""
    for name, value in _credentials():
        text = text.replace(value, f"[{name}]")
    return text


def _credentials() -> Iterator[tuple[str, str]]:
    """Yield name and value, the longest value first: one may be part of another."""
    found = [(n, v) for n, v in os.environ.items() if _NAME.search(n) and len(v) >= _SHORTEST]
    yield from sorted(found, key=lambda item: -len(item[1]))
