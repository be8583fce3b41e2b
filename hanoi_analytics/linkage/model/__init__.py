"""Linking records with Splink: the design, the training and its checks, links in bounded memory."""

from hanoi_analytics.linkage.model.counting import count_comparisons
from hanoi_analytics.linkage.model.design import Design
from hanoi_analytics.linkage.model.linking import Links, link
from hanoi_analytics.linkage.model.preparing import prepare
from hanoi_analytics.linkage.model.vietnamese import vietnamese
from hanoi_analytics.namespaces import offer

__all__ = [
    "Design",
    "Links",
    "count_comparisons",
    "link",
    "prepare",
    "vietnamese",
]

offer(__name__, __all__)
