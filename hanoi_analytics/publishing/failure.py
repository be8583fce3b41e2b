"""Why a run failed, in words that may be kept: no person, no credential, no path of the machine."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.ledger import Ending
from hanoi_analytics.publishing.credentials import mask_credentials
from hanoi_analytics.publishing.execution import NotebookFailedError
from hanoi_analytics.publishing.masking import mask_commands, mask_paths
from hanoi_analytics.publishing.person_scan import PeopleGuard

log = logging.getLogger(__name__)
_LONGEST_ERROR = 4_000
_LONGEST_TRACEBACK = 20_000
# Looking for people takes time: of a longer text, so many times what is kept is looked through.
_LOOKED_THROUGH = 10


def failed(error: Exception, known: Ending, guard: PeopleGuard | None = None) -> Ending:
    """Say how a run failed.

    Parameters
    ----------
    error : Exception
        What was raised; its kind is named unless it is one of ours or of the operating system.
    known : Ending
        What was known of the run before.
    guard : PeopleGuard, optional
        Knows the people of the run's data; none where nothing was read.

    Examples
    --------
    >>> failed(ValueError("no data in /home/lan/x.csv"), Ending("failed", 2.0)).error
    'ValueError: no data in ~/x.csv'
    """
    expected = isinstance(error, (HanoiError, OSError))
    reason = str(error) if expected else f"{type(error).__name__}: {error}"
    ending = replace(known, status="failed", error=_masked(reason, _LONGEST_ERROR, guard))
    if not isinstance(error, NotebookFailedError):
        return ending
    traceback = error.traceback
    return replace(
        ending,
        status="timed out" if error.timed_out else "failed",
        error_cell=error.cell,
        traceback=_masked(traceback, _LONGEST_TRACEBACK, guard) if traceback else None,
        peak_memory_bytes=error.peak_memory_bytes,
    )


def mask_parameters(
    parameters: Mapping[str, object], guard: PeopleGuard
) -> dict[str, object] | None:
    """Return the parameters without persons and credentials, or None if there were none in them."""
    masked = {name: _masked_value(value, guard) for name, value in parameters.items()}
    changed = [name for name, value in parameters.items() if masked[name] != value]
    if not changed:
        return None
    log.warning("the ledger keeps no person and no credential: masked in %s", ", ".join(changed))
    return masked


def shortened(text: str, longest: int) -> str:
    """Cut the middle out of a text that is too long, and say so.

    Examples
    --------
    >>> print(shortened("abcdefghij" * 10, 60))
    abcdefghijabcde
    … 70 characters left out …
    fghijabcdefghij
    """
    if len(text) <= longest:
        return text
    words = "\n… {} characters left out …\n"
    half = (longest - len(words.format(len(text)))) // 2
    return text[:half] + words.format(len(text) - 2 * half) + text[-half:]


def _masked(text: str, longest: int, guard: PeopleGuard | None) -> str:
    # Credentials first and in the whole text: no cut may run through one, and nothing unseen.
    text = shortened(mask_credentials(mask_commands(text)), _LOOKED_THROUGH * longest)
    text = mask_paths(text)
    return shortened(guard.mask(text) if guard else text, longest)


def _masked_value(value: object, guard: PeopleGuard) -> object:
    if isinstance(value, list):
        return [_masked_value(item, guard) for item in value]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return value
    # A number may be that of a person too.
    text = unicodedata.normalize("NFC", str(value))
    masked = guard.mask(mask_credentials(text))
    return value if masked == text else masked
