"""The wards people live in: by today's code, and by the code of before July 2025."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hanoi_analytics import catalogue
from hanoi_analytics.linkage.synthetic.numbers import Ints

# The law says whether an old unit's people came to a new one whole or in part, not how many.
_PORTION_WEIGHT = {"whole": 2.0, "part": 1.0, "none": 0.0}


@dataclass(frozen=True)
class Wards:
    """Codes of Hanoi's wards, and the chance of each.

    Attributes
    ----------
    new, old : pyarrow.StringArray
        Codes since 1 July 2025 (126) and before.
    upper : float array (126,)
        Cumulated shares of the population.
    old_upper : float array (edges,)
        Cumulated chances of the old units of each new one; those of ward i lie in (i, i + 1].
    old_code : int array (edges,)
        Places in ``old``.
    """

    new: pa.StringArray
    old: pa.StringArray
    upper: NDArray[np.float64]
    old_upper: NDArray[np.float64]
    old_code: Ints

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw wards by their official population."""
        return np.searchsorted(self.upper, rng.random(count), side="right")

    def draw_other(self, rng: np.random.Generator, ward: Ints) -> Ints:
        """Draw for each ward a different one, by population."""
        before = np.r_[0.0, self.upper][ward]
        own = self.upper[ward] - before
        chance = rng.random(len(ward)) * (1.0 - own)
        chance += np.where(chance >= before, own, 0.0)
        return np.minimum(np.searchsorted(self.upper, chance, side="right"), len(self.upper) - 1)

    def draw_old(self, rng: np.random.Generator, ward: Ints) -> Ints:
        """Draw for each ward one of the old units that the law put into it."""
        edge = np.searchsorted(self.old_upper, ward + rng.random(len(ward)), side="right")
        return self.old_code[np.minimum(edge, len(self.old_code) - 1)]


def hanoi_wards() -> Wards:
    """Read the wards with their official population, and which old units went into each."""
    wards = catalogue.load("hanoi_wards_2025").sort_values("code")
    law = catalogue.load("hanoi_crosswalk_2025").sort_values(["new_code", "old_code"])
    people = wards["population_people"].to_numpy(dtype=float)
    upper = np.cumsum(people) / people.sum()
    upper[-1] = 1.0
    weight = law["population_portion"].map(_PORTION_WEIGHT)
    share = weight / weight.groupby(law["new_code"]).transform("sum")
    place = law["new_code"].map(dict(zip(wards["code"], range(len(wards)), strict=True)))
    old, old_code = np.unique(law["old_code"].to_numpy(dtype=str), return_inverse=True)
    return Wards(
        new=pa.array(wards["code"].tolist(), pa.string()),
        old=pa.array(old.tolist(), pa.string()),
        upper=upper,
        old_upper=place.to_numpy() + share.groupby(law["new_code"]).cumsum().round(9).to_numpy(),
        old_code=old_code,
    )
