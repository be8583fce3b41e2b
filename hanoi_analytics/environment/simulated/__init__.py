"""Seeded stand-ins for data that are not open: weather, readings of stations, scenes of land."""

from hanoi_analytics.namespaces import offer

offer(
    __name__,
    [
        "air",
        "clouds",
        "land",
        "landscape",
        "weather",
    ],
)
