"""The rules of the Degree of Urbanisation as numbers, with a preset for each GHSL release."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite
from numbers import Real
from types import MappingProxyType
from typing import Literal

from hanoi_analytics.errors import HanoiError

Neighbours = Literal[4, 8]
EdgeRule = Literal["R2022A", "R2023A"]


class SettingsError(HanoiError):
    """A rule of the classification has a value that makes no sense."""


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and isfinite(value)


def _is_whole(value: object) -> bool:
    return _is_number(value) and value == int(value)  # type: ignore[call-overload]


def _at_least(least: float, **values: float) -> None:
    for name, value in values.items():
        if not _is_number(value) or value < least:
            raise SettingsError(f"{name}: expected a number of {least} or more, found {value!r}")


def _share(**values: float) -> None:
    for name, value in values.items():
        if not _is_number(value) or not 0 <= value <= 1:
            raise SettingsError(f"{name}: expected a share of 0 to 1, found {value!r}")


@dataclass(frozen=True, kw_only=True)
class ClusterRule:
    """Which cells form a cluster, and which clusters count.

    Attributes
    ----------
    density_per_km2 : float
        Least people per km² of land of a cell.
    people : float
        Least people in the whole cluster.
    neighbours : {4, 8}
        Cells join by their sides (4), or by sides and corners (8).
    built_share : float, "optimal" or None
        A cell with at least this share of its land built up joins as well, however few live there.
        ``"optimal"`` is worked out from the grids by :func:`~.optimal_built_share`.
    window_cells : int or None
        Side of the square window, odd, over which people and density are averaged beforehand;
        None leaves them as they are.
    """

    density_per_km2: float
    people: float
    neighbours: Neighbours
    built_share: float | Literal["optimal"] | None = None
    window_cells: int | None = None

    def __post_init__(self) -> None:
        _at_least(0, density_per_km2=self.density_per_km2, people=self.people)
        if self.neighbours not in (4, 8):
            raise SettingsError(f"neighbours: expected 4 or 8, found {self.neighbours!r}")
        if self.built_share is not None and self.built_share != "optimal":
            _share(built_share=self.built_share)
        window = self.window_cells
        if window is not None and (not _is_whole(window) or window < 1 or window % 2 == 0):
            raise SettingsError(
                f"window_cells: expected an odd whole number or None, found {window!r}"
            )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every number of the classification; change some with :func:`dataclasses.replace`.

    Attributes
    ----------
    centre : ClusterRule
        Urban centre: class 30, at level 1 class 3.
    urban_cluster : ClusterRule
        Level 1 only: class 2.
    dense, semi_dense, suburban, rural : ClusterRule
        Level 2 only: classes 23, 22, 21 and 13.
    edge_rule : {"R2022A", "R2023A"} or None
        How edges of centres are smoothed: a cell joins the centre that holds at least five of its
        eight neighbours (R2022A), or more than half of those neighbours that are land or have
        people (R2023A); None leaves the edges.
    max_gap_km2 : float or None
        Holes of a centre with an area under this are filled; None leaves them.
    semi_dense_distance_cells : int
        A semi-dense cluster with a cell as near as this to a class 30 or 23 is dropped whole.
    low_density_per_km2 : float
        Least density of class 12.
    water_land_share, water_people, water_built_share : float
        Water has less land than this, and no more people or built-up share than these.
    edge_land_share : float
        For R2023A: an empty cell with less land than this does not vote.
    optimal_built : ClusterRule
        The clusters over which ``built_share="optimal"`` is averaged.
    """

    centre: ClusterRule
    urban_cluster: ClusterRule
    dense: ClusterRule
    semi_dense: ClusterRule
    suburban: ClusterRule
    rural: ClusterRule
    edge_rule: EdgeRule | None
    max_gap_km2: float | None = 15.0
    semi_dense_distance_cells: int = 2
    low_density_per_km2: float = 50.0
    water_land_share: float = 0.5
    water_people: float = 0.0
    water_built_share: float = 0.0
    edge_land_share: float = 0.5
    optimal_built: ClusterRule = ClusterRule(density_per_km2=1500, people=5000, neighbours=4)

    def __post_init__(self) -> None:
        for name, kind in self.__annotations__.items():
            rule = getattr(self, name)
            if kind == "ClusterRule" and not isinstance(rule, ClusterRule):
                raise SettingsError(f"{name}: expected a ClusterRule, found {rule!r}")
        if self.edge_rule not in ("R2022A", "R2023A", None):
            raise SettingsError(
                f"edge_rule: expected 'R2022A', 'R2023A' or None, found {self.edge_rule!r}"
            )
        if self.max_gap_km2 is not None:
            _at_least(0, max_gap_km2=self.max_gap_km2)
        steps = self.semi_dense_distance_cells
        if not _is_whole(steps) or steps < 0:
            raise SettingsError(
                f"semi_dense_distance_cells: expected a whole number of 0 or more, found {steps!r}"
            )
        _at_least(0, low_density_per_km2=self.low_density_per_km2, water_people=self.water_people)
        _share(
            water_land_share=self.water_land_share,
            water_built_share=self.water_built_share,
            edge_land_share=self.edge_land_share,
        )
        if self.optimal_built.built_share is not None:
            raise SettingsError(
                "optimal_built: expected clusters by people alone, without built_share"
            )

    def __str__(self) -> str:
        return "; ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))


def _release(built_share: float, edge_rule: EdgeRule) -> Settings:
    return Settings(
        centre=ClusterRule(
            density_per_km2=1500, people=50_000, neighbours=4, built_share=built_share
        ),
        urban_cluster=ClusterRule(density_per_km2=300, people=5_000, neighbours=8),
        dense=ClusterRule(
            density_per_km2=1500, people=5_000, neighbours=4, built_share=built_share
        ),
        semi_dense=ClusterRule(density_per_km2=900, people=2_500, neighbours=4),
        suburban=ClusterRule(density_per_km2=300, people=5_000, neighbours=8),
        rural=ClusterRule(density_per_km2=300, people=500, neighbours=8),
        edge_rule=edge_rule,
    )


#: GHSL Data Package 2022: half of the land built up, five of eight neighbours.
R2022A = _release(0.50, "R2022A")
#: GHSL Data Package 2023: a fifth of the land built up, most of the neighbours that vote.
R2023A = _release(0.20, "R2023A")
#: The manual of OECD and Eurostat of 2021, whose semi-dense clusters are larger and farther away.
MANUAL_2021 = replace(
    R2023A,
    semi_dense=ClusterRule(density_per_km2=300, people=5_000, neighbours=8),
    semi_dense_distance_cells=3,
)

PRESETS = MappingProxyType({"R2022A": R2022A, "R2023A": R2023A, "MANUAL_2021": MANUAL_2021})
