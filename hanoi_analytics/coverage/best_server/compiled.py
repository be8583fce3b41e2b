"""Sectors and models as plain arrays and tables, for the loops over cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from hanoi_analytics.coverage.best_server.kernels.service import COARSER
from hanoi_analytics.coverage.best_server.kernels.strongest import SHIFT
from hanoi_analytics.coverage.best_server.paths import (
    NEAREST_M,
    AnyModel,
    Array,
    Path,
    boresight_dbm,
    chosen_models,
)
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.network.antenna import (
    FRONT_TO_BACK_DB,
    horizontal_attenuation_db,
    vertical_attenuation_db,
)
from hanoi_analytics.coverage.propagation import Model

_COSINES, _SINES = 4097, 32_769
# A table for every height would be one for every site: a decimetre changes no level by 0.01 dB.
_HEIGHT_STEP_M = 0.1


@dataclass(frozen=True)
class Compiled:
    """What the loops need of a network.

    Attributes
    ----------
    groups : tuple of arrays
        One item for all sectors of a site that share carrier, power, tilt and pattern: x, y (m),
        path class, vertical class, pattern, carrier, height over the receiver (m), reference
        power (mW), first sector, count.
    directions : tuple of two arrays
        Sine and cosine of each sector's azimuth, in the order of the groups.
    row : array
        Where each sector stands in the table it came from.
    group, carrier : arrays
        Of each sector.
    tables : tuple
        Path gain, its bound, vertical, horizontal pattern, floors, base, and limits of the
        squared distance.
    fading : array, (path class, 5, steps)
        As :func:`kernels.service.covered` needs it.
    models : list of Model
        The different models.
    model : array
        Which of them each path class has.
    noise_mw : array
        In a resource element, for each carrier.
    """

    groups: tuple[Array, ...]
    directions: tuple[Array, Array]
    row: Array
    group: Array
    carrier: Array
    tables: tuple[Any, ...]
    fading: Array
    models: list[Model]
    model: Array
    noise_mw: Array
    range_m: float

    def groups_within(self, left: float, bottom: float, right: float, top: float) -> Array:
        """Return the numbers of the groups that reach into a box."""
        x, y = self.groups[:2]
        dx = np.maximum(np.maximum(left - x, x - right), 0.0)
        dy = np.maximum(np.maximum(bottom - y, y - top), 0.0)
        return np.flatnonzero(np.hypot(dx, dy) <= self.range_m)


def compile_network(
    sectors: pd.DataFrame, *, model: AnyModel | Sequence[AnyModel], radio: Radio, crs: str
) -> Compiled:
    """Tabulate levels over distance and direction for every kind of sector.

    Parameters
    ----------
    sectors : pandas.DataFrame
        A sector table.
    model : str, Model, or sequence of them
        A name in ``propagation.MODELS`` or a model: one for all, or one for each row.
    radio : Radio
    crs : str
        Coordinate system of the loops, in metres.

    Returns
    -------
    Compiled

    Raises
    ------
    CoverageError
        An unknown model, or heights, frequencies or ranges outside its limits.
    """
    models, numbers = chosen_models(model, sectors)
    table = _described(sectors, radio, crs).assign(model=numbers)
    paths = _numbered(table, "path", ["model", "frequency_mhz", "height_m"])
    verticals = _numbered(table, "vertical", ["tilt_deg", "pattern"])
    patterns = _numbered(table, "across", ["pattern"])
    carriers = _numbered(table, "carrier", ["frequency_mhz", "subcarrier_spacing_khz"])
    same = ["x", "y", "path", "vertical", "carrier", "reference_dbm"]
    table = table.sort_values([*same, "row"], kind="stable", ignore_index=True)
    group = table.groupby(same, sort=False).ngroup().to_numpy()
    first = np.flatnonzero(np.diff(group, prepend=-1))
    heads = table.iloc[first]
    distance_m, base = _distances(radio.range_m)
    gain, fading = _path_tables(paths, models, distance_m, radio)
    azimuth = np.radians(table["azimuth_deg"].to_numpy())
    groups = (
        heads["x"].to_numpy(),
        heads["y"].to_numpy(),
        *(heads[name].to_numpy(np.int32) for name in ("path", "vertical", "across", "carrier")),
        (heads["height_m"].to_numpy() - radio.terminal_height_m).astype(np.float32),
        _milliwatts(heads["reference_dbm"].to_numpy()).astype(np.float32),
        first.astype(np.int64),
        np.diff(np.append(first, len(table))).astype(np.int64),
    )
    tables = (
        gain,
        np.maximum.accumulate(gain[:, ::-1], axis=1)[:, ::-1],
        _vertical_tables(verticals),
        _horizontal_tables(patterns),
        _milliwatts([-FRONT_TO_BACK_DB[name] for name in patterns["pattern"]]).astype(np.float32),
        base,
        np.float32(NEAREST_M**2),
        np.float32(radio.range_m**2),
    )
    return Compiled(
        groups=groups,
        directions=(np.sin(azimuth).astype(np.float32), np.cos(azimuth).astype(np.float32)),
        row=table["row"].to_numpy(np.int32),
        group=group,
        carrier=table["carrier"].to_numpy(np.int32),
        tables=tables,
        fading=fading,
        models=models,
        model=paths["model"].to_numpy(),
        noise_mw=_milliwatts(
            [radio.noise_dbm(spacing) for spacing in carriers["subcarrier_spacing_khz"]]
        ),
        range_m=radio.range_m,
    )


def _described(sectors: pd.DataFrame, radio: Radio, crs: str) -> pd.DataFrame:
    """Return what the loops use of each sector: place, angles, frequency, reference level."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(
        sectors["longitude"].to_numpy(), sectors["latitude"].to_numpy()
    )
    names = ["frequency_mhz", "subcarrier_spacing_khz", "tilt_deg", "pattern", "azimuth_deg"]
    return pd.DataFrame({name: sectors[name].to_numpy() for name in names}).assign(
        height_m=(sectors["height_m"].to_numpy() / _HEIGHT_STEP_M).round() * _HEIGHT_STEP_M,
        x=x,
        y=y,
        reference_dbm=boresight_dbm(sectors, radio),
        row=np.arange(len(sectors)),
    )


def _numbered(table: pd.DataFrame, name: str, columns: list[str]) -> pd.DataFrame:
    """Number the different values of some columns, and return them in that order."""
    grouped = table.groupby(columns)
    table[name] = grouped.ngroup()
    kinds = table.drop_duplicates(columns).sort_values(name)
    return kinds[columns].reset_index(drop=True)


def _distances(range_m: float) -> tuple[Array, int]:
    """Return the distance in the middle of every step of a table, and the first step's number."""
    first, last = (
        int(np.float32(value**2).view(np.int32)) >> SHIFT for value in (NEAREST_M, range_m)
    )
    middle = ((np.arange(first, last + 1) << SHIFT) + (1 << (SHIFT - 1))).astype(np.int32)
    distance_m = np.sqrt(middle.view(np.float32).astype(float))
    return distance_m.clip(NEAREST_M, range_m), first


def _path_tables(
    paths: pd.DataFrame, models: list[Model], distance_m: Array, radio: Radio
) -> tuple[Array, Array]:
    """Return for each path class the gain at the mean loss, and what fading does around it."""
    middle = distance_m[(1 << COARSER) // 2 :: 1 << COARSER]
    coarse_m = np.append(middle, distance_m[-1])
    gain = np.empty((len(paths), distance_m.size), np.float32)
    fading = np.empty((len(paths), 5, coarse_m.size), np.float32)
    for k, (number, mhz, height_m) in enumerate(zip(*(paths[c] for c in paths), strict=True)):
        path = Path(models[number], mhz / 1e3, height_m, radio)
        gain[k] = _milliwatts(-path.losses_db(distance_m)[0])
        mean, clear, hidden, seen = path.losses_db(coarse_m)
        # Without fading the probability is a step; this keeps the division behind it finite.
        sigmas = np.maximum(path.sigmas_db(coarse_m), 1e-6)
        fading[k] = [mean - clear, mean - hidden, seen, *sigmas]
    return gain, fading


def _vertical_tables(verticals: pd.DataFrame) -> Array:
    """Return the gain of each tilt and pattern over the sine of the angle below the horizon."""
    below_deg = np.degrees(np.arcsin(np.linspace(-1.0, 1.0, _SINES)))
    losses = [
        vertical_attenuation_db(pattern, below_deg - tilt_deg)
        for tilt_deg, pattern in zip(verticals["tilt_deg"], verticals["pattern"], strict=True)
    ]
    return _milliwatts(-np.array(losses)).astype(np.float32)


def _horizontal_tables(patterns: pd.DataFrame) -> Array:
    """Return the gain of each pattern over the cosine of the angle from its azimuth."""
    off_azimuth_deg = np.degrees(np.arccos(np.linspace(-1.0, 1.0, _COSINES)))
    losses = [horizontal_attenuation_db(name, off_azimuth_deg) for name in patterns["pattern"]]
    return _milliwatts(-np.array(losses)).astype(np.float32)


def _milliwatts(level_dbm: npt.ArrayLike) -> Array:
    """Return powers in mW, or ratios, of levels in dBm, or dB."""
    return np.asarray(10.0 ** (np.asarray(level_dbm, dtype=float) / 10.0))
