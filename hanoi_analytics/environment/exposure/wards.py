"""How many people, in which wards, breathe what: stations carried to wards and their people."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from hanoi_analytics.catalogue import sources_of
from hanoi_analytics.environment.checks import EnvironmentDataError
from hanoi_analytics.environment.exposure.inputs import checked, require_days
from hanoi_analytics.environment.exposure.interpolation import (
    FloatArray,
    InverseDistance,
    Kriging,
    by_stations_present,
)
from hanoi_analytics.environment.exposure.positions import (
    METRIC_CRS,
    cell_positions_m,
    station_positions_m,
)
from hanoi_analytics.environment.exposure.stations import (
    Method,
    known_stations,
    leave_one_out,
    notes_on,
)
from hanoi_analytics.errors import nearest
from hanoi_analytics.rasters import burn


@dataclass(frozen=True)
class WardExposure:
    """Exposure of wards, of all of them together, and how far both may be trusted.

    Attributes
    ----------
    wards : pandas.DataFrame
        One row a ward, in the order given: ``code``, ``name``, ``people``;
        ``people_without_value``; ``mean_ugm3``, over people and days; ``people_over_limit``, whose
        mean over days is above the limit. By inverse distance also ``days_with_value`` and
        ``exceedance_days``, the days on which the ward's mean is above the daily limit, missing
        where ``mean_ugm3`` is: a ward that nobody measured has no clean year. By kriging
        ``kriging_sd_ugm3``, the mean of the places' own (no less than that of their mean).
    totals : pandas.DataFrame
        One row: the sums, the people-weighted mean, by inverse distance ``person_days_over``
        (exceedance days × people with a value), and ``people_outside`` of all wards, whom no ward
        counts.
    leave_one_out : pandas.DataFrame
        As from :func:`leave_one_out`.
    notes : tuple of str
        What to say beside the table.
    """

    wards: pd.DataFrame
    totals: pd.DataFrame
    leave_one_out: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Places:
    """Points where people are: position, people, and row of the ward."""

    position_m: FloatArray
    people: FloatArray
    ward: npt.NDArray[np.intp]
    wards: int
    people_outside: float

    def by_ward(self, amount: FloatArray) -> FloatArray:
        """Add an amount for each place up by ward."""
        return np.bincount(self.ward, amount, minlength=self.wards).astype("float64")


def ward_exposure(
    daily: xr.DataArray,
    wards: gpd.GeoDataFrame,
    population: xr.DataArray | str,
    *,
    method: Method,
    mean_limit_ugm3: float,
    daily_limit_ugm3: float | None = None,
    least_share_of_days: float = 0.75,
) -> WardExposure:
    """Carry daily means of stations to wards, and count who breathes what.

    Parameters
    ----------
    daily : xarray.DataArray, (time, station)
        Daily means in µg/m³, a step a day, with ``longitude`` and ``latitude`` along ``station``:
        ``air.daily_means`` of readings that carry these. Give all days of the period, missing ones
        too: `least_share_of_days` is of the days given.
    wards : geopandas.GeoDataFrame
        Polygons with ``code`` and ``name``, for example ``places.wards()``.
    population : xarray.DataArray or str
        People per cell, (y, x): values are estimated at the cells, and a ward's is the mean that
        its people live with; a cell belongs to the ward that holds its centre. Or the column of
        `wards` that holds people: values are estimated at the ward's centroid, for all of them.
    method : InverseDistance or Kriging
        Inverse distance works day by day, with the stations of the day. Kriging works on the
        stations' means over the days, and takes no daily limit.
    mean_limit_ugm3 : float
        Limit of the mean over the days, such as 25 for a year of PM2.5 (QCVN 05:2023).
    daily_limit_ugm3 : float, optional
        Limit of a day; needed by inverse distance.
    least_share_of_days : float
        A mean over fewer of the days is not published.

    Returns
    -------
    WardExposure

    Raises
    ------
    EnvironmentDataError
        No value at all, too few stations, positions that cannot be, steps that are not days,
        people that are negative or not there, or a daily limit that does not go with the method.

    Examples
    --------
    >>> from hanoi_analytics import places
    >>> days = pd.date_range("2025-01-01", periods=2)
    >>> daily = xr.DataArray([[60.0, 40.0], [30.0, np.nan]], {"time": days}, ("time", "station"))
    >>> daily = daily.assign_coords(
    ...     longitude=("station", [105.8, 105.9]), latitude=("station", [21.0, 21.1]))
    >>> found = ward_exposure(
    ...     daily, places.wards("approximate"), "population_people", mean_limit_ugm3=25,
    ...     method=InverseDistance(power=2, minimum_stations=1, maximum_distance_m=100_000),
    ...     daily_limit_ugm3=45)
    >>> found.totals["people"].item(), int(found.wards["exceedance_days"].max())
    (8807523.0, 1)
    """
    require_days(daily)
    daily = daily.transpose("time", "station")
    values = checked(daily, "daily means", 0.0).to_numpy()
    if not np.isfinite(values).any():
        raise EnvironmentDataError(
            f"none of the {values.size} daily means of {values.shape[1]} station(s) has a value"
        )
    places = _places(wards, population)
    if isinstance(method, Kriging) and daily_limit_ugm3 is None:
        means = _published(daily, least_share_of_days)
        stations_m, known = known_stations(means, method)
        mean, deviation = method.estimate(stations_m, known, places.position_m)
        spread = _ratio(places.by_ward(places.people * deviation), places.by_ward(places.people))
        extra = {"kriging_sd_ugm3": spread}
        errors = leave_one_out(means, method=method)
    elif isinstance(method, InverseDistance) and daily_limit_ugm3 is not None:
        _, known = known_stations(daily.max("time"), method)
        distance_m = cdist(places.position_m, station_positions_m(daily))
        mean, ward_day = _by_day(values, places, distance_m, method, least_share_of_days)
        over = (ward_day > daily_limit_ugm3).sum(axis=0)
        extra = {"days_with_value": np.isfinite(ward_day).sum(axis=0), "exceedance_days": over}
        errors = leave_one_out(daily, method=method)
    else:
        raise EnvironmentDataError(
            f"daily_limit_ugm3={daily_limit_ugm3}: kriging works on means over days and takes "
            f"none, inverse distance works day by day and needs one"
        )
    names = pd.DataFrame(wards[["code", "name"]]).reset_index(drop=True)
    table = names.assign(**_people(places, mean, mean_limit_ugm3), **extra)
    if "exceedance_days" in table:
        table["exceedance_days"] = table["exceedance_days"].where(table["mean_ugm3"].notna())
    totals = _totals(table, places.people_outside)
    population_attrs = {} if isinstance(population, str) else population.attrs
    table.attrs = totals.attrs = sources_of(daily.attrs, wards.attrs, population_attrs)
    return WardExposure(table, totals, errors, notes_on(errors, method, len(known)))


def _places(wards: gpd.GeoDataFrame, population: xr.DataArray | str) -> _Places:
    for column in ("code", "name", *([population] if isinstance(population, str) else [])):
        if column not in wards.columns:
            raise EnvironmentDataError(
                f"the wards have no column {column!r}; {nearest(column, map(str, wards.columns))}"
            )
    if wards.crs is None or (wards.geometry.is_empty | wards.geometry.isna()).any():
        raise EnvironmentDataError(
            f"expected wards with a coordinate system and a shape each, found {wards.crs} and "
            f"{int((wards.geometry.is_empty | wards.geometry.isna()).sum())} without a shape"
        )
    if isinstance(population, str):
        centres = wards.geometry.to_crs(METRIC_CRS).centroid
        counts = xr.DataArray(wards[population].to_numpy(dtype=float), dims="ward")
        return _Places(
            position_m=np.column_stack([centres.x, centres.y]),
            people=checked(counts, "people", 0.0).fillna(0.0).to_numpy(),
            ward=np.arange(len(wards)),
            wards=len(wards),
            people_outside=0.0,
        )
    position_m = cell_positions_m(population)
    people = checked(population, "people", 0.0).fillna(0.0).to_numpy().ravel()
    shapes = wards.geometry.to_crs(population.rio.crs)
    owner = burn(
        zip(shapes, range(len(wards)), strict=True),
        shape=(population.sizes["y"], population.sizes["x"]),
        transform=population.rio.transform(),
    ).ravel()
    used = (people > 0) & (owner >= 0)
    if not used.any():
        raise EnvironmentDataError(
            f"nobody of the {people.sum():,.0f} people of the grid lives in one of the "
            f"{len(wards)} wards; check both coordinate systems"
        )
    return _Places(
        position_m=position_m[used],
        people=people[used],
        ward=owner[used].astype(np.intp),
        wards=len(wards),
        people_outside=float(people[owner < 0].sum()),
    )


def _by_day(
    values: FloatArray,
    places: _Places,
    distance_m: FloatArray,
    method: InverseDistance,
    least_share: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the mean at each place, (place,), and of each ward on each day, (time, ward).

    The days on which the same stations measured share one matrix of weights, so that the values of
    single days at single places are never held.
    """
    size = len(places.people)
    amount, days = np.zeros(size), np.zeros(size)
    ward_day = np.full((len(values), places.wards), np.nan)
    scores = method.scores(distance_m)
    living = csr_array((places.people, (places.ward, np.arange(size))), shape=(places.wards, size))
    for present, times in by_stations_present(values):
        weights = method.shares(scores[:, present])
        reached = np.isfinite(weights[:, 0])
        weights = np.where(reached[:, None], weights, 0.0)
        measured = values[np.ix_(times, present)]
        amount += weights @ measured.sum(axis=0)
        days += reached * times.sum()
        shares = _ratio(living @ weights, (living @ reached)[:, None])
        ward_day[times] = measured @ shares.T
    enough = (days > 0) & (days >= least_share * len(values))
    return np.where(enough, amount / np.maximum(days, 1), np.nan), ward_day


def _published(daily: xr.DataArray, least_share: float) -> xr.DataArray:
    """Return the mean of each station over the days, missing where it rests on too few."""
    enough = daily.count("time") >= least_share * daily.sizes["time"]
    means: xr.DataArray = daily.mean("time", keep_attrs=True).where(enough)
    return means


def _people(places: _Places, mean: FloatArray, limit_ugm3: float) -> dict[str, FloatArray]:
    known = np.isfinite(mean)
    living = places.by_ward(places.people * known)
    exposed = places.by_ward(places.people * np.where(known, mean, 0.0))
    return {
        "people": places.by_ward(places.people),
        "people_without_value": places.by_ward(places.people * ~known),
        "mean_ugm3": _ratio(exposed, living),
        "people_over_limit": places.by_ward(places.people * (known & (mean > limit_ugm3))),
    }


def _totals(table: pd.DataFrame, people_outside: float) -> pd.DataFrame:
    with_value = table["people"] - table["people_without_value"]
    exposed = (table["mean_ugm3"] * with_value).sum()
    sums = {name: table[name].sum() for name in ("people", "people_without_value")}
    row = {
        **sums,
        "people_outside": people_outside,
        "mean_ugm3": exposed / with_value.sum() if with_value.sum() else np.nan,
        "people_over_limit": table["people_over_limit"].sum(),
    }
    if "exceedance_days" in table:
        row["person_days_over"] = (table["exceedance_days"] * with_value).sum()
    return pd.DataFrame([row])


def _ratio(amount: FloatArray, people: FloatArray) -> FloatArray:
    """Divide by people; missing where there are none."""
    return amount / np.where(people > 0, people, np.nan)
