"""Headline figures held against their own definitions: each verdict is computed, none is typed.

A claim is a figure that was quoted in public. It is held against an identity it should satisfy
(parts that add up, a part that is no larger than its whole) or against an independent figure, and
gets one of six verdicts. Disagreeing figures are shown beside each other and never mended.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.errors import HanoiError, nearest

Verdict = Literal[
    "holds",
    "holds by its own definition",
    "plausible",
    "does not add up",
    "out of date",
    "cannot be what it is called",
]


class ClaimError(HanoiError):
    """A figure that a claim needs is missing or has another unit."""


@dataclass(frozen=True)
class Finding:
    """One claim, what it was held against, and the verdict."""

    claim: str
    quoted: str
    held_against: str
    result: str
    verdict: Verdict


class Figures:
    """Figures by identifier, from a table with ``id, value, unit, definition, source, status``."""

    def __init__(self, table: pd.DataFrame) -> None:
        if not table["id"].is_unique:
            twice = table.loc[table["id"].duplicated(), "id"].iloc[0]
            raise ClaimError(f"figure {twice!r} stands twice in the table")
        self._rows = {str(row["id"]): row for row in table.to_dict("records")}

    def __getitem__(self, figure: str) -> float:
        value = self.row(figure)["value"]
        if pd.isna(value):
            raise ClaimError(f"figure {figure!r} has no value")
        return float(value)

    def row(self, figure: str) -> dict[Hashable, Any]:
        """Return the whole row of a figure."""
        if figure not in self._rows:
            raise ClaimError(f"no figure {figure!r}; {nearest(figure, self._rows)}")
        return self._rows[figure]


def parts_and_whole(parts: list[float], whole: float) -> tuple[float, Verdict]:
    """Return parts minus whole, and whether they add up exactly.

    Examples
    --------
    >>> parts_and_whole([14, 20, 16], 48)
    (2, 'does not add up')
    >>> parts_and_whole([38_599_637, 62_513_019], 101_112_656)
    (0, 'holds')
    """
    difference = sum(parts) - whole
    return difference, "holds" if difference == 0 else "does not add up"


def printed_ratio(
    part: float, whole: float, printed_percent: float, decimals: int
) -> tuple[float, Verdict]:
    """Return part per whole in per cent, and whether it rounds to what was printed.

    Examples
    --------
    >>> printed_ratio(1_043_724, 5_300_000, 19.69, decimals=2)
    (19.69, 'holds')
    >>> printed_ratio(1, 3, 33.4, decimals=1)
    (33.3, 'does not add up')
    """
    ratio = round(100 * part / whole, decimals)
    return ratio, "holds" if ratio == printed_percent else "does not add up"


def part_of(part: float, whole: float) -> Verdict:
    """Say whether a part can belong to a whole: it must not be larger.

    Examples
    --------
    >>> part_of(12_000, 11_000)
    'cannot be what it is called'
    """
    return "plausible" if 0 <= part <= whole else "cannot be what it is called"


def superseded(quoted: float, latest: float, tolerance: float) -> tuple[float, Verdict]:
    """Return how much larger the latest count is, and whether the quoted one was out of date.

    Parameters
    ----------
    quoted, latest : float
        The figure as quoted, and the last count published before it was quoted.
    tolerance : float
        Relative difference that rounding explains.

    Examples
    --------
    >>> superseded(1_100_000, 1_446_705, 0.05)
    (0.315, 'out of date')
    """
    change = latest / quoted - 1
    return round(change, 3), "holds" if abs(change) <= tolerance else "out of date"


def smart_city_findings(
    figures: Figures,
    *,
    targets: Figures,
    urban_areas: pd.DataFrame,
    residents: float,
    urban_share: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hold each headline figure of the smart-city programme against its counterpart.

    Parameters
    ----------
    figures : Figures
        From the dataset ``smart_city_programme``.
    targets : Figures
        From the dataset ``national_targets``: what a target says it counts.
    urban_areas : pandas.DataFrame
        The dataset ``urban_areas``: totals and classes by date.
    residents : float
        People living in Hanoi, from an independent count.
    urban_share : pandas.DataFrame, optional
        Rows like the dataset ``urban_share``, which is taken where none are given.

    Returns
    -------
    pandas.DataFrame
        ``claim, quoted, held_against, result, verdict``, one row per check.
    """
    shares = catalogue.load("urban_share") if urban_share is None else urban_share
    return pd.DataFrame(
        [
            _urban_areas(figures, urban_areas),
            *_class_sums(urban_areas),
            *_urban_system(figures, shares),
            *_provinces(figures),
            *_base_stations(figures),
            *_services(figures, targets, residents),
            *_ihanoi(figures),
        ]
    )


_CLASSES = ["special", "class_i", "class_ii", "class_iii", "class_iv", "class_v"]


def _urban_areas(f: Figures, table: pd.DataFrame) -> Finding:
    quoted = f["urban_areas_902"]
    split = table[(table["total"] == quoted) & table[_CLASSES].notna().all(axis=1)]
    if len(split) != 1:
        raise ClaimError(
            f"expected one split of {quoted:g} urban areas by class, found {len(split)}"
        )
    parts = split[_CLASSES].iloc[0].astype(float).tolist()
    over, verdict = parts_and_whole(parts, quoted)
    unconfirmed = split["status"].iloc[0] == "GK"
    return Finding(
        "Urban areas of Viet Nam, December 2023",
        f"{quoted:g}",
        "classes quoted with it: " + " + ".join(f"{n:g}" for n in parts),
        f"difference {over:g}" + ("; the split by class is not confirmed" if unconfirmed else ""),
        "plausible" if unconfirmed and verdict == "holds" else verdict,
    )


def _class_sums(table: pd.DataFrame) -> list[Finding]:
    """Return a finding for each date whose classes, as printed, do not make its total."""
    findings = []
    for row in table.dropna(subset=_CLASSES).to_dict("records"):
        parts = [float(row[name]) for name in _CLASSES]
        over, verdict = parts_and_whole(parts, float(row["total"]))
        bounds = "" if pd.isna(row["qualifier"]) else f"{row['qualifier']} "
        claim = f"Urban areas of Viet Nam, {row['date']}"
        printed = "classes printed with it: " + " + ".join(f"{n:g}" for n in parts)
        result = f"sum {bounds}{sum(parts):g}, {over:+g}"
        findings.append(Finding(claim, f"{bounds}{row['total']:g}", printed, result, verdict))
    return [finding for finding in findings if finding.verdict != "holds"]


def _urban_system(f: Figures, shares: pd.DataFrame) -> list[Finding]:
    rate, year = f["urbanisation_rate_42_7"], f.row("urbanisation_rate_42_7")["year"]
    ministry, office = (_share(shares, indicator, year) for indicator in ("A", "B"))
    listed, share = float(ministry["value_percent"]), float(office["value_percent"])
    same = ministry["definition"] == office["definition"]
    dates = ["urban_economy_70_december_2020", "urban_economy_70_20221130", "urban_economy_70"]
    values = [f[name] for name in dates]
    repeated = len(set(values)) == 1
    world_bank = f["urban_economy_world_bank_2020"]
    return [
        Finding(
            "Urbanisation rate",
            f"{rate:g} %",
            f"for the same year, the ministry's series: {listed:g} %; urban share of the "
            f"statistics office: {share:g} %",
            f"{rate - listed:+.1f} and {rate - share:+.1f} points; definitions of the two "
            f"{'equal' if same else 'differ'}",
            "does not add up" if same or rate != listed else "holds by its own definition",
        ),
        Finding(
            "Urban economy, share of GDP",
            f"{values[-1]:g} %",
            f"the same figure quoted for 2020 and 2022; World Bank 2020: over {world_bank:g} %",
            f"one value for {len(values)} dates" if repeated else "the value changes with the date",
            "out of date" if repeated else "plausible",
        ),
    ]


def _share(shares: pd.DataFrame, indicator: str, year: int) -> pd.Series:
    national = shares[(shares["area"] == "Việt Nam") & (shares["kind"] != "target")]
    rows = national[(national["indicator"] == indicator) & (national["year"] == year)]
    if len(rows) != 1:
        raise ClaimError(f"expected one urban share {indicator} of {year}, found {len(rows)}")
    return rows.iloc[0]


def _provinces(f: Figures) -> list[Finding]:
    groups = [
        f[f"provinces_{name}"]
        for name in ("approved_before_14", "approved_after_20", "drafting_16")
    ]
    over, verdict = parts_and_whole(groups, f["provinces_48_of_63"])
    named, known = f["ppp_contract_types"], f["ppp_contract_types_shared"]
    return [
        Finding(
            "Provinces with a smart-city scheme",
            f"{f['provinces_48_of_63']:g} of {f['provinces_in_all_63']:g}",
            "the three groups quoted with it: " + " + ".join(f"{n:g}" for n in groups),
            f"sum {sum(groups):g}, {over:+g}",
            verdict,
        ),
        Finding(
            "Contract types for public–private partnership",
            f"{named:g} named",
            f"the {f['ppp_contract_types_in_law']:g} types of Law 64/2020 and its amendments",
            f"{known:g} of {named:g} is a type of the law",
            "holds" if known == named else "cannot be what it is called",
        ),
    ]


def _base_stations(f: Figures) -> list[Finding]:
    claimed, nation, on_air = f["bts_12000"], f["bts_5g_nation_11000"], f["bts_5g_hanoi_86"]
    return [
        Finding(
            "Base stations ready for 5G in Hanoi",
            f"{claimed:,.0f}",
            f"5G stations: {on_air:,.0f} in Hanoi in mid-2024, {nation:,.0f} in the whole country "
            f"in June 2025",
            f"{claimed / on_air:.0f} times the city's, {claimed / nation:.2f} times the nation's",
            part_of(claimed, nation),
        )
    ]


def _services(f: Figures, targets: Figures, residents: float) -> list[Finding]:
    records, larger = f["health_records_5_4_m"], f["health_records_76_m"]
    fibre = f.row("fibre_households_100")
    target = targets.row("fibre_households")["definition"]
    on_demand = "can use" in target
    return [
        Finding(
            "Health records linked to the national database",
            f"{records / 1e6:g} million",
            f"residents of Hanoi: {residents / 1e6:.2f} million",
            f"{records / residents:.0%} of residents",
            part_of(records, residents),
        ),
        Finding(
            "Health records in one press report",
            f"{larger / 1e6:g} million",
            f"residents of Hanoi: {residents / 1e6:.2f} million",
            f"{larger / residents:.1f} times the residents",
            part_of(larger, residents),
        ),
        Finding(
            "Fibre to households",
            f"{fibre['value']:g} %",
            f"what the national target counts: {target}",
            "availability, not take-up" if on_demand else "take-up",
            "holds by its own definition" if on_demand else "plausible",
        ),
    ]


def _ihanoi(f: Figures) -> list[Finding]:
    quoted, latest = f["ihanoi_accounts_1_1_m"], f["ihanoi_accounts_20241121"]
    growth, stale = superseded(quoted, latest, tolerance=0.05)
    names = ("handled", "refused", "in_progress", "waiting")
    parts = [f[f"ihanoi_reports_{name}_20241121"] for name in names]
    total = f["ihanoi_reports_20241121"]
    over, adds_up = parts_and_whole(parts, total)
    share, printed = printed_ratio(
        f["ihanoi_accounts_20241031"],
        f["smartphone_owners_hanoi"],
        f["ihanoi_share_20241031"],
        decimals=2,
    )
    return [
        Finding(
            "iHanoi accounts, as quoted on 2–3 December 2024",
            f"{quoted / 1e6:g} million",
            f"count of 21 November 2024: {latest:,.0f}",
            f"{growth:+.0%}",
            stale,
        ),
        Finding(
            "iHanoi accounts per smartphone owner, 31 October 2024",
            f"{f['ihanoi_share_20241031']:g} %",
            f"{f['ihanoi_accounts_20241031']:,.0f} of {f['smartphone_owners_hanoi']:,.0f}",
            f"{share:g} %",
            printed,
        ),
        Finding(
            "iHanoi reports, 21 November 2024",
            f"{total:,.0f}",
            " + ".join(f"{part:,.0f}" for part in parts),
            f"{over:+,.0f}" if over else "adds up exactly",
            adds_up,
        ),
    ]
