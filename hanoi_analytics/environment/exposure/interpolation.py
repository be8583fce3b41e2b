"""Values between stations: inverse distance and ordinary kriging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from hanoi_analytics.environment.checks import EnvironmentDataError

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
VariogramModel = Literal["linear", "power", "gaussian", "spherical", "exponential", "hole-effect"]

# Fewer leave a variogram of three parameters undetermined once one of them is left out.
_LEAST_FOR_A_FIT = 5
# A distance of nothing has no logarithm; beside this one no other station counts.
_AT_A_STATION_M = 1e-200
# Places solved at once: what bounds the memory of kriging.
_PLACES_AT_ONCE = 100_000


@dataclass(frozen=True, kw_only=True)
class InverseDistance:
    """Mean of the stations around, weighted by distance to the power −`power` (Shepard 1968).

    Attributes
    ----------
    power : float
        Above 0; the higher, the more the nearest station decides.
    minimum_stations : int
        A place with fewer stations in reach has no value.
    maximum_distance_m : float
        How far a station reaches, in metres.

    Examples
    --------
    >>> method = InverseDistance(power=2, minimum_stations=1, maximum_distance_m=5000)
    >>> distance_m = np.array([[1000.0, 2000.0], [0.0, 3000.0], [9000.0, 8000.0]])
    >>> method.weights(distance_m).round(9).tolist()
    [[0.8, 0.2], [1.0, 0.0], [nan, nan]]
    """

    power: float
    minimum_stations: int
    maximum_distance_m: float

    def __post_init__(self) -> None:
        given = (self.power, self.minimum_stations, self.maximum_distance_m)
        if not (0 < self.power < np.inf and self.minimum_stations >= 1 and given[2] > 0):
            raise EnvironmentDataError(
                f"inverse distance: expected a finite power above 0, at least 1 station and a "
                f"distance above 0 m, found {given}"
            )

    def weights(self, distance_m: FloatArray) -> FloatArray:
        """Return the weight of each station at each place, (place, station), missing if too few."""
        return self.shares(self.scores(distance_m))

    def scores(self, distance_m: FloatArray) -> FloatArray:
        """Return the logarithm of distance to −`power`, −∞ out of reach, (place, station)."""
        near = (distance_m <= self.maximum_distance_m) & np.isfinite(distance_m)
        return np.where(
            near, -self.power * np.log(np.maximum(distance_m, _AT_A_STATION_M)), -np.inf
        )

    def shares(self, scores: FloatArray) -> FloatArray:
        """Return weights from the scores of some stations: each place's add up to one."""
        enough = np.isfinite(scores).sum(axis=1, keepdims=True) >= self.minimum_stations
        # The nearest counts as one, so that nothing overflows.
        best = np.where(enough, scores.max(axis=1, keepdims=True), 0.0)
        raw = np.exp(np.where(enough, scores - best, 0.0))
        shares: FloatArray = np.where(enough, raw / raw.sum(axis=1, keepdims=True), np.nan)
        return shares


@dataclass(frozen=True, kw_only=True)
class Kriging:
    """Ordinary kriging with a named variogram model, by PyKrige.

    Attributes
    ----------
    variogram_model : str
        ``linear``, ``power``, ``gaussian``, ``spherical``, ``exponential`` or ``hole-effect``.
    variogram_parameters : mapping, optional
        As PyKrige names them: ``sill``, ``range`` (m) and ``nugget``; ``slope`` and ``nugget`` for
        ``linear``; ``scale``, ``exponent`` and ``nugget`` for ``power``. Sills are in the square
        of the values' unit. Without them they are fitted to the stations.

    References
    ----------
    Webster, R. and Oliver, M. A. (1992), Sample adequately to estimate variograms of soil
    properties, Journal of Soil Science 43, 177–192: at least 100 places, better 150.
    """

    variogram_model: VariogramModel
    variogram_parameters: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.variogram_model not in get_args(VariogramModel):
            raise EnvironmentDataError(
                f"variogram_model: expected one of {', '.join(get_args(VariogramModel))}, found "
                f"{self.variogram_model!r}"
            )

    @property
    def least_stations(self) -> int:
        """How many stations it needs, so that one can be left out."""
        return _LEAST_FOR_A_FIT if self.variogram_parameters is None else 3

    def estimate(
        self, stations_m: FloatArray, values: FloatArray, places_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return value and kriging standard deviation at places, (place,), in the values' unit."""
        from pykrige.ok import OrdinaryKriging  # type: ignore[import-untyped]  # noqa: PLC0415

        given = self.variogram_parameters
        try:
            model = OrdinaryKriging(
                *stations_m.T,
                values,
                variogram_model=self.variogram_model,
                variogram_parameters=None if given is None else dict(given),
            )
            parts = [
                model.execute("points", *part.T)
                for part in np.array_split(places_m, -(-len(places_m) // _PLACES_AT_ONCE))
            ]
        except (KeyError, ValueError, np.linalg.LinAlgError) as error:
            shown = "fitted to the stations" if given is None else dict(given)
            raise EnvironmentDataError(
                f"no kriging of {len(values)} values from {values.min():g} to {values.max():g} "
                f"with a {self.variogram_model} variogram, parameters {shown}: {error}"
            ) from error
        estimates, variances = (np.concatenate(part) for part in zip(*parts, strict=True))
        # At a station rounding may leave a variance just under zero.
        return estimates, np.sqrt(np.maximum(variances, 0.0))


def by_stations_present(values: FloatArray) -> Iterator[tuple[BoolArray, BoolArray]]:
    """Group times by which stations have a value.

    Parameters
    ----------
    values : numpy.ndarray, (time, station)

    Yields
    ------
    tuple
        Which stations are there, (station,), and which times those are, (time,), as masks; times
        without any station are left out.
    """
    known = np.isfinite(values)
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, present in enumerate(patterns):
        if present.any():
            yield present, which.ravel() == number
