"""One part of the people as Arrow tables: residents, records of them and of visitors, the truth."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.synthetic import numbers
from hanoi_analytics.linkage.synthetic.errors import Errors
from hanoi_analytics.linkage.synthetic.hospital import sexes, write_records
from hanoi_analytics.linkage.synthetic.households import REGISTER_DAY
from hanoi_analytics.linkage.synthetic.name_errors import join_words
from hanoi_analytics.linkage.synthetic.residents import Origin, Residents, draw_residents
from hanoi_analytics.linkage.synthetic.visits import MEAN_VISITS, draw_visits
from hanoi_analytics.linkage.synthetic.vocabulary import Surnames, surname_shares
from hanoi_analytics.linkage.synthetic.wards import hanoi_wards
from hanoi_analytics.linkage.synthetic.words import words

# Share of records of people who do not live in Hanoi: an assumption.
_VISITORS = 0.12
# Whose birth was registered in Hanoi: assumptions.
_RESIDENTS_BORN_IN_HANOI = 0.72
_VISITORS_BORN_IN_HANOI = 0.05
_MAX_PARTS = numbers.SLOTS // 2
# Visitors are numbered from here on, so that they share no number with a resident.
_FIRST_VISITOR = 50_000_000


@dataclass(frozen=True)
class Draw:
    """The settings of a draw of people, checked; see `write_people`."""

    residents: int
    records: int
    seed: int
    errors: Errors
    surnames: Surnames
    northern_share: float
    rows_per_part: int

    def __post_init__(self) -> None:
        surname_shares(self.surnames, self.northern_share)
        for name, least in (("residents", 1), ("records", 0), ("seed", 0), ("rows_per_part", 1)):
            if getattr(self, name) < least:
                raise LinkageError(
                    f"{name}: expected at least {least}, found {getattr(self, name)}"
                )
        most = int(self.residents * MEAN_VISITS * 0.6)
        if self.records > most:
            raise LinkageError(
                f"records: at most {most:,} of {self.residents:,} residents, found {self.records:,}"
            )
        if self.parts > _MAX_PARTS:
            raise LinkageError(
                f"rows_per_part: expected at most {_MAX_PARTS} parts, found {self.parts}; take at "
                f"least {-(-self.residents // _MAX_PARTS):,} rows a part"
            )

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.residents // self.rows_per_part)


def tables_of_part(draw: Draw, part: int) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """Return register, hospital and truth of one part, and what was counted."""
    origin = _origin(draw.surnames, draw.northern_share)
    elsewhere = replace(origin, birth_in_hanoi=_VISITORS_BORN_IN_HANOI)
    first = part * draw.rows_per_part
    count = min(draw.rows_per_part, draw.residents - first)
    # Each part draws from its own streams, so that its people depend on no other part.
    streams = np.random.SeedSequence(draw.seed, spawn_key=(part,)).spawn(4)
    people_rng, visitors_rng, visits_rng, errors_rng = map(np.random.default_rng, streams)
    people = draw_residents(people_rng, count, origin, first_person=first, slot=part)
    start, stop = (draw.records * r // draw.residents for r in (first, first + count))
    foreign = round((stop - start) * _VISITORS)
    visitors = draw_residents(
        visitors_rng,
        max(foreign, 1),
        elsewhere,
        first_person=_FIRST_VISITOR + first,
        slot=_MAX_PARTS + part,
    )
    here = draw_visits(visits_rng, people.of.birth_day, stop - start - foreign)
    there = draw_visits(visits_rng, visitors.of.birth_day, foreign)
    columns = write_records(errors_rng, people, here, origin.wards, draw.errors)
    others = write_records(errors_rng, visitors, there, None, draw.errors)
    order = pa.array(visits_rng.permutation(stop - start))
    row = np.arange(start + 1, stop + 1)
    record_id = numbers.prefixed("H", row)
    person = pa.concat_arrays(
        [numbers.prefixed("R", first + here.person + 1), pa.nulls(foreign, pa.string())]
    )
    hospital = {
        name: pa.concat_arrays([columns[name], others[name]]).take(order) for name in columns
    }
    tables = {
        "register": _register(people, origin, first),
        "hospital": pa.table({"record_id": record_id} | hospital),
        "truth": pa.table({"record_id": record_id, "person_id": person.take(order)}),
    }
    counts = {
        "residents": count,
        "records": stop - start,
        "records_of_residents": len(here.person),
        "patients": len(np.unique(here.person)),
    }
    return tables, counts


def _register(people: Residents, origin: Origin, first: int) -> pa.Table:
    home = people.of
    count = len(home.role)
    return pa.table(
        {
            "record_id": numbers.prefixed("R", first + np.arange(1, count + 1)),
            "full_name": join_words(people.names),
            "sex": sexes(home.male),
            "birth_date": pa.array(home.birth_day.astype(np.int32), pa.date32()),
            "cccd": numbers.text(numbers.digits(people.cccd, 12), people.cccd_missing),
            "cmnd": numbers.text(numbers.digits(people.cmnd, 9), people.cmnd_missing),
            "bhyt": people.bhyt,
            "bhxh": numbers.text(
                numbers.digits(people.bhxh, 10), pc.is_null(people.bhyt).to_numpy(False)
            ),
            "phone": numbers.text(numbers.digits(people.phone, 10)),
            "ward": origin.wards.new.take(pa.array(people.ward)),
            "recorded_on": pa.array(np.full(count, REGISTER_DAY, np.int32), pa.date32()),
            "household_id": numbers.prefixed("F", first + home.household + 1),
        }
    )


@functools.lru_cache(maxsize=4)
def _origin(surnames: Surnames, northern_share: float) -> Origin:
    shares = surname_shares(surnames, northern_share)
    return Origin(
        words().codes(shares),
        np.array(list(shares.values())),
        hanoi_wards(),
        _RESIDENTS_BORN_IN_HANOI,
    )
