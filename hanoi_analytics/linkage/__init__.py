"""Health records linked to a population register: names, identifiers, model, quality, privacy."""

from hanoi_analytics.namespaces import offer

offer(
    __name__,
    [
        "designs",
        "disclosure",
        "encoded",
        "identifiers",
        "inputs",
        "model",
        "names",
        "quality",
        "synthetic",
    ],
)
