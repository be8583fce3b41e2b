"""Values measured at stations, carried to grid cells, with the error that this makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from scipy.spatial.distance import cdist

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.exposure.inputs import checked
from hanoi_analytics.environment.exposure.interpolation import (
    FloatArray,
    InverseDistance,
    Kriging,
    by_stations_present,
)
from hanoi_analytics.environment.exposure.positions import cell_positions_m, station_positions_m

Method = InverseDistance | Kriging


@dataclass(frozen=True)
class StationMap:
    """Values at grid cells, and how far they may be trusted.

    Attributes
    ----------
    cells : xarray.Dataset, (y, x)
        ``estimate``, and ``kriging_sd`` where the method gives one, in the unit of the stations.
    leave_one_out : pandas.DataFrame
        As from :func:`leave_one_out`.
    notes : tuple of str
        What to say beside the map.
    """

    cells: xr.Dataset
    leave_one_out: pd.DataFrame
    notes: tuple[str, ...]


def map_stations(means: xr.DataArray, grid: xr.DataArray, *, method: Method) -> StationMap:
    """Estimate a value at every cell of a grid from one value a station, such as an annual mean.

    Parameters
    ----------
    means : xarray.DataArray, (station,)
        With ``longitude`` and ``latitude`` along ``station``; a missing value is left out.
    grid : xarray.DataArray, (y, x)
        The cells, in any coordinate system. Its values are not used, but cells without one, such
        as those without a number of people, get none.
    method : InverseDistance or Kriging

    Returns
    -------
    StationMap

    Raises
    ------
    EnvironmentDataError
        Too few stations with a value, positions that cannot be (see ``station_positions_m``), or
        a variogram that cannot be fitted or solved.

    Examples
    --------
    >>> coords = {"longitude": [105.78, 105.88], "latitude": [21.0, 21.0]}
    >>> means = xr.DataArray([38.0, 46.0], dims="station").assign_coords(
    ...     {name: ("station", degrees) for name, degrees in coords.items()})
    >>> place = {"y": [21.1, 21.0], "x": [105.78, 105.83]}
    >>> grid = xr.DataArray(np.ones((2, 2)), place, ("y", "x")).rio.write_crs("EPSG:4326")
    >>> near = InverseDistance(power=2, minimum_stations=2, maximum_distance_m=20_000)
    >>> map_stations(means, grid, method=near).cells["estimate"].round(1).values.tolist()
    [[40.8, 42.0], [38.0, 42.0]]
    """
    if means.dims != ("station",):
        raise EnvironmentDataError(
            f"expected one value a station, found dimensions {means.dims}; take the mean over time"
        )
    stations_m, values = known_stations(means, method)
    wanted = np.flatnonzero(~np.isnan(grid.to_numpy()))
    places_m = cell_positions_m(grid)[wanted]
    found = {"estimate": np.full(grid.size, np.nan)}
    if isinstance(method, Kriging):
        found["kriging_sd"] = np.full(grid.size, np.nan)
        estimates, deviations = method.estimate(stations_m, values, places_m)
        found["kriging_sd"][wanted] = deviations
    else:
        estimates = method.weights(cdist(places_m, stations_m)) @ values
    found["estimate"][wanted] = estimates
    place = {"y": grid["y"], "x": grid["x"]}
    cells = xr.Dataset(
        {
            name: xr.DataArray(part.reshape(grid.shape), place, ("y", "x")).rio.write_nodata(np.nan)
            for name, part in found.items()
        }
    )
    cells = cells.rio.write_crs(grid.rio.crs).rio.write_transform(grid.rio.transform())
    attrs = sources_of(means.attrs, grid.attrs)
    for part in cells.values():
        part.attrs |= {**attrs, "units": means.attrs.get("units", "")}
    cells.attrs |= attrs
    errors = leave_one_out(means, method=method)
    return StationMap(cells, errors, notes_on(errors, method, len(values)))


def leave_one_out(values: xr.DataArray, *, method: Method) -> pd.DataFrame:
    """Estimate each station from the others, beside the plain mean of the others.

    A map that does no better than the mean of the other stations is no better than one number.

    Parameters
    ----------
    values : xarray.DataArray, (station,) or (time, station)
        With ``longitude`` and ``latitude`` along ``station``. Kriging takes one time only.
    method : InverseDistance or Kriging
        A fitted variogram is fitted anew without the station.

    Returns
    -------
    pandas.DataFrame
        One row for the method and one for the mean of the other stations, and with several times
        both for ``each time`` and for the ``mean over time``, as ``of``: ``rmse``, ``mae`` and
        ``bias`` (estimate minus measured), in the unit of `values`, over the same ``n`` values;
        ``without_estimate`` counts the measured values that the method could not estimate.

    Raises
    ------
    EnvironmentDataError
        As for :func:`map_stations`.

    Examples
    --------
    >>> coords = {"longitude": [105.78, 105.85, 105.88], "latitude": [21.04, 21.02, 21.0]}
    >>> means = xr.DataArray([38.0, 44.0, 46.0], dims="station").assign_coords(
    ...     {name: ("station", degrees) for name, degrees in coords.items()})
    >>> near = InverseDistance(power=2, minimum_stations=1, maximum_distance_m=20_000)
    >>> leave_one_out(means, method=near)[["estimate", "rmse", "n"]].round(2).values.tolist()
    [['inverse distance', 4.12, 3], ['mean of the other stations', 5.1, 3]]
    """
    if "station" not in values.dims or not set(values.dims) <= {"time", "station"}:
        raise EnvironmentDataError(
            f"expected dimensions (time, station) or (station), found {values.dims}"
        )
    times = "time" in values.dims
    if isinstance(method, Kriging):
        if times:
            raise EnvironmentDataError("kriging takes one time: give the mean over time")
        stations_m, known = known_stations(values, method)
        measured, estimated = known[None, :], _left_out_kriging(stations_m, known, method)
    else:
        measured = values.transpose(..., "station").to_numpy().astype(float)
        measured = measured.reshape(-1, values.sizes["station"])
        estimated = _left_out_distance(station_positions_m(values), measured, method)
    other = _mean_of_others(measured)
    table = _errors(measured, estimated, other, method, "each time" if times else "values")
    if times:
        both = np.isfinite(measured) & np.isfinite(estimated)
        of_means = _errors(
            _mean_where(measured, both),
            _mean_where(estimated, both),
            _mean_where(other, both),
            method,
            "mean over time",
        )
        table = pd.concat([table, of_means], ignore_index=True)
    table.attrs = sources_of(values.attrs)
    return table


def known_stations(means: xr.DataArray, method: Method) -> tuple[FloatArray, FloatArray]:
    """Return positions in metres and values of the stations that have one, if they suffice."""
    places_m = station_positions_m(means)
    values = checked(means, "values of stations", -np.inf).to_numpy()
    known = np.isfinite(values)
    least = method.least_stations if isinstance(method, Kriging) else method.minimum_stations
    if known.sum() < least:
        raise EnvironmentDataError(
            f"{_name(method)}: expected at least {least} stations with a value, found "
            f"{int(known.sum())} of {known.size}"
        )
    return places_m[known], values[known]


def notes_on(errors: pd.DataFrame, method: Method, stations: int) -> tuple[str, ...]:
    """Say whether a map is better than one number, and what kriging of few stations is worth.

    Parameters
    ----------
    errors : pandas.DataFrame
        As from :func:`leave_one_out`; its last two rows are what the map shows.
    method : InverseDistance or Kriging
    stations : int
        How many stations there are.
    """
    own, other = (float(rmse) for rmse in errors["rmse"].iloc[-2:])
    verdict = "better" if own < other else "no better"
    notes: tuple[str, ...] = (
        f"Leaving out one of {stations} stations at a time, {_name(method)} misses it by "
        f"{own:.3g} (root mean square), the mean of the other stations by {other:.3g}: the map is "
        f"{verdict} than one number for all.",
    )
    if np.isnan(own):
        notes = (f"No station can be estimated from the others by {_name(method)}: no check.",)
    if isinstance(method, Kriging) and method.variogram_parameters is None and stations < 100:
        notes += (
            f"The {method.variogram_model} variogram was fitted to {stations} stations; Webster "
            f"and Oliver (1992) ask for 100 or more. The kriging standard deviation takes the "
            f"variogram for known and is too small.",
        )
    return notes


def _name(method: Method) -> str:
    return "ordinary kriging" if isinstance(method, Kriging) else "inverse distance"


def _left_out_distance(
    places_m: FloatArray, values: FloatArray, method: InverseDistance
) -> FloatArray:
    apart = cdist(places_m, places_m)
    # A station is out of its own reach.
    np.fill_diagonal(apart, np.inf)
    found = np.full(values.shape, np.nan)
    for present, times in by_stations_present(values):
        weights = method.weights(apart[np.ix_(present, present)])
        found[np.ix_(times, present)] = values[np.ix_(times, present)] @ weights.T
    return found


def _left_out_kriging(places_m: FloatArray, values: FloatArray, method: Kriging) -> FloatArray:
    found = np.full((1, values.size), np.nan)
    for one in range(values.size):
        others = np.arange(values.size) != one
        estimate, _ = method.estimate(places_m[others], values[others], places_m[[one]])
        found[0, one] = estimate[0]
    return found


def _mean_of_others(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    others = known.sum(axis=1, keepdims=True) - known
    total = np.nansum(values, axis=1, keepdims=True) - np.where(known, values, 0.0)
    return np.where(known & (others > 0), total / np.maximum(others, 1), np.nan)


def _mean_where(values: FloatArray, known: npt.NDArray[np.bool_]) -> FloatArray:
    number = known.sum(axis=0, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=0, keepdims=True)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _errors(
    measured: FloatArray, estimated: FloatArray, other: FloatArray, method: Method, of: str
) -> pd.DataFrame:
    both = np.isfinite(measured) & np.isfinite(estimated)
    rows = []
    for name, guess in ((_name(method), estimated), ("mean of the other stations", other)):
        miss = (guess - measured)[both]
        some = miss if miss.size else np.array([np.nan])
        rows.append(
            {
                "of": of,
                "estimate": name,
                "rmse": float(np.sqrt((some**2).mean())),
                "mae": float(np.abs(some).mean()),
                "bias": float(some.mean()),
                "n": int(miss.size),
                "without_estimate": int(np.isfinite(measured).sum() - miss.size),
            }
        )
    return pd.DataFrame(rows)
