"""From a notebook and its parameters to one self-contained page, with a ledger of every run."""

from hanoi_analytics.ledger import Ledger, LedgerError, Run
from hanoi_analytics.namespaces import offer
from hanoi_analytics.publishing.execution import NotebookFailedError
from hanoi_analytics.publishing.parameters import Parameter, ParameterError, read_parameters
from hanoi_analytics.publishing.run import Outcome, Project, PublishError, publish

__all__ = [
    "Ledger",
    "LedgerError",
    "NotebookFailedError",
    "Outcome",
    "Parameter",
    "ParameterError",
    "Project",
    "PublishError",
    "Run",
    "publish",
    "read_parameters",
]

offer(__name__, __all__)
