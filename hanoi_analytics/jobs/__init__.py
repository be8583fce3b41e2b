"""Notebooks that run by themselves: which, when, with what parameters, and who is told."""

from hanoi_analytics.jobs.attempts import JobError, find_job
from hanoi_analytics.jobs.file import (
    Command,
    DriftLimit,
    Email,
    Job,
    JobsFileError,
    Variant,
    Webhook,
    read_jobs,
)
from hanoi_analytics.jobs.runner import Runner, RunnerStoppedError
from hanoi_analytics.jobs.schedule import Schedule, ScheduleError
from hanoi_analytics.namespaces import offer

__all__ = [
    "Command",
    "DriftLimit",
    "Email",
    "Job",
    "JobError",
    "JobsFileError",
    "Runner",
    "RunnerStoppedError",
    "Schedule",
    "ScheduleError",
    "Variant",
    "Webhook",
    "find_job",
    "read_jobs",
]

offer(__name__, __all__)
