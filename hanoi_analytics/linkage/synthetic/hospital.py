"""A hospital's records of people: what was asked for, and what was written wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hanoi_analytics.linkage.synthetic import numbers
from hanoi_analytics.linkage.synthetic.errors import Errors
from hanoi_analytics.linkage.synthetic.name_errors import write_names
from hanoi_analytics.linkage.synthetic.numbers import Digits, Flags, Ints
from hanoi_analytics.linkage.synthetic.residents import Residents
from hanoi_analytics.linkage.synthetic.visits import (
    NEW_WARDS_DAY,
    PERSONAL_NUMBER_DAY,
    Visits,
)
from hanoi_analytics.linkage.synthetic.wards import Wards
from hanoi_analytics.linkage.synthetic.words import NO_WORD

_YEAR = 365.25
# Records before this day may still carry the old identity number of nine digits.
_NO_CMND_DAY = (dt.date(2025, 1, 1) - dt.date(1970, 1, 1)).days


def write_records(
    rng: np.random.Generator,
    people: Residents,
    visits: Visits,
    wards: Wards | None,
    errors: Errors,
) -> dict[str, Any]:
    """Return the columns of the records but their identifiers; without `wards`, wards are null."""
    who = visits.person
    mother = people.of.mother[who]
    mothers = np.where((mother >= 0)[:, None], people.names[mother], NO_WORD)
    born = people.of.birth_day[who]
    male = people.of.male[who] ^ (rng.random(len(who)) < errors.sex_wrong)
    bhyt_missing = rng.random(len(who)) < errors.bhyt_missing
    bhyt = pc.if_else(pa.array(bhyt_missing), None, people.bhyt.take(pa.array(who)))
    has_code = pc.and_(pc.is_valid(bhyt), pa.array(visits.day < PERSONAL_NUMBER_DAY))
    return {
        "full_name": write_names(rng, people.names[who], mothers, visits.newborn, errors),
        "sex": sexes(male),
        "birth_date": _birth_dates(rng, born, visits.day, errors),
        "cccd": _cccd(rng, people, visits, errors),
        "cmnd": _cmnd(rng, people, visits, errors),
        "bhyt": bhyt,
        "bhxh": pc.if_else(has_code, numbers.text(numbers.digits(people.bhxh[who], 10)), None),
        "phone": _phones(rng, people, who, errors),
        "ward": _wards(rng, people, visits, wards, errors),
        "recorded_on": pa.array(visits.day.astype(np.int32), pa.date32()),
    }


def sexes(male: Flags) -> pa.StringArray:
    """Return "male" and "female"."""
    return pc.if_else(pa.array(male), "male", "female")


def _birth_dates(rng: np.random.Generator, born: Ints, day: Ints, errors: Errors) -> pa.Array:
    """Return birth dates with at most one fault each; none lies after the record."""
    date = born.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    year = date.astype("datetime64[Y]")
    day_number = (date - month).astype(np.int64)
    month_number = (month - year).astype(np.int64)
    fault = rng.random(len(born))
    step = np.where(rng.random(len(born)) < 0.5, -1, 1)
    first = errors.birth_date_missing
    missing = fault < first
    swapped = (fault >= first) & (fault < (first := first + errors.day_month_swapped))
    january = (fault >= first) & (fault < (first := first + errors.first_january))
    other_year = (fault >= first) & (fault < first + errors.birth_year_off_by_one)
    other_month = year.astype("datetime64[M]") + day_number.clip(0, 11)
    exchanged = other_month.astype("datetime64[D]") + month_number
    # 29 February of another year becomes 1 March, as a date must exist.
    shifted = (month + 12 * step).astype("datetime64[D]") + day_number
    written = np.select(
        [swapped & (day_number < 12), january, other_year],
        [exchanged, year.astype("datetime64[D]"), shifted],
        date,
    )
    written = np.where(written.astype(np.int64) > day, date, written)
    return pa.array(written.astype(np.int64).astype(np.int32), pa.date32(), mask=missing)


def _cccd(
    rng: np.random.Generator,
    people: Residents,
    visits: Visits,
    errors: Errors,
) -> pa.Array:
    """Return personal numbers as written: the mother's for some children, digits wrong or lost."""
    who = visits.person
    count = len(who)
    age = (visits.day - people.of.birth_day[who]) / _YEAR
    mother = people.of.mother[who]
    child, chance = age < 14, rng.random(count)
    parent = child & (mother >= 0) & (chance < errors.cccd_of_parent)
    owner = np.where(parent, mother, who)
    under_14 = errors.cccd_of_parent + errors.cccd_missing_under_14
    over_14 = np.where(age >= 75, errors.cccd_missing_over_75, errors.cccd_missing)
    not_asked = ~parent & (chance < np.where(child, under_14, over_14))
    written = numbers.digits(people.cccd[owner], 12)
    slip = rng.random(count)
    _wrong_digit(rng, written, slip < errors.cccd_digit_wrong)
    number = numbers.text(written, not_asked | people.cccd_missing[owner])
    lost = pa.array(slip >= 1.0 - errors.cccd_zeros_lost)
    return pc.if_else(lost, pc.utf8_ltrim(number, "0"), number)


def _wrong_digit(rng: np.random.Generator, written: Digits, wrong: Flags) -> None:
    rows = np.flatnonzero(wrong)
    place = rng.integers(written.shape[1], size=len(rows))
    more = rng.integers(1, 10, size=len(rows))
    zero = ord("0")
    written[rows, place] = (written[rows, place] - zero + more) % 10 + zero


def _cmnd(rng: np.random.Generator, people: Residents, visits: Visits, errors: Errors) -> pa.Array:
    who = visits.person
    missing = people.cmnd_missing[who] | (visits.day >= _NO_CMND_DAY)
    missing |= rng.random(len(who)) < errors.cmnd_missing
    return numbers.text(numbers.digits(people.cmnd[who], 9), missing)


def _phones(rng: np.random.Generator, people: Residents, who: Ints, errors: Errors) -> pa.Array:
    """Return phones as written; a changed one is another number, of the same time."""
    count, chance = len(who), rng.random(len(who))
    missing = chance < errors.phone_missing
    changed = ~missing & (chance < errors.phone_missing + errors.phone_changed)
    family = chance >= 1.0 - errors.phone_of_family
    phone = np.where(family, people.family_phone[who], people.phone[who])
    phone = np.where(changed, numbers.mobile_numbers(rng, count), phone)
    ten = numbers.text(numbers.digits(phone, 10), missing)
    prefix = numbers.OLD_PREFIX_OF[phone // 10**7]
    old = (prefix > 0) & (rng.random(count) < errors.phone_old_form)
    eleven = numbers.text(numbers.digits(prefix * 10**7 + phone % 10**7, 11), missing)
    return pc.if_else(pa.array(old), eleven, ten)


def _wards(
    rng: np.random.Generator,
    people: Residents,
    visits: Visits,
    wards: Wards | None,
    errors: Errors,
) -> pa.Array:
    """Return the ward lived in on that day, by the code of that day."""
    who = visits.person
    if wards is None:
        return pa.nulls(len(who), pa.string())
    age = (visits.day - people.of.birth_day[who]) / _YEAR
    young_woman = ~people.of.male[who] & (age >= 20) & (age < 35)
    rate = np.where(young_woman, errors.moved_young_women, errors.moved)
    moved = rng.random(len(who)) < rate
    ward = np.where(moved, wards.draw_other(rng, people.ward[who]), people.ward[who])
    old = np.where(moved, wards.draw_old(rng, ward), people.old_ward[who])
    new_codes = pa.array(visits.day >= NEW_WARDS_DAY)
    return pc.if_else(new_codes, wards.new.take(pa.array(ward)), wards.old.take(pa.array(old)))
