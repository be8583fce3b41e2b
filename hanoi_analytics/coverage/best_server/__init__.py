"""Who serves each place, how strongly and how surely, and how many people that makes."""

from hanoi_analytics.coverage.best_server.reliability import area_reliability
from hanoi_analytics.coverage.best_server.served import Served, served
from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.best_server.signal import signal_map
from hanoi_analytics.namespaces import offer

__all__ = ["Radio", "Served", "area_reliability", "served", "signal_map"]

offer(__name__, __all__)
