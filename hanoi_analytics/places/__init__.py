"""Administrative units, old and new, the crosswalk between them, names and addresses."""

from hanoi_analytics.namespaces import offer
from hanoi_analytics.places.addresses import convert_addresses, parse_addresses
from hanoi_analytics.places.crosswalk import Carried, carry, carry_mean, crosswalk
from hanoi_analytics.places.names import join_key, tidy
from hanoi_analytics.places.old_cells import old_unit_cells
from hanoi_analytics.places.units import (
    PlacesError,
    join_by_name,
    old_districts,
    old_provinces,
    old_units,
    provinces,
    wards,
)

__all__ = [
    "Carried",
    "PlacesError",
    "carry",
    "carry_mean",
    "convert_addresses",
    "crosswalk",
    "join_by_name",
    "join_key",
    "old_districts",
    "old_provinces",
    "old_unit_cells",
    "old_units",
    "parse_addresses",
    "provinces",
    "tidy",
    "wards",
]

offer(__name__, __all__)
