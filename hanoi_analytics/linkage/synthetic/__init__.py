"""People who do not exist: a register of residents, a hospital's records of them, and the truth."""

from hanoi_analytics.linkage.synthetic.errors import EASY, HARD, TYPICAL, Errors
from hanoi_analytics.linkage.synthetic.simulated import (
    simulated_records,
    simulated_register,
    simulated_truth,
)
from hanoi_analytics.linkage.synthetic.writing import People, read_people, write_people
from hanoi_analytics.namespaces import offer

__all__ = [
    "EASY",
    "HARD",
    "TYPICAL",
    "Errors",
    "People",
    "read_people",
    "simulated_records",
    "simulated_register",
    "simulated_truth",
    "write_people",
]

offer(__name__, __all__)
