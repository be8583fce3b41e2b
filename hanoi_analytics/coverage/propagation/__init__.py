"""Path loss between base stations and terminals: standard models behind one signature.

Examples
--------
>>> from hanoi_analytics.coverage.propagation import MODELS
>>> sorted(MODELS)
['free_space', 'rma', 'uma', 'umi']
"""

from collections.abc import Mapping
from types import MappingProxyType

from hanoi_analytics.coverage.propagation.diffraction import (
    diffraction_parameter,
    knife_edge_loss_db,
)
from hanoi_analytics.coverage.propagation.free_space import (
    FREE_SPACE,
    clutter_loss_db,
    with_clutter,
)
from hanoi_analytics.coverage.propagation.limits import OutsideLimitsWarning
from hanoi_analytics.coverage.propagation.model import Model
from hanoi_analytics.coverage.propagation.penetration import PenetrationLoss, penetration_loss_db
from hanoi_analytics.coverage.propagation.tr38901 import URBAN_MACRO, URBAN_MICRO, rural_macro
from hanoi_analytics.namespaces import offer

#: The models by name.
MODELS: Mapping[str, Model] = MappingProxyType(
    {model.name: model for model in (URBAN_MACRO, URBAN_MICRO, rural_macro(), FREE_SPACE)}
)

__all__ = [
    "MODELS",
    "Model",
    "OutsideLimitsWarning",
    "PenetrationLoss",
    "clutter_loss_db",
    "diffraction_parameter",
    "knife_edge_loss_db",
    "penetration_loss_db",
    "rural_macro",
    "with_clutter",
]

offer(__name__, __all__)
