"""Households: who lives together, and how old they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The register's day, 1 July 2026, in days since 1970.
REGISTER_DAY = 20635
_YEAR = 365.25
_OLDEST_DAY = REGISTER_DAY - int(104 * _YEAR)
_TWIN_SHARE = 0.012
_BOYS_AT_BIRTH = 111.5 / 211.5

HUSBAND, WIFE, CHILD, GRANDFATHER, GRANDMOTHER, LODGER = range(6)
_ROLES = "HWCFGL"
# Who lives in a household (husband, wife, child, husband's father F and mother G, lodger), and per
# 10,000 households how many have a head of 20 to 24 years, 25 to 29, …, 80 to 84. Made up so that
# sizes and ages come out near the 2019 census: 10.9 % of one person, 65.5 % of two to four; 24.3 %
# under 15, 68.0 % of 15 to 64, 7.7 % of 65 and older. Only these broad figures are the census's.
_HOUSEHOLDS: dict[str, tuple[int, ...]] = {
    "H": (32, 81, 0, 0, 0, 0, 40, 100, 111, 81, 11, 0, 32),
    "W": (38, 85, 0, 0, 0, 0, 48, 113, 127, 98, 28, 15, 48),
    "HW": (0, 299, 90, 0, 0, 0, 40, 154, 207, 173, 58, 0, 24),
    "WC": (0, 107, 98, 66, 91, 43, 0, 0, 0, 0, 0, 0, 0),
    "LL": (126, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "HWC": (0, 264, 222, 183, 187, 219, 214, 187, 142, 0, 0, 0, 0),
    "WCC": (0, 0, 86, 71, 60, 53, 0, 0, 0, 0, 0, 0, 0),
    "HWG": (0, 0, 0, 0, 0, 0, 0, 32, 68, 0, 0, 0, 0),
    "LLL": (57, 54, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "HWCC": (0, 0, 568, 552, 491, 409, 286, 104, 0, 0, 0, 0, 0),
    "HWCG": (0, 27, 19, 41, 34, 50, 73, 92, 0, 0, 0, 0, 0),
    "LLLL": (54, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "HWCCC": (0, 0, 0, 129, 152, 176, 134, 22, 0, 0, 0, 0, 0),
    "HWCCG": (0, 0, 141, 131, 103, 79, 46, 0, 0, 0, 0, 0, 0),
    "HWCFG": (0, 77, 59, 33, 0, 0, 21, 55, 0, 0, 0, 0, 0),
    "HWCCFG": (0, 0, 141, 135, 75, 34, 8, 0, 0, 0, 0, 0, 0),
    "HWCCCG": (0, 0, 0, 48, 68, 89, 82, 0, 0, 0, 0, 0, 0),
    "HWCCCFG": (0, 0, 0, 58, 67, 75, 82, 39, 0, 0, 0, 0, 0),
}
_LONGEST = max(map(len, _HOUSEHOLDS))
_FIRST_HEAD_AGE = 20


@dataclass(frozen=True)
class Households:
    """People by household, in household order.

    Attributes
    ----------
    household : int array (n,)
        Number of the household within the part, from 0.
    role : int array (n,)
        `HUSBAND`, `WIFE`, `CHILD`, …
    birth_day : int array (n,)
        Days since 1970.
    male : bool array (n,)
    mother : int array (n,)
        Row of the mother, or -1.
    twin_of : int array (n,)
        Row of the twin born first, or -1.
    """

    household: Ints
    role: Ints
    birth_day: Ints
    male: Flags
    mother: Ints
    twin_of: Ints


def draw_households(rng: np.random.Generator, people: int) -> Households:
    """Draw households until they hold that many people; the last one may be cut."""
    kinds, group = _draw_kinds(rng, people)
    members = np.array([[_ROLES.find(r) for r in k.ljust(_LONGEST, "-")] for k in _HOUSEHOLDS])
    sizes = np.array([len(kind) for kind in _HOUSEHOLDS])[kinds]
    household = np.repeat(np.arange(len(kinds)), sizes)[:people]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    position = np.arange(people) - starts[household]
    role = members[kinds[household], position]
    days, twin = _birth_days(rng, members[kinds], group)
    boys = rng.random(people) < _BOYS_AT_BIRTH
    even = rng.random(people) < 0.5
    male = np.select(
        [role == CHILD, role == LODGER], [boys, even], (role == HUSBAND) | (role == GRANDFATHER)
    )
    has_mother = (role == CHILD) & (members[kinds] == WIFE).any(axis=1)[household]
    mother_row = starts + (members[kinds] == WIFE).argmax(axis=1)
    rows = np.arange(people)
    return Households(
        household=household,
        role=role,
        birth_day=days[household, position],
        male=male,
        mother=np.where(has_mother, mother_row[household], -1),
        twin_of=np.where(twin[household, position], rows - 1, -1),
    )


def _draw_kinds(rng: np.random.Generator, people: int) -> tuple[Ints, Ints]:
    """Draw the kind of each household and the age group of its head, enough for the people."""
    weights = np.array(list(_HOUSEHOLDS.values()), dtype=float)
    upper = np.cumsum(weights.ravel() / weights.sum())
    chosen = np.minimum(np.searchsorted(upper, rng.random(people)), weights.size - 1)
    kinds, group = np.divmod(chosen, weights.shape[1])
    sizes = np.array([len(kind) for kind in _HOUSEHOLDS])[kinds]
    enough = int(np.searchsorted(np.cumsum(sizes), people)) + 1
    return kinds[:enough], group[:enough]


def _birth_days(rng: np.random.Generator, members: Ints, group: Ints) -> tuple[Ints, Flags]:
    """Return birth days by household and place, and who was born with the sibling before."""
    count = len(group)
    head = REGISTER_DAY - _YEAR * (_FIRST_HEAD_AGE + 5 * (group + rng.random(count)))
    has_husband = (members == HUSBAND).any(axis=1)
    wife = head + np.where(has_husband, _YEAR * rng.normal(2.8, 2.5, count).clip(-4, 12), 0.0)
    father = head - _YEAR * rng.normal(28.5, 4.5, count).clip(19, 45)
    mother = father + _YEAR * rng.normal(2.8, 2.5, count).clip(-4, 12)
    lodgers = head[:, None] + _YEAR * rng.normal(0.0, 1.5, members.shape)
    days = np.select(
        [members == HUSBAND, members == WIFE, members == GRANDFATHER, members == GRANDMOTHER],
        [head[:, None], wife[:, None], father[:, None], mother[:, None]],
        lodgers,
    )
    child = members == CHILD
    twin = child & (rng.random(members.shape) < _TWIN_SHARE)
    twin[:, 1:] &= child[:, :-1]
    twin[:, 0] = False
    gaps = np.where(child & ~twin, _YEAR * rng.gamma(4.0, 1.0, members.shape).clip(1, 12), 0.0)
    gaps[np.arange(count), child.argmax(axis=1)] = 0.0
    later = np.cumsum(gaps, axis=1)
    first = wife + _YEAR * rng.normal(26.0, 4.0, count).clip(18, 42)
    # Nobody is born after the register's day: such families began earlier.
    over = first + np.where(child, later, 0.0).max(axis=1) - REGISTER_DAY
    first -= np.where(over >= 0, over + _YEAR * 2.5 * rng.random(count) + 1.0, 0.0)
    days = np.where(child, first[:, None] + later, days)
    return np.clip(days, _OLDEST_DAY, REGISTER_DAY - 1).astype(np.int64), twin
