"""Urban analytics for Hanoi: data with sources, formulae with tests, pages without a network."""

from importlib.metadata import version

from hanoi_analytics.namespaces import offer

__version__ = version("hanoi-analytics")

offer(
    __name__,
    [
        "catalogue",
        "claims",
        "cluster",
        "controls",
        "coverage",
        "environment",
        "errors",
        "figures",
        "findings",
        "jobs",
        "linkage",
        "maps",
        "places",
        "publishing",
        "rasters",
        "tables",
        "urbanisation",
    ],
)
