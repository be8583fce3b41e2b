"""Taking weather out of a series of readings, and what is left of its trend."""

from hanoi_analytics.environment.deweather.change import explain_change
from hanoi_analytics.environment.deweather.model import Fitted, Scores, fit
from hanoi_analytics.environment.deweather.normalised import Slope, normalise, slope
from hanoi_analytics.namespaces import offer

__all__ = [
    "Fitted",
    "Scores",
    "Slope",
    "explain_change",
    "fit",
    "normalise",
    "slope",
]

offer(__name__, __all__)
