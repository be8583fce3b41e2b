"""One Dask client for a process, and lazy results computed on it with progress shown."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import dask.config
import psutil
from dask.base import compute as compute_here
from dask.diagnostics.progress import ProgressBar
from dask.utils import format_bytes, parse_bytes

from hanoi_analytics.errors import HanoiError
from hanoi_analytics.watching import somebody_watches

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger(__name__)

ADDRESS_VARIABLE = "DASK_SCHEDULER_ADDRESS"
# Shorter work shows no bar.
_SHOWN_AFTER_S = 2.0
_ANSWERS_WITHIN_S = 10.0
# A name, IPv4 or [IPv6]; which schemes there are is Dask's affair.
_ADDRESS = re.compile(
    r"([a-z]+://)?([\w.-]+|\[[0-9a-f:.]+\]):([0-9]{1,5})", re.ASCII | re.IGNORECASE
)


class ClusterError(HanoiError):
    """No Dask cluster can be reached or started."""


def client(*, workers: int | None = None, memory_limit: str | None = None) -> Client:
    """Return a Dask client; calling it again returns the same one.

    Parameters
    ----------
    workers : int, optional
        Processes of a local cluster, one thread each; by default one per core. A cluster that is
        already running, or named by ``DASK_SCHEDULER_ADDRESS``, keeps its own.
    memory_limit : str, optional
        Of a local cluster's worker, such as ``"2GiB"``; by default its share of 70 % of the
        memory that is free now.

    Returns
    -------
    distributed.Client
        Connected to the process's client if there is one, else to the named scheduler, else to a
        new local cluster that listens on 127.0.0.1 only.

    Raises
    ------
    ClusterError
        A scheduler that does not answer within ten seconds, or limits that make no sense.

    Examples
    --------
    >>> with client(workers=1, memory_limit="1GiB") as one:
    ...     one.submit(sum, [1, 2, 3]).result()
    6
    """
    found = _running()
    if found is not None:
        return found
    return _connect() if os.environ.get(ADDRESS_VARIABLE) else _start(workers, memory_limit)


def compute(*lazy: Any) -> tuple[Any, ...]:
    """Compute lazy results together: on the process's client, the named cluster, or in threads.

    A progress bar is shown in a terminal and in an open notebook, nowhere else.

    Parameters
    ----------
    *lazy : Dask collections, or xarray objects that hold them
        Blocks that several of them share are computed once.

    Returns
    -------
    tuple
        One computed result for each.

    Raises
    ------
    ClusterError
        ``DASK_SCHEDULER_ADDRESS`` names a scheduler that does not answer.

    Examples
    --------
    >>> import dask.array as da
    >>> print(*compute(da.arange(4, chunks=2).sum()))
    6
    """
    found = _running()
    if found is None and os.environ.get(ADDRESS_VARIABLE):
        found = _connect()
    if found is None:
        if not somebody_watches():
            return tuple(compute_here(*lazy))
        with ProgressBar(minimum=_SHOWN_AFTER_S, out=sys.stderr):
            return tuple(compute_here(*lazy))
    futures = found.compute(list(lazy))
    if somebody_watches():
        from distributed import progress  # noqa: PLC0415

        progress(futures, notebook=False)
    return tuple(found.gather(futures))


def use_scheduler(address: str) -> None:
    """Let this process, and those that it starts, compute on the cluster of a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.5:8786``; kept in ``DASK_SCHEDULER_ADDRESS``. Certificates for
        ``tls://`` and ``wss://`` come from Dask's own settings.

    Raises
    ------
    ClusterError
        It is no address, holds a name or password, or no scheduler answers within ten seconds.

    Examples
    --------
    >>> use_scheduler("10.0.0.5")
    Traceback (most recent call last):
    hanoi_analytics.cluster.ClusterError: DASK_SCHEDULER_ADDRESS='10.0.0.5' is no address of a \
Dask scheduler; expected tcp://HOST:PORT (or tls, ws, wss)
    """
    _require_address(address)
    try:
        count = _in_a_loop_of_its_own(_count_workers(address))
    except TimeoutError:
        raise _unanswered(address, f"not within {_ANSWERS_WITHIN_S:g} s") from None
    # Another server's answer may be wrong in any way.
    except Exception as error:
        raise _unanswered(address, str(error)) from error
    if count == 0:
        log.warning("%s has no workers yet; runs wait for the first", address)
    os.environ[ADDRESS_VARIABLE] = address


def _in_a_loop_of_its_own(asked: Coroutine[Any, Any, int]) -> int:
    """Wait for an answer in another thread: a notebook's kernel runs a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(asked, _ANSWERS_WITHIN_S)).result()


async def _count_workers(address: str) -> int:
    from distributed import Security, rpc  # noqa: PLC0415

    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=_ANSWERS_WITHIN_S, connection_args=arguments) as remote:
        found = await remote.identity()
    if found["type"] != "Scheduler":
        raise ValueError(f"a {found['type']} does")
    return int(found["n_workers"])


def _require_address(address: str) -> None:
    if "@" in address:
        raise ClusterError(
            f"{ADDRESS_VARIABLE} holds a name or password before '@', which no Dask scheduler asks "
            f"for; write tls://HOST:PORT and name certificates in Dask's settings"
        )
    if _ADDRESS.fullmatch(address) is None:
        raise ClusterError(
            f"{ADDRESS_VARIABLE}={address!r} is no address of a Dask scheduler; expected "
            f"tcp://HOST:PORT (or tls, ws, wss)"
        )


def _unanswered(address: str, reason: str) -> ClusterError:
    return ClusterError(
        f"{ADDRESS_VARIABLE}={address!r}: no Dask scheduler answers there ({reason}); start one "
        f"with `dask scheduler`, or leave the address out to work on this machine alone"
    )


def _running() -> Client | None:
    # It takes a second to import; a process that has not done so has no client.
    if "distributed" not in sys.modules:
        return None
    from distributed import get_client  # noqa: PLC0415

    try:
        found: Client = get_client()
    except ValueError:
        return None
    # A client that failed to connect stays the process's default; it is of no use.
    return found if found.status == "running" else None


def _connect() -> Client:
    from distributed import Client  # noqa: PLC0415

    address = os.environ[ADDRESS_VARIABLE]
    _require_address(address)
    # Arrays at hand travel in the graph; advice against it would stand on the page.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "256 MiB"})
    try:
        return Client(address, timeout=_ANSWERS_WITHIN_S)
    # A TypeError: tls:// without certificates.
    except (OSError, ValueError, TypeError) as error:
        raise _unanswered(address, str(error)) from error


def _start(workers: int | None, memory_limit: str | None) -> Client:
    from distributed import Client  # noqa: PLC0415

    count = workers if workers is not None else os.cpu_count() or 1
    if count < 1:
        raise ClusterError(f"workers: expected 1 or more, found {count}")
    share = int(0.7 * psutil.virtual_memory().available / count)
    try:
        limit = share if memory_limit is None else int(parse_bytes(memory_limit))
    except ValueError as error:
        raise ClusterError(
            f"memory_limit: expected a size such as '2GiB', found {memory_limit!r}"
        ) from error
    log.info("local Dask cluster: %d worker(s) of %s", count, format_bytes(limit))
    # A client that starts its cluster itself also ends it when it is closed.
    return Client(
        n_workers=count,
        threads_per_worker=1,
        memory_limit=limit,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )
