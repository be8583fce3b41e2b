"""Grids as the package takes them, from plain arrays, and the yardstick's rules as its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import dask
import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.transform import from_origin

from hanoi_analytics.urbanisation import settlement
from hanoi_analytics.urbanisation.settlement import ClusterRule, Settings
from tests.urbanisation.settlement import plain

Chunks = tuple[tuple[int, ...], tuple[int, ...]]
Floats = NDArray[np.float64]

#: Thresholds so low that a grid of a dozen cells a side has clusters of every class.
SMALL = Settings(
    centre=ClusterRule(density_per_km2=5, people=20, neighbours=4, built_share=0.5),
    urban_cluster=ClusterRule(density_per_km2=2, people=8, neighbours=8),
    dense=ClusterRule(density_per_km2=5, people=10, neighbours=4, built_share=0.5),
    semi_dense=ClusterRule(density_per_km2=4, people=6, neighbours=4),
    suburban=ClusterRule(density_per_km2=2, people=8, neighbours=8),
    rural=ClusterRule(density_per_km2=2, people=3, neighbours=8),
    edge_rule="R2023A",
    max_gap_km2=4,
    semi_dense_distance_cells=1,
    low_density_per_km2=1,
)


def grid(values: object, chunks: Chunks | None = None, *, cell_km2: float = 1.0) -> xr.DataArray:
    """Cells of 1 km from west to east, and as high as their area asks for."""
    cells = np.asarray(values, dtype=float)
    rows, columns = cells.shape
    array = xr.DataArray(
        cells,
        coords={
            "y": 1000 * cell_km2 * (0.5 - np.arange(rows)),
            "x": 1000 * (0.5 + np.arange(columns)),
        },
        dims=("y", "x"),
    )
    if chunks is not None:
        array = array.chunk({"y": chunks[0], "x": chunks[1]})
    corner = from_origin(0, 1000 * cell_km2, 1000, 1000 * cell_km2)
    return array.rio.write_crs("ESRI:54009").rio.write_transform(corner)


def even_chunks(shape: tuple[int, ...], cells: int) -> Chunks:
    """Chunks of so many cells a side; the last one takes the rest."""
    rows, columns = (
        tuple(min(cells, length - start) for start in range(0, length, cells)) for length in shape
    )
    return rows, columns


@dataclass(frozen=True, eq=False)
class Problem:
    """What there is to classify."""

    people: Floats
    land: Floats
    built: Floats | None
    rules: plain.Rules
    level: int
    chunks: Chunks
    cell_km2: float = 1.0

    def classes(self, chunks: Chunks | None = None) -> NDArray[np.uint8]:
        """Classes by the package."""
        with dask.config.set(scheduler="synchronous"):
            found = settlement.classify(
                *self.grids(chunks), settings=settings_of(self.rules), level=self.level
            )
            return found.to_numpy()

    def both_levels(self) -> xr.Dataset:
        """Classes of both levels by the package, from one reading."""
        with dask.config.set(scheduler="synchronous"):
            rules = settings_of(self.rules)
            return settlement.classify_levels(*self.grids(), settings=rules).compute()

    def grids(self, chunks: Chunks | None = None) -> list[xr.DataArray | None]:
        """Population, land and built-up grids as the package takes them."""
        return [
            None if layer is None else grid(layer, chunks or self.chunks, cell_km2=self.cell_km2)
            for layer in (self.people, self.land, self.built)
        ]

    def expected(self) -> NDArray[np.uint8]:
        """Classes by the yardstick."""
        layers = (self.people, self.land, self.built)
        classes = plain.classify(*layers, self.rules, self.level, cell_area_km2=self.cell_km2)
        return self.with_unknown(classes)

    def with_unknown(self, classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Write 255 where nothing is known and no cluster came: the yardstick has other classes."""
        unknown = np.isnan(self.people) & np.isnan(self.land)
        clustered = classes >= {1: 2, 2: 13}[self.level]
        return np.where(unknown & ~clustered, 255, classes).astype("uint8")

    def in_one_block(self) -> NDArray[np.uint8]:
        rows, columns = self.people.shape
        return self.classes(((rows,), (columns,)))


def settings_of(rules: plain.Rules) -> Settings:
    """The package's settings for the yardstick's rules."""
    names = ("centre", "urban_cluster", "dense", "semi_dense", "suburban", "rural")
    return Settings(
        **{name: cluster_rule(getattr(rules, name)) for name in names},
        edge_rule=rules.edge,  # type: ignore[arg-type]
        max_gap_km2=rules.max_gap_km2,
        semi_dense_distance_cells=rules.semi_dense_cells,
        low_density_per_km2=rules.low_density,
        water_land_share=rules.water_land,
        water_people=rules.water_people,
        water_built_share=rules.water_built,
    )


def cluster_rule(rule: plain.Rule) -> ClusterRule:
    return ClusterRule(
        density_per_km2=rule.density,
        people=rule.people,
        neighbours=rule.neighbours,  # type: ignore[arg-type]
        built_share=rule.built,
        window_cells=rule.smooth,
    )


@st.composite
def chunkings(draw: st.DrawFn, length: int) -> tuple[int, ...]:
    """Sizes of up to four chunks."""
    cuts = draw(st.sets(st.integers(1, length - 1), max_size=3)) if length > 1 else set()
    return tuple(np.diff([0, *sorted(cuts), length]).tolist())


@st.composite
def layers(
    draw: st.DrawFn, shape: tuple[int, int], ground: list[float], values: list[float]
) -> Floats:
    """An even ground with a few rectangles and single cells of other values."""
    cells = np.full(shape, draw(st.sampled_from(ground)))
    value = st.sampled_from(values)
    row, column = (st.integers(0, length - 1) for length in shape)
    for top, left, high, wide, what in draw(
        st.lists(st.tuples(row, column, st.integers(1, 8), st.integers(1, 8), value), max_size=5)
    ):
        cells[top : top + high, left : left + wide] = what
    for y, x, what in draw(st.lists(st.tuples(row, column, value), max_size=15)):
        cells[y, x] = what
    return cells


def _rule(draw: st.DrawFn, *, roofed: bool, smooth: bool) -> plain.Rule:
    return plain.Rule(
        density=draw(st.sampled_from([1.0, 2.0, 3.0, 5.0])),
        people=draw(st.sampled_from([1.0, 6.0, 10.0, 20.0, 40.0])),
        neighbours=draw(st.sampled_from([4, 8])),
        built=draw(st.sampled_from([None, 0.3, 0.5])) if roofed else None,
        smooth=draw(st.sampled_from([None, None, 3, 5])) if smooth else None,
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Sparse and dense patches, water and missing cells, rules and chunks of all kinds."""
    shape = draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    nan = float("nan")
    people = draw(layers(shape, [0.0, 1.0, 5.0], [0.0, 0.0, 0.1, 1.0, 2.0, 4.0, 6.0, 9.0, nan]))
    land = draw(layers(shape, [1.0], [0.0, 0.25, 0.25, 0.5, 1.0, nan]))
    built = draw(layers(shape, [0.0], [0.0, 0.1, 0.3, 0.6, nan]))
    kinds = {
        name: _rule(draw, roofed=name in ("centre", "dense"), smooth=name == "centre")
        for name in ("centre", "urban_cluster", "dense", "semi_dense", "suburban", "rural")
    }
    rules = plain.Rules(
        **kinds,
        edge=draw(st.sampled_from([None, "R2022A", "R2023A", "R2023A"])),
        max_gap_km2=draw(st.sampled_from([None, 1.0, 2.0, 5.0, 15.0, 1000.0])),
        semi_dense_cells=draw(st.integers(0, 3)),
        low_density=draw(st.sampled_from([0.5, 1.0, 2.0])),
        water_land=draw(st.sampled_from([0.3, 0.5, 0.8])),
        water_people=draw(st.sampled_from([0.0, 1.0])),
        water_built=draw(st.sampled_from([0.0, 0.3])),
    )
    if np.isnan(people).all():
        people[0, 0] = 1.0
    chunks = (draw(chunkings(shape[0])), draw(chunkings(shape[1])))
    return Problem(people, land, built, rules, draw(st.sampled_from([1, 2])), chunks)


def with_centre(rules: plain.Rules, **changes: object) -> plain.Rules:
    return replace(rules, centre=replace(rules.centre, **changes))  # type: ignore[arg-type]
