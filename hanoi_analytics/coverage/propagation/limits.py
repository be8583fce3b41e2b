"""Arguments held against a formula's own limits before anything is computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError

FloatArray = npt.NDArray[np.float64]
Limits = Mapping[str, tuple[float, float]]
Outside = Literal["error", "nan"]


class OutsideLimitsWarning(UserWarning):
    """Arguments outside a model's limits were left empty, as the caller asked."""


def evaluate(
    formula: Callable[[], FloatArray],
    given: Mapping[str, FloatArray],
    limits: Limits,
    *,
    who: str,
    outside: Outside,
) -> FloatArray:
    """Compute a formula where all of its arguments lie within their limits.

    Parameters
    ----------
    formula : callable
        Computes the result from ``given``, in the shape these broadcast to or a smaller one.
    given : mapping of str to array of float
        The arguments by name; NaN is an empty value, never outside.
    limits : mapping of str to (low, high)
        Both ends belong to the range; names as in ``given``.
    who : str
        The model and its source, for the message.
    outside : {"error", "nan"}
        What to do with values outside: an error, or NaN there and one warning.

    Returns
    -------
    numpy.ndarray of float64
        In the shape that the arguments broadcast to; NaN where an argument is NaN.

    Raises
    ------
    CoverageError
        Values outside with ``outside="error"``, or another word for ``outside``.

    Examples
    --------
    >>> metres = np.array([10.0, np.nan])
    >>> found = evaluate(
    ...     lambda: 2 * metres, {"d_m": metres}, {"d_m": (0, 10)}, who="double", outside="error"
    ... )
    >>> found.tolist()
    [20.0, nan]
    """
    if outside not in {"error", "nan"}:
        raise CoverageError(f"outside: expected 'error' or 'nan', found {outside!r}")
    empty: npt.NDArray[np.bool_] = np.zeros((), dtype=bool)
    complaints = []
    for name, values in given.items():
        low, high = limits[name]
        good = (values >= low) & (values <= high)
        if good.all():
            continue
        beyond = values[~good & ~np.isnan(values)]
        if beyond.size:
            complaints.append(
                f"{name} {beyond[0]:g} is outside {low:g} to {high:g} "
                f"({beyond.size} of {values.size} values)"
            )
        empty = empty | ~good
    if complaints:
        _complain(f"{who}: {'; '.join(complaints)}", outside)
    shape = np.broadcast_shapes(*(values.shape for values in given.values()))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result = np.broadcast_to(formula(), shape)
    if empty.any():
        return np.where(empty, np.nan, result)
    return result if result.flags.writeable else result.copy()


def _complain(message: str, outside: Outside) -> None:
    if outside == "error":
        raise CoverageError(
            f"{message}; choose a model made for such values, or pass outside='nan' to leave "
            f"them empty"
        )
    warnings.warn(f"{message}; NaN there", OutsideLimitsWarning, stacklevel=4)
