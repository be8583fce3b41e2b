"""What every propagation model offers: one signature, checked limits, arrays in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.propagation.limits import FloatArray, Limits, Outside, evaluate

State = Literal["los", "nlos"]


class Link(NamedTuple):
    """The arguments of a path between two antennas, as arrays that broadcast."""

    distance_2d_m: FloatArray
    frequency_ghz: FloatArray
    base_height_m: FloatArray
    terminal_height_m: FloatArray

    def log_distance_3d(self) -> FloatArray:
        """Return lg of the distance between the antennas in m."""
        difference_m = self.base_height_m - self.terminal_height_m
        return 0.5 * np.log10(self.distance_2d_m**2 + difference_m**2)


@dataclass(frozen=True)
class Model(ABC):
    """A propagation model; take one from ``MODELS``.

    Attributes
    ----------
    name : str
        As in ``MODELS``.
    source : str
        The standard, with the place in it.
    contains_clutter : bool
        Whether the losses hold the buildings around the terminal, so that no clutter may be added.
    correlation_los_m, correlation_nlos_m : float
        Distance at which shadow fading's correlation has fallen to 1/e; NaN where no standard
        gives one.
    """

    name: str
    source: str
    contains_clutter: bool
    correlation_los_m: float
    correlation_nlos_m: float

    @property
    def correlation_distance_m(self) -> dict[State, float]:
        """Correlation distance of shadow fading by state, in m."""
        return {"los": self.correlation_los_m, "nlos": self.correlation_nlos_m}

    @abstractmethod
    def limits(self, state: State) -> Limits:
        """Return (low, high) of each argument of ``path_loss_db`` in a state."""

    @abstractmethod
    def _loss(self, link: Link, state: State) -> FloatArray: ...

    @abstractmethod
    def _sigma(self, link: Link, state: State) -> FloatArray: ...

    @abstractmethod
    def _probability(self, distance_2d_m: FloatArray, terminal_height_m: FloatArray) -> FloatArray:
        """Return the probability of line of sight at distances of 0 m and more."""

    @abstractmethod
    def _probability_heights_m(self) -> tuple[float, float]: ...

    def path_loss_db(
        self,
        distance_2d_m: npt.ArrayLike,
        *,
        frequency_ghz: npt.ArrayLike,
        base_height_m: npt.ArrayLike,
        terminal_height_m: npt.ArrayLike = 1.5,
        state: State,
        outside: Outside = "error",
    ) -> FloatArray:
        """Compute the median path loss between isotropic antennas outdoors.

        Parameters
        ----------
        distance_2d_m : array of float
            Distance on the ground. All arguments broadcast; NaN gives NaN.
        frequency_ghz : array of float
            Centre frequency.
        base_height_m, terminal_height_m : array of float
            Antennas above ground.
        state : {"los", "nlos"}
            Whether the terminal sees the base station.
        outside : {"error", "nan"}
            What to do with values outside ``limits(state)``.

        Returns
        -------
        numpy.ndarray of float64
            Loss in dB, in the shape that the arguments broadcast to.

        Raises
        ------
        CoverageError
            Values outside the limits with ``outside="error"``, or an unknown state.

        Examples
        --------
        >>> from hanoi_analytics.coverage.propagation import MODELS
        >>> loss_db = MODELS["uma"].path_loss_db(
        ...     [100, 500], frequency_ghz=2.55, base_height_m=25, state="los"
        ... )
        >>> loss_db.round(2).tolist()
        [80.39, 97.1]
        """
        link = _link(distance_2d_m, frequency_ghz, base_height_m, terminal_height_m)
        return self._evaluate(lambda: self._loss(link, state), link, state, outside)

    def shadow_sigma_db(
        self,
        distance_2d_m: npt.ArrayLike,
        *,
        frequency_ghz: npt.ArrayLike,
        base_height_m: npt.ArrayLike,
        terminal_height_m: npt.ArrayLike = 1.5,
        state: State,
        outside: Outside = "error",
    ) -> FloatArray:
        """Return the standard deviation of log-normal shadow fading around ``path_loss_db``.

        Parameters
        ----------
        distance_2d_m, frequency_ghz, base_height_m, terminal_height_m, state, outside
            As for ``path_loss_db``.

        Returns
        -------
        numpy.ndarray of float64
            Standard deviation in dB, in the shape that the arguments broadcast to.

        Raises
        ------
        CoverageError
            As ``path_loss_db``.

        Examples
        --------
        >>> from hanoi_analytics.coverage.propagation import MODELS
        >>> MODELS["rma"].shadow_sigma_db(
        ...     [500, 5000], frequency_ghz=0.7, base_height_m=35, state="los"
        ... ).tolist()
        [4.0, 6.0]
        """
        link = _link(distance_2d_m, frequency_ghz, base_height_m, terminal_height_m)
        return self._evaluate(lambda: self._sigma(link, state), link, state, outside)

    def los_probability(
        self,
        distance_2d_m: npt.ArrayLike,
        *,
        terminal_height_m: npt.ArrayLike = 1.5,
        outside: Outside = "error",
    ) -> FloatArray:
        """Return the probability that a terminal sees the base station.

        Parameters
        ----------
        distance_2d_m : array of float
            Distance on the ground, 0 m or more (the standard sets no end); for a terminal
            indoors the part outdoors. NaN gives NaN.
        terminal_height_m : array of float
            Antenna above ground.
        outside : {"error", "nan"}
            What to do with negative distances and heights the formula is not made for.

        Returns
        -------
        numpy.ndarray of float64
            In [0, 1], in the shape that the arguments broadcast to.

        Raises
        ------
        CoverageError
            Values outside the limits with ``outside="error"``.

        Examples
        --------
        >>> from hanoi_analytics.coverage.propagation import MODELS
        >>> MODELS["umi"].los_probability([10, 100]).round(3).tolist()
        [1.0, 0.231]
        """
        distance_m = np.asarray(distance_2d_m, dtype=np.float64)
        height_m = np.asarray(terminal_height_m, dtype=np.float64)
        return evaluate(
            lambda: self._probability(distance_m, height_m),
            {"distance_2d_m": distance_m, "terminal_height_m": height_m},
            {
                "distance_2d_m": (0.0, np.inf),
                "terminal_height_m": self._probability_heights_m(),
            },
            who=f"{self.name}, probability of line of sight ({self.source})",
            outside=outside,
        )

    def _evaluate(
        self, formula: Callable[[], FloatArray], link: Link, state: State, outside: Outside
    ) -> FloatArray:
        if state not in get_args(State):
            raise CoverageError(
                f"{self.name}: state: expected one of {get_args(State)}, found {state!r}"
            )
        return evaluate(
            formula,
            link._asdict(),
            self.limits(state),
            who=f"{self.name}, {state} ({self.source})",
            outside=outside,
        )


def _link(*arguments: npt.ArrayLike) -> Link:
    return Link(*(np.asarray(argument, dtype=np.float64) for argument in arguments))
