"""Urbanisation: official indicators, projections, the city system, land and settlement."""

from hanoi_analytics.namespaces import offer

offer(
    __name__,
    [
        "cities",
        "geonames",
        "indicators",
        "land_consumption",
        "projection",
        "settlement",
    ],
)
