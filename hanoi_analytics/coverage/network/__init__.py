"""Networks as sector tables: schema, antennas, carriers, readers, and a simulated network.

>>> from hanoi_analytics import catalogue
>>> from hanoi_analytics.coverage.network import check_sectors
>>> network = check_sectors(catalogue.load("hanoi_network_simulated", bts=300))
>>> sorted(network["band"].unique())
['n41', 'n77', 'n78']
"""

from hanoi_analytics.coverage.network.filling import Defaults
from hanoi_analytics.coverage.network.link import reference_signal_power_dbm
from hanoi_analytics.coverage.network.opencellid import read_opencellid
from hanoi_analytics.coverage.network.reading import read_network
from hanoi_analytics.coverage.network.schema import COLUMNS, check_sectors, sector_schema
from hanoi_analytics.coverage.network.tables import Network, of_operator
from hanoi_analytics.namespaces import offer
from hanoi_analytics.tables import HANOI, VIET_NAM

__all__ = [
    "COLUMNS",
    "HANOI",
    "VIET_NAM",
    "Defaults",
    "Network",
    "check_sectors",
    "of_operator",
    "read_network",
    "read_opencellid",
    "reference_signal_power_dbm",
    "sector_schema",
]

offer(__name__, __all__)
