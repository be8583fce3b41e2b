"""Air, water, trends, weather taken out, land surface and exposure."""

from hanoi_analytics.namespaces import offer

offer(
    __name__,
    [
        "air",
        "deweather",
        "exposure",
        "land",
        "simulated",
        "trends",
        "water",
    ],
)
