"""Reading ``jobs.yml``: every job checked whole before anything runs, every mistake by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hanoi_analytics.errors import nearest
from hanoi_analytics.jobs.entries import DriftLimit, JobEntry, read_entry
from hanoi_analytics.jobs.fan_out import Plan, Variant
from hanoi_analytics.jobs.hook_types import Command, Email, Hook, Webhook
from hanoi_analytics.jobs.recorded import recorded_names
from hanoi_analytics.jobs.schedule import Schedule
from hanoi_analytics.jobs.yaml_lines import JobsFileError, LinedFile, Place, read_lined
from hanoi_analytics.publishing.parameters import Parameter, ParameterError, read_parameters
from hanoi_analytics.publishing.run import Project

__all__ = [
    "Command",
    "DriftLimit",
    "Email",
    "Hook",
    "Job",
    "JobsFileError",
    "Variant",
    "Webhook",
    "read_jobs",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True)
class Job:
    """One job of the file, checked: a notebook, its pages, when it runs and what else it may."""

    name: str
    notebook: str
    variants: tuple[Variant, ...]
    schedule: Schedule | None
    timeout_s: float
    memory_gb: float | None
    retries: int
    backoff_s: float
    retry_lost: bool
    on_failure: tuple[Hook, ...]
    keep: int
    drift: Mapping[str, DriftLimit]
    line: int


def read_jobs(path: Path, project: Project) -> dict[str, Job]:
    """Read a jobs file and check it against the project's notebooks; nothing is run.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file with ``version: 1`` and ``jobs``, a mapping from name to job.
    project : Project
        Whose notebooks the jobs name.

    Returns
    -------
    dict of str to Job
        In the order of the file.

    Raises
    ------
    JobsFileError
        All mistakes at once, each as ``jobs.yml, line N: job 'x': …`` with the nearest match for
        a mistyped word. The file itself is refused when it is no YAML, above 1 MB, or holds tags,
        anchors or aliases.
    PublishError
        The project has no notebooks.

    Examples
    --------
    >>> project = Project(Path("notebooks"), Path("site"), Path("ledger.sqlite"))
    >>> read_jobs(Path("jobs.yml"), project)["air-daily"].notebook
    'environment/air'
    """
    file = read_lined(path)
    reader = _Reader(file, project, path.resolve().parent)
    read = [reader.read(name, content) for name, content in _entries(file).items()]
    file.refuse_mistakes()
    return {job.name: job for job in read if job is not None}


def _entries(file: LinedFile) -> dict[str, object]:
    """Return what stands under ``jobs``; note what is wrong around it."""
    if not isinstance(file.content, dict):
        found = "nothing" if file.content is None else f"a {type(file.content).__name__}"
        file.mistake((), f"expected a mapping with 'version: 1' and 'jobs', found {found}")
        return {}
    for key in file.content:
        if key not in ("version", "jobs"):
            file.mistake((key,), f"unknown key {key!r}; {nearest(key, ['version', 'jobs'])}")
    version, jobs = file.content.get("version"), file.content.get("jobs")
    if type(version) is not int or version != 1:
        found = "nothing" if version is None else repr(version)
        file.mistake(("version",), f"expected 'version: 1', found {found}")
    if not isinstance(jobs, dict) or not jobs:
        file.mistake(("jobs",), "'jobs' names no job; expected a mapping from name to job")
        return {}
    return jobs


class _Reader:
    """Checks one job after another against the notebooks, each of which is read once."""

    def __init__(self, file: LinedFile, project: Project, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._notebooks = {project.name_of(path): path for path in project.find()}
        self._declared: dict[str, dict[str, Parameter] | ParameterError] = {}
        self._owners: dict[str, str] = {}  # page to the job that writes it

    def read(self, name: str, content: object) -> Job | None:
        """Return a job, or None where it has mistakes; they are added to the file's."""
        place = ("jobs", name)
        if not _NAME.fullmatch(name):
            expected = "1 to 60 of a to z, 0 to 9 and -, not beginning with -"
            self._file.mistake(place, f"the name is not right; expected {expected}")
        entry = read_entry(self._file, place, content, self._folder)
        # Also of a job with other mistakes: all are to be told at once.
        variants = self._variants(name, content) if isinstance(content, dict) else ()
        self._claim(name, variants)
        if entry is not None and entry.drift:
            self._check_limits(place, entry)
        if entry is None or not variants:
            return None
        return Job(
            name=name,
            notebook=entry.notebook,
            variants=variants,
            schedule=entry.schedule,
            timeout_s=entry.timeout_s,
            memory_gb=entry.memory_gb,
            retries=entry.retries,
            backoff_s=entry.backoff_s,
            retry_lost=entry.retry_lost,
            on_failure=tuple(hook for each in entry.on_failure for hook in each.hooks),
            keep=entry.keep,
            drift=entry.drift,
            line=self._file.line(place),
        )

    def _variants(self, name: str, content: dict[str, object]) -> tuple[Variant, ...]:
        """Return a job's pages, checked against what its notebook declares."""
        place, notebook = ("jobs", name), content.get("notebook")
        given, page = content.get("parameters", {}), content.get("page")
        if not isinstance(notebook, str) or not isinstance(given, dict):
            return ()  # already noted
        declared = self._parameters((*place, "notebook"), notebook)
        if declared is None:
            return ()
        plan = Plan(self._file, (*place, "parameters"), notebook, declared)
        variants = plan.variants(page if isinstance(page, str) else notebook, given)
        for variant in variants:
            if variant.page in self._notebooks and variant.page != notebook:
                self._file.mistake(
                    (*place, "page"),
                    f"page: {variant.page!r} is the page of another notebook; choose another",
                )
        return variants

    def _parameters(self, place: Place, notebook: str) -> dict[str, Parameter] | None:
        """Return what a notebook declares; note an unknown or a broken notebook."""
        if notebook not in self._notebooks:
            hint = nearest(notebook, self._notebooks)
            self._file.mistake(place, f"no notebook {notebook!r}; {hint}")
            return None
        if notebook not in self._declared:
            try:
                self._declared[notebook] = read_parameters(self._notebooks[notebook])
            except ParameterError as error:
                self._declared[notebook] = error
        found = self._declared[notebook]
        if isinstance(found, ParameterError):
            self._file.mistake(place, f"the notebook cannot be used: {found}")
            return None
        return found

    def _check_limits(self, place: Place, entry: JobEntry) -> None:
        """Note each drift limit on a finding that the notebook does not record."""
        readable = isinstance(self._declared.get(entry.notebook), dict)
        names = recorded_names(self._notebooks[entry.notebook]) if readable else set()
        for finding in entry.drift:
            if names and finding not in names:
                text = f"drift: {entry.notebook} records no finding {finding!r}"
                self._file.mistake((*place, "drift", finding), f"{text}; {nearest(finding, names)}")

    def _claim(self, name: str, variants: tuple[Variant, ...]) -> None:
        """Note the first page that another job writes too, for each of those jobs."""
        clashes: dict[str, str] = {}
        for variant in variants:
            owner = self._owners.setdefault(variant.page, name)
            if owner != name:
                clashes.setdefault(owner, variant.page)
        for owner, page in clashes.items():
            self._file.mistake(
                ("jobs", name),
                f"writes the page {page!r}, as job {owner!r} in line "
                f"{self._file.line(('jobs', owner))} does; give one of them another page",
            )
