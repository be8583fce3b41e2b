"""Radio coverage: propagation, networks, who is served, checks, and where to build."""

from hanoi_analytics.namespaces import offer

offer(
    __name__,
    [
        "best_server",
        "export",
        "network",
        "operators",
        "propagation",
        "quality",
        "siting",
        "throughput",
        "validation",
    ],
)
