"""People with names, numbers and wards: those of a part of the register, or visitors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hanoi_analytics.linkage.synthetic import numbers
from hanoi_analytics.linkage.synthetic.households import (
    CHILD,
    GRANDFATHER,
    GRANDMOTHER,
    HUSBAND,
    LODGER,
    REGISTER_DAY,
    WIFE,
    Households,
    draw_households,
)
from hanoi_analytics.linkage.synthetic.numbers import Flags, Ints
from hanoi_analytics.linkage.synthetic.vocabulary import (
    GENERATION_ENDS,
    GIVEN,
    MIDDLE,
    THI_SHARE_BY_YEAR,
    TWO_MIDDLES_BY_YEAR,
    VAN_SHARE_BY_YEAR,
    by_year,
    zipf,
)
from hanoi_analytics.linkage.synthetic.wards import Wards
from hanoi_analytics.linkage.synthetic.words import NO_WORD, Codes, words

SURNAME, MIDDLE_1, MIDDLE_2, GIVEN_NAME = range(4)
_YEAR = 365.25
_NAMESAKES = 0.002
_SHARED_PHONE = 0.12
# Who has a personal number in the register, by age: children born since 2016 have it from birth
# registration, those before from their first card at 14; some of the old have none. Assumptions.
_NO_NUMBER = (
    (0, 0.03),
    (10, 0.03),
    (10.01, 0.45),
    (14, 0.45),
    (14.01, 0.02),
    (70, 0.02),
    (95, 0.4),
)
# Of people who are nobody's child at home: only the birth year is known, written as 1 January.
_YEAR_ONLY = ((1930, 0.15), (1960, 0.06), (1985, 0.0))
_BHYT_COVERAGE = 0.9335  # of the population at the end of 2023, Vietnam Social Security
_INSURED_GROUPS = ((6, "TE1"), (18, "HS4"), (60, "DN4"), (80, "HT3"), (200, "GD4"))


@dataclass(frozen=True)
class Residents:
    """People of one part, row by row; ``names`` (n, 4) holds codes of words."""

    of: Households
    names: Codes
    ward: Ints
    old_ward: Ints
    cccd: Ints
    cccd_missing: Flags
    cmnd: Ints
    cmnd_missing: Flags
    bhxh: Ints
    bhyt: pa.StringArray
    phone: Ints
    family_phone: Ints


@dataclass(frozen=True)
class Origin:
    """What a draw of people depends on besides chance."""

    surnames: Codes
    surname_weights: NDArray[np.float64]
    wards: Wards
    birth_in_hanoi: float


def draw_residents(
    rng: np.random.Generator, count: int, origin: Origin, *, first_person: int, slot: int
) -> Residents:
    """Draw people; `first_person` and `slot` make their numbers differ from other parts'."""
    home = draw_households(rng, count)
    names = _names(rng, home, origin)
    home = replace(home, birth_day=_adjusted_birth_days(rng, home, names))
    year = birth_years(home.birth_day)
    age = (REGISTER_DAY - home.birth_day) / _YEAR
    person = first_person + np.arange(count)
    province = np.where(
        rng.random(count) < origin.birth_in_hanoi,
        numbers.HANOI,
        rng.choice(numbers.OTHER_PROVINCES, count),
    )
    bhxh = province % 100 * 10**8 + numbers.spread(person)
    houses = home.household[-1] + 1 if count else 0
    ward = origin.wards.draw(rng, houses)
    family_phone = numbers.mobile_numbers(rng, houses)[home.household]
    own = (age >= 14) & (rng.random(count) >= _SHARED_PHONE)
    return Residents(
        of=home,
        names=names,
        ward=ward[home.household],
        old_ward=origin.wards.draw_old(rng, ward)[home.household],
        cccd=numbers.personal_numbers(province, home.male, year, slot),
        cccd_missing=rng.random(count) < by_year(age, _NO_NUMBER),
        cmnd=numbers.spread(person),
        cmnd_missing=(year >= 2003) | (rng.random(count) < np.where(year < 1998, 0.1, 0.6)),
        bhxh=bhxh,
        bhyt=_health_insurance(rng, bhxh, age),
        phone=np.where(own, numbers.mobile_numbers(rng, count), family_phone),
        family_phone=family_phone,
    )


def birth_years(birth_day: Ints) -> Ints:
    """Return the calendar year of days since 1970."""
    return birth_day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _names(rng: np.random.Generator, home: Households, origin: Origin) -> Codes:
    """Draw names: children take the father's family name, women keep their own."""
    count = len(home.role)
    year = birth_years(home.birth_day)
    names = np.full((count, 4), NO_WORD, dtype=np.int32)
    generation = np.searchsorted(GENERATION_ENDS, year)
    for sex, rows in (("male", home.male), ("female", ~home.male)):
        for era in range(3):
            some = np.flatnonzero(rows & (generation == era))
            names[some, GIVEN_NAME] = _drawn(rng, GIVEN[sex][era], 4.0, len(some))
            names[some, MIDDLE_1] = _drawn(rng, MIDDLE[sex][era], 2.0, len(some))
            names[some, MIDDLE_2] = _drawn(rng, MIDDLE[sex][era], 2.0, len(some))
    _set_middles(rng, home, year, names)
    father = _draw_codes(rng, origin.surnames, origin.surname_weights, count)
    own = _draw_codes(rng, origin.surnames, origin.surname_weights, count)
    by_father = np.isin(home.role, (HUSBAND, CHILD, GRANDFATHER))
    names[:, SURNAME] = np.where(by_father, father[home.household], own)
    _name_twins(home, names)
    return names


def _set_middles(rng: np.random.Generator, home: Households, year: Ints, names: Codes) -> None:
    """Make Văn and Thị as frequent as in a birth year, and leave few a second middle name."""
    code = words().code
    for word, table, rows in (
        ("Văn", VAN_SHARE_BY_YEAR, home.male),
        ("Thị", THI_SHARE_BY_YEAR, ~home.male),
    ):
        share = by_year(year, table)
        names[rows & (rng.random(len(year)) < share), MIDDLE_1] = code[word]
    two = rng.random(len(year)) < by_year(year, TWO_MIDDLES_BY_YEAR)
    same = (names[:, MIDDLE_2] == names[:, MIDDLE_1]) | (names[:, MIDDLE_2] == names[:, GIVEN_NAME])
    names[~two | same, MIDDLE_2] = NO_WORD
    # Nobody is called Nguyễn Minh Minh.
    _rename(names, home.male, names[:, MIDDLE_1] == names[:, GIVEN_NAME])


def _rename(names: Codes, male: Flags, rows: Flags) -> None:
    """Give those rows another given name, a very common one."""
    code = words().code
    for sex, (usual, other) in ((male, ("Hùng", "Dũng")), (~male, ("Hoa", "Lan"))):
        some = np.flatnonzero(rows & sex)
        taken = (names[some, MIDDLE_1 : GIVEN_NAME + 1] == code[usual]).any(axis=1)
        names[some, GIVEN_NAME] = np.where(taken, code[other], code[usual])


def _name_twins(home: Households, names: Codes) -> None:
    """Give twins of one sex the same middle names, and never the same given name."""
    second = np.flatnonzero(home.twin_of >= 0)
    first = home.twin_of[second]
    alike = home.male[second] == home.male[first]
    second, first = second[alike], first[alike]
    names[second, MIDDLE_1:GIVEN_NAME] = names[first, MIDDLE_1:GIVEN_NAME]
    same = np.zeros(len(names), dtype=bool)
    same[second] = names[second, GIVEN_NAME] == names[first, GIVEN_NAME]
    _rename(names, home.male, same)


def _adjusted_birth_days(rng: np.random.Generator, home: Households, names: Codes) -> Ints:
    """Return birth days with 1 January where only the year is known, and of namesakes.

    A few women get name and birth date of another woman. Taken are neighbours in age who bear
    their own family name, so that no family changes.
    """
    year = birth_years(home.birth_day)
    year_only = rng.random(len(year)) < by_year(year, _YEAR_ONLY)
    january = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    days = np.where(year_only & (home.role != CHILD), january, home.birth_day)
    women = np.flatnonzero(~home.male & np.isin(home.role, (WIFE, GRANDMOTHER, LODGER)))
    order = women[np.argsort(days[women], kind="stable")]
    chosen = np.flatnonzero(rng.random(max(len(order) - 1, 0)) < _NAMESAKES)
    names[order[chosen]] = names[order[chosen + 1]]
    days[order[chosen]] = days[order[chosen + 1]]
    return days


def _drawn(rng: np.random.Generator, names: list[str], offset: float, count: int) -> Codes:
    return _draw_codes(rng, words().codes(names), zipf(len(names), offset), count)


def _draw_codes(
    rng: np.random.Generator, codes: Codes, weights: NDArray[np.float64], count: int
) -> Codes:
    upper = np.cumsum(weights)
    place = np.searchsorted(upper, rng.random(count) * upper[-1], side="right")
    return codes[np.minimum(place, len(codes) - 1)]


def _health_insurance(
    rng: np.random.Generator, bhxh: Ints, age: NDArray[np.float64]
) -> pa.StringArray:
    """Return card numbers: group and level, province of issue, and the social-insurance code."""
    groups = np.array([list(group.encode()) for _, group in _INSURED_GROUPS], np.uint8)
    group = groups[np.searchsorted([limit for limit, _ in _INSURED_GROUPS], age, side="right")]
    province = numbers.digits(np.full(len(bhxh), numbers.HANOI), 2)
    missing = rng.random(len(bhxh)) >= _BHYT_COVERAGE
    return numbers.text(np.hstack([group, province, numbers.digits(bhxh, 10)]), missing)
