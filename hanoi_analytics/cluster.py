"""One Dask client for a process: the running one, the named cluster, or a local one."""

from __future__ import annotations

import logging
import os

import psutil
from dask.utils import format_bytes, parse_bytes
from distributed import Client, get_client

from hanoi_analytics.errors import HanoiError

log = logging.getLogger(__name__)

ADDRESS_VARIABLE = "DASK_SCHEDULER_ADDRESS"


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
    try:
        found: Client = get_client()
    except ValueError:
        pass
    else:
        # A client that failed to connect stays the process's default; it is of no use.
        if found.status == "running":
            return found
    return _connect() if os.environ.get(ADDRESS_VARIABLE) else _start(workers, memory_limit)


def _connect() -> Client:
    address = os.environ[ADDRESS_VARIABLE]
    try:
        return Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"{ADDRESS_VARIABLE}={address!r}: no Dask scheduler answers there ({error}); start one "
            f"with `dask scheduler`, or unset the variable to work on this machine alone"
        ) from error


def _start(workers: int | None, memory_limit: str | None) -> Client:
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
