"""Trees on what a straight line leaves: trees alone shrink a small trend towards nothing."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

_Array = NDArray[np.float64]
Model = Literal["boosting", "forest"]
_ROUNDS, _FOREST_TREES = 100, 300


@cache
def _libraries() -> ThreadpoolController:
    """Find the libraries with threads once, when a model was made: a search takes milliseconds."""
    return ThreadpoolController()


class LinearThenTrees:
    """Least squares on trend, season, hour and weather, then trees on the residuals.

    Boosted trees alone gave back two thirds of a known trend of 3 to 6 % a year on simulated
    readings: a weak term is seldom worth a split. The line takes the trend's straight part; trees
    see the same terms and take its bends, and all that is not straight.

    Parameters
    ----------
    model : {"boosting", "forest"}
        Early stopping of boosting is off: it would hold out random hours, whose neighbours are
        seen.
    seed : int
        Of the trees.
    """

    def __init__(self, model: Model, seed: int) -> None:
        from sklearn.ensemble import (  # noqa: PLC0415 - seconds that only fitting pays
            HistGradientBoostingRegressor,
            RandomForestRegressor,
        )

        self._trees: Any = (
            HistGradientBoostingRegressor(
                max_iter=_ROUNDS,
                learning_rate=0.1,
                max_leaf_nodes=15,
                min_samples_leaf=20,
                early_stopping=False,
                random_state=seed,
            )
            if model == "boosting"
            else RandomForestRegressor(
                n_estimators=_FOREST_TREES,
                max_features=1 / 3,
                min_samples_leaf=5,
                n_jobs=-1,
                random_state=seed,
            )
        )

    def fit(self, terms: _Array, reading: _Array) -> LinearThenTrees:
        """Fit both to terms (hour, term) and readings (hour)."""
        self._middle, self._spread = terms.mean(axis=0), np.maximum(terms.std(axis=0), 1e-9)
        design = self._design(terms)
        # On a busy machine, threads that wait for each other cost more than they bring.
        with _libraries().limit(limits=1):
            self._weights = np.linalg.lstsq(design, reading, rcond=None)[0]
            self._trees.fit(terms, reading - design @ self._weights)
        return self

    def predict(self, terms: _Array) -> _Array:
        """Return the sum of both for terms (hour, term)."""
        with _libraries().limit(limits=1):
            bent: _Array = self._trees.predict(terms)
            return self._design(terms) @ self._weights + bent

    def _design(self, terms: _Array) -> _Array:
        """Terms as deviations; day of year and hour as waves, for midnight follows 23 o'clock."""
        waves = []
        for turns in (1, 2):
            for column, length in ((1, 365.2425), (3, 24.0)):
                angle = 2 * np.pi * turns * terms[:, column] / length
                waves += [np.cos(angle), np.sin(angle)]
        scaled = (terms - self._middle) / self._spread
        straight = np.delete(scaled, [1, 3], axis=1)
        return np.column_stack([np.ones(len(terms)), straight, *waves])
