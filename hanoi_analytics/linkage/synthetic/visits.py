"""Who comes to a hospital, how often and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanoi_analytics.linkage.synthetic.households import REGISTER_DAY
from hanoi_analytics.linkage.synthetic.numbers import Flags, Ints
from hanoi_analytics.linkage.synthetic.vocabulary import by_year

# Days since 1970: records from 1 January 2023 to 30 June 2026, new ward codes since 1 July 2025,
# no social-insurance code of its own since 1 August 2025.
FIRST_DAY = 19358
LAST_DAY = REGISTER_DAY - 1
NEW_WARDS_DAY = 20270
PERSONAL_NUMBER_DAY = 20301
_YEAR = 365.25
# Shares of patients with one record, two, …: an assumption; 1.84 records a patient on average.
_VISITS = np.array([0.60, 0.20, 0.09, 0.05, 0.03, 0.015, 0.01, 0.005])
MEAN_VISITS = float(_VISITS @ np.arange(1, len(_VISITS) + 1))
# How much likelier people of an age are patients, compared with young adults: an assumption.
_AGE_WEIGHTS = (
    (0, 4.0),
    (3, 3.0),
    (10, 1.2),
    (20, 1.0),
    (40, 1.3),
    (60, 2.5),
    (75, 4.0),
    (105, 4.0),
)
_BORN_THERE = 0.75


@dataclass(frozen=True)
class Visits:
    """One row a record: the person's row, the day, and whether it is of a baby's first 28 days."""

    person: Ints
    day: Ints
    newborn: Flags


def draw_visits(rng: np.random.Generator, birth_day: Ints, records: int) -> Visits:
    """Draw patients by age, and records of them; in random order."""
    age = (REGISTER_DAY - birth_day) / _YEAR
    weight = by_year(age, _AGE_WEIGHTS)
    patients = min(len(birth_day), int(records / MEAN_VISITS * 1.05) + 20)
    # The smallest of exponential times: a draw without replacement, by weight (Efraimidis 2006).
    times = rng.standard_exponential(len(birth_day)) / weight
    chosen = np.argsort(times, kind="stable")[:patients]
    visits = rng.choice(len(_VISITS), size=patients, p=_VISITS) + 1
    person = np.repeat(chosen, visits)[:records]
    number = np.arange(len(person)) - np.repeat(np.cumsum(visits) - visits, visits)[:records]
    born = birth_day[person]
    first = np.maximum(born, FIRST_DAY)
    day = first + (rng.random(len(person)) * (LAST_DAY + 1 - first)).astype(np.int64)
    at_birth = (number == 0) & (born >= FIRST_DAY) & (rng.random(len(person)) < _BORN_THERE)
    early = born + rng.integers(0, 4, len(person))
    day = np.where(at_birth, np.minimum(early, LAST_DAY), day)
    order = rng.permutation(len(person))
    return Visits(person[order], day[order], (day - born < 28)[order])
